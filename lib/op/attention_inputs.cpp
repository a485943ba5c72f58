#include "lib/op/attention_operation.hpp"
#include "lib/op/attention_scores.hpp"
#include "lib/op/tensor.hpp"
#include "lib/op/values.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace hone {

namespace {

// Multiply-adds of a forward pass that the host may spend on the inputs of a backward pass.
constexpr double affordable = 0x1p31;

// Scores of wide-ranging queries and keys would differ by hundreds and softmax would pick one key;
// a factor of 2 either way already makes it uneven. Values take the whole range.
constexpr int score_spread = 1;

struct Tensors { // positions of the arguments that both passes fill alike
    int q, k, v, q_offsets, kv_offsets, scale;
};

void fill_offsets(const HostTensor& tensor, const SequenceSide& side) {
    if (!tensor.spec.present()) return;
    auto* const out = static_cast<std::int32_t*>(tensor.data);
    std::transform(side.offsets().begin(), side.offsets().end(), out,
                   [](std::int64_t offset) { return static_cast<std::int32_t>(offset); });
}

void fill_common(const Attention& attention, const AttentionShape& shape, Distribution distribution,
                 std::uint64_t seed, std::span<const HostTensor> args, const Tensors& at) {
    const auto tensor = [&](int arg) { return args[static_cast<std::size_t>(arg)]; };
    const auto stream = [&](int arg) {
        return RandomStream(seed, static_cast<std::uint64_t>(arg));
    };
    // Neighbouring keys are equal, so that they get equal weights, and their values cancel.
    ValuePlan plan{.distribution = distribution};
    plan.spread = score_spread;
    fill(tensor(at.q), plan, stream(at.q));
    plan.axis = shape.keys().sequence_axis();
    plan.pairing = Pairing::repeat;
    fill(tensor(at.k), plan, stream(at.k));
    plan.pairing = Pairing::cancel;
    plan.spread = largest_spread(attention.dtype);
    fill(tensor(at.v), plan, stream(at.v));

    fill_offsets(tensor(at.q_offsets), shape.queries());
    fill_offsets(tensor(at.kv_offsets), shape.keys());
    if (attention.explicit_scale) {
        const double usual = 1 / std::sqrt(static_cast<double>(attention.head_dim));
        from_double(DType::f32, tensor(at.scale).data, 0,
                    usual * (0.75 + 0.5 * stream(at.scale).uniform(0)));
    }
}

// Pages of all sequences in random order. Entries behind a sequence's last page are 0.
void fill_block_table(const HostTensor& table, const AttentionShape& shape,
                      const RandomStream& random) {
    const std::vector<std::int64_t> counts = shape.page_counts();
    const std::int64_t all = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
    std::vector<std::int32_t> order(static_cast<std::size_t>(all));
    std::iota(order.begin(), order.end(), 0);
    for (std::int64_t i = all; i-- > 1;) { // Fisher and Yates
        const std::int64_t other = below(random.bits(i), static_cast<std::uint32_t>(i + 1));
        std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(other)]);
    }
    auto next = order.begin();
    auto* out = static_cast<std::int32_t*>(table.data);
    for (const std::int64_t count : counts) {
        std::copy_n(next, count, out);
        std::fill(out + count, out + table.spec.shape[1], 0);
        next += count;
        out += table.spec.shape[1];
    }
}

// Slots of last pages behind the end of their sequence hold nothing: NaN shows who reads them.
void poison_page_ends(const HostTensor& pages, const HostTensor& table, const Attention& attention,
                      const AttentionShape& shape) {
    const std::int64_t columns = pages.spec.shape[3];
    const std::vector<double> nothing(static_cast<std::size_t>(columns),
                                      std::numeric_limits<double>::quiet_NaN());
    for (std::int64_t sequence = 0; sequence < attention.batch; ++sequence) {
        const std::int64_t length = shape.keys().length(sequence);
        const std::int64_t room =
            (length + attention.page_size - 1) / attention.page_size * attention.page_size;
        for (std::int64_t head = 0; head < attention.kv_heads; ++head) {
            const TokenRows rows =
                paged_rows_of(pages, table, shape.keys(), attention.page_size, sequence, head);
            for (std::int64_t j = length; j < room; ++j) {
                store_run(pages.spec.dtype, pages.data, rows.at(j), 1, columns, nothing.data());
            }
        }
    }
}

// lse and o of a forward pass too large for the host, estimated for a key head's queries as if keys
// were normal and independent of values: lse = log n + mean + variance / 2 of a query's scores, o
// the mean of the values. The backward pass is a function of whatever lse and o it is given, so its
// reference is as exact as with true ones.
void estimate_forward(const Attention& attention, const AttentionShape& shape,
                      std::span<const HostTensor> args, std::int64_t sequence,
                      std::int64_t kv_head) {
    const auto mean_of = [&](Attention::BackwardArg arg, std::vector<double>& variance) {
        const HostTensor& tensor = args[arg];
        const auto columns = static_cast<std::size_t>(tensor.spec.shape[3]);
        const std::int64_t length = shape.keys().length(sequence);
        const TokenRows rows = rows_of(tensor, shape.keys(), sequence, kv_head, 1);
        std::vector<double> row(columns), mean(columns, 0.0);
        variance.assign(columns, 0.0);
        for (std::int64_t j = 0; j < length; ++j) {
            rows.read(j, 0, tensor.spec.shape[3], row.data());
            for (std::size_t e = 0; e < columns; ++e) {
                mean[e] += row[e] / static_cast<double>(length);
                variance[e] += row[e] * row[e] / static_cast<double>(length);
            }
        }
        for (std::size_t e = 0; e < columns; ++e) variance[e] -= mean[e] * mean[e];
        return mean;
    };
    std::vector<double> variance, unused;
    const std::vector<double> k = mean_of(Attention::bk_arg, variance);
    const std::vector<double> v = mean_of(Attention::bv_arg, unused);
    const ScoreRule<double> rule(attention, args[Attention::bscale_arg]);
    const HostTensor &o = args[Attention::bo_arg], &lse = args[Attention::blse_arg];
    const std::vector<double> zeros(v.size(), 0.0);
    for (std::int64_t head = kv_head * shape.group(); head < (kv_head + 1) * shape.group();
         ++head) {
        for (std::int64_t i = 0; i < shape.queries().length(sequence); ++i) {
            const Token token{sequence, head, i};
            const KeyRange visible = shape.visible(sequence, i);
            const bool masked = visible.first == visible.last;
            const Token tokens[] = {token};
            const std::vector<double> q =
                read_tokens<double>(args[Attention::bq_arg], shape.queries(), tokens);
            double score = 0, spread = 0;
            for (std::size_t e = 0; e < q.size(); ++e) {
                score += q[e] * k[e];
                spread += q[e] * q[e] * variance[e];
            }
            const double estimate = masked ? -std::numeric_limits<double>::infinity()
                                           : std::log(visible.last - visible.first) +
                                                 rule.score(score) +
                                                 spread * rule.scale * rule.scale / 2;
            from_double(DType::f32, lse.data, shape.queries().offset(lse.spec, token), estimate);
            store_run(o.spec.dtype, o.data, shape.queries().offset(o.spec, token), 1,
                      attention.head_dim_v, masked ? zeros.data() : v.data());
        }
    }
}

void exact_forward(const Attention& attention, std::span<const HostTensor> args) {
    Attention forward = attention;
    forward.backward = false;
    forward.lse = true;
    std::vector<HostTensor> forward_args(Attention::lse_arg + 1);
    forward_args[Attention::q_arg] = args[Attention::bq_arg];
    forward_args[Attention::k_arg] = args[Attention::bk_arg];
    forward_args[Attention::v_arg] = args[Attention::bv_arg];
    forward_args[Attention::scale_arg] = args[Attention::bscale_arg];
    const std::vector<ReferenceRows> results =
        attention_reference(forward, forward_args, {}, Operation::Arithmetic::fp64);
    for (const auto& [arg, rows] :
         {std::pair{Attention::bo_arg, &results[0]}, std::pair{Attention::blse_arg, &results[1]}}) {
        const HostTensor& tensor = args[arg];
        for (std::size_t i = 0; i < rows->rows.size(); ++i) {
            const Row row = row_of(tensor.spec, rows->rows[i]);
            store_run(tensor.spec.dtype, tensor.data, row.offset, 1, row.length,
                      rows->values.data() + i * static_cast<std::size_t>(row.length));
        }
    }
}

} // namespace

void make_attention_inputs(const Attention& attention, Distribution distribution,
                           std::uint64_t seed, std::span<const HostTensor> args) {
    const AttentionShape shape(attention);
    fill_common(attention, shape, distribution, seed, args,
                {Attention::q_arg, Attention::k_arg, Attention::v_arg, Attention::q_offsets_arg,
                 Attention::kv_offsets_arg, Attention::scale_arg});
    const HostTensor& table = args[Attention::block_table_arg];
    if (!table.spec.present()) return;
    fill_block_table(table, shape, RandomStream(seed, Attention::block_table_arg));
    poison_page_ends(args[Attention::k_arg], table, attention, shape);
    poison_page_ends(args[Attention::v_arg], table, attention, shape);
}

void make_attention_backward_inputs(const Attention& attention, Distribution distribution,
                                    std::uint64_t seed, std::span<const HostTensor> args) {
    const AttentionShape shape(attention);
    fill_common(attention, shape, distribution, seed, args,
                {Attention::bq_arg, Attention::bk_arg, Attention::bv_arg, Attention::bq_offsets_arg,
                 Attention::bkv_offsets_arg, Attention::bscale_arg});
    ValuePlan plan{.distribution = distribution};
    plan.spread = largest_spread(attention.dtype) / 2; // dO V^T multiplies it with the values
    fill(args[Attention::bdo_arg], plan, RandomStream(seed, Attention::bdo_arg));

    const double forward_work = visible_pairs(attention) * static_cast<double>(attention.heads) *
                                static_cast<double>(attention.head_dim + attention.head_dim_v);
    if (forward_work <= affordable) return exact_forward(attention, args);
    for (std::int64_t sequence = 0; sequence < attention.batch; ++sequence) {
        for (std::int64_t head = 0; head < attention.kv_heads; ++head) {
            estimate_forward(attention, shape, args, sequence, head);
        }
    }
}

} // namespace hone
