#include "hone/dispatcher.hpp"

#include "hone/error.hpp"
#include "lib/dispatch/loader.hpp"
#include "lib/dispatch/prepared.hpp"
#include "lib/dispatch/table.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <utility>

namespace hone {

using dispatch::Loader;
using dispatch::OperandRules;
using dispatch::Served;
using dispatch::Table;

std::string_view to_string(Match match) noexcept {
    switch (match) {
    case Match::none:
        return "none";
    case Match::exact:
        return "exact";
    case Match::bucket:
        return "bucket";
    case Match::neighbour:
        return "neighbour";
    case Match::fallback:
        return "fallback";
    }
    return "unknown match";
}

namespace {

// Of a problem that nobody announced, which may be none that its operation has.
bool fit(const Operation& operation, const Problem& problem,
         std::span<const Tensor> operands) noexcept {
    try {
        return !OperandRules(operation, problem).breach(operands);
    } catch (const std::exception&) {
        return false;
    }
}

} // namespace

struct Dispatcher::Impl {
    Impl(const Registry& registry, const Options& options, const Device& device,
         std::span<Store* const> stores, const DispatchOptions& dispatch_options)
        : registry(registry), neighbours(dispatch_options.neighbours),
          loader(registry, options, device, stores, dispatch_options) {
        publish();
    }

    // A later program for the same problem and contract replaces the earlier one.
    void serve(std::shared_ptr<const Served> entry) {
        std::erase_if(served, [&](const auto& old) {
            return old->match != Match::fallback && old->problem == entry->problem &&
                   old->plan.contract == entry->plan.contract;
        });
        served.push_back(std::move(entry));
    }
    // Readers may still be in an older table: they are kept until the dispatcher goes. warm() makes
    // one each, so there are few.
    void publish() {
        tables.push_back(std::make_unique<const Table>(served, rules));
        current.store(tables.back().get(), std::memory_order_release);
    }
    [[nodiscard]] const Table& table() const noexcept {
        return *current.load(std::memory_order_acquire);
    }
    // Launches of an announced problem check their operands without allocating.
    void announce(const Problem& problem) {
        auto& known = rules[problem];
        if (!known)
            known = std::make_shared<const OperandRules>(
                registry.operation(problem.operation.view()), problem);
    }
    // Whether something better than what won a neighbour, or than the fallback, serves the item.
    [[nodiscard]] bool tuned(const WorkloadItem& item) const {
        const Served* found = table().find(item.problem, item.contract);
        return found && found->match == Match::exact;
    }
    [[nodiscard]] LookupInfo describe(const Served* entry, const Problem& problem) const;

    const Registry& registry;
    const bool neighbours;
    Loader loader;
    std::vector<std::shared_ptr<const Served>> served;
    Table::Rules rules;
    std::vector<std::unique_ptr<const Table>> tables;
    std::atomic<const Table*> current = nullptr;
    dispatch::PreparedOperands prepared;
    std::atomic<bool> sealed = false;
};

LookupInfo Dispatcher::Impl::describe(const Served* entry, const Problem& problem) const {
    LookupInfo info;
    if (!entry) return info;
    info.match = entry->match;
    // Another problem of the bucket: its program, though not its time.
    if (info.match == Match::exact && !(entry->problem == problem)) info.match = Match::bucket;
    info.family = entry->standing.family;
    info.config = entry->standing.config;
    info.tier = entry->tier;
    if (info.match == Match::exact)
        info.expected_ns = static_cast<double>(entry->standing.median_ps) * 1e-3;
    info.workspace_bytes = entry->kernel->workspace_bytes(problem);
    if (!entry->neighbour.empty()) {
        info.neighbour = entry->neighbour;
        info.expected_loss = entry->loss.fraction;
        info.loss_problems = entry->loss.problems;
    }
    return info;
}

Dispatcher::Dispatcher(const Registry& registry, const Options& options, const Device& device,
                       std::span<Store* const> stores, const DispatchOptions& dispatch_options)
    : impl_(std::make_unique<Impl>(registry, options, device, stores, dispatch_options)) {}

Dispatcher::~Dispatcher() = default;

std::vector<LookupInfo> Dispatcher::warm(std::span<const WorkloadItem> items) {
    if (sealed())
        throw Error(Errc::usage, "a sealed dispatcher loads nothing more",
                    "warm every problem before seal()");
    auto& served = impl_->served;
    for (const WorkloadItem& item : items) {
        impl_->announce(item.problem);
        if (auto winner = impl_->loader.winner_of(item)) {
            impl_->serve(std::move(winner));
        }
        const Problem problem_class = dispatch::class_of(item.problem);
        const bool has_fallback = std::any_of(served.begin(), served.end(), [&](const auto& old) {
            return old->match == Match::fallback &&
                   dispatch::class_of(old->problem) == problem_class;
        });
        if (has_fallback) continue;
        if (auto fallback = impl_->loader.fallback_of(item)) served.push_back(std::move(fallback));
    }
    impl_->publish();
    // Only now is it known which of them a bucket serves.
    if (impl_->neighbours) {
        for (const WorkloadItem& item : items)
            if (!impl_->tuned(item))
                if (auto neighbour = impl_->loader.neighbour_of(item))
                    impl_->serve(std::move(neighbour));
        impl_->publish();
    }
    std::vector<LookupInfo> infos;
    for (const WorkloadItem& item : items) infos.push_back(explain(item.problem, item.contract));
    return infos;
}

void Dispatcher::warm(const Plan& plan) {
    if (sealed())
        throw Error(Errc::usage, "a sealed dispatcher loads nothing more",
                    "warm the plan before seal()");
    std::vector<std::shared_ptr<const Served>> planned;
    for (const PlanEntry& entry : plan.entries) planned.push_back(impl_->loader.planned(entry));
    for (auto& entry : planned) {
        impl_->announce(entry->problem);
        impl_->serve(std::move(entry));
    }
    impl_->publish();
}

void Dispatcher::seal() noexcept { impl_->sealed = true; }

bool Dispatcher::sealed() const noexcept { return impl_->sealed; }

const Kernel* Dispatcher::find(const Problem& problem, const Contract& contract) const noexcept {
    const Served* served = impl_->table().find(problem, contract);
    return served ? served->kernel.get() : nullptr;
}

LookupInfo Dispatcher::explain(const Problem& problem, const Contract& contract) const {
    return impl_->describe(impl_->table().find(problem, contract), problem);
}

Bound Dispatcher::bind(const Problem& problem, const Contract& contract,
                       std::span<const Tensor> operands) {
    const Operation& operation = impl_->registry.operation(problem.operation.view());
    Bound bound;
    bound.rules = std::make_shared<const OperandRules>(operation, problem);
    if (!operands.empty())
        if (const auto breach = bound.rules->breach(operands))
            throw Error(Errc::usage, bound.rules->describe(*breach),
                        breach->rule == OperandRules::Rule::count
                            ? "absent ones keep their place with null data"
                            : "operands are row-major; strides are in elements");
    const Served* served = impl_->table().find(problem, contract);
    if (!served)
        throw Error(Errc::unavailable,
                    "nothing that is loaded serves " + short_text(operation.schema(), problem) +
                        " within the contract",
                    sealed() ? "warm it before seal()" : "warm it first");
    bound.kernel = served->kernel.get();
    bound.problem = problem;
    bound.operands.assign(operands.begin(), operands.end());
    bound.workspace_bytes = served->kernel->workspace_bytes(problem);
    for (std::size_t i = 0; i < served->prepare.size(); ++i) {
        if (operands.empty())
            throw Error(Errc::usage, "this program prepares constant operands",
                        "give the operands when binding");
        auto share = impl_->prepared.share(impl_->loader.session(), *served, static_cast<int>(i),
                                           problem, operands);
        bound.prepared.push_back(share.data);
        bound.held.push_back(std::move(share.hold));
    }
    return bound;
}

Status Dispatcher::launch(const Bound& bound, Stream stream) noexcept {
    if (!bound.kernel) return Status::not_found;
    if (!bound.rules || bound.rules->breach(bound.operands)) return Status::invalid_argument;
    if (bound.workspace_bytes > 0 && !bound.workspace) return Status::workspace_too_small;
    return bound.kernel->launch(bound.problem, bound.operands, bound.prepared, bound.workspace,
                                stream);
}

Status Dispatcher::launch(const Problem& problem, const Contract& contract,
                          std::span<const Tensor> operands, void* workspace,
                          std::size_t workspace_bytes, Stream stream) const noexcept {
    const Table& table = impl_->table();
    const Served* served = table.find(problem, contract);
    if (!served) return Status::not_found;
    // What was prepared belongs to a binding.
    if (!served->prepare.empty()) return Status::invalid_argument;
    const OperandRules* rules = table.rules(problem);
    if (rules ? rules->breach(operands).has_value() : !fit(*served->operation, problem, operands))
        return Status::invalid_argument;
    const std::size_t needed = served->kernel->workspace_bytes(problem);
    if (needed > 0 && (!workspace || needed > workspace_bytes)) return Status::workspace_too_small;
    return served->kernel->launch(problem, operands, {}, workspace, stream);
}

Plan Dispatcher::plan() const {
    Plan plan;
    const Table& table = impl_->table();
    for (const auto& served : table.all()) {
        if (served->match == Match::fallback) continue;
        // A bucket that was warmed later serves the problem instead.
        if (!served->neighbour.empty() &&
            table.find(served->problem, served->plan.contract) != served.get())
            continue;
        plan.entries.push_back(served->plan);
    }
    std::sort(plan.entries.begin(), plan.entries.end(), [](const auto& a, const auto& b) {
        if (a.problem != b.problem) return a.problem < b.problem;
        return a.contract.max_error < b.contract.max_error;
    });
    return plan;
}

} // namespace hone
