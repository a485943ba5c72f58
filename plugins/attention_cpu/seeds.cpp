#include "family.hpp"

#include <algorithm>

namespace hone::attention_cpu {
namespace {

bool wide(const Machine& machine) { return machine.registers >= 32; }

Tuning tiles(const Attention& attention, const Machine& machine) {
    Tuning tuning;
    tuning.vl = machine.vector_floats;
    tuning.mk = tuning.mv = wide(machine) ? 8 : 4;
    tuning.nv = wide(machine) ? 3 : 2;
    tuning.ku = 2;
    tuning.strips = 4;
    tuning.bk = 128;
    tuning.copy = true;
    tuning.exp_degree = attention.dtype == DType::f32 || attention.lse ? 5 : 4;
    tuning.pairs = machine.pairs && attention.dtype == DType::bf16;
    return tuning;
}

} // namespace

Tuning shape_generic(const Attention& attention, const Machine& machine) {
    Tuning tuning = tiles(attention, machine);
    tuning.mode = Mode::generic;
    return tuning;
}

std::vector<Tuning> first_guesses(const Attention& attention, const Machine& machine) {
    Tuning tuning = tiles(attention, machine);
    tuning.fixed_dims = true;
    return {tuning};
}

} // namespace hone::attention_cpu
