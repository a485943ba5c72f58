#include "lib/replay/file_text.hpp"

#include "hone/error.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

namespace hone::replay {

namespace {

constexpr unsigned chunk_bytes = 1U << 20U;
// A recorded space of 350,000 configurations takes 1 GiB; beyond this a small file is an attack.
constexpr std::size_t most_bytes = std::size_t{8} << 30U;

struct CloseGzip {
    void operator()(gzFile file) const noexcept { gzclose(file); }
};
using GzipFile = std::unique_ptr<gzFile_s, CloseGzip>;

} // namespace

FileText read_file(const std::string& path) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored))
        throw Error(Errc::workload, path + ": is a folder", "name the file of one recorded space");
    // Passes plain files through unchanged.
    const GzipFile file(gzopen(path.c_str(), "rb"));
    if (!file)
        throw Error(Errc::workload, fmt::format("{}: cannot be opened: {}", path,
                                                errno ? std::strerror(errno) : "out of memory"));
    gzbuffer(file.get(), chunk_bytes);
    FileText result;
    for (;;) {
        const std::size_t had = result.text.size();
        if (had > most_bytes)
            throw Error(Errc::workload,
                        fmt::format("{}: more than {} GiB of text", path, most_bytes >> 30U));
        result.text.resize(had + chunk_bytes);
        const int got = gzread(file.get(), result.text.data() + had, chunk_bytes);
        result.text.resize(had + static_cast<std::size_t>(got > 0 ? got : 0));
        int status = Z_OK;
        const char* message = gzerror(file.get(), &status);
        if (status == Z_BUF_ERROR) {
            result.truncated = true;
            return result;
        }
        if (got < 0)
            throw Error(Errc::workload, fmt::format("{}: damaged after {} bytes of text: {}", path,
                                                    result.text.size(), message));
        if (got == 0) return result;
    }
}

} // namespace hone::replay
