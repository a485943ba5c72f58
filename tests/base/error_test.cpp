#include "hone/error.hpp"
#include "tests/catch.hpp"

#include <string>
#include <vector>

using namespace hone;

TEST_CASE("each error code has its documented exit code", "[base]") {
    const std::vector<std::pair<Errc, int>> table = {
        {Errc::internal, 1},    {Errc::usage, 2},        {Errc::workload, 3},
        {Errc::unavailable, 4}, {Errc::no_candidate, 5}, {Errc::check_failed, 6},
        {Errc::not_kept, 7},    {Errc::device_lost, 75},
    };
    for (const auto& [code, expected] : table) CHECK(exit_code(code) == expected);
}

TEST_CASE("an error carries what failed and what to do", "[base]") {
    const Error plain(Errc::usage, "no problem given");
    CHECK(std::string(plain.what()) == "no problem given");
    CHECK(plain.hint().empty());

    try {
        throw Error(Errc::workload, "a.toml:3:5: m must be positive", "write m = 16");
    } catch (const std::runtime_error& caught) {
        const auto* error = dynamic_cast<const Error*>(&caught);
        REQUIRE(error != nullptr);
        CHECK(error->code() == Errc::workload);
        CHECK(error->hint() == "write m = 16");
    }
}

TEST_CASE("every status has a text of its own", "[base]") {
    std::vector<std::string> texts;
    for (int i = 0; i <= static_cast<int>(Status::internal); ++i) {
        texts.emplace_back(to_string(static_cast<Status>(i)));
    }
    CHECK(texts.front() == "ok");
    for (std::size_t i = 0; i < texts.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) CHECK(texts[i] != texts[j]);
    }
    CHECK(std::string(to_string(static_cast<Status>(99))) == "unknown status");
}
