#include "driver.hpp"

namespace hone::cuda {
namespace {

std::vector<std::string> candidates(const std::string& path) {
    if (!path.empty()) return {path};
    // In WSL it lies where no linker looks.
    return {"libcuda.so.1", "libcuda.so", "/usr/lib/wsl/lib/libcuda.so.1"};
}

} // namespace

Driver::Driver(const std::string& path) : library_(candidates(path)) {
    using namespace api;
    if (!library_.is_open()) {
        missing_.push_back("no NVIDIA driver: " + library_.error());
        return;
    }
#define HONE_CUDA_LOAD(member, name, parameters)                                                   \
    member = reinterpret_cast<Result(*) parameters>(library_.symbol(name));
    HONE_CUDA_DRIVER_REQUIRED(HONE_CUDA_LOAD)
#undef HONE_CUDA_LOAD
#define HONE_CUDA_LOAD(member, name, parameters)                                                   \
    member = reinterpret_cast<Result(*) parameters>(library_.optional_symbol(name));
    HONE_CUDA_DRIVER_OPTIONAL(HONE_CUDA_LOAD)
#undef HONE_CUDA_LOAD

    if (driver_version) (void)driver_version(&version_);
    for (const std::string& symbol : library_.missing()) {
        missing_.push_back("the NVIDIA driver" +
                           (version_ > 0 ? " (CUDA " + version_text(version_) + ")" : "") + " " +
                           library_.path() + " has no " + symbol);
    }
    if (!missing_.empty()) return;
    if (const Result result = init(0); result != Result::success) {
        missing_.push_back("the NVIDIA driver does not start: " + text(result));
        return;
    }
    if (const Result result = device_count(&devices_); result != Result::success) {
        missing_.push_back("the NVIDIA driver lists no devices: " + text(result));
        return;
    }
    if (devices_ == 0) missing_.emplace_back("the NVIDIA driver finds no device");
}

std::string Driver::text(api::Result result) const {
    const char* name = nullptr;
    const char* meaning = nullptr;
    if (error_name) (void)error_name(result, &name);
    if (error_string) (void)error_string(result, &meaning);
    std::string text = name ? name : "CUDA error " + std::to_string(static_cast<int>(result));
    if (meaning) text += std::string(" (") + meaning + ")";
    return text;
}

void Driver::refuse(api::Result result, const char* call) const {
    throw DriverError(result, std::string(call) + ": " + text(result));
}

int Driver::attribute(api::Device device, api::DeviceAttribute attribute) const noexcept {
    int value = 0;
    return device_attribute(&value, attribute, device) == api::Result::success ? value : 0;
}

std::string version_text(int version) {
    return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

} // namespace hone::cuda
