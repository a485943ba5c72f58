// One record after the other out of a JSON document that is too large to hold as a tree.
#pragma once

#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace hone::replay {

using Json = nlohmann::ordered_json;

struct RecordWalk {
    Json header = Json::object(); // the root's other members
    std::string collection;       // the root's member that held records: "cache" or "results"
    std::string truncated;        // where and how the text ends early; empty when it is whole
};

// Called for each object inside the root's "cache" (name: its key) or "results" (name: its number),
// with what is known of the root's other members so far.
using TakeRecord =
    std::function<void(const RecordWalk& walk, const std::string& name, const Json& record)>;

// A text that ends early gives the records that are whole. Throws Error(workload) with line and
// column where the text is no JSON, or has no records.
[[nodiscard]] RecordWalk walk_records(std::string_view text, const std::string& file,
                                      const TakeRecord& take);

} // namespace hone::replay
