// Every operation on lanes against a formula of the host, with random lanes and guards.
#include "hone/dtype.hpp"
#include "lane_probe.hpp"
#include "tests/catch.hpp"
#include "tests/seed.hpp"

#include <bit>
#include <cmath>
#include <functional>

using namespace hone::emu;
using namespace hone::emu::test;
using hone::DType;

namespace {

using Formula = std::function<u64(u64, u64, u64)>;
struct Case {
    Probe probe;
    Formula expected;
};

s32 i32(u64 x) { return static_cast<s32>(x); }
s64 i64(u64 x) { return static_cast<s64>(x); }
s16 i16(u64 x) { return static_cast<s16>(x); }
u32 w32(u64 x) { return static_cast<u32>(x); }
float f(u64 x) { return std::bit_cast<float>(static_cast<u32>(x)); }
double d(u64 x) { return std::bit_cast<double>(x); }
u64 bits(float x) { return std::bit_cast<u32>(x); }
u64 bits(double x) { return std::bit_cast<u64>(x); }
u64 of(s64 x) { return static_cast<u64>(x); }

double small(DType type, u64 x) {
    const auto stored = static_cast<u16>(x);
    return hone::to_double(type, &stored, 0);
}
// `value` in each half of a register for which it holds.
template <class Holds> u64 halves(u64 a, u64 b, u64 value, Holds holds) {
    return (holds(a & 0xFFFF, b & 0xFFFF) ? value : 0) |
           (holds(a >> 16, b >> 16) ? value << 16 : 0);
}
u64 small_bits(DType type, double x) {
    u16 stored = 0;
    hone::from_double(type, &stored, 0, x);
    return stored;
}
// Both halves of a register.
Formula pairs(const Formula& one) {
    return [one](u64 a, u64 b, u64 c) {
        return (one(a >> 16 & 0xFFFF, b >> 16 & 0xFFFF, c >> 16 & 0xFFFF) & 0xFFFF) << 16 |
               (one(a & 0xFFFF, b & 0xFFFF, c & 0xFFFF) & 0xFFFF);
    };
}

// The float next to an exact value on the side that a rounding asks for.
__extension__ using Exact = __float128;
u64 directed(Exact exact, char mode) {
    if (exact != exact) return 0x7FFFFFFF;
    auto near = static_cast<float>(exact);
    const bool too_high = Exact{near} > exact, too_low = Exact{near} < exact;
    const bool towards_zero_down = exact > 0;
    if (too_high && (mode == 'm' || (mode == 'z' && towards_zero_down)))
        near = std::nextafter(near, -INFINITY);
    if (too_low && (mode == 'p' || (mode == 'z' && !towards_zero_down)))
        near = std::nextafter(near, INFINITY);
    return bits(near);
}

// A NaN gives way to a number.
float least(float a, float b) { return std::isnan(a) ? b : std::isnan(b) ? a : std::min(a, b); }
float most(float a, float b) { return std::isnan(a) ? b : std::isnan(b) ? a : std::max(a, b); }

float flush(float x) { return std::fabs(x) < 0x1p-126f ? std::copysign(0.0f, x) : x; }
float saturated(float x) { return x > 0 ? std::min(x, 1.0f) : 0.0f; }

Case plain(std::string text, int width, Formula expected, int count = 2) {
    return {{std::move(text), width, std::vector<int>(static_cast<std::size_t>(count), width)},
            std::move(expected)};
}
Case floats(std::string text, int count, Formula expected) {
    return {{std::move(text), 32, std::vector<int>(static_cast<std::size_t>(count), 32), Bits::f32,
             Bits::f32},
            std::move(expected)};
}
Case doubles(std::string text, int count, Formula expected) {
    return {{std::move(text), 64, std::vector<int>(static_cast<std::size_t>(count), 64), Bits::f64,
             Bits::f64},
            std::move(expected)};
}
Case compare(std::string text, int width, Bits kind, std::function<bool(u64, u64)> expected) {
    return {{std::move(text), 1, {width, width}, kind},
            [expected = std::move(expected)](u64 a, u64 b, u64) { return expected(a, b) ? 1 : 0; }};
}
Case convert(std::string text, int to, int from, Bits kind, Bits result, Formula expected) {
    return {{std::move(text), to, {from}, kind, result}, std::move(expected)};
}

void check(const std::vector<Case>& cases) {
    std::mt19937_64 random(hone::test::seed());
    for (const Case& each : cases) {
        const LaneMask masks[] = {all_lanes, 0, static_cast<LaneMask>(random()),
                                  static_cast<LaneMask>(random()), all_lanes};
        for (const LaneMask mask : masks) {
            const ProbeRun done = run(each.probe, mask, random);
            CAPTURE(each.probe.instruction, mask);
            REQUIRE(done.reports == "");
            for (const auto& lane : done.lanes) {
                const int width = each.probe.d == 1 ? 32 : each.probe.d;
                const u64 expected =
                    lane.active ? each.expected(lane.a, lane.b, lane.c) : lane.before;
                if (same(lane.after, expected, each.probe.result, width)) continue;
                CAPTURE(lane.active, std::hex, lane.a, lane.b, lane.c, lane.after, expected);
                REQUIRE(lane.after == expected);
            }
        }
    }
    SUCCEED();
}

} // namespace

TEST_CASE("integer arithmetic is that of the host", "[emu]") {
    __extension__ using Wide = __int128;
    check({
        plain("add.s32", 32, [](u64 a, u64 b, u64) { return a + b; }),
        plain("add.u64", 64, [](u64 a, u64 b, u64) { return a + b; }),
        plain("add.u16", 16, [](u64 a, u64 b, u64) { return a + b; }),
        plain("sub.s32", 32, [](u64 a, u64 b, u64) { return a - b; }),
        plain("add.sat.s32", 32,
              [](u64 a, u64 b, u64) {
                  return of(std::clamp<s64>(s64{i32(a)} + i32(b), INT32_MIN, INT32_MAX));
              }),
        plain("mul.lo.s32", 32, [](u64 a, u64 b, u64) { return a * b; }),
        plain("mul.lo.s64", 64, [](u64 a, u64 b, u64) { return a * b; }),
        plain("mul.hi.s32", 32, [](u64 a, u64 b, u64) { return of((s64{i32(a)} * i32(b)) >> 32); }),
        plain("mul.hi.u32", 32, [](u64 a, u64 b, u64) { return (a * b) >> 32; }),
        plain("mul.hi.u64", 64,
              [](u64 a, u64 b, u64) { return static_cast<u64>((static_cast<u128>(a) * b) >> 64); }),
        plain("mul.hi.s64", 64,
              [](u64 a, u64 b, u64) { return static_cast<u64>((Wide{i64(a)} * i64(b)) >> 64); }),
        {{"mul.wide.s16", 32, {16, 16}}, [](u64 a, u64 b, u64) { return of(i16(a) * i16(b)); }},
        {{"mul.wide.u32", 64, {32, 32}}, [](u64 a, u64 b, u64) { return a * b; }},
        {{"mad.wide.s32", 64, {32, 32, 64}},
         [](u64 a, u64 b, u64 c) { return of(s64{i32(a)} * i32(b)) + c; }},
        plain(
            "mad.lo.s32", 32, [](u64 a, u64 b, u64 c) { return a * b + c; }, 3),
        plain(
            "mad.hi.u32", 32, [](u64 a, u64 b, u64 c) { return ((a * b) >> 32) + c; }, 3),
        plain("mul24.lo.u32", 32,
              [](u64 a, u64 b, u64) { return (a & 0xFFFFFF) * (b & 0xFFFFFF); }),
        plain("mul24.hi.u32", 32,
              [](u64 a, u64 b, u64) { return ((a & 0xFFFFFF) * (b & 0xFFFFFF)) >> 16; }),
        plain("div.u32", 32, [](u64 a, u64 b, u64) { return b ? a / b : 0xFFFFFFFF; }),
        plain("div.s32", 32,
              [](u64 a, u64 b, u64) { return i32(b) == 0 ? ~u64{0} : of(s64{i32(a)} / i32(b)); }),
        plain("rem.s32", 32,
              [](u64 a, u64 b, u64) { return i32(b) == 0 ? a : of(s64{i32(a)} % i32(b)); }),
        plain("rem.u64", 64, [](u64 a, u64 b, u64) { return b ? a % b : a; }),
        plain("min.s32", 32, [](u64 a, u64 b, u64) { return i32(a) < i32(b) ? a : b; }),
        plain("max.u32", 32, [](u64 a, u64 b, u64) { return a > b ? a : b; }),
        plain("max.s64", 64, [](u64 a, u64 b, u64) { return i64(a) > i64(b) ? a : b; }),
        plain(
            "abs.s32", 32, [](u64 a, u64, u64) { return i32(a) < 0 ? -a : a; }, 1),
        plain(
            "neg.s64", 64, [](u64 a, u64, u64) { return -a; }, 1),
        plain(
            "sad.u32", 32, [](u64 a, u64 b, u64 c) { return (a < b ? b - a : a - b) + c; }, 3),
        plain(
            "sad.s32", 32,
            [](u64 a, u64 b, u64 c) { return of(std::abs(s64{i32(a)} - i32(b))) + c; }, 3),
        {{"{.reg .b32 x; add.cc.u32 x, $A, $B; addc.u32 $D, 0, 0;}", 32, {32, 32}},
         [](u64 a, u64 b, u64) { return (a + b) >> 32; }},
        {{"{.reg .b32 x; sub.cc.u32 x, $A, $B; subc.u32 $D, $C, 0;}", 32, {32, 32, 32}},
         [](u64 a, u64 b, u64 c) { return c - (a < b); }},
        plain(
            "dp4a.s32.u32", 32,
            [](u64 a, u64 b, u64 c) {
                u64 sum = c;
                for (int i = 0; i < 4; ++i)
                    sum += of(s64{static_cast<s8>(a >> (8 * i))} * static_cast<u8>(b >> (8 * i)));
                return sum;
            },
            3),
        plain(
            "dp2a.hi.s32.s32", 32,
            [](u64 a, u64 b, u64 c) {
                return c + of(s64{i16(a)} * static_cast<s8>(b >> 16)) +
                       of(s64{i16(a >> 16)} * static_cast<s8>(b >> 24));
            },
            3),
    });
}

TEST_CASE("logic and shifts are those of the host", "[emu]") {
    check({
        plain("and.b32", 32, [](u64 a, u64 b, u64) { return a & b; }),
        plain("or.b64", 64, [](u64 a, u64 b, u64) { return a | b; }),
        plain("xor.b16", 16, [](u64 a, u64 b, u64) { return a ^ b; }),
        plain(
            "not.b32", 32, [](u64 a, u64, u64) { return ~a; }, 1),
        plain(
            "cnot.b32", 32, [](u64 a, u64, u64) { return a == 0 ? 1 : 0; }, 1),
        {{"lop3.b32 $D, $A, $B, $C, 0xCA", 32, {32, 32, 32}},
         [](u64 a, u64 b, u64 c) { return (a & b) | (~a & c); }},
        {{"lop3.b32 $D, $A, $B, $C, 0x96", 32, {32, 32, 32}},
         [](u64 a, u64 b, u64 c) { return a ^ b ^ c; }},
        {{"shl.b32", 32, {32, 32}}, [](u64 a, u64 b, u64) { return b > 31 ? 0 : a << b; }},
        {{"shl.b64", 64, {64, 32}}, [](u64 a, u64 b, u64) { return b > 63 ? 0 : a << b; }},
        {{"shr.u16", 16, {16, 32}}, [](u64 a, u64 b, u64) { return b > 15 ? 0 : a >> b; }},
        {{"shr.s32", 32, {32, 32}},
         [](u64 a, u64 b, u64) { return of(i32(a) >> std::min<u64>(b, 31)); }},
        {{"shr.s64", 64, {64, 32}},
         [](u64 a, u64 b, u64) { return of(i64(a) >> std::min<u64>(b, 63)); }},
        plain(
            "shf.l.wrap.b32", 32,
            [](u64 a, u64 b, u64 c) {
                const u64 n = c & 31;
                return n ? b << n | a >> (32 - n) : b;
            },
            3),
        plain(
            "shf.r.clamp.b32", 32,
            [](u64 a, u64 b, u64 c) {
                const u64 n = std::min<u64>(c, 32);
                return n == 32 ? b : n ? a >> n | b << (32 - n) : a;
            },
            3),
        plain(
            "prmt.b32", 32,
            [](u64 a, u64 b, u64 c) {
                u8 bytes[8];
                for (int i = 0; i < 4; ++i) {
                    bytes[i] = static_cast<u8>(a >> (8 * i));
                    bytes[4 + i] = static_cast<u8>(b >> (8 * i));
                }
                u64 out = 0;
                for (int i = 3; i >= 0; --i) {
                    const u64 selector = c >> (4 * i) & 15;
                    const u8 byte = bytes[selector & 7];
                    out = out << 8 | (selector > 7 ? (byte > 127 ? 255 : 0) : byte);
                }
                return out;
            },
            3),
        {{"bfe.u32", 32, {32, 32, 32}},
         [](u64 a, u64 b, u64 c) {
             const u64 at = b & 255, n = c & 255;
             u64 out = 0;
             for (u64 i = 0; i < std::min<u64>(n, 32); ++i)
                 if (at + i < 32) out |= (a >> (at + i) & 1) << i;
             return out;
         }},
        {{"bfe.s32", 32, {32, 32, 32}},
         [](u64 a, u64 b, u64 c) { // PTX ISA 9.7.1.19, its own loop
             const u64 at = b & 255, n = c & 255;
             const u64 sign = n == 0 ? 0 : a >> std::min<u64>(at + n - 1, 31) & 1;
             u64 out = 0;
             for (u64 i = 0; i < 32; ++i)
                 out |= (i < n && at + i < 32 ? a >> (at + i) & 1 : sign) << i;
             return out;
         }},
        {{"bfi.b32 $D, $A, $B, 5, 9", 32, {32, 32}},
         [](u64 a, u64 b, u64) { return (b & ~(0x1FFull << 5)) | (a & 0x1FF) << 5; }},
        {{"bfi.b64 $D, $A, $B, 40, 33", 64, {64, 64}},
         [](u64 a, u64 b, u64) { return (b & 0xFFFFFFFFFFull) | a << 40; }},
        {{"bfind.u32", 32, {32}},
         [](u64 a, u64, u64) {
             return a ? 31 - static_cast<u64>(std::countl_zero(w32(a))) : ~u64{0};
         }},
        {{"bfind.shiftamt.s32", 32, {32}},
         [](u64 a, u64, u64) {
             const u32 x = i32(a) < 0 ? ~w32(a) : w32(a);
             return x ? static_cast<u64>(std::countl_zero(x)) : ~u64{0};
         }},
        plain(
            "popc.b32", 32, [](u64 a, u64, u64) { return std::popcount(w32(a)); }, 1),
        {{"clz.b64", 32, {64}}, [](u64 a, u64, u64) { return std::countl_zero(a); }},
        plain(
            "brev.b32", 32,
            [](u64 a, u64, u64) {
                u64 out = 0;
                for (int i = 0; i < 32; ++i) out |= (a >> i & 1) << (31 - i);
                return out;
            },
            1),
        plain("bmsk.clamp.b32", 32,
              [](u64 a, u64 b, u64) {
                  u64 out = 0;
                  for (u64 i = a; i < std::min<u64>(a + std::min<u64>(b, 64), 32); ++i)
                      out |= u64{1} << i;
                  return out;
              }),
        {{"mov.b32 $D, {$A, $B}", 32, {16, 16}}, [](u64 a, u64 b, u64) { return a | b << 16; }},
        {{"mov.b64 $D, {$A, $B}", 64, {32, 32}}, [](u64 a, u64 b, u64) { return a | b << 32; }},
        {{"{.reg .b32 x; mov.b64 {x, $D}, $A;}", 32, {64}},
         [](u64 a, u64, u64) { return a >> 32; }},
    });
}

TEST_CASE("f32 and f64 arithmetic is that of IEEE 754", "[emu]") {
    check({
        floats("add.f32", 2, [](u64 a, u64 b, u64) { return bits(f(a) + f(b)); }),
        floats("sub.rn.f32", 2, [](u64 a, u64 b, u64) { return bits(f(a) - f(b)); }),
        floats("mul.f32", 2, [](u64 a, u64 b, u64) { return bits(f(a) * f(b)); }),
        floats("fma.rn.f32", 3,
               [](u64 a, u64 b, u64 c) { return bits(std::fma(f(a), f(b), f(c))); }),
        floats("div.rn.f32", 2, [](u64 a, u64 b, u64) { return bits(f(a) / f(b)); }),
        floats("rcp.rn.f32", 1, [](u64 a, u64, u64) { return bits(1 / f(a)); }),
        floats("sqrt.rn.f32", 1, [](u64 a, u64, u64) { return bits(std::sqrt(f(a))); }),
        floats("add.ftz.f32", 2,
               [](u64 a, u64 b, u64) { return bits(flush(flush(f(a)) + flush(f(b)))); }),
        floats("mul.ftz.sat.f32", 2,
               [](u64 a, u64 b, u64) { return bits(saturated(flush(flush(f(a)) * flush(f(b))))); }),
        floats("add.sat.f32", 2, [](u64 a, u64 b, u64) { return bits(saturated(f(a) + f(b))); }),
        floats("add.rz.f32", 2,
               [](u64 a, u64 b, u64) {
                   if (!std::isfinite(f(a)) || !std::isfinite(f(b))) return bits(f(a) + f(b));
                   if (f(a) == -f(b)) return bits(f(a) + f(b));
                   Exact sum = Exact{f(a)} + Exact{f(b)};
                   // Beyond 113 bits: the smaller one still says on which side the sum lies.
                   const bool a_small = std::fabs(f(a)) < std::fabs(f(b));
                   const Exact large{a_small ? f(b) : f(a)}, least{a_small ? f(a) : f(b)};
                   if (sum == large) sum = large + large * 0x1p-100 * (least * large > 0 ? 1 : -1);
                   if (least == 0) sum = large;
                   return directed(sum, 'z');
               }),
        floats("mul.rm.f32", 2,
               [](u64 a, u64 b, u64) {
                   const Exact exact = Exact{f(a)} * Exact{f(b)};
                   return exact == 0 ? bits(f(a) * f(b)) : directed(exact, 'm');
               }),
        floats("mul.rp.f32", 2,
               [](u64 a, u64 b, u64) {
                   const Exact exact = Exact{f(a)} * Exact{f(b)};
                   return exact == 0 ? bits(f(a) * f(b)) : directed(exact, 'p');
               }),
        floats("min.f32", 2,
               [](u64 a, u64 b, u64) {
                   if (f(a) == 0 && f(b) == 0) return a | b; // -0 is less
                   return bits(least(f(a), f(b)));
               }),
        floats("max.f32", 2,
               [](u64 a, u64 b, u64) {
                   if (f(a) == 0 && f(b) == 0) return a & b;
                   return bits(most(f(a), f(b)));
               }),
        floats("max.NaN.f32", 2,
               [](u64 a, u64 b, u64) {
                   if (std::isnan(f(a)) || std::isnan(f(b))) return u64{0x7FFFFFFF};
                   if (f(a) == 0 && f(b) == 0) return a & b;
                   return bits(std::fmax(f(a), f(b)));
               }),
        floats("abs.f32", 1, [](u64 a, u64, u64) { return a & 0x7FFFFFFF; }),
        floats("neg.f32", 1, [](u64 a, u64, u64) { return a ^ 0x80000000; }),
        floats("copysign.f32", 2,
               [](u64 a, u64 b, u64) { return bits(std::copysign(f(b), f(a))); }),
        doubles("add.f64", 2, [](u64 a, u64 b, u64) { return bits(d(a) + d(b)); }),
        doubles("mul.rn.f64", 2, [](u64 a, u64 b, u64) { return bits(d(a) * d(b)); }),
        doubles("fma.rn.f64", 3,
                [](u64 a, u64 b, u64 c) { return bits(std::fma(d(a), d(b), d(c))); }),
        doubles("div.rn.f64", 2, [](u64 a, u64 b, u64) { return bits(d(a) / d(b)); }),
        doubles("sqrt.rn.f64", 1, [](u64 a, u64, u64) { return bits(std::sqrt(d(a))); }),
        floats("ex2.approx.f32", 1,
               [](u64 a, u64, u64) { return bits(static_cast<float>(std::exp2(double{f(a)}))); }),
        floats("lg2.approx.f32", 1,
               [](u64 a, u64, u64) { return bits(static_cast<float>(std::log2(double{f(a)}))); }),
        floats("tanh.approx.f32", 1,
               [](u64 a, u64, u64) { return bits(static_cast<float>(std::tanh(double{f(a)}))); }),
        floats(
            "rsqrt.approx.f32", 1,
            [](u64 a, u64, u64) { return bits(static_cast<float>(1 / std::sqrt(double{f(a)}))); }),
    });
}

TEST_CASE("f16 and bf16 arithmetic rounds once", "[emu]") {
    std::vector<Case> cases;
    struct Half {
        std::string name;
        DType type;
        Bits one, pair;
    };
    for (const Half& half : {Half{"f16", DType::f16, Bits::f16, Bits::f16x2},
                             Half{"bf16", DType::bf16, Bits::bf16, Bits::bf16x2}}) {
        const auto x = [type = half.type](u64 bits) { return small(type, bits); };
        const auto y = [type = half.type](double value) { return small_bits(type, value); };
        const std::vector<std::tuple<std::string, int, Formula>> table{
            {"add", 2, [=](u64 a, u64 b, u64) { return y(x(a) + x(b)); }},
            {"sub", 2, [=](u64 a, u64 b, u64) { return y(x(a) - x(b)); }},
            {"mul", 2, [=](u64 a, u64 b, u64) { return y(x(a) * x(b)); }},
            {"fma.rn", 3,
             [=](u64 a, u64 b, u64 c) {
                 // The product is exact in a double, and so is what the sum loses (Knuth's TwoSum);
                 // made odd, so that the double is no second rounding.
                 const double product = x(a) * x(b), addend = x(c);
                 double near = product + addend;
                 const double part = near - product;
                 const double rest = (product - (near - part)) + (addend - part);
                 if (std::isfinite(near) && rest != 0 && !(std::bit_cast<u64>(near) & 1))
                     near = std::nextafter(near, rest > 0 ? INFINITY : -INFINITY);
                 return y(near);
             }},
            {"abs", 1, [=](u64 a, u64, u64) { return a & 0x7FFF; }},
            {"neg", 1, [=](u64 a, u64, u64) { return a ^ 0x8000; }},
            {"max", 2,
             [=](u64 a, u64 b, u64) {
                 if (x(a) == 0 && x(b) == 0) return a & b;
                 return y(std::fmax(x(a), x(b)));
             }},
            {"min", 2,
             [=](u64 a, u64 b, u64) {
                 if (x(a) == 0 && x(b) == 0) return a | b;
                 return y(std::fmin(x(a), x(b)));
             }},
        };
        for (const auto& [name, count, formula] : table) {
            const auto sources = static_cast<std::size_t>(count);
            cases.push_back(
                {{name + "." + half.name, 16, std::vector<int>(sources, 16), half.one, half.one},
                 formula});
            cases.push_back({{name + "." + half.name + "x2", 32, std::vector<int>(sources, 32),
                              half.pair, half.pair},
                             pairs(formula)});
        }
    }
    check(cases);
}

TEST_CASE("comparisons know of signs and NaNs", "[emu]") {
    check({
        compare("setp.lt.s32", 32, Bits::plain, [](u64 a, u64 b) { return i32(a) < i32(b); }),
        compare("setp.hi.u32", 32, Bits::plain, [](u64 a, u64 b) { return a > b; }),
        compare("setp.ge.s16", 16, Bits::plain, [](u64 a, u64 b) { return i16(a) >= i16(b); }),
        compare("setp.ne.b64", 64, Bits::plain, [](u64 a, u64 b) { return a != b; }),
        compare("setp.eq.f32", 32, Bits::f32, [](u64 a, u64 b) { return f(a) == f(b); }),
        compare("setp.ne.f32", 32, Bits::f32,
                [](u64 a, u64 b) { return f(a) < f(b) || f(a) > f(b); }),
        compare("setp.neu.f32", 32, Bits::f32, [](u64 a, u64 b) { return f(a) != f(b); }),
        compare("setp.ltu.f32", 32, Bits::f32, [](u64 a, u64 b) { return !(f(a) >= f(b)); }),
        compare("setp.gtu.f64", 64, Bits::f64, [](u64 a, u64 b) { return !(d(a) <= d(b)); }),
        compare("setp.num.f32", 32, Bits::f32,
                [](u64 a, u64 b) { return !std::isnan(f(a)) && !std::isnan(f(b)); }),
        compare("setp.nan.f32", 32, Bits::f32,
                [](u64 a, u64 b) { return std::isnan(f(a)) || std::isnan(f(b)); }),
        compare("setp.lt.f16", 16, Bits::f16,
                [](u64 a, u64 b) { return small(DType::f16, a) < small(DType::f16, b); }),
        compare("setp.geu.bf16", 16, Bits::bf16,
                [](u64 a, u64 b) { return !(small(DType::bf16, a) < small(DType::bf16, b)); }),
        {{"{.reg .pred q; setp.lt.s32 q, $A, $B; selp.b32 $D, $B, $C, !q;}", 32, {32, 32, 32}},
         [](u64 a, u64 b, u64 c) { return i32(a) < i32(b) ? c : b; }},
        {{"{.reg .pred p, q, r; setp.lt.s32 r, $A, 0; setp.lt.and.s32 p|q, $B, $C, r; "
          "selp.b32 $D, 2, 0, p; @q or.b32 $D, $D, 1;}",
          32,
          {32, 32, 32}},
         [](u64 a, u64 b, u64 c) {
             const bool r = i32(a) < 0, less = i32(b) < i32(c);
             return static_cast<u64>((less && r) * 2 + (!less && r));
         }},
        {{"set.gt.u32.s32", 32, {32, 32}},
         [](u64 a, u64 b, u64) { return i32(a) > i32(b) ? ~u64{0} : 0; }},
        {{"set.le.f32.f32", 32, {32, 32}, Bits::f32},
         [](u64 a, u64 b, u64) { return f(a) <= f(b) ? bits(1.0f) : 0; }},
        {{"set.lt.f16.f16", 16, {16, 16}, Bits::f16},
         [](u64 a, u64 b, u64) {
             return small(DType::f16, a) < small(DType::f16, b) ? u64{0x3C00} : 0;
         }},
        {{"set.eq.f16x2.f16x2", 32, {32, 32}, Bits::f16x2},
         [](u64 a, u64 b, u64) {
             return halves(a, b, 0x3C00, [](u64 x, u64 y) {
                 return small(DType::f16, x) == small(DType::f16, y);
             });
         }},
        {{"set.gtu.u32.f16x2", 32, {32, 32}, Bits::f16x2},
         [](u64 a, u64 b, u64) {
             return halves(a, b, 0xFFFF, [](u64 x, u64 y) {
                 return !(small(DType::f16, x) <= small(DType::f16, y));
             });
         }},
        plain(
            "slct.b32.s32", 32, [](u64 a, u64 b, u64 c) { return i32(c) >= 0 ? a : b; }, 3),
    });
}

TEST_CASE("conversions round, saturate and extend as they say", "[emu]") {
    const auto to_int = [](double x, double low, double high) {
        return std::isnan(x) ? 0 : std::clamp(x, low, high);
    };
    check({
        convert("cvt.u64.u32", 64, 32, Bits::plain, Bits::plain, [](u64 a, u64, u64) { return a; }),
        convert("cvt.s64.s32", 64, 32, Bits::plain, Bits::plain,
                [](u64 a, u64, u64) { return of(i32(a)); }),
        convert("cvt.u32.u16", 32, 16, Bits::plain, Bits::plain, [](u64 a, u64, u64) { return a; }),
        convert("cvt.s32.s8", 32, 32, Bits::plain, Bits::plain,
                [](u64 a, u64, u64) { return of(static_cast<s8>(a)); }),
        convert("cvt.sat.u8.s32", 32, 32, Bits::plain, Bits::plain,
                [](u64 a, u64, u64) { return of(std::clamp(i32(a), 0, 255)); }),
        convert("cvt.sat.s16.s32", 32, 32, Bits::plain, Bits::plain,
                [](u64 a, u64, u64) { return of(std::clamp(i32(a), -32768, 32767)); }),
        convert("cvt.rn.f32.s32", 32, 32, Bits::plain, Bits::f32,
                [](u64 a, u64, u64) { return bits(static_cast<float>(i32(a))); }),
        convert("cvt.rn.f32.u64", 32, 64, Bits::plain, Bits::f32,
                [](u64 a, u64, u64) { return bits(static_cast<float>(a)); }),
        convert("cvt.rz.f32.u32", 32, 32, Bits::plain, Bits::f32,
                [](u64 a, u64, u64) { return directed(Exact{static_cast<double>(w32(a))}, 'z'); }),
        convert("cvt.rn.f64.s64", 64, 64, Bits::plain, Bits::f64,
                [](u64 a, u64, u64) { return bits(static_cast<double>(i64(a))); }),
        convert("cvt.rn.f16.s32", 16, 32, Bits::plain, Bits::f16,
                [](u64 a, u64, u64) {
                    // hone's own conversion saturates nothing but stores infinities of f16 as such
                    return small_bits(DType::f16, i32(a));
                }),
        convert("cvt.rzi.s32.f32", 32, 32, Bits::f32, Bits::plain,
                [=](u64 a, u64, u64) {
                    return of(static_cast<s64>(to_int(std::trunc(f(a)), INT32_MIN, INT32_MAX)));
                }),
        convert("cvt.rni.u32.f32", 32, 32, Bits::f32, Bits::plain,
                [=](u64 a, u64, u64) {
                    return of(static_cast<s64>(to_int(std::nearbyint(f(a)), 0, UINT32_MAX)));
                }),
        convert("cvt.rmi.s32.f64", 32, 64, Bits::f64, Bits::plain,
                [=](u64 a, u64, u64) {
                    return of(static_cast<s64>(to_int(std::floor(d(a)), INT32_MIN, INT32_MAX)));
                }),
        convert("cvt.rpi.f32.f32", 32, 32, Bits::f32, Bits::f32,
                [](u64 a, u64, u64) { return bits(std::ceil(f(a))); }),
        convert("cvt.f64.f32", 64, 32, Bits::f32, Bits::f64,
                [](u64 a, u64, u64) { return bits(double{f(a)}); }),
        convert("cvt.rn.f32.f64", 32, 64, Bits::f64, Bits::f32,
                [](u64 a, u64, u64) { return bits(static_cast<float>(d(a))); }),
        convert("cvt.rm.f32.f64", 32, 64, Bits::f64, Bits::f32,
                [](u64 a, u64, u64) {
                    return d(a) == 0 ? bits(static_cast<float>(d(a))) : directed(Exact{d(a)}, 'm');
                }),
        convert("cvt.f32.f16", 32, 16, Bits::f16, Bits::f32,
                [](u64 a, u64, u64) { return bits(static_cast<float>(small(DType::f16, a))); }),
        convert("cvt.f32.bf16", 32, 16, Bits::bf16, Bits::f32,
                [](u64 a, u64, u64) { return a << 16; }),
        convert("cvt.rn.f16.f32", 16, 32, Bits::f32, Bits::f16,
                [](u64 a, u64, u64) { return small_bits(DType::f16, f(a)); }),
        convert("cvt.rn.bf16.f32", 16, 32, Bits::f32, Bits::bf16,
                [](u64 a, u64, u64) { return small_bits(DType::bf16, f(a)); }),
        {{"cvt.rn.bf16x2.f32", 32, {32, 32}, Bits::f32, Bits::bf16x2},
         [](u64 a, u64 b, u64) {
             return small_bits(DType::bf16, f(a)) << 16 | small_bits(DType::bf16, f(b));
         }},
        {{"cvt.rn.relu.f16x2.f32", 32, {32, 32}, Bits::f32, Bits::f16x2},
         [](u64 a, u64 b, u64) {
             const auto one = [](float x) {
                 return small_bits(DType::f16, std::isnan(x) || x > 0 ? x : 0.0f);
             };
             return one(f(a)) << 16 | one(f(b));
         }},
        {{"cvt.rn.satfinite.e4m3x2.f32", 16, {32, 32}, Bits::f32},
         [](u64 a, u64 b, u64) {
             const auto one = [](float x) {
                 return std::isnan(x) ? 0x7F : small_bits(DType::e4m3, x) & 0xFF;
             };
             return one(f(a)) << 8 | one(f(b));
         }},
        {{"cvt.rn.satfinite.e5m2x2.f32", 16, {32, 32}, Bits::f32},
         [](u64 a, u64 b, u64) {
             const auto one = [](float x) {
                 return std::isnan(x) ? 0x7F : small_bits(DType::e5m2, x) & 0xFF;
             };
             return one(f(a)) << 8 | one(f(b));
         }},
        {{"cvt.rn.f16x2.e4m3x2", 32, {16}, Bits::plain, Bits::f16x2},
         [](u64 a, u64, u64) {
             const auto one = [](u64 x) {
                 const u8 stored = static_cast<u8>(x);
                 return small_bits(DType::f16, hone::to_double(DType::e4m3, &stored, 0));
             };
             return one(a >> 8) << 16 | one(a);
         }},
        convert("cvt.rna.tf32.f32", 32, 32, Bits::f32, Bits::f32,
                [](u64 a, u64, u64) {
                    if (std::isnan(f(a))) return u64{0x7FFFFFFF};
                    if (std::isinf(f(a))) return a;
                    return ((a & 0x7FFFFFFF) + 0x1000) >> 13 << 13 | (a & 0x80000000);
                }),
    });
}
