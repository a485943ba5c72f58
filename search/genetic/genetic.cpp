#include "search/genetic/genetic.hpp"

#include "search/common/stepwise.hpp"

#include <algorithm>

namespace hone::search {
namespace {

constexpr std::size_t most_members = 20;
constexpr int tournament = 2;
// Children bred before a neighbour of a parent, then a drawn config, is taken.
constexpr int attempts = 30;

class Genetic final : public StepwiseStrategy {
    void start(const SearchTask& task) override {
        starts_ = starts(task, most_members);
        for (const Parameter& parameter : space().parameters())
            radix_.push_back(static_cast<std::uint32_t>(parameter.values.size()));
        varying_ = std::count_if(radix_.begin(), radix_.end(), [](auto r) { return r > 1; });
    }

    std::optional<ConfigIndex> propose(std::size_t) override {
        if (history().size() >= starts_ && !members_.empty()) {
            for (int attempt = 0; attempt < attempts; ++attempt)
                if (const ConfigIndex config = child(); history().claim(config)) return config;
            for (int attempt = 0; attempt < attempts; ++attempt)
                if (const ConfigIndex config = walk(parent(), 1 + attempt / 10);
                    history().claim(config))
                    return config;
        }
        return history().draw(random());
    }

    void learn(const Trial& trial) override {
        if (!trial.value) return;
        std::erase_if(members_, [&](const Member& m) { return m.config == trial.config; });
        const Member member{trial.config, *trial.value};
        members_.insert(std::upper_bound(members_.begin(), members_.end(), member), member);
        if (members_.size() > most_members) members_.pop_back();
    }

    ConfigIndex parent() {
        std::size_t winner = pick(members_.size());
        for (int i = 1; i < tournament; ++i) winner = std::min(winner, pick(members_.size()));
        return members_[winner].config;
    }

    ConfigIndex child() {
        std::vector<std::uint32_t> digits(radix_.size());
        std::vector<std::uint32_t> other(radix_.size());
        space().digits(parent(), digits);
        space().digits(parent(), other);
        for (std::size_t p = 0; p < digits.size(); ++p) {
            if (pick(2) == 0) digits[p] = other[p];
            // One mutation a child, on average.
            if (radix_[p] > 1 && pick(static_cast<std::size_t>(varying_)) == 0)
                digits[p] = static_cast<std::uint32_t>(pick(radix_[p]));
        }
        return space().index(digits);
    }

    struct Member {
        ConfigIndex config;
        double value = 0;
        bool operator<(const Member& other) const { return value < other.value; }
    };
    std::vector<Member> members_; // the best first
    std::vector<std::uint32_t> radix_;
    std::ptrdiff_t varying_ = 0;
    std::size_t starts_ = most_members;
};

} // namespace

std::unique_ptr<Strategy> make_genetic() { return std::make_unique<Genetic>(); }

} // namespace hone::search
