#include "hone/error.hpp"
#include "tests/cache/facts.hpp"
#include "tests/property.hpp"

#include <nlohmann/json.hpp>

#include <limits>

using hone::Decoded;
using hone::Fact;
using hone::Record;
using hone::Retraction;
using hone::test::full_fact;
using nlohmann::json;

TEST_CASE("a fact decodes to what was encoded", "[cache]") {
    rc::prop("any fact", [](const Fact& fact) {
        const Record record = hone::encode(fact);
        const Decoded decoded = hone::decode(record);
        RC_ASSERT(decoded.error == "");
        RC_ASSERT(*decoded.fact == fact);
        RC_ASSERT(!decoded.retraction);
        RC_ASSERT(hone::encode(*decoded.fact) == record);
    });
    CHECK(hone::decode(hone::encode(full_fact())).fact == full_fact());
    CHECK(hone::decode(hone::encode(Fact{})).fact == Fact{});
}

TEST_CASE("a retraction decodes to what was encoded", "[cache]") {
    const Retraction retraction{hone::digest("fact"), "measured on a throttled card"};
    const Decoded decoded = hone::decode(hone::encode(retraction));
    CHECK(decoded.retraction == retraction);
    CHECK_FALSE(decoded.fact);
}

TEST_CASE("the extremes of every number survive", "[cache]") {
    Fact fact = full_fact();
    fact.revision = std::numeric_limits<std::uint32_t>::max();
    fact.time.median_ps = std::numeric_limits<std::uint64_t>::max();
    fact.leading = {std::numeric_limits<std::int64_t>::min(),
                    std::numeric_limits<std::int64_t>::max(),
                    0,
                    -1,
                    23,
                    24,
                    255,
                    256};
    CHECK(hone::decode(hone::encode(fact)).fact == fact);
}

TEST_CASE("an id is the digest of the bytes, and nothing else is accepted", "[cache]") {
    Record record = hone::encode(full_fact());
    CHECK(record.id == hone::digest(record.bytes));
    record.id.bytes[0] ^= 1;
    CHECK(hone::decode(record).error == "the id is not the digest of the bytes");
}

TEST_CASE("a detail is cut to 4 KiB between two characters", "[cache]") {
    Fact fact = full_fact();
    fact.detail = std::string(4095, 'x') + "\u20ac and more";
    const Decoded decoded = hone::decode(hone::encode(fact));
    REQUIRE(decoded.fact);
    CHECK(decoded.fact->detail == std::string(4095, 'x'));

    Retraction retraction{{}, std::string(9000, 'y')};
    CHECK(hone::decode(hone::encode(retraction)).retraction->reason.size() == 4096);
}

TEST_CASE("a detail that is not UTF-8 is stored as UTF-8", "[cache]") {
    Fact fact = full_fact();
    fact.detail = "before \xff after";
    const Decoded decoded = hone::decode(hone::encode(fact));
    REQUIRE(decoded.fact);
    CHECK(decoded.fact->detail == "before \ufffd after");
}

TEST_CASE("a fact too large to be read back is not encoded", "[cache]") {
    Fact fact = full_fact();
    fact.config = std::string(65 << 10, 'x');
    CHECK_THROWS_AS(hone::encode(fact), hone::Error);
}

TEST_CASE("unknown fields are ignored", "[cache]") {
    json map = json::from_cbor([](const Record& record) {
        const auto* first = reinterpret_cast<const std::uint8_t*>(record.bytes.data());
        return std::vector<std::uint8_t>(first, first + record.bytes.size());
    }(hone::encode(full_fact())));
    map["zz_later"] = {{"nested", {1, -2, "three", true, nullptr}}};
    const std::vector<std::uint8_t> bytes = json::to_cbor(map);
    CHECK(hone::decode(std::as_bytes(std::span(bytes))).fact == full_fact());
}
