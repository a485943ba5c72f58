// PTX texts: parsed, decoded and, for a short while, run. Whatever they say, the emulator refuses
// or reports, and touches no memory but its own.
#include "decode/module.hpp"
#include "exec/grid.hpp"
#include "hone/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hone::emu;
    AddressSpace memory;
    try {
        Module module(std::string(reinterpret_cast<const char*>(data), size), "fuzz.ptx", memory);
        for (const std::string& name : module.kernels()) {
            const auto kernel = module.kernel(name);
            Launch launch;
            launch.kernel = kernel.get();
            launch.block = {64, 1, 1};
            launch.dynamic_shared_bytes = 256;
            launch.params.resize(kernel->param_bytes);
            Options options;
            options.most_instructions = 20000;
            options.most_idle = 5000;
            Reports reports;
            Grid grid(memory, launch, options, reports);
            (void)grid.run();
            (void)reports.sorted();
        }
    } catch (const hone::Error&) {
        return 0;
    }
    return 0;
}
