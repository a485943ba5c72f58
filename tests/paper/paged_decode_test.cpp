// Paged decode with split KV: each block attends to a part of the keys and leaves a partial output
// with its log-sum-exp; a second step combines them.
#include "carried.hpp"
#include "hone/attention.hpp"
#include "mini_family.hpp"
#include "tests/catch.hpp"

using namespace paper;

namespace {

class PagedDecode final : public MiniFamily {
  public:
    PagedDecode() : MiniFamily("paper_paged_decode", "attention") {}

    Support supports(const Problem& problem, const DeviceModel&) const override {
        const Attention attention = Attention::from(problem);
        return {attention.page_size > 0 && attention.q_len == 1, "only decode from pages"};
    }
    SearchSpace space(const Problem&, const DeviceModel&) const override {
        return {{{"BKV", {64, 128}}, {"SPLIT", {2, 4, 8, 16}}}, {}};
    }
    StaticDims static_dims(const Problem&) const override {
        return {{Attention::head_dim_dim, Attention::head_dim_v_dim}, {}};
    }

    Program emit(const Problem& problem, const Config& config, const DeviceModel&) const override {
        using A = Attention;
        const A attention = A::from(problem);
        const std::int64_t split = config.integer("SPLIT");
        // Two parts, both f32: outputs batch x heads x SPLIT x head_dim_v, then log-sum-exps.
        const std::vector<Extent::Term> rows = {{A::batch_dim, 1}, {A::heads_dim, 1}};
        const Extent outputs = {4 * split * attention.head_dim_v, rows};
        const Extent sums = {4 * split, rows};
        const KernelArg partial_o = WorkspaceArg{}, partial_lse = WorkspaceArg{outputs};

        Program program;
        program.modules = {source_module("paged_decode.cu", {"partial", "combine"}, config)};
        program.workspace_bytes = outputs;
        program.workspace_bytes.plus = {sums};
        Step combine = step("combine", {tiles(A::heads_dim, 1), tiles(A::batch_dim, 1), one()}, 128,
                            {partial_o, partial_lse, OperandArg{A::o_arg}, StrideArg{A::o_arg, 0},
                             StrideArg{A::o_arg, 2}});
        combine.flags = Step::programmatic_launch;
        program.steps = {
            step("partial",
                 // The queries that share a key head are one block's rows.
                 {Extent{split, {}}, tiles(A::kv_heads_dim, 1), tiles(A::batch_dim, 1)}, 128,
                 {OperandArg{A::q_arg}, OperandArg{A::k_arg}, OperandArg{A::v_arg},
                  OperandArg{A::kv_offsets_arg}, OperandArg{A::block_table_arg},
                  StrideArg{A::block_table_arg, 0}, StrideArg{A::k_arg, 0}, StrideArg{A::k_arg, 1},
                  StrideArg{A::k_arg, 2}, StrideArg{A::v_arg, 0}, StrideArg{A::v_arg, 1},
                  StrideArg{A::v_arg, 2}, partial_o, partial_lse, DimArg{A::heads_dim, 32},
                  ImmediateArg{static_cast<std::uint64_t>(attention.page_size), 32}}),
            std::move(combine)};
        program.numerics = {.operand = attention.dtype};
        return program;
    }
};

} // namespace

TEST_CASE("paper: paged decode with split KV and a combine step", "[paper]") {
    Attention attention;
    attention.batch = 5;
    attention.heads = 32;
    attention.kv_heads = 8;
    attention.q_len = 1;
    attention.head_dim = attention.head_dim_v = 128;
    attention.dtype = DType::bf16;
    attention.causal = true;
    attention.page_size = 16;
    attention.kv_len = 1000;
    attention.lengths = {.kind = Lengths::Kind::uniform, .low = 10, .high = 1000, .seed = 1};
    const Problem problem = attention.problem();
    const PagedDecode family;
    const Config config = {{"BKV", 64}, {"SPLIT", 8}};
    const Program program = check_carried(attention_operation(), family, problem, config, hopper());
    CHECK(program.workspace_bytes.value(problem) == 4 * 8 * (5 * 32 * 128 + 5 * 32));

    // The second part begins where the first ends, whatever the batch is.
    Attention larger = attention;
    larger.batch = 64;
    const auto& second = std::get<WorkspaceArg>(program.steps[1].args[1]);
    CHECK(digest(family.emit(larger.problem(), config, hopper())) == digest(program));
    CHECK(second.offset_bytes.value(problem) == 4 * 8 * 5 * 32 * 128);
    CHECK(second.offset_bytes.value(larger.problem()) == 4 * 8 * 64 * 32 * 128);
}
