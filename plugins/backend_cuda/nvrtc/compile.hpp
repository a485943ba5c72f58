// CUDA C++ to machine code, by NVRTC.
#pragma once

#include "hone/backend.hpp"
#include "nvrtc/nvrtc.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hone::cuda {

// Options that every module is compiled with for an architecture ("sm_80", "sm_90a"), before its
// own.
[[nodiscard]] std::vector<std::string> compile_options(const Nvrtc& nvrtc, std::string_view arch);
// What the bytes of a compiled module depend on besides itself.
[[nodiscard]] std::string compile_key(const Nvrtc& nvrtc, std::string_view arch);

// A CUBIN for exactly that architecture, and, where it is asked for, the PTX it was made from. A
// module that ptxas spoiled is compile_failed. `nvrtc` must be usable. Our device headers are found
// as "hone/NAME.cuh".
[[nodiscard]] CompileResult compile(const Nvrtc& nvrtc, const Module& module, std::string_view arch,
                                    std::string* ptx = nullptr);

} // namespace hone::cuda
