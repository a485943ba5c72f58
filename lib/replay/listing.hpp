// Recorded trials on their way into a space: which values a parameter has is known at the end.
#pragma once

#include "lib/replay/recorded_space.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace hone::replay {

class Listing final {
  public:
    explicit Listing(std::vector<std::string> names);

    [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
    [[nodiscard]] std::size_t size() const noexcept { return trials_.size(); }
    // `values` in the order of names().
    void add(const std::vector<Value>& values, const RecordedTrial& trial);
    // Numbers in increasing order, texts as categories; values that nothing lists are left out. Of
    // a config listed twice the first trial counts. Fills in space, points, trials and warnings.
    void fill(RecordedSpace& recorded) const;

  private:
    std::vector<std::string> names_;
    std::vector<std::map<Value, std::uint32_t>> numbers_; // [parameter] in order of appearance
    std::vector<std::uint32_t> digits_;                   // of all trials, by those numbers
    std::vector<RecordedTrial> trials_;
};

} // namespace hone::replay
