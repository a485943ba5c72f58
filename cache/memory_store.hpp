// A store that lives as long as the process: used where no folder can be written, and in tests.
#pragma once

#include "hone/store.hpp"

#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>

namespace hone::cache {

// "memory:". Nothing is durable, though writable() is true.
class MemoryStore final : public Store {
  public:
    MemoryStore();

    [[nodiscard]] std::string url() const override { return "memory:"; }
    [[nodiscard]] bool writable() const override { return true; }
    Appended append(std::span<const Record> records) override;
    [[nodiscard]] std::vector<Record> read(std::string_view problem,
                                           std::string_view device) override;
    [[nodiscard]] Page since(const Cursor& cursor, std::size_t limit) override;
    [[nodiscard]] std::uint64_t damaged() const override { return 0; }
    void put_derived(std::string_view problem, std::string_view device, std::string_view name,
                     std::span<const std::byte> bytes) override;
    [[nodiscard]] std::optional<std::vector<std::byte>>
    get_derived(std::string_view problem, std::string_view device, std::string_view name) override;

  private:
    using Key = std::pair<std::string, std::string>; // problem, device
    struct Derived {
        std::size_t stamp;
        std::vector<std::byte> bytes;
    };

    // Grows with every record that read() of the key would give.
    [[nodiscard]] std::size_t stamp_of(const Key& key) const;

    const std::string identity_;
    mutable std::mutex mutex_;
    std::vector<Record> records_; // in order of arrival
    std::map<Digest, std::size_t> places_;
    std::map<Key, std::vector<std::size_t>> by_key_;
    std::vector<std::size_t> retractions_;
    std::map<std::tuple<std::string, std::string, std::string>, Derived> derived_;
};

} // namespace hone::cache
