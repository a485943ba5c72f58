#include "backend.hpp"

#include "architectures.hpp"
#include "session.hpp"

namespace hone::emu {
namespace {

constexpr std::size_t longest_log = 16 << 10;

std::vector<std::string> base_options(const DeviceModel& device) {
    return {"--gpu-architecture=" + virtual_architecture(device), "--std=c++17", "-lineinfo"};
}

} // namespace

const Nvrtc& EmuBackend::nvrtc() const {
    std::call_once(once_, [this] { nvrtc_ = std::make_unique<Nvrtc>(path_); });
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
    if (nvrtc().available()) return {};
    return {nvrtc().error() + ": kernels that are given as PTX run without it"};
}

std::string EmuBackend::compiler_identity() const { return "nvrtc " + nvrtc().version(); }

std::string EmuBackend::compile_key(const DeviceModel& device) const {
    std::string key = compiler_identity() + " to ptx";
    for (const std::string& option : base_options(device)) key += ' ' + option;
    return key;
}

CompileResult EmuBackend::compile(const hone::Module& module, const DeviceModel& device) const {
    CompileResult result;
    result.binary.format = "ptx";
    if (module.kind == hone::Module::Kind::binary) {
        result.binary.bytes = module.bytes;
        return result;
    }
    if (module.kind == hone::Module::Kind::library)
        return {Outcome::compile_failed, {}, "a library cannot run in the emulator"};
    std::string ptx = module.source;
    if (!module.name.ends_with(".ptx")) {
        if (!nvrtc().available())
            throw Error(Errc::unavailable, nvrtc().error(),
                        "install the CUDA toolkit's NVRTC, version 12 or 13");
        std::vector<std::string> options = base_options(device);
        options.insert(options.end(), module.options.begin(), module.options.end());
        Nvrtc::Compiled compiled = nvrtc().compile(module.source, module.name, options);
        compiled.log.resize(std::min(compiled.log.size(), longest_log));
        result.log = std::move(compiled.log);
        if (!compiled.ok) {
            result.outcome = Outcome::compile_failed;
            return result;
        }
        ptx = std::move(compiled.ptx);
    }
    const auto* bytes = reinterpret_cast<const std::byte*>(ptx.data());
    result.binary.bytes.assign(bytes, bytes + ptx.size());
    return result;
}

std::unique_ptr<Session> EmuBackend::open(const Device& device, const SessionOptions&) const {
    return std::make_unique<EmuSession>(device.model);
}

} // namespace hone::emu
