// Operands of instructions.
#pragma once

#include "ptx/cursor.hpp"
#include "ptx/scope.hpp"

namespace hone::emu::ptx {

// Parses operands of the instruction that will be number `instruction` of the function.
class OperandParser {
  public:
    OperandParser(Cursor& in, Scopes& scopes) : in_(in), scopes_(scopes) {}

    // `position`: index among the instruction's operands; names resolved later are entered there.
    [[nodiscard]] Operand parse(std::size_t instruction, std::size_t position);

  private:
    [[nodiscard]] Operand element();
    [[nodiscard]] Operand word(bool negated);
    [[nodiscard]] Operand constant();
    [[nodiscard]] Operand address();
    [[nodiscard]] Operand group(char open, char close, Operand::Kind kind);
    [[nodiscard]] s64 offset();

    Cursor& in_;
    Scopes& scopes_;
    std::size_t instruction_ = 0, position_ = 0;
    bool may_defer_ = false;
};

} // namespace hone::emu::ptx
