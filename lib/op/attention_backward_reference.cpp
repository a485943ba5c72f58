// Backward, from the log-sum-exp and the output of the forward pass as they are given:
//   P = exp(S - lse), delta = rowsum(dO o), dS = P (dO V^T - delta) scale,
//   dV = P^T dO, dQ = dS K, dK = dS^T Q
// (Dao, Fu, Ermon, Rudra, Re, FlashAttention, NeurIPS 2022, appendix B.4), with the slope of
// softcap as a further factor of dS. Magnitudes take dO V^T - delta as a sum of absolute values.
#include "lib/op/attention_operation.hpp"
#include "lib/op/attention_scores.hpp"
#include "lib/op/reference_rows.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace hone {

namespace {

template <typename Real> class Backward final {
  public:
    Backward(const Attention& attention, std::span<const HostTensor> args)
        : attention_(attention), args_(args), shape_(attention),
          rule_(attention, args[Attention::bscale_arg]) {}

    void run_queries(ReferenceRows& dq) const {
        for (const RowBucket& bucket : bucket_rows(dq.rows, shape_.queries(), shape_.group(),
                                                   rows_at_once(attention_.kv_len))) {
            run_queries(bucket, dq);
        }
    }

    // Rows of keys and of values are numbered alike, so both selections are the same.
    void run_keys(ReferenceRows& dk, ReferenceRows& dv) const {
        const std::int64_t queries = attention_.q_len * shape_.group();
        for (const RowBucket& bucket :
             bucket_rows(dk.rows, shape_.keys(), 1, rows_at_once(queries))) {
            run_keys(bucket, dk, dv);
        }
    }

  private:
    struct Query {
        Real lse = 0, delta = 0, delta_magnitude = 0;
    };

    [[nodiscard]] Query query(const Token& token) const {
        const SequenceSide& queries = shape_.queries();
        const HostTensor& lse = args_[Attention::blse_arg];
        const Token tokens[] = {token};
        const std::vector<Real> o = read_tokens<Real>(args_[Attention::bo_arg], queries, tokens);
        const std::vector<Real> d_o = read_tokens<Real>(args_[Attention::bdo_arg], queries, tokens);
        Query query;
        load_run(lse.spec.dtype, lse.data, queries.offset(lse.spec, token), 1, 1, &query.lse);
        for (std::size_t e = 0; e < o.size(); ++e) {
            const Real product = d_o[e] * o[e];
            query.delta += product;
            query.delta_magnitude += std::abs(product);
        }
        return query;
    }

    // P and dS of one query and one key, and what errors of dS are measured against.
    struct Weight {
        Real p, ds, ds_magnitude;
    };
    [[nodiscard]] Weight weight(const Query& query, Real product, Real gradient,
                                Real gradient_magnitude) const {
        const Real score = rule_.score(product);
        const Real p = std::exp(score - query.lse);
        const Real factor = p * rule_.slope(score) * rule_.scale;
        return {p, factor * (gradient - query.delta),
                std::abs(factor) * (gradient_magnitude + query.delta_magnitude)};
    }

    void run_queries(const RowBucket& bucket, ReferenceRows& dq) const {
        const std::size_t count = bucket.tokens.size();
        const std::int64_t keys = shape_.keys().length(bucket.sequence);
        const auto width = static_cast<std::size_t>(keys);
        const TokenRows k =
            rows_of(args_[Attention::bk_arg], shape_.keys(), bucket.sequence, bucket.kv_head, 1);
        const TokenRows v =
            rows_of(args_[Attention::bv_arg], shape_.keys(), bucket.sequence, bucket.kv_head, 1);
        const auto read = [&](Attention::BackwardArg arg) {
            return read_tokens<Real>(args_[arg], shape_.queries(), bucket.tokens);
        };
        const RowSums<Real> products = row_sums<Real>(read(Attention::bq_arg), count, keys,
                                                      as_columns<Real>(k), Summation::simple);
        const RowSums<Real> gradients = row_sums<Real>(read(Attention::bdo_arg), count, keys,
                                                       as_columns<Real>(v), Summation::simple);
        std::vector<Real> ds(count * width, Real{0}), ds_magnitudes(count * width, Real{0});
        for (std::size_t i = 0; i < count; ++i) {
            const Query row = query(bucket.tokens[i]);
            const KeyRange visible = shape_.visible(bucket.sequence, bucket.tokens[i].position);
            for (std::int64_t j = visible.first; j < visible.last; ++j) {
                const std::size_t at = i * width + static_cast<std::size_t>(j);
                const Weight one = weight(row, products.values[at], gradients.values[at],
                                          gradients.magnitudes[at]);
                ds[at] = one.ds;
                ds_magnitudes[at] = one.ds_magnitude;
            }
        }
        store(bucket, ds, ds_magnitudes, attention_.head_dim, k, dq);
    }

    void run_keys(const RowBucket& bucket, ReferenceRows& dk, ReferenceRows& dv) const {
        const std::size_t count = bucket.tokens.size();
        const std::int64_t length = shape_.queries().length(bucket.sequence);
        const std::int64_t group = shape_.group(), queries = length * group;
        const auto width = static_cast<std::size_t>(queries);
        const auto rows_of_group = [&](Attention::BackwardArg arg) {
            return rows_of(args_[arg], shape_.queries(), bucket.sequence, bucket.kv_head * group,
                           group);
        };
        const TokenRows q = rows_of_group(Attention::bq_arg);
        const TokenRows d_o = rows_of_group(Attention::bdo_arg);
        const auto read = [&](Attention::BackwardArg arg) {
            return read_tokens<Real>(args_[arg], shape_.keys(), bucket.tokens);
        };
        const RowSums<Real> products = row_sums<Real>(read(Attention::bk_arg), count, queries,
                                                      as_columns<Real>(q), Summation::simple);
        const RowSums<Real> gradients = row_sums<Real>(read(Attention::bv_arg), count, queries,
                                                       as_columns<Real>(d_o), Summation::simple);
        std::vector<Real> p(count * width, Real{0}), ds(p), ds_magnitudes(p);
        for (std::int64_t i = 0; i < queries; ++i) {
            const Token token{bucket.sequence, bucket.kv_head * group + i / length, i % length};
            const KeyRange visible = shape_.visible(bucket.sequence, token.position);
            if (visible.first == visible.last) continue;
            const Query row = query(token);
            for (std::size_t key = 0; key < count; ++key) {
                const std::int64_t j = bucket.tokens[key].position;
                if (j < visible.first || j >= visible.last) continue;
                const std::size_t at = key * width + static_cast<std::size_t>(i);
                const Weight one = weight(row, products.values[at], gradients.values[at],
                                          gradients.magnitudes[at]);
                p[at] = one.p;
                ds[at] = one.ds;
                ds_magnitudes[at] = one.ds_magnitude;
            }
        }
        store(bucket, p, p, attention_.head_dim_v, d_o, dv);
        store(bucket, ds, ds_magnitudes, attention_.head_dim, q, dk);
    }

    // The products of a bucket's weights with rows, and of their magnitudes.
    static void store(const RowBucket& bucket, const std::vector<Real>& weights,
                      const std::vector<Real>& weight_magnitudes, std::int64_t columns,
                      const TokenRows& rows, ReferenceRows& result) {
        const std::size_t count = bucket.tokens.size();
        RowSums<Real> sums =
            row_sums<Real>(weights, count, columns, as_rows<Real>(rows), Summation::simple);
        if (&weights != &weight_magnitudes) {
            sums.magnitudes = row_sums<Real>(weight_magnitudes, count, columns, as_rows<Real>(rows),
                                             Summation::simple)
                                  .magnitudes;
        }
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t at = i * static_cast<std::size_t>(columns);
            set_row(result, bucket.indices[i], sums.values.data() + at,
                    sums.magnitudes.data() + at);
        }
    }

    const Attention& attention_;
    std::span<const HostTensor> args_;
    AttentionShape shape_;
    ScoreRule<Real> rule_;
};

template <typename Real>
void run(const Attention& attention, std::span<const HostTensor> args,
         std::vector<ReferenceRows>& results) {
    const Backward<Real> backward(attention, args);
    backward.run_queries(results[0]);
    backward.run_keys(results[1], results[2]);
}

// Rows of a selection that this output has: outputs differ in their number of rows.
ReferenceRows select_some(const RowSelection& selection, std::int64_t row_count,
                          std::int64_t row_length) {
    const RowSelection kept = rows_below(selection, row_count);
    if (kept.rows.empty() && !selection.rows.empty()) {
        ReferenceRows none;
        none.row_length = row_length;
        return none;
    }
    return select_rows(kept, row_count, row_length);
}

} // namespace

std::vector<ReferenceRows> attention_backward_reference(const Attention& attention,
                                                        std::span<const HostTensor> args,
                                                        const RowSelection& selection,
                                                        Operation::Arithmetic arithmetic) {
    const AttentionShape shape(attention);
    const std::int64_t queries = shape.queries().row_count(), keys = shape.keys().row_count();
    std::vector<ReferenceRows> results;
    results.push_back(select_some(selection, queries, attention.head_dim));
    results.push_back(select_some(selection, keys, attention.head_dim));
    results.push_back(select_some(selection, keys, attention.head_dim_v));
    if (arithmetic == Operation::Arithmetic::plain) {
        run<float>(attention, args, results);
    } else {
        run<double>(attention, args, results);
    }
    for (ReferenceRows& rows : results) finish_rows(rows, attention.dtype, arithmetic);
    return results;
}

} // namespace hone
