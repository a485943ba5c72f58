#include "check/order.hpp"

#include <algorithm>

namespace hone::emu {

Order::Order(u32 threads) : threads_(threads), stamps_((threads + lanes - 1) / lanes) {
    rows_.resize(stamps_.size() * lanes);
    start();
}

void Order::start() {
    auto row = std::make_shared<Row>();
    row->floor = time_;
    row->known.assign(rows_.size(), time_);
    ++time_;
    std::fill(rows_.begin(), rows_.end(), row);
    std::fill(stamps_.begin(), stamps_.end(), time_);
    flags_.clear();
    published_.clear();
}

Order::RowPointer Order::joined(const RowPointer& a, const RowPointer& b) const {
    if (!a || a == b) return b;
    if (!b) return a;
    auto made = std::make_shared<Row>(*a);
    made->floor = std::max(a->floor, b->floor);
    for (std::size_t i = 0; i < made->known.size(); ++i)
        made->known[i] = std::max(made->known[i], b->known[i]);
    return made;
}

void Order::join(const std::vector<Party>& parties) {
    auto made = std::make_shared<Row>();
    const Row* last = nullptr;
    u32 count = 0;
    for (const Party& party : parties)
        for (u32 lane = 0; lane < lanes; ++lane) {
            if (!(party.mask >> lane & 1)) continue;
            ++count;
            const Row* row = rows_[static_cast<u32>(party.warp) * lanes + lane].get();
            if (row == last) continue; // mostly the same one
            last = row;
            if (made->known.empty()) {
                *made = *row;
                continue;
            }
            made->floor = std::max(made->floor, row->floor);
            for (std::size_t i = 0; i < made->known.size(); ++i)
                made->known[i] = std::max(made->known[i], row->known[i]);
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

void Order::fence(int warp, LaneMask mask) {
    for (u32 lane = 0; lane < lanes; ++lane) {
        if (!(mask >> lane & 1)) continue;
        const u32 thread = static_cast<u32>(warp) * lanes + lane;
        Flags& flags = flags_[thread];
        if (flags.pending) rows_[thread] = joined(rows_[thread], flags.pending);
        flags.pending = nullptr;
        flags.released = with_own(thread);
    }
    tick(warp);
}

void Order::publish(u64 address, int warp, int lane, bool releases, bool keeps) {
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
    RowPointer& at = published_[address];
    at = keeps ? joined(at, row) : row;
}

void Order::observe(u64 address, int warp, int lane, bool acquires) {
    const auto found = published_.find(address);
    if (found == published_.end() || !found->second) return;
    const u32 thread = static_cast<u32>(warp) * lanes + static_cast<u32>(lane);
    if (acquires) {
        rows_[thread] = joined(rows_[thread], found->second);
        return;
    }
    RowPointer& pending = flags_[thread].pending;
    pending = joined(pending, found->second);
}

} // namespace hone::emu
