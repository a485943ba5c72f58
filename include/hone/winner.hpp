// Winners: a pure, versioned function of facts.
#pragma once

#include "hone/contract.hpp"
#include "hone/fact.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hone {

inline constexpr std::string_view winner_rule = "winner/1";

// One config as the rule sees it, over all its final facts within one baseline hash.
struct Standing {
    std::string family;
    std::uint32_t revision = 0;
    std::string config;
    Digest program{};
    Digest baseline{};
    std::uint64_t sittings = 0;
    // Median over sittings of time / same-sitting baseline, and the upper bound of its interval, in
    // parts per 10^9.
    std::uint64_t ratio_ppb = 0, upper_ppb = 0;
    std::uint64_t median_ps = 0, low_ps = 0, high_ps = 0; // of the median sitting
    ErrorPair kernel_error, total_error, plain_error;     // largest over the facts; plain: smallest
    std::uint64_t energy_uj = 0, workspace_bytes = 0;
    bool deterministic = false, batch_invariant = false, noisy = false, provisional = false;
    Outcome veto = Outcome::ok; // not ok: why it can never win
};

struct Verdict {
    std::optional<Standing> winner;
    std::vector<Standing> tied;   // within 0.5 % of the winner, it included, in order of the rule
    std::vector<Standing> others; // the rest, by upper bound; then vetoed and outside the contract
};

// winner/1, see docs/winners.md. `facts` are those of one problem and one device model, in any
// order, with any repetition; retractions are applied. Only facts of one baseline hash and one
// policy are compared: those with the most sittings, of `toolchain` first. Failures of another
// toolchain veto nothing, and a config that only other toolchains have measured is provisional; an
// empty `toolchain`: do not care. Integer arithmetic only.
[[nodiscard]] Verdict winner(std::span<const Fact> facts, const Contract& contract,
                             std::string_view toolchain = {});

// Whether the errors are inside the contract.
[[nodiscard]] bool allows(const Contract& contract, const Standing& standing) noexcept;

// Union of facts minus retracted ones, each once, ordered by id. Records that do not decode are
// left out and counted.
struct FactSet {
    std::vector<Fact> facts;
    std::uint64_t unreadable = 0, newer = 0;
};
[[nodiscard]] FactSet effective_facts(std::span<const Record> records);
// Union of records by id, ordered by id.
[[nodiscard]] std::vector<Record> merge(std::span<const Record> left,
                                        std::span<const Record> right);

} // namespace hone
