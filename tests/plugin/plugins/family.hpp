// The least that is a family.
#pragma once

#include "hone/family.hpp"
#include "hone/plugin.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

class TestFamily : public hone::KernelFamily {
  public:
    explicit TestFamily(std::string name) : name_(std::move(name)) {}

    std::string name() const override { return name_; }
    int revision() const override { return 1; }
    std::string operation() const override { return "gemm"; }
    std::string backend() const override { return "nowhere"; }
    hone::Support supports(const hone::Problem&, const hone::DeviceModel&) const override {
        return {false, "a test"};
    }
    hone::SearchSpace space(const hone::Problem&, const hone::DeviceModel&) const override {
        throw std::logic_error("nobody tunes this family");
    }
    std::optional<hone::Config> fallback(const hone::Problem&,
                                         const hone::DeviceModel&) const override {
        return std::nullopt;
    }
    hone::StaticDims static_dims(const hone::Problem&) const override { return {}; }
    hone::Program emit(const hone::Problem&, const hone::Config&,
                       const hone::DeviceModel&) const override {
        return {};
    }

  private:
    std::string name_;
};

inline hone::PluginContents family_named(const char* name) {
    hone::PluginContents contents;
    contents.families.push_back(std::make_unique<TestFamily>(name));
    return contents;
}
