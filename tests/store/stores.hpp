// Folders, facts and kinds of stores for the tests of this room.
#pragma once

#include "hone/fact.hpp"
#include "hone/store.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace hone::test {

// A new folder, removed with all it holds.
class Folder final {
  public:
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] std::filesystem::path file() const { return path / "facts.sqlite"; }

    std::filesystem::path path;
};

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
