#include "cache/front.hpp"

#include <algorithm>

namespace hone::cache {

namespace {

bool no_worse(const Standing& a, const Standing& b) {
    const bool energy = a.energy_uj == 0 || b.energy_uj == 0 || a.energy_uj <= b.energy_uj;
    return a.ratio_ppb <= b.ratio_ppb &&
           a.total_error.frobenius_ppt <= b.total_error.frobenius_ppt && energy;
}

} // namespace

std::vector<Standing> pareto_front(std::span<const Standing> standings) {
    std::vector<Standing> front;
    for (std::size_t i = 0; i < standings.size(); ++i) {
        const Standing& one = standings[i];
        if (one.veto != Outcome::ok) continue;
        bool dominated = false;
        for (std::size_t j = 0; j < standings.size() && !dominated; ++j) {
            const Standing& other = standings[j];
            if (j == i || other.veto != Outcome::ok || other.baseline != one.baseline) continue;
            const bool equal = no_worse(one, other) && no_worse(other, one);
            dominated = no_worse(other, one) && (!equal || j < i);
        }
        if (!dominated) front.push_back(one);
    }
    std::stable_sort(front.begin(), front.end(), [](const Standing& a, const Standing& b) {
        return a.ratio_ppb < b.ratio_ppb;
    });
    return front;
}

} // namespace hone::cache
