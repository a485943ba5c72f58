#include "hone/error.hpp"
#include "machine.hpp"
#include "tests/catch.hpp"
#include "tests/seed.hpp"

#include <numeric>
#include <random>

using namespace hone::emu;
using namespace hone::emu::test;

namespace {

Schedule some_schedule() {
    return GENERATE(values<Schedule>(
        {{Schedule::Kind::eager, 0}, {Schedule::Kind::late, 0}, {Schedule::Kind::seeded, 3}}));
}

struct FlowMachine : Machine {
    FlowMachine() : Machine(golden_ptx("flow.sm_80")) {}
    void run(const std::string& kernel, u32 blocks, auto... args) {
        const bool done = launch(kernel, {blocks, 1, 1}, {128, 1, 1}, 0, args...);
        CAPTURE(kernel);
        CHECK(report_text() == "");
        REQUIRE(done);
    }
};

} // namespace

TEST_CASE("functions call themselves, lanes at different depths", "[emu]") {
    FlowMachine flow;
    flow.options.schedule = some_schedule();
    const u64 out = flow.upload(std::vector<int>(128));
    flow.run("fibonacci", 1, out);
    const int fibonacci[] = {0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89};
    const auto found = flow.download<int>(out);
    for (std::size_t t = 0; t < 128; ++t) CHECK(found[t] == fibonacci[t % 12]);
}

TEST_CASE("lanes that leave a loop at different times meet at the barrier", "[emu]") {
    FlowMachine flow;
    flow.options.schedule = some_schedule();
    const u64 out = flow.upload(std::vector<int>(128));
    flow.run("uneven_loops", 1, out);
    const auto found = flow.download<int>(out);
    for (int t = 0; t < 128; ++t) {
        int sum = 0;
        for (int i = 0; i <= t % 7; ++i)
            if (i % 2 != t % 2) sum += i * t;
        CHECK(found[static_cast<std::size_t>(127 - t)] == sum);
    }
}

TEST_CASE("threads that wait for each other make progress", "[emu]") {
    FlowMachine flow;
    flow.options.schedule = some_schedule();
    SECTION("lanes of one warp at a lock") {
        const u64 lock = flow.upload(std::vector<int>(1)), count = flow.upload(std::vector<int>(1));
        flow.run("spin_lock", 2, lock, count);
        CHECK(flow.download<int>(count)[0] == 256);
    }
    SECTION("blocks for a later one") {
        const u64 flags = flow.upload(std::vector<int>(6));
        flow.run("blocks_in_a_chain", 6, flags);
        CHECK(flow.download<int>(flags) == std::vector<int>{6, 5, 4, 3, 2, 1});
    }
}

TEST_CASE("atomics in shared and global memory count everything once", "[emu]") {
    FlowMachine flow;
    flow.options.schedule = some_schedule();
    std::mt19937_64 random(hone::test::seed());
    std::vector<int> in(128), bins(16);
    for (int& x : in)
        ++bins[static_cast<std::size_t>((x = static_cast<int>(random() % 1000)) % 16)];
    for (int& x : bins) x *= 3;
    const u64 from = flow.upload(in), to = flow.upload(std::vector<int>(16));
    flow.run("histogram", 3, from, to);
    CHECK(flow.download<int>(to) == bins);
}

TEST_CASE("lanes exchange values by shuffles, votes, matches and reductions", "[emu]") {
    FlowMachine flow;
    std::mt19937_64 random(hone::test::seed());
    std::vector<int> in(128);
    for (int& x : in) x = static_cast<int>(random() % 100);
    const u64 from = flow.upload(in), to = flow.upload(std::vector<int>(7 * 128));
    flow.run("exchanges", 1, from, to);
    const auto out = flow.download<int>(to);
    const auto fives = std::count_if(in.begin(), in.end(), [](int x) { return x % 5 == 0; });
    for (std::size_t t = 0; t < 128; ++t) {
        const std::size_t first = t / 32 * 32;
        u32 threes = 0, alike = 0;
        int leader = -1;
        for (std::size_t l = 0; l < 32; ++l) {
            threes |= static_cast<u32>(in[first + l] % 3 == 0) << l;
            if (in[first + l] % 4 != in[t] % 4) continue;
            alike |= 1u << l;
            if (leader < 0) leader = in[first + l];
        }
        const auto begin = in.begin() + static_cast<long>(first);
        CHECK(out[t] == std::accumulate(begin, begin + 32, 0));
        CHECK(out[128 + t] == std::accumulate(begin, in.begin() + static_cast<long>(t) + 1, 0));
        CHECK(static_cast<u32>(out[256 + t]) == threes);
        CHECK(static_cast<u32>(out[384 + t]) == alike);
        CHECK(out[512 + t] == out[t]);
        CHECK(out[640 + t] == leader);
        CHECK(out[768 + t] == fives);
    }
}

TEST_CASE("local arrays, tables and constants hold what they should", "[emu]") {
    FlowMachine flow;
    std::vector<int> in(40);
    std::iota(in.begin(), in.end(), 7);
    const int table[] = {3, 1, 4, 1, 5, 9, 2, 6};
    const int n = 40;
    const u64 from = flow.upload(in), to = flow.upload(std::vector<float>(128));
    flow.run("memories", 1, from, to, n);
    const auto out = flow.download<float>(to);
    for (int t = 0; t < 128; ++t) {
        int sum = 0;
        for (int i = 0; i < n % 16 + 3; ++i) {
            const int at = (t * i + n) % 16;
            sum += in[static_cast<std::size_t>((t + at) % n)] + table[at % 8];
        }
        CHECK(out[static_cast<std::size_t>(t)] ==
              static_cast<float>(sum) * (0.5f + static_cast<float>(t % 4)));
    }
}

TEST_CASE("a branch through a table takes each lane where it wants", "[emu]") {
    Machine machine(
        ".version 8.0\n.target sm_80\n.address_size 64\n"
        ".visible .entry jump(.param .u64 out)\n{\n .reg .b32 %r<4>;\n .reg .b64 %d<3>;\n"
        " ld.param.u64 %d0, [out];\n mov.u32 %r0, %tid.x;\n and.b32 %r1, %r0, 3;\n"
        " mad.wide.u32 %d1, %r0, 4, %d0;\n"
        " ts: .branchtargets A, B, C, B;\n brx.idx %r1, ts;\n"
        "A: mov.u32 %r2, 10;\n bra done;\nB: mov.u32 %r2, 20;\n bra done;\n"
        "C: mov.u32 %r2, 30;\ndone: st.global.u32 [%d1], %r2;\n ret;\n}\n");
    const u64 out = machine.upload(std::vector<u32>(32));
    REQUIRE(machine.launch("jump", {1, 1, 1}, {32, 1, 1}, 0, out));
    const auto found = machine.download<u32>(out);
    for (std::size_t t = 0; t < 32; ++t) CHECK(found[t] == std::vector<u32>{10, 20, 30, 20}[t % 4]);
}

TEST_CASE("what is not understood is refused by line and opcode", "[emu]") {
    struct Refusal {
        std::string body, expected;
    };
    const auto [body, expected] = GENERATE(values<Refusal>({
        {"wgmma.fence.sync.aligned;", "wgmma.fence.sync.aligned: unknown or unsupported opcode"},
        {"add.s32.bogus %r0, %r1, %r2;", "unknown or unsupported modifier .bogus"},
        {"add.s32 %r0, %r1, %q2;", "unknown special register %q2"},
        {"add.s64 %r0, %r1, %r2;", "no register of the type's size"},
        {"bra nowhere;", "unknown name \"nowhere\""},
        {"mov.b32 %r0, 1", "expected ';'"},
        {"add.s32 %r0, %r1;", "add.s32: has 2 operands"},
    }));
    const std::string text =
        ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry k()\n{\n"
        " .reg .b32 %r<4>;\n " +
        body + "\n ret;\n}\n";
    try {
        Machine machine(text, "some.ptx");
        (void)machine.launch("k", {1, 1, 1}, {32, 1, 1}, 0);
        FAIL("accepted");
    } catch (const hone::Error& error) {
        const std::string what = error.what();
        CAPTURE(what);
        CHECK(what.rfind("some.ptx:", 0) == 0);
        CHECK(what.find(expected) != std::string::npos);
        CHECK((what.find("some.ptx:7:") == 0 || what.find("some.ptx:8:") == 0));
    }
}

TEST_CASE("a false assertion is a trap, what else the device runtime does is refused by name",
          "[emu]") {
    const auto text = [](const std::string& function) {
        return ".version 8.0\n.target sm_80\n.address_size 64\n.extern .func " + function +
               "(.param .b64 what);\n.visible .entry k(.param .u32 limit)\n{\n"
               " .reg .pred %p;\n .reg .b32 %r<2>;\n ld.param.u32 %r0, [limit];\n"
               " mov.u32 %r1, %tid.x;\n setp.lt.u32 %p, %r1, %r0;\n @%p bra DONE;\n"
               " {\n .param .b64 param0;\n st.param.b64 [param0], 0;\n call.uni " +
               function + ", (param0);\n }\nDONE:\n ret;\n}\n";
    };
    Machine machine(text("__assertfail"));
    CHECK(machine.launch("k", {1, 1, 1}, {40, 1, 1}, 0, u32{40}));
    CHECK(machine.report_text() == "");
    CHECK_FALSE(machine.launch("k", {1, 1, 1}, {40, 1, 1}, 0, u32{39}));
    CHECK(machine.report_text() == "trap test.ptx:16 x1: trap (PTX line 16)\n");
    for (const char* function : {"vprintf", "malloc"}) {
        Machine refused(text(function));
        CHECK_THROWS_WITH(refused.launch("k", {1, 1, 1}, {40, 1, 1}, 0, u32{40}),
                          Catch::Contains(std::string(function) + " of the device runtime"));
    }
}
