// What is known of each byte of shared memory: whether it was written, by whom last, who read it
// since, and whether a copy to it is under way. Kept per word, per byte where accesses are
// narrower.
#pragma once

#include "check/order.hpp"
#include "exec/access.hpp"
#include "exec/async_copies.hpp"

#include <vector>

namespace hone::emu {

class Cta;

class SharedShadow {
  public:
    SharedShadow(Cta& cta, u32 bytes, u32 threads);
    void start(u32 block); // nothing is written

    // Checks an access and enters it. A store's bytes are written lane by lane, so that later lanes
    // of the same instruction meet what earlier ones wrote.
    void access(Warp& warp, const Inst& inst, const Access& access, AccessKind kind,
                const std::array<const std::byte*, lanes>* staged);
    void async_begins(Warp& warp, const AsyncCopy& copy);
    void async_ends(Warp& warp, const AsyncCopy& copy, LaneMask mask);

    [[nodiscard]] Order& order() noexcept { return order_; }

  private:
    static constexpr u8 in_flight = 1, strong = 2, split = 4;
    struct Cell {
        u32 write_stamp = 0;
        u32 write_line = 0; // of the PTX text
        u32 read_stamp = 0; // one group of readers: lanes of a warp within one stamp
        u32 read_mask = 0;
        u32 read_line = 0;
        u16 write_thread = 0;
        u8 read_warp = 0;
        u8 flags = 0;
        u8 written = 0; // a bit per byte; of a byte cell, bit 0
        u32 more = 0;   // further groups of readers: index + 1 into read_sets_
        u32 bytes = 0;  // of a word that was split: index + 1 into byte_cells_
    };
    struct Readers {
        u32 stamp = 0, mask = 0, line = 0;
        u8 warp = 0;
    };
    struct Actor {
        Warp& warp;
        const Inst& inst;
        u32 thread, stamp, floor;
        AccessKind kind;
        bool strong;
    };
    void load(Cell& cell, const Actor& actor, u32 offset, u8 need);
    void load_slow(Cell& cell, const Actor& actor, u32 offset, u8 need);
    // `changes`: the bytes written differ from those that are there.
    void store(Cell& cell, const Actor& actor, u32 offset, u8 written, bool changes);
    void add_reader(Cell& cell, const Actor& actor);
    [[nodiscard]] bool readers_ordered(const Readers& readers, const Actor& actor) const;
    [[nodiscard]] bool unread(const Cell& cell, const Actor& actor, u32& line, u32& thread) const;
    Cell* split_cell(u32 word); // its four byte cells
    void report_race(const Actor& actor, u32 offset, u32 thread, u32 line, const char* did);
    void report(Rule rule, const Actor& actor, u32 offset, const char* what);

    Cta& cta_;
    std::vector<Cell> words_;
    std::vector<std::array<Cell, 4>> byte_cells_;
    std::vector<std::vector<Readers>> read_sets_;
    std::vector<u32> free_sets_;
    Order order_;
};

} // namespace hone::emu
