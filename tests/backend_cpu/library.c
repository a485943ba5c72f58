/* A ready-made library with one kernel: d[i] = a[i] + 1 for i < n. */
#include <hone/cpu.h>

void add_one(void* const* args, const struct hone_cpu_item* item) {
    const float* a = *(const float* const*)args[0];
    float* d = *(float* const*)args[1];
    const int n = *(const int*)args[2];
    for (int i = item->index; i < n; i += item->count) d[i] = a[i] + 1;
}
