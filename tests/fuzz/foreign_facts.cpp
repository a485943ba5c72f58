// Any bytes as results of another tuner: either an Error that names the file, or facts that are
// marked as imported and survive being stored.
#include "lib/interchange/foreign_facts.hpp"

#include "hone/error.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hone;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        for (const Fact& fact : parse_foreign_facts(text, "file.wisdom", {}).facts) {
            if (fact.origin != Origin::imported || fact.stage != Stage::screen) std::abort();
            try {
                if (!decode(encode(fact)).fact) std::abort();
            } catch (const Error&) {
                continue; // longer than any record may be
            }
        }
    } catch (const Error& error) {
        if (std::string_view(error.what()).find("file.wisdom") == std::string_view::npos)
            std::abort();
    }
    return 0;
}
