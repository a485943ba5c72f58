// A product by cuBLASLt, with everything that is made beforehand kept.
#pragma once

#include "cublaslt.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <tuple>

namespace hone::cublaslt {

// Row-major; D = alpha op(A) op(B).
struct Product {
    std::int64_t m = 0, n = 0, k = 0, batch = 1;
    std::int64_t lda = 0, ldb = 0, ldd = 0;
    std::int64_t stride_a = 0, stride_b = 0, stride_d = 0; // between batches
    int transpose_a = 0, transpose_b = 0;
    Type operand = Type::f32, result = Type::f32;
    Compute compute = Compute::f32;
    int rank = 0; // which of the library's proposals, best first

    [[nodiscard]] auto key() const noexcept {
        return std::tuple(m, n, k, batch, lda, ldb, ldd, stride_a, stride_b, stride_d, transpose_a,
                          transpose_b, operand, result, compute, rank);
    }
    friend bool operator<(const Product& a, const Product& b) noexcept { return a.key() < b.key(); }
};

inline constexpr std::int64_t workspace_bytes = std::int64_t{32} << 20;
inline constexpr int most_proposals = 16;

// Safe to use from several threads. Of one device: the context that is current when a product is
// first seen is the one it runs in.
class Matmul final {
  public:
    explicit Matmul(const std::string& path) : library_(path) {}

    // Opens the library on the device. 0, or a status.
    [[nodiscard]] int start();
    // Enqueues. 0, the library's status, or -1 when it has no such proposal.
    [[nodiscard]] int run(const Product& product, const float* alpha, const void* a, const void* b,
                          void* d, void* workspace, void* stream);

  private:
    struct Plan {
        Handle descriptor = nullptr, a = nullptr, b = nullptr, d = nullptr;
        Algorithm algorithm{};
        int status = 0; // of making it
    };
    [[nodiscard]] Plan make(const Product& product) const;

    const Library library_;
    std::mutex mutex_;
    Handle handle_ = nullptr;
    std::map<Product, Plan> plans_;
};

} // namespace hone::cublaslt
