#include "decode/frame_layout.hpp"

#include "exec/warp.hpp"

#include <algorithm>
#include <array>

namespace hone::emu {
namespace {

u32 lane_bytes(ptx::RegClass type) {
    switch (type) {
    case ptx::RegClass::pred:
        return 0; // one mask
    case ptx::RegClass::b8:
    case ptx::RegClass::b16:
        return 2;
    case ptx::RegClass::b32:
        return 4;
    case ptx::RegClass::b64:
        return 8;
    case ptx::RegClass::b128:
        return 16;
    }
    return 16;
}

} // namespace

std::optional<Special> special_register(std::string_view name) noexcept {
    using enum Special;
    static constexpr std::array<std::pair<std::string_view, Special>, 32> known{{
        {"%tid.x", tid_x},
        {"%tid.y", tid_y},
        {"%tid.z", tid_z},
        {"%ntid.x", ntid_x},
        {"%ntid.y", ntid_y},
        {"%ntid.z", ntid_z},
        {"%ctaid.x", ctaid_x},
        {"%ctaid.y", ctaid_y},
        {"%ctaid.z", ctaid_z},
        {"%nctaid.x", nctaid_x},
        {"%nctaid.y", nctaid_y},
        {"%nctaid.z", nctaid_z},
        {"%laneid", laneid},
        {"%warpid", warpid},
        {"%nwarpid", nwarpid},
        {"%smid", smid},
        {"%nsmid", nsmid},
        {"%gridid", gridid},
        {"%lanemask_eq", lanemask_eq},
        {"%lanemask_le", lanemask_le},
        {"%lanemask_lt", lanemask_lt},
        {"%lanemask_ge", lanemask_ge},
        {"%lanemask_gt", lanemask_gt},
        {"%dynamic_smem_size", dynamic_smem_size},
        {"%total_smem_size", total_smem_size},
        {"%clock", clock},
        {"%clock_hi", clock_hi},
        {"%clock64", clock64},
        {"%globaltimer", globaltimer},
        {"%globaltimer_lo", globaltimer_lo},
        {"%globaltimer_hi", globaltimer_hi},
        {"%is_explicit_cluster", zero},
    }};
    for (const auto& [text, special] : known)
        if (text == name) return special;
    return std::nullopt;
}

FrameLayout::FrameLayout(Code& code, Symbols& symbols) : code_(code), symbols_(symbols) {
    for (const ptx::RegClass type : code.function->registers) {
        const u32 bytes = lane_bytes(type);
        regs_.push_back(end_);
        end_ += bytes ? bytes * lanes : 64; // a predicate has a cache line to itself
    }
}

ptx::RegClass FrameLayout::reg_class(s32 number) const {
    return code_.function->registers[static_cast<std::size_t>(number)];
}

u32 FrameLayout::place(u32 bytes) {
    const u32 at = end_;
    end_ += std::max(64u, bytes * lanes);
    return at;
}

u32 FrameLayout::constant(u64 bits, u32 bytes) {
    if (bytes < 8) bits &= (u64{1} << (8 * bytes)) - 1;
    const auto [at, is_new] = constants_.try_emplace({bits, bytes}, 0);
    if (is_new) at->second = place(bytes);
    return at->second;
}

u32 FrameLayout::special(Special which) {
    const auto [at, is_new] = specials_.try_emplace(which, 0);
    if (is_new) at->second = place(which == Special::gridid ? 8 : 4);
    return at->second;
}

u32 FrameLayout::scratch(u32 bytes) {
    const auto [at, is_new] = scratch_.try_emplace(bytes, 0);
    if (is_new) at->second = place(bytes);
    return at->second;
}

u32 FrameLayout::static_offset(const ptx::Variable& variable) const {
    if (variable.space == ptx::Space::shared) return symbols_.shared_offset(variable);
    const auto own = code_.offsets.find(&variable);
    if (own != code_.offsets.end()) return own->second;
    return symbols_.param_offset(variable);
}

u32 FrameLayout::address(const ptx::Variable& variable, s64 addend, u32 bytes) {
    if (variable.space == ptx::Space::local) {
        const u32 offset = code_.offsets.at(&variable) + static_cast<u32>(addend);
        const auto [at, is_new] = locals_.try_emplace({offset, 8}, 0);
        if (is_new) at->second = place(8);
        return at->second; // little-endian 64-bit lanes: 32-bit users are refused
    }
    const u64 base = variable.space == ptx::Space::global || variable.space == ptx::Space::constant
                         ? symbols_.global_address(variable)
                         : static_offset(variable);
    return constant(base + static_cast<u64>(addend), bytes);
}

void FrameLayout::finish() {
    code_.frame_bytes = (end_ + 63) / 64 * 64;
    for (const auto& [key, at] : constants_) code_.constants.push_back({key.first, key.second, at});
    for (const auto& [special, at] : specials_) code_.specials.emplace_back(special, at);
    for (const auto& [key, at] : locals_) code_.local_addresses.emplace_back(key.first, at);
}

} // namespace hone::emu
