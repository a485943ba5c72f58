// The parts of results that tuning and benchmarking share.
#pragma once

#include "lib/tune/sitting.hpp"

#include <string>

namespace hone {

// Names, key, weight and device of an item; nothing measured yet.
[[nodiscard]] TuneResult start_result(const Sitting& sitting, const Workload& workload,
                                      const WorkloadItem& item);
// Why nothing serves an item on this device.
[[nodiscard]] std::string no_family(const Sitting& sitting, const WorkloadItem& item,
                                    const Sitting::Families& families);

} // namespace hone
