#include "hone/winner.hpp"
#include "tests/cache/facts.hpp"
#include "tests/property.hpp"

#include <algorithm>

using hone::Fact;
using hone::FactSet;
using hone::Record;
using Records = std::vector<Record>;

namespace {

// Records that often coincide, some of them damaged, some retractions.
Records any_records() {
    Records records;
    const int count = *rc::gen::inRange(0, 12);
    for (int i = 0; i < count; ++i) {
        Fact fact = hone::test::full_fact();
        fact.revision = static_cast<std::uint32_t>(*rc::gen::inRange(0, 6));
        Record record = hone::encode(fact);
        const int what = *rc::gen::inRange(0, 6);
        if (what == 0) record = hone::encode(hone::Retraction{record.id, "wrong"});
        if (what == 1) record.bytes[40] ^= static_cast<std::byte>(*rc::gen::inRange(1, 4));
        records.push_back(std::move(record));
    }
    return records;
}

} // namespace

TEST_CASE("merging is commutative, associative and idempotent", "[cache]") {
    rc::prop("commutative", [] {
        const Records a = any_records(), b = any_records();
        RC_ASSERT(hone::merge(a, b) == hone::merge(b, a));
    });
    rc::prop("associative", [] {
        const Records a = any_records(), b = any_records(), c = any_records();
        RC_ASSERT(hone::merge(hone::merge(a, b), c) == hone::merge(a, hone::merge(b, c)));
    });
    rc::prop("idempotent", [] {
        const Records a = any_records();
        const Records once = hone::merge(a, {});
        RC_ASSERT(hone::merge(a, a) == once);
        RC_ASSERT(hone::merge(once, once) == once);
    });
}

TEST_CASE("a merged set is ordered by id and has each id once", "[cache]") {
    rc::prop("any records", [] {
        const Records merged = hone::merge(any_records(), any_records());
        RC_ASSERT(std::is_sorted(merged.begin(), merged.end(),
                                 [](const Record& a, const Record& b) { return a.id <= b.id; }));
    });
}

TEST_CASE("an intact record stands over a damaged copy of it", "[cache]") {
    const Record intact = hone::encode(hone::test::full_fact());
    for (const std::uint8_t flip : {0x01, 0xff}) {
        Record damaged = intact;
        damaged.bytes[0] ^= std::byte{flip};
        CHECK(hone::merge(std::vector{damaged}, std::vector{intact}) == std::vector{intact});
        CHECK(hone::merge(std::vector{intact}, std::vector{damaged}) == std::vector{intact});
    }
}

TEST_CASE("a retracted fact has no effect, whichever came first", "[cache]") {
    Fact kept = hone::test::full_fact();
    kept.revision = 9;
    const Record wrong = hone::encode(hone::test::full_fact());
    const Record retraction = hone::encode(hone::Retraction{wrong.id, "wrong baseline"});
    const auto records = GENERATE_COPY(
        values<Records>({{wrong, retraction, hone::encode(kept)},
                         {retraction, hone::encode(kept), wrong},
                         {retraction, wrong, retraction, wrong, hone::encode(kept)}}));
    CHECK(hone::effective_facts(records).facts == std::vector{kept});
}

TEST_CASE("what cannot be read is counted, newer records apart", "[cache]") {
    Record damaged = hone::encode(hone::test::full_fact());
    damaged.bytes.pop_back();
    Record newer; // {"format": 2}
    for (const char byte : std::string("\xa1\x66") + "format\x02")
        newer.bytes.push_back(static_cast<std::byte>(byte));
    newer.id = hone::digest(newer.bytes);
    const FactSet set = hone::effective_facts(std::vector{damaged, newer});
    CHECK(set.facts.empty());
    CHECK(set.unreadable == 1);
    CHECK(set.newer == 1);
}
