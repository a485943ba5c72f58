#include "cache/front.hpp"
#include "tests/catch.hpp"

#include <string>

using namespace hone;

namespace {

Standing standing(const std::string& config, std::uint64_t ratio, std::uint64_t error,
                  std::uint64_t energy = 0, Outcome veto = Outcome::ok) {
    Standing result;
    result.config = config;
    result.ratio_ppb = ratio;
    result.total_error.frobenius_ppt = error;
    result.energy_uj = energy;
    result.veto = veto;
    return result;
}

std::string names(const std::vector<Standing>& standings) {
    std::string text;
    for (const Standing& one : cache::pareto_front(standings)) text += one.config;
    return text;
}

} // namespace

TEST_CASE("the front has what nothing else betters in time, error and energy at once", "[cache]") {
    struct Row {
        std::vector<Standing> standings;
        std::string front;
    };
    for (const Row& row : std::vector<Row>{
             {{}, ""},
             {{standing("a", 5, 5)}, "a"},
             {{standing("a", 7, 1), standing("b", 5, 2)}, "ba"},
             {{standing("a", 7, 3), standing("b", 5, 2)}, "b"},
             {{standing("a", 7, 2), standing("b", 5, 2)}, "b"},
             {{standing("a", 5, 2), standing("b", 5, 2)}, "a"},
             // Slower and no better, but thriftier.
             {{standing("a", 5, 2, 90), standing("b", 6, 2, 40)}, "ab"},
             // Energy that only one of them has decides nothing.
             {{standing("a", 5, 2), standing("b", 6, 2, 40)}, "a"},
             {{standing("a", 5, 2, 0, Outcome::wrong_result), standing("b", 6, 2)}, "b"},
         })
        CHECK(names(row.standings) == row.front);
}
