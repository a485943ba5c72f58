// What an entry of a vendor program is called with, and how products of a batch are made of it.
#pragma once

#include "hone/program.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

namespace hone {
struct Gemm;
}

namespace hone::vendor {

// Row-major, strides in elements. T is how elements of A and B are stored, Out those of C and D.
template <typename T, typename Out = T> struct GemmCall {
    using Scalar = std::conditional_t<std::is_floating_point_v<T>, T, float>;

    const T* a = nullptr;
    const T* b = nullptr;
    const Out* c = nullptr; // null: none
    Out* d = nullptr;
    std::int64_t m = 0, n = 0, k = 0, batch = 0;
    std::int64_t a_batch = 0, lda = 0, b_batch = 0, ldb = 0, c_batch = 0, ldc = 0, d_batch = 0,
                 ldd = 0;
    Scalar alpha = 1, beta = 0;
    bool a_transposed = false, b_transposed = false;
    int threads = 1;

    // Reads what gemm_arguments() described.
    explicit GemmCall(void* const* args) {
        const auto read = [&](auto& value) { std::memcpy(&value, *args++, sizeof value); };
        read(a);
        read(b);
        read(c);
        read(d);
        for (std::int64_t* dim : {&m, &n, &k, &batch}) read(*dim);
        for (std::int64_t* stride :
             {&a_batch, &lda, &b_batch, &ldb, &c_batch, &ldc, &d_batch, &ldd})
            read(*stride);
        read(alpha);
        read(beta);
        std::int32_t flag = 0;
        read(flag);
        a_transposed = flag != 0;
        read(flag);
        b_transposed = flag != 0;
        read(threads);
        // A single row may come with any stride; libraries want at least the row's length.
        lda = std::max(lda, a_transposed ? m : k);
        ldb = std::max(ldb, b_transposed ? k : n);
        ldd = std::max(ldd, n);
    }

    // Whether sizes and leading dimensions fit a library's integers.
    template <typename Int> [[nodiscard]] bool fits() const noexcept {
        return std::max({m, n, k, lda, ldb, ldd}) <= std::numeric_limits<Int>::max();
    }

    // Calls multiply(a, b, d) for each product of the batch, to make d = alpha op(a) op(b) + beta
    // d. Libraries update in place, so C goes to D first.
    template <typename Multiply> void each(const Multiply& multiply) const {
        for (std::int64_t i = 0; i < batch; ++i) {
            Out* const out = d + i * d_batch;
            if (c && c != d)
                for (std::int64_t row = 0; row < m; ++row)
                    std::memcpy(out + row * ldd, c + i * c_batch + row * ldc,
                                static_cast<std::size_t>(n) * sizeof(Out));
            multiply(a + i * a_batch, b + i * b_batch, out);
        }
    }
};

// Room for an f32 B in a library's own packed form, which may be padded.
inline constexpr std::int64_t packed_unit = 128;
[[nodiscard]] constexpr std::int64_t packed_b_bytes(std::int64_t n, std::int64_t k) noexcept {
    const auto padded = [](std::int64_t extent) {
        return (extent + packed_unit - 1) / packed_unit * packed_unit;
    };
    return padded(n) * padded(k) * 4;
}

// The arguments of a step that GemmCall reads: A, B, C, D come first.
[[nodiscard]] std::vector<KernelArg> gemm_arguments(const Gemm& gemm, std::int64_t threads);

} // namespace hone::vendor
