#include "lib/tune/elsewhere.hpp"

#include "hone/error.hpp"
#include "hone/winner.hpp"
#include "hone/workload.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>

namespace hone {

namespace {

// Reading is for seeds alone: it must not cost more than they save.
constexpr std::size_t most_facts = 200'000, page_size = 4096;
constexpr double farthest = 3; // doublings of dims, in all
constexpr double other_device = 1;

// Doublings between the dims; nothing when the problems differ in anything else.
std::optional<double> distance(const Problem& a, const Problem& b) {
    Problem same = a;
    same.dims = b.dims;
    if (!(same == b)) return std::nullopt;
    double sum = 0;
    for (std::size_t i = 0; i < a.dims.size(); ++i) {
        if (a.dims[i] == b.dims[i]) continue;
        if (a.dims[i] <= 0 || b.dims[i] <= 0) return std::nullopt;
        sum += std::abs(std::log2(static_cast<double>(a.dims[i]) / static_cast<double>(b.dims[i])));
    }
    return sum;
}

} // namespace

Elsewhere::Elsewhere(std::span<Store* const> stores, std::span<const Operation* const> operations,
                     const std::function<void(const std::string&)>& warn)
    : operations_(operations) {
    std::size_t read = 0;
    for (Store* const store : stores) {
        try {
            Cursor cursor;
            for (bool more = true; more && read < most_facts;) {
                const Page page = store->since(cursor, page_size);
                read += page.records.size();
                for (const Fact& fact : effective_facts(page.records).facts) add(fact);
                cursor = page.next;
                more = page.more;
            }
        } catch (const Error& error) {
            warn(store->url() + ": gives no seeds: " + error.what());
        }
    }
}

void Elsewhere::add(const Fact& fact) {
    if (fact.outcome != Outcome::ok || fact.time.median_ps == 0) return;
    const Place place{fact.problem, fact.device, fact.policy, fact.family, fact.revision};
    const auto [time, added] =
        places_[place].try_emplace(fact.config, Time{fact.stage, fact.time.median_ps});
    Time& known = time->second;
    if (added || fact.stage < known.stage) return;
    if (fact.stage > known.stage) known = {fact.stage, fact.time.median_ps};
    known.median_ps = std::min(known.median_ps, fact.time.median_ps);
}

std::vector<Prior> Elsewhere::prior(const Problem& problem, const std::string& device,
                                    const std::string& family, int revision,
                                    const SearchSpace& space) const {
    struct Sum {
        double log_ratios = 0, weights = 0;
    };
    std::map<ConfigIndex, Sum> sums;
    for (const auto& [place, times] : places_) {
        if (place.family != family) continue;
        // An import does not know revisions; its configs are checked against the space anyway.
        if (place.revision != static_cast<std::uint32_t>(revision) && place.revision != 0) continue;
        std::optional<double> far;
        try {
            far = distance(problem, parse_problem(place.problem, operations_).problem);
        } catch (const Error&) {
            continue; // of an operation that is not here, or no problem of hone's
        }
        if (!far || *far > farthest) continue;
        const bool here = place.device == device;
        const bool imported = place.revision == 0;
        if (*far == 0 && here && !imported) continue; // known, not a guess
        const double weight = 1 / (1 + *far + (here ? 0 : other_device));

        double best = std::numeric_limits<double>::infinity();
        for (const auto& [config, time] : times)
            best = std::min(best, static_cast<double>(time.median_ps));
        for (const auto& [config, time] : times) {
            std::optional<ConfigIndex> index;
            try {
                index = space.find(Config::parse(config));
            } catch (const Error&) {
                continue;
            }
            if (!index || !space.legal(*index)) continue;
            Sum& sum = sums[*index];
            sum.log_ratios += weight * std::log(static_cast<double>(time.median_ps) / best);
            sum.weights += weight;
        }
    }
    std::vector<Prior> prior;
    for (const auto& [config, sum] : sums) prior.push_back({config, sum.log_ratios / sum.weights});
    return prior;
}

} // namespace hone
