#include "machine.hpp"
#include "ops/small_float.hpp"
#include "tests/catch.hpp"
#include "tests/seed.hpp"

#include <bit>
#include <cmath>
#include <random>

using namespace hone::emu;
using namespace hone::emu::test;

namespace {

std::vector<float> random_floats(std::size_t count, std::mt19937_64& random) {
    std::normal_distribution<float> normal;
    std::vector<float> values(count);
    for (float& value : values) value = normal(random);
    return values;
}

float rounded_to_bf16(float value) {
    return std::bit_cast<float>(static_cast<u32>(hone::emu::bf16_nearest(value)) << 16);
}

// Largest error of C = A B against double, as a fraction of sum |a b|.
double worst_error(const std::vector<float>& a, const std::vector<float>& b,
                   const std::vector<float>& c, int m, int n, int k) {
    double worst = 0;
    for (int i = 0; i < m; ++i)
        for (int j = 0; j < n; ++j) {
            double sum = 0, scale = 0;
            for (int l = 0; l < k; ++l) {
                const double product = double{a[static_cast<std::size_t>(i * k + l)]} *
                                       b[static_cast<std::size_t>(l * n + j)];
                sum += product;
                scale += std::fabs(product);
            }
            const double error = std::fabs(c[static_cast<std::size_t>(i * n + j)] - sum);
            worst = std::max(worst, std::isfinite(error) ? error / scale : 1);
        }
    return worst;
}

struct MmaRun {
    std::vector<float> a, b, d;
    bool done = false;
    Totals totals;
    std::string reports;
};
MmaRun run_mma(const std::string& ptx, int m, int n, int k, const Options& options = {}) {
    std::mt19937_64 random(hone::test::seed());
    MmaRun run;
    run.a = random_floats(static_cast<std::size_t>(m * k), random);
    run.b = random_floats(static_cast<std::size_t>(k * n), random);
    std::vector<u16> a16, b16;
    for (float& x : run.a) a16.push_back(bf16_nearest(x = rounded_to_bf16(x)));
    for (float& x : run.b) b16.push_back(bf16_nearest(x = rounded_to_bf16(x)));
    Machine machine(golden_ptx(ptx));
    machine.options = options;
    const u64 da = machine.upload(a16, "a"), db = machine.upload(b16, "b");
    const u64 dd = machine.upload(std::vector<float>(static_cast<std::size_t>(m * n), NAN), "d");
    run.done = machine.launch("gemm_mma",
                              {static_cast<u32>((n + 63) / 64), static_cast<u32>((m + 63) / 64), 1},
                              {128, 1, 1}, 3 * (64 * 32 + 32 * 64) * 2, da, db, dd, m, n, k);
    run.reports = machine.report_text();
    run.totals = machine.totals;
    run.d = machine.download<float>(dd);
    return run;
}

} // namespace

TEST_CASE("a tiled f32 gemm is right for whole and ragged extents", "[emu]") {
    struct Extents {
        int m, n, k;
    };
    const auto [m, n, k] = GENERATE(
        values<Extents>({{64, 64, 32}, {128, 64, 48}, {70, 33, 19}, {1, 1, 1}, {65, 130, 7}}));
    CAPTURE(m, n, k);
    std::mt19937_64 random(hone::test::seed());
    const auto a = random_floats(static_cast<std::size_t>(m * k), random);
    const auto b = random_floats(static_cast<std::size_t>(k * n), random);
    Machine machine(golden_ptx("gemm_tiled.sm_80"));
    const u64 da = machine.upload(a, "a"), db = machine.upload(b, "b");
    const u64 dc = machine.upload(std::vector<float>(static_cast<std::size_t>(m * n)), "c");
    const bool done = machine.launch(
        "gemm_tiled", {static_cast<u32>((n + 63) / 64), static_cast<u32>((m + 63) / 64), 1},
        {256, 1, 1}, 0, da, db, dc, m, n, k);
    CHECK(machine.report_text() == "");
    REQUIRE(done);
    const auto c = machine.download<float>(dc);
    CHECK(worst_error(a, b, c, m, n, k) < 1e-6);
}

TEST_CASE("a pipelined bf16 mma gemm is right under every schedule, and nothing is found",
          "[emu]") {
    struct Extents {
        int m, n, k;
    };
    const auto [m, n, k] = GENERATE(values<Extents>(
        {{64, 64, 64}, {128, 128, 128}, {64, 64, 32}, {72, 104, 136}, {40, 24, 8}, {1, 8, 8}}));
    CAPTURE(m, n, k);
    const MmaRun eager = run_mma("gemm_mma.sm_80", m, n, k);
    CHECK(eager.reports == "");
    REQUIRE(eager.done);
    CHECK(worst_error(eager.a, eager.b, eager.d, m, n, k) < 1e-6);
    std::vector<Schedule> schedules{{Schedule::Kind::late, 0}};
    for (u64 seed = 0; seed < 4; ++seed)
        schedules.push_back({Schedule::Kind::seeded, hone::test::seed() + seed});
    for (const Schedule& schedule : schedules) {
        Options options;
        options.schedule = schedule;
        const MmaRun other = run_mma("gemm_mma.sm_80", m, n, k, options);
        CHECK(other.reports == "");
        CHECK(other.d == eager.d);
    }
}

TEST_CASE("a swizzle leaves no bank conflicts, its plain twin the number worked out by hand",
          "[emu]") {
    const MmaRun swizzled = run_mma("gemm_mma.sm_80", 64, 64, 64);
    CHECK(swizzled.totals.bank_conflict_cycles == 0);
    // Without it, 8 rows of 128 bytes (B) meet in one group of banks: 7 passes more for each of the
    // 4 matrices of an ldmatrix; rows of 64 bytes (A) in two: 3 more. 4 warps, 4 steps of 16 along
    // k, 2 ldmatrix of each operand. Copies go along rows and meet no conflict.
    const MmaRun plain = run_mma("gemm_mma_conflicts.sm_80", 64, 64, 64);
    CHECK(plain.totals.bank_conflict_cycles == 4 * 4 * 2 * 4 * (7 + 3));
    CHECK(plain.d == swizzled.d);
}
