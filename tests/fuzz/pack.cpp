// Any bytes as a pack: refused with an Error, or the same records as a pack made of them.
#include "hone/pack.hpp"

#include "hone/error.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        const auto records = hone::unpack(std::as_bytes(std::span(data, size)));
        if (hone::unpack(hone::pack(records)) != records) std::abort();
    } catch (const hone::Error&) {
        // Most bytes are no pack.
    }
    return 0;
}
