// GPUs that hone ships a model of, so that compiling and proving kernels need no card.
#pragma once

#include "hone/device.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace hone {

// Backend "cuda", from public data sheets: lib/device/known_gpus.cpp. The first of an architecture
// is its typical one. l1_bytes is the memory that the blocks of a multiprocessor may share.
[[nodiscard]] std::vector<DeviceModel> known_gpus();
// By the driver's name ("H100 80GB HBM3", in any case), or the typical one of an architecture
// ("sm_80", "sm_90a", "sm_90": the model says what was asked for). Nothing when none is known.
[[nodiscard]] std::optional<DeviceModel> known_gpu(std::string_view name_or_arch);

} // namespace hone
