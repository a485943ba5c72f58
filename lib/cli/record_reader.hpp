// All records of a store or of a pack file.
#pragma once

#include "hone/registry.hpp"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace hone::cli {

// Calls `take` with one page of records after another. Throws what the store throws.
void for_each_page(Store& store, const std::function<void(std::span<const Record>)>& take);

// Throws Error(unavailable) where a URL names a file or folder that is not there: opening would
// make it.
void require_source(const std::string& url);
// A file name that ends in .pack.
[[nodiscard]] bool is_pack_file(const std::string& source);

// Of a pack (a file name that ends in .pack) or a store URL that exists. Throws Error.
[[nodiscard]] std::vector<Record> read_source(const Registry& registry, const std::string& source);

} // namespace hone::cli
