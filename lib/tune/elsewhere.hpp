// What the stores know of other device models and of neighbouring shapes.
#pragma once

#include "hone/operation.hpp"
#include "hone/store.hpp"
#include "lib/tune/transfer.hpp"

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace hone {

class Elsewhere final {
  public:
    // Reads the stores once, as far as `most_facts` go. A store that fails is left out, with a word
    // to `warn`. `operations` outlive this.
    Elsewhere(std::span<Store* const> stores, std::span<const Operation* const> operations,
              const std::function<void(const std::string&)>& warn);

    void add(const Fact& fact);

    // For a search of `family` in `space`: configs that are legal there, with what became of them
    // for the same problem on other device models, and for problems that differ in their dims
    // alone, by a factor of 8 in all at most, on any. Nearer places weigh more. Imported facts
    // count.
    [[nodiscard]] std::vector<Prior> prior(const Problem& problem, const std::string& device,
                                           const std::string& family, int revision,
                                           const SearchSpace& space) const;

  private:
    // Values compare within one place alone.
    struct Place {
        std::string problem, device, policy, family;
        std::uint32_t revision = 0;

        friend auto operator<=>(const Place&, const Place&) = default;
    };
    struct Time {
        Stage stage = Stage::screen;
        std::uint64_t median_ps = 0;
    };

    std::span<const Operation* const> operations_;
    std::map<Place, std::map<std::string, Time>> places_; // by config
};

} // namespace hone
