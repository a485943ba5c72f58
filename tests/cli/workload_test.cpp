// Workload files that are wrong in every way that a file can be, given to the tool.
#include "tests/catch.hpp"
#include "tests/cli/tool.hpp"

#include <string>
#include <vector>

using tool::Result;
using tool::Tool;

TEST_CASE("a wrong workload file exits with 3 and says where, what was expected and what is near",
          "[cli]") {
    struct Row {
        std::string toml, place, said;
    };
    const std::string gemm = "[[gemm]]\nm = 64\nn = 64\nk = 64\n"; // 4 lines
    const std::vector<Row> table = {
        // no TOML
        {"[[gemm]\n", ":1:8: ", "TOML"},
        {"[[gemm]]\nm = \n", ":2:", ""},
        {"[[gemm]]\na = bf16\n", ":2:5: ", "quotes"},
        {"[[gemm]]\nm = 1\nm = 2\n", ":3:", ""},
        {std::string("[[gemm]]\nname = '\xff'\n"), ":2:", ""},
        {std::string("[[gemm]]\nname = '\0'\n", 19), ":2:", ""},
        {"name = \"open\n", ":1:", ""},
        {"x" + std::string(1000, '.'), ":1:1: ", "dots"},
        {std::string(100'000, '['), ":1:", ""},
        // unknown keys and tables
        {"[[gem]]\nm = 1\n", ":1:3: ", "did you mean gemm?"},
        {gemm + "epilog = 'bias'\n", ":5:1: ", "did you mean epilogue?"},
        {"[workload]\nphase = 'decod'\n" + gemm, ":2:9: ", "did you mean decode?"},
        // wrong types
        {"[[gemm]]\nm = \"12k\"\nn = 1\nk = 1\n", ":2:5: ", "positive integer"},
        {"[[gemm]]\nm = 1.5\nn = 1\nk = 1\n", ":2:5: ", "positive integer"},
        {"[[gemm]]\nm = [1, [2]]\nn = 1\nk = 1\na = 'f32'\n", ":2:9: ", "got a list"},
        {"gemm = 3\n", ":1:8: ", "must be a table"},
        {gemm + "layout = 1\n", ":5:10: ", "must be a text"},
        // absurd sizes and overflow
        {"[[gemm]]\nm = 0\nn = 1\nk = 1\n", ":2:5: ", "positive integer"},
        {"[[gemm]]\nm = 9223372036854775807\nn = 1\nk = 1\n", ":2:5: ", "at most"},
        {"[[gemm]]\nm = 99999999999999999999\nn = 1\nk = 1\n", ":2:", ""},
        {"[[gemm]]\nm = 1099511627776\nn = 1099511627776\nk = 1099511627776\n", ":1:", ""},
        // what does not go together, and what is missing
        {"[[gemm]]\nm = 1\nn = 1\n", ":1:", "needs k"},
        {gemm + "scale = 'alpha_beta'\n", ":1:", ""},
        {"", ":1:1: ", "there is no problem"},
    };
    const Tool hone;
    for (const Row& row : table) {
        const auto file = hone.folder().file("work.toml", row.toml);
        const Result result = hone({"tune", file.string(), "--device", "fake", "--dry-run"});
        INFO(row.toml.substr(0, 100) << "\n" << result.err);
        CHECK(result.code == 3);
        CHECK(result.out.empty());
        CHECK(result.err.find("work.toml" + row.place) != std::string::npos);
        CHECK(result.err.find(row.said) != std::string::npos);
    }
}
