#include "space.hpp"

#include "cuda_family/host/choice.hpp"

#include <algorithm>

namespace hone::gemm_w4a16 {

using cuda_family::integers;

namespace {

// Registers of a thread besides sums, fragments of A and scales.
constexpr std::int64_t other_registers = 56;

// Bytes between rows of a tile in shared memory, as in kernel/gemm_w4a16.cu.
std::int64_t a_row_bytes(std::int64_t bk) { return bk * 2 % 128 == 0 ? bk * 2 + 64 : bk * 2; }
std::int64_t b_row_bytes(std::int64_t bk) { return (bk / 32 | 1) * 16; }

} // namespace

std::vector<Parameter> parameters() {
    return {
        {"BM", integers({16, 32, 64, 128}), true, "rows of D per block"},
        {"BN", integers({32, 64, 128, 256}), true, "columns of op(B) per block"},
        {"BK", integers({32, 64, 128}), true, "steps of k per tile"},
        {"WM", integers({16, 32, 64}), true, "rows per warp"},
        {"WN", integers({16, 32, 64}), true, "columns per warp"},
        {"STAGES", integers({2, 3, 4, 5, 6}), true, "tiles in shared memory"},
        {"MIN_BLOCKS", integers({1, 2}), true, "blocks per SM that registers are kept for"},
        {"GROUP", integers({1, 4, 8, 16}), true, "rows of tiles gone through column by column"},
        {"SPLIT", integers({1, 2, 4, 8, 16}), true, "slices of k, added up by a second step"},
    };
}

std::vector<Constraint> rules(const cuda_family::Target& target) {
    const auto text = [](std::int64_t value) { return std::to_string(value); };
    const std::string warps = "((BM // WM) * (BN // WN))";
    // Rows of A: one more half line where they fill whole ones. Rows of B: an odd number of chunks.
    const std::string shared =
        "((BM * (BK * 2 + 64 * min(1, BK // 64)) + BN * ((BK // 32) // 2 * 2 + "
        "1) * 16) * STAGES * MIN_BLOCKS)";
    const std::string registers =
        "(WM * WN // 32 + WM // 2 + WN // 8 + " + text(other_registers) + ")";
    std::vector<Constraint> rules;
    for (const std::string& expression : {
             std::string("WM <= BM and WN <= BN"),
             warps + " <= 16",
             shared + " <= min(" + text(target.shared_bytes) + " * MIN_BLOCKS, " +
                 text(target.sm_shared_bytes) + " - 1024 * MIN_BLOCKS)",
             registers + " <= 255",
             registers + " * 32 * " + warps + " * MIN_BLOCKS <= " + text(target.registers),
             "MIN_BLOCKS * 32 * " + warps + " <= " + text(target.sm_threads),
         })
        rules.push_back(Constraint::expression(expression));
    return rules;
}

Footprint footprint(const Config& config) {
    const auto value = [&](const char* name) { return config.integer(name); };
    const std::int64_t bm = value("BM"), bn = value("BN"), bk = value("BK");
    const std::int64_t wm = value("WM"), wn = value("WN");
    return {.threads = 32 * (bm / wm) * (bn / wn),
            .shared_bytes = (bm * a_row_bytes(bk) + bn * b_row_bytes(bk)) * value("STAGES"),
            .registers = wm * wn / 32 + wm / 2 + wn / 8 + other_registers};
}

namespace {

Config choice(std::int64_t bm, std::int64_t bn, std::int64_t bk, std::int64_t wm, std::int64_t wn,
              std::int64_t stages, std::int64_t split) {
    return {{"BM", bm},         {"BN", bn},        {"BK", bk},   {"WM", wm},      {"WN", wn},
            {"STAGES", stages}, {"MIN_BLOCKS", 1}, {"GROUP", 8}, {"SPLIT", split}};
}

} // namespace

Config shape_generic() { return choice(32, 64, 64, 32, 16, 3, 1); }

std::vector<Config> first_guesses(const Gemm& gemm, const cuda_family::Target& target) {
    // Few rows: reading the weights is all, so slices of k give every SM some.
    const auto split_for = [&](std::int64_t bm, std::int64_t bn) {
        const std::int64_t blocks = (gemm.m + bm - 1) / bm * ((gemm.n + bn - 1) / bn) * gemm.batch;
        std::int64_t split = 1;
        while (split < 16 && blocks * split < target.sms && gemm.k >= split * 512) split *= 2;
        return split;
    };
    std::vector<Config> guesses;
    if (gemm.m <= 16) {
        guesses.push_back(choice(16, 128, 128, 16, 32, 4, split_for(16, 128)));
        guesses.push_back(choice(16, 64, 128, 16, 16, 4, split_for(16, 64)));
    } else if (gemm.m <= 64) {
        guesses.push_back(choice(64, 128, 64, 32, 32, 4, split_for(64, 128)));
        guesses.push_back(choice(32, 128, 64, 32, 32, 4, split_for(32, 128)));
    } else {
        guesses.push_back(choice(128, 128, 64, 64, 64, 3, 1));
        guesses.push_back(choice(128, 256, 64, 64, 64, 3, 1));
        guesses.push_back(choice(64, 128, 64, 64, 32, 4, 1));
    }
    guesses.push_back(shape_generic());
    return guesses;
}

} // namespace hone::gemm_w4a16
