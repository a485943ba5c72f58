#include "cache/durable_file.hpp"

#include "hone/error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <random>
#include <string>
#include <unistd.h>
#include <utility>

namespace hone::cache {

namespace {

class Descriptor final {
  public:
    explicit Descriptor(int fd) noexcept : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int get() const noexcept { return fd_; }

  private:
    int fd_;
};

// Removes the file written aside unless it took its place.
class Aside final {
  public:
    explicit Aside(std::string name) : name_(std::move(name)) {}
    ~Aside() {
        if (!placed_) ::unlink(name_.c_str());
    }
    Aside(const Aside&) = delete;
    Aside& operator=(const Aside&) = delete;
    [[nodiscard]] bool place(const std::filesystem::path& file) noexcept {
        return placed_ = ::rename(name_.c_str(), file.c_str()) == 0;
    }

  private:
    std::string name_;
    bool placed_ = false;
};

[[noreturn]] void fail(const std::filesystem::path& file, const char* what) {
    const int error = errno;
    throw Error(Errc::not_kept,
                fmt::format("{}: {}: {}", file.string(), what, std::strerror(error)),
                error == ENOSPC ? "free some space, or write somewhere else" : "");
}

bool write_all(int fd, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return true;
}

} // namespace

void write_durably(const std::filesystem::path& file, std::span<const std::byte> bytes) {
    const std::string name =
        fmt::format("{}.part-{}-{:08x}", file.string(), ::getpid(), std::random_device()());
    const Descriptor part(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (part.get() < 0) fail(file, "cannot create a file beside it");
    Aside aside(name);

    if (!write_all(part.get(), bytes)) fail(file, "cannot write");
    if (::fsync(part.get()) != 0) fail(file, "cannot sync");
    if (!aside.place(file)) fail(file, "cannot put the new file in place");

    const std::filesystem::path parent = file.parent_path();
    const Descriptor folder(
        ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    // Some file systems cannot sync a folder; the file is in place all the same.
    if (folder.get() >= 0) (void)::fsync(folder.get());
}

} // namespace hone::cache
