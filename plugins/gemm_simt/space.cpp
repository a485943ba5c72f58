#include "cuda_family/host/choice.hpp"
#include "cuda_family/host/gemm_program.hpp"
#include "family.hpp"

#include <algorithm>

namespace hone::gemm_simt {

using cuda_family::integers;

std::vector<Parameter> parameters() {
    return {
        {"BM", integers({16, 32, 64, 128, 256}), true, "rows of D per block"},
        {"BN", integers({16, 32, 64, 128, 256}), true, "columns of op(B) per block"},
        {"BK", integers({8, 16, 32}), true, "steps of k per tile"},
        {"TM", integers({1, 2, 4, 8, 16}), true, "rows per thread"},
        {"TN", integers({1, 2, 4, 8, 16}), true, "columns per thread"},
        {"LANES_N", integers({4, 8, 16, 32}), true, "lanes of a warp side by side along n"},
        {"BUFFERS", integers({1, 2}), true, "tiles in shared memory"},
        {"VEC", integers({1, 2, 4, 8}), true, "elements per load"},
        {"PAD", integers({0, 4}), true, "elements between rows of a tile in shared memory"},
        {"MIN_BLOCKS", integers({1, 2}), true, "blocks per SM that registers are kept for"},
        {"GROUP", integers({1, 4, 8, 16}), true, "rows of tiles gone through column by column"},
        {"SPLIT", integers({1, 2, 4, 8, 16}), true, "slices of k, added up by a second step"},
    };
}

std::vector<Constraint> rules(const Gemm& gemm, const cuda_family::Target& target) {
    const auto text = [](std::int64_t value) { return std::to_string(value); };
    const std::int64_t sum_bytes = bytes(cuda_family::sum_type(gemm), 1);
    const std::int64_t words = sum_bytes / 4; // registers of a sum
    const std::int64_t widest = std::max(bytes(gemm.a, 1), bytes(gemm.b, 1));
    constexpr std::int64_t static_shared = 48 << 10;
    std::vector<Constraint> rules;
    for (const std::string& expression : {
             std::string("TM <= BM and TN <= BN"),
             // THREADS = (BM / TM) (BN / TN)
             std::string("32 <= (BM // TM) * (BN // TN) <= 512"),
             std::string("(BN // TN) % LANES_N == 0 and (BM // TM) % (32 // LANES_N) == 0"),
             // Sums, one line of both tiles and addresses.
             "(TM * TN + TM + TN) * " + text(words) + " + 48 <= 255",
             "((TM * TN + TM + TN) * " + text(words) + " + 48) * (BM // TM) * (BN // TN) * " +
                 "MIN_BLOCKS <= " + text(target.registers),
             "(BM // TM) * (BN // TN) * MIN_BLOCKS <= " + text(target.sm_threads),
             "(BM + BN + 2 * PAD) * BK * BUFFERS * " + text(sum_bytes) +
                 " <= " + text(std::min(static_shared, target.shared_bytes)),
             "VEC * " + text(widest) + " <= 16",
             // A thread fetches at most 32 elements of each tile, and no fewer threads than half.
             std::string("BM * BK * TM * TN <= 32 * BM * BN and BN * BK * TM * TN <= 32 * BM * BN"),
             std::string("2 * BM * BK * TM * TN >= VEC * BM * BN"),
             std::string("2 * BN * BK * TM * TN >= VEC * BM * BN"),
         })
        rules.push_back(Constraint::expression(expression));
    // A thread needs columns of both halves of its tile, and loads must not lie across them.
    if (cuda_family::has_step(gemm, EpilogueStep::swiglu))
        rules.push_back(Constraint::expression("TN >= 8 and VEC <= BN // 2"));
    return rules;
}

Config shape_generic(const Gemm& gemm) {
    const bool paired = cuda_family::has_step(gemm, EpilogueStep::swiglu);
    const std::int64_t vec = gemm.a == DType::f64 ? 2 : 4;
    return {{"BM", 64},     {"BN", 64},     {"BK", 16},   {"TM", 4},  {"TN", paired ? 8 : 4},
            {"LANES_N", 8}, {"BUFFERS", 2}, {"VEC", vec}, {"PAD", 4}, {"MIN_BLOCKS", 1},
            {"GROUP", 8},   {"SPLIT", 1}};
}

std::vector<Config> first_guesses(const Gemm& gemm) {
    const bool paired = cuda_family::has_step(gemm, EpilogueStep::swiglu);
    const Config generic = shape_generic(gemm);
    const auto with = [&](std::initializer_list<std::pair<const char*, std::int64_t>> changes) {
        Config config = generic;
        for (const auto& [name, value] : changes) config.set(name, value);
        return config;
    };
    std::vector<Config> guesses;
    const std::int64_t few_rows = gemm.m <= 16 ? 16 : 32;
    if (gemm.m <= 32) {
        // The rows fill few blocks: slices of k fill the rest of the device.
        for (const std::int64_t split : {8, 4, 1})
            guesses.push_back(with({{"BM", few_rows},
                                    {"TM", few_rows == 16 ? 2 : 4},
                                    {"TN", paired ? 8 : 2},
                                    {"BN", paired ? 128 : 64},
                                    {"SPLIT", split}}));
    } else {
        if (gemm.a != DType::f64) {
            guesses.push_back(with({{"BM", 128}, {"BN", 128}, {"TM", 8}, {"TN", 8}}));
            guesses.push_back(with({{"BM", 128}, {"BN", 128}, {"TM", 8}, {"TN", 8}, {"BK", 8}}));
        }
        guesses.push_back(with({{"BM", 128}, {"BN", 64}, {"TM", 8}, {"TN", paired ? 8 : 4}}));
    }
    guesses.push_back(generic);
    guesses.push_back(with({{"SPLIT", 4}}));
    return guesses;
}

} // namespace hone::gemm_simt
