#include "lib/replay/formats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace hone::replay {

namespace {

// Kernel Tuner writes failures as texts, before that as this number or more.
constexpr double failed_time = 1e20;
constexpr double ms_per_s = 1e3;

std::invalid_argument bad(const std::string& what) { return std::invalid_argument(what); }

const Json& member(const Json& object, const char* name) {
    const auto found = object.find(name);
    if (found == object.end()) throw bad(fmt::format("has no member \"{}\"", name));
    return *found;
}

// Adds the times (ms) of those members that are there.
double sum_of(const Json& object, std::initializer_list<const char*> names, bool& any) {
    double sum = 0;
    for (const char* name : names) {
        const auto found = object.find(name);
        // What was not measured is null, or the text that stands for NaN.
        if (found == object.end() || found->is_null() || found->is_string()) continue;
        if (!found->is_number()) throw bad(fmt::format("\"{}\" is not a number", name));
        any = true;
        sum += std::max(0.0, found->get<double>());
    }
    return std::isfinite(sum) ? sum : 0;
}

Outcome failure_named(std::string_view text) {
    const auto has = [&](std::string_view part) { return text.find(part) != text.npos; };
    if (has("ompil")) return Outcome::compile_failed;
    if (has("nvalid") || has("onstraint")) return Outcome::invalid_config;
    if (has("orrect")) return Outcome::wrong_result;
    if (has("imeout")) return Outcome::hang;
    return Outcome::launch_failed;
}

// Sets outcome and time from the recorded time, a number in ms or the name of a failure.
void set_time(const Json& time, RecordedTrial& trial) {
    if (time.is_string()) {
        trial.outcome = failure_named(time.get<std::string>());
        return;
    }
    if (!time.is_number() && !time.is_null()) throw bad("its time is neither a number nor a text");
    const double ms = time.is_null() ? failed_time : time.get<double>();
    const bool measured = std::isfinite(ms) && ms > 0 && ms < failed_time;
    trial.outcome = measured ? Outcome::ok : Outcome::launch_failed;
    if (measured) trial.time_ms = ms;
}

// Of the repetitions that are numbers, in ms; nothing where there are none.
std::optional<double> mean_of(const Json& times) {
    double sum = 0;
    int count = 0;
    for (const Json& time : times)
        if (time.is_number()) {
            sum += time.get<double>();
            ++count;
        }
    if (count == 0) return std::nullopt;
    return sum / count;
}

bool names_energy(std::string_view name) {
    constexpr std::string_view ending = "energy";
    return name.size() >= ending.size() && name.substr(name.size() - ending.size()) == ending;
}

std::vector<Value> values_of(const std::vector<std::string>& names, const Json& object) {
    std::vector<Value> values;
    for (const std::string& name : names) {
        const auto found = object.find(name);
        if (found == object.end()) throw bad(fmt::format("has no value of parameter {}", name));
        values.push_back(value_of(*found));
    }
    return values;
}

} // namespace

Value value_of(const Json& json) {
    if (json.is_number_integer() && !json.is_number_unsigned()) return json.get<std::int64_t>();
    if (json.is_number()) {
        const double real = json.get<double>();
        // 2 and 2.0 are one value to the tuner that wrote them.
        constexpr double exact = 9007199254740992.0; // 2^53
        if (std::trunc(real) == real && std::abs(real) <= exact)
            return static_cast<std::int64_t>(real);
        return real;
    }
    std::string text = json.is_string() ? json.get<std::string>() : json.dump();
    // Texts of a config have no blanks, no '=' and no control characters.
    for (char& c : text)
        if (static_cast<unsigned char>(c) <= ' ' || c == '=' || c == 0x7f) c = '_';
    if (text.empty()) return std::string("_");
    return parse_value(text);
}

Record read_cache_record(const std::vector<std::string>& names, const Json& record) {
    if (!record.is_object()) throw bad("is not an object");
    Record result;
    result.values = values_of(names, record);
    const auto times = record.find("times");
    const bool repeated = times != record.end() && times->is_array();
    if (repeated) result.trial.samples = static_cast<std::int64_t>(times->size());
    const auto mean = repeated && !record.contains("time") ? mean_of(*times) : std::nullopt;
    set_time(mean ? Json(*mean) : member(record, "time"), result.trial);
    for (const auto& [name, value] : record.items())
        if (names_energy(name) && value.is_number()) result.trial.energy_j = value.get<double>();
    result.trial.cost_s = sum_of(record,
                                 {"compile_time", "benchmark_time", "verification_time",
                                  "framework_time", "strategy_time"},
                                 result.has_cost) /
                          ms_per_s;
    return result;
}

std::vector<std::string> t4_names(const Json& record) {
    if (!record.is_object()) throw bad("is not an object");
    std::vector<std::string> names;
    for (const auto& [name, value] : member(record, "configuration").items()) names.push_back(name);
    if (names.empty()) throw bad("its configuration has no parameters");
    return names;
}

double t4_unit_ms(const Json& header) {
    const auto metadata = header.find("metadata");
    if (metadata == header.end() || !metadata->is_object()) return 1;
    const auto unit = metadata->find("timeunit");
    if (unit == metadata->end() || !unit->is_string()) return 1;
    const std::string name = unit->get<std::string>();
    if (name == "nanoseconds") return 1e-6;
    if (name == "microseconds") return 1e-3;
    if (name == "seconds") return 1e3;
    return 1;
}

Record read_t4_record(const std::vector<std::string>& names, const Json& record, double unit_ms) {
    if (!record.is_object()) throw bad("is not an object");
    Record result;
    result.values = values_of(names, member(record, "configuration"));
    const auto invalidity = record.find("invalidity");
    const bool refused = invalidity != record.end() && invalidity->is_string() &&
                         invalidity->get<std::string>() != "correct";
    for (const Json& measurement : member(record, "measurements")) {
        const std::string name = member(measurement, "name").get<std::string>();
        const Json& value = member(measurement, "value");
        if (name == "time") set_time(value, result.trial);
        if (names_energy(name) && value.is_number()) result.trial.energy_j = value.get<double>();
    }
    if (refused)
        result.trial.outcome = failure_named(invalidity->get<std::string>());
    else if (result.trial.time_ms == 0 && result.trial.outcome == Outcome::ok)
        throw bad("has no measurement \"time\"");

    result.trial.time_ms *= unit_ms;
    const auto times = record.find("times");
    if (times == record.end()) return result;
    double cost_ms = sum_of(*times,
                            {"compilation", "compilation_time", "benchmark", "validation",
                             "framework", "search_algorithm", "data", "kernel_overhead",
                             "profiling_runs", "profiling_overhead"},
                            result.has_cost);
    const auto runs = times->find("runtimes");
    if (runs != times->end() && runs->is_array()) {
        result.trial.samples = static_cast<std::int64_t>(runs->size());
        // Where the benchmark's own time is not told, its runs are the most of it.
        if (!times->contains("benchmark"))
            for (const Json& run : *runs)
                if (run.is_number()) cost_ms += std::max(0.0, run.get<double>());
    }
    result.trial.cost_s = cost_ms * unit_ms / ms_per_s;
    return result;
}

} // namespace hone::replay
