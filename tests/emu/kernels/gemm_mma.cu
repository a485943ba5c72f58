// D = A B, bf16 in, f32 sums and result: 3 stages of cp.async, ldmatrix, mma.m16n8k16.
// A m x k and B k x n row-major, k and n multiples of 8. SWIZZLE 0 leaves bank conflicts in.
#ifndef SWIZZLE
#define SWIZZLE 1
#endif
typedef unsigned int u32;
typedef unsigned short bf16;

constexpr int bm = 64, bn = 64, bk = 32, stages = 3, threads = 128;

// 16-byte chunk of a row of `chunks`, moved so that 8 rows meet 8 different bank groups.
__device__ int place(int row, int chunk, int chunks) {
#if SWIZZLE
    return row * chunks + (chunk ^ ((chunks == 4 ? row / 2 : row) % chunks));
#else
    return row * chunks + chunk;
#endif
}

__device__ void copy16(void* to, const void* from, bool inside) {
    const u32 address = static_cast<u32>(__cvta_generic_to_shared(to));
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(address), "l"(from),
                 "r"(inside ? 16 : 0)
                 : "memory");
}

__device__ void load_matrices(u32 (&r)[4], const void* row) {
    const u32 address = static_cast<u32>(__cvta_generic_to_shared(row));
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(address)
                 : "memory");
}
__device__ void load_transposed(u32 (&r)[4], const void* row) {
    const u32 address = static_cast<u32>(__cvta_generic_to_shared(row));
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(address)
                 : "memory");
}
__device__ void multiply(float (&d)[4], const u32 (&a)[4], u32 b0, u32 b1) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, "
                 "{%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

extern "C" __global__ void __launch_bounds__(threads)
    gemm_mma(const bf16* a, const bf16* b, float* d, int m, int n, int k) {
    extern __shared__ __align__(128) uint4 memory[];
    uint4* const a_tiles = memory;
    uint4* const b_tiles = memory + stages * bm * bk / 8;
    const int row0 = blockIdx.y * bm, column0 = blockIdx.x * bn;
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    const int warp_row = warp / 2 * 32, warp_column = warp % 2 * 32;

    const auto fetch = [&](int tile) {
        const int stage = tile % stages, k0 = tile * bk;
        for (int i = threadIdx.x; i < bm * bk / 8; i += threads) {
            const int r = i / (bk / 8), c = i % (bk / 8);
            const bool inside = row0 + r < m && k0 + c * 8 < k;
            copy16(a_tiles + stage * bm * bk / 8 + place(r, c, bk / 8),
                   inside ? a + (size_t)(row0 + r) * k + k0 + c * 8 : a, inside);
        }
        for (int i = threadIdx.x; i < bk * bn / 8; i += threads) {
            const int r = i / (bn / 8), c = i % (bn / 8);
            const bool inside = k0 + r < k && column0 + c * 8 < n;
            copy16(b_tiles + stage * bk * bn / 8 + place(r, c, bn / 8),
                   inside ? b + (size_t)(k0 + r) * n + column0 + c * 8 : b, inside);
        }
    };

    const int tiles = (k + bk - 1) / bk;
    for (int tile = 0; tile < stages - 1; ++tile) {
        if (tile < tiles) fetch(tile);
        asm volatile("cp.async.commit_group;" ::: "memory");
    }
    float sum[2][4][4] = {};
    for (int tile = 0; tile < tiles; ++tile) {
        asm volatile("cp.async.wait_group %0;" ::"n"(stages - 2) : "memory");
        __syncthreads();
        if (tile + stages - 1 < tiles) fetch(tile + stages - 1);
        asm volatile("cp.async.commit_group;" ::: "memory");
        const uint4* const at = a_tiles + tile % stages * bm * bk / 8;
        const uint4* const bt = b_tiles + tile % stages * bk * bn / 8;
#pragma unroll
        for (int kk = 0; kk < bk; kk += 16) {
            u32 af[2][4], bf[2][4];
            for (int i = 0; i < 2; ++i)
                load_matrices(af[i], at + place(warp_row + i * 16 + lane % 16, kk / 8 + lane / 16,
                                                bk / 8));
            for (int j = 0; j < 2; ++j)
                load_transposed(bf[j], bt + place(kk + lane % 16,
                                                  warp_column / 8 + j * 2 + lane / 16, bn / 8));
            for (int i = 0; i < 2; ++i)
                for (int j = 0; j < 4; ++j)
                    multiply(sum[i][j], af[i], bf[j / 2][j % 2 * 2], bf[j / 2][j % 2 * 2 + 1]);
        }
    }
    for (int i = 0; i < 2; ++i)
        for (int j = 0; j < 4; ++j)
            for (int r = 0; r < 4; ++r) {
                const int row = row0 + warp_row + i * 16 + lane / 4 + r / 2 * 8;
                const int column = column0 + warp_column + j * 8 + lane % 4 * 2 + r % 2;
                if (row < m && column < n) d[(size_t)row * n + column] = sum[i][j][r];
            }
}
