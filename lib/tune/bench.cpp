// hone bench: winner, fallback and vendor libraries, interleaved, with no search.
#include "hone/tuner.hpp"
#include "hone/winner.hpp"
#include "lib/tune/contenders.hpp"
#include "lib/tune/report.hpp"

#include <algorithm>

namespace hone {

namespace {

// The winner that the facts name for own families, emitted again.
std::shared_ptr<Candidate> tuned_winner(Sitting& sitting, const WorkloadItem& item,
                                        const Sitting::Families& families, const Stamp& stamp) {
    std::vector<Fact> facts = sitting.keeper.facts(stamp.problem, stamp.device);
    std::erase_if(facts, [&](const Fact& fact) {
        return std::none_of(families.own.begin(), families.own.end(), [&](const auto* family) {
            return family->name() == fact.family &&
                   static_cast<std::uint32_t>(family->revision()) == fact.revision &&
                   (!vetoes(fact.outcome) || fact.toolchain == toolchain_of(stamp, *family));
        });
    });
    const Verdict verdict = winner(facts, item.contract);
    if (!verdict.winner) return nullptr;
    for (const KernelFamily* family : families.own) {
        if (family->name() != verdict.winner->family) continue;
        sitting.compiling.submit(std::make_shared<Candidate>(emit_candidate(
            *family, item.problem, Config::parse(verdict.winner->config), sitting.device.model)));
    }
    for (std::shared_ptr<Candidate>& done : sitting.compiling.wait_all()) {
        if (done->outcome == Outcome::ok) return done;
        sitting.observer.on_warning("the winner " + done->config.canonical_text() +
                                    " cannot be built now: " + done->log);
    }
    return nullptr;
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
        if (families.own.empty() && families.vendors.empty()) {
            result.missing = no_family(sitting, item, families);
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

} // namespace hone
