// The search for one problem on one device: propose, compile, prove, screen; then race and final.
#pragma once

#include "lib/tune/contenders.hpp"
#include "lib/tune/elsewhere.hpp"
#include "lib/tune/known.hpp"
#include "lib/tune/sitting.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace hone {

struct SearchOptions {
    std::string search;
    std::uint64_t seed = 0;
    bool fresh = false;
    Objective objective = Objective::time;
    Elsewhere* elsewhere = nullptr;     // where to start from, and what to tell; may be null
    std::optional<double> seconds;      // for search, race and final together
    std::optional<std::int64_t> trials; // of this problem's searches, known ones included
};

class ProblemSearch final {
  public:
    // `item` and `families` outlive the search. Throws Error(unavailable) for an unknown search.
    ProblemSearch(Sitting& sitting, const WorkloadItem& item, const Sitting::Families& families,
                  const SearchOptions& options, const Progress& progress);

    // Blocks until the budget is spent, the space is exhausted or a stop is asked for; then holds
    // the final. Fills in everything of `result` but its names.
    void run(TuneResult& result);

  private:
    struct FamilySearch;

    void screen_standards();
    void search(FamilySearch& search, Clock::time_point deadline);
    void start_elsewhere(FamilySearch& search);
    void take_known(FamilySearch& search);
    void take(FamilySearch& search, std::shared_ptr<Candidate> candidate);
    void propose(FamilySearch& search, std::size_t most);
    void observe(FamilySearch& search, const Candidate& candidate, const Measured& measured);
    void record(const Candidate& candidate, const Measured& measured, Stage stage);
    void shortlist(std::shared_ptr<Candidate> candidate, const Measured& measured);
    std::vector<std::shared_ptr<Candidate>> hold_race(double seconds);
    void compile_shortlist();
    [[nodiscard]] bool out_of_trials() const;
    [[nodiscard]] bool good(const Candidate& candidate, const Measured& measured) const;

    Sitting& sitting_;
    const WorkloadItem& item_;
    const Sitting::Families& families_;
    const SearchOptions options_;
    Progress progress_;
    Stamp stamp_;
    Known known_;
    std::unique_ptr<Measurer> measurer_;
    Standards standards_;
    std::map<Digest, Measured> by_program_; // measured in this sitting: twins share it

    // The fastest so far, correct and inside the contract, fastest first.
    struct Listed {
        std::shared_ptr<Candidate> candidate;
        std::uint64_t median_ps;
    };
    std::vector<Listed> shortlist_;
    std::map<Outcome, std::int64_t> failed_;
    std::int64_t trials_ = 0,
                 known_trials_ = 0; // of the search; fallback, race and final beside it
    Clock::time_point begin_, search_end_;
};

} // namespace hone
