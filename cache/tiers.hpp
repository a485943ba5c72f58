// Several stores as one: reads are the union, writes go to each that takes them.
#pragma once

#include "hone/store.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hone::cache {

// One line per store that failed; the text names it.
using Warn = std::function<void(std::string)>;

// The union over the stores of Store::read, ordered by id. A store that fails is left out.
[[nodiscard]] std::vector<Record> read_all(std::span<Store* const> stores, std::string_view problem,
                                           std::string_view device, const Warn& warn);

// Appends to every writable store. True when at least one of them kept the records.
bool append_all(std::span<Store* const> stores, std::span<const Record> records, const Warn& warn);

} // namespace hone::cache
