// cp.async: PTX ISA 9.7.9.25.
#include "exec/async_copies.hpp"
#include "exec/cta.hpp"
#include "ops/ops.hpp"
#include "ops/types.hpp"

#include <fmt/format.h>

namespace hone::emu {
namespace {

// a, imm: destination; list: source address (64 bits), source size or none; b: predicate that
// makes it zeros.
void run_copy(Warp& warp, const Inst& inst, LaneMask mask) {
    const u32* list = warp.list(inst);
    const u32 bytes = inst.bytes;
    Access to;
    locate(warp, inst, mask, bytes, AccessKind::store, to);

    Access from;
    const u64* base = warp.reg<u64>(list[0]);
    const s64 offset = warp.code().source_offsets[list[2]];
    for (std::size_t lane = 0; lane < lanes; ++lane)
        from.address[lane] = base[lane] + static_cast<u64>(offset);
    LaneMask zeros = 0;
    if (inst.b != Inst::none) {
        zeros = warp.predicate(inst.b);
        if (inst.flags & inst_flag::negated_source) zeros = ~zeros;
    }
    AsyncCopy copy;
    copy.code = &warp.code();
    copy.inst = &inst;
    copy.bytes = bytes;
    // Lanes by the bytes they read: none, all or a part.
    LaneMask whole = 0, part = 0;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
        if (!(to.mask >> lane & 1)) continue;
        copy.to[lane] = static_cast<u32>(to.address[lane]);
        u32 size = list[1] == Inst::none ? bytes : warp.reg<u32>(list[1])[lane];
        if (size > bytes) {
            warp.report(Rule::out_of_bounds, inst, [&] {
                return fmt::format("a source size of {} bytes for a copy of {}", size, bytes);
            });
            size = bytes;
        }
        if (zeros >> lane & 1) size = 0;
        copy.from[lane] = nullptr;
        copy.from_bytes[lane] = static_cast<u8>(size);
        if (size == bytes) whole |= 1u << lane;
        if (size > 0 && size < bytes) part |= 1u << lane;
    }
    copy.mask = to.mask;
    const auto found = [&] {
        if (from.global) warp.cta().check(warp, inst, from, AccessKind::load, nullptr);
        for (std::size_t lane = 0; lane < lanes; ++lane)
            if (from.mask >> lane & 1) copy.from[lane] = from.at[lane];
    };
    if (whole) {
        locate_in(ptx::Space::global, warp, inst, whole, bytes, AccessKind::load, from);
        found();
    }
    for (std::size_t lane = 0; part && lane < lanes; ++lane) {
        if (!(part >> lane & 1)) continue;
        // The address is aligned to the whole copy; only the first bytes are read.
        Access one;
        one.address[lane] = from.address[lane];
        if (from.address[lane] % bytes)
            locate_in(ptx::Space::global, warp, inst, 1u << lane, bytes, AccessKind::load, one);
        else
            locate_bytes(warp, inst, static_cast<int>(lane), copy.from_bytes[lane], one);
        if (one.global) warp.cta().check(warp, inst, one, AccessKind::load, nullptr);
        if (one.mask) copy.from[lane] = one.at[lane];
    }
    warp.copies().issue(warp, copy);
}

} // namespace

// cp.async.{ca,cg}.shared.global [to], [from], bytes{, source bytes | zero predicate};
// cp.async.commit_group; cp.async.wait_group n; cp.async.wait_all
void decode_cp_async(Decoder& in) {
    (void)in.take_one({"async"});
    if (in.take("commit_group")) {
        in.expect_operands(0, 0);
        in.inst.run = [](Warp& warp, const Inst&, LaneMask mask) { warp.copies().commit(mask); };
        return;
    }
    if (in.take("wait_all")) {
        in.expect_operands(0, 0);
        in.inst.run = [](Warp& warp, const Inst&, LaneMask mask) {
            warp.copies().wait_all(warp, mask);
        };
        return;
    }
    if (in.take("wait_group")) {
        in.expect_operands(1, 1);
        in.inst.imm = static_cast<s64>(in.immediate(0));
        in.inst.run = [](Warp& warp, const Inst& inst, LaneMask mask) {
            warp.copies().wait(warp, mask, static_cast<u32>(inst.imm));
        };
        return;
    }
    const bool bypass = in.take_one({"ca", "cg"}) == 1;
    (void)in.take_one({"shared", "shared::cta"});
    (void)in.take_one({"global"});
    in.ignore_cache_hints();
    in.expect_operands(3, 4);
    const u64 bytes = in.immediate(2);
    if (bytes != 16 && (bypass || (bytes != 4 && bytes != 8))) in.fail("copies 4, 8 or 16 bytes");
    // The source first: its parts go into the list.
    in.address(1, ptx::Space::global);
    auto& offsets = in.layout().code().source_offsets;
    const auto kept = static_cast<u32>(offsets.size());
    offsets.push_back(in.inst.imm);
    const u32 from = in.inst.a;
    in.inst.flags = 0;
    in.address(0, ptx::Space::shared);
    u32 size = Inst::none;
    if (in.operand_count() == 4) {
        const ptx::Operand& last = in.operand(3);
        const bool is_predicate = last.kind == ptx::Operand::Kind::reg && in.lane_bytes(last) == 0;
        if (is_predicate)
            in.inst.b = in.predicate(3);
        else
            size = in.source(3, Type::u32);
    }
    in.inst.bytes = static_cast<u8>(bytes);
    in.inst.list = in.keep_list({from, size, kept});
    in.inst.run = run_copy;
}

} // namespace hone::emu
