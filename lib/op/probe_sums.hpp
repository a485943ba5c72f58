// The inner loops of Freivalds' check: sums against signs, and the sums of squares behind them.
#pragma once

#include <array>
#include <cstdint>

namespace hone {

inline constexpr int probe_blocks = 8; // blocks of columns with a check of their own

struct ProbeSums {
    std::array<double, probe_blocks> signed_sum{}; // of value * sign
    std::array<double, probe_blocks> square_sum{};
};

// signed_sum += sum of values[j] * signs[j], square_sum += sum of values[j]^2.
void add_signed(const double* values, const double* signs, std::int64_t count, double& signed_sum,
                double& square_sum);

// signed_sums[p] += sign * values[p], square_sums[p] += values[p]^2.
void add_signed_column(const double* values, double sign, std::int64_t count, double* signed_sums,
                       double* square_sums);

// Sum over p of a[p] b[p] and, for the squares, of a[p]^2 b[p].
[[nodiscard]] ProbeSums multiply(const double* a, const ProbeSums* b, std::int64_t count);

} // namespace hone
