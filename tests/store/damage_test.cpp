// Files that are no store, or no longer one.
#include "database.hpp"
#include "hone/error.hpp"
#include "tests/catch.hpp"
#include "tests/seed.hpp"
#include "tests/store/stores.hpp"

#include <fstream>
#include <functional>
#include <iterator>
#include <random>

using hone::Record;
using hone::sqlite::Access;
using hone::sqlite::Database;
using hone::test::all_of;
using hone::test::fact;
using hone::test::Folder;
using hone::test::open_sqlite;
using hone::test::sorted;
using hone::test::Warnings;
using Path = std::filesystem::path;

namespace {

std::string contents(const Path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void write(const Path& file, const std::string& text) {
    std::ofstream(file, std::ios::binary) << text;
}

std::vector<Record> many_facts() {
    std::vector<Record> facts;
    for (int i = 0; i < 200; ++i) facts.push_back(fact(i));
    return facts;
}

// A store of 200 facts, closed.
void make_store(const Path& file) { (void)open_sqlite(file)->append(many_facts()); }

Path corrupt(const Folder& folder, int n = 1) {
    return store_file(folder).string() + ".corrupt-" + std::to_string(n);
}

} // namespace

TEST_CASE("a damaged file is moved aside with one warning and the store starts empty", "[store]") {
    struct Row {
        const char* what;
        std::function<void(const Path&)> damage;
    };
    const auto row = GENERATE(values<Row>({
        {"empty", [](const Path& f) { write(f, ""); }},
        {"one byte", [](const Path& f) { write(f, "S"); }},
        {"garbage",
         [](const Path& f) {
             std::mt19937 random(static_cast<unsigned>(hone::test::seed()));
             std::string bytes(100'000, '\0');
             for (char& byte : bytes) byte = static_cast<char>(random());
             write(f, bytes);
         }},
        {"text", [](const Path& f) { write(f, std::string(5000, 'x')); }},
        {"first page lost",
         [](const Path& f) { write(f, std::string(4096, '\0') + contents(f).substr(4096)); }},
        {"cut to a page", [](const Path& f) { std::filesystem::resize_file(f, 4096); }},
        {"cut within a page", [](const Path& f) { std::filesystem::resize_file(f, 6000); }},
        {"cut to a header", [](const Path& f) { std::filesystem::resize_file(f, 100); }},
        {"a table dropped",
         [](const Path& f) { Database(f, Access::write).run("DROP TABLE keys"); }},
        {"no identity", [](const Path& f) { Database(f, Access::write).run("DELETE FROM store"); }},
        {"layout 0",
         [](const Path& f) { Database(f, Access::write).run("PRAGMA user_version = 0"); }},
    }));
    INFO(row.what);
    const Folder folder;
    make_store(store_file(folder));
    row.damage(store_file(folder));
    const std::string before = contents(store_file(folder));

    Warnings warnings;
    const auto store = open_sqlite(store_file(folder), &warnings);
    // Damage behind the first page shows when it is met.
    const std::vector<Record> found = store->read("p0", "cpu");
    CHECK(found.empty());
    CHECK(store->append(std::vector{fact(7)}).added == 1);
    CHECK(all_of(*store) == std::vector{fact(7)});

    REQUIRE(warnings.size() == 1);
    CHECK_THAT(warnings[0], Catch::Contains("moved to " + corrupt(folder).string()));
    CHECK(contents(corrupt(folder)) == before);
    CHECK(all_of(*open_sqlite(store_file(folder), &warnings)) == std::vector{fact(7)});
    CHECK(warnings.size() == 1);
}

TEST_CASE("each damaged file gets its own number", "[store]") {
    const Folder folder;
    for (int n = 1; n <= 3; ++n) {
        write(store_file(folder), "damage " + std::to_string(n));
        (void)open_sqlite(store_file(folder));
        CHECK(contents(corrupt(folder, n)) == "damage " + std::to_string(n));
    }
}

TEST_CASE("pages overwritten anywhere give no wrong record", "[store]") {
    std::mt19937 random(static_cast<unsigned>(hone::test::seed()));
    const std::vector<Record> facts = sorted(many_facts());
    for (int round = 0; round < 20; ++round) {
        const Folder folder;
        make_store(store_file(folder));
        std::string bytes = contents(store_file(folder));
        const std::size_t page = 4096 * (random() % (bytes.size() / 4096));
        const std::size_t first = page + random() % 4000, length = 1 + random() % 96;
        for (std::size_t i = first; i < first + length; ++i) bytes[i] = static_cast<char>(random());
        write(store_file(folder), bytes);
        INFO("round " << round << ": " << length << " bytes at " << first);

        try {
            const auto store = open_sqlite(store_file(folder));
            for (const Record& record : store->read("p0", "cpu"))
                CHECK(std::ranges::binary_search(facts, record.id, {}, &Record::id));
            CHECK(std::ranges::includes(facts, all_of(*store), {}, &Record::id, &Record::id));
            CHECK_NOTHROW(store->append(std::vector{fact(1000)}));
        } catch (const hone::Error& error) {
            // Its numbers hit, it can look like another program's, or a newer hone's.
            CHECK(error.code() == hone::Errc::unavailable);
        }
    }
}

TEST_CASE("a damaged entry is skipped and counted once, the others stay", "[store]") {
    const Folder folder;
    make_store(store_file(folder));
    Database(store_file(folder), Access::write)
        .run("UPDATE records SET bytes = zeroblob(100) WHERE sequence = 3;"
             "UPDATE records SET id = x'00' WHERE sequence = 5");
    Warnings warnings;
    const auto store = open_sqlite(store_file(folder), &warnings);
    CHECK(store->read("p0", "cpu").size() == 198);
    CHECK(store->read("p0", "cpu").size() == 198);
    CHECK(all_of(*store).size() == 198);
    CHECK(store->damaged() == 2);
    CHECK(warnings == Warnings{store->url() + ": has damaged entries; they are skipped"});
}

TEST_CASE("an entry filed under another problem is not given out as that problem's", "[store]") {
    const Folder folder;
    make_store(store_file(folder));
    (void)open_sqlite(store_file(folder))->append(std::vector{fact(1, 0, 1)});
    Database(store_file(folder), Access::write)
        .run("UPDATE records SET key = (SELECT key FROM keys WHERE problem = 'p1') "
             "WHERE sequence = 3");
    const auto store = open_sqlite(store_file(folder));
    CHECK(store->read("p1", "cpu") == std::vector{fact(1, 0, 1)});
    CHECK(store->damaged() == 1);
}

TEST_CASE("damaged derived data are a miss", "[store]") {
    const Folder folder;
    make_store(store_file(folder));
    const auto store = open_sqlite(store_file(folder));
    store->put_derived("p0", "cpu", "winner", fact(1).bytes);
    REQUIRE(store->get_derived("p0", "cpu", "winner") == fact(1).bytes);
    Database(store_file(folder), Access::write).run("UPDATE derived SET bytes = x'00'");
    CHECK_FALSE(store->get_derived("p0", "cpu", "winner"));
}

TEST_CASE("a newer store and another program's database are refused and left alone", "[store]") {
    struct Row {
        const char* what;
        const char* sql;
        const char* error;
    };
    const auto row = GENERATE(values<Row>({
        {"newer", "PRAGMA user_version = 2", "made by a newer hone (layout 2; known is 1)"},
        {"foreign", "PRAGMA application_id = 7", "a database, but not one of hone's"},
    }));
    INFO(row.what);
    const Folder folder;
    make_store(store_file(folder));
    Database(store_file(folder), Access::write).run(row.sql);
    const std::string before = contents(store_file(folder));
    Warnings warnings;
    try {
        (void)open_sqlite(store_file(folder), &warnings);
        FAIL("not refused");
    } catch (const hone::Error& error) {
        CHECK(error.code() == hone::Errc::unavailable);
        CHECK_THAT(error.what(), Catch::Contains(row.error));
        CHECK_THAT(error.hint(), Catch::Contains("was not touched"));
    }
    CHECK(warnings.empty());
    CHECK(contents(store_file(folder)) == before);
    CHECK_FALSE(std::filesystem::exists(corrupt(folder)));
}

TEST_CASE("a store whose file is replaced or removed while open goes on with the new one",
          "[store]") {
    const Folder folder;
    const auto store = open_sqlite(store_file(folder));
    (void)store->append(std::vector{fact(1)});
    const hone::Cursor cursor = store->since({}, 10).next;

    SECTION("removed, its log left behind") {
        std::filesystem::remove(store_file(folder));
        CHECK(store->read("p0", "cpu").empty());
    }
    SECTION("replaced by another store") {
        const Folder elsewhere;
        { (void)open_sqlite(store_file(elsewhere)); }
        for (const char* suffix : {"-wal", "-shm"})
            std::filesystem::remove(store_file(folder).string() + suffix);
        std::filesystem::rename(store_file(elsewhere), store_file(folder));
    }
    SECTION("the whole folder removed") { std::filesystem::remove_all(folder.path()); }

    (void)store->append(std::vector{fact(2)});
    CHECK(store->read("p0", "cpu") == std::vector{fact(2)});
    CHECK(store->since(cursor, 10).records == std::vector{fact(2)});
    CHECK(all_of(*open_sqlite(store_file(folder))) == std::vector{fact(2)});
}

TEST_CASE("damage found by several stores at once moves one file", "[store]") {
    const Folder folder;
    make_store(store_file(folder));
    Warnings warnings;
    const auto one = open_sqlite(store_file(folder), &warnings);
    const auto two = open_sqlite(store_file(folder), &warnings);
    (void)one->read("p0", "cpu");
    Database(store_file(folder), Access::write).run("PRAGMA wal_checkpoint(TRUNCATE)");
    std::filesystem::resize_file(store_file(folder), 4096);
    (void)one->append(std::vector{fact(1)});
    (void)two->append(std::vector{fact(2)});
    CHECK(all_of(*one) == sorted({fact(1), fact(2)}));
    CHECK(warnings.size() == 1);
    CHECK_FALSE(std::filesystem::exists(corrupt(folder, 2)));
}
