// Loads and stores: PTX ISA 9.7.9.
#include "exec/access.hpp"
#include "exec/cta.hpp"
#include "ops/memory_modifiers.hpp"
#include "ops/ops.hpp"
#include "ops/types.hpp"

namespace hone::emu {
namespace {

// Parameter memory of a call: every lane has its own.
constexpr u16 own_params = 1 << 12;

void find_own_params(Warp& warp, const Inst& inst, LaneMask mask, Access& access) {
    access.mask = mask;
    access.shared = access.global = 0;
    for (int lane = 0; lane < lanes; ++lane)
        access.at[static_cast<std::size_t>(lane)] =
            warp.frame().param(lane, static_cast<u32>(inst.imm));
}

// M: as in memory; R: as in the register, extended.
template <class M, class R> void run_load(Warp& warp, const Inst& inst, LaneMask mask) {
    Access access;
    const u32 bytes = static_cast<u32>(sizeof(M)) * inst.count;
    if (inst.flags & own_params)
        find_own_params(warp, inst, mask, access);
    else
        locate(warp, inst, mask, bytes, AccessKind::load, access);
    if (access.shared | access.global)
        warp.cta().check(warp, inst, access, AccessKind::load, nullptr);
    const u32* to = warp.list(inst);
    for (u32 element = 0; element < inst.count; ++element) {
        R* d = warp.reg<R>(to[element]);
        for (int lane = 0; lane < lanes; ++lane) {
            if (!(mask >> lane & 1)) continue;
            M value{};
            if (access.mask >> lane & 1)
                std::memcpy(&value, access.at[static_cast<std::size_t>(lane)] + element * sizeof(M),
                            sizeof(M));
            d[lane] = static_cast<R>(value);
        }
    }
}

template <class M, class R> void run_store(Warp& warp, const Inst& inst, LaneMask mask) {
    const u32 bytes = static_cast<u32>(sizeof(M)) * inst.count;
    const u32* from = warp.list(inst);
    std::array<std::array<M, 8>, lanes> values;
    for (u32 element = 0; element < inst.count; ++element) {
        const R* s = warp.reg<R>(from[element]);
        for (std::size_t lane = 0; lane < lanes; ++lane)
            values[lane][element] = static_cast<M>(s[lane]);
    }
    Access access;
    if (inst.flags & own_params) {
        find_own_params(warp, inst, mask, access);
    } else {
        locate(warp, inst, mask, bytes, AccessKind::store, access);
        warp.cta().grid().had_effect();
    }
    if (warp.cta().grid().traces())
        for (std::size_t lane = 0; lane < lanes; ++lane)
            for (u32 element = 0; element < inst.count && (access.mask >> lane & 1); ++element)
                warp.cta().grid().trace(values[lane][element]);
    if (access.shared | access.global) {
        std::array<const std::byte*, lanes> staged;
        for (std::size_t lane = 0; lane < lanes; ++lane)
            staged[lane] = reinterpret_cast<const std::byte*>(values[lane].data());
        warp.cta().check(warp, inst, access, AccessKind::store, &staged);
    }
    for (std::size_t lane = 0; lane < lanes; ++lane)
        if (access.mask >> lane & 1) std::memcpy(access.at[lane], values[lane].data(), bytes);
}

template <class M> Handler load_into(Decoder& in, u32 lane_bytes) {
    switch (lane_bytes) {
    case 2:
        return run_load<M,
                        std::conditional_t<(sizeof(M) <= 2),
                                           std::conditional_t<std::is_signed_v<M>, s16, u16>, M>>;
    case 4:
        return run_load<M,
                        std::conditional_t<(sizeof(M) <= 4),
                                           std::conditional_t<std::is_signed_v<M>, s32, u32>, M>>;
    case 8:
        return run_load<M, std::conditional_t<std::is_signed_v<M>, s64, u64>>;
    default:
        in.fail("the destination is no register of a fitting size");
    }
}
template <class M> Handler store_from(Decoder& in, u32 lane_bytes) {
    switch (lane_bytes) {
    case 2:
        return run_store<M, u16>;
    case 4:
        return run_store<M, u32>;
    case 8:
        return run_store<M, u64>;
    default:
        in.fail("the source is no register of a fitting size");
    }
}

// Common to ld and st: space, strength, vector, type, address.
struct Parts {
    Type type = Type::b32;
    std::vector<const ptx::Operand*> elements;
    u32 lane_bytes = 0;
};
Parts take_parts(Decoder& in, std::size_t address, std::size_t data) {
    Parts parts;
    const ptx::Space space = take_memory_modifiers(in);
    const int vector = in.take_any({"v2", "v4", "v8"});
    parts.type = in.take_type();
    if (parts.type == Type::pred || bytes_of(parts.type) > 8) in.fail("not for this type");
    parts.elements = in.elements(data);
    const std::size_t count = vector < 0 ? 1 : std::size_t{2} << vector;
    if (parts.elements.size() != count) in.fail("the vector has another number of elements");
    in.inst.bytes = static_cast<u8>(bytes_of(parts.type));
    in.inst.count = static_cast<u8>(count);
    if (in.inst.bytes * count > 32) in.fail("more than 32 bytes");

    const ptx::Operand& at = in.operand(address);
    const auto& offsets = in.layout().code().offsets;
    if (space == ptx::Space::param && at.kind == ptx::Operand::Kind::address &&
        at.base == ptx::Operand::Kind::variable && offsets.contains(at.variable)) {
        const u32 offset = offsets.at(at.variable);
        if (at.offset < 0 ||
            static_cast<u64>(at.offset) + in.inst.bytes * count > at.variable->bytes)
            in.fail("beyond parameter " + at.variable->name);
        in.inst.imm = offset + at.offset;
        in.inst.flags |= own_params;
    } else {
        in.address(address, space);
    }
    for (const ptx::Operand* element : parts.elements)
        parts.lane_bytes = std::max(parts.lane_bytes, in.lane_bytes(*element));
    if (parts.lane_bytes == 0) parts.lane_bytes = std::max<u32>(2, in.inst.bytes); // constants, _
    return parts;
}

} // namespace

void decode_ld(Decoder& in) {
    in.expect_operands(2, 3); // a cache policy may come last
    const Parts parts = take_parts(in, 1, 0);
    std::vector<u32> to;
    for (const ptx::Operand* element : parts.elements) {
        if (element->kind != ptx::Operand::Kind::sink &&
            in.lane_bytes(*element) != parts.lane_bytes)
            in.fail("the vector's registers differ in size");
        to.push_back(element->kind == ptx::Operand::Kind::sink
                         ? in.scratch(parts.lane_bytes)
                         : in.destination(*element, parts.type, true));
    }
    in.inst.list = in.keep_list(to);
    const u32 width = parts.lane_bytes;
    switch (parts.type) {
    case Type::s8:
        in.inst.run = load_into<s8>(in, width);
        return;
    case Type::s16:
        in.inst.run = load_into<s16>(in, width);
        return;
    case Type::s32:
        in.inst.run = load_into<s32>(in, width);
        return;
    default:
        break;
    }
    switch (bytes_of(parts.type)) {
    case 1:
        in.inst.run = load_into<u8>(in, width);
        return;
    case 2:
        in.inst.run = load_into<u16>(in, width);
        return;
    case 4:
        in.inst.run = load_into<u32>(in, width);
        return;
    default:
        in.inst.run = load_into<u64>(in, width);
        return;
    }
}

void decode_st(Decoder& in) {
    in.expect_operands(2, 3);
    const Parts parts = take_parts(in, 0, 1);
    const Type as = parts.lane_bytes == 2   ? Type::b16
                    : parts.lane_bytes == 4 ? Type::b32
                                            : Type::b64;
    std::vector<u32> from;
    for (const ptx::Operand* element : parts.elements) {
        const bool number = element->kind == ptx::Operand::Kind::f32 ||
                            element->kind == ptx::Operand::Kind::f64 ||
                            element->kind == ptx::Operand::Kind::immediate;
        from.push_back(number ? in.constant(element->bits, parts.lane_bytes)
                              : in.source(*element, as));
    }
    in.inst.list = in.keep_list(from);
    switch (bytes_of(parts.type)) {
    case 1:
        in.inst.run = store_from<u8>(in, parts.lane_bytes);
        return;
    case 2:
        in.inst.run = store_from<u16>(in, parts.lane_bytes);
        return;
    case 4:
        in.inst.run = store_from<u32>(in, parts.lane_bytes);
        return;
    default:
        in.inst.run = store_from<u64>(in, parts.lane_bytes);
        return;
    }
}

} // namespace hone::emu
