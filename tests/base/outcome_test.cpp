#include "hone/outcome.hpp"
#include "tests/catch.hpp"

#include <set>
#include <string>

using namespace hone;

TEST_CASE("outcomes round-trip through their texts", "[base]") {
    for (int i = 0; i < outcome_count; ++i) {
        const auto outcome = static_cast<Outcome>(i);
        CHECK(parse_outcome(to_string(outcome)) == outcome);
    }
    CHECK(to_string(Outcome::compile_timeout) == "compile_timeout");
    CHECK(to_string(Outcome::skipped) == "skipped");
    CHECK(parse_outcome("fine") == std::nullopt);
    CHECK(parse_outcome("") == std::nullopt);
    CHECK(to_string(static_cast<Outcome>(200)) == "unknown outcome");
}

TEST_CASE("only outcomes of wrong or harmful candidates veto", "[base]") {
    const std::set<std::string_view> expected = {"crash",        "hang",       "illegal_access",
                                                 "wrong_result", "not_finite", "out_of_bounds",
                                                 "race",         "deadlock"};
    for (int i = 0; i < outcome_count; ++i) {
        const auto outcome = static_cast<Outcome>(i);
        CAPTURE(to_string(outcome));
        CHECK(vetoes(outcome) == expected.contains(to_string(outcome)));
    }
}
