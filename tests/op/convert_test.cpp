#include "lib/op/convert.hpp"
#include "lib/op/random.hpp"
#include "tests/catch.hpp"
#include "tests/seed.hpp"

#include <cmath>
#include <cstring>
#include <vector>

using namespace hone;

namespace {

constexpr DType stored_types[] = {DType::f64,  DType::f32,  DType::tf32, DType::f16,
                                  DType::bf16, DType::e4m3, DType::e5m2, DType::s64,
                                  DType::s32,  DType::s8,   DType::u8,   DType::s4};

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

} // namespace

TEST_CASE("a run of elements reads as each element does, for every code of 16 bits", "[op]") {
    std::vector<std::uint64_t> memory(1 << 15);
    auto* const bytes = reinterpret_cast<std::uint16_t*>(memory.data());
    for (std::uint32_t i = 0; i < 1U << 16; ++i) bytes[i] = static_cast<std::uint16_t>(i * 40503U);
    for (const DType dtype : stored_types) {
        INFO(to_string(dtype));
        for (const std::int64_t stride : {1, 3}) {
            const std::int64_t count = (std::int64_t{1} << 20) / std::max(bits(dtype), 8) / stride;
            std::vector<double> wide(static_cast<std::size_t>(count));
            std::vector<float> narrow(static_cast<std::size_t>(count));
            load_run(dtype, memory.data(), 1, stride, count - 1, wide.data());
            load_run(dtype, memory.data(), 1, stride, count - 1, narrow.data());
            bool all = true;
            for (std::int64_t i = 0; i + 1 < count; ++i) {
                const double one = to_double(dtype, memory.data(), 1 + i * stride);
                const auto at = static_cast<std::size_t>(i);
                all = all && same(wide[at], one) && same(narrow[at], static_cast<float>(one));
            }
            CHECK(all);
        }
    }
}

TEST_CASE("a run of elements is stored as each element is", "[op]") {
    const RandomStream random(test::seed(), 1);
    std::vector<double> values = {0.0, -0.0, 1e300, -1e300, 0.5, 1.5, 448, 464, 465, 65520, 1e-40};
    for (int i = 0; i < 2000; ++i) {
        values.push_back(std::ldexp(normal(random.bits(i)), static_cast<int>(i % 40) - 20));
    }
    const auto count = static_cast<std::int64_t>(values.size());
    for (const DType dtype : stored_types) {
        INFO(to_string(dtype));
        std::vector<std::byte> run(values.size() * 8 * 2), one(values.size() * 8 * 2);
        store_run(dtype, run.data(), 1, 2, count - 1, values.data());
        for (std::int64_t i = 0; i + 1 < count; ++i) {
            from_double(dtype, one.data(), 1 + 2 * i, values[static_cast<std::size_t>(i)]);
        }
        CHECK(run == one);
    }
}

TEST_CASE("the largest value of a type is its own rounding, twice it is not", "[op]") {
    for (const DType dtype : stored_types) {
        INFO(to_string(dtype));
        if (dtype == DType::s64) continue; // its largest value is no double
        double value = largest(dtype);
        round_run(dtype, 1, &value);
        CHECK(value == largest(dtype));
        value *= 2;
        round_run(dtype, 1, &value);
        CHECK(value == (saturates(dtype) ? largest(dtype) : INFINITY));
        value = smallest_spacing(dtype);
        round_run(dtype, 1, &value);
        CHECK(value == smallest_spacing(dtype));
    }
}
