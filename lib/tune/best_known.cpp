#include "lib/tune/best_known.hpp"

#include "hone/winner.hpp"

#include <string>
#include <vector>

namespace hone {

namespace {

// Null: this machine has no such family.
const KernelFamily* family_named(const Sitting& sitting, const std::string& name) {
    const std::string backend = sitting.backend.runs_families_of();
    for (const KernelFamily* family : sitting.registry.families())
        if (family->name() == name && family->backend() == backend) return family;
    return nullptr;
}

} // namespace

std::optional<BestKnown> best_known(const Sitting& sitting, const WorkloadItem& item,
                                    std::span<const Fact> facts,
                                    const std::function<bool(const KernelFamily&)>& wanted) {
    const Stamp stamp = sitting.stamp(canonical_text(item.operation->schema(), item.problem));
    std::vector<Fact> some;
    for (const Fact& fact : facts) {
        const KernelFamily* family = family_named(sitting, fact.family);
        if (!family || fact.revision != static_cast<std::uint32_t>(family->revision()) ||
            fact.policy != sitting.policy.name || !wanted(*family))
            continue;
        if (vetoes(fact.outcome) && fact.toolchain != toolchain_of(stamp, *family)) continue;
        some.push_back(fact);
    }
    const Verdict verdict = winner(some, item.contract);
    if (!verdict.winner) return std::nullopt;
    return BestKnown{family_named(sitting, verdict.winner->family), *verdict.winner};
}

} // namespace hone
