// Reverses blocks of 256 numbers through shared memory.
extern "C" __global__ void reverse(const float* in, float* out, int n) {
    __shared__ float tile[256];
    const int first = blockIdx.x * 256, t = threadIdx.x;
    if (first + t < n) tile[t] = in[first + t];
    __syncthreads(); // without it: a race, named with this file and the line below
    if (first + t < n) out[first + t] = tile[255 - t];
}
