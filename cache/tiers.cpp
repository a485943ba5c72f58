#include "cache/tiers.hpp"

#include "hone/winner.hpp"

#include <exception>

namespace hone::cache {

namespace {

// Stores are plugins: whatever one throws stops at its own failure.
template <typename Call> bool attempt(Store& store, const Warn& warn, const Call& call) {
    try {
        call();
        return true;
    } catch (const std::exception& error) {
        if (warn) warn(store.url() + ": " + error.what());
    }
    return false;
}

} // namespace

std::vector<Record> read_all(std::span<Store* const> stores, std::string_view problem,
                             std::string_view device, const Warn& warn) {
    std::vector<Record> all;
    for (Store* store : stores)
        attempt(*store, warn, [&] {
            std::vector<Record> found = store->read(problem, device);
            all.insert(all.end(), std::make_move_iterator(found.begin()),
                       std::make_move_iterator(found.end()));
        });
    return merge(all, {});
}

bool append_all(std::span<Store* const> stores, std::span<const Record> records, const Warn& warn) {
    bool kept = false;
    for (Store* store : stores)
        if (store->writable()) kept |= attempt(*store, warn, [&] { store->append(records); });
    return kept;
}

} // namespace hone::cache
