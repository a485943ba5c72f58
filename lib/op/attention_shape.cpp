#include "lib/op/attention_shape.hpp"

#include "lib/base/saturating.hpp"
#include "lib/op/lengths.hpp"
#include "lib/op/tensor.hpp"

#include <algorithm>

namespace hone {

namespace {

std::vector<std::int64_t> key_lengths(const Attention& attention) {
    if (attention.lengths.kind != Lengths::Kind::fixed) {
        return draw_lengths(attention.lengths, attention.batch);
    }
    return std::vector<std::int64_t>(static_cast<std::size_t>(attention.batch), attention.kv_len);
}

std::vector<std::int64_t> query_lengths(const Attention& attention) {
    if (attention.variable_q) return key_lengths(attention);
    return std::vector<std::int64_t>(static_cast<std::size_t>(attention.batch), attention.q_len);
}

} // namespace

SequenceSide::SequenceSide(std::vector<std::int64_t> lengths, bool variable, std::int64_t heads,
                           AttentionLayout layout)
    : lengths_(std::move(lengths)), offsets_(offsets_of(lengths_)), variable_(variable),
      heads_(heads), layout_(layout) {}

ArgSpec SequenceSide::tensor(std::string name, Role role, DType dtype, std::int64_t columns) const {
    if (variable_) {
        return packed_tensor(std::move(name), role, dtype, {1, offsets_.back(), heads_, columns});
    }
    const auto batch = static_cast<std::int64_t>(lengths_.size());
    return layout_ == AttentionLayout::bshd
               ? packed_tensor(std::move(name), role, dtype, {batch, lengths_[0], heads_, columns})
               : packed_tensor(std::move(name), role, dtype, {batch, heads_, lengths_[0], columns});
}

ArgSpec SequenceSide::scalars(std::string name, Role role, DType dtype) const {
    ArgSpec spec = tensor(std::move(name), role, dtype, 1);
    const auto sequence = static_cast<std::size_t>(sequence_axis());
    const auto head = static_cast<std::size_t>(head_axis());
    spec.strides[sequence] = 1;
    spec.strides[head] = spec.shape[sequence];
    spec.strides[0] = spec.shape[sequence] * heads_;
    spec.strides[3] = spec.strides[0]; // of one element; not 1, since rows do interleave
    return spec;
}

Token SequenceSide::token(std::int64_t row) const {
    if (variable_) {
        const std::int64_t at = row / heads_;
        const auto next = std::upper_bound(offsets_.begin(), offsets_.end(), at);
        const std::int64_t sequence = next - offsets_.begin() - 1;
        return {sequence, row % heads_, at - offsets_[static_cast<std::size_t>(sequence)]};
    }
    const std::int64_t length = lengths_[0];
    const std::int64_t sequence = row / (length * heads_), rest = row % (length * heads_);
    if (layout_ == AttentionLayout::bshd) return {sequence, rest % heads_, rest / heads_};
    return {sequence, rest / length, rest % length};
}

std::int64_t SequenceSide::offset(const ArgSpec& spec, const Token& token) const {
    const std::int64_t position =
        token.position + (variable_ ? offsets_[static_cast<std::size_t>(token.sequence)] : 0);
    return (variable_ ? 0 : token.sequence * spec.strides[0]) +
           position * spec.strides[static_cast<std::size_t>(sequence_axis())] +
           token.head * spec.strides[static_cast<std::size_t>(head_axis())];
}

AttentionShape::AttentionShape(const Attention& attention)
    : window_(attention.window), page_size_(attention.page_size), causal_(attention.causal),
      queries_(query_lengths(attention), attention.variable_q, attention.heads, attention.layout),
      keys_(key_lengths(attention), attention.lengths.kind != Lengths::Kind::fixed,
            attention.kv_heads, attention.layout) {}

KeyRange AttentionShape::visible(std::int64_t sequence, std::int64_t query) const {
    const std::int64_t keys = keys_.length(sequence);
    const std::int64_t diagonal = query + keys - queries_.length(sequence);
    KeyRange range{0, keys};
    if (causal_) range.last = std::clamp<std::int64_t>(diagonal + 1, 0, keys);
    if (window_ > 0) range.first = std::clamp<std::int64_t>(diagonal - window_, 0, keys);
    range.first = std::min(range.first, range.last);
    return range;
}

std::vector<std::int64_t> AttentionShape::page_counts() const {
    std::vector<std::int64_t> counts;
    for (const std::int64_t length : keys_.lengths()) {
        counts.push_back(ceil_divide(length, page_size_));
    }
    return counts;
}

TokenRows rows_of(const HostTensor& tensor, const SequenceSide& side, std::int64_t sequence,
                  std::int64_t head, std::int64_t heads) {
    TokenRows rows;
    rows.dtype = tensor.spec.dtype;
    rows.data = tensor.data;
    rows.base = side.offset(tensor.spec, {sequence, head, 0});
    rows.stride = tensor.spec.strides[static_cast<std::size_t>(side.sequence_axis())];
    rows.head_stride = tensor.spec.strides[static_cast<std::size_t>(side.head_axis())];
    // One head needs no division by its length.
    rows.length = heads == 1 ? std::numeric_limits<std::int64_t>::max() : side.length(sequence);
    return rows;
}

TokenRows paged_rows_of(const HostTensor& pages, const HostTensor& block_table,
                        const SequenceSide& side, std::int64_t page_size, std::int64_t sequence,
                        std::int64_t head) {
    TokenRows rows;
    rows.dtype = pages.spec.dtype;
    rows.data = pages.data;
    rows.base = head * pages.spec.strides[static_cast<std::size_t>(side.head_axis())];
    rows.stride = pages.spec.strides[static_cast<std::size_t>(side.sequence_axis())];
    rows.length = std::numeric_limits<std::int64_t>::max();
    rows.table =
        static_cast<const std::int32_t*>(block_table.data) + sequence * block_table.spec.strides[0];
    rows.page_size = page_size;
    rows.page_stride = pages.spec.strides[0];
    return rows;
}

template <typename Real> PanelReader<Real> as_columns(const TokenRows& rows) {
    return [rows](std::int64_t row, std::int64_t depth, std::int64_t column, std::int64_t columns,
                  std::int64_t stride, Real* out) {
        std::vector<Real> run(static_cast<std::size_t>(depth));
        for (std::int64_t j = 0; j < columns; ++j) {
            rows.read(column + j, row, depth, run.data());
            for (std::int64_t p = 0; p < depth; ++p) {
                out[p * stride + j] = run[static_cast<std::size_t>(p)];
            }
        }
    };
}

template <typename Real> PanelReader<Real> as_rows(const TokenRows& rows) {
    return [rows](std::int64_t row, std::int64_t depth, std::int64_t column, std::int64_t columns,
                  std::int64_t stride, Real* out) {
        for (std::int64_t p = 0; p < depth; ++p) {
            rows.read(row + p, column, columns, out + p * stride);
        }
    };
}

template PanelReader<float> as_columns(const TokenRows&);
template PanelReader<double> as_columns(const TokenRows&);
template PanelReader<float> as_rows(const TokenRows&);
template PanelReader<double> as_rows(const TokenRows&);

} // namespace hone
