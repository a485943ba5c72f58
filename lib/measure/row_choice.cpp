#include "lib/measure/row_choice.hpp"

#include <algorithm>
#include <iterator>
#include <random>
#include <set>
#include <vector>

namespace hone {

namespace {

constexpr double affordable = 0x1p26;
constexpr double affordable_elements = 0x1p18;
constexpr std::int64_t least_rows = 16;

// Rows of the first matrix of a batch at which some tile may begin or end.
std::vector<std::int64_t> edges(std::int64_t period) {
    std::vector<std::int64_t> rows;
    for (std::int64_t size = 4; size < period; size *= 2) {
        const std::int64_t ragged = period / size * size; // where the last, partial tile begins
        for (const std::int64_t row : {size - 1, size, ragged - 1, ragged})
            if (row >= 0 && row < period) rows.push_back(row);
    }
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    return rows;
}

} // namespace

RowSelection choose_rows(std::int64_t rows, std::int64_t period, std::int64_t wanted,
                         std::uint64_t seed) {
    if (wanted >= rows) return {};
    std::mt19937_64 engine(seed);
    // Not uniform to the last bit, and the same on every platform.
    const auto below = [&engine](std::int64_t count) {
        return static_cast<std::int64_t>(engine() % static_cast<std::uint64_t>(count));
    };

    std::set<std::int64_t> chosen = {0, rows - 1};
    std::vector<std::int64_t> candidates = edges(std::min(period, rows));
    const auto half = static_cast<std::size_t>(wanted / 2);
    while (chosen.size() < half && !candidates.empty()) {
        const auto at = candidates.begin() + below(std::ssize(candidates));
        const std::int64_t matrix = below(std::max<std::int64_t>(rows / period, 1));
        chosen.insert(matrix * period + *at);
        candidates.erase(at);
    }
    // What is left to choose comes from as many strata; a row may be chosen already, so strata are
    // drawn from until there are enough rows. There are: wanted < rows.
    while (std::ssize(chosen) < wanted) {
        const std::int64_t strata = wanted - std::ssize(chosen);
        for (std::int64_t i = 0; i < strata; ++i) {
            const std::int64_t begin = rows * i / strata, end = rows * (i + 1) / strata;
            chosen.insert(begin + below(std::max<std::int64_t>(end - begin, 1)));
        }
    }
    return {{chosen.begin(), chosen.end()}};
}

std::int64_t affordable_rows(const Work& work, std::int64_t rows,
                             std::int64_t row_length) noexcept {
    const auto all = static_cast<double>(std::max<std::int64_t>(rows, 1));
    const double by_work = affordable / std::max(work.flops / 2 / all, 1.0);
    const double by_elements =
        affordable_elements / static_cast<double>(std::max<std::int64_t>(row_length, 1));
    const double count = std::min({by_work, by_elements, all});
    return std::min(rows, std::max(least_rows, static_cast<std::int64_t>(count)));
}

} // namespace hone
