#pragma once

#include "common/vendor_gemm.hpp"

namespace hone::vendor {

[[nodiscard]] GemmLibrary blis_library();

} // namespace hone::vendor
