// What decode() must refuse, and how it says so.
#include "tests/cache/facts.hpp"
#include "tests/property.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <vector>

using hone::Decoded;
using hone::test::full_fact;
using nlohmann::json;
using Bytes = std::vector<std::uint8_t>;

namespace {

Bytes bytes_of(const hone::Record& record) {
    const auto* first = reinterpret_cast<const std::uint8_t*>(record.bytes.data());
    return {first, first + record.bytes.size()};
}

Decoded decode(const Bytes& bytes) { return hone::decode(std::as_bytes(std::span(bytes))); }

json fact_map() { return json::from_cbor(bytes_of(hone::encode(full_fact()))); }

// The encoding of a text behind which its value stands.
Bytes key(const std::string& name) { return json::to_cbor(json(name)); }

// The canonical bytes with the value of a field spelt in another way.
Bytes with_spelling(const std::string& name, const Bytes& canonical, const Bytes& other) {
    Bytes bytes = bytes_of(hone::encode(full_fact()));
    Bytes pattern = key(name);
    pattern.insert(pattern.end(), canonical.begin(), canonical.end());
    const auto at = std::search(bytes.begin(), bytes.end(), pattern.begin(), pattern.end());
    REQUIRE(at != bytes.end());
    const auto value = at + static_cast<std::ptrdiff_t>(key(name).size());
    const auto behind = bytes.erase(value, value + static_cast<std::ptrdiff_t>(canonical.size()));
    bytes.insert(behind, other.begin(), other.end());
    return bytes;
}

} // namespace

TEST_CASE("every other spelling of the same fact is refused", "[cache]") {
    const Bytes canonical = bytes_of(hone::encode(full_fact()));
    struct Row {
        const char* what;
        Bytes bytes;
        const char* error;
    };
    Bytes trailing = canonical;
    trailing.push_back(0);
    Bytes indefinite_map = canonical; // 0xb8 n: a map of n pairs, as one of unknown length
    REQUIRE(indefinite_map[0] == 0xb8);
    indefinite_map.erase(indefinite_map.begin() + 1);
    indefinite_map[0] = 0xbf;
    indefinite_map.push_back(0xff);
    Bytes long_length = canonical; // the same length in two bytes
    long_length[0] = 0xb9;
    long_length.insert(long_length.begin() + 1, 0);
    Bytes tagged = canonical;
    tagged.insert(tagged.begin(), {0xd9, 0xd9, 0xf7});
    Bytes repeated = canonical;
    ++repeated[1];
    const Bytes again = {0x64, 'k', 'i', 'n', 'd', 0x64, 'f', 'a', 'c', 't'};
    repeated.insert(repeated.end(), again.begin(), again.end());
    Bytes unsorted = {0xa2, 0x66, 'f', 'o', 'r', 'm', 'a', 't', 1, 0x61, 'a', 0};

    const char* const other = "not canonical: another encoding of the same content";
    const auto row = GENERATE_COPY(values<Row>({
        {"trailing byte", trailing, "not CBOR"},
        {"truncated", {canonical.begin(), canonical.end() - 1}, "not CBOR"},
        {"tag", tagged, "not CBOR"},
        {"map of indefinite length", indefinite_map, other},
        {"length not in the shortest form", long_length, other},
        {"repeated key", repeated, other},
        {"keys not in order", unsorted, other},
        {"3 in two bytes", with_spelling("revision", {3}, {0x18, 3}), other},
        {"3 in nine bytes", with_spelling("revision", {3}, {0x1b, 0, 0, 0, 0, 0, 0, 0, 3}), other},
        {"text in chunks",
         with_spelling("host", {0x64, 'b', '5', 'a', '1'}, {0x7f, 0x64, 'b', '5', 'a', '1', 0xff}),
         other},
        {"list of indefinite length",
         with_spelling("kernel_error", {0x82, 1, 23}, {0x9f, 1, 23, 0xff}), other},
        {"half precision number", with_spelling("revision", {3}, {0xf9, 0x42, 0}),
         "not canonical: a floating point number"},
        {"single precision number", with_spelling("revision", {3}, {0xfa, 0x40, 0x40, 0, 0}),
         "not canonical: a floating point number"},
        {"undefined", with_spelling("revision", {3}, {0xf7}), "not CBOR"},
        {"boolean in two bytes", with_spelling("deterministic", {0xf5}, {0xf8, 21}), "not CBOR"},
        {"negative beyond 64 bits",
         with_spelling("revision", {3}, {0x3b, 255, 255, 255, 255, 255, 255, 255, 255}), other},
        {"a key that is no text", {0xa1, 1, 2}, "not CBOR"},
    }));
    INFO(row.what);
    const Decoded decoded = decode(row.bytes);
    CHECK(decoded.error == row.error);
    CHECK_FALSE(decoded.fact);
    CHECK_FALSE(decoded.newer);
}

TEST_CASE("a fact with a missing, mistyped or impossible field is refused by its name", "[cache]") {
    struct Row {
        const char* what;
        std::function<void(json&)> change;
        const char* error;
    };
    const auto row = GENERATE(values<Row>({
        {"no problem", [](json& m) { m.erase("problem"); }, "field \"problem\" is not a text"},
        {"problem is bytes", [](json& m) { m["problem"] = json::binary({1}); },
         "field \"problem\" is not a text"},
        {"text is not UTF-8", [](json& m) { m["config"] = "\xc3("; },
         "field \"config\" is not UTF-8"},
        {"negative time", [](json& m) { m["time"]["min_ps"] = -1; },
         "field \"min_ps\" is not a number of at least 0"},
        {"time is a number", [](json& m) { m["time"] = 1; }, "field \"time\" is not a map"},
        {"half a sitting", [](json& m) { m["sitting"] = json::binary(Bytes(8)); },
         "field \"sitting\" is not 16 bytes"},
        {"long digest", [](json& m) { m["program"] = json::binary(Bytes(33)); },
         "field \"program\" is not 32 bytes"},
        {"unknown outcome", [](json& m) { m["outcome"] = 16; },
         "field \"outcome\" is not at most 15"},
        {"unknown stage", [](json& m) { m["stage"] = 3; }, "field \"stage\" is not at most 2"},
        {"unknown origin", [](json& m) { m["origin"] = 2; }, "field \"origin\" is not at most 1"},
        {"revision of 33 bits", [](json& m) { m["revision"] = std::uint64_t{1} << 32; },
         "field \"revision\" is not at most 4294967295"},
        {"flag is a number", [](json& m) { m["deterministic"] = 1; },
         "field \"deterministic\" is not true or false"},
        {"three errors",
         [](json& m) {
             m["total_error"] = {1, 2, 3};
         },
         "field \"total_error\" is not a pair of numbers of at least 0"},
        {"leading beyond 63 bits", [](json& m) { m["leading"] = {std::uint64_t{1} << 63}; },
         "field \"leading\" is not a list of 64-bit integers"},
        {"65 leading dimensions", [](json& m) { m["leading"] = std::vector<int>(65, 1); },
         "field \"leading\" is not at most 64 integers"},
        {"long detail", [](json& m) { m["detail"] = std::string(4097, 'x'); },
         "field \"detail\" is longer than 4096 bytes"},
        {"no kind", [](json& m) { m.erase("kind"); }, "field \"kind\" is not a text"},
        {"another kind", [](json& m) { m["kind"] = "rumour"; }, "neither a fact nor a retraction"},
        {"no format", [](json& m) { m.erase("format"); }, "field \"format\" is not a number"},
        {"format 0", [](json& m) { m["format"] = 0; }, "format 0; known is 1"},
        {"deep nesting",
         [](json& m) {
             json deep = 1;
             for (int i = 0; i < 20; ++i) deep = json::array({deep});
             m["deep"] = deep;
         },
         "nested too deeply"},
        {"70 KiB", [](json& m) { m["filler"] = std::string(70 << 10, 'x'); },
         "larger than the 65536 allowed"},
    }));
    INFO(row.what);
    json map = fact_map();
    row.change(map);
    const Decoded decoded = decode(json::to_cbor(map));
    CHECK_THAT(decoded.error, Catch::Contains(row.error));
    CHECK_FALSE(decoded.fact);
    CHECK_FALSE(decoded.newer);
}

TEST_CASE("a newer format is told from damage, whatever else it holds", "[cache]") {
    json map = fact_map();
    map["format"] = 2;
    CHECK(decode(json::to_cbor(map)).newer);
    map = {{"format", 3}, {"kind", "rumour"}, {"weight", 0.5}};
    const Decoded decoded = decode(json::to_cbor(map));
    CHECK(decoded.newer);
    CHECK(decoded.error == "format 3; known is 1");
}

TEST_CASE("bytes nested as deeply as they can be are refused without a crash", "[cache]") {
    const auto opener = GENERATE(values<Bytes>({{0x81}, {0x9f}, {0xa1, 0x60}, {0xbf, 0x60}}));
    Bytes bytes;
    while (bytes.size() + opener.size() <= 65536)
        bytes.insert(bytes.end(), opener.begin(), opener.end());
    CHECK(decode(bytes).error == "nested too deeply");
}

TEST_CASE("a length beyond the end takes no memory and is refused", "[cache]") {
    const auto bytes = GENERATE(values<Bytes>({
        {0x9b, 0x7f, 255, 255, 255, 255, 255, 255, 255},
        {0xbb, 0x7f, 255, 255, 255, 255, 255, 255, 255},
        {0x7b, 0x7f, 255, 255, 255, 255, 255, 255, 255},
        {0x5b, 255, 255, 255, 255, 255, 255, 255, 255},
        {},
    }));
    CHECK(decode(bytes).error == "not CBOR");
}

TEST_CASE("no change of single bytes is taken for the same fact", "[cache]") {
    rc::prop("any byte, any value", [] {
        Bytes bytes = bytes_of(hone::encode(full_fact()));
        const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
        const auto flip = *rc::gen::inRange(1, 256);
        bytes[at] ^= static_cast<std::uint8_t>(flip);
        RC_ASSERT(decode(bytes).fact != full_fact());
    });
    rc::prop("any bytes", [](const Bytes& bytes) { RC_ASSERT(!decode(bytes).fact); });
}
