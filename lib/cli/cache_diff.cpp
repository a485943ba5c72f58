// hone cache diff: what each of two sources has that the other lacks, and winners that differ.
#include "hone/winner.hpp"
#include "lib/cli/cache_verbs.hpp"
#include "lib/cli/record_reader.hpp"
#include "lib/report/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <map>

namespace hone::cli {

namespace {

using Key = std::pair<std::string, std::string>; // problem, device
using Json = nlohmann::ordered_json;

// The winner by the default contract of each problem and device that has a final.
std::map<Key, Standing> winners_of(std::span<const Record> records) {
    std::map<Key, std::vector<Fact>> facts;
    for (Fact& fact : effective_facts(records).facts)
        facts[{fact.problem, fact.device}].push_back(std::move(fact));
    std::map<Key, Standing> winners;
    for (const auto& [key, of_key] : facts)
        if (Verdict verdict = winner(of_key, {}); verdict.winner)
            winners.emplace(key, std::move(*verdict.winner));
    return winners;
}

std::size_t missing(std::span<const Record> from, std::span<const Record> in) {
    const auto by_id = [](const Record& a, const Record& b) { return a.id < b.id; };
    std::vector<Record> lacking;
    std::set_difference(from.begin(), from.end(), in.begin(), in.end(), std::back_inserter(lacking),
                        by_id);
    return lacking.size();
}

Json json_of(const Standing* standing) {
    if (!standing) return nullptr;
    return {{"family", standing->family},
            {"revision", standing->revision},
            {"config", config_json(standing->config)},
            {"median_ns", nanoseconds(standing->median_ps)}};
}

std::string cell_of(const Standing* standing) {
    if (!standing) return "-";
    return fmt::format("{} {} {}", time_text(standing->median_ps), standing->family,
                       standing->config);
}

bool same_choice(const Standing* a, const Standing* b) {
    return a && b && a->family == b->family && a->revision == b->revision && a->config == b->config;
}

int diff(const Common& common, const std::vector<std::string>& names) {
    const Registry registry(common.environment);
    std::array<std::vector<Record>, 2> records;
    std::array<std::map<Key, Standing>, 2> winners;
    std::map<Key, std::array<const Standing*, 2>> keys;
    for (std::size_t side = 0; side < 2; ++side) {
        records[side] = merge(read_source(registry, names[side]), {}); // by id
        winners[side] = winners_of(records[side]);
        for (const auto& [key, standing] : winners[side]) keys[key][side] = &standing;
    }
    const std::size_t only_a = missing(records[0], records[1]),
                      only_b = missing(records[1], records[0]);
    Document document =
        list_document("hone.cache.diff/1", {{"problem"}, {"device"}, {"winner of A"}, {"of B"}});
    document.json["a"] = names[0];
    document.json["b"] = names[1];
    document.json["only_a"] = only_a;
    document.json["only_b"] = only_b;
    document.json["both"] = records[0].size() - only_a;
    for (const auto& [key, sides] : keys) {
        if (same_choice(sides[0], sides[1])) continue;
        const std::string problem = shown_problem(registry, key.first);
        document.json["results"].push_back({{"problem", problem},
                                            {"device", key.second},
                                            {"a", json_of(sides[0])},
                                            {"b", json_of(sides[1])}});
        document.table.rows.push_back(
            {problem, shown_device(key.second), cell_of(sides[0]), cell_of(sides[1])});
    }
    document.table.notes.push_back(fmt::format(
        "{} records in both, {} only in A, {} only in B; {} of {} winners differ",
        records[0].size() - only_a, only_a, only_b, document.table.rows.size(), keys.size()));
    write(std::cout, document, common.output_format());
    return 0;
}

} // namespace

Verb add_cache_diff(CLI::App& cache, const Common& common) {
    CLI::App* app = cache.add_subcommand("diff", "what two stores or packs do not share");
    const auto names = std::make_shared<std::vector<std::string>>();
    app->add_option("source", *names, "A and B: store URLs or pack files")
        ->required()
        ->expected(2)
        ->configurable(false);
    return {app, [&common, names] { return diff(common, *names); }};
}

} // namespace hone::cli
