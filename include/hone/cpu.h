/* The calling convention of CPU kernels. C, because kernels are compiled without any header: a
   kernel source declares the same struct itself.

   A kernel is   void NAME(void* const* args, const struct hone_cpu_item* item);
   args[i] points at the value of the i-th KernelArg (as cuLaunchKernel's kernelParams do): a
   pointer, an int32_t or int64_t, a float or another scalar. Steps run one after the other; the
   work items of a step run at the same time when the step is cooperative, and in any order
   otherwise. */
#ifndef HONE_CPU_H
#define HONE_CPU_H

#ifdef __cplusplus
extern "C" {
#endif

struct hone_cpu_item {
    int index; /* 0 <= index < count */
    int count;
    void* barrier;
    void (*wait)(void* barrier); /* returns when all items of the step have called it */
};

typedef void (*hone_cpu_kernel)(void* const* args, const struct hone_cpu_item* item);

#ifdef __cplusplus
}
#endif
#endif
