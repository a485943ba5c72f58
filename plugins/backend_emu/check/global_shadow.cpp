#include "check/global_shadow.hpp"

#include "exec/cta.hpp"
#include "exec/flags.hpp"
#include "report/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace hone::emu {

bool GlobalShadow::ordered(const Touch& before, const Actor& actor) noexcept {
    if (before.stamp == 0) return true;
    if (before.block == actor.touch.block)
        return actor.order.ordered(before.stamp, before.thread, actor.touch.thread);
    return actor.order.ordered_from(before.block, before.stamp, before.thread, actor.touch.thread);
}

void GlobalShadow::report_race(const Actor& actor, u64 offset, const Touch& before,
                               const char* did) {
    actor.warp.report(Rule::race, actor.inst, [&] {
        Grid& grid = actor.cta.grid();
        const auto name = [](u32 thread) {
            return thread_name(static_cast<int>(thread / lanes), static_cast<int>(thread % lanes));
        };
        return fmt::format("{} {} {} byte {} of {} ({} bytes), which {} {} {} at {}, and nothing "
                           "orders the two",
                           actor.cta.name(), name(actor.touch.thread),
                           actor.kind == AccessKind::load ? "reads" : "writes", offset,
                           actor.allocation.name, actor.allocation.bytes,
                           grid.block_name(before.block), name(before.thread), did,
                           grid.place_text(before.line));
    });
}

void GlobalShadow::load(Cell& cell, const Actor& actor, u64 offset) const {
    const bool both_strong = actor.touch.strong && cell.write.strong;
    // A flag that was acquired may be read by ordinary loads too.
    const auto acquired = [&] {
        return cell.write.strong && actor.order.acquired(published_, actor.where, cell.write.block,
                                                         cell.write.thread, actor.touch.thread);
    };
    if (!both_strong && !ordered(cell.write, actor) && !acquired())
        report_race(actor, offset, cell.write, "wrote");
    if (actor.touch.strong) return;
    if (ordered(cell.first_read, actor)) cell.first_read = actor.touch;
    cell.last_read = actor.touch;
}

void GlobalShadow::store(Cell& cell, const Actor& actor, u64 offset, bool changes) {
    const bool both_strong = actor.touch.strong && cell.write.strong;
    if (changes && !both_strong && !ordered(cell.write, actor))
        report_race(actor, offset, cell.write, "wrote");
    else if (changes && !ordered(cell.first_read, actor))
        report_race(actor, offset, cell.first_read, "read");
    else if (changes && !ordered(cell.last_read, actor))
        report_race(actor, offset, cell.last_read, "read");
    cell.write = actor.touch;
    cell.first_read = cell.last_read = {};
}

GlobalShadow::Page& GlobalShadow::page(const Allocation& allocation, u64 offset, bool narrow) {
    if (!last_ || last_base_ != allocation.base) {
        last_ = &pages_[allocation.base];
        last_base_ = allocation.base;
        last_->resize((allocation.bytes + page_bytes - 1) / page_bytes);
    }
    auto& found = (*last_)[offset / page_bytes];
    if (!found) {
        found = std::make_unique<Page>();
        found->bytes = narrow;
        found->cells.resize(narrow ? page_bytes : page_bytes / 4);
    }
    if (narrow && !found->bytes) {
        std::vector<Cell> cells(page_bytes);
        for (u32 i = 0; i < page_bytes; ++i) cells[i] = found->cells[i / 4];
        found->cells = std::move(cells);
        found->bytes = true;
    }
    return *found;
}

void GlobalShadow::access(Cta& cta, Order& order, Warp& warp, const Inst& inst,
                          const Access& access, AccessKind kind,
                          const std::array<const std::byte*, lanes>* staged) {
    const u32 stamp = order.stamp(warp.index());
    const bool strong = (inst.flags & inst_flag::strong) != 0;
    for (u32 lane = 0; lane < lanes; ++lane) {
        if (!(access.global >> lane & 1)) continue;
        const Allocation& allocation = *access.allocation[lane];
        const u32 thread = static_cast<u32>(warp.index()) * lanes + lane;
        const Actor actor{
            cta,        order,
            warp,       inst,
            allocation, {order.block(), stamp, inst.line, static_cast<u16>(thread), strong},
            kind,       reinterpret_cast<u64>(access.at[lane])};
        const u64 first = access.address[lane] - allocation.base;
        std::byte* memory = access.at[lane];
        const std::byte* values = staged ? (*staged)[lane] : nullptr;
        const bool narrow = access.bytes % 4 != 0 || first % 4 != 0;
        for (u32 done = 0; done < access.bytes;) {
            const u64 offset = first + done;
            Page& cells = page(allocation, offset, narrow);
            const u32 width = cells.bytes ? 1 : 4;
            Cell& cell = cells.cells[offset % page_bytes / width];
            if (kind == AccessKind::load)
                load(cell, actor, offset);
            else
                store(cell, actor, offset,
                      !values || std::memcmp(memory + done, values + done, width) != 0);
            done += width;
        }
        if (values) std::memcpy(memory, values, access.bytes);
    }
}

} // namespace hone::emu
