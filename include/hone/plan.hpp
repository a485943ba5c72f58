// A frozen, hashed list of winners. All ranks of a job compare its digest.
#pragma once

#include "hone/contract.hpp"
#include "hone/digest.hpp"

#include <string>
#include <vector>

namespace hone {

struct PlanEntry {
    std::string problem; // canonical text
    Contract contract;
    std::string family;
    std::uint32_t revision = 0;
    std::string config;
    std::string options;  // compiler options of every module
    std::string compiler; // Backend::compile_key
    NumericClass numeric_class = NumericClass::any;
    Digest binaries{}; // of the loaded binaries; not part of digest()
};

struct Plan {
    std::vector<PlanEntry> entries; // sorted by problem, then contract

    // Over everything but the binaries, and over the binaries alone.
    [[nodiscard]] Digest digest() const;
    [[nodiscard]] Digest binary_digest() const;
};

} // namespace hone
