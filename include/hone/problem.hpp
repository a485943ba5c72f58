// A problem is an operation with every dim, dtype and attribute filled in. It is plain data, so
// that a lookup hashes and compares it without allocating; its canonical text is its key everywhere
// else.
#pragma once

#include "hone/dtype.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace hone {

// A text of at most 31 printable ASCII characters other than space and '=', stored in place and
// padded with zeros.
class Name {
  public:
    static constexpr std::size_t capacity = 31;

    constexpr Name() = default;
    // Other texts throw Error(workload).
    explicit Name(std::string_view text);

    [[nodiscard]] std::string_view view() const noexcept {
        return {bytes_.data(), ::strnlen(bytes_.data(), bytes_.size())};
    }
    [[nodiscard]] bool empty() const noexcept { return bytes_[0] == '\0'; }
    friend bool operator==(const Name&, const Name&) = default;

  private:
    std::array<char, capacity + 1> bytes_{};
};

// Slots are given meaning by the operation's Schema. Unused slots are zero.
struct Problem {
    static constexpr int max_dims = 12;
    static constexpr int max_dtypes = 8;
    static constexpr int max_attributes = 16;
    static constexpr int max_names = 2;

    Name operation;
    std::array<std::int64_t, max_dims> dims{};
    std::array<std::int64_t, max_attributes> attributes{}; // choice index, flag, integer, real bits
    std::array<Name, max_names> names{};
    std::array<DType, max_dtypes> dtypes{};

    friend bool operator==(const Problem&, const Problem&) = default;
};
static_assert(std::is_trivially_copyable_v<Problem>);
static_assert(std::has_unique_object_representations_v<Problem>);

// XXH3 of the plain bytes. Not stable across releases: never stored.
[[nodiscard]] std::uint64_t hash(const Problem& problem) noexcept;

// One field of an operation's text form.
struct Field {
    enum class Kind : std::uint8_t {
        dim,     // positive integer in dims[slot]
        dtype,   // in dtypes[slot]
        choice,  // index into `choices`, in attributes[slot]
        flag,    // true | false, in attributes[slot]
        integer, // any integer in [min, max], in attributes[slot]
        real,    // finite double, its bits in attributes[slot]
        steps,   // choices joined by '+', 5 bits each (index + 1), first step lowest; "none" is 0
        name,    // text in names[slot]; "none" is the empty name
    };

    std::string key;
    Kind kind = Kind::dim;
    int slot = 0;
    // Default as text; empty: required, unless `default_from` names an earlier field to copy.
    std::string default_text;
    std::string default_from;
    std::vector<std::string> choices; // choice, steps; for dtype the types allowed
    std::int64_t min = 1;             // dim, integer
    std::int64_t max = std::int64_t{1} << 40;
    std::string doc; // one line, with the unit where there is one
};

// The fields of an operation in canonical order.
struct Schema {
    std::string operation; // also the first word of the text form
    // The workload table that holds such problems and, when several operations share a table, the
    // key and value that select this one (attention: pass = "forward").
    std::string table;
    std::string selector_key;
    std::string selector_value;
    std::vector<Field> fields;

    [[nodiscard]] const Field* find(std::string_view key) const noexcept;
    // Slot of a field that is known to exist; throws Error(internal) otherwise.
    [[nodiscard]] int slot(std::string_view key) const;
};

// The canonical text: operation, then every field of the schema in order as key=value, one space
// between. Two problems are equal exactly when their canonical texts are.
[[nodiscard]] std::string canonical_text(const Schema& schema, const Problem& problem);
// The same without fields that hold their default; parses back to an equal problem.
[[nodiscard]] std::string short_text(const Schema& schema, const Problem& problem);

// Bits of a real attribute, and back.
[[nodiscard]] inline std::int64_t real_bits(double value) noexcept {
    return std::bit_cast<std::int64_t>(value);
}
[[nodiscard]] inline double real_value(std::int64_t bits) noexcept {
    return std::bit_cast<double>(bits);
}

} // namespace hone

template <> struct std::hash<hone::Problem> {
    std::size_t operator()(const hone::Problem& problem) const noexcept {
        return static_cast<std::size_t>(hone::hash(problem));
    }
};
