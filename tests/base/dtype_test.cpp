#include "hone/dtype.hpp"
#include "tests/catch.hpp"
#include "tests/seed.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <fenv.h>
#include <limits>
#include <random>
#include <string>
#include <vector>

using namespace hone;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

struct Format {
    DType dtype;
    int exponent_bits;
    int mantissa_bits;
    double largest;
    double above_largest; // what overflow gives
};

const std::vector<Format> formats = {
    {DType::f16, 5, 10, 65504, inf},
    {DType::bf16, 8, 7, 0x1.fep127, inf},
    {DType::e4m3, 4, 3, 448, 448},
    {DType::e5m2, 5, 2, 57344, 57344},
};

int width(const Format& format) { return 1 + format.exponent_bits + format.mantissa_bits; }

double decoded(DType dtype, std::uint32_t code) { return to_double(dtype, &code, 0); }

std::uint32_t encoded(DType dtype, double value) {
    std::uint32_t code = 0;
    from_double(dtype, &code, 0, value);
    return code;
}

// The definition of the formats, by powers and sums.
double by_definition(const Format& format, std::uint32_t code) {
    const int bias = (1 << (format.exponent_bits - 1)) - 1;
    const auto exponent =
        static_cast<int>(code >> format.mantissa_bits & ((1U << format.exponent_bits) - 1));
    const auto mantissa = static_cast<double>(code & ((1U << format.mantissa_bits) - 1));
    const double fraction = mantissa / (1 << format.mantissa_bits);
    const double magnitude = exponent == 0 ? fraction * std::pow(2.0, 1 - bias)
                                           : (1 + fraction) * std::pow(2.0, exponent - bias);
    return code >> (width(format) - 1) != 0 ? -magnitude : magnitude;
}

// Finite values that are not negative, ascending, each the value of its position as a code.
std::vector<double> finite_values(const Format& format) {
    std::vector<double> values;
    for (std::uint32_t code = 0; by_definition(format, code) <= format.largest; ++code) {
        values.push_back(by_definition(format, code));
    }
    return values;
}

// Rounding by looking at every neighbour: the slow way.
double nearest_value(const Format& format, const std::vector<double>& values, double magnitude) {
    const auto above = std::lower_bound(values.begin(), values.end(), magnitude);
    if (above == values.end()) {
        const double half_step = (values.back() - values[values.size() - 2]) / 2;
        return magnitude < format.largest + half_step ? format.largest : format.above_largest;
    }
    if (*above == magnitude || above == values.begin()) return *above;
    const double low = *(above - 1);
    const double middle = low + (*above - low) / 2; // exact: both are multiples of their distance
    if (magnitude != middle) return magnitude < middle ? low : *above;
    return (above - values.begin()) % 2 == 0 ? *above : low;
}

} // namespace

TEST_CASE("dtypes have names that read back", "[base]") {
    for (int i = 0; i < dtype_count; ++i) {
        const auto dtype = static_cast<DType>(i);
        CHECK(parse_dtype(to_string(dtype)) == dtype);
    }
    CHECK(to_string(DType::bf16) == "bf16");
    for (const char* text : {"", "BF16", "float", "f8", "bf16 "}) CHECK_FALSE(parse_dtype(text));
}

TEST_CASE("dtypes know their storage and their roundoff", "[base]") {
    struct Row {
        DType dtype;
        int bits;
        std::int64_t bytes_of_5;
        double roundoff;
    };
    const std::vector<Row> table = {
        {DType::none, 0, 0, 0},        {DType::f64, 64, 40, 0x1p-53},
        {DType::f32, 32, 20, 0x1p-24}, {DType::tf32, 32, 20, 0x1p-11},
        {DType::f16, 16, 10, 0x1p-11}, {DType::bf16, 16, 10, 0x1p-8},
        {DType::e4m3, 8, 5, 0x1p-4},   {DType::e5m2, 8, 5, 0x1p-3},
        {DType::s64, 64, 40, 0},       {DType::s32, 32, 20, 0},
        {DType::s8, 8, 5, 0},          {DType::u8, 8, 5, 0},
        {DType::s4, 4, 3, 0},
    };
    REQUIRE(table.size() == dtype_count);
    for (const auto& [dtype, width, size, roundoff] : table) {
        CAPTURE(to_string(dtype));
        CHECK(bits(dtype) == width);
        CHECK(bytes(dtype, 5) == size);
        CHECK(bytes(dtype, 0) == 0);
        CHECK(unit_roundoff(dtype) == roundoff);
    }
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    CHECK(bytes(DType::f64, most / 2) == most);
    CHECK(bytes(DType::s4, most) == most / 2 + 1);
}

TEST_CASE("every code of the small floating types decodes as defined and encodes back", "[base]") {
    for (const Format& format : formats) {
        CAPTURE(to_string(format.dtype));
        const std::uint32_t sign = 1U << (width(format) - 1);
        int wrong = 0;
        int nans = 0;
        for (std::uint32_t code = 0; code < 2 * sign; ++code) {
            const double value = decoded(format.dtype, code);
            if (std::isnan(value)) {
                ++nans;
                wrong += std::isnan(decoded(format.dtype, encoded(format.dtype, value))) ? 0 : 1;
            } else if (std::isinf(value)) {
                wrong += std::abs(decoded(format.dtype, encoded(format.dtype, value))) ==
                                 format.above_largest
                             ? 0
                             : 1;
            } else {
                const bool same = value == by_definition(format, code) &&
                                  std::signbit(value) == ((code & sign) != 0);
                wrong += same && encoded(format.dtype, value) == code ? 0 : 1;
            }
        }
        CHECK(wrong == 0);
        const int ieee_nans = 2 * ((1 << format.mantissa_bits) - 1);
        CHECK(nans == (format.dtype == DType::e4m3 ? 2 : ieee_nans));
    }
    CHECK(decoded(DType::f16, 0x7c00) == inf);
    CHECK(decoded(DType::bf16, 0xff80) == -inf);
    CHECK(decoded(DType::e5m2, 0x7c) == inf);
    CHECK(decoded(DType::e4m3, 0x7e) == 448);
}

TEST_CASE("rounding goes to the nearest value, ties to even", "[base]") {
    std::mt19937_64 random(hone::test::seed());
    for (const Format& format : formats) {
        CAPTURE(to_string(format.dtype));
        const std::vector<double> values = finite_values(format);
        std::vector<double> inputs = {
            format.largest,
            std::nextafter(format.largest, inf),
            format.largest * 1.5,
            std::numeric_limits<double>::max(),
            inf,
            std::numeric_limits<double>::denorm_min(),
            std::numeric_limits<double>::min(),
        };
        for (std::size_t i = 0; i + 1 < values.size(); ++i) {
            const double middle = values[i] + (values[i + 1] - values[i]) / 2;
            inputs.push_back(middle);
            inputs.push_back(std::nextafter(middle, 0.0));
            inputs.push_back(std::nextafter(middle, inf));
        }
        const double last_step = values.back() - values[values.size() - 2];
        inputs.push_back(format.largest + last_step / 2);
        inputs.push_back(std::nextafter(format.largest + last_step / 2, 0.0));
        std::uniform_real_distribution<double> exponent(-160, 140);
        std::uniform_real_distribution<double> significand(1, 2);
        for (int i = 0; i < 100'000; ++i) {
            inputs.push_back(std::ldexp(significand(random), static_cast<int>(exponent(random))));
        }
        int wrong = 0;
        for (const double input : inputs) {
            const double expected = nearest_value(format, values, input);
            const bool right = decoded(format.dtype, encoded(format.dtype, input)) == expected &&
                               decoded(format.dtype, encoded(format.dtype, -input)) == -expected;
            if (!right && ++wrong == 1) UNSCOPED_INFO("first wrong input: " << input);
        }
        CHECK(wrong == 0);
    }
}

TEST_CASE("tf32 keeps ten bits of the fraction in the top of 32", "[base]") {
    const std::vector<std::pair<double, std::uint32_t>> table = {
        {0.0, 0},
        {1.0, 0x3f800000},
        {1 + 0x1p-10, 0x3f802000},
        {1 + 0x1p-11, 0x3f800000},           // tie to even
        {1 + 0x3p-11, 0x3f804000},           // tie to even
        {1 + 0x1p-11 + 0x1p-40, 0x3f802000}, // lost when rounded to f32 first
        {-1.5, 0xbfc00000},
        {0x1p-126, 0x00800000},
        {0x1p-136, 0x00002000}, // smallest subnormal
        {0x1p-137, 0},
        {0x1.ffcp127, 0x7f7fe000}, // largest
        {0x1.ffep127, 0x7f800000},
        {inf, 0x7f800000},
    };
    for (const auto& [value, code] : table) {
        CAPTURE(value);
        CHECK(encoded(DType::tf32, value) == code);
    }
    // A kernel never sees the low bits of what was stored as f32.
    CHECK(decoded(DType::tf32, 0x3f801fff) == 1.0);
    CHECK(decoded(DType::tf32, 0x7f802000) != decoded(DType::tf32, 0x7f802000)); // NaN
}

TEST_CASE("integers round to even, saturate and take NaN as 0", "[base]") {
    const std::vector<std::tuple<DType, double, double>> table = {
        {DType::s8, 2.5, 2},
        {DType::s8, 3.5, 4},
        {DType::s8, -2.5, -2},
        {DType::s8, -0.5, 0},
        {DType::s8, 127.4, 127},
        {DType::s8, 1e9, 127},
        {DType::s8, -inf, -128},
        {DType::u8, -3, 0},
        {DType::u8, 254.5, 254},
        {DType::u8, inf, 255},
        {DType::s4, 7.5, 7},
        {DType::s4, -8.5, -8},
        {DType::s4, -1, -1},
        {DType::s32, 1e10, 2147483647.0},
        {DType::s32, -1e10, -2147483648.0},
        {DType::s64, 0x1p62, 0x1p62},
        {DType::s64, 1e300, 0x1p63},
        {DType::s64, -1e300, -0x1p63},
        {DType::s32, std::numeric_limits<double>::quiet_NaN(), 0},
    };
    for (const auto& [dtype, value, expected] : table) {
        CAPTURE(to_string(dtype), value);
        std::int64_t storage = -1;
        from_double(dtype, &storage, 0, value);
        CHECK(to_double(dtype, &storage, 0) == expected);
    }
    std::int64_t largest = 0;
    from_double(DType::s64, &largest, 0, 0x1p63);
    CHECK(largest == std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("elements lie one after the other, s4 two per byte with the low nibble first", "[base]") {
    std::array<std::uint8_t, 2> nibbles{};
    const std::array<double, 4> values = {1, -2, 7, -8};
    for (std::size_t i = 0; i < values.size(); ++i) {
        from_double(DType::s4, nibbles.data(), static_cast<std::int64_t>(i), values[i]);
    }
    CHECK(nibbles == std::array<std::uint8_t, 2>{0xe1, 0x87});
    from_double(DType::s4, nibbles.data(), 1, 3);
    CHECK(nibbles == std::array<std::uint8_t, 2>{0x31, 0x87});

    for (const DType dtype :
         {DType::f64, DType::f32, DType::f16, DType::s64, DType::s32, DType::u8}) {
        CAPTURE(to_string(dtype));
        std::array<unsigned char, 64> bytes_of{};
        for (std::int64_t i = 0; i < 7; ++i) {
            from_double(dtype, bytes_of.data(), i, static_cast<double>(i + 1));
        }
        for (std::int64_t i = 0; i < 7; ++i) {
            CHECK(to_double(dtype, bytes_of.data(), i) == static_cast<double>(i + 1));
        }
        CHECK(std::all_of(bytes_of.begin() + bytes(dtype, 7), bytes_of.end(),
                          [](unsigned char byte) { return byte == 0; }));
    }
}

TEST_CASE("the thread's rounding mode does not change what small types store", "[base]") {
    const int before = fegetround();
    std::vector<std::uint32_t> codes;
    for (const int mode : {FE_TONEAREST, FE_UPWARD, FE_TOWARDZERO}) {
        fesetround(mode);
        volatile double value = 1.0001;
        codes.push_back(encoded(DType::bf16, value));
        codes.push_back(encoded(DType::s8, value));
    }
    fesetround(before);
    CHECK(codes == std::vector<std::uint32_t>{0x3f80, 1, 0x3f80, 1, 0x3f80, 1});
}
