#include "lib/worker/message.hpp"

#include "lib/worker/wire_types.hpp"

namespace hone {

// Found by the argument's namespace, so it cannot hide in an unnamed one.
constexpr int wire_values(Part) noexcept { return 5; }

template <typename Wire, WireType<NamedLibraries> T> void fields(Wire& wire, T& m) {
    auto& [cuda_driver, cuda_nvrtc, cuda_nvml, cuda_cublaslt, python_prefix] = m;
    wire(cuda_driver, cuda_nvrtc, cuda_nvml, cuda_cublaslt, python_prefix);
}
template <typename Wire, WireType<Hello> T> void fields(Wire& wire, T& m) {
    auto& [backend, device, plugin_folders, cache_folder, memory_bytes, libraries] = m;
    wire(backend, device, plugin_folders, cache_folder, memory_bytes, libraries);
}
template <typename Wire, WireType<CompileJob> T> void fields(Wire& wire, T& m) {
    auto& [ticket, module] = m;
    wire(ticket, module);
}
template <typename Wire, WireType<SetProblem> T> void fields(Wire& wire, T& m) {
    auto& [problem, args] = m;
    wire(problem, args);
}
template <typename Wire, WireType<BeginRun> T> void fields(Wire&, T&) {}
template <typename Wire, WireType<EndRun> T> void fields(Wire&, T&) {}
template <typename Wire, WireType<Ready> T> void fields(Wire&, T&) {}
template <typename Wire, WireType<Refused> T> void fields(Wire& wire, T& m) {
    auto& [code, what, hint] = m;
    wire(code, what, hint);
}
template <typename Wire, WireType<CompileDone> T> void fields(Wire& wire, T& m) {
    auto& [ticket, result, seconds] = m;
    wire(ticket, result, seconds);
}
template <typename Wire, WireType<RunBegun> T> void fields(Wire&, T&) {}
template <typename Wire, WireType<RunEnded> T> void fields(Wire& wire, T& m) {
    auto& [status] = m;
    wire(status);
}
template <typename Wire, WireType<Load> T> void fields(Wire& wire, T& m) {
    auto& [executable] = m;
    wire(executable);
}
template <typename Wire, WireType<Check> T> void fields(Wire& wire, T& m) {
    auto& [program, set] = m;
    wire(program, set);
}
template <typename Wire, WireType<Sample> T> void fields(Wire& wire, T& m) {
    auto& [programs, set, policy, rounds, seconds] = m;
    wire(programs, set, policy, rounds, seconds);
}
template <typename Wire, WireType<Began> T> void fields(Wire& wire, T& m) {
    auto& [part] = m;
    wire(part);
}
template <typename Wire, WireType<Loaded> T> void fields(Wire& wire, T& m) {
    auto& [report] = m;
    wire(report);
}
template <typename Wire, WireType<Checked> T> void fields(Wire& wire, T& m) {
    auto& [report] = m;
    wire(report);
}
template <typename Wire, WireType<Sampled> T> void fields(Wire& wire, T& m) {
    auto& [report] = m;
    wire(report);
}

template <typename Message> std::vector<std::byte> encode(const Message& message) {
    WireWriter wire;
    wire(message);
    return wire.take();
}

template <typename Message> Message decode(std::span<const std::byte> bytes) {
    WireReader wire(bytes);
    Message message;
    wire(message);
    wire.end();
    return message;
}

#define HONE_MESSAGE(Message)                                                                      \
    template std::vector<std::byte> encode(const Message&);                                        \
    template Message decode(std::span<const std::byte>)

HONE_MESSAGE(Hello);
HONE_MESSAGE(CompileJob);
HONE_MESSAGE(SetProblem);
HONE_MESSAGE(BeginRun);
HONE_MESSAGE(EndRun);
HONE_MESSAGE(Ready);
HONE_MESSAGE(Refused);
HONE_MESSAGE(CompileDone);
HONE_MESSAGE(RunBegun);
HONE_MESSAGE(RunEnded);
HONE_MESSAGE(Load);
HONE_MESSAGE(Check);
HONE_MESSAGE(Sample);
HONE_MESSAGE(Began);
HONE_MESSAGE(Loaded);
HONE_MESSAGE(Checked);
HONE_MESSAGE(Sampled);

} // namespace hone
