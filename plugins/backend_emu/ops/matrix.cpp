// Moves of 8x8 matrices of 16-bit elements between shared memory and registers: PTX ISA 9.7.14.5.
#include "exec/access.hpp"
#include "exec/cta.hpp"
#include "ops/ops.hpp"
#include "ops/types.hpp"

namespace hone::emu {
namespace {

// Lane l holds elements (l / 4, 2 (l % 4)) and the one beside it, or with .trans of the transposed.
struct Matrices {
    std::array<std::array<std::array<u16, 8>, 8>, 4> at;

    [[nodiscard]] u32 fragment(std::size_t matrix, std::size_t lane, bool transposed) const {
        const std::size_t row = lane / 4, column = 2 * (lane % 4);
        const auto& m = at[matrix];
        const u32 low = transposed ? m[column][row] : m[row][column];
        const u32 high = transposed ? m[column + 1][row] : m[row][column + 1];
        return low | high << 16;
    }
    void set_fragment(std::size_t matrix, std::size_t lane, bool transposed, u32 bits) {
        const std::size_t row = lane / 4, column = 2 * (lane % 4);
        auto& m = at[matrix];
        (transposed ? m[column][row] : m[row][column]) = static_cast<u16>(bits);
        (transposed ? m[column + 1][row] : m[row][column + 1]) = static_cast<u16>(bits >> 16);
    }
};

// Lanes 0-7 hold the addresses of the rows of the first matrix, 8-15 of the second, and so on.
LaneMask row_lanes(u32 count) { return count == 4 ? all_lanes : (1u << (8 * count)) - 1; }

void run_ldmatrix(Warp& warp, const Inst& inst, LaneMask mask) {
    Access access;
    const LaneMask rows = row_lanes(inst.count) & mask;
    locate(warp, inst, rows, 16, AccessKind::load, access);
    if (access.shared) warp.cta().check(warp, inst, access, AccessKind::load, nullptr);
    Matrices matrices{};
    for (std::size_t lane = 0; lane < 8u * inst.count; ++lane)
        if (access.mask >> lane & 1)
            std::memcpy(matrices.at[lane / 8][lane % 8].data(), access.at[lane], 16);
    const u32* to = warp.list(inst);
    for (std::size_t i = 0; i < inst.count; ++i) {
        u32* d = warp.reg<u32>(to[i]);
        for (std::size_t lane = 0; lane < lanes; ++lane)
            d[lane] = matrices.fragment(i, lane, inst.kind);
    }
}

void run_stmatrix(Warp& warp, const Inst& inst, LaneMask mask) {
    Matrices matrices{};
    const u32* from = warp.list(inst);
    for (std::size_t i = 0; i < inst.count; ++i)
        for (std::size_t lane = 0; lane < lanes; ++lane)
            matrices.set_fragment(i, lane, inst.kind, warp.reg<u32>(from[i])[lane]);
    Access access;
    locate(warp, inst, row_lanes(inst.count) & mask, 16, AccessKind::store, access);
    std::array<const std::byte*, lanes> staged{};
    for (std::size_t lane = 0; lane < 8u * inst.count; ++lane)
        staged[lane] = reinterpret_cast<const std::byte*>(matrices.at[lane / 8][lane % 8].data());
    if (access.shared) warp.cta().check(warp, inst, access, AccessKind::store, &staged);
    for (std::size_t lane = 0; lane < 8u * inst.count; ++lane)
        if (access.mask >> lane & 1) std::memcpy(access.at[lane], staged[lane], 16);
    warp.cta().grid().had_effect();
}

void common(Decoder& in, std::size_t data, std::size_t address) {
    in.expect_operands(2, 2);
    (void)in.take_one({"sync"});
    (void)in.take_one({"aligned"});
    (void)in.take_one({"m8n8"});
    const std::size_t log_count = in.take_one({"x1", "x2", "x4"});
    in.inst.kind = in.take("trans");
    (void)in.take_any({"shared", "shared::cta"});
    (void)in.take_one({"b16"});
    in.inst.count = static_cast<u8>(1u << log_count);
    in.inst.flow = Flow::warp_sync;
    in.inst.flags |= inst_flag::whole_warp;
    in.address(address, ptx::Space::shared);
    const auto elements = in.elements(data);
    if (elements.size() != in.inst.count) in.fail("another number of registers than matrices");
    std::vector<u32> list;
    for (const ptx::Operand* element : elements)
        list.push_back(data == 0 ? in.destination(*element, Type::b32)
                                 : in.source(*element, Type::b32));
    in.inst.list = in.keep_list(list);
}

} // namespace

void decode_ldmatrix(Decoder& in) {
    common(in, 0, 1);
    in.inst.run = run_ldmatrix;
}

void decode_stmatrix(Decoder& in) {
    common(in, 1, 0);
    in.inst.run = run_stmatrix;
}

void decode_movmatrix(Decoder& in) {
    in.expect_operands(2, 2);
    for (const std::string_view fixed : {"sync", "aligned", "m8n8", "trans", "b16"})
        (void)in.take_one({fixed});
    in.inst.flow = Flow::warp_sync;
    in.inst.flags |= inst_flag::whole_warp;
    in.inst.d = in.destination(0, Type::b32);
    in.inst.a = in.source(1, Type::b32);
    in.inst.run = [](Warp& warp, const Inst& inst, LaneMask) {
        Matrices matrices{};
        for (std::size_t lane = 0; lane < lanes; ++lane)
            matrices.set_fragment(0, lane, false, warp.reg<u32>(inst.a)[lane]);
        for (std::size_t lane = 0; lane < lanes; ++lane)
            warp.reg<u32>(inst.d)[lane] = matrices.fragment(0, lane, true);
    };
}

} // namespace hone::emu
