// What every kind of store must do.
#include "hone/error.hpp"
#include "tests/catch.hpp"
#include "tests/store/stores.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

using hone::Record;
using hone::Retraction;
using hone::Store;
using hone::test::all_of;
using hone::test::fact;
using hone::test::Folder;
using hone::test::Kind;
using hone::test::sorted;

namespace {

// A record of format 2 that nobody here can read.
Record newer_record() {
    const std::string text = std::string("\xa1\x66") + "format\x02";
    const auto bytes = std::as_bytes(std::span(text));
    return {hone::digest(text), {bytes.begin(), bytes.end()}};
}

std::vector<std::byte> bytes(const std::string& text) {
    const auto view = std::as_bytes(std::span(text));
    return {view.begin(), view.end()};
}

} // namespace

TEST_CASE("a store gives back the facts of a problem and device, and no others", "[store]") {
    const Kind kind = GENERATE(from_range(hone::test::kinds()));
    INFO(kind.name);
    const Folder folder;
    const auto store = kind.open(folder);
    CHECK(store->writable());
    CHECK(store->read("p0", "cpu").empty());

    const std::vector of_p0 = {fact(1), fact(2)};
    CHECK(store->append(of_p0).added == 2);
    CHECK(store->append(std::vector{fact(1, 0, 1)}).added == 1);
    CHECK(sorted(store->read("p0", "cpu")) == sorted(of_p0));
    CHECK(store->read("p1", "cpu") == std::vector{fact(1, 0, 1)});
    CHECK(store->read("p0", "gpu").empty());
    CHECK(store->read("p", "cpu").empty());
    CHECK(store->read("", "").empty());
    CHECK(store->damaged() == 0);
}

TEST_CASE("appending what is known adds nothing and says so", "[store]") {
    const Kind kind = GENERATE(from_range(hone::test::kinds()));
    INFO(kind.name);
    const Folder folder;
    const auto store = kind.open(folder);
    (void)store->append(std::vector{fact(1), fact(2)});
    const hone::Appended appended = store->append(std::vector{fact(2), fact(3), fact(3)});
    CHECK(appended.added == 1);
    CHECK(appended.known == 2);
    CHECK(all_of(*store) == sorted({fact(1), fact(2), fact(3)}));
    const hone::Appended nothing = store->append({});
    CHECK(nothing.added + nothing.known == 0);
}

TEST_CASE("retractions come with every key", "[store]") {
    const Kind kind = GENERATE(from_range(hone::test::kinds()));
    INFO(kind.name);
    const Folder folder;
    const auto store = kind.open(folder);
    const Record retraction = encode(Retraction{fact(1).id, "wrong"});
    (void)store->append(std::vector{retraction, fact(1)});
    CHECK(sorted(store->read("p0", "cpu")) == sorted({fact(1), retraction}));
    CHECK(store->read("elsewhere", "cpu") == std::vector{retraction});
}

TEST_CASE("records of a newer format are kept and passed on, not read", "[store]") {
    const Kind kind = GENERATE(from_range(hone::test::kinds()));
    INFO(kind.name);
    const Folder folder;
    const auto store = kind.open(folder);
    CHECK(store->append(std::vector{newer_record(), fact(1)}).added == 2);
    CHECK(store->read("p0", "cpu") == std::vector{fact(1)});
    CHECK(all_of(*store) == sorted({newer_record(), fact(1)}));
}

TEST_CASE("a batch with a damaged record is refused as a whole", "[store]") {
    const Kind kind = GENERATE(from_range(hone::test::kinds()));
    INFO(kind.name);
    const Folder folder;
    const auto store = kind.open(folder);
    Record other_id = fact(2), no_fact = newer_record();
    other_id.id.bytes[0] ^= 1;
    no_fact.bytes.back() = std::byte{1};
    no_fact.id = hone::digest(no_fact.bytes);
    for (const Record& bad : {other_id, no_fact})
        CHECK_THROWS_AS(store->append(std::vector{fact(1), bad}), hone::Error);
    CHECK(all_of(*store).empty());
}

TEST_CASE("since() gives every record once, in pages, and later ones later", "[store]") {
    const Kind kind = GENERATE(from_range(hone::test::kinds()));
    INFO(kind.name);
    const Folder folder;
    const auto store = kind.open(folder);
    std::vector<Record> all;
    for (int i = 0; i < 10; ++i) all.push_back(fact(i, 0, i % 3));
    (void)store->append(all);

    hone::Cursor cursor;
    std::vector<Record> seen;
    for (const std::size_t expected : {4, 4, 2}) {
        const hone::Page page = store->since(cursor, 4);
        CHECK(page.records.size() == expected);
        CHECK(page.more == (expected == 4));
        seen.insert(seen.end(), page.records.begin(), page.records.end());
        cursor = page.next;
    }
    CHECK(sorted(seen) == sorted(all));
    CHECK(store->since(cursor, 4).records.empty());
    CHECK_FALSE(store->since(cursor, 4).more);
    (void)store->append(std::vector{fact(99)});
    CHECK(store->since(cursor, 4).records == std::vector{fact(99)});
    CHECK(store->since({}, 0).more);
}

TEST_CASE("a cursor of something else starts from the beginning", "[store]") {
    const Kind kind = GENERATE(from_range(hone::test::kinds()));
    INFO(kind.name);
    const Folder folder, elsewhere;
    const auto store = kind.open(folder), other = kind.open(elsewhere);
    (void)store->append(std::vector{fact(1)});
    (void)other->append(std::vector{fact(2), fact(3)});
    CHECK(store->since(other->since({}, 9).next, 9).records == std::vector{fact(1)});
    CHECK(store->since({"nonsense"}, 9).records == std::vector{fact(1)});
    const std::string mine = store->since({}, 9).next.text;
    const std::string cut = mine.substr(0, mine.find(':') + 1);
    CHECK(store->since({cut + "x"}, 9).records == std::vector{fact(1)});
}

TEST_CASE("derived data are valid until records of their key are added", "[store]") {
    const Kind kind = GENERATE(from_range(hone::test::kinds()));
    INFO(kind.name);
    const Folder folder;
    const auto store = kind.open(folder);
    (void)store->append(std::vector{fact(1)});
    CHECK_FALSE(store->get_derived("p0", "cpu", "winner"));

    store->put_derived("p0", "cpu", "winner", bytes("one"));
    store->put_derived("p0", "cpu", "other", bytes(""));
    store->put_derived("p1", "cpu", "winner", bytes("of p1"));
    CHECK(store->get_derived("p0", "cpu", "winner") == bytes("one"));
    CHECK(store->get_derived("p0", "cpu", "other") == bytes(""));
    CHECK_FALSE(store->get_derived("p0", "gpu", "winner"));
    CHECK_FALSE(store->get_derived("p0", "cpu", "loser"));

    (void)store->append(std::vector{fact(1)}); // known: nothing was added
    (void)store->append(std::vector{fact(1, 0, 2)});
    CHECK(store->get_derived("p0", "cpu", "winner") == bytes("one"));

    (void)store->append(std::vector{fact(2)});
    CHECK_FALSE(store->get_derived("p0", "cpu", "winner"));
    CHECK(store->get_derived("p1", "cpu", "winner") == bytes("of p1"));
    store->put_derived("p0", "cpu", "winner", bytes("two"));
    CHECK(store->get_derived("p0", "cpu", "winner") == bytes("two"));

    (void)store->append(std::vector{encode(Retraction{fact(1).id, "wrong"})});
    CHECK_FALSE(store->get_derived("p0", "cpu", "winner"));
    CHECK_FALSE(store->get_derived("p1", "cpu", "winner"));
}

TEST_CASE("a store is used by several threads at once", "[store]") {
    const Kind kind = GENERATE(from_range(hone::test::kinds()));
    INFO(kind.name);
    const Folder folder;
    const auto store = kind.open(folder);
    std::atomic<int> failures = 0;
    std::vector<std::thread> threads;
    for (int writer = 0; writer < 4; ++writer)
        threads.emplace_back([&, writer] {
            for (int i = 0; i < 25; ++i) {
                failures += store->append(std::vector{fact(i, writer)}).added != 1;
                failures += store->read("p0", "cpu").empty();
            }
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(failures == 0);
    CHECK(store->read("p0", "cpu").size() == 100);
}

TEST_CASE("records outlive the store object, and several objects see the same", "[store]") {
    for (const Kind& kind : hone::test::kinds()) {
        if (!kind.keeps) continue;
        INFO(kind.name);
        const Folder folder;
        (void)kind.open(folder)->append(std::vector{fact(1)});
        const auto one = kind.open(folder), two = kind.open(folder);
        (void)one->append(std::vector{fact(2)});
        CHECK(sorted(two->read("p0", "cpu")) == sorted({fact(1), fact(2)}));
        (void)two->append(std::vector{fact(3)});
        CHECK(sorted(one->read("p0", "cpu")) == sorted({fact(1), fact(2), fact(3)}));

        // Derived from what `one` had read before `two` added to it.
        (void)one->read("p0", "cpu");
        (void)two->append(std::vector{fact(4)});
        one->put_derived("p0", "cpu", "winner", bytes("stale"));
        CHECK_FALSE(one->get_derived("p0", "cpu", "winner"));
        CHECK_FALSE(two->get_derived("p0", "cpu", "winner"));
    }
}
