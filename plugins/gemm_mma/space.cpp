#include "cuda_family/host/choice.hpp"
#include "cuda_family/host/gemm_program.hpp"
#include "family.hpp"
#include "product.hpp"

#include <algorithm>

namespace hone::gemm_mma {

using cuda_family::integers;
using cuda_family::Target;

namespace {

std::string text(std::int64_t value) { return std::to_string(value); }

bool floating_8_bit(const Gemm& gemm) { return gemm.a == DType::e4m3 || gemm.a == DType::e5m2; }

// 8-bit tiles with lines along m or n are turned in registers.
bool turned(const Gemm& gemm) {
    return bits(gemm.a) == 8 && (a_transposed(gemm.layout) || !b_transposed(gemm.layout));
}

bool copies_async(const Gemm& gemm, const Target& target) {
    return target.async_copies() && !turned(gemm);
}

std::vector<Value> texts(std::initializer_list<const char*> list) {
    std::vector<Value> values;
    for (const char* one : list) values.emplace_back(std::string(one));
    return values;
}

// Registers of a thread besides sums, fragments and what is fetched: addresses and extents.
constexpr std::int64_t other_registers = 52;

} // namespace

std::vector<Parameter> parameters(const Gemm& gemm, const Target& target) {
    std::vector<Value> product_names;
    for (const Product& product : products(gemm, target)) product_names.emplace_back(product.name);
    const bool integer = cuda_family::sum_type(gemm) == DType::s32;
    const bool async = copies_async(gemm, target);
    return {
        {"BM", integers({16, 32, 64, 128, 256}), true, "rows of D per block"},
        {"BN", integers({16, 32, 64, 128, 256}), true, "columns of op(B) per block"},
        {"BK", integers({16, 32, 64, 128}), true, "steps of k per tile"},
        {"WM", integers({16, 32, 64, 128}), true, "rows per warp"},
        {"WN", integers({16, 32, 64, 128}), true, "columns per warp"},
        {"ASYNC", async ? integers({0, 1}) : integers({0}), false,
         "asynchronous copies, or copies through registers"},
        {"STAGES", async ? integers({2, 3, 4, 5, 6}) : integers({2}), true,
         "tiles in shared memory"},
        {"PRODUCT", product_names, false, "what f32 operands are multiplied as"},
        {"SUMS",
         integer                ? texts({"s32"})
         : gemm.a == DType::f16 ? texts({"f32", "f16"})
                                : texts({"f32"}),
         false, "type of the sums"},
        {"PROMOTE", floating_8_bit(gemm) ? integers({0, 1}) : integers({0}), false,
         "sums of a tile are added in f32 outside of the matrix unit"},
        {"WIDE_STORES", integers({0, 1}), false, "sums go through shared memory to be stored"},
        {"MIN_BLOCKS", integers({1, 2}), true, "blocks per SM that registers are kept for"},
        {"GROUP", integers({1, 4, 8, 16}), true, "rows of tiles gone through column by column"},
        {"SPLIT", integers({1, 2, 3, 4, 6, 8, 16}), true, "slices of k, added up by a second step"},
    };
}

std::vector<Constraint> rules(const Gemm& gemm, const Target& target) {
    const std::int64_t size = bytes(gemm.a, 1);
    const std::string warps = "((BM // WM) * (BN // WN))";
    const std::string tile_bytes = "(BM + BN) * BK * " + text(size);
    const std::string stored_bytes = "WIDE_STORES * " + warps + " * 16 * (WN + 4) * 4";
    const std::string shared_bytes =
        "max(" + tile_bytes + " * STAGES, " + stored_bytes + ") * MIN_BLOCKS";
    std::vector<std::string> list = {
        "WM <= BM and WN <= BN",
        warps + " <= 16",
        "32 <= BK * " + text(size) + " <= 256",
        "ASYNC == 1 or STAGES == 2",
        // sm_80 and newer keep 1 KiB per block for the system.
        shared_bytes + " <= min(" + text(target.shared_bytes) + " * MIN_BLOCKS, " +
            text(target.sm_shared_bytes) + " - 1024 * MIN_BLOCKS)",
        "MIN_BLOCKS * 32 * " + warps + " <= " + text(target.sm_threads),
        // A warp's loads of a tile are not mostly idle.
        tile_bytes + " >= 256 * " + warps,
    };
    // Registers: sums, fragments of all rows and of 16 columns, fetched words, the rest.
    const auto registers = [&](std::int64_t sum_words, std::int64_t terms) {
        return "(WM * WN * " + text(sum_words) + " // 64 + (WM // 4 + 4) * " + text(terms) +
               " + (1 - ASYNC) * (24 + " + tile_bytes + " // (128 * " + warps + ")) + " +
               text(other_registers) + ")";
    };
    const auto fits = [&](const std::string& unless, std::int64_t sum_words, std::int64_t terms) {
        const std::string used = registers(sum_words, terms);
        list.push_back(unless + used + " <= 255 and " + used + " * 32 * " + warps +
                       " * MIN_BLOCKS <= " + text(target.registers));
    };
    if (gemm.a == DType::f16) {
        fits("SUMS == 'f32' or ", 1, 1);
        fits("SUMS == 'f16' or ", 2, 1);
    } else if (gemm.a == DType::f32) {
        fits("PRODUCT != 'tf32' or ", 2, 1);
        fits("PRODUCT == 'tf32' or ", 2, 3);
    } else if (floating_8_bit(gemm)) {
        fits("PROMOTE == 1 or ", 2, 1);
        fits("PROMOTE == 0 or ", 4, 1);
    } else {
        fits("", 2, 1);
    }
    // Single words of 32 columns lie in different banks of rows that are as long.
    if (size == 4 && a_transposed(gemm.layout)) list.emplace_back("BM >= 32");
    if (size == 4 && !b_transposed(gemm.layout)) list.emplace_back("BN >= 32");
    std::vector<Constraint> rules;
    for (std::string& expression : list)
        rules.push_back(Constraint::expression(std::move(expression)));
    return rules;
}

Footprint footprint(const Gemm& gemm, const Config& config, const Target& target) {
    const auto value = [&](const char* name) { return config.integer(name); };
    const std::int64_t bm = value("BM"), bn = value("BN"), wm = value("WM"), wn = value("WN");
    const std::int64_t warps = (bm / wm) * (bn / wn);
    const std::int64_t tile_bytes = (bm + bn) * value("BK") * bytes(gemm.a, 1);
    const std::int64_t stored_bytes = value("WIDE_STORES") * warps * 16 * (wn + 4) * 4;
    const std::int64_t words =
        config.text("SUMS") == "f16" ? 1 : 2 * (1 + value("PROMOTE")); // of two sums
    const std::int64_t terms =
        product(gemm, target, config.text("PRODUCT")).terms == 2 ? 3 : 1; // one more on the way
    return {.threads = 32 * warps,
            .shared_bytes = std::max(tile_bytes * value("STAGES"), stored_bytes),
            .registers = wm * wn * words / 64 + (wm / 4 + 4) * terms +
                         (1 - value("ASYNC")) * (24 + tile_bytes / (128 * warps)) +
                         other_registers};
}

namespace {

// A block of bm x bn by warps of wm x wn with tiles of `row_bytes` along k.
struct Shape {
    std::int64_t bm, bn, wm, wn, row_bytes, stages;
    std::int64_t split = 1;
};

Config choice(const Gemm& gemm, const Target& target, const Shape& shape) {
    const bool async = copies_async(gemm, target);
    const std::int64_t bk = std::clamp<std::int64_t>(shape.row_bytes / bytes(gemm.a, 1), 16, 128);
    // Without asynchronous copies a tile lies in registers for a while.
    return {{"BM", shape.bm},
            {"BN", shape.bn},
            {"BK", async || bk < 32                 ? bk
                   : bk / 2 * bytes(gemm.a, 1) < 32 ? bk
                                                    : bk / 2},
            {"WM", shape.wm},
            {"WN", shape.wn},
            {"ASYNC", std::int64_t{async}},
            {"STAGES", async ? shape.stages : 2},
            {"PRODUCT", std::string(gemm.a == DType::f32 ? "3xtf32" : "as_given")},
            {"SUMS", std::string(cuda_family::sum_type(gemm) == DType::s32 ? "s32" : "f32")},
            {"PROMOTE", std::int64_t{floating_8_bit(gemm)}},
            {"WIDE_STORES", 1},
            {"MIN_BLOCKS", 1},
            {"GROUP", 8},
            {"SPLIT", shape.split}};
}

} // namespace

Config shape_generic(const Gemm& gemm, const Target& target) {
    return choice(gemm, target, {64, 64, 32, 32, 64, 3});
}

std::vector<Config> first_guesses(const Gemm& gemm, const Target& target) {
    // Slices of k that give each SM a block.
    const auto split_for = [&](std::int64_t bm, std::int64_t bn) {
        const std::int64_t blocks = (gemm.m + bm - 1) / bm * ((gemm.n + bn - 1) / bn) * gemm.batch;
        std::int64_t split = 1;
        for (const std::int64_t more : {2, 4, 8})
            if (blocks * more <= target.sms && gemm.k >= more * 256) split = more;
        return split;
    };
    std::vector<Shape> shapes;
    if (gemm.m <= 16) {
        shapes = {{16, 64, 16, 16, 128, 4, split_for(16, 64)},
                  {16, 128, 16, 32, 128, 4, split_for(16, 128)}};
    } else if (gemm.m <= 64) {
        shapes = {{64, 64, 32, 32, 128, 4, split_for(64, 64)},
                  {32, 128, 32, 32, 128, 4, split_for(32, 128)}};
    }
    // Rows of 128 bytes along k take half as many barriers, where so many tiles fit, and need not
    // pass through registers that the sums take.
    const std::int64_t long_stages = target.shared_bytes >= 4 * (128 + 256) * 128 ? 4 : 3;
    if (copies_async(gemm, target))
        shapes.insert(shapes.end(),
                      {{128, 256, 64, 64, 128, long_stages}, {256, 128, 64, 64, 128, long_stages}});
    shapes.insert(shapes.end(), {{128, 128, 64, 64, 128, 3, split_for(128, 128)},
                                 {128, 128, 64, 64, 64, 4, split_for(128, 128)},
                                 {128, 256, 64, 64, 64, 3},
                                 {256, 128, 64, 64, 64, 3},
                                 {128, 128, 64, 32, 64, 4},
                                 {128, 64, 64, 32, 64, 4, split_for(128, 64)},
                                 {64, 64, 32, 32, 64, 3}});
    std::vector<Config> guesses;
    for (const Shape& shape : shapes) {
        guesses.push_back(choice(gemm, target, shape));
        if (gemm.a != DType::f32) continue;
        // What is fastest comes last: whether it is right enough, the contract says.
        guesses.push_back(guesses.back());
        guesses.back().set("PRODUCT", std::string("tf32"));
    }
    return guesses;
}

} // namespace hone::gemm_mma
