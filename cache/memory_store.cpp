#include "cache/memory_store.hpp"

#include "hone/error.hpp"
#include "hone/memory_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <random>

namespace hone::cache {

namespace {

std::string random_identity() {
    std::random_device device;
    return fmt::format("{:08x}{:08x}", device(), device());
}

} // namespace

MemoryStore::MemoryStore() : identity_(random_identity()) {}

Appended MemoryStore::append(std::span<const Record> records) {
    // Everything is looked at before anything is kept.
    std::vector<Decoded> decoded;
    for (const Record& record : records) {
        decoded.push_back(decode(record));
        if (!decoded.back().error.empty() && !decoded.back().newer)
            throw Error(Errc::usage, fmt::format("record {} is not stored: {}", hex(record.id),
                                                 decoded.back().error));
    }

    const std::lock_guard lock(mutex_);
    Appended appended;
    for (std::size_t i = 0; i < records.size(); ++i) {
        const std::size_t place = records_.size();
        if (!places_.try_emplace(records[i].id, place).second) {
            ++appended.known;
            continue;
        }
        records_.push_back(records[i]);
        ++appended.added;
        if (decoded[i].fact)
            by_key_[{decoded[i].fact->problem, decoded[i].fact->device}].push_back(place);
        else if (decoded[i].retraction)
            retractions_.push_back(place);
    }
    return appended;
}

std::vector<Record> MemoryStore::read(std::string_view problem, std::string_view device) {
    const std::lock_guard lock(mutex_);
    std::vector<Record> found;
    if (const auto facts = by_key_.find({std::string(problem), std::string(device)});
        facts != by_key_.end())
        for (const std::size_t place : facts->second) found.push_back(records_[place]);
    for (const std::size_t place : retractions_) found.push_back(records_[place]);
    return found;
}

Page MemoryStore::since(const Cursor& cursor, std::size_t limit) {
    const std::lock_guard lock(mutex_);
    std::size_t first = 0;
    const std::string prefix = identity_ + ":";
    if (cursor.text.starts_with(prefix)) {
        const char* const end = cursor.text.data() + cursor.text.size();
        std::from_chars(cursor.text.data() + prefix.size(), end, first);
        first = std::min(first, records_.size());
    }
    const std::size_t last = first + std::min(limit, records_.size() - first);
    Page page;
    const auto at = [&](std::size_t i) {
        return records_.begin() + static_cast<std::ptrdiff_t>(i);
    };
    page.records.assign(at(first), at(last));
    page.next.text = prefix + std::to_string(last);
    page.more = last < records_.size();
    return page;
}

std::size_t MemoryStore::stamp_of(const Key& key) const {
    const auto facts = by_key_.find(key);
    return retractions_.size() + (facts == by_key_.end() ? 0 : facts->second.size());
}

void MemoryStore::put_derived(std::string_view problem, std::string_view device,
                              std::string_view name, std::span<const std::byte> bytes) {
    const std::lock_guard lock(mutex_);
    const Key key{problem, device};
    derived_[{key.first, key.second, std::string(name)}] = {stamp_of(key),
                                                            {bytes.begin(), bytes.end()}};
}

std::optional<std::vector<std::byte>>
MemoryStore::get_derived(std::string_view problem, std::string_view device, std::string_view name) {
    const std::lock_guard lock(mutex_);
    const Key key{problem, device};
    const auto found = derived_.find({key.first, key.second, std::string(name)});
    if (found == derived_.end() || found->second.stamp != stamp_of(key)) return std::nullopt;
    return found->second.bytes;
}

} // namespace hone::cache

namespace hone {

std::unique_ptr<Store> make_memory_store() { return std::make_unique<cache::MemoryStore>(); }

} // namespace hone
