// Documents of `hone show`.
#pragma once

#include "hone/winner.hpp"
#include "lib/report/document.hpp"

#include <string>
#include <vector>

namespace hone {

struct Shown {
    std::string problem; // short text
    std::string device;  // Device::id
    std::string tier;    // URL of the store that has the winner's facts
    std::uint64_t facts = 0;
    Verdict verdict;
    std::vector<Standing> front; // see cache::pareto_front; shown when not empty
    std::string fact;            // id of a fact that the winner's times are of
};

// {"schema":"hone.show/1","problem","device","tier","facts","fact","winner","tied":[],"others":[],"front":[]};
// with a front the table has that alone
[[nodiscard]] Document show_document(const Shown& shown);

} // namespace hone
