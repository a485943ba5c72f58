#include "lib/tune/known.hpp"

namespace hone {

std::vector<Known::Past> Known::of(const KernelFamily& family, std::string_view toolchain) const {
    std::map<std::string, Past> pasts;
    for (const Fact& fact : facts_) {
        if (fact.family != family.name() || fact.policy != policy_) continue;
        if (fact.revision != static_cast<std::uint32_t>(family.revision())) continue;
        if (fact.origin != Origin::measured || fact.outcome == Outcome::skipped) continue;
        const bool failed = fact.outcome != Outcome::ok && fact.outcome != Outcome::censored;
        if (failed && fact.toolchain != toolchain) continue;

        Past past{fact.config,         fact.program,        fact.outcome,
                  fact.time.median_ps, fact.time.count,     fact.stage,
                  fact.total_error,    fact.plain_error,    fact.workspace_bytes,
                  fact.deterministic,  fact.batch_invariant};
        const auto [at, fresh] = pasts.try_emplace(fact.config, past);
        if (fresh) continue;
        Past& held = at->second;
        const bool held_failed = held.outcome != Outcome::ok && held.outcome != Outcome::censored;
        // One veto outweighs any timing, as it does for winners.
        if (held_failed) continue;
        const bool better = failed || past.stage > held.stage ||
                            (past.stage == held.stage && past.outcome == Outcome::ok &&
                             (held.outcome != Outcome::ok || past.median_ps < held.median_ps));
        if (better) held = past;
    }
    std::vector<Past> result;
    result.reserve(pasts.size());
    for (auto& [config, past] : pasts) result.push_back(std::move(past));
    return result;
}

} // namespace hone
