// hone verify: candidates against the reference, with no timing.
#include "hone/error.hpp"
#include "hone/tuner.hpp"
#include "lib/measure/memory_need.hpp"
#include "lib/tune/pairs.hpp"
#include "lib/tune/report.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>

namespace hone {

namespace {

// Operands of the last few problems: proxies of neighbouring configs are often the same.
class Checkers final {
  public:
    Checkers(Sitting& sitting, const Operation& operation, std::uint64_t seed)
        : sitting_(sitting), operation_(operation), seed_(seed) {}

    Measurer& of(const Problem& problem) {
        if (!measurer_ || !(problem_ == problem)) {
            measurer_.reset(); // its operands first: two sets would double the memory
            if (const auto reason = too_large(operation_, problem))
                throw Error(Errc::unavailable,
                            short_text(operation_.schema(), problem) + ": " + *reason,
                            "free memory, or verify a smaller problem");
            problem_ = problem;
            measurer_ = std::make_unique<Measurer>(
                sitting_.worker, operation_, problem,
                MeasureOptions{.policy = sitting_.policy, .seed = seed_, .stop = sitting_.stop});
        }
        return *measurer_;
    }

  private:
    Sitting& sitting_;
    const Operation& operation_;
    const std::uint64_t seed_;
    Problem problem_;
    std::unique_ptr<Measurer> measurer_;
};

std::vector<Config> configs_of(const KernelFamily& family, const WorkloadItem& item,
                               const Sitting& sitting, const VerifyOptions& options) {
    const SearchSpace space = family.space(item.problem, sitting.device.model);
    std::vector<Config> configs;
    if (options.sample) {
        for (const ConfigIndex index : covering_sample(space, *options.sample, options.seed))
            configs.push_back(space.config(index));
    } else if (const auto count = space.legal_count()) {
        for (std::uint64_t i = 0; i < *count; ++i) configs.push_back(space.config(space.nth(i)));
    } else {
        throw Error(Errc::usage, "family " + family.name() + " has more configs than can be listed",
                    "give --sample N to verify N of them that cover pairs of values");
    }
    if (const auto fallback = family.fallback(item.problem, sitting.device.model);
        fallback && std::find(configs.begin(), configs.end(), *fallback) == configs.end())
        configs.push_back(*fallback);
    return configs;
}

class Verifier final {
  public:
    Verifier(Sitting& sitting, const VerifyOptions& options)
        : sitting_(sitting), options_(options) {}

    void verify(const WorkloadItem& item, const KernelFamily& family, Progress& progress,
                std::vector<VerifyResult>& results) {
        Checkers checkers(sitting_, *item.operation, options_.seed);
        std::deque<Config> left;
        for (Config& config : configs_of(family, item, sitting_, options_))
            left.push_back(std::move(config));
        const std::size_t in_flight = static_cast<std::size_t>(sitting_.jobs) * 4;
        while (!sitting_.stopped() && (!left.empty() || sitting_.compiling.pending() > 0)) {
            for (; !left.empty() && sitting_.compiling.pending() < in_flight; left.pop_front())
                sitting_.compiling.submit(std::make_shared<Candidate>(
                    emit(family, item.problem, std::move(left.front()))));
            for (const auto& candidate : sitting_.compiling.wait()) {
                results.push_back(judge(item, *candidate, checkers));
                ++progress.trials;
                progress.failed += results.back().outcome != Outcome::ok;
                Fact fact;
                fact.family = results.back().family;
                fact.config = results.back().config;
                fact.outcome = results.back().outcome;
                sitting_.observer.on_trial(fact, progress);
            }
        }
        sitting_.compiling.cancel();
    }

  private:
    // With proxies, the program is emitted for the small problem that takes all of its paths.
    Candidate emit(const KernelFamily& family, const Problem& problem, Config config) {
        Candidate candidate = emit_candidate(family, problem, config, sitting_.device.model);
        if (!options_.proxies || candidate.outcome != Outcome::ok) return candidate;
        const Operation& operation = sitting_.registry.operation(family.operation());
        return emit_candidate(family, operation.proxy(problem, candidate.executable.program.tiles),
                              std::move(config), sitting_.device.model);
    }

    VerifyResult judge(const WorkloadItem& item, const Candidate& candidate, Checkers& checkers) {
        VerifyResult result;
        result.problem = short_text(item.operation->schema(), candidate.problem);
        result.device = sitting_.device.id;
        result.family = candidate.family->name();
        result.config = candidate.config.canonical_text();
        result.outcome = candidate.outcome;
        std::string detail = candidate.log;
        if (candidate.outcome == Outcome::ok) {
            const Measured measured = checkers.of(candidate.problem).check(candidate.executable);
            result.outcome = measured.outcome;
            result.kernel_error = measured.kernel_error;
            result.total_error = measured.total_error;
            detail = measured.detail;
            result.reports = measured.reports;
        }
        if (result.outcome != Outcome::ok && result.reports.empty())
            result.reports.push_back({.rule = std::string(to_string(result.outcome)),
                                      .message = std::move(detail),
                                      .file = {}});
        return result;
    }

    Sitting& sitting_;
    const VerifyOptions& options_;
};

} // namespace

std::vector<VerifyResult> verify(const Registry& registry, const Options& options,
                                 const Workload& workload, const Device& device,
                                 const VerifyOptions& verify_options, Observer& observer) {
    for (const std::string& family : verify_options.families) (void)registry.family(family);
    Sitting sitting(registry, options, device, {},
                    {.jobs = verify_options.jobs,
                     .compile_seconds = verify_options.compile_seconds,
                     .run_seconds = verify_options.run_seconds,
                     .policy = {},
                     .stop = verify_options.stop},
                    observer);
    std::vector<VerifyResult> results;
    Verifier verifier(sitting, verify_options);
    int number = 0;
    for (const WorkloadItem& item : workload.items) {
        const std::string text = short_text(item.operation->schema(), item.problem);
        Progress progress;
        progress.problem = text;
        progress.item = ++number;
        progress.items = static_cast<int>(workload.items.size());
        observer.on_problem(text, progress.item, progress.items);
        Sitting::Families families =
            sitting.families(item.problem, item.operation->name(), verify_options.families);
        families.own.insert(families.own.end(), families.vendors.begin(), families.vendors.end());
        if (families.own.empty())
            throw Error(Errc::unavailable, text + ": " + no_family(sitting, item, families));
        for (const KernelFamily* family : families.own)
            verifier.verify(item, *family, progress, results);
    }
    return results;
}

} // namespace hone
