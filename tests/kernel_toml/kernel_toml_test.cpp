#include "hone/backend.hpp"
#include "hone/error.hpp"
#include "hone/family.hpp"
#include "hone/gemm.hpp"
#include "hone/registry.hpp"
#include "hone/tuner.hpp"
#include "tests/catch.hpp"
#include "tests/folder.hpp"
#include "tests/paths.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

using namespace hone;

namespace {

namespace fs = std::filesystem;

// The families of the kernels in this folder.
Registry registry_with(const fs::path& folder) {
    Options options;
    options.plugin_folders = {folder};
    return Registry(options);
}

DeviceModel a100() {
    DeviceModel model;
    model.backend = "cuda";
    model.arch = "sm_80";
    return model;
}

Problem problem_of(std::string_view text) {
    return parse_problem(text, std::array{&gemm_operation()}).problem;
}

// A folder of one kernel.
class KernelFolder {
  public:
    KernelFolder(const std::string& toml, const std::string& t1 = {}) {
        fs::create_directory(folder_ / "mine");
        folder_.file("mine/kernel.toml", toml);
        folder_.file("mine/mine.cu", "// nothing\n");
        if (!t1.empty()) folder_.file("mine/space.json", t1);
    }
    [[nodiscard]] const fs::path& path() const noexcept { return folder_.path(); }

  private:
    hone::test::Folder folder_;
};

const std::string head = R"(name = "mine"
source = "mine.cu"
operation = "gemm"
)";
const std::string launch = R"(
[launch]
grid.x = [{ dim = "n", per = "BN * 2" }, { times = "SPLIT" }]
block = ["BN * 4"]
shared_bytes = "BN * 16"
arguments = ["a", "m:32", "b.stride1", "=7:32", "alpha", "bias", "d"]
)";
const std::string space = R"(
[parameters]
BN = [8, 16, 32]
SPLIT = [1, 2]
MODE = ["plain", "wide"]
)";

} // namespace

TEST_CASE("a described kernel is a family", "[kernel_toml]") {
    const KernelFolder folder(
        head + "constraints = ['BN * SPLIT <= 32']\n[requires]\na = ['f32', 'f16']\n" +
        "[defines]\nD_TYPE = 'd'\n" + space + "[fallback]\nBN = 8\nSPLIT = 1\nMODE = 'plain'\n" +
        launch);
    const Registry registry = registry_with(folder.path());
    const KernelFamily& family = registry.family("mine");
    CHECK(family.backend() == "cuda");
    const Problem problem = problem_of("gemm m=100 n=200 k=64 a=f32 scale=alpha");
    REQUIRE(family.supports(problem, a100()).yes);
    CHECK_THAT(family.supports(problem_of("gemm m=1 n=1 k=1 a=bf16"), a100()).reason,
               Catch::Contains("f32 or f16"));
    CHECK(family.space(problem, a100()).legal_count() == 10);

    const Config config = Config::parse("BN=16 SPLIT=2 MODE=wide");
    const Program program = family.emit(problem, config, a100());
    const Step& step = program.steps.at(0);
    CHECK(step.grid[0].value(problem) == 7 * 2);
    CHECK(step.grid[1].value(problem) == 1);
    CHECK(step.block == std::array{64, 1, 1});
    CHECK(step.shared_bytes == 256);
    CHECK(program.modules[0].options ==
          std::vector<std::string>{"-DD_TYPE=f32", "-DBN=16", "-DMODE=wide", "-DSPLIT=2"});
    REQUIRE(step.args.size() == 7);
    CHECK(std::get<OperandArg>(step.args[0]).operand == Gemm::a_arg);
    CHECK(std::get<DimArg>(step.args[1]).bits == 32);
    CHECK(std::get<StrideArg>(step.args[2]).axis == 1);
    CHECK(std::get<ImmediateArg>(step.args[3]).value == 7);
    CHECK(std::get<ScalarArg>(step.args[4]).operand == Gemm::alpha_arg);
    CHECK(std::get<ImmediateArg>(step.args[5]).value == 0); // the problem has no bias
    CHECK_THROWS_AS(family.emit(problem, Config::parse("BN=32 SPLIT=2 MODE=wide"), a100()), Error);
    CHECK(*family.fallback(problem, a100()) == Config::parse("BN=8 SPLIT=1 MODE=plain"));
}

TEST_CASE("a wrong description is a family that says what is wrong", "[kernel_toml]") {
    const std::pair<std::string, const char*> cases[] = {
        {"name = 'mine'\nname = 'twice'\n", "kernel.toml:2"},
        {head + "surprise = 1\n" + space + launch, "kernel.toml:4:1: unknown key surprise"},
        {"name = 'mine'\nsource = 'none.cu'\noperation = 'gemm'\n" + space + launch, "none.cu"},
        {"name = 'mine'\nsource = 'mine.cu'\noperation = 'sort'\n", "no operation sort"},
        {head + "[requires]\nhead_dim = 64\n" + space + launch, "no field head_dim"},
        {head + "constraints = ['BN % MISSING == 0']\n" + space + launch, "MISSING"},
        {head + space + "[fallback]\nBN = 9\n" + launch, "no legal config"},
        {head + space + "[launch]\ngrid.x = [{ dim = 'q' }]\nblock = [1]\narguments = ['a']\n",
         "no dim q"},
        {head + space, "launch must be a table"},
    };
    for (const auto& [toml, expected] : cases) {
        CAPTURE(toml);
        const KernelFolder folder(toml);
        const Support support = registry_with(folder.path())
                                    .family("mine")
                                    .supports(problem_of("gemm m=1 n=1 k=1 a=f32"), a100());
        CHECK_FALSE(support.yes);
        CHECK_THAT(support.reason, Catch::Contains(expected));
    }
}

TEST_CASE("an argument that does not exist is named when the program is emitted", "[kernel_toml]") {
    const Problem problem = problem_of("gemm m=1 n=1 k=1 a=f32");
    for (const char* argument : {"q", "a.stride9", "=x", "bq.stride0"}) {
        const KernelFolder folder(head + space +
                                  "[launch]\ngrid.x = []\nblock = [32]\narguments = ['" + argument +
                                  "']\n");
        const Registry registry = registry_with(folder.path());
        CHECK_THROWS_WITH(
            registry.family("mine").emit(problem, Config::parse("BN=8 SPLIT=1 MODE=plain"), a100()),
            Catch::Contains(argument));
    }
}

TEST_CASE("the folder of one kernel can be named as well as one with several", "[kernel_toml]") {
    const fs::path several = fs::path(test::source_dir()) / "examples/plugin_kernel";
    CHECK(registry_with(several / "tiled_gemm").family("tiled_gemm").backend() == "cuda");
}

TEST_CASE("parameters and conditions come from a T1 file", "[kernel_toml]") {
    const auto reason = [](const std::string& values, const std::string& condition) {
        const KernelFolder folder(
            head + "t1 = 'space.json'\n[launch]\ngrid.x = []\nblock = [32]\narguments = ['a']\n",
            R"({"ConfigurationSpace": {"TuningParameters": [
                {"Name": "x", "Type": "int", "Values": ")" +
                values + R"(", "Default": 1},
                {"Name": "y", "Type": "int", "Values": "[0, 1]", "Default": 1}],
                "Conditions": [{"Expression": ")" +
                condition + R"(", "Parameters": ["x", "y"]}]}})");
        const Registry registry = registry_with(folder.path());
        const KernelFamily& family = registry.family("mine");
        const Problem problem = problem_of("gemm m=1 n=1 k=1 a=f32");
        const Support support = family.supports(problem, a100());
        if (!support.yes) return support.reason;
        return std::to_string(*family.space(problem, a100()).legal_count()) + " " +
               (family.fallback(problem, a100()) ? "fallback" : "no fallback");
    };
    CHECK(reason("[1, 2, 4]", "x > 1 or y == 1") == "5 fallback");
    CHECK(reason("[1, 2] + list(range(32, 1024+1, 32))", "x * y <= 1024") == "68 fallback");
    CHECK(reason("[1, 2]", "x * y == 2") == "1 no fallback");
    CHECK_THAT(reason("[2**i for i in range(0, 6)]", "x > 0"),
               Catch::Contains("parameter x") && Catch::Contains("2**i for i"));
    CHECK_THAT(reason("[1]", "math.log(x) > 1"), Catch::Contains("condition"));
    CHECK_THAT(reason("range(-9223372036854775807, 9223372036854775807)", "x > 0"),
               Catch::Contains("parameter x"));
}

TEST_CASE("the example is right in the emulator", "[kernel_toml][emu]") {
    const Registry registry =
        registry_with(fs::path(test::source_dir()) / "examples/plugin_kernel");
    REQUIRE(registry.family("tiled_gemm").backend() == "cuda");
    const auto backends = registry.backends();
    const bool emulates = std::ranges::any_of(backends, [](const Backend* backend) {
        return backend->name() == "emu" && backend->missing().empty();
    });
    if (!emulates) HONE_SKIP("no emulator");
    Workload workload;
    workload.items.push_back(
        parse_problem("gemm m=40 n=50 k=70 a=f32 batch=2", registry.operations()));
    VerifyOptions options;
    options.families = {"tiled_gemm"};
    Observer observer;
    const auto results = verify(registry, Options::from_env(), workload,
                                registry.devices("emu:sm_80").front(), options, observer);
    CHECK(results.size() == 8);
    for (const VerifyResult& result : results) {
        CAPTURE(result.config, result.reports.empty() ? "" : result.reports[0].message);
        CHECK(result.outcome == Outcome::ok);
    }
}
