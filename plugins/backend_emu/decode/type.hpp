// Operand types of instructions.
#pragma once

#include "types.hpp"

#include <optional>
#include <string_view>

namespace hone::emu {

enum class Type : u8 {
    pred,
    b8,
    b16,
    b32,
    b64,
    b128,
    u8,
    u16,
    u32,
    u64,
    s8,
    s16,
    s32,
    s64,
    f16,
    bf16,
    f32,
    f64,
    tf32,
    f16x2,
    bf16x2,
    u16x2,
    s16x2,
    e4m3,
    e5m2,
    e4m3x2,
    e5m2x2,
};

[[nodiscard]] std::optional<Type> parse_type(std::string_view name) noexcept;
[[nodiscard]] u32 bytes_of(Type type) noexcept;    // 1 for fp8, 2 for a pair of them
[[nodiscard]] bool is_signed(Type type) noexcept;  // s8 to s64
[[nodiscard]] bool is_float(Type type) noexcept;   // f16 to tf32, and pairs
[[nodiscard]] bool is_integer(Type type) noexcept; // u and s

} // namespace hone::emu
