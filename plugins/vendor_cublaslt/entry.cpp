// What programs of the family call: hone/stream.h.
#include "matmul.hpp"

namespace {

using namespace hone::cublaslt;

// One per process: whoever loads the program has made the library known to the dynamic linker, by
// the file that the program names first, so that its usual name finds that one.
Matmul& matmul() {
    static Matmul only{std::string()};
    return only;
}

template <typename T> T value(void* const* args, int index) {
    return *static_cast<const T*>(args[index]);
}

} // namespace

extern "C" {

__attribute__((visibility("default"))) int hone_cublaslt_matmul_load(void) {
    return matmul().start();
}

// a b d workspace, m n k batch, lda ldb ldd, batch strides of a b d (64 bits each), transposed a
// and b, operand and result type, compute type, rank (32 bits each), alpha (f32).
__attribute__((visibility("default"))) int hone_cublaslt_matmul(void* const* args, void* stream) {
    const auto wide = [&](int index) { return value<std::int64_t>(args, index); };
    const auto narrow = [&](int index) { return value<std::int32_t>(args, index); };
    Product product;
    product.m = wide(4);
    product.n = wide(5);
    product.k = wide(6);
    product.batch = wide(7);
    product.lda = wide(8);
    product.ldb = wide(9);
    product.ldd = wide(10);
    product.stride_a = wide(11);
    product.stride_b = wide(12);
    product.stride_d = wide(13);
    product.transpose_a = narrow(14);
    product.transpose_b = narrow(15);
    product.operand = static_cast<Type>(narrow(16));
    product.result = static_cast<Type>(narrow(17));
    product.compute = static_cast<Compute>(narrow(18));
    product.rank = narrow(19);
    return matmul().run(product, static_cast<const float*>(args[20]), value<void*>(args, 0),
                        value<void*>(args, 1), value<void*>(args, 2), value<void*>(args, 3),
                        stream);
}

} // extern "C"
