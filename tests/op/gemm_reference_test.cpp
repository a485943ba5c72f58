#include "hone/gemm.hpp"
#include "tests/catch.hpp"
#include "tests/op/problems.hpp"
#include "tests/op/tensors.hpp"
#include "tests/seed.hpp"

#include <cmath>
#include <string>
#include <vector>

using namespace hone;
using test::element;
using test::problem;
using test::Tensors;

namespace {

double gelu(double x) { return 0.5 * x * std::erfc(-x / std::sqrt(2.0)); }
double gelu_tanh(double x) {
    return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * std::pow(x, 3))));
}
double silu(double x) { return x * (1 / (1 + std::exp(-x))); }

// D by its definition, in long double, one element at a time.
class Naive {
  public:
    Naive(const Problem& problem, const Tensors& tensors)
        : gemm_(Gemm::from(problem)), tensors_(tensors) {}

    double value(std::int64_t batch, std::int64_t i, std::int64_t j) const {
        const std::int64_t columns = gemm_.d_columns();
        double x = before(batch, i, j), other = 0;
        bool halved = false;
        const bool swiglu = columns != gemm_.n;
        if (swiglu) other = before(batch, i, j + columns);
        for (const EpilogueStep step : gemm_.epilogue) {
            apply(step, batch, i, j, x);
            if (step == EpilogueStep::swiglu) {
                x = silu(x) * other;
                halved = true;
            } else if (swiglu && !halved) {
                apply(step, batch, i, j + columns, other);
            }
        }
        return x;
    }

  private:
    double before(std::int64_t batch, std::int64_t i, std::int64_t j) const {
        long double sum = 0;
        for (std::int64_t p = 0; p < gemm_.k; ++p) {
            const double a = a_transposed(gemm_.layout)
                                 ? element(tensors_[Gemm::a_arg], {batch, p, i})
                                 : element(tensors_[Gemm::a_arg], {batch, i, p});
            double b = b_transposed(gemm_.layout) ? element(tensors_[Gemm::b_arg], {batch, j, p})
                                                  : element(tensors_[Gemm::b_arg], {batch, p, j});
            if (tensors_[Gemm::scale_b_arg].spec.present()) {
                const std::int64_t group = gemm_.group == 0 ? 0 : p / gemm_.group;
                b *= element(tensors_[Gemm::scale_b_arg], {batch, group, j});
            }
            sum += static_cast<long double>(a) * b;
        }
        if (gemm_.scale != Scale::none) sum *= element(tensors_[Gemm::alpha_arg], {});
        if (gemm_.scale == Scale::alpha_beta) {
            sum += static_cast<long double>(element(tensors_[Gemm::beta_arg], {})) *
                   element(tensors_[Gemm::c_arg], {batch, i, j});
        }
        if (gemm_.accumulate) sum += element(tensors_[Gemm::d_arg], {batch, i, j});
        return static_cast<double>(sum);
    }

    void apply(EpilogueStep step, std::int64_t batch, std::int64_t i, std::int64_t j,
               double& x) const {
        if (step == EpilogueStep::bias) x += element(tensors_[Gemm::bias_arg], {j});
        if (step == EpilogueStep::residual) {
            x += element(tensors_[Gemm::residual_arg], {batch, i, j});
        }
        if (step == EpilogueStep::relu) x = x < 0 ? 0 : x;
        if (step == EpilogueStep::silu) x = silu(x);
        if (step == EpilogueStep::gelu) x = gelu(x);
        if (step == EpilogueStep::gelu_tanh) x = gelu_tanh(x);
    }

    Gemm gemm_;
    const Tensors& tensors_;
};

const char* const shapes[] = {"m=1 n=1 k=1", "m=5 n=7 k=3", "m=3 n=66 k=258",
                              "m=17 n=16 k=4 batch=3"};
const char* const layouts[] = {"nn", "nt", "tn", "tt"};
const char* const variants[] = {
    "a=f32",
    "a=f64",
    "a=tf32 d=f32",
    "a=f16",
    "a=bf16 d=f32",
    "a=e4m3 d=bf16",
    "a=e4m3 b=e5m2 d=f16",
    "a=s8 d=s32",
    "a=u8 b=s8 d=f32 scale=alpha",
    "a=f32 scale=alpha",
    "a=bf16 scale=alpha_beta c=f32",
    "a=f32 accumulate=true",
    "a=f32 accumulate=true scale=alpha",
    "a=f32 epilogue=bias",
    "a=f32 epilogue=bias+relu",
    "a=f32 epilogue=silu+residual",
    "a=f32 epilogue=bias+gelu",
    "a=f32 epilogue=gelu_tanh scale=alpha",
    "a=f32 leading=strided alignment=4",
    "a=bf16 d=f32 leading=strided alignment=16 epilogue=residual",
    "a=bf16 leading=strided alignment=128 scale=alpha_beta c=bf16",
    "a=bf16 b=s8",
};
const char* const even_variants[] = {
    "m=3 n=8 k=6 a=f32 epilogue=swiglu",
    "m=3 n=8 k=6 a=bf16 epilogue=bias+swiglu+residual",
    "m=3 n=8 k=6 a=f16 b=s4",
    "m=3 n=8 k=6 a=f16 b=s4 layout=nt group=2",
    "m=3 n=40 k=600 a=bf16 b=s8 group=200",
    "m=3 n=40 k=600 a=f32 b=s8 group=200 layout=tt batch=2",
    "m=3 n=40 k=600 a=bf16 b=s4 group=200 layout=nt leading=strided alignment=1",
};

std::vector<std::string> all_texts() {
    std::vector<std::string> texts;
    for (const char* shape : shapes) {
        for (const char* layout : layouts) {
            for (const char* variant : variants) {
                texts.push_back(std::string("gemm ") + shape + " layout=" + layout + " " + variant);
            }
        }
    }
    for (const char* variant : even_variants) texts.push_back(std::string("gemm ") + variant);
    return texts;
}

} // namespace

TEST_CASE("the gemm reference agrees with the definition, whatever the layout and types", "[op]") {
    std::size_t next = 0;
    for (const std::string& text : all_texts()) {
        INFO(text);
        const Problem p = problem(text);
        const Gemm gemm = Gemm::from(p);
        const Tensors tensors(gemm_operation(), p);
        const Distribution distribution = all_distributions[next++ % all_distributions.size()];
        gemm_operation().make_inputs(p, distribution, test::seed(), tensors.all());
        const auto fp64 =
            gemm_operation().reference(p, tensors.all(), {}, Operation::Arithmetic::fp64);
        const auto plain =
            gemm_operation().reference(p, tensors.all(), {}, Operation::Arithmetic::plain);
        REQUIRE(fp64.size() == 1);
        REQUIRE(fp64[0].rows.size() == static_cast<std::size_t>(gemm.batch * gemm.m));
        REQUIRE(fp64[0].row_length == gemm.d_columns());

        const Naive naive(p, tensors);
        const double u = gemm.a == DType::f64 ? 0x1p-53 : 0x1p-24;
        std::size_t at = 0;
        double worst = 0, worst_plain = 0;
        for (std::int64_t batch = 0; batch < gemm.batch; ++batch) {
            for (std::int64_t i = 0; i < gemm.m; ++i) {
                for (std::int64_t j = 0; j < gemm.d_columns(); ++j, ++at) {
                    const double expected = naive.value(batch, i, j);
                    const double magnitude = fp64[0].magnitudes[at] + 1e-300;
                    const double error = std::abs(fp64[0].values[at] - expected);
                    worst = std::max(worst, error / magnitude);
                    // Storing rounds by u_d, accumulating by at most (k + 10) u.
                    const double bound =
                        (static_cast<double>(gemm.k) + 10) * u * magnitude +
                        (unit_roundoff(gemm.d) * (std::abs(expected) + magnitude * 0x1p-12)) +
                        (unit_roundoff(gemm.d) == 0 ? 0.5 : 0x1p-25);
                    worst_plain =
                        std::max(worst_plain, std::abs(plain[0].values[at] - expected) / bound);
                }
            }
        }
        CHECK(worst < 1e-13);
        CHECK(worst_plain <= 1);
    }
}

TEST_CASE("magnitudes of a plain gemm are the sums of absolute products", "[op]") {
    for (const char* text : {"gemm m=4 n=5 k=6 a=f32", "gemm m=2 n=20 k=300 a=bf16 layout=tt"}) {
        INFO(text);
        const Problem p = problem(text);
        const Gemm gemm = Gemm::from(p);
        const Tensors tensors(gemm_operation(), p);
        gemm_operation().make_inputs(p, Distribution::normal, test::seed(), tensors.all());
        const auto got =
            gemm_operation().reference(p, tensors.all(), {}, Operation::Arithmetic::fp64);
        // The same product of absolute values.
        for (const int arg : {Gemm::a_arg, Gemm::b_arg}) {
            const HostTensor& tensor = tensors[arg];
            for (std::int64_t i = 0; i < element_count(tensor.spec); ++i) {
                const double value = to_double(tensor.spec.dtype, tensor.data, i);
                from_double(tensor.spec.dtype, tensor.data, i, std::abs(value));
            }
        }
        const auto absolute =
            gemm_operation().reference(p, tensors.all(), {}, Operation::Arithmetic::fp64);
        for (std::size_t i = 0; i < got[0].magnitudes.size(); ++i) {
            CHECK(got[0].magnitudes[i] == Approx(absolute[0].values[i]).epsilon(1e-13));
        }
    }
}

TEST_CASE("selected rows are the rows of the whole reference", "[op]") {
    const Problem p = problem("gemm m=6 n=70 k=33 a=bf16 batch=3 layout=nt epilogue=bias+silu");
    const Tensors tensors(gemm_operation(), p);
    gemm_operation().make_inputs(p, Distribution::wide_range, test::seed(), tensors.all());
    for (const auto arithmetic : {Operation::Arithmetic::fp64, Operation::Arithmetic::plain}) {
        const auto whole = gemm_operation().reference(p, tensors.all(), {}, arithmetic);
        const RowSelection selection{{0, 5, 6, 11, 17}};
        const auto some = gemm_operation().reference(p, tensors.all(), selection, arithmetic);
        REQUIRE(some[0].rows == selection.rows);
        for (std::size_t r = 0; r < selection.rows.size(); ++r) {
            for (std::size_t j = 0; j < 70; ++j) {
                const std::size_t from = static_cast<std::size_t>(selection.rows[r]) * 70 + j;
                CHECK(some[0].values[r * 70 + j] == whole[0].values[from]);
                CHECK(some[0].magnitudes[r * 70 + j] == whole[0].magnitudes[from]);
            }
        }
    }
}

TEST_CASE("the plain algorithm of f32 adds rounded products in the order of k", "[op]") {
    const Problem p = problem("gemm m=3 n=18 k=700 a=f32");
    const Tensors tensors(gemm_operation(), p);
    gemm_operation().make_inputs(p, Distribution::normal, test::seed(), tensors.all());
    const auto plain =
        gemm_operation().reference(p, tensors.all(), {}, Operation::Arithmetic::plain);
    const auto* const a = static_cast<const float*>(tensors[Gemm::a_arg].data);
    const auto* const b = static_cast<const float*>(tensors[Gemm::b_arg].data);
    for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t j = 0; j < 18; ++j) {
            volatile float sum = 0;
            for (std::size_t q = 0; q < 700; ++q) {
                volatile float product = a[i * 700 + q] * b[q * 18 + j];
                sum = sum + product;
            }
            CHECK(plain[0].values[i * 18 + j] == static_cast<double>(sum));
        }
    }
}

TEST_CASE("an f64 reference is more exact than a plain f64 sum", "[op]") {
    const Problem p = problem("gemm m=4 n=16 k=3000 a=f64");
    const Tensors tensors(gemm_operation(), p);
    gemm_operation().make_inputs(p, Distribution::same_sign, test::seed(), tensors.all());
    const auto exact =
        gemm_operation().reference(p, tensors.all(), {}, Operation::Arithmetic::fp64);
    const auto plain =
        gemm_operation().reference(p, tensors.all(), {}, Operation::Arithmetic::plain);
    const Naive naive(p, tensors);
    double error = 0, plain_error = 0;
    for (std::int64_t i = 0; i < 4; ++i) {
        for (std::int64_t j = 0; j < 16; ++j) {
            const auto at = static_cast<std::size_t>(i * 16 + j);
            const double expected = naive.value(0, i, j);
            error = std::max(error, std::abs(exact[0].values[at] / expected - 1));
            plain_error = std::max(plain_error, std::abs(plain[0].values[at] / expected - 1));
        }
    }
    CHECK(error <= 0x1p-52);
    CHECK(plain_error > 4 * error);
}
