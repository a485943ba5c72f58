#include "decode/undefined.hpp"

#include <algorithm>
#include <array>

namespace hone::emu {
namespace {

using Bits = std::vector<u64>;
bool has(const Bits& bits, s32 reg) {
    return bits[static_cast<std::size_t>(reg) / 64] >> (reg % 64) & 1;
}
void set(Bits& bits, s32 reg) { bits[static_cast<std::size_t>(reg) / 64] |= u64{1} << (reg % 64); }
void clear(Bits& bits, s32 reg) {
    bits[static_cast<std::size_t>(reg) / 64] &= ~(u64{1} << (reg % 64));
}

bool has_destination(const ptx::Instruction& instruction) {
    static constexpr std::array none{
        std::string_view("st"),           std::string_view("red"),
        std::string_view("bra"),          std::string_view("brx"),
        std::string_view("call"),         std::string_view("cp"),
        std::string_view("stmatrix"),     std::string_view("prefetch"),
        std::string_view("prefetchu"),    std::string_view("nanosleep"),
        std::string_view("applypriority")};
    if (std::find(none.begin(), none.end(), instruction.opcode) != none.end()) return false;
    if (instruction.opcode == "bar" || instruction.opcode == "barrier")
        return std::find(instruction.modifiers.begin(), instruction.modifiers.end(), "red") !=
               instruction.modifiers.end();
    return !instruction.operands.empty();
}

void registers_of(const ptx::Operand& operand, std::vector<s32>& found) {
    if (operand.reg >= 0) found.push_back(operand.reg);
    if (operand.second >= 0) found.push_back(operand.second);
    for (const ptx::Operand& element : operand.elements) registers_of(element, found);
}

RegisterUse uses_of(const ptx::Instruction& instruction) {
    RegisterUse use;
    const std::size_t first = has_destination(instruction) ? 1 : 0;
    if (first) registers_of(instruction.operands[0], use.writes);
    const bool to_memory =
        (instruction.opcode == "st" &&
         std::none_of(instruction.modifiers.begin(), instruction.modifiers.end(),
                      [](std::string_view m) {
                          return m == "local" || m.starts_with("param") || m.starts_with("shared");
                      })) ||
        instruction.opcode == "red" || instruction.opcode == "atom";
    for (std::size_t i = first; i < instruction.operands.size(); ++i) {
        const ptx::Operand& operand = instruction.operands[i];
        const bool address = operand.kind == ptx::Operand::Kind::address;
        registers_of(operand, address || to_memory ? use.decides : use.reads);
    }
    if (instruction.opcode == "brx")
        use.decides.insert(use.decides.end(), use.reads.begin(), use.reads.end());
    if (instruction.guard >= 0) use.decides.push_back(instruction.guard);
    return use;
}

std::vector<u32> successors(const ptx::Function& function, u32 at) {
    const ptx::Instruction& instruction = function.body[at];
    std::vector<u32> found;
    for (const ptx::Operand& operand : instruction.operands) {
        if (operand.kind == ptx::Operand::Kind::label) found.push_back(operand.target);
        found.insert(found.end(), operand.targets.begin(), operand.targets.end());
    }
    const bool leaves = instruction.opcode == "bra" || instruction.opcode == "brx" ||
                        instruction.opcode == "ret" || instruction.opcode == "exit" ||
                        instruction.opcode == "trap";
    if (!leaves || instruction.guard >= 0) found.push_back(at + 1);
    std::erase_if(found, [&](u32 next) { return next >= function.body.size(); });
    return found;
}

// For each instruction that begins a stretch of straight code: what may be undefined there.
class DataFlow {
  public:
    DataFlow(const ptx::Function& function, const std::vector<RegisterUse>& uses)
        : function_(function), uses_(uses), words_(function.registers.size() / 64 + 1),
          at_(function.body.size()) {
        begins_.assign(function.body.size(), false);
        begins_[0] = true;
        for (u32 i = 0; i < function.body.size(); ++i) {
            const std::vector<u32> next = successors(function, i);
            if (next.size() == 1 && next[0] == i + 1) continue;
            for (const u32 n : next) begins_[n] = true;
            if (i + 1 < begins_.size()) begins_[i + 1] = true;
        }
        at_[0].assign(words_, ~u64{0});
        std::vector<u32> left{0};
        while (!left.empty()) {
            const u32 start = left.back();
            left.pop_back();
            Bits bits = at_[start];
            u32 i = start;
            for (;; ++i) {
                assign(i, bits);
                if (i + 1 >= function.body.size() || begins_[i + 1]) break;
            }
            for (const u32 next : successors(function, i)) {
                Bits& to = at_[next];
                const Bits before = to;
                if (to.empty()) to.assign(words_, 0);
                for (std::size_t w = 0; w < words_; ++w) to[w] |= bits[w];
                if (to != before) left.push_back(next);
            }
        }
    }

    // Registers that some instruction may read undefined.
    [[nodiscard]] Bits read_undefined() const {
        Bits found(words_), bits(words_);
        bool reached = false;
        for (u32 i = 0; i < function_.body.size(); ++i) {
            if (begins_[i]) {
                reached = !at_[i].empty();
                if (reached) bits = at_[i];
            }
            if (!reached) continue;
            const RegisterUse& use = uses_[i];
            for (const auto* list : {&use.reads, &use.decides})
                for (const s32 reg : *list)
                    if (has(bits, reg)) set(found, reg);
            assign(i, bits);
        }
        return found;
    }

  private:
    // A guarded write leaves some lanes as they were.
    void assign(u32 i, Bits& bits) const {
        if (function_.body[i].guard >= 0) return;
        for (const s32 reg : uses_[i].writes) clear(bits, reg);
    }

    const ptx::Function& function_;
    const std::vector<RegisterUse>& uses_;
    std::size_t words_;
    std::vector<Bits> at_;
    std::vector<bool> begins_;
};

} // namespace

std::vector<RegisterUse> undefined_registers(const ptx::Function& function) {
    std::vector<RegisterUse> uses;
    for (const ptx::Instruction& instruction : function.body) uses.push_back(uses_of(instruction));
    if (uses.empty()) return uses;
    Bits followed = DataFlow(function, uses).read_undefined();
    const auto any = [&](const std::vector<s32>& list) {
        return std::any_of(list.begin(), list.end(), [&](s32 r) { return has(followed, r); });
    };
    for (bool grown = true; grown;) { // and what is computed from them
        grown = false;
        for (const RegisterUse& use : uses) {
            if (!any(use.reads)) continue;
            for (const s32 reg : use.writes) {
                grown |= !has(followed, reg);
                set(followed, reg);
            }
        }
    }
    for (RegisterUse& use : uses)
        for (auto* list : {&use.reads, &use.writes, &use.decides})
            std::erase_if(*list, [&](s32 reg) { return !has(followed, reg); });
    return uses;
}

} // namespace hone::emu
