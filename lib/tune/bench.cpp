// hone bench: winner, fallback and vendor libraries, interleaved, with no search; and one fact
// again.
#include "hone/error.hpp"
#include "hone/tuner.hpp"
#include "lib/measure/memory_need.hpp"
#include "lib/tune/best_known.hpp"
#include "lib/tune/contenders.hpp"
#include "lib/tune/report.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hone {

namespace {

// The config as a candidate, its outcome saying whether it can be built now.
std::shared_ptr<Candidate> build(Sitting& sitting, const KernelFamily& family,
                                 const Problem& problem, Config config) {
    sitting.compiling.submit(std::make_shared<Candidate>(
        emit_candidate(family, problem, std::move(config), sitting.device.model)));
    return sitting.compiling.wait_all().front();
}

// The winner that the facts name for own families, emitted again.
std::shared_ptr<Candidate> tuned_winner(Sitting& sitting, const WorkloadItem& item,
                                        const Sitting::Families& families, const Stamp& stamp) {
    const std::vector<Fact> facts = sitting.keeper.facts(stamp.problem, stamp.device);
    const auto own = [&](const KernelFamily& family) {
        return std::find(families.own.begin(), families.own.end(), &family) != families.own.end();
    };
    const std::optional<BestKnown> best = best_known(sitting, item, facts, own);
    if (!best) return nullptr;
    auto winner = build(sitting, *best->family, item.problem, Config::parse(best->standing.config));
    if (winner->outcome == Outcome::ok) return winner;
    sitting.observer.on_warning("the winner " + winner->config.canonical_text() +
                                " cannot be built now: " + winner->log);
    return nullptr;
}

const KernelFamily& family_of(const Registry& registry, const Fact& fact) {
    const KernelFamily& family = registry.family(fact.family);
    if (static_cast<std::uint32_t>(family.revision()) == fact.revision) return family;
    throw Error(Errc::unavailable,
                fmt::format("the fact is of revision {} of family {}, this is revision {}",
                            fact.revision, fact.family, family.revision()),
                "the same config would be another program");
}

} // namespace

TuneReport bench(const Registry& registry, const Options& options, const Workload& workload,
                 const Device& device, std::span<Store* const> stores,
                 const BenchOptions& bench_options, Observer& observer) {
    Sitting sitting(registry, options, device, stores,
                    {.jobs = 0, .policy = bench_options.policy, .stop = bench_options.stop},
                    observer);
    TuneReport report;
    int number = 0;
    for (WorkloadItem item : workload.items) {
        if (sitting.stopped()) break;
        if (bench_options.max_error) item.contract.max_error = *bench_options.max_error;
        TuneResult result = start_result(sitting, workload, item);
        observer.on_problem(result.problem, ++number, static_cast<int>(workload.items.size()));
        const Sitting::Families families =
            sitting.families(item.problem, item.operation->name(), {});
        const bool served = !families.own.empty() || !families.vendors.empty();
        const auto obstacle =
            served ? too_large(*item.operation, item.problem) : no_family(sitting, item, families);
        if (obstacle) {
            result.missing = *obstacle;
            observer.on_warning(result.problem + ": " + result.missing);
            report.results.push_back(std::move(result));
            continue;
        }
        const Clock::time_point begin = Clock::now();
        Measurer measurer(sitting.worker, *item.operation, item.problem,
                          {.policy = sitting.policy, .stop = sitting.stop});
        Stamp stamp = sitting.stamp(result.problem_key);
        stamp.leading = measurer.leading();
        std::vector<std::shared_ptr<Candidate>> finalists;
        if (auto winner = tuned_winner(sitting, item, families, stamp))
            finalists.push_back(std::move(winner));
        else
            observer.on_note(result.problem + ": not tuned here yet; the fallback stands in");
        const Standards standards = prepare_standards(sitting, item.problem, families, stamp);
        const std::vector<FinalEntry> final = hold_final(
            sitting, measurer, stamp, std::move(finalists), standards, bench_options.seconds);
        fill_result(result, sitting, item, final, standards);
        for (const FinalEntry& entry : final) {
            ++result.trials;
            if (entry.measured.outcome != Outcome::ok) ++result.failed[entry.measured.outcome];
        }
        result.seconds = -seconds_until(begin);
        result.interrupted = sitting.stopped();
        report.results.push_back(std::move(result));
    }
    report.kept = sitting.keeper.kept();
    report.interrupted = sitting.stopped();
    return report;
}

RerunReport rerun(const Registry& registry, const Options& options, const Fact& fact,
                  const Device& device, std::span<Store* const> stores,
                  const BenchOptions& bench_options, Observer& observer) {
    const KernelFamily& family = family_of(registry, fact);
    Sitting sitting(registry, options, device, stores,
                    {.jobs = 0,
                     .policy = bench_options.policy.empty() ? fact.policy : bench_options.policy,
                     .stop = bench_options.stop},
                    observer);
    if (fact.device != sitting.device_text)
        observer.on_warning("the fact was measured on another device: " + fact.device);
    Workload workload;
    workload.items.push_back(parse_problem(fact.problem, registry.operations()));
    const WorkloadItem& item = workload.items.front();
    TuneResult result = start_result(sitting, workload, item);
    observer.on_problem(result.problem, 1, 1);

    Measurer measurer(sitting.worker, *item.operation, item.problem,
                      {.policy = sitting.policy, .stop = sitting.stop});
    Stamp stamp = sitting.stamp(result.problem_key);
    stamp.leading = measurer.leading();
    const auto candidate = build(sitting, family, item.problem, Config::parse(fact.config));
    Measured measured;
    measured.outcome = candidate->outcome;
    measured.detail = candidate->log;
    std::vector<std::shared_ptr<Candidate>> finalists;
    if (candidate->outcome == Outcome::ok)
        finalists.push_back(candidate);
    else
        sitting.keeper.add(make_fact(stamp, *candidate, measured, Stage::screen));
    Sitting::Families families = sitting.families(item.problem, item.operation->name(), {});
    // Its own family's fallback is what the fact was most likely compared with.
    std::stable_partition(families.own.begin(), families.own.end(),
                          [&](const KernelFamily* own) { return own == &family; });
    const Standards standards = prepare_standards(sitting, item.problem, families, stamp);
    const std::vector<FinalEntry> final = hold_final(sitting, measurer, stamp, std::move(finalists),
                                                     standards, bench_options.seconds);
    fill_result(result, sitting, item, final, standards);
    // Where it is the fallback's own program, or a library's, it was measured as that.
    for (const FinalEntry& entry : final)
        if (entry.candidate->program == candidate->program) measured = entry.measured;

    RerunReport report;
    report.then = fact;
    report.now = make_fact(stamp, *candidate, measured, Stage::final);
    report.problem = result.problem;
    report.device = result.device;
    report.fallback = std::move(result.fallback);
    report.vendors = std::move(result.vendors);
    report.kept = sitting.keeper.kept();
    report.interrupted = sitting.stopped();
    return report;
}

} // namespace hone
