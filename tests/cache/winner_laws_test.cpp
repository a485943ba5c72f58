// The winner is a function of the set of facts: how they came together does not matter.
#include "hone/winner.hpp"
#include "tests/cache/facts.hpp"
#include "tests/property.hpp"

#include <algorithm>

using hone::Fact;
using hone::Record;
using hone::Standing;
using hone::Verdict;

namespace {

std::vector<Fact> rivals() {
    std::vector<Fact> facts;
    const int count = *rc::gen::inRange(0, 24);
    for (int i = 0; i < count; ++i) facts.push_back(hone::test::rival_fact());
    return facts;
}

// Everything a verdict says, as comparable text.
std::string told(const Verdict& verdict) {
    std::string text = verdict.winner ? verdict.winner->config : "none";
    for (const auto* list : {&verdict.tied, &verdict.others}) {
        text += " |";
        for (const Standing& s : *list) {
            text += " " + s.config + ":" + hex(s.baseline).substr(0, 4);
            for (const std::uint64_t number :
                 {s.sittings, s.ratio_ppb, s.upper_ppb, s.median_ps, s.high_ps,
                  s.total_error.frobenius_ppt, s.workspace_bytes,
                  static_cast<std::uint64_t>(s.veto), std::uint64_t{s.provisional}})
                text += "," + std::to_string(number);
        }
    }
    return text;
}

std::string told(const std::vector<Fact>& facts) { return told(hone::winner(facts, {}, "hone 1")); }

template <typename T> std::vector<T> shuffled(std::vector<T> items) {
    for (std::size_t i = items.size(); i > 1; --i)
        std::swap(items[i - 1], items[*rc::gen::inRange<std::size_t>(0, i)]);
    return items;
}

} // namespace

TEST_CASE("winners do not depend on the order or the repetition of facts", "[cache]") {
    rc::prop("order", [] {
        const std::vector<Fact> facts = rivals();
        RC_ASSERT(told(shuffled(facts)) == told(facts));
    });
    rc::prop("repetition", [] {
        const std::vector<Fact> facts = rivals();
        std::vector<Fact> repeated = facts;
        for (const Fact& fact : facts)
            for (int i = *rc::gen::inRange(0, 3); i > 0; --i) repeated.push_back(fact);
        RC_ASSERT(told(shuffled(repeated)) == told(facts));
    });
}

TEST_CASE("winners do not depend on how records are split over stores", "[cache]") {
    rc::prop("any split, merged in any order", [] {
        std::vector<Record> records;
        for (const Fact& fact : rivals()) records.push_back(hone::encode(fact));
        if (!records.empty() && *rc::gen::arbitrary<bool>())
            records.push_back(hone::encode(hone::Retraction{records.front().id, "wrong"}));

        std::vector<std::vector<Record>> parts(4);
        for (const Record& record : records) {
            parts[*rc::gen::inRange<std::size_t>(0, parts.size())].push_back(record);
            if (*rc::gen::arbitrary<bool>()) // also somewhere else
                parts[*rc::gen::inRange<std::size_t>(0, parts.size())].push_back(record);
        }
        std::vector<Record> merged;
        for (const auto& part : shuffled(parts)) merged = hone::merge(part, merged);

        RC_ASSERT(merged == hone::merge(records, {}));
        RC_ASSERT(told(hone::effective_facts(merged).facts) ==
                  told(hone::effective_facts(records).facts));
    });
}

TEST_CASE("the generated rivals reach every part of the rule", "[cache]") {
    // Guards the properties above against a generator that makes them hold trivially.
    int wins = 0, ties = 0, vetoes = 0, provisional = 0, outside = 0, several = 0;
    (void)rc::check("collect", [&] {
        std::vector<Fact> facts;
        for (int i = 0; i < 24; ++i) facts.push_back(hone::test::rival_fact());
        const Verdict verdict = hone::winner(facts, {}, "hone 1");
        wins += verdict.winner.has_value();
        ties += verdict.tied.size() > 1;
        for (const Standing& s : verdict.others) {
            vetoes += s.veto != hone::Outcome::ok;
            outside += !hone::allows({}, s);
        }
        for (const Standing& s : verdict.tied) {
            provisional += s.provisional;
            several += s.sittings > 1;
        }
    });
    CHECK(wins > 0);
    CHECK(ties > 0);
    CHECK(vetoes > 0);
    CHECK(provisional > 0);
    CHECK(outside > 0);
    CHECK(several > 0);
}
