// Would the checks notice? Synchronisation of a kernel is deleted; a mutant is killed by a report
// or by a wrong result. tests/emu_families does more to kernels of the families, where NVRTC is.
#include "hone/error.hpp"
#include "machine.hpp"
#include "mutant.hpp"
#include "ops/small_float.hpp"
#include "tests/catch.hpp"

#include <random>
#include <string>

using namespace hone::emu;
using namespace hone::emu::test;

namespace {

constexpr int m = 72, n = 104, k = 136; // ragged, and more steps than stages

struct Run {
    bool quiet = false; // loaded, ran to its end, nothing was found
    std::vector<float> result;
    std::set<u32> lines;
};

Run run(const std::string& ptx, Schedule::Kind kind) {
    std::mt19937_64 random(5);
    std::normal_distribution<float> normal;
    std::vector<u16> a(static_cast<std::size_t>(m * k)), b(static_cast<std::size_t>(k * n));
    for (u16& x : a) x = bf16_nearest(normal(random));
    for (u16& x : b) x = bf16_nearest(normal(random));
    Run done;
    try {
        Machine machine(ptx);
        machine.options.schedule.kind = kind;
        machine.options.most_idle = 100000;
        machine.options.most_instructions = 2000000;
        const u64 da = machine.upload(a, "a"), db = machine.upload(b, "b");
        machine.memory.find(da, 1)->read_only = machine.memory.find(db, 1)->read_only = true;
        const u64 dd =
            machine.upload(std::vector<float>(static_cast<std::size_t>(m * n), NAN), "d");
        const bool ended = machine.launch("gemm_mma", {2, 2, 1}, {128, 1, 1},
                                          3 * (64 * 32 + 32 * 64) * 2, da, db, dd, m, n, k);
        done.quiet = ended && machine.reports.empty();
        done.result = machine.download<float>(dd);
        done.lines = machine.executed_lines;
    } catch (const hone::Error&) {
        done.quiet = false;
    }
    return done;
}

bool same(const std::vector<float>& x, const std::vector<float>& y) {
    return x.size() == y.size() && std::memcmp(x.data(), y.data(), x.size() * sizeof(float)) == 0;
}

bool killed(const std::string& ptx, const std::vector<float>& right) {
    for (const Schedule::Kind kind : {Schedule::Kind::eager, Schedule::Kind::late}) {
        const Run mutant = run(ptx, kind);
        if (!mutant.quiet || !same(mutant.result, right)) return true;
    }
    return false;
}

} // namespace

TEST_CASE("every synchronisation that is deleted from a gemm is missed", "[emu]") {
    const std::string ptx = golden_ptx("gemm_mma.sm_80");
    const Run right = run(ptx, Schedule::Kind::eager);
    REQUIRE(right.quiet);
    int count = 0;
    std::string survivors;
    for (const Mutant& mutant : without_synchronisation(ptx, right.lines)) {
        ++count;
        if (!killed(with_line(ptx, mutant.line, mutant.after), right.result))
            survivors += std::to_string(mutant.line + 1) + ":" + mutant.before + "\n";
    }
    CAPTURE(survivors, count);
    CHECK(count >= 4);
    CHECK(survivors.empty());
}
