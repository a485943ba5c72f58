// Files written by earlier versions stay readable. A golden file is never changed: a change that
// this test refuses needs a new format number and new files beside the old ones.
#include "hone/pack.hpp"
#include "hone/winner.hpp"
#include "tests/cache/facts.hpp"
#include "tests/catch.hpp"
#include "tests/paths.hpp"

#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace {

std::string contents(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

const std::filesystem::path source = hone::test::source_dir();

std::string golden(const std::string& name) { return contents(source / "tests/golden" / name); }

std::string text(const hone::Record& record) {
    return {reinterpret_cast<const char*>(record.bytes.data()), record.bytes.size()};
}

std::string in_hex(const std::string& bytes) {
    std::string digits;
    for (const char byte : bytes) {
        constexpr const char* digit = "0123456789abcdef";
        digits += digit[static_cast<unsigned char>(byte) >> 4];
        digits += digit[static_cast<unsigned char>(byte) & 15];
    }
    return digits;
}

// The hexadecimal digits of the indented lines between a heading and the next.
std::string example_of(const std::string& page, const std::string& heading) {
    std::istringstream lines(page.substr(page.find(heading)));
    std::string digits, line;
    std::getline(lines, line);
    while (std::getline(lines, line) && !line.starts_with("#"))
        if (line.starts_with("    "))
            for (const char c : line.substr(0, line.find('|')))
                if (std::isxdigit(static_cast<unsigned char>(c))) digits += c;
    return digits;
}

const hone::Retraction retraction{hone::digest("a fact"), "measured while the card was throttled"};

} // namespace

TEST_CASE("every golden record of format 1 decodes to what it was made from", "[cache]") {
    const auto decoded = [](const std::string& bytes) {
        return hone::decode(std::as_bytes(std::span(bytes)));
    };
    CHECK(decoded(golden("fact-1.cbor")).fact == hone::test::full_fact());
    CHECK(decoded(golden("empty-fact-1.cbor")).fact == hone::Fact{});
    CHECK(decoded(golden("retraction-1.cbor")).retraction == retraction);
}

TEST_CASE("the golden pack of version 1 holds the golden records", "[cache]") {
    const std::vector records = {hone::encode(hone::test::full_fact()), hone::encode(hone::Fact{}),
                                 hone::encode(retraction)};
    CHECK(hone::read_pack(source / "tests/golden/pack-1.pack") == hone::merge(records, {}));
}

TEST_CASE("records are encoded as the golden ones are", "[cache]") {
    CHECK(in_hex(text(hone::encode(hone::test::full_fact()))) == in_hex(golden("fact-1.cbor")));
    CHECK(in_hex(text(hone::encode(hone::Fact{}))) == in_hex(golden("empty-fact-1.cbor")));
    CHECK(in_hex(text(hone::encode(retraction))) == in_hex(golden("retraction-1.cbor")));
}

TEST_CASE("the examples of docs/facts.md are the golden records", "[cache]") {
    const std::string page = contents(source / "docs/facts.md");
    CHECK(example_of(page, "## Example: a fact") == in_hex(golden("fact-1.cbor")));
    CHECK(example_of(page, "## Example: a retraction") == in_hex(golden("retraction-1.cbor")));
}
