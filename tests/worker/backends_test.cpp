// The way from source to results through both kinds of worker, on the backends that others bring.
#include "hone/error.hpp"
#include "hone/registry.hpp"
#include "lib/worker/compile_pool.hpp"
#include "tests/catch.hpp"
#include "tests/paths.hpp"
#include "tests/worker/rig.hpp"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace hone;

namespace {

constexpr std::array kinds{PluginKind::backend};

// One step that calls "kernel" with operands x, y, z, the scalar and n.
Program program_of(const std::string& name, const std::string& source,
                   std::vector<KernelArg> args) {
    Module module;
    module.name = name;
    module.source = source;
    module.entries = {"kernel"};
    Step step;
    step.kernel = "kernel";
    step.args = std::move(args);
    Program program;
    program.modules = {module};
    program.steps = {step};
    return program;
}

// Compiles and checks candidates of one backend, one after the other.
class Path final {
  public:
    explicit Path(const Options& options, const std::string& backend, std::int64_t n = 1000)
        : problem(test::scale_problem(n)), sets(test::operand_sets(operation, problem, 1)),
          registry_(options, kinds), backend_(registry_.backend(backend)),
          device_(backend_.devices("").at(0)),
          pool_(options, backend_, device_.model, {}, 1, {.seconds = 20}),
          worker(options, backend_, device_, {.load_seconds = 10, .launch_seconds = 0.5}) {
        worker.set_problem(operation, problem, sets);
    }

    CheckReport check(const Program& program) {
        Executable executable{program, {}};
        pool_.submit(1, program.modules.at(0));
        Compiled compiled = pool_.wait(60).at(0);
        if (compiled.result.outcome != Outcome::ok)
            return {{compiled.result.outcome, compiled.result.log, false}, 0};
        executable.binaries.push_back(std::move(compiled.result.binary));
        Run run = worker.start();
        const RunReport loaded = run.load(executable);
        return loaded.outcome == Outcome::ok ? run.check(0, 0) : CheckReport{loaded, 0};
    }
    const float* y() const { return static_cast<const float*>(sets[0]->results()[1].data); }
    const float* z() const { return static_cast<const float*>(sets[0]->results()[2].data); }
    const float* x() const { return static_cast<const float*>(sets[0]->inputs()[0].data); }
    const float* z_before() const { return static_cast<const float*>(sets[0]->inputs()[2].data); }

    test::ScaleOperation operation;
    Problem problem;
    std::vector<std::shared_ptr<const OperandMemory>> sets;

  private:
    Registry registry_;
    const Backend& backend_;
    Device device_;
    CompilePool pool_;

  public:
    DeviceWorker worker;
};

Options fake_options() {
    Options options = test::worker_options();
    options.plugin_folders = {hone::test::fake_plugin_dir()};
    return options;
}

struct Row {
    const char* text;
    Outcome outcome;
    const char* detail; // part of it
    bool replaced;      // whether it costs the worker
};

} // namespace

TEST_CASE("on a device with CUDA's manners a fault costs one candidate and one process",
          "[worker]") {
    const std::vector<Row> rows{
        {"behave illegal_access", Outcome::illegal_access, "0xdead000", true},
        {"behave assert", Outcome::crash, "", true},
        {"behave crash", Outcome::crash, "signal 11 (SIGSEGV)", true},
        {"behave hang", Outcome::hang, "a launch took longer than 0.5 s", true},
        {"behave oom", Outcome::out_of_memory, "", false},
        {"behave compile_fail expected ';'", Outcome::compile_failed, "expected ';'", false},
        {"behave compile_crash", Outcome::compile_failed, "compiler crashed: signal 6", false},
        {"behave compile_oom", Outcome::out_of_memory, "ran out of memory", false},
    };
    Path path(fake_options(), "fake");
    const std::string copy = "params src d dst bytes\ncompute copy\n";
    const auto program = [&](const std::string& text) {
        return program_of("copy.fake", copy + text,
                          {OperandArg{0}, OperandArg{1}, OperandArg{1}, ImmediateArg{4000, 64}});
    };
    const auto sound = [&] {
        const CheckReport report = path.check(program("behave ok"));
        CAPTURE(report.run.detail);
        CHECK(report.run.outcome == Outcome::ok);
        CHECK(std::equal(path.x(), path.x() + 1000, path.y()));
    };
    sound();
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const std::int64_t respawns = path.worker.respawns();
        const CheckReport report = path.check(program(row.text));
        CAPTURE(report.run.detail);
        CHECK(report.run.outcome == row.outcome);
        CHECK(report.run.detail.find(row.detail) != std::string::npos);
        sound();
        CHECK(path.worker.respawns() == respawns + (row.replaced ? 1 : 0));
    }
}

TEST_CASE("a kernel that Clang compiled runs in a child of the worker, whatever it does",
          "[worker]") {
    std::optional<Path> path;
    try {
        path.emplace(test::worker_options(), "cpu");
    } catch (const Error& error) {
        HONE_SKIP(error.what());
    }
    const auto program = [](const std::string& body) {
        return program_of(
            "scale.c",
            "struct item;\n"
            "void kernel(void* const* args, const struct item* item) {\n"
            "    const float* x = *(float**)args[0];\n"
            "    float* y = *(float**)args[1];\n"
            "    float* z = *(float**)args[2];\n"
            "    float scale = *(float*)args[3];\n"
            "    long n = *(long*)args[4];\n"
            "    for (long i = 0; i < n; ++i) { y[i] = scale * x[i]; z[i] += x[i]; }\n" +
                body + "}\n",
            {OperandArg{0}, OperandArg{1}, OperandArg{2}, ScalarArg{3}, DimArg{0}});
    };
    const auto sound = [&] {
        const CheckReport report = path->check(program(""));
        CAPTURE(report.run.detail);
        REQUIRE(report.run.outcome == Outcome::ok);
        bool right = true;
        for (int i = 0; i < 1000; ++i) {
            right = right && path->y()[i] == 2 * path->x()[i] &&
                    path->z()[i] == path->z_before()[i] + path->x()[i];
        }
        CHECK(right);
    };
    sound();
    const std::vector<Row> rows{
        {"*(volatile int*)8 = 1;", Outcome::crash, "write at address 0x8", false},
        {"__builtin_trap();", Outcome::crash, "signal 4 (SIGILL)", false},
        {"for (volatile int i = 0;; ++i);", Outcome::hang, "a launch took longer", false},
        {"((volatile float*)y)[n + 100] = 1;", Outcome::out_of_bounds, "operand y", false},
        {"((volatile float*)x)[0] = 1;", Outcome::illegal_access, "operand x", false},
        {"for (int i = 0; i < 1 << 20; ++i) *(volatile char*)__builtin_alloca(4096) = 1;",
         Outcome::crash, "signal 11 (SIGSEGV)", false},
        {"y[0] = ;", Outcome::compile_failed, "scale.c:9", false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const CheckReport report = path->check(program(row.text));
        CAPTURE(report.run.detail);
        CHECK(report.run.outcome == row.outcome);
        CHECK(report.run.detail.find(row.detail) != std::string::npos);
        sound();
    }
    CHECK(path->worker.respawns() == 0);
}
