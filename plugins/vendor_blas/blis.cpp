#include "blis.hpp"

#include "cblas.hpp"
#include "hone/cpu.h"

#include <array>
#include <limits>

namespace hone::vendor {
namespace {

constexpr std::array sonames{"libblis.so.4", "libblis.so.5", "libblis-mt.so.4", "libblis-mt.so.5"};

struct Blis {
    Library library{find_library(sonames)};
    Cblas cblas{library};
    // Its parameter is BLIS's dim_t.
    void (*set_threads)(std::int64_t) =
        library.function<void(std::int64_t)>("bli_thread_set_num_threads");
};

// Opening it starts no threads.
std::string version(const std::string& path) {
    const Library library(path);
    const auto version = library.function<const char*()>("bli_info_get_version_str");
    return version ? version() : "";
}

Entry entry(const Gemm& gemm, const DeviceModel&) {
    return entry_of_one_type(gemm, "hone_blis_sgemm", "hone_blis_dgemm");
}

template <typename T> void gemm(void* const* args) {
    // Opened by the process that runs it, once.
    static const Blis blis;
    const GemmCall<T> call(args);
    if (blis.set_threads) blis.set_threads(call.threads);
    blis.cblas.product(call);
}

} // namespace

GemmLibrary blis_library() {
    return {"blis", sonames, version, entry, std::numeric_limits<int>::max()};
}

} // namespace hone::vendor

extern "C" __attribute__((visibility("default"))) void hone_blis_sgemm(void* const* args,
                                                                       const hone_cpu_item*) {
    hone::vendor::gemm<float>(args);
}

extern "C" __attribute__((visibility("default"))) void hone_blis_dgemm(void* const* args,
                                                                       const hone_cpu_item*) {
    hone::vendor::gemm<double>(args);
}
