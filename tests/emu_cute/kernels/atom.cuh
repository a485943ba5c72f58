// One atom of a matrix product, with every fragment laid out by CuTe.
#pragma once

#include <cute/tensor.hpp>

using namespace cute;

// d = a b^T + c for one tile of the atom's size: a is m x k, b is n x k, c and d are m x n, all
// row-major. One warp.
template <class Op>
__device__ void multiply(const void* a, const void* b, const void* c, void* d) {
    using Traits = MMA_Traits<Op>;
    const auto mma = make_tiled_mma(MMA_Atom<Op>{});
    const typename Traits::Shape_MNK shape{};
    const auto m = get<0>(shape);
    const auto n = get<1>(shape);
    const auto k = get<2>(shape);
    const auto rows = [](const auto* data, auto height, auto width) {
        return make_tensor(make_gmem_ptr(data), make_layout(make_shape(height, width), LayoutRight{}));
    };
    const Tensor tile_a = rows(static_cast<const typename Traits::ValTypeA*>(a), m, k);
    const Tensor tile_b = rows(static_cast<const typename Traits::ValTypeB*>(b), n, k);
    const Tensor tile_c = rows(static_cast<const typename Traits::ValTypeC*>(c), m, n);
    Tensor tile_d = make_tensor(make_gmem_ptr(static_cast<typename Traits::ValTypeD*>(d)),
                                make_layout(make_shape(m, n), LayoutRight{}));

    const auto thread = mma.get_slice(threadIdx.x);
    Tensor fragment_a = thread.partition_fragment_A(tile_a);
    Tensor fragment_b = thread.partition_fragment_B(tile_b);
    Tensor sums = thread.partition_fragment_C(tile_c);
    copy(thread.partition_A(tile_a), fragment_a);
    copy(thread.partition_B(tile_b), fragment_b);
    copy(thread.partition_C(tile_c), sums);
    gemm(mma, fragment_a, fragment_b, sums);
    Tensor out = thread.partition_C(tile_d);
    copy(sums, out);
}

#define ATOM(name, ...)                                                                            \
    extern "C" __global__ void name(const void* a, const void* b, const void* c, void* d) {        \
        multiply<__VA_ARGS__>(a, b, c, d);                                                          \
    }
