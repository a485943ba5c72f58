// NVRTC in the stub: keeps a source's stub lines as its machine code.
#include "tests/cuda_stub/common/settings.hpp"
#include "tests/cuda_stub/common/stub_text.hpp"

#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <unistd.h>

using namespace cuda_stub;

namespace {

constexpr int success = 0, out_of_memory = 1, invalid_program = 4, compilation_failed = 6;

struct Program {
    std::string source, name, log, ptx, cubin;
};

int give(const std::string& text, std::size_t* bytes) {
    *bytes = text.size();
    return success;
}
int give(const std::string& text, char* to) {
    std::memcpy(to, text.data(), text.size());
    return success;
}

std::string arch_of(int count, const char* const* options) {
    constexpr std::string_view key = "--gpu-architecture=";
    for (int i = 0; i < count; ++i)
        if (std::string_view(options[i]).starts_with(key)) return options[i] + key.size();
    return {};
}

} // namespace

extern "C" {

int nvrtcVersion(int* major, int* minor) {
    const auto version = Settings::from_env().number("nvrtc", 13000);
    *major = static_cast<int>(version / 1000);
    *minor = static_cast<int>(version % 1000 / 10);
    return success;
}
const char* nvrtcGetErrorString(int result) {
    return result == compilation_failed ? "NVRTC_ERROR_COMPILATION" : "NVRTC_STUB_ERROR";
}
int nvrtcCreateProgram(Program** program, const char* source, const char* name, int,
                       const char* const*, const char* const*) {
    *program = new Program{source, name ? name : "", {}, {}, {}};
    return success;
}
int nvrtcDestroyProgram(Program** program) {
    delete *program;
    *program = nullptr;
    return success;
}
int nvrtcCompileProgram(Program* program, int count, const char* const* options) {
    if (!program) return invalid_program;
    const StubText stub = parse(program->source);
    if (stub.compile == "crash") std::abort();
    if (stub.compile == "hang")
        for (;;) ::pause();
    if (stub.compile == "oom") return out_of_memory;
    if (stub.compile == "fail") {
        program->log = program->name + "(1): error: the stub was told to refuse this";
        return compilation_failed;
    }
    const std::string arch = arch_of(count, options);
    if (!arch.starts_with("sm_")) {
        program->log = "nvrtc: error: invalid value for --gpu-architecture";
        return compilation_failed;
    }
    for (const auto& [name, entry] : stub.entries) {
        program->log +=
            "ptxas info    : Compiling entry function '" + name + "' for '" + arch +
            "'\nptxas         .     0 bytes stack frame, " + std::to_string(stub.spill_bytes) +
            " bytes spill stores, " + std::to_string(stub.spill_bytes) +
            " bytes spill loads\nptxas info    : Used " + std::to_string(stub.registers) +
            " registers, " + std::to_string(entry.shared_bytes) + " bytes smem\n";
    }
    if (stub.compile == "spoiled")
        program->log += "ptxas info    : (C7510) Potential Performance Loss: wgmma.mma_async "
                        "instructions are serialized\n";
    const std::string lines = lines_of(program->source);
    program->ptx = "// stub\n.version 9.0\n.target " + arch + std::string(1, '\0');
    program->cubin = std::string(code_magic) + std::to_string(lines.size()) + "\n" + lines;
    return success;
}
int nvrtcGetProgramLogSize(Program* program, std::size_t* bytes) {
    *bytes = program->log.size() + 1;
    return success;
}
int nvrtcGetProgramLog(Program* program, char* text) {
    std::memcpy(text, program->log.c_str(), program->log.size() + 1);
    return success;
}
int nvrtcGetPTXSize(Program* program, std::size_t* bytes) { return give(program->ptx, bytes); }
int nvrtcGetPTX(Program* program, char* text) { return give(program->ptx, text); }
int nvrtcGetCUBINSize(Program* program, std::size_t* bytes) { return give(program->cubin, bytes); }
int nvrtcGetCUBIN(Program* program, char* bytes) { return give(program->cubin, bytes); }

} // extern "C"
