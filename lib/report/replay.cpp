#include "lib/report/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace hone {

namespace {

using Json = nlohmann::ordered_json;
using replay::ReplayResult;
using replay::reported_evaluations;

std::string score_text(const replay::Score& score) {
    return fmt::format("{:.3f} [{:.3f}, {:.3f}]", score.value, score.low, score.high);
}

Json percents_json(const ReplayResult& result) {
    Json json = Json::object();
    for (std::size_t k = 0; k < reported_evaluations.size(); ++k)
        json[std::to_string(reported_evaluations[k])] = {
            {"median", result.percent_of_optimum[k].median},
            {"p10", result.percent_of_optimum[k].p10}};
    return json;
}

Json figures_json(const ReplayResult& result) {
    return {{"score", result.score.value},
            {"low", result.score.low},
            {"high", result.score.high},
            {"published_score", result.published.value},
            {"published_low", result.published.low},
            {"published_high", result.published.high},
            {"repeats", result.repeats},
            {"percent_of_optimum", percents_json(result)},
            {"evaluations_to_95",
             result.evaluations_to_95 ? Json(*result.evaluations_to_95) : Json(nullptr)},
            {"evaluations", result.evaluations},
            {"strategy_ms", result.strategy_ms},
            {"strategy_ms_at_400", result.strategy_ms_400}};
}

std::string evaluations_text(const ReplayResult& result) {
    return result.evaluations_to_95 ? fmt::format("{:.0f}", *result.evaluations_to_95)
                                    : fmt::format("> {:.0f}", result.evaluations);
}

std::vector<std::string> searches_of(std::span<const Replayed> results) {
    std::vector<std::string> names;
    for (const Replayed& result : results)
        if (std::find(names.begin(), names.end(), result.single.search) == names.end())
            names.push_back(result.single.search);
    return names;
}

} // namespace

Document replay_document(std::span<const Replayed> results, replay::Objective objective) {
    Document document;
    document.json["schema"] = "hone.replay/1";
    document.json["objective"] = to_string(objective);
    document.json["results"] = Json::array();
    Table& table = document.table;
    table.columns = {
        {"space"}, {"search"}, {"score [95 % interval]", true}, {"as published", true}};
    const auto batched =
        std::find_if(results.begin(), results.end(), [](const auto& r) { return r.batched; });
    if (batched != results.end())
        table.columns.push_back({fmt::format("batch {}", batched->batched->batch), true});
    const auto warm =
        std::find_if(results.begin(), results.end(), [](const auto& r) { return r.warm; });
    if (warm != results.end()) table.columns.push_back({"warm (to 95 %)", true});
    for (const std::int64_t evaluations : reported_evaluations)
        table.columns.push_back({fmt::format("% at {}", evaluations), true});
    table.columns.push_back({"to 95 %", true});
    table.columns.push_back({"strategy ms", true});

    for (const Replayed& result : results) {
        const ReplayResult& single = result.single;
        Json json = {{"space", single.space}, {"search", single.search}};
        json.update(figures_json(single));
        std::vector<std::string> row = {single.space, single.search, score_text(single.score),
                                        score_text(single.published)};
        if (batched != results.end())
            row.push_back(result.batched ? fmt::format("{:.3f}", result.batched->score.value)
                                         : "-");
        if (result.batched) {
            Json batch = {{"batch", result.batched->batch}};
            batch.update(figures_json(*result.batched));
            json["batched"] = std::move(batch);
        }
        if (warm != results.end())
            row.push_back(result.warm ? fmt::format("{:.3f} ({})", result.warm->score.value,
                                                    evaluations_text(*result.warm))
                                      : "-");
        if (result.warm) json["warm"] = figures_json(*result.warm);
        for (const auto& percent : single.percent_of_optimum)
            row.push_back(fmt::format("{:.1f} ({:.1f})", percent.median, percent.p10));
        row.push_back(evaluations_text(single));
        row.push_back(fmt::format("{:.3f}", single.strategy_ms_400 > 0 ? single.strategy_ms_400
                                                                       : single.strategy_ms));
        document.json["results"].push_back(std::move(json));
        table.rows.push_back(std::move(row));
    }

    std::vector<const ReplayResult*> all;
    document.json["means"] = Json::array();
    for (const std::string& search : searches_of(results)) {
        std::vector<const ReplayResult*> of_search;
        for (const Replayed& result : results)
            if (result.single.search == search) of_search.push_back(&result.single);
        const replay::Score mean = replay::mean_score(of_search);
        const replay::Score published = replay::mean_published_score(of_search);
        document.json["means"].push_back({{"search", search},
                                          {"score", mean.value},
                                          {"low", mean.low},
                                          {"high", mean.high},
                                          {"published_score", published.value},
                                          {"published_low", published.low},
                                          {"published_high", published.high}});
        if (of_search.size() > 1)
            table.notes.push_back(fmt::format("mean of {} over {} spaces: {}, as published {}",
                                              search, of_search.size(), score_text(mean),
                                              score_text(published)));
        all.insert(all.end(), of_search.begin(), of_search.end());
    }
    document.json["mean"] = all.empty() ? Json(nullptr) : Json(replay::mean_score(all).value);
    table.notes.emplace_back(
        "score: 0 is random search, 1 the optimum at once; as published: against "
        "the published curve, by which random search is a little below 0; % of "
        "the optimum: median (10th percentile) over repeats");
    return document;
}

} // namespace hone
