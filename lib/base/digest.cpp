#include "hone/digest.hpp"

#include <sodium.h>

namespace hone {

namespace {

void initialise() noexcept {
    // libsodium chooses its implementation for this processor here; hashing is right without it,
    // but slower.
    [[maybe_unused]] static const int done = sodium_init();
}

} // namespace

Digest digest(std::span<const std::byte> data) noexcept {
    initialise();
    Digest result;
    crypto_generichash_blake2b(result.bytes.data(), result.bytes.size(),
                               reinterpret_cast<const unsigned char*>(data.data()), data.size(),
                               nullptr, 0);
    return result;
}

Digest digest(std::string_view text) noexcept {
    return digest(std::as_bytes(std::span(text.data(), text.size())));
}

std::string hex(const Digest& digest) {
    std::string text(2 * digest.bytes.size() + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), digest.bytes.data(), digest.bytes.size());
    text.pop_back();
    return text;
}

std::optional<Digest> parse_digest(std::string_view text) noexcept {
    Digest result;
    if (text.size() != 2 * result.bytes.size()) return std::nullopt;
    if (text.find_first_not_of("0123456789abcdef") != std::string_view::npos) return std::nullopt;
    std::size_t length = 0;
    const int status = sodium_hex2bin(result.bytes.data(), result.bytes.size(), text.data(),
                                      text.size(), nullptr, &length, nullptr);
    if (status != 0 || length != result.bytes.size()) return std::nullopt;
    return result;
}

} // namespace hone
