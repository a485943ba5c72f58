#include "hone/gemm.hpp"
#include "tests/catch.hpp"
#include "tests/op/problems.hpp"
#include "tests/op/tensors.hpp"
#include "tests/property.hpp"
#include "tests/seed.hpp"

#include <cmath>
#include <string>
#include <vector>

using namespace hone;
using test::problem;
using test::Tensors;

namespace {

// A copy of the output filled in by the plain algorithm, as a kernel would leave it.
class Output {
  public:
    Output(const Problem& problem, const Tensors& tensors)
        : spec_(tensors[Gemm::d_arg].spec),
          memory_(static_cast<std::size_t>(spec_.storage_bytes())) {
        test::store_rows(
            gemm_operation().reference(problem, tensors.all(), {}, Operation::Arithmetic::plain)[0],
            tensor());
    }
    HostTensor tensor() { return {spec_, memory_.data()}; }

  private:
    ArgSpec spec_;
    std::vector<std::byte> memory_;
};

double probe(const Problem& p, const Tensors& tensors, Output& output, std::uint64_t seed) {
    const HostTensor outputs[] = {output.tensor()};
    const auto ratio = gemm_operation().probe(p, tensors.all(), outputs, seed);
    REQUIRE(ratio);
    return *ratio;
}

// What a caller may take for right: residuals are nearly normal, and there are thousands.
constexpr double accepted = 6;

} // namespace

TEST_CASE("a right gemm passes Freivalds' check", "[op]") {
    for (const char* text : {
             "gemm m=60 n=70 k=80 a=f32",
             "gemm m=60 n=70 k=2000 a=f32 layout=nt",
             "gemm m=20 n=600 k=300 a=bf16 layout=tn",
             "gemm m=20 n=5000 k=40 a=f16 layout=tt",
             "gemm m=40 n=40 k=500 a=tf32 d=f32 batch=2",
             "gemm m=40 n=40 k=500 a=f64 layout=nt",
             "gemm m=40 n=40 k=500 a=e4m3 d=bf16",
             "gemm m=40 n=40 k=500 a=bf16 d=f32 scale=alpha_beta c=bf16",
             "gemm m=40 n=40 k=500 a=f32 accumulate=true scale=alpha",
             "gemm m=40 n=40 k=512 a=f16 b=s4 group=64 layout=nt",
             "gemm m=40 n=40 k=512 a=bf16 b=s8",
             "gemm m=40 n=40 k=512 a=s8 d=s32",
             "gemm m=40 n=40 k=512 a=s8 d=s32 scale=alpha",
             "gemm m=40 n=40 k=512 a=f32 leading=strided alignment=16",
             "gemm m=1 n=1 k=1 a=f32",
         }) {
        for (const Distribution distribution : all_distributions) {
            INFO(text << " " << to_string(distribution));
            const Problem p = problem(text);
            const Tensors tensors(gemm_operation(), p);
            gemm_operation().make_inputs(p, distribution, test::seed(), tensors.all());
            Output output(p, tensors);
            CHECK(probe(p, tensors, output, test::seed()) < accepted);
        }
    }
}

TEST_CASE("Freivalds' check sees one wrong element", "[op]") {
    rc::prop("an f32 element off by a hundred times its rounding error is found", [] {
        const auto small = rc::gen::inRange<std::int64_t>(1, 40);
        Gemm gemm;
        gemm.m = *small;
        gemm.n = *small;
        gemm.k = *rc::gen::inRange<std::int64_t>(1, 300);
        gemm.layout = *rc::gen::element(Layout::nn, Layout::nt, Layout::tn, Layout::tt);
        const Problem p = gemm.problem();
        const Distribution distribution = *rc::gen::element(
            Distribution::normal, Distribution::same_sign, Distribution::adversarial);
        const auto seed = *rc::gen::arbitrary<std::uint64_t>();
        const Tensors tensors(gemm_operation(), p);
        gemm_operation().make_inputs(p, distribution, seed, tensors.all());
        Output output(p, tensors);
        RC_ASSERT(probe(p, tensors, output, seed + 1) < accepted);

        const std::int64_t i = *rc::gen::inRange<std::int64_t>(0, gemm.m);
        const std::int64_t j = *rc::gen::inRange<std::int64_t>(0, gemm.n);
        const auto reference =
            gemm_operation().reference(p, tensors.all(), {{i}}, Operation::Arithmetic::fp64);
        // The worst rounding error there may be is k u times the magnitude, of a usual element of
        // the row: a tiny one may hide behind the rounding of the others.
        double square = 0;
        for (const double magnitude : reference[0].magnitudes) square += magnitude * magnitude;
        const double usual = std::sqrt(square / static_cast<double>(gemm.n));
        const double rounding = static_cast<double>(gemm.k) * 0x1p-24 * usual;
        const std::int64_t at = test::position(output.tensor().spec, {0, i, j});
        const double before = to_double(DType::f32, output.tensor().data, at);
        from_double(DType::f32, output.tensor().data, at, before + 100 * rounding);
        RC_ASSERT(probe(p, tensors, output, seed + 1) > accepted);
    });
}

TEST_CASE("Freivalds' check sees faults of every kind", "[op]") {
    const Problem p = problem("gemm m=64 n=300 k=128 a=bf16 layout=nt batch=2");
    // A fault of many elements hides from one vector of signs in a hundred, so this one is fixed.
    constexpr std::uint64_t seed = 1;
    const Tensors tensors(gemm_operation(), p);
    gemm_operation().make_inputs(p, Distribution::normal, seed, tensors.all());
    const auto broken = [&](auto&& damage) {
        Output output(p, tensors);
        damage(output.tensor());
        return probe(p, tensors, output, seed);
    };
    const auto set = [](const HostTensor& d, std::int64_t i, std::int64_t j, double value) {
        from_double(d.spec.dtype, d.data, test::position(d.spec, {1, i, j}), value);
    };
    CHECK(broken([](const HostTensor&) {}) < accepted);
    CHECK(broken([&](const HostTensor& d) { set(d, 63, 299, NAN); }) == INFINITY);
    CHECK(broken([&](const HostTensor& d) { set(d, 0, 0, INFINITY); }) == INFINITY);
    CHECK(broken([&](const HostTensor& d) {
              for (int j = 0; j < 300; ++j) set(d, 17, j, 0);
          }) > 100);
    CHECK(broken([&](const HostTensor& d) { // two rows swapped
              for (int j = 0; j < 300; ++j) {
                  const double one = test::element(d, {1, 3, j});
                  set(d, 3, j, test::element(d, {1, 4, j}));
                  set(d, 4, j, one);
              }
          }) > 100);
    CHECK(broken([&](const HostTensor& d) { // one term of k left out
              const double a = test::element(tensors[Gemm::a_arg], {1, 5, 7});
              for (int j = 0; j < 300; ++j) {
                  const double b = test::element(tensors[Gemm::b_arg], {1, j, 7});
                  set(d, 5, j, test::element(d, {1, 5, j}) - 4 * a * b);
              }
          }) > accepted);
}

TEST_CASE("integer products are checked exactly", "[op]") {
    const Problem p = problem("gemm m=10 n=10 k=100 a=s8 d=s32");
    const Tensors tensors(gemm_operation(), p);
    gemm_operation().make_inputs(p, Distribution::normal, test::seed(), tensors.all());
    Output output(p, tensors);
    CHECK(probe(p, tensors, output, test::seed()) == 0);
    static_cast<std::int32_t*>(output.tensor().data)[42] += 1;
    CHECK(probe(p, tensors, output, test::seed()) == INFINITY);
}

TEST_CASE("no check is offered where the sums cannot be seen in the output", "[op]") {
    for (const char* text : {"gemm m=4 n=4 k=4 a=f32 epilogue=relu", "gemm m=4 n=4 k=4 a=e4m3",
                             "gemm m=4 n=4 k=4 a=s8"}) {
        INFO(text);
        const Problem p = problem(text);
        const Tensors tensors(gemm_operation(), p);
        gemm_operation().make_inputs(p, Distribution::normal, test::seed(), tensors.all());
        Output output(p, tensors);
        const HostTensor outputs[] = {output.tensor()};
        CHECK_FALSE(gemm_operation().probe(p, tensors.all(), outputs, 1));
    }
}
