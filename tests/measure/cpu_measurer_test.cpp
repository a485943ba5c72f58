// The measurer on this machine's cores: compiled candidates in forked processes, timed for real.
#include "lib/measure/measurer.hpp"
#include "lib/plugin/load.hpp"
#include "tests/catch.hpp"
#include "tests/measure/results.hpp"
#include "tests/paths.hpp"
#include "tests/seed.hpp"

#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

using namespace hone;
using test::gemm;

namespace {

// A kernel: d = a b, or d += a b, row by row. TAIL products of each sum and EDGE columns of d are
// left out, and BEFORE and AFTER are statements around it; `launches` counts.
constexpr const char* source = R"(
#ifndef TAIL
#define TAIL 0
#endif
#ifndef EDGE
#define EDGE 0
#endif
#ifndef BEFORE
#define BEFORE
#endif
#ifndef AFTER
#define AFTER
#endif
struct hone_cpu_item { int index; int count; void* barrier; void (*wait)(void*); };

static int launches;

void multiply(void* const* args, const struct hone_cpu_item* item) {
    float* a = *(float**)args[0];
    float* b = *(float**)args[1];
    float* d = *(float**)args[2];
    const long m = *(long*)args[3], n = *(long*)args[4], k = *(long*)args[5];
    const long lda = *(long*)args[6], ldb = *(long*)args[7], ldd = *(long*)args[8];
    ++launches;
    BEFORE
    for (long i = 0; i < m; ++i)
        for (long j = 0; j < n - EDGE; ++j) {
            float sum = 0;
            for (long p = 0; p < k - TAIL; ++p) sum += a[i * lda + p] * b[p * ldb + j];
#ifdef ACCUMULATE
            d[i * ldd + j] += sum;
#else
            d[i * ldd + j] = sum;
#endif
        }
    AFTER
}
)";

std::unique_ptr<Backend> cpu_backend() {
    const std::string file = std::string(hone::test::plugin_dir()) + "/hone_backend_cpu.so";
    if (!std::filesystem::exists(file)) return nullptr;
    auto contents = plugin::make_contents(plugin::open(file), {file, {}, {}, {}});
    if (!contents.backends.at(0)->missing().empty()) return nullptr;
    return std::move(contents.backends.at(0));
}

struct CpuRig {
    CpuRig(Backend& cpu, const std::string& text)
        : backend(cpu), device(cpu.devices("1").at(0)), problem(gemm(text)),
          worker(options(), cpu, device, {.launch_seconds = 2}),
          measurer(worker, gemm_operation(), problem,
                   {.policy = policy("cpu-warm/1"), .seed = test::seed(), .stop = nullptr}) {}

    [[nodiscard]] static Options options() {
        Options options;
        options.worker = HONE_WORKER_PROGRAM;
        return options;
    }

    [[nodiscard]] Executable candidate(std::vector<std::string> macros) const {
        Module module;
        module.name = "multiply.c";
        module.source = source;
        module.entries = {"multiply"};
        if (Gemm::from(problem).accumulate) macros.emplace_back("-DACCUMULATE");
        module.options = std::move(macros);

        Step step;
        step.kernel = "multiply";
        step.grid = {Extent{}, Extent{}, Extent{}};
        step.args = {
            OperandArg{Gemm::a_arg},   OperandArg{Gemm::b_arg},   OperandArg{Gemm::d_arg},
            DimArg{Gemm::m_dim},       DimArg{Gemm::n_dim},       DimArg{Gemm::k_dim},
            StrideArg{Gemm::a_arg, 1}, StrideArg{Gemm::b_arg, 1}, StrideArg{Gemm::d_arg, 1}};
        Executable executable;
        CompileResult compiled = backend.compile(module, device.model);
        INFO(compiled.log);
        REQUIRE(compiled.outcome == Outcome::ok);
        executable.program.modules = {std::move(module)};
        executable.program.steps = {std::move(step)};
        executable.binaries = {std::move(compiled.binary)};
        return executable;
    }

    Backend& backend;
    Device device;
    Problem problem;
    DeviceWorker worker;
    Measurer measurer;
};

} // namespace

TEST_CASE("compiled candidates are proved and timed on this machine", "[measure][cpu]") {
    const std::unique_ptr<Backend> backend = cpu_backend();
    if (!backend) {
        std::cout << "skipped: no compiler for CPU kernels\n";
        return;
    }
    for (const char* text :
         {"gemm m=40 n=33 k=70 a=f32", "gemm m=40 n=33 k=70 a=f32 leading=strided alignment=16",
          "gemm m=40 n=33 k=70 a=f32 accumulate=true"}) {
        CAPTURE(text);
        CpuRig rig(*backend, text);
        const Executable right = rig.candidate({});
        const Measured measured = rig.measurer.screen(right, 0);
        CAPTURE(measured.detail);
        CHECK(measured.outcome == Outcome::ok);
        CHECK(measured.time.count > 0);
        CHECK(measured.time.min_ps > 0);
        CHECK(measured.total_error.componentwise_ppt > 0);

        struct Fault {
            std::vector<std::string> macros;
            Outcome outcome;
            std::string detail; // its beginning
        };
        std::vector<Fault> faults = {
            {{"-DTAIL=1"}, Outcome::wrong_result, "d[0,"},
            {{"-DAFTER=d[(m-1)*ldd+n-1]*=1.001f;"}, Outcome::wrong_result, "d[39,32]: expected"},
            {{"-DBEFORE=a[3]=0;"}, Outcome::illegal_access, "write at byte 12 of operand a"},
            {{"-DBEFORE=*(volatile int*)8=0;"}, Outcome::crash, "signal 11"},
            {{"-DAFTER=for(;;);"}, Outcome::hang, "a launch took longer"},
            {{"-DAFTER=d[m*ldd+n]=0;"}, Outcome::out_of_bounds, "operand d"},
        };
        const Gemm shape = Gemm::from(rig.problem);
        if (!shape.accumulate)
            faults.push_back({{"-DEDGE=1"}, Outcome::not_finite, "d[0,32]: expected"});
        if (shape.leading.strided)
            faults.push_back(
                {{"-DAFTER=d[5*ldd+n]=0;"}, Outcome::out_of_bounds, "d[5,33]: written"});
        for (const Fault& fault : faults) {
            CAPTURE(fault.macros.front());
            const Measured failed = rig.measurer.screen(rig.candidate(fault.macros), 0);
            CAPTURE(failed.detail);
            CHECK(failed.outcome == fault.outcome);
            CHECK(failed.detail.find(fault.detail) != std::string::npos);
        }
    }
}

TEST_CASE("a compiled contender that crashes while it is timed is found", "[measure][cpu]") {
    const std::unique_ptr<Backend> backend = cpu_backend();
    if (!backend) {
        std::cout << "skipped: no compiler for CPU kernels\n";
        return;
    }
    CpuRig rig(*backend, "gemm m=40 n=33 k=70 a=f32");
    std::vector<Executable> contenders;
    contenders.push_back(rig.candidate({}));
    contenders.push_back(rig.candidate({"-DBEFORE=if(launches>6)__builtin_trap();"}));
    contenders.push_back(rig.candidate({"-DAFTER=__asm__(\"\");"}));
    std::vector<const Executable*> pointers;
    for (const Executable& contender : contenders) pointers.push_back(&contender);
    const std::vector<Measured> measured = rig.measurer.final(pointers, 2);
    CAPTURE(measured[0].detail, measured[1].detail, measured[2].detail);
    CHECK(measured[0].outcome == Outcome::ok);
    CHECK(measured[1].outcome == Outcome::crash);
    CHECK(measured[2].outcome == Outcome::ok);
    CHECK(measured[0].time.count > 0);
    CHECK(measured[1].detail.find("SIGILL") != std::string::npos);
}
