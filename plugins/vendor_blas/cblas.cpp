#include "cblas.hpp"

#include <limits>

namespace hone::vendor {
namespace {

// Of the reference cblas.h.
constexpr int row_major = 101;
constexpr int no_trans = 111;
constexpr int trans = 112;

} // namespace

Cblas::Cblas(const Library& library)
    : sgemm_(library.function<Function<float>>("cblas_sgemm")),
      dgemm_(library.function<Function<double>>("cblas_dgemm")) {}

void Cblas::product(const GemmCall<float>& call) const { product(sgemm_, call); }
void Cblas::product(const GemmCall<double>& call) const { product(dgemm_, call); }

template <typename T> void Cblas::product(Function<T>* gemm, const GemmCall<T>& call) {
    if (!gemm || !call.template fits<int>()) return;
    const auto narrow = [](std::int64_t value) { return static_cast<int>(value); };
    call.each([&](const T* a, const T* b, T* d) {
        gemm(row_major, call.a_transposed ? trans : no_trans, call.b_transposed ? trans : no_trans,
             narrow(call.m), narrow(call.n), narrow(call.k), call.alpha, a, narrow(call.lda), b,
             narrow(call.ldb), call.beta, d, narrow(call.ldd));
    });
}

} // namespace hone::vendor
