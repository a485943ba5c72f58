#include "lib/report/tuning.hpp"

#include "lib/report/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace hone {

namespace {

using Json = nlohmann::ordered_json;

std::string name_of(const TuneResult& result) {
    return result.name.empty() ? result.problem : result.name + ": " + result.problem;
}

const Contender* best_vendor(const TuneResult& result) {
    const auto best = std::min_element(
        result.vendors.begin(), result.vendors.end(),
        [](const auto& a, const auto& b) { return a.time.median_ps < b.time.median_ps; });
    return best == result.vendors.end() ? nullptr : &*best;
}

Json vendors_json(const TuneResult& result) {
    Json vendors = Json::array();
    for (const Contender& vendor : result.vendors)
        vendors.push_back({{"name", vendor.family},
                           {"median_ns", nanoseconds(vendor.time.median_ps)},
                           {"low_ns", nanoseconds(vendor.time.low_ps)},
                           {"high_ns", nanoseconds(vendor.time.high_ps)}});
    return vendors;
}

Json failures_json(const TuneResult& result) {
    Json failed = Json::object();
    for (const auto& [outcome, count] : result.failed)
        failed[std::string(to_string(outcome))] = count;
    return failed;
}

std::int64_t failure_count(const TuneResult& result) {
    std::int64_t count = 0;
    for (const auto& [outcome, some] : result.failed) count += some;
    return count;
}

std::string vendor_cell(const TuneResult& result) {
    const Contender* vendor = best_vendor(result);
    return vendor ? time_text(vendor->time.median_ps) + " " + vendor->family : "-";
}

std::string ratio_cell(const TuneResult& result) {
    const auto ratio = vendor_ratio(result);
    return ratio ? fmt::format("{:.2f}", ratio->value) : "-";
}

Json time_or_null(const std::optional<Contender>& contender) {
    return contender ? Json(nanoseconds(contender->time.median_ps)) : Json(nullptr);
}

} // namespace

std::optional<Ratio> vendor_ratio(const TuneResult& result) {
    const Contender* vendor = best_vendor(result);
    if (!vendor || !result.winner || result.winner->time.median_ps == 0) return std::nullopt;
    const TimeSummary& theirs = vendor->time;
    const TimeSummary& ours = result.winner->time;
    return Ratio{
        .value = static_cast<double>(theirs.median_ps) / static_cast<double>(ours.median_ps),
        .low = ours.high_ps ? static_cast<double>(theirs.low_ps) / static_cast<double>(ours.high_ps)
                            : 0,
        .best_vendor = vendor->family};
}

Document tune_document(const TuneReport& report) {
    Document document;
    document.json["schema"] = "hone.tune/1";
    document.json["results"] = Json::array();
    document.table.columns = {{"problem"},        {"winner", true}, {"GFLOP/s", true},
                              {"fallback", true}, {"best vendor"},  {"ratio", true},
                              {"trials", true},   {"failed", true}, {"config"}};
    for (const TuneResult& result : report.results) {
        Json json;
        json["problem"] = result.problem;
        json["name"] = result.name;
        json["phase"] = result.phase;
        json["weight"] = result.weight;
        json["device"] = result.device;
        const auto& winner = result.winner;
        json["family"] = winner ? Json(winner->family) : Json(nullptr);
        json["config"] = winner ? config_json(winner->config) : Json(nullptr);
        json["median_ns"] = time_or_null(winner);
        json["low_ns"] = winner ? Json(nanoseconds(winner->time.low_ps)) : Json(nullptr);
        json["high_ns"] = winner ? Json(nanoseconds(winner->time.high_ps)) : Json(nullptr);
        json["noisy"] = winner ? Json(winner->time.noisy) : Json(nullptr);
        json["energy_uj"] =
            winner && winner->energy_uj > 0 ? Json(winner->energy_uj) : Json(nullptr);
        json["fallback_ns"] = time_or_null(result.fallback);
        json["gflops"] = result.gflops;
        json["kernel_error"] =
            winner ? Json(error_value(winner->kernel_error.frobenius_ppt)) : Json(nullptr);
        json["total_error"] =
            winner ? Json(error_value(winner->total_error.frobenius_ppt)) : Json(nullptr);
        json["vendors"] = vendors_json(result);
        json["served"] = result.served ? Json(result.served->family) : Json(nullptr);
        json["trials"] = result.trials;
        json["known"] = result.known;
        json["failed"] = failures_json(result);
        json["seconds"] = result.seconds;
        json["interrupted"] = result.interrupted;
        if (!result.missing.empty()) json["missing"] = result.missing;
        document.json["results"].push_back(std::move(json));

        document.table.rows.push_back(
            {name_of(result),
             winner ? time_text(winner->time.median_ps) + (winner->time.noisy ? "~" : "") : "none",
             winner ? fmt::format("{:.1f}", result.gflops) : "-",
             result.fallback ? time_text(result.fallback->time.median_ps) : "-",
             vendor_cell(result), ratio_cell(result),
             result.known ? fmt::format("{}+{}", result.known, result.trials)
                          : fmt::format("{}", result.trials),
             fmt::format("{}", failure_count(result)),
             winner ? winner->family + " " + winner->config : result.missing});
    }
    const bool noisy = std::any_of(report.results.begin(), report.results.end(),
                                   [](const auto& r) { return r.winner && r.winner->time.noisy; });
    if (noisy)
        document.table.notes.push_back(
            "~: the machine was too noisy for an interval within 0.5 %; see low_ns and high_ns");
    return document;
}

Document bench_document(const TuneReport& report) {
    Document document;
    document.json["schema"] = "hone.bench/1";
    document.json["results"] = Json::array();
    document.table.columns = {{"problem"},     {"winner", true}, {"fallback", true},
                              {"best vendor"}, {"ratio", true},  {"ratio low", true},
                              {"served"}};
    double log_sum = 0, smallest = 0;
    std::int64_t compared = 0;
    Json losses = Json::array();
    for (const TuneResult& result : report.results) {
        const auto ratio = vendor_ratio(result);
        const auto& winner = result.winner;
        Json json;
        json["problem"] = result.problem;
        json["name"] = result.name;
        json["phase"] = result.phase;
        json["device"] = result.device;
        json["winner_ns"] = time_or_null(winner);
        json["winner_low_ns"] = winner ? Json(nanoseconds(winner->time.low_ps)) : Json(nullptr);
        json["winner_high_ns"] = winner ? Json(nanoseconds(winner->time.high_ps)) : Json(nullptr);
        json["winner_family"] = winner ? Json(winner->family) : Json(nullptr);
        json["winner_config"] = winner ? config_json(winner->config) : Json(nullptr);
        json["fallback_ns"] = time_or_null(result.fallback);
        json["vendors"] = vendors_json(result);
        json["best_vendor"] = ratio ? Json(ratio->best_vendor) : Json(nullptr);
        json["ratio"] = ratio ? Json(ratio->value) : Json(nullptr);
        json["ratio_low"] = ratio ? Json(ratio->low) : Json(nullptr);
        json["served"] = result.served ? Json(result.served->family) : Json(nullptr);
        json["gflops"] = result.gflops;
        document.json["results"].push_back(std::move(json));
        document.table.rows.push_back(
            {name_of(result), winner ? time_text(winner->time.median_ps) : "none",
             result.fallback ? time_text(result.fallback->time.median_ps) : "-",
             vendor_cell(result), ratio_cell(result),
             ratio ? fmt::format("{:.2f}", ratio->low) : "-",
             result.served ? result.served->family : "-"});
        if (!ratio) continue;
        log_sum += std::log(ratio->value);
        smallest = compared++ ? std::min(smallest, ratio->value) : ratio->value;
        if (ratio->value < 1) losses.push_back(result.problem);
    }
    document.json["geomean"] =
        compared ? Json(std::exp(log_sum / static_cast<double>(compared))) : Json(nullptr);
    document.json["min"] = compared ? Json(smallest) : Json(nullptr);
    document.json["losses"] = losses;
    if (compared)
        document.table.notes.push_back(fmt::format(
            "geomean {:.3f}, min {:.3f}, {} of {} lost to a vendor library",
            std::exp(log_sum / static_cast<double>(compared)), smallest, losses.size(), compared));
    return document;
}

Document verify_document(std::span<const VerifyResult> results) {
    Document document;
    document.json["schema"] = "hone.verify/1";
    document.json["results"] = Json::array();
    document.table.columns = {{"problem"},           {"family"},
                              {"outcome"},           {"kernel error", true},
                              {"total error", true}, {"config"}};
    std::int64_t failed = 0;
    for (const VerifyResult& result : results) {
        Json reports = Json::array();
        for (const VerifyReport& report : result.reports)
            reports.push_back({{"rule", report.rule},
                               {"message", report.message},
                               {"file", report.file},
                               {"line", report.line},
                               {"count", report.count}});
        document.json["results"].push_back(
            {{"problem", result.problem},
             {"device", result.device},
             {"family", result.family},
             {"config", config_json(result.config)},
             {"outcome", to_string(result.outcome)},
             {"kernel_error", error_value(result.kernel_error.frobenius_ppt)},
             {"total_error", error_value(result.total_error.frobenius_ppt)},
             {"reports", reports}});
        failed += result.outcome != Outcome::ok;
        document.table.rows.push_back(
            {result.problem, result.family, std::string(to_string(result.outcome)),
             error_text(result.kernel_error.frobenius_ppt),
             error_text(result.total_error.frobenius_ppt), result.config});
        for (const VerifyReport& report : result.reports)
            document.table.notes.push_back(result.family + " " + result.config + ": " +
                                           report.message);
    }
    document.json["failed"] = failed;
    document.table.notes.push_back(
        fmt::format("{} of {} candidates failed", failed, results.size()));
    return document;
}

} // namespace hone
