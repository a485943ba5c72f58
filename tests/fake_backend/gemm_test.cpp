#include "fake_device.hpp"
#include "tests/catch.hpp"

#include <cmath>
#include <string>
#include <vector>

using namespace hone;
using namespace fake_test;

namespace {

constexpr std::int64_t m = 5, n = 12, k = 8;

std::vector<float> ramp(std::int64_t count, float step) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = step * static_cast<float>(i % 7) - 1;
    return values;
}

Extent tiles(int dim, std::int64_t tile) { return {1, {{dim, tile}}}; }

TensorMap map_of(int operand) {
    TensorMap map;
    map.operand = operand;
    map.dtype = DType::f32;
    map.box = {4, 4};
    return map;
}

// d = a b of a problem with dims m, n, k; operands a, b, d.
Program gemm(const std::string& more, KernelArg a, KernelArg b) {
    Program made = program("params a b d m n k lda ldb ldd\ncompute gemm\ntile 4 4\n" + more,
                           {std::move(a), std::move(b), OperandArg{2}, DimArg{0}, DimArg{1},
                            DimArg{2, 32}, StrideArg{0, 0}, StrideArg{1, 0}, StrideArg{2, 0}});
    made.steps[0].grid = {tiles(1, 4), tiles(0, 4), Extent{}};
    made.steps[0].block = {32, 1, 1};
    return made;
}
Program gemm(const std::string& more = "") { return gemm(more, OperandArg{0}, OperandArg{1}); }

struct Gemm {
    FakeDevice fake;
    Problem problem;
    std::vector<float> a = ramp(m * k, 0.5f), b = ramp(k * n, 0.25f);
    std::unique_ptr<Memory> a_memory = fake.floats(a), b_memory = fake.floats(b);
    std::unique_ptr<Memory> d_memory =
        fake.session->allocate(m * n * sizeof(float), MemoryUse::output);
    std::vector<Tensor> operands = {matrix(*a_memory, m, k), matrix(*b_memory, k, n),
                                    matrix(*d_memory, m, n)};

    Gemm() { problem.dims = {m, n, k}; }

    RunReport run(const Program& program) {
        fake.session->fill(*d_memory, std::byte{0xff});
        const auto loaded = fake.load(program);
        if (!loaded.kernel) return {loaded.outcome, loaded.detail, false};
        return fake.session->run(launch(*loaded.kernel, problem, operands));
    }
    // Elements of d that differ from the product by more than rounding.
    int wrong() const {
        const std::vector<float> d = fake.floats(*d_memory);
        int count = 0;
        for (std::size_t i = 0; i < m; ++i) {
            for (std::size_t j = 0; j < n; ++j) {
                double sum = 0;
                for (std::size_t l = 0; l < k; ++l) sum += double{a[i * k + l]} * b[l * n + j];
                if (!(std::abs(d[i * n + j] - sum) < 1e-5)) ++count;
            }
        }
        return count;
    }
};

} // namespace

TEST_CASE("the fake device computes a gemm from pointers or tensor maps", "[fake]") {
    Gemm gemm_on_fake;
    for (const Program& program :
         {gemm(), gemm("", map_of(0), map_of(1)), gemm("", OperandArg{0}, map_of(1))}) {
        const RunReport report = gemm_on_fake.run(program);
        INFO(report.detail);
        CHECK(report.outcome == Outcome::ok);
        CHECK(gemm_on_fake.wrong() == 0);
    }
}

TEST_CASE("what a grid does not cover is not computed", "[fake]") {
    Gemm gemm_on_fake;
    Program program = gemm();
    program.steps[0].grid[1] = Extent{}; // rows 4 and up have no block
    CHECK(gemm_on_fake.run(program).outcome == Outcome::ok);
    CHECK(gemm_on_fake.wrong() == n);
}

TEST_CASE("a tensor map reads zero, or NaN, outside its sizes", "[fake]") {
    Gemm gemm_on_fake;
    TensorMap map = map_of(0);
    map.sizes = {k, 2};
    CHECK(gemm_on_fake.run(gemm("", map, OperandArg{1})).outcome == Outcome::ok);
    const auto zero = gemm_on_fake.fake.floats(*gemm_on_fake.d_memory);
    CHECK(gemm_on_fake.wrong() > 0);
    CHECK(zero[2 * n] == 0);
    map.fill_nan = true;
    CHECK(gemm_on_fake.run(gemm("", map, OperandArg{1})).outcome == Outcome::ok);
    CHECK(std::isnan(gemm_on_fake.fake.floats(*gemm_on_fake.d_memory)[2 * n]));
}

TEST_CASE("a tensor map that a driver would refuse is refused at launch", "[fake]") {
    Gemm gemm_on_fake;
    struct Row {
        void (*change)(TensorMap&);
        std::string rule;
    };
    const std::vector<Row> table = {
        {[](TensorMap& map) { map.rank = 0; }, "rank"},
        {[](TensorMap& map) { map.rank = 6; }, "rank"},
        {[](TensorMap& map) { map.box[1] = 257; }, "box"},
        {[](TensorMap& map) { map.box[0] = 0; }, "box"},
        {[](TensorMap& map) { map.box[0] = 3; }, "row of the box is a multiple of 16"},
        {[](TensorMap& map) { map.element_strides[1] = 9; }, "element strides"},
        {[](TensorMap& map) { map.swizzle_bytes = 16; }, "swizzle is"},
        {[](TensorMap& map) { map.swizzle_bytes = 32, map.box[0] = 12; }, "than the swizzle"},
        {[](TensorMap& map) { map.l2_promotion_bytes = 32; }, "L2 promotion"},
        {[](TensorMap& map) { map.dtype = DType::s4; }, "whole bytes"},
        {[](TensorMap& map) { map.dtype = DType::s32, map.fill_nan = true; }, "floating"},
        {[](TensorMap& map) { map.offset_bytes = 4; }, "address"},
        {[](TensorMap& map) { map.strides_bytes[1] = 20; }, "multiples of 16"},
        {[](TensorMap& map) { map.sizes[0] = (std::int64_t{1} << 32) + 1; }, "sizes"},
        {[](TensorMap& map) { map.strides_bytes[1] = std::int64_t{1} << 40; }, "2^40"},
    };
    for (const Row& row : table) {
        TensorMap map = map_of(0);
        row.change(map);
        const RunReport report = gemm_on_fake.run(gemm("", map, OperandArg{1}));
        INFO(row.rule << " <> " << report.detail);
        CHECK(report.outcome == Outcome::launch_failed);
        CHECK_FALSE(report.poisoned);
        CHECK(report.detail.find(row.rule) != std::string::npos);
    }
    gemm_on_fake.operands[0].shape = {};
    CHECK(gemm_on_fake.run(gemm("", map_of(0), OperandArg{1})).detail.find("shape must be given") !=
          std::string::npos);
    CHECK(gemm_on_fake.run(gemm()).outcome == Outcome::ok);
}

TEST_CASE("a launch of a shape that a driver would refuse is refused", "[fake]") {
    Gemm gemm_on_fake;
    struct Row {
        void (*change)(Program&);
        std::string rule;
    };
    const std::vector<Row> table = {
        {[](Program& p) {
             p.steps[0].block = {1024, 2, 1};
         },
         "1024 threads"},
        {[](Program& p) {
             p.steps[0].block = {1, 1, 65};
         },
         "block"},
        {[](Program& p) {
             p.steps[0].grid[2] = Extent{0, {}};
         },
         "grid is empty"},
        {[](Program& p) {
             p.steps[0].grid[1] = Extent{70000, {}};
         },
         "too large"},
        {[](Program& p) {
             p.steps[0].cluster = {2, 1, 1};
         },
         "multiple of the cluster"},
        {[](Program& p) { p.steps[0].shared_bytes = 100 * 1024; }, "shared memory"},
        {[](Program& p) { p.steps[0].args.pop_back(); }, "9 parameters and gets 8"},
        {[](Program& p) { p.steps[0].args[0] = OperandArg{7}; }, "no operand 7"},
        {[](Program& p) { p.steps[0].args[0] = WorkspaceArg{}; }, "workspace"},
        {[](Program& p) { p.steps[0].args[0] = PreparedArg{}; }, "no prepared operand 0"},
        {[](Program& p) {
             p.workspace_bytes = Extent{16, {}};
         },
         "needs workspace"},
        {[](Program& p) { p.steps[0].kernel = "other"; }, "no kernel other"},
        {[](Program& p) { p.steps[0].module = 1; }, "no module 1"},
    };
    for (const Row& row : table) {
        Program program = gemm();
        row.change(program);
        const RunReport report = gemm_on_fake.run(program);
        INFO(row.rule << " <> " << report.detail);
        CHECK(report.outcome == Outcome::launch_failed);
        CHECK_FALSE(report.poisoned);
        CHECK(report.detail.find(row.rule) != std::string::npos);
    }
}

TEST_CASE("wrong, NaN and stray results are where the behaviour says", "[fake]") {
    Gemm gemm_on_fake;
    CHECK(gemm_on_fake.run(gemm("behave wrong")).outcome == Outcome::ok);
    CHECK(gemm_on_fake.wrong() == 1);

    CHECK(gemm_on_fake.run(gemm("behave nan")).outcome == Outcome::ok);
    CHECK(gemm_on_fake.wrong() == 1);
    CHECK(std::isnan(gemm_on_fake.fake.floats(*gemm_on_fake.d_memory)[(m / 2) * n + n / 2]));

    const Session& session = *gemm_on_fake.fake.session;
    (void)session;
    CHECK(gemm_on_fake.fake.session->check_guards(*gemm_on_fake.d_memory).outcome == Outcome::ok);
    CHECK(gemm_on_fake.run(gemm("behave oob")).outcome == Outcome::ok);
    CHECK(gemm_on_fake.wrong() == 0);
    const RunReport guards = gemm_on_fake.fake.session->check_guards(*gemm_on_fake.d_memory);
    CHECK(guards.outcome == Outcome::out_of_bounds);
    CHECK(guards.detail == "written 0 bytes behind the end of memory");
    CHECK_FALSE(guards.poisoned);
}

TEST_CASE("an access far outside every memory is illegal", "[fake]") {
    Gemm gemm_on_fake;
    gemm_on_fake.problem.dims[2] = 100000; // k, and thereby b, reach beyond what is there
    const RunReport report = gemm_on_fake.run(gemm());
    CHECK(report.outcome == Outcome::illegal_access);
    CHECK(report.poisoned);
}

TEST_CASE("an operand is prepared once and read by later launches", "[fake]") {
    Gemm gemm_on_fake;
    Program program = gemm("", OperandArg{0}, PreparedArg{0});
    program.modules.push_back(program.modules[0]);
    program.modules[1].source = "params src dst bytes\ncompute copy";
    Step pack;
    pack.module = 1;
    pack.kernel = "kernel";
    pack.args = {OperandArg{1}, PreparedArg{0}, ImmediateArg{k * n * sizeof(float), 64}};
    program.prepare = {{.operand = 1, .layout = "fake-plain/1", .bytes = {}, .steps = {pack}}};

    FakeDevice& fake = gemm_on_fake.fake;
    const auto loaded = fake.load(program);
    REQUIRE(loaded.kernel);
    const auto packed = fake.session->allocate(k * n * sizeof(float), MemoryUse::input);
    CHECK(loaded.kernel->prepare(0, gemm_on_fake.problem, gemm_on_fake.operands, packed->data(),
                                 {}) == Status::ok);
    CHECK(loaded.kernel->prepare(1, gemm_on_fake.problem, gemm_on_fake.operands, packed->data(),
                                 {}) == Status::invalid_argument);
    Launch once = launch(*loaded.kernel, gemm_on_fake.problem, gemm_on_fake.operands);
    once.prepared = {packed->data()};
    CHECK(fake.session->run(once).outcome == Outcome::ok);
    CHECK(gemm_on_fake.wrong() == 0);
}

TEST_CASE("memory that must be zero is zero before every launch", "[fake]") {
    const FakeDevice fake;
    const auto workspace = fake.floats({1, 2, 3, 4});
    Program zeroing = program("behave ok");
    zeroing.workspace_bytes = Extent{16, {}};
    zeroing.zero_init = {
        {.in_workspace = true, .operand = 0, .offset_bytes = {4, {}}, .bytes = {8, {}}}};
    const auto loaded = fake.load(zeroing);
    const Problem problem;
    CHECK(loaded.kernel->workspace_bytes(problem) == 16);
    Launch once = launch(*loaded.kernel, problem, {});
    once.workspace = workspace->data();
    CHECK(fake.session->run(once).outcome == Outcome::ok);
    CHECK(fake.floats(*workspace) == std::vector<float>{1, 0, 0, 4});
}
