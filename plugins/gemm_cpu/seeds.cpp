#include "family.hpp"

namespace hone::gemm_cpu {
namespace {

// The tile that loads least per product with the registers there are.
Tuning widest_tile(const Gemm& gemm, const Machine& machine) {
    Tuning tuning;
    tuning.vl = machine.vector_floats;
    tuning.mr = machine.registers == 32 ? 12 : 6;
    tuning.nr = 2 * tuning.vl;
    tuning.ku = 4;
    tuning.mc = 192;
    tuning.nc = 1024;
    tuning.kc = 256;
    tuning.pack_a = tuning.pack_b = true;
    tuning.panels = b_transposed(gemm.layout) ? 1 : 4;
    return tuning;
}

} // namespace

Tuning shape_generic(const Gemm& gemm, const Machine& machine) {
    return widest_tile(gemm, machine);
}

std::vector<Tuning> first_guesses(const Gemm& gemm, const Machine& machine) {
    return {widest_tile(gemm, machine)};
}

} // namespace hone::gemm_cpu
