#include "decode/type.hpp"

#include <array>

namespace hone::emu {
namespace {

struct Known {
    std::string_view name;
    u32 bytes;
};
constexpr std::array<Known, 27> known{{
    {"pred", 4}, {"b8", 1},     {"b16", 2},    {"b32", 4},   {"b64", 8},   {"b128", 16},
    {"u8", 1},   {"u16", 2},    {"u32", 4},    {"u64", 8},   {"s8", 1},    {"s16", 2},
    {"s32", 4},  {"s64", 8},    {"f16", 2},    {"bf16", 2},  {"f32", 4},   {"f64", 8},
    {"tf32", 4}, {"f16x2", 4},  {"bf16x2", 4}, {"u16x2", 4}, {"s16x2", 4}, {"e4m3", 1},
    {"e5m2", 1}, {"e4m3x2", 2}, {"e5m2x2", 2},
}};

} // namespace

std::optional<Type> parse_type(std::string_view name) noexcept {
    for (std::size_t i = 0; i < known.size(); ++i)
        if (known[i].name == name) return static_cast<Type>(i);
    return std::nullopt;
}

u32 bytes_of(Type type) noexcept { return known[static_cast<std::size_t>(type)].bytes; }

bool is_signed(Type type) noexcept { return type >= Type::s8 && type <= Type::s64; }

bool is_float(Type type) noexcept { return (type >= Type::f16 && type <= Type::bf16x2); }

bool is_integer(Type type) noexcept { return type >= Type::u8 && type <= Type::s64; }

} // namespace hone::emu
