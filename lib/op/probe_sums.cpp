#include "lib/op/probe_sums.hpp"

#include "lib/op/lanes.hpp"

namespace hone {

namespace {

template <int register_bytes>
[[gnu::always_inline]] inline void signed_body(const double* values, const double* signs,
                                               std::int64_t count, double& signed_sum,
                                               double& square_sum) {
    using Vector = typename Lanes<double, register_bytes>::Vector;
    constexpr std::int64_t lanes = Lanes<double, register_bytes>::count;
    constexpr int chains = 4; // independent, so that no addition waits for the one before it
    Vector sums[chains] = {}, squares[chains] = {};
    std::int64_t j = 0;
    for (; j + chains * lanes <= count; j += chains * lanes) {
#pragma GCC unroll 4
        for (int chain = 0; chain < chains; ++chain) {
            Vector value, sign;
            load(value, values + j + chain * lanes);
            load(sign, signs + j + chain * lanes);
            sums[chain] += value * sign;
            squares[chain] += value * value;
        }
    }
    for (; j < count; ++j) {
        signed_sum += values[j] * signs[j];
        square_sum += values[j] * values[j];
    }
    const Vector sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    const Vector square = (squares[0] + squares[1]) + (squares[2] + squares[3]);
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
        signed_sum += sum[lane];
        square_sum += square[lane];
    }
}

template <int register_bytes>
[[gnu::always_inline]] inline void column_body(const double* values, double sign,
                                               std::int64_t count, double* signed_sums,
                                               double* square_sums) {
    using Vector = typename Lanes<double, register_bytes>::Vector;
    constexpr std::int64_t lanes = Lanes<double, register_bytes>::count;
    std::int64_t p = 0;
    for (; p + lanes <= count; p += lanes) {
        Vector value, sum, square;
        load(value, values + p);
        load(sum, signed_sums + p);
        load(square, square_sums + p);
        store(sum + value * sign, signed_sums + p);
        store(square + value * value, square_sums + p);
    }
    for (; p < count; ++p) {
        signed_sums[p] += sign * values[p];
        square_sums[p] += values[p] * values[p];
    }
}

template <int register_bytes>
[[gnu::always_inline]] inline void multiply_body(const double* a, const ProbeSums* b,
                                                 std::int64_t count, ProbeSums& result) {
    using Vector = typename Lanes<double, register_bytes>::Vector;
    constexpr std::int64_t lanes = Lanes<double, register_bytes>::count;
    constexpr int vectors = probe_blocks / lanes;
    Vector sums[vectors] = {}, squares[vectors] = {};
    for (std::int64_t p = 0; p < count; ++p) {
        const double value = a[p], value_square = value * value;
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) {
            Vector signed_sum, square_sum;
            load(signed_sum, b[p].signed_sum.data() + v * lanes);
            load(square_sum, b[p].square_sum.data() + v * lanes);
            sums[v] += signed_sum * value;
            squares[v] += square_sum * value_square;
        }
    }
    for (int v = 0; v < vectors; ++v) {
        store(sums[v], result.signed_sum.data() + v * lanes);
        store(squares[v], result.square_sum.data() + v * lanes);
    }
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void signed_avx2(const double* values, const double* signs,
                                         std::int64_t count, double& signed_sum,
                                         double& square_sum) {
    signed_body<32>(values, signs, count, signed_sum, square_sum);
}
[[gnu::target("avx2")]] void column_avx2(const double* values, double sign, std::int64_t count,
                                         double* signed_sums, double* square_sums) {
    column_body<32>(values, sign, count, signed_sums, square_sums);
}
[[gnu::target("avx2")]] void multiply_avx2(const double* a, const ProbeSums* b, std::int64_t count,
                                           ProbeSums& result) {
    multiply_body<32>(a, b, count, result);
}
#endif

} // namespace

void add_signed(const double* values, const double* signs, std::int64_t count, double& signed_sum,
                double& square_sum) {
#if defined(__x86_64__)
    if (has_avx2()) return signed_avx2(values, signs, count, signed_sum, square_sum);
#endif
    signed_body<16>(values, signs, count, signed_sum, square_sum);
}

void add_signed_column(const double* values, double sign, std::int64_t count, double* signed_sums,
                       double* square_sums) {
#if defined(__x86_64__)
    if (has_avx2()) return column_avx2(values, sign, count, signed_sums, square_sums);
#endif
    column_body<16>(values, sign, count, signed_sums, square_sums);
}

ProbeSums multiply(const double* a, const ProbeSums* b, std::int64_t count) {
    ProbeSums result;
#if defined(__x86_64__)
    if (has_avx2()) {
        multiply_avx2(a, b, count, result);
        return result;
    }
#endif
    multiply_body<16>(a, b, count, result);
    return result;
}

} // namespace hone
