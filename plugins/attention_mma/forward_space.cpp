#include "forward_space.hpp"

#include "cuda_family/host/choice.hpp"
#include "shape.hpp"

#include <algorithm>

namespace hone::attention_mma {

using cuda_family::integers;

namespace {

std::string text(std::int64_t value) { return std::to_string(value); }

// Registers of a thread besides outputs, scores and queries: fragments on their way, the running
// softmax, addresses.
constexpr std::int64_t other_registers = 64;

} // namespace

std::vector<Parameter> forward_parameters(const Attention& attention) {
    const std::int64_t shared_heads = group(attention);
    return {
        {"BQ", integers({16, 32, 64, 128, 192}), true, "rows of queries per block"},
        {"BKV", integers({16, 32, 64, 96, 128}), true, "keys per tile"},
        {"WM", integers({16, 32}), true, "rows of queries per warp"},
        {"STAGES", integers({1, 2}), true, "tiles of keys and of values in shared memory"},
        {"Q_IN_REGISTERS", integers({0, 1}), false, "queries stay in registers"},
        {"PACK", shared_heads > 1 ? integers({1, shared_heads}) : integers({1}), false,
         "query heads of a key head whose rows share a tile"},
        {"SPLIT", integers({1, 2, 4, 8, 16, 32}), true, "parts of the keys, combined afterwards"},
        {"MIN_BLOCKS", integers({1, 2}), true, "blocks per SM that registers are kept for"},
    };
}

std::vector<Constraint> forward_rules(const Attention& attention,
                                      const cuda_family::Target& target) {
    const std::int64_t k_row = row_bytes(attention.head_dim),
                       v_row = row_bytes(attention.head_dim_v);
    const std::string shared =
        "(BQ * " + text(k_row) + " + STAGES * BKV * " + text(k_row + v_row) + ") * MIN_BLOCKS";
    const std::string registers = "(WM // 16 * (" + text(padded(attention.head_dim_v) / 2) +
                                  " + BKV // 2 + Q_IN_REGISTERS * " +
                                  text(padded(attention.head_dim) / 4) + ") + " +
                                  text(other_registers) + ")";
    std::vector<Constraint> rules;
    for (const std::string& expression : {
             std::string("BQ % WM == 0 and BQ // WM <= 12"),
             std::string("PACK <= BQ"),
             shared + " <= min(" + text(target.shared_bytes) + " * MIN_BLOCKS, " +
                 text(target.sm_shared_bytes) + " - 1024 * MIN_BLOCKS)",
             registers + " <= 255",
             registers + " * 32 * (BQ // WM) * MIN_BLOCKS <= " + text(target.registers),
             "32 * (BQ // WM) * MIN_BLOCKS <= " + text(target.sm_threads),
         })
        rules.push_back(Constraint::expression(expression));
    return rules;
}

ForwardFootprint footprint(const Attention& attention, const Config& config) {
    const auto value = [&](const char* name) { return config.integer(name); };
    const std::int64_t bq = value("BQ"), bkv = value("BKV"), wm = value("WM");
    const std::int64_t k_row = row_bytes(attention.head_dim),
                       v_row = row_bytes(attention.head_dim_v);
    return {.threads = bq / wm * 32,
            .shared_bytes = bq * k_row + value("STAGES") * bkv * (k_row + v_row),
            .registers = wm / 16 *
                             (padded(attention.head_dim_v) / 2 + bkv / 2 +
                              value("Q_IN_REGISTERS") * padded(attention.head_dim) / 4) +
                         other_registers,
            .positions_per_tile = bq / value("PACK")};
}

Config forward_generic(const Attention& attention) {
    const bool wide = std::max(attention.head_dim, attention.head_dim_v) > 128;
    return {{"BQ", wide ? 32 : 64}, {"BKV", 32}, {"WM", 16},   {"STAGES", 1},
            {"Q_IN_REGISTERS", 0},  {"PACK", 1}, {"SPLIT", 1}, {"MIN_BLOCKS", 1}};
}

std::vector<Config> forward_guesses(const Attention& attention, const cuda_family::Target& target) {
    const auto with = [&](std::initializer_list<std::pair<const char*, std::int64_t>> changes) {
        Config config = forward_generic(attention);
        for (const auto& [name, value] : changes) config.set(name, value);
        return config;
    };
    std::vector<Config> guesses;
    const std::int64_t pack = group(attention), rows = attention.q_len * pack;
    if (rows <= 64) {
        // Decode: reading the keys is all, so every SM should read some.
        const std::int64_t bq = rows <= 16 ? 16 : rows <= 32 ? 32 : 64;
        const std::int64_t blocks = attention.batch * attention.kv_heads;
        std::int64_t split = 1;
        while (split < 32 && blocks * split < 2 * target.sms && attention.kv_len >= split * 256)
            split *= 2;
        for (const std::int64_t bkv : {64, 128, 32})
            guesses.push_back(
                with({{"BQ", bq}, {"BKV", bkv}, {"STAGES", 2}, {"PACK", pack}, {"SPLIT", split}}));
    } else {
        guesses.push_back(
            with({{"BQ", 128}, {"BKV", 64}, {"WM", 16}, {"STAGES", 1}, {"Q_IN_REGISTERS", 1}}));
        guesses.push_back(with({{"BQ", 128}, {"BKV", 64}, {"WM", 32}}));
        // Twice the rows a warp halves what it reads of keys and values from shared memory.
        guesses.push_back(with({{"BQ", 128}, {"BKV", 32}, {"WM", 32}, {"STAGES", 2}}));
        guesses.push_back(with({{"BQ", 64}, {"BKV", 64}, {"STAGES", 2}}));
        guesses.push_back(with({{"BQ", 64}, {"BKV", 64}}));
        guesses.push_back(with({{"BQ", 128}, {"BKV", 32}}));
    }
    guesses.push_back(forward_generic(attention));
    return guesses;
}

} // namespace hone::attention_mma
