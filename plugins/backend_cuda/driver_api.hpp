// The part of NVIDIA's driver interface that is used, in prototypes of our own: nothing of CUDA is
// needed to build, and nothing is linked. Values and layouts are those of the CUDA Driver API
// reference, which promises that they never change.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hone::cuda::api {

// --- handles ----------------------------------------------------------------------------------
using Device = int;
using Address = std::uint64_t; // CUdeviceptr
struct ContextData;
struct ModuleData;
struct FunctionData;
struct StreamData;
struct EventData;
struct GraphData;
struct GraphExecData;
using Context = ContextData*;
using Module = ModuleData*;
using Function = FunctionData*;
using Stream = StreamData*;
using Event = EventData*;
using Graph = GraphData*;
using GraphExec = GraphExecData*;

// --- results ----------------------------------------------------------------------------------
enum class Result : int {
    success = 0,
    invalid_value = 1,
    out_of_memory = 2,
    not_initialized = 3,
    deinitialized = 4,
    stub_library = 34,
    requires_newer_driver = 36,
    device_unavailable = 46,
    no_device = 100,
    invalid_device = 101,
    invalid_image = 200,
    invalid_context = 201,
    no_binary_for_gpu = 209,
    ecc_uncorrectable = 214,
    nvlink_uncorrectable = 220,
    unsupported_ptx_version = 222,
    contained = 226,
    not_found = 500,
    not_ready = 600,
    illegal_address = 700,
    launch_out_of_resources = 701,
    launch_timeout = 702,
    context_is_destroyed = 709,
    assertion = 710,
    hardware_stack_error = 714,
    illegal_instruction = 715,
    misaligned_address = 716,
    invalid_address_space = 717,
    invalid_pc = 718,
    launch_failed = 719,
    cooperative_launch_too_large = 720,
    tensor_memory_leak = 721,
    system_not_ready = 802,
    system_driver_mismatch = 803,
    compat_not_supported = 804,
    mps_client_terminated = 810,
    invalid_cluster_size = 912,
    unknown = 999,
};

// --- attributes -------------------------------------------------------------------------------
enum class DeviceAttribute : int {
    clock_khz = 13,
    multiprocessors = 16,
    kernel_timeout = 17,
    memory_clock_khz = 36,
    memory_bus_bits = 37,
    l2_bytes = 38,
    capability_major = 75,
    capability_minor = 76,
    shared_bytes_per_multiprocessor = 81,
    registers_per_multiprocessor = 82,
    shared_bytes_per_block_optin = 97,
    mps_enabled = 133,
};
enum class FunctionAttribute : int {
    max_threads_per_block = 0,
    static_shared_bytes = 1,
    local_bytes = 3,
    registers = 4,
    max_dynamic_shared_bytes = 8,
    non_portable_cluster_allowed = 14,
};

// --- launches ---------------------------------------------------------------------------------
enum class LaunchAttributeId : int {
    cooperative = 2,
    cluster_dimension = 4,
    programmatic_stream_serialization = 6,
};
union LaunchAttributeValue {
    char padding[64];
    int flag; // cooperative, programmatic_stream_serialization
    struct {
        unsigned x, y, z;
    } cluster;
};
struct LaunchAttribute {
    LaunchAttributeId id;
    char padding[4];
    LaunchAttributeValue value;
};
static_assert(sizeof(LaunchAttribute) == 72);
struct LaunchConfig {
    unsigned grid_x, grid_y, grid_z;
    unsigned block_x, block_y, block_z;
    unsigned shared_bytes;
    Stream stream;
    LaunchAttribute* attributes;
    unsigned attribute_count;
};
static_assert(sizeof(LaunchConfig) == 56);

enum class CaptureMode : int { global = 0, thread_local_ = 1, relaxed = 2 };
enum class CaptureStatus : int { none = 0, active = 1, invalidated = 2 };

// --- tensor maps ------------------------------------------------------------------------------
struct alignas(128) EncodedTensorMap {
    std::uint64_t opaque[16];
};
static_assert(sizeof(EncodedTensorMap) == 128);
enum class TensorMapType : int {
    u8 = 0,
    u16,
    u32,
    s32,
    u64,
    s64,
    f16,
    f32,
    f64,
    bf16,
    f32_flush,
    tf32,
    tf32_flush,
};
enum class TensorMapSwizzle : int { none = 0, bytes_32, bytes_64, bytes_128 };
enum class TensorMapPromotion : int { none = 0, bytes_64, bytes_128, bytes_256 };

} // namespace hone::cuda::api

// X(member, symbol, parameters): what a member of Driver is called here and in the library. The
// symbols carry the versions that cuda.h would choose.
#define HONE_CUDA_DRIVER_REQUIRED(X)                                                               \
    X(init, "cuInit", (unsigned flags))                                                            \
    X(driver_version, "cuDriverGetVersion", (int* version))                                        \
    X(error_name, "cuGetErrorName", (Result result, const char** text))                            \
    X(error_string, "cuGetErrorString", (Result result, const char** text))                        \
    X(device_count, "cuDeviceGetCount", (int* count))                                              \
    X(device_get, "cuDeviceGet", (Device * device, int ordinal))                                   \
    X(device_name, "cuDeviceGetName", (char* name, int capacity, Device device))                   \
    X(device_memory, "cuDeviceTotalMem_v2", (std::size_t * bytes, Device device))                  \
    X(device_attribute, "cuDeviceGetAttribute",                                                    \
      (int* value, DeviceAttribute attribute, Device device))                                      \
    X(device_bus_id, "cuDeviceGetPCIBusId", (char* id, int capacity, Device device))               \
    X(primary_retain, "cuDevicePrimaryCtxRetain", (Context * context, Device device))              \
    X(primary_release, "cuDevicePrimaryCtxRelease_v2", (Device device))                            \
    X(context_current, "cuCtxGetCurrent", (Context * context))                                     \
    X(context_push, "cuCtxPushCurrent_v2", (Context context))                                      \
    X(context_pop, "cuCtxPopCurrent_v2", (Context * context))                                      \
    X(context_synchronize, "cuCtxSynchronize", ())                                                 \
    X(module_load, "cuModuleLoadData", (Module * module, const void* image))                       \
    X(module_unload, "cuModuleUnload", (Module module))                                            \
    X(module_function, "cuModuleGetFunction",                                                      \
      (Function * function, Module module, const char* name))                                      \
    X(function_attribute, "cuFuncGetAttribute",                                                    \
      (int* value, FunctionAttribute attribute, Function function))                                \
    X(function_set, "cuFuncSetAttribute",                                                          \
      (Function function, FunctionAttribute attribute, int value))                                 \
    X(launch, "cuLaunchKernel",                                                                    \
      (Function function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,     \
       unsigned block_y, unsigned block_z, unsigned shared_bytes, Stream stream,                   \
       void** parameters, void** extra))                                                           \
    X(memory_info, "cuMemGetInfo_v2", (std::size_t * free, std::size_t * total))                   \
    X(memory_allocate, "cuMemAlloc_v2", (Address * address, std::size_t bytes))                    \
    X(memory_free, "cuMemFree_v2", (Address address))                                              \
    X(copy_to_device, "cuMemcpyHtoD_v2", (Address to, const void* from, std::size_t bytes))        \
    X(copy_to_host, "cuMemcpyDtoH_v2", (void* to, Address from, std::size_t bytes))                \
    X(copy_on_device, "cuMemcpyDtoDAsync_v2",                                                      \
      (Address to, Address from, std::size_t bytes, Stream stream))                                \
    X(fill, "cuMemsetD8Async",                                                                     \
      (Address to, unsigned char value, std::size_t bytes, Stream stream))                         \
    X(stream_create, "cuStreamCreate", (Stream * stream, unsigned flags))                          \
    X(stream_destroy, "cuStreamDestroy_v2", (Stream stream))                                       \
    X(stream_synchronize, "cuStreamSynchronize", (Stream stream))                                  \
    X(capture_begin, "cuStreamBeginCapture_v2", (Stream stream, CaptureMode mode))                 \
    X(capture_end, "cuStreamEndCapture", (Stream stream, Graph * graph))                           \
    X(event_create, "cuEventCreate", (Event * event, unsigned flags))                              \
    X(event_destroy, "cuEventDestroy_v2", (Event event))                                           \
    X(event_record, "cuEventRecord", (Event event, Stream stream))                                 \
    X(event_synchronize, "cuEventSynchronize", (Event event))                                      \
    X(event_elapsed, "cuEventElapsedTime", (float* milliseconds, Event start, Event stop))         \
    X(graph_destroy, "cuGraphDestroy", (Graph graph))                                              \
    X(graph_launch, "cuGraphLaunch", (GraphExec graph, Stream stream))                             \
    X(graph_exec_destroy, "cuGraphExecDestroy", (GraphExec graph))

// Absent from drivers that are older than what needs them.
#define HONE_CUDA_DRIVER_OPTIONAL(X)                                                               \
    X(graph_instantiate, "cuGraphInstantiateWithFlags",                                            \
      (GraphExec * instance, Graph graph, unsigned long long flags))                               \
    X(launch_ex, "cuLaunchKernelEx",                                                               \
      (const LaunchConfig* config, Function function, void** parameters, void** extra))            \
    X(encode_tensor_map, "cuTensorMapEncodeTiled",                                                 \
      (EncodedTensorMap * map, TensorMapType type, std::uint32_t rank, void* address,              \
       const std::uint64_t* sizes, const std::uint64_t* strides_bytes, const std::uint32_t* box,   \
       const std::uint32_t* element_strides, int interleave, TensorMapSwizzle swizzle,             \
       TensorMapPromotion promotion, int fill))                                                    \
    X(host_allocate, "cuMemHostAlloc", (void** pointer, std::size_t bytes, unsigned flags))        \
    X(host_free, "cuMemFreeHost", (void* pointer))                                                 \
    X(host_address, "cuMemHostGetDevicePointer_v2",                                                \
      (Address * address, void* pointer, unsigned flags))                                          \
    X(stream_wait_value, "cuStreamWaitValue32_v2",                                                 \
      (Stream stream, Address address, std::uint32_t value, unsigned flags))
