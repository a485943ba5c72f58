// From an operand type to a C++ type: f is called with a value of it. Operands that several groups
// of opcodes have in common.
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

// 32 bits, signed as the type is.
template <class F> [[nodiscard]] Handler by_word(const Decoder& decoder, Type type, F f) {
    if (type == Type::u32) return f(u32{});
    if (type == Type::s32) return f(s32{});
    decoder.fail("not for this type");
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

// d = op(a, b, c), all of them words.
inline void three_words(Decoder& in) {
    in.expect_operands(4, 4);
    in.inst.d = in.destination(0, Type::b32);
    in.inst.a = in.source(1, Type::b32);
    in.inst.b = in.source(2, Type::b32);
    in.inst.c = in.source(3, Type::b32);
}

} // namespace hone::emu
