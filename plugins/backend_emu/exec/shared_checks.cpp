// Where warps and the checks of shared memory meet.
#include "check/shared_shadow.hpp"
#include "exec/cta.hpp"
#include "exec/flags.hpp"

namespace hone::emu {

void Warp::synchronise(const Inst&, LaneMask mask) { cta_.ordered_within(*this, mask); }

void Cta::check_shared(Warp& warp, const Inst& inst, const Access& access, AccessKind kind,
                       const std::array<const std::byte*, lanes>* staged) {
    if (!shadow_) return;
    shadow_->access(warp, inst, access, kind, staged);
    if ((inst.flags & inst_flag::strong) && kind != AccessKind::atomic)
        synchronise_through(warp, inst, access, kind);
}

void Cta::synchronise_through(Warp& warp, const Inst& inst, const Access& access, AccessKind kind) {
    if (!shadow_) return;
    const bool acquires = inst.flags & inst_flag::acquire,
               releases = inst.flags & inst_flag::release;
    for (int lane = 0; lane < lanes; ++lane) {
        if (!(access.mask >> lane & 1)) continue;
        // By where the bytes are: a generic and a shared address of one word are the same.
        const auto where = reinterpret_cast<u64>(access.at[static_cast<std::size_t>(lane)]);
        if (kind != AccessKind::store)
            shadow_->order().observe(where, warp.index(), lane, acquires);
        if (kind != AccessKind::load)
            shadow_->order().publish(where, warp.index(), lane, releases,
                                     kind == AccessKind::atomic);
    }
}

void Cta::fence(Warp& warp, LaneMask mask) {
    if (shadow_) shadow_->order().fence(warp.index(), mask);
}

void Cta::ordered_within(Warp& warp, LaneMask mask) {
    if (shadow_) shadow_->order().join({{warp.index(), mask, true}});
}

void Cta::async_begins(Warp& warp, const AsyncCopy& copy) {
    if (shadow_) shadow_->async_begins(warp, copy);
}

void Cta::async_ends(Warp& warp, const AsyncCopy& copy, LaneMask mask) {
    if (shadow_) shadow_->async_ends(warp, copy, mask);
}

} // namespace hone::emu
