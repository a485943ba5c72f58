// What became of every config of a kernel on one GPU, measured once and kept, so that a search can
// be replayed where that GPU is not.
#pragma once

#include "hone/config.hpp"
#include "hone/outcome.hpp"
#include "hone/space.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hone::replay {

enum class Objective { time, energy, edp };
inline constexpr std::string_view objective_names = "time, energy, edp";
[[nodiscard]] std::optional<Objective> parse_objective(std::string_view text) noexcept;
[[nodiscard]] std::string_view to_string(Objective objective) noexcept;

struct RecordedTrial {
    Outcome outcome = Outcome::ok;
    double time_ms = 0;                                         // mean; when ok
    double energy_j = std::numeric_limits<double>::quiet_NaN(); // NaN: not recorded
    double cost_s = 0;                                          // what evaluating it took
    std::int64_t samples = 0;                                   // repetitions behind time_ms

    // In ns, J, or J ns. Nothing for a failure, or when it was not recorded.
    [[nodiscard]] std::optional<double> value(Objective objective) const noexcept;
};

struct RecordedSpace {
    std::string name;                         // of the file, without folder and endings
    std::string form;                         // "Kernel Tuner cache" or "T4"
    std::string device, kernel, problem_size; // as far as the file says; "4096x4096"
    SearchSpace space;                        // exactly the configs listed are legal
    std::vector<RecordedTrial> trials;        // [rank of the config in `space`]
    std::vector<std::string> warnings;

    // config: legal in `space`.
    [[nodiscard]] const RecordedTrial& trial(ConfigIndex config) const;
    // Throws Error(usage) when not a single config has a value.
    void require(Objective objective) const;

    std::vector<ConfigIndex> points; // increasing, as `trials`
};

// A cache file of Kernel Tuner or a T4 results file, plain or gzip-compressed. What is whole of a
// truncated one is read, with a warning. Throws Error(workload) with the place otherwise.
[[nodiscard]] RecordedSpace read_recorded_space(const std::string& path);
// As above, from the text of `file`, which errors name.
[[nodiscard]] RecordedSpace parse_recorded_space(std::string_view text, const std::string& file,
                                                 bool truncated = false);

} // namespace hone::replay
