#include "lib/interchange/foreign_facts.hpp"

#include "hone/device.hpp"
#include "hone/error.hpp"
#include "lib/replay/file_text.hpp"
#include "lib/replay/formats.hpp"
#include "lib/replay/recorded_space.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <stdexcept>
#include <string_view>

namespace hone {

namespace {

using replay::Json;

bool ends_with(std::string_view text, std::string_view ending) {
    return text.size() >= ending.size() && text.substr(text.size() - ending.size()) == ending;
}

std::string device_text(const ForeignKey& key, const std::string& name) {
    if (!key.device.empty()) return key.device;
    DeviceModel model;
    model.backend = "imported";
    model.name = name.empty() ? "unknown" : name;
    return canonical_text(model);
}

std::string problem_text(const ForeignKey& key, const std::string& kernel,
                         const std::string& size) {
    if (!key.problem.empty()) return key.problem;
    return fmt::format("imported kernel={} size={}", kernel.empty() ? "unknown" : kernel,
                       size.empty() ? "unknown" : size);
}

Fact imported_fact(const ForeignKey& key, const std::string& tool) {
    Fact fact;
    fact.family = key.family.empty() ? "imported" : key.family;
    fact.toolchain = tool;
    fact.policy = "imported/1";
    fact.stage = Stage::screen;
    fact.origin = Origin::imported;
    fact.tool = tool;
    return fact;
}

void set_time(Fact& fact, double time_ms, std::int64_t samples) {
    constexpr double ps_per_ms = 1e9;
    const auto ps = static_cast<std::uint64_t>(std::llround(time_ms * ps_per_ms));
    fact.time.count = static_cast<std::uint64_t>(samples > 0 ? samples : 1);
    fact.time.min_ps = fact.time.q1_ps = fact.time.median_ps = fact.time.q3_ps = ps;
    fact.time.low_ps = fact.time.high_ps = ps;
}

// --- recorded spaces: Kernel Tuner's cache files and T4
// -------------------------------------------

ForeignFacts recorded_facts(std::string_view text, const std::string& file, const ForeignKey& key,
                            bool truncated) {
    const replay::RecordedSpace recorded = replay::parse_recorded_space(text, file, truncated);
    ForeignFacts result;
    result.form = recorded.form;
    result.warnings = recorded.warnings;
    Fact fact = imported_fact(key, recorded.form);
    fact.problem = problem_text(key, recorded.kernel, recorded.problem_size);
    fact.device = device_text(key, recorded.device);
    constexpr double uj_per_j = 1e6;
    for (std::size_t i = 0; i < recorded.trials.size(); ++i) {
        const replay::RecordedTrial& trial = recorded.trials[i];
        fact.config = recorded.space.config(recorded.points[i]).canonical_text();
        fact.outcome = trial.outcome;
        fact.time = {};
        fact.energy_uj = 0;
        if (trial.outcome == Outcome::ok) {
            set_time(fact, trial.time_ms, trial.samples);
            if (std::isfinite(trial.energy_j) && trial.energy_j > 0)
                fact.energy_uj =
                    static_cast<std::uint64_t>(std::llround(trial.energy_j * uj_per_j));
        }
        result.facts.push_back(fact);
    }
    return result;
}

// --- Kernel Launcher's wisdom: a line of JSON for the header and one for each result
// --------------

std::string size_text(const Json& size) {
    std::string text;
    for (const Json& extent : size) text += (text.empty() ? "" : "x") + extent.dump();
    return text;
}

std::string text_at(const Json& json, const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Wisdom's own "time" is in ms, as Kernel Tuner's; another objective says nothing of the time.
Fact wisdom_fact(const Json& header, const Json& line, const ForeignKey& key) {
    const Json& names = header.at("tunable_parameters");
    const Json& values = line.at("config");
    if (!values.is_array() || values.size() != names.size())
        throw std::invalid_argument(
            fmt::format("\"config\" has {} values for {} parameters", values.size(), names.size()));
    Config config;
    for (std::size_t i = 0; i < names.size(); ++i)
        config.set(names[i].get<std::string>(), replay::value_of(values[i]));
    Fact fact = imported_fact(key, "Kernel Launcher wisdom");
    fact.config = config.canonical_text();
    fact.problem = problem_text(key, text_at(header, "key"),
                                size_text(line.value("problem_size", Json::array())));
    fact.device =
        device_text(key, text_at(line.value("environment", Json::object()), "device_name"));
    const Json time = line.value("time", Json());
    if (!time.is_number() || !(time.get<double>() > 0))
        throw std::invalid_argument("has no number \"time\"");
    set_time(fact, time.get<double>(), 1);
    return fact;
}

ForeignFacts wisdom_facts(const std::string& path, std::string_view text, const ForeignKey& key) {
    ForeignFacts result;
    result.form = "Kernel Launcher wisdom";
    Json header;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        try {
            Json json = Json::parse(line);
            if (header.is_null())
                header = std::move(json);
            else
                result.facts.push_back(wisdom_fact(header, json, key));
        } catch (const std::exception& error) {
            // A line that was being written when the disk filled up must not cost the others.
            const std::string what = fmt::format("{}:{}: {}", path, number, error.what());
            if (header.is_null()) throw Error(Errc::workload, what);
            result.warnings.push_back(what + "; the line is left out");
        }
    }
    return result;
}

bool is_wisdom(std::string_view text) {
    const std::string_view first = text.substr(0, text.find('\n'));
    return first.find("\"tunable_parameters\"") != std::string_view::npos &&
           first.find("\"tune_params\"") == std::string_view::npos;
}

} // namespace

bool names_foreign_file(const std::string& path) {
    constexpr std::array<std::string_view, 3> endings = {".json", ".json.gz", ".wisdom"};
    for (const std::string_view ending : endings)
        if (ends_with(path, ending)) return true;
    return false;
}

ForeignFacts read_foreign_facts(const std::string& path, const ForeignKey& key) {
    const replay::FileText file = replay::read_file(path);
    return parse_foreign_facts(file.text, path, key, file.truncated);
}

ForeignFacts parse_foreign_facts(std::string_view text, const std::string& file,
                                 const ForeignKey& key, bool truncated) {
    return is_wisdom(text) ? wisdom_facts(file, text, key)
                           : recorded_facts(text, file, key, truncated);
}

} // namespace hone
