#include "backend.hpp"

#include "architectures.hpp"
#include "nvrtc/compile.hpp"
#include "session.hpp"

namespace hone::emu {
namespace {

std::vector<std::byte> bytes_of(std::string_view text) {
    const auto* begin = reinterpret_cast<const std::byte*>(text.data());
    return {begin, begin + text.size()};
}

} // namespace

const cuda::Nvrtc& EmuBackend::nvrtc() const {
    std::call_once(once_, [this] {
        nvrtc_ =
            std::make_unique<const cuda::Nvrtc>(libraries_.cuda_nvrtc, libraries_.python_prefix);
    });
    return *nvrtc_;
}

std::vector<Device> EmuBackend::devices(std::string_view spec) const {
    if (spec.empty()) return {}; // one is emulated when asked for by name
    const auto model = architecture(spec);
    if (!model)
        throw Error(Errc::unavailable, "no emulator of \"" + std::string(spec) + "\"",
                    "known are " + architecture_names());
    return {{"emu:" + std::string(spec), 0, *model}};
}

std::vector<std::string> EmuBackend::missing() const {
    if (nvrtc().usable()) return {};
    return {nvrtc().missing().front() + ": kernels that are given as PTX run without it"};
}

std::string EmuBackend::compile_key(const DeviceModel& device) const {
    return cuda::compile_key(nvrtc(), virtual_architecture(device));
}

CompileResult EmuBackend::compile(const hone::Module& module, const DeviceModel& device) const {
    if (module.kind == hone::Module::Kind::binary)
        return {Outcome::ok, {"ptx", module.bytes, {}}, {}};
    if (module.kind == hone::Module::Kind::library)
        return {Outcome::compile_failed, {}, "a library cannot run in the emulator"};
    if (module.name.ends_with(".ptx"))
        return {Outcome::ok, {"ptx", bytes_of(module.source), {}}, {}};
    if (!nvrtc().usable())
        throw Error(Errc::unavailable, nvrtc().missing().front(),
                    "install a CUDA toolkit or the package nvidia-cuda-nvrtc, or name the library "
                    "in HONE_CUDA_NVRTC");
    return cuda::compile(nvrtc(), module, virtual_architecture(device));
}

std::unique_ptr<Session> EmuBackend::open(const Device& device, const SessionOptions&) const {
    return std::make_unique<EmuSession>(device.model);
}

} // namespace hone::emu
