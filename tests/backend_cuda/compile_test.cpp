#include "hone/known_gpus.hpp"
#include "nvrtc/compile.hpp"
#include "nvrtc/device_headers.hpp"
#include "nvrtc/ptxas_log.hpp"
#include "tests/backend_cuda/stub.hpp"
#include "tests/catch.hpp"

#include <string>

using namespace hone;

namespace {

DeviceModel gpu(const std::string& arch) { return *known_gpu(arch); }

Module module_of(const std::string& source) {
    Module module;
    module.name = "test.cu";
    module.source = source;
    return module;
}

} // namespace

TEST_CASE("registers, spills, stack and shared memory are read from what ptxas says",
          "[backend_cuda]") {
    const Resources resources = cuda::resources_in(
        "ptxas info    : 0 bytes gmem\n"
        "ptxas info    : Compiling entry function 'a' for 'sm_80'\n"
        "ptxas         .     160 bytes stack frame, 88 bytes spill stores, 104 bytes spill loads\n"
        "ptxas info    : Used 21 registers, used 1 barriers, 160 bytes cumulative stack size, "
        "400 bytes smem, 364 bytes cmem[0]\n"
        "ptxas info    : Compiling entry function 'b' for 'sm_80'\n"
        "ptxas         .     0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\n"
        "ptxas info    : Used 255 registers, 16 bytes smem\n");
    CHECK(resources.registers == 255);
    CHECK(resources.spill_bytes == 104);
    CHECK(resources.stack_bytes == 160);
    CHECK(resources.shared_bytes == 400);
    CHECK(cuda::resources_in("").registers == 0);
}

TEST_CASE("kernels that ptxas spoiled are told from those it only remarks on", "[backend_cuda]") {
    CHECK_FALSE(
        cuda::spoiled_by_ptxas("ptxas info : (C7510) Potential Performance Loss\n").empty());
    CHECK_FALSE(
        cuda::spoiled_by_ptxas("setmaxnreg ignored; unable to determine register count").empty());
    CHECK(cuda::spoiled_by_ptxas("ptxas info : Used 75 registers, 7500 bytes smem").empty());
    CHECK(cuda::spoiled_by_ptxas("warning #C75: x").empty());
}

TEST_CASE("a compiler that fails, runs out of memory or spoils a kernel is a result",
          "[backend_cuda]") {
    const cuda::CudaBackend backend(cuda_test::stub_libraries());
    struct Row {
        const char* what;
        Outcome outcome;
        const char* log;
    };
    for (const auto& [what, outcome, log] :
         {Row{"ok", Outcome::ok, "registers"}, Row{"fail", Outcome::compile_failed, "test.cu(1)"},
          Row{"oom", Outcome::out_of_memory, "memory"},
          Row{"spoiled", Outcome::compile_failed, "C7510"}}) {
        const CompileResult result = backend.compile(
            module_of(std::string("//stub entry kernel\n//stub compile ") + what), gpu("sm_80"));
        CHECK(result.outcome == outcome);
        CHECK(result.log.find(log) != std::string::npos);
    }
    CHECK(backend.compile_key(gpu("sm_80")) != backend.compile_key(gpu("sm_86")));
}

TEST_CASE("NVRTC compiles our headers for every architecture", "[backend_cuda]") {
    const cuda::Nvrtc nvrtc({}, {});
    if (!nvrtc.usable()) HONE_SKIP("there is no NVRTC here");
    std::string source;
    for (const cuda::DeviceHeader& header : cuda::device_headers())
        source += std::string("#include \"") + header.name + "\"\n";
    source += "extern \"C\" __global__ void k(float* p) {\n"
              "    __shared__ float s[32];\n"
              "    s[threadIdx.x] = hone::to_float(hone::rounded<hone::bf16>(p[threadIdx.x]));\n"
              "    hone::barrier<1>(32);\n"
              "    p[threadIdx.x] = hone::warp_sum<32>(s[threadIdx.x ^ 1]);\n"
              "}\n";
    for (const char* arch : {"sm_75", "sm_80", "sm_86", "sm_89", "sm_90a", "sm_100a", "sm_120a"}) {
        INFO(arch);
        std::string ptx;
        const CompileResult result = cuda::compile(nvrtc, module_of(source), arch, &ptx);
        CAPTURE(result.log);
        REQUIRE(result.outcome == Outcome::ok);
        CHECK(result.binary.format == "cubin");
        CHECK(std::string(reinterpret_cast<const char*>(result.binary.bytes.data()), 4) == "\x7f"
                                                                                           "ELF");
        CHECK(ptx.find(std::string(".target ") + arch) != std::string::npos);
        CHECK(ptx.back() != '\0');
        CHECK(result.binary.resources.registers > 0);
        CHECK(result.binary.resources.shared_bytes == 128);
    }
    const CompileResult broken =
        cuda::compile(nvrtc, module_of("__global__ void k() { oops; }"), "sm_80");
    CHECK(broken.outcome == Outcome::compile_failed);
    CHECK(broken.log.find("test.cu(1)") != std::string::npos);
}
