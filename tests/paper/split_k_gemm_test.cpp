// Split-K GEMM: blocks along z sum a part of k into the workspace, a second step reduces.
#include "carried.hpp"
#include "hone/gemm.hpp"
#include "mini_family.hpp"
#include "tests/catch.hpp"

using namespace paper;

namespace {

class SplitKGemm final : public MiniFamily {
  public:
    SplitKGemm() : MiniFamily("paper_split_k", "gemm") {}

    SearchSpace space(const Problem&, const DeviceModel&) const override {
        return {{{"BM", {64, 128}}, {"BN", {64, 128}}, {"SPLIT", {1, 2, 4, 8}}}, {}};
    }

    Program emit(const Problem& problem, const Config& config, const DeviceModel&) const override {
        const Gemm gemm = Gemm::from(problem);
        const std::int64_t split = config.integer("SPLIT");
        Program program;
        program.modules = {source_module("split_k.cu", {"partial", "reduce"}, config)};
        const auto half = [&](int operand, std::int64_t rows) {
            return whole(operand, gemm.a, 3, {64, static_cast<std::int32_t>(rows), 1});
        };
        const KernelArg target =
            split == 1 ? KernelArg{OperandArg{Gemm::d_arg}} : KernelArg{WorkspaceArg{}};
        program.steps = {step(
            "partial",
            {tiles(Gemm::n_dim, config.integer("BN")), tiles(Gemm::m_dim, config.integer("BM")),
             Extent{split, {{Gemm::batch_dim, 1}}}},
            128,
            {half(Gemm::a_arg, config.integer("BM")), half(Gemm::b_arg, config.integer("BN")),
             target, DimArg{Gemm::m_dim, 32}, DimArg{Gemm::n_dim, 32}, DimArg{Gemm::k_dim, 32}})};
        if (split > 1) {
            program.workspace_bytes = {4 * split,
                                       {{Gemm::m_dim, 1}, {Gemm::n_dim, 1}, {Gemm::batch_dim, 1}}};
            Step reduce = step(
                "reduce",
                {tiles(Gemm::n_dim, 256), tiles(Gemm::m_dim, 1), tiles(Gemm::batch_dim, 1)}, 256,
                {WorkspaceArg{}, OperandArg{Gemm::d_arg}, DimArg{Gemm::m_dim, 32},
                 DimArg{Gemm::n_dim, 32}, StrideArg{Gemm::d_arg, 1}});
            reduce.flags = Step::programmatic_launch;
            program.steps.push_back(std::move(reduce));
        }
        program.numerics = {.operand = gemm.a};
        program.tiles = {{Gemm::m_dim, config.integer("BM"), 1},
                         {Gemm::n_dim, config.integer("BN"), 1},
                         {Gemm::k_dim, 64 * split, 1}};
        return program;
    }
};

} // namespace

TEST_CASE("paper: split-K GEMM with a reduction step", "[paper]") {
    Gemm gemm;
    gemm.m = 100;
    gemm.n = 200;
    gemm.k = 4096;
    gemm.batch = 3;
    gemm.a = gemm.b = gemm.d = DType::bf16;
    gemm.layout = Layout::nt;
    const SplitKGemm family;
    const Config split = {{"BM", 64}, {"BN", 128}, {"SPLIT", 4}};
    const Program program =
        check_carried(gemm_operation(), family, gemm.problem(), split, hopper());
    CHECK(program.workspace_bytes.value(gemm.problem()) == 4 * 4 * 100 * 200 * 3);
    CHECK(program.steps[0].grid[2].value(gemm.problem()) == 12);

    // Nothing of the shape is baked in: another one runs the same program.
    Gemm other = gemm;
    other.m = 777;
    other.batch = 1;
    CHECK(digest(family.emit(other.problem(), split, hopper())) == digest(program));
    CHECK(program.workspace_bytes.value(other.problem()) == 4 * 4 * 777 * 200);

    const Program whole_k = check_carried(gemm_operation(), family, gemm.problem(),
                                          {{"BM", 64}, {"BN", 128}, {"SPLIT", 1}}, hopper());
    CHECK(whole_k.steps.size() == 1);
    CHECK(whole_k.workspace_bytes.value(gemm.problem()) == 0);
}
