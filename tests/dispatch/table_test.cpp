#include "tests/catch.hpp"
#include "tests/dispatch/served.hpp"
#include "tests/property.hpp"

#include <limits>
#include <memory>
#include <vector>

using namespace hone;
using namespace hone::dispatch;
using namespace hone::test;

TEST_CASE("the problem itself comes before its bucket, and that before the fallback",
          "[dispatch]") {
    const auto exact = served({.problem = gemm(100, 512, 256), .median_ps = 3000});
    const auto faster = served({.problem = gemm(120, 512, 256), .median_ps = 2000});
    const auto fallback = served({.problem = gemm(1, 1, 1), .match = Match::fallback});
    const Table table({fallback, faster, exact});

    CHECK(table.find(gemm(100, 512, 256), {}) == exact.get());
    CHECK(table.find(gemm(120, 512, 256), {}) == faster.get());
    // n and k are neither baked nor in buckets here; of a bucket's programs the fastest serves.
    CHECK(table.find(gemm(65, 7, 9), {}) == faster.get());
    CHECK(table.find(gemm(64, 512, 256), {}) == fallback.get());
    CHECK(table.find(gemm(257, 512, 256), {}) == fallback.get());
    CHECK(table.find(gemm(100, 512, 256, DType::bf16), {}) == nullptr);
    CHECK(Table({}).find(gemm(100, 512, 256), {}) == nullptr);
}

TEST_CASE("a contract leaves out what it does not allow", "[dispatch]") {
    const Problem problem = gemm(100, 512, 256);
    const auto fast = served({.problem = problem,
                              .median_ps = 1000,
                              .error_ppt = 2'000'000'000,
                              .deterministic = false});
    const auto right = served({.problem = problem, .median_ps = 2000, .error_ppt = 1'000'000});
    const auto fallback = served({.problem = gemm(1, 1, 1), .match = Match::fallback});
    const Table table({right, fast, fallback});

    CHECK(table.find(problem, {}) == fast.get());
    CHECK(table.find(problem, {.max_error = 2e-3}) == fast.get());
    CHECK(table.find(problem, {.max_error = 1e-3}) == right.get());
    CHECK(table.find(problem, {.max_error = 1e-7}) == fallback.get());
    CHECK(table.find(problem, {.max_error = 1e-10}) == nullptr);
    CHECK(table.find(problem, {.numeric_class = NumericClass::deterministic}) == right.get());
    CHECK(table.find(problem, {.numeric_class = NumericClass::batch_invariant}) == nullptr);
    // In a bucket too.
    CHECK(table.find(gemm(101, 512, 256), {.max_error = 1e-3}) == right.get());
}

TEST_CASE("the workspace limit is held for the problem that is launched", "[dispatch]") {
    const auto own = served({.problem = gemm(70, 8, 8), .workspace_per_row = 10});
    const auto fallback = served({.problem = gemm(1, 1, 1), .match = Match::fallback});
    const Table table({own, fallback});

    CHECK(table.find(gemm(70, 8, 8), {.workspace_limit = 700}) == own.get());
    CHECK(table.find(gemm(70, 8, 8), {.workspace_limit = 699}) == fallback.get());
    // The bucket's program would fit for its own problem, not for this one.
    CHECK(table.find(gemm(200, 8, 8), {.workspace_limit = 700}) == fallback.get());
    CHECK(table.find(gemm(200, 8, 8), {.workspace_limit = 2000}) == own.get());
}

TEST_CASE("the buckets of one family are not those of another", "[dispatch]") {
    // m = 100 is the second bucket of `fine` and the first of `coarse`.
    const StaticDims fine = {{}, {{Gemm::m_dim, {64, 128}}}};
    const StaticDims coarse = {{}, {{Gemm::m_dim, {512, 1024}}}};
    const auto of_coarse = served({.problem = gemm(1000, 8, 8), .dims = coarse});
    const auto of_fine = served({.problem = gemm(20, 8, 8), .dims = fine});
    const Table table({of_coarse, of_fine});

    CHECK(table.find(gemm(100, 8, 8), {}) == nullptr);
    CHECK(table.find(gemm(30, 8, 8), {}) == of_fine.get());
    CHECK(table.find(gemm(600, 8, 8), {}) == of_coarse.get());
}

TEST_CASE("a baked extent is never served another one", "[dispatch]") {
    const StaticDims dims = {{Gemm::n_dim, Gemm::k_dim}, {{Gemm::m_dim, {64}}}};
    const auto only = served({.problem = gemm(20, 512, 256), .dims = dims});
    const Table table({only});
    CHECK(table.find(gemm(60, 512, 256), {}) == only.get());
    CHECK(table.find(gemm(60, 513, 256), {}) == nullptr);
    CHECK(table.find(gemm(60, 512, 255), {}) == nullptr);
    CHECK(table.find(gemm(65, 512, 256), {}) == nullptr);
}

TEST_CASE("every one of many problems is found, and no other", "[dispatch]") {
    // One slot in four or two is taken, so many of these meet.
    std::vector<std::shared_ptr<const Served>> entries;
    const StaticDims all_baked = {{Gemm::m_dim, Gemm::n_dim, Gemm::k_dim}, {}};
    for (std::int64_t i = 1; i <= 5000; ++i)
        entries.push_back(served({.problem = gemm(i, i % 71 + 1, i % 13 + 1), .dims = all_baked}));
    const Table table(entries);
    for (const auto& entry : entries) REQUIRE(table.find(entry->problem, {}) == entry.get());
    for (std::int64_t i = 1; i <= 5000; ++i)
        REQUIRE(table.find(gemm(i, i % 71 + 2, i % 13 + 1), {}) == nullptr);
}

TEST_CASE("a class has its own fallback, whatever field tells it from another", "[dispatch]") {
    std::vector<std::shared_ptr<const Served>> entries;
    for (const DType dtype : {DType::f32, DType::bf16, DType::f16})
        for (const Layout layout : {Layout::nn, Layout::nt, Layout::tn, Layout::tt})
            for (const std::int64_t alignment : {0, 4, 16, 128})
                for (const char* packed : {"", "packed:cpu-nr16/1"}) {
                    Gemm shape;
                    shape.a = shape.b = shape.d = dtype;
                    shape.layout = layout;
                    shape.leading = {alignment > 0, alignment};
                    Problem problem = shape.problem();
                    if (*packed) problem.names[0] = Name(packed);
                    entries.push_back(served({.problem = problem, .match = Match::fallback}));
                    problem.operation = Name("other");
                    entries.push_back(served({.problem = problem, .match = Match::fallback}));
                }
    const Table table(entries);
    for (const auto& entry : entries) {
        Problem problem = entry->problem;
        problem.dims[Gemm::m_dim] = 77;
        CHECK(table.find(problem, {}) == entry.get());
        problem.operation = Name("third");
        CHECK(table.find(problem, {}) == nullptr);
    }
}

TEST_CASE("problems share a bucket exactly when no bound lies between them", "[dispatch]") {
    rc::prop("bounds", [] {
        const auto extent = [] { return *rc::gen::inRange<std::int64_t>(1, 5000); };
        const std::vector<std::int64_t> bounds = {1, 16, 64, 256, 1024};
        const StaticDims dims = {{Gemm::n_dim}, {{Gemm::m_dim, bounds}}};
        const Problem left = gemm(extent(), *rc::gen::inRange<std::int64_t>(1, 3), extent());
        const Problem right = gemm(extent(), *rc::gen::inRange<std::int64_t>(1, 3), extent());
        bool apart = left.dims[Gemm::n_dim] != right.dims[Gemm::n_dim];
        for (const std::int64_t bound : bounds)
            apart |= (left.dims[Gemm::m_dim] <= bound) != (right.dims[Gemm::m_dim] <= bound);
        RC_ASSERT((bucket_of(left.dims, dims) == bucket_of(right.dims, dims)) == !apart);
    });
}

TEST_CASE("a class is the problem without its extents", "[dispatch]") {
    rc::prop("dims", [] {
        const auto extent = [] { return *rc::gen::inRange<std::int64_t>(1, 1 << 20); };
        const Problem left = gemm(extent(), extent(), extent());
        const Problem right = gemm(extent(), extent(), extent());
        RC_ASSERT(class_of(left) == class_of(right));
        RC_ASSERT(class_of(class_of(left)) == class_of(left));
        RC_ASSERT(class_of(left).dims == bucket_of(left.dims, {}));
    });
    CHECK_FALSE(class_of(gemm(1, 1, 1)) == class_of(gemm(1, 1, 1, DType::bf16)));
}
