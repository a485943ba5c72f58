// Any bytes as a record: no crash, and what is accepted is a fact like any other.
#include "hone/fact.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const hone::Decoded decoded = hone::decode(std::as_bytes(std::span(data, size)));
    if (decoded.fact.has_value() + decoded.retraction.has_value() + !decoded.error.empty() != 1)
        std::abort();
    if (decoded.fact && hone::decode(hone::encode(*decoded.fact)).fact != decoded.fact)
        std::abort();
    return 0;
}
