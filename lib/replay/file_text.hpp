// A whole file as text, gzip-compressed or plain.
#pragma once

#include <string>

namespace hone::replay {

struct FileText {
    std::string text;
    bool truncated = false; // the compressed stream ends early; `text` is what it gave
};

// Throws Error(workload) when the file cannot be read or its compressed data is damaged, with the
// place.
[[nodiscard]] FileText read_file(const std::string& path);

} // namespace hone::replay
