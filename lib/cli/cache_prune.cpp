// hone cache prune: retracts facts that nobody shall use any longer.
#include "hone/binaries.hpp"
#include "hone/error.hpp"
#include "hone/winner.hpp"
#include "lib/cli/cache_verbs.hpp"
#include "lib/cli/record_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <set>

namespace hone::cli {

namespace {

struct PruneArguments {
    double older_than_seconds = 0;
    std::string device;
    bool superseded = false, dry_run = false;
    std::uint64_t binary_bytes = 0; // 0: leave binaries alone
};

// All that are given must hold.
class Pruned final {
  public:
    Pruned(const PruneArguments& arguments, const Registry& registry, std::uint64_t now)
        : arguments_(arguments), now_(now) {
        for (const KernelFamily* family : registry.families())
            revisions_[family->name()] = static_cast<std::uint32_t>(family->revision());
    }

    [[nodiscard]] bool operator()(const Fact& fact) const {
        if (arguments_.older_than_seconds > 0 && !old(fact)) return false;
        if (!arguments_.device.empty() && fact.device.find(arguments_.device) == std::string::npos)
            return false;
        if (!arguments_.superseded) return true;
        const auto known = revisions_.find(fact.family);
        return known != revisions_.end() && fact.revision < known->second;
    }
    [[nodiscard]] std::string reason() const {
        std::string text = "pruned:";
        if (arguments_.older_than_seconds > 0)
            text += fmt::format(" older than {:.0f} s", arguments_.older_than_seconds);
        if (!arguments_.device.empty()) text += " device " + arguments_.device;
        if (arguments_.superseded) text += " superseded revision";
        return text;
    }

  private:
    // Facts say when they were measured for people only; a fact that does not is never old.
    [[nodiscard]] bool old(const Fact& fact) const {
        return fact.unix_time > 0 &&
               fact.unix_time<now_&& static_cast<double>(now_ - fact.unix_time)> arguments_
                   .older_than_seconds;
    }

    const PruneArguments& arguments_;
    const std::uint64_t now_;
    std::map<std::string, std::uint32_t> revisions_;
};

// Retractions of what is in effect in the store and pruned.
std::vector<Record> retractions_for(Store& store, const Pruned& pruned, std::int64_t& facts) {
    std::set<Digest> chosen, retracted;
    for_each_page(store, [&](std::span<const Record> page) {
        for (const Record& record : page) {
            const Decoded decoded = decode(record);
            if (decoded.retraction) retracted.insert(decoded.retraction->target);
            if (!decoded.fact) continue;
            ++facts;
            if (pruned(*decoded.fact)) chosen.insert(record.id);
        }
    });
    std::vector<Record> retractions;
    for (const Digest& id : chosen)
        if (!retracted.contains(id)) retractions.push_back(encode(Retraction{id, pruned.reason()}));
    return retractions;
}

int prune(const Common& common, const PruneArguments& arguments) {
    const bool facts_too =
        arguments.older_than_seconds > 0 || !arguments.device.empty() || arguments.superseded;
    if (!facts_too && arguments.binary_bytes == 0)
        throw Error(Errc::usage, "prune needs to be told what to take back",
                    "give --older-than 90d, --superseded or --device TEXT; all that are given "
                    "must hold; or --binaries 500MB");
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(
        std::chrono::system_clock::now().time_since_epoch());
    const Registry registry(common.environment);
    const Pruned pruned(arguments, registry, static_cast<std::uint64_t>(now.count()));
    Document document =
        list_document("hone.cache.prune/1", {{"store"}, {"facts", true}, {"retracted", true}});
    document.json["dry_run"] = arguments.dry_run;
    constexpr std::size_t batch = 4096;
    if (arguments.binary_bytes > 0 && !arguments.dry_run) {
        const std::uint64_t left = trim_binaries(common.environment, arguments.binary_bytes);
        document.json["binary_bytes"] = left;
        document.table.notes.push_back(fmt::format("compiled binaries take {} bytes", left));
    }
    for (const auto& store : open_stores(registry, common)) {
        if (!facts_too || !store->writable()) continue;
        std::int64_t facts = 0;
        const std::vector<Record> retractions = retractions_for(*store, pruned, facts);
        for (std::size_t i = 0; !arguments.dry_run && i < retractions.size(); i += batch)
            store->append(
                std::span(retractions).subspan(i, std::min(batch, retractions.size() - i)));
        document.json["results"].push_back(
            {{"store", store->url()}, {"facts", facts}, {"retracted", retractions.size()}});
        document.table.rows.push_back(
            {store->url(), fmt::format("{}", facts), fmt::format("{}", retractions.size())});
    }
    if (arguments.dry_run) document.table.notes.push_back("a dry run: nothing was retracted");
    write(std::cout, document, common.output_format());
    return 0;
}

} // namespace

Verb add_cache_prune(CLI::App& cache, const Common& common) {
    CLI::App* app = cache.add_subcommand(
        "prune", "retract facts that nobody shall use, here and wherever they are merged to");
    const auto arguments = std::make_shared<PruneArguments>();
    const std::map<std::string, double> units = {{"h", 3600}, {"d", 86400}, {"w", 604800}};
    app->add_option("--older-than", arguments->older_than_seconds,
                    "measured longer ago than this: 12h, 90d, 8w")
        ->transform(CLI::AsNumberWithUnit(units, CLI::AsNumberWithUnit::UNIT_REQUIRED, "TIME"));
    app->add_flag("--superseded", arguments->superseded,
                  "of a lower revision of a family than the one that is here");
    app->add_option("--device", arguments->device, "whose device model's text holds this");
    app->add_option("--binaries", arguments->binary_bytes,
                    "besides: remove compiled binaries, those used longest ago, down to this size")
        ->transform(CLI::AsSizeValue(false));
    app->add_flag("--dry-run", arguments->dry_run, "say how many, retract none");
    return {app, [&common, arguments] { return prune(common, *arguments); }};
}

} // namespace hone::cli
