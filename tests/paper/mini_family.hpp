// A family of few lines: what the paper problems have in common.
#pragma once

#include "hone/family.hpp"

#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace paper {

using namespace hone;

class MiniFamily : public KernelFamily {
  public:
    MiniFamily(std::string name, std::string operation, std::string backend = "cuda")
        : name_(std::move(name)), operation_(std::move(operation)), backend_(std::move(backend)) {}

    [[nodiscard]] std::string name() const override { return name_; }
    [[nodiscard]] int revision() const override { return 1; }
    [[nodiscard]] std::string operation() const override { return operation_; }
    [[nodiscard]] std::string backend() const override { return backend_; }
    [[nodiscard]] Support supports(const Problem& problem, const DeviceModel&) const override {
        return {problem.operation.view() == operation_, "another operation"};
    }
    [[nodiscard]] std::optional<Config> fallback(const Problem& problem,
                                                 const DeviceModel& device) const override {
        const SearchSpace all = space(problem, device);
        return all.config(all.nth(0));
    }
    [[nodiscard]] StaticDims static_dims(const Problem&) const override { return {}; }

  private:
    std::string name_, operation_, backend_;
};

// A card to emit for.
[[nodiscard]] inline DeviceModel hopper() {
    DeviceModel model;
    model.backend = "cuda";
    model.arch = "sm_90a";
    model.name = "NVIDIA-H100-80GB-HBM3";
    model.cores = 132;
    model.shared_bytes = 232448;
    return model;
}

// Source that is not compiled here, with the config as macros.
[[nodiscard]] inline Module source_module(std::string name, std::vector<std::string> entries,
                                          const Config& config) {
    Module module;
    module.name = std::move(name);
    module.source = "// CUDA C++ of " + module.name + "\n";
    module.entries = std::move(entries);
    for (const auto& [parameter, value] : config.values())
        module.options.push_back("-D" + parameter + "=" + to_string(value));
    return module;
}

[[nodiscard]] inline Step step(std::string kernel, std::array<Extent, 3> grid, int threads,
                               std::vector<KernelArg> args) {
    Step step;
    step.kernel = std::move(kernel);
    step.grid = std::move(grid);
    step.block = {threads, 1, 1};
    step.args = std::move(args);
    return step;
}

// A map over a whole operand, whose sizes and strides are the operand's at launch.
[[nodiscard]] inline TensorMap whole(int operand, DType dtype, int rank,
                                     std::array<std::int32_t, max_rank> box,
                                     int swizzle_bytes = 128) {
    TensorMap map;
    map.operand = operand;
    map.dtype = dtype;
    map.rank = rank;
    map.box = box;
    map.swizzle_bytes = swizzle_bytes;
    return map;
}

[[nodiscard]] inline Extent one() { return {}; }
[[nodiscard]] inline Extent tiles(int dim, std::int64_t tile) { return {1, {{dim, tile}}}; }
[[nodiscard]] inline ImmediateArg float_bits(float value) {
    return {std::bit_cast<std::uint32_t>(value), 32};
}

} // namespace paper
