// Matrix products and moves against plain loops, with the fragment layouts as the PTX ISA writes
// them.
#include "hone/dtype.hpp"
#include "machine.hpp"
#include "tests/catch.hpp"
#include "tests/seed.hpp"

#include <bit>
#include <functional>
#include <random>

using namespace hone::emu;
using namespace hone::emu::test;
using hone::DType;

namespace {

using Index = std::function<int(int g, int t, int i)>; // groupID, threadID_in_group, element

// PTX ISA 9.7.14.5, the figures of each shape.
struct Shape {
    std::string name;
    int m, k;
    std::string types; // .d.a.b.c
    DType a, b, c;
    int bits; // of an element of A and B
    Index a_row, a_column, b_row;
    double largest; // of the operands, so that every sum is exact
};

const std::vector<Shape>& shapes() {
    const Index f16_row = [](int g, int, int i) { return i < 2 || (i >= 4 && i < 6) ? g : g + 8; };
    const Index f16_column = [](int, int t, int i) { return t * 2 + (i & 1) + (i < 4 ? 0 : 8); };
    const Index f16_b = [](int, int t, int i) { return t * 2 + (i & 1) + (i < 2 ? 0 : 8); };
    const Index byte_row = [](int g, int, int i) {
        return i < 4 || (i >= 8 && i < 12) ? g : g + 8;
    };
    const Index byte_column = [](int, int t, int i) { return t * 4 + (i & 3) + (i < 8 ? 0 : 16); };
    const Index byte_b = [](int, int t, int i) { return t * 4 + (i & 3) + (i < 4 ? 0 : 16); };
    const Index tf32_row = [](int g, int, int i) { return i % 2 == 0 ? g : g + 8; };
    const Index tf32_column = [](int, int t, int i) { return i < 2 ? t : t + 4; };
    const Index tf32_b = [](int, int t, int i) { return i == 0 ? t : t + 4; };
    const Index low_row = [](int g, int, int i) { return i < 2 ? g : g + 8; };
    const Index only_g = [](int g, int, int) { return g; };
    static const std::vector<Shape> all{
        {"m16n8k16", 16, 16, "f32.bf16.bf16.f32", DType::bf16, DType::bf16, DType::f32, 16, f16_row,
         f16_column, f16_b, 8},
        {"m16n8k16", 16, 16, "f32.f16.f16.f32", DType::f16, DType::f16, DType::f32, 16, f16_row,
         f16_column, f16_b, 8},
        {"m16n8k16", 16, 16, "f16.f16.f16.f16", DType::f16, DType::f16, DType::f16, 16, f16_row,
         f16_column, f16_b, 8},
        {"m16n8k8", 16, 8, "f32.f16.f16.f32", DType::f16, DType::f16, DType::f32, 16, low_row,
         f16_column, f16_b, 8},
        {"m16n8k8", 16, 8, "f32.bf16.bf16.f32", DType::bf16, DType::bf16, DType::f32, 16, low_row,
         f16_column, f16_b, 8},
        {"m16n8k8", 16, 8, "f32.tf32.tf32.f32", DType::f32, DType::f32, DType::f32, 32, tf32_row,
         tf32_column, tf32_b, 100},
        {"m16n8k4", 16, 4, "f32.tf32.tf32.f32", DType::f32, DType::f32, DType::f32, 32, tf32_row,
         tf32_column, tf32_b, 100},
        {"m16n8k32", 16, 32, "s32.s8.s8.s32", DType::s8, DType::s8, DType::s32, 8, byte_row,
         byte_column, byte_b, 127},
        {"m16n8k32", 16, 32, "s32.u8.s8.s32", DType::u8, DType::s8, DType::s32, 8, byte_row,
         byte_column, byte_b, 127},
        {"m16n8k16", 16, 16, "s32.s8.u8.s32", DType::s8, DType::u8, DType::s32, 8,
         [](int g, int, int i) { return i < 4 ? g : g + 8; }, byte_column, byte_b, 127},
        {"m8n8k16", 8, 16, "s32.s8.s8.s32", DType::s8, DType::s8, DType::s32, 8, only_g,
         byte_column, byte_b, 127},
        {"m16n8k32", 16, 32, "f32.e4m3.e4m3.f32", DType::e4m3, DType::e4m3, DType::f32, 8, byte_row,
         byte_column, byte_b, 15},
        {"m16n8k32", 16, 32, "f32.e5m2.e4m3.f32", DType::e5m2, DType::e4m3, DType::f32, 8, byte_row,
         byte_column, byte_b, 7},
    };
    return all;
}

std::string registers(const std::string& name, int first, int count) {
    std::string text = "{";
    for (int i = 0; i < count; ++i) text += (i ? ", " : "") + name + std::to_string(first + i);
    return text + "}";
}

// Registers lie in memory as [register][lane], A, B, C and then D.
std::string kernel_text(const Shape& shape, int a, int b, int c) {
    std::string text = ".version 8.4\n.target sm_89\n.address_size 64\n"
                       ".visible .entry product(.param .u64 p)\n{\n .reg .b32 %r<40>;\n"
                       " .reg .b32 %l;\n .reg .b64 %d<4>;\n ld.param.u64 %d0, [p];\n"
                       " mov.u32 %l, %laneid;\n mad.wide.u32 %d1, %l, 4, %d0;\n";
    for (int i = 0; i < a + b + c; ++i)
        text +=
            " ld.global.b32 %r" + std::to_string(i) + ", [%d1+" + std::to_string(128 * i) + "];\n";
    text += " mma.sync.aligned." + shape.name + ".row.col." + shape.types + " " +
            registers("%r", a + b + c, c) + ", " + registers("%r", 0, a) + ", " +
            registers("%r", a, b) + ", " + registers("%r", a + b, c) + ";\n";
    for (int i = a + b + c; i < a + b + 2 * c; ++i)
        text +=
            " st.global.b32 [%d1+" + std::to_string(128 * i) + "], %r" + std::to_string(i) + ";\n";
    return text + " ret;\n}\n";
}

} // namespace

TEST_CASE("mma multiplies fragments laid out as the ISA says", "[emu]") {
    for (const Shape& shape : shapes()) {
        CAPTURE(shape.name, shape.types);
        const int per = 32 / shape.bits;
        const int a = shape.m * shape.k / 32 / per, b = 8 * shape.k / 32 / per;
        const bool half = shape.c == DType::f16;
        const int c = shape.m / 8 * (half ? 1 : 2);
        std::mt19937_64 random(hone::test::seed());
        const auto draw = [&](DType type) {
            const double low = type == DType::u8 ? 0 : -shape.largest;
            return std::nearbyint(
                std::uniform_real_distribution<double>(low, shape.largest)(random));
        };
        std::vector<double> am(16 * 32), bm(32 * 8), cm(16 * 8);
        std::vector<u32> words(static_cast<std::size_t>((a + b + 2 * c) * lanes));
        const auto put = [&](int reg, int lane, int slot, int bits, DType type, double value) {
            u64 stored = 0;
            hone::from_double(type, &stored, 0, value);
            words[static_cast<std::size_t>(reg * lanes + lane)] |=
                static_cast<u32>(stored << (bits * slot));
        };
        for (int lane = 0; lane < lanes; ++lane) {
            const int g = lane / 4, t = lane % 4;
            for (int i = 0; i < a * per; ++i) {
                double& value = am[static_cast<std::size_t>(shape.a_row(g, t, i) * 32 +
                                                            shape.a_column(g, t, i))];
                value = draw(shape.a);
                put(i / per, lane, i % per, shape.bits, shape.a, value);
            }
            for (int i = 0; i < b * per; ++i) {
                double& value = bm[static_cast<std::size_t>(shape.b_row(g, t, i) * 8 + g)];
                value = draw(shape.b);
                put(a + i / per, lane, i % per, shape.bits, shape.b, value);
            }
            for (int i = 0; i < shape.m / 4; ++i) {
                const int row = i < 2 ? g : g + 8, column = t * 2 + (i & 1);
                double& value = cm[static_cast<std::size_t>(row * 8 + column)];
                value = draw(DType::s32);
                if (half)
                    put(a + b + i / 2, lane, i % 2, 16, shape.c, value);
                else
                    put(a + b + i, lane, 0, 32, shape.c, value);
            }
        }
        Machine machine(kernel_text(shape, a, b, c));
        const u64 base = machine.upload(words);
        REQUIRE(machine.launch("product", {1, 1, 1}, {32, 1, 1}, 0, base));
        CHECK(machine.report_text() == "");
        const auto out = machine.download<u32>(base);
        for (int lane = 0; lane < lanes; ++lane)
            for (int i = 0; i < shape.m / 4; ++i) {
                const int row = i < 2 ? lane / 4 : lane / 4 + 8, column = lane % 4 * 2 + (i & 1);
                double expected = cm[static_cast<std::size_t>(row * 8 + column)];
                for (int l = 0; l < shape.k; ++l)
                    expected += am[static_cast<std::size_t>(row * 32 + l)] *
                                bm[static_cast<std::size_t>(l * 8 + column)];
                const int reg = a + b + c + (half ? i / 2 : i);
                const u32 word = out[static_cast<std::size_t>(reg * lanes + lane)];
                const u32 stored = half ? word >> (16 * (i % 2)) & 0xFFFF : word;
                u64 rounded = 0;
                hone::from_double(shape.c, &rounded, 0, expected);
                CHECK(stored == static_cast<u32>(rounded));
            }
    }
}

TEST_CASE("ldmatrix hands out rows, or columns with .trans, and stmatrix puts them back", "[emu]") {
    const bool transposed = GENERATE(false, true);
    CAPTURE(transposed);
    const std::string trans = transposed ? ".trans" : "";
    Machine machine(
        ".version 8.4\n.target sm_90\n.address_size 64\n"
        ".visible .entry move(.param .u64 from, .param .u64 to, .param .u64 back)\n{\n"
        " .reg .b32 %r<12>;\n .reg .b64 %d<8>;\n .shared .align 16 .b8 s[512];\n"
        " .shared .align 16 .b8 u[512];\n ld.param.u64 %d0, [from];\n"
        " ld.param.u64 %d1, [to];\n ld.param.u64 %d5, [back];\n mov.u32 %r0, %laneid;\n"
        " mad.wide.u32 %d2, %r0, 16, %d0;\n ld.global.v4.b32 {%r1, %r2, %r3, %r4}, [%d2];\n"
        " mov.u32 %r5, s;\n mad.lo.u32 %r5, %r0, 16, %r5;\n mov.u32 %r6, u;\n"
        " mad.lo.u32 %r6, %r0, 16, %r6;\n st.shared.v4.b32 [%r5], {%r1, %r2, %r3, %r4};\n"
        " bar.sync 0;\n ldmatrix.sync.aligned.m8n8.x4" +
        trans +
        ".shared.b16 {%r1, %r2, %r3, %r4}, [%r5];\n"
        " mad.wide.u32 %d3, %r0, 16, %d1;\n st.global.v4.b32 [%d3], {%r1, %r2, %r3, %r4};\n"
        " stmatrix.sync.aligned.m8n8.x4" +
        trans +
        ".shared.b16 [%r6], {%r1, %r2, %r3, %r4};\n bar.sync 0;\n"
        " ld.shared.v4.b32 {%r1, %r2, %r3, %r4}, [%r6];\n mad.wide.u32 %d6, %r0, 16, %d5;\n"
        " st.global.v4.b32 [%d6], {%r1, %r2, %r3, %r4};\n ret;\n}\n");
    std::vector<u16> in(256);
    for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<u16>(i); // 4 matrices of 8 rows
    const u64 from = machine.upload(in), to = machine.upload(std::vector<u16>(256)),
              back = machine.upload(std::vector<u16>(256));
    REQUIRE(machine.launch("move", {1, 1, 1}, {32, 1, 1}, 0, from, to, back));
    CHECK(machine.report_text() == "");
    const auto out = machine.download<u16>(to);
    for (std::size_t lane = 0; lane < lanes; ++lane)
        for (std::size_t matrix = 0; matrix < 4; ++matrix)
            for (std::size_t i = 0; i < 2; ++i) {
                const std::size_t row = lane / 4, column = 2 * (lane % 4) + i;
                const std::size_t at = transposed ? column * 8 + row : row * 8 + column;
                CHECK(out[lane * 8 + matrix * 2 + i] == in[matrix * 64 + at]);
            }
    CHECK(machine.download<u16>(back) == in);
}
