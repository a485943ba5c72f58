// Causal attention over a batch of variable lengths, packed one sequence after the other, with
// log-sum-exp for the backward pass.
#include "carried.hpp"
#include "hone/attention.hpp"
#include "hone/backend.hpp"
#include "mini_family.hpp"
#include "tests/catch.hpp"

#include <cmath>

using namespace paper;

namespace {

class VarlenForward final : public MiniFamily {
  public:
    VarlenForward() : MiniFamily("paper_varlen", "attention") {}

    Support supports(const Problem& problem, const DeviceModel&) const override {
        const Attention attention = Attention::from(problem);
        return {attention.variable_q && attention.lse && attention.page_size == 0,
                "only packed sequences with log-sum-exp"};
    }
    SearchSpace space(const Problem&, const DeviceModel&) const override {
        return {{{"BQ", {64, 128}}, {"BKV", {64, 128}}, {"STAGES", {1, 2, 3}}}, {}};
    }
    // Registers and shared memory follow the head; lengths are the batch's own matter.
    StaticDims static_dims(const Problem&) const override {
        return {{Attention::head_dim_dim, Attention::head_dim_v_dim},
                {{Attention::kv_len_dim, {512, 2048, 8192}}}};
    }

    Program emit(const Problem& problem, const Config& config, const DeviceModel&) const override {
        using A = Attention;
        const A attention = A::from(problem);
        const auto rows_of = [&](int operand, const char* rows, std::int64_t columns) {
            // Batch, token, head, column: a box is some tokens of one head.
            return whole(operand, attention.dtype, 4,
                         {static_cast<std::int32_t>(columns), 1,
                          static_cast<std::int32_t>(config.integer(rows)), 1});
        };
        Program program;
        program.modules = {source_module("varlen_forward.cu", {"forward"}, config)};
        program.steps = {step(
            "forward",
            // q_len is the longest: blocks beyond a sequence's end leave.
            {tiles(A::q_len_dim, config.integer("BQ")), tiles(A::heads_dim, 1),
             tiles(A::batch_dim, 1)},
            256,
            {rows_of(A::q_arg, "BQ", attention.head_dim),
             rows_of(A::k_arg, "BKV", attention.head_dim),
             rows_of(A::v_arg, "BKV", attention.head_dim_v), OperandArg{A::q_offsets_arg},
             OperandArg{A::kv_offsets_arg}, OperandArg{A::o_arg}, OperandArg{A::lse_arg},
             StrideArg{A::o_arg, 1}, StrideArg{A::o_arg, 2}, StrideArg{A::lse_arg, 2},
             DimArg{A::heads_dim, 32}, DimArg{A::kv_heads_dim, 32},
             attention.explicit_scale
                 ? KernelArg{ScalarArg{A::scale_arg}}
                 : KernelArg{float_bits(1 / std::sqrt(static_cast<float>(attention.head_dim)))}})};
        program.steps[0].shared_bytes = config.integer("STAGES") * config.integer("BKV") *
                                        (attention.head_dim + attention.head_dim_v) * 2;
        program.numerics = {.operand = attention.dtype, .batch_invariant = true};
        program.tiles = {{A::q_len_dim, config.integer("BQ"), 1},
                         {A::kv_len_dim, config.integer("BKV"), config.integer("STAGES")}};
        return program;
    }
};

Attention batch_of(std::int64_t batch, std::int64_t longest, std::int64_t seed) {
    Attention attention;
    attention.batch = batch;
    attention.heads = 8;
    attention.kv_heads = 2;
    attention.q_len = attention.kv_len = longest;
    attention.head_dim = attention.head_dim_v = 128;
    attention.dtype = DType::bf16;
    attention.causal = attention.lse = attention.variable_q = true;
    attention.lengths = {.kind = Lengths::Kind::uniform, .low = 16, .high = longest, .seed = seed};
    return attention;
}

} // namespace

TEST_CASE("paper: variable-length causal attention forward with log-sum-exp", "[paper]") {
    const VarlenForward family;
    const Config config = {{"BQ", 128}, {"BKV", 64}, {"STAGES", 2}};
    const Problem problem = batch_of(4, 300, 1).problem();
    const Program program = check_carried(attention_operation(), family, problem, config, hopper());
    CHECK(program.steps[0].grid[0].value(problem) == 3);

    // Another batch runs the same program.
    const Problem other = batch_of(7, 500, 2).problem();
    CHECK(digest(family.emit(other, config, hopper())) == digest(program));

    // How many tokens a batch has is in no dim: tensor maps take it from the operand at launch.
    const auto specs = attention_operation().args(problem);
    const ArgSpec& q = specs[Attention::q_arg];
    const Tensor at_launch{nullptr, q.strides, q.shape};
    CHECK(at_launch.shape[1] < 4 * 300);
    CHECK(at_launch.shape[1] >= 4 * 16);
    const auto& map = std::get<TensorMap>(program.steps[0].args[0]);
    CHECK(map.sizes == std::array<std::int64_t, max_rank>{});

    Attention scaled = batch_of(4, 300, 1);
    scaled.explicit_scale = true;
    (void)check_carried(attention_operation(), family, scaled.problem(), config, hopper());
}
