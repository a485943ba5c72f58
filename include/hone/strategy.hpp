// A strategy proposes configs and learns from what became of them.
#pragma once

#include "hone/outcome.hpp"
#include "hone/space.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace hone {

struct Observation {
    ConfigIndex config;
    Outcome outcome = Outcome::ok;
    double value = 0;   // objective, smaller is better; ok: measured; censored: a lower bound
    std::int64_t n = 0; // samples behind value
    std::vector<double> features = {}; // as the family names them, also what the compiler reported
};

// What a strategy may know before it starts.
struct SearchTask {
    const SearchSpace* space = nullptr; // outlives the strategy
    std::uint64_t seed = 0;
    std::vector<ConfigIndex> seeds = {}; // worth trying first, best guess first
    std::vector<std::string> feature_names = {};
    // Features of a config before it is compiled; may be null.
    std::function<std::vector<double>(ConfigIndex)> features = {};
    std::optional<std::int64_t> budget = {}; // trials expected, when known
};

// One strategy object serves one search, on one thread.
class Strategy {
  public:
    virtual ~Strategy() = default;

    virtual void begin(const SearchTask& task) = 0;
    // At most `max` legal configs, none of which was proposed before, `pending` being proposed and
    // not told yet. Fewer, also none, when it waits for results; none with nothing pending ends the
    // search.
    [[nodiscard]] virtual std::vector<ConfigIndex> ask(std::size_t max,
                                                       std::span<const ConfigIndex> pending) = 0;
    // In any order; also for configs that were never asked (known facts).
    virtual void tell(const Observation& observation) = 0;
};

} // namespace hone
