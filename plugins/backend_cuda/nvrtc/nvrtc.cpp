#include "nvrtc/nvrtc.hpp"

#include "nvrtc/places.hpp"

#include <filesystem>
#include <system_error>

namespace hone::cuda {
namespace {

namespace fs = std::filesystem;

// DIR/lib64/libnvrtc.so has its headers in DIR/include.
std::string include_beside(const std::string& library) {
    std::error_code ignored;
    const fs::path folder = fs::weakly_canonical(library, ignored).parent_path();
    for (const char* way : {"../include", "../../../include"}) {
        const fs::path include = (folder / way).lexically_normal();
        if (fs::exists(include / "cuda_fp16.h", ignored)) return include.string();
    }
    return {};
}

} // namespace

Nvrtc::Nvrtc(const std::string& path, const std::string& python_prefix)
    : library_(path.empty() ? nvrtc_places(python_prefix) : std::vector<std::string>{path}) {
    using namespace nvrtc;
    if (!library_.is_open()) {
        missing_.push_back("no NVRTC, the compiler of CUDA kernels: " + library_.error());
        return;
    }
    error_text = reinterpret_cast<const char* (*)(Result)>(library_.symbol("nvrtcGetErrorString"));
#define HONE_NVRTC_LOAD(member, symbol_name, parameters)                                           \
    member = reinterpret_cast<Result(*) parameters>(library_.symbol(symbol_name));
    HONE_NVRTC_FUNCTIONS(HONE_NVRTC_LOAD)
#undef HONE_NVRTC_LOAD
    for (const std::string& symbol : library_.missing())
        missing_.push_back("NVRTC " + library_.path() + " has no " + symbol);
    if (!missing_.empty()) return;
    int major = 0, minor = 0;
    if (const Result result = version(&major, &minor); result != Result::success) {
        missing_.push_back("NVRTC " + library_.path() + " does not start: " + error_text(result));
        return;
    }
    cuda_version_ = major * 1000 + minor * 10;
    identity_ = "nvrtc " + std::to_string(major) + "." + std::to_string(minor);
    include_ = include_beside(library_.path());
}

} // namespace hone::cuda
