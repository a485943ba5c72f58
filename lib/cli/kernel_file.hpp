// KERNEL.toml of `hone emu`: a CUDA kernel, how to launch it and with what (docs/emulator.md).
#pragma once

#include "hone/dtype.hpp"
#include "hone/program.hpp"

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hone::cli {

struct KernelArgument {
    std::string name; // shown in reports
    DType dtype = DType::f32;
    bool scalar = false;
    bool output = false;               // else the kernel may only read it
    std::vector<std::byte> bytes;      // of the scalar, or of the array before the launch
    std::vector<double> expected = {}; // empty: not compared
    double tolerance = 0;              // absolute, plus the same times |expected|
};

struct KernelFile {
    // Where it was read, so that reports name the file and its own includes are found beside it.
    std::string source_name;
    std::string kernel; // entry point
    std::string arch = "sm_80";
    std::vector<std::string> options; // of the compiler
    std::string source;
    std::array<std::int64_t, 3> grid{1, 1, 1};
    std::array<int, 3> block{1, 1, 1};
    std::int64_t shared_bytes = 0;
    std::vector<KernelArgument> arguments;
};

// Throws Error(workload): file:line:col, what was expected, and the nearest known key.
[[nodiscard]] KernelFile read_kernel_file(const std::filesystem::path& file);

} // namespace hone::cli
