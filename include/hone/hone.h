/* C ABI for serving. Every function returns a status and none throws; the text of the last failure
   on the calling thread is hone_last_error(). Layouts are documented in the C++ headers of the same
   names. A dispatcher may be used for launches by any number of threads. */
#ifndef HONE_H
#define HONE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hone_dispatcher hone_dispatcher;
typedef struct hone_bound hone_bound;

/* hone::Status. */
typedef enum hone_status {
    HONE_OK = 0,
    HONE_NOT_FOUND = 1,
    HONE_INVALID_ARGUMENT = 2,
    HONE_WORKSPACE_TOO_SMALL = 3,
    HONE_DEVICE_ERROR = 4,
    HONE_INTERNAL = 5
} hone_status;

/* An operand: data pointer and strides in elements, as hone::Tensor. */
typedef struct hone_tensor {
    void* data;
    int64_t strides[5];
} hone_tensor;

/* hone::ParallelRun; a null run means the dispatcher's own threads. */
typedef struct hone_parallel {
    void (*run)(void* context, int count, void (*body)(void* argument, int index), void* argument);
    void* context;
} hone_parallel;

const char* hone_version(void);
const char* hone_last_error(void);

/* device: "cpu", "cpu:2", "cuda:0". stores: null-terminated list of URLs, or null for the user
 * store. */
hone_status hone_open(const char* device, const char* const* stores, const hone_parallel* parallel,
                      hone_dispatcher** out);
void hone_close(hone_dispatcher* dispatcher);

/* problem: the text form, "gemm m=16 n=4096 k=4096 a=bf16". Several, separated by line feeds. */
hone_status hone_warm(hone_dispatcher* dispatcher, const char* problems);
/* 32 bytes each. */
hone_status hone_plan_digest(const hone_dispatcher* dispatcher, uint8_t plan[32],
                             uint8_t binaries[32]);
hone_status hone_seal(hone_dispatcher* dispatcher);

/* The operands may be null at binding and given per launch. max_error 0: the default contract. */
hone_status hone_bind(hone_dispatcher* dispatcher, const char* problem, double max_error,
                      hone_bound** out, size_t* workspace_bytes);
hone_status hone_launch(const hone_bound* bound, const hone_tensor* operands, size_t operand_count,
                        void* workspace, size_t workspace_bytes, void* stream);
void hone_release(hone_bound* bound);

#ifdef __cplusplus
}
#endif
#endif
