#include "lib/measure/error_bound.hpp"

#include "lib/op/convert.hpp"

#include <algorithm>
#include <cmath>

namespace hone {

namespace {

// Rounding errors behave like independent ones, so sums err by lambda sqrt(k) u instead of k u. The
// theorem takes them for +-u where they are spread over [-u, u] and weigh all partial sums like the
// last one; lambda = 4 is thus 12 standard deviations of a sum of equal terms, yet small enough
// that one missing product of 4096 is seen.
constexpr double lambda = 4;
// Scaling, bias and activation functions after the sum, in units of the accumulator's roundoff.
constexpr double epilogue = 16;
// Matrix units cut off instead of rounding, once per block of at least 8 products (Fasi, Higham,
// Mikaitis, Pranesh, Numerical behavior of NVIDIA tensor cores, PeerJ Comput. Sci. 7, 2021).
constexpr double truncated_block = 8;

double smallest_normal(DType dtype) {
    switch (dtype) {
    case DType::f64:
        return 0x1p-1022;
    case DType::f32:
    case DType::tf32:
    case DType::bf16:
        return 0x1p-126;
    case DType::f16:
    case DType::e5m2:
        return 0x1p-14;
    case DType::e4m3:
        return 0x1p-6;
    default:
        return 0;
    }
}

double of_sum(DType accumulator, double k, bool truncates) {
    const double u = unit_roundoff(accumulator);
    // From here on terms are lost against the sum they are added to, all in the same direction: no
    // bound below the sum itself can be promised.
    if (k * u >= 1) return 1;
    const double gamma = std::expm1(lambda * std::sqrt(k) * u + k * u * u / (1 - u));
    return gamma + (truncates ? k * u / truncated_block : 0);
}

} // namespace

ErrorBound error_bound(const Path& path) {
    const Numerics& numerics = path.numerics;
    const bool exact_sum = !is_floating(numerics.accumulator);
    const bool exact_output = !is_floating(path.output);
    if (exact_sum && exact_output && !path.dequantised) return {};

    const double terms = std::max(numerics.split_terms, 1);
    const double k =
        static_cast<double>(std::max<std::int64_t>(path.accumulation_length, 1)) * terms;
    // What follows an integer sum is done in f32.
    const DType accumulator = exact_sum ? DType::f32 : numerics.accumulator;
    const double u_operand = unit_roundoff(numerics.operand);
    const bool narrow_products = bits(numerics.operand) < 32 || numerics.operand == DType::tf32;

    ErrorBound bound;
    if (!exact_sum) {
        bound.relative += of_sum(accumulator, k, narrow_products);
        bound.absolute += k * smallest_normal(accumulator); // products that underflow
    }
    bound.relative += epilogue * unit_roundoff(accumulator) + 2 * unit_roundoff(path.output);
    // Of x = x1 + x2 + ..., the last term is rounded and products of two small terms are left out:
    // each is of order u^2.
    if (terms > 1) bound.relative += 4 * u_operand * u_operand;
    if (path.dequantised) bound.relative += 2 * u_operand;
    // A result rounded to an integer may sit on a tie; small floating ones may be flushed to zero.
    bound.absolute += exact_output ? 1 : smallest_normal(path.output);
    return bound;
}

} // namespace hone
