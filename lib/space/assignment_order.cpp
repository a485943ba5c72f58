#include "lib/space/assignment_order.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

namespace hone::space {

namespace {

// Disjoint sets of parameters, joined by the constraints that read them.
class Components final {
  public:
    explicit Components(std::size_t count) : parent_(count) {
        std::iota(parent_.begin(), parent_.end(), 0);
    }
    std::size_t root(std::size_t member) {
        while (parent_[member] != member) member = parent_[member] = parent_[parent_[member]];
        return member;
    }
    // The smaller root stays, so that groups come out in the order of their first parameters.
    void join(std::size_t a, std::size_t b) {
        a = root(a);
        b = root(b);
        parent_[std::max(a, b)] = std::min(a, b);
    }

  private:
    std::vector<std::size_t> parent_;
};

} // namespace

std::vector<GroupPlan> assignment_orders(const ConstraintTable& table,
                                         std::vector<std::vector<std::uint32_t>> digits) {
    const std::size_t parameters = digits.size();
    Components components(parameters);
    std::vector<std::size_t> open; // constraints over two parameters or more, not yet complete
    for (std::size_t c = 0; c < table.size(); ++c) {
        if (table.reads(c).size() < 2) continue;
        open.push_back(c);
        for (const std::size_t parameter : table.reads(c))
            components.join(table.reads(c)[0], parameter);
    }

    std::vector<GroupPlan> by_root(parameters);
    for (std::size_t c = 0; c < table.size(); ++c)
        if (!table.reads(c).empty())
            by_root[components.root(table.reads(c)[0])].constraints.push_back(c);
    std::vector<bool> assigned(parameters, false);
    const auto is_assigned = [&](std::size_t parameter) { return assigned[parameter]; };
    const auto assign = [&](std::size_t parameter) {
        assigned[parameter] = true;
        Level level{parameter, std::move(digits[parameter]), {}};
        std::erase_if(open, [&](std::size_t c) {
            const auto reads = table.reads(c);
            if (!std::all_of(reads.begin(), reads.end(), is_assigned)) return false;
            level.constraints.push_back(c);
            return true;
        });
        by_root[components.root(parameter)].levels.push_back(std::move(level));
    };

    // Next comes the constraint that multiplies the partial assignments least before it cuts them;
    // among equals the one that brings most others to completion.
    while (!open.empty()) {
        std::size_t best = open.front();
        std::tuple<double, std::ptrdiff_t> best_rank;
        for (const std::size_t candidate : open) {
            const auto reads = table.reads(candidate);
            const auto is_set = [&](std::size_t parameter) {
                return assigned[parameter] ||
                       std::find(reads.begin(), reads.end(), parameter) != reads.end();
            };
            double growth = 1;
            for (const std::size_t parameter : reads)
                if (!assigned[parameter]) growth *= static_cast<double>(digits[parameter].size());
            const auto completed = std::count_if(open.begin(), open.end(), [&](std::size_t c) {
                return std::all_of(table.reads(c).begin(), table.reads(c).end(), is_set);
            });
            const std::tuple rank(growth, -completed);
            if (candidate == open.front() || rank < best_rank) {
                best = candidate;
                best_rank = rank;
            }
        }
        // The last one to be assigned is tried against each prefix: let it be the widest.
        std::vector<std::size_t> missing;
        for (const std::size_t parameter : table.reads(best))
            if (!assigned[parameter] &&
                std::find(missing.begin(), missing.end(), parameter) == missing.end())
                missing.push_back(parameter);
        std::sort(missing.begin(), missing.end(), [&](std::size_t a, std::size_t b) {
            return std::pair(digits[a].size(), a) < std::pair(digits[b].size(), b);
        });
        for (const std::size_t parameter : missing) assign(parameter);
    }
    for (std::size_t parameter = 0; parameter < parameters; ++parameter)
        if (!assigned[parameter]) assign(parameter);

    std::erase_if(by_root, [](const GroupPlan& plan) { return plan.levels.empty(); });
    return by_root;
}

} // namespace hone::space
