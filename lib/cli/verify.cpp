#include "hone/error.hpp"
#include "hone/tuner.hpp"
#include "lib/cli/interrupt.hpp"
#include "lib/cli/progress.hpp"
#include "lib/cli/usage.hpp"
#include "lib/cli/verbs.hpp"
#include "lib/report/tuning.hpp"

#include <algorithm>
#include <iostream>
#include <iterator>
#include <unistd.h>

namespace hone::cli {

namespace {

struct VerifyArguments {
    Target target;
    VerifyOptions options;
    std::int64_t sample = 0;
};

int verify_devices(const Common& common, VerifyArguments& arguments) {
    if (arguments.sample > 0) arguments.options.sample = arguments.sample;
    arguments.options.stop = common.stop;
    const Registry registry(common.environment);
    const Workload workload = read_workloads(arguments.target.workloads, registry);
    ProgressPrinter printer(common.progress_detail(), isatty(STDERR_FILENO) != 0);
    std::vector<VerifyResult> all;
    for (const Device& device : devices_of(registry, arguments.target.device)) {
        std::vector<VerifyResult> results =
            verify(registry, common.environment, workload, device, arguments.options, printer);
        all.insert(all.end(), std::make_move_iterator(results.begin()),
                   std::make_move_iterator(results.end()));
    }
    write(std::cout, verify_document(all), common.output_format());
    if (const int code = interrupt_code()) return code;
    const bool failed = std::any_of(all.begin(), all.end(), [](const VerifyResult& result) {
        return result.outcome != Outcome::ok;
    });
    return failed ? exit_code(Errc::check_failed) : 0;
}

} // namespace

Verb add_verify(CLI::App& root, const Common& common) {
    CLI::App* app = root.add_subcommand("verify", "candidates against the reference");
    const auto arguments = std::make_shared<VerifyArguments>();
    VerifyOptions& options = arguments->options;
    add_target(*app, arguments->target);
    app->add_option("--family", options.families, "only these kernel families")
        ->allow_extra_args(false);
    app->add_option("--sample", arguments->sample,
                    "that many configs, covering pairs of parameter values (default: all)")
        ->check(above_zero());
    app->add_flag("--proxies", options.proxies,
                  "on the smallest problem that takes every path of a candidate");
    app->add_option("--jobs", options.jobs, "compile workers (default: one per core)")
        ->check(CLI::Range(1, 1024))
        ->envname("HONE_JOBS");
    app->add_option("--seed", options.seed, "of the sample and the test inputs")
        ->capture_default_str();
    app->add_option("--compile-seconds", options.compile_seconds, "limit of one compile")
        ->check(above_zero())
        ->capture_default_str();
    app->add_option("--run-seconds", options.run_seconds, "limit of one launch")
        ->check(above_zero())
        ->capture_default_str();
    return {app, [&common, arguments] { return verify_devices(common, *arguments); }};
}

} // namespace hone::cli
