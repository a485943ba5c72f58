#include "cuda_family/host/features.hpp"

#include <algorithm>
#include <cmath>

namespace hone::cuda_family {
namespace {

double real(std::int64_t value) { return static_cast<double>(value); }

} // namespace

std::int64_t resident_blocks(const Target& target, const Occupancy& occupancy) {
    return std::max<std::int64_t>(1, target.resident_blocks(occupancy.threads,
                                                            occupancy.registers_each,
                                                            occupancy.shared_bytes));
}

Features occupancy_features(const Target& target, const Occupancy& occupancy) {
    const std::int64_t resident = resident_blocks(target, occupancy);
    const double waves = real(occupancy.blocks) / real(resident * target.sms);
    return {
        {"shared_bytes", real(occupancy.shared_bytes)},
        {"registers", real(occupancy.registers_each)},
        {"threads", real(occupancy.threads)},
        {"resident_warps", real(resident * occupancy.threads / 32)},
        {"waves", waves},
        {"wave_efficiency", waves / std::ceil(waves)},
    };
}

double waste(std::int64_t m, std::int64_t bm, std::int64_t n, std::int64_t bn) {
    return real(tiles(m, bm) * bm) / real(m) * (real(tiles(n, bn) * bn) / real(n));
}

} // namespace hone::cuda_family
