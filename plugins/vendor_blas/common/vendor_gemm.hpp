// A gemm function of a vendor's library as a family: one program per type and layout, with nothing
// to tune.
#pragma once

#include "hone/family.hpp"
#include "hone/gemm.hpp"

#include <mutex>
#include <span>
#include <string>

namespace hone::vendor {

// The function exported by the plugin that computes a gemm, or why there is none.
struct Entry {
    const char* symbol = nullptr;
    std::string objection;
    // Brings B into the library's own form beforehand, writing it to D; null: it has none.
    const char* pack = nullptr;
};

// Of a library whose operands all have one type: the function for f32 or f64 (null: none).
[[nodiscard]] Entry entry_of_one_type(const Gemm& gemm, const char* f32, const char* f64);

// What distinguishes one library from another.
struct GemmLibrary {
    const char* name;                                // of the family
    std::span<const char* const> sonames;            // best first
    std::string (*version)(const std::string& path); // empty when the library cannot be used
    // Called with gemms that have no epilogue.
    Entry (*entry)(const Gemm& gemm, const DeviceModel& device);
    std::int64_t largest_extent; // of m, n and k
};

class VendorGemm final : public KernelFamily {
  public:
    // `plugin` is the path of the shared library that exports the entries.
    VendorGemm(const GemmLibrary& library, std::string plugin);

    [[nodiscard]] std::string name() const override { return library_.name; }
    [[nodiscard]] int revision() const override { return 1; }
    [[nodiscard]] std::string operation() const override { return "gemm"; }
    [[nodiscard]] std::string backend() const override { return "cpu"; }
    [[nodiscard]] bool vendor() const override { return true; }
    // The libraries run on threads of their own, which would come on top of the host's and may not
    // have survived a fork of the host.
    [[nodiscard]] bool servable() const override { return false; }
    // Found out when first asked for, since it may open the library.
    [[nodiscard]] std::string library_version() const override;

    [[nodiscard]] Support supports(const Problem& problem,
                                   const DeviceModel& device) const override;
    [[nodiscard]] SearchSpace space(const Problem& problem,
                                    const DeviceModel& device) const override;
    [[nodiscard]] std::optional<Config> fallback(const Problem& problem,
                                                 const DeviceModel& device) const override;
    [[nodiscard]] StaticDims static_dims(const Problem& problem) const override;
    [[nodiscard]] Program emit(const Problem& problem, const Config& config,
                               const DeviceModel& device) const override;

  private:
    const GemmLibrary library_;
    const std::string plugin_;
    const std::string path_; // of the library; empty: not on this machine
    mutable std::once_flag asked_;
    mutable std::string version_;
};

} // namespace hone::vendor
