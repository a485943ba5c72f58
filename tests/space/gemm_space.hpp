// A space as a GEMM family has it: 10^12 raw points, about 10^5 legal ones.
#pragma once

#include "hone/space.hpp"

#include <cstdint>
#include <vector>

namespace hone::test {

inline std::vector<Parameter> gemm_parameters() {
    const std::vector<Value> tiles = [] {
        std::vector<Value> values;
        for (const std::int64_t tile : {8, 16, 24, 32, 48, 64, 96, 128, 192, 256})
            values.emplace_back(tile);
        return values;
    }();
    const std::vector<Value> counts = [] {
        std::vector<Value> values;
        for (std::int64_t count = 1; count <= 10; ++count) values.emplace_back(count);
        return values;
    }();
    return {{"BM", tiles},  {"BN", tiles},      {"BK", tiles},      {"stages", counts},
            {"WM", tiles},  {"WN", tiles},      {"TM", counts},     {"TN", counts},
            {"VA", counts}, {"split_k", tiles}, {"groups", counts}, {"VB", counts}};
}

inline std::vector<Constraint> gemm_constraints() {
    return {Constraint::expression("stages >= 2 and 4 * stages * BK * (BM + BN) <= 48 * 1024"),
            Constraint::expression("BM % WM == 0 and BN % WN == 0"),
            Constraint::expression("BM // WM * (BN // WN) in (4, 8)"),
            Constraint::expression("WM % (8 * TM) == 0 and WN % (8 * TN) == 0"),
            Constraint::expression("16 <= TM * TN <= 64"),
            Constraint::expression("BK % (4 * VA) == 0 and BN % (4 * VB) == 0 and VB >= VA > 1"),
            Constraint::expression("split_k % BK == 0 and split_k > 4 * BK"),
            Constraint::expression("groups in (1, 4)")};
}

} // namespace hone::test
