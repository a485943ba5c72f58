#define CATCH_CONFIG_RUNNER
#include "tests/catch.hpp"
#include "tests/seed.hpp"

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

int main(int argc, char** argv) {
    const std::uint64_t seed = hone::test::seed();
    // rapidcheck reads its seed from here; what the caller set stays.
    setenv("RC_PARAMS", ("seed=" + std::to_string(seed)).c_str(), /*overwrite=*/0);

    Catch::Session session;
    session.configData().rngSeed = static_cast<std::uint32_t>(seed);
    if (const int usage = session.applyCommandLine(argc, argv); usage != 0) return usage;
    std::cout << "HONE_TEST_SEED=" << seed << std::endl;
    return session.run();
}
