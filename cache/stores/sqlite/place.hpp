// The file of a store and what stands around it: its folder, its lock, its companions.
#pragma once

#include <filesystem>
#include <optional>
#include <sys/types.h>

namespace hone::sqlite {

// Which file a path names at the moment.
struct FileId {
    dev_t device;
    ino_t inode;
    friend bool operator==(const FileId&, const FileId&) = default;
};
[[nodiscard]] std::optional<FileId> file_id(const std::filesystem::path& file);

// Creates the missing folders, readable by this user only. Throws Error(not_kept).
void make_folder(const std::filesystem::path& folder);

// Whether the folder lies on a file system that several machines share, where SQLite's write-ahead
// log does not work: it needs memory shared between all who use the file.
[[nodiscard]] bool on_network(const std::filesystem::path& folder);

// Makes a store at `file` unless there is something: laid out beside it and put in place whole, so
// that nobody meets half a store. Throws SqlError, or Error(not_kept).
void create(const std::filesystem::path& file, bool write_ahead);

// Renames the file, with its journal, to FILE.corrupt-N, unless it is another file than `damaged`
// by now. Returns the new name, or nothing when another process was first. Throws Error(not_kept).
[[nodiscard]] std::optional<std::filesystem::path> move_aside(const std::filesystem::path& file,
                                                              FileId damaged);

} // namespace hone::sqlite
