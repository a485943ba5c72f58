#include "tests/catch.hpp"
#include "tests/op/attention_naive.hpp"
#include "tests/op/problems.hpp"
#include "tests/seed.hpp"

#include <cmath>
#include <string>
#include <vector>

using namespace hone;
using test::element;
using test::Naive;
using test::Place;
using test::problem;
using test::Tensors;

TEST_CASE("the gradients of attention agree with differences of the forward pass", "[op]") {
    for (const char* text : {
             "batch=2 heads=2 q_len=3 kv_len=5 head_dim=4 dtype=f32",
             "batch=1 heads=4 kv_heads=2 q_len=5 kv_len=5 head_dim=3 head_dim_v=6 dtype=f32 "
             "causal=true",
             "batch=1 heads=2 q_len=6 kv_len=3 head_dim=4 dtype=f32 causal=true layout=bhsd",
             "batch=1 heads=2 q_len=4 kv_len=9 head_dim=4 dtype=f32 causal=true window=2 "
             "softcap=1.5",
             "batch=2 heads=2 head_dim=4 dtype=f32 causal=true variable_q=true explicit_scale=true "
             "lengths.distribution=uniform lengths.low=2 lengths.high=6",
         }) {
        INFO(text);
        const Problem p = problem(std::string("attention_backward ") + text);
        const Attention attention = Attention::from(p);
        const Operation& operation = attention_backward_operation();
        const Tensors tensors(operation, p);
        operation.make_inputs(p, Distribution::normal, test::seed(), tensors.all());
        Naive naive(attention, tensors);
        const auto result = operation.reference(p, tensors.all(), {}, Operation::Arithmetic::fp64);
        const auto plain = operation.reference(p, tensors.all(), {}, Operation::Arithmetic::plain);
        REQUIRE(result.size() == 3);

        const Place d_o{attention, tensors[Attention::bdo_arg],
                        &tensors[Attention::bq_offsets_arg]};
        const auto loss = [&] { // sum of dO o, whose gradients dq, dk and dv are
            double sum = 0;
            for (std::int64_t b = 0; b < attention.batch; ++b) {
                for (std::int64_t i = 0; i < naive.q_lengths[static_cast<std::size_t>(b)]; ++i) {
                    for (std::int64_t h = 0; h < attention.heads; ++h) {
                        for (std::int64_t e = 0; e < attention.head_dim_v; ++e) {
                            sum += naive.o(b, i, h, e).first *
                                   to_double(DType::f32, d_o.tensor.data, d_o.at(b, i, h, e));
                        }
                    }
                }
            }
            return sum;
        };
        for (std::size_t output = 0; output < 3; ++output) {
            const ArgSpec& spec = tensors[static_cast<int>(Attention::dq_arg + output)].spec;
            std::size_t at = 0;
            double worst = 0, worst_plain = 0;
            for (const std::int64_t number : result[output].rows) {
                const Row row = row_of(spec, number);
                for (std::int64_t e = 0; e < row.length; ++e, ++at) {
                    double& value = naive.values[output][static_cast<std::size_t>(row.offset + e)];
                    const double before = value, step = 1e-4;
                    value = before + step;
                    const double above = loss();
                    value = before - step;
                    const double slope = (above - loss()) / (2 * step);
                    value = before;
                    worst = std::max(worst, std::abs(slope - result[output].values[at]));
                    worst_plain =
                        std::max(worst_plain,
                                 std::abs(plain[output].values[at] - result[output].values[at]) /
                                     (result[output].magnitudes[at] + 1e-30));
                    if (std::abs(result[output].values[at]) >
                        result[output].magnitudes[at] * (1 + 1e-12)) {
                        FAIL("a value exceeds its magnitude");
                    }
                }
            }
            INFO(spec.name);
            CHECK(worst < 2e-5);
            CHECK(worst_plain < 1e-5);
        }
    }
}

TEST_CASE("one selection serves gradients of different row counts", "[op]") {
    const Problem p = problem("attention_backward batch=1 heads=4 kv_heads=1 q_len=3 kv_len=5 "
                              "head_dim=4 dtype=bf16");
    const Operation& operation = attention_backward_operation();
    const Tensors tensors(operation, p);
    operation.make_inputs(p, Distribution::normal, test::seed(), tensors.all());
    const auto whole = operation.reference(p, tensors.all(), {}, Operation::Arithmetic::fp64);
    const auto some =
        operation.reference(p, tensors.all(), {{1, 4, 11}}, Operation::Arithmetic::fp64);
    CHECK(some[0].rows == std::vector<std::int64_t>{1, 4, 11});
    CHECK(some[1].rows == std::vector<std::int64_t>{1, 4});
    CHECK(some[2].rows == std::vector<std::int64_t>{1, 4});
    for (std::size_t e = 0; e < 4; ++e) {
        CHECK(some[0].values[8 + e] == whole[0].values[44 + e]);
        CHECK(some[1].values[4 + e] == whole[1].values[16 + e]);
    }
    const auto none = operation.reference(p, tensors.all(), {{8}}, Operation::Arithmetic::fp64);
    CHECK(none[1].rows.empty());
    CHECK(none[1].values.empty());
}

TEST_CASE("a backward pass too large for a host forward gets a plausible one", "[op]") {
    // Scores of normal queries and keys have a variance near 1.
    const Problem p = problem("attention_backward batch=1 heads=16 q_len=2048 kv_len=2048 "
                              "head_dim=32 dtype=bf16 causal=true");
    const Operation& operation = attention_backward_operation();
    const Tensors tensors(operation, p);
    operation.make_inputs(p, Distribution::normal, test::seed(), tensors.all());
    const Attention attention = Attention::from(p);
    const Naive naive(attention, tensors);
    for (const std::int64_t i : {500, 1500, 2047}) {
        CHECK(element(tensors[Attention::blse_arg], {0, i, 3, 0}) ==
              Approx(naive.lse(0, i, 3)).margin(0.3));
    }
    CHECK(std::abs(element(tensors[Attention::bo_arg], {0, 9, 3, 1})) < 0.2);
}
