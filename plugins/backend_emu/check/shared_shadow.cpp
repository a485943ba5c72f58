#include "check/shared_shadow.hpp"

#include "exec/cta.hpp"
#include "exec/flags.hpp"
#include "mem/windows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace hone::emu {

SharedShadow::SharedShadow(Cta& cta, u32 bytes, u32 threads)
    : cta_(cta), words_((bytes + 3) / 4), order_(threads) {}

void SharedShadow::start(u32 block) {
    std::fill(words_.begin(), words_.end(), Cell{});
    byte_cells_.clear();
    read_sets_.clear();
    free_sets_.clear();
    order_.start(block);
}

void SharedShadow::report(Rule rule, const Actor& actor, u32 offset, const char* what) {
    actor.warp.report(rule, actor.inst, [&] {
        return fmt::format("{} {} {} {}: {}", cta_.name(),
                           thread_name(static_cast<int>(actor.thread / lanes),
                                       static_cast<int>(actor.thread % lanes)),
                           actor.kind == AccessKind::load ? "reads" : "writes",
                           cta_.describe_shared(offset), what);
    });
}

void SharedShadow::report_race(const Actor& actor, u32 offset, u32 thread, u32 line,
                               const char* did) {
    actor.warp.report(Rule::race, actor.inst, [&] {
        return fmt::format(
            "{} {} {} {}, which {} {} at {}, and nothing orders the two", cta_.name(),
            thread_name(static_cast<int>(actor.thread / lanes),
                        static_cast<int>(actor.thread % lanes)),
            actor.kind == AccessKind::load ? "reads" : "writes", cta_.describe_shared(offset),
            thread_name(static_cast<int>(thread / lanes), static_cast<int>(thread % lanes)), did,
            cta_.grid().place_text(line));
    });
}

bool SharedShadow::readers_ordered(const Readers& readers, const Actor& actor) const {
    if (readers.stamp <= actor.floor) return true;
    for (LaneMask left = readers.mask; left; left &= left - 1) {
        const u32 reader = readers.warp * u32{lanes} + static_cast<u32>(std::countr_zero(left));
        if (!order_.ordered(readers.stamp, reader, actor.thread)) return false;
    }
    return true;
}

void SharedShadow::add_reader(Cell& cell, const Actor& actor) {
    const u32 bit = 1u << (actor.thread % lanes);
    const auto warp = static_cast<u8>(actor.thread / lanes);
    if (cell.read_warp == warp && cell.read_stamp == actor.stamp && cell.read_mask) {
        cell.read_mask |= bit;
        return;
    }
    const Readers first{cell.read_stamp, cell.read_mask, cell.read_line, cell.read_warp};
    const bool replace = !cell.read_mask || readers_ordered(first, actor);
    std::vector<Readers>* set = cell.more ? &read_sets_[cell.more - 1] : nullptr;
    if (!replace) {
        if (!set) {
            if (free_sets_.empty()) {
                read_sets_.emplace_back();
                free_sets_.push_back(static_cast<u32>(read_sets_.size()));
            }
            cell.more = free_sets_.back();
            free_sets_.pop_back();
            set = &read_sets_[cell.more - 1];
            set->clear();
        }
        for (Readers& known : *set)
            if (known.warp == warp && known.stamp == actor.stamp) {
                known.mask |= bit;
                return;
            }
        std::erase_if(*set, [&](const Readers& r) { return readers_ordered(r, actor); });
        set->push_back(first);
    }
    cell.read_warp = warp;
    cell.read_stamp = actor.stamp;
    cell.read_mask = bit;
    cell.read_line = actor.inst.line;
}

void SharedShadow::load_slow(Cell& cell, const Actor& actor, u32 offset, u8 need) {
    if (cell.flags & in_flight)
        return report(Rule::async_in_flight, actor, offset,
                      "a copy to it is under way and was not waited for");
    if ((cell.written & need) != need)
        report(Rule::uninitialised_read, actor, offset, "it was never written");
    else if (cell.write_stamp > actor.floor && !(actor.strong && (cell.flags & strong)) &&
             !order_.ordered(cell.write_stamp, cell.write_thread, actor.thread))
        report_race(actor, offset, cell.write_thread, cell.write_line, "wrote it");
    if (!actor.strong) add_reader(cell, actor);
}

void SharedShadow::load(Cell& cell, const Actor& actor, u32 offset, u8 need) {
    const bool quiet = !(cell.flags & in_flight) && (cell.written & need) == need &&
                       cell.write_stamp <= actor.floor;
    if (!quiet || cell.read_stamp != actor.stamp || cell.read_warp != actor.thread / lanes)
        return load_slow(cell, actor, offset, need);
    cell.read_mask |= 1u << (actor.thread % lanes);
}

bool SharedShadow::unread(const Cell& cell, const Actor& actor, u32& line, u32& thread) const {
    const auto check = [&](const Readers& readers) {
        if (readers.stamp <= actor.floor) return true;
        for (LaneMask left = readers.mask; left; left &= left - 1) {
            const u32 reader = readers.warp * u32{lanes} + static_cast<u32>(std::countr_zero(left));
            if (order_.ordered(readers.stamp, reader, actor.thread)) continue;
            line = readers.line;
            thread = reader;
            return false;
        }
        return true;
    };
    if (cell.read_mask && !check({cell.read_stamp, cell.read_mask, cell.read_line, cell.read_warp}))
        return false;
    if (cell.more)
        for (const Readers& readers : read_sets_[cell.more - 1])
            if (!check(readers)) return false;
    return true;
}

void SharedShadow::store(Cell& cell, const Actor& actor, u32 offset, u8 written, bool changes) {
    u32 line = 0, thread = 0;
    if (cell.flags & in_flight) {
        report(Rule::async_in_flight, actor, offset,
               "a copy to it is under way and was not waited for");
    } else if (cell.write_stamp > actor.floor && changes &&
               !(actor.strong && (cell.flags & strong)) &&
               !order_.ordered(cell.write_stamp, cell.write_thread, actor.thread)) {
        report_race(actor, offset, cell.write_thread, cell.write_line, "wrote it");
    } else if (!unread(cell, actor, line, thread)) {
        report_race(actor, offset, thread, line, "read it");
    }
    // An update reads what it changes.
    if (actor.kind == AccessKind::atomic && (cell.written & written) != written)
        report(Rule::uninitialised_read, actor, offset, "it was never written");
    cell.write_stamp = actor.stamp;
    cell.write_thread = static_cast<u16>(actor.thread);
    cell.write_line = actor.inst.line;
    cell.written |= written;
    cell.flags =
        static_cast<u8>((cell.flags & ~(in_flight | strong)) | (actor.strong ? strong : 0));
    cell.read_mask = 0;
    cell.read_stamp = 0;
    if (cell.more) {
        free_sets_.push_back(cell.more);
        cell.more = 0;
    }
}

SharedShadow::Cell* SharedShadow::split_cell(u32 word) {
    Cell& cell = words_[word];
    if (!(cell.flags & split)) {
        if (!cell.bytes) {
            byte_cells_.emplace_back();
            cell.bytes = static_cast<u32>(byte_cells_.size());
        }
        std::array<Cell, 4>& bytes = byte_cells_[cell.bytes - 1];
        for (u32 i = 0; i < 4; ++i) {
            bytes[i] = cell;
            bytes[i].written = cell.written >> i & 1;
            bytes[i].bytes = 0;
            bytes[i].more = 0;
            if (cell.more) { // every byte has its own set of readers
                read_sets_.push_back(read_sets_[cell.more - 1]);
                bytes[i].more = static_cast<u32>(read_sets_.size());
            }
        }
        if (cell.more) free_sets_.push_back(cell.more);
        cell.more = 0;
        cell.flags |= split;
    }
    return byte_cells_[cell.bytes - 1].data();
}

void SharedShadow::access(Warp& warp, const Inst& inst, const Access& access, AccessKind kind,
                          const std::array<const std::byte*, lanes>* staged) {
    const u32 stamp = order_.stamp(warp.index());
    const bool is_load = kind == AccessKind::load;
    for (u32 lane = 0; lane < lanes; ++lane) {
        if (!(access.shared >> lane & 1)) continue;
        const u32 thread = static_cast<u32>(warp.index()) * lanes + lane;
        const Actor actor{warp,
                          inst,
                          thread,
                          stamp,
                          order_.floor(thread),
                          kind,
                          (inst.flags & inst_flag::strong) != 0};
        const u32 first = static_cast<u32>(access.address[lane]) - shared_base;
        std::byte* memory = access.at[lane];
        const std::byte* values = staged ? (*staged)[lane] : nullptr;
        for (u32 done = 0; done < access.bytes;) {
            const u32 at = first + done, word = at / 4;
            const u32 offset = at + shared_base;
            const bool whole = access.bytes >= 4;
            if (whole && !(words_[word].flags & split)) {
                if (is_load)
                    load(words_[word], actor, offset, 15);
                else
                    store(words_[word], actor, offset, 15,
                          !values || std::memcmp(memory + done, values + done, 4) != 0);
                done += 4;
                continue;
            }
            Cell* bytes = split_cell(word);
            const u32 count = std::min(access.bytes - done, 4 - at % 4);
            for (u32 i = 0; i < count; ++i) {
                Cell& cell = bytes[at % 4 + i];
                if (is_load)
                    load(cell, actor, offset + i, 1);
                else
                    store(cell, actor, offset + i, 1,
                          !values || memory[done + i] != values[done + i]);
            }
            done += count;
        }
        if (values) std::memcpy(memory, values, access.bytes);
    }
}

void SharedShadow::async_begins(Warp& warp, const AsyncCopy& copy) {
    const u32 stamp = order_.stamp(warp.index());
    for (u32 lane = 0; lane < lanes; ++lane) {
        if (!(copy.mask >> lane & 1)) continue;
        const u32 thread = static_cast<u32>(warp.index()) * lanes + lane;
        const Actor actor{warp, *copy.inst, thread, stamp, order_.floor(thread), AccessKind::store,
                          false};
        for (u32 done = 0; done < copy.bytes; done += 4) {
            const u32 word = (copy.to[lane] - shared_base + done) / 4;
            const bool bytes = words_[word].flags & split;
            Cell* cells = bytes ? split_cell(word) : &words_[word];
            for (u32 i = 0; i < (bytes ? 4u : 1u); ++i) {
                store(cells[i], actor, copy.to[lane] + done + i, 0, true);
                cells[i].flags |= in_flight;
            }
        }
    }
}

void SharedShadow::async_ends(Warp& warp, const AsyncCopy& copy, LaneMask mask) {
    const u32 stamp = order_.stamp(warp.index());
    for (u32 lane = 0; lane < lanes; ++lane) {
        if (!(mask >> lane & 1)) continue;
        const u32 thread = static_cast<u32>(warp.index()) * lanes + lane;
        for (u32 done = 0; done < copy.bytes; done += 4) {
            const u32 word = (copy.to[lane] - shared_base + done) / 4;
            const bool bytes = words_[word].flags & split;
            Cell* cells = bytes ? split_cell(word) : &words_[word];
            for (u32 i = 0; i < (bytes ? 4u : 1u); ++i) {
                Cell& cell = cells[i];
                cell.flags &= static_cast<u8>(~in_flight);
                cell.written = bytes ? 1 : 15;
                cell.write_stamp = stamp;
                cell.write_thread = static_cast<u16>(thread);
                cell.write_line = copy.inst->line;
            }
        }
    }
}

} // namespace hone::emu
