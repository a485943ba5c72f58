// A counter-based generator: the value at an index depends on nothing but key and index, so every
// machine and every order of filling draws the same numbers.
#pragma once

#include <cstdint>

namespace hone {

// The finaliser of SplitMix64 (Steele, Lea, Flood, Fast splittable pseudorandom number generators,
// OOPSLA 2014).
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t x) noexcept {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

class RandomStream final {
  public:
    // Streams of different (seed, purpose) are independent.
    constexpr RandomStream(std::uint64_t seed, std::uint64_t purpose) noexcept
        : key_(mix(seed + gamma) ^ mix(mix(purpose * gamma + 1))) {}

    [[nodiscard]] constexpr std::uint64_t bits(std::int64_t index) const noexcept {
        return mix(key_ + (static_cast<std::uint64_t>(index) + 1) * gamma);
    }
    // In [0, 1), a multiple of 2^-53.
    [[nodiscard]] constexpr double uniform(std::int64_t index) const noexcept {
        return static_cast<double>(bits(index) >> 11) * 0x1p-53;
    }

  private:
    static constexpr std::uint64_t gamma = 0x9e3779b97f4a7c15ULL;
    std::uint64_t key_;
};

// Nearly normal with mean 0 and variance 1: the sum of the four 16-bit fields (Irwin-Hall), scaled
// once, so that the value is the same whatever the mathematical library. Within +-3.464.
[[nodiscard]] constexpr double normal(std::uint64_t bits) noexcept {
    const auto sum = static_cast<std::int32_t>((bits & 0xffff) + (bits >> 16 & 0xffff) +
                                               (bits >> 32 & 0xffff) + (bits >> 48));
    constexpr std::int32_t mean = 2 * 0xffff;
    constexpr double deviation = 37837.227237206484; // sqrt(4 (2^32 - 1) / 12)
    return (sum - mean) * (1.0 / deviation);
}

// Whole number in [0, count).
[[nodiscard]] constexpr std::int64_t below(std::uint64_t bits, std::uint32_t count) noexcept {
    return static_cast<std::int64_t>((bits >> 32) * count >> 32);
}

} // namespace hone
