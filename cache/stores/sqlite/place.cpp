#include "place.hpp"

#include "database.hpp"
#include "hone/error.hpp"
#include "layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <random>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace hone::sqlite {

namespace {

[[noreturn]] void fail(const std::filesystem::path& file, std::string_view what) {
    const int error = errno;
    throw Error(Errc::not_kept,
                fmt::format("{}: {}: {}", file.string(), what, std::strerror(error)));
}

std::filesystem::path beside(const std::filesystem::path& file, std::string_view suffix) {
    return file.string() + std::string(suffix);
}

// What SQLite keeps beside a database.
constexpr std::array<std::string_view, 3> companions = {"-wal", "-shm", "-journal"};

// Held by whoever puts a file in place or moves it away, so that nobody moves the new file in the
// belief that it is still the damaged one. The lock goes with the descriptor.
class PlaceLock final {
  public:
    explicit PlaceLock(const std::filesystem::path& file)
        : fd_(::open(beside(file, ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
        if (fd_ < 0) fail(file, "cannot create its lock file");
        while (::flock(fd_, LOCK_EX) != 0)
            if (errno != EINTR) break; // a file system without locks: go on without
    }
    ~PlaceLock() { ::close(fd_); }
    PlaceLock(const PlaceLock&) = delete;
    PlaceLock& operator=(const PlaceLock&) = delete;

  private:
    int fd_;
};

// The first FILE.corrupt-N where nothing is.
std::filesystem::path free_name(const std::filesystem::path& file) {
    for (int n = 1;; ++n) {
        std::filesystem::path name = beside(file, fmt::format(".corrupt-{}", n));
        struct stat status {};
        if (::lstat(name.c_str(), &status) != 0) return name;
    }
}

// The companions first: a log left behind would be applied to the next file of this name.
void move_all(const std::filesystem::path& file, const std::filesystem::path& to) {
    for (const std::string_view suffix : companions)
        (void)::rename(beside(file, suffix).c_str(), beside(to, suffix).c_str());
    if (::rename(file.c_str(), to.c_str()) != 0 && errno != ENOENT)
        fail(file, "damaged, and cannot be moved aside");
}

// Puts `made` in place unless something is there.
void put_in_place(const std::filesystem::path& made, const std::filesystem::path& file) {
    if (::link(made.c_str(), file.c_str()) == 0 || errno == EEXIST) return;
    // No hard links on this file system.
    if (::renameat2(AT_FDCWD, made.c_str(), AT_FDCWD, file.c_str(), RENAME_NOREPLACE) == 0 ||
        errno == EEXIST)
        return;
    fail(file, "cannot be created");
}

struct RemoveAll {
    std::filesystem::path file;
    ~RemoveAll() {
        ::unlink(file.c_str());
        for (const std::string_view suffix : companions) ::unlink(beside(file, suffix).c_str());
    }
};

} // namespace

std::optional<FileId> file_id(const std::filesystem::path& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) return std::nullopt;
    return FileId{status.st_dev, status.st_ino};
}

void make_folder(const std::filesystem::path& folder) {
    std::error_code ignored;
    if (folder.empty() || std::filesystem::is_directory(folder, ignored)) return;
    make_folder(folder.parent_path());
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        fail(folder, "the folder cannot be created");
}

bool on_network(const std::filesystem::path& folder) {
    // Numbers of statfs(2).
    constexpr std::array<std::uint32_t, 9> shared = {
        0x6969,     // NFS
        0x517b,     // SMB
        0xff534d42, // CIFS
        0xfe534d42, // SMB 2
        0x01021997, // 9P
        0x5346414f, // AFS
        0x00c36400, // Ceph
        0x0bd00bd0, // Lustre
        0x47504653, // GPFS
    };
    struct statfs status {};
    if (::statfs(folder.empty() ? "." : folder.c_str(), &status) != 0) return false;
    const auto type = static_cast<std::uint32_t>(status.f_type);
    return std::find(shared.begin(), shared.end(), type) != shared.end();
}

void create(const std::filesystem::path& file, bool write_ahead) {
    make_folder(file.parent_path());
    const RemoveAll made{
        beside(file, fmt::format(".new-{}-{:08x}", ::getpid(), std::random_device()()))};
    {
        Database database(made.file, Access::create);
        lay_out(database);
        if (write_ahead) database.run("PRAGMA journal_mode = WAL");
    }
    const PlaceLock lock(file);
    if (file_id(file)) return;
    // What a database that somebody deleted has left.
    move_all(file, free_name(file));
    put_in_place(made.file, file);
}

std::optional<std::filesystem::path> move_aside(const std::filesystem::path& file, FileId damaged) {
    const PlaceLock lock(file);
    if (file_id(file) != damaged) return std::nullopt;
    std::filesystem::path to = free_name(file);
    move_all(file, to);
    return to;
}

} // namespace hone::sqlite
