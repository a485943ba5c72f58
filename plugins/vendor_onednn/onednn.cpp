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

// B once in the form oneDNN likes best: what its inference primitives do with weights.
Entry packed_entry(const Gemm& gemm) {
    if (gemm.a != DType::f32 || gemm.b != DType::f32 || gemm.d != DType::f32)
        return {nullptr, "b_layout with another type than f32"};
    if (gemm.batch > 1 || gemm.scale != Scale::none || gemm.accumulate)
        return {nullptr, "batch, scale or accumulate with a b_layout"};
    return {"hone_onednn_matmul_packed", {}, "hone_onednn_pack"};
}

Entry entry(const Gemm& gemm, const DeviceModel& device) {
    if (!gemm.b_layout.empty()) return packed_entry(gemm);
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

// Opened by the process that runs it, once.
OnednnMatmul& primitives() {
    static OnednnMatmul made(onednn().library);
    return made;
}

template <typename In, typename Out>
OnednnProduct product(const GemmCall<In, Out>& call, OnednnType in, OnednnType out) {
    const auto matrix = [](std::int64_t rows, std::int64_t columns, std::int64_t batch_stride,
                           std::int64_t leading, bool transposed, OnednnType type) {
        return OnednnMatrix{
            rows, columns, batch_stride, transposed ? 1 : leading, transposed ? leading : 1, type};
    };
    OnednnProduct product;
    product.batch = call.batch;
    product.a = matrix(call.m, call.k, call.a_batch, call.lda, call.a_transposed, in);
    product.b = matrix(call.k, call.n, call.b_batch, call.ldb, call.b_transposed, in);
    product.d = matrix(call.m, call.n, call.d_batch, call.ldd, false, out);
    product.threads = call.threads;
    if (onednn().set_threads) onednn().set_threads(call.threads);
    return product;
}

template <typename Out> void matmul(void* const* args, OnednnType out) {
    const GemmCall<std::uint16_t, Out> call(args);
    (void)primitives().run(product(call, OnednnType::bf16, out), call.a, call.b, call.d);
}

// With pack, D is where the packed B goes.
void matmul_packed(void* const* args, bool pack) {
    const GemmCall<float> call(args);
    OnednnProduct wanted = product(call, OnednnType::f32, OnednnType::f32);
    wanted.packed_b = true;
    if (pack)
        (void)primitives().pack(wanted, call.b, call.d, packed_b_bytes(call.n, call.k));
    else
        (void)primitives().run(wanted, call.a, call.b, call.d);
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
    hone::vendor::matmul<std::uint16_t>(args, hone::vendor::OnednnType::bf16);
}

extern "C" __attribute__((visibility("default"))) void
hone_onednn_matmul_bf16_f32(void* const* args, const hone_cpu_item*) {
    hone::vendor::matmul<float>(args, hone::vendor::OnednnType::f32);
}

extern "C" __attribute__((visibility("default"))) void
hone_onednn_matmul_packed(void* const* args, const hone_cpu_item*) {
    hone::vendor::matmul_packed(args, false);
}

extern "C" __attribute__((visibility("default"))) void hone_onednn_pack(void* const* args,
                                                                        const hone_cpu_item*) {
    hone::vendor::matmul_packed(args, true);
}
