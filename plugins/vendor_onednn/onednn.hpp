#pragma once

#include "common/vendor_gemm.hpp"

namespace hone::vendor {

[[nodiscard]] GemmLibrary onednn_library();

} // namespace hone::vendor
