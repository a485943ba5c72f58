#include "hone/pack.hpp"

#include "cache/durable_file.hpp"
#include "cache/record_fields.hpp"
#include "hone/error.hpp"
#include "hone/winner.hpp"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <memory>
#include <string_view>

namespace hone {

namespace {

// A byte above 127 first and a line end last: transfers that change texts show at once.
constexpr std::array<std::uint8_t, 8> magic = {0x89, 'H', 'O', 'N', 'E', 'P', 'K', '\n'};
constexpr std::size_t header_bytes = 64;
constexpr int compression_level = 9;
constexpr int window_log = 23;

using Bytes = std::vector<std::byte>;

struct Header {
    std::uint32_t version = pack_version;
    std::uint32_t records = 0;
    std::uint64_t body_bytes = 0;
    std::uint64_t packed_bytes = 0; // of the frame behind the header
    Digest body;
};

void put(Bytes& bytes, std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i) bytes.push_back(static_cast<std::byte>(value >> (8 * i) & 0xff));
}

std::uint64_t take(std::span<const std::byte>& bytes, std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i)
        value |= std::to_integer<std::uint64_t>(bytes[i]) << 8 * i;
    bytes = bytes.subspan(size);
    return value;
}

[[noreturn]] void refuse(std::string_view why) {
    throw Error(Errc::workload, fmt::format("not a usable pack: {}", why));
}

[[noreturn]] void too_large(std::string_view what) {
    throw Error(Errc::not_kept, fmt::format("too much for one pack: {}", what),
                "split the facts over several packs");
}

Bytes body_of(std::span<const Record> records) {
    Bytes body;
    for (const Record& record : records) {
        if (record.bytes.size() > cache::max_record_bytes) too_large("a record beyond 64 KiB");
        put(body, record.bytes.size(), 4);
        body.insert(body.end(), record.bytes.begin(), record.bytes.end());
        if (body.size() > max_pack_body_bytes) too_large("more than 64 MiB of records");
    }
    return body;
}

Bytes compress(const Bytes& body) {
    const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(),
                                                                       ZSTD_freeCCtx);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, compression_level);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_windowLog, window_log);
    Bytes packed(ZSTD_compressBound(body.size()));
    const std::size_t size =
        ZSTD_compress2(context.get(), packed.data(), packed.size(), body.data(), body.size());
    if (ZSTD_isError(size))
        throw Error(Errc::internal, fmt::format("zstd: {}", ZSTD_getErrorName(size)));
    packed.resize(size);
    return packed;
}

Header read_header(std::span<const std::byte> bytes) {
    if (bytes.size() < magic.size() || std::memcmp(bytes.data(), magic.data(), magic.size()) != 0)
        refuse("it does not begin as one");
    if (bytes.size() < header_bytes) refuse("truncated within its header");
    auto rest = bytes.subspan(magic.size());
    Header header;
    header.version = static_cast<std::uint32_t>(take(rest, 4));
    if (header.version > pack_version)
        throw Error(Errc::workload,
                    fmt::format("the pack is of version {}, made by a newer hone; known is {}",
                                header.version, pack_version),
                    "read it with the hone that made it, or a newer one");
    if (header.version != pack_version) refuse("version 0");
    header.records = static_cast<std::uint32_t>(take(rest, 4));
    header.body_bytes = take(rest, 8);
    header.packed_bytes = take(rest, 8);
    std::memcpy(header.body.bytes.data(), rest.data(), header.body.bytes.size());

    if (bytes.size() > max_pack_bytes) refuse("larger than 16 MiB");
    if (header.records > max_pack_records) refuse("more than 65536 records");
    if (header.body_bytes > max_pack_body_bytes) refuse("more than 64 MiB of records");
    if (bytes.size() - header_bytes < header.packed_bytes) refuse("truncated");
    if (bytes.size() - header_bytes > header.packed_bytes) refuse("something follows its end");
    return header;
}

Bytes decompress(std::span<const std::byte> packed, const Header& header) {
    // One frame of the stated size: nothing is allocated on the word of the frame alone.
    if (ZSTD_findFrameCompressedSize(packed.data(), packed.size()) != packed.size() ||
        ZSTD_getFrameContentSize(packed.data(), packed.size()) != header.body_bytes)
        refuse("damaged (compressed frame)");
    Bytes body(header.body_bytes);
    const std::size_t size =
        ZSTD_decompress(body.data(), body.size(), packed.data(), packed.size());
    if (size != body.size()) refuse("damaged (compressed data)");
    if (digest(body) != header.body) refuse("damaged (digest of its records)");
    return body;
}

std::vector<Record> split(std::span<const std::byte> body, const Header& header) {
    std::vector<Record> records;
    while (!body.empty()) {
        if (records.size() == header.records) refuse("more records than its header says");
        if (body.size() < 4) refuse("a record is cut off");
        const std::uint64_t size = take(body, 4);
        if (size > cache::max_record_bytes) refuse("a record beyond 64 KiB");
        if (size > body.size()) refuse("a record is cut off");
        const auto bytes = body.first(size);
        body = body.subspan(size);
        Record record{digest(bytes), {bytes.begin(), bytes.end()}};
        if (!records.empty() && !(records.back().id < record.id)) refuse("records out of order");
        records.push_back(std::move(record));
    }
    if (records.size() != header.records) refuse("fewer records than its header says");
    return records;
}

// Errors of unpack do not know the file.
template <typename Call> auto naming(const std::filesystem::path& file, const Call& call) {
    try {
        return call();
    } catch (const Error& error) {
        throw Error(error.code(), fmt::format("{}: {}", file.string(), error.what()), error.hint());
    }
}

Bytes read_file(const std::filesystem::path& file) {
    std::error_code failed;
    const std::uintmax_t size = std::filesystem::file_size(file, failed);
    std::ifstream in(file, std::ios::binary);
    if (failed || !in) throw Error(Errc::workload, "cannot be opened");
    if (size > max_pack_bytes) refuse("larger than 16 MiB");
    Bytes bytes(size);
    in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
    if (in.bad()) throw Error(Errc::workload, "cannot be read");
    bytes.resize(static_cast<std::size_t>(in.gcount()));
    return bytes;
}

} // namespace

std::vector<std::byte> pack(std::span<const Record> records) {
    std::vector<Record> sorted = merge(records, {});
    // A record goes under the digest of its bytes, whatever id it came with.
    for (Record& record : sorted) record.id = digest(record.bytes);
    sorted = merge(sorted, {});
    if (sorted.size() > max_pack_records) too_large("more than 65536 records");

    const Bytes body = body_of(sorted);
    const Bytes packed = compress(body);
    if (header_bytes + packed.size() > max_pack_bytes) too_large("more than 16 MiB compressed");

    Bytes bytes;
    bytes.reserve(header_bytes + packed.size());
    for (const std::uint8_t byte : magic) bytes.push_back(std::byte{byte});
    put(bytes, pack_version, 4);
    put(bytes, sorted.size(), 4);
    put(bytes, body.size(), 8);
    put(bytes, packed.size(), 8);
    for (const std::uint8_t byte : digest(body).bytes) bytes.push_back(std::byte{byte});
    bytes.insert(bytes.end(), packed.begin(), packed.end());
    return bytes;
}

std::vector<Record> unpack(std::span<const std::byte> bytes) {
    const Header header = read_header(bytes);
    return split(decompress(bytes.subspan(header_bytes), header), header);
}

Digest pack_name(std::span<const std::byte> bytes) { return read_header(bytes).body; }

void write_pack(const std::filesystem::path& file, std::span<const Record> records) {
    const Bytes bytes = naming(file, [&] { return pack(records); });
    cache::write_durably(file, bytes);
}

std::filesystem::path add_pack(const std::filesystem::path& folder,
                               std::span<const Record> records) {
    const Bytes bytes = pack(records);
    std::filesystem::path file = folder / (hex(pack_name(bytes)) + ".pack");
    std::error_code failed;
    if (!std::filesystem::exists(file, failed)) cache::write_durably(file, bytes);
    return file;
}

std::vector<Record> read_pack(const std::filesystem::path& file, Digest* name) {
    return naming(file, [&] {
        const Bytes bytes = read_file(file);
        if (name) *name = pack_name(bytes);
        return unpack(bytes);
    });
}

} // namespace hone
