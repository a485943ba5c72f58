#include "lib/op/values.hpp"

#include "lib/op/convert.hpp"
#include "lib/op/tensor.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace hone {

namespace {

constexpr std::int64_t chunk = 1024; // even, so that no pair is torn
using Chunk = std::array<double, chunk>;

constexpr double power_of_two(std::int64_t exponent) {
    return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

// Elements [first, first + count) in row-major order, before pairing and scaling.
void draw(const ValuePlan& plan, const RandomStream& random, std::int64_t first, std::int64_t count,
          double* out) {
    switch (plan.distribution) {
    case Distribution::wide_range: {
        const auto exponents = static_cast<std::uint32_t>(2 * plan.spread + 1);
        for (std::int64_t i = 0; i < count; ++i) {
            const std::uint64_t bits = random.bits(first + i);
            out[i] = normal(bits) * power_of_two(below(mix(bits), exponents) - plan.spread);
        }
        return;
    }
    case Distribution::same_sign:
        for (std::int64_t i = 0; i < count; ++i) out[i] = std::abs(normal(random.bits(first + i)));
        return;
    case Distribution::normal:
    case Distribution::adversarial:
        for (std::int64_t i = 0; i < count; ++i) out[i] = normal(random.bits(first + i));
        return;
    }
}

// The second of a pair that nearly cancels. The difference exceeds the rounding of the dtype: a sum
// of exactly zero would leave no relative error to take.
double cancelling(double first, DType dtype, std::uint64_t bits) {
    if (!is_floating(dtype))
        return -first + static_cast<double>(below(bits, 3) - 1) / deviation(dtype);
    return -first * (1 + std::max(8 * unit_roundoff(dtype), 0x1p-8) * normal(bits));
}

// Rows from one index along `axis` to the next.
std::int64_t rows_per_index(const ArgSpec& spec, int axis) {
    std::int64_t rows = 1;
    for (int inner = axis + 1; inner + 1 < spec.rank; ++inner) {
        rows *= spec.shape[static_cast<std::size_t>(inner)];
    }
    return rows;
}

class Filler final {
  public:
    Filler(const HostTensor& tensor, const ValuePlan& plan, const RandomStream& random)
        : tensor_(tensor), plan_(plan), random_(random) {
        const ArgSpec& spec = tensor_.spec;
        if (!is_floating(spec.dtype)) plan_.spread = std::min(plan_.spread, 2);
        if (plan_.distribution != Distribution::adversarial) plan_.pairing = Pairing::none;
        along_row_ = plan_.axis == spec.rank - 1;
        rows_apart_ = rows_per_index(spec, plan_.axis);
        factor_ = is_floating(spec.dtype) ? power_of_two(-plan_.scale_down) : deviation(spec.dtype);
    }

    void write(const Row& row) const {
        Chunk values;
        for (std::int64_t at = 0; at < row.length; at += chunk) {
            const std::int64_t count = std::min(chunk, row.length - at);
            draw_paired(row, at, count, values.data());
            for (std::int64_t i = 0; i < count; ++i) {
                values[static_cast<std::size_t>(i)] *= factor_;
            }
            if (tensor_.spec.dtype == DType::u8) {
                for (double& value : values) value = std::abs(value);
            }
            store_run(tensor_.spec.dtype, tensor_.data, row.offset + at * row.stride, row.stride,
                      count, values.data());
        }
    }

  private:
    void draw_paired(const Row& row, std::int64_t at, std::int64_t count, double* out) const {
        const std::int64_t first = row.number * row.length + at;
        if (plan_.pairing == Pairing::none) return draw(plan_, random_, first, count, out);
        if (along_row_) {
            draw(plan_, random_, first, count, out);
            for (std::int64_t i = 1; i < count; i += 2) out[i] = second(out[i - 1], first + i);
            return;
        }
        const auto extent = tensor_.spec.shape[static_cast<std::size_t>(plan_.axis)];
        const bool odd = row.number / rows_apart_ % extent % 2 == 1;
        if (!odd) return draw(plan_, random_, first, count, out);
        draw(plan_, random_, first - rows_apart_ * row.length, count, out);
        for (std::int64_t i = 0; i < count; ++i) out[i] = second(out[i], first + i);
    }

    // The second of a pair, at row-major index `index`.
    [[nodiscard]] double second(double first, std::int64_t index) const {
        if (plan_.pairing == Pairing::repeat) return first;
        return cancelling(first, tensor_.spec.dtype, random_.bits(index));
    }

    HostTensor tensor_;
    ValuePlan plan_;
    RandomStream random_;
    bool along_row_ = false;
    std::int64_t rows_apart_ = 1;
    double factor_ = 1;
};

} // namespace

void fill(const HostTensor& tensor, const ValuePlan& plan, const RandomStream& random) {
    const Filler filler(tensor, plan, random);
    const std::int64_t rows = row_count(tensor.spec);
    for (std::int64_t number = 0; number < rows; ++number) {
        filler.write(row_of(tensor.spec, number));
    }
}

void fill_factors(const HostTensor& tensor, double low, const RandomStream& random) {
    const std::int64_t rows = row_count(tensor.spec);
    for (std::int64_t number = 0; number < rows; ++number) {
        const Row row = row_of(tensor.spec, number);
        for (std::int64_t i = 0; i < row.length; ++i) {
            const double value = low * (1 + random.uniform(number * row.length + i));
            from_double(tensor.spec.dtype, tensor.data, row.offset + i * row.stride, value);
        }
    }
}

double deviation(DType dtype) noexcept {
    switch (dtype) {
    case DType::s4:
        return 2.5;
    case DType::s8:
        return 36;
    case DType::u8:
        return 72;
    case DType::s32:
    case DType::s64:
        return 1000;
    default:
        return 1;
    }
}

void keep_sums_below(double limit, std::int64_t terms, ValuePlan& plan) {
    const double walk = std::sqrt(static_cast<double>(terms));
    // Eight deviations of a sum of `terms` products, more for the long tails of a wide range.
    const auto reach = [&] {
        if (plan.distribution == Distribution::same_sign) {
            return static_cast<double>(terms) * 0.64 + 8 * walk;
        }
        if (plan.distribution != Distribution::wide_range) return 8 * walk;
        double squares = 0; // mean of 4^exponent
        for (int e = -plan.spread; e <= plan.spread; ++e) squares += power_of_two(2 * e);
        return 16 * walk * squares / (2 * plan.spread + 1);
    };
    while (plan.distribution == Distribution::wide_range && plan.spread > 0 && reach() > limit) {
        --plan.spread;
    }
    for (double largest_sum = reach(); largest_sum > limit; largest_sum /= 2) ++plan.scale_down;
}

int largest_spread(DType dtype) noexcept {
    // Values reach 3.5 times the power of two.
    int spread = 12;
    while (is_floating(dtype) && 3.5 * power_of_two(spread) > largest(dtype)) --spread;
    return spread;
}

} // namespace hone
