// The fake device opened in this process, and programs for it.
#pragma once

#include "hone/backend.hpp"
#include "hone/plugin.hpp"
#include "lib/plugin/load.hpp"
#include "tests/paths.hpp"

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace fake_test {

inline std::unique_ptr<hone::Backend> make_backend() {
    const std::string file = std::string(hone::test::fake_plugin_dir()) + "/fake_backend.so";
    auto contents = hone::plugin::make_contents(hone::plugin::open(file), {file, {}, {}, {}});
    return std::move(contents.backends.at(0));
}

// A program of one module, its text, and one step that calls `kernel` with `args`.
inline hone::Program program(std::string text, std::vector<hone::KernelArg> args = {}) {
    hone::Module module;
    module.name = "test.fake";
    module.source = std::move(text);
    module.entries = {"kernel"};
    hone::Step step;
    step.kernel = "kernel";
    step.args = std::move(args);
    hone::Program program;
    program.modules = {std::move(module)};
    program.steps = {std::move(step)};
    return program;
}

struct FakeDevice {
    std::unique_ptr<hone::Backend> backend = make_backend();
    hone::Device device = backend->devices("").at(0);
    std::unique_ptr<hone::Session> session = backend->open(device, {});

    hone::Session::Loaded load(const hone::Program& program) const {
        std::vector<hone::Binary> binaries;
        for (const hone::Module& module : program.modules) {
            hone::CompileResult compiled = backend->compile(module, device.model);
            if (compiled.outcome != hone::Outcome::ok)
                return {nullptr, compiled.outcome, compiled.log};
            binaries.push_back(std::move(compiled.binary));
        }
        return session->load(program, binaries);
    }

    std::unique_ptr<hone::Memory> floats(const std::vector<float>& values) const {
        auto memory = session->allocate(values.size() * sizeof(float), hone::MemoryUse::input);
        session->upload(*memory, 0, std::as_bytes(std::span(values)));
        return memory;
    }
    std::vector<float> floats(const hone::Memory& memory) const {
        std::vector<float> values(memory.size() / sizeof(float));
        session->download(memory, 0, std::as_writable_bytes(std::span(values)));
        return values;
    }
};

// Row-major, packed.
inline hone::Tensor matrix(const hone::Memory& memory, std::int64_t rows, std::int64_t columns) {
    return {memory.data(), {columns, 1}, {rows, columns}};
}

inline hone::Launch launch(const hone::Kernel& kernel, const hone::Problem& problem,
                           std::vector<hone::Tensor> operands) {
    hone::Launch launch;
    launch.kernel = &kernel;
    launch.problem = &problem;
    launch.operand_sets = {std::move(operands)};
    return launch;
}

} // namespace fake_test
