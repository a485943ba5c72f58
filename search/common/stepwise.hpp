// A strategy that decides on one config at a time.
#pragma once

#include "hone/search_history.hpp"
#include "hone/strategy.hpp"
#include "search/common/trial.hpp"

#include <random>

namespace hone::search {

// Keeps the rules that all strategies share: seeds first, nothing twice, nothing that is pending.
class StepwiseStrategy : public Strategy {
  public:
    void begin(const SearchTask& task) final {
        space_ = task.space;
        history_.emplace(*task.space);
        random_.seed(task.seed);
        seeds_ = {task.seeds.rbegin(), task.seeds.rend()};
        start(task);
    }

    std::vector<ConfigIndex> ask(std::size_t max, std::span<const ConfigIndex> pending) final {
        for (const ConfigIndex config : pending) history_->mark(config);
        expect(pending);
        std::vector<ConfigIndex> proposals;
        while (proposals.size() < max) {
            const auto next = next_config(pending.size() + proposals.size());
            if (!next) break;
            proposals.push_back(*next);
        }
        return proposals;
    }

    void tell(const Observation& observation) final {
        history_->mark(observation.config);
        if (const auto trial = trial_of(observation)) learn(*trial);
    }

  protected:
    virtual void start(const SearchTask& task) = 0;
    // A config claimed from the history. Nothing: to wait for what is under way, or the end.
    virtual std::optional<ConfigIndex> propose(std::size_t under_way) = 0;
    virtual void learn(const Trial& trial) = 0;
    // Told before each round of proposals.
    virtual void expect(std::span<const ConfigIndex> /*pending*/) {}

    [[nodiscard]] const SearchSpace& space() const { return *space_; }
    [[nodiscard]] SearchHistory& history() { return *history_; }
    [[nodiscard]] std::mt19937_64& random() { return random_; }

    // How many configs to look at before the search proper: `most`, fewer in small spaces and for
    // small budgets. From less than a handful even a smooth space looks like its corners.
    [[nodiscard]] static std::size_t starts(const SearchTask& task, std::size_t most) {
        if (task.budget) {
            const auto budget = static_cast<std::size_t>(std::max<std::int64_t>(*task.budget, 0));
            most = std::min(most, budget / 4);
        }
        if (const auto count = task.space->legal_count())
            most = std::min<std::uint64_t>(
                most, std::max(*count / 8, std::min<std::uint64_t>(*count / 2, 5)));
        return most;
    }

    // `steps` changes of one parameter each, all of them legal.
    [[nodiscard]] ConfigIndex walk(ConfigIndex config, int steps) {
        for (; steps > 0; --steps) {
            const auto around = space_->neighbours(config);
            if (around.empty()) break;
            config = around[pick(around.size())];
        }
        return config;
    }

    // Uniform in [0, count).
    [[nodiscard]] std::size_t pick(std::size_t count) {
        return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_);
    }

  private:
    std::optional<ConfigIndex> next_config(std::size_t under_way) {
        for (; !seeds_.empty(); seeds_.pop_back())
            if (history_->claim(seeds_.back())) return seeds_.back();
        return propose(under_way);
    }

    const SearchSpace* space_ = nullptr;
    std::optional<SearchHistory> history_;
    std::mt19937_64 random_;
    std::vector<ConfigIndex> seeds_; // the best guess last
};

} // namespace hone::search
