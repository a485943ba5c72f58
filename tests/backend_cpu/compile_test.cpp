#include "bench_top.hpp"
#include "tests/catch.hpp"

using namespace hone;
using namespace hone::test;

TEST_CASE("compiler diagnostics come back as text with file, line and column", "[backend_cpu]") {
    const BenchTop top;
    if (!top.compiles()) HONE_SKIP(top.backend.missing().front());
    struct Case {
        const char* text;
        std::vector<std::string> options;
        const char* expected;
    };
    const Case cases[] = {
        {"void f(Args a, Item i) { undeclared = 1; }",
         {},
         "kernel.c:5:26: error: use of undeclared"},
        {"#error no such tile", {}, "kernel.c:5:2: error: no such tile"},
        {"void f(Args a, Item i) {}", {"-fno-such-option"}, "unknown argument: '-fno-such-option'"},
        {"_Static_assert(MR < 4, \"MR too large\");", {"-DMR=8"}, "MR too large"},
        {"void f(Args a, Item i) { __asm__(\"no_such_instruction\"); }", {}, "invalid instruction"},
        {"#include <stdio.h>", {}, "'stdio.h' file not found"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        Module module = source_module(c.text);
        module.options = c.options;
        const CompileResult result = top.backend.compile(module, top.device.model);
        CHECK(result.outcome == Outcome::compile_failed);
        CHECK(result.binary.bytes.empty());
        CHECK_THAT(result.log, Catch::Contains(c.expected));
    }
}

TEST_CASE("a code generator that gives up costs one candidate", "[backend_cpu]") {
    const BenchTop top;
    if (!top.compiles()) HONE_SKIP(top.backend.missing().front());
    Module module = source_module("void f(Args a, Item i) {}");
    module.options = {"-mcmodel=tiny"}; // which this processor has not
    for (int i = 0; i < 3; ++i) {
        const CompileResult result = top.backend.compile(module, top.device.model);
        CHECK(result.outcome == Outcome::compile_failed);
        CHECK_THAT(result.log, Catch::Contains("fatal error: ") && Catch::Contains("tiny"));
    }
    // Compilations of this process after it still work.
    module.options.clear();
    for (int i = 0; i < 3; ++i)
        CHECK(top.backend.compile(module, top.device.model).outcome == Outcome::ok);
}

TEST_CASE("a log is cut at 16 KiB", "[backend_cpu]") {
    const BenchTop top;
    if (!top.compiles()) HONE_SKIP(top.backend.missing().front());
    std::string text;
    for (int i = 0; i < 15; ++i)
        text += "int x" + std::to_string(i) + " = undeclared_" + std::string(3000, 'y') + ";\n";
    const CompileResult result = top.backend.compile(source_module(text), top.device.model);
    CHECK(result.outcome == Outcome::compile_failed);
    CHECK(result.log.size() <= 16 << 10);
    CHECK(result.log.size() > 10'000);
}

TEST_CASE("warnings of a kernel that compiles are kept", "[backend_cpu]") {
    const BenchTop top;
    if (!top.compiles()) HONE_SKIP(top.backend.missing().front());
    const CompileResult result = top.backend.compile(
        source_module("#warning slow path\nvoid f(Args a, Item i) {}"), top.device.model);
    CHECK(result.outcome == Outcome::ok);
    CHECK_THAT(result.log, Catch::Contains("slow path"));
}

TEST_CASE("the extension of a module's name selects its language", "[backend_cpu]") {
    const BenchTop top;
    if (!top.compiles()) HONE_SKIP(top.backend.missing().front());
    struct Case {
        const char* name;
        const char* text;
        bool compiles;
    };
    const Case cases[] = {
        {"k.c", "int class = 1;", true},
        {"k.cpp", "int class = 1;", false},
        {"k.cc", "template <int n> int twice() { return 2 * n; } int x = twice<2>();", true},
        {"k", "template <int n> int twice() { return 2 * n; } int x = twice<2>();", true},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name, c.text);
        const auto result = top.backend.compile(source_module(c.text, c.name), top.device.model);
        CHECK((result.outcome == Outcome::ok) == c.compiles);
    }
}

TEST_CASE("compiling depends on the device model alone", "[backend_cpu]") {
    const BenchTop top;
    if (!top.compiles()) HONE_SKIP(top.backend.missing().front());
    const Module module = source_module("void f(Args a, Item i) { float* d = *(float**)a[0]; for "
                                        "(int j = 0; j < 64; ++j) d[j] *= 3; }");

    DeviceModel plain; // of another machine, without wide vectors
    plain.backend = "cpu";
    plain.arch = "x86-64";
    plain.name = "AuthenticAMD/23/49/0";
    DeviceModel wide = plain;
    wide.features = {"avx2", "avx512f", "fma"};
    const CompileResult a = top.backend.compile(module, plain);
    const CompileResult b = top.backend.compile(module, wide);
    REQUIRE(a.outcome == Outcome::ok);
    REQUIRE(b.outcome == Outcome::ok);
    CHECK(a.binary.format == "elf-object");
    CHECK(a.binary.bytes != b.binary.bytes);
    CHECK(a.binary.bytes == top.backend.compile(module, plain).binary.bytes);
    CHECK(top.backend.compile_key(plain) != top.backend.compile_key(wide));
    CHECK(top.backend.compile_key(plain) == top.backend.compile_key(plain));
}

TEST_CASE("a library or binary module is ready without compiling", "[backend_cpu]") {
    const BenchTop top;
    Module library;
    library.kind = Module::Kind::library;
    library.library = "/nowhere.so";
    CHECK(top.backend.compile(library, top.device.model).outcome == Outcome::ok);
    Module binary;
    binary.kind = Module::Kind::binary;
    binary.bytes = {std::byte{1}, std::byte{2}};
    const CompileResult result = top.backend.compile(binary, top.device.model);
    CHECK(result.outcome == Outcome::ok);
    CHECK(result.binary.bytes == binary.bytes);
}

TEST_CASE("without LLVM the backend says so and cannot compile", "[backend_cpu]") {
    const cpu::CpuBackend backend("/nowhere");
    CHECK_FALSE(backend.devices("").empty());
    REQUIRE(backend.missing().size() == 1);
    CHECK_THAT(backend.missing().front(), Catch::StartsWith("no LLVM: "));
    const Module module = source_module("void f(Args a, Item i) {}");
    CHECK_THROWS_AS(backend.compile(module, backend.devices("")[0].model), Error);

    const auto session = backend.open(backend.devices("")[0], {});
    const auto loaded = session->load(one_step(module, {}), {});
    CHECK(loaded.outcome == Outcome::launch_failed);
    CHECK_THAT(loaded.detail, Catch::StartsWith("no LLVM: "));
}
