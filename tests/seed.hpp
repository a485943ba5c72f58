// The seed of this run's random tests.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace hone::test {

// HONE_TEST_SEED, or 1 where it is not set. `./dev test` sets it from the commit, so that runs
// differ between commits and repeat within one.
inline std::uint64_t seed() {
    const char* text = std::getenv("HONE_TEST_SEED");
    return text ? std::strtoull(text, nullptr, 10) : 1;
}

} // namespace hone::test
