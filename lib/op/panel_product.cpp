#include "lib/op/panel_product.hpp"

#include "lib/op/lanes.hpp"

namespace hone {

namespace {

constexpr std::int64_t width = panel_columns;

template <int register_bytes, typename Real>
[[gnu::always_inline]] inline void add_body(const Real* a, const Real* panel, std::int64_t depth,
                                            Real* sums, Real* magnitudes) {
    using Vector = typename Lanes<Real, register_bytes>::Vector;
    constexpr std::int64_t lanes = Lanes<Real, register_bytes>::count;
    constexpr int vectors = width / lanes;
    Vector sum[vectors], magnitude[vectors];
    for (int v = 0; v < vectors; ++v) load(sum[v], sums + v * lanes);
    for (int v = 0; v < vectors; ++v) load(magnitude[v], magnitudes + v * lanes);
    for (std::int64_t p = 0; p < depth; ++p) {
        const Real* const row = panel + p * width;
#pragma GCC unroll 8
        for (int v = 0; v < vectors; ++v) {
            Vector product;
            load(product, row + v * lanes);
            product *= a[p];
            sum[v] += product;
            magnitude[v] += product < 0 ? -product : product;
        }
    }
    for (int v = 0; v < vectors; ++v) store(sum[v], sums + v * lanes);
    for (int v = 0; v < vectors; ++v) store(magnitude[v], magnitudes + v * lanes);
}

// The high 26 bits of x (Dekker, A floating-point technique for extending the available precision,
// 1971), with 2^27 + 1.
template <typename Value> [[gnu::always_inline]] inline void split(const Value& x, Value& high) {
    const Value scaled = x * 134217729.0;
    high = scaled - (scaled - x);
}

template <int register_bytes>
[[gnu::always_inline]] inline void add_twice_body(const double* a, const double* panel,
                                                  std::int64_t depth, double* sums,
                                                  double* corrections, double* magnitudes) {
    using Vector = typename Lanes<double, register_bytes>::Vector;
    constexpr std::int64_t lanes = Lanes<double, register_bytes>::count;
    for (std::int64_t v = 0; v < width; v += lanes) {
        Vector sum, correction, magnitude;
        load(sum, sums + v);
        load(correction, corrections + v);
        load(magnitude, magnitudes + v);
        for (std::int64_t p = 0; p < depth; ++p) {
            double x_high;
            split(a[p], x_high);
            const double x_low = a[p] - x_high;
            Vector y, y_high;
            load(y, panel + p * width + v);
            split(y, y_high);
            const Vector y_low = y - y_high;
            const Vector product = y * a[p];
            const Vector product_error =
                x_low * y_low - (((product - x_high * y_high) - x_low * y_high) - x_high * y_low);
            const Vector total = sum + product;
            const Vector added = total - sum;
            correction += product_error + ((sum - (total - added)) + (product - added));
            sum = total;
            magnitude += product < 0 ? -product : product;
        }
        store(sum, sums + v);
        store(correction, corrections + v);
        store(magnitude, magnitudes + v);
    }
}

// One body compiled for several instruction sets; which is used changes speed only.
#if defined(__x86_64__)
template <typename Real>
[[gnu::target("avx2")]] void add_avx2(const Real* a, const Real* panel, std::int64_t depth,
                                      Real* sums, Real* magnitudes) {
    add_body<32>(a, panel, depth, sums, magnitudes);
}
[[gnu::target("avx2")]] void add_twice_avx2(const double* a, const double* panel,
                                            std::int64_t depth, double* sums, double* corrections,
                                            double* magnitudes) {
    add_twice_body<32>(a, panel, depth, sums, corrections, magnitudes);
}
#endif

template <typename Real>
void add(const Real* a, const Real* panel, std::int64_t depth, Real* sums, Real* magnitudes) {
#if defined(__x86_64__)
    if (has_avx2()) return add_avx2(a, panel, depth, sums, magnitudes);
#endif
    add_body<16>(a, panel, depth, sums, magnitudes);
}

} // namespace

void add_products(const float* a, const float* panel, std::int64_t depth, float* sums,
                  float* magnitudes) {
    add(a, panel, depth, sums, magnitudes);
}

void add_products(const double* a, const double* panel, std::int64_t depth, double* sums,
                  double* magnitudes) {
    add(a, panel, depth, sums, magnitudes);
}

void add_products_twice(const double* a, const double* panel, std::int64_t depth, double* sums,
                        double* corrections, double* magnitudes) {
#if defined(__x86_64__)
    if (has_avx2()) return add_twice_avx2(a, panel, depth, sums, corrections, magnitudes);
#endif
    add_twice_body<16>(a, panel, depth, sums, corrections, magnitudes);
}

} // namespace hone
