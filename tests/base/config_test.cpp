#include "hone/config.hpp"
#include "hone/error.hpp"
#include "tests/catch.hpp"
#include "tests/property.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace hone;

TEST_CASE("values have one canonical text", "[base]") {
    const std::vector<std::pair<Value, std::string>> table = {
        {std::int64_t{0}, "0"},
        {std::int64_t{-7}, "-7"},
        {std::numeric_limits<std::int64_t>::min(), "-9223372036854775808"},
        {1.0, "1.0"},
        {-0.0, "-0.0"},
        {0.1, "0.1"},
        {1e300, "1e+300"},
        {5e-324, "5e-324"},
        {std::numeric_limits<double>::infinity(), "inf"},
        {-std::numeric_limits<double>::infinity(), "-inf"},
        {std::string("nt"), "nt"},
        {std::string("e4m3"), "e4m3"},
        {std::string("infinity"), "infinity"},
        {std::string("99999999999999999999"), "99999999999999999999"},
        {std::string("1x128,128x128"), "1x128,128x128"},
        {std::string("-"), "-"},
        {std::string("e"), "e"},
        {std::string(), ""},
    };
    for (const auto& [value, text] : table) {
        CAPTURE(text);
        CHECK(to_string(value) == text);
        CHECK(parse_value(text) == value);
    }
    CHECK(to_string(Value(-std::numeric_limits<double>::quiet_NaN())) == "nan");
    CHECK(std::isnan(std::get<double>(parse_value("nan"))));
    CHECK(parse_value("0.50") == Value(0.5));
    CHECK(parse_value("1e5") == Value(1e5));
}

TEST_CASE("numbers read back as they were written", "[base]") {
    rc::prop("integers", [](std::int64_t integer) {
        RC_ASSERT(parse_value(to_string(Value(integer))) == Value(integer));
    });
    rc::prop("reals", [](double real) {
        RC_PRE(!std::isnan(real));
        RC_ASSERT(parse_value(to_string(Value(real))) == Value(real));
    });
}

TEST_CASE("a config reads its own text in any order", "[base]") {
    const Config config = {{"BM", std::int64_t{128}},
                           {"BK", std::int64_t{32}},
                           {"layout", std::string("nt")},
                           {"ratio", 0.5}};
    CHECK(config.canonical_text() == "BK=32 BM=128 layout=nt ratio=0.5");
    CHECK(Config::parse("ratio=0.5 BM=128\tlayout=nt  BK=32\n") == config);
    CHECK(Config::parse(config.canonical_text()) == config);
    CHECK(Config::parse("") == Config());
    CHECK(Config().canonical_text().empty());
    CHECK(config.integer("BM") == 128);
    CHECK(config.text("layout") == "nt");
    CHECK(config.contains("ratio"));
    CHECK_FALSE(config.contains("BN"));
}

TEST_CASE("a malformed config names the column and what is wrong", "[base]") {
    const std::vector<std::pair<std::string, std::string>> table = {
        {"BM", "column 1: expected name=value"},
        {"BM=1 =3", "column 6: expected name=value"},
        {"BM = 1", "column 1: expected name=value"},
        {"BM=1 BK=2 BM=1", "column 11: BM is given twice"},
        {"a=b=c", "more than one '='"},
        {"a=\x01", "control character"},
    };
    for (const auto& [text, expected] : table) {
        CAPTURE(text);
        try {
            (void)Config::parse(text);
            FAIL("no error");
        } catch (const Error& error) {
            CHECK(error.code() == Errc::workload);
            CAPTURE(error.what());
            CHECK(std::string(error.what()).find(expected) != std::string::npos);
            CHECK_FALSE(error.hint().empty());
        }
    }
}

TEST_CASE("asking a config for what it lacks is an internal error", "[base]") {
    const Config config = {{"BM", std::int64_t{128}}, {"layout", std::string("nt")}};
    const auto code_of = [](auto&& call) {
        try {
            call();
        } catch (const Error& error) {
            return error.code();
        }
        return Errc::usage;
    };
    CHECK(code_of([&] { (void)config.at("BN"); }) == Errc::internal);
    CHECK(code_of([&] { (void)config.integer("BN"); }) == Errc::internal);
    CHECK(code_of([&] { (void)config.integer("layout"); }) == Errc::internal);
    CHECK(code_of([&] { (void)config.text("BM"); }) == Errc::internal);
}
