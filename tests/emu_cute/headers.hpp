// Where NVIDIA's CuTe headers are.
#pragma once

#include <filesystem>
#include <string>

namespace hone::emu::test {

// The folder that holds cute/: $HONE_CUTE_INCLUDE, or of the package nvidia-cutlass in the Python
// environment `python_prefix` or in the system's, or of a CUTLASS beside a CUDA toolkit. Empty
// where there is none.
[[nodiscard]] std::filesystem::path cute_include(const std::string& python_prefix);

// "4.2.0" of the headers there.
[[nodiscard]] std::string cutlass_version(const std::filesystem::path& include);

} // namespace hone::emu::test
