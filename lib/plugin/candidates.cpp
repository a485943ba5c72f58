#include "lib/plugin/candidates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <system_error>
#include <unistd.h>

namespace hone::plugin {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> shared_objects(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code error;
    for (auto entry = fs::directory_iterator(folder, error);
         !error && entry != fs::directory_iterator(); entry.increment(error)) {
        std::error_code ignored;
        if (entry->path().extension() == ".so" && entry->is_regular_file(ignored)) {
            files.push_back(fs::absolute(entry->path()).lexically_normal());
        }
    }
    std::ranges::sort(files);
    return files;
}

std::string distrust_on_disk(const fs::path& file) {
    struct stat of_file {};
    struct stat of_folder {};
    if (::stat(file.c_str(), &of_file) != 0 || ::stat(file.parent_path().c_str(), &of_folder) != 0)
        return fmt::format("cannot be examined: {}", std::strerror(errno));
    return distrust(of_file, of_folder, ::geteuid());
}

} // namespace

std::string distrust(const struct stat& file, const struct stat& folder, uid_t self) {
    const auto trusted = [self](const struct stat& of) {
        return of.st_uid == 0 || of.st_uid == self;
    };
    const auto open_to_all = [](const struct stat& of) { return (of.st_mode & S_IWOTH) != 0; };
    if (trusted(file) && trusted(folder)) return {};
    if (open_to_all(file)) {
        return fmt::format("every user may write the file, which belongs to user {}", file.st_uid);
    }
    // In such a folder anyone may have put the file.
    if (open_to_all(folder)) {
        return fmt::format("every user may write its folder, and user {} put it there",
                           trusted(file) ? folder.st_uid : file.st_uid);
    }
    return {};
}

std::vector<Candidate> find_candidates(const fs::path& own,
                                       std::span<const fs::path> named_folders) {
    std::vector<Candidate> found;
    std::set<fs::path> met;
    const auto first_meeting = [&met](const fs::path& file) {
        std::error_code error;
        const fs::path real = fs::canonical(file, error);
        return met.insert(error ? file : real).second;
    };

    for (fs::path& file : shared_objects(own)) {
        if (first_meeting(file)) found.push_back({std::move(file), {}});
    }
    for (const fs::path& folder : named_folders) {
        for (fs::path& file : shared_objects(folder)) {
            if (!first_meeting(file)) continue;
            std::string refusal = distrust_on_disk(file);
            found.push_back({std::move(file), std::move(refusal)});
        }
    }
    return found;
}

} // namespace hone::plugin
