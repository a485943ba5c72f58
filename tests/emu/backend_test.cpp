// The backend around the emulator: programs, memory, findings, cost.
#include "backend.hpp"
#include "machine.hpp"
#include "tests/catch.hpp"

#include <algorithm>

using namespace hone;

namespace {

Module ptx_module(std::string text) {
    Module module;
    module.name = "kernel.ptx";
    module.source = std::move(text);
    module.entries = {"k"};
    return module;
}

const std::string head = ".version 8.0\n.target sm_80\n.address_size 64\n";

// One block of 64 threads with one pointer.
Program program_of(const std::string& body) {
    Program program;
    program.modules.push_back(
        ptx_module(head +
                   ".visible .entry k(.param .u64 out)\n{\n .reg .pred %p<4>;\n .reg .b32 %r<8>;\n"
                   " .reg .b64 %d<4>;\n ld.param.u64 %d0, [out];\n mov.u32 %r0, %tid.x;\n"
                   " mad.wide.u32 %d1, %r0, 4, %d0;\n" +
                   body + "\n ret;\n}\n"));
    Step& step = program.steps.emplace_back();
    step.kernel = "k";
    step.block = {64, 1, 1};
    step.args = {OperandArg{0}};
    return program;
}

struct Ran {
    RunReport report;
    std::vector<std::uint32_t> out;
    std::vector<Samples> samples;
};

Ran run(const Program& program) {
    const emu::EmuBackend backend;
    const Device device = backend.devices("sm_80").front();
    const CompileResult compiled = backend.compile(program.modules[0], device.model);
    REQUIRE(compiled.outcome == Outcome::ok);
    const auto session = backend.open(device, {});
    Session::Loaded loaded = session->load(program, {&compiled.binary, 1});
    Ran ran;
    ran.report = {loaded.outcome, loaded.detail, false};
    if (!loaded.kernel) return ran;
    const auto memory = session->allocate(256, MemoryUse::output);
    session->upload(*memory, 0, std::vector<std::byte>(256, std::byte{0xFF}));
    Tensor operand;
    operand.data = memory->data();
    const Problem problem;
    Launch launch;
    launch.kernel = loaded.kernel.get();
    launch.problem = &problem;
    launch.operand_sets = {{operand}};
    ran.report = session->run(launch);
    ran.samples = session->measure({&launch, 1}, policy("emu-cost/1"), 3,
                                   std::chrono::steady_clock::now() + std::chrono::minutes(1));
    ran.out.resize(64);
    session->download(*memory, 0, std::as_writable_bytes(std::span(ran.out)));
    return ran;
}

} // namespace

TEST_CASE("a program runs and its cost is counted, the same each time", "[emu]") {
    const Ran ran = run(program_of(" st.global.u32 [%d1], %r0;"));
    CHECK(ran.report.outcome == Outcome::ok);
    CHECK(ran.report.detail == "");
    for (std::uint32_t i = 0; i < 64; ++i) CHECK(ran.out[i] == i);
    // 2 warps of 5 instructions, 4 sectors of 32 bytes each.
    REQUIRE(ran.samples.size() == 1);
    CHECK(ran.samples[0].picoseconds == std::vector<std::int64_t>(3, (2 * 5 + 2 * 4) * 1000));
    const auto count = [&](const std::string& name) {
        for (const Count& each : ran.report.counts)
            if (each.name == name) return each.value;
        return std::int64_t{-1};
    };
    CHECK(count("warp_instructions") == 10);
    CHECK(count("bank_conflict_cycles") == 0);
    CHECK(count("sectors") == 8);
}

TEST_CASE("a stray write is out_of_bounds, with its rule and line", "[emu]") {
    const Ran ran = run(program_of(" st.global.u32 [%d1+4], %r0;"));
    CHECK(ran.report.outcome == Outcome::out_of_bounds);
    REQUIRE(ran.report.reports.size() == 1);
    CHECK(ran.report.reports[0].rule == "out_of_bounds");
    CHECK(ran.report.reports[0].file == "kernel.ptx");
    CHECK(ran.report.reports[0].line == 12);
    CHECK(ran.report.reports[0].message.find("0 bytes past the end of an output (256 bytes)") !=
          std::string::npos);
}

TEST_CASE("a result that hangs on the schedule is found", "[emu]") {
    // Whoever writes last wins.
    Program program = program_of(" shr.u32 %r1, %r0, 5;\n atom.global.exch.b32 %r2, [%d0], %r1;");
    const Ran ran = run(program);
    CHECK(ran.report.outcome == Outcome::race);
    REQUIRE(ran.report.reports.size() == 1);
    CHECK(ran.report.reports[0].rule == "schedule_dependent");
    program.numerics.deterministic = false;
    CHECK(run(program).report.outcome == Outcome::ok);
}

TEST_CASE("PTX that is not understood is a failed launch that says why", "[emu]") {
    const Ran ran = run(program_of(" tcgen05.commit;"));
    CHECK(ran.report.outcome == Outcome::launch_failed);
    CHECK(ran.report.detail.find("kernel.ptx.ptx") == std::string::npos);
    CHECK(ran.report.detail.find("kernel.ptx:12: tcgen05.commit") != std::string::npos);
}

TEST_CASE("an architecture is known by name, others are refused", "[emu]") {
    const emu::EmuBackend backend;
    for (const char* name : {"sm_75", "sm_80", "sm_86", "sm_89", "sm_90a", "sm_120"}) {
        const Device device = backend.devices(name).front();
        CHECK(device.id == std::string("emu:") + name);
        CHECK(device.model.backend == "emu");
        CHECK(device.model.arch == name);
    }
    CHECK(backend.devices("").empty());
    CHECK_THROWS_AS(backend.devices("sm_35"), Error);
}

TEST_CASE("CUDA C++ is compiled by NVRTC and its source lines are named", "[emu][nvrtc]") {
    const emu::EmuBackend backend;
    if (!backend.missing().empty()) HONE_SKIP(backend.missing().front());
    Program program = program_of("");
    program.modules[0].name = "k.cu";
    program.modules[0].source = "extern \"C\" __global__ void k(int* out) {\n"
                                "    out[threadIdx.x + OFFSET] = threadIdx.x;\n}\n";
    program.modules[0].options = {"-DOFFSET=0"};
    CHECK(run(program).report.outcome == Outcome::ok);
    program.modules[0].options = {"-DOFFSET=1"};
    const Ran stray = run(program);
    REQUIRE(stray.report.reports.size() == 1);
    CHECK(stray.report.reports[0].file.find("k.cu") != std::string::npos);
    CHECK(stray.report.reports[0].line == 2);
    // What compiles for a card compiles for the emulator.
    program.modules[0].source = "#include \"hone/math.cuh\"\n#include \"hone/mma.cuh\"\n"
                                "extern \"C\" __global__ void k(int* out) {\n"
                                "    out[threadIdx.x] = int(hone::warp_sum<32>(2.f));\n}\n";
    const Ran with_headers = run(program);
    CHECK(with_headers.report.outcome == Outcome::ok);
    CHECK(with_headers.out == std::vector<std::uint32_t>(64, 64));
    program.modules[0].source = "nonsense";
    const CompileResult failed =
        backend.compile(program.modules[0], backend.devices("sm_80").front().model);
    CHECK(failed.outcome == Outcome::compile_failed);
    CHECK(failed.log.find("k.cu") != std::string::npos);
}
