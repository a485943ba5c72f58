#include "lib/base/nearest.hpp"
#include "tests/catch.hpp"

#include <string>
#include <vector>

using hone::base::nearest;
using hone::base::nearest_hint;

TEST_CASE("a mistyped word finds the known word it was meant to be", "[base]") {
    const std::vector<std::string> known = {"layout", "epilogue", "a", "m", "gemm_cpu", "sqlite"};
    const std::vector<std::pair<std::string, std::string>> table = {
        {"layuot", "layout"},
        {"epilog", "epilogue"},
        {"gemm_cuda", "gemm_cpu"},
        {"gem_cpu", "gemm_cpu"},
        {"sqlit", "sqlite"},
        {"layout", "layout"},
        {"batch", ""},
        {"", "a"},
        {"unrelated_word", ""},
        {std::string(5000, 'x'), ""},
    };
    for (const auto& [word, expected] : table) {
        INFO(word);
        CHECK(nearest(word, known) == expected);
    }
    CHECK(nearest("m", {}).empty());
}

TEST_CASE("a hint names the near word, or all words when none is near", "[base]") {
    const std::vector<std::string> known = {"gemm", "attention"};
    CHECK(nearest_hint("gem", known) == "did you mean gemm?");
    CHECK(nearest_hint("convolution", known) == "known are: gemm, attention");
}
