#include "hone/error.hpp"
#include "lib/tune/proposals.hpp"
#include "tests/catch.hpp"

#include <utility>
#include <vector>

using namespace hone;

namespace {

// Proposes what it is told to, and keeps what it was told.
class Listed final : public Strategy {
  public:
    explicit Listed(std::vector<std::vector<ConfigIndex>> asked) : asked_(std::move(asked)) {}
    void begin(const SearchTask&) override {}
    std::vector<ConfigIndex> ask(std::size_t, std::span<const ConfigIndex> pending) override {
        pending_at.emplace_back(pending.begin(), pending.end());
        return next_ < asked_.size() ? asked_[next_++] : std::vector<ConfigIndex>{};
    }
    void tell(const Observation& observation) override { told.push_back(observation.config); }

    std::vector<std::vector<ConfigIndex>> pending_at;
    std::vector<ConfigIndex> told;

  private:
    std::vector<std::vector<ConfigIndex>> asked_;
    std::size_t next_ = 0;
};

SearchSpace three() {
    return {{{"a", {std::int64_t{1}, std::int64_t{2}, std::int64_t{3}}, true}}, {}};
}

constexpr ConfigIndex first{0}, second{1}, third{2}, beyond{3};

} // namespace

TEST_CASE("proposals are pending until they are told, and a search ends when none are left",
          "[tune]") {
    const SearchSpace space = three();
    Listed strategy({{first, second}, {}, {third}, {}});
    Proposals proposals(strategy, {&space, 1});
    CHECK(proposals.ask(2).size() == 2);
    CHECK(proposals.ask(1).empty());
    CHECK_FALSE(proposals.exhausted()); // two are under way
    proposals.tell({first});
    CHECK(proposals.pending().size() == 1);
    CHECK(proposals.ask(1) == std::vector{third});
    proposals.tell({third});
    proposals.tell({second});
    CHECK(proposals.ask(1).empty());
    CHECK(proposals.exhausted());
    CHECK(strategy.told == std::vector{first, third, second});
    CHECK(strategy.pending_at ==
          std::vector<std::vector<ConfigIndex>>{{}, {first, second}, {second}, {}});
}

TEST_CASE("a strategy that breaks its promises is refused", "[tune]") {
    const SearchSpace space = three();
    for (const std::vector<std::vector<ConfigIndex>>& asked :
         std::vector<std::vector<std::vector<ConfigIndex>>>{
             {{first}, {first}}, {{beyond}}, {{first, second}}, {{third}}}) {
        Listed strategy(asked);
        Proposals proposals(strategy, {&space, 1});
        proposals.tell({third}); // known from before
        CHECK_THROWS_AS(
            [&] {
                for (std::size_t i = 0; i < asked.size(); ++i) (void)proposals.ask(1);
            }(),
            Error);
    }
}
