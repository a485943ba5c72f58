#include "hone/tuner.hpp"

#include "hone/error.hpp"
#include "lib/measure/memory_need.hpp"
#include "lib/tune/budget.hpp"
#include "lib/tune/elsewhere.hpp"
#include "lib/tune/problem_search.hpp"
#include "lib/tune/report.hpp"
#include "lib/tune/shard.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace hone {

namespace {

// Overrides of the command line, and only the items of this shard.
std::vector<WorkloadItem> items_of(const Workload& workload, const TuneOptions& options) {
    std::vector<WorkloadItem> items;
    for (const WorkloadItem& item : workload.items) {
        const std::string key = canonical_text(item.operation->schema(), item.problem);
        if (!in_shard(key, options.shard)) continue;
        items.push_back(item);
        if (options.max_error) items.back().contract.max_error = *options.max_error;
    }
    return items;
}

std::vector<double> shares_of(std::span<const WorkloadItem> items, Sitting& sitting) {
    std::vector<BudgetItem> budget;
    for (const WorkloadItem& item : items) {
        const std::string key = canonical_text(item.operation->schema(), item.problem);
        const Work work = item.operation->work(item.problem);
        // Flops and bytes on one scale: machines of this kind do some ten operations per byte.
        constexpr double flops_per_byte = 10;
        budget.push_back({.weight = item.weight,
                          .work = std::max(work.flops, flops_per_byte * work.bytes),
                          .known = static_cast<std::int64_t>(
                              sitting.keeper.facts(key, sitting.device_text).size())});
    }
    return divide_budget(budget);
}

void describe_dry_run(Sitting& sitting, const WorkloadItem& item, const Sitting::Families& families,
                      const std::string& planned, TuneResult& result) {
    result.known = static_cast<std::int64_t>(
        sitting.keeper.facts(result.problem_key, sitting.device_text).size());
    for (const KernelFamily* family : families.own) {
        const auto count = family->space(item.problem, sitting.device.model).legal_count();
        sitting.observer.on_note(result.problem + ": family " + family->name() + ", " +
                                 (count ? std::to_string(*count) : std::string("uncounted")) +
                                 " configs, " + std::to_string(result.known) + " trials known, " +
                                 planned);
    }
}

} // namespace

TuneReport tune(const Registry& registry, const Options& options, const Workload& workload,
                const Device& device, std::span<Store* const> stores,
                const TuneOptions& tune_options, Observer& observer) {
    // Unknown names are refused before any work.
    (void)registry.make_search(tune_options.search);
    for (const std::string& family : tune_options.families) (void)registry.family(family);
    Sitting sitting(registry, options, device, stores,
                    {.jobs = tune_options.jobs,
                     .compile_seconds = tune_options.compile_seconds,
                     .run_seconds = tune_options.run_seconds,
                     .policy = tune_options.policy,
                     .stop = tune_options.stop},
                    observer);
    if (tune_options.objective != Objective::time && sitting.policy.energy_ns == 0)
        throw Error(Errc::unavailable,
                    device.id + ": energy is not measured there (" + sitting.policy.name + ")",
                    "only GPUs count the energy they take; search for time");
    const std::vector<WorkloadItem> items = items_of(workload, tune_options);
    const std::vector<double> shares = shares_of(items, sitting);
    if (!tune_options.dry_run && !items.empty()) sitting.prestart();
    double seconds_left = tune_options.budget.seconds.value_or(default_seconds_per_problem *
                                                               static_cast<double>(items.size()));
    const bool by_trials = tune_options.budget.trials && !tune_options.budget.seconds;
    std::int64_t trials_left = tune_options.budget.trials.value_or(0);

    std::optional<Elsewhere> elsewhere;
    TuneReport report;
    double share_left = 1;
    for (std::size_t i = 0; i < items.size() && !sitting.stopped(); ++i) {
        const WorkloadItem& item = items[i];
        TuneResult result = start_result(sitting, workload, item);
        const Sitting::Families families =
            sitting.families(item.problem, item.operation->name(), tune_options.families);
        observer.on_problem(result.problem, static_cast<int>(i) + 1,
                            static_cast<int>(items.size()));

        // What an item did not use goes to those after it.
        const double part = shares[i] / std::max(share_left, shares[i]);
        const double seconds = seconds_left * part;
        const std::int64_t trials = std::llround(static_cast<double>(trials_left) * part);
        share_left -= shares[i];
        if (families.own.empty() && families.vendors.empty()) {
            result.missing = no_family(sitting, item, families);
            observer.on_warning(result.problem + ": " + result.missing);
        } else if (auto reason = too_large(*item.operation, item.problem)) {
            result.missing = std::move(*reason);
            observer.on_warning(result.problem + ": " + result.missing);
        } else if (tune_options.dry_run) {
            describe_dry_run(sitting, item, families,
                             by_trials ? std::to_string(trials) + " trials planned"
                                       : std::to_string(std::lround(seconds)) + " s planned",
                             result);
        } else {
            if (!elsewhere)
                elsewhere.emplace(stores, registry.operations(),
                                  [&](const std::string& text) { observer.on_warning(text); });
            SearchOptions search{.search = tune_options.search,
                                 .seed = tune_options.seed,
                                 .fresh = tune_options.fresh,
                                 .objective = tune_options.objective,
                                 .elsewhere = &*elsewhere,
                                 .seconds = {},
                                 .trials = {}};
            if (tune_options.budget.trials) search.trials = trials;
            if (!by_trials) search.seconds = seconds;
            Progress progress;
            progress.problem = result.problem;
            progress.item = static_cast<int>(i) + 1;
            progress.items = static_cast<int>(items.size());
            ProblemSearch(sitting, item, families, search, progress).run(result);
            seconds_left = std::max(0.0, seconds_left - result.seconds);
            trials_left -= std::min(trials, result.trials + result.known);
        }
        report.results.push_back(std::move(result));
    }
    report.kept = sitting.keeper.kept() || tune_options.dry_run;
    report.interrupted = sitting.stopped();
    return report;
}

} // namespace hone
