// D = A B by square tiles in shared memory: the first tuned kernel of every textbook. A thread sums
// PER_THREAD rows of one column.
extern "C" __global__ void tiled_gemm(const float* a, const float* b, float* d, int m, int n, int k,
                                      long long a_batch, long long a_row, long long b_batch,
                                      long long b_row, long long d_batch, long long d_row) {
    __shared__ float a_tile[TILE][TILE];
    __shared__ float b_tile[TILE][TILE];
    constexpr int rows_apart = TILE / PER_THREAD;
    const int column = blockIdx.x * TILE + threadIdx.x, first_row = blockIdx.y * TILE;
    a += blockIdx.z * a_batch;
    b += blockIdx.z * b_batch;
    d += blockIdx.z * d_batch;

    float sums[PER_THREAD] = {};
    for (int first = 0; first < k; first += TILE) {
        for (int i = threadIdx.y; i < TILE; i += rows_apart) {
            const int row = first_row + i, p = first + threadIdx.x, q = first + i;
            a_tile[i][threadIdx.x] = row < m && p < k ? a[row * a_row + p] : 0.f;
            b_tile[i][threadIdx.x] = q < k && column < n ? b[q * b_row + column] : 0.f;
        }
        __syncthreads();
        for (int p = 0; p < TILE; ++p)
            for (int i = 0; i < PER_THREAD; ++i)
                sums[i] += a_tile[threadIdx.y + i * rows_apart][p] * b_tile[p][threadIdx.x];
        __syncthreads();
    }
    for (int i = 0; i < PER_THREAD; ++i) {
        const int row = first_row + threadIdx.y + i * rows_apart;
        if (row < m && column < n) d[row * d_row + column] = sums[i];
    }
}
