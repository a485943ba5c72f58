#include "hone/gemm.hpp"
#include "lib/measure/verifier.hpp"
#include "tests/catch.hpp"
#include "tests/measure/results.hpp"
#include "tests/seed.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

using namespace hone;
using namespace hone::test;
using Look = Verifier::Look;

namespace {

constexpr int all_sets = static_cast<int>(operand_sets.size());

// Whole rows of a problem that is too large to compare every one of them.
Problem large() { return gemm("gemm m=2048 n=256 k=256 a=f32"); }

bool is_compared(const OperandSet& set, std::int64_t row) {
    return set.rows.rows.empty() ||
           std::binary_search(set.rows.rows.begin(), set.rows.rows.end(), row);
}

std::int64_t uncompared_row(const OperandSet& set) {
    std::int64_t row = 700;
    while (is_compared(set, row)) ++row;
    return row;
}

} // namespace

TEST_CASE("results of the plain algorithm are right on every set", "[measure]") {
    const std::vector<std::string> table = {
        "gemm m=64 n=48 k=96 a=f32",
        "gemm m=1 n=33 k=4096 a=f32",
        "gemm m=37 n=29 k=1 a=f32 layout=nt",
        "gemm m=17 n=40 k=65 a=f32 batch=3 layout=tn",
        "gemm m=33 n=40 k=65 a=f32 leading=strided alignment=16",
        "gemm m=33 n=40 k=65 a=f32 accumulate=true",
        "gemm m=20 n=30 k=500 a=bf16",
        "gemm m=20 n=30 k=500 a=f16 d=f32",
        "gemm m=20 n=30 k=500 a=f64",
        "gemm m=20 n=30 k=500 a=s8 d=s32",
        "gemm m=20 n=32 k=64 a=f32 epilogue=bias+gelu",
        "gemm m=20 n=32 k=64 a=f32 epilogue=silu+residual",
        "gemm m=20 n=32 k=64 a=f32 epilogue=swiglu",
        "gemm m=2048 n=256 k=256 a=f32",
    };
    for (const std::string& text : table) {
        CAPTURE(text);
        const Problem problem = gemm(text);
        const DType a = Gemm::from(problem).a;
        Numerics numerics;
        if (a == DType::f64) numerics = {.operand = DType::f64, .accumulator = DType::f64};
        if (a == DType::s8) numerics = {.operand = DType::s8, .accumulator = DType::s32};
        Verifier verifier(gemm_operation(), problem, seed());
        for (int set = 0; set < all_sets; ++set) {
            CAPTURE(to_string(verifier.set(set).distribution));
            write_plain(problem, verifier.set(set));
            const Verification verdict = verifier.judge(set, numerics, Look::whole);
            CAPTURE(verdict.detail);
            CHECK(verdict.outcome == Outcome::ok);
            CHECK(verdict.detail.empty());
            CHECK(verdict.kernel_error == verdict.total_error);
            CHECK(verdict.total_error == verdict.plain_error);
            const bool frobenius =
                verifier.set(set).distribution != Distribution::adversarial && a != DType::s8;
            CHECK((verdict.kernel_error.frobenius_ppt > 0) == frobenius);
        }
    }
}

TEST_CASE("every kind of fault is found and said where it is", "[measure]") {
    struct Fault {
        std::string name;
        Outcome outcome;
        std::string place; // begins the detail
        std::function<void(const OperandSet&)> make;
        bool needs_size = false; // of the result: adversarial sums may be as good as 0
    };
    const std::vector<Fault> faults = {
        {"last element is zero", Outcome::wrong_result, "d[69,49]: expected ",
         [](const OperandSet& set) { set_element(d_of(set), 69, 49, 0); }, true},
        {"an element of the edge is its neighbour's", Outcome::wrong_result, "d[64,49]: expected ",
         [](const OperandSet& set) { set_element(d_of(set), 64, 49, element(d_of(set), 64, 48)); },
         true},
        {"one product is missing", Outcome::wrong_result, "d[3,",
         [](const OperandSet& set) {
             const HostTensor &a = set.memory->inputs()[Gemm::a_arg],
                              &b = set.memory->inputs()[Gemm::b_arg];
             std::int64_t lost = 0; // the one that counts most
             for (std::int64_t p = 0; p < 300; ++p)
                 if (std::abs(element(a, 3, p)) > std::abs(element(a, 3, lost))) lost = p;
             for (std::int64_t column = 0; column < 50; ++column)
                 set_element(d_of(set), 3, column,
                             element(d_of(set), 3, column) -
                                 element(a, 3, lost) * element(b, lost, column));
         }},
        {"one element was never written", Outcome::not_finite, "d[12,7]: expected ",
         [](const OperandSet& set) { set_element(d_of(set), 12, 7, std::nan("")); }},
        {"an infinity", Outcome::not_finite, "d[12,7]: expected ",
         [](const OperandSet& set) {
             set_element(d_of(set), 12, 7, -std::numeric_limits<double>::infinity());
         }},
        {"nothing was written", Outcome::not_finite, "d[0,0]: expected ",
         [](const OperandSet& set) { poison(d_of(set)); }},
        {"a row is one element too long", Outcome::out_of_bounds, "d[5,50]: written in the padding",
         [](const OperandSet& set) { set_element(d_of(set), 5, 50, 0); }},
    };
    const Problem problem = gemm("gemm m=70 n=50 k=300 a=f32 leading=strided alignment=16");
    Verifier verifier(gemm_operation(), problem, seed());
    for (const Fault& fault : faults)
        for (int set = 0; set < all_sets; ++set) {
            CAPTURE(fault.name, to_string(verifier.set(set).distribution));
            if (fault.needs_size && verifier.set(set).distribution == Distribution::adversarial)
                continue;
            write_plain(problem, verifier.set(set));
            fault.make(verifier.set(set));
            const Verification verdict = verifier.judge(set, {}, Look::rows);
            CAPTURE(verdict.detail);
            CHECK(verdict.outcome == fault.outcome);
            CHECK(verdict.detail.starts_with(fault.place));
            CHECK(verdict.detail.ends_with(
                " on " + std::string(to_string(verifier.set(set).distribution)) + " inputs"));
        }
}

TEST_CASE("faults outside the compared rows are found by looking at the whole", "[measure]") {
    const Problem problem = large();
    Verifier verifier(gemm_operation(), problem, seed());
    const OperandSet& set = verifier.set(0);
    REQUIRE_FALSE(set.rows.rows.empty());
    const std::int64_t row = uncompared_row(set);

    write_plain(problem, set);
    const double right = element(d_of(set), row, 200);
    set_element(d_of(set), row, 200, right + 1);
    CHECK(verifier.judge(0, {}, Look::rows).outcome == Outcome::ok);
    const Verification verdict = verifier.judge(0, {}, Look::whole);
    CHECK(verdict.outcome == Outcome::wrong_result);
    CHECK(verdict.detail.starts_with("d[" + std::to_string(row) + ",200]: expected "));

    // Numbers that are none are seen at the lesser look, too.
    set_element(d_of(set), row, 200, std::nan(""));
    const Verification unwritten = verifier.judge(0, {}, Look::rows);
    CHECK(unwritten.outcome == Outcome::not_finite);
    CHECK(unwritten.detail.starts_with("d[" + std::to_string(row) + ",200]: expected "));
}

TEST_CASE("a program is held to the inputs it sees, its total error to the problem's own",
          "[measure]") {
    const Problem problem = gemm("gemm m=48 n=40 k=512 a=f32");
    const Numerics tf32{.operand = DType::tf32};
    Verifier verifier(gemm_operation(), problem, seed());
    for (int set = 0; set < all_sets; ++set) {
        const OperandSet& operands = verifier.set(set);
        CAPTURE(to_string(operands.distribution));
        References references(gemm_operation(), problem, operands);
        write_plain(problem, operands, references.inputs_seen(tf32));

        const Verification verdict = verifier.judge(set, tf32, Look::whole);
        CAPTURE(verdict.detail);
        CHECK(verdict.outcome == Outcome::ok);
        CHECK(verdict.kernel_error.componentwise_ppt < 10'000'000); // 1e-5
        CHECK(verdict.total_error.componentwise_ppt > 10'000'000);
        CHECK(verdict.plain_error.componentwise_ppt < 10'000'000);
        // As a program that says it keeps f32 it would be wrong.
        CHECK(verifier.judge(set, {}, Look::rows).outcome == Outcome::wrong_result);
    }
}

TEST_CASE("programs of split operands are held to whole inputs and a wider bound", "[measure]") {
    const Problem problem = gemm("gemm m=16 n=16 k=64 a=f32");
    Verifier verifier(gemm_operation(), problem, seed());
    const Numerics split{.operand = DType::bf16, .split_terms = 3};
    const OperandSet& set = verifier.set(0);
    write_plain(problem, set);
    CHECK(verifier.judge(0, split, Look::whole).outcome == Outcome::ok);
    for (std::int64_t column = 0; column < 16; ++column) { // about what the split leaves out
        const double value = element(d_of(set), 2, column);
        set_element(d_of(set), 2, column, value * (1 + 0x1p-16));
    }
    CHECK(verifier.judge(0, split, Look::whole).outcome == Outcome::ok);
    write_plain(problem, set,
                References(gemm_operation(), problem, set).inputs_seen({.operand = DType::bf16}));
    CHECK(verifier.judge(0, split, Look::whole).outcome == Outcome::wrong_result);
}

TEST_CASE("an integer result may not be off by one", "[measure]") {
    const Problem problem = gemm("gemm m=16 n=16 k=2000 a=s8 d=s32");
    const Numerics numerics{.operand = DType::s8, .accumulator = DType::s32};
    Verifier verifier(gemm_operation(), problem, seed());
    write_plain(problem, verifier.set(0));
    set_element(d_of(verifier.set(0)), 15, 15, element(d_of(verifier.set(0)), 15, 15) + 1);
    const Verification verdict = verifier.judge(0, numerics, Look::rows);
    CHECK(verdict.outcome == Outcome::wrong_result);
    CHECK(verdict.detail.find("x bound") == std::string::npos); // the bound is 0
}

TEST_CASE("joined verdicts hold the first failure and the worst errors", "[measure]") {
    Verification all;
    merge(all, {Outcome::ok, "", {1, 8}, {2, 2}, {3, 3}});
    merge(all, {Outcome::not_finite, "first", {5, 6}, {1, 9}, {}});
    merge(all, {Outcome::wrong_result, "second", {}, {}, {4, 4}});
    CHECK(all.outcome == Outcome::not_finite);
    CHECK(all.detail == "first");
    CHECK(all.kernel_error == ErrorPair{5, 8});
    CHECK(all.total_error == ErrorPair{2, 9});
    CHECK(all.plain_error == ErrorPair{4, 4});
}

TEST_CASE("operand sets differ in distribution, seed and rows, and repeat with the sitting's seed",
          "[measure]") {
    const Problem problem = large();
    Verifier verifier(gemm_operation(), problem, 11), again(gemm_operation(), problem, 11),
        other(gemm_operation(), problem, 12);
    for (int set = 0; set < all_sets; ++set) {
        CHECK(verifier.set(set).distribution == operand_sets[static_cast<std::size_t>(set)]);
        CHECK(verifier.set(set).rows.rows == again.set(set).rows.rows);
        CHECK(verifier.set(set).rows.rows != other.set(set).rows.rows);
        CHECK(verifier.set(set).seed != other.set(set).seed);
    }
    CHECK(verifier.set(0).rows.rows != verifier.set(1).rows.rows);
    const auto first = [](const Verifier& of, int set) {
        return element(const_cast<Verifier&>(of).set(set).memory->inputs()[Gemm::a_arg], 5, 5);
    };
    CHECK(first(verifier, 0) == first(again, 0));
    CHECK(first(verifier, 0) != first(other, 0));
}
