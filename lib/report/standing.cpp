#include "lib/report/standing.hpp"

#include "lib/report/values.hpp"

#include <fmt/format.h>

namespace hone {

namespace {

nlohmann::ordered_json standing_json(const Standing& standing) {
    return {{"family", standing.family},
            {"revision", standing.revision},
            {"config", config_json(standing.config)},
            {"median_ns", nanoseconds(standing.median_ps)},
            {"low_ns", nanoseconds(standing.low_ps)},
            {"high_ns", nanoseconds(standing.high_ps)},
            {"ratio_to_baseline", static_cast<double>(standing.ratio_ppb) * 1e-9},
            {"ratio_upper", static_cast<double>(standing.upper_ppb) * 1e-9},
            {"sittings", standing.sittings},
            {"kernel_error", error_value(standing.kernel_error.frobenius_ppt)},
            {"total_error", error_value(standing.total_error.frobenius_ppt)},
            {"energy_j", static_cast<double>(standing.energy_uj) * 1e-6},
            {"workspace_bytes", standing.workspace_bytes},
            {"deterministic", standing.deterministic},
            {"batch_invariant", standing.batch_invariant},
            {"noisy", standing.noisy},
            {"provisional", standing.provisional},
            {"veto", standing.veto == Outcome::ok ? "" : to_string(standing.veto)},
            {"program", hex(standing.program)}};
}

std::string remark(const Standing& standing, bool tied, bool winner) {
    std::string text = winner ? "winner" : tied ? "tied" : "";
    const auto add = [&](std::string_view more) {
        text += (text.empty() ? "" : ", ") + std::string(more);
    };
    if (standing.veto != Outcome::ok) add(fmt::format("vetoed: {}", to_string(standing.veto)));
    if (standing.noisy) add("noisy");
    if (standing.provisional) add("provisional");
    return text;
}

void show_front(const Shown& shown, Document& document) {
    document.json["front"] = nlohmann::ordered_json::array();
    document.table.columns = {{"family"},       {"median", true},  {"total error", true},
                              {"energy", true}, {"numeric class"}, {"remark"},
                              {"config"}};
    document.table.rows.clear();
    for (const Standing& standing : shown.front) {
        document.json["front"].push_back(standing_json(standing));
        const auto& winner = shown.verdict.winner;
        const bool wins =
            winner && winner->family == standing.family && winner->config == standing.config;
        document.table.rows.push_back(
            {standing.family, time_text(standing.median_ps),
             error_text(standing.total_error.frobenius_ppt),
             standing.energy_uj
                 ? fmt::format("{:.3g} J", static_cast<double>(standing.energy_uj) * 1e-6)
                 : "-",
             standing.batch_invariant ? "batch_invariant"
             : standing.deterministic ? "deterministic"
                                      : "any",
             remark(standing, false, wins), standing.config});
    }
    document.table.notes.emplace_back(
        "front: nothing measured is better in time, error and energy at once");
}

} // namespace

Document show_document(const Shown& shown) {
    const Verdict& verdict = shown.verdict;
    Document document;
    document.json["schema"] = "hone.show/1";
    document.json["problem"] = shown.problem;
    document.json["device"] = shown.device;
    document.json["tier"] = shown.tier;
    document.json["facts"] = shown.facts;
    document.json["fact"] = shown.fact;
    document.json["rule"] = winner_rule;
    document.json["winner"] =
        verdict.winner ? standing_json(*verdict.winner) : nlohmann::ordered_json();
    document.json["tied"] = nlohmann::ordered_json::array();
    document.json["others"] = nlohmann::ordered_json::array();

    document.table.columns = {{"family"},
                              {"median", true},
                              {"ratio", true},
                              {"upper", true},
                              {"total error", true},
                              {"sittings", true},
                              {"remark"},
                              {"config"}};
    const auto add = [&](const Standing& standing, bool tied) {
        const bool winner = verdict.winner && tied && standing.family == verdict.winner->family &&
                            standing.config == verdict.winner->config;
        document.json[tied ? "tied" : "others"].push_back(standing_json(standing));
        document.table.rows.push_back(
            {standing.family, time_text(standing.median_ps),
             fmt::format("{:.4f}", static_cast<double>(standing.ratio_ppb) * 1e-9),
             fmt::format("{:.4f}", static_cast<double>(standing.upper_ppb) * 1e-9),
             error_text(standing.total_error.frobenius_ppt), fmt::format("{}", standing.sittings),
             remark(standing, tied, winner), standing.config});
    };
    for (const Standing& standing : verdict.tied) add(standing, true);
    for (const Standing& standing : verdict.others) add(standing, false);
    if (!shown.front.empty()) show_front(shown, document);
    document.table.notes.push_back(fmt::format(
        "{} on {}: {} facts in {}, judged by {}", shown.problem, shown.device, shown.facts,
        shown.tier.empty() ? std::string("no store") : shown.tier, winner_rule));
    document.table.notes.push_back("ratio: time / fallback's time of the same sitting, median over "
                                   "sittings; upper: its bound");
    return document;
}

} // namespace hone
