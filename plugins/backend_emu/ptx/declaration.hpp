// Declarations of variables: .global .align 4 .b8 name[24] = {1, 2};
#pragma once

#include "ptx/ast.hpp"
#include "ptx/cursor.hpp"

#include <memory>
#include <optional>

namespace hone::emu::ptx {

struct TypeName {
    RegClass reg = RegClass::b32;
    u32 bytes = 4; // in memory
};
[[nodiscard]] std::optional<TypeName> type_name(std::string_view name);

[[nodiscard]] std::optional<Space> space_name(std::string_view name); // of a state space directive

// What stands before the names: alignment, vector, type.
struct DeclaredType {
    TypeName type;
    u32 align = 0; // 0: natural
    u32 vector = 1;
};
[[nodiscard]] DeclaredType parse_declared_type(Cursor& in);

// One name with its array bounds and initialiser; the cursor stands at the name.
[[nodiscard]] std::unique_ptr<Variable> parse_variable(Cursor& in, Space space,
                                                       const DeclaredType& type);

} // namespace hone::emu::ptx
