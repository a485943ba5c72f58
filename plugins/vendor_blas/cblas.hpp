// The gemm functions of a library with the C interface to the BLAS, with 32-bit integers.
#pragma once

#include "common/gemm_call.hpp"
#include "common/library.hpp"

namespace hone::vendor {

class Cblas final {
  public:
    // Of a library without them, or one that did not open, product() does nothing.
    explicit Cblas(const Library& library);

    // Leaves D alone when a leading dimension is above the library's integers: a wrong result.
    void product(const GemmCall<float>& call) const;
    void product(const GemmCall<double>& call) const;

  private:
    template <typename T>
    using Function = void(int order, int trans_a, int trans_b, int m, int n, int k, T alpha,
                          const T* a, int lda, const T* b, int ldb, T beta, T* c, int ldc);
    template <typename T> static void product(Function<T>* gemm, const GemmCall<T>& call);

    Function<float>* sgemm_;
    Function<double>* dgemm_;
};

} // namespace hone::vendor
