// What the references of both passes share.
#pragma once

#include "lib/op/attention_shape.hpp"

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace hone {

// From the product of a query and a key to a score.
template <typename Real> struct ScoreRule {
    Real scale = 1, softcap = 0;

    ScoreRule(const Attention& attention, const HostTensor& explicit_scale)
        : scale(static_cast<Real>(attention.explicit_scale
                                      ? to_double(explicit_scale.spec.dtype, explicit_scale.data, 0)
                                      : 1 / std::sqrt(static_cast<double>(attention.head_dim)))),
          softcap(static_cast<Real>(attention.softcap)) {}

    [[nodiscard]] Real score(Real product) const {
        const Real scaled = product * scale;
        return softcap == 0 ? scaled : softcap * std::tanh(scaled / softcap);
    }
    // Of the score against the scaled product.
    [[nodiscard]] Real slope(Real score) const {
        const Real part = softcap == 0 ? 0 : score / softcap;
        return 1 - part * part;
    }
};

// Rows of an output that need the same keys, so that those are read once.
struct RowBucket {
    std::int64_t sequence = 0, kv_head = 0;
    std::vector<std::size_t> indices; // of selected rows
    std::vector<Token> tokens;        // theirs
};

// Buckets of at most `at_once` rows; heads_per_kv_head is 1 for rows of keys.
[[nodiscard]] std::vector<RowBucket> bucket_rows(std::span<const std::int64_t> rows,
                                                 const SequenceSide& side,
                                                 std::int64_t heads_per_kv_head,
                                                 std::size_t at_once);

// Rows whose scores against `others` tokens fit a few dozen megabytes.
[[nodiscard]] std::size_t rows_at_once(std::int64_t others) noexcept;

// The rows of a bucket's tokens, one after the other.
template <typename Real>
[[nodiscard]] std::vector<Real> read_tokens(const HostTensor& tensor, const SequenceSide& side,
                                            std::span<const Token> tokens);

// One selection serves several outputs: the rows of it that an output of `row_count` rows has.
[[nodiscard]] RowSelection rows_below(const RowSelection& selection, std::int64_t row_count);

} // namespace hone
