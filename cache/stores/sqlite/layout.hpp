// The tables of a store and the numbers by which its file is known.
#pragma once

#include "database.hpp"

#include <cstdint>
#include <string>

namespace hone::sqlite {

inline constexpr std::int64_t application_id = 0x686f6e65; // "hone"
inline constexpr std::int64_t layout_version = 1;

// Makes the tables in an empty database, and a random identity.
void lay_out(Database& database);

enum class Kind {
    ours,
    foreign, // a database of something else
    newer,   // made by a newer hone
    damaged, // ours by its numbers, but without the tables
};
struct Recognised {
    Kind kind = Kind::ours;
    std::int64_t version = 0;
    std::string identity; // of this file, as long as it lives; a new file has another
};
[[nodiscard]] Recognised recognise(Database& database);

} // namespace hone::sqlite
