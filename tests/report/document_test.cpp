// How a document is written, whatever is in its cells.
#include "hone/error.hpp"
#include "lib/report/document.hpp"
#include "tests/catch.hpp"

#include <sstream>

using namespace hone;

namespace {

std::string written(const Document& document, Format format) {
    std::ostringstream out;
    write(out, document, format);
    return out.str();
}

Document cell(const std::string& text) {
    Document document;
    document.table.columns = {{"name"}};
    document.table.rows = {{text}};
    return document;
}

} // namespace

TEST_CASE("csv quotes what RFC 4180 says must be quoted, and nothing else", "[report]") {
    const auto [text, expected] = GENERATE(table<std::string, std::string>({
        {"plain", "plain"},
        {"two words", "two words"},
        {"a,b", "\"a,b\""},
        {"say \"no\"", "\"say \"\"no\"\"\""},
        {"two\nlines", "\"two\nlines\""},
        {"carriage\r", "\"carriage\r\""},
        {"", ""},
    }));
    CHECK(written(cell(text), Format::csv) == "name\r\n" + expected + "\r\n");
}

TEST_CASE("a bar in a markdown cell does not end the cell", "[report]") {
    CHECK(written(cell("a|b|"), Format::md) == "| name |\n|---|\n| a\\|b\\| |\n");
}

TEST_CASE("numbers stand to the right and lines have no blanks at their end", "[report]") {
    Document document;
    document.table.columns = {{"ms", true}, {"name"}};
    document.table.rows = {{"1", "long name"}, {"100", "x"}};
    document.table.notes = {"a note"};
    CHECK(written(document, Format::table) == " ms  name\n  1  long name\n100  x\na note\n");
}

TEST_CASE("every line of jsonl is one result with the schema of its document", "[report]") {
    Document document;
    document.json = {{"schema", "hone.tune/1"},
                     {"results", {{{"problem", "a\nb"}}, {{"problem", "c"}}}}};
    CHECK(written(document, Format::jsonl) == "{\"schema\":\"hone.tune/1\",\"problem\":\"a\\nb\"}\n"
                                              "{\"schema\":\"hone.tune/1\",\"problem\":\"c\"}\n");
}

TEST_CASE("a document without results is one line of jsonl", "[report]") {
    Document document;
    document.json = {{"schema", "hone.show/1"}, {"facts", 3}};
    CHECK(written(document, Format::jsonl) == "{\"schema\":\"hone.show/1\",\"facts\":3}\n");
}

TEST_CASE("bytes that are no UTF-8 are replaced, not fatal", "[report]") {
    Document document;
    document.json = {{"schema", "x"}, {"name", "bad \xff byte"}};
    const std::string text = written(document, Format::json);
    CHECK(nlohmann::json::parse(text)["name"] == "bad \xEF\xBF\xBD byte");
}

TEST_CASE("a stream that fails is an error that results were not kept", "[report]") {
    std::ostringstream out;
    out.setstate(std::ios::badbit);
    try {
        write(out, cell("x"), Format::csv);
        FAIL("written to a broken stream");
    } catch (const Error& error) {
        CHECK(error.code() == Errc::not_kept);
    }
}

TEST_CASE("formats are named exactly", "[report]") {
    for (const auto* name : {"table", "json", "jsonl", "csv", "md"}) CHECK(parse_format(name));
    for (const auto* name : {"", "JSON", "yaml", "table "}) CHECK_FALSE(parse_format(name));
}
