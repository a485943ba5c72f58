// Turns one parsed instruction into an Inst. Whatever is not taken is an error: a modifier that is
// not understood is never ignored.
#pragma once

#include "decode/frame_layout.hpp"
#include "decode/type.hpp"
#include "exec/code.hpp"
#include "exec/flags.hpp"
#include "exec/lanes.hpp"

#include <initializer_list>

namespace hone::emu {

class Decoder {
  public:
    Decoder(FrameLayout& layout, const ptx::Instruction& parsed);

    [[nodiscard]] std::string_view opcode() const noexcept { return parsed_.opcode; }
    [[noreturn]] void fail(const std::string& why) const; // FILE:LINE: OPCODE: why; of the source

    // --- modifiers ---
    bool take(std::string_view modifier);
    // Which of the choices stands there; fails when none does.
    std::size_t take_one(std::initializer_list<std::string_view> choices);
    // Likewise, -1 when none does.
    int take_any(std::initializer_list<std::string_view> choices);
    // Drops the ones that say nothing an emulator need heed: cache and eviction hints.
    void ignore_cache_hints();
    // The first modifier left that names a type.
    Type take_type();
    std::optional<Type> take_type_if_any();
    [[nodiscard]] std::optional<Type> next_type() const; // without taking it
    [[nodiscard]] std::string_view next() const;         // first modifier left; empty: none
    // Rounding to integer or not: .rn .rz .rm .rp, rn when none stands there.
    Rounding take_rounding(bool& given);
    void finish(); // fails when a modifier is left

    // --- operands ---
    [[nodiscard]] std::size_t operand_count() const noexcept { return parsed_.operands.size(); }
    [[nodiscard]] const ptx::Operand& operand(std::size_t index) const;
    void expect_operands(std::size_t least, std::size_t most) const;
    // Offset of a source of exactly the type's size: a register, a constant or a special register.
    [[nodiscard]] u32 source(std::size_t index, Type type);
    // Likewise, wider registers allowed (stores, conversions).
    [[nodiscard]] u32 wide_source(std::size_t index, Type type);
    [[nodiscard]] u32 source(const ptx::Operand& operand, Type type, bool wider = false);
    [[nodiscard]] u32 destination(std::size_t index, Type type);
    [[nodiscard]] u32 destination(const ptx::Operand& operand, Type type, bool wider = false);
    // Bytes of a register operand's lane.
    [[nodiscard]] u32 lane_bytes(const ptx::Operand& operand) const;
    // A predicate source; sets inst_flag::negated_source.
    [[nodiscard]] u32 predicate(std::size_t index);
    [[nodiscard]] u32 predicate_destination(const ptx::Operand& operand);
    [[nodiscard]] u32 second_predicate(const ptx::Operand& operand); // q of p|q, or none
    [[nodiscard]] u64 immediate(std::size_t index) const;            // fails when it is none
    [[nodiscard]] u32 constant(u64 bits, u32 bytes) { return layout_.constant(bits, bytes); }
    [[nodiscard]] u32 scratch(u32 bytes) { return layout_.scratch(bytes); }
    // Elements of a vector operand, or the operand itself.
    [[nodiscard]] std::vector<const ptx::Operand*> elements(std::size_t index) const;
    // [reg + offset] or [variable + offset]: sets a, imm, space, shared_64, no_base.
    void address(std::size_t index, ptx::Space space);
    u32 keep_list(const std::vector<u32>& offsets); // into Code::lists

    Inst inst;
    FrameLayout& layout() noexcept { return layout_; }
    [[nodiscard]] const ptx::Instruction& parsed() const noexcept { return parsed_; }
    [[nodiscard]] const std::string& target() const noexcept { // "sm_80"
        return layout_.code().module->target;
    }

  private:
    FrameLayout& layout_;
    const ptx::Instruction& parsed_;
    std::vector<std::string_view> left_;
};

} // namespace hone::emu
