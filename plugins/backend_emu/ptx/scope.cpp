#include "ptx/scope.hpp"

#include "ptx/error.hpp"

#include <charconv>

namespace hone::emu::ptx {
namespace {

constexpr std::size_t most_registers = 1 << 20;
constexpr std::size_t deepest = 200;
constexpr std::size_t table_slot = ~std::size_t{0};

} // namespace

Scopes::Scopes(Function& function, const Module& module, const std::string& file)
    : function_(function), module_(module), file_(file) {}

void Scopes::open(u32 line) {
    if (blocks_.size() >= deepest) fail(file_, line, "blocks nested too deeply");
    blocks_.emplace_back();
}

void Scopes::declare_new(std::string_view name, u32 line) const {
    const Block& block = blocks_.back();
    if (block.registers.contains(name) || block.ranges.contains(name) ||
        block.variables.contains(name) || block.labels.contains(name) ||
        block.tables.contains(name))
        fail(file_, line, "\"" + std::string(name) + "\" is declared twice in one block");
}

void Scopes::add_register(std::string_view name, RegClass type, u32 line) {
    declare_new(name, line);
    if (function_.registers.size() >= most_registers) fail(file_, line, "too many registers");
    blocks_.back().registers[name] = static_cast<s32>(function_.registers.size());
    function_.registers.push_back(type);
}

void Scopes::add_registers(std::string_view base, u64 count, RegClass type, u32 line) {
    declare_new(base, line);
    if (count > most_registers - function_.registers.size())
        fail(file_, line, "too many registers");
    blocks_.back().ranges[base] = {static_cast<s32>(function_.registers.size()),
                                   static_cast<s32>(count)};
    function_.registers.insert(function_.registers.end(), count, type);
}

void Scopes::add_variable(const Variable* variable, u32 line) {
    declare_new(variable->name, line);
    blocks_.back().variables[variable->name] = variable;
}

void Scopes::add_label(std::string_view name, u32 line) {
    declare_new(name, line);
    blocks_.back().labels[name] = static_cast<u32>(function_.body.size());
}

void Scopes::add_table(std::string_view name, std::vector<std::string_view> labels, u32 line) {
    declare_new(name, line);
    const std::size_t table = tables_.size();
    blocks_.back().tables[name] = table;
    tables_.push_back({std::vector<u32>(labels.size()), {}});
    for (std::size_t i = 0; i < labels.size(); ++i)
        blocks_.back().pending.push_back({labels[i], table_slot, i, table, line});
}

s32 Scopes::find_register(std::string_view name) const {
    std::size_t digits = name.size();
    while (digits > 0 && name[digits - 1] >= '0' && name[digits - 1] <= '9') --digits;
    s32 number = -1;
    if (digits < name.size() && (name[digits] != '0' || digits + 1 == name.size()))
        std::from_chars(name.data() + digits, name.data() + name.size(), number);
    const std::string_view base = name.substr(0, digits);
    for (auto block = blocks_.rbegin(); block != blocks_.rend(); ++block) {
        if (const auto found = block->registers.find(name); found != block->registers.end())
            return found->second;
        if (number < 0) continue;
        const auto range = block->ranges.find(base);
        if (range != block->ranges.end() && number < range->second.count)
            return range->second.first + number;
    }
    return -1;
}

const Variable* Scopes::find_variable(std::string_view name) const {
    for (auto block = blocks_.rbegin(); block != blocks_.rend(); ++block)
        if (const auto found = block->variables.find(name); found != block->variables.end())
            return found->second;
    for (const auto& variable : module_.variables)
        if (variable->name == name) return variable.get();
    return nullptr;
}

void Scopes::defer(std::string_view name, std::size_t instruction, std::size_t operand, u32 line) {
    blocks_.back().pending.push_back({name, instruction, operand, 0, line});
}

bool Scopes::resolve(Block& block, const Pending& pending) {
    if (const auto label = block.labels.find(pending.name); label != block.labels.end()) {
        if (pending.instruction == table_slot) {
            tables_[pending.table].targets[pending.operand] = label->second;
        } else {
            Operand& operand = function_.body[pending.instruction].operands[pending.operand];
            operand.kind = Operand::Kind::label;
            operand.target = label->second;
        }
        return true;
    }
    const auto table = block.tables.find(pending.name);
    if (table == block.tables.end() || pending.instruction == table_slot) return false;
    function_.body[pending.instruction].operands[pending.operand].kind = Operand::Kind::table;
    tables_[table->second].uses.emplace_back(pending.instruction, pending.operand);
    return true;
}

void Scopes::close(u32 line) {
    if (blocks_.empty()) fail(file_, line, "'}' without '{'");
    Block block = std::move(blocks_.back());
    blocks_.pop_back();
    for (const Pending& pending : block.pending) {
        if (resolve(block, pending)) continue;
        if (!blocks_.empty()) {
            blocks_.back().pending.push_back(pending);
            continue;
        }
        if (pending.instruction == table_slot || !module_.function(pending.name))
            fail(file_, pending.line, "unknown name \"" + std::string(pending.name) + "\"");
        Operand& operand = function_.body[pending.instruction].operands[pending.operand];
        operand.kind = Operand::Kind::function;
        operand.name = pending.name;
    }
    if (blocks_.empty()) finish();
}

void Scopes::finish() {
    for (const Table& table : tables_)
        for (const auto& [instruction, operand] : table.uses)
            function_.body[instruction].operands[operand].targets = table.targets;
}

} // namespace hone::emu::ptx
