#include "backend.hpp"

#include "device_model.hpp"
#include "fault.hpp"
#include "nvrtc/compile.hpp"
#include "session.hpp"
#include "sharing.hpp"

#include <charconv>

namespace hone::cuda {
namespace {

constexpr std::string_view shared_suffix = "shared";

// "1:shared".
struct Spec {
    std::optional<int> ordinal;
    bool shared = false;
};

Spec parse(std::string_view spec) {
    Spec parsed;
    const auto refuse = [&] {
        throw Error(Errc::unavailable, "cuda:" + std::string(spec) + ": no such device",
                    "write cuda, cuda:0, or cuda:0:shared for a card that others use too");
    };
    std::string_view number = spec;
    if (spec == shared_suffix || spec.ends_with(":shared")) {
        parsed.shared = true;
        number.remove_suffix(std::min(shared_suffix.size() + 1, number.size()));
    }
    if (number.empty()) return parsed;
    int ordinal = 0;
    const auto [end, status] =
        std::from_chars(number.data(), number.data() + number.size(), ordinal);
    if (status != std::errc{} || end != number.data() + number.size() || ordinal < 0) refuse();
    parsed.ordinal = ordinal;
    return parsed;
}

} // namespace

std::shared_ptr<const Driver> CudaBackend::driver() const {
    const std::lock_guard lock(mutex_);
    if (!driver_) driver_ = std::make_shared<const Driver>(libraries_.cuda_driver);
    return driver_;
}

const Nvrtc& CudaBackend::nvrtc() const {
    const std::lock_guard lock(mutex_);
    if (!nvrtc_)
        nvrtc_ = std::make_unique<const Nvrtc>(libraries_.cuda_nvrtc, libraries_.python_prefix);
    return *nvrtc_;
}

const Nvml& CudaBackend::nvml() const {
    const std::lock_guard lock(mutex_);
    if (!nvml_) nvml_ = std::make_unique<const Nvml>(libraries_.cuda_nvml);
    return *nvml_;
}

std::vector<Device> CudaBackend::devices(std::string_view spec) const {
    const Spec wanted = parse(spec);
    const auto driver = this->driver();
    if (!driver->usable()) {
        if (spec.empty()) return {};
        throw Error(Errc::unavailable,
                    "cuda:" + std::string(spec) + ": " + driver->missing().front(),
                    "`hone doctor` lists what is missing");
    }
    if (wanted.ordinal && *wanted.ordinal >= driver->devices())
        throw Error(Errc::unavailable,
                    "cuda:" + std::to_string(*wanted.ordinal) + ": this machine has " +
                        std::to_string(driver->devices()) + " CUDA device" +
                        (driver->devices() == 1 ? "" : "s"),
                    "devices are numbered from 0");
    std::vector<Device> devices;
    for (int ordinal = 0; ordinal < driver->devices(); ++ordinal) {
        if (wanted.ordinal && *wanted.ordinal != ordinal) continue;
        std::string id = "cuda:" + std::to_string(ordinal);
        if (wanted.shared) id += ":shared";
        try {
            devices.push_back({std::move(id), ordinal, device_model(*driver, nvml(), ordinal)});
        } catch (const DriverError& error) {
            throw Error(Errc::unavailable, "cuda:" + std::to_string(ordinal) + ": " + error.what());
        }
    }
    return devices;
}

std::vector<std::string> CudaBackend::missing() const {
    std::vector<std::string> missing = nvrtc().missing();
    const auto driver = this->driver();
    missing.insert(missing.end(), driver->missing().begin(), driver->missing().end());
    missing.insert(missing.end(), nvml().missing().begin(), nvml().missing().end());
    // Machine code of a newer major version may not load; of a newer minor one it does.
    if (driver->usable() && nvrtc().usable() &&
        nvrtc().cuda_version() / 1000 > driver->version() / 1000)
        missing.push_back("the NVIDIA driver supports CUDA " + version_text(driver->version()) +
                          " and is older than " + nvrtc().identity() +
                          ": what that compiles may not load; update the driver, or name an older "
                          "NVRTC in HONE_CUDA_NVRTC");
    return missing;
}

CompileResult CudaBackend::compile(const Module& module, const DeviceModel& device) const {
    if (module.kind == Module::Kind::library) return {};
    if (module.kind == Module::Kind::binary) return {Outcome::ok, {"cubin", module.bytes, {}}, {}};
    if (!nvrtc().usable())
        throw Error(Errc::unavailable, nvrtc().missing().front(),
                    "install a CUDA toolkit or the package nvidia-cuda-nvrtc, or name the library "
                    "in HONE_CUDA_NVRTC");
    return cuda::compile(nvrtc(), module, device.arch);
}

std::string CudaBackend::compile_key(const DeviceModel& device) const {
    return cuda::compile_key(nvrtc(), device.arch);
}

std::unique_ptr<Session> CudaBackend::open(const Device& device,
                                           const SessionOptions& options) const {
    const auto driver = this->driver();
    if (!driver->usable())
        throw Error(Errc::unavailable, device.id + ": " + driver->missing().front());
    try {
        const std::string bus = bus_id(*driver, device.ordinal);
        // A host that serves has the card to itself or knows better.
        if (!options.adopt_context && !device.id.ends_with(":shared"))
            require_unshared(*driver, nvml(), device);
        auto context = options.adopt_context ? Context::adopt(driver, options.adopt_context)
                                             : Context::primary(driver, device.ordinal);
        return std::make_unique<CudaSession>(std::move(context), nvml(), bus);
    } catch (const DriverError& error) {
        if (is_lost(error.result())) throw device_lost(*driver, error.result());
        throw Error(Errc::unavailable, device.id + ": " + error.what(), "run `hone doctor`");
    }
}

} // namespace hone::cuda
