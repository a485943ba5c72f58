// Thin wrappers of the instructions of matrix units and of the copies that feed them.
//
// Fragments count in words of 32 bits: a step along k is always 8 words (32 bytes) of a row, that is
// 8 elements of tf32, 16 of f16 and bf16, 32 of 8 bits. With group = lane / 4 and thread = lane % 4,
//   a[4]: rows group and group + 8 (a[0], a[1]) at word thread, the same at word thread + 4
//   b[2]: column group at words thread and thread + 4
//   sums: columns 2 thread and 2 thread + 1, of row group, then of row group + 8
// (PTX ISA, warp-level matrix instructions, m16n8k16 and its relatives).
//
// Macros: MMA_A MMA_B, the types that products are formed from, ACC: f32, f16 or s32, and MMA_SHAPE,
// the largest that the architecture has for them: m16n8k8 to m16n8k32, or m8n8k16.

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#define MMA                                                                                        \
    "mma.sync.aligned." TEXT(MMA_SHAPE) ".row.col." TEXT(ACC) "." TEXT(MMA_A) "." TEXT(            \
        MMA_B) "." TEXT(ACC)

__device__ inline unsigned shared_address(const void* in_shared) {
    return static_cast<unsigned>(__cvta_generic_to_shared(in_shared));
}

// --- copies --------------------------------------------------------------------------------------

// Copies SIZE bytes (4 or 16) to shared memory; those beyond the first `bytes` become zero. Both
// addresses are multiples of SIZE. Asynchronous where the hardware can: visible to the thread after
// wait_copies, to others after a barrier that follows.
template <int SIZE>
__device__ inline void copy_async(unsigned char* to, const void* from, int bytes) {
#if __CUDA_ARCH__ >= 800
    const unsigned address = shared_address(to);
    if constexpr (SIZE == 16)
        asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
                     :
                     : "r"(address), "l"(from), "r"(bytes)
                     : "memory");
    else
        asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;"
                     :
                     : "r"(address), "l"(from), "r"(bytes)
                     : "memory");
#else
    Run<unsigned, SIZE / 4> run = {};
    if (bytes == SIZE) {
        run = *static_cast<const Run<unsigned, SIZE / 4>*>(from);
    } else {
        // Whole 16-bit elements at least: this is only for architectures without fp8.
        const auto* part = static_cast<const unsigned char*>(from);
#pragma unroll
        for (int i = 0; i < SIZE; ++i)
            if (i < bytes) run.x[i / 4] |= unsigned(part[i]) << (i % 4 * 8);
    }
    *reinterpret_cast<Run<unsigned, SIZE / 4>*>(to) = run;
#endif
}
__device__ inline void commit_copies() {
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.commit_group;" : : : "memory");
#endif
}
// Until at most PENDING of the thread's committed groups are under way.
template <int PENDING> __device__ inline void wait_copies() {
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_group %0;" : : "n"(PENDING) : "memory");
#endif
}

// --- fragments -----------------------------------------------------------------------------------

// Four 8 x 8 matrices of 16-bit elements; lane i gives the address of row i % 8 of matrix i / 8.
__device__ inline void load_matrices(unsigned (&to)[4], unsigned address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                 : "r"(address)
                 : "memory");
}
__device__ inline void load_matrices_transposed(unsigned (&to)[4], unsigned address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                 : "r"(address)
                 : "memory");
}

// A tile of rows of ROW_BYTES each in shared memory. The 16-byte chunks of a row are permuted by the
// row's number, so that 8 rows' chunks of one column lie in different banks.
template <int ROW_BYTES> struct Swizzled {
    static constexpr int chunks = ROW_BYTES / 16, row_bytes = ROW_BYTES;
    static constexpr int period = 8; // rows after which the permutations come again
    static_assert(chunks == 2 || chunks == 4 || chunks % 8 == 0);

    __device__ static int offset(int row, int chunk) {
        constexpr int rows_per_line = chunks < 8 ? 8 / chunks : 1; // a line: all 32 banks
        constexpr int mask = chunks < 8 ? chunks - 1 : 7;
        return row * ROW_BYTES + (chunk ^ (row / rows_per_line & mask)) * 16;
    }
};
// The same for single words: those at columns 0 to 7 of 4 rows lie in different banks.
template <int ROW_BYTES> struct SwizzledWords {
    static constexpr int chunks = ROW_BYTES / 16, row_bytes = ROW_BYTES, period = 4;
    static_assert(chunks % 8 == 0);

    __device__ static int offset(int row, int chunk) {
        return row * ROW_BYTES + (chunk ^ (row & 3) << 1) * 16;
    }
};

// The fragment of 16 rows at words [8 step, 8 step + 8) of a tile whose rows run along k.
template <class Layout>
__device__ inline void load_a(unsigned (&to)[4], unsigned tile, int row, int step) {
    const int lane = threadIdx.x % 32;
    load_matrices(to, tile + Layout::offset(row + lane % 16, 2 * step + lane / 16));
}
// Two fragments of 8 columns each of B, whose columns are the rows of the tile.
template <class Layout>
__device__ inline void load_b(unsigned (&to)[4], unsigned tile, int column, int step) {
    const int lane = threadIdx.x % 32;
    load_matrices(to, tile + Layout::offset(column + lane / 16 * 8 + lane % 8,
                                            2 * step + lane / 8 % 2));
}
// The same from tiles whose rows run along m or n: 16-bit elements.
template <class Layout>
__device__ inline void load_a_transposed(unsigned (&to)[4], unsigned tile, int row, int step) {
    const int lane = threadIdx.x % 32;
    load_matrices_transposed(to, tile + Layout::offset(16 * step + lane / 16 * 8 + lane % 8,
                                                       row / 8 + lane / 8 % 2));
}
template <class Layout>
__device__ inline void load_b_transposed(unsigned (&to)[4], unsigned tile, int column, int step) {
    const int lane = threadIdx.x % 32;
    load_matrices_transposed(to, tile + Layout::offset(16 * step + lane % 16,
                                                       column / 8 + lane / 16));
}

// --- products ------------------------------------------------------------------------------------

// sum += a b for 16 x 8 sums and one step along k, in sums of f32, s32, or f16 in pairs.
#if __CUDA_ARCH__ >= 800
__device__ inline void multiply_add(float (&sum)[4], const unsigned (&a)[4], unsigned b0,
                                    unsigned b1) {
    asm volatile(MMA " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
__device__ inline void multiply_add(int (&sum)[4], const unsigned (&a)[4], unsigned b0,
                                    unsigned b1) {
    asm volatile(MMA " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+r"(sum[0]), "+r"(sum[1]), "+r"(sum[2]), "+r"(sum[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
__device__ inline void multiply_add(unsigned (&sum)[2], const unsigned (&a)[4], unsigned b0,
                                    unsigned b1) {
    asm volatile(MMA " {%0, %1}, {%2, %3, %4, %5}, {%6, %7}, {%0, %1};"
                 : "+r"(sum[0]), "+r"(sum[1])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
#else
// sm_75 takes half of k at a time (f16), or a quarter of the product (8 bits).
__device__ inline void multiply_add_half(float (&sum)[4], unsigned a0, unsigned a1, unsigned b) {
    asm volatile(MMA " {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
                 : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
                 : "r"(a0), "r"(a1), "r"(b));
}
__device__ inline void multiply_add_half(unsigned (&sum)[2], unsigned a0, unsigned a1,
                                         unsigned b) {
    asm volatile(MMA " {%0, %1}, {%2, %3}, {%4}, {%0, %1};"
                 : "+r"(sum[0]), "+r"(sum[1])
                 : "r"(a0), "r"(a1), "r"(b));
}
__device__ inline void multiply_add_quarter(int& sum0, int& sum1, unsigned a, unsigned b) {
    asm volatile(MMA " {%0, %1}, {%2}, {%3}, {%0, %1};" : "+r"(sum0), "+r"(sum1) : "r"(a), "r"(b));
}
template <class Sums>
__device__ inline void multiply_add(Sums& sum, const unsigned (&a)[4], unsigned b0, unsigned b1) {
    multiply_add_half(sum, a[0], a[1], b0);
    multiply_add_half(sum, a[2], a[3], b1);
}
__device__ inline void multiply_add(int (&sum)[4], const unsigned (&a)[4], unsigned b0,
                                    unsigned b1) {
    multiply_add_quarter(sum[0], sum[1], a[0], b0);
    multiply_add_quarter(sum[0], sum[1], a[2], b1);
    multiply_add_quarter(sum[2], sum[3], a[1], b0);
    multiply_add_quarter(sum[2], sum[3], a[3], b1);
}
#endif

// Two floats as neighbours of a word, the first in the lower half, to nearest even.
__device__ inline unsigned pack_bf16(float low, float high) {
#if __CUDA_ARCH__ >= 800
    unsigned word;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(high), "f"(low));
    return word;
#else
    bf16 first, second;
    narrow(first, low);
    narrow(second, high);
    return first.bits | unsigned(second.bits) << 16;
#endif
}
__device__ inline unsigned pack_f16(float low, float high) {
#if __CUDA_ARCH__ >= 800
    unsigned word;
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(high), "f"(low));
    return word;
#else
    f16 first, second;
    narrow(first, low);
    narrow(second, high);
    return first.bits | unsigned(second.bits) << 16;
#endif
}
