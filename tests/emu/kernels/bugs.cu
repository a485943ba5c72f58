// Kernels with one bug each and their clean twins: bug_NAME and clean_NAME, one block of 128 threads.
// A line with "expect NAME RULE" is where the bug has to be found, and nowhere else. A race has two
// ends: either may come second. An asm statement counts as its last line. "blocks NAME N": it runs as
// N blocks. The rule unavailable: the kernel is refused, for an instruction that sm_80 does not have.
typedef unsigned int u32;
typedef unsigned short u16;

struct Args {
    float* in;   // 256 floats, read-only
    float* out;  // 256 floats
    u32* words;  // 64 words, zero at launch
    int n;       // 128
    float* fresh; // 256 floats that nothing has written
};

#define PAIR(name)                                                                                 \
    extern "C" __global__ void bug_##name(Args args) { name<true>(args); }                         \
    extern "C" __global__ void clean_##name(Args args) { name<false>(args); }
#define KERNEL template <bool bug> __device__ __forceinline__ void

__device__ __forceinline__ u32 shared_address(const void* p) {
    return static_cast<u32>(__cvta_generic_to_shared(p));
}

KERNEL missing_barrier(Args args) {
    __shared__ float s[128];
    const int t = threadIdx.x;
    s[t] = 0;
    __syncthreads();
    s[t] = args.in[t]; // expect missing_barrier race
    if (!bug) __syncthreads();
    args.out[t] = s[127 - t]; // expect missing_barrier race
}
PAIR(missing_barrier)

KERNEL missing_second_barrier(Args args) {
    __shared__ float s[128];
    const int t = threadIdx.x;
    float sum = 0;
#pragma unroll 1
    for (int i = 0; i < 2; ++i) {
        s[t] = args.in[t + i]; // expect missing_second_barrier race
        __syncthreads();
        sum += s[(t + 64) % 128]; // expect missing_second_barrier race
        if (!bug) __syncthreads();
    }
    args.out[t] = sum;
}
PAIR(missing_second_barrier)

KERNEL two_writers(Args args) {
    __shared__ float s[128];
    const int t = threadIdx.x;
    s[t] = 0;
    __syncthreads();
    s[bug ? t / 2 : t] = t; // expect two_writers race
    __syncthreads();
    args.out[t] = s[t];
}
PAIR(two_writers)

KERNEL missing_syncwarp(Args args) {
    __shared__ volatile float s[128];
    const int t = threadIdx.x;
    ((float*)s)[t] = args.in[t];
    if (!bug) __syncwarp();
    args.out[t] = ((float*)s)[t ^ 1]; // expect missing_syncwarp race
}
PAIR(missing_syncwarp)

KERNEL shuffle_is_no_fence(Args args) {
    __shared__ float s[128];
    const int t = threadIdx.x;
    s[t] = args.in[t];
    const float other = __shfl_xor_sync(~0u, args.in[t], 1);
    if (!bug) __syncwarp();
    args.out[t] = other + s[t ^ 2]; // expect shuffle_is_no_fence race
}
PAIR(shuffle_is_no_fence)

KERNEL half_barrier(Args args) {
    __shared__ float s[128];
    const int t = threadIdx.x;
    s[t] = 0;
    __syncthreads();
    s[t] = args.in[t]; // expect half_barrier race
    // The two halves of the block meet at barriers of their own.
    asm volatile("bar.sync %0, %1;" ::"r"(1 + t / 64), "r"(64) : "memory");
    if (!bug) __syncthreads();
    args.out[t] = s[t ^ 64]; // expect half_barrier race
}
PAIR(half_barrier)

KERNEL bytes_race(Args args) {
    __shared__ u16 s[128];
    const int t = threadIdx.x;
    s[t] = t;
    if (!bug) __syncthreads();
    args.out[t] = s[t ^ 1]; // expect bytes_race race
}
PAIR(bytes_race)

KERNEL flag_without_fence(Args args) {
    __shared__ float s[2];
    __shared__ volatile int flag;
    const int t = threadIdx.x;
    if (t == 0) flag = 0;
    __syncthreads();
    if (t == 0) {
        s[0] = args.in[0];
        if (!bug) __threadfence_block();
        flag = 1;
    } else if (t == 64) {
        while (flag == 0) {}
        __threadfence_block();
        args.out[0] = s[0]; // expect flag_without_fence race
    }
}
PAIR(flag_without_fence)

KERNEL plain_beside_atomic(Args args) {
    __shared__ u32 count;
    const int t = threadIdx.x;
    if (t == 0) count = 0;
    __syncthreads();
    atomicAdd(&count, 1u); // expect plain_beside_atomic race
    if (!bug) __syncthreads();
    if (t == 100) count += 7; // expect plain_beside_atomic race
    __syncthreads();
    args.out[t] = count;
}
PAIR(plain_beside_atomic)

KERNEL write_past_end(Args args) {
    const int t = threadIdx.x;
    args.out[bug ? t + 129 : t + 128] = t; // expect write_past_end out_of_bounds
}
PAIR(write_past_end)

KERNEL read_before_start(Args args) {
    const int t = threadIdx.x;
    float left = 0;
    if (bug || t > 0) left = args.in[t - 1]; // expect read_before_start out_of_bounds
    args.out[t] = left;
}
PAIR(read_before_start)

KERNEL null_pointer(Args args) {
    float* to = bug ? (float*)(size_t)(args.n - 128) : args.out;
    to[threadIdx.x] = 1; // expect null_pointer out_of_bounds
}
PAIR(null_pointer)

KERNEL vector_past_end(Args args) {
    const int t = threadIdx.x;
    const float4 v = ((const float4*)args.in)[bug ? t / 2 + 1 : t / 2]; // expect vector_past_end out_of_bounds
    args.out[t] = v.x + v.y + v.z + v.w;
}
PAIR(vector_past_end)

KERNEL shared_past_end(Args args) {
    __shared__ float s[128];
    __shared__ float other[128];
    const int t = threadIdx.x;
    s[t] = args.in[t];
    other[t] = args.in[t];
    __syncthreads();
    args.out[t] = s[bug ? t + 1 : (t + 1) % 128] + other[t]; // expect shared_past_end out_of_bounds
}
PAIR(shared_past_end)

KERNEL dynamic_shared_past_end(Args args) {
    extern __shared__ float dynamic[]; // 128 floats
    const int t = threadIdx.x;
    dynamic[bug ? t + 1 : t] = t; // expect dynamic_shared_past_end out_of_bounds
    __syncthreads();
    args.out[t] = dynamic[t < 1 ? 1 : t];
}
PAIR(dynamic_shared_past_end)

KERNEL local_past_end(Args args) {
    float buffer[8];
    for (int i = 0; i < 8; ++i) buffer[i] = args.in[i + threadIdx.x];
    const int at = bug ? args.n * 8 : args.n % 8;
    args.out[threadIdx.x] = buffer[at]; // expect local_past_end out_of_bounds
}
PAIR(local_past_end)

KERNEL misaligned_global(Args args) {
    const int t = threadIdx.x;
    const float2 v = *(const float2*)(args.in + (bug ? t : t & ~1)); // expect misaligned_global misaligned
    args.out[t] = v.x + v.y;
}
PAIR(misaligned_global)

KERNEL misaligned_shared(Args args) {
    __shared__ __align__(16) float s[132];
    const int t = threadIdx.x;
    s[t] = t;
    if (t < 4) s[128 + t] = t;
    __syncthreads();
    const float4 v = *(const float4*)(s + (bug ? t : t & ~3)); // expect misaligned_shared misaligned
    args.out[t] = v.x + v.w;
}
PAIR(misaligned_shared)

KERNEL write_to_input(Args args) {
    const int t = threadIdx.x;
    (bug ? args.in : args.out)[t] = t; // expect write_to_input write_to_read_only
}
PAIR(write_to_input)

KERNEL half_written(Args args) {
    __shared__ float s[128];
    const int t = threadIdx.x;
    if (!bug || t < 64) s[t] = t;
    __syncthreads();
    args.out[t] = s[t]; // expect half_written uninitialised_read
}
PAIR(half_written)

KERNEL unwritten_byte(Args args) {
    __shared__ __align__(4) unsigned char s[512];
    const int t = threadIdx.x;
    for (int i = 0; i < (bug ? 3 : 4); ++i) s[4 * t + i] = t;
    args.out[t] = *(const u32*)(s + 4 * t); // expect unwritten_byte uninitialised_read
}
PAIR(unwritten_byte)

KERNEL copy_not_waited(Args args) {
    __shared__ __align__(16) float s[128];
    const int t = threadIdx.x;
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" ::"r"(shared_address(s + t)),
                 "l"(args.in + t) : "memory");
    asm volatile("cp.async.commit_group;" ::: "memory");
    if (!bug) asm volatile("cp.async.wait_group 0;" ::: "memory");
    args.out[t] = s[t]; // expect copy_not_waited async_in_flight
    asm volatile("cp.async.wait_group 0;" ::: "memory");
}
PAIR(copy_not_waited)

KERNEL one_group_too_few(Args args) {
    __shared__ __align__(16) float s[256];
    const int t = threadIdx.x;
    for (int i = 0; i < 2; ++i) {
        asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" ::"r"(shared_address(s + 128 * i + t)),
                     "l"(args.in + 128 * i + t) : "memory");
        asm volatile("cp.async.commit_group;" ::: "memory");
    }
    if (bug)
        asm volatile("cp.async.wait_group 1;" ::: "memory");
    else
        asm volatile("cp.async.wait_group 0;" ::: "memory");
    args.out[t] = s[128 + t]; // expect one_group_too_few async_in_flight
    asm volatile("cp.async.wait_all;" ::: "memory");
}
PAIR(one_group_too_few)

KERNEL copy_of_other_thread(Args args) {
    __shared__ __align__(16) float s[128];
    const int t = threadIdx.x;
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" ::"r"(shared_address(s + t)),
                 "l"(args.in + t) : "memory");
    asm volatile("cp.async.wait_all;" ::: "memory");
    if (!bug) __syncwarp();
    args.out[t] = s[t ^ 1]; // expect copy_of_other_thread race
}
PAIR(copy_of_other_thread)

KERNEL copy_over_readers(Args args) {
    __shared__ __align__(16) float s[128];
    const int t = threadIdx.x;
    s[t] = t;
    __syncthreads();
    args.out[t] = s[t ^ 1];
    if (!bug) __syncthreads();
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4;"
                 ::"r"(shared_address(s + t)), "l"(args.in + t) : "memory"); // expect copy_over_readers race
    asm volatile("cp.async.wait_all;" ::: "memory");
    args.out[t + 128] = s[t];
}
PAIR(copy_over_readers)

KERNEL copy_left_behind(Args args) {
    __shared__ __align__(16) float s[128];
    const int t = threadIdx.x;
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4;"
                 ::"r"(shared_address(s + t)), "l"(args.in + t) : "memory"); // expect copy_left_behind async_not_waited
    asm volatile("cp.async.commit_group;" ::: "memory");
    if (!bug) asm volatile("cp.async.wait_group 0;" ::: "memory");
    args.out[t] = t;
}
PAIR(copy_left_behind)

KERNEL copy_past_end(Args args) {
    __shared__ __align__(16) float s[128];
    const int t = threadIdx.x;
    if (t < 32) {
        asm volatile("cp.async.cg.shared.global [%0], [%1], 16;"
                     ::"r"(shared_address(s + 4 * t)), "l"(args.in + 4 * t + (bug ? 132 : 128)) : "memory"); // expect copy_past_end out_of_bounds
        asm volatile("cp.async.wait_all;" ::: "memory");
        args.out[t] = s[4 * t];
    }
}
PAIR(copy_past_end)

KERNEL barrier_in_a_branch(Args args) {
    const int t = threadIdx.x;
    if (bug ? t < 80 : t < 128) {
        asm volatile("bar.sync 0;" ::: "memory"); // expect barrier_in_a_branch divergent_barrier
        args.out[t] = t;
    }
}
PAIR(barrier_in_a_branch)

KERNEL two_barriers_of_one_warp(Args args) {
    const int t = threadIdx.x;
    if (bug && t % 32 < 16) {
        asm volatile("bar.sync 0;" ::: "memory"); // expect two_barriers_of_one_warp divergent_barrier
        args.out[t] = 1;
    } else {
        asm volatile("bar.sync 0;" ::: "memory"); // expect two_barriers_of_one_warp divergent_barrier
        args.out[t] = 2;
    }
}
PAIR(two_barriers_of_one_warp)

KERNEL barrier_never_full(Args args) {
    const int t = threadIdx.x;
    if (t < 64) asm volatile("bar.sync 1, %0;" ::"r"(bug ? 96 : 64) : "memory"); // expect barrier_never_full deadlock
    args.out[t] = t;
}
PAIR(barrier_never_full)

KERNEL no_such_barrier(Args args) {
    asm volatile("bar.sync %0;" ::"r"(bug ? args.n : args.n % 16) : "memory"); // expect no_such_barrier invalid_barrier
    args.out[threadIdx.x] = 1;
}
PAIR(no_such_barrier)

KERNEL odd_thread_count(Args args) {
    asm volatile("bar.sync 1, %0;" ::"r"(bug ? args.n + 4 : args.n) : "memory"); // expect odd_thread_count invalid_barrier
    args.out[threadIdx.x] = 1;
}
PAIR(odd_thread_count)

KERNEL flag_never_set(Args args) {
    const int t = threadIdx.x;
    if (t == 0 && !bug) *(volatile u32*)args.words = 1;
    if (t == 32)
        while (*(volatile u32*)args.words == 0) {} // expect flag_never_set deadlock
    args.out[t] = t;
}
PAIR(flag_never_set)

KERNEL shuffle_from_idle_lane(Args args) {
    const int t = threadIdx.x, lane = t % 32;
    if (lane < 16)
        args.out[t] = __shfl_sync(0xFFFFu, (float)t, bug ? lane + 16 : 15 - lane); // expect shuffle_from_idle_lane inactive_lane
}
PAIR(shuffle_from_idle_lane)

KERNEL mask_without_self(Args args) {
    const int t = threadIdx.x;
    args.out[t] = __shfl_xor_sync(bug ? 0xFFFFFFFEu : 0xFFFFFFFFu, (float)t, 1); // expect mask_without_self invalid_members
}
PAIR(mask_without_self)

KERNEL shuffle_in_a_branch(Args args) {
    const int t = threadIdx.x;
    float value = t;
    if (bug ? t % 32 < 16 : t < 128)
        value = __shfl_xor_sync(~0u, value, 1); // expect shuffle_in_a_branch divergent_operation
    __syncthreads();
    args.out[t] = value;
}
PAIR(shuffle_in_a_branch)

KERNEL ldmatrix_in_a_branch(Args args) {
    __shared__ __align__(16) u32 s[128];
    const int t = threadIdx.x;
    s[t] = t;
    __syncthreads();
    u32 r = 0;
    if (bug ? t % 32 < 16 : t < 128)
        asm volatile("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%0}, [%1];"
                     : "=r"(r) : "r"(shared_address(s + t % 8 * 4)) : "memory"); // expect ldmatrix_in_a_branch divergent_operation
    __syncthreads();
    args.out[t] = r;
}
PAIR(ldmatrix_in_a_branch)

KERNEL ldmatrix_past_end(Args args) {
    __shared__ __align__(16) u32 s[128];
    const int t = threadIdx.x;
    s[t] = t;
    __syncthreads();
    u32 r[4];
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(shared_address(s + (t % 32 + (bug ? 1 : 0)) * 4)) : "memory"); // expect ldmatrix_past_end out_of_bounds
    args.out[t] = r[0] + r[3];
}
PAIR(ldmatrix_past_end)

KERNEL trap_taken(Args args) {
    if (bug ? args.n == 128 : args.n == 0) __trap(); // expect trap_taken trap
    args.out[threadIdx.x] = 1;
}
PAIR(trap_taken)

__device__ __noinline__ int deep(int n) { return n <= 0 ? 1 : deep(n - 1) * 3 + n; } // expect endless_recursion stack_overflow
KERNEL endless_recursion(Args args) {
    args.out[threadIdx.x] = deep(bug ? args.n << 20 : args.n % 8 + 3);
}
PAIR(endless_recursion)

// --- global memory ------------------------------------------------------------------------------

KERNEL global_missing_barrier(Args args) {
    const int t = threadIdx.x;
    args.out[t] = args.in[t]; // expect global_missing_barrier race
    if (!bug) __syncthreads();
    args.out[128 + t] = args.out[127 - t]; // expect global_missing_barrier race
}
PAIR(global_missing_barrier)

KERNEL global_two_writers(Args args) {
    const int t = threadIdx.x;
    args.out[bug ? t / 2 : t] = t; // expect global_two_writers race
}
PAIR(global_two_writers)

KERNEL global_overwritten_early(Args args) {
    const int t = threadIdx.x;
    args.out[t] = t;
    __syncthreads();
    const float left = args.out[(t + 1) % 128]; // expect global_overwritten_early race
    if (!bug) __syncthreads();
    args.out[t] = left + 1; // expect global_overwritten_early race
}
PAIR(global_overwritten_early)

KERNEL blocks_share_an_element(Args args) { // blocks blocks_share_an_element 2
    const int t = threadIdx.x + 128 * blockIdx.x;
    args.out[bug ? t / 2 : t] = t; // expect blocks_share_an_element race
}
PAIR(blocks_share_an_element)

KERNEL last_block_without_fence(Args args) { // blocks last_block_without_fence 2
    __shared__ u32 ticket;
    const int t = threadIdx.x;
    args.out[128 * blockIdx.x + t] = t; // expect last_block_without_fence race
    __syncthreads();
    if (t == 0) {
        if (!bug) __threadfence();
        ticket = atomicAdd(args.words, 1u);
        __threadfence();
    }
    __syncthreads();
    if (ticket == 1) args.fresh[t] = args.out[t] + args.out[128 + t]; // expect last_block_without_fence race
}
PAIR(last_block_without_fence)

KERNEL flag_between_blocks(Args args) { // blocks flag_between_blocks 2
    if (threadIdx.x != 0) return;
    if (blockIdx.x == 0) {
        args.out[0] = 7; // expect flag_between_blocks race
        if (!bug) __threadfence();
        *(volatile u32*)args.words = 1;
    } else {
        while (*(volatile u32*)args.words == 0) {}
        __threadfence();
        args.out[1] = args.out[0]; // expect flag_between_blocks race
    }
}
PAIR(flag_between_blocks)

KERNEL count_without_atomic(Args args) { // blocks count_without_atomic 2
    if (threadIdx.x != 0) return;
    if (bug)
        args.words[0] += 1; // expect count_without_atomic race
    else
        atomicAdd(args.words, 1u);
}
PAIR(count_without_atomic)

KERNEL halves_of_a_word(Args args) { // blocks halves_of_a_word 2
    const int t = threadIdx.x;
    u16* const out = (u16*)args.out + (bug ? 0 : blockIdx.x);
    out[2 * t] = 1 + blockIdx.x; // expect halves_of_a_word race
}
PAIR(halves_of_a_word)

KERNEL global_never_written(Args args) {
    const int t = threadIdx.x;
    args.fresh[t] = t;
    __syncthreads();
    args.out[t] = args.fresh[bug ? t + 1 : t]; // expect global_never_written uninitialised_read
}
PAIR(global_never_written)

KERNEL adds_to_nothing(Args args) {
    const int t = threadIdx.x;
    if (!bug) args.fresh[t] = 0;
    __syncthreads();
    atomicAdd(args.fresh + t, 1.f); // expect adds_to_nothing uninitialised_read
}
PAIR(adds_to_nothing)

// --- registers ----------------------------------------------------------------------------------

KERNEL stores_a_register_never_written(Args args) {
    const int t = threadIdx.x;
    asm volatile("{ .reg .f32 x; .reg .pred p; setp.lt.s32 p, %1, %2; @p mov.f32 x, 0f3F800000;\n"
                 "st.global.f32 [%0], x; }"
                 ::"l"(args.out + t), "r"(t), "r"(bug ? 64 : 128) : "memory"); // expect stores_a_register_never_written uninitialised_read
}
PAIR(stores_a_register_never_written)

KERNEL decides_by_a_register_never_written(Args args) {
    const int t = threadIdx.x;
    asm volatile("{ .reg .pred p, q; setp.lt.s32 q, %1, %2; @q setp.gt.s32 p, %1, 5;\n"
                 "@p st.global.u32 [%0], %1; }"
                 ::"l"(args.out + t), "r"(t), "r"(bug ? 32 : 128) : "memory"); // expect decides_by_a_register_never_written uninitialised_read
}
PAIR(decides_by_a_register_never_written)

KERNEL address_never_written(Args args) {
    const int t = threadIdx.x;
    asm volatile("{ .reg .u64 x; .reg .pred p; setp.lt.s32 p, %2, %3; mov.u64 x, %0;\n"
                 "{ .reg .u64 y; @p add.u64 y, x, 0; @!p mov.u64 x, y; }\n"
                 "st.global.u32 [%1], 1; @p st.global.u32 [x], 1; }"
                 ::"l"(args.out + t), "l"(args.out + t), "r"(t), "r"(128) : "memory");
    asm volatile("{ .reg .u64 y; .reg .pred p; setp.lt.s32 p, %1, %2; @p mov.u64 y, %0;\n"
                 "st.global.u32 [y], 1; }"
                 ::"l"(args.out + t), "r"(t), "r"(bug ? 100 : 128) : "memory"); // expect address_never_written uninitialised_read
}
PAIR(address_never_written)

// --- instructions of newer devices ---------------------------------------------------------------

KERNEL fp8_product_too_early(Args args) {
    float d[4] = {};
    const u32 x = threadIdx.x;
    if (bug)
        asm volatile("mma.sync.aligned.m16n8k32.row.col.f32.e4m3.e4m3.f32 {%0, %1, %2, %3}, {%4, %4, %4, %4}, {%4, %4}, {%0, %1, %2, %3};"
                     : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(x)); // expect fp8_product_too_early unavailable
    else
        asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %4, %4, %4}, {%4, %4}, {%0, %1, %2, %3};"
                     : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(x));
    args.out[threadIdx.x] = d[0];
}
PAIR(fp8_product_too_early)

KERNEL stmatrix_too_early(Args args) {
    __shared__ __align__(16) u32 s[128];
    const int t = threadIdx.x;
    if (bug)
        asm volatile("stmatrix.sync.aligned.m8n8.x1.shared.b16 [%0], {%1};"
                     ::"r"(shared_address(s + t / 32 * 32 + t % 8 * 4)), "r"(t) : "memory"); // expect stmatrix_too_early unavailable
    else
        s[t] = t;
    args.out[t] = s[t];
}
PAIR(stmatrix_too_early)

KERNEL bf16_sum_too_early(Args args) {
    const int t = threadIdx.x;
    u16 x = 0x3F80;
    if (bug)
        asm volatile("add.rn.bf16 %0, %0, %0;" : "+h"(x)); // expect bf16_sum_too_early unavailable
    else
        asm volatile("fma.rn.bf16 %0, %0, %0, %0;" : "+h"(x));
    args.out[t] = x;
}
PAIR(bf16_sum_too_early)
