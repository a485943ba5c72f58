#include "lib/worker/compile_pool.hpp"
#include "tests/catch.hpp"
#include "tests/paths.hpp"
#include "tests/worker/rig.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

using namespace hone;
using hone::test::NamedBackend;

namespace {

Module source(const std::string& text) {
    Module module;
    module.name = "kernel.txt";
    module.source = text;
    return module;
}

std::string text_of(const Binary& binary) {
    return {reinterpret_cast<const char*>(binary.bytes.data()), binary.bytes.size()};
}

CompilePool make_pool(int jobs, CompileLimits limits = {}, BinaryCache cache = {}) {
    const NamedBackend backend("forking");
    return {test::worker_options(), backend, backend.device().model,
            std::move(cache),       jobs,    limits};
}

std::vector<Compiled> wait_for_all(CompilePool& pool) {
    std::vector<Compiled> all;
    while (pool.pending() > 0) {
        for (Compiled& one : pool.wait(60)) all.push_back(std::move(one));
    }
    return all;
}

} // namespace

TEST_CASE("200 modules through two workers each come back under their own ticket", "[worker]") {
    CompilePool pool = make_pool(2);
    for (std::uint64_t i = 0; i < 200; ++i) pool.submit(i, source("kernel " + std::to_string(i)));
    CHECK(pool.pending() == 200);
    std::map<std::uint64_t, std::string> results;
    for (const Compiled& one : wait_for_all(pool)) {
        CHECK(one.result.outcome == Outcome::ok);
        CHECK(one.result.log == "copied");
        CHECK(one.result.binary.resources.registers == 7);
        CHECK_FALSE(one.cached);
        CHECK(results.emplace(one.ticket, text_of(one.result.binary)).second);
    }
    REQUIRE(results.size() == 200);
    for (const auto& [ticket, text] : results) CHECK(text == "kernel " + std::to_string(ticket));
    CHECK(test::descendants().size() == 2);
}

TEST_CASE("a compile that fails in any way costs one module", "[worker]") {
    struct Row {
        const char* source;
        Outcome outcome;
        const char* log; // part of it
    };
    const std::vector<Row> rows{
        {"compile:fail", Outcome::compile_failed, "line 1: no"},
        {"compile:throw", Outcome::compile_failed, "thrown by the compiler"},
        {"compile:crash", Outcome::compile_failed, "compiler crashed: signal 6 (SIGABRT)"},
        {"compile:segv", Outcome::compile_failed, "compiler crashed: signal 11 (SIGSEGV)"},
        {"compile:exit", Outcome::compile_failed, "compiler ended: exit status 3"},
        {"compile:hang", Outcome::compile_timeout, "compiling took longer than 0.5 s"},
        {"compile:eat", Outcome::out_of_memory, "out of memory"},
        {"compile:fatal", Outcome::out_of_memory, "LLVM ERROR: out of memory"},
        {"compile:chatty", Outcome::ok, "xxx"},
    };
    CompilePool pool = make_pool(2, {.seconds = 0.5, .memory_bytes = 64 << 20});
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const bool eats = rows[i].source == std::string("compile:eat");
        pool.submit(2 * i,
                    source(eats && !test::memory_is_limited ? "compile:fatal" : rows[i].source));
        pool.submit(2 * i + 1, source("sound"));
    }
    const std::vector<Compiled> all = wait_for_all(pool);
    REQUIRE(all.size() == 2 * rows.size());
    for (const Compiled& one : all) {
        if (one.ticket % 2 == 1) {
            CHECK(text_of(one.result.binary) == "sound");
            continue;
        }
        const Row& row = rows[one.ticket / 2];
        CAPTURE(row.source, one.result.log);
        CHECK(one.result.outcome == row.outcome);
        CHECK(one.result.log.find(row.log) != std::string::npos);
        CHECK(one.result.log.size() <= 16384);
    }
}

TEST_CASE("a module that was compiled once is taken from the cache, without a worker", "[worker]") {
    const std::filesystem::path folder =
        std::filesystem::path(hone::test::binary_dir()) / "tests" / "compile_pool_cache";
    std::filesystem::remove_all(folder);
    {
        CompilePool pool = make_pool(1, {}, BinaryCache(folder));
        pool.submit(1, source("cached"));
        pool.submit(2, source("compile:fail"));
        for (const Compiled& one : wait_for_all(pool)) CHECK_FALSE(one.cached);
    }
    const std::size_t before = test::settled_descendants(0);
    CompilePool pool = make_pool(1, {}, BinaryCache(folder));
    pool.submit(3, source("cached"));
    const std::vector<Compiled> again = pool.wait(10);
    REQUIRE(again.size() == 1);
    CHECK(again[0].ticket == 3);
    CHECK(again[0].cached);
    CHECK(text_of(again[0].result.binary) == "cached");
    CHECK(again[0].result.binary.format == "text");
    CHECK(again[0].result.binary.resources.registers == 7);
    CHECK(test::descendants().size() == before);
    // A failure is not kept: another try may have more memory, or more luck.
    pool.submit(4, source("compile:fail"));
    CHECK_FALSE(wait_for_all(pool).at(0).cached);
}

TEST_CASE("libraries and binaries need no compiler", "[worker]") {
    CompilePool pool = make_pool(1);
    Module library, binary;
    library.kind = Module::Kind::library;
    library.library = "/usr/lib/libfast.so";
    binary.kind = Module::Kind::binary;
    binary.bytes = {std::byte{1}, std::byte{2}};
    pool.submit(1, library);
    pool.submit(2, binary);
    const std::vector<Compiled> ready = pool.wait(0);
    REQUIRE(ready.size() == 2);
    CHECK(ready[0].result.binary.bytes.empty());
    CHECK(ready[1].result.binary.bytes == binary.bytes);
    CHECK(pool.pending() == 0);
    CHECK(pool.wait(60).empty()); // at once
}

TEST_CASE("cancelling leaves a pool that works", "[worker]") {
    CompilePool pool = make_pool(2);
    pool.submit(1, source("compile:hang"));
    pool.submit(2, source("compile:slow"));
    pool.submit(3, source("compile:slow"));
    CHECK(pool.wait(0.2).size() <= 2);
    pool.cancel();
    CHECK(pool.pending() == 0);
    pool.submit(4, source("sound"));
    const std::vector<Compiled> all = wait_for_all(pool);
    REQUIRE(all.size() == 1);
    CHECK(all[0].ticket == 4);
    CHECK(all[0].result.outcome == Outcome::ok);
}

TEST_CASE("a machine without a compiler is the user's matter, not the candidate's", "[worker]") {
    CompilePool pool = make_pool(1);
    pool.submit(1, source("compile:missing"));
    CHECK_THROWS_WITH(pool.wait(60), "no compiler on this machine");
    pool.submit(2, source("sound"));
    CHECK(wait_for_all(pool).size() == 1);
}
