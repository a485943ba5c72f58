// Any bytes as a kernel.toml, the second half after a line "@@" as the T1 file beside it: either an
// Error that names the file, or a description whose space can be walked.

#include "description.hpp"
#include "hone/error.hpp"
#include "hone/space.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;

// One folder for a process, removed at its end.
class Folder final {
  public:
    Folder() {
        std::string name = (fs::temp_directory_path() / "hone-fuzz-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) std::abort();
        path_ = name;
        write("kernel.cu", "extern \"C\" __global__ void kernel() {}\n");
    }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    fs::path write(const char* name, std::string_view text) const {
        std::ofstream(path_ / name, std::ios::binary) << text;
        return path_ / name;
    }

  private:
    fs::path path_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hone;
    static const Folder folder;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    // A source or a T1 file elsewhere would make the outcome depend on the machine.
    if (text.find('/') != std::string_view::npos) return 0;
    const std::size_t cut = text.find("\n@@\n");
    folder.write("space.json", cut == std::string_view::npos ? "" : text.substr(cut + 4));
    const fs::path file = folder.write("kernel.toml", text.substr(0, cut));
    kernel_toml::Description description;
    try {
        description = kernel_toml::read_description(file);
    } catch (const Error& error) {
        if (std::string_view(error.what()).find(file.parent_path().native()) ==
            std::string_view::npos)
            std::abort();
        return 0;
    }
    const SearchSpace space(description.parameters, description.constraints,
                            {.listed_nodes = 1000});
    if (const auto index = space.find(description.fallback);
        !description.fallback.values().empty() && (!index || !space.legal(*index)))
        std::abort();
    for (const kernel_toml::Amount& amount : description.block) {
        try {
            (void)amount.value(description.fallback);
        } catch (const Error&) {
            continue; // names a parameter that has no value here, or is no size
        }
    }
    return 0;
}
