#include "directory_store.hpp"
#include "hone/error.hpp"
#include "hone/memory_store.hpp"

#include <utility>

namespace hone::directory {

std::vector<Record> sound(std::vector<Record> records, std::uint64_t& damaged) {
    damaged += std::erase_if(records, [](const Record& record) {
        const Decoded decoded = decode(record);
        return !decoded.error.empty() && !decoded.newer;
    });
    return records;
}

PackStore::PackStore(std::string url) : url_(std::move(url)), records_(make_memory_store()) {
    const Place place = Place::parse(url_);
    records_->append(sound(place.read(place.path), damaged_));
}

Appended PackStore::append(std::span<const Record>) {
    throw Error(Errc::not_kept, url_ + ": a pack takes no records",
                "write to a store such as dir:FOLDER, or export another pack");
}

} // namespace hone::directory
