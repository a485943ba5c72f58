// Folders, facts and kinds of stores for the tests of this room.
#pragma once

#include "hone/fact.hpp"
#include "hone/store.hpp"
#include "tests/folder.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace hone::test {

// The file of the store that tests keep in a folder.
[[nodiscard]] inline std::filesystem::path store_file(const Folder& folder) {
    return folder / "facts.sqlite";
}

using Warnings = std::vector<std::string>;

// The store of a file, by the plugin beside libhone.
[[nodiscard]] std::unique_ptr<Store> open_sqlite(const std::filesystem::path& file,
                                                 Warnings* warnings = nullptr);

// The store of a "dir:" or "pack:" URL.
[[nodiscard]] std::unique_ptr<Store> open_packs(const std::string& url,
                                                Warnings* warnings = nullptr);

// What every store must do, each kind does. `open` may be called several times for one folder and
// gives stores of the same records where the kind keeps them.
struct Kind {
    std::string name;
    bool keeps; // beyond the life of the object
    std::function<std::unique_ptr<Store>(const Folder&)> open;
};
[[nodiscard]] std::vector<Kind> kinds();

// Fact number `i` of writer `writer`, for the problem "p0", "p1", ... given, on device "cpu".
[[nodiscard]] Record fact(int i, int writer = 0, int problem = 0);
[[nodiscard]] std::vector<Record> sorted(std::vector<Record> records);
// Everything in the store, by since().
[[nodiscard]] std::vector<Record> all_of(Store& store);

} // namespace hone::test
