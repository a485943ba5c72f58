#include "backend.hpp"

#include "compiler_arguments.hpp"
#include "llvm/parts.hpp"
#include "processor.hpp"
#include "session.hpp"

namespace hone::cpu {
namespace {

// Known without opening it; empty when hone was built without one.
constexpr const char* clang_version = HONE_CLANG_VERSION;

} // namespace

CpuBackend::CpuBackend(const std::string& parts_folder)
    : compiler_(parts_folder + "/hone_cpu_compiler.so", compile_symbol),
      loader_(parts_folder + "/hone_cpu_loader.so", make_loader_symbol) {}

std::vector<Device> CpuBackend::devices(std::string_view spec) const {
    const Processor processor = this_processor();
    const int threads = thread_count(processor, spec);
    Device device;
    device.model = processor.model;
    device.model.cores = threads;
    device.id = "cpu:" + std::to_string(threads);
    return {device};
}

std::vector<std::string> CpuBackend::missing() const {
    if (*clang_version == '\0') return {"no LLVM: hone was built without it"};
    if (const std::string error = compiler_.error() + loader_.error(); !error.empty())
        return {"no LLVM: " + error};
    return {};
}

std::string CpuBackend::compiler_identity() const {
    return *clang_version == '\0' ? "none" : std::string("clang ") + clang_version;
}

std::string CpuBackend::compile_key(const DeviceModel& device) const {
    std::string key = compiler_identity();
    for (const std::string& argument : compiler_arguments(device)) key += ' ' + argument;
    return key;
}

CompileResult CpuBackend::compile(const Module& module, const DeviceModel& device) const {
    if (module.kind == Module::Kind::library) return {};
    if (module.kind == Module::Kind::binary)
        return {Outcome::ok, {"elf-object", module.bytes, {}}, {}};
    const auto compile = reinterpret_cast<CompileFunction>(compiler_.entry());
    if (!compile)
        throw Error(Errc::unavailable, missing().front(),
                    "install LLVM and Clang 19 or 20 with their development packages and build "
                    "hone again");

    std::vector<std::string> arguments = compiler_arguments(device);
    const std::vector<std::string> language = language_arguments(module.name);
    arguments.insert(arguments.end(), language.begin(), language.end());
    arguments.insert(arguments.end(), module.options.begin(), module.options.end());
    return compile({module.name, module.source, arguments});
}

std::unique_ptr<Session> CpuBackend::open(const Device& device,
                                          const SessionOptions& options) const {
    const Processor processor = this_processor();
    // Throws when the device is of a machine with more threads.
    const int threads = thread_count(processor, std::to_string(device.model.cores));
    SessionDevice opened;
    opened.places.assign(processor.places.begin(), processor.places.begin() + threads);
    opened.l2_bytes = processor.model.l2_bytes;
    opened.l3_bytes = processor.model.l3_bytes;
    return std::make_unique<CpuSession>(std::move(opened), options, loader_);
}

} // namespace hone::cpu
