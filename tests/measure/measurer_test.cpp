#include "lib/measure/measurer.hpp"
#include "tests/catch.hpp"
#include "tests/measure/fake_candidates.hpp"

#include <atomic>
#include <string>
#include <vector>

using namespace hone;
using test::FakeRig;
using test::pointers;

namespace {

constexpr std::uint64_t us = 1'000'000; // in picoseconds

struct Fault {
    std::string behaviour;
    Outcome outcome;
    std::string detail; // part of it
};

const std::vector<Fault> faults = {
    {"behave wrong", Outcome::wrong_result, "d[12,10]: expected "},
    {"behave nan", Outcome::not_finite, "d[12,10]: expected "},
    {"behave oob", Outcome::out_of_bounds, ""},
    {"behave illegal_access", Outcome::illegal_access, ""},
    {"behave assert", Outcome::crash, "assertion"},
    {"behave crash", Outcome::crash, "SIGSEGV"},
    {"behave hang", Outcome::hang, "longer than"},
    {"behave oom", Outcome::out_of_memory, ""},
};

} // namespace

TEST_CASE("a right candidate is screened with errors and a time", "[measure]") {
    FakeRig rig;
    const Measured measured = rig.measurer.screen(rig.candidate("time 500\nnoise 1 7"), 0);
    CAPTURE(measured.detail);
    CHECK(measured.outcome == Outcome::ok);
    CHECK(measured.time.count == 3);
    CHECK(measured.time.median_ps > 494 * us);
    CHECK(measured.time.median_ps < 506 * us);
    CHECK(measured.time.clock_khz == 1'500'000);
    CHECK(measured.kernel_error == measured.total_error);
    CHECK(measured.total_error == measured.plain_error); // it is the plain algorithm
    CHECK(measured.total_error.frobenius_ppt > 0);
    CHECK(measured.total_error.frobenius_ppt < 1'000'000); // 1e-6
}

TEST_CASE("whatever a candidate does, its screening says so and the next one is screened",
          "[measure]") {
    FakeRig rig;
    for (const Fault& fault : faults) {
        CAPTURE(fault.behaviour);
        const Measured measured = rig.measurer.screen(rig.candidate(fault.behaviour), 0);
        CAPTURE(measured.detail);
        CHECK(measured.outcome == fault.outcome);
        CHECK(measured.detail.find(fault.detail) != std::string::npos);
        CHECK(measured.time == TimeSummary{});
        CHECK(rig.measurer.screen(rig.candidate("time 100"), 0).outcome == Outcome::ok);
    }
    const Executable broken{rig.candidate("").program, {{"foreign", {}, {}}}};
    CHECK(rig.measurer.screen(broken, 0).outcome == Outcome::launch_failed);
}

TEST_CASE("one that is slower than four times the incumbent is censored at that bound",
          "[measure]") {
    FakeRig rig;
    const Executable slow = rig.candidate("time 1\nbehave slow 60000");
    const Measured censored = rig.measurer.screen(slow, 10'000 * us);
    CHECK(censored.outcome == Outcome::censored);
    CHECK(censored.time.median_ps == 40'000 * us);
    CHECK(censored.time.count == 0);
    CHECK(rig.measurer.screen(slow, 0).outcome == Outcome::ok);
    CHECK(rig.measurer.screen(slow, 1'000'000 * us).outcome == Outcome::ok);

    // A first run of 5 ms may be the machine's doing: a sample decides. This one's says 5 ms...
    const Executable doubtful = rig.candidate("time 1\nbehave slow 5000");
    CHECK(rig.measurer.screen(doubtful, 1000 * us).outcome == Outcome::censored);
    // ... but wrong results come first.
    const Executable wrong = rig.candidate("behave slow 60000\nbehave wrong");
    CHECK(rig.measurer.screen(wrong, 10 * us).outcome == Outcome::wrong_result);
}

TEST_CASE("one that is hopelessly behind gets one sample", "[measure]") {
    FakeRig rig;
    const Executable slow = rig.candidate("time 1\nbehave slow 200000");
    const Measured measured = rig.measurer.screen(slow, 95'000 * us);
    CHECK(measured.outcome == Outcome::ok);
    CHECK(measured.time.count == 1);
}

TEST_CASE("checking alone gives errors on all sets and no time", "[measure]") {
    FakeRig rig;
    const Measured right = rig.measurer.check(rig.candidate(""));
    CHECK(right.outcome == Outcome::ok);
    CHECK(right.time == TimeSummary{});
    CHECK(right.total_error.componentwise_ppt > 0);
    for (const Fault& fault : faults) {
        CAPTURE(fault.behaviour);
        CHECK(rig.measurer.check(rig.candidate(fault.behaviour)).outcome == fault.outcome);
    }
}

TEST_CASE("a race keeps the fastest that are right", "[measure]") {
    FakeRig rig;
    std::vector<Executable> candidates;
    for (const char* text :
         {"time 1000\nnoise 1 1", "time 1500\nnoise 1 2", "time 10\nbehave wrong",
          "time 1010\nnoise 1 3", "time 10\nbehave crash", "time 1030\nnoise 1 4"})
        candidates.push_back(rig.candidate(text));
    const auto raced = rig.measurer.race(pointers(candidates), 2, 20);
    REQUIRE(raced.size() == 6);
    const std::vector<bool> kept = {true, false, false, true, false, false};
    const std::vector<Outcome> outcomes = {Outcome::ok, Outcome::ok,    Outcome::wrong_result,
                                           Outcome::ok, Outcome::crash, Outcome::ok};
    for (std::size_t i = 0; i < raced.size(); ++i) {
        CAPTURE(i, raced[i].measured.detail);
        CHECK(raced[i].kept == kept[i]);
        CHECK(raced[i].measured.outcome == outcomes[i]);
        CHECK((raced[i].measured.time.count > 0) == (outcomes[i] == Outcome::ok));
    }
    CHECK(raced[1].measured.time.count == 4); // out after the first round
    CHECK(raced[0].measured.time.count >= 8);
    CHECK(raced[0].measured.total_error.componentwise_ppt > 0);
}

TEST_CASE("a final settles its contenders in one process", "[measure]") {
    FakeRig rig;
    std::vector<Executable> contenders;
    for (const char* text : {"time 1000\nnoise 0.2 1", "time 1100\nnoise 0.2 2", "time 3000"})
        contenders.push_back(rig.candidate(text));
    const std::int64_t before = rig.worker.respawns();
    const std::vector<Measured> measured = rig.measurer.final(pointers(contenders), 20);
    REQUIRE(measured.size() == 3);
    for (const Measured& one : measured) {
        CAPTURE(one.detail);
        CHECK(one.outcome == Outcome::ok);
        CHECK(one.time.count >= 16);
        CHECK(one.time.count == measured[0].time.count);
        CHECK_FALSE(one.time.noisy);
    }
    CHECK(static_cast<double>(measured[1].time.median_ps) /
              static_cast<double>(measured[0].time.median_ps) ==
          Approx(1.1).epsilon(0.003));
    CHECK(rig.worker.respawns() == before);
}

TEST_CASE("contenders that fail in the final are named, and the rest is settled", "[measure]") {
    // Each is checked on four sets first; what comes after that hits the timing.
    for (const auto& [behaviour, outcome] : std::vector<std::pair<std::string, Outcome>>{
             {"behave crash", Outcome::crash},
             {"behave hang", Outcome::hang},
             {"behave illegal_access", Outcome::illegal_access},
             {"after 5\nbehave crash", Outcome::crash},
             {"after 6\nbehave illegal_access", Outcome::illegal_access},
             {"after 5\nbehave oom", Outcome::launch_failed},
         }) {
        CAPTURE(behaviour);
        FakeRig rig;
        std::vector<Executable> contenders;
        contenders.push_back(rig.candidate("time 1000\nnoise 0.2 1"));
        contenders.push_back(rig.candidate("time 10\n" + behaviour));
        contenders.push_back(rig.candidate("time 1100\nnoise 0.2 2"));
        const std::vector<Measured> measured = rig.measurer.final(pointers(contenders), 20);
        CAPTURE(measured[0].detail, measured[1].detail, measured[2].detail);
        CHECK(measured[1].outcome == outcome);
        for (const int i : {0, 2}) {
            const Measured& other = measured[static_cast<std::size_t>(i)];
            CHECK(other.outcome == Outcome::ok);
            CHECK(other.time.count >= 16);
            CHECK_FALSE(other.time.noisy);
        }
    }
}

TEST_CASE("a finalist that turns wrong while it is timed does not stay", "[measure]") {
    FakeRig rig;
    std::vector<Executable> contenders;
    contenders.push_back(rig.candidate("time 1000\nnoise 0.2 1"));
    contenders.push_back(rig.candidate("time 900\nafter 5\nbehave wrong"));
    const std::vector<Measured> measured = rig.measurer.final(pointers(contenders), 20);
    CHECK(measured[0].outcome == Outcome::ok);
    CHECK(measured[1].outcome == Outcome::wrong_result);
    CHECK(measured[1].detail.starts_with("d[12,10]: expected "));
}

TEST_CASE("interrupted, a final is short and everything else is skipped", "[measure]") {
    std::atomic<bool> stop = true;
    FakeRig rig("gemm m=24 n=20 k=36 a=f32", &stop);
    std::vector<Executable> contenders;
    contenders.push_back(rig.candidate("time 1000\nnoise 5 1"));
    contenders.push_back(rig.candidate("time 1100\nnoise 5 2"));
    CHECK(rig.measurer.screen(contenders[0], 0).outcome == Outcome::skipped);
    CHECK(rig.measurer.check(contenders[0]).outcome == Outcome::skipped);
    for (const auto& raced : rig.measurer.race(pointers(contenders), 1, 10)) {
        CHECK(raced.measured.outcome == Outcome::skipped);
        CHECK_FALSE(raced.kept);
    }
    for (const Measured& measured : rig.measurer.final(pointers(contenders), 10)) {
        CHECK(measured.outcome == Outcome::ok);
        CHECK(measured.time.count >= 1);
        CHECK(measured.time.count <= 8);
        CHECK(measured.time.noisy);
    }
    stop = false;
    CHECK(rig.measurer.screen(contenders[0], 0).outcome == Outcome::ok);
}

TEST_CASE("a final without time still times everybody", "[measure]") {
    FakeRig rig;
    std::vector<Executable> contenders;
    contenders.push_back(rig.candidate("time 1000"));
    contenders.push_back(rig.candidate("time 1100"));
    for (const Measured& measured : rig.measurer.final(pointers(contenders), 0)) {
        CHECK(measured.outcome == Outcome::ok);
        CHECK(measured.time.count >= 1);
    }
    for (const auto& raced : rig.measurer.race(pointers(contenders), 1, 0))
        CHECK(raced.measured.outcome == Outcome::skipped); // a race without time has no times
}

TEST_CASE("leading dimensions are those of the operands", "[measure]") {
    FakeRig packed("gemm m=24 n=20 k=36 a=f32 layout=nt");
    CHECK(packed.measurer.leading() == std::vector<std::int64_t>{36, 36, 0, 0, 0, 0, 0, 0, 20});
    FakeRig strided("gemm m=24 n=20 k=36 a=f32 leading=strided alignment=16");
    CHECK(strided.measurer.leading()[Gemm::a_arg] > 36);
    CHECK(strided.measurer.leading()[Gemm::d_arg] > 20);
    CHECK(strided.measurer.screen(strided.candidate("time 100"), 0).outcome == Outcome::ok);
}
