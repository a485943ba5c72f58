// Where NVRTC may lie.
#pragma once

#include <string>
#include <vector>

namespace hone::cuda {

// Names and paths to try in order: what the dynamic linker finds, then toolkits, then wheels; newer
// versions first.
[[nodiscard]] std::vector<std::string> nvrtc_places(const std::string& python_prefix);

} // namespace hone::cuda
