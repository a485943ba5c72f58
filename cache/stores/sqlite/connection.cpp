#include "connection.hpp"

#include "hone/error.hpp"
#include "layout.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace hone::sqlite {

namespace {

bool may_write(const std::filesystem::path& path) {
    return ::faccessat(AT_FDCWD, path.empty() ? "." : path.c_str(), W_OK, AT_EACCESS) == 0;
}

std::string identity_of(Database& database, const std::filesystem::path& file) {
    Recognised found = recognise(database);
    switch (found.kind) {
    case Kind::ours:
        break;
    case Kind::foreign:
        throw Error(Errc::unavailable,
                    fmt::format("{}: a database, but not one of hone's", file.string()),
                    "name another file for the store; this one was not touched");
    case Kind::newer:
        throw Error(Errc::unavailable,
                    fmt::format("{}: made by a newer hone (layout {}; known is {})", file.string(),
                                found.version, layout_version),
                    "use that hone, or name another file for the store; this one was not touched");
    case Kind::damaged:
        throw SqlError(SQLITE_CORRUPT, "its tables are missing");
    }
    return std::move(found.identity);
}

std::string prepare_on_network(Database& database, const std::filesystem::path& file) {
    // A log left by a machine that had the file for itself can be read without shared memory while
    // the file is locked exclusively.
    database.run("PRAGMA locking_mode = EXCLUSIVE");
    std::string identity = identity_of(database, file);
    database.run("PRAGMA journal_mode = TRUNCATE");
    // The lock goes with the next access.
    database.run("PRAGMA locking_mode = NORMAL; SELECT identity FROM store");
    // Without a log a commit is durable, and the file intact, only when everything is synced.
    database.run("PRAGMA synchronous = FULL");
    return identity;
}

std::string prepare(Database& database, const std::filesystem::path& file) {
    std::string identity = identity_of(database, file);
    // Once set it stays in the file. Where others keep it from being set, the store works as well,
    // only slower.
    database.run("PRAGMA journal_mode = WAL");
    // A power loss may take the last commits, never the file.
    database.run("PRAGMA synchronous = NORMAL");
    return identity;
}

Connection open_writable(const std::filesystem::path& file, FileId id, bool network) {
    Database database(file, Access::write);
    std::string identity = network ? prepare_on_network(database, file) : prepare(database, file);
    return {std::move(database), id, std::move(identity), /*writable=*/true};
}

Connection open_read_only(const std::filesystem::path& file, FileId id) {
    try {
        Database database(file, Access::read);
        std::string identity = identity_of(database, file);
        return {std::move(database), id, std::move(identity), /*writable=*/false};
    } catch (const SqlError& error) {
        // A log needs a file of shared memory beside it, which cannot be made here. Without a log
        // the database is complete by itself; with one, reading past it would miss facts.
        struct stat log {};
        const bool has_log = ::stat((file.string() + "-wal").c_str(), &log) == 0 && log.st_size > 0;
        if (error.damage() || has_log) throw;
    }
    Database database(file, Access::immutable);
    std::string identity = identity_of(database, file);
    return {std::move(database), id, std::move(identity), /*writable=*/false};
}

} // namespace

Connection connect(const std::filesystem::path& file, bool network) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) {
        if (errno != ENOENT && errno != ENOTDIR)
            throw Error(Errc::not_kept, fmt::format("{}: {}", file.string(), std::strerror(errno)));
        create(file, /*write_ahead=*/!network);
        if (::stat(file.c_str(), &status) != 0)
            throw SqlError(SQLITE_CANTOPEN, "it was removed just after it was created");
    }
    if (!S_ISREG(status.st_mode))
        throw Error(Errc::unavailable, fmt::format("{}: not a file", file.string()),
                    "name a file for the store, e.g. " + (file / "facts.sqlite").string());
    // SQLite takes any file shorter than its smallest page for a database yet to be filled.
    if (status.st_size < 512) throw SqlError(SQLITE_NOTADB, "the file is too short");

    const FileId id{status.st_dev, status.st_ino};
    if (may_write(file) && may_write(file.parent_path())) return open_writable(file, id, network);
    return open_read_only(file, id);
}

} // namespace hone::sqlite
