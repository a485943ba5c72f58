#include "family.hpp"
#include "packed_layout.hpp"

#include <algorithm>
#include <array>

namespace hone::gemm_cpu {
namespace {

// Packed blocks of B beyond this only cost memory.
constexpr std::int64_t most_packed_b = std::int64_t{4} << 20; // elements

std::vector<Value> values(std::span<const std::int64_t> list) { return {list.begin(), list.end()}; }

std::vector<Value> divisors(std::int64_t threads) {
    std::vector<Value> list;
    for (std::int64_t d = 1; d <= threads; ++d)
        if (threads % d == 0) list.emplace_back(d);
    return list;
}

bool dot_is_possible(const Gemm& gemm) {
    return gemm.layout == Layout::nt && gemm.b_layout.empty();
}

// Rows of B lie along k and are not prepared.
bool must_pack_b(const Gemm& gemm) { return b_transposed(gemm.layout) && gemm.b_layout.empty(); }

} // namespace

SearchSpace space(const Gemm& gemm, const Machine& machine) {
    std::vector<Value> vector_lengths{Value(machine.vector_floats)};
    if (machine.vector_floats == 16) vector_lengths.insert(vector_lengths.begin(), Value(8L));
    std::vector<Value> kinds{Value(std::string("generic")), Value(std::string("outer"))};
    if (dot_is_possible(gemm)) kinds.emplace_back(std::string("dot"));
    const std::vector<Value> off_on{Value(0L), Value(1L)};

    std::vector<Parameter> parameters{
        {"MODE", kinds, false, "outer products, dot products, or the choice for all extents"},
        {"VL", vector_lengths, true, "floats in a vector"},
        {"MR", values(listed::mr), true, "rows of a tile"},
        {"NR", values(listed::nr), true, "columns of a tile"},
        {"KU", values(listed::ku), true, "steps of k per loop"},
        {"MC", values(listed::mc), true, "rows of a packed block of A"},
        {"NC", values(listed::nc), true, "columns of a packed block of B"},
        {"KC", values(listed::kc), true, "steps of k of a packed block"},
        {"PACK_A", off_on, false, "copy blocks of A"},
        {"PACK_B", off_on, false, "copy blocks of B"},
        {"FUSE_B", off_on, false, "the first tiles that meet a panel of B copy it"},
        {"PANELS", values(listed::panels), true, "panels of B filled side by side"},
        {"ROWS_INSIDE", off_on, false, "the inner loop goes down a column of tiles"},
        {"PREFETCH_B", values(listed::prefetch_b), true,
         "panels of B fetched ahead along its rows, or 16 steps of k along a packed panel"},
        {"PREFETCH_D", values(listed::prefetch_d), true,
         "fetch a tile of D before it is computed: nothing, its first columns, all"},
        {"FETCH", values(listed::fetch), true,
         "lines of the next block or prepared panel of B fetched per loop of KU steps"},
        {"KEEP_A", off_on, false,
         "a block of A is packed for all columns, not one of B for all rows"},
        {"THREADS_M", divisors(machine.threads), true, "threads that share packed blocks of B"},
        {"PAIRS", pairs_are_possible(gemm, machine) ? off_on : std::vector<Value>{Value(0L)}, false,
         "products of bf16 two at a time"},
    };

    const std::string registers = std::to_string(machine.registers);
    const Tuning generic = shape_generic(gemm, machine);
    // Blocks beyond the extents are twins of those that just cover them. The generic choice is in
    // the space whatever the extents are.
    const auto covers = [](const char* name, std::span<const std::int64_t> list,
                           std::int64_t extent, std::int64_t always) {
        return Constraint::expression(std::string(name) +
                                      " <= " + std::to_string(cover(list, extent)) + " or " + name +
                                      " == " + std::to_string(always));
    };

    // Parameters that a mode does not use are left free: such points are twins, and tying them down
    // would join all parameters into one group of millions of points.
    std::vector<Constraint> constraints{
        Constraint::expression("MODE != 'generic' or VL == " + std::to_string(generic.vl) +
                               " and MR == " + std::to_string(generic.mr) +
                               " and NR == " + std::to_string(generic.nr) +
                               " and KU == " + std::to_string(generic.ku)),
        Constraint::expression("MODE == 'dot' or NR % VL == 0 and NR // VL <= 8"),
        Constraint::expression("MODE == 'dot' or MR * (NR // VL) + NR // VL + 1 <= " + registers),
        Constraint::expression("MODE != 'dot' or NR <= 8 and MR * NR + min(MR, NR) + 1 <= " +
                               registers),
        // Without packing, a tile keeps one pointer per row of A.
        Constraint::expression(a_transposed(gemm.layout) ? "PACK_A == 1"
                                                         : "PACK_A == 1 or MR <= 8"),
        covers("MR", listed::mr, gemm.m, generic.mr),
        covers("MC", listed::mc, gemm.m, generic.mc),
        covers("NC", listed::nc, gemm.n, generic.nc),
        covers("KC", listed::kc, steps_covered(gemm), generic.kc),
    };
    const auto require = [&](std::string text) {
        constraints.push_back(Constraint::expression(std::move(text)));
    };
    const std::optional<PackedLayout> layout = PackedLayout::parse(gemm.b_layout);
    // Pairs along k are made by packing, or are there already.
    if (pairs_are_possible(gemm, machine)) {
        const bool dot = pairs_are_exact(gemm, machine) && gemm.group == 0;
        require(std::string("PAIRS == 0 or ") + (dot ? "MODE == 'dot' or " : "MODE != 'dot' and ") +
                (layout ? "PACK_A == 1 and KC >= 2" : "PACK_A == 1 and PACK_B == 1 and KC >= 2"));
    }
    if (layout) {
        require("NR == " + std::to_string(layout->nr));
        require("PAIRS == " + std::to_string(static_cast<int>(layout->pairs)));
        require("VL == " + std::to_string(machine.vector_floats));
        require("PACK_B == 0");
        require("PANELS == 1");
        require("FETCH == 0 or ROWS_INSIDE == 1");
    } else if (must_pack_b(gemm)) {
        require("PACK_B == 1");
        require("PANELS == 1");
        require("FETCH == 0");
    } else {
        require("PANELS == 1 or PACK_B == 1");
        require("FUSE_B == 0 or PACK_B == 1 and PANELS == 1 and THREADS_M == 1 and PAIRS == 0");
    }
    if (layout || must_pack_b(gemm)) require("FUSE_B == 0");
    constraints.push_back(
        Constraint::expression("PACK_B == 0 or NC * KC <= " + std::to_string(most_packed_b)));
    return {std::move(parameters), std::move(constraints)};
}

std::string objection(const Gemm& gemm, const Tuning& t, const Machine& machine) {
    const auto positive = [](std::initializer_list<std::int64_t> list) {
        return std::all_of(list.begin(), list.end(), [](std::int64_t v) { return v > 0; });
    };
    if (!positive({t.vl, t.mr, t.nr, t.ku, t.mc, t.nc, t.kc, t.panels, t.threads_m}) ||
        t.prefetch_b < 0 || t.prefetch_d < 0 || t.fetch < 0 || t.fetch > 64)
        return "sizes must be positive";
    if (t.vl != machine.vector_floats && !(machine.vector_floats == 16 && t.vl == 8))
        return "vectors of " + std::to_string(t.vl) + " floats do not exist here";
    if (t.mode == Mode::generic) return {}; // nothing else counts
    if (t.pairs && !pairs_are_possible(gemm, machine))
        return "PAIRS=1 needs avx512bf16 and operands that bf16 can hold";
    if (t.mode == Mode::dot) {
        if (!dot_is_possible(gemm)) return "MODE=dot needs layout nt";
        if (t.pairs && (!pairs_are_exact(gemm, machine) || gemm.group != 0))
            return "MODE=dot with PAIRS=1 needs operands without groups, A of bf16";
        if (t.mr * t.nr + std::min(t.mr, t.nr) + 1 > machine.registers) return "too few registers";
        return {};
    }
    if (t.nr % t.vl != 0) return "NR must be a multiple of VL";
    const std::int64_t vectors = t.nr / t.vl;
    if (t.mr * vectors + vectors + 1 > machine.registers) return "too few registers";
    if (t.pairs && t.kc % 2 != 0) return "PAIRS=1 needs an even KC";
    if (!t.pack_a && (a_transposed(gemm.layout) || t.mr > 8)) return "A must be packed";
    if (const auto layout = PackedLayout::parse(gemm.b_layout)) {
        if (t.nr != layout->nr || t.pairs != layout->pairs || t.vl != machine.vector_floats)
            return "tiles must be as " + gemm.b_layout + " has B";
        if (t.pack_b || t.fuse_b) return "B is packed already";
        if (t.pairs && !t.pack_a) return "PAIRS=1 needs A packed";
    } else {
        if (!t.pack_b && must_pack_b(gemm)) return "B must be packed";
        if (t.pairs && !(t.pack_a && t.pack_b)) return "PAIRS=1 needs A and B packed";
        if (t.fetch > 0 && must_pack_b(gemm)) return "FETCH needs B along its columns";
        if (t.fuse_b && must_pack_b(gemm)) return "FUSE_B needs B along its columns";
        if (t.fuse_b && (!t.pack_b || t.threads_m > 1 || t.pairs))
            return "FUSE_B needs B packed, by each thread for itself, without PAIRS";
    }
    if (t.mc > 1 << 16 || t.nc > 1 << 20 || t.kc > 1 << 16 || t.nc * t.kc > most_packed_b * 16)
        return "blocks are too large";
    if (machine.threads % t.threads_m != 0) return "THREADS_M must divide the number of threads";
    return {};
}

} // namespace hone::gemm_cpu
