// Matrix products of a warp: PTX ISA 9.7.14. Sums are exact to double and rounded once, where
// hardware leaves order and width of its sums open: compare with a tolerance.
#include "ops/ops.hpp"
#include "ops/small_float.hpp"
#include "ops/types.hpp"

#include <algorithm>
#include <cmath>

namespace hone::emu {
namespace {

constexpr std::size_t most_k = 32;

// Fixed at decode.
struct Shape {
    u32 m, n, k;
};
struct Product {
    Shape shape{};
    Type a = Type::f16, b = Type::f16, c = Type::f32, d = Type::f32;
    bool saturate = false;
};

// Registers of one lane: a 32-bit register holds 32 / bits neighbours along k, and lane 4 g + t has
// row (column of B) g and the t-th such group. Registers of A go down 8 rows first, then along k.
u32 per_register(Type type) { return 4 / bytes_of(type); }
u32 a_registers(const Product& p) { return p.shape.m / 8 * p.shape.k / (4 * per_register(p.a)); }
u32 b_registers(const Product& p) { return p.shape.k / (4 * per_register(p.b)); }
u32 c_registers(Type type, const Product& p) { return p.shape.m / 8 * (type == Type::f16 ? 1 : 2); }

double element(u32 bits, u32 index, Type type) {
    switch (type) {
    case Type::f16:
        return f16_value(static_cast<u16>(bits >> (16 * index)));
    case Type::bf16:
        return bf16_value(static_cast<u16>(bits >> (16 * index)));
    case Type::tf32:
        return std::bit_cast<float>(bits & ~0x1FFFu); // the low bits are not read
    case Type::s8:
        return static_cast<s8>(bits >> (8 * index));
    case Type::u8:
        return static_cast<u8>(bits >> (8 * index));
    case Type::e4m3:
        return value_of(e4m3_format, bits >> (8 * index) & 0xFF);
    default:
        return value_of(e5m2_format, bits >> (8 * index) & 0xFF);
    }
}

template <Type type>
void unpack_a(const Warp& warp, const u32* regs, const Product& p, double (*a)[most_k]) {
    constexpr u32 per = type == Type::tf32 ? 1 : (type == Type::f16 || type == Type::bf16) ? 2 : 4;
    const u32 halves = p.shape.m / 8, count = a_registers(p);
    for (u32 r = 0; r < count; ++r) {
        const u32* bits = warp.reg<u32>(regs[r]);
        for (u32 lane = 0; lane < lanes; ++lane)
            for (u32 i = 0; i < per; ++i)
                a[lane / 4 + 8 * (r % halves)][r / halves * 4 * per + lane % 4 * per + i] =
                    element(bits[lane], i, type);
    }
}
template <Type type>
void unpack_b(const Warp& warp, const u32* regs, const Product& p, double (*b)[8]) {
    constexpr u32 per = type == Type::tf32 ? 1 : (type == Type::f16 || type == Type::bf16) ? 2 : 4;
    for (u32 r = 0; r < b_registers(p); ++r) {
        const u32* bits = warp.reg<u32>(regs[r]);
        for (u32 lane = 0; lane < lanes; ++lane)
            for (u32 i = 0; i < per; ++i)
                b[r * 4 * per + lane % 4 * per + i][lane / 4] = element(bits[lane], i, type);
    }
}

HONE_EMU_INLINE void sums(const double (*a)[most_k], const double (*b)[8], double (*c)[8], u32 m,
                          u32 k) {
    for (u32 i = 0; i < m; ++i) {
        double sum[8];
        for (u32 j = 0; j < 8; ++j) sum[j] = c[i][j];
        for (u32 l = 0; l < k; ++l)
            for (u32 j = 0; j < 8; ++j) sum[j] += a[i][l] * b[l][j];
        for (u32 j = 0; j < 8; ++j) c[i][j] = sum[j];
    }
}
using Sums = void (*)(const double (*)[most_k], const double (*)[8], double (*)[8], u32, u32);
void sums_plain(const double (*a)[most_k], const double (*b)[8], double (*c)[8], u32 m, u32 k) {
    sums(a, b, c, m, k);
}
HONE_EMU_WIDE void sums_wide(const double (*a)[most_k], const double (*b)[8], double (*c)[8], u32 m,
                             u32 k) {
    sums(a, b, c, m, k);
}

// Register r of C and D in lane 4 g + t: row g + 8 (r / 2), column 2 t + r % 2; f16 holds both
// columns in one.
void unpack_c(const Warp& warp, const u32* regs, const Product& p, double (*c)[8]) {
    for (u32 half = 0; half < p.shape.m / 8; ++half)
        for (u32 lane = 0; lane < lanes; ++lane)
            for (u32 i = 0; i < 2; ++i) {
                double& to = c[lane / 4 + 8 * half][2 * (lane % 4) + i];
                if (p.c == Type::f16)
                    to = element(warp.reg<u32>(regs[half])[lane], i, Type::f16);
                else if (p.c == Type::f32)
                    to = warp.reg<float>(regs[2 * half + i])[lane];
                else
                    to = warp.reg<s32>(regs[2 * half + i])[lane];
            }
}
s32 integer_sum(double sum, bool saturate) {
    const auto exact = static_cast<s64>(sum);
    if (!saturate) return static_cast<s32>(exact);
    return static_cast<s32>(std::clamp<s64>(exact, INT32_MIN, INT32_MAX));
}
void pack_d(const Warp& warp, const u32* regs, const Product& p, const double (*c)[8]) {
    for (u32 half = 0; half < p.shape.m / 8; ++half)
        for (u32 lane = 0; lane < lanes; ++lane) {
            const double* row = &c[lane / 4 + 8 * half][2 * (lane % 4)];
            if (p.d == Type::f16) {
                warp.reg<u32>(regs[half])[lane] =
                    round_to(f16_format, row[0], Rounding::nearest, false) |
                    round_to(f16_format, row[1], Rounding::nearest, false) << 16;
                continue;
            }
            for (u32 i = 0; i < 2; ++i)
                if (p.d == Type::f32)
                    warp.reg<float>(regs[2 * half + i])[lane] = static_cast<float>(row[i]);
                else
                    warp.reg<s32>(regs[2 * half + i])[lane] = integer_sum(row[i], p.saturate);
        }
}

template <class F> auto by_operand(Type type, F f) {
    switch (type) {
    case Type::f16:
        return f.template operator()<Type::f16>();
    case Type::bf16:
        return f.template operator()<Type::bf16>();
    case Type::tf32:
        return f.template operator()<Type::tf32>();
    case Type::s8:
        return f.template operator()<Type::s8>();
    case Type::u8:
        return f.template operator()<Type::u8>();
    case Type::e4m3:
        return f.template operator()<Type::e4m3>();
    default:
        return f.template operator()<Type::e5m2>();
    }
}

// Inst: kind, bytes: types of A and B; count: rows; target: k; imm: types of C and D and
// saturation.
void run_mma(Warp& warp, const Inst& inst, LaneMask) {
    Product p;
    p.a = static_cast<Type>(inst.kind);
    p.b = static_cast<Type>(inst.bytes);
    p.shape = {inst.count, 8, inst.target};
    p.c = static_cast<Type>(inst.imm & 0xFF);
    p.d = static_cast<Type>(inst.imm >> 8 & 0xFF);
    p.saturate = inst.imm >> 16;
    const u32* a_regs = warp.list(inst);
    const u32* b_regs = a_regs + a_registers(p);
    const u32* c_regs = b_regs + b_registers(p);
    const u32* d_regs = c_regs + c_registers(p.c, p);
    alignas(64) double a[16][most_k], b[most_k][8], c[16][8];
    by_operand(p.a, [&]<Type type>() { unpack_a<type>(warp, a_regs, p, a); });
    by_operand(p.b, [&]<Type type>() { unpack_b<type>(warp, b_regs, p, b); });
    unpack_c(warp, c_regs, p, c);
    static const Sums run_sums = wide_processor() ? sums_wide : sums_plain;
    run_sums(a, b, c, p.shape.m, p.shape.k);
    pack_d(warp, d_regs, p, c);
}

// m8n8k4 on doubles: one element a lane.
void run_mma_f64(Warp& warp, const Inst& inst, LaneMask) {
    const u32* list = warp.list(inst);
    const double *a = warp.reg<double>(list[0]), *b = warp.reg<double>(list[1]);
    double out[2][lanes];
    for (u32 lane = 0; lane < lanes; ++lane)
        for (u32 i = 0; i < 2; ++i) {
            double sum = warp.reg<double>(list[2 + i])[lane];
            for (u32 l = 0; l < 4; ++l)
                sum = std::fma(a[lane / 4 * 4 + l], b[(2 * (lane % 4) + i) * 4 + l], sum);
            out[i][lane] = sum;
        }
    for (u32 i = 0; i < 2; ++i) std::copy_n(out[i], lanes, warp.reg<double>(list[4 + i]));
}

struct Allowed {
    std::string_view name;
    Shape shape;
};
constexpr Allowed shapes[] = {{"m16n8k4", {16, 8, 4}},   {"m16n8k8", {16, 8, 8}},
                              {"m16n8k16", {16, 8, 16}}, {"m16n8k32", {16, 8, 32}},
                              {"m8n8k16", {8, 8, 16}},   {"m8n8k4", {8, 8, 4}}};

bool exists(const Product& p) {
    const u32 m = p.shape.m, k = p.shape.k;
    const auto byte_type = [](Type t) { return t == Type::s8 || t == Type::u8; };
    const auto fp8 = [](Type t) { return t == Type::e4m3 || t == Type::e5m2; };
    if (p.a == Type::f16 && p.b == Type::f16)
        return m == 16 && (k == 8 || k == 16) && (p.c == Type::f16 || p.c == Type::f32) &&
               (p.d == Type::f16 || p.d == Type::f32) && p.c == p.d;
    if (p.a == Type::bf16 && p.b == Type::bf16)
        return m == 16 && (k == 8 || k == 16) && p.c == Type::f32 && p.d == Type::f32;
    if (p.a == Type::tf32 && p.b == Type::tf32)
        return m == 16 && (k == 4 || k == 8) && p.c == Type::f32 && p.d == Type::f32;
    if (byte_type(p.a) && byte_type(p.b))
        return ((m == 16 && (k == 16 || k == 32)) || (m == 8 && k == 16)) && p.c == Type::s32 &&
               p.d == Type::s32;
    if (fp8(p.a) && fp8(p.b))
        return m == 16 && (k == 16 || k == 32) && (p.c == Type::f16 || p.c == Type::f32) &&
               p.c == p.d;
    return false;
}

} // namespace

void decode_mma(Decoder& in) {
    in.expect_operands(4, 4);
    (void)in.take_one({"sync"});
    (void)in.take_one({"aligned"});
    (void)in.take("kind::f8f6f4"); // the same product, said of fp8 on later devices
    in.inst.flow = Flow::warp_sync;
    in.inst.flags |= inst_flag::whole_warp;
    Product p;
    bool known = false;
    for (const Allowed& allowed : shapes)
        if (!known && in.take(allowed.name)) {
            p.shape = allowed.shape;
            known = true;
        }
    if (!known) in.fail("unknown or unsupported shape");
    (void)in.take_one({"row"});
    (void)in.take_one({"col"});
    p.saturate = in.take("satfinite");
    p.d = in.take_type();
    p.a = in.take_type();
    p.b = in.take_type();
    p.c = in.take_type();
    const bool doubles = p.shape.m == 8 && p.shape.k == 4 && p.a == Type::f64 && p.b == Type::f64 &&
                         p.c == Type::f64 && p.d == Type::f64;
    if (!doubles && !exists(p)) in.fail("no such product");

    std::vector<u32> list;
    const auto add = [&](std::size_t operand, u32 count, Type type, bool is_destination) {
        const auto elements = in.elements(operand);
        if (elements.size() != count) in.fail("an operand has another number of registers");
        for (const ptx::Operand* element : elements)
            list.push_back(is_destination ? in.destination(*element, type)
                                          : in.source(*element, type));
    };
    const auto sum_type = [](Type type) { return type == Type::f16 ? Type::b32 : type; };
    if (doubles) {
        add(1, 1, Type::f64, false);
        add(2, 1, Type::f64, false);
        add(3, 2, Type::f64, false);
        add(0, 2, Type::f64, true);
        in.inst.run = run_mma_f64;
    } else {
        add(1, a_registers(p), Type::b32, false);
        add(2, b_registers(p), Type::b32, false);
        add(3, c_registers(p.c, p), sum_type(p.c), false);
        add(0, c_registers(p.d, p), sum_type(p.d), true);
        in.inst.run = run_mma;
    }
    in.inst.list = in.keep_list(list);
    in.inst.kind = static_cast<u8>(p.a);
    in.inst.bytes = static_cast<u8>(p.b);
    in.inst.count = static_cast<u8>(p.shape.m);
    in.inst.target = p.shape.k;
    in.inst.imm = static_cast<s64>(p.c) | static_cast<s64>(p.d) << 8 | s64{p.saturate} << 16;
}

} // namespace hone::emu
