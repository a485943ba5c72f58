// CUDA as people write it: results against the same worked out on the host.
#include "machine.hpp"
#include "tests/catch.hpp"
#include "tests/seed.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <numeric>
#include <random>
#include <utility>

using namespace hone::emu;
using namespace hone::emu::test;

namespace {

constexpr std::size_t threads = 256;

struct Inputs {
    std::vector<int> k;
    std::vector<float> x;
};
Inputs random_inputs() {
    std::mt19937_64 random(hone::test::seed());
    Inputs inputs;
    std::normal_distribution<float> normal;
    for (std::size_t t = 0; t < threads; ++t) {
        inputs.k.push_back(static_cast<int>(random() % 20000) - 10000);
        inputs.x.push_back(normal(random));
    }
    return inputs;
}

std::vector<double> run(const std::string& kernel, const Inputs& inputs, Schedule schedule) {
    Machine machine(golden_ptx("ordinary.sm_80"));
    machine.options.schedule = schedule;
    const u64 k = machine.upload(inputs.k, "k"), x = machine.upload(inputs.x, "x");
    machine.memory.find(k, 1)->read_only = machine.memory.find(x, 1)->read_only = true;
    const u64 out = machine.upload(std::vector<double>(2 * threads), "out");
    const bool done = machine.launch(kernel, {1, 1, 1}, {threads, 1, 1}, 0, k, x, out);
    CHECK(machine.report_text() == "");
    CHECK(done);
    return machine.download<double>(out);
}

// out[t] and out[256 + t] as worked out on the host.
using Expected = std::function<std::pair<double, double>(const Inputs&, std::size_t)>;

void check_each(const char* kernel, double tolerance, const Expected& expected) {
    const Inputs inputs = random_inputs();
    for (const Schedule& schedule :
         {Schedule{}, Schedule{Schedule::Kind::late, 0}, Schedule{Schedule::Kind::seeded, 3}}) {
        const std::vector<double> out = run(kernel, inputs, schedule);
        for (std::size_t t = 0; t < threads; ++t) {
            CAPTURE(kernel, t, inputs.k[t], inputs.x[t]);
            const auto [first, second] = expected(inputs, t);
            CHECK(std::fabs(out[t] - first) <= tolerance * (1 + std::fabs(first)));
            CHECK(std::fabs(out[threads + t] - second) <= tolerance * (1 + std::fabs(second)));
        }
    }
}

std::size_t mod(int a, std::size_t n) { return static_cast<unsigned>(a) % n; }

} // namespace

TEST_CASE("sums, scans, sorts and histograms of a block", "[emu]") {
    check_each("reduction", 1e-4, [](const Inputs& in, std::size_t t) {
        return std::pair(t ? 0.0 : std::accumulate(in.x.begin(), in.x.end(), 0.0), 0.0);
    });
    check_each("scan", 0, [](const Inputs& in, std::size_t t) {
        return std::pair(
            std::accumulate(in.k.begin(), in.k.begin() + static_cast<std::ptrdiff_t>(t) + 1, 0.0),
            0.0);
    });
    check_each("transpose", 0, [](const Inputs& in, std::size_t t) {
        return std::pair(double(in.k[t % 16 * 16 + t / 16]), 0.0);
    });
    check_each("bitonic_sort", 0, [](const Inputs& in, std::size_t t) {
        std::vector<int> sorted = in.k;
        std::sort(sorted.begin(), sorted.end());
        return std::pair(double(sorted[t]), 0.0);
    });
    check_each("histogram", 0, [](const Inputs& in, std::size_t t) {
        double sum = 0;
        for (std::size_t i = 0; i < threads; ++i)
            if (mod(in.k[i], 32) == t) sum += 1 + double(i);
        return std::pair(sum, 0.0);
    });
}

TEST_CASE("double precision with its slow paths", "[emu]") {
    check_each("doubles", 1e-12, [](const Inputs& in, std::size_t t) {
        const double a = in.x[t], b = in.k[t] + 0.25, size = std::fabs(a);
        return std::pair(std::sqrt(size) / b + std::fma(a, b, -1.5) + std::floor(b) +
                             std::exp(-size) + std::pow(size, 1.5),
                         std::sin(a * 3) + std::log(size + 1) + std::fmod(b, 7.0) +
                             std::atan2(a, b) + std::cbrt(a));
    });
}

TEST_CASE("64-bit integers", "[emu]") {
    check_each("wide_integers", 1e-12, [](const Inputs& in, std::size_t t) {
        const s64 a = s64{in.k[t]} * 0x123456789ll, b = in.k[255 - t] | 1;
        const u64 c = static_cast<u64>(a) * 0x9E3779B97F4A7C15ull;
        u64 reversed = 0;
        for (int i = 0; i < 64; ++i) reversed |= (c >> i & 1) << (63 - i);
        const auto high = [](auto x, auto y) { return x * y >> 64; };
        return std::pair(double(a / b) + double(a % b) + double(c >> (t % 64)) +
                             double(static_cast<s64>(
                                 high(s128{a}, s128{static_cast<s64>(static_cast<u64>(b) << 40)}))),
                         std::countl_zero(c) + std::popcount(c) +
                             (c ? std::countr_zero(c) + 1 : 0) + double(reversed >> 20) +
                             double(static_cast<u64>(high(u128{c}, u128{c}))) +
                             double(c / (t + 1) % 1000) + (a < b) + static_cast<int>(c >> 33) % 77);
    });
}

TEST_CASE("switches, calls, recursion and structs by value", "[emu]") {
    const auto chosen = [](std::size_t which, double a) {
        switch (which) {
        case 0:
            return a + 1;
        case 1:
            return a * 3;
        case 2:
            return a - 7;
        case 3:
            return a / 9;
        case 4:
            return -a;
        case 5:
            return a * a;
        case 6:
            return 11.0;
        case 7:
            return a + a * 13;
        case 8:
            return 1 / (a + 1000);
        case 9:
            return a > 2 ? 1.0 : 5.0;
        case 10:
            return a * 0.5;
        case 11:
            return std::sqrt(a * a + 1);
        default:
            return 99.0;
        }
    };
    check_each("switch_table", 1e-12, [&](const Inputs& in, std::size_t t) {
        return std::pair(chosen(t % 14, in.x[t]) + chosen(mod(in.k[t], 13), 2.0), 0.0);
    });
    check_each("calls", 1e-12, [](const Inputs& in, std::size_t t) {
        const int n = static_cast<int>(t % 5);
        double b[3] = {double(in.k[t]), double(in.k[255 - t] + n), double(t) + 2 * n};
        double fibonacci = 0, next = 1;
        for (std::size_t i = 0; i < t % 12; ++i) fibonacci = std::exchange(next, fibonacci + next);
        return std::pair(in.x[t] + b[n % 3] + b[0] + 2 * b[1] + 3 * b[2] + fibonacci, 0.0);
    });
}

TEST_CASE("calls through pointers, lanes to different functions", "[emu]") {
    check_each("function_pointers", 1e-12, [](const Inputs& in, std::size_t t) {
        const double x = in.x[t];
        const double all[] = {2 * x, x + 3, x * x};
        return std::pair(all[mod(in.k[t], 3)], 0.0);
    });
}

TEST_CASE("directed roundings", "[emu]") {
    // Each rounded one is within an ulp of the exact one, on its side: see operation_test for bits.
    check_each("directed_roundings", 1e-6, [](const Inputs& in, std::size_t t) {
        const float a = in.x[t], b = in.x[255 - t] + 3;
        const double c = a, d = b;
        return std::pair(c + d + (c + d) * 1e-3 + c * d + c / d + std::sqrt(std::fabs(c)) +
                             (c * d + c) + 1 / d,
                         c + d * 1e-17 + c / d + std::sqrt(std::fabs(c)) + std::floor(a * 10) +
                             std::ceil(a * 10) + std::nearbyint(c * 1e6) +
                             double(static_cast<float>(in.k[t] * 1001 + 16777217)) + c / 3 +
                             std::nearbyint(a * 4) + std::trunc(a * 4) + std::round(a * 4));
    });
}

TEST_CASE("atomics, loops on compare and swap among them", "[emu]") {
    check_each("atomics", 0, [](const Inputs& in, std::size_t t) {
        int bits = 0;
        u64 largest = 0;
        float top = 0;
        for (std::size_t i = 0; i < threads; ++i) {
            bits ^= in.k[i];
            largest = std::max(largest, u64{static_cast<unsigned>(in.k[i])} << 20);
            top = std::max(top, std::fabs(in.x[i]));
        }
        const double all[] = {double(*std::min_element(in.k.begin(), in.k.end())),
                              double(*std::max_element(in.k.begin(), in.k.end())), double(bits),
                              double(largest), double(top)};
        return std::pair(t < 5 ? all[t] : 0.0, 0.0);
    });
}

TEST_CASE("elementary functions in single precision", "[emu]") {
    check_each("elementary", 1e-4, [](const Inputs& in, std::size_t t) {
        const float a = in.x[t], p = std::fabs(a) + 0.1f;
        return std::pair(
            double(std::exp(a) + std::log(p) + std::pow(p, 1.7f) + std::erf(a) + std::tanh(a) +
                   std::cbrt(a) + std::sin(a * 1000) + 2 * std::cos(a * 1000)),
            double(std::log1p(p) + std::exp2(a) + std::asin(a / 8) + std::atan(a) + std::sinh(a) +
                   1 / std::sqrt(p) + std::hypot(a, p) + std::fmod(a * 9, 2.5f) + std::lgamma(p) +
                   std::ldexp(a, 3) + std::copysign(1.f, a)));
    });
}

TEST_CASE("bytes, bits, votes and halves are understood", "[emu]") {
    const Inputs inputs = random_inputs();
    for (const char* kernel : {"bytes_and_bits", "votes", "halves"})
        CHECK(run(kernel, inputs, {}) == run(kernel, inputs, {Schedule::Kind::late, 0}));
}
