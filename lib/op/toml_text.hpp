// TOML nodes as written values with their places in the file.
#pragma once

#include "lib/op/written.hpp"

#include <toml++/toml.h>

#include <string>
#include <vector>

namespace hone {

// "file:line:col".
[[nodiscard]] std::string at(const std::string& file_name, const toml::source_position& position);

[[noreturn]] void fail(const std::string& where, const Complaint& complaint);

[[nodiscard]] Written written(const toml::node& node);

// A key of a table; those of tables inside it are written with dots, lengths = { low = 1 } as
// lengths.low. Empty inner tables stand for themselves.
struct TomlEntry {
    std::string key;
    toml::source_position key_position;
    const toml::node* value = nullptr;
};

// In the order of the file, which toml::table does not keep.
[[nodiscard]] std::vector<TomlEntry> entries(const toml::table& table);

} // namespace hone
