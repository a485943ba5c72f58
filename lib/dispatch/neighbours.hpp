// What was chosen for other problems of a class, for a problem that nobody tuned.
#pragma once

#include "hone/device.hpp"
#include "hone/registry.hpp"
#include "hone/winner.hpp"
#include "hone/workload.hpp"
#include "lib/dispatch/expected_loss.hpp"

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace hone::dispatch {

// One thread at a time. Reads its stores as a whole when first asked, and afterwards what came to
// them since; keeps what winners are chosen by.
class Neighbours final {
  public:
    // Facts of one problem are reduced to those that may be served here.
    using Servable = std::function<void(std::vector<Fact>&, const WorkloadItem&)>;

    Neighbours(const Registry& registry, const DeviceModel& device, std::span<Store* const> stores,
               std::function<void(std::string)> warn);

    struct Choice {
        std::string problem; // canonical text of the one it won
        Problem tuned;
        Standing standing;
        ExpectedLoss loss;
    };
    // Winners inside the item's contract of the other problems of its class (equal but for their
    // dims) on this device, the nearest problem first.
    [[nodiscard]] std::vector<Choice> of(const WorkloadItem& item, const Servable& servable);

  private:
    void read_on();

    const Registry& registry_;
    const std::string device_;
    const std::span<Store* const> stores_;
    const std::function<void(std::string)> warn_;
    std::vector<Cursor> cursors_;
    std::map<std::string, std::vector<Record>> by_problem_; // finals and failures
    std::vector<Record> retractions_;
};

} // namespace hone::dispatch
