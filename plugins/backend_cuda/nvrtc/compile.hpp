// CUDA C++ to machine code, by NVRTC.
#pragma once

#include "hone/backend.hpp"
#include "nvrtc/nvrtc.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hone::cuda {

// What is compiled for: "sm_80" and "sm_90a" give a CUBIN for exactly that architecture, the
// virtual "compute_80" its PTX.

// Options that every module is compiled with, before its own.
[[nodiscard]] std::vector<std::string> compile_options(const Nvrtc& nvrtc, std::string_view target);
// What the bytes of a compiled module depend on besides itself.
[[nodiscard]] std::string compile_key(const Nvrtc& nvrtc, std::string_view target);

// A module that ptxas spoiled is compile_failed. `ptx`, where it is asked for, is what a CUBIN was
// made from. `nvrtc` must be usable. Our device headers are found as "hone/NAME.cuh".
[[nodiscard]] CompileResult compile(const Nvrtc& nvrtc, const Module& module,
                                    std::string_view target, std::string* ptx = nullptr);

} // namespace hone::cuda
