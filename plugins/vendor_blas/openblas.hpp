#pragma once

#include "common/vendor_gemm.hpp"

namespace hone::vendor {

[[nodiscard]] GemmLibrary openblas_library();

} // namespace hone::vendor
