// Document of `hone replay`.
#pragma once

#include "lib/replay/replay.hpp"
#include "lib/report/document.hpp"

#include <optional>
#include <span>
#include <string>

namespace hone {

// One search on one space: a config at a time, and beside it several at once, and started from what
// other spaces teach.
struct Replayed {
    replay::ReplayResult single;
    std::optional<replay::ReplayResult> batched, warm;
};

// {"schema":"hone.replay/1","objective","results":[{"space","search","score","low","high",...}],
// "means":[{"search","score","low","high","published_score",...}],"mean"}; "mean" is over all
// results.
[[nodiscard]] Document replay_document(std::span<const Replayed> results,
                                       replay::Objective objective);

} // namespace hone
