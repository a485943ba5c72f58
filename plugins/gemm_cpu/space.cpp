#include "family.hpp"

#include <algorithm>
#include <array>

namespace hone::gemm_cpu {
namespace {

// Packed blocks of B beyond this only cost memory.
constexpr std::int64_t most_packed_b = std::int64_t{4} << 20; // elements

std::vector<Value> values(std::initializer_list<std::int64_t> list) {
    return {list.begin(), list.end()};
}

std::vector<Value> divisors(std::int64_t threads) {
    std::vector<Value> list;
    for (std::int64_t d = 1; d <= threads; ++d)
        if (threads % d == 0) list.emplace_back(d);
    return list;
}

bool dot_is_possible(const Gemm& gemm) { return gemm.layout == Layout::nt; }

// The smallest of the listed values that covers the extent: larger ones make the same blocks.
std::int64_t cover(const std::vector<Value>& list, std::int64_t extent) {
    for (const Value& value : list)
        if (std::get<std::int64_t>(value) >= extent) return std::get<std::int64_t>(value);
    return std::get<std::int64_t>(list.back());
}

} // namespace

SearchSpace space(const Gemm& gemm, const Machine& machine) {
    std::vector<Value> vector_lengths = values({machine.vector_floats});
    if (machine.vector_floats == 16) vector_lengths = values({8, 16});
    std::vector<Value> modes{Value(std::string("outer"))};
    if (dot_is_possible(gemm)) modes.emplace_back(std::string("dot"));

    std::vector<Parameter> parameters{
        {"MODE", modes, false, "outer products of panels, or dot products of rows"},
        {"VL", vector_lengths, true, "floats in a vector"},
        {"MR", values({1, 2, 3, 4, 5, 6, 8, 10, 12, 14}), true, "rows of a tile"},
        {"NR", values({1, 2, 3, 4, 6, 8, 16, 24, 32, 48, 64, 96, 128}), true, "columns of a tile"},
        {"KU", values({1, 2, 4, 8}), true, "steps of k per loop"},
        {"MC", values({48, 96, 192, 384, 768, 1536}), true, "rows of a packed block of A"},
        {"NC", values({128, 256, 512, 1024, 2048, 4096, 16384}), true,
         "columns of a packed block of B"},
        {"KC", values({8, 16, 32, 64, 128, 192, 256, 384, 512, 768, 1024}), true,
         "steps of k of a packed block"},
        {"PACK_A", values({0, 1}), false, "copy blocks of A"},
        {"PACK_B", values({0, 1}), false, "copy blocks of B"},
        {"PANELS", values({1, 4, 8}), true, "panels of B filled side by side"},
        {"ROWS_INSIDE", values({0, 1}), false, "the inner loop goes down a column of tiles"},
        {"PREFETCH_B", values({0, 64, 128, 256}), true, "elements of B fetched ahead along a row"},
        {"PREFETCH_D", values({0, 1}), false, "fetch a tile of D before it is computed"},
        {"THREADS_M", divisors(machine.threads), true, "threads that share packed blocks of B"},
    };

    const auto list = [&](const char* name) -> const std::vector<Value>& {
        return std::find_if(parameters.begin(), parameters.end(),
                            [&](const Parameter& p) { return p.name == name; })
            ->values;
    };
    // Blocks beyond the extents are twins of those that just cover them. The shape-generic choice
    // stays in the space whatever the extents are.
    const Tuning generic = shape_generic(gemm, machine);
    const auto covers = [&](const char* name, std::int64_t extent, std::int64_t always) {
        const std::string most = std::to_string(cover(list(name), extent));
        return Constraint::expression(std::string(name) + " <= " + most + " or " + name +
                                      " == " + std::to_string(always));
    };
    const std::string registers = std::to_string(machine.registers);

    std::vector<Constraint> constraints{
        Constraint::expression("MODE != 'outer' or NR % VL == 0 and NR // VL <= 8"),
        Constraint::expression("MODE != 'outer' or MR * (NR // VL) + NR // VL + 1 <= " + registers),
        Constraint::expression("MODE != 'dot' or NR <= 8 and MR * NR + MR + 1 <= " + registers),
        // Without packing, a tile keeps one pointer per row of A.
        Constraint::expression(a_transposed(gemm.layout) ? "PACK_A == 1"
                                                         : "PACK_A == 1 or MR <= 8"),
        Constraint::expression("PACK_B == 0 or NC * KC <= " + std::to_string(most_packed_b)),
        Constraint::expression(b_transposed(gemm.layout) ? "PANELS == 1"
                                                         : "PACK_B == 1 or PANELS == 1"),
        Constraint::expression("PREFETCH_B == 0 or PACK_B == 0"),
        // Threads share packed blocks only.
        Constraint::expression("THREADS_M == 1 or MODE == 'outer'"),
        covers("MR", gemm.m, generic.mr),
        covers("MC", gemm.m, generic.mc),
        covers("NC", gemm.n, generic.nc),
        covers("KC", gemm.k, generic.kc),
    };
    if (b_transposed(gemm.layout))
        constraints.push_back(Constraint::expression("PACK_B == 1 or MODE == 'dot'"));
    if (dot_is_possible(gemm))
        // What dot products do not use has one value.
        constraints.push_back(Constraint::expression(
            "MODE != 'dot' or PACK_A == 0 and PACK_B == 0 and ROWS_INSIDE == 1 and PREFETCH_D == 0 "
            "and MC == " +
            std::to_string(generic.mc) + " and NC == " + std::to_string(generic.nc) +
            " and KC == " + std::to_string(generic.kc)));
    return {std::move(parameters), std::move(constraints)};
}

std::string objection(const Gemm& gemm, const Tuning& t, const Machine& machine) {
    const auto positive = [](std::initializer_list<std::int64_t> list) {
        return std::all_of(list.begin(), list.end(), [](std::int64_t v) { return v > 0; });
    };
    if (!positive({t.vl, t.mr, t.nr, t.ku, t.mc, t.nc, t.kc, t.panels, t.threads_m}) ||
        t.prefetch_b < 0)
        return "sizes must be positive";
    if (t.vl != machine.vector_floats && !(machine.vector_floats == 16 && t.vl == 8))
        return "vectors of " + std::to_string(t.vl) + " floats do not exist here";
    if (t.mode == Mode::dot) {
        if (!dot_is_possible(gemm)) return "MODE=dot needs layout nt";
        if (t.mr * t.nr + t.mr + 1 > machine.registers) return "too few registers";
        return t.threads_m == 1 ? "" : "MODE=dot splits columns only";
    }
    if (t.nr % t.vl != 0) return "NR must be a multiple of VL";
    const std::int64_t vectors = t.nr / t.vl;
    if (t.mr * vectors + vectors + 1 > machine.registers) return "too few registers";
    if (t.kc % t.ku != 0) return "KC must be a multiple of KU";
    if (!t.pack_a && (a_transposed(gemm.layout) || t.mr > 8)) return "A must be packed";
    if (!t.pack_b && b_transposed(gemm.layout)) return "B must be packed";
    if (t.mc > 1 << 16 || t.nc > 1 << 20 || t.kc > 1 << 16 || t.nc * t.kc > most_packed_b * 16)
        return "blocks are too large";
    if (machine.threads % t.threads_m != 0) return "THREADS_M must divide the number of threads";
    return {};
}

} // namespace hone::gemm_cpu
