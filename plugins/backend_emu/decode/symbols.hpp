// What names outside a function stand for while one kernel is decoded.
#pragma once

#include "exec/launch.hpp"

#include <string_view>
#include <vector>

namespace hone::emu {

class Symbols {
  public:
    virtual ~Symbols() = default;
    [[nodiscard]] virtual u64 global_address(const ptx::Variable& variable) const = 0;
    [[nodiscard]] virtual u32 shared_offset(const ptx::Variable& variable) const = 0;
    [[nodiscard]] virtual u32 param_offset(const ptx::Variable& variable) const = 0; // a kernel's
    [[nodiscard]] virtual const Code* function(std::string_view name) = 0; // null: not defined
    [[nodiscard]] virtual u64 function_address(std::string_view name) const = 0;
    // Functions that a pointer may lead to.
    [[nodiscard]] virtual std::vector<const Code*> functions() const = 0;
};

} // namespace hone::emu
