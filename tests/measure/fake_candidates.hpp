// A measurer on the fake device, and candidates that behave as their text says.
#pragma once

#include "lib/measure/measurer.hpp"
#include "tests/fake_backend/fake_device.hpp"
#include "tests/fake_backend/gemm_arguments.hpp"
#include "tests/measure/results.hpp"
#include "tests/paths.hpp"
#include "tests/seed.hpp"

#include <string>
#include <utility>
#include <vector>

namespace hone::test {

struct FakeRig {
    explicit FakeRig(const std::string& text = "gemm m=24 n=20 k=36 a=f32",
                     const std::atomic<bool>* stop = nullptr)
        : problem(gemm(text)),
          worker(options(), *backend, device, {.load_seconds = 10, .launch_seconds = 1}),
          measurer(worker, gemm_operation(), problem,
                   {.policy = policy("gpu-cold-rotate/1"), .seed = seed(), .stop = stop}) {}

    [[nodiscard]] static Options options() {
        Options options;
        options.worker = HONE_WORKER_PROGRAM;
        options.plugin_folders = {hone::test::fake_plugin_dir()};
        return options;
    }

    // A gemm kernel; `behaviour` in the language of tests/fake_backend/backend/module_text.hpp.
    [[nodiscard]] Executable candidate(const std::string& behaviour) const {
        const Gemm gemm = Gemm::from(problem);
        Executable executable;
        executable.program = fake_test::program(
            fake::gemm_params(gemm) + "compute gemm\n" + behaviour + "\n",
            fake::gemm_arguments(gemm, OperandArg{Gemm::a_arg}, OperandArg{Gemm::b_arg}));
        executable.program.steps.front().grid = {Extent{}, Extent{}, Extent{}};
        for (const Module& module : executable.program.modules)
            executable.binaries.push_back(backend->compile(module, device.model).binary);
        return executable;
    }

    std::unique_ptr<Backend> backend = fake_test::make_backend();
    Device device = backend->devices("").at(0);
    Problem problem;
    DeviceWorker worker;
    Measurer measurer;
};

inline std::vector<const Executable*> pointers(const std::vector<Executable>& executables) {
    std::vector<const Executable*> pointers;
    for (const Executable& executable : executables) pointers.push_back(&executable);
    return pointers;
}

} // namespace hone::test
