#include "bench_top.hpp"
#include "tests/catch.hpp"

#include <fstream>
#include <unistd.h>

using namespace hone;
using namespace hone::test;

namespace {

std::int64_t resident_kib() {
    std::ifstream file("/proc/self/statm");
    std::int64_t total = 0, resident = 0;
    file >> total >> resident;
    return resident * sysconf(_SC_PAGESIZE) / 1024;
}

} // namespace

TEST_CASE("every kind of argument reaches the kernel", "[backend_cpu]") {
    BenchTop top;
    if (!top.compiles()) HONE_SKIP(top.backend.missing().front());
    top.problem.dims[2] = 77;
    Program program =
        one_step(source_module(R"(
        void f(Args a, Item i) {
            double* out = *(double**)a[0];
            out[0] = **(float**)a[1];
            out[1] = *(float*)a[2];
            out[2] = *(int*)a[3];
            out[3] = *(long*)a[4];
            out[4] = *(int*)a[5];
            out[5] = *(long*)a[6];
            out[6] = *(float*)a[7];
            out[7] = *(long*)a[8];
            out[8] = *(unsigned char**)a[9] - *(unsigned char**)a[10];
            out[9] = **(float**)a[11];
            out[10] = *(void**)a[12] == 0;
        })"),
                 {OperandArg{0, 0}, OperandArg{1, 4}, ScalarArg{2}, DimArg{2, 32}, DimArg{2, 64},
                  StrideArg{1, 0, 32}, StrideArg{1, 1, 64}, ImmediateArg{0x40200000, 32},
                  ImmediateArg{std::uint64_t{1} << 40, 64}, WorkspaceArg{128}, WorkspaceArg{0},
                  PreparedArg{0}, OperandArg{3, 16}});
    program.workspace_bytes = fixed(256);
    program.prepare.push_back({0, "test/1", fixed(4), {}});
    const auto loaded = top.load(program);
    INFO(loaded.detail);
    REQUIRE(loaded.outcome == Outcome::ok);

    const auto out = top.session->allocate(11 * sizeof(double), MemoryUse::output);
    const auto in = top.memory<float>({1, 5}, MemoryUse::input);
    const auto workspace = top.session->allocate(256, MemoryUse::workspace);
    float scalar = 2.25F, prepared = 8;
    Launch launch =
        top.launch(*loaded.kernel, {{out->data()}, {in->data(), {100, 1}}, {&scalar}, {nullptr}});
    launch.workspace = workspace->data();
    launch.prepared = {&prepared};
    REQUIRE(top.session->run(launch).outcome == Outcome::ok);
    const std::vector<double> expected{5, 2.25, 77, 77, 100, 1, 2.5, 1099511627776.0, 128, 8, 1};
    CHECK(top.values<double>(*out) == expected);

    SECTION("what a launch lacks is refused") {
        const auto status = [&](std::vector<Tensor> operands, std::vector<void*> prepareds,
                                void* space) {
            return loaded.kernel->launch(top.problem, operands, prepareds, space, {});
        };
        CHECK(status({{out->data()}}, {&prepared}, workspace->data()) == Status::invalid_argument);
        CHECK(status(launch.operand_sets[0], {}, workspace->data()) == Status::invalid_argument);
        CHECK(status(launch.operand_sets[0], {&prepared}, nullptr) == Status::workspace_too_small);
    }
}

TEST_CASE("a program that no CPU can run fails to load with the reason", "[backend_cpu]") {
    const BenchTop top;
    if (!top.compiles()) HONE_SKIP(top.backend.missing().front());
    const Module module = source_module("void f(Args a, Item i) {}");
    Program other_entry = one_step(module, {});
    other_entry.steps[0].kernel = "g";
    Program other_module = one_step(module, {});
    other_module.steps[0].module = 1;
    Program no_library = one_step({}, {});
    no_library.modules[0].kind = Module::Kind::library;
    no_library.modules[0].library = "/nowhere/lib.so";
    struct Case {
        Program program;
        const char* reason;
    };
    const Case cases[] = {
        {one_step(module, {TensorMap{}}), "tensor map"},
        {one_step(module, std::vector<KernelArg>(65, DimArg{})), "65 arguments"},
        {one_step(module, {PreparedArg{0}}), "prepared operand 0"},
        {other_entry, "no entry g"},
        {other_module, "module 1"},
        {no_library, "/nowhere/lib.so"},
        {one_step(source_module("void g(void); void f(Args a, Item i) { g(); }"), {}),
         "no entry f"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.reason);
        const auto loaded = top.load(c.program);
        CHECK(loaded.outcome == Outcome::launch_failed);
        CHECK(loaded.kernel == nullptr);
        CHECK_THAT(loaded.detail, Catch::Contains(c.reason));
    }

    const Program program = one_step(module, {});
    const Binary garbage{"elf-object", std::vector<std::byte>(100, std::byte{7}), {}};
    CHECK(top.session->load(program, {&garbage, 1}).outcome == Outcome::launch_failed);
}

TEST_CASE("two modules may define the same names", "[backend_cpu]") {
    BenchTop top;
    if (!top.compiles()) HONE_SKIP(top.backend.missing().front());
    Program program =
        one_step(source_module("int v = 1; void f(Args a, Item i) { (*(int**)a[0])[0] += v; }"),
                 {OperandArg{0}});
    program.modules.push_back(
        source_module("int v = 10; void f(Args a, Item i) { (*(int**)a[0])[0] += v; }"));
    program.steps.push_back(program.steps[0]);
    program.steps[1].module = 1;
    const auto loaded = top.load(program);
    REQUIRE(loaded.outcome == Outcome::ok);
    const auto out = top.memory<int>({0}, MemoryUse::output);
    CHECK(top.session->run(top.launch(*loaded.kernel, {{out->data()}})).outcome == Outcome::ok);
    CHECK(top.values<int>(*out) == std::vector<int>{11});
}

TEST_CASE("memory named by zero_init is zero before every launch", "[backend_cpu]") {
    BenchTop top;
    if (!top.compiles()) HONE_SKIP(top.backend.missing().front());
    top.problem.dims[0] = 3;
    Program program = one_step(source_module(R"(
        void f(Args a, Item i) {
            int* w = *(int**)a[0]; int* d = *(int**)a[1];
            for (int j = 0; j < 4; ++j) { w[j] += 1; d[j] += w[j]; }
        })"),
                               {WorkspaceArg{0}, OperandArg{0}});
    program.workspace_bytes = fixed(16);
    program.zero_init = {{true, 0, fixed(4), {4, {{0, 1}}}}, {false, 0, fixed(0), fixed(8)}};
    const auto loaded = top.load(program);
    REQUIRE(loaded.outcome == Outcome::ok);
    const auto out = top.memory<int>({100, 100, 100, 100}, MemoryUse::output);
    auto workspace = top.memory<int>({50, 50, 50, 50}, MemoryUse::workspace);
    Launch launch = top.launch(*loaded.kernel, {{out->data()}});
    launch.workspace = workspace->data();
    REQUIRE(top.session->run(launch).outcome == Outcome::ok);
    CHECK(top.values<int>(*out) == std::vector<int>{51, 1, 101, 101});
    REQUIRE(top.session->run(launch).outcome == Outcome::ok);
    CHECK(top.values<int>(*out) == std::vector<int>{52, 1, 102, 102});
}

TEST_CASE("a constant operand is prepared by its own steps", "[backend_cpu]") {
    BenchTop top;
    if (!top.compiles()) HONE_SKIP(top.backend.missing().front());
    Program program = one_step(source_module(R"(
        void f(Args a, Item i) { (*(int**)a[0])[0] = (*(int**)a[1])[0] + 1; }
        void prepare(Args a, Item i) { (*(int**)a[0])[0] = 10 * (*(int**)a[1])[0]; })"),
                               {OperandArg{1}, PreparedArg{0}});
    Step step = program.steps[0];
    step.kernel = "prepare";
    step.args = {PreparedArg{0}, OperandArg{0}};
    program.prepare.push_back({0, "times-ten/1", fixed(4), {step}});
    const auto loaded = top.load(program);
    REQUIRE(loaded.outcome == Outcome::ok);
    int weight = 7, packed = 0, result = 0;
    const Tensor operands[] = {{&weight}, {&result}};
    REQUIRE(loaded.kernel->prepare(0, top.problem, operands, &packed, {}) == Status::ok);
    CHECK(packed == 70);
    void* const prepared[] = {&packed};
    REQUIRE(loaded.kernel->launch(top.problem, operands, prepared, nullptr, {}) == Status::ok);
    CHECK(result == 71);
    CHECK(loaded.kernel->prepare(1, top.problem, operands, &packed, {}) ==
          Status::invalid_argument);
}

TEST_CASE("a library module runs without a compiler", "[backend_cpu]") {
    const cpu::CpuBackend backend("/nowhere");
    const Device device = backend.devices("1").at(0);
    const auto session = backend.open(device, {});
    Module module;
    module.kind = Module::Kind::library;
    module.library = HONE_TEST_LIBRARY;
    Program program = one_step(module, {OperandArg{0}, OperandArg{1}, DimArg{0, 32}});
    program.steps[0].kernel = "add_one";
    const Binary none;
    const auto loaded = session->load(program, {&none, 1});
    INFO(loaded.detail);
    REQUIRE(loaded.outcome == Outcome::ok);
    const float a[] = {1, 2, 3};
    float d[] = {0, 0, 0};
    Problem problem;
    problem.dims[0] = 3;
    const Tensor operands[] = {{const_cast<float*>(a)}, {d}};
    REQUIRE(loaded.kernel->launch(problem, operands, {}, nullptr, {}) == Status::ok);
    CHECK(std::vector<float>(d, d + 3) == std::vector<float>{2, 3, 4});
}

TEST_CASE("loading and unloading leaves nothing behind", "[backend_cpu]") {
    const BenchTop top;
    if (!top.compiles()) HONE_SKIP(top.backend.missing().front());
    const Program program = one_step(
        source_module(
            "static int table[1 << 16]; void f(Args a, Item i) { table[*(int*)a[0]] = 1; }"),
        {ImmediateArg{3}});
    const CompileResult compiled = top.backend.compile(program.modules[0], top.device.model);
    REQUIRE(compiled.outcome == Outcome::ok);
    const auto cycle = [&](int times) {
        for (int i = 0; i < times; ++i) {
            const auto loaded = top.session->load(program, {&compiled.binary, 1});
            REQUIRE(loaded.outcome == Outcome::ok);
            REQUIRE(loaded.kernel->launch(top.problem, {}, {}, nullptr, {}) == Status::ok);
        }
    };
    cycle(20);
    const std::int64_t before = resident_kib();
    cycle(200);
    // Without unloading, 200 tables of 256 KiB.
    CHECK(resident_kib() - before < 10'000);
}

TEST_CASE("a kernel outlives the session that loaded it", "[backend_cpu]") {
    BenchTop top;
    if (!top.compiles()) HONE_SKIP(top.backend.missing().front());
    auto loaded = top.load(one_step(
        source_module("void f(Args a, Item i) { (*(int**)a[0])[0] = 5; }"), {OperandArg{0}}));
    REQUIRE(loaded.outcome == Outcome::ok);
    top.session.reset();
    int value = 0;
    const Tensor operand{&value};
    CHECK(loaded.kernel->launch(top.problem, {&operand, 1}, {}, nullptr, {}) == Status::ok);
    CHECK(value == 5);
}
