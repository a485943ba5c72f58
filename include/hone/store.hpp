// A store keeps records. Stores are plugins; `sqlite:` is the default one.
#pragma once

#include "hone/fact.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hone {

// Where a reader of since() stands. Opaque, made by the store; empty: from the beginning.
struct Cursor {
    std::string text;
};

struct Page {
    std::vector<Record> records;
    Cursor next;
    bool more = false;
};

struct Appended {
    std::uint64_t added = 0;
    std::uint64_t known = 0; // already there
};

// Safe to use from several threads and processes at once. Calls throw Error(not_kept) when the
// store cannot do what was asked; the text says why and what to do. After a fork the child opens
// its own.
class Store {
  public:
    virtual ~Store() = default;

    [[nodiscard]] virtual std::string url() const = 0;
    [[nodiscard]] virtual bool writable() const = 0;

    // All or nothing. Durable when it returns, as far as the medium allows. Records of a newer
    // format are kept like others; one that does not decode throws Error(usage).
    virtual Appended append(std::span<const Record> records) = 0;
    // Every fact of (problem, device), both canonical texts, and every retraction. Damaged entries
    // are skipped and counted.
    [[nodiscard]] virtual std::vector<Record> read(std::string_view problem,
                                                   std::string_view device) = 0;
    [[nodiscard]] virtual Page since(const Cursor& cursor, std::size_t limit) = 0;
    // Entries found damaged so far.
    [[nodiscard]] virtual std::uint64_t damaged() const = 0;

    // Derived data, rebuildable from the records: bytes under a key, valid while the records of
    // that key are the same. get returns nothing when records of (problem, device), or retractions,
    // were added since put; where several processes write, since the same thread's last read() of
    // that key before put.
    virtual void put_derived(std::string_view problem, std::string_view device,
                             std::string_view name, std::span<const std::byte> bytes) = 0;
    [[nodiscard]] virtual std::optional<std::vector<std::byte>>
    get_derived(std::string_view problem, std::string_view device, std::string_view name) = 0;
};

// Makes stores of one URL scheme.
class StoreKind {
  public:
    virtual ~StoreKind() = default;
    [[nodiscard]] virtual std::string scheme() const = 0; // "sqlite"
    // `warn` receives one line per thing found and repaired (a corrupt file moved aside).
    [[nodiscard]] virtual std::unique_ptr<Store>
    open(std::string_view url, std::function<void(std::string)> warn) const = 0;
};

} // namespace hone
