#include "family.hpp"
#include "packed_layout.hpp"

#include <algorithm>
#include <array>

namespace hone::gemm_cpu {
namespace {

bool wide(const Machine& machine) { return machine.registers >= 32; }

// Widths are in vectors. A tile of `rows` x `vectors` keeps that many sums in registers.
Tuning outer(const Machine& machine, std::int64_t rows, std::int64_t vectors) {
    Tuning tuning;
    tuning.vl = machine.vector_floats;
    tuning.mr = rows;
    tuning.nr = vectors * tuning.vl;
    tuning.ku = 4;
    tuning.mc = 384;
    tuning.nc = 1024;
    tuning.kc = 512;
    return tuning;
}

// Whether guesses use pairs; of a prepared B its layout says so.
bool pairs(const Gemm& gemm, const Machine& machine) {
    if (const auto layout = PackedLayout::parse(gemm.b_layout)) return layout->pairs;
    return pairs_are_exact(gemm, machine);
}

// Both operands packed: for large extents. Panels of A stay in L1, those of B stream by.
Tuning packed(const Gemm& gemm, const Machine& machine, std::int64_t rows, std::int64_t vectors) {
    Tuning tuning = outer(machine, rows, vectors);
    tuning.pairs = pairs(gemm, machine);
    if (tuning.pairs) tuning.kc *= 2; // as many entries
    tuning.pack_a = tuning.pack_b = true;
    tuning.panels = b_transposed(gemm.layout) ? 1 : 4;
    tuning.rows_inside = false;
    tuning.prefetch_d = 1;
    return tuning;
}

// B read in place, its next panel fetched ahead: where packing it does not pay.
Tuning in_place(const Gemm& gemm, const Machine& machine, std::int64_t rows, std::int64_t vectors,
                std::int64_t kc) {
    Tuning tuning = outer(machine, rows, vectors);
    tuning.pack_a = a_transposed(gemm.layout);
    tuning.nc = 4096;
    tuning.kc = kc;
    tuning.prefetch_b = 1;
    return tuning;
}

// B read in place, the next block of it fetched along its rows while a block is multiplied: where B
// comes from memory and few rows use it.
Tuning streamed(const Gemm& gemm, Tuning tuning) {
    const std::int64_t tiles = (gemm.m + tuning.mr - 1) / tuning.mr;
    // As many lines as a loop of few steps uses up: fetched in bursts, they hold up loads.
    const auto lines = [&](std::int64_t steps) {
        return (steps * tuning.nr * bytes(gemm.b, 1) + 64 * tiles - 1) / (64 * tiles);
    };
    tuning.ku = lines(2) > 1 ? 2 : 4;
    tuning.fetch = cover(listed::fetch, lines(tuning.ku));
    return tuning;
}

// Of one or two rows: a few rows of B at once, all columns.
Tuning streamed_rows(const Gemm& gemm, const Machine& machine, std::int64_t vectors,
                     std::int64_t kc) {
    Tuning tuning = outer(machine, gemm.m, vectors);
    tuning.pack_a = a_transposed(gemm.layout);
    tuning.nc = 16384;
    tuning.kc = kc;
    return streamed(gemm, tuning);
}

// Of more: two blocks and the sums of one share L2. The more rows there are, the more the sums that
// go to L2 and back weigh against B.
Tuning streamed_blocks(const Gemm& gemm, const Machine& machine) {
    const std::int64_t most = wide(machine) ? 8 : 4;
    const std::int64_t tiles = (gemm.m + most - 1) / most;
    const std::int64_t rows = cover(listed::mr, (gemm.m + tiles - 1) / tiles);
    Tuning tuning = outer(machine, rows, rows * 4 + 5 <= machine.registers ? 4 : 3);
    tuning.pack_a = true;
    tuning.kc = gemm.m <= 8 ? 64 : gemm.m <= 16 ? 128 : 256;
    tuning.nc = gemm.m <= 8 ? 1024 : 512;
    return streamed(gemm, tuning);
}

Tuning dot(const Gemm& gemm, const Machine& machine, std::int64_t rows, std::int64_t columns) {
    Tuning tuning = outer(machine, rows, 1);
    tuning.mode = Mode::dot;
    // Rounding whole numbers to bf16 anew for every row takes longer than it saves.
    tuning.pairs = pairs(gemm, machine) && gemm.b == DType::bf16;
    tuning.nr = columns;
    tuning.ku = 1;
    // Not used, and always in the space.
    tuning.pack_a = tuning.pack_b = true;
    return tuning;
}

// B prepared beforehand: tiles are as wide as its panels.
Tuning prepared(const Gemm& gemm, const Machine& machine, const PackedLayout& layout,
                std::int64_t most_rows) {
    const std::int64_t vectors = layout.nr / machine.vector_floats;
    const std::int64_t fit = std::min(most_rows, (machine.registers - 1 - vectors) / vectors);
    std::int64_t rows = 1;
    for (const std::int64_t listed : listed::mr)
        if (listed <= fit) rows = listed;
    Tuning tuning = outer(machine, rows, vectors);
    tuning.pairs = layout.pairs;
    // Long panels of B stay in L2 while rows go by.
    tuning.kc = 1024;
    tuning.mc = 192;
    tuning.rows_inside = true;
    tuning.pack_a = layout.pairs || a_transposed(gemm.layout) || rows > 8;
    tuning.prefetch_d = 1;
    return tuning;
}

struct Tile {
    std::int64_t rows, vectors;
};

// The tile with the least work in padding; among equals, with the fewest loads per product.
Tile best_tile(const Gemm& gemm, const Machine& machine, std::int64_t most_rows) {
    constexpr std::array with_32_registers{Tile{12, 2}, Tile{14, 2}, Tile{10, 2}, Tile{8, 3},
                                           Tile{8, 2},  Tile{6, 4},  Tile{4, 6},  Tile{4, 4}};
    constexpr std::array with_16_registers{Tile{6, 2}, Tile{5, 2}, Tile{4, 3},
                                           Tile{4, 2}, Tile{3, 3}, Tile{2, 4}};
    const std::span<const Tile> tiles =
        wide(machine) ? std::span<const Tile>(with_32_registers) : with_16_registers;
    const auto padded = [](std::int64_t extent, std::int64_t size) {
        const std::int64_t whole = (extent + size - 1) / size * size;
        return static_cast<double>(whole);
    };
    const auto cost = [&](const Tile& tile) {
        const double loads = static_cast<double>(tile.rows + tile.vectors) /
                             static_cast<double>(tile.rows * tile.vectors);
        return padded(gemm.m, tile.rows) * padded(gemm.n, tile.vectors * machine.vector_floats) *
               (1 + 0.2 * loads);
    };
    Tile best = wide(machine) ? Tile{8, 3} : Tile{4, 3};
    for (const Tile& tile : tiles)
        if (tile.rows <= most_rows && cost(tile) < cost(best)) best = tile;
    return best;
}

// Inside the values that make different blocks for these extents.
Tuning fitted(const Gemm& gemm, Tuning tuning) {
    tuning.mr = std::min(tuning.mr, cover(listed::mr, gemm.m));
    tuning.mc = std::min(tuning.mc, cover(listed::mc, gemm.m));
    tuning.nc = std::min(tuning.nc, cover(listed::nc, gemm.n));
    tuning.kc = std::min(tuning.kc, cover(listed::kc, steps_covered(gemm)));
    return tuning;
}

std::vector<Tuning> guesses_for_few_rows(const Gemm& gemm, const Machine& machine) {
    std::vector<Tuning> guesses;
    if (gemm.layout == Layout::nt) {
        if (gemm.m <= 2) {
            guesses.push_back(dot(gemm, machine, gemm.m, wide(machine) ? 8 : 4));
            guesses.push_back(dot(gemm, machine, gemm.m, wide(machine) ? 4 : 2));
        } else {
            guesses.push_back(wide(machine) ? dot(gemm, machine, 4, 6) : dot(gemm, machine, 3, 3));
            guesses.push_back(wide(machine) ? dot(gemm, machine, 6, 4) : dot(gemm, machine, 4, 2));
            if (wide(machine)) guesses.push_back(dot(gemm, machine, 5, 4));
        }
        for (Tuning& guess : guesses) guess.prefetch_b = 1;
        return guesses;
    }
    if (gemm.m <= 2) {
        // Vectors of B and one of A are in registers beside the sums.
        const std::int64_t fit = (machine.registers - 1) / (gemm.m + 1);
        guesses.push_back(streamed_rows(gemm, machine, fit < 6 || wide(machine) ? 4 : 6, 8));
        guesses.push_back(streamed_rows(gemm, machine, std::min(fit, wide(machine) ? 8L : 4L), 4));
        return guesses;
    }
    guesses.push_back(streamed_blocks(gemm, machine));
    for (const std::int64_t kc : {16, 64})
        guesses.push_back(in_place(gemm, machine, wide(machine) ? 8 : 4, 3, kc));
    return guesses;
}

} // namespace

Tuning shape_generic(const Gemm& gemm, const Machine& machine) {
    if (const auto layout = PackedLayout::parse(gemm.b_layout)) {
        Tuning tuning = prepared(gemm, machine, *layout, 14);
        tuning.mode = Mode::generic;
        return tuning;
    }
    Tuning tuning = wide(machine) ? packed(gemm, machine, 12, 2) : packed(gemm, machine, 6, 2);
    tuning.mode = Mode::generic;
    return tuning;
}

std::optional<FewRows> few_rows(const Gemm& gemm, const Machine& machine) {
    if (const auto layout = PackedLayout::parse(gemm.b_layout))
        return FewRows{prepared(gemm, machine, *layout, 4), 4};
    switch (gemm.layout) {
    case Layout::nt:
        return FewRows{wide(machine) ? dot(gemm, machine, 4, 6) : dot(gemm, machine, 3, 3), 64};
    case Layout::nn:
    case Layout::tn:
        return FewRows{in_place(gemm, machine, wide(machine) ? 8 : 4, 3, 64), pairs(gemm, machine)
                                                                                  ? 32
                                                                              : wide(machine) ? 256
                                                                                              : 64};
    case Layout::tt:
        break; // B must be packed, which costs the same whatever m is
    }
    return std::nullopt;
}

std::vector<Tuning> first_guesses(const Gemm& gemm, const Machine& machine) {
    std::vector<Tuning> guesses;
    if (const auto layout = PackedLayout::parse(gemm.b_layout)) {
        guesses = {prepared(gemm, machine, *layout, 14), prepared(gemm, machine, *layout, 8),
                   prepared(gemm, machine, *layout, gemm.m)};
        // The next panel comes from memory while few rows go by.
        guesses.push_back(streamed(gemm, guesses[1]));
        guesses.push_back(streamed(gemm, guesses[2]));
    } else if (gemm.m <= 16 && gemm.layout != Layout::tt) {
        guesses = guesses_for_few_rows(gemm, machine);
    } else {
        const Tile low = best_tile(gemm, machine, 8), any = best_tile(gemm, machine, 14);
        const std::int64_t largest = std::max({gemm.m, gemm.n, gemm.k});
        const bool in_place_wins = !pairs(gemm, machine) && !b_transposed(gemm.layout) &&
                                   (gemm.m <= 256 || gemm.k <= 64 || largest <= 512);
        if (in_place_wins) {
            guesses.push_back(in_place(gemm, machine, low.rows, low.vectors, 256));
            guesses.push_back(in_place(gemm, machine, low.rows, low.vectors, 64));
            if (gemm.m <= 256) guesses.push_back(streamed_blocks(gemm, machine));
        }
        if (gemm.layout == Layout::nt && gemm.m <= 128)
            guesses.push_back(wide(machine) ? dot(gemm, machine, 4, 6) : dot(gemm, machine, 3, 3));
        const Tuning best = packed(gemm, machine, any.rows, any.vectors);
        guesses.push_back(best);
        guesses.push_back(wide(machine) ? packed(gemm, machine, 12, 2)
                                        : packed(gemm, machine, 6, 2));
        // Long panels of B in L2, rows go by.
        Tuning long_panels = wide(machine) ? packed(gemm, machine, 8, 3) : best;
        long_panels.kc = 1024;
        long_panels.mc = 192;
        long_panels.rows_inside = true;
        guesses.push_back(long_panels);
        // All of A's rows packed for a block of k, B a few panels at a time.
        Tuning keep_a = long_panels;
        keep_a.keep_a = true;
        keep_a.rows_inside = false;
        keep_a.kc = 384;
        keep_a.mc = 1536;
        keep_a.nc = 256;
        guesses.push_back(keep_a);
        // And all columns at once, so that B streams through the nearer caches.
        keep_a.mc = 768;
        keep_a.nc = 4096;
        keep_a.prefetch_b = 1;
        guesses.push_back(keep_a);
        if (!b_transposed(gemm.layout) && !best.pairs) {
            Tuning fused = gemm.k <= 64 ? packed(gemm, machine, low.rows, low.vectors) : keep_a;
            fused.fuse_b = true;
            fused.panels = 1;
            guesses.push_back(fused);
        }
        // Of a short k the panels of B stay in L1, and D is most of the traffic.
        if (gemm.k <= 64) {
            guesses.push_back(packed(gemm, machine, low.rows, low.vectors));
            guesses.back().rows_inside = true;
            guesses.back().prefetch_d = 2;
        }
        if (machine.threads > 1) {
            guesses.push_back(best);
            guesses.back().threads_m = machine.threads;
        }
    }
    for (Tuning& guess : guesses) guess = fitted(gemm, guess);
    // Fitting can make two of them alike.
    std::vector<Tuning> different;
    for (const Tuning& guess : guesses)
        if (std::find(different.begin(), different.end(), guess) == different.end())
            different.push_back(guess);
    return different;
}

} // namespace hone::gemm_cpu
