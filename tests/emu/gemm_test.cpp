#include "machine.hpp"
#include "tests/catch.hpp"
#include "tests/seed.hpp"

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
            worst =
                std::max(worst, std::fabs(c[static_cast<std::size_t>(i * n + j)] - sum) / scale);
        }
    CHECK(worst < 1e-6);
}
