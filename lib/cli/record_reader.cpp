#include "lib/cli/record_reader.hpp"

#include "cache/pack.hpp"
#include "hone/error.hpp"
#include "lib/cli/progress.hpp"

#include <filesystem>

namespace hone::cli {

void for_each_page(Store& store, const std::function<void(std::span<const Record>)>& take) {
    constexpr std::size_t page_size = 4096;
    Cursor cursor;
    for (;;) {
        const Page page = store.since(cursor, page_size);
        take(page.records);
        if (!page.more) return;
        cursor = page.next;
    }
}

std::vector<Record> read_source(const Registry& registry, const std::string& source) {
    if (std::filesystem::path(source).extension() == ".pack") return cache::read_pack(source);
    // Opening a store makes it; a mistyped source must not.
    const std::size_t colon = source.find(':');
    const bool file = colon == std::string::npos || source.rfind("sqlite:", 0) == 0;
    const std::filesystem::path path =
        colon == std::string::npos ? source : source.substr(colon + 1);
    if (file && !std::filesystem::exists(path))
        throw Error(Errc::unavailable, source + ": no such store",
                    "name a store that exists, or a pack file NAME.pack");
    const std::unique_ptr<Store> store = registry.open_store(source, print_warning);
    std::vector<Record> records;
    for_each_page(*store, [&](std::span<const Record> page) {
        records.insert(records.end(), page.begin(), page.end());
    });
    return records;
}

} // namespace hone::cli
