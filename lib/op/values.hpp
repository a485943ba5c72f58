// Random contents of tensors.
#pragma once

#include "hone/operation.hpp"
#include "lib/op/random.hpp"

namespace hone {

// How the elements 2p and 2p + 1 along an axis are tied together under Distribution::adversarial.
// A sum over p of products of a cancelling and a repeating operand is small against its terms.
enum class Pairing : std::uint8_t {
    none,
    repeat, // the second equals the first
    cancel, // the second is minus the first, but for a small relative difference
};

struct ValuePlan {
    Distribution distribution = Distribution::normal;
    Pairing pairing = Pairing::none;
    int axis = 0;       // of the pairing
    int spread = 12;    // wide_range: exponents in [-spread, spread]
    int scale_down = 0; // floating values are divided by 2^scale_down
};

// Fills a tensor with values of the distribution, an integer one with whole numbers of the same
// shape over its range. Depends on logical indices only: strides change nothing, and what lies
// between rows is not written.
void fill(const HostTensor& tensor, const ValuePlan& plan, const RandomStream& random);

// Fills a floating tensor with positive factors in [low, 2 low).
void fill_factors(const HostTensor& tensor, double low, const RandomStream& random);

// Standard deviation of what fill gives an integer tensor, 1 for a floating one.
[[nodiscard]] double deviation(DType dtype) noexcept;

// Narrows `plan` until a sum of `terms` products of two tensors filled with it (one of them scaled
// down) has all but vanishing chances to exceed `limit`.
void keep_sums_below(double limit, std::int64_t terms, ValuePlan& plan);

// The largest spread whose values a dtype can hold.
[[nodiscard]] int largest_spread(DType dtype) noexcept;

} // namespace hone
