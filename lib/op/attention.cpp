#include "hone/attention.hpp"

#include "hone/error.hpp"
#include "lib/op/attention_operation.hpp"
#include "lib/op/attention_shape.hpp"
#include "lib/op/tensor.hpp"

#include <algorithm>

namespace hone {

namespace {

class AttentionForward final : public Operation {
  public:
    [[nodiscard]] const Schema& schema() const noexcept override { return attention_schema(false); }

    void validate(const Problem& problem) const override { (void)from(problem); }

    [[nodiscard]] std::vector<ArgSpec> args(const Problem& problem) const override {
        return attention_args(from(problem));
    }
    void make_inputs(const Problem& problem, Distribution distribution, std::uint64_t seed,
                     std::span<const HostTensor> args) const override {
        make_attention_inputs(from(problem), distribution, seed, args);
    }
    [[nodiscard]] std::vector<ReferenceRows> reference(const Problem& problem,
                                                       std::span<const HostTensor> args,
                                                       const RowSelection& selection,
                                                       Arithmetic arithmetic) const override {
        return attention_reference(from(problem), args, selection, arithmetic);
    }
    // Products that masks leave out are not counted.
    [[nodiscard]] Work work(const Problem& problem) const override {
        const Attention attention = from(problem);
        const auto columns = static_cast<double>(attention.head_dim + attention.head_dim_v);
        return {2 * visible_pairs(attention) * static_cast<double>(attention.heads) * columns,
                traffic_bytes(attention_args(attention))};
    }
    [[nodiscard]] std::int64_t accumulation_length(const Problem& problem) const override {
        const Attention attention = from(problem);
        return std::max(attention.kv_len, attention.head_dim);
    }
    [[nodiscard]] Problem proxy(const Problem& problem,
                                std::span<const Tile> tiles) const override {
        return attention_proxy(from(problem), tiles).problem();
    }

  private:
    static Attention from(const Problem& problem) {
        Attention attention = Attention::from(problem);
        if (!attention.backward) return attention;
        throw Error(Errc::workload, "expected an attention problem, got attention_backward");
    }
};

class AttentionBackward final : public Operation {
  public:
    [[nodiscard]] const Schema& schema() const noexcept override { return attention_schema(true); }

    void validate(const Problem& problem) const override { (void)from(problem); }

    [[nodiscard]] std::vector<ArgSpec> args(const Problem& problem) const override {
        return attention_backward_args(from(problem));
    }
    void make_inputs(const Problem& problem, Distribution distribution, std::uint64_t seed,
                     std::span<const HostTensor> args) const override {
        make_attention_backward_inputs(from(problem), distribution, seed, args);
    }
    [[nodiscard]] std::vector<ReferenceRows> reference(const Problem& problem,
                                                       std::span<const HostTensor> args,
                                                       const RowSelection& selection,
                                                       Arithmetic arithmetic) const override {
        return attention_backward_reference(from(problem), args, selection, arithmetic);
    }
    // Five products: S, dQ and dK over head_dim, dP and dV over head_dim_v.
    [[nodiscard]] Work work(const Problem& problem) const override {
        const Attention attention = from(problem);
        const auto columns = static_cast<double>(3 * attention.head_dim + 2 * attention.head_dim_v);
        return {2 * visible_pairs(attention) * static_cast<double>(attention.heads) * columns,
                traffic_bytes(attention_backward_args(attention))};
    }
    [[nodiscard]] std::int64_t accumulation_length(const Problem& problem) const override {
        const Attention attention = from(problem);
        const std::int64_t queries = attention.q_len * (attention.heads / attention.kv_heads);
        return std::max({attention.kv_len, queries, attention.head_dim, attention.head_dim_v});
    }
    [[nodiscard]] Problem proxy(const Problem& problem,
                                std::span<const Tile> tiles) const override {
        return attention_proxy(from(problem), tiles).problem();
    }

  private:
    static Attention from(const Problem& problem) {
        Attention attention = Attention::from(problem);
        if (attention.backward) return attention;
        throw Error(Errc::workload, "expected an attention_backward problem, got attention");
    }
};

} // namespace

Attention Attention::from(const Problem& problem) {
    Attention attention;
    attention.backward = problem.operation.view() == "attention_backward";
    if (!attention.backward && problem.operation.view() != "attention") {
        throw Error(Errc::workload, "expected an attention problem, got \"" +
                                        std::string(problem.operation.view()) + "\"");
    }
    attention.batch = problem.dims[batch_dim];
    attention.heads = problem.dims[heads_dim];
    attention.kv_heads = problem.dims[kv_heads_dim];
    attention.q_len = problem.dims[q_len_dim];
    attention.kv_len = problem.dims[kv_len_dim];
    attention.head_dim = problem.dims[head_dim_dim];
    attention.head_dim_v = problem.dims[head_dim_v_dim];
    attention.dtype = problem.dtypes[0];
    const auto& slots = problem.attributes;
    if (slots[attention_layout] != 0 && slots[attention_layout] != 1) {
        throw Error(Errc::workload, "attention has no such layout");
    }
    attention.layout = static_cast<AttentionLayout>(slots[attention_layout]);
    attention.causal = slots[attention_causal] != 0;
    attention.window = slots[attention_window];
    attention.softcap = real_value(slots[attention_softcap]);
    attention.explicit_scale = slots[attention_explicit_scale] != 0;
    attention.lse = slots[attention_lse] != 0;
    attention.page_size = slots[attention_page_size];
    attention.variable_q = slots[attention_variable_q] != 0;
    attention.lengths = lengths_from(problem, attention_length_slots, true);
    if (attention.lengths.kind == Lengths::Kind::fixed) {
        if (attention.lengths.low != 1 || attention.lengths.high != 0) {
            throw Error(Errc::workload,
                        "lengths.low and lengths.high are of drawn lengths, but "
                        "lengths.distribution is fixed",
                        "write lengths.distribution=uniform");
        }
        attention.lengths.low = attention.lengths.high = attention.kv_len;
    }
    validate_attention(attention);
    return attention;
}

Problem Attention::problem() const {
    validate_attention(*this);
    Problem problem;
    problem.operation = Name(backward ? "attention_backward" : "attention");
    problem.dims[batch_dim] = batch;
    problem.dims[heads_dim] = heads;
    problem.dims[kv_heads_dim] = kv_heads;
    problem.dims[q_len_dim] = q_len;
    problem.dims[kv_len_dim] = kv_len;
    problem.dims[head_dim_dim] = head_dim;
    problem.dims[head_dim_v_dim] = head_dim_v;
    problem.dtypes[0] = dtype;
    auto& slots = problem.attributes;
    slots[attention_layout] = static_cast<std::int64_t>(layout);
    slots[attention_causal] = causal ? 1 : 0;
    slots[attention_window] = window;
    slots[attention_softcap] = real_bits(softcap);
    slots[attention_explicit_scale] = explicit_scale ? 1 : 0;
    slots[attention_lse] = lse ? 1 : 0;
    slots[attention_page_size] = page_size;
    slots[attention_variable_q] = variable_q ? 1 : 0;
    Lengths stored = lengths;
    if (stored.kind == Lengths::Kind::fixed) { // kv_len says it all
        stored.low = 1;
        stored.high = 0;
    }
    store_lengths(stored, attention_length_slots, true, problem);
    return problem;
}

double visible_pairs(const Attention& attention) {
    const AttentionShape shape(attention);
    double pairs = 0;
    for (std::int64_t sequence = 0; sequence < attention.batch; ++sequence) {
        double own = 0;
        for (std::int64_t i = 0; i < shape.queries().length(sequence); ++i) {
            const KeyRange visible = shape.visible(sequence, i);
            own += static_cast<double>(visible.last - visible.first);
        }
        if (attention.lengths.kind == Lengths::Kind::fixed) {
            return own * static_cast<double>(attention.batch);
        }
        pairs += own;
    }
    return pairs;
}

const Operation& attention_operation() {
    static const AttentionForward operation;
    return operation;
}

const Operation& attention_backward_operation() {
    static const AttentionBackward operation;
    return operation;
}

} // namespace hone
