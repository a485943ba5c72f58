// Results of other tuners as facts.
#pragma once

#include "hone/fact.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hone {

// What imported results are about, where the caller knows it in hone's terms.
struct ForeignKey {
    std::string problem; // canonical text; empty: "imported kernel=NAME size=XxY"
    std::string family;  // empty: "imported"
    std::string device;  // canonical text of a device model; empty: one with the name in the file
};

struct ForeignFacts {
    std::string form; // "Kernel Tuner cache", "T4", "Kernel Launcher wisdom"
    std::vector<Fact> facts;
    std::vector<std::string> warnings;
};

// True for what read_foreign_facts is for, by the ending of its name: .json, .json.gz, .wisdom.
[[nodiscard]] bool names_foreign_file(const std::string& path);
// Facts have Origin::imported and Stage::screen, so that none of them can win, and depend on the
// file's content alone: importing twice adds nothing. Throws Error(workload) with the place.
[[nodiscard]] ForeignFacts read_foreign_facts(const std::string& path, const ForeignKey& key);
// As above, from the text of `file`, which errors name.
[[nodiscard]] ForeignFacts parse_foreign_facts(std::string_view text, const std::string& file,
                                               const ForeignKey& key, bool truncated = false);

} // namespace hone
