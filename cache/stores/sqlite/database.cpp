#include "database.hpp"

#include <fmt/format.h>

namespace hone::sqlite {

namespace {

// Longer than any batch of another process takes; a bound all the same.
constexpr int busy_timeout_ms = 30'000;
constexpr int largest_value_bytes = 64 << 20;

// A path as SQLite reads it in a URI.
std::string uri_of(const std::filesystem::path& file, std::string_view query) {
    std::string uri = "file:";
    for (const char c : std::filesystem::absolute(file).string()) {
        if (c == '%' || c == '?' || c == '#')
            uri += fmt::format("%{:02x}", static_cast<unsigned char>(c));
        else
            uri += c;
    }
    return uri + std::string(query);
}

std::string name_of(const std::filesystem::path& file, Access access) {
    switch (access) {
    case Access::immutable:
        return uri_of(file, "?immutable=1");
    case Access::create:
    case Access::write:
    case Access::read:
        break;
    }
    return uri_of(file, "");
}

int flags_of(Access access) {
    constexpr int common = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI | SQLITE_OPEN_PRIVATECACHE;
    switch (access) {
    case Access::create:
        return common | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    case Access::write:
        return common | SQLITE_OPEN_READWRITE;
    case Access::read:
    case Access::immutable:
        break;
    }
    return common | SQLITE_OPEN_READONLY;
}

[[noreturn]] void fail(sqlite3* database, int code) {
    const char* const message = database ? sqlite3_errmsg(database) : sqlite3_errstr(code);
    throw SqlError(code, message);
}

} // namespace

Database::Database(const std::filesystem::path& file, Access access) {
    sqlite3* handle = nullptr;
    const int code =
        sqlite3_open_v2(name_of(file, access).c_str(), &handle, flags_of(access), nullptr);
    handle_.reset(handle); // SQLite may give one even where it fails
    if (code != SQLITE_OK) fail(handle, code);
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, busy_timeout_ms);
    // The file may come from anywhere: its schema must not run functions, values have a bound.
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, largest_value_bytes);
}

void Database::run(const std::string& sql) {
    const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(handle_.get(), code);
}

Statement Database::prepare(std::string_view sql) { return {handle_.get(), sql}; }

std::int64_t Database::integer(std::string_view sql) {
    Statement statement = prepare(sql);
    return statement.step() ? statement.integer(0) : 0;
}

std::string Database::text(std::string_view sql) {
    Statement statement = prepare(sql);
    return statement.step() ? statement.text(0) : std::string();
}

void Database::leave_log_on_close() noexcept {
    sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

Statement::Statement(sqlite3* database, std::string_view sql) {
    sqlite3_stmt* handle = nullptr;
    const int code =
        sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &handle, nullptr);
    handle_.reset(handle);
    if (code != SQLITE_OK) fail(database, code);
}

void Statement::check(int code) const {
    if (code != SQLITE_OK) fail(sqlite3_db_handle(handle_.get()), code);
}

Statement& Statement::bind(int parameter, std::int64_t value) {
    check(sqlite3_bind_int64(handle_.get(), parameter, value));
    return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
    // Not null for an empty text: a null pointer would bind NULL.
    const char* const data = text.empty() ? "" : text.data();
    check(sqlite3_bind_text64(handle_.get(), parameter, data, text.size(), SQLITE_STATIC,
                              SQLITE_UTF8));
    return *this;
}

Statement& Statement::bind(int parameter, std::span<const std::byte> blob) {
    const void* const data = blob.empty() ? static_cast<const void*>("") : blob.data();
    check(sqlite3_bind_blob64(handle_.get(), parameter, data, blob.size(), SQLITE_STATIC));
    return *this;
}

Statement& Statement::bind_null(int parameter) {
    check(sqlite3_bind_null(handle_.get(), parameter));
    return *this;
}

bool Statement::step() {
    const int code = sqlite3_step(handle_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    fail(sqlite3_db_handle(handle_.get()), code);
}

std::int64_t Statement::integer(int column) const noexcept {
    return sqlite3_column_int64(handle_.get(), column);
}

bool Statement::is_null(int column) const noexcept {
    return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

std::span<const std::byte> Statement::blob(int column) const noexcept {
    const void* const data = sqlite3_column_blob(handle_.get(), column);
    const int size = sqlite3_column_bytes(handle_.get(), column);
    return {static_cast<const std::byte*>(data), static_cast<std::size_t>(size)};
}

std::string Statement::text(int column) const {
    const unsigned char* const data = sqlite3_column_text(handle_.get(), column);
    const int size = sqlite3_column_bytes(handle_.get(), column);
    return data ? std::string(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size))
                : std::string();
}

Transaction::~Transaction() {
    if (database_.idle()) return; // committed, or SQLite rolled back by itself
    try {
        database_.run("ROLLBACK");
    } catch (const SqlError&) {
        // The connection is unusable then, and the next statement says so.
    }
}

} // namespace hone::sqlite
