// Opening the file of a store in the best way its place allows.
#pragma once

#include "database.hpp"
#include "place.hpp"

#include <filesystem>
#include <functional>
#include <string>

namespace hone::sqlite {

struct Connection {
    Database database;
    FileId file;
    std::string identity;
    bool writable;
};

// Creates the file where there is none. Throws SqlError when it is damaged, and Error: not_kept
// when it cannot be created or read, unavailable when it is no store, or a newer one's; neither is
// touched then.
[[nodiscard]] Connection connect(const std::filesystem::path& file, bool network);

} // namespace hone::sqlite
