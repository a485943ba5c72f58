#include "hone/error.hpp"
#include "lib/base/saturating.hpp"
#include "lib/op/convert.hpp"
#include "lib/op/grouped_gemm_operation.hpp"
#include "lib/op/limits.hpp"

#include <fmt/format.h>

#include <charconv>

namespace hone {

namespace {

// Each has a length of its own to be drawn.
constexpr std::int64_t most_groups = std::int64_t{1} << 20;

[[noreturn]] void refuse(const std::string& what, const std::string& hint = {}) {
    throw Error(Errc::workload, what, hint);
}

bool is_fp8(DType dtype) { return dtype == DType::e4m3 || dtype == DType::e5m2; }

void check_dims(const GroupedGemm& gemm) {
    for (const auto& [key, value] : {std::pair{"groups", gemm.groups}, std::pair{"m", gemm.m},
                                     std::pair{"n", gemm.n}, std::pair{"k", gemm.k}}) {
        if (value < 1 || value > largest_index) {
            refuse(fmt::format("{} must be in 1 to {}, got {}", key, largest_index, value));
        }
    }
    if (gemm.groups > most_groups) {
        refuse(fmt::format("groups must be at most {}, got {}", most_groups, gemm.groups));
    }
    const bool k_grouped = gemm.mode == GroupMode::k_grouped;
    const std::int64_t total = saturating_multiply(gemm.groups, k_grouped ? gemm.k : gemm.m);
    if (total > largest_index) {
        refuse(fmt::format("groups={} and {}={} make more than {} rows in all", gemm.groups,
                           k_grouped ? "k" : "m", k_grouped ? gemm.k : gemm.m, largest_index));
    }
    // In masked mode one group may have all rows, and every group has room for as many.
    const std::int64_t rows = gemm.mode == GroupMode::masked
                                  ? saturating_multiply(gemm.groups, total)
                                  : saturating_multiply(gemm.groups, gemm.m);
    for (const std::int64_t elements :
         {saturating_multiply(rows, gemm.k), saturating_multiply(rows, gemm.n),
          saturating_multiply(saturating_multiply(gemm.groups, gemm.k), gemm.n)}) {
        if (elements > largest_tensor_elements) {
            refuse(fmt::format("groups={} m={} n={} k={} may ask for a tensor of {} elements",
                               gemm.groups, gemm.m, gemm.n, gemm.k, elements));
        }
    }
}

void check_dtypes(const GroupedGemm& gemm) {
    for (const DType dtype : {gemm.a, gemm.b, gemm.d}) {
        if (!is_floating(dtype) || dtype == DType::f64 || dtype == DType::tf32) {
            refuse(fmt::format("a, b and d must be f32, f16, bf16, e4m3 or e5m2, got {}",
                               to_string(dtype)));
        }
    }
    if (gemm.a != gemm.b && !(is_fp8(gemm.a) && is_fp8(gemm.b))) {
        refuse(fmt::format("a={} b={}: b must equal a unless both are fp8", to_string(gemm.a),
                           to_string(gemm.b)));
    }
}

// Reads "RxC" off the front of a text.
bool read_block(std::string_view& text, std::int64_t& rows, std::int64_t& columns) {
    const auto number = [&](std::int64_t& value) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        return error == std::errc() && value >= 1 && value <= largest_index;
    };
    if (!number(rows) || text.empty() || text.front() != 'x') return false;
    text.remove_prefix(1);
    return number(columns);
}

} // namespace

ScaleBlocks scale_blocks(const GroupedGemm& gemm) {
    ScaleBlocks blocks;
    if (gemm.scales == "none" || gemm.scales.empty()) return blocks;
    std::string_view text = gemm.scales;
    const bool first = read_block(text, blocks.a_rows, blocks.a_columns);
    const bool comma = first && !text.empty() && text.front() == ',';
    if (comma) text.remove_prefix(1);
    if (!comma || !read_block(text, blocks.b_rows, blocks.b_columns) || !text.empty()) {
        refuse(
            fmt::format("scales must be none or the blocks of A and of B, got \"{}\"", gemm.scales),
            "write scales=1x128,128x128");
    }
    return blocks;
}

void validate_grouped_gemm(const GroupedGemm& gemm) {
    check_dims(gemm);
    check_dtypes(gemm);
    validate_lengths(gemm.routing, "routing", false);
    if (scale_blocks(gemm).present() && !is_fp8(gemm.a)) {
        refuse(
            fmt::format("scales={} are of fp8 operands, got a={}", gemm.scales, to_string(gemm.a)),
            "write scales=none or a=e4m3");
    }
    if (gemm.mode != GroupMode::k_grouped && a_transposed(gemm.layout)) {
        refuse("layout: groups of rows need an A that is not transposed", "write layout=nt");
    }
}

} // namespace hone
