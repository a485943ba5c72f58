#include "lib/report/rerun.hpp"

#include "lib/report/values.hpp"

#include <fmt/format.h>

#include <string>

namespace hone {

namespace {

using Json = nlohmann::ordered_json;

Json measured_json(const Fact& fact) {
    return {{"outcome", to_string(fact.outcome)},
            {"stage", to_string(fact.stage)},
            {"median_ns", nanoseconds(fact.time.median_ps)},
            {"low_ns", nanoseconds(fact.time.low_ps)},
            {"high_ns", nanoseconds(fact.time.high_ps)},
            {"toolchain", fact.toolchain},
            {"detail", fact.detail}};
}

std::vector<std::string> row(std::string what, Outcome outcome, const TimeSummary& time,
                             std::string config) {
    return {std::move(what),        std::string(to_string(outcome)), time_text(time.median_ps),
            time_text(time.low_ps), time_text(time.high_ps),         std::move(config)};
}

} // namespace

Document rerun_document(const RerunReport& report) {
    const Fact &then = report.then, &now = report.now;
    Document document;
    Json& json = document.json;
    json["schema"] = "hone.rerun/1";
    json["problem"] = report.problem;
    json["device"] = report.device;
    json["family"] = now.family;
    json["config"] = config_json(now.config);
    json["policy"] = now.policy;
    json["then"] = measured_json(then);
    json["now"] = measured_json(now);
    const bool both = then.time.median_ps > 0 && now.time.median_ps > 0;
    const double change =
        both ? static_cast<double>(now.time.median_ps) / static_cast<double>(then.time.median_ps)
             : 0;
    json["change"] = both ? Json(change) : Json(nullptr);
    json["fallback_ns"] =
        report.fallback ? Json(nanoseconds(report.fallback->time.median_ps)) : Json(nullptr);
    json["vendors"] = Json::array();

    document.table.columns = {{"what"},      {"outcome"},    {"median", true},
                              {"low", true}, {"high", true}, {"config"}};
    auto& rows = document.table.rows;
    rows.push_back(row("the fact", then.outcome, then.time, then.family + " " + then.config));
    rows.push_back(row("now", now.outcome, now.time, now.family + " " + now.config));
    if (report.fallback)
        rows.push_back(row("fallback", Outcome::ok, report.fallback->time,
                           report.fallback->family + " " + report.fallback->config));
    for (const Contender& vendor : report.vendors) {
        json["vendors"].push_back(
            {{"name", vendor.family}, {"median_ns", nanoseconds(vendor.time.median_ps)}});
        rows.push_back(row("vendor", Outcome::ok, vendor.time, vendor.family));
    }
    if (both)
        document.table.notes.push_back(
            fmt::format("{} on {}: {:.3f} of the fact's time, a {} of {}", report.problem,
                        report.device, change, to_string(then.stage), then.policy));
    if (!now.detail.empty()) document.table.notes.push_back(now.detail);
    return document;
}

} // namespace hone
