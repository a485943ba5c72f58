// Random search: legal configs in random order, each once.

#include "hone/plugin.hpp"

#include "hone/search_history.hpp"
#include "hone/strategy.hpp"

#include <random>

namespace {

class RandomSearch final : public hone::Strategy {
  public:
    void begin(const hone::SearchTask& task) override {
        history_.emplace(*task.space);
        random_.seed(task.seed);
        seeds_ = {task.seeds.rbegin(), task.seeds.rend()};
    }

    std::vector<hone::ConfigIndex> ask(std::size_t max,
                                       std::span<const hone::ConfigIndex> pending) override {
        for (const hone::ConfigIndex config : pending) history_->mark(config);
        std::vector<hone::ConfigIndex> proposals;
        for (; proposals.size() < max && !seeds_.empty(); seeds_.pop_back())
            if (history_->claim(seeds_.back())) proposals.push_back(seeds_.back());
        while (proposals.size() < max) {
            const auto drawn = history_->draw(random_);
            if (!drawn) break;
            proposals.push_back(*drawn);
        }
        return proposals;
    }

    void tell(const hone::Observation& observation) override { history_->mark(observation.config); }

  private:
    std::optional<hone::SearchHistory> history_;
    std::mt19937_64 random_;
    std::vector<hone::ConfigIndex> seeds_; // the best guess last
};

hone::PluginContents contents(const hone::PluginHost&) {
    hone::PluginContents result;
    result.searches.push_back(
        {"random", "legal configs in random order, each once",
         []() -> std::unique_ptr<hone::Strategy> { return std::make_unique<RandomSearch>(); }});
    return result;
}

} // namespace

HONE_PLUGIN(search, "random", HONE_VERSION, contents);
