#include "hone/error.hpp"
#include "hone/tuner.hpp"
#include "lib/cli/interrupt.hpp"
#include "lib/cli/progress.hpp"
#include "lib/cli/usage.hpp"
#include "lib/cli/verbs.hpp"
#include "lib/report/rerun.hpp"
#include "lib/report/tuning.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <unistd.h>

namespace hone::cli {

namespace {

struct BenchArguments {
    Target target;
    BenchOptions options;
    double max_error = 0, fail_under = 0;
    std::string fact;
};

int bench_devices(const Common& common, BenchArguments& arguments) {
    if (arguments.max_error > 0) arguments.options.max_error = arguments.max_error;
    arguments.options.stop = common.stop;
    const TuneReport all =
        on_devices(common, arguments.target,
                   [&](const Registry& registry, const Workload& workload, const Device& device,
                       std::span<Store* const> stores, Observer& observer) {
                       return bench(registry, common.environment, workload, device, stores,
                                    arguments.options, observer);
                   });
    write(std::cout, bench_document(all), common.output_format());
    if (all.interrupted) return interrupt_code();
    if (std::any_of(all.results.begin(), all.results.end(),
                    [](const TuneResult& result) { return !result.winner; }))
        return exit_code(Errc::no_candidate);
    bool under = false;
    for (const TuneResult& result : all.results) {
        const auto ratio = vendor_ratio(result);
        if (arguments.fail_under <= 0 || !ratio || ratio->value >= arguments.fail_under) continue;
        under = true;
        fmt::print(stderr, "hone: {}: ratio {:.3f} to {} is under {}\n", result.problem,
                   ratio->value, ratio->best_vendor, arguments.fail_under);
    }
    if (under) return exit_code(Errc::check_failed);
    return all.kept ? 0 : exit_code(Errc::not_kept);
}

int bench_fact(const Common& common, BenchArguments& arguments) {
    if (!arguments.target.workloads.empty())
        throw Error(Errc::usage, "--fact says which problem: give no other one");
    arguments.options.stop = common.stop;
    const Registry registry(common.environment);
    const auto stores = open_stores(registry, common);
    const Fact fact = find_fact(stores, arguments.fact);
    const Device device = devices_of(registry, arguments.target.device).front();
    ProgressPrinter printer(common.progress_detail(), isatty(STDERR_FILENO) != 0);
    const RerunReport report = rerun(registry, common.environment, fact, device, pointers(stores),
                                     arguments.options, printer);
    write(std::cout, rerun_document(report), common.output_format());
    if (report.interrupted) return interrupt_code();
    if (report.now.outcome != Outcome::ok) return exit_code(Errc::no_candidate);
    return report.kept ? 0 : exit_code(Errc::not_kept);
}

} // namespace

Verb add_bench(CLI::App& root, const Common& common) {
    CLI::App* app = root.add_subcommand(
        "bench", "winner, fallback and vendor libraries, interleaved, with no tuning");
    const auto arguments = std::make_shared<BenchArguments>();
    add_target(*app, arguments->target);
    app->get_option("workload")->required(false);
    app->add_option("--fact", arguments->fact,
                    "instead of a workload: the config of one fact again, beside what it says")
        ->configurable(false)
        ->type_name("ID");
    app->add_option("--seconds", arguments->options.seconds, "time for each problem")
        ->check(above_zero())
        ->capture_default_str();
    app->add_option("--policy", arguments->options.policy,
                    "measuring policy (default: the device's)");
    app->add_option("--max-error", arguments->max_error,
                    "largest relative error of a winner; overrides the workload's")
        ->check(above_zero());
    app->add_option("--fail-under", arguments->fail_under,
                    "exit 6 when a problem's ratio (best vendor time / winner time) is smaller")
        ->check(above_zero());
    return {app, [&common, arguments] {
                if (!arguments->fact.empty()) return bench_fact(common, *arguments);
                if (arguments->target.workloads.empty())
                    throw Error(Errc::usage, "bench needs a workload, a problem or --fact ID",
                                "such as: hone bench 'gemm m=64 n=4096 k=4096 a=f32'");
                return bench_devices(common, *arguments);
            }};
}

} // namespace hone::cli
