// The two forms in which recorded spaces come, record by record.
#pragma once

#include "lib/replay/json_records.hpp"
#include "lib/replay/recorded_space.hpp"

#include <string>
#include <vector>

namespace hone::replay {

// One configuration as it was recorded.
struct Record {
    std::vector<Value> values; // in the order of the names asked for
    RecordedTrial trial;
    bool has_cost = false;
};

// A parameter's value as a config can carry it. Throws std::invalid_argument, which says why not.
[[nodiscard]] Value value_of(const Json& json);

// Both throw std::invalid_argument, which says what is wrong with the record.
//
// Cache files of Kernel Tuner: the record has the parameters as members beside its measurements.
[[nodiscard]] Record read_cache_record(const std::vector<std::string>& names, const Json& record);
// T4: the parameters are members of "configuration"; times are in units of `unit_ms`.
[[nodiscard]] Record read_t4_record(const std::vector<std::string>& names, const Json& record,
                                    double unit_ms);
// What "metadata" says of the unit of times, in ms; 1 where it says nothing.
[[nodiscard]] double t4_unit_ms(const Json& header);
// Of the first T4 record: its parameters.
[[nodiscard]] std::vector<std::string> t4_names(const Json& record);

} // namespace hone::replay
