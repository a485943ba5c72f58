// Calls, divergence, waiting, atomics and exchanges, as ordinary CUDA code has them.
__device__ __noinline__ int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

extern "C" __global__ void fibonacci(int* out) { out[threadIdx.x] = fib(threadIdx.x % 12); }

// Lanes leave the loop at different times and meet at the barrier.
extern "C" __global__ void uneven_loops(int* out) {
    __shared__ int sums[128];
    const int t = threadIdx.x;
    int sum = 0;
    for (int i = 0; i <= t % 7; ++i) {
        if (i % 2 == t % 2) continue;
        sum += i * t;
    }
    sums[t] = sum;
    __syncthreads();
    out[t] = sums[127 - t];
}

// Every thread takes the lock once, lanes of one warp too.
extern "C" __global__ void spin_lock(int* lock, int* count) {
    bool done = false;
    while (!done) {
        if (atomicCAS(lock, 0, 1) == 0) {
            *(volatile int*)count = *(volatile int*)count + 1;
            __threadfence();
            atomicExch(lock, 0);
            done = true;
        }
    }
}

// Each block waits for the one after it: they have to run side by side.
extern "C" __global__ void blocks_in_a_chain(int* flags) {
    const int b = blockIdx.x;
    if (threadIdx.x == 0) {
        if (b + 1 < gridDim.x)
            while (*(volatile int*)(flags + b + 1) == 0) {}
        __threadfence();
        *(volatile int*)(flags + b) = b + 1 < gridDim.x ? flags[b + 1] + 1 : 1;
    }
}

extern "C" __global__ void histogram(const int* in, int* out) {
    __shared__ int bins[16];
    const int t = threadIdx.x;
    if (t < 16) bins[t] = 0;
    __syncthreads();
    atomicAdd(bins + in[t] % 16, 1);
    __syncthreads();
    if (t < 16) atomicAdd(out + t, bins[t]);
}

extern "C" __global__ void exchanges(const int* in, int* out) {
    const int t = threadIdx.x, lane = t % 32;
    const int x = in[t];
    int sum = x;
    for (int step = 16; step > 0; step /= 2) sum += __shfl_xor_sync(~0u, sum, step);
    int before = x;
    for (int step = 1; step < 32; step *= 2) {
        const int other = __shfl_up_sync(~0u, before, step);
        if (lane >= step) before += other;
    }
    out[t] = sum;
    out[128 + t] = before;
    out[256 + t] = __ballot_sync(~0u, x % 3 == 0);
    out[384 + t] = __match_any_sync(~0u, x % 4);
    out[512 + t] = __reduce_add_sync(~0u, x);
    // Groups of lanes with a member mask each, all at one place.
    const unsigned group = __match_any_sync(~0u, x % 4);
    out[640 + t] = __shfl_sync(group, x, __ffs(group) - 1);
    out[768 + t] = __syncthreads_count(x % 5 == 0);
}

__device__ int table[8] = {3, 1, 4, 1, 5, 9, 2, 6};
__constant__ float weights[4] = {0.5f, 1.5f, 2.5f, 3.5f};

extern "C" __global__ void memories(const int* in, float* out, int n) {
    int local[16];
    for (int i = 0; i < 16; ++i) local[i] = in[(threadIdx.x + i) % n] + table[i % 8];
    int sum = 0;
    for (int i = 0; i < n % 16 + 3; ++i) sum += local[(threadIdx.x * i + n) % 16];
    out[threadIdx.x] = sum * weights[threadIdx.x % 4];
}
