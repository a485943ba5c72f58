// The stub's libraries, and a card of theirs opened in this process.
#pragma once

#include "backend.hpp"
#include "hone/backend.hpp"

#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace cuda_test {

[[nodiscard]] std::string stub_library(const std::string& part); // "driver", "nvrtc", "nvml", "old"
[[nodiscard]] std::string stub_plugins(); // the folder of the stub's families

// The same for a tool: what it is to find in its environment. No cuBLASLt, unless a test says so:
// the real one cannot work with this driver.
[[nodiscard]] std::map<std::string, std::string> stub_environment(const std::string& settings = {});
// The stub's libraries, with the card that `settings` describe.
[[nodiscard]] hone::NamedLibraries stub_libraries(const std::string& settings = {});
// A driver or NVRTC that is not there.
[[nodiscard]] hone::NamedLibraries no_libraries();

struct Card {
    explicit Card(const std::string& settings = {})
        : backend(stub_libraries(settings)), device(backend.devices("").at(0)),
          session(backend.open(device, {})) {}

    // Lines of stub text, without their marker, as a program of one module. The step calls
    // `kernel`.
    [[nodiscard]] static hone::Program program(const std::vector<std::string>& lines,
                                               std::vector<hone::KernelArg> args = {});
    [[nodiscard]] hone::Session::Loaded load(const hone::Program& program) const;

    hone::cuda::CudaBackend backend;
    hone::Device device;
    std::unique_ptr<hone::Session> session;
};

[[nodiscard]] hone::Launch launch(const hone::Kernel& kernel, const hone::Problem& problem,
                                  std::vector<hone::Tensor> operands = {});

} // namespace cuda_test
