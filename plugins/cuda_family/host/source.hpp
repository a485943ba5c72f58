// Putting the parts of a kernel's source and its macros together.
#pragma once

#include "hone/dtype.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hone::cuda_family {

// Files one after the other; each keeps its own name and line numbers in diagnostics.
[[nodiscard]] std::string
joined(std::initializer_list<std::pair<std::string_view, std::string_view>> files);

// -D options, in order.
class Macros {
  public:
    Macros& define(std::string_view name, std::string_view value);
    Macros& number(std::string_view name, std::int64_t value);
    Macros& type(std::string_view name, DType dtype);

    [[nodiscard]] const std::vector<std::string>& options() const { return options_; }

  private:
    std::vector<std::string> options_;
};

} // namespace hone::cuda_family
