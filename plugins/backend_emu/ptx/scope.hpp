// Names inside a function. Blocks { } nest; registers, variables and labels are visible from the
// block that declares them inwards, labels also before their place.
#pragma once

#include "ptx/ast.hpp"

#include <unordered_map>

namespace hone::emu::ptx {

class Scopes {
  public:
    Scopes(Function& function, const Module& module, const std::string& file);

    void open(u32 line);
    void close(u32 line); // resolves what the block's labels can
    [[nodiscard]] std::size_t depth() const noexcept { return blocks_.size(); }

    void add_register(std::string_view name, RegClass type, u32 line);
    // %r<100>: %r0 to %r99.
    void add_registers(std::string_view base, u64 count, RegClass type, u32 line);
    void add_variable(const Variable* variable, u32 line);
    void add_label(std::string_view name, u32 line);
    // NAME: .branchtargets A, B;
    void add_table(std::string_view name, std::vector<std::string_view> labels, u32 line);

    [[nodiscard]] s32 find_register(std::string_view name) const; // -1: none
    [[nodiscard]] const Variable* find_variable(std::string_view name) const;
    // A name that is neither: a label, a table or a function, known when its block ends.
    void defer(std::string_view name, std::size_t instruction, std::size_t operand, u32 line);

  private:
    struct Range {
        s32 first = 0, count = 0;
    };
    struct Pending {
        std::string_view name;
        std::size_t instruction = 0, operand = 0; // instruction == npos: slot `operand` of `table`
        std::size_t table = 0;
        u32 line = 0;
    };
    struct Block {
        std::unordered_map<std::string_view, s32> registers;
        std::unordered_map<std::string_view, Range> ranges;
        std::unordered_map<std::string_view, const Variable*> variables;
        std::unordered_map<std::string_view, u32> labels;
        std::unordered_map<std::string_view, std::size_t> tables;
        std::vector<Pending> pending;
    };
    struct Table {
        std::vector<u32> targets;
        std::vector<std::pair<std::size_t, std::size_t>> uses; // instruction, operand
    };
    [[nodiscard]] bool resolve(Block& block, const Pending& pending);
    void finish();
    void declare_new(std::string_view name, u32 line) const;

    Function& function_;
    const Module& module_;
    const std::string& file_;
    std::vector<Block> blocks_;
    std::vector<Table> tables_;
};

} // namespace hone::emu::ptx
