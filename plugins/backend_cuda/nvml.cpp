#include "nvml.hpp"

namespace hone::cuda {

using nvml::Result;

Nvml::Nvml(const std::string& path)
    : library_(path.empty() ? std::vector<std::string>{"libnvidia-ml.so.1", "libnvidia-ml.so",
                                                       "/usr/lib/wsl/lib/libnvidia-ml.so.1"}
                            : std::vector<std::string>{path}) {
    const std::string without = ": clocks, throttling and other users of a card are not seen";
    if (!library_.is_open()) {
        missing_.push_back("no NVML (" + library_.error() + ")" + without);
        return;
    }
    using namespace nvml;
#define HONE_NVML_LOAD(member, name, parameters)                                                   \
    functions_.member = reinterpret_cast<Result(*) parameters>(library_.symbol(name));
    HONE_NVML_FUNCTIONS(HONE_NVML_LOAD)
#undef HONE_NVML_LOAD
    for (const std::string& symbol : library_.missing())
        missing_.push_back("NVML " + library_.path() + " has no " + symbol);
    if (!functions_.init) return;
    const Result result = functions_.init();
    started_ = result == Result::success;
    if (!started_)
        missing_.push_back("NVML does not start (code " + std::to_string(static_cast<int>(result)) +
                           ")" + without);
}

Nvml::Card::Card(const Nvml& nvml, const std::string& bus_id) : nvml_(nvml) {
    if (!nvml_.started_ || !nvml_.functions_.by_bus_id) return;
    if (nvml_.functions_.by_bus_id(bus_id.c_str(), &device_) != Result::success) device_ = nullptr;
}

std::optional<std::int64_t> Nvml::Card::max_clock_mhz(nvml::Clock clock) const noexcept {
    unsigned mhz = 0;
    if (!device_ || !nvml_.functions_.max_clock) return std::nullopt;
    if (nvml_.functions_.max_clock(device_, clock, &mhz) != Result::success) return std::nullopt;
    return mhz;
}

std::optional<std::int64_t> Nvml::Card::clock_mhz() const noexcept {
    unsigned mhz = 0;
    if (!device_ || !nvml_.functions_.clock) return std::nullopt;
    if (nvml_.functions_.clock(device_, nvml::Clock::sm, &mhz) != Result::success)
        return std::nullopt;
    return mhz;
}

std::uint64_t Nvml::Card::throttle_bits() const noexcept {
    unsigned long long bits = 0;
    if (!device_ || !nvml_.functions_.throttle) return 0;
    return nvml_.functions_.throttle(device_, &bits) == Result::success ? bits : 0;
}

std::optional<std::int64_t> Nvml::Card::power_limit_watts() const noexcept {
    unsigned milliwatts = 0;
    if (!device_ || !nvml_.functions_.power_limit) return std::nullopt;
    if (nvml_.functions_.power_limit(device_, &milliwatts) != Result::success) return std::nullopt;
    return milliwatts / 1000;
}

std::optional<std::uint64_t> Nvml::Card::energy_millijoules() const noexcept {
    unsigned long long millijoules = 0;
    if (!device_ || !nvml_.functions_.energy) return std::nullopt;
    if (nvml_.functions_.energy(device_, &millijoules) != Result::success) return std::nullopt;
    return millijoules;
}

std::vector<unsigned> Nvml::Card::processes() const {
    std::vector<nvml::Process> running(64);
    auto count = static_cast<unsigned>(running.size());
    if (!device_ || !nvml_.functions_.processes) return {};
    if (nvml_.functions_.processes(device_, &count, running.data()) != Result::success) return {};
    std::vector<unsigned> ids;
    for (unsigned i = 0; i < count && i < running.size(); ++i) ids.push_back(running[i].pid);
    return ids;
}

bool Nvml::Card::virtualised() const noexcept {
    int mode = 0;
    constexpr int passthrough = 1; // the whole card in a virtual machine: as good as bare metal
    if (!device_ || !nvml_.functions_.virtualisation) return false;
    return nvml_.functions_.virtualisation(device_, &mode) == Result::success && mode > passthrough;
}

} // namespace hone::cuda
