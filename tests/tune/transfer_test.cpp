#include "hone/search_history.hpp"
#include "lib/tune/elsewhere.hpp"
#include "lib/tune/transfer.hpp"
#include "tests/catch.hpp"

#include <algorithm>
#include <cmath>
#include <set>

using namespace hone;

namespace {

// What a search hands over to: proposes in order, remembers what it was told.
class InOrder final : public Strategy {
  public:
    explicit InOrder(std::vector<Observation>& told) : told_(told) {}
    void begin(const SearchTask& task) override { history_.emplace(*(space_ = task.space)); }
    std::vector<ConfigIndex> ask(std::size_t max, std::span<const ConfigIndex> pending) override {
        for (const ConfigIndex config : pending) history_->mark(config);
        std::vector<ConfigIndex> proposals;
        while (proposals.size() < max && next_ < *space_->legal_count()) {
            const ConfigIndex config = space_->nth(next_++);
            if (history_->claim(config)) proposals.push_back(config);
        }
        return proposals;
    }
    void tell(const Observation& observation) override {
        history_->mark(observation.config);
        told_.push_back(observation);
    }

  private:
    const SearchSpace* space_ = nullptr;
    std::optional<SearchHistory> history_;
    std::uint64_t next_ = 0;
    std::vector<Observation>& told_;
};

SearchSpace tiles() {
    const auto numbers = [](int count) {
        std::vector<Value> values;
        for (int i = 0; i < count; ++i) values.emplace_back(std::int64_t{i});
        return values;
    };
    return {{{"m", numbers(8)}, {"n", numbers(8)}, {"shared", numbers(2)}, {"unroll", numbers(4)}},
            {Constraint::expression("m + n <= 12")}};
}

double there(const SearchSpace& space, ConfigIndex config) {
    std::vector<std::uint32_t> d(4);
    space.digits(config, d);
    return std::exp(0.1 * std::abs(static_cast<int>(d[0]) - 5) +
                    0.07 * std::abs(static_cast<int>(d[1]) - 3) + 0.2 * d[2] + 0.05 * d[3]);
}

// As there, but shared memory pays and everything is slower.
double here(const SearchSpace& space, ConfigIndex config) {
    std::vector<std::uint32_t> d(4);
    space.digits(config, d);
    return 700 * there(space, config) * std::exp(-0.6 * d[2]);
}

std::vector<Prior> all_of(const SearchSpace& space) {
    std::vector<Prior> prior;
    for (std::uint64_t rank = 0; rank < space.legal_count(); ++rank)
        prior.push_back({space.nth(rank), std::log(there(space, space.nth(rank)))});
    return prior;
}

struct Made {
    std::vector<ConfigIndex> proposals;
    std::vector<Observation> told; // to the strategy behind
};

Made run(const SearchSpace& space, std::vector<Prior> prior, std::size_t batch, std::size_t trials,
         const std::function<Observation(ConfigIndex)>& measure) {
    Made made;
    TransferSearch search(std::make_unique<InOrder>(made.told), std::move(prior));
    SearchTask task;
    task.space = &space;
    search.begin(task);
    while (made.proposals.size() < trials) {
        const auto asked = search.ask(batch, {});
        if (asked.empty()) break;
        REQUIRE(asked.size() <= batch);
        for (const ConfigIndex config : asked) {
            made.proposals.push_back(config);
            search.tell(measure(config));
        }
    }
    return made;
}

} // namespace

TEST_CASE(
    "a search that starts elsewhere tries the best config there first, and finds the best here",
    "[tune]") {
    const SearchSpace space = tiles();
    double best = 1e300;
    for (const Prior& prior : all_of(space)) best = std::min(best, here(space, prior.config));
    for (const std::size_t batch : {1, 4}) {
        const Made made = run(space, all_of(space), batch, 32, [&](ConfigIndex config) {
            return Observation{config, Outcome::ok, here(space, config), 1};
        });
        CHECK(there(space, made.proposals.front()) == Approx(1));
        double found = 1e300;
        for (const ConfigIndex config : made.proposals)
            found = std::min(found, here(space, config));
        CHECK(found < 1.1 * best); // the best there is 1.5 of it
    }
}

TEST_CASE("what was no help elsewhere costs a few trials, then the search goes on without it",
          "[tune]") {
    const SearchSpace space = tiles();
    for (const bool failing : {false, true}) {
        const Made made =
            run(space, all_of(space), 1, *space.legal_count() + 10, [&](ConfigIndex config) {
                Observation observation{config, Outcome::ok, 100.0};
                if (failing) observation.outcome = Outcome::compile_failed;
                return observation;
            });
        // Every config once, none twice.
        std::set<ConfigIndex> seen(made.proposals.begin(), made.proposals.end());
        CHECK(made.proposals.size() == seen.size());
        CHECK(seen.size() == *space.legal_count());
        CHECK(made.told.size() == seen.size());
        // A look around and a row without success, then the order of the other strategy.
        CHECK(std::is_sorted(made.proposals.begin() + 20, made.proposals.end()));
        CHECK_FALSE(std::is_sorted(made.proposals.begin(), made.proposals.begin() + 20));
    }
}

TEST_CASE("without a prior, or with an illegal one, the search is the one behind", "[tune]") {
    const SearchSpace space = tiles();
    const ConfigIndex illegal = space.find(Config::parse("m=7 n=7 shared=0 unroll=0")).value();
    for (const std::vector<Prior>& prior : {std::vector<Prior>{}, {{illegal, 0}}}) {
        const Made made = run(space, prior, 1, 5, [&](ConfigIndex config) {
            return Observation{config, Outcome::ok, 1, 1};
        });
        CHECK(made.proposals.front() == space.nth(0));
    }
}
