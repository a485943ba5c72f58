#include "sharing.hpp"

#include "device_model.hpp"
#include "hone/error.hpp"

#include <chrono>
#include <thread>

namespace hone::cuda {

void require_unshared(const Driver& driver, const Nvml& nvml, const Device& device) {
    const std::string hint =
        "end what else runs there, or write --device cuda:" + std::to_string(device.ordinal) +
        ":shared and mistrust the times";
    api::Device handle = 0;
    driver.require(driver.device_get(&handle, device.ordinal), "cuDeviceGet");
    if (driver.attribute(handle, api::DeviceAttribute::mps_enabled) != 0)
        throw Error(Errc::unavailable, device.id + " is shared through MPS", hint);

    const Nvml::Card card(nvml, bus_id(driver, device.ordinal));
    // A worker that was just replaced may still be listed.
    constexpr int tries = 20;
    constexpr std::chrono::milliseconds pause{100};
    std::vector<unsigned> others;
    for (int i = 0; i < tries; ++i) {
        others = card.processes();
        if (others.empty()) return;
        std::this_thread::sleep_for(pause);
    }
    throw Error(Errc::unavailable,
                device.id + " is in use by process " + std::to_string(others.front()) +
                    (others.size() > 1 ? " and others" : ""),
                hint);
}

} // namespace hone::cuda
