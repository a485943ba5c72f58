#include "tests/catch.hpp"
#include "tests/op/attention_naive.hpp"
#include "tests/op/problems.hpp"
#include "tests/seed.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

using namespace hone;
using test::element;
using test::Naive;
using test::problem;
using test::Tensors;

namespace {

const char* const forwards[] = {
    "batch=1 heads=1 q_len=1 kv_len=1 head_dim=1 dtype=f32",
    "batch=2 heads=3 q_len=5 kv_len=7 head_dim=4 dtype=f32",
    "batch=2 heads=3 q_len=5 kv_len=7 head_dim=4 dtype=f32 layout=bhsd lse=true",
    "batch=2 heads=4 kv_heads=2 q_len=6 kv_len=6 head_dim=8 head_dim_v=3 dtype=f32 causal=true",
    "batch=1 heads=4 kv_heads=1 q_len=9 kv_len=4 head_dim=8 dtype=f32 causal=true lse=true",
    "batch=1 heads=2 q_len=4 kv_len=30 head_dim=8 dtype=f32 causal=true window=3 lse=true",
    "batch=1 heads=2 q_len=4 kv_len=30 head_dim=8 dtype=f32 window=2",
    "batch=1 heads=2 q_len=40 kv_len=8 head_dim=8 dtype=f32 causal=true window=2 lse=true",
    "batch=1 heads=2 q_len=4 kv_len=30 head_dim=20 dtype=f16 softcap=1.5 explicit_scale=true",
    "batch=3 heads=2 q_len=2 head_dim=8 dtype=bf16 causal=true lse=true "
    "lengths.distribution=uniform lengths.low=1 lengths.high=20 lengths.seed=4",
    "batch=3 heads=4 kv_heads=2 head_dim=8 dtype=f32 causal=true variable_q=true lse=true "
    "lengths.distribution=zipf lengths.high=20 lengths.s=1.5",
    "batch=2 heads=4 kv_heads=2 q_len=3 kv_len=11 head_dim=8 dtype=f32 page_size=4 lse=true",
    "batch=3 heads=2 q_len=1 head_dim=8 dtype=f16 page_size=16 layout=bhsd "
    "lengths.distribution=uniform lengths.low=2 lengths.high=40 lengths.seed=1",
    "batch=3 heads=2 head_dim=8 dtype=f32 page_size=4 causal=true variable_q=true "
    "lengths.distribution=uniform lengths.low=2 lengths.high=12 lengths.seed=1",
};

} // namespace

TEST_CASE("the attention reference agrees with the definition", "[op]") {
    std::size_t next = 0;
    for (const char* text : forwards) {
        INFO(text);
        const Problem p = problem(std::string("attention ") + text);
        const Attention attention = Attention::from(p);
        const Tensors tensors(attention_operation(), p);
        const Distribution distribution = all_distributions[next++ % all_distributions.size()];
        attention_operation().make_inputs(p, distribution, test::seed(), tensors.all());
        const Naive naive(attention, tensors);
        const auto fp64 =
            attention_operation().reference(p, tensors.all(), {}, Operation::Arithmetic::fp64);
        const auto plain =
            attention_operation().reference(p, tensors.all(), {}, Operation::Arithmetic::plain);
        REQUIRE(fp64.size() == tensors.outputs().size());
        REQUIRE(fp64[0].row_length == attention.head_dim_v);
        REQUIRE(static_cast<std::int64_t>(fp64[0].rows.size()) ==
                row_count(tensors[Attention::o_arg].spec));

        double worst = 0, worst_magnitude = 0, worst_plain = 0, worst_lse = 0;
        for (std::size_t r = 0; r < fp64[0].rows.size(); ++r) {
            const auto [b, h, i] = test::token_of(attention, naive, fp64[0].rows[r]);
            const double lse = naive.lse(b, i, h);
            for (std::int64_t e = 0; e < attention.head_dim_v; ++e) {
                const std::size_t at = r * static_cast<std::size_t>(attention.head_dim_v) +
                                       static_cast<std::size_t>(e);
                const auto [value, magnitude] = naive.o(b, i, h, e);
                const double scale = magnitude + 1e-300;
                worst = std::max(worst, std::abs(fp64[0].values[at] - value) / scale);
                worst_magnitude =
                    std::max(worst_magnitude, std::abs(fp64[0].magnitudes[at] - magnitude) / scale);
                const double bound =
                    scale * 1e-4 + unit_roundoff(attention.dtype) * std::abs(value);
                worst_plain = std::max(worst_plain, std::abs(plain[0].values[at] - value) / bound);
            }
            if (!attention.lse) continue;
            if (std::isinf(lse)) {
                CHECK(fp64[1].values[r] == lse);
                CHECK(plain[1].values[r] == lse);
                continue;
            }
            worst_lse = std::max(worst_lse, std::abs(fp64[1].values[r] - lse));
            CHECK(plain[1].values[r] == Approx(lse).margin(1e-5 * fp64[1].magnitudes[r]));
            CHECK(fp64[1].magnitudes[r] >= std::abs(lse));
        }
        CHECK(worst < 1e-12);
        CHECK(worst_magnitude < 1e-12);
        CHECK(worst_plain <= 1);
        CHECK(worst_lse < 1e-12);
    }
}

TEST_CASE("a fully masked query gives zeros and a log-sum-exp of minus infinity", "[op]") {
    const Problem p = problem("attention batch=1 heads=2 q_len=6 kv_len=2 head_dim=4 dtype=bf16 "
                              "causal=true lse=true");
    const Tensors tensors(attention_operation(), p);
    attention_operation().make_inputs(p, Distribution::normal, test::seed(), tensors.all());
    const auto result =
        attention_operation().reference(p, tensors.all(), {}, Operation::Arithmetic::fp64);
    for (std::size_t row = 0; row < 12; ++row) {
        const bool masked = row / 2 < 4;
        CHECK((result[1].values[row] == -INFINITY) == masked);
        for (std::size_t e = 0; e < 4; ++e) CHECK((result[0].values[row * 4 + e] == 0) == masked);
    }
}

TEST_CASE("selected rows of attention are the rows of the whole", "[op]") {
    for (const char* text : forwards) {
        INFO(text);
        const Problem p = problem(std::string("attention ") + text);
        const Tensors tensors(attention_operation(), p);
        attention_operation().make_inputs(p, Distribution::normal, test::seed(), tensors.all());
        const auto whole =
            attention_operation().reference(p, tensors.all(), {}, Operation::Arithmetic::plain);
        RowSelection selection;
        for (const std::int64_t row : whole[0].rows) {
            if (row % 3 == 0) selection.rows.push_back(row);
        }
        const auto some = attention_operation().reference(p, tensors.all(), selection,
                                                          Operation::Arithmetic::plain);
        for (std::size_t output = 0; output < whole.size(); ++output) {
            const auto length = static_cast<std::size_t>(whole[output].row_length);
            REQUIRE(some[output].rows == selection.rows);
            bool equal = true;
            for (std::size_t r = 0; r < selection.rows.size(); ++r) {
                for (std::size_t e = 0; e < length; ++e) {
                    const std::size_t from = static_cast<std::size_t>(selection.rows[r]) * length;
                    equal = equal &&
                            some[output].values[r * length + e] == whole[output].values[from + e];
                }
            }
            CHECK(equal);
        }
    }
}

TEST_CASE("log-sum-exp lies head by head in memory, rows numbered as the output's", "[op]") {
    const Problem p =
        problem("attention batch=2 heads=3 q_len=5 kv_len=7 head_dim=4 dtype=f32 lse=true");
    const auto args = attention_operation().args(p);
    const ArgSpec& lse = args[Attention::lse_arg];
    CHECK(row_count(lse) == row_count(args[Attention::o_arg]));
    CHECK(lse.extent() == 2 * 3 * 5);
    std::set<std::int64_t> places;
    for (std::int64_t b = 0; b < 2; ++b) {
        for (std::int64_t i = 0; i < 5; ++i) {
            for (std::int64_t h = 0; h < 3; ++h) {
                const std::int64_t place = row_of(lse, (b * 5 + i) * 3 + h).offset;
                CHECK(place == (b * 3 + h) * 5 + i);
                places.insert(place);
            }
        }
    }
    CHECK(places.size() == 30);
}

TEST_CASE("a block table names every page once, and unused slots hold NaN", "[op]") {
    const Problem p = problem("attention batch=4 heads=2 q_len=1 head_dim=8 dtype=bf16 page_size=8 "
                              "lengths.distribution=uniform lengths.low=1 lengths.high=50");
    const Tensors tensors(attention_operation(), p);
    attention_operation().make_inputs(p, Distribution::normal, test::seed(), tensors.all());
    const HostTensor &table = tensors[Attention::block_table_arg], &k = tensors[Attention::k_arg];
    std::vector<int> used(static_cast<std::size_t>(k.spec.shape[0]), 0);
    std::int64_t tokens = 0;
    for (std::int64_t b = 0; b < 4; ++b) {
        const auto length =
            static_cast<std::int64_t>(element(tensors[Attention::kv_offsets_arg], {b + 1}) -
                                      element(tensors[Attention::kv_offsets_arg], {b}));
        CHECK(length >= 1);
        CHECK(length <= 50);
        tokens += length;
        for (std::int64_t page = 0; page < (length + 7) / 8; ++page) {
            ++used[static_cast<std::size_t>(element(table, {b, page}))];
        }
    }
    CHECK(std::all_of(used.begin(), used.end(), [](int count) { return count == 1; }));
    std::int64_t numbers = 0;
    for (std::int64_t i = 0; i < k.spec.extent(); ++i) {
        numbers += std::isnan(to_double(DType::bf16, k.data, i)) ? 0 : 1;
    }
    CHECK(numbers == tokens * 2 * 8);
}
