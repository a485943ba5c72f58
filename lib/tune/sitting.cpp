#include "lib/tune/sitting.hpp"

#include "hone/version.hpp"

#include <algorithm>
#include <thread>

namespace hone {

int worker_count(int jobs) {
    if (jobs > 0) return jobs;
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

Sitting::Sitting(const Registry& registry_, const Options& options, const Device& device_,
                 std::span<Store* const> stores, const SittingOptions& sitting_options,
                 Observer& observer_)
    : registry(registry_), device(device_), backend(registry_.backend(device_.model.backend)),
      policy(hone::policy(sitting_options.policy.empty() ? backend.default_policy()
                                                         : sitting_options.policy)),
      device_text(canonical_text(device_.model)), tool(std::string("hone ") + version()),
      compiler(backend.compiler_identity()), jobs(worker_count(sitting_options.jobs)),
      observer(observer_), stop(sitting_options.stop),
      pool(options, backend, device_.model, BinaryCache::of(options), jobs,
           CompileLimits{.seconds = sitting_options.compile_seconds}),
      worker(options, backend, device_,
             RunLimits{.load_seconds = sitting_options.run_seconds,
                       .launch_seconds = sitting_options.run_seconds}),
      keeper(stores, observer_) {}

void Sitting::prestart() {
    worker.prestart();
    pool.prestart(jobs);
}

Sitting::Families Sitting::families(const Problem& problem, const std::string& operation,
                                    std::span<const std::string> wanted) const {
    Families result;
    for (const KernelFamily* family : registry.families()) {
        if (family->operation() != operation || family->backend() != backend.runs_families_of())
            continue;
        const std::string name = family->name();
        if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), name) == wanted.end())
            continue;
        const Support support = family->supports(problem, device.model);
        if (!support.yes) {
            result.refusals.push_back(name + ": " + support.reason);
            continue;
        }
        (family->vendor() ? result.vendors : result.own).push_back(family);
    }
    const auto by_name = [](const KernelFamily* a, const KernelFamily* b) {
        return a->name() < b->name();
    };
    std::sort(result.own.begin(), result.own.end(), by_name);
    std::sort(result.vendors.begin(), result.vendors.end(), by_name);
    return result;
}

Stamp Sitting::stamp(const std::string& problem_text) const {
    return {.problem = problem_text,
            .device = device_text,
            .compiler = compiler,
            .policy = policy.name,
            .sitting = id,
            .leading = {},
            .tool = tool};
}

} // namespace hone
