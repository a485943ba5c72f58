#include "store.hpp"

#include "hone/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <thread>
#include <utility>

namespace hone::sqlite {

namespace {

// Rows of a key, and those that concern every key. ?1 problem, ?2 device.
constexpr std::string_view select_of_key =
    "SELECT sequence, id, bytes, key FROM records "
    "WHERE key = (SELECT key FROM keys WHERE problem = ?1 AND device = ?2) "
    "UNION ALL SELECT sequence, id, bytes, key FROM records WHERE key IS NULL";

// The newest of them. ?1 key.
constexpr std::string_view newest_of_key =
    "max(coalesce((SELECT max(sequence) FROM records WHERE key = ?1), 0), "
    "coalesce((SELECT max(sequence) FROM records WHERE key IS NULL), 0))";

constexpr std::size_t most_remembered_reads = 4096;

std::string reader_key(std::string_view problem, std::string_view device) {
    const std::size_t thread = std::hash<std::thread::id>()(std::this_thread::get_id());
    return fmt::format("{}\n{}\n{}", thread, problem, device);
}

std::span<const std::byte> bytes_of(const Digest& digest) {
    return std::as_bytes(std::span(digest.bytes));
}

bool holds(std::span<const std::byte> bytes, std::string_view text) {
    const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return all.find(text) != std::string_view::npos;
}

std::int64_t key_of(Database& database, std::string_view problem, std::string_view device) {
    Statement find = database.prepare("SELECT key FROM keys WHERE problem = ? AND device = ?");
    if (find.bind(1, problem).bind(2, device).step()) return find.integer(0);
    Statement insert = database.prepare("INSERT INTO keys(problem, device) VALUES(?, ?)");
    insert.bind(1, problem).bind(2, device).step();
    return database.last_row();
}

// "IDENTITY:SEQUENCE"; another file's cursor starts over.
std::int64_t position(const Cursor& cursor, const std::string& identity) {
    const std::string prefix = identity + ":";
    std::int64_t sequence = 0;
    if (cursor.text.starts_with(prefix)) {
        const char* const end = cursor.text.data() + cursor.text.size();
        std::from_chars(cursor.text.data() + prefix.size(), end, sequence);
    }
    return sequence;
}

} // namespace

SqliteStore::SqliteStore(std::filesystem::path file, Warn warn, OnNetwork network)
    : file_(std::move(file)), warn_(std::move(warn)), network_(network(file_.parent_path())) {
    use("opened", [](Connection&) {});
    if (network_ && warn_)
        warn_(url() + ": on a network file system, where this store is slow; dir: is made for it");
}

SqliteStore::~SqliteStore() = default;

void SqliteStore::before_fork() noexcept {
    mutex_.lock();
    if (connection_) connection_->database.leave_log_on_close();
    connection_.reset();
}

void SqliteStore::after_fork() noexcept { mutex_.unlock(); }

Connection& SqliteStore::connected() {
    // Somebody may have moved the file away, or put another one there.
    if (connection_ && file_id(file_) != connection_->file) connection_.reset();
    if (!connection_) {
        connection_ = connect(file_, network_);
        writable_ = connection_->writable;
        last_read_.clear();
    }
    return *connection_;
}

void SqliteStore::repair(const SqlError& error) {
    const std::optional<FileId> damaged = connection_ ? connection_->file : file_id(file_);
    connection_.reset();
    damaged_.clear();
    if (!damaged) return;
    const auto moved = move_aside(file_, *damaged);
    if (moved && warn_)
        warn_(fmt::format("{}: {}; moved to {}, starting empty", url(), error.what(),
                          moved->string()));
}

template <typename Call>
std::invoke_result_t<Call, Connection&> SqliteStore::use(const char* purpose, const Call& call) {
    const std::lock_guard lock(mutex_);
    for (int tries = 0;; ++tries) {
        try {
            return call(connected());
        } catch (const SqlError& error) {
            const bool may_repair = tries == 0 && (!connection_ || connection_->writable);
            // The file may have been removed or replaced between two calls of SQLite.
            const bool lost = tries < 3 && error.code() == SQLITE_CANTOPEN && !file_id(file_);
            if (error.damage() && may_repair) {
                repair(error);
            } else if (lost) {
                connection_.reset();
            } else {
                const char* const hint = error.code() == SQLITE_FULL
                                             ? "free some space, or name a store somewhere else"
                                             : "";
                throw Error(Errc::not_kept,
                            fmt::format("{}: cannot be {}: {}", url(), purpose, error.what()),
                            hint);
            }
        }
    }
}

void SqliteStore::require_writable(const Connection& connection) const {
    if (!connection.writable)
        throw Error(Errc::not_kept, url() + ": can be read, but not written",
                    "make file and folder writable, or name another store");
}

std::optional<Record> SqliteStore::intact_record(const Statement& row) {
    const std::span<const std::byte> id = row.blob(1), bytes = row.blob(2);
    Record record{digest(bytes), {bytes.begin(), bytes.end()}};
    if (id.size() == record.id.bytes.size() &&
        std::memcmp(id.data(), record.id.bytes.data(), id.size()) == 0)
        return record;
    if (damaged_.insert(row.integer(0)).second && damaged_.size() == 1 && warn_)
        warn_(url() + ": has damaged entries; they are skipped");
    return std::nullopt;
}

Appended SqliteStore::append(std::span<const Record> records) {
    std::vector<Decoded> decoded;
    decoded.reserve(records.size());
    for (const Record& record : records) {
        decoded.push_back(decode(record));
        if (!decoded.back().error.empty() && !decoded.back().newer)
            throw Error(Errc::usage, fmt::format("record {} is not stored: {}", hex(record.id),
                                                 decoded.back().error));
    }

    return use("written", [&](Connection& connection) {
        require_writable(connection);
        Database& database = connection.database;
        Appended appended;
        Transaction transaction(database);
        Statement insert = database.prepare(
            "INSERT INTO records(key, id, bytes) VALUES(?, ?, ?) ON CONFLICT(id) DO NOTHING");
        for (std::size_t i = 0; i < records.size(); ++i) {
            if (const auto& fact = decoded[i].fact)
                insert.bind(1, key_of(database, fact->problem, fact->device));
            else
                insert.bind_null(1);
            insert.bind(2, bytes_of(records[i].id)).bind(3, records[i].bytes).step();
            ++(database.changes() > 0 ? appended.added : appended.known);
            insert.reset();
        }
        transaction.commit();
        return appended;
    });
}

std::vector<Record> SqliteStore::read(std::string_view problem, std::string_view device) {
    return use("read", [&](Connection& connection) {
        std::vector<Record> records;
        std::int64_t newest = 0;
        Statement row = connection.database.prepare(select_of_key);
        row.bind(1, problem).bind(2, device);
        while (row.step()) {
            newest = std::max(newest, row.integer(0));
            std::optional<Record> record = intact_record(row);
            if (!record) continue;
            if (row.is_null(3)) {
                // A retraction, or a record that an older hone could not read.
                const Decoded decoded = decode(std::span(record->bytes));
                const bool fits =
                    decoded.retraction || (decoded.fact && decoded.fact->problem == problem &&
                                           decoded.fact->device == device);
                if (!fits) continue;
            } else if (!holds(record->bytes, problem) || !holds(record->bytes, device)) {
                damaged_.insert(row.integer(0)); // filed under a key that is not its own
                continue;
            }
            records.push_back(*std::move(record));
        }
        if (last_read_.size() >= most_remembered_reads) last_read_.clear();
        last_read_[reader_key(problem, device)] = newest;
        return records;
    });
}

Page SqliteStore::since(const Cursor& cursor, std::size_t limit) {
    return use("read", [&](Connection& connection) {
        Page page;
        std::int64_t last = position(cursor, connection.identity);
        // One more than asked for tells whether there is more.
        const auto rows = static_cast<std::int64_t>(
            std::min<std::size_t>(limit, std::numeric_limits<std::int32_t>::max()));
        Statement row = connection.database.prepare(
            "SELECT sequence, id, bytes FROM records WHERE sequence > ? ORDER BY sequence LIMIT ?");
        row.bind(1, last).bind(2, rows + 1);
        for (std::int64_t i = 0; row.step(); ++i) {
            if (i == rows) {
                page.more = true;
                break;
            }
            last = row.integer(0);
            if (std::optional<Record> record = intact_record(row))
                page.records.push_back(*std::move(record));
        }
        page.next.text = fmt::format("{}:{}", connection.identity, last);
        return page;
    });
}

std::uint64_t SqliteStore::damaged() const {
    const std::lock_guard lock(mutex_);
    return damaged_.size();
}

void SqliteStore::put_derived(std::string_view problem, std::string_view device,
                              std::string_view name, std::span<const std::byte> bytes) {
    use("written", [&](Connection& connection) {
        require_writable(connection);
        Database& database = connection.database;
        Transaction transaction(database);
        const std::int64_t key = key_of(database, problem, device);
        std::int64_t stamp = 0;
        if (const auto read = last_read_.find(reader_key(problem, device));
            read != last_read_.end()) {
            stamp = read->second;
        } else {
            Statement newest = database.prepare(fmt::format("SELECT {}", newest_of_key));
            if (newest.bind(1, key).step()) stamp = newest.integer(0);
        }
        const Digest check = digest(bytes);
        Statement put = database.prepare(
            "INSERT OR REPLACE INTO derived(key, name, stamp, digest, bytes) VALUES(?,?,?,?,?)");
        put.bind(1, key).bind(2, name).bind(3, stamp);
        put.bind(4, bytes_of(check)).bind(5, bytes).step();
        transaction.commit();
    });
}

std::optional<std::vector<std::byte>>
SqliteStore::get_derived(std::string_view problem, std::string_view device, std::string_view name) {
    return use("read", [&](Connection& connection) -> std::optional<std::vector<std::byte>> {
        Statement key =
            connection.database.prepare("SELECT key FROM keys WHERE problem = ? AND device = ?");
        if (!key.bind(1, problem).bind(2, device).step()) return std::nullopt;
        Statement row =
            connection.database.prepare(fmt::format("SELECT digest, bytes FROM derived "
                                                    "WHERE key = ?1 AND name = ?2 AND stamp = {}",
                                                    newest_of_key));
        if (!row.bind(1, key.integer(0)).bind(2, name).step()) return std::nullopt;
        const std::span<const std::byte> check = row.blob(0), bytes = row.blob(1);
        const Digest found = digest(bytes);
        if (!std::ranges::equal(check, bytes_of(found))) return std::nullopt;
        return std::vector<std::byte>(bytes.begin(), bytes.end());
    });
}

} // namespace hone::sqlite
