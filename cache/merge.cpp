#include "hone/winner.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace hone {

namespace {

bool intact(const Record& record) noexcept { return digest(record.bytes) == record.id; }

} // namespace

std::vector<Record> merge(std::span<const Record> left, std::span<const Record> right) {
    std::vector<Record> all;
    all.reserve(left.size() + right.size());
    all.insert(all.end(), left.begin(), left.end());
    all.insert(all.end(), right.begin(), right.end());
    std::sort(all.begin(), all.end(), [](const Record& a, const Record& b) {
        return std::tie(a.id, a.bytes) < std::tie(b.id, b.bytes);
    });

    // Only damage gives one id two contents. The intact one stands, wherever it comes from; without
    // one the smallest does, so that the result still does not depend on the order.
    std::vector<Record> merged;
    merged.reserve(all.size());
    for (Record& record : all) {
        if (merged.empty() || merged.back().id != record.id)
            merged.push_back(std::move(record));
        else if (merged.back().bytes != record.bytes && intact(record))
            merged.back() = std::move(record);
    }
    return merged;
}

FactSet effective_facts(std::span<const Record> records) {
    FactSet set;
    std::set<Digest> retracted;
    std::vector<std::pair<Digest, Fact>> facts;
    for (const Record& record : merge(records, {})) {
        Decoded decoded = decode(record);
        if (decoded.fact)
            facts.emplace_back(record.id, *std::move(decoded.fact));
        else if (decoded.retraction)
            retracted.insert(decoded.retraction->target);
        else
            ++(decoded.newer ? set.newer : set.unreadable);
    }
    set.facts.reserve(facts.size());
    for (auto& [id, fact] : facts)
        if (!retracted.contains(id)) set.facts.push_back(std::move(fact));
    return set;
}

} // namespace hone
