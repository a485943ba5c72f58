// The store `sqlite:FILE`.
#pragma once

#include "connection.hpp"
#include "fork_guard.hpp"
#include "hone/store.hpp"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <type_traits>

namespace hone::sqlite {

class SqliteStore final : public Store, private ForkGuarded {
  public:
    using Warn = std::function<void(std::string)>;
    using OnNetwork = bool (*)(const std::filesystem::path& folder);

    // Opens the file, and creates it with its folder where there is none. A damaged file is moved
    // aside with a warning and the store starts empty. Throws Error as connect() does. `warn` must
    // not use the store. `network` says whether a folder is on a network file system.
    SqliteStore(std::filesystem::path file, Warn warn, OnNetwork network = on_network);
    ~SqliteStore() override;

    [[nodiscard]] std::string url() const override { return "sqlite:" + file_.string(); }
    [[nodiscard]] bool writable() const override { return writable_; }
    Appended append(std::span<const Record> records) override;
    [[nodiscard]] std::vector<Record> read(std::string_view problem,
                                           std::string_view device) override;
    [[nodiscard]] Page since(const Cursor& cursor, std::size_t limit) override;
    [[nodiscard]] std::uint64_t damaged() const override;
    void put_derived(std::string_view problem, std::string_view device, std::string_view name,
                     std::span<const std::byte> bytes) override;
    [[nodiscard]] std::optional<std::vector<std::byte>>
    get_derived(std::string_view problem, std::string_view device, std::string_view name) override;

  private:
    const std::filesystem::path file_;
    const Warn warn_;
    const bool network_;
    std::atomic<bool> writable_ = false;

    mutable std::mutex mutex_; // guards all below
    std::optional<Connection> connection_;
    std::set<std::int64_t> damaged_; // by sequence number
    // What a thread last read of a key: the newest sequence number among it. Derived data are as
    // new as what they were derived from, not as the moment they are put.
    std::map<std::string, std::int64_t> last_read_;

    const ForkGuard fork_guard_{*this};

    void before_fork() noexcept override;
    void after_fork() noexcept override;

    // The connection to the file that has the store's name now. The lock must be held.
    Connection& connected();
    void repair(const SqlError& error);
    // Runs `call(Connection&)`; repairs a damaged file and tries once more. What SQLite throws
    // becomes an Error.
    template <typename Call>
    std::invoke_result_t<Call, Connection&> use(const char* purpose, const Call& call);
    void require_writable(const Connection& connection) const;
    // The row's record, or nothing and a warning when it is damaged.
    std::optional<Record> intact_record(const Statement& row);
};

} // namespace hone::sqlite
