// Weight gradient: D += A^T B over all tokens, where blocks that split k add straight into D.
#include "carried.hpp"
#include "hone/backend.hpp"
#include "hone/gemm.hpp"
#include "mini_family.hpp"
#include "tests/catch.hpp"

using namespace paper;

namespace {

class Wgrad final : public MiniFamily {
  public:
    Wgrad() : MiniFamily("paper_wgrad", "gemm") {}

    Support supports(const Problem& problem, const DeviceModel&) const override {
        return {Gemm::from(problem).accumulate, "only D += A B"};
    }
    SearchSpace space(const Problem&, const DeviceModel&) const override {
        return {{{"BM", {128}}, {"BN", {128}}, {"SPLIT", {1, 16}}}, {}};
    }
    Program emit(const Problem& problem, const Config& config, const DeviceModel&) const override {
        const Gemm gemm = Gemm::from(problem);
        const std::int64_t split = config.integer("SPLIT");
        Program program;
        program.modules = {source_module("wgrad.cu", {"wgrad"}, config)};
        program.steps = {step(
            "wgrad", {tiles(Gemm::n_dim, 128), tiles(Gemm::m_dim, 128), {split, {}}}, 256,
            {OperandArg{Gemm::a_arg}, OperandArg{Gemm::b_arg}, OperandArg{Gemm::d_arg},
             DimArg{Gemm::m_dim}, DimArg{Gemm::n_dim}, DimArg{Gemm::k_dim},
             StrideArg{Gemm::a_arg, 1}, StrideArg{Gemm::b_arg, 1}, StrideArg{Gemm::d_arg, 1}})};
        program.numerics = {.operand = gemm.a, .deterministic = split == 1};
        return program;
    }
};

} // namespace

TEST_CASE("paper: weight gradient accumulating into C", "[paper]") {
    Gemm gemm;
    gemm.m = 512;
    gemm.n = 384;
    gemm.k = 8192;
    gemm.a = gemm.b = DType::bf16;
    gemm.d = DType::f32;
    gemm.layout = Layout::tn;
    gemm.accumulate = true;
    const Wgrad family;
    const auto args = gemm_operation().args(gemm.problem());
    CHECK(args[Gemm::d_arg].role == Role::inout);
    CHECK_FALSE(args[Gemm::c_arg].present());
    for (const std::int64_t split : {1, 16}) {
        const Program program =
            check_carried(gemm_operation(), family, gemm.problem(),
                          {{"BM", 128}, {"BN", 128}, {"SPLIT", split}}, hopper());
        // Not zeroed, since it is added to; and a contract that wants determinism can tell them
        // apart.
        CHECK(program.zero_init.empty());
        CHECK(program.numerics.deterministic == (split == 1));
    }

    // Measuring restores D between launches, outside the timed region.
    std::vector<float> d(4), saved(4);
    Launch launch;
    launch.operand_sets.resize(1);
    launch.restore = {{{d.data(), saved.data(), sizeof(float) * d.size()}}};
    CHECK(launch.restore.size() == launch.operand_sets.size());
}
