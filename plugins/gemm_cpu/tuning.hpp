// What a config of gemm_cpu says, and when it makes sense.
#pragma once

#include "hone/config.hpp"
#include "hone/device.hpp"
#include "hone/gemm.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace hone::gemm_cpu {

// Which sums a kernel forms: `outer` products of columns of A with rows of B (kernel/outer.cc), or
// `dot` products of rows of both (kernel/dot.cc).
enum class Mode : std::uint8_t { outer, dot };

// Parameters by their names in a config; kernel/*.cc say what they do.
struct Tuning {
    Mode mode = Mode::outer;     // MODE
    std::int64_t vl = 0;         // VL
    std::int64_t mr = 0;         // MR
    std::int64_t nr = 0;         // NR
    std::int64_t ku = 0;         // KU
    std::int64_t mc = 0;         // MC, before it is rounded up to a multiple of MR
    std::int64_t nc = 0;         // NC, before it is rounded up to a multiple of NR
    std::int64_t kc = 0;         // KC
    bool pack_a = false;         // PACK_A
    bool pack_b = false;         // PACK_B
    std::int64_t panels = 1;     // PANELS
    bool rows_inside = true;     // ROWS_INSIDE
    std::int64_t prefetch_b = 0; // PREFETCH_B
    bool prefetch_d = false;     // PREFETCH_D
    std::int64_t threads_m = 1;  // THREADS_M

    // Throws Error(workload) when a parameter is missing or has another type.
    [[nodiscard]] static Tuning from(const Config& config);
    [[nodiscard]] Config config() const;
};

// What of a device the kernels are shaped by.
struct Machine {
    std::int64_t vector_floats = 4; // of the widest vectors
    std::int64_t registers = 16;    // vector registers
    bool half = false;              // converts f16
    std::int64_t threads = 1;

    [[nodiscard]] static Machine from(const DeviceModel& device);
};

[[nodiscard]] bool has_step(const Gemm& gemm, EpilogueStep step) noexcept;

} // namespace hone::gemm_cpu
