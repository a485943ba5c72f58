#include "onednn.hpp"

#include "common/gemm_call.hpp"
#include "common/library.hpp"
#include "hone/cpu.h"
#include "matmul.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace hone::vendor {
namespace {

constexpr std::array sonames{"libdnnl.so.3", "libdnnl.so.2"};

// As oneDNN's dnnl.h and dnnl_types.h declare them, in 2.x and 3.x alike.
using Sgemm = int(char trans_a, char trans_b, std::int64_t m, std::int64_t n, std::int64_t k,
                  float alpha, const float* a, std::int64_t lda, const float* b, std::int64_t ldb,
                  float beta, float* c, std::int64_t ldc); // row-major; 0 is success
struct Version {
    int major, minor, patch; // more follows
};

struct Onednn {
    Library library{find_library(sonames)};
    Sgemm* sgemm = library.function<Sgemm>("dnnl_sgemm");
    // Of the OpenMP runtime that the library is linked with; other builds have no way to be told.
    void (*set_threads)(int) = library.function<void(int)>("omp_set_num_threads");
};

// Opened by the process that runs it, once.
const Onednn& onednn() {
    static const Onednn opened;
    return opened;
}

// Opening it starts no threads.
std::string version(const std::string& path) {
    const Library library(path);
    const auto get = library.function<const Version*()>("dnnl_version");
    if (!get || !library.function<Sgemm>("dnnl_sgemm")) return {};
    const Version& version = *get();
    return std::to_string(version.major) + "." + std::to_string(version.minor) + "." +
           std::to_string(version.patch);
}

Entry entry(const Gemm& gemm, const DeviceModel& device) {
    if (gemm.a != DType::bf16 || gemm.b != DType::bf16)
        return entry_of_one_type(gemm, "hone_onednn_sgemm", nullptr);
    // Without it oneDNN has its reference code at best.
    const auto& features = device.features;
    if (std::find(features.begin(), features.end(), "avx512bw") == features.end())
        return {nullptr, "operands of type bf16 without avx512bw"};
    if (gemm.scale != Scale::none || gemm.accumulate)
        return {nullptr, "scale or accumulate with operands of type bf16"};
    if (gemm.d == DType::bf16) return {"hone_onednn_matmul_bf16", {}};
    if (gemm.d == DType::f32) return {"hone_onednn_matmul_bf16_f32", {}};
    return {nullptr, "bf16 operands with a D of type " + std::string(to_string(gemm.d))};
}

// Where oneDNN refuses a call, D keeps what it held: a wrong result.
void sgemm(void* const* args) {
    const Onednn& library = onednn();
    if (!library.sgemm) return;
    const GemmCall<float> call(args);
    if (library.set_threads) library.set_threads(call.threads); // counts for the calling thread
    call.each([&](const float* a, const float* b, float* d) {
        (void)library.sgemm(call.a_transposed ? 'T' : 'N', call.b_transposed ? 'T' : 'N', call.m,
                            call.n, call.k, call.alpha, a, call.lda, b, call.ldb, call.beta, d,
                            call.ldd);
    });
}

template <typename Out> void matmul(void* const* args) {
    static OnednnMatmul primitives(onednn().library);
    const GemmCall<std::uint16_t, Out> call(args);
    if (onednn().set_threads) onednn().set_threads(call.threads);
    const auto matrix = [](std::int64_t rows, std::int64_t columns, std::int64_t batch_stride,
                           std::int64_t leading, bool transposed) {
        return OnednnMatrix{rows,
                            columns,
                            batch_stride,
                            transposed ? 1 : leading,
                            transposed ? leading : 1,
                            OnednnType::bf16};
    };
    OnednnProduct product;
    product.batch = call.batch;
    product.a = matrix(call.m, call.k, call.a_batch, call.lda, call.a_transposed);
    product.b = matrix(call.k, call.n, call.b_batch, call.ldb, call.b_transposed);
    product.d = matrix(call.m, call.n, call.d_batch, call.ldd, false);
    if (std::is_same_v<Out, float>) product.d.type = OnednnType::f32;
    product.threads = call.threads;
    (void)primitives.run(product, call.a, call.b, call.d);
}

} // namespace

GemmLibrary onednn_library() {
    return {"onednn", sonames, version, entry, std::numeric_limits<int>::max()};
}

} // namespace hone::vendor

extern "C" __attribute__((visibility("default"))) void hone_onednn_sgemm(void* const* args,
                                                                         const hone_cpu_item*) {
    hone::vendor::sgemm(args);
}

extern "C" __attribute__((visibility("default"))) void
hone_onednn_matmul_bf16(void* const* args, const hone_cpu_item*) {
    hone::vendor::matmul<std::uint16_t>(args);
}

extern "C" __attribute__((visibility("default"))) void
hone_onednn_matmul_bf16_f32(void* const* args, const hone_cpu_item*) {
    hone::vendor::matmul<float>(args);
}
