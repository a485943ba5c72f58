// Other processes that use a store.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <sys/types.h>

namespace hone::test {

// Starts this program again, as a writer that appends the facts 0 to count - 1 of `writer`, one
// batch each.
[[nodiscard]] pid_t start_writer(const std::filesystem::path& file, int writer, int count);
// Waits. True when it ended with exit code 0.
[[nodiscard]] bool ended_well(pid_t process);

// Runs `body` in a fork of this process and gives what it returns; "crashed" when it did not.
[[nodiscard]] std::string in_child(const std::function<std::string()>& body);
// The same as a user without any rights; as oneself when this process is not root's.
[[nodiscard]] std::string as_nobody(const std::function<std::string()>& body);

} // namespace hone::test
