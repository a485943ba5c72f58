#include "family.hpp"

#include <algorithm>

namespace hone::attention_cpu {
namespace {

// Outputs up to which it is faster to take all heads key by key, also where rows of heads lie
// apart.
constexpr std::int64_t key_by_key_outputs = 512;

bool wide(const Machine& machine) { return machine.registers >= 32; }

Tuning common(const Attention& attention, const Machine& machine) {
    Tuning tuning;
    tuning.vl = machine.vector_floats;
    tuning.mk = 6;
    tuning.mv = wide(machine) ? 4 : 6;
    tuning.nv = wide(machine) ? 4 : 2;
    tuning.ku = 2;
    tuning.strips = 4;
    tuning.bk = 64;
    tuning.copy = true;
    tuning.exp_degree = attention.dtype == DType::f32 || attention.lse ? 5 : 4;
    return tuning;
}

Tuning tiles(const Attention& attention, const Machine& machine) {
    Tuning tuning = common(attention, machine);
    tuning.pairs = machine.pairs && attention.dtype == DType::bf16;
    return tuning;
}

Tuning rows(const Attention& attention, const Machine& machine) {
    Tuning tuning = common(attention, machine);
    tuning.mode = Mode::rows;
    tuning.bk = 512;
    tuning.all_heads = attention.layout == AttentionLayout::bshd;
    tuning.split = 8;
    return tuning;
}

// Enough for a few units of work per thread, none shorter than some hundred keys.
std::int64_t pieces(const Attention& attention, const Tuning& tuning, const Machine& machine) {
    const std::int64_t units = attention.batch * (tuning.all_heads ? 1 : attention.kv_heads);
    const std::int64_t wanted = machine.threads * (tuning.all_heads ? 4 : 16);
    std::int64_t split = 1;
    while (split < 64 && units * split < wanted && attention.kv_len / split >= 512) split *= 2;
    return split;
}

} // namespace

Tuning shape_generic(const Attention& attention, const Machine& machine) {
    Tuning tuning = tiles(attention, machine);
    tuning.mode = Mode::generic;
    return tuning;
}

FewRows few_rows(const Attention& attention, const Machine& machine) {
    return {rows(attention, machine), 16};
}

std::vector<Tuning> first_guesses(const Attention& attention, const Machine& machine) {
    std::vector<Tuning> guesses;
    const std::int64_t per_key_head = attention.q_len * (attention.heads / attention.kv_heads);
    if (per_key_head <= 32) {
        Tuning tuning = rows(attention, machine);
        tuning.fixed_dims = true;
        const std::int64_t outputs = attention.heads * attention.q_len * attention.head_dim_v;
        tuning.all_heads |= per_key_head == 1 && outputs <= key_by_key_outputs;
        // So that a row of values is read at once; more rows leave no registers for that.
        if (wide(machine) && per_key_head < 4 && attention.head_dim_v >= 8 * tuning.vl)
            tuning.mv = 8;
        tuning.split = pieces(attention, tuning, machine);
        guesses.push_back(tuning);
        tuning.all_heads = !tuning.all_heads;
        tuning.split = pieces(attention, tuning, machine);
        guesses.push_back(tuning);
    }
    if (per_key_head >= 4) {
        Tuning tuning = tiles(attention, machine);
        tuning.fixed_dims = true;
        tuning.grouped = attention.heads > attention.kv_heads && attention.q_len < 64;
        if (attention.dtype == DType::f32 && attention.page_size == 0) {
            tuning.copy = false;
            guesses.push_back(tuning);
            tuning.copy = true;
        }
        guesses.push_back(tuning);
    }
    return guesses;
}

} // namespace hone::attention_cpu
