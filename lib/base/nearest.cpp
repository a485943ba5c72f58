#include "lib/base/nearest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace hone::base {
namespace {

// Rows of the usual table; the one before the last is needed for swaps.
std::size_t edits(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        before.swap(above);
        above.swap(row);
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({replaced, above[j] + 1, row[j - 1] + 1});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
        }
    }
    return row[b.size()];
}

} // namespace

std::string nearest(std::string_view word, std::span<const std::string> candidates) {
    // Longer texts are no mistyped words, and the table would be large.
    constexpr std::size_t longest = 256;
    if (word.size() > longest) return {};
    const std::string* best = nullptr;
    std::size_t fewest = 0;
    for (const std::string& candidate : candidates) {
        if (candidate.size() > longest) continue;
        const std::size_t count = edits(word, candidate);
        const std::size_t allowed =
            std::max<std::size_t>(1, std::max(word.size(), candidate.size()) / 3);
        if (count > allowed || (best && count >= fewest)) continue;
        best = &candidate;
        fewest = count;
    }
    return best ? *best : std::string{};
}

std::string nearest_hint(std::string_view word, std::span<const std::string> candidates) {
    const std::string near = nearest(word, candidates);
    if (!near.empty()) return fmt::format("did you mean {}?", near);
    return fmt::format("known are: {}", fmt::join(candidates, ", "));
}

} // namespace hone::base
