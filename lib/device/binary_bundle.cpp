#include "lib/device/binary_bundle.hpp"

#include "hone/error.hpp"
#include "lib/device/encoding.hpp"

#include <nlohmann/json.hpp>
#include <sodium.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <unistd.h>
#include <vector>

namespace hone {

namespace {

using nlohmann::json;
using Bytes = std::vector<std::uint8_t>;

// The text, the signer's public key and its signature of the digest of the rest (both zero when
// unsigned), that digest, the rest: a zstd frame of a CBOR map.
constexpr std::string_view bundle_magic = "hone bundle 1\n";
constexpr std::size_t key_bytes = crypto_sign_PUBLICKEYBYTES, signature_bytes = crypto_sign_BYTES;
constexpr std::size_t head_bytes =
    bundle_magic.size() + key_bytes + signature_bytes + sizeof(Digest);
constexpr std::size_t most_file_bytes = std::size_t{1} << 30;
constexpr std::size_t most_body_bytes = std::size_t{2} << 30;

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
    throw Error(Errc::unavailable, "binary bundle " + path.string() + ": " + why,
                "`hone compile` writes one");
}

Digest key_of(const Module& module, std::string_view arch) {
    return Encoding("bundle-key/1").text(hex(digest(module))).text(arch).digest();
}

std::span<const std::byte> span_of(const Bytes& bytes) { return std::as_bytes(std::span(bytes)); }

Digest parse_hex(std::string_view text, const char* what) {
    if (const auto parsed = parse_digest(text)) return *parsed;
    throw Error(Errc::usage, std::string(what) + " is not 64 hexadecimal digits");
}

struct KeyPair {
    std::array<std::uint8_t, key_bytes> public_key{};
    std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> secret_key{};
    ~KeyPair() { sodium_memzero(secret_key.data(), secret_key.size()); }
};

KeyPair key_pair(std::string_view seed) {
    if (sodium_init() < 0) throw Error(Errc::internal, "libsodium does not start");
    const Digest bytes = parse_hex(seed, "the seed of a signing key");
    KeyPair pair;
    crypto_sign_seed_keypair(pair.public_key.data(), pair.secret_key.data(), bytes.bytes.data());
    return pair;
}

Bytes compressed(const Bytes& body) {
    Bytes frame(ZSTD_compressBound(body.size()));
    const std::size_t size =
        ZSTD_compress(frame.data(), frame.size(), body.data(), body.size(), ZSTD_CLEVEL_DEFAULT);
    if (ZSTD_isError(size)) throw Error(Errc::internal, ZSTD_getErrorName(size));
    frame.resize(size);
    return frame;
}

void write_all(const std::filesystem::path& path, const Bytes& contents) {
    const auto fail = [&](const std::string& what) {
        throw Error(Errc::not_kept, what + " " + path.string() + ": " + std::strerror(errno));
    };
    std::string aside = path.string() + ".XXXXXX";
    const int file = ::mkostemp(aside.data(), O_CLOEXEC);
    if (file < 0) fail("cannot create");
    const std::uint8_t* data = contents.data();
    std::size_t left = contents.size();
    while (left > 0) {
        const ssize_t n = ::write(file, data, left);
        if (n <= 0) break;
        data += n;
        left -= static_cast<std::size_t>(n);
    }
    const bool whole = left == 0 && ::fsync(file) == 0;
    ::close(file);
    if (whole && ::rename(aside.c_str(), path.c_str()) == 0) return;
    const int error = errno;
    ::unlink(aside.c_str());
    errno = error;
    fail("cannot write");
}

json resources_json(const Resources& resources) {
    const auto& [registers, spill_bytes, stack_bytes, shared_bytes] = resources;
    return {registers, spill_bytes, stack_bytes, shared_bytes};
}

json binary_data(const std::vector<std::byte>& bytes) {
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    return json::binary({data, data + bytes.size()});
}

} // namespace

void BinaryBundle::put(const Module& module, std::string_view arch, Binary binary) {
    entries_.insert_or_assign(key_of(module, arch), Entry{std::string(arch), std::move(binary)});
}

const Binary* BinaryBundle::get(const Module& module, std::string_view arch) const {
    const auto found = entries_.find(key_of(module, arch));
    return found == entries_.end() ? nullptr : &found->second.binary;
}

std::set<std::string> BinaryBundle::architectures() const {
    std::set<std::string> all;
    for (const auto& [key, entry] : entries_) all.insert(entry.arch);
    return all;
}

void BinaryBundle::merge(const BinaryBundle& other) {
    if (backend != other.backend || compiler != other.compiler) {
        throw Error(Errc::usage,
                    "bundles of " + backend + " by " + compiler + " and of " + other.backend +
                        " by " + other.compiler + " cannot be one",
                    "write to another file");
    }
    minimum_driver = std::max(minimum_driver, other.minimum_driver);
    entries_.insert(other.entries_.begin(), other.entries_.end());
}

std::string BinaryBundle::public_key(std::string_view seed) {
    return hex(Digest{key_pair(seed).public_key});
}

void BinaryBundle::write(const std::filesystem::path& path, std::string_view seed) const {
    json list = json::array();
    for (const auto& [key, entry] : entries_) {
        const auto& [format, bytes, resources] = entry.binary;
        list.push_back({{"key", json::binary({key.bytes.begin(), key.bytes.end()})},
                        {"arch", entry.arch},
                        {"format", format},
                        {"bytes", binary_data(bytes)},
                        {"resources", resources_json(resources)}});
    }
    const Bytes frame = compressed(json::to_cbor({{"backend", backend},
                                                  {"compiler", compiler},
                                                  {"minimum_driver", minimum_driver},
                                                  {"entries", std::move(list)}}));
    const Digest check = digest(span_of(frame));
    std::array<std::uint8_t, key_bytes> signer{};
    std::array<std::uint8_t, signature_bytes> signature{};
    if (!seed.empty()) {
        const KeyPair pair = key_pair(seed);
        signer = pair.public_key;
        crypto_sign_detached(signature.data(), nullptr, check.bytes.data(), check.bytes.size(),
                             pair.secret_key.data());
    }
    Bytes contents(bundle_magic.begin(), bundle_magic.end());
    const auto append = [&](const auto& part) {
        contents.insert(contents.end(), part.begin(), part.end());
    };
    append(signer);
    append(signature);
    append(check.bytes);
    append(frame);
    write_all(path, contents);
}

BinaryBundle BinaryBundle::read(const std::filesystem::path& path, std::string_view trusted) {
    std::ifstream in(path, std::ios::binary | std::ios::ate);
    if (!in) refuse(path, std::strerror(errno));
    const auto size = static_cast<std::size_t>(in.tellg());
    if (size < head_bytes || size > most_file_bytes) refuse(path, "it is no bundle");
    Bytes file(size);
    in.seekg(0);
    in.read(reinterpret_cast<char*>(file.data()), static_cast<std::streamsize>(size));
    if (!in) refuse(path, "it cannot be read to its end");
    return parse(file, path, trusted);
}

BinaryBundle BinaryBundle::parse(std::span<const std::uint8_t> file,
                                 const std::filesystem::path& path, std::string_view trusted) {
    if (file.size() < head_bytes) refuse(path, "it is no bundle");
    if (std::memcmp(file.data(), bundle_magic.data(), bundle_magic.size()) != 0)
        refuse(path, "it is no bundle, or of another version");

    const std::uint8_t* signer = file.data() + bundle_magic.size();
    const std::uint8_t* signature = signer + key_bytes;
    Digest check;
    std::memcpy(check.bytes.data(), signature + signature_bytes, sizeof check);
    const Bytes frame(file.begin() + static_cast<std::ptrdiff_t>(head_bytes), file.end());
    if (digest(span_of(frame)) != check) refuse(path, "it is damaged");
    const bool is_signed =
        std::any_of(signature, signature + signature_bytes, [](std::uint8_t b) { return b != 0; });
    if (is_signed &&
        (sodium_init() < 0 || crypto_sign_verify_detached(signature, check.bytes.data(),
                                                          check.bytes.size(), signer) != 0))
        refuse(path, "its signature is wrong");
    if (!trusted.empty()) {
        const Digest key = parse_hex(trusted, "the key that bundles must be signed with");
        if (!is_signed || std::memcmp(key.bytes.data(), signer, key_bytes) != 0)
            refuse(path, "it is not signed by the key that is trusted");
    }

    const unsigned long long body_bytes = ZSTD_getFrameContentSize(frame.data(), frame.size());
    if (body_bytes > most_body_bytes) refuse(path, "it is damaged"); // unknown and error are large
    Bytes body(static_cast<std::size_t>(body_bytes));
    if (ZSTD_decompress(body.data(), body.size(), frame.data(), frame.size()) != body.size())
        refuse(path, "it is damaged");
    BinaryBundle bundle;
    try {
        const json map = json::from_cbor(body);
        map.at("backend").get_to(bundle.backend);
        map.at("compiler").get_to(bundle.compiler);
        map.at("minimum_driver").get_to(bundle.minimum_driver);
        for (const json& each : map.at("entries")) {
            const auto& key = each.at("key").get_binary();
            const auto& bytes = each.at("bytes").get_binary();
            const auto resources = each.at("resources").get<std::array<std::int64_t, 4>>();
            Digest digest;
            if (key.size() != digest.bytes.size()) refuse(path, "it is damaged");
            std::copy(key.begin(), key.end(), digest.bytes.begin());
            const auto* begin = reinterpret_cast<const std::byte*>(bytes.data());
            bundle.entries_[digest] = {
                each.at("arch").get<std::string>(),
                {each.at("format").get<std::string>(),
                 {begin, begin + bytes.size()},
                 {static_cast<int>(resources[0]), resources[1], resources[2], resources[3]}}};
        }
    } catch (const json::exception&) {
        refuse(path, "it is damaged");
    }
    return bundle;
}

} // namespace hone
