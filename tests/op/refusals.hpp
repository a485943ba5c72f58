// Problem texts that break a rule, and what their message must say.
#pragma once

#include "hone/error.hpp"
#include "tests/catch.hpp"
#include "tests/op/problems.hpp"

#include <string>
#include <vector>

namespace hone::test {

struct Refusal {
    std::string text;
    std::vector<std::string> parts; // of the message
};

inline void check_refusals(const std::vector<Refusal>& table) {
    for (const auto& [text, parts] : table) {
        INFO(text);
        try {
            (void)problem(text);
            FAIL("accepted");
        } catch (const Error& error) {
            CHECK(error.code() == Errc::workload);
            const std::string what = error.what();
            // What follows the text itself.
            const std::size_t said =
                what.find(text) == std::string::npos ? 0 : what.find(text) + text.size();
            INFO(what);
            for (const std::string& part : parts) {
                CHECK(what.find(part, said) != std::string::npos);
            }
        }
    }
}

} // namespace hone::test
