#include "hone/error.hpp"
#include "hone/pack.hpp"
#include "hone/winner.hpp"
#include "lib/cli/cache_verbs.hpp"
#include "lib/cli/record_reader.hpp"
#include "lib/cli/verbs.hpp"
#include "lib/interchange/foreign_facts.hpp"
#include "lib/interchange/t4_export.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>

namespace hone::cli {

namespace {

struct CacheArguments {
    std::vector<std::string> sources;    // of import, merge, check
    std::string file;                    // of export
    bool live = false;                   // export what is in effect only
    std::string format;                  // of export: t4, else that of its report
    std::string problem, family, device; // of import: what results of other tuners are about
};

int list(const Common& common) {
    struct Counts {
        std::int64_t facts = 0, finals = 0, failed = 0;
    };
    const Registry registry(common.environment);
    Document document = list_document(
        "hone.cache.ls/1",
        {{"store"}, {"problem"}, {"device"}, {"facts", true}, {"finals", true}, {"failed", true}});
    for (const auto& store : open_stores(registry, common)) {
        std::map<std::pair<std::string, std::string>, Counts> counts;
        for_each_page(*store, [&](std::span<const Record> page) {
            for (const Fact& fact : effective_facts(page).facts) {
                Counts& count = counts[{fact.problem, fact.device}];
                ++count.facts;
                count.finals += fact.stage == Stage::final && fact.outcome == Outcome::ok;
                count.failed += fact.outcome != Outcome::ok && fact.outcome != Outcome::censored;
            }
        });
        for (const auto& [key, count] : counts) {
            const std::string problem = shown_problem(registry, key.first);
            document.json["results"].push_back({{"store", store->url()},
                                                {"problem", problem},
                                                {"device", key.second},
                                                {"facts", count.facts},
                                                {"finals", count.finals},
                                                {"failed", count.failed}});
            document.table.rows.push_back(
                {store->url(), problem, shown_device(key.second), fmt::format("{}", count.facts),
                 fmt::format("{}", count.finals), fmt::format("{}", count.failed)});
        }
    }
    write(std::cout, document, common.output_format());
    return 0;
}

// Facts that nobody retracted, and what a newer hone wrote.
std::vector<Record> in_effect(std::span<const Record> records) {
    std::set<Digest> retracted;
    for (const Record& record : records)
        if (const auto retraction = decode(record).retraction) retracted.insert(retraction->target);
    std::vector<Record> kept;
    for (const Record& record : records) {
        const Decoded decoded = decode(record);
        if (decoded.newer || (decoded.fact && !retracted.contains(record.id)))
            kept.push_back(record);
    }
    return kept;
}

struct Health {
    std::int64_t good = 0, newer = 0, damaged = 0;
    std::string first;  // what is wrong with the first damaged one
    std::string signer; // of a pack; empty: nobody

    void add(std::span<const Record> records) {
        for (const Record& record : records) {
            const Decoded decoded = decode(record);
            if (decoded.error.empty()) {
                ++good;
            } else if (decoded.newer) {
                ++newer;
            } else if (damaged++ == 0) {
                first = hex(record.id) + ": " + decoded.error;
            }
        }
    }
};

int check(const Common& common, const CacheArguments& arguments) {
    const Registry registry(common.environment);
    Document document = list_document("hone.cache.check/1", {{"source"},
                                                             {"good", true},
                                                             {"newer", true},
                                                             {"damaged", true},
                                                             {"signed by"},
                                                             {"first damage"}});
    bool bad = false;
    const auto add = [&](const std::string& source, const Health& health) {
        bad = bad || health.damaged > 0;
        document.json["results"].push_back({{"source", source},
                                            {"good", health.good},
                                            {"newer", health.newer},
                                            {"damaged", health.damaged},
                                            {"signed_by", health.signer},
                                            {"first_damage", health.first}});
        document.table.rows.push_back(
            {source, fmt::format("{}", health.good), fmt::format("{}", health.newer),
             fmt::format("{}", health.damaged), health.signer.substr(0, 16), health.first});
    };
    const auto check_store = [&](Store& store) {
        Health health;
        for_each_page(store, [&](std::span<const Record> page) { health.add(page); });
        health.damaged += static_cast<std::int64_t>(store.damaged());
        if (store.damaged() > 0 && health.first.empty())
            health.first = "bytes do not match their id";
        add(store.url(), health);
    };
    if (arguments.sources.empty())
        for (const auto& store : open_stores(registry, common)) check_store(*store);
    for (const std::string& source : arguments.sources) {
        Health health;
        try {
            health.add(read_source(registry, source));
            if (is_pack_file(source))
                if (const auto signer = signer_of(source)) health.signer = hex(*signer);
        } catch (const Error& error) {
            health.damaged = 1;
            health.first = error.what();
        }
        add(source, health);
    }
    write(std::cout, document, common.output_format());
    return bad ? exit_code(Errc::check_failed) : 0;
}

// NAME.pack, NAME-2.pack, NAME-3.pack, ...
std::string part_of(const std::string& file, std::size_t number) {
    std::filesystem::path path(file);
    if (number > 1)
        path.replace_filename(
            fmt::format("{}-{}{}", path.stem().string(), number, path.extension().string()));
    return path.string();
}

// NAME.json for the first problem, family and device, NAME-2.json for the next, ...
int export_t4(const Common& common, const CacheArguments& arguments,
              const std::vector<Record>& records) {
    const std::vector<T4File> files = t4_files(effective_facts(records).facts);
    Document document = list_document("hone.cache.export/1",
                                      {{"file"}, {"problem"}, {"family"}, {"results", true}});
    for (std::size_t i = 0; i < files.size(); ++i) {
        const std::string part = part_of(arguments.file, i + 1);
        std::ofstream out(part, std::ios::binary);
        out << files[i].json.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
            << '\n';
        out.close();
        if (!out)
            throw Error(Errc::not_kept, part + ": cannot be written",
                        "is the disk full, or the folder read-only?");
        document.json["results"].push_back({{"file", part},
                                            {"problem", files[i].problem},
                                            {"family", files[i].family},
                                            {"device", files[i].device},
                                            {"results", files[i].results}});
        document.table.rows.push_back(
            {part, files[i].problem, files[i].family, fmt::format("{}", files[i].results)});
    }
    write(std::cout, document, common.output_format());
    return 0;
}

int export_records(const Common& common, const CacheArguments& arguments) {
    const Registry registry(common.environment);
    std::vector<Record> records;
    for (const auto& store : open_stores(registry, common))
        for_each_page(*store,
                      [&](std::span<const Record> page) { records = merge(records, page); });
    if (arguments.live) records = in_effect(records);
    if (arguments.format == "t4") return export_t4(common, arguments, records);
    Format format = common.output_format();
    if (!arguments.format.empty()) {
        const auto named = parse_format(arguments.format);
        if (!named)
            throw Error(Errc::usage, "--format " + arguments.format + ": expected t4 or one of " +
                                         std::string(format_names));
        format = *named;
    }
    // One pack holds a bounded number: more become NAME-2.pack, NAME-3.pack, ...
    constexpr std::size_t records_per_pack = max_pack_records / 2;
    Document document = list_document("hone.cache.export/1", {{"file"}, {"records", true}});
    std::size_t begin = 0;
    for (int number = 1; begin < records.size() || number == 1; ++number) {
        const std::size_t count = std::min(records_per_pack, records.size() - begin);
        const std::string part = part_of(arguments.file, static_cast<std::size_t>(number));
        write_pack(part, std::span(records).subspan(begin, count));
        begin += count;
        document.json["results"].push_back({{"file", part}, {"records", count}});
        document.table.rows.push_back({part, fmt::format("{}", count)});
    }
    write(std::cout, document, format);
    return 0;
}

// Records of a pack or store, or of another tuner's results.
std::vector<Record> records_of(const Common& common, const Registry& registry,
                               const CacheArguments& arguments, const std::string& source) {
    if (!names_foreign_file(source)) return read_source(registry, source);
    ForeignKey key{
        .problem = arguments.problem, .family = arguments.family, .device = arguments.device};
    if (!key.problem.empty()) {
        const WorkloadItem item = parse_problem(key.problem, registry.operations());
        key.problem = canonical_text(item.operation->schema(), item.problem);
    }
    // A device of this machine ("cpu", "cuda:0") or the text of a model.
    if (!key.device.empty() && key.device.find('=') == std::string::npos)
        key.device = canonical_text(devices_of(registry, key.device).front().model);
    const ForeignFacts foreign = read_foreign_facts(source, key);
    if (!common.quiet)
        for (const std::string& warning : foreign.warnings)
            fmt::print(stderr, "hone: warning: {}\n", warning);
    std::vector<Record> records;
    for (const Fact& fact : foreign.facts) records.push_back(encode(fact));
    return records;
}

// Takes what is well-formed, and what a newer hone wrote, into every writable store.
int take_in(const Common& common, const CacheArguments& arguments) {
    const Registry registry(common.environment);
    const auto stores = open_stores(registry, common);
    Document document =
        list_document("hone.cache.import/1",
                      {{"source"}, {"store"}, {"added", true}, {"known", true}, {"damaged", true}});
    bool kept = false;
    for (const std::string& source : arguments.sources) {
        std::vector<Record> records = records_of(common, registry, arguments, source);
        const std::size_t all = records.size();
        std::erase_if(records, [](const Record& record) {
            const Decoded decoded = decode(record);
            return !decoded.error.empty() && !decoded.newer;
        });
        const std::size_t damaged = all - records.size();
        for (const auto& store : stores) {
            if (!store->writable()) continue;
            const Appended appended = store->append(records);
            kept = true;
            document.json["results"].push_back({{"source", source},
                                                {"store", store->url()},
                                                {"added", appended.added},
                                                {"known", appended.known},
                                                {"damaged", damaged}});
            document.table.rows.push_back({source, store->url(), fmt::format("{}", appended.added),
                                           fmt::format("{}", appended.known),
                                           fmt::format("{}", damaged)});
        }
    }
    write(std::cout, document, common.output_format());
    if (kept) return 0;
    throw Error(Errc::not_kept, "no store can be written",
                "name one with --store, or set HONE_CACHE_DIR to a folder that can be written");
}

} // namespace

Verb add_cache(CLI::App& root, const Common& common) {
    CLI::App* app = root.add_subcommand("cache", "what the stores keep");
    app->require_subcommand(1);
    app->fallthrough();
    const auto arguments = std::make_shared<CacheArguments>();
    CLI::App* ls = app->add_subcommand("ls", "problems, devices and counts of facts");
    CLI::App* checked = app->add_subcommand("check", "decode every record; exit 6 on damage");
    checked->add_option("source", arguments->sources, "store URLs or pack files (default: --store)")
        ->configurable(false);
    CLI::App* exported = app->add_subcommand("export", "write a pack of everything");
    exported->add_option("file", arguments->file, "NAME.pack; NAME.json with --format t4")
        ->required()
        ->configurable(false);
    exported
        ->add_option("--format", arguments->format,
                     "t4: write T4 files, not a pack; else the format of the report")
        ->configurable(false);
    exported->add_flag("--live", arguments->live,
                       "leave out retracted facts and their retractions: for a store made anew");
    CLI::App* imported =
        app->add_subcommand("import", "take packs, or results of other tuners, into the stores");
    imported
        ->add_option(
            "file", arguments->sources,
            "packs; cache files of Kernel Tuner, T4 (.json, .json.gz), .wisdom: facts that "
            "seed a search and never win")
        ->required()
        ->configurable(false);
    imported->add_option("--problem", arguments->problem, "what those results are about: a problem")
        ->configurable(false);
    imported->add_option("--family", arguments->family, "the family whose configs they are")
        ->configurable(false);
    imported
        ->add_option("--device", arguments->device, "the device they are of: cpu, cuda:0, a model")
        ->configurable(false);
    CLI::App* merged = app->add_subcommand("merge", "take other stores and packs into the stores");
    merged->add_option("source", arguments->sources, "store URLs or pack files")
        ->required()
        ->configurable(false);
    std::vector<Verb> others;
    for (const auto add : {add_cache_push, add_cache_pull, add_cache_diff, add_cache_prune,
                           add_cache_sign, add_cache_plan})
        others.push_back(add(*app, common));
    return {app, [&common, arguments, ls, checked, exported, others] {
                for (const Verb& verb : others)
                    if (verb.app->parsed()) return verb.run();
                if (ls->parsed()) return list(common);
                if (checked->parsed()) return check(common, *arguments);
                if (exported->parsed()) return export_records(common, *arguments);
                return take_in(common, *arguments);
            }};
}

} // namespace hone::cli
