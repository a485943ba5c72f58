// What a config of attention_cpu says, and when it makes sense.
#pragma once

#include "cpu_family/host/machine.hpp"
#include "hone/attention.hpp"
#include "hone/config.hpp"
#include "hone/device.hpp"

#include <array>
#include <cstdint>
#include <string>

namespace hone::attention_cpu {

// Which kernel: `tiles` for many queries (kernel/tiles.cc), `rows` for few (kernel/rows.cc).
// `generic` is the one choice for all extents: both, by the number of queries.
enum class Mode : std::uint8_t { tiles, rows, generic };
inline constexpr std::array modes{"tiles", "rows", "generic"};

// Parameters by their names in a config; kernel/*.cc say what they do.
struct Tuning {
    Mode mode = Mode::tiles;     // MODE
    std::int64_t vl = 0;         // VL
    std::int64_t mk = 0;         // MK
    std::int64_t mv = 0;         // MV
    std::int64_t nv = 0;         // NV
    std::int64_t ku = 1;         // KU
    std::int64_t strips = 1;     // STRIPS
    std::int64_t bk = 0;         // BK, before it is rounded up to a multiple of MK or VL
    bool copy = false;           // COPY
    bool grouped = false;        // GROUPED
    bool all_heads = false;      // ALL_HEADS
    std::int64_t split = 1;      // SPLIT
    std::int64_t exp_degree = 5; // EXP_DEGREE
    bool pairs = false;          // PAIRS
    bool fixed_dims = false;     // FIXED_DIMS: head dims are known to the compiler

    // Throws Error(workload) when a parameter is missing or has another type.
    [[nodiscard]] static Tuning from(const Config& config);
    [[nodiscard]] Config config() const;
    friend bool operator==(const Tuning&, const Tuning&) = default;
};

using cpu_family::Machine;

} // namespace hone::attention_cpu
