#include "lib/op/convert.hpp"
#include "lib/op/values.hpp"
#include "tests/catch.hpp"
#include "tests/op/tensors.hpp"
#include "tests/seed.hpp"

#include <cmath>
#include <set>
#include <vector>

using namespace hone;
using test::Tensors;

namespace {

constexpr DType stored_types[] = {DType::f64,  DType::f32,  DType::tf32, DType::f16, DType::bf16,
                                  DType::e4m3, DType::e5m2, DType::s8,   DType::u8,  DType::s4};

// The elements of a tensor in row-major order.
std::vector<double> elements(const HostTensor& tensor) {
    std::vector<double> values;
    for (std::int64_t number = 0; number < row_count(tensor.spec); ++number) {
        const Row row = row_of(tensor.spec, number);
        for (std::int64_t i = 0; i < row.length; ++i) {
            values.push_back(
                to_double(tensor.spec.dtype, tensor.data, row.offset + i * row.stride));
        }
    }
    return values;
}

std::vector<double> drawn(DType dtype, const ValuePlan& plan, std::uint64_t seed) {
    const Tensors tensors({packed_tensor("x", Role::in, dtype, {64, 512})});
    fill(tensors[0], plan, RandomStream(seed, 3));
    return elements(tensors[0]);
}

} // namespace

TEST_CASE("the generator gives the numbers it always gave", "[op]") {
    // Facts compare results over years and machines: these must not change.
    const RandomStream stream(42, 7);
    CHECK(stream.bits(0) == 0x428e37be3165ddefULL);
    CHECK(stream.bits(1) == 0xa054a80cb87f8c8aULL);
    CHECK(normal(stream.bits(2)) == -0.47426836769778258);
    CHECK(stream.uniform(3) == 0.53259294295369641);
}

TEST_CASE("normal values have mean 0, variance 1 and a bell's fourth moment", "[op]") {
    const RandomStream stream(test::seed(), 1);
    constexpr int count = 200000;
    double mean = 0, square = 0, fourth = 0;
    for (int i = 0; i < count; ++i) {
        const double x = normal(stream.bits(i));
        mean += x / count;
        square += x * x / count;
        fourth += x * x * x * x / count;
    }
    // Within five deviations of each estimate.
    CHECK(std::abs(mean) < 5 / std::sqrt(count));
    CHECK(std::abs(square - 1) < 5 * std::sqrt(1.7 / count));
    CHECK(fourth == Approx(2.7).margin(0.1)); // 3 - 6/5/4 of a sum of four uniforms
}

TEST_CASE("values lie on the grid of their type, finite and not all alike", "[op]") {
    for (const DType dtype : stored_types) {
        for (const Distribution distribution : all_distributions) {
            INFO(to_string(dtype) << " " << to_string(distribution));
            ValuePlan plan{.distribution = distribution, .pairing = Pairing::cancel, .axis = 1};
            plan.spread = largest_spread(dtype);
            const std::vector<double> values = drawn(dtype, plan, test::seed());
            std::vector<double> rounded = values;
            round_run(dtype, static_cast<std::int64_t>(rounded.size()), rounded.data());
            CHECK(rounded == values);
            bool finite = true, positive = true;
            for (const double value : values) {
                finite = finite && std::isfinite(value);
                positive = positive && value >= 0;
            }
            CHECK(finite);
            CHECK(positive == (distribution == Distribution::same_sign || dtype == DType::u8));
            CHECK(std::set<double>(values.begin(), values.end()).size() > 7);
            CHECK(drawn(dtype, plan, test::seed()) == values);
            CHECK(drawn(dtype, plan, test::seed() + 1) != values);
        }
    }
}

TEST_CASE("strides change no value and what lies between rows is not written", "[op]") {
    for (const DType dtype : {DType::f32, DType::bf16, DType::e4m3, DType::s4}) {
        INFO(to_string(dtype));
        ArgSpec packed = packed_tensor("x", Role::in, dtype, {2, 3, 10});
        ArgSpec strided = packed;
        strided.strides = {48, 16, 1};
        const Tensors a({packed}), b({strided});
        const ValuePlan plan{
            .distribution = Distribution::adversarial, .pairing = Pairing::cancel, .axis = 1};
        fill(a[0], plan, RandomStream(test::seed(), 1));
        fill(b[0], plan, RandomStream(test::seed(), 1));
        CHECK(elements(a[0]) == elements(b[0]));
        const std::int64_t used = bytes(dtype, 10), row = bytes(dtype, 16);
        for (std::int64_t at = used; at < row; ++at) {
            CHECK(b.memory()[0][static_cast<std::size_t>(at)] == std::byte{0xff});
        }
    }
}

TEST_CASE("adversarial pairs repeat, or cancel all but a small part, along their axis", "[op]") {
    for (const DType dtype : {DType::f32, DType::f16, DType::bf16, DType::s8}) {
        for (const int axis : {0, 1, 2}) {
            INFO(to_string(dtype) << " axis " << axis);
            const ArgSpec spec = packed_tensor("x", Role::in, dtype, {5, 6, 1030});
            const Tensors tensors({spec, spec});
            ValuePlan plan{.distribution = Distribution::adversarial, .axis = axis};
            plan.pairing = Pairing::repeat;
            fill(tensors[0], plan, RandomStream(test::seed(), 1));
            plan.pairing = Pairing::cancel;
            fill(tensors[1], plan, RandomStream(test::seed(), 2));
            const auto step = spec.strides[static_cast<std::size_t>(axis)];
            const auto extent = spec.shape[static_cast<std::size_t>(axis)];
            double terms = 0, rest = 0;
            bool repeats = true;
            for (std::int64_t at = 0; at < element_count(spec); ++at) {
                const std::int64_t index = at / step % extent;
                if (index % 2 != 0 || index + 1 == extent) continue;
                repeats = repeats && to_double(dtype, tensors[0].data, at) ==
                                         to_double(dtype, tensors[0].data, at + step);
                const double first = to_double(dtype, tensors[1].data, at);
                const double second = to_double(dtype, tensors[1].data, at + step);
                terms += std::abs(first) + std::abs(second);
                rest += std::abs(first + second);
            }
            CHECK(repeats);
            CHECK(rest < 0.03 * terms);
            CHECK(rest > 0.001 * terms);
        }
    }
}

TEST_CASE("plans keep sums of products below a limit", "[op]") {
    for (const Distribution distribution : all_distributions) {
        for (const double limit : {1e30, 16000.0, 100.0}) {
            INFO(to_string(distribution) << " below " << limit);
            constexpr std::int64_t terms = 4096;
            ValuePlan plan{.distribution = distribution};
            keep_sums_below(limit, terms, plan);
            CHECK((plan.scale_down == 0 || plan.distribution != Distribution::wide_range ||
                   plan.spread == 0));
            ValuePlan other = plan;
            other.scale_down = 0;
            const std::vector<double> a = drawn(DType::f64, plan, 1),
                                      b = drawn(DType::f64, other, 2);
            for (std::size_t first = 0; first < a.size(); first += terms) {
                double sum = 0;
                for (std::size_t p = first; p < first + terms; ++p) sum += a[p] * b[p];
                CHECK(std::abs(sum) < limit);
            }
        }
    }
}
