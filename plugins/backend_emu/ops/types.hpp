// From an operand type to a C++ type: f is called with a value of it.
#pragma once

#include "decode/decoder.hpp"

namespace hone::emu {

// 16, 32 and 64 bits, signed as the type is; bits count as unsigned.
template <class F> [[nodiscard]] Handler by_integer(const Decoder& decoder, Type type, F f) {
    switch (type) {
    case Type::b16:
    case Type::u16:
        return f(u16{});
    case Type::b32:
    case Type::u32:
        return f(u32{});
    case Type::b64:
    case Type::u64:
        return f(u64{});
    case Type::s16:
        return f(s16{});
    case Type::s32:
        return f(s32{});
    case Type::s64:
        return f(s64{});
    default:
        decoder.fail("not for this type");
    }
}

// Bits of 16, 32 or 64.
template <class F> [[nodiscard]] Handler by_width(const Decoder& decoder, Type type, F f) {
    switch (bytes_of(type)) {
    case 2:
        return f(u16{});
    case 4:
        return f(u32{});
    case 8:
        return f(u64{});
    default:
        decoder.fail("not for this type");
    }
}

} // namespace hone::emu
