// What a config of gemm_cpu says, and when it makes sense.
#pragma once

#include "cpu_family/host/machine.hpp"
#include "hone/config.hpp"
#include "hone/device.hpp"
#include "hone/gemm.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace hone::gemm_cpu {

// Which sums a kernel forms: `outer` products of columns of A with rows of B (kernel/outer.cc), or
// `dot` products of rows of both (kernel/dot.cc). `generic` is the one choice for all extents:
// outer products, and a second kernel for few rows.
enum class Mode : std::uint8_t { outer, dot, generic };
inline constexpr std::array modes{"outer", "dot", "generic"};

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
    bool fuse_b = false;         // FUSE_B
    std::int64_t panels = 1;     // PANELS
    bool rows_inside = true;     // ROWS_INSIDE
    std::int64_t prefetch_b = 0; // PREFETCH_B
    std::int64_t prefetch_d = 0; // PREFETCH_D
    std::int64_t fetch = 0;      // FETCH
    bool keep_a = false;         // KEEP_A
    std::int64_t threads_m = 1;  // THREADS_M
    bool pairs = false;          // PAIRS

    // Throws Error(workload) when a parameter is missing or has another type.
    [[nodiscard]] static Tuning from(const Config& config);
    [[nodiscard]] Config config() const;
    friend bool operator==(const Tuning&, const Tuning&) = default;
};

// The values that are searched.
namespace listed {
inline constexpr std::array<std::int64_t, 10> mr{1, 2, 3, 4, 5, 6, 8, 10, 12, 14};
inline constexpr std::array<std::int64_t, 14> nr{1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128};
inline constexpr std::array<std::int64_t, 4> ku{1, 2, 4, 8};
inline constexpr std::array<std::int64_t, 6> mc{48, 96, 192, 384, 768, 1536};
inline constexpr std::array<std::int64_t, 8> nc{64, 128, 256, 512, 1024, 2048, 4096, 16384};
inline constexpr std::array<std::int64_t, 15> kc{1,   2,   4,   8,   16,  32,   64,  128,
                                                 192, 256, 384, 512, 768, 1024, 2048};
inline constexpr std::array<std::int64_t, 3> panels{1, 4, 8};
inline constexpr std::array<std::int64_t, 4> prefetch_b{0, 1, 2, 4};
inline constexpr std::array<std::int64_t, 3> prefetch_d{0, 1, 2};
inline constexpr std::array<std::int64_t, 11> fetch{0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32};
} // namespace listed

// The smallest of the values that covers the extent, else the largest: what is larger makes the
// same blocks.
[[nodiscard]] std::int64_t cover(std::span<const std::int64_t> values, std::int64_t extent);

// The steps of k that KC needs to cover: of a shorter k the blocks are all alike.
[[nodiscard]] inline std::int64_t steps_covered(const Gemm& gemm) {
    return gemm.k < 8 ? 8 : gemm.k;
}

using cpu_family::Machine;
// With vectors as the sums of this problem see them: half as many doubles as floats.
[[nodiscard]] Machine machine_for(const Gemm& gemm, const DeviceModel& device);

// Whether products can be formed from pairs of bf16, whatever types the operands are given in.
[[nodiscard]] bool pairs_are_possible(const Gemm& gemm, const Machine& machine);
// And no operand loses digits by that.
[[nodiscard]] bool pairs_are_exact(const Gemm& gemm, const Machine& machine);

[[nodiscard]] bool has_step(const Gemm& gemm, EpilogueStep step) noexcept;

} // namespace hone::gemm_cpu
