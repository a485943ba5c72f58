#include "hone/error.hpp"
#include "hone/pack.hpp"
#include "hone/winner.hpp"
#include "tests/cache/facts.hpp"
#include "tests/folder.hpp"
#include "tests/property.hpp"

#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>

using hone::pack;
using hone::Record;
using hone::unpack;
using Bytes = std::vector<std::byte>;

namespace {

Record fact(std::uint32_t revision) {
    hone::Fact fact = hone::test::full_fact();
    fact.revision = revision;
    return hone::encode(fact);
}

Record raw(const std::string& text) {
    const auto bytes = std::as_bytes(std::span(text));
    return {hone::digest(text), {bytes.begin(), bytes.end()}};
}

void put(Bytes& bytes, std::size_t at, std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i)
        bytes[at + static_cast<std::size_t>(i)] = static_cast<std::byte>(value >> 8 * i & 0xff);
}

// A pack around any body, sizes and digest right.
Bytes around(const std::string& body, std::uint32_t records) {
    Bytes bytes = pack({});
    bytes.resize(64 + ZSTD_compressBound(body.size()));
    const std::size_t size =
        ZSTD_compress(bytes.data() + 64, bytes.size() - 64, body.data(), body.size(), 1);
    bytes.resize(64 + size);
    put(bytes, 12, records, 4);
    put(bytes, 16, body.size(), 8);
    put(bytes, 24, size, 8);
    const hone::Digest name = hone::digest(body);
    std::memcpy(bytes.data() + 32, name.bytes.data(), 32);
    return bytes;
}

std::string framed(const std::string& text) {
    return std::string({static_cast<char>(text.size()), 0, 0, 0}) + text;
}

std::string why_refused(const Bytes& bytes) {
    try {
        (void)unpack(bytes);
    } catch (const hone::Error& error) {
        CHECK(error.code() == hone::Errc::workload);
        return error.what();
    }
    return "";
}

} // namespace

TEST_CASE("a pack gives back the union of what was put in", "[cache]") {
    rc::prop("any facts", [](const std::vector<hone::Fact>& facts) {
        std::vector<Record> records;
        for (const hone::Fact& fact : facts) records.push_back(hone::encode(fact));
        records.insert(records.end(), records.begin(), records.end());
        const Bytes bytes = pack(records);
        RC_ASSERT(unpack(bytes) == hone::merge(records, {}));
        std::reverse(records.begin(), records.end());
        RC_ASSERT(pack(records) == bytes);
    });
    CHECK(unpack(pack({})).empty());
}

TEST_CASE("records that nobody here can read travel unharmed", "[cache]") {
    const std::vector records = hone::merge(std::vector{raw("later format"), raw("")}, {});
    CHECK(unpack(pack(records)) == records);
}

TEST_CASE("a pack is named by its content", "[cache]") {
    const Bytes one = pack(std::vector{fact(1), fact(2)});
    CHECK(hone::pack_name(one) == hone::pack_name(pack(std::vector{fact(2), fact(1)})));
    CHECK(hone::pack_name(one) != hone::pack_name(pack(std::vector{fact(1)})));
}

TEST_CASE("no change and no cut of a pack changes what it holds unnoticed", "[cache]") {
    const std::vector records = hone::merge(std::vector{fact(1), fact(2), fact(3)}, {});
    const Bytes good = pack(records);
    rc::prop("one byte changed", [&] {
        Bytes bytes = good;
        const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
        bytes[at] ^= static_cast<std::byte>(*rc::gen::inRange(1, 256));
        try {
            // A few bits of a zstd frame mean nothing.
            RC_ASSERT(unpack(bytes) == records);
        } catch (const hone::Error& error) {
            RC_ASSERT(error.code() == hone::Errc::workload);
        }
    });
    rc::prop("cut off", [&] {
        Bytes bytes = good;
        bytes.resize(*rc::gen::inRange<std::size_t>(0, bytes.size()));
        RC_ASSERT_THROWS_AS(unpack(bytes), hone::Error);
    });
    rc::prop("any bytes", [](const std::vector<std::uint8_t>& bytes) {
        RC_ASSERT_THROWS_AS(unpack(std::as_bytes(std::span(bytes))), hone::Error);
    });
}

TEST_CASE("a pack is refused for what is wrong with it", "[cache]") {
    struct Row {
        const char* why;
        std::function<Bytes()> make;
    };
    const auto changed = [](std::size_t at, std::uint64_t value, int size) {
        return [=] {
            Bytes bytes = pack(std::vector{fact(1)});
            put(bytes, at, value, size);
            return bytes;
        };
    };
    const auto row = GENERATE_COPY(values<Row>({
        {"not a usable pack: it does not begin as one", [] { return Bytes(100); }},
        {"not a usable pack: it does not begin as one", [] { return Bytes(); }},
        {"not a usable pack: truncated within its header",
         [] {
             Bytes bytes = pack({});
             bytes.resize(63);
             return bytes;
         }},
        {"the pack is of version 2, made by a newer hone; known is 1", changed(8, 2, 4)},
        {"not a usable pack: version 0", changed(8, 0, 4)},
        {"not a usable pack: more than 65536 records", changed(12, 65537, 4)},
        {"not a usable pack: more than 64 MiB of records", changed(16, ~0ULL, 8)},
        {"not a usable pack: truncated", changed(24, 1 << 20, 8)},
        {"not a usable pack: something follows its end", changed(24, 20, 8)},
        {"not a usable pack: damaged (digest of its records)", changed(32, 7, 8)},
        {"not a usable pack: damaged (compressed frame)", changed(64, 0, 4)},
        {"not a usable pack: fewer records than its header says", changed(12, 2, 4)},
        {"not a usable pack: more records than its header says", changed(12, 0, 4)},
        {"not a usable pack: larger than 16 MiB",
         [] {
             Bytes bytes = pack({});
             bytes.resize((16 << 20) + 1);
             return bytes;
         }},
        {"not a usable pack: a record is cut off", [] { return around("\x01", 1); }},
        {"not a usable pack: a record is cut off",
         [] { return around(framed("abc").substr(0, 6), 1); }},
        {"not a usable pack: a record beyond 64 KiB",
         [] {
             return around(std::string({1, 0, 1, 0}) + std::string(65537, 'x'), 1);
         }},
        {"not a usable pack: records out of order",
         [] {
             const bool sorted = hone::digest("a") < hone::digest("b");
             return around(framed(sorted ? "b" : "a") + framed(sorted ? "a" : "b"), 2);
         }},
        {"not a usable pack: records out of order",
         [] { return around(framed("a") + framed("a"), 2); }},
    }));
    CHECK(why_refused(row.make()) == row.why);
}

TEST_CASE("more than a pack can hold is refused before it is written", "[cache]") {
    std::vector<Record> many;
    for (int i = 0; i <= 65536; ++i) many.push_back(raw(std::to_string(i)));
    CHECK_THROWS_WITH(pack(many), Catch::Contains("more than 65536 records"));
    many.pop_back();
    CHECK(unpack(pack(many)).size() == 65536);
    CHECK_THROWS_WITH(pack(std::vector{raw(std::string(65537, 'x'))}), Catch::Contains("64 KiB"));
    std::vector<Record> large;
    for (int i = 0; i < 1040; ++i)
        large.push_back(raw(std::string(65000, 'x') + std::to_string(i)));
    CHECK_THROWS_WITH(pack(large), Catch::Contains("64 MiB"));
}

TEST_CASE("a pack file is replaced as a whole", "[cache]") {
    const hone::test::Folder folder;
    const auto file = folder.path() / "facts.pack";
    hone::write_pack(file, std::vector{fact(1)});
    hone::write_pack(file, std::vector{fact(2)});
    CHECK(hone::read_pack(file) == std::vector{fact(2)});
    const std::filesystem::directory_iterator entries(folder.path());
    CHECK(std::distance(begin(entries), end(entries)) == 1);
}

TEST_CASE("errors of pack files name the file", "[cache]") {
    const hone::test::Folder folder;
    const auto file = folder.path() / "facts.pack";
    CHECK_THROWS_WITH(hone::read_pack(file), file.string() + ": cannot be opened");
    std::ofstream(file) << "garbage";
    CHECK_THROWS_WITH(hone::read_pack(file), Catch::StartsWith(file.string() + ": not a"));
    const auto nowhere = folder.path() / "missing" / "facts.pack";
    CHECK_THROWS_WITH(hone::write_pack(nowhere, std::vector{fact(1)}),
                      Catch::Contains("cannot create a file beside it"));
}
