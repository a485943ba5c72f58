// Where registers, constants and special registers of a function lie in its frame.
#pragma once

#include "decode/symbols.hpp"
#include "exec/code.hpp"

#include <map>
#include <optional>

namespace hone::emu {

class FrameLayout {
  public:
    FrameLayout(Code& code, Symbols& symbols);

    [[nodiscard]] u32 reg(s32 number) const { return regs_[static_cast<std::size_t>(number)]; }
    [[nodiscard]] ptx::RegClass reg_class(s32 number) const;
    [[nodiscard]] u32 constant(u64 bits, u32 bytes); // the same in every lane
    [[nodiscard]] u32 special(Special which);        // 32-bit lanes, 64 for gridid
    [[nodiscard]] u32 scratch(u32 bytes);            // written and never read
    [[nodiscard]] u32 lane_mask() { return place(0); }
    // Register with the address of a variable, in its space; `addend` is added.
    [[nodiscard]] u32 address(const ptx::Variable& variable, s64 addend, u32 bytes);
    // Offset of a variable in a space that has static ones (shared, param).
    [[nodiscard]] u32 static_offset(const ptx::Variable& variable) const;
    [[nodiscard]] Code& code() noexcept { return code_; }
    [[nodiscard]] Symbols& symbols() noexcept { return symbols_; }

    // Fixes the size of the frame and fills in Code's constants and specials.
    void finish();

  private:
    u32 place(u32 bytes);

    Code& code_;
    Symbols& symbols_;
    std::vector<u32> regs_;
    u32 end_ = 0;
    std::map<std::pair<u64, u32>, u32> constants_;
    std::map<Special, u32> specials_;
    std::map<std::pair<u32, u32>, u32> locals_;
    std::map<u32, u32> scratch_;
};

[[nodiscard]] std::optional<Special> special_register(std::string_view name) noexcept;

} // namespace hone::emu
