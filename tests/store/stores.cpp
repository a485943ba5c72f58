#include "tests/store/stores.hpp"

#include "cache/memory_store.hpp"
#include "hone/plugin.hpp"
#include "hone/winner.hpp"
#include "lib/plugin/load.hpp"
#include "store.hpp"
#include "tests/paths.hpp"

#include <cstdlib>
#include <stdexcept>
#include <stdlib.h>

namespace hone::test {

namespace {

const StoreKind& sqlite_kind() {
    static const PluginContents contents = [] {
        const std::string library = std::string(hone::test::plugin_dir()) + "/hone_store_sqlite.so";
        return plugin::make_contents(plugin::open(library), {library, "", {}, {}});
    }();
    return *contents.stores.at(0);
}

const PluginContents& directory_plugin() {
    static const PluginContents contents = [] {
        const std::string library = std::string(plugin_dir()) + "/hone_store_directory.so";
        return plugin::make_contents(plugin::open(library), {library, "", {}, {}});
    }();
    return contents;
}

} // namespace

std::unique_ptr<Store> open_sqlite(const std::filesystem::path& file, Warnings* warnings) {
    return sqlite_kind().open("sqlite:" + file.string(), [warnings](std::string text) {
        if (warnings) warnings->push_back(std::move(text));
    });
}

std::unique_ptr<Store> open_packs(const std::string& url, Warnings* warnings) {
    for (const auto& kind : directory_plugin().stores)
        if (url.starts_with(kind->scheme() + ":"))
            return kind->open(url, [warnings](std::string text) {
                if (warnings) warnings->push_back(std::move(text));
            });
    throw std::runtime_error("no kind of " + url);
}

std::vector<Kind> kinds() {
    return {
        {"memory", false, [](const Folder&) { return std::make_unique<cache::MemoryStore>(); }},
        {"sqlite", true, [](const Folder& folder) { return open_sqlite(store_file(folder)); }},
        {"dir", true,
         [](const Folder& folder) {
             return open_packs("dir:" + (folder.path() / "packs").string());
         }},
        {"sqlite on a network file system", true,
         [](const Folder& folder) {
             return std::make_unique<sqlite::SqliteStore>(
                 store_file(folder), nullptr, [](const std::filesystem::path&) { return true; });
         }},
    };
}

Record fact(int i, int writer, int problem) {
    Fact fact;
    fact.problem = "p" + std::to_string(problem);
    fact.family = "gemm_cpu";
    fact.config = "writer=" + std::to_string(writer) + " i=" + std::to_string(i);
    fact.device = "cpu";
    fact.toolchain = "hone 0.1.0; clang 19.1.7";
    fact.policy = "cpu-warm/1";
    fact.detail = std::string(200, 'x');
    return encode(fact);
}

std::vector<Record> sorted(std::vector<Record> records) { return merge(records, {}); }

std::vector<Record> all_of(Store& store) {
    std::vector<Record> all;
    Cursor cursor;
    for (bool more = true; more;) {
        Page page = store.since(cursor, 100);
        all.insert(all.end(), page.records.begin(), page.records.end());
        cursor = page.next;
        more = page.more;
    }
    return sorted(all);
}

} // namespace hone::test
