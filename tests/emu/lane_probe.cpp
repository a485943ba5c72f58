#include "lane_probe.hpp"

#include <bit>
#include <cmath>

namespace hone::emu::test {
namespace {

std::string register_of(char name, int bits) {
    const std::string number = std::to_string(name == 'D' ? 0 : name - 'A' + 1);
    return bits == 16 ? "%h" + number : bits == 64 ? "%d" + number : "%w" + number;
}

bool is_nan(u64 x, Bits kind) {
    switch (kind) {
    case Bits::f32:
        return std::isnan(std::bit_cast<float>(static_cast<u32>(x)));
    case Bits::f64:
        return std::isnan(std::bit_cast<double>(x));
    case Bits::f16:
        return (x & 0x7FFF) > 0x7C00;
    case Bits::bf16:
        return (x & 0x7FFF) > 0x7F80;
    default:
        return false;
    }
}

u64 masked(u64 x, int bits) { return bits == 64 ? x : x & ((u64{1} << bits) - 1); }

std::string kernel_text(const Probe& probe) {
    std::string text =
        ".version 8.4\n.target sm_90\n.address_size 64\n"
        ".visible .entry probe(.param .u64 p_in, .param .u64 p_out, .param .u32 p_mask)\n"
        "{\n .reg .pred %p<4>;\n .reg .b16 %h<4>;\n .reg .b32 %w<4>;\n .reg .b64 %d<4>;\n"
        " .reg .b32 %t<4>;\n .reg .b64 %u<6>;\n"
        " ld.param.u64 %u0, [p_in];\n ld.param.u64 %u1, [p_out];\n"
        " ld.param.u32 %t0, [p_mask];\n mov.u32 %t1, %laneid;\n"
        " mad.wide.u32 %u2, %t1, 32, %u0;\n mad.wide.u32 %u3, %t1, 8, %u1;\n"
        " shr.u32 %t2, %t0, %t1;\n and.b32 %t2, %t2, 1;\n setp.eq.u32 %p1, %t2, 1;\n";
    const int d = probe.d == 1 ? 32 : probe.d;
    const auto load = [&](char name, int bits, int offset) {
        text += " ld.global.b" + std::to_string(bits) + " " + register_of(name, bits) + ", [%u2+" +
                std::to_string(offset) + "];\n";
    };
    for (std::size_t i = 0; i < probe.sources.size(); ++i)
        load(static_cast<char>('A' + i), probe.sources[i], static_cast<int>(8 * i));
    load('D', d, 24);
    if (probe.d == 1) text += " setp.ne.u32 %p2, %w0, 0;\n";
    const bool is_block = probe.instruction.front() == '{';
    std::string line = (is_block ? " @!%p1 bra done;\n " : " @%p1 ") + probe.instruction;
    if (line.find('$') == std::string::npos) {
        line += probe.d == 1 ? " %p2" : " $D";
        for (std::size_t i = 0; i < probe.sources.size(); ++i)
            line += std::string(", $") + static_cast<char>('A' + i);
    }
    for (std::size_t at; (at = line.find('$')) != std::string::npos;) {
        const char name = line[at + 1];
        const int bits = name == 'D' ? d : probe.sources[static_cast<std::size_t>(name - 'A')];
        line.replace(at, 2, register_of(name, bits));
    }
    text += line + (is_block ? "\ndone:\n" : ";\n");
    if (probe.d == 1) text += " selp.u32 %w0, 1, 0, %p2;\n";
    if (d < 64) text += " mov.u64 %d3, 0;\n st.global.u64 [%u3], %d3;\n";
    text += " st.global.b" + std::to_string(d) + " [%u3], " + register_of('D', d) + ";\n ret;\n}\n";
    return text;
}

} // namespace

u64 random_operand(Bits kind, int bits, std::mt19937_64& random) {
    if (kind == Bits::f16x2)
        return random_operand(Bits::f16, 16, random) << 16 | random_operand(Bits::f16, 16, random);
    if (kind == Bits::bf16x2)
        return random_operand(Bits::bf16, 16, random) << 16 |
               random_operand(Bits::bf16, 16, random);
    const u64 choice = random() % 8;
    const u64 any = masked(random(), bits);
    if (kind == Bits::plain) {
        const u64 top = u64{1} << (bits - 1);
        const u64 edges[] = {0, 1, top, top - 1, masked(~u64{0}, bits), top + 1, 31, 32, 33, 64};
        if (choice < 2) return masked(edges[random() % std::size(edges)], bits);
        if (choice == 2) return any & 0xFF;
        return any;
    }
    // Numbers near one another, so that sums cancel and round; edges; any bits at all.
    const int exponent = kind == Bits::f64 ? 11 : kind == Bits::f16 ? 5 : 8;
    const int mantissa = bits - 1 - exponent;
    const u64 sign = (random() & 1) << (bits - 1), infinity = ((u64{1} << exponent) - 1)
                                                              << mantissa;
    if (choice == 0) {
        const u64 edges[] = {0,
                             1,
                             infinity,
                             infinity + 1,
                             infinity - 1,
                             u64{1} << mantissa,
                             (u64{1} << mantissa) - 1,
                             infinity | u64{1} << (mantissa - 1)};
        return sign | edges[random() % std::size(edges)];
    }
    if (choice == 1) return any;
    const u64 bias = (u64{1} << (exponent - 1)) - 1;
    return sign | (bias - 6 + random() % 12) << mantissa | (any & ((u64{1} << mantissa) - 1));
}

bool same(u64 a, u64 b, Bits kind, int bits) {
    a = masked(a, bits);
    b = masked(b, bits);
    if (kind == Bits::f16x2 || kind == Bits::bf16x2) {
        const Bits half = kind == Bits::f16x2 ? Bits::f16 : Bits::bf16;
        return same(a, b, half, 16) && same(a >> 16, b >> 16, half, 16);
    }
    return a == b || (is_nan(a, kind) && is_nan(b, kind));
}

ProbeRun run(const Probe& probe, LaneMask mask, std::mt19937_64& random) {
    std::vector<u64> in(4 * lanes);
    ProbeRun result;
    const int d = probe.d == 1 ? 32 : probe.d;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
        for (std::size_t i = 0; i < probe.sources.size(); ++i)
            in[4 * lane + i] = random_operand(probe.kind, probe.sources[i], random);
        in[4 * lane + 3] = probe.d == 1 ? random() & 1 : masked(random(), d);
        result.lanes.push_back({in[4 * lane], in[4 * lane + 1], in[4 * lane + 2], in[4 * lane + 3],
                                0, (mask >> lane & 1) != 0});
    }
    Machine machine(kernel_text(probe), probe.instruction);
    const u64 from = machine.upload(in), to = machine.upload(std::vector<u64>(lanes));
    (void)machine.launch("probe", {1, 1, 1}, {32, 1, 1}, 0, from, to, mask);
    const auto out = machine.download<u64>(to);
    for (std::size_t lane = 0; lane < lanes; ++lane) result.lanes[lane].after = out[lane];
    result.reports = machine.report_text();
    return result;
}

} // namespace hone::emu::test
