#include "onednn.hpp"

#include "common/gemm_call.hpp"
#include "common/library.hpp"
#include "hone/cpu.h"

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

// Opening it starts no threads.
std::string version(const std::string& path) {
    const Library library(path);
    const auto get = library.function<const Version*()>("dnnl_version");
    if (!get || !library.function<Sgemm>("dnnl_sgemm")) return {};
    const Version& version = *get();
    return std::to_string(version.major) + "." + std::to_string(version.minor) + "." +
           std::to_string(version.patch);
}

void gemm(void* const* args) {
    // Opened by the process that runs it, once.
    static const Onednn onednn;
    if (!onednn.sgemm) return;
    const GemmCall<float> call(args);
    if (onednn.set_threads) onednn.set_threads(call.threads); // counts for the calling thread
    call.each([&](const float* a, const float* b, float* d) {
        // Where it refuses, D keeps what it held: a wrong result.
        (void)onednn.sgemm(call.a_transposed ? 'T' : 'N', call.b_transposed ? 'T' : 'N', call.m,
                           call.n, call.k, call.alpha, a, call.lda, b, call.ldb, call.beta, d,
                           call.ldd);
    });
}

} // namespace

GemmLibrary onednn_library() {
    return {
        "onednn", sonames, version, "hone_onednn_sgemm", nullptr, std::numeric_limits<int>::max()};
}

} // namespace hone::vendor

extern "C" __attribute__((visibility("default"))) void hone_onednn_sgemm(void* const* args,
                                                                         const hone_cpu_item*) {
    hone::vendor::gemm(args);
}
