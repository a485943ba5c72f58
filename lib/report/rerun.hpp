// The document of `hone bench --fact`.
#pragma once

#include "hone/tuner.hpp"
#include "lib/report/document.hpp"

namespace hone {

// {"schema":"hone.rerun/1","problem","device","family","config","policy","then":{...},"now":{...},
// "change","fallback_ns","vendors"}; then and now: "outcome","stage","median_ns","low_ns",
// "high_ns","detail"; change = time now / time then, null where one has none.
[[nodiscard]] Document rerun_document(const RerunReport& report);

} // namespace hone
