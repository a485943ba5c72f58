// What the attention kernels share: arguments, where rows of queries and keys lie, which keys a
// query sees, and copies of rows to shared memory.
//
// Macros (from the problem):
//   TYPE IS_BF16             f16 or bf16, also MMA_A and MMA_B
//   HEAD_DIM HEAD_DIM_V      elements of a query or key, and of a value
//   CAUSAL WINDOW            bottom-right diagonal; keys seen to the left of it, 0: all
//   HAS_SOFTCAP SOFTCAP      score = SOFTCAP tanh(score / SOFTCAP)
//   EXPLICIT_SCALE           the scale is an operand, of any sign
//   VARIABLE_Q VARIABLE_KV   sequences follow each other; lengths by cumulative offsets
//   PAGE_SIZE                keys per page, 0: not paged
// and from the config: BQ BKV THREADS, PACK: query heads of one key head whose rows share a tile.

using Element = TYPE;

// Strides in elements: from sequence to sequence, position to position, head to head. Of a paged
// cache: page to page, position to position inside, head to head.
struct Strides {
    long long batch, position, head;
};

// Row r of a tile of queries: PACK heads of one position are neighbours.
constexpr int positions_per_tile = BQ / PACK;

// Shared memory: rows of 16-byte chunks, an odd number apart, so that 8 rows' chunks of one column
// lie in different banks.
template <int ELEMENTS> struct Padded {
    static constexpr int chunks = ELEMENTS / 8, stride = (chunks | 1) * 16;

    __device__ static int offset(int row, int chunk) { return row * stride + chunk * 16; }
    __device__ static constexpr int bytes(int rows) { return rows * stride; }
};

// Whole steps of matrix units; the elements beyond are zero.
constexpr int dim = (HEAD_DIM + 15) / 16 * 16, dim_v = (HEAD_DIM_V + 15) / 16 * 16;
using LayoutK = Padded<dim>;
using LayoutV = Padded<dim_v>;

// Keys that a tile of queries, or a query, sees.
struct Range {
    int first, last; // one past
};

// One sequence and head.
struct Sequence {
    int q_len, kv_len;

    // The diagonal of a query: the key at its own position.
    __device__ int diagonal(int position) const { return position + kv_len - q_len; }
    // Keys that some query in [from, to] sees.
    __device__ Range visible(int from, int to) const {
        Range range{0, kv_len};
        if (CAUSAL) range.last = max(0, min(kv_len, diagonal(to) + 1));
        if (WINDOW > 0) range.first = max(0, min(range.last, diagonal(from) - WINDOW));
        return range;
    }
    __device__ bool sees(int position, int key) const {
        if (key >= kv_len) return false;
        if (CAUSAL && key > diagonal(position)) return false;
        return WINDOW == 0 || key >= diagonal(position) - WINDOW;
    }
    // Whether every query in [from, to] sees all keys in [key, key + count).
    __device__ bool sees_all(int from, int to, int key, int count) const {
        if (key + count > kv_len) return false;
        if (CAUSAL && key + count - 1 > diagonal(from)) return false;
        return WINDOW == 0 || key >= diagonal(to) - WINDOW;
    }
};

// Copies ROWS rows of COLUMNS elements to shared memory; row_at(r) is where row r lies, or null for
// one that does not exist, which becomes zero. Visible as copy_async says.
template <int ROWS, int COLUMNS, class Layout, class RowAt>
__device__ inline void copy_rows(unsigned char* to, RowAt row_at, bool aligned) {
    constexpr int count = ROWS * Layout::chunks, per_thread = (count + THREADS - 1) / THREADS;
    if constexpr (RowAt::evenly && THREADS % Layout::chunks == 0 && count % THREADS == 0) {
        if (aligned) { // a thread's chunks lie as many rows apart as there are rows of threads
            constexpr int step = THREADS / Layout::chunks;
            const int row = threadIdx.x / Layout::chunks, chunk = threadIdx.x % Layout::chunks;
            const int inside = max(0, min(8, COLUMNS - chunk * 8)) * 2;
            const int rows = row_at.count - row_at.first - row; // that exist, from `row` on
            const Element* source =
                row_at.base + (row_at.first + row) * row_at.stride + chunk * 8;
#pragma unroll
            for (int i = 0; i < per_thread; ++i) {
                copy_async<16>(to + Layout::offset(row + i * step, chunk), source,
                               i * step < rows ? inside : 0);
                source += step * row_at.stride;
            }
            return;
        }
    }
#pragma unroll
    for (int i = 0; i < per_thread; ++i) {
        const int index = threadIdx.x + i * THREADS;
        if (count % THREADS != 0 && index >= count) break;
        const int row = index / Layout::chunks, chunk = index % Layout::chunks;
        const Element* const source = row_at.of(row);
        const int inside = source ? max(0, min(8, COLUMNS - chunk * 8)) : 0;
        unsigned char* const target = to + Layout::offset(row, chunk);
        if (aligned) {
            copy_async<16>(target, inside > 0 ? source + chunk * 8 : row_at.base, inside * 2);
        } else {
#pragma unroll 1
            for (int j = 0; j < 8; ++j)
                reinterpret_cast<Element*>(target)[j] =
                    j < inside ? source[chunk * 8 + j] : Element{};
        }
    }
}

// Rows of keys or values from `first` on.
struct KeyRows {
    const Element* base; // of the sequence and head; paged: of the head
    long long stride, page_stride;
    const int* pages;
    int first, count; // of the sequence
    static constexpr bool evenly = PAGE_SIZE == 0; // rows are `stride` apart

    __device__ const Element* of(int row) const {
        const int key = first + row;
        if (key >= count) return nullptr;
#if PAGE_SIZE > 0
        return base + pages[key / PAGE_SIZE] * page_stride + key % PAGE_SIZE * stride;
#else
        return base + key * stride;
#endif
    }
};

// Rows of a tile of queries, or of what is shaped like them.
struct QueryRows {
    const Element* base; // of the sequence and the first head
    long long stride, head_stride;
    int first, count; // positions
    static constexpr bool evenly = false;

    __device__ const Element* of(int row) const {
        const int position = first + row / PACK;
        if (position >= count || row >= positions_per_tile * PACK) return nullptr;
        return base + position * stride + row % PACK * head_stride;
    }
};

__device__ inline bool aligned_16(const Element* data, Strides strides) {
    const unsigned long long all = reinterpret_cast<unsigned long long>(data) |
                                   (strides.batch | strides.position | strides.head) * 2;
    return all % 16 == 0;
}

__device__ inline float exp2_fast(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}
__device__ inline unsigned pack(float low, float high) {
    return IS_BF16 ? pack_bf16(low, high) : pack_f16(low, high);
}

#define INFINITY_F __uint_as_float(0x7f800000)
constexpr float log2_e = 1.44269504088896341f, ln_2 = 0.69314718055994531f;
// Below every score; not infinite, so that differences stay numbers.
constexpr float lowest = -3.0e38f;

// Scores are kept as the products they are made of, in units of score_unit(scale), where that is known
// to be positive: scaling is then a part of the subtraction before the exponential.
constexpr bool products_are_scores = !HAS_SOFTCAP && !EXPLICIT_SCALE;
__device__ inline float score_unit(float scale) { return products_are_scores ? scale * log2_e : 1; }

// A score in units of log2, from a product of query and key.
__device__ inline float score(float product, float scale) {
#if HAS_SOFTCAP
    return SOFTCAP * log2_e * tanhf(product * scale / SOFTCAP);
#else
    return product * (scale * log2_e);
#endif
}
