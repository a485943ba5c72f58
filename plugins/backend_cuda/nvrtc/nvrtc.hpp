// NVIDIA's run-time compiler, loaded at run time through prototypes of our own.
#pragma once

#include "nvrtc/shared_library.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace hone::cuda {

namespace nvrtc {
struct ProgramData;
using Program = ProgramData*;
enum class Result : int { success = 0, out_of_memory = 1, compilation = 6 };

// X(member, symbol, parameters)
#define HONE_NVRTC_FUNCTIONS(X)                                                                    \
    X(version, "nvrtcVersion", (int* major, int* minor))                                           \
    X(create, "nvrtcCreateProgram",                                                                \
      (Program * program, const char* source, const char* name, int header_count,                  \
       const char* const* headers, const char* const* header_names))                               \
    X(destroy, "nvrtcDestroyProgram", (Program * program))                                         \
    X(compile, "nvrtcCompileProgram", (Program program, int count, const char* const* options))    \
    X(log_size, "nvrtcGetProgramLogSize", (Program program, std::size_t * bytes))                  \
    X(log, "nvrtcGetProgramLog", (Program program, char* text))                                    \
    X(ptx_size, "nvrtcGetPTXSize", (Program program, std::size_t * bytes))                         \
    X(ptx, "nvrtcGetPTX", (Program program, char* text))                                           \
    X(cubin_size, "nvrtcGetCUBINSize", (Program program, std::size_t * bytes))                     \
    X(cubin, "nvrtcGetCUBIN", (Program program, char* bytes))

struct Functions {
    const char* (*error_text)(Result result) = nullptr;
#define HONE_NVRTC_MEMBER(member, symbol, parameters) Result(*member) parameters = nullptr;
    HONE_NVRTC_FUNCTIONS(HONE_NVRTC_MEMBER)
#undef HONE_NVRTC_MEMBER
};
} // namespace nvrtc

// Safe to use from several threads.
class Nvrtc final : public nvrtc::Functions {
  public:
    // `path` names the library; empty: it is looked for in the linker's folders, in CUDA toolkits
    // and in Python wheels, those of `python_prefix` first.
    Nvrtc(const std::string& path, const std::string& python_prefix);

    [[nodiscard]] const std::vector<std::string>& missing() const noexcept { return missing_; }
    [[nodiscard]] bool usable() const noexcept { return missing_.empty(); }
    [[nodiscard]] const std::string& path() const noexcept { return library_.path(); }
    // "nvrtc 13.0"; "none" when it is missing.
    [[nodiscard]] const std::string& identity() const noexcept { return identity_; }
    // 13000 for 13.0, as the driver writes versions.
    [[nodiscard]] int cuda_version() const noexcept { return cuda_version_; }
    // The toolkit's headers beside the library; empty where there are none (a wheel has none).
    [[nodiscard]] const std::string& toolkit_include() const noexcept { return include_; }

  private:
    SharedLibrary library_;
    std::vector<std::string> missing_;
    std::string identity_ = "none", include_;
    int cuda_version_ = 0;
};

} // namespace hone::cuda
