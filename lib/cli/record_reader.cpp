#include "lib/cli/record_reader.hpp"

#include "hone/error.hpp"
#include "hone/pack.hpp"
#include "lib/cli/progress.hpp"

#include <algorithm>
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

void require_source(const std::string& url) {
    const std::size_t colon = url.find(':');
    const std::string scheme = colon == std::string::npos ? "sqlite" : url.substr(0, colon);
    if (scheme != "sqlite" && scheme != "dir" && scheme != "pack") return;
    std::string path = colon == std::string::npos ? url : url.substr(colon + 1);
    path.resize(std::min(path.size(), path.rfind("?signed=")));
    if (!std::filesystem::exists(path))
        throw Error(Errc::unavailable, url + ": no such store",
                    "name a store that exists, or a pack file NAME.pack");
}

bool is_pack_file(const std::string& source) {
    return source.find(':') == std::string::npos &&
           std::filesystem::path(source).extension() == ".pack";
}

std::vector<Record> read_source(const Registry& registry, const std::string& source) {
    if (is_pack_file(source)) return read_pack(source);
    require_source(source);
    const std::unique_ptr<Store> store = registry.open_store(source, print_warning);
    std::vector<Record> records;
    for_each_page(*store, [&](std::span<const Record> page) {
        records.insert(records.end(), page.begin(), page.end());
    });
    return records;
}

} // namespace hone::cli
