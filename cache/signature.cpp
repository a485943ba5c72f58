// Ed25519 signatures beside packs, by libsodium.
#include "cache/durable_file.hpp"
#include "hone/error.hpp"
#include "hone/pack.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace hone {

namespace {

constexpr std::string_view signature_line = "hone pack signature 1";
constexpr std::string_view key_line = "hone signing key 1";
constexpr std::string_view context = "hone.pack.signature/1";
constexpr std::size_t most_text = 4096;

using Seed = std::array<std::uint8_t, crypto_sign_SEEDBYTES>;
using Signature = std::array<std::uint8_t, crypto_sign_BYTES>;
static_assert(sizeof(PublicKey) == crypto_sign_PUBLICKEYBYTES);

template <std::size_t size> std::string to_hex(const std::array<std::uint8_t, size>& bytes) {
    std::array<char, size * 2 + 1> text{};
    sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
    return text.data();
}

template <std::size_t size>
bool from_hex(std::string_view text, std::array<std::uint8_t, size>& bytes) noexcept {
    std::size_t written = 0;
    return text.size() == size * 2 &&
           sodium_hex2bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &written,
                          nullptr) == 0 &&
           written == size;
}

struct KeyPair {
    PublicKey shown;
    std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> secret{};

    explicit KeyPair(const Seed& seed) {
        crypto_sign_seed_keypair(shown.bytes.data(), secret.data(), seed.data());
    }
    ~KeyPair() { sodium_memzero(secret.data(), secret.size()); }
    KeyPair(const KeyPair&) = delete;
    KeyPair& operator=(const KeyPair&) = delete;
};

// Nothing where the file is missing.
std::optional<std::string> text_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return std::nullopt;
    std::string text(most_text, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

// The value of "NAME VALUE" in the lines behind the first, which must be `first`.
std::string_view value_of(std::string_view text, std::string_view first, std::string_view name) {
    if (!text.starts_with(first)) return {};
    const std::string start = "\n" + std::string(name) + " ";
    const std::size_t at = text.find(start);
    if (at == std::string_view::npos) return {};
    const std::string_view rest = text.substr(at + start.size());
    return rest.substr(0, rest.find('\n'));
}

std::string message_of(const Digest& name) {
    std::string message(context);
    message.append(reinterpret_cast<const char*>(name.bytes.data()), name.bytes.size());
    return message;
}

const unsigned char* bytes_of(const std::string& text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::filesystem::path signature_file(const std::filesystem::path& pack) {
    std::filesystem::path file = pack;
    file += ".sig";
    return file;
}

// The whole pack is read: its name is only as good as the digest of what is in it.
Digest checked_name(const std::filesystem::path& file) {
    Digest name;
    (void)read_pack(file, &name);
    return name;
}

} // namespace

std::string hex(const PublicKey& key) { return to_hex(key.bytes); }

std::optional<PublicKey> parse_public_key(std::string_view text) noexcept {
    PublicKey key;
    if (!from_hex(text, key.bytes)) return std::nullopt;
    return key;
}

PublicKey make_signing_key(const std::filesystem::path& key_file) {
    if (sodium_init() < 0) throw Error(Errc::internal, "libsodium cannot be used");
    const auto fail = [&] {
        throw Error(
            Errc::not_kept,
            fmt::format("{}: no key can be written: {}", key_file.string(), std::strerror(errno)),
            errno == EEXIST ? "a key is never overwritten: give another name" : "");
    };
    const int file = ::open(key_file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) fail();
    Seed seed;
    randombytes_buf(seed.data(), seed.size());
    const KeyPair pair(seed);
    std::string text =
        fmt::format("{}\npublic {}\nsecret {}\n", key_line, hex(pair.shown), to_hex(seed));
    const bool written =
        ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::fsync(file) == 0;
    sodium_memzero(text.data(), text.size());
    sodium_memzero(seed.data(), seed.size());
    ::close(file);
    if (!written) fail();
    return pair.shown;
}

PublicKey sign_pack(const std::filesystem::path& file, const std::filesystem::path& key_file) {
    if (sodium_init() < 0) throw Error(Errc::internal, "libsodium cannot be used");
    Seed seed;
    const std::optional<std::string> key = text_of(key_file);
    if (!key || !from_hex(value_of(*key, key_line, "secret"), seed))
        throw Error(Errc::workload, key_file.string() + ": no signing key of hone",
                    "make one: hone cache sign --new-key FILE");
    const KeyPair pair(seed);
    sodium_memzero(seed.data(), seed.size());
    const std::string message = message_of(checked_name(file));
    Signature signature;
    crypto_sign_detached(signature.data(), nullptr, bytes_of(message), message.size(),
                         pair.secret.data());
    const std::string text = fmt::format("{}\nkey {}\nsignature {}\n", signature_line,
                                         hex(pair.shown), to_hex(signature));
    cache::write_durably(signature_file(file), std::as_bytes(std::span(text)));
    return pair.shown;
}

std::optional<PublicKey> signer_of(const std::filesystem::path& file) {
    const Digest name = checked_name(file);
    const std::optional<std::string> text = text_of(signature_file(file));
    if (!text) return std::nullopt;
    PublicKey key;
    Signature signature;
    const std::string message = message_of(name);
    if (!from_hex(value_of(*text, signature_line, "key"), key.bytes) ||
        !from_hex(value_of(*text, signature_line, "signature"), signature) ||
        crypto_sign_verify_detached(signature.data(), bytes_of(message), message.size(),
                                    key.bytes.data()) != 0)
        throw Error(Errc::check_failed,
                    signature_file(file).string() + ": the signature does not hold for the pack",
                    "the pack was changed, or the signature is of another one");
    return key;
}

} // namespace hone
