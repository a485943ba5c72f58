// Sums of products in f32 as kernels form them, for tests of the error bound.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace hone::test {

// Normal values that are the same on every platform.
class NormalValues final {
  public:
    explicit NormalValues(std::uint64_t seed) : engine_(seed) {}

    double uniform() { return (static_cast<double>(engine_() >> 11) + 0.5) * 0x1p-53; }
    float next() {
        return static_cast<float>(std::sqrt(-2 * std::log(uniform())) *
                                  std::cos(2 * std::numbers::pi * uniform()));
    }
    std::size_t below(std::size_t count) { return engine_() % count; }

  private:
    std::mt19937_64 engine_;
};

struct Factors {
    std::vector<float> x, y;
    double exact = 0, magnitude = 0;

    void total() {
        long double sum = 0;
        magnitude = 0;
        for (std::size_t i = 0; i < x.size(); ++i) {
            sum += static_cast<long double>(x[i]) * y[i];
            magnitude += std::abs(static_cast<double>(x[i]) * y[i]);
        }
        exact = static_cast<double>(sum);
    }
};

enum class Data { normal, same_sign, wide_range, cancelling };

inline Factors factors(NormalValues& values, std::size_t k, Data data) {
    Factors factors;
    for (std::size_t i = 0; i < k; ++i) {
        float x = values.next(), y = values.next();
        if (data == Data::same_sign) x = std::abs(x), y = std::abs(y);
        if (data == Data::wide_range)
            x = std::ldexp(x, static_cast<int>(24 * values.uniform()) - 12);
        if (data == Data::cancelling && i % 2 == 1) {
            x = -factors.x.back() * (1 + 0x1p-20F);
            y = factors.y.back();
        }
        factors.x.push_back(x);
        factors.y.push_back(y);
    }
    factors.total();
    return factors;
}

enum class Order { sequential, fused, lanes, blocks, pairwise };

inline float pairwise(std::span<const float> x, std::span<const float> y) {
    if (x.size() == 1) return x[0] * y[0];
    const std::size_t half = x.size() / 2;
    return pairwise(x.first(half), y.first(half)) + pairwise(x.subspan(half), y.subspan(half));
}

inline float sum(const Factors& f, Order order) {
    const std::size_t k = f.x.size();
    float total = 0;
    switch (order) {
    case Order::sequential:
        for (std::size_t i = 0; i < k; ++i) {
            const float product = f.x[i] * f.y[i];
            total += product;
        }
        return total;
    case Order::fused:
        for (std::size_t i = 0; i < k; ++i) total = std::fma(f.x[i], f.y[i], total);
        return total;
    case Order::lanes: {
        std::vector<float> lanes(8);
        for (std::size_t i = 0; i < k; ++i) lanes[i % 8] = std::fma(f.x[i], f.y[i], lanes[i % 8]);
        for (const float lane : lanes) total += lane;
        return total;
    }
    case Order::blocks:
        for (std::size_t begin = 0; begin < k; begin += 192) {
            float block = 0;
            for (std::size_t i = begin; i < std::min(begin + 192, k); ++i)
                block = std::fma(f.x[i], f.y[i], block);
            total += block;
        }
        return total;
    case Order::pairwise:
        return pairwise(f.x, f.y);
    }
    return total;
}

} // namespace hone::test
