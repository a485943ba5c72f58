#include "lib/interchange/t4_export.hpp"

#include "hone/config.hpp"
#include "hone/version.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <map>
#include <tuple>
#include <variant>

namespace hone {

namespace {

using Json = nlohmann::ordered_json;

// "timeout", "compile", "runtime", "correctness", "constraints" or "correct".
std::string invalidity(Outcome outcome) {
    switch (outcome) {
    case Outcome::ok:
        return "correct";
    case Outcome::invalid_config:
    case Outcome::skipped:
        return "constraints";
    case Outcome::compile_failed:
        return "compile";
    case Outcome::censored: // never measured to its end
    case Outcome::compile_timeout:
    case Outcome::hang:
        return "timeout";
    case Outcome::wrong_result:
    case Outcome::not_finite:
    case Outcome::out_of_bounds:
    case Outcome::race:
        return "correctness";
    case Outcome::launch_failed:
    case Outcome::crash:
    case Outcome::illegal_access:
    case Outcome::out_of_memory:
    case Outcome::deadlock:
        return "runtime";
    }
    return "runtime";
}

Json configuration(const std::string& text) {
    Json json = Json::object();
    const Config config = Config::parse(text);
    for (const auto& [name, value] : config.values())
        std::visit([&](const auto& plain) { json[name] = plain; }, value);
    return json;
}

double nanoseconds(std::uint64_t ps) { return static_cast<double>(ps) * 1e-3; }

Json result_of(const Fact& fact) {
    Json result;
    if (fact.unix_time > 0)
        result["timestamp"] = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                                          fmt::gmtime(static_cast<std::time_t>(fact.unix_time)));
    result["configuration"] = configuration(fact.config);
    const bool measured = fact.outcome == Outcome::ok && fact.time.count > 0;
    // Facts keep quartiles and not every run.
    Json runs = Json::array();
    if (measured) runs.push_back(nanoseconds(fact.time.median_ps));
    result["times"] = {{"runtimes", std::move(runs)}};
    result["invalidity"] = invalidity(fact.outcome);
    result["correctness"] = result["invalidity"] == "correct" ? 1 : 0;
    const Json time = measured ? Json(nanoseconds(fact.time.median_ps))
                               : Json(std::string(to_string(fact.outcome)));
    result["measurements"] = Json::array({{{"name", "time"}, {"value", time}, {"unit", ""}}});
    if (measured && fact.energy_uj > 0)
        result["measurements"].push_back({{"name", "energy"},
                                          {"value", static_cast<double>(fact.energy_uj) * 1e-6},
                                          {"unit", "J"}});
    result["objectives"] = {"time"};
    return result;
}

bool says_more(const Fact& fact, const Fact& than) {
    if (fact.stage != than.stage) return fact.stage > than.stage;
    const bool ok = fact.outcome == Outcome::ok;
    if (ok != (than.outcome == Outcome::ok)) return ok;
    return fact.time.median_ps < than.time.median_ps;
}

} // namespace

std::vector<T4File> t4_files(std::span<const Fact> facts) {
    using Key = std::tuple<std::string, std::string, std::string>;
    std::map<Key, std::map<std::string, const Fact*>> groups;
    for (const Fact& fact : facts) {
        if (fact.origin != Origin::measured) continue;
        const Fact*& kept = groups[{fact.problem, fact.family, fact.device}][fact.config];
        if (!kept || says_more(fact, *kept)) kept = &fact;
    }
    std::vector<T4File> files;
    for (const auto& [key, configs] : groups) {
        T4File file;
        std::tie(file.problem, file.family, file.device) = key;
        file.results = configs.size();
        file.json["schema_version"] = "1.0.0";
        file.json["metadata"] = {{"device", file.device},          {"autotuner", "hone"},
                                 {"autotuner_version", version()}, {"timeunit", "nanoseconds"},
                                 {"problem", file.problem},        {"family", file.family}};
        file.json["results"] = Json::array();
        for (const auto& [config, fact] : configs) file.json["results"].push_back(result_of(*fact));
        files.push_back(std::move(file));
    }
    return files;
}

} // namespace hone
