// A folder of immutable packs as a store; and one pack.
#pragma once

#include "hone/store.hpp"
#include "trust.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace hone::directory {

// Records by what decodes of them, without those that are damaged; their number goes to `damaged`.
[[nodiscard]] std::vector<Record> sound(std::vector<Record> records, std::uint64_t& damaged);

class DirectoryStore final : public Store {
  public:
    // Makes the folder. Throws Error(usage) when the path is something else, Error(not_kept).
    DirectoryStore(std::string url, std::function<void(std::string)> warn);

    [[nodiscard]] std::string url() const override { return url_; }
    [[nodiscard]] bool writable() const override;
    Appended append(std::span<const Record> records) override;
    [[nodiscard]] std::vector<Record> read(std::string_view problem,
                                           std::string_view device) override;
    // Cursors hold for this object; those of others start from the beginning.
    [[nodiscard]] Page since(const Cursor& cursor, std::size_t limit) override;
    [[nodiscard]] std::uint64_t damaged() const override;
    void put_derived(std::string_view problem, std::string_view device, std::string_view name,
                     std::span<const std::byte> bytes) override;
    [[nodiscard]] std::optional<std::vector<std::byte>>
    get_derived(std::string_view problem, std::string_view device, std::string_view name) override;

  private:
    // What a pack looked like when it could not be read.
    struct Seen {
        std::uintmax_t bytes = 0;
        std::filesystem::file_time_type changed;
        friend bool operator==(const Seen&, const Seen&) = default;
    };
    void look();
    void take(const std::filesystem::path& file, const Seen& seen);
    void gather();

    const std::string url_;
    const Place place_;
    const std::function<void(std::string)> warn_;
    mutable std::mutex mutex_;
    const std::unique_ptr<Store> records_;
    std::set<Digest> ids_;
    std::set<std::string> taken_; // file names
    std::map<std::string, Seen> refused_;
    std::uint64_t damaged_ = 0;
};

class PackStore final : public Store {
  public:
    // Reads the whole pack. Throws what Place::read throws.
    explicit PackStore(std::string url);

    [[nodiscard]] std::string url() const override { return url_; }
    [[nodiscard]] bool writable() const override { return false; }
    Appended append(std::span<const Record> records) override; // Error(not_kept)
    [[nodiscard]] std::vector<Record> read(std::string_view problem,
                                           std::string_view device) override {
        return records_->read(problem, device);
    }
    [[nodiscard]] Page since(const Cursor& cursor, std::size_t limit) override {
        return records_->since(cursor, limit);
    }
    [[nodiscard]] std::uint64_t damaged() const override { return damaged_; }
    void put_derived(std::string_view problem, std::string_view device, std::string_view name,
                     std::span<const std::byte> bytes) override {
        records_->put_derived(problem, device, name, bytes);
    }
    [[nodiscard]] std::optional<std::vector<std::byte>>
    get_derived(std::string_view problem, std::string_view device, std::string_view name) override {
        return records_->get_derived(problem, device, name);
    }

  private:
    const std::string url_;
    std::uint64_t damaged_ = 0;
    const std::unique_ptr<Store> records_;
};

} // namespace hone::directory
