// kill -9 of anything at any moment.
#include "hone/error.hpp"
#include "lib/worker/compile_pool.hpp"
#include "tests/catch.hpp"
#include "tests/seed.hpp"
#include "tests/worker/rig.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <optional>
#include <random>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace hone;
using hone::test::executable;
using hone::test::Rig;

namespace {

// Kills a descendant now and then, until it goes out of scope.
class Killer final {
  public:
    explicit Killer(std::uint64_t seed) : random_(seed) {
        (void)test::descendants();
        thread_ = std::thread([this] {
            while (!stop_) {
                std::this_thread::sleep_for(std::chrono::microseconds(random_() % 40'000));
                const std::vector<pid_t> found = test::descendants();
                if (!found.empty()) ::kill(found[random_() % found.size()], SIGKILL);
                ++kills_;
            }
        });
    }
    ~Killer() {
        stop_ = true;
        thread_.join();
    }
    Killer(const Killer&) = delete;
    Killer& operator=(const Killer&) = delete;

  private:
    std::mt19937_64 random_;
    std::atomic<bool> stop_ = false;
    std::atomic<int> kills_ = 0;
    std::thread thread_;
};

} // namespace

TEST_CASE("killing device workers at random ends every call with a report and vetoes nobody",
          "[worker]") {
    for (const char* backend : {"forking", "sharing"}) {
        Rig rig(backend);
        int reports = 0, whole = 0;
        {
            const Killer killer(test::seed());
            while (reports < 60) {
                try {
                    Run run = rig.worker.start();
                    RunReport report = run.load(executable("slow"));
                    if (report.outcome == Outcome::ok) report = run.check(0, 0).run;
                    if (report.outcome == Outcome::ok)
                        report = run.sample(std::vector{0}, 0, Policy{}, 3, 10).run;
                    CAPTURE(backend, report.detail);
                    CHECK_FALSE(vetoes(report.outcome));
                    ++reports;
                    if (report.outcome == Outcome::ok) ++whole;
                } catch (const Error& error) {
                    CHECK(error.code() == Errc::unavailable); // killed three times while it started
                }
            }
        }
        CAPTURE(backend, whole);
        CHECK(rig.check("ok").run.outcome == Outcome::ok);
        CHECK(rig.right());
        CHECK(test::settled_descendants(1) == 1);
    }
}

TEST_CASE("killing compile workers at random loses no module", "[worker]") {
    const test::NamedBackend backend("forking");
    CompilePool pool(test::worker_options(), backend, backend.device().model, {}, 2, {});
    std::vector<int> seen(60);
    for (std::size_t i = 0; i < seen.size(); ++i) {
        Module module;
        module.source = i % 4 == 0 ? "compile:slow" : "sound";
        pool.submit(i, module);
    }
    {
        const Killer killer(test::seed());
        while (pool.pending() > 0) {
            try {
                for (const Compiled& one : pool.wait(60)) {
                    ++seen.at(one.ticket);
                    // Twice killed looks like want of memory.
                    CHECK((one.result.outcome == Outcome::ok ||
                           one.result.outcome == Outcome::out_of_memory));
                }
            } catch (const Error& error) {
                CHECK(error.code() == Errc::unavailable);
            }
        }
    }
    CHECK(seen == std::vector<int>(60, 1));
}

TEST_CASE("when the tool is killed, everything it started is gone within a second", "[worker]") {
    struct Row {
        const char* backend;
        const char* candidate;
    };
    for (const Row& row : std::vector<Row>{{"forking", "endless"},
                                           {"forking", "endless_deaf"},
                                           {"forking", "leaves_processes_and_stays"},
                                           {"sharing", "endless"}}) {
        CAPTURE(row.backend, row.candidate);
        (void)test::descendants(); // orphans come here
        int ready[2];
        REQUIRE(::pipe(ready) == 0);
        const pid_t tool = ::fork();
        REQUIRE(tool >= 0);
        if (tool == 0) {
            const test::NamedBackend backend(row.backend);
            CompilePool pool(test::worker_options(), backend, backend.device().model, {}, 1, {});
            Module module;
            module.source = "compile:hang";
            pool.submit(1, module);
            // What ends a worker must not hang on the thread that started it.
            std::thread([&] { (void)pool.wait(0.1); }).join();
            Rig rig(row.backend);
            Run run = rig.worker.start();
            (void)run.load(executable(row.candidate));
            (void)!::write(ready[1], "x", 1);
            (void)run.check(0, 0);
            ::_exit(0);
        }
        char byte = 0;
        REQUIRE(::read(ready[0], &byte, 1) == 1);
        std::this_thread::sleep_for(std::chrono::milliseconds(100)); // into the launch
        CHECK(test::descendants().size() >= 3);
        ::kill(tool, SIGKILL);
        CHECK(test::settled_descendants(0) == 0);
        while (::waitpid(-1, nullptr, WNOHANG) > 0) {
        }
        ::close(ready[0]);
        ::close(ready[1]);
    }
}
