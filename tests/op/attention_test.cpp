#include "hone/attention.hpp"
#include "hone/error.hpp"
#include "hone/workload.hpp"
#include "lib/op/attention_shape.hpp"
#include "tests/catch.hpp"
#include "tests/op/tensors.hpp"
#include "tests/property.hpp"
#include "tests/seed.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

using namespace hone;
using test::element;
using test::Tensors;

namespace {

Problem problem(const std::string& text) {
    static const Operation* const operations[] = {&attention_operation(),
                                                  &attention_backward_operation()};
    return parse_problem(text, operations).problem;
}

// Where tensors of a sequence are, from the offsets and block tables that kernels see.
struct Place {
    const Attention& attention;
    const HostTensor& tensor;
    const HostTensor* offsets; // of this side; null or absent: equal lengths
    const HostTensor* table = nullptr;

    std::int64_t at(std::int64_t b, std::int64_t i, std::int64_t h, std::int64_t e) const {
        const bool bshd = attention.layout == AttentionLayout::bshd;
        if (table != nullptr && table->spec.present()) {
            const std::int64_t page = attention.page_size;
            const auto index = static_cast<std::int64_t>(element(*table, {b, i / page}));
            return bshd ? test::position(tensor.spec, {index, i % page, h, e})
                        : test::position(tensor.spec, {index, h, i % page, e});
        }
        if (offsets != nullptr && offsets->spec.present()) {
            const auto first = static_cast<std::int64_t>(element(*offsets, {b}));
            return test::position(tensor.spec, {0, first + i, h, e});
        }
        return bshd ? test::position(tensor.spec, {b, i, h, e})
                    : test::position(tensor.spec, {b, h, i, e});
    }
};

// Attention by its definition, one element at a time.
class Naive {
  public:
    Naive(const Attention& attention, const Tensors& tensors)
        : a_(attention), q_{attention, tensors[0], &tensors[attention.backward ? 6 : 3]},
          k_{attention, tensors[1], paged() ? nullptr : &tensors[attention.backward ? 7 : 4],
             paged() ? &tensors[5] : nullptr},
          v_{attention, tensors[2], k_.offsets, k_.table},
          scale_(attention.explicit_scale ? element(tensors[attention.backward ? 8 : 6], {})
                                          : 1 / std::sqrt(double(attention.head_dim))) {
        for (const int arg : {0, 1, 2}) {
            const HostTensor& tensor = tensors[arg];
            auto& copy = values[static_cast<std::size_t>(arg)];
            for (std::int64_t i = 0; i < tensor.spec.extent(); ++i) {
                copy.push_back(to_double(tensor.spec.dtype, tensor.data, i));
            }
        }
        const HostTensor& q_offsets = tensors[attention.backward ? 6 : 3];
        const HostTensor& kv_offsets = tensors[attention.backward ? 7 : 4];
        for (std::int64_t b = 0; b < a_.batch; ++b) {
            const auto length = [&](const HostTensor& offsets, std::int64_t fixed) {
                if (!offsets.spec.present()) return fixed;
                return static_cast<std::int64_t>(element(offsets, {b + 1}) - element(offsets, {b}));
            };
            q_lengths.push_back(length(q_offsets, a_.q_len));
            kv_lengths.push_back(length(kv_offsets, a_.kv_len));
        }
    }

    bool sees(std::int64_t b, std::int64_t i, std::int64_t j) const {
        const auto at = static_cast<std::size_t>(b);
        const std::int64_t diagonal = i + kv_lengths[at] - q_lengths[at];
        return (!a_.causal || j <= diagonal) && (a_.window == 0 || j >= diagonal - a_.window);
    }
    double q(std::int64_t b, std::int64_t i, std::int64_t h, std::int64_t e) const {
        return values[0][static_cast<std::size_t>(q_.at(b, i, h, e))];
    }
    double k(std::int64_t b, std::int64_t j, std::int64_t h, std::int64_t e) const {
        return values[1][static_cast<std::size_t>(k_.at(b, j, h / (a_.heads / a_.kv_heads), e))];
    }
    double v(std::int64_t b, std::int64_t j, std::int64_t h, std::int64_t e) const {
        return values[2][static_cast<std::size_t>(v_.at(b, j, h / (a_.heads / a_.kv_heads), e))];
    }
    double score(std::int64_t b, std::int64_t i, std::int64_t h, std::int64_t j) const {
        double sum = 0;
        for (std::int64_t e = 0; e < a_.head_dim; ++e) sum += q(b, i, h, e) * k(b, j, h, e);
        sum *= scale_;
        return a_.softcap > 0 ? a_.softcap * std::tanh(sum / a_.softcap) : sum;
    }
    // log-sum-exp; and o with the sum of |P||V|.
    double lse(std::int64_t b, std::int64_t i, std::int64_t h) const {
        long double sum = 0;
        for (std::int64_t j = 0; j < kv_lengths[static_cast<std::size_t>(b)]; ++j) {
            if (sees(b, i, j)) sum += std::exp(static_cast<long double>(score(b, i, h, j)));
        }
        return static_cast<double>(std::log(sum));
    }
    std::pair<double, double> o(std::int64_t b, std::int64_t i, std::int64_t h,
                                std::int64_t e) const {
        const double log_sum = lse(b, i, h);
        long double sum = 0, magnitude = 0;
        for (std::int64_t j = 0; j < kv_lengths[static_cast<std::size_t>(b)]; ++j) {
            if (!sees(b, i, j)) continue;
            const long double p = std::exp(static_cast<long double>(score(b, i, h, j)) - log_sum);
            sum += p * v(b, j, h, e);
            magnitude += p * std::abs(v(b, j, h, e));
        }
        return {static_cast<double>(sum), static_cast<double>(magnitude)};
    }

    bool paged() const { return a_.page_size > 0; }

    std::vector<double> values[3]; // by storage position; may be changed
    std::vector<std::int64_t> q_lengths, kv_lengths;
    const Attention& a_;
    Place q_, k_, v_;
    double scale_;
};

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

// The token of a row, found by counting.
Token token_of(const Attention& attention, const Naive& naive, std::int64_t row) {
    if (attention.variable_q) {
        std::int64_t at = row / attention.heads, b = 0;
        while (at >= naive.q_lengths[static_cast<std::size_t>(b)]) {
            at -= naive.q_lengths[static_cast<std::size_t>(b++)];
        }
        return {b, row % attention.heads, at};
    }
    const std::int64_t per_batch = attention.q_len * attention.heads;
    const std::int64_t rest = row % per_batch;
    return attention.layout == AttentionLayout::bshd
               ? Token{row / per_batch, rest % attention.heads, rest / attention.heads}
               : Token{row / per_batch, rest / attention.q_len, rest % attention.q_len};
}

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
            const auto [b, h, i] = token_of(attention, naive, fp64[0].rows[r]);
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

TEST_CASE("rules between the keys of attention name the keys they break", "[op]") {
    const std::string dims = "attention batch=2 heads=4 q_len=8 head_dim=8 dtype=bf16 ";
    const std::string drawn = "lengths.distribution=uniform lengths.low=4 ";
    const std::vector<std::pair<std::string, std::string>> table = {
        {dims + "kv_len=8 kv_heads=3", "kv_heads must divide heads"},
        {dims + "kv_len=8 softcap=-1", "softcap"},
        {dims + "kv_len=8 lengths.low=3", "lengths.low"},
        {dims + "kv_len=8 lengths.high=3", "lengths.low and lengths.high"},
        {dims + "kv_len=8 lengths.seed=3", "lengths.seed"},
        {dims + "kv_len=8 lengths.s=2", "lengths.s"},
        {dims + "kv_len=8 variable_q=true", "variable_q=true"},
        {dims + drawn + "lengths.high=3", "lengths.low and lengths.high"},
        {dims + drawn + "lengths.high=8 kv_len=9", "kv_len=9 lengths.high=8"},
        {dims + drawn + "lengths.high=8 layout=bhsd", "layout=bshd"},
        {dims + drawn + "lengths.high=9 variable_q=true", "q_len=8 kv_len=9"},
        {dims + drawn + "lengths.high=9 lengths.s=2", "lengths.s"},
        {dims + "lengths.distribution=zipf lengths.high=8 lengths.s=0", "lengths.s"},
        {dims, "kv_len"},
        {"attention batch=2147483647 heads=4 q_len=8 kv_len=8 head_dim=8 dtype=bf16", "q_len"},
    };
    for (const auto& [text, message] : table) {
        INFO(text);
        try {
            (void)problem(text);
            FAIL("accepted");
        } catch (const Error& error) {
            CHECK(error.code() == Errc::workload);
            INFO(error.what());
            CHECK(std::string(error.what()).find(message) != std::string::npos);
        }
    }
}

namespace {

Attention any_attention() {
    const auto small = rc::gen::inRange<std::int64_t>(1, 40);
    Attention attention;
    attention.backward = *rc::gen::arbitrary<bool>();
    attention.batch = *rc::gen::inRange<std::int64_t>(1, 5);
    attention.kv_heads = *rc::gen::inRange<std::int64_t>(1, 4);
    attention.heads = attention.kv_heads * *rc::gen::inRange<std::int64_t>(1, 4);
    attention.q_len = *small;
    attention.kv_len = *small;
    attention.head_dim = *small;
    attention.head_dim_v = *small;
    attention.dtype = *rc::gen::element(DType::f32, DType::f16, DType::bf16);
    attention.causal = *rc::gen::arbitrary<bool>();
    attention.window = *rc::gen::inRange<std::int64_t>(0, 20);
    attention.softcap = *rc::gen::element(0.0, 30.0);
    attention.explicit_scale = *rc::gen::arbitrary<bool>();
    if (!attention.backward) {
        attention.lse = *rc::gen::arbitrary<bool>();
        attention.page_size = *rc::gen::element<std::int64_t>(0, 0, 1, 7, 16);
    }
    attention.lengths.kind =
        *rc::gen::element(Lengths::Kind::fixed, Lengths::Kind::uniform, Lengths::Kind::zipf);
    attention.lengths.low = attention.lengths.high = attention.kv_len;
    if (attention.lengths.kind != Lengths::Kind::fixed) {
        attention.lengths.low = *rc::gen::inRange<std::int64_t>(1, attention.kv_len + 1);
        attention.lengths.seed = *rc::gen::inRange<std::int64_t>(0, 1000);
        attention.variable_q = *rc::gen::arbitrary<bool>();
        if (attention.variable_q) attention.q_len = attention.kv_len;
    } else {
        attention.layout = *rc::gen::element(AttentionLayout::bshd, AttentionLayout::bhsd);
    }
    return attention;
}

const Operation& operation_of(const Attention& attention) {
    return attention.backward ? attention_backward_operation() : attention_operation();
}

} // namespace

TEST_CASE("an attention survives its problem and its text", "[op]") {
    rc::prop("typed, plain and textual forms agree", [] {
        const Attention attention = any_attention();
        const Problem plain = attention.problem();
        RC_ASSERT(Attention::from(plain).problem() == plain);
        const Schema& schema = operation_of(attention).schema();
        RC_ASSERT(problem(canonical_text(schema, plain)) == plain);
        RC_ASSERT(problem(short_text(schema, plain)) == plain);
        const Attention back = Attention::from(plain);
        RC_ASSERT(back.window == attention.window);
        RC_ASSERT(back.lengths.high == attention.kv_len);
        RC_ASSERT(back.page_size == attention.page_size);
    });
}

TEST_CASE("rows of attention tensors are the tokens of the shape", "[op]") {
    rc::prop("every token has one row, at the offset of that row", [] {
        Attention attention = any_attention();
        attention.backward = true; // both sides have plain tensors
        attention.lse = false;
        attention.page_size = 0;
        const AttentionShape shape(attention);
        const std::vector<ArgSpec> args = operation_of(attention).args(attention.problem());
        for (const auto& [arg, side] : {std::pair{Attention::dq_arg, &shape.queries()},
                                        std::pair{Attention::dk_arg, &shape.keys()}}) {
            const ArgSpec& spec = args[static_cast<std::size_t>(arg)];
            RC_ASSERT(row_count(spec) == side->row_count());
            std::set<std::tuple<std::int64_t, std::int64_t, std::int64_t>> seen;
            for (std::int64_t row = 0; row < side->row_count(); ++row) {
                const Token token = side->token(row);
                RC_ASSERT(token.position < side->length(token.sequence));
                RC_ASSERT(side->offset(spec, token) == row_of(spec, row).offset);
                RC_ASSERT(seen.insert({token.sequence, token.head, token.position}).second);
            }
        }
    });
}

TEST_CASE("an attention proxy is a smaller problem of the same kind", "[op]") {
    rc::prop("dims shrink to a few tiles, relations between them stay", [] {
        Attention attention = any_attention();
        const auto scale = *rc::gen::element<std::int64_t>(1, 50);
        attention.q_len *= scale;
        attention.kv_len *= scale;
        attention.lengths.high = attention.kv_len;
        const std::vector<Tile> tiles = {
            {Attention::q_len_dim, *rc::gen::inRange<std::int64_t>(1, 130), 1},
            {Attention::kv_len_dim, *rc::gen::inRange<std::int64_t>(1, 130),
             *rc::gen::inRange<std::int64_t>(1, 4)},
        };
        const Attention proxy =
            Attention::from(operation_of(attention).proxy(attention.problem(), tiles));
        RC_ASSERT(proxy.batch <= attention.batch);
        RC_ASSERT(proxy.heads / proxy.kv_heads == attention.heads / attention.kv_heads);
        RC_ASSERT(proxy.q_len <= attention.q_len);
        RC_ASSERT(proxy.kv_len <= attention.kv_len);
        RC_ASSERT(proxy.q_len >= std::min(attention.q_len, 2 * tiles[0].extent));
        RC_ASSERT(proxy.kv_len >= std::min(attention.kv_len, 2 * tiles[1].extent));
        RC_ASSERT((proxy.window > 0) == (attention.window > 0));
        RC_ASSERT(proxy.head_dim == attention.head_dim);
        RC_ASSERT((proxy.q_len <= proxy.kv_len) || attention.q_len > attention.kv_len);
        if (attention.lengths.kind != Lengths::Kind::fixed) {
            RC_ASSERT(proxy.lengths.low <= attention.lengths.low);
        }
    });
}

TEST_CASE("work of attention counts what masks leave", "[op]") {
    const auto work = [](const std::string& text) {
        const Problem p = problem(text);
        return (text.starts_with("attention_backward") ? attention_backward_operation()
                                                       : attention_operation())
            .work(p);
    };
    const std::string dims = " batch=2 heads=4 kv_heads=2 q_len=8 kv_len=8 head_dim=16 dtype=bf16";
    CHECK(work("attention" + dims).flops == 2.0 * 2 * 4 * 64 * 32);
    CHECK(work("attention" + dims + " causal=true").flops == 2.0 * 2 * 4 * 36 * 32);
    CHECK(work("attention" + dims + " causal=true window=1").flops == 2.0 * 2 * 4 * 15 * 32);
    CHECK(work("attention_backward" + dims).flops == 2.0 * 2 * 4 * 64 * 80);
    CHECK(work("attention" + dims).bytes == 2 * (2 * 8 * 16) * (4 + 2 + 2 + 4));
}
