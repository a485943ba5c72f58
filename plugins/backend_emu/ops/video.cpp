// Operations on the four bytes of a word: PTX ISA 9.7.18.
#include "ops/ops.hpp"
#include "ops/types.hpp"

namespace hone::emu {

// vabsdiff4.{u32,s32}.{u32,s32}.{u32,s32}{.add} d, a, b, c: |a - b| of each byte, or c plus their
// sum.
void decode_vabsdiff4(Decoder& in) {
    const Type result = in.take_type(), a = in.take_type(), b = in.take_type();
    const auto word = [](Type type) { return type == Type::u32 || type == Type::s32; };
    if (!word(result) || !word(a) || a != b) in.fail("not for these types");
    const bool sums = in.take("add");
    three_words(in);
    const auto choose = [&]<class Byte, bool add>(Byte, std::bool_constant<add>) {
        return lane_handler<u32, u32, u32, u32>([](u32 x, u32 y, u32 z) {
            u32 bytes = 0, sum = z;
            for (u32 i = 0; i < 32; i += 8) {
                const s32 difference = s32{static_cast<Byte>(x >> i)} - static_cast<Byte>(y >> i);
                const u32 size = static_cast<u32>(difference < 0 ? -difference : difference);
                bytes |= (size & 255) << i;
                sum += size;
            }
            return add ? sum : bytes;
        });
    };
    if (a == Type::s32)
        in.inst.run = sums ? choose(s8{}, std::true_type{}) : choose(s8{}, std::false_type{});
    else
        in.inst.run = sums ? choose(u8{}, std::true_type{}) : choose(u8{}, std::false_type{});
}

} // namespace hone::emu
