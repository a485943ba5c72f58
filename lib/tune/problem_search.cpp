#include "lib/tune/problem_search.hpp"

#include "hone/strategy.hpp"
#include "lib/measure/race.hpp"
#include "lib/tune/budget.hpp"
#include "lib/tune/proposals.hpp"

#include <algorithm>
#include <random>

namespace hone {

namespace {

// The race tells these apart. Screening alone does not: a burst of foreign load hides a good one.
constexpr std::size_t shortlist_size = 64, least_raced = 8;
// First samples of everything listed take this share of the race's time at most.
constexpr double first_look_share = 0.3;
constexpr double first_look_samples = 4;
constexpr int final_size = 5;
// Of a problem's time. The final is what the answer rests on, so it is never squeezed out.
constexpr double race_share = 0.12, final_share = 0.22;
constexpr double shortest_final_seconds = 1.0;
constexpr double interrupted_final_seconds = 1.0;

double final_seconds(double of_whole) {
    return std::max(final_share * of_whole, shortest_final_seconds);
}

std::uint64_t to_ps(double ns) { return static_cast<std::uint64_t>(ns * 1e3); }

} // namespace

// One strategy over one family's space.
struct ProblemSearch::FamilySearch {
    const KernelFamily& family;
    SearchSpace space;
    std::unique_ptr<Strategy> strategy;
    std::optional<Proposals> proposals;                 // of the strategy, once it has begun
    std::map<std::string, ConfigIndex> index_of_config; // of pending ones
};

ProblemSearch::ProblemSearch(Sitting& sitting, const WorkloadItem& item,
                             const Sitting::Families& families, const SearchOptions& options,
                             const Progress& progress)
    : sitting_(sitting), item_(item), families_(families), options_(options), progress_(progress),
      stamp_(sitting.stamp(canonical_text(item.operation->schema(), item.problem))),
      begin_(Clock::now()) {
    if (!options.fresh)
        known_ = Known(sitting.keeper.facts(stamp_.problem, stamp_.device), sitting.policy.name);
}

void ProblemSearch::run(TuneResult& result) {
    measurer_ =
        std::make_unique<Measurer>(sitting_.worker, *item_.operation, item_.problem,
                                   MeasureOptions{.policy = sitting_.policy,
                                                  .seed = options_.seed,
                                                  .energy = options_.objective != Objective::time,
                                                  .stop = sitting_.stop});
    stamp_.leading = measurer_->leading();
    standards_ = prepare_standards(sitting_, item_.problem, families_, stamp_);
    screen_standards();

    // A budget in trials alone is not cut short by a clock that nobody set.
    constexpr double a_day = 86400;
    const double planned = options_.seconds.value_or(a_day);
    search_end_ =
        begin_ + seconds_of(std::max(0.0, planned - final_seconds(planned) - race_share * planned));
    std::size_t left = families_.own.size();
    for (const KernelFamily* family : families_.own) {
        FamilySearch search{.family = *family,
                            .space = family->space(item_.problem, sitting_.device.model),
                            .strategy = sitting_.registry.make_search(options_.search),
                            .proposals = {},
                            .index_of_config = {}};
        start_elsewhere(search);
        const double share = seconds_until(search_end_) / static_cast<double>(left--);
        this->search(search, Clock::now() + seconds_of(std::max(0.0, share)));
    }

    compile_shortlist();
    // Without a clock, race and final have shares of what the search took: on a machine that is
    // never quiet they last as long as they are let.
    const double searched = -seconds_until(begin_) / (1 - race_share - final_share);
    const double whole = options_.seconds.value_or(std::max(searched, default_seconds_per_problem));
    const std::vector<FinalEntry> final =
        hold_final(sitting_, *measurer_, stamp_, hold_race(race_share * whole), standards_,
                   sitting_.stopped() ? interrupted_final_seconds : final_seconds(whole));
    for (const FinalEntry& entry : final)
        if (entry.measured.outcome != Outcome::ok) ++failed_[entry.measured.outcome];
    fill_result(result, sitting_, item_, final, standards_, options_.objective);
    result.trials = trials_;
    result.known = known_trials_;
    result.failed = failed_;
    result.seconds = -seconds_until(begin_);
    result.interrupted = sitting_.stopped();
}

// The fallback and the libraries are the first to beat: their times tell which candidates are
// hopeless.
void ProblemSearch::screen_standards() {
    if (!standards_.fallback) return;
    const Measured measured = measurer_->screen(standards_.fallback->executable, 0);
    if (measured.outcome != Outcome::skipped)
        by_program_[standards_.fallback->program] = measured; // the search need not measure it
    record(*standards_.fallback, measured, Stage::screen);
    if (good(*standards_.fallback, measured)) shortlist(standards_.fallback, measured);
}

bool ProblemSearch::good(const Candidate& candidate, const Measured& measured) const {
    return measured.outcome == Outcome::ok &&
           inside_contract(item_.contract, measured, candidate.executable.program.numerics);
}

bool ProblemSearch::out_of_trials() const {
    return options_.trials && trials_ + known_trials_ >= *options_.trials;
}

void ProblemSearch::search(FamilySearch& search, Clock::time_point deadline) {
    if (search.space.empty()) return;
    take_known(search);
    // Strategies that plan ahead get a few candidates per core; a longer queue would only make
    // their proposals older.
    const std::size_t in_flight = static_cast<std::size_t>(sitting_.jobs) * 2;
    const bool take_turns = sitting_.backend.shares_cores();

    while (!sitting_.stopped() && Clock::now() < deadline && !out_of_trials()) {
        if (const std::size_t pending = search.proposals->pending().size(); pending < in_flight)
            propose(search, in_flight - pending);
        if (sitting_.compiling.pending() == 0) {
            if (search.proposals->exhausted()) break;
            continue;
        }
        const auto done = take_turns ? sitting_.compiling.wait_all() : sitting_.compiling.wait();
        for (const std::shared_ptr<Candidate>& candidate : done) {
            if (sitting_.stopped() || Clock::now() > deadline || out_of_trials()) break;
            take(search, candidate);
        }
    }
    sitting_.compiling.cancel();
}

// Tells the strategy what was measured before, and lists the best of it for the race: winners of
// earlier sittings defend their place in every final.
void ProblemSearch::take_known(FamilySearch& search) {
    SearchTask task;
    task.space = &search.space;
    task.seed = options_.seed;
    const DeviceModel& device = sitting_.device.model;
    for (const Config& config : search.family.seeds(item_.problem, device))
        if (const auto index = search.space.find(config); index && search.space.legal(*index))
            task.seeds.push_back(*index);
    task.features = [this, &search, &device](ConfigIndex index) {
        std::vector<double> values;
        for (const auto& [name, value] :
             search.family.features(item_.problem, search.space.config(index), device))
            values.push_back(value);
        return values;
    };
    // The names are the same for every config of the space.
    std::mt19937_64 random(options_.seed);
    const Config any = search.space.config(search.space.sample(random).value_or(ConfigIndex{}));
    for (const auto& [name, value] : search.family.features(item_.problem, any, device))
        task.feature_names.push_back(name);
    task.budget = options_.trials;
    search.proposals.emplace(*search.strategy, task);

    for (const Known::Past& past : known_.of(search.family, toolchain_of(stamp_, search.family))) {
        const auto index = search.space.find(Config::parse(past.config));
        if (!index || !search.space.legal(*index)) continue;
        const bool is_fallback =
            standards_.fallback && standards_.fallback->program == past.program;
        if (!is_fallback) ++known_trials_; // that one is measured whatever the budget
        Measured measured;
        measured.outcome = past.outcome;
        measured.time.median_ps = past.median_ps;
        measured.time.count = past.samples;
        measured.total_error = past.total_error;
        measured.plain_error = past.plain_error;
        measured.workspace_bytes = past.workspace_bytes;
        auto candidate = std::make_shared<Candidate>();
        candidate->family = &search.family;
        candidate->config = search.space.config(*index);
        candidate->program = past.program;
        candidate->executable.program.numerics.deterministic = past.deterministic;
        candidate->executable.program.numerics.batch_invariant = past.batch_invariant;
        by_program_.try_emplace(past.program, measured);
        observe(search, *candidate, measured);
        if (good(*candidate, measured)) shortlist(std::move(candidate), measured);
    }
    progress_.known = known_trials_;
}

// Its proposals are measured like any others; when they do not help, it soon gives way.
void ProblemSearch::start_elsewhere(FamilySearch& search) {
    if (!options_.elsewhere) return;
    std::vector<Prior> prior =
        options_.elsewhere->prior(item_.problem, sitting_.device_text, search.family.name(),
                                  search.family.revision(), search.space);
    if (prior.empty()) return;
    search.strategy =
        std::make_unique<TransferSearch>(std::move(search.strategy), std::move(prior));
}

void ProblemSearch::propose(FamilySearch& search, std::size_t most) {
    if (search.proposals->exhausted()) return;
    for (const ConfigIndex index : search.proposals->ask(most)) {
        auto candidate = std::make_shared<Candidate>(emit_candidate(
            search.family, item_.problem, search.space.config(index), sitting_.device.model));
        search.index_of_config[candidate->config.canonical_text()] = index;
        const auto twin = by_program_.find(candidate->program);
        if (candidate->outcome == Outcome::ok && twin != by_program_.end()) {
            observe(search, *candidate, twin->second);
            continue;
        }
        sitting_.compiling.submit(std::move(candidate));
    }
}

void ProblemSearch::take(FamilySearch& search, std::shared_ptr<Candidate> candidate) {
    const auto twin = by_program_.find(candidate->program);
    if (candidate->outcome == Outcome::ok && twin != by_program_.end()) {
        observe(search, *candidate, twin->second);
        return;
    }
    Measured measured;
    if (candidate->outcome == Outcome::ok) {
        const std::uint64_t incumbent = shortlist_.empty() ? 0 : shortlist_.front().median_ps;
        measured = measurer_->screen(candidate->executable, incumbent);
        if (measured.outcome == Outcome::skipped) return; // interrupted: nothing was learned
    } else {
        measured.outcome = candidate->outcome;
        measured.detail = candidate->log;
    }
    by_program_[candidate->program] = measured;
    ++trials_;
    observe(search, *candidate, measured);
    record(*candidate, measured, Stage::screen);
    if (good(*candidate, measured)) shortlist(std::move(candidate), measured);
}

void ProblemSearch::observe(FamilySearch& search, const Candidate& candidate,
                            const Measured& measured) {
    const auto pending = search.index_of_config.find(candidate.config.canonical_text());
    std::optional<ConfigIndex> index;
    if (pending != search.index_of_config.end()) {
        index = pending->second;
        search.index_of_config.erase(pending);
    } else {
        index = search.space.find(candidate.config);
    }
    if (!index) return;

    Observation observation;
    observation.config = *index;
    observation.outcome = measured.outcome;
    // Right, but not what the caller allows: of no more use to this search than a failure.
    if (measured.outcome == Outcome::ok && !good(candidate, measured))
        observation.outcome = Outcome::wrong_result;
    observation.value = static_cast<double>(measured.time.median_ps) * 1e-3;
    observation.n = static_cast<std::int64_t>(measured.time.count);
    search.proposals->tell(observation);
}

void ProblemSearch::record(const Candidate& candidate, const Measured& measured, Stage stage) {
    const Fact fact = make_fact(stamp_, candidate, measured, stage);
    sitting_.keeper.add(fact);
    if (options_.elsewhere) options_.elsewhere->add(fact); // a shape near this one may come next
    ++progress_.trials;
    if (measured.outcome != Outcome::ok && measured.outcome != Outcome::censored)
        ++failed_[measured.outcome];

    const bool better =
        good(candidate, measured) &&
        (progress_.best_ns == 0 || measured.time.median_ps < to_ps(progress_.best_ns));
    progress_.failed = 0;
    for (const auto& [outcome, count] : failed_) progress_.failed += count;
    if (better) progress_.best_ns = static_cast<double>(measured.time.median_ps) * 1e-3;
    progress_.seconds_left = std::max(0.0, options_.seconds.value_or(0) + seconds_until(begin_));
    sitting_.observer.on_trial(fact, progress_);
    if (better) sitting_.observer.on_improvement(fact, progress_);
}

void ProblemSearch::shortlist(std::shared_ptr<Candidate> candidate, const Measured& measured) {
    for (const Listed& listed : shortlist_)
        if (listed.candidate->program == candidate->program) return;
    const auto at = std::upper_bound(
        shortlist_.begin(), shortlist_.end(), measured.time.median_ps,
        [](std::uint64_t median_ps, const Listed& listed) { return median_ps < listed.median_ps; });
    shortlist_.insert(at, {std::move(candidate), measured.time.median_ps});
    if (shortlist_.size() > shortlist_size) shortlist_.pop_back();
}

// Candidates listed from earlier sittings were never emitted in this one.
void ProblemSearch::compile_shortlist() {
    for (Listed& listed : shortlist_) {
        if (!listed.candidate->executable.program.steps.empty()) continue;
        sitting_.compiling.submit(std::make_shared<Candidate>(
            emit_candidate(*listed.candidate->family, item_.problem, listed.candidate->config,
                           sitting_.device.model)));
    }
    for (std::shared_ptr<Candidate>& done : sitting_.compiling.wait_all()) {
        for (Listed& listed : shortlist_) {
            const Candidate& held = *listed.candidate;
            if (held.family != done->family || held.config != done->config) continue;
            listed.candidate = done;
            break;
        }
    }
    std::erase_if(shortlist_, [this](const Listed& listed) {
        const Candidate& candidate = *listed.candidate;
        if (candidate.outcome == Outcome::ok && !candidate.executable.program.steps.empty())
            return false;
        Measured failed;
        failed.outcome = candidate.outcome;
        failed.detail = candidate.log;
        if (candidate.outcome != Outcome::ok) record(candidate, failed, Stage::race);
        return true;
    });
}

std::vector<std::shared_ptr<Candidate>> ProblemSearch::hold_race(double seconds) {
    std::vector<std::shared_ptr<Candidate>> listed;
    std::vector<const Executable*> executables;
    double first_look_seconds = 0;
    for (const Listed& entry : shortlist_) {
        const TimeSummary screened{.count = 1, .median_ps = entry.median_ps};
        if (!worth_racing(screened, shortlist_.front().median_ps)) continue;
        first_look_seconds += first_look_samples * static_cast<double>(entry.median_ps) * 1e-12;
        if (listed.size() >= least_raced && first_look_seconds > first_look_share * seconds) break;
        listed.push_back(entry.candidate);
        executables.push_back(&entry.candidate->executable);
    }
    if (sitting_.stopped() && listed.size() > 2) {
        // A stop asks for an answer soon: the best so far against the standards.
        listed.resize(2);
        return listed;
    }
    if (listed.size() <= 1) return listed;

    std::vector<std::shared_ptr<Candidate>> kept;
    if (options_.objective != Objective::time) {
        // What takes little energy need not win a race: the fastest few all come to the final.
        for (const Listed& entry : shortlist_)
            if (kept.size() < final_size) kept.push_back(entry.candidate);
        return kept;
    }
    const auto raced = measurer_->race(executables, final_size, seconds);
    for (std::size_t i = 0; i < listed.size(); ++i) {
        record(*listed[i], raced[i].measured, Stage::race);
        if (raced[i].kept && good(*listed[i], raced[i].measured)) kept.push_back(listed[i]);
    }
    return kept;
}

} // namespace hone
