// Many processes write one file; some of them die.
#include "database.hpp"
#include "tests/catch.hpp"
#include "tests/seed.hpp"
#include "tests/store/processes.hpp"
#include "tests/store/stores.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <random>
#include <signal.h>
#include <thread>

using hone::Record;
using hone::test::all_of;
using hone::test::ended_well;
using hone::test::fact;
using hone::test::Folder;
using hone::test::open_sqlite;
using hone::test::sorted;
using hone::test::start_writer;

namespace {

std::vector<Record> facts_of(int writers, int count) {
    std::vector<Record> facts;
    for (int writer = 0; writer < writers; ++writer)
        for (int i = 0; i < count; ++i) facts.push_back(fact(i, writer, writer % 4));
    return sorted(facts);
}

std::string integrity(const std::filesystem::path& file) {
    return hone::sqlite::Database(file, hone::sqlite::Access::write).text("PRAGMA integrity_check");
}

int count_files(const Folder& folder, const std::string& part) {
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
        count += entry.path().filename().string().find(part) != std::string::npos;
    return count;
}

} // namespace

TEST_CASE("64 processes with 200 facts each lose, tear and double none", "[store]") {
    const Folder folder;
    std::vector<pid_t> writers;
    for (int writer = 0; writer < 64; ++writer)
        writers.push_back(start_writer(store_file(folder), writer, 200));
    int failed = 0;
    for (const pid_t writer : writers) failed += !ended_well(writer);
    CHECK(failed == 0);

    const auto store = open_sqlite(store_file(folder));
    CHECK(all_of(*store) == facts_of(64, 200));
    CHECK(store->damaged() == 0);
    CHECK(store->read("p0", "cpu").size() == 16 * 200);
    CHECK(integrity(store_file(folder)) == "ok");
    CHECK(count_files(folder, ".new-") == 0);
    CHECK(count_files(folder, ".corrupt-") == 0);
}

TEST_CASE("writers killed at any moment leave a sound file that the next run completes",
          "[store]") {
    constexpr int writers = 16, count = 60;
    std::mt19937_64 random(hone::test::seed());
    for (int round = 0; round < 4; ++round) {
        const std::uint64_t moment_us = random() % 400'000;
        INFO("round " << round << ", killed after " << moment_us << " us");
        const Folder folder;
        std::vector<pid_t> processes;
        for (int writer = 0; writer < writers; ++writer)
            processes.push_back(start_writer(store_file(folder), writer, count));
        std::this_thread::sleep_for(std::chrono::microseconds(moment_us));
        for (int writer = 0; writer < writers; writer += 2)
            ::kill(processes[static_cast<std::size_t>(writer)], SIGKILL);
        int failed = 0;
        for (int writer = 0; writer < writers; ++writer) {
            const bool well = ended_well(processes[static_cast<std::size_t>(writer)]);
            failed += !well && writer % 2 == 1; // a killed one may have ended before
        }
        CHECK(failed == 0);

        // What the others wrote is all there, and of the killed ones nothing but true facts.
        {
            const auto store = open_sqlite(store_file(folder));
            const std::vector<Record> found = all_of(*store), all = facts_of(writers, count);
            CHECK(std::ranges::includes(all, found, {}, &Record::id, &Record::id));
            CHECK(found.size() >= writers / 2 * count);
            CHECK(store->damaged() == 0);
        }
        CHECK(integrity(store_file(folder)) == "ok");

        processes.clear();
        for (int writer = 0; writer < writers; ++writer)
            processes.push_back(start_writer(store_file(folder), writer, count));
        failed = 0;
        for (const pid_t process : processes) failed += !ended_well(process);
        CHECK(failed == 0);
        CHECK(all_of(*open_sqlite(store_file(folder))) == facts_of(writers, count));
    }
}

TEST_CASE("parent and children of a fork each go on with their own connection", "[store]") {
    const Folder folder;
    const auto store = open_sqlite(store_file(folder));
    (void)store->append(std::vector{fact(0)});

    // Another thread is in the middle of writing at each fork.
    std::atomic<bool> stop = false;
    std::atomic<int> written = 0;
    std::thread writer([&] {
        while (!stop) (void)store->append(std::vector{fact(written++, 1)});
    });
    std::string answers;
    for (int child = 0; child < 10; ++child)
        answers += hone::test::in_child([&]() -> std::string {
            if (store->read("p0", "cpu").empty()) return "empty ";
            if (store->append(std::vector{fact(child, 2)}).added != 1) return "known ";
            // A second store of the same file, in the child only.
            if (open_sqlite(store_file(folder))->append(std::vector{fact(child, 3)}).added != 1)
                return "second known ";
            return "";
        });
    stop = true;
    writer.join();
    CHECK(answers == "");
    (void)store->append(std::vector{fact(1)});

    const auto all = all_of(*store);
    CHECK(all.size() == 2 + static_cast<std::size_t>(written) + 20);
    CHECK(all_of(*open_sqlite(store_file(folder))) == all);
    CHECK(integrity(store_file(folder)) == "ok");
}

TEST_CASE("a child that outlives the store of its parent loses nothing", "[store]") {
    const Folder folder;
    auto store = open_sqlite(store_file(folder));
    (void)store->append(std::vector{fact(0)});
    int turns[2];
    REQUIRE(::pipe(turns) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        char turn = 0;
        (void)store->append(std::vector{fact(1)});
        const bool told = ::read(turns[0], &turn, 1) == 1; // the parent has closed its store
        (void)store->append(std::vector{fact(2)});
        ::_exit(told ? 0 : 1);
    }
    (void)store->append(std::vector{fact(3)});
    store.reset();
    REQUIRE(::write(turns[1], "x", 1) == 1);
    CHECK(ended_well(child));
    CHECK(all_of(*open_sqlite(store_file(folder))) == sorted({fact(0), fact(1), fact(2), fact(3)}));
    ::close(turns[0]);
    ::close(turns[1]);
}
