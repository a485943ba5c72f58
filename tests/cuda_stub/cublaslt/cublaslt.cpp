// cuBLASLt in the stub: proposes three algorithms, which launch kernels of the driver stub and take
// 60, 50 and 70 us. f32 only; another type is refused when it is run.
#include "driver_api.hpp"
#include "tests/cuda_stub/common/stub_text.hpp"

#include <cstring>
#include <string>

namespace api = hone::cuda::api;

extern "C" {
api::Result cuModuleLoadData(api::Module* module, const void* image);
api::Result cuModuleGetFunction(api::Function* function, api::Module module, const char* name);
api::Result cuLaunchKernel(api::Function function, unsigned grid_x, unsigned grid_y,
                           unsigned grid_z, unsigned block_x, unsigned block_y, unsigned block_z,
                           unsigned shared_bytes, api::Stream stream, void** parameters,
                           void** extra);
}

namespace {

constexpr int success = 0, invalid_value = 7, not_supported = 15;

struct Descriptor {
    int transpose[2] = {0, 0};
};
struct Layout { // column-major
    int type;
    std::int64_t rows, columns, leading;
};
struct Algorithm {
    std::uint64_t opaque[8];
};
struct Heuristic {
    Algorithm algorithm;
    std::size_t workspace_bytes;
    int state;
    float waves;
    int reserved[4];
};

api::Function kernel(std::uint64_t rank) {
    const int microseconds[] = {60, 50, 70};
    const std::string lines =
        "//stub entry gemm a:ptr b:ptr d:ptr m:i64 n:i64 k:i64 lda:i64 ldb:i64 ldd:i64 ta:i32 "
        "tb:i32 alpha:f32\n//stub compute gemm\n//stub time " +
        std::to_string(microseconds[rank]) + "\n";
    const std::string image =
        std::string(cuda_stub::code_magic) + std::to_string(lines.size()) + "\n" + lines;
    api::Module module = nullptr;
    api::Function function = nullptr;
    if (cuModuleLoadData(&module, image.c_str()) == api::Result::success)
        (void)cuModuleGetFunction(&function, module, "gemm");
    return function;
}

} // namespace

extern "C" {

std::size_t cublasLtGetVersion() { return 130100; }
int cublasLtCreate(void** library) {
    static int only = 0;
    *library = &only;
    return success;
}
int cublasLtMatmulDescCreate(Descriptor** descriptor, int, int) {
    *descriptor = new Descriptor;
    return success;
}
int cublasLtMatmulDescSetAttribute(Descriptor* descriptor, int which, const void* value,
                                   std::size_t bytes) {
    constexpr int transpose_a = 3, transpose_b = 4;
    if ((which != transpose_a && which != transpose_b) || bytes != sizeof(int))
        return invalid_value;
    std::memcpy(&descriptor->transpose[which - transpose_a], value, bytes);
    return success;
}
int cublasLtMatrixLayoutCreate(Layout** layout, int type, std::uint64_t rows, std::uint64_t columns,
                               std::int64_t leading) {
    if (leading < static_cast<std::int64_t>(rows)) return invalid_value;
    *layout = new Layout{type, static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns),
                         leading};
    return success;
}
int cublasLtMatrixLayoutSetAttribute(Layout*, int, const void*, std::size_t) { return success; }
int cublasLtMatmulPreferenceCreate(void** preference) {
    static int only = 0;
    *preference = &only;
    return success;
}
int cublasLtMatmulPreferenceSetAttribute(void*, int, const void*, std::size_t) { return success; }
int cublasLtMatmulAlgoGetHeuristic(void*, Descriptor*, Layout*, Layout*, Layout*, Layout*, void*,
                                   int wanted, Heuristic* results, int* found) {
    *found = wanted < 3 ? wanted : 3;
    for (int i = 0; i < *found; ++i) results[i] = {{{static_cast<std::uint64_t>(i)}}, 0, 0, 1, {}};
    return success;
}
int cublasLtMatmul(void*, Descriptor* descriptor, const void* alpha, const void* a,
                   Layout* a_layout, const void* b, Layout* b_layout, const void*, const void*,
                   Layout*, void* d, Layout* d_layout, const Algorithm* algorithm, void*,
                   std::size_t, void* stream) {
    if (a_layout->type != 0 || algorithm->opaque[0] > 2) return not_supported;
    // Column-major: d^T = op(b)^T op(a)^T in rows.
    const std::int64_t rows = d_layout->columns, columns = d_layout->rows;
    const std::int64_t inner = descriptor->transpose[0] ? a_layout->rows : a_layout->columns;
    if ((descriptor->transpose[1] ? b_layout->columns : b_layout->rows) != inner)
        return invalid_value;
    const api::Function function = kernel(algorithm->opaque[0]);
    if (!function) return invalid_value;
    void* parameters[] = {&b,
                          &a,
                          &d,
                          const_cast<std::int64_t*>(&rows),
                          const_cast<std::int64_t*>(&columns),
                          const_cast<std::int64_t*>(&inner),
                          &b_layout->leading,
                          &a_layout->leading,
                          &d_layout->leading,
                          &descriptor->transpose[1],
                          &descriptor->transpose[0],
                          const_cast<void*>(alpha)};
    return cuLaunchKernel(function, 1, 1, 1, 128, 1, 1, 0, static_cast<api::Stream>(stream),
                          parameters, nullptr) == api::Result::success
               ? success
               : invalid_value;
}

} // extern "C"
