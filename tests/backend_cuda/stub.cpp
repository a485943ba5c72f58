#include "tests/backend_cuda/stub.hpp"

namespace cuda_test {

std::string stub_library(const std::string& part) {
    return std::string(HONE_CUDA_STUB_LIBRARIES) + "/libcuda_stub_" + part + ".so";
}

std::string stub_plugins() { return HONE_CUDA_STUB_DIR; }

std::map<std::string, std::string> stub_environment(const std::string& settings) {
    return {{"HONE_CUDA_DRIVER", stub_library("driver")},
            {"HONE_CUDA_NVRTC", stub_library("nvrtc")},
            {"HONE_CUDA_NVML", stub_library("nvml")},
            {"HONE_CUDA_CUBLASLT", "/nowhere/libcublasLt.so"},
            {"HONE_PLUGIN_PATH", stub_plugins()},
            {"HONE_CUDA_STUB", settings}};
}

hone::NamedLibraries stub_libraries(const std::string& settings) {
    ::setenv("HONE_CUDA_STUB", settings.c_str(), 1);
    return {stub_library("driver"), stub_library("nvrtc"), stub_library("nvml"), {}, {}};
}

hone::NamedLibraries no_libraries() {
    return {"/nowhere/libcuda.so", "/nowhere/libnvrtc.so", "/nowhere/libnvidia-ml.so", {}, {}};
}

hone::Program Card::program(const std::vector<std::string>& lines,
                            std::vector<hone::KernelArg> args) {
    hone::Module module;
    module.name = "test.cu";
    for (const std::string& line : lines) module.source += "//stub " + line + "\n";
    module.entries = {"kernel"};
    hone::Step step;
    step.kernel = "kernel";
    step.args = std::move(args);
    hone::Program program;
    program.modules = {std::move(module)};
    program.steps = {std::move(step)};
    return program;
}

hone::Session::Loaded Card::load(const hone::Program& program) const {
    std::vector<hone::Binary> binaries;
    for (const hone::Module& module : program.modules) {
        hone::CompileResult compiled = backend.compile(module, device.model);
        if (compiled.outcome != hone::Outcome::ok) return {nullptr, compiled.outcome, compiled.log};
        binaries.push_back(std::move(compiled.binary));
    }
    return session->load(program, binaries);
}

hone::Launch launch(const hone::Kernel& kernel, const hone::Problem& problem,
                    std::vector<hone::Tensor> operands) {
    hone::Launch launch;
    launch.kernel = &kernel;
    launch.problem = &problem;
    launch.operand_sets = {std::move(operands)};
    return launch;
}

} // namespace cuda_test
