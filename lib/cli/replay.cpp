#include "lib/report/replay.hpp"

#include "hone/error.hpp"
#include "hone/tuner.hpp"
#include "lib/cli/convergence_plot.hpp"
#include "lib/cli/interrupt.hpp"
#include "lib/cli/usage.hpp"
#include "lib/cli/verbs.hpp"
#include "lib/replay/warm.hpp"

#include <fmt/format.h>

#include <array>
#include <iostream>

namespace hone::cli {

namespace {

struct ReplayArguments {
    std::vector<std::string> spaces, searches, warm;
    std::string objective = "time", svg;
    std::size_t batch = 8;
    replay::ReplayOptions options;
};

replay::RecordedSpace read_space(const Common& common, const std::string& path) {
    replay::RecordedSpace recorded = replay::read_recorded_space(path);
    if (!common.quiet)
        for (const std::string& warning : recorded.warnings)
            fmt::print(stderr, "hone: warning: {}\n", warning);
    return recorded;
}

replay::ReplayResult replay_one(const Registry& registry, const std::string& search,
                                const replay::RecordedSpace& recorded,
                                const replay::Yardstick& yardstick, std::size_t batch,
                                const replay::ReplayOptions& options) {
    const auto repeats =
        replay::replay_search(registry, search, recorded, yardstick, batch, options);
    return replay::judge(recorded.name, search, yardstick, repeats, batch, options.seed);
}

int replay_spaces(const Common& common, ReplayArguments& arguments) {
    const auto objective = replay::parse_objective(arguments.objective);
    if (!objective)
        throw Error(Errc::usage, "--objective " + arguments.objective + ": expected one of " +
                                     std::string(replay::objective_names));
    arguments.options.objective = *objective;
    arguments.options.stop = common.stop;
    if (arguments.searches.empty()) arguments.searches = {TuneOptions{}.search};
    static constexpr std::array kinds = {PluginKind::search};
    const Registry registry(common.environment, kinds);
    // Unknown names are refused before any work.
    for (const std::string& search : arguments.searches) (void)registry.make_search(search);

    std::vector<replay::RecordedSpace> others;
    for (const std::string& path : arguments.warm) others.push_back(read_space(common, path));

    std::vector<Replayed> results;
    for (const std::string& path : arguments.spaces) {
        const replay::RecordedSpace recorded = read_space(common, path);
        replay::ReplayOptions warm = arguments.options;
        warm.prior = replay::prior_from(others, recorded, *objective);
        if (!others.empty() && warm.prior.empty())
            throw Error(Errc::usage,
                        "--warm: no configuration recorded there is one of " + recorded.name);
        const replay::Yardstick yardstick(recorded, *objective);
        for (const std::string& search : arguments.searches) {
            Replayed replayed;
            replayed.single =
                replay_one(registry, search, recorded, yardstick, 1, arguments.options);
            if (arguments.batch > 1)
                replayed.batched = replay_one(registry, search, recorded, yardstick,
                                              arguments.batch, arguments.options);
            if (!others.empty())
                replayed.warm = replay_one(registry, search, recorded, yardstick, 1, warm);
            if (common.stop && common.stop->load()) return interrupt_code();
            results.push_back(std::move(replayed));
        }
    }
    write(std::cout, replay_document(results, *objective), common.output_format());
    if (!arguments.svg.empty()) plot_convergence(results, arguments.svg);
    return 0;
}

} // namespace

Verb add_replay(CLI::App& root, const Common& common) {
    CLI::App* app =
        root.add_subcommand("replay", "score of searches on recorded spaces, with no device");
    const auto arguments = std::make_shared<ReplayArguments>();
    replay::ReplayOptions& options = arguments->options;
    app->add_option("spaces", arguments->spaces,
                    "Kernel Tuner cache files or T4 files, .json or .json.gz")
        ->required();
    app->add_option("--search", arguments->searches, "strategy; repeat for several")
        ->allow_extra_args(false);
    app->add_option("--warm", arguments->warm,
                    "also start from what this space teaches; repeat for several")
        ->allow_extra_args(false);
    app->add_option("--repeats", options.repeats, "searches of each space, from different seeds")
        ->check(CLI::Range(1, 100'000))
        ->capture_default_str();
    app->add_option("--batch", arguments->batch,
                    "also replay with so many configs asked for at once; 1: do not")
        ->check(CLI::Range(1, 10'000))
        ->capture_default_str();
    app->add_option("--svg", arguments->svg, "also draw the convergence into this file (gnuplot)");
    app->add_option("--objective", arguments->objective, "time, energy or edp")
        ->capture_default_str();
    app->add_option("--seed", options.seed, "of all repeats")->capture_default_str();
    app->add_option("--jobs", options.jobs, "threads (default: one per core)")
        ->check(at_least_zero());
    return {app, [&common, arguments] { return replay_spaces(common, *arguments); }};
}

} // namespace hone::cli
