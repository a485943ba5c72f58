// What a lookup reads: an immutable table of loaded programs.
#pragma once

#include "hone/backend.hpp"
#include "hone/contract.hpp"
#include "hone/dispatcher.hpp"
#include "hone/family.hpp"
#include "hone/winner.hpp"
#include "lib/dispatch/operands.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace hone::dispatch {

// One loaded program and what is known of it. Shared by every table that lists it.
struct Served {
    Problem problem; // the one it was chosen for; a fallback: one of its class
    Match match = Match::exact;
    std::unique_ptr<const Kernel> kernel;
    Standing standing; // of a fallback: what its kind of arithmetic is expected to lose
    StaticDims dims;
    OperandList operands;
    std::string tier;
    std::vector<Prepare> prepare;
    PlanEntry plan; // as frozen in plan(); for fallbacks too, though they are not listed there
};

// The problem with every dim zero: what shares a fallback.
[[nodiscard]] Problem class_of(const Problem& problem) noexcept;
// The problem with each dim that is not baked replaced by the number of its bucket: problems with
// equal results may share a program.
[[nodiscard]] Problem bucket_of(const Problem& problem, const StaticDims& dims) noexcept;

// Open addressing over problem hashes; built once, read by any number of threads.
class Table final {
  public:
    explicit Table(std::vector<std::shared_ptr<const Served>> served);

    // The fastest program that may serve: for the problem itself, else of its bucket, else the
    // fallback of its class. Takes no lock, allocates nothing.
    [[nodiscard]] const Served* find(const Problem& problem,
                                     const Contract& contract) const noexcept;
    [[nodiscard]] std::span<const std::shared_ptr<const Served>> all() const noexcept {
        return served_;
    }

  private:
    struct Slot {
        std::uint64_t hash = 0;
        std::int32_t first = -1; // into order_; -1: empty
        std::int32_t count = 0;
    };
    // Slots of one kind of key. Entries with equal keys stand together in `order_`.
    class Index final {
      public:
        void build(std::vector<std::pair<Problem, const Served*>> entries);
        // `problem` is what would be launched: its workspace counts, not that of the entry.
        [[nodiscard]] const Served* find(const Problem& key, const Problem& problem,
                                         const Contract& contract) const noexcept;

      private:
        std::vector<Slot> slots_;
        std::vector<Problem> keys_; // of `order_`
        std::vector<const Served*> order_;
    };
    // One way to put problems of a class into buckets. Each has an index of its own: the third
    // bucket of one family and the third of another have nothing in common.
    struct Bucketing {
        Problem problem_class;
        StaticDims dims;
        Index index;
    };

    std::vector<std::shared_ptr<const Served>> served_;
    std::vector<Bucketing> bucketings_;
    Index exact_, fallback_;
};

} // namespace hone::dispatch
