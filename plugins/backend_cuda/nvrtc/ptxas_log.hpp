// What ptxas -v says about a module.
#pragma once

#include "hone/program.hpp"

#include <string>
#include <string_view>

namespace hone::cuda {

// The largest of every entry of the module. Lines it does not know are passed over.
[[nodiscard]] Resources resources_in(std::string_view log);

// The first line by which ptxas says that it threw away what makes a kernel fast: it serialised
// wgmma (C7510 and its neighbours) or ignored setmaxnreg. Such a kernel is right and of no use.
// Empty when there is none.
[[nodiscard]] std::string spoiled_by_ptxas(std::string_view log);

} // namespace hone::cuda
