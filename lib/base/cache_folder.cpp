#include "lib/base/cache_folder.hpp"

#include <errno.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace hone {

namespace {

std::string reason(int error) { return std::generic_category().message(error); }

// mkdir -p with 0700, as the XDG base directory specification asks for.
int make_folders(const std::filesystem::path& folder) {
    std::filesystem::path made;
    for (const auto& part : folder) {
        made /= part;
        if (::mkdir(made.c_str(), 0700) == 0) continue;
        // A read-only parent gives other errors than EEXIST for what exists, too.
        const int error = errno;
        if (::access(made.c_str(), F_OK) != 0) return error;
    }
    return 0;
}

} // namespace

std::string why_unwritable(const std::filesystem::path& folder) {
    if (const int error = make_folders(folder)) return reason(error);
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) return reason(errno);
    if (!S_ISDIR(status.st_mode)) return "not a folder";
    if (::access(folder.c_str(), R_OK | W_OK | X_OK) != 0) return reason(errno);
    return {};
}

std::string why_not_private(const std::filesystem::path& folder) {
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return reason(errno);
    struct stat status {};
    if (::lstat(folder.c_str(), &status) != 0) return reason(errno);
    if (!S_ISDIR(status.st_mode)) return "not a folder";
    if (status.st_uid != ::geteuid()) return "owned by another user";
    if ((status.st_mode & 077) != 0) return "open to other users";
    return why_unwritable(folder);
}

} // namespace hone
