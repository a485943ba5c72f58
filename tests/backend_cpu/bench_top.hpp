// A backend, an open session and short ways to make programs and buffers for them.
#pragma once

#include "backend.hpp"

#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace hone::test {

// What every kernel source of these tests starts with.
inline constexpr const char* item_struct = R"(
struct hone_cpu_item { int index; int count; void* barrier; void (*wait)(void*); };
typedef void* const* Args;
typedef const struct hone_cpu_item* Item;
)";

inline Extent fixed(std::int64_t value) { return {value, {}}; }

inline Module source_module(std::string text, std::string name = "kernel.c") {
    Module module;
    module.name = std::move(name);
    module.source = item_struct + std::move(text);
    return module;
}

// One module, one step named "f".
inline Program one_step(Module module, std::vector<KernelArg> args, std::int64_t items = 1,
                        std::uint32_t flags = 0) {
    Program program;
    Step step;
    step.kernel = "f";
    step.grid[0] = fixed(items);
    step.args = std::move(args);
    step.flags = flags;
    module.entries = {"f"};
    program.modules.push_back(std::move(module));
    program.steps.push_back(std::move(step));
    return program;
}

struct BenchTop {
    cpu::CpuBackend backend{HONE_CPU_PARTS};
    Device device;
    std::unique_ptr<Session> session;
    Problem problem;

    explicit BenchTop(const std::string& spec = {}, const SessionOptions& options = {})
        : device(backend.devices(spec).at(0)), session(backend.open(device, options)) {}

    [[nodiscard]] bool compiles() const { return backend.missing().empty(); }

    Session::Loaded load(const Program& program) const {
        std::vector<Binary> binaries;
        for (const Module& module : program.modules) {
            CompileResult result = backend.compile(module, device.model);
            if (result.outcome != Outcome::ok) return {nullptr, result.outcome, result.log};
            binaries.push_back(std::move(result.binary));
        }
        return session->load(program, binaries);
    }

    template <typename T>
    std::unique_ptr<Memory> memory(const std::vector<T>& values, MemoryUse use) {
        auto made = session->allocate(values.size() * sizeof(T), use);
        session->upload(*made, 0, std::as_bytes(std::span(values)));
        return made;
    }
    template <typename T> std::vector<T> values(const Memory& memory) {
        std::vector<T> out(memory.size() / sizeof(T));
        session->download(memory, 0, std::as_writable_bytes(std::span(out)));
        return out;
    }

    Launch launch(const Kernel& kernel, std::vector<Tensor> operands) const {
        Launch made;
        made.kernel = &kernel;
        made.problem = &problem;
        made.operand_sets.push_back(std::move(operands));
        return made;
    }
};

} // namespace hone::test
