// What stands in the way of a worker's start, and what the user is told.
#include "hone/error.hpp"
#include "lib/worker/compile_pool.hpp"
#include "lib/worker/message.hpp"
#include "tests/catch.hpp"
#include "tests/paths.hpp"
#include "tests/worker/rig.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace hone;
using hone::test::NamedBackend;
using hone::test::Rig;

namespace {

// An executable script in place of the worker.
std::filesystem::path script(const std::string& name, const std::string& body) {
    const std::filesystem::path folder =
        std::filesystem::path(hone::test::binary_dir()) / "tests" / "worker_scripts";
    std::filesystem::create_directories(folder);
    const std::filesystem::path path = folder / name;
    std::ofstream(path) << "#!/bin/sh\n" << body << "\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
}

std::optional<Error> error_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error;
    }
    return std::nullopt;
}

void start_device_worker(const Options& options, const NamedBackend& backend, int ordinal = 0) {
    const test::ScaleOperation operation;
    const Problem problem = test::scale_problem(10);
    DeviceWorker worker(options, backend, backend.device(ordinal), {});
    worker.set_problem(operation, problem, test::operand_sets(operation, problem, 1));
    (void)worker.start();
}

void compile_something(const Options& options, const NamedBackend& backend) {
    CompilePool pool(options, backend, backend.device().model, {}, 2, {});
    Module module;
    module.source = "sound";
    pool.submit(1, module);
    while (pool.pending() > 0) (void)pool.wait(60);
}

} // namespace

TEST_CASE("a worker program that is none is an error that says what to do", "[worker]") {
    struct Row {
        std::filesystem::path program;
        const char* what; // part of it
    };
    const std::string version = fmt::format("{:o}", protocol_version);
    const std::vector<Row> rows{
        {"", "no worker program is known"},
        {"/nowhere/hone-worker", "No such file or directory"},
        {"/etc/passwd", "Permission denied"},
        {"/bin/true", "did not start: exit status 0"},
        {script("fails", "echo no such library >&2; exit 127"),
         "did not start: exit status 127\nno such library"},
        {script("other_version", R"(printf '\0\0\0\0\377\0\2\0' >&3)"),
         "speaks protocol 255, this hone speaks"},
        {script("too_long", R"(printf '\377\377\377\377\)" + version + R"(\0\2\0' >&3)"),
         "does not speak hone's protocol"},
        {script("other_greeting", R"(printf '\0\0\0\0\)" + version + R"(\0\7\0' >&3)"),
         "does not greet back"},
    };
    const NamedBackend backend("forking");
    for (const Row& row : rows) {
        Options options = test::worker_options();
        options.worker = row.program;
        const std::vector<std::function<void()>> tries{
            [&] { start_device_worker(options, backend); },
            [&] { compile_something(options, backend); },
        };
        for (const auto& action : tries) {
            CAPTURE(row.program);
            const std::optional<Error> error = error_of(action);
            REQUIRE(error);
            CHECK(error->code() == Errc::unavailable);
            CAPTURE(error->what());
            CHECK(std::string(error->what()).find(row.what) != std::string::npos);
            CHECK_FALSE(error->hint().empty());
        }
    }
    CHECK(test::settled_descendants(0) == 0);
}

TEST_CASE("what a worker throws while it starts is thrown in the tool", "[worker]") {
    const Options options = test::worker_options();
    const auto missing = error_of([&] { start_device_worker(options, NamedBackend("absent")); });
    REQUIRE(missing);
    CHECK(missing->code() == Errc::unavailable);
    CHECK(std::string(missing->what()).find("absent") != std::string::npos);
    CHECK(error_of([&] { compile_something(options, NamedBackend("absent")); }));

    const auto lost = error_of([&] { start_device_worker(options, NamedBackend("forking"), 1); });
    REQUIRE(lost);
    CHECK(lost->code() == Errc::device_lost);
    CHECK(std::string(lost->what()) == "device 1 is gone");
    CHECK(lost->hint() == "use another");

    const auto dies = error_of([&] { start_device_worker(options, NamedBackend("forking"), 2); });
    REQUIRE(dies);
    CHECK(dies->code() == Errc::unavailable);
    CHECK(std::string(dies->what()).find("signal 6 (SIGABRT)") != std::string::npos);
}

TEST_CASE("a device that is lost in a run is thrown, and another start may find it", "[worker]") {
    for (const char* backend : {"forking", "sharing"}) {
        Rig rig(backend);
        Run run = rig.worker.start();
        const auto lost = error_of([&] { (void)run.load(test::executable("load:lost")); });
        REQUIRE(lost);
        CHECK(lost->code() == Errc::device_lost);
        CHECK(run.check(0, 0).run.outcome == Outcome::skipped);
        CHECK(rig.check("ok").run.outcome == Outcome::ok);
    }
}

TEST_CASE("a worker that was started early is the one that is used", "[worker]") {
    Rig rig("forking");
    rig.worker.prestart();
    rig.worker.prestart();
    CHECK(test::descendants().size() == 1);
    CHECK(rig.check("ok").run.outcome == Outcome::ok);
    CHECK(rig.worker.respawns() == 0);

    const NamedBackend backend("forking");
    CompilePool pool(test::worker_options(), backend, backend.device().model, {}, 2, {});
    pool.prestart(5);
    CHECK(test::descendants().size() == 3);
    Module module;
    module.source = "sound";
    pool.submit(1, module);
    CHECK(pool.wait(60).size() == 1);
    CHECK(test::descendants().size() == 3);
}

TEST_CASE("a worker outlives the thread that started it", "[worker]") {
    Rig rig("forking");
    std::thread([&] { CHECK(rig.check("ok").run.outcome == Outcome::ok); }).join();
    const std::vector<pid_t> before = test::descendants();
    CHECK(rig.check("ok").run.outcome == Outcome::ok);
    CHECK(test::descendants() == before);
    CHECK(rig.worker.respawns() == 0);
}
