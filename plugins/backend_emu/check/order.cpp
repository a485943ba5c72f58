#include "check/order.hpp"

#include <algorithm>

namespace hone::emu {

Order::Order(u32 threads) : threads_(threads), stamps_((threads + lanes - 1) / lanes) {
    rows_.resize(stamps_.size() * lanes);
    start(0);
}

void Order::start(u32 block) {
    block_ = block;
    auto row = std::make_shared<Row>();
    row->floor = time_;
    row->known.assign(rows_.size(), time_);
    ++time_;
    std::fill(rows_.begin(), rows_.end(), row);
    std::fill(stamps_.begin(), stamps_.end(), time_);
    flags_.clear();
    published_.clear();
}

void Order::merge(Rows& into, const Rows& from) {
    for (const auto& [block, row] : from) {
        RowPointer& at = into[block];
        at = joined(at, row);
    }
}

void Order::merge(Row& into, const Row& from) {
    into.floor = std::max(into.floor, from.floor);
    for (std::size_t i = 0; i < into.known.size(); ++i)
        into.known[i] = std::max(into.known[i], from.known[i]);
    if (!from.others || from.others == into.others) return;
    if (!into.others) {
        into.others = from.others;
        return;
    }
    auto both = std::make_shared<Rows>(*into.others);
    merge(*both, *from.others);
    into.others = std::move(both);
}

Order::RowPointer Order::joined(const RowPointer& a, const RowPointer& b) {
    if (!a || a == b) return b;
    if (!b) return a;
    auto made = std::make_shared<Row>(*a);
    merge(*made, *b);
    return made;
}

bool Order::ordered_from(u32 block, u32 stamp, u32 thread, u32 by) const noexcept {
    const Row& mine = *rows_[by];
    if (!mine.others) return false;
    const auto found = mine.others->find(block);
    return found != mine.others->end() &&
           (stamp <= found->second->floor || stamp <= found->second->known[thread]);
}

void Order::join(const std::vector<Party>& parties) {
    auto made = std::make_shared<Row>();
    const Row* last = nullptr;
    u32 count = 0;
    for (const Party& party : parties)
        for (u32 lane = 0; lane < lanes; ++lane) {
            if (!(party.mask >> lane & 1)) continue;
            ++count;
            const u32 thread = static_cast<u32>(party.warp) * lanes + lane;
            learn_pending(thread);
            const Row* row = rows_[thread].get();
            if (row == last) continue; // mostly the same one
            last = row;
            if (made->known.empty()) {
                *made = *row;
                continue;
            }
            merge(*made, *row);
        }
    if (made->known.empty()) return;
    for (const Party& party : parties)
        for (u32 lane = 0; lane < lanes; ++lane)
            if (party.mask >> lane & 1)
                made->known[static_cast<u32>(party.warp) * lanes + lane] =
                    stamps_[static_cast<u32>(party.warp)];
    if (count == threads_) made->floor = time_;
    for (const Party& party : parties) {
        if (party.waits)
            for (u32 lane = 0; lane < lanes; ++lane)
                if (party.mask >> lane & 1)
                    rows_[static_cast<u32>(party.warp) * lanes + lane] = made;
        tick(party.warp);
    }
}

Order::RowPointer Order::with_own(u32 thread) const {
    auto made = std::make_shared<Row>(*rows_[thread]);
    made->known[thread] = stamps_[thread / lanes];
    return made;
}

void Order::learn(u32 thread, const Rows& rows) {
    auto made = std::make_shared<Row>(*rows_[thread]);
    auto others = std::make_shared<Rows>();
    if (made->others) *others = *made->others;
    for (const auto& [block, row] : rows) {
        if (block == block_) {
            merge(*made, *row);
            continue;
        }
        RowPointer& at = (*others)[block];
        at = joined(at, row);
        if (row->others) merge(*others, *row->others); // what that block had learnt
    }
    others->erase(block_);
    if (made->others) merge(*others, *made->others);
    if (!others->empty()) made->others = std::move(others);
    rows_[thread] = std::move(made);
}

void Order::learn_pending(u32 thread) {
    if (flags_.empty()) return;
    const auto flags = flags_.find(thread);
    if (flags == flags_.end() || flags->second.pending.empty()) return;
    learn(thread, flags->second.pending);
    flags->second.pending.clear();
}

void Order::fence(int warp, LaneMask mask) {
    for (u32 lane = 0; lane < lanes; ++lane) {
        if (!(mask >> lane & 1)) continue;
        const u32 thread = static_cast<u32>(warp) * lanes + lane;
        learn_pending(thread);
        flags_[thread].released = with_own(thread);
    }
    tick(warp);
}

void Order::publish(Published& published, u64 address, int warp, int lane, bool releases,
                    bool keeps) {
    const u32 thread = static_cast<u32>(warp) * lanes + static_cast<u32>(lane);
    RowPointer row;
    if (releases) {
        row = with_own(thread);
        tick(warp);
    } else if (const auto flags = flags_.find(thread); flags != flags_.end()) {
        row = flags->second.released;
    }
    // An update keeps what others published; a plain write does not.
    if (!row && keeps) return;
    Rows& at = published[address];
    if (!keeps) at.clear();
    if (!row) return;
    RowPointer& own = at[block_];
    own = joined(own, row);
}

bool Order::acquired(const Published& published, u64 address, u32 block, u32 thread,
                     u32 by) const noexcept {
    const auto found = published.find(address);
    if (found == published.end()) return false;
    const auto row = found->second.find(block);
    if (row == found->second.end() || !row->second) return false;
    const u32 released = row->second->known[thread];
    return block == block_ ? ordered(released, thread, by)
                           : ordered_from(block, released, thread, by);
}

void Order::observe(const Published& published, u64 address, int warp, int lane, bool acquires) {
    const auto found = published.find(address);
    if (found == published.end() || found->second.empty()) return;
    const u32 thread = static_cast<u32>(warp) * lanes + static_cast<u32>(lane);
    if (acquires)
        learn(thread, found->second);
    else
        merge(flags_[thread].pending, found->second);
}

} // namespace hone::emu
