// The final of one problem: hone's best candidates beside the baseline, the fallback and the vendor
// libraries, interleaved in one process.
#pragma once

#include "lib/tune/sitting.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace hone {

// Takes the programs that every final measures whatever was searched.
struct Standards {
    std::shared_ptr<Candidate> fallback; // of the first own family that has one; null: none
    std::vector<std::shared_ptr<Candidate>> vendors;

    // The program that all times of a sitting are compared with: the fallback, else the first
    // vendor's. Null: nothing to compare with.
    [[nodiscard]] const Candidate* baseline() const noexcept;
};

// Emits and compiles them. A vendor family with several configs brings all of them, at most 64.
// Those that fail to emit or compile are kept as facts and left out.
[[nodiscard]] Standards prepare_standards(Sitting& sitting, const Problem& problem,
                                          const Sitting::Families& families, const Stamp& stamp);

struct FinalEntry {
    std::shared_ptr<Candidate> candidate;
    Measured measured;
};

// Measures finalists and standards together for at most `seconds` and keeps a fact for each.
[[nodiscard]] std::vector<FinalEntry> hold_final(Sitting& sitting, Measurer& measurer,
                                                 const Stamp& stamp,
                                                 std::vector<std::shared_ptr<Candidate>> finalists,
                                                 const Standards& standards, double seconds);

// Puts what the final and all facts say into the result: winner, served, fallback, vendors. What is
// served follows from the facts alone, whatever the objective of this run.
void fill_result(TuneResult& result, Sitting& sitting, const WorkloadItem& item,
                 std::span<const FinalEntry> final, const Standards& standards,
                 Objective objective = Objective::time);

} // namespace hone
