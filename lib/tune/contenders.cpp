#include "lib/tune/contenders.hpp"

#include "hone/winner.hpp"
#include "lib/tune/best_known.hpp"

#include <algorithm>

namespace hone {

namespace {

constexpr std::uint64_t most_vendor_configs = 64;

std::vector<Config> vendor_configs(const KernelFamily& family, const Problem& problem,
                                   const DeviceModel& device) {
    const SearchSpace space = family.space(problem, device);
    const auto count = space.legal_count();
    std::vector<Config> configs;
    for (std::uint64_t i = 0; count && i < std::min(*count, most_vendor_configs); ++i)
        configs.push_back(space.config(space.nth(i)));
    return configs;
}

Contender contender_of(const Candidate& candidate, const Measured& measured) {
    return {.family = candidate.family->name(),
            .config = candidate.config.canonical_text(),
            .vendor = candidate.family->vendor(),
            .servable = candidate.family->servable(),
            .time = measured.time,
            .kernel_error = measured.kernel_error,
            .total_error = measured.total_error,
            .plain_error = measured.plain_error,
            .energy_uj = measured.energy_uj};
}

// A standing from the facts as a contender, with the times of this final where it took part.
Contender contender_of(const Standing& standing, const KernelFamily& family,
                       std::span<const FinalEntry> final) {
    for (const FinalEntry& entry : final) {
        if (entry.candidate->family == &family &&
            entry.candidate->config.canonical_text() == standing.config &&
            entry.measured.outcome == Outcome::ok)
            return contender_of(*entry.candidate, entry.measured);
    }
    Contender contender{.family = standing.family,
                        .config = standing.config,
                        .vendor = family.vendor(),
                        .servable = family.servable(),
                        .time = {},
                        .kernel_error = standing.kernel_error,
                        .total_error = standing.total_error,
                        .plain_error = standing.plain_error,
                        .energy_uj = standing.energy_uj};
    contender.time.median_ps = standing.median_ps;
    contender.time.low_ps = standing.low_ps;
    contender.time.high_ps = standing.high_ps;
    contender.time.noisy = standing.noisy;
    return contender;
}

double cost_of(const Measured& measured, Objective objective) {
    const auto energy = static_cast<double>(measured.energy_uj);
    return objective == Objective::edp ? energy * static_cast<double>(measured.time.median_ps)
                                       : energy;
}

// The finalist of hone's own that takes least; nothing when nobody's energy was measured.
std::optional<Contender> thriftiest(const WorkloadItem& item, std::span<const FinalEntry> final,
                                    Objective objective) {
    const FinalEntry* best = nullptr;
    for (const FinalEntry& entry : final) {
        const Measured& measured = entry.measured;
        if (measured.outcome != Outcome::ok || measured.energy_uj == 0 ||
            entry.candidate->family->vendor() ||
            !inside_contract(item.contract, measured, entry.candidate->executable.program.numerics))
            continue;
        if (!best || cost_of(measured, objective) < cost_of(best->measured, objective))
            best = &entry;
    }
    if (!best) return std::nullopt;
    return contender_of(*best->candidate, best->measured);
}

// Of a library with several configs, the fastest one counts.
void add_vendor(std::vector<Contender>& vendors, Contender contender) {
    for (Contender& held : vendors) {
        if (held.family != contender.family) continue;
        if (contender.time.median_ps < held.time.median_ps) held = std::move(contender);
        return;
    }
    vendors.push_back(std::move(contender));
}

} // namespace

const Candidate* Standards::baseline() const noexcept {
    if (fallback) return fallback.get();
    return vendors.empty() ? nullptr : vendors.front().get();
}

Standards prepare_standards(Sitting& sitting, const Problem& problem,
                            const Sitting::Families& families, const Stamp& stamp) {
    const DeviceModel& device = sitting.device.model;
    for (const KernelFamily* family : families.own) {
        if (const std::optional<Config> config = family->fallback(problem, device)) {
            sitting.compiling.submit(
                std::make_shared<Candidate>(emit_candidate(*family, problem, *config, device)));
            break;
        }
    }
    for (const KernelFamily* family : families.vendors)
        for (Config& config : vendor_configs(*family, problem, device))
            sitting.compiling.submit(std::make_shared<Candidate>(
                emit_candidate(*family, problem, std::move(config), device)));

    Standards standards;
    for (std::shared_ptr<Candidate>& done : sitting.compiling.wait_all()) {
        if (done->outcome != Outcome::ok) {
            Measured failed;
            failed.outcome = done->outcome;
            failed.detail = done->log;
            sitting.keeper.add(make_fact(stamp, *done, failed, Stage::screen));
            sitting.observer.on_warning(done->family->name() + " " + done->config.canonical_text() +
                                        ": " + std::string(to_string(done->outcome)));
        } else if (done->family->vendor()) {
            standards.vendors.push_back(std::move(done));
        } else {
            standards.fallback = std::move(done);
        }
    }
    std::sort(standards.vendors.begin(), standards.vendors.end(), [](const auto& a, const auto& b) {
        const std::string left = a->family->name(), right = b->family->name();
        if (left != right) return left < right;
        return a->config.canonical_text() < b->config.canonical_text();
    });
    return standards;
}

std::vector<FinalEntry> hold_final(Sitting& sitting, Measurer& measurer, const Stamp& stamp,
                                   std::vector<std::shared_ptr<Candidate>> finalists,
                                   const Standards& standards, double seconds) {
    if (standards.fallback) {
        const Digest& program = standards.fallback->program;
        // A search may end with the fallback's own program; it is measured once.
        std::erase_if(finalists,
                      [&](const auto& finalist) { return finalist->program == program; });
        finalists.push_back(standards.fallback);
    }
    finalists.insert(finalists.end(), standards.vendors.begin(), standards.vendors.end());
    if (finalists.empty()) return {};

    std::vector<const Executable*> executables;
    executables.reserve(finalists.size());
    for (const auto& finalist : finalists) executables.push_back(&finalist->executable);
    const std::vector<Measured> measured = measurer.final(executables, seconds);

    const Candidate* baseline = standards.baseline();
    if (!baseline) baseline = finalists.front().get();
    std::vector<FinalEntry> entries;
    Digest baseline_program{};
    std::uint64_t baseline_ps = 0;
    for (std::size_t i = 0; i < finalists.size(); ++i) {
        entries.push_back({finalists[i], measured[i]});
        if (finalists[i].get() != baseline || measured[i].outcome != Outcome::ok) continue;
        baseline_program = baseline->program;
        baseline_ps = measured[i].time.median_ps;
    }
    std::vector<Fact> facts;
    facts.reserve(entries.size());
    for (const FinalEntry& entry : entries)
        facts.push_back(make_fact(stamp, *entry.candidate, entry.measured, Stage::final,
                                  baseline_program, baseline_ps));
    sitting.keeper.add(facts);
    return entries;
}

void fill_result(TuneResult& result, Sitting& sitting, const WorkloadItem& item,
                 std::span<const FinalEntry> final, const Standards& standards,
                 Objective objective) {
    const std::vector<Fact> facts = sitting.keeper.facts(result.problem_key, sitting.device_text);
    const auto best = [&](auto&& wanted) -> std::optional<Contender> {
        const std::optional<BestKnown> known = best_known(sitting, item, facts, wanted);
        if (!known) return std::nullopt;
        return contender_of(known->standing, *known->family, final);
    };
    result.winner = best([](const KernelFamily& family) { return !family.vendor(); });
    if (objective != Objective::time) {
        if (auto least = thriftiest(item, final, objective))
            result.winner = std::move(least);
        else
            sitting.observer.on_warning(result.problem +
                                        ": the device gave no energy; the winner is that by time");
    }
    result.served = best([](const KernelFamily& family) { return family.servable(); });
    for (const FinalEntry& entry : final) {
        if (entry.measured.outcome != Outcome::ok) continue;
        if (entry.candidate == standards.fallback)
            result.fallback = contender_of(*entry.candidate, entry.measured);
        else if (entry.candidate->family->vendor())
            add_vendor(result.vendors, contender_of(*entry.candidate, entry.measured));
    }
    if (result.winner && result.winner->time.median_ps > 0)
        result.gflops = item.operation->work(item.problem).flops * 1e3 /
                        static_cast<double>(result.winner->time.median_ps);
}

} // namespace hone
