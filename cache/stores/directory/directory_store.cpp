#include "directory_store.hpp"

#include "hone/error.hpp"
#include "hone/memory_store.hpp"

#include <system_error>
#include <unistd.h>
#include <utility>

namespace hone::directory {

namespace fs = std::filesystem;

namespace {

// As many packs smaller than this are put together.
constexpr std::size_t most_small_packs = 64;
constexpr std::uintmax_t small_pack_bytes = 64 << 10;

bool is_pack(const fs::path& file) {
    return file.extension() == ".pack" && parse_digest(file.stem().string()).has_value();
}

void make_folder(const std::string& url, const fs::path& folder) {
    std::error_code failed;
    fs::create_directories(folder, failed);
    if (fs::is_directory(folder, failed)) return;
    const bool other = fs::exists(folder, failed);
    throw Error(other ? Errc::usage : Errc::not_kept,
                url + (other ? ": it is no folder" : ": the folder cannot be made"),
                "name a folder that all machines can write");
}

} // namespace

DirectoryStore::DirectoryStore(std::string url, std::function<void(std::string)> warn)
    : url_(std::move(url)), place_(Place::parse(url_)), warn_(std::move(warn)),
      records_(make_memory_store()) {
    make_folder(url_, place_.path);
}

bool DirectoryStore::writable() const {
    return place_.keys.empty() && ::access(place_.path.c_str(), W_OK) == 0;
}

// Packs that came since the last look. One that vanished while we looked was put into another one,
// which may have come after the listing began: then the folder is listed again.
void DirectoryStore::look() {
    constexpr int most_looks = 8;
    for (int again = 0; again < most_looks; ++again) {
        bool vanished = false;
        std::error_code failed;
        for (const fs::directory_entry& entry : fs::directory_iterator(place_.path, failed)) {
            const std::string name = entry.path().filename().string();
            if (!is_pack(entry.path()) || taken_.contains(name)) continue;
            std::error_code gone;
            const Seen seen{entry.file_size(gone), entry.last_write_time(gone)};
            const auto refused = refused_.find(name);
            if (!gone && refused != refused_.end() && refused->second == seen) continue;
            if (!gone) take(entry.path(), seen);
            vanished = vanished || gone || !fs::exists(entry.path(), gone);
        }
        if (failed) throw Error(Errc::not_kept, url_ + ": cannot be listed: " + failed.message());
        if (!vanished) return;
    }
}

void DirectoryStore::take(const fs::path& file, const Seen& seen) {
    const std::string name = file.filename().string();
    try {
        Digest content;
        std::vector<Record> records = place_.read(file, &content);
        if (hex(content) != file.stem().string())
            throw Error(Errc::workload, file.string() + ": its name is not that of its content");
        records = sound(std::move(records), damaged_);
        records_->append(records);
        for (const Record& record : records) ids_.insert(record.id);
        taken_.insert(name);
        refused_.erase(name);
    } catch (const Error& error) {
        std::error_code ignored;
        if (!fs::exists(file, ignored)) return;
        if (!refused_.contains(name)) {
            ++damaged_;
            if (warn_) warn_(error.what() + std::string("; the pack is skipped"));
        }
        refused_[name] = seen;
    }
}

Appended DirectoryStore::append(std::span<const Record> records) {
    for (const Record& record : records) {
        const Decoded decoded = decode(record);
        if (!decoded.error.empty() && !decoded.newer)
            throw Error(Errc::usage,
                        "record " + hex(record.id) + " is not stored: " + decoded.error);
    }
    const std::lock_guard lock(mutex_);
    if (!place_.keys.empty())
        throw Error(Errc::not_kept, url_ + ": takes signed packs only",
                    "put a pack there that `hone cache sign` signed");
    look();
    std::vector<Record> fresh;
    std::set<Digest> of_batch;
    for (const Record& record : records)
        if (!ids_.contains(record.id) && of_batch.insert(record.id).second) fresh.push_back(record);
    const Appended appended{fresh.size(), records.size() - fresh.size()};
    if (fresh.empty()) return appended;
    const fs::path file = add_pack(place_.path, fresh);
    records_->append(fresh);
    ids_.merge(of_batch);
    taken_.insert(file.filename().string());
    gather();
    return appended;
}

// Adds one pack with what many small ones hold, and only then removes them. Two writers may do so
// at once: both add everything before either removes anything.
void DirectoryStore::gather() {
    std::vector<fs::path> small;
    std::error_code failed;
    for (const fs::directory_entry& entry : fs::directory_iterator(place_.path, failed)) {
        fs::path signature = entry.path();
        signature += ".sig";
        std::error_code gone;
        if (is_pack(entry.path()) && taken_.contains(entry.path().filename().string()) &&
            entry.file_size(gone) < small_pack_bytes && !gone && !fs::exists(signature, gone))
            small.push_back(entry.path());
    }
    if (small.size() < most_small_packs) return;
    // Nothing is lost when this fails: the records are there already.
    try {
        std::vector<Record> all;
        for (const fs::path& file : small) {
            std::vector<Record> some = read_pack(file);
            all.insert(all.end(), std::make_move_iterator(some.begin()),
                       std::make_move_iterator(some.end()));
        }
        const fs::path together = add_pack(place_.path, all);
        taken_.insert(together.filename().string());
        for (const fs::path& file : small)
            if (file != together) fs::remove(file, failed);
    } catch (const Error&) {
    }
}

std::vector<Record> DirectoryStore::read(std::string_view problem, std::string_view device) {
    const std::lock_guard lock(mutex_);
    look();
    return records_->read(problem, device);
}

Page DirectoryStore::since(const Cursor& cursor, std::size_t limit) {
    const std::lock_guard lock(mutex_);
    look();
    return records_->since(cursor, limit);
}

std::uint64_t DirectoryStore::damaged() const {
    const std::lock_guard lock(mutex_);
    return damaged_;
}

void DirectoryStore::put_derived(std::string_view problem, std::string_view device,
                                 std::string_view name, std::span<const std::byte> bytes) {
    const std::lock_guard lock(mutex_);
    records_->put_derived(problem, device, name, bytes);
}

std::optional<std::vector<std::byte>> DirectoryStore::get_derived(std::string_view problem,
                                                                  std::string_view device,
                                                                  std::string_view name) {
    const std::lock_guard lock(mutex_);
    look();
    return records_->get_derived(problem, device, name);
}

} // namespace hone::directory
