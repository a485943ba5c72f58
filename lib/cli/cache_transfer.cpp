// hone cache push and pull: records from store to store, a page at a time.
#include "hone/error.hpp"
#include "lib/cli/cache_verbs.hpp"
#include "lib/cli/progress.hpp"
#include "lib/cli/record_reader.hpp"

#include <fmt/format.h>

#include <iostream>

namespace hone::cli {

namespace {

struct Moved {
    Appended appended;
    std::int64_t damaged = 0; // not passed on
};

Moved transfer(Store& from, Store& to) {
    Moved moved;
    for_each_page(from, [&](std::span<const Record> page) {
        std::vector<Record> sound;
        for (const Record& record : page) {
            const Decoded decoded = decode(record);
            if (decoded.error.empty() || decoded.newer)
                sound.push_back(record);
            else
                ++moved.damaged;
        }
        const Appended appended = to.append(sound);
        moved.appended.added += appended.added;
        moved.appended.known += appended.known;
    });
    return moved;
}

// Takes each of `from` into each of `to` that can be written.
int move_all(const Common& common, const std::string& schema, std::span<Store* const> from,
             std::span<Store* const> to) {
    Document document = list_document(
        schema, {{"from"}, {"to"}, {"added", true}, {"known", true}, {"damaged", true}});
    for (Store* source : from)
        for (Store* target : to) {
            if (!target->writable())
                throw Error(Errc::not_kept, target->url() + ": the store cannot be written",
                            "name one that this user can write");
            const Moved moved = transfer(*source, *target);
            document.json["results"].push_back({{"from", source->url()},
                                                {"to", target->url()},
                                                {"added", moved.appended.added},
                                                {"known", moved.appended.known},
                                                {"damaged", moved.damaged}});
            document.table.rows.push_back(
                {source->url(), target->url(), fmt::format("{}", moved.appended.added),
                 fmt::format("{}", moved.appended.known), fmt::format("{}", moved.damaged)});
        }
    write(std::cout, document, common.output_format());
    return 0;
}

Verb add(CLI::App& cache, const Common& common, const char* name, const char* what, bool push) {
    CLI::App* app = cache.add_subcommand(name, what);
    const auto urls = std::make_shared<std::vector<std::string>>();
    app->add_option("url", *urls, "store URLs: sqlite:FILE, dir:FOLDER, pack:FILE (pull)")
        ->required()
        ->configurable(false);
    return {
        app, [&common, urls, push] {
            const Registry registry(common.environment);
            const auto ours = open_stores(registry, common);
            std::vector<std::unique_ptr<Store>> theirs;
            for (const std::string& url : *urls) {
                if (!push) require_source(url);
                theirs.push_back(registry.open_store(url, print_warning));
            }
            return push ? move_all(common, "hone.cache.push/1", pointers(ours), pointers(theirs))
                        : move_all(common, "hone.cache.pull/1", pointers(theirs), pointers(ours));
        }};
}

} // namespace

Verb add_cache_push(CLI::App& cache, const Common& common) {
    return add(cache, common, "push", "give the stores' records to other stores", true);
}

Verb add_cache_pull(CLI::App& cache, const Common& common) {
    return add(cache, common, "pull", "take other stores' records into the stores", false);
}

} // namespace hone::cli
