// What the stores already say of one problem on one device model.
#pragma once

#include "hone/fact.hpp"
#include "hone/family.hpp"
#include "hone/winner.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hone {

// Only facts of the family's present revision and of this policy count. A failure counts while the
// toolchain is the same; a timing counts whatever the toolchain, since the config is still legal
// and the final measures the best ones again.
class Known final {
  public:
    Known() = default;
    Known(std::vector<Fact> facts, std::string policy)
        : facts_(std::move(facts)), policy_(std::move(policy)) {}

    struct Past {
        std::string config;
        Digest program{};
        Outcome outcome = Outcome::ok;
        std::uint64_t median_ps = 0; // of the latest stage, shortest within it
        std::uint64_t samples = 0;
        Stage stage = Stage::screen;
        ErrorPair total_error, plain_error;
        std::uint64_t workspace_bytes = 0;
        bool deterministic = false, batch_invariant = false;
    };
    // One per config, in order of the config text.
    [[nodiscard]] std::vector<Past> of(const KernelFamily& family,
                                       std::string_view toolchain) const;

    [[nodiscard]] const std::vector<Fact>& facts() const noexcept { return facts_; }

  private:
    std::vector<Fact> facts_;
    std::string policy_;
};

} // namespace hone
