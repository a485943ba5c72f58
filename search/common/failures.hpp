// Which values candidates fail with: hidden constraints, learnt from outcomes.
#pragma once

#include "hone/outcome.hpp"
#include "hone/space.hpp"

#include <cstdint>
#include <vector>

namespace hone::search {

class Failures final {
  public:
    explicit Failures(const SearchSpace& space)
        : space_(&space), digits_(space.parameters().size()) {
        for (const Parameter& parameter : space.parameters())
            counts_.emplace_back(parameter.values.size());
    }

    void note(ConfigIndex config, bool failed) {
        space_->digits(config, digits_);
        for (std::size_t p = 0; p < digits_.size(); ++p) {
            Count& count = counts_[p][digits_[p]];
            count.failed += failed;
            ++count.all;
        }
        failed_ += failed;
        ++all_;
    }

    // How likely `config` fails, from the values in which it differs from `from`, which did not.
    [[nodiscard]] double risk(ConfigIndex config, ConfigIndex from) {
        std::vector<std::uint32_t> before(digits_.size());
        space_->digits(from, before);
        space_->digits(config, digits_);
        // A value seen once says little: each starts with two trials at the overall rate.
        const double prior = (failed_ + 0.1) / (all_ + 1.0);
        double safe = 1;
        for (std::size_t p = 0; p < digits_.size(); ++p) {
            if (digits_[p] == before[p]) continue;
            const Count& count = counts_[p][digits_[p]];
            safe *= 1 - (count.failed + 2 * prior) / (count.all + 2);
        }
        return 1 - safe;
    }

  private:
    struct Count {
        int failed = 0;
        int all = 0;
    };
    const SearchSpace* space_;
    std::vector<std::vector<Count>> counts_; // [parameter][digit]
    std::vector<std::uint32_t> digits_;
    int failed_ = 0;
    int all_ = 0;
};

} // namespace hone::search
