#include "lib/op/attention_scores.hpp"

#include <algorithm>
#include <map>

namespace hone {

std::vector<RowBucket> bucket_rows(std::span<const std::int64_t> rows, const SequenceSide& side,
                                   std::int64_t heads_per_kv_head, std::size_t at_once) {
    std::map<std::pair<std::int64_t, std::int64_t>, std::size_t> open; // bucket being filled
    std::vector<RowBucket> buckets;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Token token = side.token(rows[i]);
        const std::int64_t kv_head = token.head / heads_per_kv_head;
        const auto [found, fresh] = open.try_emplace({token.sequence, kv_head}, buckets.size());
        if (!fresh && buckets[found->second].indices.size() == at_once) {
            found->second = buckets.size();
        }
        if (found->second == buckets.size()) buckets.push_back({token.sequence, kv_head, {}, {}});
        buckets[found->second].indices.push_back(i);
        buckets[found->second].tokens.push_back(token);
    }
    return buckets;
}

std::size_t rows_at_once(std::int64_t others) noexcept {
    constexpr std::int64_t elements = std::int64_t{1} << 22;
    return static_cast<std::size_t>(std::clamp<std::int64_t>(elements / others, 8, 1024));
}

template <typename Real>
std::vector<Real> read_tokens(const HostTensor& tensor, const SequenceSide& side,
                              std::span<const Token> tokens) {
    const std::int64_t columns = tensor.spec.shape[3];
    std::vector<Real> rows(tokens.size() * static_cast<std::size_t>(columns));
    Real* out = rows.data();
    for (const Token& token : tokens) {
        load_run(tensor.spec.dtype, tensor.data, side.offset(tensor.spec, token), 1, columns, out);
        out += columns;
    }
    return rows;
}

template std::vector<float> read_tokens(const HostTensor&, const SequenceSide&,
                                        std::span<const Token>);
template std::vector<double> read_tokens(const HostTensor&, const SequenceSide&,
                                         std::span<const Token>);

RowSelection rows_below(const RowSelection& selection, std::int64_t row_count) {
    RowSelection kept;
    for (const std::int64_t row : selection.rows) {
        if (row < row_count) kept.rows.push_back(row);
    }
    return kept;
}

} // namespace hone
