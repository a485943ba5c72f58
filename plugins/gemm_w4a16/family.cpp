#include "family.hpp"

#include "cuda_family/host/choice.hpp"
#include "cuda_family/host/features.hpp"
#include "cuda_family/host/gemm_program.hpp"
#include "elements_source.embed.hpp"
#include "gemm_source.embed.hpp"
#include "gemm_w4a16_source.embed.hpp"
#include "hone/error.hpp"
#include "hone/gemm.hpp"
#include "matrix_source.embed.hpp"
#include "space.hpp"
#include "tile_source.embed.hpp"

#include <algorithm>

namespace hone::gemm_w4a16 {

using namespace cuda_family;

namespace {

Support no(std::string reason) { return {false, std::move(reason)}; }
double real(std::int64_t value) { return static_cast<double>(value); }

} // namespace

Support GemmW4A16::supports(const Problem& problem, const DeviceModel& device) const {
    if (std::string reason = cuda_family::objection(device); !reason.empty()) return no(reason);
    const Gemm gemm = Gemm::from(problem);
    if (gemm.b != DType::s4) return no("only for weights of type s4");
    if (gemm.a != DType::f16 && gemm.a != DType::bf16)
        return no("only for activations of 16 bits, not " + std::string(to_string(gemm.a)));
    if (gemm.a == DType::bf16 && !Target::from(device).async_copies())
        return no(device.arch + " has no bf16");
    if (gemm.layout != Layout::nt) return no("only for layout nt");
    if (gemm.group % 32 != 0) return no("group must be a multiple of 32");
    if (!gemm.b_layout.empty()) return no("b_layout " + gemm.b_layout + " is not known");
    return {true, {}};
}

SearchSpace GemmW4A16::space(const Problem& problem, const DeviceModel& device) const {
    const Gemm gemm = Gemm::from(problem);
    const std::vector<Parameter> list = parameters();
    std::vector<Constraint> constraints = rules(Target::from(device));
    const Config generic = shape_generic();
    for (const auto& [name, extent] :
         {std::pair{"BM", gemm.m}, std::pair{"BN", gemm.n}, std::pair{"BK", gemm.k}}) {
        const auto parameter = std::ranges::find(list, name, &Parameter::name);
        constraints.push_back(covers(*parameter, extent, generic.integer(name)));
    }
    // A slice sums at least 128 products.
    constraints.push_back(
        Constraint::expression("SPLIT == 1 or SPLIT * 128 <= " + std::to_string(gemm.k)));
    return {list, std::move(constraints)};
}

std::optional<Config> GemmW4A16::fallback(const Problem&, const DeviceModel&) const {
    return shape_generic();
}

std::vector<Config> GemmW4A16::seeds(const Problem& problem, const DeviceModel& device) const {
    return legal_ones(space(problem, device),
                      first_guesses(Gemm::from(problem), Target::from(device)));
}

StaticDims GemmW4A16::static_dims(const Problem&) const {
    const std::vector<std::int64_t> extents{1024, 2048, 4096, 8192, 16384};
    return {{},
            {{Gemm::m_dim, {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096}},
             {Gemm::n_dim, extents},
             {Gemm::k_dim, extents},
             {Gemm::batch_dim, {1, 4, 16, 64}}}};
}

Program GemmW4A16::emit(const Problem& problem, const Config& config,
                        const DeviceModel& device) const {
    const Gemm gemm = Gemm::from(problem);
    const Target target = Target::from(device);
    if (const std::string reason = cuda_family::objection(parameters(), rules(target), config);
        !reason.empty())
        throw Error(Errc::workload, "gemm_w4a16: " + config.canonical_text() + ": " + reason);
    const Footprint block = footprint(config);
    const std::int64_t split = config.integer("SPLIT");

    Macros macros;
    define_problem(macros, gemm);
    for (const auto& [name, chosen] : config.values()) macros.define(name, to_string(chosen));
    macros.number("THREADS", block.threads)
        .number("PAIR_GRANULE", 8)
        .number("QUANT_GROUP", gemm.group)
        .number("IS_BF16", gemm.a == DType::bf16)
        .type("MMA_A", gemm.a)
        .type("MMA_B", gemm.a)
        .define("ACC", "f32")
        .define("MMA_SHAPE", target.async_copies() ? "m16n8k16" : "m16n8k8");

    Program program;
    Module& module = program.modules.emplace_back();
    module.name = "gemm_w4a16.cu";
    module.source = joined({{"elements.cuh", elements_source},
                            {"gemm.cuh", gemm_source},
                            {"matrix.cuh", matrix_source},
                            {"tile.cuh", tile_source},
                            {"gemm_w4a16.cu", gemm_w4a16_source}});
    module.options = macros.options();
    module.entries = {"gemm"};

    Step step;
    step.kernel = "gemm";
    step.grid[0] = gemm_blocks(config.integer("BM"), config.integer("BN"), split);
    step.block = {static_cast<int>(block.threads), 1, 1};
    step.shared_bytes = block.shared_bytes;
    step.args = gemm_arguments(gemm);
    step.args.emplace_back(OperandArg{Gemm::scale_b_arg});
    step.args.emplace_back(StrideArg{Gemm::scale_b_arg, 1});
    step.args.emplace_back(StrideArg{Gemm::scale_b_arg, 0});
    program.steps.push_back(std::move(step));
    add_reduction(program, gemm, split);

    // Every element is summed over k in an order that follows from k and the config alone.
    program.numerics = {.operand = gemm.a,
                        .accumulator = DType::f32,
                        .split_terms = 1,
                        .deterministic = true,
                        .batch_invariant = true};
    program.tiles = {{Gemm::m_dim, config.integer("BM")},
                     {Gemm::n_dim, config.integer("BN")},
                     {Gemm::k_dim, config.integer("BK") * split, config.integer("STAGES")}};
    return program;
}

std::vector<std::pair<std::string, double>>
GemmW4A16::features(const Problem& problem, const Config& config, const DeviceModel& device) const {
    const Gemm gemm = Gemm::from(problem);
    const Target target = Target::from(device);
    const auto value = [&](const char* name) { return config.integer(name); };
    const std::int64_t bm = value("BM"), bn = value("BN");
    const Footprint block = footprint(config);
    const Occupancy occupancy{block.threads, block.registers, block.shared_bytes,
                              tiles(gemm.m, bm) * tiles(gemm.n, bn) * gemm.batch * value("SPLIT")};
    Features features = occupancy_features(target, occupancy);
    features.insert(
        features.end(),
        {{"waste", waste(gemm.m, bm, gemm.n, bn)},
         {"bytes_in_flight", real((value("STAGES") - 1) * block.shared_bytes / value("STAGES") *
                                  resident_blocks(target, occupancy))},
         {"tiles_of_k", real(tiles(gemm.k, value("BK") * value("SPLIT")))}});
    return features;
}

} // namespace hone::gemm_w4a16
