#include "openblas.hpp"

#include "cblas.hpp"
#include "hone/cpu.h"

#include <array>
#include <filesystem>
#include <limits>
#include <regex>

namespace hone::vendor {
namespace {

constexpr std::array sonames{"libopenblas.so.0", "libopenblasp.so.0"};

struct Openblas {
    Library library{find_library(sonames)};
    Cblas cblas{library};
    void (*set_threads)(int) = library.function<void(int)>("openblas_set_num_threads");
};

// From the file's name (libopenblasp-r0.3.21.so), because opening it starts its threads.
std::string version(const std::string& path) {
    std::error_code error;
    std::string file = std::filesystem::canonical(path, error).filename().string();
    std::smatch match;
    if (std::regex_search(file, match, std::regex(R"(-r(\d+(\.\d+)+))"))) return match[1];
    return file;
}

Entry entry(const Gemm& gemm, const DeviceModel&) {
    return entry_of_one_type(gemm, "hone_openblas_sgemm", "hone_openblas_dgemm");
}

template <typename T> void gemm(void* const* args) {
    // Opened by the process that runs it, once.
    static const Openblas openblas;
    const GemmCall<T> call(args);
    if (openblas.set_threads) openblas.set_threads(call.threads);
    openblas.cblas.product(call);
}

} // namespace

GemmLibrary openblas_library() {
    return {"openblas", sonames, version, entry, std::numeric_limits<int>::max()};
}

} // namespace hone::vendor

extern "C" __attribute__((visibility("default"))) void hone_openblas_sgemm(void* const* args,
                                                                           const hone_cpu_item*) {
    hone::vendor::gemm<float>(args);
}

extern "C" __attribute__((visibility("default"))) void hone_openblas_dgemm(void* const* args,
                                                                           const hone_cpu_item*) {
    hone::vendor::gemm<double>(args);
}
