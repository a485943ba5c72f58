#include "lib/measure/error_meter.hpp"
#include "tests/catch.hpp"

#include <cstdint>
#include <limits>

using namespace hone;

TEST_CASE("errors are relative, rounded up and saturating", "[measure]") {
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    ErrorMeter meter;
    CHECK(meter.pair() == ErrorPair{});
    meter.add(3, 3, 10);
    CHECK(meter.pair() == ErrorPair{});
    meter.add(4.5, 4, 10);
    CHECK(meter.pair() == ErrorPair{100'000'000'000, 50'000'000'000}); // 0.5 / 5 and 0.5 / 10

    ErrorMeter tiny;
    tiny.add(1 + 0x1p-52, 1, 1);
    CHECK(tiny.pair() == ErrorPair{1, 1}); // 2.2e-16 is not 0

    ErrorMeter zero;
    zero.add(0, 0, 0);
    CHECK(zero.pair() == ErrorPair{});
    zero.add(1e-30, 0, 0);
    CHECK(zero.pair() == ErrorPair{most, most});

    ErrorMeter huge;
    huge.add(1e300, 1, 1);
    CHECK(huge.pair() == ErrorPair{most, most});

    CHECK(worst({1, 9}, {5, 2}) == ErrorPair{5, 9});
}
