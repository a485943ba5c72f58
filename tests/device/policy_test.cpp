#include "hone/error.hpp"
#include "hone/policy.hpp"
#include "tests/catch.hpp"

#include <string>

using namespace hone;

TEST_CASE("measuring policies are found by their versioned names", "[device]") {
    for (const char* name : {"cpu-warm/1", "cpu-cold/1", "gpu-cold-rotate/1", "emu-cost/1"}) {
        CHECK(policy(name).name == name);
    }
    CHECK_FALSE(policy("cpu-warm/1").cold);
    CHECK(policy("cpu-warm/1").min_sample_ns > 0);
    CHECK(policy("cpu-cold/1").cold);
    CHECK(policy("gpu-cold-rotate/1").rotate_bytes >= 2 * (std::int64_t{126} << 20));
    try {
        (void)policy("cpu-warm/2");
        FAIL("no error");
    } catch (const Error& error) {
        CHECK(error.code() == Errc::usage);
        CHECK(std::string(error.what()) == "unknown measuring policy \"cpu-warm/2\"");
        CHECK(error.hint().find("cpu-warm/1, cpu-cold/1") != std::string::npos);
    }
}
