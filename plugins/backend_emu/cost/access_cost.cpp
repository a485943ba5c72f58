#include "cost/access_cost.hpp"

#include <algorithm>

namespace hone::emu {
namespace {

// Passes for lanes [first, last): the most distinct words asked of one bank.
u32 passes(const std::array<u64, lanes>& offset, LaneMask mask, u32 first, u32 last, u32 words) {
    std::array<u32, 32> word; // first one of each bank
    u32 seen = 0;
    bool conflict = false;
    for (u32 lane = first; lane < last; ++lane) {
        if (!(mask >> lane & 1)) continue;
        for (u32 i = 0; i < words; ++i) {
            const u32 at = static_cast<u32>(offset[lane] >> 2) + i, bank = at & 31;
            if (!(seen >> bank & 1)) {
                seen |= 1u << bank;
                word[bank] = at;
            } else {
                conflict |= word[bank] != at;
            }
        }
    }
    if (!conflict) return seen != 0;
    std::array<u32, lanes * 4> all;
    std::size_t count = 0;
    for (u32 lane = first; lane < last; ++lane)
        if (mask >> lane & 1)
            for (u32 i = 0; i < words; ++i) all[count++] = static_cast<u32>(offset[lane] >> 2) + i;
    std::sort(all.begin(), all.begin() + count);
    std::array<u32, 32> load{};
    u32 most = 0;
    for (std::size_t i = 0; i < count; ++i)
        if (i == 0 || all[i] != all[i - 1]) most = std::max(most, ++load[all[i] & 31]);
    return most;
}

} // namespace

u32 bank_conflict_cycles(const std::array<u64, lanes>& offset, LaneMask mask, u32 bytes) noexcept {
    const u32 words = std::max(1u, bytes / 4);
    const u32 groups = std::min(4u, words);
    u32 sum = 0;
    for (u32 group = 0; group < groups; ++group) {
        const u32 count =
            passes(offset, mask, group * lanes / groups, (group + 1) * lanes / groups, words);
        sum += count > 1 ? count - 1 : 0;
    }
    return sum;
}

u32 sectors(const std::array<u64, lanes>& address, LaneMask mask, u32 bytes) noexcept {
    std::array<u64, lanes * 2> found;
    std::size_t count = 0;
    u64 last = ~u64{0};
    for (u32 lane = 0; lane < lanes; ++lane) {
        if (!(mask >> lane & 1)) continue;
        for (u64 sector = address[lane] >> 5; sector <= (address[lane] + bytes - 1) >> 5;
             ++sector) {
            if (sector == last) continue;
            last = sector;
            if (std::find(found.begin(), found.begin() + count, sector) == found.begin() + count)
                found[count++] = sector;
        }
    }
    return static_cast<u32>(count);
}

} // namespace hone::emu
