#include "cuda_family/host/gemm_program.hpp"
#include "elements_source.embed.hpp"
#include "family.hpp"
#include "gemm_simt_source.embed.hpp"
#include "gemm_source.embed.hpp"

namespace hone::gemm_simt {

using namespace cuda_family;

Program emit(const Gemm& gemm, const Config& config) {
    const auto value = [&](const char* name) { return config.integer(name); };
    const std::int64_t bm = value("BM"), bn = value("BN"), bk = value("BK");
    const std::int64_t threads = (bm / value("TM")) * (bn / value("TN"));
    const std::int64_t split = value("SPLIT");

    Macros macros;
    define_problem(macros, gemm);
    for (const auto& [name, chosen] : config.values()) macros.define(name, to_string(chosen));
    macros.number("THREADS", threads).number("PAIR_GRANULE", bn / 2);

    Program program;
    Module& module = program.modules.emplace_back();
    module.name = "gemm_simt.cu";
    module.source = joined({{"elements.cuh", elements_source},
                            {"gemm.cuh", gemm_source},
                            {"gemm_simt.cu", gemm_simt_source}});
    module.options = macros.options();
    module.entries = {"gemm"};

    Step step;
    step.kernel = "gemm";
    step.grid[0] = gemm_blocks(bm, bn, split);
    step.block = {static_cast<int>(threads), 1, 1};
    step.args = gemm_arguments(gemm);
    program.steps.push_back(std::move(step));
    add_reduction(program, gemm, split);

    // Every element is summed over k in an order that follows from k and the config alone.
    program.numerics = {gemm.a, sum_type(gemm), 1, true, true};
    program.tiles = {{Gemm::m_dim, bm}, {Gemm::n_dim, bn}, {Gemm::k_dim, bk * split}};
    return program;
}

} // namespace hone::gemm_simt
