// Any bytes as a binary bundle. The first byte says as what the rest is taken, since changed bytes
// would seldom get past the digest: 0 the whole file, 1 the compressed part, 2 the map in it.
// Either an Error, or a bundle whose architectures can be listed.

#include "lib/device/binary_bundle.hpp"

#include "hone/digest.hpp"
#include "hone/error.hpp"

#include <zstd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::string_view magic = "hone bundle 1\n";
constexpr std::size_t unsigned_bytes = 32 + 64; // key and signature

Bytes file_of(std::span<const std::uint8_t> frame) {
    Bytes file(magic.begin(), magic.end());
    file.resize(file.size() + unsigned_bytes);
    const hone::Digest digest = hone::digest(std::as_bytes(frame));
    file.insert(file.end(), digest.bytes.begin(), digest.bytes.end());
    file.insert(file.end(), frame.begin(), frame.end());
    return file;
}

Bytes compressed(std::span<const std::uint8_t> body) {
    Bytes frame(ZSTD_compressBound(body.size()));
    frame.resize(ZSTD_compress(frame.data(), frame.size(), body.data(), body.size(), 1));
    return frame;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::span<const std::uint8_t> rest(data + 1, size - 1);
    Bytes file;
    if (data[0] == 1)
        file = file_of(rest);
    else if (data[0] == 2)
        file = file_of(compressed(rest));
    else
        file.assign(rest.begin(), rest.end());
    try {
        const hone::BinaryBundle bundle = hone::BinaryBundle::parse(file, "fuzz.bundle");
        if (bundle.architectures().size() > bundle.size()) std::abort();
    } catch (const hone::Error& error) {
        if (error.code() != hone::Errc::unavailable) std::abort();
    }
    return 0;
}
