#include "lib/device/binary_cache.hpp"

#include "hone/binaries.hpp"
#include "lib/device/encoding.hpp"

#include <nlohmann/json.hpp>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace hone {

namespace {

// An entry: this text, the XXH3-128 of what follows in canonical form, a CBOR map. Raised with
// every change; entries of another version are misses.
constexpr std::string_view binary_magic = "hone binary 1\n";
using Check = XXH128_canonical_t;

using nlohmann::json;

Check check_of(const std::uint8_t* data, std::size_t size) {
    Check check;
    XXH128_canonicalFromHash(&check, XXH3_128bits(data, size));
    return check;
}

std::filesystem::path entry_path(const std::filesystem::path& folder, const Digest& key) {
    // Folders of a few hundred entries stay quick to list and to prune.
    const std::string name = hex(key);
    return folder / name.substr(0, 2) / name.substr(2);
}

std::vector<std::uint8_t> encode(const Binary& binary) {
    const auto& [format, bytes, resources] = binary;
    const auto& [registers, spill_bytes, stack_bytes, shared_bytes] = resources;
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    return json::to_cbor({{"format", format},
                          {"bytes", json::binary({data, data + bytes.size()})},
                          {"registers", registers},
                          {"spill_bytes", spill_bytes},
                          {"stack_bytes", stack_bytes},
                          {"shared_bytes", shared_bytes}});
}

// Throws json::exception when an entry has another shape.
Binary decode(const std::uint8_t* data, std::size_t size) {
    const json entry = json::from_cbor(data, data + size);
    const auto& bytes = entry.at("bytes").get_binary();
    const auto* begin = reinterpret_cast<const std::byte*>(bytes.data());
    return {entry.at("format").get<std::string>(),
            {begin, begin + bytes.size()},
            {entry.at("registers").get<int>(), entry.at("spill_bytes").get<std::int64_t>(),
             entry.at("stack_bytes").get<std::int64_t>(),
             entry.at("shared_bytes").get<std::int64_t>()}};
}

std::optional<Binary> parse(const std::vector<std::uint8_t>& file) {
    const std::size_t begin = binary_magic.size() + sizeof(Check);
    if (file.size() < begin ||
        std::memcmp(file.data(), binary_magic.data(), binary_magic.size()) != 0)
        return std::nullopt;
    const Check check = check_of(file.data() + begin, file.size() - begin);
    if (std::memcmp(file.data() + binary_magic.size(), &check, sizeof check) != 0)
        return std::nullopt;
    try {
        return decode(file.data() + begin, file.size() - begin);
    } catch (const json::exception&) {
        return std::nullopt;
    }
}

// Written aside under a name that no other writer uses, then renamed.
bool write_aside(const std::filesystem::path& path, const std::vector<std::uint8_t>& contents) {
    std::string aside = path.string() + ".XXXXXX";
    const int file = ::mkostemp(aside.data(), O_CLOEXEC);
    if (file < 0) return false;
    const auto* data = contents.data();
    std::size_t left = contents.size();
    while (left > 0) {
        const ssize_t n = ::write(file, data, left);
        if (n <= 0) break;
        data += n;
        left -= static_cast<std::size_t>(n);
    }
    ::close(file);
    // No fsync: after a power failure a damaged entry is noticed, and is only a miss.
    if (left == 0 && ::rename(aside.c_str(), path.c_str()) == 0) return true;
    ::unlink(aside.c_str());
    return false;
}

// Once, on average, for every sixteenth of the limit.
bool trims_now(std::uint64_t written, std::uint64_t limit) {
    const double chance = 16 * static_cast<double>(written) / static_cast<double>(limit + 1);
    constexpr double range = 0x1p32;
    return static_cast<double>(std::random_device()()) < chance * range;
}

} // namespace

BinaryCache BinaryCache::of(const Options& options) {
    if (options.cache_folder.empty()) return {};
    return BinaryCache(options.cache_folder / "binaries");
}

Digest BinaryCache::key(const Module& module, std::string_view compile_key) {
    return Encoding("binary-key/1").text(hex(digest(module))).text(compile_key).digest();
}

std::optional<Binary> BinaryCache::get(const Digest& key) const {
    if (folder_.empty()) return std::nullopt;
    const std::filesystem::path path = entry_path(folder_, key);
    std::ifstream in(path, std::ios::binary);
    if (!in) return std::nullopt;
    const std::vector<std::uint8_t> file{std::istreambuf_iterator<char>(in), {}};
    std::optional<Binary> binary = parse(file);
    if (!binary) {
        std::error_code ignored;
        std::filesystem::remove(path, ignored);
        return std::nullopt;
    }
    // The time of change says when an entry was last used; that of access is often not kept.
    (void)::utimensat(AT_FDCWD, path.c_str(), nullptr, 0);
    return binary;
}

void BinaryCache::put(const Digest& key, const Binary& binary) const noexcept try {
    if (folder_.empty()) return;
    const std::filesystem::path path = entry_path(folder_, key);
    std::filesystem::create_directories(path.parent_path());
    const std::vector<std::uint8_t> body = encode(binary);
    const Check check = check_of(body.data(), body.size());
    std::vector<std::uint8_t> contents(binary_magic.begin(), binary_magic.end());
    const auto* check_bytes = reinterpret_cast<const std::uint8_t*>(&check);
    contents.insert(contents.end(), check_bytes, check_bytes + sizeof check);
    contents.insert(contents.end(), body.begin(), body.end());
    if (write_aside(path, contents) && trims_now(contents.size(), most_bytes_)) trim();
} catch (const std::exception&) {
    // Not kept: it is compiled again next time.
}

std::uint64_t BinaryCache::trim() const noexcept try {
    struct Entry {
        std::filesystem::file_time_type used;
        std::uint64_t bytes;
        std::filesystem::path path;
    };
    std::vector<Entry> entries;
    std::uint64_t total = 0;
    std::error_code gone; // another process trims too
    for (const auto& item : std::filesystem::recursive_directory_iterator(folder_, gone)) {
        if (!item.is_regular_file(gone)) continue;
        const std::uint64_t bytes = item.file_size(gone);
        if (gone) continue;
        entries.push_back({item.last_write_time(gone), bytes, item.path()});
        total += bytes;
    }
    if (total <= most_bytes_) return total;
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return a.used < b.used; });
    const std::uint64_t goal = most_bytes_ / 8 * 7;
    for (const Entry& entry : entries) {
        if (total <= goal) break;
        if (std::filesystem::remove(entry.path, gone)) total -= entry.bytes;
    }
    return total;
} catch (const std::exception&) {
    return 0; // what cannot be listed is not trimmed
}

std::uint64_t trim_binaries(const Options& options, std::uint64_t most_bytes) {
    if (options.cache_folder.empty()) return 0;
    return BinaryCache(options.cache_folder / "binaries", most_bytes).trim();
}

} // namespace hone
