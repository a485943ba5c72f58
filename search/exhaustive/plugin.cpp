// Exhaustive search: every legal config, in increasing raw order.

#include "hone/plugin.hpp"

#include "hone/error.hpp"
#include "hone/search_history.hpp"
#include "hone/strategy.hpp"

namespace {

class ExhaustiveSearch final : public hone::Strategy {
  public:
    void begin(const hone::SearchTask& task) override {
        if (!task.space->legal_count())
            throw hone::Error(hone::Errc::usage,
                              "the search space has too many legal configs to try them all",
                              "use --search random or --search local");
        space_ = task.space;
        history_.emplace(*task.space);
        seeds_ = {task.seeds.rbegin(), task.seeds.rend()};
    }

    std::vector<hone::ConfigIndex> ask(std::size_t max,
                                       std::span<const hone::ConfigIndex> pending) override {
        for (const hone::ConfigIndex config : pending) history_->mark(config);
        std::vector<hone::ConfigIndex> proposals;
        for (; proposals.size() < max && !seeds_.empty(); seeds_.pop_back())
            if (history_->claim(seeds_.back())) proposals.push_back(seeds_.back());
        for (; proposals.size() < max && rank_ < *space_->legal_count(); ++rank_) {
            const hone::ConfigIndex config = space_->nth(rank_);
            if (history_->claim(config)) proposals.push_back(config);
        }
        return proposals;
    }

    void tell(const hone::Observation& observation) override { history_->mark(observation.config); }

  private:
    const hone::SearchSpace* space_ = nullptr;
    std::optional<hone::SearchHistory> history_;
    std::vector<hone::ConfigIndex> seeds_; // the best guess last
    std::uint64_t rank_ = 0;               // of the next config to look at
};

hone::PluginContents contents(const hone::PluginHost&) {
    hone::PluginContents result;
    result.searches.push_back(
        {"exhaustive", "every legal config, seeds first, then in increasing order",
         []() -> std::unique_ptr<hone::Strategy> { return std::make_unique<ExhaustiveSearch>(); }});
    return result;
}

} // namespace

HONE_PLUGIN(search, "exhaustive", HONE_VERSION, contents);
