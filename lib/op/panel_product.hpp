// The inner loops of host references: sums of products along k, each element's in the order of k.
#pragma once

#include <cstdint>

namespace hone {

inline constexpr std::int64_t panel_columns = 16;

// Running sums of one row of panel_columns results. Loop order and rounding are the same on every
// machine: products are rounded before they are added, never fused.
//   sums[j] += a[p] * panel[p * panel_columns + j], magnitudes[j] += |...|, p = 0 ... depth - 1
void add_products(const float* a, const float* panel, std::int64_t depth, float* sums,
                  float* magnitudes);
void add_products(const double* a, const double* panel, std::int64_t depth, double* sums,
                  double* magnitudes);

// The same in about twice the precision of double, for results that are themselves f64: the sum is
// sums + corrections (Ogita, Rump, Oishi, Accurate sum and dot product, SIAM J. Sci. Comput. 26,
// 2005, algorithm 5.3, Dot2).
void add_products_twice(const double* a, const double* panel, std::int64_t depth, double* sums,
                        double* corrections, double* magnitudes);

} // namespace hone
