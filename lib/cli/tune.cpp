#include "hone/error.hpp"
#include "hone/tuner.hpp"
#include "lib/cli/interrupt.hpp"
#include "lib/cli/usage.hpp"
#include "lib/cli/verbs.hpp"
#include "lib/report/tuning.hpp"

#include <algorithm>
#include <iostream>

namespace hone::cli {

namespace {

struct TuneArguments {
    Target target;
    TuneOptions options;
    std::string budget, objective = "time", shard;
    double max_error = 0;
};

int exit_code_of(const TuneReport& report, bool dry_run) {
    if (report.interrupted) return interrupt_code();
    const bool unsolved =
        !dry_run && std::any_of(report.results.begin(), report.results.end(),
                                [](const TuneResult& result) { return !result.winner; });
    if (unsolved) return exit_code(Errc::no_candidate);
    return report.kept ? 0 : exit_code(Errc::not_kept);
}

Objective objective_named(std::string_view name) {
    if (name == "energy") return Objective::energy;
    return name == "edp" ? Objective::edp : Objective::time;
}

int tune_devices(const Common& common, TuneArguments& arguments) {
    arguments.options.objective = objective_named(arguments.objective);
    if (!arguments.budget.empty()) {
        const Limits limits = parse_budget(arguments.budget);
        arguments.options.budget = {.seconds = limits.seconds, .trials = limits.trials};
    }
    if (!arguments.shard.empty()) {
        const auto [index, count] = parse_shard(arguments.shard);
        arguments.options.shard = {.index = index, .count = count};
    }
    if (arguments.max_error > 0) arguments.options.max_error = arguments.max_error;
    arguments.options.stop = common.stop;

    const TuneReport all =
        on_devices(common, arguments.target,
                   [&](const Registry& registry, const Workload& workload, const Device& device,
                       std::span<Store* const> stores, Observer& observer) {
                       return tune(registry, common.environment, workload, device, stores,
                                   arguments.options, observer);
                   });
    write(std::cout, tune_document(all), common.output_format());
    return exit_code_of(all, arguments.options.dry_run);
}

} // namespace

Verb add_tune(CLI::App& root, const Common& common) {
    CLI::App* app = root.add_subcommand("tune", "search, prove and measure; keeps every trial");
    const auto arguments = std::make_shared<TuneArguments>();
    TuneOptions& options = arguments->options;
    add_target(*app, arguments->target);
    app->add_option("--search", options.search, "strategy, see `hone list searches`")
        ->envname("HONE_SEARCH")
        ->capture_default_str();
    app->add_option("--family", options.families, "only these kernel families")
        ->allow_extra_args(false);
    app->add_option("--budget", arguments->budget,
                    "time and trials over the whole workload: 90s, 10m, 500t or 10m,500t "
                    "(default: 12s for each problem)")
        ->envname("HONE_BUDGET");
    app->add_option("--objective", arguments->objective,
                    "what the winner is best in: time, energy or edp (their product)")
        ->check(CLI::IsMember({"time", "energy", "edp"}))
        ->capture_default_str();
    app->add_option("--max-error", arguments->max_error,
                    "largest relative error of a winner; overrides the workload's")
        ->check(above_zero());
    app->add_option("--jobs", options.jobs, "compile workers (default: one per core)")
        ->check(CLI::Range(1, 1024))
        ->envname("HONE_JOBS");
    app->add_option("--seed", options.seed, "of the search and the test inputs")
        ->capture_default_str();
    app->add_option("--shard", arguments->shard, "i/n: only the problems of machine i of n");
    app->add_option("--policy", options.policy, "measuring policy (default: the device's)");
    app->add_option("--compile-seconds", options.compile_seconds, "limit of one compile")
        ->check(above_zero())
        ->capture_default_str();
    app->add_option("--run-seconds", options.run_seconds, "limit of one launch")
        ->check(above_zero())
        ->capture_default_str();
    app->add_flag("--dry-run", options.dry_run, "say what would be searched, measure nothing");
    app->add_flag("--fresh", options.fresh, "measure again what is known");
    return {app, [&common, arguments] { return tune_devices(common, *arguments); }};
}

} // namespace hone::cli
