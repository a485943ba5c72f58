// Which config the facts name as a problem's best on the device of a sitting.
#pragma once

#include "lib/tune/sitting.hpp"

#include <functional>
#include <optional>
#include <span>

namespace hone {

struct BestKnown {
    const KernelFamily* family = nullptr;
    Standing standing;
};

// winner/1 over the facts that this sitting could measure again: of families that `wanted` takes,
// in the revision that is here, by the sitting's policy. Failures expire with the toolchain;
// timings only become provisional. Everything that names a winner while tuning asks here.
[[nodiscard]] std::optional<BestKnown>
best_known(const Sitting& sitting, const WorkloadItem& item, std::span<const Fact> facts,
           const std::function<bool(const KernelFamily&)>& wanted);

} // namespace hone
