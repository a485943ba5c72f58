// Fields of bits, permuted bytes and products of bytes: PTX ISA 9.7.1 and 9.7.8.
#include "ops/ops.hpp"
#include "ops/types.hpp"

#include <type_traits>

namespace hone::emu {
namespace {

template <class T> T field_mask(u32 bits) {
    return bits >= 8 * sizeof(T) ? static_cast<T>(~T{0}) : static_cast<T>((T{1} << bits) - 1);
}

// Position and length count modulo 256; the sign bit repeats beyond the field (9.7.1.19).
template <class T> T bfe(T value, u32 position, u32 length) {
    using U = std::make_unsigned_t<T>;
    constexpr u32 top = 8 * sizeof(T) - 1;
    position &= 255;
    length &= 255;
    const U bits = static_cast<U>(value);
    const U shifted = position > top ? 0 : static_cast<U>(bits >> position);
    U out = shifted & field_mask<U>(length);
    if constexpr (std::is_signed_v<T>) {
        if (length == 0) return 0;
        const u32 last = position + length - 1 < top ? position + length - 1 : top;
        if (bits >> last & 1) {
            const u32 known = last >= position ? last - position + 1 : 0;
            out = known >= 8 * sizeof(T) ? out
                                         : static_cast<U>((out & field_mask<U>(known)) |
                                                          static_cast<U>(~field_mask<U>(known)));
        } else if (position > top) {
            out = 0;
        }
    }
    return static_cast<T>(out);
}

template <class T> void run_bfi(Warp& warp, const Inst& inst, LaneMask mask) {
    const T *a = warp.reg<T>(inst.a), *b = warp.reg<T>(inst.b);
    const u32* position = warp.reg<u32>(inst.c);
    const u32* length = warp.reg<u32>(warp.list(inst)[0]);
    T* d = warp.reg<T>(inst.d);
    for (int lane = 0; lane < lanes; ++lane) {
        if (!(mask >> lane & 1)) continue;
        const u32 at = position[lane] & 255, bits = length[lane] & 255;
        if (at >= 8 * sizeof(T)) {
            d[lane] = b[lane];
            continue;
        }
        const T field = static_cast<T>(field_mask<T>(bits) << at);
        d[lane] = static_cast<T>((b[lane] & ~field) | (static_cast<T>(a[lane] << at) & field));
    }
}

template <class T> u32 find_top(T value) {
    using U = std::make_unsigned_t<T>;
    const U bits =
        std::is_signed_v<T> && value < 0 ? static_cast<U>(~value) : static_cast<U>(value);
    return bits ? 8 * sizeof(T) - 1 - static_cast<u32>(std::countl_zero(bits)) : ~0u;
}

u32 permute(u32 a, u32 b, u32 selector) {
    const u64 bytes = u64{b} << 32 | a;
    u32 out = 0;
    for (u32 i = 0; i < 4; ++i) {
        const u32 choice = selector >> (4 * i) & 15;
        u32 byte = static_cast<u32>(bytes >> (8 * (choice & 7))) & 255;
        if (choice & 8) byte = byte & 128 ? 255 : 0;
        out |= byte << (8 * i);
    }
    return out;
}
// The special modes take the byte positions from the low two bits of the selector.
u32 permute_mode(u32 a, u32 b, u32 c, u32 mode) {
    const u32 s = c & 3;
    u32 selector = 0;
    for (u32 i = 0; i < 4; ++i) {
        u32 choice = 0;
        switch (mode) {
        case 0:
            choice = s + i;
            break; // f4e
        case 1:
            choice = (s + 8 - i) & 7;
            break; // b4e
        case 2:
            choice = s;
            break; // rc8
        case 3:
            choice = i < s ? s : i;
            break; // ecl
        case 4:
            choice = i < s ? i : s;
            break; // ecr
        default:
            choice = 2 * (s & 1) + (i & 1);
            break; // rc16
        }
        selector |= choice << (4 * i);
    }
    return permute(a, b, selector);
}

template <class A, class B> s32 dot4(s32 a, s32 b, s32 c) {
    u32 sum = static_cast<u32>(c);
    for (int i = 0; i < 4; ++i)
        sum +=
            static_cast<u32>(s32{static_cast<A>(a >> (8 * i))} * s32{static_cast<B>(b >> (8 * i))});
    return static_cast<s32>(sum);
}
template <class A, class B, bool high> s32 dot2(s32 a, s32 b, s32 c) {
    u32 sum = static_cast<u32>(c);
    for (int i = 0; i < 2; ++i)
        sum += static_cast<u32>(s32{static_cast<A>(a >> (16 * i))} *
                                s32{static_cast<B>(b >> (8 * i + (high ? 16 : 0)))});
    return static_cast<s32>(sum);
}

} // namespace

void decode_bfe(Decoder& in) {
    in.expect_operands(4, 4);
    const Type type = in.take_type();
    if (bytes_of(type) < 4) in.fail("not for this type");
    in.inst.run = by_integer(in, type, []<class T>(T) {
        return lane_handler<T, T, u32, u32>([](T a, u32 b, u32 c) { return bfe(a, b, c); });
    });
    in.inst.d = in.destination(0, type);
    in.inst.a = in.source(1, type);
    in.inst.b = in.source(2, Type::u32);
    in.inst.c = in.source(3, Type::u32);
}

void decode_bfi(Decoder& in) {
    in.expect_operands(5, 5);
    const Type type = in.take_type();
    if (type != Type::b32 && type != Type::b64) in.fail("not for this type");
    in.inst.run = type == Type::b32 ? run_bfi<u32> : run_bfi<u64>;
    in.inst.d = in.destination(0, type);
    in.inst.a = in.source(1, type);
    in.inst.b = in.source(2, type);
    in.inst.c = in.source(3, Type::u32);
    in.inst.list = in.keep_list({in.source(4, Type::u32)});
}

void decode_bfind(Decoder& in) {
    in.expect_operands(2, 2);
    const bool amount = in.take("shiftamt");
    const Type type = in.take_type();
    in.inst.run = by_integer(in, type, [&]<class T>(T) {
        if (!amount) return lane_handler<u32, T>([](T a) { return find_top(a); });
        return lane_handler<u32, T>([](T a) {
            const u32 top = find_top(a);
            return top == ~0u ? top : static_cast<u32>(8 * sizeof(T) - 1 - top);
        });
    });
    in.inst.d = in.destination(0, Type::u32);
    in.inst.a = in.source(1, type);
}

void decode_count_bits(Decoder& in) { // popc, clz, brev
    in.expect_operands(2, 2);
    const Type type = in.take_type();
    if (type != Type::b32 && type != Type::b64) in.fail("not for this type");
    const bool reverse = in.opcode() == "brev", ones = in.opcode() == "popc";
    in.inst.run = by_width(in, type, [&]<class T>(T) {
        if (ones) return lane_handler<u32, T>([](T a) { return std::popcount(a); });
        if (!reverse) return lane_handler<u32, T>([](T a) { return std::countl_zero(a); });
        return lane_handler<T, T>([](T a) {
            T out = 0;
            for (u32 i = 0; i < 8 * sizeof(T); ++i) out = static_cast<T>(out << 1 | (a >> i & 1));
            return out;
        });
    });
    in.inst.d = in.destination(0, reverse ? type : Type::u32);
    in.inst.a = in.source(1, type);
}

// Position of the n-th bit that is set, counted from `base` up (n > 0) or down (n < 0).
void decode_fns(Decoder& in) {
    (void)in.take_one({"b32"});
    three_words(in);
    in.inst.run = lane_handler<u32, u32, u32, s32>([](u32 mask, u32 base, s32 n) {
        if (base > 31) return ~0u;
        if (n == 0) return mask >> base & 1 ? base : ~0u;
        const s32 step = n > 0 ? 1 : -1;
        s32 left = n > 0 ? n : -n;
        for (s32 at = static_cast<s32>(base); at >= 0 && at < 32; at += step)
            if ((mask >> at & 1) && --left == 0) return static_cast<u32>(at);
        return ~0u;
    });
}

void decode_bmsk(Decoder& in) {
    in.expect_operands(3, 3);
    const bool wrap = in.take_one({"clamp", "wrap"}) == 1;
    (void)in.take_one({"b32"});
    const auto made = [](u32 at, u32 bits) { return at > 31 ? 0u : field_mask<u32>(bits) << at; };
    in.inst.run =
        wrap ? lane_handler<u32, u32, u32>(
                   [](u32 a, u32 b) { return decltype(made){}(a & 31, b & 31); })
             : lane_handler<u32, u32, u32>([](u32 a, u32 b) { return decltype(made){}(a, b); });
    in.inst.d = in.destination(0, Type::b32);
    in.inst.a = in.source(1, Type::b32);
    in.inst.b = in.source(2, Type::b32);
}

void decode_szext(Decoder& in) {
    in.expect_operands(3, 3);
    const bool wrap = in.take_one({"clamp", "wrap"}) == 1;
    const Type type = in.take_type();
    const auto extend = []<class T>(T a, u32 bits) -> T {
        if (bits >= 32) return a;
        const u32 kept = static_cast<u32>(a) & field_mask<u32>(bits);
        if (std::is_signed_v<T> && bits > 0 && (kept >> (bits - 1) & 1))
            return static_cast<T>(kept | ~field_mask<u32>(bits));
        return static_cast<T>(kept);
    };
    const auto choose = [&]<class T>(T) {
        if (wrap)
            return lane_handler<T, T, u32>(
                [](T a, u32 b) { return decltype(extend){}(a, b & 31); });
        return lane_handler<T, T, u32>([](T a, u32 b) { return decltype(extend){}(a, b); });
    };
    in.inst.run = by_word(in, type, choose);
    in.inst.d = in.destination(0, type);
    in.inst.a = in.source(1, type);
    in.inst.b = in.source(2, Type::u32);
}

void decode_prmt(Decoder& in) {
    (void)in.take_one({"b32"});
    const int mode = in.take_any({"f4e", "b4e", "rc8", "ecl", "ecr", "rc16"});
    three_words(in);
    if (mode < 0) {
        in.inst.run =
            lane_handler<u32, u32, u32, u32>([](u32 a, u32 b, u32 c) { return permute(a, b, c); });
        return;
    }
    in.inst.kind = static_cast<u8>(mode);
    in.inst.run = [](Warp& warp, const Inst& inst, LaneMask mask) {
        for (int lane = 0; lane < lanes; ++lane)
            if (mask >> lane & 1)
                warp.reg<u32>(inst.d)[lane] =
                    permute_mode(warp.reg<u32>(inst.a)[lane], warp.reg<u32>(inst.b)[lane],
                                 warp.reg<u32>(inst.c)[lane], inst.kind);
    };
}

void decode_dot(Decoder& in) { // dp4a, dp2a
    const bool four = in.opcode() == "dp4a";
    const bool high = !four && in.take_one({"lo", "hi"}) == 1;
    const Type a = in.take_type(), b = in.take_type();
    const bool sa = a == Type::s32, sb = b == Type::s32;
    if ((!sa && a != Type::u32) || (!sb && b != Type::u32)) in.fail("not for this type");
    three_words(in);
    const auto choose = [&]<class A8, class A16, class B8>(A8, A16, B8) {
        if (four)
            return lane_handler<s32, s32, s32, s32>(
                [](s32 x, s32 y, s32 z) { return dot4<A8, B8>(x, y, z); });
        if (high)
            return lane_handler<s32, s32, s32, s32>(
                [](s32 x, s32 y, s32 z) { return dot2<A16, B8, true>(x, y, z); });
        return lane_handler<s32, s32, s32, s32>(
            [](s32 x, s32 y, s32 z) { return dot2<A16, B8, false>(x, y, z); });
    };
    if (sa && sb)
        in.inst.run = choose(s8{}, s16{}, s8{});
    else if (sa)
        in.inst.run = choose(s8{}, s16{}, u8{});
    else if (sb)
        in.inst.run = choose(u8{}, u16{}, s8{});
    else
        in.inst.run = choose(u8{}, u16{}, u8{});
}

} // namespace hone::emu
