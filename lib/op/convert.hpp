// Runs of stored elements to and from arithmetic, with the dtype decided once per run.
#pragma once

#include "hone/dtype.hpp"

#include <cstdint>

namespace hone {

// Elements first, first + stride, ... of `data` as Real (float or double). Equal to to_double of
// each; float is exact for every dtype but f64, s32 and s64.
template <typename Real>
void load_run(DType dtype, const void* data, std::int64_t first, std::int64_t stride,
              std::int64_t count, Real* out);

// The reverse, as from_double of each.
void store_run(DType dtype, void* data, std::int64_t first, std::int64_t stride, std::int64_t count,
               const double* values);

// Values after one rounding to the dtype, in place.
void round_run(DType dtype, std::int64_t count, double* values);

// Largest finite value of a dtype.
[[nodiscard]] double largest(DType dtype) noexcept;
// Distance of the smallest values a dtype can hold: of its subnormals, or 1.
[[nodiscard]] double smallest_spacing(DType dtype) noexcept;
// Whether values beyond the largest become the largest instead of infinity.
[[nodiscard]] bool saturates(DType dtype) noexcept;
[[nodiscard]] bool is_floating(DType dtype) noexcept;

} // namespace hone
