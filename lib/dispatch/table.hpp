// What a lookup reads: an immutable table of loaded programs.
#pragma once

#include "hone/backend.hpp"
#include "hone/contract.hpp"
#include "hone/dispatcher.hpp"
#include "hone/family.hpp"
#include "hone/winner.hpp"
#include "lib/dispatch/expected_loss.hpp"
#include "lib/dispatch/operands.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace hone::dispatch {

using Dims = decltype(Problem::dims);

// One loaded program and what is known of it. Shared by every table that lists it.
struct Served {
    Problem problem;            // the one it was chosen for; a fallback: one of its class
    Match match = Match::exact; // bucket, neighbour: what another problem won
    std::unique_ptr<const Kernel> kernel;
    Standing standing; // of a fallback: what its kind of arithmetic is expected to lose
    StaticDims dims;
    const Operation* operation = nullptr;
    std::string tier;
    std::vector<Prepare> prepare;
    PlanEntry plan; // as frozen in plan(); for fallbacks too, though they are not listed there
    std::string neighbour; // of those: the problem that it won, as canonical text
    ExpectedLoss loss;
};

// The problem with every dim zero: what shares a fallback.
[[nodiscard]] Problem class_of(const Problem& problem) noexcept;
// Baked dims as they are, the number of its bucket for each that has buckets, and nothing of the
// rest: problems of a class with equal results may share a program.
[[nodiscard]] Dims bucket_of(const Dims& dims, const StaticDims& statics) noexcept;

// Open addressing over hashes; built once, read by any number of threads. A problem's class is
// found first and its dims within that class, since a class is long to hash and dims are short.
class Table final {
  public:
    using Rules = std::unordered_map<Problem, std::shared_ptr<const OperandRules>>;

    explicit Table(std::vector<std::shared_ptr<const Served>> served, Rules rules = {});

    // The fastest program that may serve: for the problem itself, else of its bucket, else what won
    // a neighbour of it, else the fallback of its class. Takes no lock, allocates nothing.
    [[nodiscard]] const Served* find(const Problem& problem,
                                     const Contract& contract) const noexcept;
    // Of the operands of a problem that was announced; null for others.
    [[nodiscard]] const OperandRules* rules(const Problem& problem) const noexcept {
        const auto found = rules_.find(problem);
        return found == rules_.end() ? nullptr : found->second.get();
    }
    [[nodiscard]] std::span<const std::shared_ptr<const Served>> all() const noexcept {
        return served_;
    }

  private:
    // Programs of one class by dims, those with equal dims in order of their speed.
    class Index final {
      public:
        void add(const Dims& key, const Served* served) { entries_.push_back({key, served}); }
        void build();
        // `problem` is what would be launched: its workspace counts, not that of the entry.
        [[nodiscard]] const Served* find(const Dims& key, const Problem& problem,
                                         const Contract& contract) const noexcept;

      private:
        struct Entry {
            Dims key;
            const Served* served;
        };
        struct Slot {
            std::uint64_t hash = 0;
            std::int32_t first = -1; // into entries_; -1: empty
            std::int32_t count = 0;
        };
        std::vector<Slot> slots_;
        std::vector<Entry> entries_;
    };
    // One way to put problems of a class into buckets. Each has an index of its own: the third
    // bucket of one family and the third of another have nothing in common.
    struct Bucketing {
        StaticDims dims;
        Index index;
    };
    struct Class {
        Problem key;
        Index exact;
        std::vector<Bucketing> bucketings;
        Index neighbours; // of problems that nobody tuned, what another one won
        Index fallback;   // all under dims of zero
    };

    // The slot that holds the problem's class, or the empty one where it would go.
    [[nodiscard]] std::size_t class_slot(const Problem& problem) const noexcept;
    [[nodiscard]] Class& class_for(const Problem& problem);

    std::vector<std::shared_ptr<const Served>> served_;
    Rules rules_;
    std::vector<Class> classes_;
    std::vector<std::int32_t> class_slots_; // into classes_; -1: empty
};

} // namespace hone::dispatch
