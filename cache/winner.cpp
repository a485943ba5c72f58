// winner/1. docs/winners.md states the rule; the steps here carry its numbers.
#include "hone/winner.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace hone {

namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t billion = 1'000'000'000;

std::uint64_t saturate(Wide value) noexcept {
    constexpr auto largest = std::numeric_limits<std::uint64_t>::max();
    return value < largest ? static_cast<std::uint64_t>(value) : largest;
}

// A final fact as the rule sees it.
struct Measured {
    const Fact* fact;
    Digest id;
    std::uint64_t ratio_ppb, upper_ppb;

    explicit Measured(const Fact& of)
        : fact(&of), id(encode(of).id),
          // To the nearest, halves up.
          ratio_ppb(saturate((Wide{of.time.median_ps} * billion + of.baseline_median_ps / 2) /
                             of.baseline_median_ps)),
          // Upwards.
          upper_ppb(saturate((Wide{std::max(of.time.high_ps, of.time.median_ps)} * billion +
                              of.baseline_median_ps - 1) /
                             of.baseline_median_ps)) {}

    friend bool operator<(const Measured& a, const Measured& b) {
        return std::tie(a.ratio_ppb, a.upper_ppb, a.id) < std::tie(b.ratio_ppb, b.upper_ppb, b.id);
    }
};

// Of an even number the larger of the two in the middle: a lucky sitting must not win.
const Measured& median_of(std::vector<Measured>& measured) {
    std::sort(measured.begin(), measured.end());
    return measured[measured.size() / 2];
}

bool comparable(const Fact& fact) {
    return fact.stage == Stage::final && fact.outcome == Outcome::ok && fact.time.median_ps > 0 &&
           fact.baseline != Digest{} && fact.baseline_median_ps > 0;
}

// Step 1: the finals that have a ratio, each once.
std::vector<Measured> finals_of(std::span<const Fact> facts) {
    std::vector<Measured> finals;
    for (const Fact& fact : facts)
        if (comparable(fact)) finals.emplace_back(fact);
    std::sort(finals.begin(), finals.end(),
              [](const Measured& a, const Measured& b) { return a.id < b.id; });
    const auto same = [](const Measured& a, const Measured& b) { return a.id == b.id; };
    finals.erase(std::unique(finals.begin(), finals.end(), same), finals.end());
    return finals;
}

// What ratios must share to be compared.
using Frame = std::pair<Digest, std::string_view>; // baseline, policy

Frame frame_of(const Measured& measured) {
    return {measured.fact->baseline, measured.fact->policy};
}

// Step 2: keeps the frame with the most sittings, those of the current toolchain first.
void keep_one_frame(std::vector<Measured>& finals, std::string_view toolchain) {
    struct Sittings {
        std::set<SittingId> current, all;
    };
    std::map<Frame, Sittings> frames;
    for (const Measured& measured : finals) {
        Sittings& sittings = frames[frame_of(measured)];
        sittings.all.insert(measured.fact->sitting);
        if (measured.fact->toolchain == toolchain) sittings.current.insert(measured.fact->sitting);
    }
    if (frames.size() < 2) return;
    // The map is in order of the frames, so the first of equals is the smallest.
    const auto chosen = std::max_element(frames.begin(), frames.end(), [](auto& a, auto& b) {
        return std::pair(a.second.current.size(), a.second.all.size()) <
               std::pair(b.second.current.size(), b.second.all.size());
    });
    std::erase_if(finals, [&](const Measured& m) { return frame_of(m) != chosen->first; });
}

using ConfigKey = std::tuple<std::string_view, std::uint32_t, std::string_view>;

ConfigKey key_of(const Fact& fact) { return {fact.family, fact.revision, fact.config}; }

// Step 3: failures of any stage, of the current toolchain; of several the lowest outcome.
std::map<ConfigKey, Outcome> vetoes_of(std::span<const Fact> facts, std::string_view toolchain) {
    std::map<ConfigKey, Outcome> found;
    for (const Fact& fact : facts) {
        if (!vetoes(fact.outcome)) continue;
        if (!toolchain.empty() && fact.toolchain != toolchain) continue;
        Outcome& outcome = found.try_emplace(key_of(fact), fact.outcome).first->second;
        outcome = std::min(outcome, fact.outcome);
    }
    return found;
}

void raise(ErrorPair& worst, const ErrorPair& error) {
    worst.frobenius_ppt = std::max(worst.frobenius_ppt, error.frobenius_ppt);
    worst.componentwise_ppt = std::max(worst.componentwise_ppt, error.componentwise_ppt);
}

// For the plain algorithm the smaller error is the stricter measure.
void lower(ErrorPair& strictest, const ErrorPair& error) {
    strictest.frobenius_ppt = std::min(strictest.frobenius_ppt, error.frobenius_ppt);
    strictest.componentwise_ppt = std::min(strictest.componentwise_ppt, error.componentwise_ppt);
}

// Step 4: one config over its sittings. `measured` is not empty.
Standing standing_of(std::vector<Measured> measured, std::string_view toolchain) {
    const auto other = [&](const Measured& m) { return m.fact->toolchain != toolchain; };
    bool provisional = false;
    if (!toolchain.empty()) {
        // What the current toolchain measured replaces what others did.
        provisional = std::all_of(measured.begin(), measured.end(), other);
        if (!provisional) std::erase_if(measured, other);
    }

    std::map<SittingId, std::vector<Measured>> sittings;
    for (const Measured& m : measured) sittings[m.fact->sitting].push_back(m);
    std::vector<Measured> medians;
    medians.reserve(sittings.size());
    for (auto& [id, of_sitting] : sittings) medians.push_back(median_of(of_sitting));
    const Measured& median = median_of(medians);
    const Fact& fact = *median.fact;

    Standing standing;
    standing.family = fact.family;
    standing.revision = fact.revision;
    standing.config = fact.config;
    standing.program = fact.program;
    standing.baseline = fact.baseline;
    standing.sittings = sittings.size();
    standing.ratio_ppb = median.ratio_ppb;
    standing.upper_ppb = median.upper_ppb;
    standing.median_ps = fact.time.median_ps;
    standing.low_ps = fact.time.low_ps;
    standing.high_ps = fact.time.high_ps;
    standing.noisy = fact.time.noisy;
    standing.energy_uj = fact.energy_uj;
    standing.provisional = provisional;
    standing.deterministic = standing.batch_invariant = true;
    standing.plain_error = fact.plain_error;
    for (const Measured& m : measured) {
        raise(standing.kernel_error, m.fact->kernel_error);
        raise(standing.total_error, m.fact->total_error);
        lower(standing.plain_error, m.fact->plain_error);
        standing.workspace_bytes = std::max(standing.workspace_bytes, m.fact->workspace_bytes);
        standing.deterministic &= m.fact->deterministic;
        standing.batch_invariant &= m.fact->batch_invariant;
    }
    return standing;
}

std::vector<Standing> standings_of(const std::vector<Measured>& finals,
                                   const std::map<ConfigKey, Outcome>& vetoed,
                                   std::string_view toolchain) {
    std::map<ConfigKey, std::vector<Measured>> by_config;
    for (const Measured& measured : finals) by_config[key_of(*measured.fact)].push_back(measured);
    std::vector<Standing> standings;
    for (auto& [key, measured] : by_config) {
        standings.push_back(standing_of(std::move(measured), toolchain));
        if (const auto veto = vetoed.find(key); veto != vetoed.end())
            standings.back().veto = veto->second;
    }
    return standings;
}

// Within a tie; the last two only make the order total.
bool preferred(const Standing& a, const Standing& b) {
    const auto rank = [](const Standing& s) {
        return std::tuple(s.total_error.frobenius_ppt, s.workspace_bytes, ~s.sittings,
                          std::string_view(s.config), std::string_view(s.family), s.revision);
    };
    return rank(a) < rank(b);
}

bool faster(const Standing& a, const Standing& b) {
    if (a.upper_ppb != b.upper_ppb) return a.upper_ppb < b.upper_ppb;
    return preferred(a, b);
}

// Within 0.5 %, exactly.
bool ties(std::uint64_t upper_ppb, std::uint64_t best_ppb) {
    return Wide{upper_ppb} * 1000 <= Wide{best_ppb} * 1005;
}

} // namespace

Verdict winner(std::span<const Fact> facts, const Contract& contract, std::string_view toolchain) {
    std::vector<Measured> finals = finals_of(facts);
    keep_one_frame(finals, toolchain);
    std::vector<Standing> all = standings_of(finals, vetoes_of(facts, toolchain), toolchain);

    // Step 5: the eligible by their upper bounds, the others behind them.
    const auto eligible_end = std::partition(all.begin(), all.end(), [&](const Standing& s) {
        return s.veto == Outcome::ok && allows(contract, s);
    });
    std::sort(all.begin(), eligible_end, faster);
    std::sort(eligible_end, all.end(), faster);
    auto tied_end = all.begin();
    while (tied_end != eligible_end && ties(tied_end->upper_ppb, all.front().upper_ppb)) ++tied_end;
    std::sort(all.begin(), tied_end, preferred);

    Verdict verdict;
    verdict.tied.assign(all.begin(), tied_end);
    verdict.others.assign(tied_end, all.end());
    if (!verdict.tied.empty()) verdict.winner = verdict.tied.front();
    return verdict;
}

} // namespace hone
