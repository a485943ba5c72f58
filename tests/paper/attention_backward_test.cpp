// Attention backward: a pre-pass leaves the row sums of o * do, the main step writes dk and dv and,
// either, adds to dq in f32 by atomics, or leaves dq to a step of its own. The second is
// deterministic.
#include "carried.hpp"
#include "hone/attention.hpp"
#include "mini_family.hpp"
#include "tests/catch.hpp"

using namespace paper;

namespace {

class Backward final : public MiniFamily {
  public:
    Backward() : MiniFamily("paper_backward", "attention_backward") {}

    SearchSpace space(const Problem&, const DeviceModel&) const override {
        return {{{"BQ", {64, 128}}, {"BKV", {64, 128}}, {"DETERMINISTIC", {1, 0}, false}}, {}};
    }
    StaticDims static_dims(const Problem&) const override {
        return {{Attention::head_dim_dim, Attention::head_dim_v_dim}, {}};
    }

    Program emit(const Problem& problem, const Config& config, const DeviceModel&) const override {
        using A = Attention;
        const A attention = A::from(problem);
        const bool deterministic = config.integer("DETERMINISTIC") != 0;
        const std::int64_t queries = config.integer("BQ"), keys = config.integer("BKV");

        // Row sums first, padded to 64 rows so that what follows is aligned; then dq in f32.
        const Extent row_sums = {4 * 64,
                                 {{A::batch_dim, 1}, {A::heads_dim, 1}, {A::q_len_dim, 64}}};
        const Extent dq_sums = {4 * attention.head_dim,
                                {{A::batch_dim, 1}, {A::heads_dim, 1}, {A::q_len_dim, 1}}};
        const KernelArg sums = WorkspaceArg{}, dq_f32 = WorkspaceArg{row_sums};
        const std::array<Extent, 3> per_query = {tiles(A::q_len_dim, queries),
                                                 tiles(A::heads_dim, 1), tiles(A::batch_dim, 1)};
        const std::vector<KernelArg> reads = {OperandArg{A::bq_arg},   OperandArg{A::bk_arg},
                                              OperandArg{A::bv_arg},   OperandArg{A::bdo_arg},
                                              OperandArg{A::blse_arg}, sums,
                                              DimArg{A::q_len_dim},    DimArg{A::kv_len_dim},
                                              DimArg{A::heads_dim},    DimArg{A::kv_heads_dim}};
        const auto and_then = [&](std::vector<KernelArg> more) {
            std::vector<KernelArg> args = reads;
            args.insert(args.end(), more.begin(), more.end());
            return args;
        };

        Program program;
        program.modules = {source_module("attention_backward.cu",
                                         {"row_sums", "dk_dv", "dq", "to_dtype"}, config)};
        program.workspace_bytes = row_sums;
        program.steps.push_back(
            step("row_sums", per_query, 128,
                 {OperandArg{A::bo_arg}, OperandArg{A::bdo_arg}, sums, DimArg{A::q_len_dim}}));
        std::vector<KernelArg> outputs = {OperandArg{A::dk_arg}, OperandArg{A::dv_arg}};
        if (!deterministic) outputs.push_back(dq_f32);
        // One block per key head adds over the query heads that share it, so dk and dv need no
        // atomics.
        program.steps.push_back(
            step("dk_dv",
                 {tiles(A::kv_len_dim, keys), tiles(A::kv_heads_dim, 1), tiles(A::batch_dim, 1)},
                 256, and_then(std::move(outputs))));
        if (deterministic) {
            program.steps.push_back(step("dq", per_query, 256, and_then({OperandArg{A::dq_arg}})));
        } else {
            program.workspace_bytes.plus = {dq_sums};
            program.zero_init = {
                {.in_workspace = true, .operand = 0, .offset_bytes = row_sums, .bytes = dq_sums}};
            program.steps.push_back(step("to_dtype", per_query, 256,
                                         {dq_f32, OperandArg{A::dq_arg}, DimArg{A::q_len_dim}}));
        }
        program.numerics = {.operand = attention.dtype, .deterministic = deterministic};
        return program;
    }
};

} // namespace

TEST_CASE("paper: attention backward with a pre-pass and three outputs", "[paper]") {
    Attention attention;
    attention.backward = true;
    attention.batch = 2;
    attention.heads = 8;
    attention.kv_heads = 2;
    attention.q_len = 100;
    attention.kv_len = 300;
    attention.head_dim = attention.head_dim_v = 64;
    attention.dtype = DType::bf16;
    attention.causal = true;
    const Problem problem = attention.problem();
    const Backward family;

    const Program exact = check_carried(attention_backward_operation(), family, problem,
                                        {{"BQ", 64}, {"BKV", 128}, {"DETERMINISTIC", 1}}, hopper());
    CHECK(exact.numerics.deterministic);
    CHECK(exact.zero_init.empty());
    CHECK(exact.steps.size() == 3);
    CHECK(exact.workspace_bytes.value(problem) == 4 * 2 * 8 * 128);

    const Program atomic =
        check_carried(attention_backward_operation(), family, problem,
                      {{"BQ", 64}, {"BKV", 128}, {"DETERMINISTIC", 0}}, hopper());
    CHECK_FALSE(atomic.numerics.deterministic);
    REQUIRE(atomic.zero_init.size() == 1);
    CHECK(atomic.zero_init[0].offset_bytes.value(problem) == 4 * 2 * 8 * 128);
    CHECK(atomic.zero_init[0].bytes.value(problem) == 4 * 2 * 8 * 100 * 64);
    CHECK(atomic.workspace_bytes.value(problem) == 4 * 2 * 8 * 128 + 4 * 2 * 8 * 100 * 64);

    std::vector<std::string> outputs;
    for (const ArgSpec& spec : attention_backward_operation().args(problem))
        if (spec.role == Role::out) outputs.push_back(spec.name);
    CHECK(outputs == std::vector<std::string>{"dq", "dk", "dv"});
}
