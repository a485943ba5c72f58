#include "lib/replay/recorded_space.hpp"

#include "hone/error.hpp"
#include "lib/replay/file_text.hpp"
#include "lib/replay/formats.hpp"
#include "lib/replay/json_records.hpp"
#include "lib/replay/listing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <stdexcept>

namespace hone::replay {

namespace {

constexpr std::array objectives = {Objective::time, Objective::energy, Objective::edp};

std::string name_of(const std::string& path) {
    std::string name = path.substr(path.find_last_of('/') + 1);
    for (const std::string_view ending : {".gz", ".json"})
        if (name.size() > ending.size() &&
            name.compare(name.size() - ending.size(), ending.size(), ending) == 0)
            name.resize(name.size() - ending.size());
    return name;
}

// Nothing while the members that say so were not read yet.
std::optional<std::vector<std::string>> cache_names(const Json& header) {
    std::vector<std::string> names;
    if (header.contains("tune_params_keys")) {
        for (const Json& name : header["tune_params_keys"])
            if (name.is_string()) names.push_back(name.get<std::string>());
    } else if (header.contains("tune_params")) {
        for (const auto& [name, values] : header["tune_params"].items()) names.push_back(name);
    }
    if (names.empty()) return std::nullopt;
    return names;
}

// Takes the records of one file into a listing.
class Reader final {
  public:
    Reader(std::string_view text, const std::string& file) : text_(text), file_(file) {}

    RecordWalk read() {
        const auto take = [this](const RecordWalk& walk, const std::string& name,
                                 const Json& record) { this->take(walk, name, record); };
        RecordWalk walk = walk_records(text_, file_, take);
        const bool cache = walk.collection == "cache";
        if (cache && names_missing_ && !cache_names(walk.header))
            throw Error(Errc::workload, file_ + ": has no member \"tune_params_keys\"",
                        "a Kernel Tuner cache file names its parameters there");
        if (!names_missing_ && (cache || t4_unit_ms(walk.header) == unit_ms_)) return walk;
        // What the records need stands behind them: now that it is known, once more.
        header_ = walk.header;
        listing.reset();
        return walk_records(text_, file_, take);
    }

    std::optional<Listing> listing;
    bool any_cost = false;

  private:
    void take(const RecordWalk& walk, const std::string& name, const Json& record) {
        const bool cache = walk.collection == "cache";
        try {
            if (!listing) {
                auto names = cache ? cache_names(header_.empty() ? walk.header : header_)
                                   : std::optional(t4_names(record));
                names_missing_ = !names;
                if (!names) return;
                if (!cache) unit_ms_ = t4_unit_ms(header_.empty() ? walk.header : header_);
                listing.emplace(std::move(*names));
            }
            const Record read = cache ? read_cache_record(listing->names(), record)
                                      : read_t4_record(listing->names(), record, unit_ms_);
            any_cost = any_cost || read.has_cost;
            listing->add(read.values, read.trial);
        } catch (const std::exception& error) {
            throw Error(Errc::workload,
                        cache ? fmt::format("{}: cache[\"{}\"]: {}", file_, name, error.what())
                              : fmt::format("{}: results[{}]: {}", file_, name, error.what()));
        }
    }

    std::string_view text_;
    const std::string& file_;
    Json header_ = Json::object();
    bool names_missing_ = false;
    double unit_ms_ = 1;
};

std::string text_member(const Json& header, const char* name) {
    const auto found = header.find(name);
    return found != header.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// One extent, or a list of them.
std::string size_text(const Json& header) {
    const auto found = header.find("problem_size");
    if (found == header.end()) return {};
    if (!found->is_array()) return found->dump();
    std::string text;
    for (const Json& extent : *found) text += (text.empty() ? "" : "x") + extent.dump();
    return text;
}

} // namespace

RecordedSpace parse_recorded_space(std::string_view text, const std::string& file, bool truncated) {
    Reader reader(text, file);
    const RecordWalk walk = reader.read();
    if (!reader.listing)
        throw Error(Errc::workload, fmt::format("{}: no configuration is whole", file));
    RecordedSpace recorded;
    recorded.name = name_of(file);
    recorded.device = text_member(walk.header, "device_name");
    recorded.kernel = text_member(walk.header, "kernel_name");
    recorded.problem_size = size_text(walk.header);
    recorded.form = walk.collection == "cache" ? "Kernel Tuner cache" : "T4";
    if (walk.header.contains("metadata") && walk.header["metadata"].is_object())
        recorded.device = text_member(walk.header["metadata"], "device");
    try {
        reader.listing->fill(recorded);
    } catch (const Error& error) {
        throw Error(Errc::workload, fmt::format("{}: {}", file, error.what()), error.hint());
    }
    if (truncated || !walk.truncated.empty())
        recorded.warnings.push_back(
            fmt::format("{}:{}: the text ends early; {} configurations are whole", file,
                        walk.truncated, recorded.trials.size()));
    if (!reader.any_cost) {
        recorded.warnings.push_back(
            fmt::format("{}: no costs are recorded: each evaluation counts as 1 s", file));
        for (RecordedTrial& trial : recorded.trials) trial.cost_s = 1;
    }
    return recorded;
}

std::string_view to_string(Objective objective) noexcept {
    switch (objective) {
    case Objective::time:
        return "time";
    case Objective::energy:
        return "energy";
    case Objective::edp:
        return "edp";
    }
    return "";
}

std::optional<Objective> parse_objective(std::string_view text) noexcept {
    for (const Objective objective : objectives)
        if (to_string(objective) == text) return objective;
    return std::nullopt;
}

std::optional<double> RecordedTrial::value(Objective objective) const noexcept {
    if (outcome != Outcome::ok) return std::nullopt;
    constexpr double ns_per_ms = 1e6;
    const double time_ns = time_ms * ns_per_ms;
    if (objective == Objective::time) return time_ns;
    const double value = objective == Objective::energy ? energy_j : energy_j * time_ns;
    if (!std::isfinite(value)) return std::nullopt;
    return value;
}

const RecordedTrial& RecordedSpace::trial(ConfigIndex config) const {
    const auto found = std::lower_bound(points.begin(), points.end(), config);
    if (found == points.end() || *found != config)
        throw Error(Errc::internal, fmt::format("{}: config {} is not listed", name, config.value));
    return trials[static_cast<std::size_t>(found - points.begin())];
}

void RecordedSpace::require(Objective objective) const {
    const bool any = std::any_of(trials.begin(), trials.end(), [&](const RecordedTrial& trial) {
        return trial.value(objective).has_value();
    });
    if (!any)
        throw Error(Errc::usage, fmt::format("{}: no configuration has a value of the objective {}",
                                             name, to_string(objective)));
}

RecordedSpace read_recorded_space(const std::string& path) {
    const FileText file = read_file(path);
    return parse_recorded_space(file.text, path, file.truncated);
}

} // namespace hone::replay
