// Forward: for each query, softmax of its scores, then the weighted sum of values.
#include "lib/op/attention_operation.hpp"
#include "lib/op/attention_scores.hpp"
#include "lib/op/reference_rows.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

namespace hone {

namespace {

// The weights of one row of products, in place: exp(score - largest) of visible keys, 0 of others.
template <typename Real> struct Softmax {
    Real largest = -std::numeric_limits<Real>::infinity();
    Real sum = 0;
    Real score_magnitude =
        0; // weighted mean of what rounding errors of scores are measured against

    Softmax(const ScoreRule<Real>& rule, KeyRange visible, std::int64_t count, Real* products,
            const Real* magnitudes) {
        std::fill(products, products + visible.first, Real{0});
        std::fill(products + visible.last, products + count, Real{0});
        for (std::int64_t j = visible.first; j < visible.last; ++j) {
            products[j] = rule.score(products[j]);
            largest = std::max(largest, products[j]);
        }
        for (std::int64_t j = visible.first; j < visible.last; ++j) {
            products[j] = std::exp(products[j] - largest);
            sum += products[j];
            score_magnitude += products[j] * magnitudes[j] * std::abs(rule.scale);
        }
        if (sum > 0) score_magnitude /= sum;
    }
    [[nodiscard]] bool masked() const { return sum == 0; }
    [[nodiscard]] Real log_sum() const {
        return masked() ? -std::numeric_limits<Real>::infinity() : largest + std::log(sum);
    }
};

template <typename Real> class Forward final {
  public:
    Forward(const Attention& attention, std::span<const HostTensor> args)
        : attention_(attention), args_(args), shape_(attention),
          rule_(attention, args[Attention::scale_arg]) {}

    // Fills the rows in; either result may be null.
    void run(std::span<const std::int64_t> rows, ReferenceRows* o, ReferenceRows* lse) const {
        const std::size_t at_once = rows_at_once(attention_.kv_len);
        for (const RowBucket& bucket :
             bucket_rows(rows, shape_.queries(), shape_.group(), at_once)) {
            run(bucket, o, lse);
        }
    }

  private:
    [[nodiscard]] TokenRows key_rows(Attention::Arg arg, const RowBucket& bucket) const {
        const HostTensor& tensor = args_[arg];
        if (attention_.page_size == 0) {
            return rows_of(tensor, shape_.keys(), bucket.sequence, bucket.kv_head, 1);
        }
        return paged_rows_of(tensor, args_[Attention::block_table_arg], shape_.keys(),
                             attention_.page_size, bucket.sequence, bucket.kv_head);
    }

    void run(const RowBucket& bucket, ReferenceRows* o, ReferenceRows* lse) const {
        const std::size_t count = bucket.tokens.size();
        std::vector<KeyRange> visible;
        std::int64_t keys = 1; // so that products have a column even when all is masked
        for (const Token& token : bucket.tokens) {
            visible.push_back(shape_.visible(bucket.sequence, token.position));
            keys = std::max(keys, visible.back().last);
        }
        const std::vector<Real> q =
            read_tokens<Real>(args_[Attention::q_arg], shape_.queries(), bucket.tokens);
        RowSums<Real> products =
            row_sums<Real>(q, count, keys, as_columns<Real>(key_rows(Attention::k_arg, bucket)),
                           Summation::simple);
        std::vector<Softmax<Real>> rows;
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t at = i * static_cast<std::size_t>(keys);
            rows.emplace_back(rule_, visible[i], keys, products.values.data() + at,
                              products.magnitudes.data() + at);
        }
        if (lse != nullptr) store_log_sums(bucket, rows, *lse);
        if (o != nullptr) store_outputs(bucket, rows, products, *o);
    }

    // log-sum-exp passes on the errors of its scores, each by its weight.
    static void store_log_sums(const RowBucket& bucket, const std::vector<Softmax<Real>>& rows,
                               ReferenceRows& lse) {
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const Real value = rows[i].log_sum();
            const Real magnitude =
                rows[i].masked() ? 0 : std::max(Real{1}, std::abs(value)) + rows[i].score_magnitude;
            set_row(lse, bucket.indices[i], &value, &magnitude);
        }
    }

    // `products` holds weights by now.
    void store_outputs(const RowBucket& bucket, const std::vector<Softmax<Real>>& rows,
                       const RowSums<Real>& products, ReferenceRows& o) const {
        const auto columns = static_cast<std::size_t>(attention_.head_dim_v);
        const PanelReader<Real> v = as_rows<Real>(key_rows(Attention::v_arg, bucket));
        RowSums<Real> sums = row_sums<Real>(products.values, rows.size(), attention_.head_dim_v, v,
                                            Summation::simple);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            Real* const values = sums.values.data() + i * columns;
            Real* const magnitudes = sums.magnitudes.data() + i * columns;
            for (std::size_t e = 0; e < columns; ++e) {
                values[e] = rows[i].masked() ? 0 : values[e] / rows[i].sum;
                magnitudes[e] = rows[i].masked() ? 0 : magnitudes[e] / rows[i].sum;
            }
        }
        if constexpr (std::is_same_v<Real, double>) add_score_errors(rows, products, v, sums);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            set_row(o, bucket.indices[i], sums.values.data() + i * columns,
                    sums.magnitudes.data() + i * columns);
        }
    }

    // An error d_j of score j moves the output by P_j d_j (v_j - o). Scores err independently of
    // each other, each in proportion to scale |q||k_j| = m_j, so |P||V| grows by the root of sum
    // (P_j m_j)^2 (v_j^2 + o^2). Where weights are many it hardly does; where a few keys of a high
    // score share all weight, it counts.
    void add_score_errors(const std::vector<Softmax<Real>>& rows, const RowSums<Real>& products,
                          const PanelReader<Real>& v, RowSums<Real>& sums) const {
        const auto columns = static_cast<std::size_t>(attention_.head_dim_v);
        const std::size_t keys = products.values.size() / rows.size();
        std::vector<Real> squares(products.values.size(), Real{0});
        std::vector<Real> row_squares(rows.size(), Real{0});
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (rows[i].masked()) continue;
            for (std::size_t j = i * keys; j < (i + 1) * keys; ++j) {
                const Real moved = products.values[j] / rows[i].sum * products.magnitudes[j] *
                                   std::abs(rule_.scale);
                squares[j] = moved * moved;
                row_squares[i] += squares[j];
            }
        }
        const PanelReader<Real> squared_v = [&v](std::int64_t row, std::int64_t depth,
                                                 std::int64_t column, std::int64_t count,
                                                 std::int64_t stride, Real* out) {
            v(row, depth, column, count, stride, out);
            for (std::int64_t p = 0; p < depth; ++p) {
                for (std::int64_t j = 0; j < count; ++j) out[p * stride + j] *= out[p * stride + j];
            }
        };
        const RowSums<Real> moved = row_sums<Real>(squares, rows.size(), attention_.head_dim_v,
                                                   squared_v, Summation::simple);
        for (std::size_t at = 0; at < moved.values.size(); ++at) {
            const Real value = sums.values[at];
            sums.magnitudes[at] +=
                std::sqrt(moved.values[at] + value * value * row_squares[at / columns]);
        }
    }

    const Attention& attention_;
    std::span<const HostTensor> args_;
    AttentionShape shape_;
    ScoreRule<Real> rule_;
};

} // namespace

std::vector<ReferenceRows> attention_reference(const Attention& attention,
                                               std::span<const HostTensor> args,
                                               const RowSelection& selection,
                                               Operation::Arithmetic arithmetic) {
    const AttentionShape shape(attention);
    const std::int64_t rows = shape.queries().row_count();
    std::vector<ReferenceRows> results;
    results.push_back(select_rows(selection, rows, attention.head_dim_v));
    if (attention.lse) results.push_back(select_rows(selection, rows, 1));
    ReferenceRows* const o = results.data();
    ReferenceRows* const lse = attention.lse ? results.data() + 1 : nullptr;
    if (arithmetic == Operation::Arithmetic::plain) {
        Forward<float>(attention, args).run(o->rows, o, lse);
    } else {
        Forward<double>(attention, args).run(o->rows, o, lse);
    }
    finish_rows(*o, attention.dtype, arithmetic);
    return results;
}

} // namespace hone
