// What a constraint's text means.
#include "hone/error.hpp"
#include "hone/space.hpp"
#include "tests/catch.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

using namespace hone;

namespace {

// One point: a = 7, b = -2, zero = 0, half = 0.5, layout = nt, other = nn, large = 2^40.
std::vector<Parameter> one_point() {
    return {{"a", {std::int64_t{7}}},          {"b", {std::int64_t{-2}}},
            {"zero", {std::int64_t{0}}},       {"half", {0.5}},
            {"layout", {std::string("nt")}},   {"other", {std::string("nn")}},
            {"large", {std::int64_t{1} << 40}}};
}

bool holds(const std::string& text) {
    return SearchSpace(one_point(), {Constraint::expression(text)}).legal({0});
}

Error error_of(const std::vector<Parameter>& parameters, const std::string& text) {
    try {
        const SearchSpace space(parameters, {Constraint::expression(text)});
    } catch (const Error& error) {
        return error;
    }
    FAIL("no error for " << text);
    return {Errc::internal, ""};
}

} // namespace

TEST_CASE("expressions mean what they mean in Python", "[space]") {
    const std::vector<std::string> true_ones = {
        // numbers and their precedence
        "a == 7",
        "a + b * 2 == 3",
        "(a + b) * 2 == 10",
        "2 + 3 * 4 - 6 / 2 == 11",
        "10 - 4 - 3 == 3",
        "100 / 10 / 5 == 2",
        "1e3 == 1000",
        ".5 == half",
        "5. == 5",
        "1.5e-1 == 0.15",
        "0.1 + 0.2 != 0.3",
        "49 * (1 / 49) != 1",
        "49 / 49 == 1",
        "--a == 7",
        "+a == 7",
        "-a == -7",
        // division rounds down, the remainder has the sign of the divisor
        "a // 2 == 3",
        "a // b == -4",
        "-a // 2 == -4",
        "-a // b == 3",
        "a % 3 == 1",
        "-a % 3 == 2",
        "a % b == -1",
        "-a % b == -1",
        "6 % b == 0",
        "7 // 0.5 == 14",
        "7.5 % 2 == 1.5",
        "-7.5 % 2 == 0.5",
        "-7.5 // 2 == -4",
        "large // 3 == 366503875925",
        "large % 3 == 1",
        "2 ** 40 == large",
        // powers
        "2 ** 3 ** 2 == 512",
        "-2 ** 2 == -4",
        "(-2) ** 2 == 4",
        "2 ** -1 == half",
        "2 ** -1 ** 2 == half",
        "4 ** half == 2",
        "0 ** 0 == 1",
        // comparisons chain
        "1 <= a <= 7",
        "1 < a < 8 < 9",
        "not 1 < a < 7",
        "b < zero < half < a",
        "a > b != zero >= zero",
        "1 == True",
        "False == 0",
        "(1 < a) + (2 < a) == 2",
        "(a > 1) == True",
        "a > 1 == True",
        // and, or, not give operands and bind in this order
        "a and a == 7 or zero",
        "zero or a",
        "(zero or a) == 7",
        "(a and b) == -2",
        "(zero and a) == 0",
        "not zero",
        "not not a",
        "not a == 6",
        "not zero and a",
        "zero and zero or a",
        "a or zero and zero",
        // a false left side guards the right one
        "zero == 0 or a % zero == 0",
        "not (zero != 0 and a % zero == 0)",
        // lists
        "a in (1, 7)",
        "a in [7]",
        "a in (7,)",
        "a in (2 + 5, 1,)",
        "a not in (1, 2)",
        "not a in (1, 2)",
        "a not in ()",
        "a not in []",
        "(a in (7,)) == 1",
        "a + 1 in (8, 9)",
        "half in (0.5, 1)",
        "a in (1, \"nt\", 7)",
        // functions
        "min(a, b) == -2",
        "max(a, b, 9) == 9",
        "abs(b) == 2",
        "min(3, max(1, 2)) == 2",
        "max(1, 2,) == 2",
        // texts
        "layout == \"nt\"",
        "layout == 'nt'",
        "'nt' == layout",
        "layout != 'nn'",
        "layout != 'no such value'",
        "layout != other",
        "not layout == other",
        "layout in ('nn', \"nt\")",
        "layout not in ('nn', 'tn')",
        "'x' == 'x'",
        "'x' != 'y'",
        "layout != 7",
        "not layout == 7",
        "not 0 == layout",
        "layout == 'nt' == layout",
        "layout == 'or' or a",
        // blanks
        "  a==7  ",
        "a\t==\n7",
        "(a)and(b)",
    };
    for (const std::string& text : true_ones) {
        CAPTURE(text);
        CHECK(holds(text));
        CHECK_FALSE(holds("not (" + text + ")"));
    }
}

TEST_CASE("what Python cannot compute does not hold, nor does its opposite", "[space]") {
    for (const std::string text :
         {"a % zero == 0", "a // zero == 0", "a / zero > 0", "a / zero != 1", "0 ** -1 > 0",
          "b ** half == 1", "a % zero == 0 or zero == 0", "a in (a / zero, 7)", "min(a, a / zero)",
          "abs(a / zero) > 0", "1 < a / zero < 2", "-(a / zero)", "a / zero in ()"}) {
        CAPTURE(text);
        CHECK_FALSE(holds(text));
        CHECK_FALSE(holds("not (" + text + ")"));
    }
}

TEST_CASE("a bad expression says at which column and why", "[space]") {
    const std::vector<std::pair<std::string, std::string>> table = {
        {"", "column 1: the expression ends"},
        {"   ", "column 4: the expression ends"},
        {"a <= q", "column 6: unknown parameter q"},
        {"a <=", "column 5: the expression ends"},
        {"a == 7)", "column 7: unexpected \")\""},
        {"(a == 7", "column 8: expected ) before the end"},
        {"a == 7 b", "column 8: unexpected \"b\""},
        {"a = 7", "column 3: unexpected '='"},
        {"a == $", "column 6: unexpected '$'"},
        {"a == \x01", "column 6: unexpected byte 1"},
        {"a == \xc3\xa9", "column 6: unexpected byte 195"},
        {"a & b", "column 3: unexpected '&'"},
        {"a == 'nt", "column 6: this quote is never closed"},
        {"layout == 'n\\t'", "column 13: a backslash"},
        {"7a == 1", "column 2: a name right after a number"},
        {"a == 1e999", "column 6: not a number"},
        {"a in 7", "column 6: expected a list"},
        {"a in (7)", "column 6: (x) is not a list"},
        {"a in (1 2)", "column 9: expected , or )"},
        {"a in (1, 2", "column 11: expected , or )"},
        {"a in (1, 2]", "column 11: expected , or )"},
        {"1 < a in (1, 2)", "column 7: put brackets around"},
        {"a in (1, 2) == True", "column 13: put brackets around"},
        {"layout < 'nt'", "column 8: texts have no order"},
        {"a < layout", "column 3: texts have no order"},
        {"layout + 1 == 2", "column 1: a text stands where a number belongs"},
        {"layout", "column 1: a text stands"},
        {"a and 'nt'", "column 7: a text stands"},
        {"not layout", "column 5: a text stands"},
        {"max(a, layout)", "column 8: a text stands"},
        {"sqrt(a)", "column 1: unknown function sqrt"},
        {"abs(a, b)", "column 1: abs takes one number"},
        {"abs()", "column 1: abs takes one number"},
        {"min(a)", "column 1: min takes two numbers or more"},
        {"max(a b)", "column 7: expected ), got \"b\""},
        {"a b", "column 3: unexpected \"b\""},
        {"a ++", "column 5: the expression ends"},
        {"not", "column 4: the expression ends"},
        {"a not b", "column 3: unexpected \"not\""},
        {"mixed == 1", "column 1: mixed has numbers and texts"},
    };
    std::vector<Parameter> parameters = one_point();
    parameters.push_back({"mixed", {std::int64_t{1}, std::string("auto")}});
    for (const auto& [text, expected] : table) {
        CAPTURE(text, expected);
        const Error error = error_of(parameters, text);
        CHECK(error.code() == Errc::workload);
        CAPTURE(error.what());
        CHECK(std::string(error.what()).find(expected) != std::string::npos);
        CHECK(std::string(error.what()).find("constraint \"" + text + "\"") != std::string::npos);
        CHECK_FALSE(error.hint().empty());
    }
}

TEST_CASE("an unknown name is answered with the known ones", "[space]") {
    const std::vector<Parameter> parameters = {{"tile_m", {std::int64_t{1}}},
                                               {"tile_n", {std::int64_t{1}}}};
    CHECK(error_of(parameters, "tile_nn == 1").hint() == "did you mean tile_n?");
    CHECK(error_of(parameters, "BK == 1").hint() == "known are: tile_m, tile_n");
}

TEST_CASE("absurd expressions are refused, not run", "[space]") {
    const auto repeated = [](const std::string& part, int times) {
        std::string text;
        for (int i = 0; i < times; ++i) text += part;
        return text;
    };
    const std::vector<std::string> table = {
        repeated("(", 100'000),         repeated("not ", 100'000) + "a",
        repeated("-", 100'000) + "1",   "2" + repeated("**2", 10'000),
        repeated("abs(", 100'000),      repeated("a in (", 100'000),
        "1" + repeated("+a", 100'000),  "a" + repeated("<a", 100'000),
        "1" + std::string(20'000, ' '),
    };
    for (const std::string& text : table) {
        CAPTURE(text.substr(0, 20));
        CHECK(error_of(one_point(), text).code() == Errc::workload);
    }
    CHECK(SearchSpace(one_point(), {Constraint::expression("1" + repeated("+a", 500))})
              .legal_count() == 1);
}

TEST_CASE("a constraint lists the parameters it reads", "[space]") {
    const SearchSpace space(one_point(), {Constraint::expression("b < a and b < half")});
    CHECK(space.constraints()[0].parameters == std::vector<std::string>{"b", "a", "half"});
    CHECK(space.constraints()[0].text == "b < a and b < half");
}

TEST_CASE("a predicate reads integers, and the position of any other value", "[space]") {
    std::vector<Parameter> parameters = one_point();
    parameters[3].values = {0.25, 0.5};
    parameters[4].values = {std::string("nn"), std::string("tn"), std::string("nt")};
    const auto check = [](std::span<const std::int64_t> values) {
        return values.size() == 3 && values[0] == 2 && values[1] == -2 && values[2] == 1;
    };
    const SearchSpace space(parameters, {Constraint::predicate({"layout", "b", "half"}, check)});
    REQUIRE(space.legal_count() == 1);
    const Config config = space.config(space.nth(0));
    CHECK(config.text("layout") == "nt");
    CHECK(config.at("half") == Value(0.5));
    CHECK(space.constraints()[0].text == "a condition on layout, b, half");
}

TEST_CASE("a predicate of an unknown parameter is refused", "[space]") {
    const auto build = [] {
        return SearchSpace(one_point(),
                           {Constraint::predicate(
                               {"a", "q"}, [](auto) { return true; }, "fits the cache")});
    };
    CHECK_THROWS_WITH(build(), "constraint \"fits the cache\": unknown parameter q");
}
