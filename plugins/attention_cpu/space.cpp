#include "family.hpp"

#include <algorithm>
#include <initializer_list>

namespace hone::attention_cpu {
namespace {

// Queries that share keys, beyond which rows are never the faster way.
constexpr std::int64_t most_rows = 64;

std::vector<Value> values(std::initializer_list<std::int64_t> list) {
    return {list.begin(), list.end()};
}

bool pairs_are_possible(const Attention& attention, const Machine& machine) {
    return machine.pairs && attention.dtype == DType::bf16;
}

std::vector<Value> vector_lengths(const Machine& machine) {
    return machine.vector_floats == 16 ? values({8, 16}) : values({machine.vector_floats});
}

} // namespace

SearchSpace space(const Attention& attention, const Machine& machine) {
    const std::vector<Value> off_on = values({0, 1}), off = values({0});
    const bool grouped = attention.heads > attention.kv_heads;
    // What polynomials of lower degrees leave is seen in results of type f32.
    const bool narrow = attention.dtype != DType::f32;
    const std::vector<Value> degrees = !narrow         ? values({5, 6})
                                       : attention.lse ? values({4, 5})
                                                       : values({3, 4, 5});

    std::vector<Value> kinds{Value(std::string("generic")), Value(std::string("tiles"))};
    if (attention.q_len * (attention.heads / attention.kv_heads) <= most_rows)
        kinds.emplace_back(std::string("rows"));

    std::vector<Parameter> parameters{
        {"MODE", kinds, false,
         "tiles for many queries, rows for few, or the choice for all extents"},
        {"VL", vector_lengths(machine), true, "floats in a vector"},
        {"MK", values({2, 3, 4, 6, 8, 12, 14}), true, "keys of a tile of scores"},
        {"MV", values({2, 3, 4, 6, 8, 12, 14}), true, "columns of a tile of the output"},
        {"NV", values({1, 2, 3, 4}), true, "vectors of queries of a tile"},
        {"KU", values({1, 2, 4}), true, "entries of a sum per loop"},
        {"STRIPS", values({1, 2, 4, 8}), true, "tiles of queries in a block"},
        {"BK", values({16, 32, 64, 96, 128, 192, 256, 512}), true, "keys of a block"},
        {"COPY", narrow ? values({1}) : off_on, false, "blocks of keys and values are copied"},
        {"GROUPED", grouped ? off_on : off, false, "heads that share keys are in one block"},
        {"ALL_HEADS", off_on, false, "rows: a unit of work goes through all heads"},
        {"SPLIT", values({1, 2, 4, 8, 16, 32, 64}), true, "pieces of the keys"},
        {"EXP_DEGREE", degrees, true, "of the polynomial for powers of two"},
        {"PAIRS", pairs_are_possible(attention, machine) ? off_on : off, false,
         "products of bf16 two at a time"},
        {"FIXED_DIMS", off_on, false, "head dims are known to the compiler"},
    };
    const std::string registers = std::to_string(machine.registers);
    const Tuning generic = shape_generic(attention, machine);
    const auto is = [](const char* name, std::int64_t value) {
        return std::string(name) + " == " + std::to_string(value);
    };
    // Parameters that a mode does not use are tied down: points that differ in them are twins.
    std::vector<Constraint> constraints{
        Constraint::expression("MODE == 'rows' or MK * NV + NV + 1 <= " + registers),
        Constraint::expression("MODE == 'rows' or MV * NV + NV + 1 <= " + registers),
        Constraint::expression("MODE != 'rows' or MV <= " + std::to_string(machine.registers / 2)),
        // Fewer sums than an addition takes cycles leave the units idle.
        Constraint::expression("MODE == 'rows' or MK * NV >= 6 and MV * NV >= 6"),
        Constraint::expression("MODE != 'generic' or " + is("VL", generic.vl) + " and " +
                               is("MV", generic.mv) + " and " + is("BK", generic.bk) + " and " +
                               is("GROUPED", generic.grouped)),
        Constraint::expression("MODE == 'tiles' or " + is("MK", generic.mk) + " and " +
                               is("NV", generic.nv) + " and " + is("KU", generic.ku) + " and " +
                               is("STRIPS", generic.strips) + " and " + is("COPY", generic.copy) +
                               " and " + is("GROUPED", generic.grouped)),
        Constraint::expression("MODE == 'rows' or ALL_HEADS == 0"),
    };
    return {std::move(parameters), std::move(constraints)};
}

SearchSpace backward_space(const Attention& attention, const Machine& machine) {
    const std::vector<Value> off_on = values({0, 1}), off = values({0});
    std::vector<Parameter> parameters{
        {"MODE", {Value(std::string("tiles"))}, false, "tiles of queries and keys"},
        {"VL", vector_lengths(machine), true, "floats in a vector"},
        {"MK", values({2, 3, 4, 6, 8, 12, 14}), true, "rows of a tile of products"},
        {"MV", values({2, 3, 4, 6, 8, 12, 14}), true, "columns of a tile of gradients"},
        {"NV", values({1, 2, 3, 4}), true, "vectors of a tile"},
        {"KU", values({1, 2, 4}), true, "entries of a sum per loop"},
        {"STRIPS", values({1, 2, 4, 8}), true, "tiles in a block"},
        {"BK", values({16, 32, 64, 96, 128, 192, 256}), true, "rows of the other side of a block"},
        {"COPY", attention.dtype == DType::f32 ? off_on : values({1}), false,
         "rows of the other side are copied"},
        {"GROUPED", off, false, "not used"},
        {"ALL_HEADS", off, false, "not used"},
        {"SPLIT", values({1}), true, "not used"},
        {"EXP_DEGREE", values({5, 6}), true, "of the polynomial for powers of two"},
        {"PAIRS", off, false, "not used"},
        {"FIXED_DIMS", off_on, false, "head dims are known to the compiler"},
    };
    const std::string registers = std::to_string(machine.registers);
    std::vector<Constraint> constraints{
        Constraint::expression("MK * NV + NV + 1 <= " + registers),
        Constraint::expression("MV * NV + NV + 1 <= " + registers),
        Constraint::expression("MK * NV >= 6 and MV * NV >= 6"),
    };
    return {std::move(parameters), std::move(constraints)};
}

std::string objection(const Attention& attention, const Tuning& t, const Machine& machine) {
    for (const std::int64_t size : {t.vl, t.mk, t.mv, t.nv, t.ku, t.strips, t.bk, t.split})
        if (size < 1) return "sizes must be positive";
    if (t.vl != machine.vector_floats && !(machine.vector_floats == 16 && t.vl == 8))
        return "vectors of " + std::to_string(t.vl) + " floats do not exist here";
    const std::int64_t sums = t.mode == Mode::rows ? t.mv : std::max(t.mk, t.mv) * t.nv + t.nv;
    if (sums + 1 > machine.registers) return "too few registers";
    if (t.exp_degree < 3 || t.exp_degree > 6) return "EXP_DEGREE must be 3 to 6";
    if (t.pairs && !pairs_are_possible(attention, machine))
        return "PAIRS=1 needs bf16 and avx512bf16";
    if (!t.copy && attention.dtype != DType::f32) return "COPY=0 needs operands of type f32";
    if (t.ku > 16 || t.strips > 64 || t.bk > 4096 || t.split > 1024) return "sizes are too large";
    return {};
}

} // namespace hone::attention_cpu
