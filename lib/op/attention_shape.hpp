// Where the tokens of each sequence are, and which keys a query sees.
#pragma once

#include "hone/attention.hpp"
#include "lib/op/row_sums.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace hone {

struct Token {
    std::int64_t sequence = 0, head = 0, position = 0;
};

// The queries or the keys of a batch. Tensors of equal lengths are batch x length x heads (bshd) or
// batch x heads x length (bhsd); those of drawn lengths 1 x total x heads, one sequence after the
// other.
class SequenceSide final {
  public:
    SequenceSide(std::vector<std::int64_t> lengths, bool variable, std::int64_t heads,
                 AttentionLayout layout);

    [[nodiscard]] std::int64_t length(std::int64_t sequence) const {
        return lengths_[static_cast<std::size_t>(sequence)];
    }
    [[nodiscard]] const std::vector<std::int64_t>& lengths() const { return lengths_; }
    [[nodiscard]] const std::vector<std::int64_t>& offsets() const { return offsets_; }
    [[nodiscard]] std::int64_t heads() const { return heads_; }
    [[nodiscard]] bool variable() const { return variable_; }

    [[nodiscard]] ArgSpec tensor(std::string name, Role role, DType dtype,
                                 std::int64_t columns) const;
    // One element per token: rows as in tensor(), but in memory a sequence's are neighbours, head
    // by head.
    [[nodiscard]] ArgSpec scalars(std::string name, Role role, DType dtype) const;

    [[nodiscard]] int sequence_axis() const { return layout_ == AttentionLayout::bshd ? 1 : 2; }
    [[nodiscard]] int head_axis() const { return 3 - sequence_axis(); }
    // Rows of these tensors, and the token each belongs to.
    [[nodiscard]] std::int64_t row_count() const { return offsets_.back() * heads_; }
    [[nodiscard]] Token token(std::int64_t row) const;
    // Element 0 of a token's row.
    [[nodiscard]] std::int64_t offset(const ArgSpec& spec, const Token& token) const;

  private:
    std::vector<std::int64_t> lengths_, offsets_;
    bool variable_;
    std::int64_t heads_;
    AttentionLayout layout_;
};

struct KeyRange {
    std::int64_t first = 0, last = 0; // one past
};

class AttentionShape final {
  public:
    explicit AttentionShape(const Attention& attention);

    [[nodiscard]] const SequenceSide& queries() const { return queries_; }
    [[nodiscard]] const SequenceSide& keys() const { return keys_; }
    // Queries that share a key head.
    [[nodiscard]] std::int64_t group() const { return queries_.heads() / keys_.heads(); }
    // Keys that a query of a sequence sees; empty when fully masked.
    [[nodiscard]] KeyRange visible(std::int64_t sequence, std::int64_t query) const;
    // Pages of a paged cache: each sequence's, one after the other.
    [[nodiscard]] std::vector<std::int64_t> page_counts() const;

  private:
    std::int64_t window_, page_size_;
    bool causal_;
    SequenceSide queries_, keys_;
};

// The rows of one or more heads of a sequence as one list: first head's positions, then the next
// head's.
struct TokenRows {
    DType dtype = DType::none;
    const void* data = nullptr;
    std::int64_t base = 0, stride = 0;
    std::int64_t length = 0, head_stride = 0; // positions of a head; elements from head to head
    // Paged: page of position j is table[j / page_size].
    const std::int32_t* table = nullptr;
    std::int64_t page_size = 1, page_stride = 0;

    [[nodiscard]] std::int64_t at(std::int64_t index) const {
        const std::int64_t j = index % length;
        const std::int64_t start = base + index / length * head_stride;
        if (table == nullptr) return start + j * stride;
        return start + table[j / page_size] * page_stride + j % page_size * stride;
    }
    template <typename Real>
    void read(std::int64_t index, std::int64_t column, std::int64_t count, Real* out) const {
        load_run(dtype, data, at(index) + column, 1, count, out);
    }
};

// `heads` heads from `head` on of a sequence.
[[nodiscard]] TokenRows rows_of(const HostTensor& tensor, const SequenceSide& side,
                                std::int64_t sequence, std::int64_t head, std::int64_t heads);
// Of a paged cache.
[[nodiscard]] TokenRows paged_rows_of(const HostTensor& pages, const HostTensor& block_table,
                                      const SequenceSide& side, std::int64_t page_size,
                                      std::int64_t sequence, std::int64_t head);

// Rows as the columns of a product's second operand (for scores), or as its rows (for outputs).
template <typename Real> [[nodiscard]] PanelReader<Real> as_columns(const TokenRows& rows);
template <typename Real> [[nodiscard]] PanelReader<Real> as_rows(const TokenRows& rows);

} // namespace hone
