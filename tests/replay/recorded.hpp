// Recorded spaces for tests: the one of this folder, and larger ones where the machine has them.
#pragma once

#include "lib/replay/recorded_space.hpp"
#include "tests/paths.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace hone::test {

inline std::string small_space_file() {
    return std::string(source_dir()) + "/tests/replay/spaces/convolution_A100.json.gz";
}

// Folder of more recorded spaces, from HONE_SPACES; empty where there is none.
inline std::string spaces_folder() {
    const char* folder = std::getenv("HONE_SPACES");
    if (folder && std::filesystem::is_directory(folder)) return folder;
    return {};
}

// Texts of small cache files: parameters a and b, times in ms, a cost of 1 s each.
struct CacheRecord {
    int a = 0, b = 0;
    std::string time; // as JSON
    std::string more = {};
};
inline std::string cache_text(const std::vector<CacheRecord>& records) {
    std::string text = "{\"device_name\": \"D\", \"kernel_name\": \"K\",\n"
                       "\"tune_params_keys\": [\"a\", \"b\"],\n\"cache\": {\n";
    for (const CacheRecord& record : records)
        text += (&record == records.data() ? "" : ",\n") + std::string("\"") +
                std::to_string(record.a) + "," + std::to_string(record.b) +
                "\": {\"a\": " + std::to_string(record.a) + ", \"b\": " + std::to_string(record.b) +
                ", \"time\": " + record.time + ", \"compile_time\": 600, \"benchmark_time\": 400" +
                record.more + "}";
    return text + "\n}}\n";
}

// A space of one parameter with these times (ms), each evaluation costing 1 s.
inline replay::RecordedSpace space_of(const std::vector<double>& times) {
    std::vector<CacheRecord> records;
    for (std::size_t i = 0; i < times.size(); ++i)
        records.push_back({static_cast<int>(i), 0, std::to_string(times[i])});
    return replay::parse_recorded_space(cache_text(records), "made");
}

} // namespace hone::test
