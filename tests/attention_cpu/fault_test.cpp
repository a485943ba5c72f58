// Faults put into a right kernel must be refused, the kernel itself must not: what the bound of
// docs/verification.md is worth for attention.
#include "tests/attention_cpu/fixture.hpp"
#include "tests/catch.hpp"
#include "tests/seed.hpp"

#include <string>
#include <string_view>

using namespace hone;
using namespace hone::test;

namespace {

constexpr const char* plain = "batch=1 heads=4 kv_heads=2 q_len=40 kv_len=1024 head_dim=64";
constexpr const char* many_keys = "batch=1 heads=2 q_len=16 kv_len=4096 head_dim=128";
constexpr const char* causal = "batch=1 heads=2 q_len=200 kv_len=200 head_dim=64 causal=true";
constexpr const char* window =
    "batch=1 heads=1 q_len=300 kv_len=300 head_dim=64 causal=true window=100";
constexpr const char* capped = "batch=1 heads=2 q_len=40 kv_len=512 head_dim=128 softcap=50.0";

// Who refuses a fault where results are f32, and where they are bf16.
enum class By {
    bound,    // the bug gate, which no user can widen
    contract, // the default limit on total_error
    none      // it is no larger than the rounding of results
};

struct Fault {
    const char* what;
    const char* problem;
    const char* from; // text of the kernel, and what it is replaced by
    const char* to;
    By bf16 = By::bound;
    By f32 = By::bound;
};

constexpr const char* end_of_keys =
    "const Int end = smaller(p.last[last_row], s.keys * (piece + 1) / SPLIT);";
constexpr const char* sum_step =
    "UNROLL for (int v = 0; v < NV; ++v) sum[i][v] = multiply_add(one, columns[v], sum[i][v]);\n"
    "        }\n"
    "    };\n"
    "    Int e = 0;\n"
    "    NO_UNROLL for (; e + KU <= entries; e += KU) {\n"
    "        UNROLL for (int u = 0; u < KU; ++u) step(e + u);\n"
    "    }\n"
    "    NO_UNROLL for (; KU > 1 && e < entries; ++e) step(e);\n"
    "    UNROLL for (int i = 0; i < R; ++i)";

constexpr const char* rounding_sum_step =
    "UNROLL for (int v = 0; v < NV; ++v)\n"
    "                sum[i][v] = (V)(((VU)multiply_add(one, columns[v], sum[i][v]) + 0x8000u) &\n"
    "                                0xffff0000u);\n"
    "        }\n"
    "    };\n"
    "    NO_UNROLL for (Int e = 0; e < entries; ++e) step(e);\n"
    "    UNROLL for (int i = 0; i < R; ++i)";

const Fault faults[] = {
    {"the scale is 1 % too large", plain, "a.scale * log2_e;", "a.scale * log2_e * 1.01f;",
     By::contract},
    {"the scale is 0.1 % too large", plain, "a.scale * log2_e;", "a.scale * log2_e * 1.001f;",
     By::none},
    {"the last key is dropped", plain, end_of_keys,
     "const Int end = smaller(p.last[last_row], s.keys * (piece + 1) / SPLIT) - 1;", By::contract},
    {"the last of many keys is dropped", many_keys, end_of_keys,
     "const Int end = smaller(p.last[last_row], s.keys * (piece + 1) / SPLIT) - 1;", By::contract},
    {"a key of each block is counted twice", plain, "total[v] += first + second;",
     "total[v] += first + second + (i == 3 ? first : V{});", By::contract},
    {"the window is a key short", window, "clamp(diagonal - a.window, 0",
     "clamp(diagonal - a.window + 1, 0"},
    {"the window is a key long", window, "clamp(diagonal - a.window, 0",
     "clamp(diagonal - a.window - 1, 0"},
    {"a query sees the key behind it", causal, "clamp(diagonal + 1, 0", "clamp(diagonal + 2, 0"},
    {"a query does not see itself", causal, "clamp(diagonal + 1, 0", "clamp(diagonal, 0"},
    {"softcap is ignored", capped, "return tanh(x) * (a.softcap * log2_e);",
     "return x * (a.softcap * log2_e);", By::contract},
    {"powers are of degree 3", plain, "#if EXP_DEGREE == 3", "#if 1", By::none, By::contract},
    {"powers are of degree 3", causal, "#if EXP_DEGREE == 3", "#if 1", By::none, By::contract},
    {"outputs are not rescaled", plain, "fade[v] = exp2(before - largest[v]);",
     "fade[v] = splat(1);"},
    {"totals are not rescaled", plain, "total[v] = load(p.total + r + v * VL) * fade[v];",
     "total[v] = load(p.total + r + v * VL);"},
    {"heads take another's keys", plain, "block.kv_head = block.head / group(a);",
     "block.kv_head = block.head % a.kv_heads;"},
    {"sums are kept in bf16", plain, sum_step, rounding_sum_step, By::contract},
    {"sums are kept in bf16 between blocks", plain,
     "store(sums + (c + i) * NR + v * VL, sum[i][v]);",
     "store(sums + (c + i) * NR + v * VL, (V)(((VU)sum[i][v] + 0x8000u) & 0xffff0000u));",
     By::contract},
};

std::string with_dtype(const char* problem, const char* dtype) {
    return std::string("attention ") + problem + " dtype=" + dtype;
}

Program tiles_program(const Problem& problem, const DeviceModel& model) {
    Config config = family().seeds(problem, model).back();
    config.set("PAIRS", std::int64_t{0});
    return family().emit(problem, config, model);
}

} // namespace

TEST_CASE("faults in a kernel are refused", "[attention_cpu]") {
    if (!backend()) HONE_SKIP("no CPU backend with a compiler");
    AttentionRunner runner;
    for (const char* dtype : {"f32", "bf16"})
        for (const Fault& fault : faults) {
            const By by = std::string_view(dtype) == "f32" ? fault.f32 : fault.bf16;
            if (by == By::none) continue;
            CAPTURE(fault.what, fault.problem, dtype);
            const Problem problem = parsed(with_dtype(fault.problem, dtype));
            Program program = tiles_program(problem, runner.model());
            std::string& source = program.modules.front().source;
            const std::size_t at = source.find(fault.from);
            REQUIRE(at != std::string::npos);
            source.replace(at, std::string_view(fault.from).size(), fault.to);
            const std::string refusal = runner.check(program, problem, seed(), by == By::contract);
            CHECK_THAT(refusal, Catch::StartsWith("o[") || Catch::StartsWith("total error"));
        }
}

TEST_CASE("the kernel that faults are put into is not refused", "[attention_cpu]") {
    if (!backend()) HONE_SKIP("no CPU backend with a compiler");
    AttentionRunner runner;
    for (const char* dtype : {"f32", "bf16"})
        for (const char* text : {plain, many_keys, causal, window, capped}) {
            CAPTURE(text, dtype);
            const Problem problem = parsed(with_dtype(text, dtype));
            CHECK(runner.check(tiles_program(problem, runner.model()), problem, seed()) == "");
        }
}
