// Documents of `hone show`.
#pragma once

#include "hone/winner.hpp"
#include "lib/report/document.hpp"

#include <string>

namespace hone {

struct Shown {
    std::string problem; // short text
    std::string device;  // Device::id
    std::string tier;    // URL of the store that has the winner's facts
    std::uint64_t facts = 0;
    Verdict verdict;
    std::string fact; // id of a fact that the winner's times are of
};

// {"schema":"hone.show/1","problem","device","tier","facts","fact","winner","tied":[],"others":[]}
[[nodiscard]] Document show_document(const Shown& shown);

} // namespace hone
