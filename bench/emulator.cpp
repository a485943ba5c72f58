// Speed of the emulator: a 256x256x128 bf16 gemm with cp.async, ldmatrix and mma, all checks on.
#include "decode/module.hpp"
#include "exec/grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>

namespace {

using namespace hone::emu;
using Clock = std::chrono::steady_clock;

double milliseconds(Clock::time_point since) {
    return std::chrono::duration<double, std::milli>(Clock::now() - since).count();
}

struct Gemm {
    static constexpr int m = 256, n = 256, k = 128;

    explicit Gemm(const std::string& ptx)
        : module(ptx, "gemm_mma.ptx", memory), kernel(module.kernel("gemm_mma")) {
        const auto fill = [&](const char* name, std::size_t count) {
            Allocation& made = memory.allocate(count * 2, name);
            for (std::size_t i = 0; i < count; ++i) {
                const u16 value = static_cast<u16>(0x3F00 + i * 37 % 128);
                std::memcpy(made.data + 2 * i, &value, 2);
            }
            return made.base;
        };
        struct Params {
            u64 a, b, d;
            int m, n, k;
        } params{fill("a", m * k), fill("b", k * n), memory.allocate(4 * m * n, "d").base, m, n, k};
        launch.kernel = kernel.get();
        launch.grid = {n / 64, m / 64, 1};
        launch.block = {128, 1, 1};
        launch.dynamic_shared_bytes = 3 * (64 * 32 + 32 * 64) * 2;
        launch.params.resize(kernel->param_bytes);
        std::memcpy(launch.params.data(), &params, launch.params.size());
    }

    double run_ms(bool checks, Totals& totals) {
        Options options;
        options.checks = options.costs = checks;
        Reports reports;
        const auto start = Clock::now();
        Grid grid(memory, launch, options, reports);
        if (!grid.run() || !reports.empty()) fmt::print("something was found\n");
        totals = grid.totals();
        return milliseconds(start);
    }

    AddressSpace memory;
    Module module;
    std::unique_ptr<KernelCode> kernel;
    Launch launch;
};

} // namespace

int main() {
    std::ifstream in(HONE_EMU_TESTS "/ptx/gemm_mma.sm_80.ptx");
    const std::string ptx(std::istreambuf_iterator<char>(in), {});
    const auto start = Clock::now();
    Gemm gemm(ptx);
    fmt::print("parse and decode {:.1f} ms\n", milliseconds(start));
    for (const bool checks : {false, true}) {
        double best = 1e9;
        Totals totals;
        for (int i = 0; i < 9; ++i) best = std::min(best, gemm.run_ms(checks, totals));
        fmt::print(
            "256x256x128 bf16 gemm, checks {}: {:.1f} ms, {} warp instructions, {:.1f} M/s\n",
            checks ? "on" : "off", best, totals.warp_instructions,
            static_cast<double>(totals.warp_instructions) / best / 1e3);
    }
}
