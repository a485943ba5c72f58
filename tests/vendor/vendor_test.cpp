#include "hone/registry.hpp"
#include "tests/catch.hpp"
#include "tests/seed.hpp"
#include "tests/vendor/runner.hpp"

#include <array>
#include <random>

using namespace hone;
using hone::test::VendorRunner;

namespace {

// One Registry for all tests of this program: plugins stay loaded anyway.
const Registry& plugins() {
    static const std::array kinds{PluginKind::backend, PluginKind::family};
    static const Registry registry(Options{}, kinds);
    return registry;
}

// Null where the build leaves the backend out. It runs library modules without a compiler.
const Backend* backend() {
    for (const Backend* known : plugins().backends())
        if (known->name() == "cpu") return known;
    return nullptr;
}

const std::array names{"openblas", "blis", "onednn"};

DeviceModel cpu_model(std::int64_t cores = 2) {
    DeviceModel model;
    model.backend = "cpu";
    model.cores = cores;
    return model;
}

Gemm shaped(std::int64_t m, std::int64_t n, std::int64_t k, Layout layout = Layout::nn) {
    Gemm gemm;
    gemm.m = m;
    gemm.n = n;
    gemm.k = k;
    gemm.layout = layout;
    return gemm;
}

void make_f64(Gemm& gemm) {
    gemm.a = gemm.b = gemm.d = DType::f64;
    if (gemm.c != DType::none) gemm.c = DType::f64;
}

// Every layout, scale and kind of leading dimension, on shapes with a vector, a single element and
// nothing round.
std::vector<Gemm> gemms() {
    std::vector<Gemm> cases;
    for (const Layout layout : {Layout::nn, Layout::nt, Layout::tn, Layout::tt}) {
        cases.push_back(shaped(1, 1, 1, layout));
        cases.push_back(shaped(1, 70, 90, layout));
        cases.push_back(shaped(67, 130, 300, layout));
        Gemm gemm = shaped(13, 33, 17, layout);
        gemm.scale = Scale::alpha;
        cases.push_back(gemm);
        gemm.accumulate = true;
        cases.push_back(gemm);
        gemm.accumulate = false;
        gemm.batch = 3;
        gemm.scale = Scale::alpha_beta;
        gemm.c = DType::f32;
        cases.push_back(gemm);
        gemm.leading = {true, 8};
        cases.push_back(gemm);
    }
    Gemm gemm = shaped(29, 70, 200);
    gemm.accumulate = true;
    cases.push_back(gemm);
    return cases;
}

void check_results(VendorRunner& runner, const KernelFamily& family) {
    std::mt19937_64 random(test::seed());
    for (Gemm gemm : gemms())
        for (const bool f64 : {false, true}) {
            if (f64) make_f64(gemm);
            if (f64 && family.name() == "onednn") continue;
            INFO(family.library_version()
                 << ": " << canonical_text(gemm_operation().schema(), gemm.problem()));
            CHECK(runner.check(family, gemm, random()) == "");
            if (gemm.leading.strided) CHECK(runner.check(family, gemm, random(), 12) == "");
        }
}

} // namespace

// A skip leaves the whole test case, so each library has its own.
#define CHECK_RESULTS_OF(NAME)                                                                     \
    const KernelFamily& family = plugins().family(NAME);                                           \
    if (!backend()) HONE_SKIP("no CPU backend");                                                   \
    if (family.library_version().empty()) HONE_SKIP("no library for " NAME);                       \
    for (const char* spec : {"1", "2"}) {                                                          \
        VendorRunner runner(*backend(), spec);                                                     \
        check_results(runner, family);                                                             \
    }

TEST_CASE("OpenBLAS programs give the reference's result", "[vendor]"){CHECK_RESULTS_OF("openblas")}

TEST_CASE("BLIS programs give the reference's result", "[vendor]"){CHECK_RESULTS_OF("blis")}

TEST_CASE("oneDNN programs give the reference's result", "[vendor]"){CHECK_RESULTS_OF("onednn")}

TEST_CASE("oneDNN programs give the reference's result with bf16 operands", "[vendor]") {
    const KernelFamily& family = plugins().family("onednn");
    if (!backend()) HONE_SKIP("no CPU backend");
    if (family.library_version().empty()) HONE_SKIP("no library for onednn");
    VendorRunner runner(*backend(), "2");
    Gemm plain = shaped(8, 8, 8);
    plain.a = plain.b = plain.d = DType::bf16;
    const Support support = family.supports(plain.problem(), runner.model());
    if (!support.yes) HONE_SKIP(support.reason);
    std::mt19937_64 random(test::seed());
    for (const Layout layout : {Layout::nn, Layout::nt, Layout::tn, Layout::tt})
        for (const DType d : {DType::bf16, DType::f32})
            for (const auto& [m, n, k, batch] :
                 {std::tuple{1, 1, 1, 1}, {1, 70, 90, 1}, {67, 130, 300, 1}, {13, 33, 17, 3}})
                for (const std::int64_t slack : {0, 6}) {
                    Gemm gemm = shaped(m, n, k, layout);
                    gemm.batch = batch;
                    gemm.a = gemm.b = DType::bf16;
                    gemm.d = d;
                    if (slack > 0) gemm.leading = {true, 4};
                    INFO(family.library_version()
                         << ": " << canonical_text(gemm_operation().schema(), gemm.problem()));
                    CHECK(runner.check(family, gemm, random(), slack) == "");
                }
}

TEST_CASE("oneDNN programs give the reference's result with a prepared B", "[vendor]") {
    const KernelFamily& family = plugins().family("onednn");
    if (!backend()) HONE_SKIP("no CPU backend");
    if (family.library_version().empty()) HONE_SKIP("no library for onednn");
    VendorRunner runner(*backend(), "2");
    std::mt19937_64 random(test::seed());
    for (const Layout layout : {Layout::nn, Layout::nt, Layout::tn, Layout::tt})
        for (const auto& [m, n, k] : {std::tuple{1, 1, 1}, {1, 70, 90}, {67, 130, 300}})
            for (const std::int64_t slack : {0, 6}) {
                Gemm gemm = shaped(m, n, k, layout);
                gemm.b_layout = "packed:any/1";
                if (slack > 0) gemm.leading = {true, 4};
                INFO(family.library_version()
                     << ": " << canonical_text(gemm_operation().schema(), gemm.problem()));
                CHECK(runner.check(family, gemm, random(), slack) == "");
            }
}

TEST_CASE("what a vendor library cannot compute is refused with a reason", "[vendor]") {
    struct Row {
        const char* what;
        const char* reason; // contains
        void (*change)(Gemm&);
    };
    const std::vector<Row> rows{
        {"bf16", "bf16", [](Gemm& g) { g.a = g.b = g.d = DType::bf16; }},
        {"scaled bf16", "bf16",
         [](Gemm& g) {
             g.a = g.b = g.d = DType::bf16;
             g.scale = Scale::alpha;
         }},
        {"bf16 output", "bf16", [](Gemm& g) { g.d = DType::bf16; }},
        {"mixed C", "f16",
         [](Gemm& g) {
             g.scale = Scale::alpha_beta;
             g.c = DType::f16;
         }},
        {"epilogue", "epilogue", [](Gemm& g) { g.epilogue = {EpilogueStep::relu}; }},
        {"prepared B with a factor", "b_layout",
         [](Gemm& g) {
             g.b_layout = "packed:other/1";
             g.scale = Scale::alpha;
         }},
        {"huge", "2147483647", [](Gemm& g) { g.m = std::int64_t{1} << 31; }},
    };
    for (const char* name : names) {
        const KernelFamily& family = plugins().family(name);
        for (const Row& row : rows) {
            INFO(name << ": " << row.what);
            Gemm gemm = shaped(8, 8, 8);
            row.change(gemm);
            const Support support = family.supports(gemm.problem(), cpu_model());
            CHECK_FALSE(support.yes);
            CHECK_THAT(support.reason, Catch::Contains(row.reason));
        }
        DeviceModel gpu = cpu_model();
        gpu.backend = "cuda";
        CHECK_THAT(family.supports(shaped(8, 8, 8).problem(), gpu).reason, Catch::Contains("cpu"));
    }
    Gemm f64 = shaped(8, 8, 8);
    make_f64(f64);
    CHECK_THAT(plugins().family("onednn").supports(f64.problem(), cpu_model()).reason,
               Catch::Contains("f64"));
}

TEST_CASE("a library that is absent is a reason, and one that is there has a version", "[vendor]") {
    for (const char* name : names) {
        const KernelFamily& family = plugins().family(name);
        INFO(name);
        const Support support = family.supports(shaped(8, 8, 8).problem(), cpu_model());
        const std::string version = family.library_version();
        CHECK(support.yes == !version.empty());
        if (support.yes)
            CHECK_THAT(version, Catch::StartsWith(std::string(name) + " "));
        else
            CHECK_THAT(support.reason, Catch::Contains("library"));
        CHECK(family.vendor());
        CHECK_FALSE(family.servable());
    }
}

TEST_CASE("a vendor family has one config, whose program depends on threads but no extent",
          "[vendor]") {
    for (const char* name : names) {
        const KernelFamily& family = plugins().family(name);
        INFO(name);
        const Problem problem = shaped(8, 9, 10).problem();
        CHECK(family.space(problem, cpu_model()).legal_count() == 1u);
        CHECK_THROWS_AS(family.emit(problem, Config::parse("MR=4"), cpu_model()), Error);
        const auto digest_of = [&](const Gemm& gemm, std::int64_t cores) {
            return digest(family.emit(gemm.problem(), Config{}, cpu_model(cores)));
        };
        const Digest program = digest_of(shaped(8, 9, 10), 2);
        CHECK(digest_of(shaped(80, 90, 100), 2) == program);
        CHECK(digest_of(shaped(8, 9, 10), 1) != program);
        CHECK(digest_of(shaped(8, 9, 10, Layout::nt), 2) != program);
    }
}

TEST_CASE("cuBLASLt is for cards alone: an emulator of them cannot run it", "[vendor]") {
    const KernelFamily& family = plugins().family("cublaslt");
    DeviceModel model;
    model.backend = "emu";
    model.arch = "sm_80";
    const Support emulated = family.supports(shaped(8, 9, 10).problem(), model);
    CHECK_FALSE(emulated.yes);
    CHECK_THAT(emulated.reason, Catch::Contains("cards"));
    model.backend = "cuda";
    const Support card = family.supports(shaped(8, 9, 10).problem(), model);
    CHECK((card.yes || card.reason == "there is no cuBLASLt"));
}
