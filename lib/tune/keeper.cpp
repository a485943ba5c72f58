#include "lib/tune/keeper.hpp"

#include "cache/tiers.hpp"
#include "hone/winner.hpp"

#include <algorithm>
#include <iterator>

namespace hone {

FactKeeper::FactKeeper(std::span<Store* const> stores, Observer& observer)
    : stores_(stores), observer_(observer) {}

void FactKeeper::warn(const std::string& text) {
    // The same store fails at every trial in the same way: once is enough.
    if (std::find(warned_.begin(), warned_.end(), text) != warned_.end()) return;
    warned_.push_back(text);
    observer_.on_warning(text);
}

void FactKeeper::add(const Fact& fact) { add(std::span(&fact, 1)); }

void FactKeeper::add(std::span<const Fact> facts) {
    std::vector<Record> records;
    records.reserve(facts.size());
    for (const Fact& fact : facts) records.push_back(encode(fact));

    const auto warn_once = [this](const std::string& text) { warn(text); };
    if (cache::append_all(stores_, records, warn_once)) return;
    kept_ = false;
    warn("no store could be written: results are lost when the program ends");
    unkept_.insert(unkept_.end(), std::make_move_iterator(records.begin()),
                   std::make_move_iterator(records.end()));
}

std::vector<Fact> FactKeeper::facts(std::string_view problem, std::string_view device) {
    std::vector<Record> records = unkept_;
    const std::vector<Record> stored =
        cache::read_all(stores_, problem, device, [this](const std::string& text) { warn(text); });
    records.insert(records.end(), stored.begin(), stored.end());
    std::vector<Fact> facts = effective_facts(records).facts;
    // What is only in memory is of every problem of the sitting.
    std::erase_if(
        facts, [&](const Fact& fact) { return fact.problem != problem || fact.device != device; });
    return facts;
}

} // namespace hone
