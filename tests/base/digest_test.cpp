#include "hone/digest.hpp"
#include "tests/catch.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace hone;

TEST_CASE("digests are BLAKE2b with 32 bytes", "[base]") {
    std::string long_text;
    for (int i = 0; i < 1024; ++i) long_text += static_cast<char>(i % 256);
    long_text += 'x';
    const std::vector<std::pair<std::string, std::string>> table = {
        {"", "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"},
        {"abc", "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"},
        {long_text, "c374b2f6691d48b7aab5f898227b4bbe2bee9f885d1140fbe15ecb3ab5d01b8f"},
    };
    for (const auto& [text, expected] : table) {
        CHECK(hex(digest(text)) == expected);
        CHECK(digest(std::as_bytes(std::span(text.data(), text.size()))) == digest(text));
    }
}

TEST_CASE("a digest reads back from its 64 digits and from nothing else", "[base]") {
    const Digest original = digest("abc");
    CHECK(parse_digest(hex(original)) == original);
    std::string upper = hex(original);
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    const std::vector<std::string> malformed = {
        "",
        upper,
        hex(original).substr(1),
        hex(original) + "0",
        " " + hex(original).substr(1),
        std::string(63, '0') + "g",
        std::string(64, '\0'),
    };
    for (const std::string& text : malformed) {
        CAPTURE(text);
        CHECK_FALSE(parse_digest(text));
    }
}
