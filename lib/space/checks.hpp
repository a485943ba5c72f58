// The constraints of a space over the digits of its points.
#pragma once

#include "hone/space.hpp"
#include "lib/space/expression.hpp"
#include "lib/space/translate.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hone::space {

// What all threads share: what each constraint reads, and values as constraints see them.
class ConstraintTable final {
  public:
    // Fills in Constraint::parameters. Both spans must outlive the table. Throws Error(workload) on
    // bad expressions and on names that are no parameters.
    ConstraintTable(std::span<const Parameter> parameters, std::span<Constraint> constraints);

    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    // Positions of the parameters that the constraint reads.
    [[nodiscard]] std::span<const std::size_t> reads(std::size_t constraint) const {
        return entries_[constraint].reads;
    }

  private:
    friend class Checks;
    struct Entry {
        std::vector<std::size_t> reads;
        const Constraint* constraint = nullptr;
        std::optional<Translation> expression; // nothing for a predicate
    };
    std::vector<Entry> entries_;
    std::vector<std::vector<double>> numbers_;         // [parameter][digit], for expressions
    std::vector<std::vector<std::int64_t>> arguments_; // [parameter][digit], for predicates
};

// The constraints, compiled for one thread at a time.
class Checks final {
  public:
    explicit Checks(const ConstraintTable& table);

    // `digits` has one per parameter of the space; those the constraint does not read are ignored.
    [[nodiscard]] bool holds(std::size_t constraint, std::span<const std::uint32_t> digits);
    [[nodiscard]] bool all_hold(std::span<const std::size_t> constraints,
                                std::span<const std::uint32_t> digits);

  private:
    const ConstraintTable& table_;
    std::vector<std::optional<Expression>> expressions_;
    std::vector<std::int64_t> arguments_;
};

// Lends each thread compiled constraints of its own, so that const calls of a space need no lock
// while they compute.
class ChecksPool final {
  public:
    explicit ChecksPool(const ConstraintTable& table) : table_(table) {}

    class Lease final {
      public:
        explicit Lease(ChecksPool& pool);
        ~Lease();
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;

        [[nodiscard]] Checks& operator*() const noexcept { return *checks_; }
        [[nodiscard]] Checks* operator->() const noexcept { return checks_.get(); }

      private:
        ChecksPool& pool_;
        std::unique_ptr<Checks> checks_;
    };

  private:
    const ConstraintTable& table_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Checks>> idle_;
};

} // namespace hone::space
