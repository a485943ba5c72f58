#include "cache/front.hpp"
#include "hone/error.hpp"
#include "hone/winner.hpp"
#include "lib/cli/usage.hpp"
#include "lib/cli/verbs.hpp"
#include "lib/report/standing.hpp"

#include <fmt/format.h>

#include <iostream>

namespace hone::cli {

namespace {

struct ShowArguments {
    std::string problem, device = "cpu";
    bool source = false, ptx = false, command = false, front = false;
    double max_error = 0;
    std::string numeric_class;
};

// What the caller allows, over what the problem's text says. A filter over facts: nothing is tuned.
void restrict_contract(Contract& contract, const ShowArguments& arguments) {
    if (arguments.max_error > 0) contract.max_error = arguments.max_error;
    if (arguments.numeric_class == "any") contract.numeric_class = NumericClass::any;
    if (arguments.numeric_class == "deterministic")
        contract.numeric_class = NumericClass::deterministic;
    if (arguments.numeric_class == "batch_invariant")
        contract.numeric_class = NumericClass::batch_invariant;
}

// The final that a standing's times are of.
std::string fact_behind(const Standing& standing, std::span<const Record> records) {
    for (const Record& record : records) {
        const auto fact = decode(record).fact;
        if (fact && fact->stage == Stage::final && fact->family == standing.family &&
            fact->revision == standing.revision && fact->config == standing.config &&
            fact->baseline == standing.baseline && fact->time.median_ps == standing.median_ps)
            return hex(record.id);
    }
    return {};
}

// The command that measures the winner again.
std::string command(const Common& common, const Shown& shown) {
    std::string text =
        fmt::format("hone bench --fact {} --device {}", shown.fact.substr(0, 16), shown.device);
    for (const std::string& store : common.stores) text += fmt::format(" --store '{}'", store);
    return text;
}

// Facts of all stores; the tier is the first store that has any.
Shown look_up(const WorkloadItem& item, const Device& device,
              const std::vector<std::unique_ptr<Store>>& stores) {
    const Schema& schema = item.operation->schema();
    Shown shown;
    shown.problem = short_text(schema, item.problem);
    shown.device = device.id;
    std::vector<Record> records;
    for (const auto& store : stores) {
        const std::vector<Record> found =
            store->read(canonical_text(schema, item.problem), canonical_text(device.model));
        if (shown.tier.empty() && !found.empty()) shown.tier = store->url();
        records = merge(records, found);
    }
    const std::vector<Fact> facts = effective_facts(records).facts;
    shown.facts = facts.size();
    shown.verdict = winner(facts, item.contract);
    if (shown.verdict.winner) shown.fact = fact_behind(*shown.verdict.winner, records);
    return shown;
}

Program program_of(const Registry& registry, const WorkloadItem& item, const Device& device,
                   const Standing& standing) {
    const KernelFamily& family = registry.family(standing.family);
    if (static_cast<std::uint32_t>(family.revision()) != standing.revision)
        throw Error(Errc::unavailable,
                    fmt::format("the winner is of revision {} of family {}, this is revision {}",
                                standing.revision, standing.family, family.revision()),
                    "tune again to measure the present revision");
    return family.emit(item.problem, Config::parse(standing.config), device.model);
}

void print_source(const Program& program) {
    for (const Module& module : program.modules) {
        std::cout << "// " << module.name << '\n';
        if (module.kind != Module::Kind::source) {
            std::cout << "// library " << module.library << ' ' << module.version << '\n';
            continue;
        }
        std::cout << "// options:";
        for (const std::string& option : module.options) std::cout << ' ' << option;
        std::cout << '\n' << module.source << '\n';
    }
}

int show(const Common& common, const ShowArguments& arguments) {
    const Registry registry(common.environment);
    WorkloadItem item = parse_problem(arguments.problem, registry.operations());
    restrict_contract(item.contract, arguments);
    const auto stores = open_stores(registry, common);
    const Device device = devices_of(registry, arguments.device).front();
    Shown shown = look_up(item, device, stores);
    if (!shown.verdict.winner)
        throw Error(Errc::no_candidate,
                    fmt::format("{} on {}: no winner among {} facts", shown.problem, device.id,
                                shown.facts),
                    fmt::format("run: hone tune '{}' --device {}", shown.problem, device.id));
    const Standing& winner = *shown.verdict.winner;
    if (arguments.ptx)
        throw Error(Errc::unavailable,
                    "--ptx: programs of backend " + device.model.backend + " have no PTX",
                    "--source prints what is compiled");
    if (arguments.source) {
        print_source(program_of(registry, item, device, winner));
    } else if (arguments.command) {
        std::cout << command(common, shown) << '\n';
    } else {
        if (arguments.front) {
            std::vector<Standing> all = shown.verdict.tied;
            all.insert(all.end(), shown.verdict.others.begin(), shown.verdict.others.end());
            shown.front = cache::pareto_front(all);
        }
        write(std::cout, show_document(shown), common.output_format());
    }
    return 0;
}

} // namespace

Verb add_show(CLI::App& root, const Common& common) {
    CLI::App* app = root.add_subcommand("show", "which winner, from which store, and why");
    const auto arguments = std::make_shared<ShowArguments>();
    app->add_option("problem", arguments->problem, "such as 'gemm m=64 n=4096 k=4096 a=f32'")
        ->required()
        ->configurable(false)
        ->type_name("TEXT");
    app->add_option("--device", arguments->device, "cpu[:THREADS], cuda[:INDEX] or emu:ARCH")
        ->envname("HONE_DEVICE")
        ->capture_default_str();
    auto* source = app->add_flag("--source", arguments->source, "print the winner's source");
    auto* ptx = app->add_flag("--ptx", arguments->ptx, "print the winner's PTX (GPUs)");
    auto* command = app->add_flag("--command", arguments->command,
                                  "print the command that measures its fact again");
    app->add_flag("--front", arguments->front,
                  "print what nothing betters in time, error and energy at once");
    app->add_option("--max-error", arguments->max_error,
                    "largest relative error of a winner; overrides the problem's")
        ->check(above_zero());
    app->add_option("--numeric-class", arguments->numeric_class,
                    "of a winner: any, deterministic or batch_invariant")
        ->check(CLI::IsMember({"any", "deterministic", "batch_invariant"}));
    source->excludes(ptx)->excludes(command);
    ptx->excludes(command);
    return {app, [&common, arguments] { return show(common, *arguments); }};
}

} // namespace hone::cli
