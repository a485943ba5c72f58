// C = A B, row-major f32, 64x64 tiles through shared memory, any extents.
extern "C" __global__ void __launch_bounds__(256)
    gemm_tiled(const float* __restrict__ a, const float* __restrict__ b, float* c, int m, int n,
               int k) {
    __shared__ float a_tile[16][64 + 4];
    __shared__ float b_tile[16][64];
    const int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
    const int row0 = blockIdx.y * 64, column0 = blockIdx.x * 64;
    float sum[4][4] = {};
    for (int k0 = 0; k0 < k; k0 += 16) {
        for (int i = threadIdx.x; i < 64 * 16; i += 256) {
            const int r = i / 16, l = i % 16;
            a_tile[l][r] = row0 + r < m && k0 + l < k ? a[(row0 + r) * k + k0 + l] : 0;
        }
        for (int i = threadIdx.x; i < 16 * 64; i += 256) {
            const int l = i / 64, j = i % 64;
            b_tile[l][j] = k0 + l < k && column0 + j < n ? b[(k0 + l) * n + column0 + j] : 0;
        }
        __syncthreads();
#pragma unroll
        for (int l = 0; l < 16; ++l)
            for (int i = 0; i < 4; ++i)
                for (int j = 0; j < 4; ++j)
                    sum[i][j] += a_tile[l][ty * 4 + i] * b_tile[l][tx * 4 + j];
        __syncthreads();
    }
    for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 4; ++j)
            if (row0 + ty * 4 + i < m && column0 + tx * 4 + j < n)
                c[(row0 + ty * 4 + i) * n + column0 + tx * 4 + j] = sum[i][j];
}
