// SQLite's C interface as types that clean up and throw.
#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace hone::sqlite {

// What SQLite said; the store turns it into a hone::Error or repairs.
class SqlError final : public std::runtime_error {
  public:
    SqlError(int code, const std::string& what) : std::runtime_error(what), code_(code) {}
    // The primary result code, e.g. SQLITE_FULL.
    [[nodiscard]] int code() const noexcept { return code_ & 0xff; }
    [[nodiscard]] bool damage() const noexcept {
        return code() == SQLITE_CORRUPT || code() == SQLITE_NOTADB;
    }

  private:
    int code_;
};

enum class Access {
    create,    // a file that does not exist
    write,     // an existing file
    read,      // without writing to it; SQLite may need its -shm file all the same
    immutable, // as if nobody else could write it either; a -wal file is not looked at
};

class Statement;

// One connection. Not for several threads at once.
class Database final {
  public:
    Database(const std::filesystem::path& file, Access access);

    // Statements without results.
    void run(const std::string& sql);
    [[nodiscard]] Statement prepare(std::string_view sql);
    // The first column of the first row.
    [[nodiscard]] std::int64_t integer(std::string_view sql);
    [[nodiscard]] std::string text(std::string_view sql);
    // Rows changed by the last statement.
    [[nodiscard]] std::int64_t changes() const noexcept { return sqlite3_changes(handle_.get()); }
    [[nodiscard]] std::int64_t last_row() const noexcept {
        return sqlite3_last_insert_rowid(handle_.get());
    }
    // False inside a transaction.
    [[nodiscard]] bool idle() const noexcept { return sqlite3_get_autocommit(handle_.get()) != 0; }
    // Closing will not copy the log into the file, so it costs no I/O.
    void leave_log_on_close() noexcept;

  private:
    struct Close {
        void operator()(sqlite3* handle) const noexcept { sqlite3_close(handle); }
    };
    std::unique_ptr<sqlite3, Close> handle_;
};

// Columns and parameters are numbered as in SQLite: parameters from 1, columns from 0. Bound texts
// and blobs must live until the next reset().
class Statement final {
  public:
    Statement(sqlite3* database, std::string_view sql);

    Statement& bind(int parameter, std::int64_t value);
    Statement& bind(int parameter, std::string_view text);
    Statement& bind(int parameter, std::span<const std::byte> blob);
    Statement& bind_null(int parameter);
    // True while there is a row.
    bool step();
    // Ready for other parameters.
    void reset() noexcept { sqlite3_reset(handle_.get()); }

    [[nodiscard]] std::int64_t integer(int column) const noexcept;
    [[nodiscard]] bool is_null(int column) const noexcept;
    // Valid until the next step.
    [[nodiscard]] std::span<const std::byte> blob(int column) const noexcept;
    [[nodiscard]] std::string text(int column) const;

  private:
    struct Finalize {
        void operator()(sqlite3_stmt* handle) const noexcept { sqlite3_finalize(handle); }
    };
    std::unique_ptr<sqlite3_stmt, Finalize> handle_;

    void check(int code) const;
};

// Takes the write lock at once, waiting for other writers, so that no step in between can meet one.
class Transaction final {
  public:
    explicit Transaction(Database& database) : database_(database) {
        database_.run("BEGIN IMMEDIATE");
    }
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit() { database_.run("COMMIT"); }

  private:
    Database& database_;
};

} // namespace hone::sqlite
