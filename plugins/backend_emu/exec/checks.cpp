// Where warps and the checks of memory meet.
#include "check/global_shadow.hpp"
#include "check/shared_shadow.hpp"
#include "exec/cta.hpp"
#include "exec/flags.hpp"

#include <fmt/format.h>

namespace hone::emu {
namespace {

// Bytes of global memory that nothing has written.
void check_written(Cta& cta, Warp& warp, const Inst& inst, const Access& access, AccessKind kind) {
    for (std::size_t lane = 0; lane < lanes; ++lane) {
        if (!(access.global >> lane & 1)) continue;
        Allocation& memory = *access.allocation[lane];
        if (memory.written.empty()) continue;
        const u64 offset = access.address[lane] - memory.base;
        if (kind == AccessKind::store) {
            memory.mark_written(offset, access.bytes);
            continue;
        }
        if (memory.is_written(offset, access.bytes)) continue;
        warp.report(Rule::uninitialised_read, inst, [&] {
            return fmt::format("{} {} reads byte {} of {} ({} bytes): it was never written",
                               cta.name(), thread_name(warp.index(), static_cast<int>(lane)),
                               offset, memory.name, memory.bytes);
        });
        memory.mark_written(offset, access.bytes); // once is enough
    }
}

} // namespace

void Warp::synchronise(const Inst&, LaneMask mask) { cta_.ordered_within(*this, mask); }

void Cta::check(Warp& warp, const Inst& inst, const Access& access, AccessKind kind,
                const std::array<const std::byte*, lanes>* staged) {
    if (!shadow_) return;
    if (access.shared) shadow_->access(warp, inst, access, kind, staged);
    if (access.global) {
        check_written(*this, warp, inst, access, kind);
        grid_.shadow()->access(*this, shadow_->order(), warp, inst, access, kind, staged);
    }
    if (inst.flags & inst_flag::strong) synchronise_through(warp, inst, access, kind);
}

void Cta::synchronise_through(Warp& warp, const Inst& inst, const Access& access, AccessKind kind) {
    const bool acquires = inst.flags & inst_flag::acquire,
               releases = inst.flags & inst_flag::release;
    Order& order = shadow_->order();
    for (int lane = 0; lane < lanes; ++lane) {
        if (!((access.shared | access.global) >> lane & 1)) continue;
        Order::Published& published =
            access.global >> lane & 1 ? grid_.shadow()->published() : order.published();
        // By where the bytes are: a generic and a shared address of one word are the same.
        const auto where = reinterpret_cast<u64>(access.at[static_cast<std::size_t>(lane)]);
        if (kind != AccessKind::store)
            order.observe(published, where, warp.index(), lane, acquires);
        if (kind != AccessKind::load)
            order.publish(published, where, warp.index(), lane, releases,
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
