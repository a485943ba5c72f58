// Any bytes as a kernel.toml, the second half after a line "@@" as the T1 file beside it: either an
// Error that names the file, or a description whose space can be walked.

#include "description.hpp"
#include "hone/error.hpp"
#include "hone/space.hpp"
#include "tests/folder.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hone;
    static const test::Folder folder;
    [[maybe_unused]] static const auto source =
        folder.file("kernel.cu", "extern \"C\" __global__ void kernel() {}\n");
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    // A source or a T1 file elsewhere would make the outcome depend on the machine.
    if (text.find('/') != std::string_view::npos) return 0;
    const std::size_t cut = text.find("\n@@\n");
    folder.file("space.json",
                cut == std::string_view::npos ? "" : std::string(text.substr(cut + 4)));
    const std::filesystem::path file = folder.file("kernel.toml", std::string(text.substr(0, cut)));
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
