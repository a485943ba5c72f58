// Our prototypes of the driver against NVIDIA's header, where a toolkit is installed.
#include "driver_api.hpp"
#include "tests/catch.hpp"

#if __has_include(<cuda.h>)
#include <cuda.h>
#endif

#include <cstddef>

#if defined(CUDA_VERSION) && CUDA_VERSION >= 12000
namespace {

namespace api = hone::cuda::api;

template <typename Ours, typename Theirs> constexpr bool equal(Ours ours, Theirs theirs) {
    return static_cast<int>(ours) == static_cast<int>(theirs);
}

} // namespace

TEST_CASE("layouts and values are those of cuda.h", "[backend_cuda]") {
    CHECK(sizeof(api::LaunchConfig) == sizeof(CUlaunchConfig));
    CHECK(offsetof(api::LaunchConfig, stream) == offsetof(CUlaunchConfig, hStream));
    CHECK(offsetof(api::LaunchConfig, attributes) == offsetof(CUlaunchConfig, attrs));
    CHECK(offsetof(api::LaunchConfig, attribute_count) == offsetof(CUlaunchConfig, numAttrs));
    CHECK(sizeof(api::LaunchAttribute) == sizeof(CUlaunchAttribute));
    CHECK(offsetof(api::LaunchAttribute, value) == offsetof(CUlaunchAttribute, value));
    CHECK(sizeof(api::EncodedTensorMap) == sizeof(CUtensorMap));
    CHECK(alignof(api::EncodedTensorMap) >= alignof(CUtensorMap));
    CHECK(sizeof(api::Address) == sizeof(CUdeviceptr));

    CHECK(equal(api::LaunchAttributeId::cooperative, CU_LAUNCH_ATTRIBUTE_COOPERATIVE));
    CHECK(equal(api::LaunchAttributeId::cluster_dimension, CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION));
    CHECK(equal(api::LaunchAttributeId::programmatic_stream_serialization,
                CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION));
    CHECK(equal(api::FunctionAttribute::max_dynamic_shared_bytes,
                CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES));
    CHECK(equal(api::FunctionAttribute::static_shared_bytes, CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES));
    CHECK(equal(api::FunctionAttribute::non_portable_cluster_allowed,
                CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED));
    CHECK(equal(api::DeviceAttribute::multiprocessors, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT));
    CHECK(equal(api::DeviceAttribute::l2_bytes, CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE));
    CHECK(equal(api::DeviceAttribute::clock_khz, CU_DEVICE_ATTRIBUTE_CLOCK_RATE));
    CHECK(equal(api::DeviceAttribute::memory_clock_khz, CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE));
    CHECK(
        equal(api::DeviceAttribute::memory_bus_bits, CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH));
    CHECK(equal(api::DeviceAttribute::capability_major,
                CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR));
    CHECK(equal(api::DeviceAttribute::capability_minor,
                CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR));
    CHECK(equal(api::DeviceAttribute::shared_bytes_per_multiprocessor,
                CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR));
    CHECK(equal(api::DeviceAttribute::registers_per_multiprocessor,
                CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR));
    CHECK(equal(api::DeviceAttribute::shared_bytes_per_block_optin,
                CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN));
    CHECK(equal(api::TensorMapType::bf16, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16));
    CHECK(equal(api::TensorMapType::f64, CU_TENSOR_MAP_DATA_TYPE_FLOAT64));
    CHECK(equal(api::TensorMapType::tf32, CU_TENSOR_MAP_DATA_TYPE_TFLOAT32));
    CHECK(equal(api::TensorMapSwizzle::bytes_128, CU_TENSOR_MAP_SWIZZLE_128B));
    CHECK(equal(api::TensorMapPromotion::bytes_256, CU_TENSOR_MAP_L2_PROMOTION_L2_256B));
    CHECK(equal(api::CaptureMode::thread_local_, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
    CHECK(equal(api::Result::illegal_address, CUDA_ERROR_ILLEGAL_ADDRESS));
    CHECK(equal(api::Result::launch_timeout, CUDA_ERROR_LAUNCH_TIMEOUT));
    CHECK(equal(api::Result::assertion, CUDA_ERROR_ASSERT));
    CHECK(equal(api::Result::misaligned_address, CUDA_ERROR_MISALIGNED_ADDRESS));
    CHECK(equal(api::Result::launch_failed, CUDA_ERROR_LAUNCH_FAILED));
    CHECK(equal(api::Result::ecc_uncorrectable, CUDA_ERROR_ECC_UNCORRECTABLE));
    CHECK(equal(api::Result::device_unavailable, CUDA_ERROR_DEVICE_UNAVAILABLE));
    CHECK(equal(api::Result::no_binary_for_gpu, CUDA_ERROR_NO_BINARY_FOR_GPU));
}

// Parameter by parameter: pointers to opaque types and enumerations pass alike, so it is widths and
// counts that must agree.
template <typename... Parameters> struct Widths {
    static constexpr std::size_t value[] = {sizeof(Parameters)..., 0};
    static constexpr std::size_t count = sizeof...(Parameters);
};
template <typename R, typename... P> Widths<P...> widths_of(R (*)(P...));

template <typename A, typename B> bool same_widths(A ours, B theirs) {
    using Ours = decltype(widths_of(ours));
    using Theirs = decltype(widths_of(theirs));
    if (Ours::count != Theirs::count) return false;
    for (std::size_t i = 0; i < Ours::count; ++i)
        if (Ours::value[i] != Theirs::value[i]) return false;
    return true;
}

namespace hone::cuda::api {
struct Prototypes {
#define HONE_CUDA_MEMBER(member, symbol, parameters) Result(*member) parameters = nullptr;
    HONE_CUDA_DRIVER_REQUIRED(HONE_CUDA_MEMBER)
    HONE_CUDA_DRIVER_OPTIONAL(HONE_CUDA_MEMBER)
#undef HONE_CUDA_MEMBER
};
} // namespace hone::cuda::api

TEST_CASE("parameters of every prototype have the width they have in cuda.h", "[backend_cuda]") {
    const hone::cuda::api::Prototypes ours;
#define SAME(member, function)                                                                     \
    CHECK(same_widths(ours.member, static_cast<decltype(&function)>(nullptr)))
    SAME(init, cuInit);
    SAME(device_name, cuDeviceGetName);
    SAME(device_memory, cuDeviceTotalMem);
    SAME(device_attribute, cuDeviceGetAttribute);
    SAME(device_bus_id, cuDeviceGetPCIBusId);
    SAME(primary_retain, cuDevicePrimaryCtxRetain);
    SAME(context_push, cuCtxPushCurrent);
    SAME(module_load, cuModuleLoadData);
    SAME(module_function, cuModuleGetFunction);
    SAME(function_attribute, cuFuncGetAttribute);
    SAME(function_set, cuFuncSetAttribute);
    SAME(launch, cuLaunchKernel);
    SAME(launch_ex, cuLaunchKernelEx);
    SAME(memory_info, cuMemGetInfo);
    SAME(memory_allocate, cuMemAlloc);
    SAME(memory_free, cuMemFree);
    SAME(copy_to_device, cuMemcpyHtoD);
    SAME(copy_to_host, cuMemcpyDtoH);
    SAME(copy_on_device, cuMemcpyDtoDAsync);
    SAME(fill, cuMemsetD8Async);
    SAME(stream_create, cuStreamCreate);
    SAME(capture_begin, cuStreamBeginCapture);
    SAME(capture_end, cuStreamEndCapture);
    SAME(event_create, cuEventCreate);
    SAME(event_record, cuEventRecord);
    SAME(event_elapsed, cuEventElapsedTime);
    SAME(graph_instantiate, cuGraphInstantiateWithFlags);
    SAME(graph_launch, cuGraphLaunch);
    SAME(encode_tensor_map, cuTensorMapEncodeTiled);
    SAME(host_allocate, cuMemHostAlloc);
    SAME(host_address, cuMemHostGetDevicePointer);
    SAME(stream_wait_value, cuStreamWaitValue32);
#undef SAME
}
#else
TEST_CASE("layouts and values are those of cuda.h", "[backend_cuda]") {
    HONE_SKIP("there is no cuda.h here");
}
#endif
