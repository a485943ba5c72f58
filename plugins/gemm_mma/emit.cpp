#include "cuda_family/host/gemm_program.hpp"
#include "elements_source.embed.hpp"
#include "family.hpp"
#include "gemm_mma_source.embed.hpp"
#include "gemm_source.embed.hpp"
#include "matrix_source.embed.hpp"
#include "product.hpp"
#include "tile_source.embed.hpp"

#include <algorithm>

namespace hone::gemm_mma {

using namespace cuda_family;

Program emit(const Gemm& gemm, const Config& config, const Target& target) {
    const auto value = [&](const char* name) { return config.integer(name); };
    const Product formed = product(gemm, target, config.text("PRODUCT"));
    const Footprint block = footprint(gemm, config, target);
    const std::int64_t split = value("SPLIT");
    const bool half_sums = config.text("SUMS") == "f16";

    Macros macros;
    define_problem(macros, gemm);
    for (const char* name : {"BM", "BN", "BK", "WM", "WN", "ASYNC", "STAGES", "PROMOTE",
                             "WIDE_STORES", "MIN_BLOCKS", "GROUP", "SPLIT"})
        macros.number(name, value(name));
    macros.number("THREADS", block.threads)
        .number("PAIR_GRANULE", 8)
        .number("TERMS", formed.terms)
        .number("ROUND", formed.round)
        .number("PACK_BF16", formed.pack)
        .number("HALF_SUMS", half_sums)
        .type("MMA_A", formed.a)
        .type("MMA_B", formed.b)
        .define("ACC", config.text("SUMS"))
        .define("MMA_SHAPE", instruction_shape(formed.a, target));

    Program program;
    Module& module = program.modules.emplace_back();
    module.name = "gemm_mma.cu";
    module.source = joined({{"elements.cuh", elements_source},
                            {"gemm.cuh", gemm_source},
                            {"matrix.cuh", matrix_source},
                            {"tile.cuh", tile_source},
                            {"gemm_mma.cu", gemm_mma_source}});
    module.options = macros.options();
    module.entries = {"gemm"};

    Step step;
    step.kernel = "gemm";
    step.grid[0] = gemm_blocks(value("BM"), value("BN"), split);
    step.block = {static_cast<int>(block.threads), 1, 1};
    step.shared_bytes = block.shared_bytes;
    step.args = gemm_arguments(gemm);
    program.steps.push_back(std::move(step));
    add_reduction(program, gemm, split);

    // Every element is summed over k in an order that follows from k and the config alone.
    program.numerics = {.operand = formed.a,
                        .accumulator = half_sums ? DType::f16 : sum_type(gemm),
                        .split_terms = formed.terms == 2 ? 3 : 1,
                        .deterministic = true,
                        .batch_invariant = true};
    program.tiles = {{Gemm::m_dim, value("BM")},
                     {Gemm::n_dim, value("BN")},
                     {Gemm::k_dim, value("BK") * split, value("STAGES")}};
    return program;
}

} // namespace hone::gemm_mma
