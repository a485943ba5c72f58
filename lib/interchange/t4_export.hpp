// Facts as T4, the results format of the autotuning community
// (github.com/AutoTuningAssociation/autotuning_methodology, schemas/T4.json).
#pragma once

#include "hone/fact.hpp"

#include <nlohmann/json.hpp>

#include <span>
#include <string>
#include <vector>

namespace hone {

struct T4File {
    std::string problem, family, device; // what it is about
    std::size_t results = 0;
    nlohmann::ordered_json json;
};

// One document for each (problem, family, device), ordered by them. Of a config the latest stage
// counts, and in it the fastest. Imported facts are left out: they are not hone's to publish.
[[nodiscard]] std::vector<T4File> t4_files(std::span<const Fact> facts);

} // namespace hone
