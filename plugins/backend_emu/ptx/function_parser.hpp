// The body of a function.
#pragma once

#include "ptx/operand.hpp"

namespace hone::emu::ptx {

class FunctionParser {
  public:
    FunctionParser(Module& module, Function& function, Cursor& in);

    void run(); // from '{' to its '}'

    static void skip_loc(Cursor& in);

  private:
    void statement();
    void directive();
    void registers();
    void variables(Space space);
    void loc();
    void table(std::string_view label, u32 line);
    void prototype(std::string_view label, u32 line);
    void instruction();

    Module& module_;
    Function& function_;
    Cursor& in_;
    Scopes scopes_;
    OperandParser operands_;
    u32 source_ = 0;
};

} // namespace hone::emu::ptx
