#include "tests/catch.hpp"
#include "tests/worker/rig.hpp"

#include <cmath>
#include <string>
#include <vector>

using namespace hone;
using hone::test::executable;
using hone::test::Rig;

TEST_CASE("a candidate that is right leaves its results where the tool reads them", "[worker]") {
    for (const char* backend : {"forking", "sharing"}) {
        for (const char* name : {"ok", "ok_threads", "ok_prepared"}) {
            CAPTURE(backend, name);
            Rig rig(backend, {}, 2);
            Run run = rig.worker.start();
            REQUIRE(run.load(executable(name)).outcome == Outcome::ok);
            for (const int set : {0, 1, 0}) {
                const CheckReport report = run.check(0, set);
                CHECK(report.run.detail == "");
                CHECK(report.run.outcome == Outcome::ok);
                CHECK(report.duration_ps > 0);
                CHECK(rig.right(set));
            }
        }
    }
}

TEST_CASE("what a candidate does not write stays NaN", "[worker]") {
    Rig rig("forking");
    REQUIRE(rig.check("nothing").run.outcome == Outcome::ok);
    const auto* y = static_cast<const float*>(rig.sets[0]->results()[1].data);
    CHECK(std::isnan(y[0]));
    CHECK(std::isnan(y[999]));
    const auto* z = static_cast<const float*>(rig.sets[0]->results()[2].data);
    const auto* z_input = static_cast<const float*>(rig.sets[0]->inputs()[2].data);
    CHECK(z[5] == z_input[5]);
}

TEST_CASE("whatever a candidate does, the tool sees a report and the next one works", "[worker]") {
    struct Row {
        const char* name;
        Outcome outcome;
        const char* detail; // part of it
        bool poisoned = true;
    };
    const std::vector<Row> rows{
        {"null_write", Outcome::crash, "signal 11 (SIGSEGV): write at address 0x8"},
        {"null_write_in_thread", Outcome::crash, "signal 11 (SIGSEGV): write at address 0x8"},
        {"wild_jump", Outcome::crash, "signal 11 (SIGSEGV)"},
        {"trap", Outcome::crash, "signal 4 (SIGILL)"},
        {"break_point", Outcome::crash, "signal 5 (SIGTRAP)"},
        {"division", Outcome::crash, "signal 8 (SIGFPE)"},
        {"aborts", Outcome::crash, "signal 6 (SIGABRT)\nassertion failed: tile fits"},
        {"stack_overflow", Outcome::crash, "signal 11 (SIGSEGV): stack overflow"},
        {"endless", Outcome::hang, "a launch took longer than 0.3 s"},
        {"endless_deaf", Outcome::hang, "a launch took longer than 0.3 s"},
        {"endless_chatty", Outcome::hang, "a launch took longer than 0.3 s"},
        {"past_output", Outcome::out_of_bounds, "operand y: a byte beside it was written"},
        {"far_past_output", Outcome::out_of_bounds, "past the end of operand y"},
        {"before_output", Outcome::out_of_bounds, "before operand y"},
        {"past_workspace", Outcome::out_of_bounds, "past the end of the workspace"},
        {"reads_past_input", Outcome::out_of_bounds, "past the end of operand x"},
        {"writes_input", Outcome::illegal_access, "write at byte 12 of operand x"},
        {"exits", Outcome::crash, "exit status 0"},
        {"closes_files", Outcome::crash, "exit status 0"},
        {"closes_files_and_stays", Outcome::crash, "closed its channel to the tool"},
        {"writes_files", Outcome::crash, "answered with bytes that are no message"},
        {"eats_memory", Outcome::out_of_memory, "bad_alloc"},
        {"throws", Outcome::crash, "signal 6 (SIGABRT)"},
        {"kills_itself", Outcome::out_of_memory, "signal 9 (SIGKILL)"},
        {"kills_group", Outcome::out_of_memory, "signal 9 (SIGKILL)"},
        {"sticky", Outcome::illegal_access, "sticky error"},
        {"refuses", Outcome::launch_failed, "invalid_argument", false},
        {"leaves_processes", Outcome::ok, "", false},
        {"load:hang", Outcome::hang, "loading took longer than 0.4 s"},
        {"load:crash", Outcome::crash, "signal 11 (SIGSEGV)"},
        {"load:throw", Outcome::launch_failed, "no room for this program", false},
        {"load:none", Outcome::launch_failed, "no kernel named load:none", false},
    };
    RunLimits limits;
    limits.load_seconds = 0.4;
    limits.launch_seconds = 0.3;
    limits.memory_bytes = 64 << 20;
    Rig rig("forking", limits);
    REQUIRE(rig.check("ok").run.outcome == Outcome::ok);
    const std::vector<pid_t> before = test::descendants();
    REQUIRE(before.size() == 1);

    for (const Row& row : rows) {
        CAPTURE(row.name);
        if (row.name == std::string("eats_memory") && !test::memory_is_limited) continue;
        {
            Run run = rig.worker.start();
            RunReport report = run.load(executable(row.name));
            if (report.outcome == Outcome::ok) report = run.check(0, 0).run;
            CAPTURE(report.detail);
            CHECK(report.outcome == row.outcome);
            CHECK(report.detail.find(row.detail) != std::string::npos);
            CHECK(report.poisoned == row.poisoned);
            if (row.poisoned) {
                CHECK(run.check(0, 0).run.detail == report.detail);
                CHECK(run.load(executable("ok")).outcome == report.outcome);
            }
        }
        const CheckReport next = rig.check("ok");
        CAPTURE(next.run.detail);
        CHECK(next.run.outcome == Outcome::ok);
        CHECK(rig.right());
        CHECK(test::settled_descendants(1) == 1);
    }
    CHECK(test::descendants() == before);
    CHECK(rig.worker.respawns() == 0);
}

TEST_CASE("where candidates share a process, a fault costs the process and nothing else",
          "[worker]") {
    struct Row {
        const char* name;
        Outcome outcome;
        const char* detail; // part of it
        bool poisoned = true;
    };
    const std::vector<Row> rows{
        {"null_write", Outcome::crash, "signal 11 (SIGSEGV): write at address 0x8"},
        {"trap", Outcome::crash, "signal 4 (SIGILL)"},
        {"aborts", Outcome::crash, "signal 6 (SIGABRT)\nassertion failed: tile fits"},
        {"stack_overflow", Outcome::crash, "signal 11 (SIGSEGV): stack overflow"},
        {"endless", Outcome::hang, "a launch took longer than 0.3 s"},
        {"sticky", Outcome::illegal_access, "sticky error"},
        {"past_output", Outcome::out_of_bounds, "operand y: a byte beside it was written"},
        {"far_past_output", Outcome::out_of_bounds, "operand y: a byte beside it was written"},
        {"past_workspace", Outcome::out_of_bounds, "the workspace: a byte beside it was written"},
        {"writes_input", Outcome::illegal_access, "of operand x, which is read-only"},
        {"exits", Outcome::crash, "exit status 0"},
        {"closes_files_and_stays", Outcome::crash, "closed its channel to the tool"},
        {"writes_files", Outcome::crash, ""},
        {"load:hang", Outcome::hang, "loading took longer than 0.4 s"},
        {"load:crash", Outcome::crash, "signal 11 (SIGSEGV)"},
        {"load:throw", Outcome::launch_failed, "no room for this program", false},
        {"refuses", Outcome::launch_failed, "invalid_argument", false},
    };
    RunLimits limits;
    limits.load_seconds = 0.4;
    limits.launch_seconds = 0.3;
    Rig rig("sharing", limits);
    REQUIRE(rig.check("ok").run.outcome == Outcome::ok);
    std::int64_t respawns = 0;
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const CheckReport report = rig.check(row.name);
        CAPTURE(report.run.detail);
        CHECK(report.run.outcome == row.outcome);
        CHECK(report.run.detail.find(row.detail) != std::string::npos);
        CHECK(report.run.poisoned == row.poisoned);
        const CheckReport next = rig.check("ok");
        CAPTURE(next.run.detail);
        CHECK(next.run.outcome == Outcome::ok);
        CHECK(rig.right());
        if (row.poisoned) ++respawns;
        CHECK(rig.worker.respawns() == respawns);
        CHECK(test::settled_descendants(1) == 1);
    }
}

TEST_CASE("samples come back per program, with operands restored and rotated", "[worker]") {
    for (const char* backend : {"forking", "sharing"}) {
        CAPTURE(backend);
        Rig rig(backend);
        Run run = rig.worker.start();
        Executable library = executable("ok");
        library.program.modules[0].kind = Module::Kind::library;
        REQUIRE(run.load(executable("ok")).outcome == Outcome::ok);
        REQUIRE(run.load(executable("ok_prepared")).outcome == Outcome::ok);
        REQUIRE(run.load(library).outcome == Outcome::ok);

        const std::vector<int> programs{0, 1, 2};
        const SampleReport warm = run.sample(programs, 0, Policy{}, 5, 10);
        REQUIRE(warm.run.outcome == Outcome::ok);
        REQUIRE(warm.samples.size() == 3);
        for (const Samples& samples : warm.samples) {
            CHECK(samples.picoseconds.size() == 5);
            CHECK(samples.dropped == 1); // one operand set
        }
        CHECK(warm.samples[0].clock_khz == 0);
        CHECK(warm.samples[2].clock_khz == 40'000); // a library is given time to settle

        Policy cold;
        cold.cold = true;
        cold.rotate_bytes = 50'000;
        const SampleReport rotated = run.sample(std::vector{1}, 0, cold, 7, 10);
        REQUIRE(rotated.samples.size() == 1);
        CHECK(rotated.samples[0].dropped == 5); // sets of 12000 bytes
        CHECK(run.sample(std::vector{0}, 0, Policy{}, 1, 10).samples.at(0).dropped == 1);

        const CheckReport after = run.check(0, 0);
        CHECK(after.run.outcome == Outcome::ok);
        CHECK(rig.right());
    }
}

TEST_CASE("a program that fails while it is sampled is named where it is known", "[worker]") {
    RunLimits limits;
    limits.launch_seconds = 0.3;
    Rig rig("forking", limits);
    Run run = rig.worker.start();
    REQUIRE(run.load(executable("ok")).outcome == Outcome::ok);
    REQUIRE(run.load(executable("endless")).outcome == Outcome::ok);
    const SampleReport alone = run.sample(std::vector{1}, 0, Policy{}, 3, 0.1);
    CHECK(alone.run.outcome == Outcome::hang);
    CHECK(alone.run.detail == "measuring took longer than 0.4 s");
    CHECK(alone.program == 1);
    CHECK(alone.samples.empty());

    Run second = rig.worker.start();
    REQUIRE(second.load(executable("ok")).outcome == Outcome::ok);
    REQUIRE(second.load(executable("null_write")).outcome == Outcome::ok);
    const SampleReport together = second.sample(std::vector{0, 1}, 0, Policy{}, 3, 10);
    CHECK(together.run.outcome == Outcome::crash);
    CHECK(together.program == -1);
    CHECK(run.check(0, 0).run.outcome == Outcome::hang); // what ended it still stands
}

TEST_CASE("calls that make no sense are reported, and harm nobody", "[worker]") {
    Rig rig("forking");
    Run first = rig.worker.start();
    REQUIRE(first.load(executable("ok")).outcome == Outcome::ok);
    CHECK(first.check(1, 0).run.detail == "no program 1 was loaded");
    CHECK(first.check(-1, 0).run.outcome == Outcome::launch_failed);
    CHECK(first.check(0, 1).run.detail == "there is no operand set 1");
    CHECK(first.sample(std::vector{0, 3}, 0, Policy{}, 1, 1).program == 3);
    CHECK(first.check(0, 0).run.outcome == Outcome::ok);

    Run second = rig.worker.start();
    CHECK(first.check(0, 0).run.outcome == Outcome::skipped); // it is over
    REQUIRE(second.load(executable("ok")).outcome == Outcome::ok);
    CHECK(second.check(0, 0).run.outcome == Outcome::ok);
    rig.worker.set_problem(rig.operation, rig.problem, rig.sets);
    CHECK(second.check(0, 0).run.outcome == Outcome::skipped);
}

TEST_CASE("another problem takes the place of the last one", "[worker]") {
    for (const char* backend : {"forking", "sharing"}) {
        Rig rig(backend);
        REQUIRE(rig.check("ok").run.outcome == Outcome::ok);
        for (const std::int64_t n : {1, 5000, 16}) {
            CAPTURE(backend, n);
            rig.problem = test::scale_problem(n);
            rig.sets = test::operand_sets(rig.operation, rig.problem, 2);
            rig.worker.set_problem(rig.operation, rig.problem, rig.sets);
            CHECK(rig.check("ok").run.outcome == Outcome::ok);
            CHECK(rig.right());
        }
        CHECK(rig.worker.respawns() == 0);
    }
}

TEST_CASE("200 runs leave no open file behind, here or in the worker", "[worker]") {
    for (const char* backend : {"forking", "sharing"}) {
        Rig rig(backend);
        (void)test::descendants();
        REQUIRE(rig.check("ok").run.outcome == Outcome::ok);
        const pid_t worker = test::descendants().at(0);
        const std::size_t here = test::open_files(), there = test::open_files(worker);
        for (int i = 0; i < 200; ++i) {
            const bool fails = i % 10 == 0 && backend == std::string("forking");
            CHECK((rig.check(fails ? "null_write" : "ok").run.outcome == Outcome::ok) == !fails);
        }
        CHECK(test::open_files() == here);
        CHECK(test::settled_open_files(worker, there) <= there); // the last run may be closing
        CHECK(rig.worker.respawns() == 0);
    }
}
