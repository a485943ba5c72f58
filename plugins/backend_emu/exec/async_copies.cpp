#include "exec/async_copies.hpp"

#include "exec/cta.hpp"

#include <fmt/format.h>

namespace hone::emu {

void AsyncCopies::start() {
    under_way_.clear();
    open_.fill(0);
}

void AsyncCopies::issue(Warp& warp, AsyncCopy copy) {
    copy.group = open_;
    warp.cta().async_begins(warp, copy);
    const Schedule::Kind kind = warp.cta().grid().options().schedule.kind;
    const bool now = kind == Schedule::Kind::eager ||
                     (kind == Schedule::Kind::seeded && (warp.cta().grid().random() & 1));
    if (now) land(warp, copy, copy.mask);
    under_way_.push_back(copy);
}

void AsyncCopies::land(Warp& warp, AsyncCopy& copy, LaneMask mask) {
    mask &= ~copy.landed;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
        if (!(mask >> lane & 1)) continue;
        std::byte* to = warp.cta().shared(copy.to[lane]);
        const u32 bytes = copy.from[lane] ? copy.from_bytes[lane] : 0;
        if (bytes) std::memcpy(to, copy.from[lane], bytes);
        std::memset(to + bytes, 0, copy.bytes - bytes);
    }
    copy.landed |= mask;
    warp.cta().grid().had_effect();
}

void AsyncCopies::complete(Warp& warp, AsyncCopy& copy, LaneMask mask) {
    land(warp, copy, mask);
    warp.cta().async_ends(warp, copy, mask);
    copy.mask &= ~mask;
}

void AsyncCopies::commit(LaneMask mask) {
    for (std::size_t lane = 0; lane < lanes; ++lane) open_[lane] += mask >> lane & 1;
}

void AsyncCopies::wait(Warp& warp, LaneMask mask, u32 pending) {
    for (AsyncCopy& copy : under_way_) {
        LaneMask done = 0;
        for (std::size_t lane = 0; lane < lanes; ++lane)
            done |= static_cast<LaneMask>(u64{copy.group[lane]} + pending < open_[lane]) << lane;
        done &= mask & copy.mask;
        if (done) complete(warp, copy, done);
    }
    while (!under_way_.empty() && under_way_.front().mask == 0) under_way_.pop_front();
}

void AsyncCopies::wait_all(Warp& warp, LaneMask mask) {
    for (AsyncCopy& copy : under_way_)
        if (const LaneMask done = mask & copy.mask) complete(warp, copy, done);
    while (!under_way_.empty() && under_way_.front().mask == 0) under_way_.pop_front();
}

void AsyncCopies::end(Warp& warp, LaneMask mask) {
    for (AsyncCopy& copy : under_way_) {
        const LaneMask left = mask & copy.mask;
        if (!left) continue;
        warp.cta().reports().add(Rule::async_not_waited, *copy.code, *copy.inst, [&] {
            return fmt::format("{} warp {}: {} ended with this copy under way", warp.cta().name(),
                               warp.index(), lanes_text(left));
        });
        complete(warp, copy, left);
    }
}

} // namespace hone::emu
