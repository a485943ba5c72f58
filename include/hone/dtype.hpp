// Element types.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace hone {

// Values are part of no format (texts are), so the list may be reordered.
enum class DType : std::uint8_t {
    none, // the problem has no such tensor
    f64,
    f32,
    tf32,
    f16,
    bf16,
    e4m3,
    e5m2,
    s64,
    s32,
    s8,
    u8,
    s4, // two per byte, low nibble first
};
inline constexpr int dtype_count = 13;

[[nodiscard]] std::string_view to_string(DType dtype) noexcept;
[[nodiscard]] std::optional<DType> parse_dtype(std::string_view text) noexcept;

// Storage bits of one element (tf32 is stored in 32, s4 in 4, none in 0).
[[nodiscard]] int bits(DType dtype) noexcept;
// Bytes of `count` packed elements, rounded up.
[[nodiscard]] std::int64_t bytes(DType dtype, std::int64_t count) noexcept;
// Unit roundoff u = 2^-(p) of round-to-nearest for floating types, p counting the implicit bit
// (Higham, Accuracy and Stability of Numerical Algorithms, section 2.1); 0 for integer types.
[[nodiscard]] double unit_roundoff(DType dtype) noexcept;

// Conversions of one stored element, rounded once, to nearest even. e4m3 is the OCP "fn" form: no
// infinity. e4m3 and e5m2 saturate, infinities too, to 448 and 57344, as NVIDIA's satfinite
// conversion does. Integers saturate; a NaN becomes 0. Storing an s4 keeps its neighbour.
[[nodiscard]] double to_double(DType dtype, const void* data, std::int64_t index) noexcept;
void from_double(DType dtype, void* data, std::int64_t index, double value) noexcept;

} // namespace hone
