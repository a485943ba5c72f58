// The legal configs of a family for one problem on one device model.
#pragma once

#include "hone/config.hpp"

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace hone {

// Mixed-radix index of a raw point: parameter 0 varies slowest. Legal or not.
struct ConfigIndex {
    std::uint64_t value = 0;

    // clang-tidy takes the ordering's implied comparison with 0 for a null pointer.
    friend auto operator<=>(const ConfigIndex&,
                            const ConfigIndex&) = default; // NOLINT(modernize-use-nullptr)
};

struct Parameter {
    std::string name;
    std::vector<Value> values; // at least one, all different
    bool ordinal = true;       // neighbouring values are alike; false: plain categories
    std::string doc = {};
};

// What must hold between parameters, checked as soon as all of `parameters` are set.
struct Constraint {
    // Reads the values in the order of `parameters`; a text or real value is passed as its index in
    // Parameter::values. Must be pure, must not throw, and is called from several threads.
    using Predicate = std::function<bool(std::span<const std::int64_t>)>;

    // An expression over parameter names, in the syntax T1 files use (Python's: + - * / // % **,
    // comparisons with chains such as a <= b <= c, and or not, parentheses, `x in (1, 2)`, min max
    // abs, numbers, True, False and quoted texts), with Python's results: // and % round down, and
    // a false left side guards the right one. Numbers are doubles, so integers are exact up to
    // 2^53; what Python would raise for, such as a division by zero, breaks the constraint. Unknown
    // names and bad syntax throw Error(workload) with the column when the space is built.
    static Constraint expression(std::string text);
    static Constraint predicate(std::vector<std::string> parameters, Predicate check,
                                std::string description = {});

    std::string text; // the expression, or what the predicate means; never empty in a space
    std::vector<std::string> parameters; // filled in from the expression when the space is built
    Predicate check;                     // null for an expression
};

// Immutable after construction; safe to use from several threads. Copies share their tables.
//
// Each group of parameters joined by constraints is set up as a tree of legal partial assignments
// (Rasch et al., "Efficient Auto-Tuning of Parallel Programs with Interdependent Tuning Parameters
// via Auto-Tuning Framework (ATF)", TACO 2021), in the order in which its constraints cut most, so
// the cost follows the legal points and not the raw ones. A group whose legal points are too many
// to list keeps the upper levels of its tree and draws the rest by rejection: everything works
// except legal_count() and nth().
class SearchSpace {
  public:
    struct Limits {
        // On each level of a group's tree; bounds memory (8 bytes each) and set-up time.
        std::uint64_t listed_nodes = 4'000'000;
    };

    SearchSpace() : SearchSpace({}, {}) {} // one point: the empty config
    SearchSpace(std::vector<Parameter> parameters, std::vector<Constraint> constraints);
    // Throws Error(workload) on repeated names or values, empty value lists, names and values that
    // cannot stand in a config, bad constraints, or more than 2^63 raw points.
    SearchSpace(std::vector<Parameter> parameters, std::vector<Constraint> constraints,
                Limits limits);

    [[nodiscard]] std::span<const Parameter> parameters() const noexcept;
    [[nodiscard]] std::span<const Constraint> constraints() const noexcept;
    [[nodiscard]] std::uint64_t raw_count() const noexcept;
    // Nothing when the legal points are too many to list.
    [[nodiscard]] std::optional<std::uint64_t> legal_count() const noexcept;
    // True when there is no legal point. May be false for such a space when legal_count() is
    // nothing.
    [[nodiscard]] bool empty() const noexcept;

    [[nodiscard]] bool legal(ConfigIndex index) const; // false outside the raw points
    // Uniform over the legal points. Nothing when the space is empty, or when rejection found none
    // in its bounded number of tries.
    [[nodiscard]] std::optional<ConfigIndex> sample(std::mt19937_64& random) const;
    // The legal point of rank `rank` in increasing raw order; needs rank < legal_count().
    [[nodiscard]] ConfigIndex nth(std::uint64_t rank) const;
    // Legal points that differ in exactly one parameter (Hamming distance 1), in increasing order.
    // Here and below an index of raw_count() or more throws Error(internal).
    [[nodiscard]] std::vector<ConfigIndex> neighbours(ConfigIndex index) const;
    // As above, and for ordinal parameters only to the next legal smaller and larger value.
    [[nodiscard]] std::vector<ConfigIndex> adjacent(ConfigIndex index) const;

    [[nodiscard]] Config config(ConfigIndex index) const;
    // Nothing when a name or value is not in the space, or a parameter is missing. Does not check
    // legality.
    [[nodiscard]] std::optional<ConfigIndex> find(const Config& config) const;
    // Digit of every parameter, that is the index into its values.
    void digits(ConfigIndex index, std::span<std::uint32_t> out) const;
    [[nodiscard]] ConfigIndex index(std::span<const std::uint32_t> digits) const;
    // Text of the first constraint that the point breaks; empty when it is legal.
    [[nodiscard]] std::string broken_constraint(ConfigIndex index) const;

  private:
    struct Impl;
    std::shared_ptr<const Impl> impl_;
};

} // namespace hone
