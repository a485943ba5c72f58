// hone cache plan: freezes the winners of a workload in a file, or shows such a file.
#include "cache/plan_file.hpp"
#include "hone/dispatcher.hpp"
#include "hone/error.hpp"
#include "lib/cli/cache_verbs.hpp"
#include "lib/cli/progress.hpp"
#include "lib/report/values.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>

namespace hone::cli {

namespace {

struct PlanArguments {
    Target target;
    std::string out;
};

Document document_of(const Registry& registry, const Plan& plan) {
    Document document = list_document("hone.cache.plan/1", {{"problem"}, {"family"}, {"config"}});
    document.json["digest"] = hex(plan.digest());
    document.json["binary_digest"] = hex(plan.binary_digest());
    for (const PlanEntry& entry : plan.entries) {
        const std::string problem = shown_problem(registry, entry.problem);
        document.json["results"].push_back({{"problem", problem},
                                            {"family", entry.family},
                                            {"revision", entry.revision},
                                            {"config", config_json(entry.config)},
                                            {"compiler", entry.compiler},
                                            {"binaries", hex(entry.binaries)}});
        document.table.rows.push_back({problem, entry.family, entry.config});
    }
    document.table.notes.push_back(
        fmt::format("digest {}, binaries {}", hex(plan.digest()), hex(plan.binary_digest())));
    return document;
}

int show(const Common& common, const std::string& file) {
    const Registry registry(common.environment);
    write(std::cout, document_of(registry, cache::read_plan(file)), common.output_format());
    return 0;
}

int freeze(const Common& common, const PlanArguments& arguments) {
    const Registry registry(common.environment);
    const Workload workload = read_workloads(arguments.target.workloads, registry);
    const auto stores = open_stores(registry, common);
    const Device device = devices_of(registry, arguments.target.device).front();
    Dispatcher dispatcher(registry, common.environment, device, pointers(stores),
                          {.warn = print_warning});
    const std::vector<LookupInfo> infos = dispatcher.warm(workload.items);
    const Plan plan = dispatcher.plan();
    Document document = document_of(registry, plan);
    for (std::size_t i = 0; i < infos.size(); ++i) {
        if (infos[i].match == Match::exact) continue;
        const WorkloadItem& item = workload.items[i];
        document.table.notes.push_back(fmt::format(
            "{}: not tuned, served by {}", short_text(item.operation->schema(), item.problem),
            infos[i].match == Match::none ? "nothing" : to_string(infos[i].match)));
    }
    if (plan.entries.empty())
        throw Error(Errc::no_candidate, "nothing of the workload is tuned for " + device.id,
                    "run `hone tune` on it first");
    if (!arguments.out.empty()) cache::write_plan(arguments.out, plan);
    write(std::cout, document, common.output_format());
    return 0;
}

} // namespace

Verb add_cache_plan(CLI::App& cache, const Common& common) {
    CLI::App* app =
        cache.add_subcommand("plan", "freeze the winners of a workload; or show FILE.plan");
    const auto arguments = std::make_shared<PlanArguments>();
    add_target(*app, arguments->target);
    app->add_option("--out", arguments->out, "write the plan there, as FILE.plan")
        ->configurable(false);
    return {app, [&common, arguments] {
                const auto& names = arguments->target.workloads;
                if (names.size() == 1 && std::filesystem::path(names[0]).extension() == ".plan")
                    return show(common, names[0]);
                return freeze(common, *arguments);
            }};
}

} // namespace hone::cli
