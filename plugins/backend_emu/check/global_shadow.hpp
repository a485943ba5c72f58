// What is known of each byte of global memory within one launch: who wrote it last and who read it,
// of all blocks. Memory that no thread may write needs none of it.
#pragma once

#include "check/order.hpp"
#include "exec/access.hpp"
#include "mem/address_space.hpp"

#include <array>
#include <memory>
#include <unordered_map>
#include <vector>

namespace hone::emu {

class Cta;

class GlobalShadow {
  public:
    // Checks the lanes of `access.global` and enters them. A store's bytes are written lane by
    // lane, so that later lanes of the same instruction meet what earlier ones wrote.
    void access(Cta& cta, Order& order, Warp& warp, const Inst& inst, const Access& access,
                AccessKind kind, const std::array<const std::byte*, lanes>* staged);

    [[nodiscard]] Order::Published& published() noexcept { return published_; }

  private:
    struct Touch { // stamp 0: none
        u32 block = 0, stamp = 0, line = 0;
        u16 thread = 0;
        bool strong = false;
    };
    // Of several readers that nothing orders the first and the last are kept: a write that only one
    // between them races with is missed.
    struct Cell {
        Touch write, first_read, last_read;
    };
    static constexpr u32 page_bytes = 4096;
    struct Page {
        std::vector<Cell> cells; // per word, or per byte once an access was narrower
        bool bytes = false;
    };
    struct Actor {
        Cta& cta;
        Order& order;
        Warp& warp;
        const Inst& inst;
        const Allocation& allocation;
        Touch touch;
        AccessKind kind;
        u64 where; // address of its flag, if it is one
    };
    [[nodiscard]] Page& page(const Allocation& allocation, u64 offset, bool narrow);
    [[nodiscard]] static bool ordered(const Touch& before, const Actor& actor) noexcept;
    void load(Cell& cell, const Actor& actor, u64 offset) const;
    static void store(Cell& cell, const Actor& actor, u64 offset, bool changes);
    static void report_race(const Actor& actor, u64 offset, const Touch& before, const char* did);

    std::unordered_map<u64, std::vector<std::unique_ptr<Page>>> pages_; // by base
    u64 last_base_ = 0;
    std::vector<std::unique_ptr<Page>>* last_ = nullptr;
    Order::Published published_;
};

} // namespace hone::emu
