// The known word that a mistyped one was probably meant to be.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace hone::base {

// The candidate with the fewest edits (insertions, deletions, replacements and swaps of neighbours:
// optimal string alignment), the first of equals. Empty when even that one differs in more than a
// third of the longer word, at least one edit being allowed.
[[nodiscard]] std::string nearest(std::string_view word, std::span<const std::string> candidates);

// What to tell whoever wrote `word`: "did you mean gemm?", or "known are: attention, gemm" when
// nothing is near.
[[nodiscard]] std::string nearest_hint(std::string_view word,
                                       std::span<const std::string> candidates);

} // namespace hone::base
