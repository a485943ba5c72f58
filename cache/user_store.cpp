#include "cache/user_store.hpp"

namespace hone::cache {

std::string user_store_url(const Options& options) {
    if (options.cache_folder.empty()) return {};
    return "sqlite:" + (options.cache_folder / "facts.sqlite").string();
}

} // namespace hone::cache
