// A tile through swizzled shared memory into fragments and back, with every layout by CuTe. TARGET
// is 75 (copies through registers), 80 (cp.async) or 90 (also stmatrix).
#pragma once

#include <cute/tensor.hpp>

using namespace cute;

constexpr int threads = 128;
// Both operands are 32 x 64: m or n, and k.
using Operand = Shape<_32, _64>;
using RowsOfK = Layout<Operand, Stride<_64, _1>>;
using RowsOfM = Layout<Operand, Stride<_1, _32>>;

// In shared memory, with units of 16 bytes swizzled: rows of 128 bytes, or of 64.
template <bool along_k>
using Shared = conditional_t<along_k, decltype(composition(Swizzle<3, 3, 3>{}, RowsOfK{})),
                             decltype(composition(Swizzle<2, 3, 3>{}, RowsOfM{}))>;

#if TARGET == 75
using Transfer = Copy_Atom<UniversalCopy<uint128_t>, half_t>;
using Operation = SM75_16x8x8_F32F16F16F32_TN;
#else
using Transfer = Copy_Atom<SM80_CP_ASYNC_CACHEGLOBAL_ZFILL<uint128_t>, half_t>;
using Operation = SM80_16x8x16_F32F16F16F32_TN;
#endif
// Four warps as two by two, each 16 x 16.
using Mma = decltype(make_tiled_mma(MMA_Atom<Operation>{}, Layout<Shape<_2, _2, _1>>{},
                                    Tile<_32, _32, _16>{}));

// Only the first `valid` eights along each row are read, the others become zero.
template <bool along_k, class Destination>
__device__ void stage(const half_t* from, Destination& to, int valid) {
    using Rows = conditional_t<along_k, RowsOfK, RowsOfM>;
    using Threads = conditional_t<along_k, Layout<Shape<_16, _8>, Stride<_8, _1>>,
                                  Layout<Shape<_4, _32>, Stride<_1, _4>>>;
    using Values = conditional_t<along_k, Layout<Shape<_1, _8>>, Layout<Shape<_8, _1>>>;
    const Tensor tile = make_tensor(make_gmem_ptr(from), Rows{});
    const auto copies = make_tiled_copy(Transfer{}, Threads{}, Values{});
    const auto thread = copies.get_slice(threadIdx.x);
    const bool inside = static_cast<int>(threadIdx.x) % (along_k ? 8 : 4) < valid;
    const Tensor source = thread.partition_S(tile);
    Tensor destination = thread.partition_D(to);
#if TARGET == 75
    if (inside)
        copy(copies, source, destination);
    else
        clear(destination);
#else
    copy(copies.with(inside), source, destination);
#endif
}

template <class LoadA, class LoadB, bool a_along_k, bool b_along_k>
__device__ auto tile_sums(const half_t* a, const half_t* b, half_t* memory, int valid_a,
                          int valid_b) {
    Tensor shared_a = make_tensor(make_smem_ptr(memory), Shared<a_along_k>{});
    Tensor shared_b = make_tensor(make_smem_ptr(memory + 32 * 64), Shared<b_along_k>{});
    stage<a_along_k>(a, shared_a, valid_a);
    stage<b_along_k>(b, shared_b, valid_b);
#if TARGET >= 80
    cp_async_fence();
    cp_async_wait<0>();
#endif
    __syncthreads();

    const Mma mma{};
    const auto thread = mma.get_slice(threadIdx.x);
    const auto slice = [](const auto& shared) {
        return local_tile(shared, Shape<_32, _16>{}, make_coord(0, 0));
    };
    Tensor fragment_a = thread.partition_fragment_A(slice(shared_a));
    Tensor fragment_b = thread.partition_fragment_B(slice(shared_b));
    Tensor sums = partition_fragment_C(mma, Shape<_32, _32>{});
    clear(sums);
    const auto load_a = make_tiled_copy_A(Copy_Atom<LoadA, half_t>{}, mma);
    const auto load_b = make_tiled_copy_B(Copy_Atom<LoadB, half_t>{}, mma);
    const Tensor from_a = load_a.get_slice(threadIdx.x).partition_S(shared_a);
    const Tensor from_b = load_b.get_slice(threadIdx.x).partition_S(shared_b);
    Tensor seen_a = load_a.get_slice(threadIdx.x).retile_D(fragment_a);
    Tensor seen_b = load_b.get_slice(threadIdx.x).retile_D(fragment_b);
    // Not unrolled: the compiler would need gigabytes.
#pragma unroll 1
    for (int k = 0; k < 4; ++k) {
        copy(load_a, from_a(_, _, k), seen_a(_, _, 0));
        copy(load_b, from_b(_, _, k), seen_b(_, _, 0));
        gemm(mma, fragment_a, fragment_b, sums);
    }
    return sums;
}

// d = a b^T, 32 x 32 in rows of n. a lies as m x k or (not along k) as k x m, b as n x k or k x n.
template <class LoadA, class LoadB, bool a_along_k, bool b_along_k>
__device__ void direct(const half_t* a, const half_t* b, float* d, int valid_a, int valid_b) {
    __shared__ alignas(128) half_t memory[2 * 32 * 64];
    const Tensor sums =
        tile_sums<LoadA, LoadB, a_along_k, b_along_k>(a, b, memory, valid_a, valid_b);
    Tensor tile = make_tensor(make_gmem_ptr(d), Layout<Shape<_32, _32>, Stride<_32, _1>>{});
    Tensor out = Mma{}.get_slice(threadIdx.x).partition_C(tile);
    copy(sums, out);
}

#define TILE(name, ...)                                                                            \
    extern "C" __global__ void __launch_bounds__(threads)                                          \
        name(const half_t* a, const half_t* b, float* d, int valid_a, int valid_b) {               \
        direct<__VA_ARGS__>(a, b, d, valid_a, valid_b);                                            \
    }

#if TARGET == 90
// The same through shared memory: registers of halves are stored as matrices, read as elements.
template <class Store, bool along_n>
__device__ void stored(const half_t* a, const half_t* b, float* d, int valid_a, int valid_b) {
    __shared__ alignas(128) half_t memory[2 * 32 * 64];
    const Tensor sums = tile_sums<SM75_U32x4_LDSM_N, SM75_U32x4_LDSM_N, true, true>(
        a, b, memory, valid_a, valid_b);
    Tensor rounded = make_tensor_like<half_t>(sums);
    for (int i = 0; i < size(sums); ++i) rounded(i) = static_cast<half_t>(sums(i));
    __syncthreads();
    using Rows = Layout<Shape<_32, _32>, conditional_t<along_n, Stride<_32, _1>, Stride<_1, _32>>>;
    Tensor tile = make_tensor(make_smem_ptr(memory), composition(Swizzle<2, 3, 3>{}, Rows{}));
    const auto store = make_tiled_copy_C(Copy_Atom<Store, half_t>{}, Mma{});
    const auto thread = store.get_slice(threadIdx.x);
    Tensor to = thread.partition_D(tile);
    copy(store, thread.retile_S(rounded), to);
    __syncthreads();
    for (int i = threadIdx.x; i < 32 * 32; i += threads) d[i] = tile(i / 32, i % 32);
}

#define STORED(name, ...)                                                                          \
    extern "C" __global__ void __launch_bounds__(threads)                                          \
        name(const half_t* a, const half_t* b, float* d, int valid_a, int valid_b) {               \
        stored<__VA_ARGS__>(a, b, d, valid_a, valid_b);                                            \
    }
#endif
