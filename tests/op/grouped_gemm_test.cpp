#include "hone/grouped_gemm.hpp"
#include "lib/op/grouped_gemm_operation.hpp"
#include "tests/op/refusals.hpp"
#include "tests/op/tensors.hpp"
#include "tests/property.hpp"
#include "tests/seed.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

using namespace hone;
using test::element;
using test::problem;
using test::Tensors;

namespace {

// D by its definition, from the sizes and scales that kernels see.
class Naive {
  public:
    Naive(const GroupedGemm& gemm, const Tensors& tensors)
        : g_(gemm), t_(tensors), blocks_(scale_blocks(gemm)) {}

    // Row `i` of matrix `batch` of D; nothing for rows no group has.
    std::optional<std::pair<double, double>> value(std::int64_t batch, std::int64_t i,
                                                   std::int64_t j) const {
        const HostTensor& sizes = t_[GroupedGemm::sizes_arg];
        const auto index = [&](std::int64_t at) {
            return static_cast<std::int64_t>(element(sizes, {at}));
        };
        std::int64_t group = batch, first = 0, last = g_.k, a_batch = 0, b_batch = 0;
        if (g_.mode == GroupMode::contiguous) {
            group = 0;
            while (i >= index(group + 1)) ++group;
            b_batch = group;
        } else if (g_.mode == GroupMode::masked) {
            if (i >= index(group)) return std::nullopt;
            a_batch = b_batch = group;
        } else {
            first = index(group);
            last = index(group + 1);
        }
        double sum = 0, magnitude = 0;
        for (std::int64_t p = first; p < last; ++p) {
            const double product = a(a_batch, i, p) * b(b_batch, p, j);
            sum += product;
            magnitude += std::abs(product);
        }
        return std::pair{sum, magnitude};
    }

  private:
    double a(std::int64_t batch, std::int64_t i, std::int64_t p) const {
        const double value = a_transposed(g_.layout)
                                 ? element(t_[GroupedGemm::a_arg], {batch, p, i})
                                 : element(t_[GroupedGemm::a_arg], {batch, i, p});
        if (!blocks_.present()) return value;
        return value * element(t_[GroupedGemm::scale_a_arg],
                               {batch, i / blocks_.a_rows, p / blocks_.a_columns});
    }
    double b(std::int64_t batch, std::int64_t p, std::int64_t j) const {
        const double value = b_transposed(g_.layout)
                                 ? element(t_[GroupedGemm::b_arg], {batch, j, p})
                                 : element(t_[GroupedGemm::b_arg], {batch, p, j});
        if (!blocks_.present()) return value;
        return value * element(t_[GroupedGemm::scale_b_arg],
                               {batch, j / blocks_.b_rows, p / blocks_.b_columns});
    }

    const GroupedGemm& g_;
    const Tensors& t_;
    ScaleBlocks blocks_;
};

const char* const texts[] = {
    "groups=1 m=1 n=1 k=1 a=f32",
    "groups=3 m=5 n=20 k=9 a=f32",
    "groups=3 m=5 n=20 k=9 a=f32 mode=masked",
    "groups=3 m=5 n=20 k=9 a=f32 mode=k_grouped",
    "groups=4 m=5 n=7 k=9 a=bf16 layout=nn routing.distribution=uniform routing.seed=1",
    "groups=4 m=5 n=7 k=9 a=f16 mode=masked routing.distribution=zipf routing.seed=1",
    "groups=9 m=5 n=7 k=3 a=f32 mode=k_grouped layout=tn routing.distribution=zipf routing.s=2",
    "groups=4 m=5 n=7 k=70 a=bf16 d=f32 mode=k_grouped layout=tt routing.distribution=uniform",
    "groups=4 m=5 n=7 k=70 a=bf16 d=f32 mode=k_grouped layout=nn routing.distribution=uniform",
    "groups=3 m=5 n=37 k=300 a=e4m3 d=bf16 scales=1x128,128x128",
    "groups=3 m=5 n=37 k=300 a=e4m3 b=e5m2 d=f32 layout=nn scales=1x128,16x128 "
    "routing.distribution=zipf",
    "groups=3 m=9 n=37 k=300 a=e4m3 d=bf16 scales=4x64,8x32 mode=masked "
    "routing.distribution=uniform routing.seed=3",
    "groups=3 m=5 n=37 k=100 a=e4m3 d=bf16 scales=1x128,1x128 mode=k_grouped "
    "routing.distribution=uniform",
};

} // namespace

TEST_CASE("the grouped gemm reference agrees with the definition", "[op]") {
    const Operation& operation = grouped_gemm_operation();
    std::size_t next = 0;
    for (const char* text : texts) {
        INFO(text);
        const Problem p = problem(std::string("grouped_gemm ") + text);
        const GroupedGemm gemm = GroupedGemm::from(p);
        const Tensors tensors(operation, p);
        const Distribution distribution = all_distributions[next++ % all_distributions.size()];
        operation.make_inputs(p, distribution, test::seed(), tensors.all());
        const auto fp64 = operation.reference(p, tensors.all(), {}, Operation::Arithmetic::fp64)[0];
        const auto plain =
            operation.reference(p, tensors.all(), {}, Operation::Arithmetic::plain)[0];
        const Naive naive(gemm, tensors);
        const ArgSpec& d = tensors[GroupedGemm::d_arg].spec;
        std::size_t at = 0, row = 0;
        double worst = 0, worst_magnitude = 0, worst_plain = 0;
        for (std::int64_t number = 0; number < row_count(d); ++number) {
            const std::int64_t batch = number / d.shape[1], i = number % d.shape[1];
            if (!naive.value(batch, i, 0)) continue; // must be left out
            REQUIRE(row < fp64.rows.size());
            REQUIRE(fp64.rows[row++] == number);
            for (std::int64_t j = 0; j < gemm.n; ++j, ++at) {
                const auto [value, magnitude] = *naive.value(batch, i, j);
                const double scale = magnitude + 1e-300;
                worst = std::max(worst, std::abs(fp64.values[at] - value) / scale);
                worst_magnitude =
                    std::max(worst_magnitude, std::abs(fp64.magnitudes[at] - magnitude) / scale);
                const double bound = 1e-4 * scale + unit_roundoff(gemm.d) * std::abs(value) + 1e-7;
                worst_plain = std::max(worst_plain, std::abs(plain.values[at] - value) / bound);
            }
        }
        CHECK(row == fp64.rows.size());
        CHECK(worst < 1e-13);
        CHECK(worst_magnitude < 1e-13);
        CHECK(worst_plain <= 1);
    }
}

TEST_CASE("selected rows of a grouped gemm are the rows of the whole", "[op]") {
    const Operation& operation = grouped_gemm_operation();
    for (const char* text : texts) {
        INFO(text);
        const Problem p = problem(std::string("grouped_gemm ") + text);
        const Tensors tensors(operation, p);
        operation.make_inputs(p, Distribution::normal, test::seed(), tensors.all());
        const auto whole =
            operation.reference(p, tensors.all(), {}, Operation::Arithmetic::fp64)[0];
        RowSelection selection;
        for (std::int64_t row = 0; row < row_count(tensors[GroupedGemm::d_arg].spec); row += 3) {
            selection.rows.push_back(row);
        }
        const auto some =
            operation.reference(p, tensors.all(), selection, Operation::Arithmetic::fp64)[0];
        const auto length = static_cast<std::size_t>(whole.row_length);
        std::size_t next = 0;
        bool equal = true;
        for (std::size_t row = 0; row < whole.rows.size(); ++row) {
            if (whole.rows[row] % 3 != 0) continue;
            REQUIRE(next < some.rows.size());
            REQUIRE(some.rows[next] == whole.rows[row]);
            equal =
                equal &&
                std::equal(some.values.begin() + static_cast<std::ptrdiff_t>(next * length),
                           some.values.begin() + static_cast<std::ptrdiff_t>((next + 1) * length),
                           whole.values.begin() + static_cast<std::ptrdiff_t>(row * length));
            ++next;
        }
        CHECK(equal);
        CHECK(next == some.rows.size());
    }
}

TEST_CASE("room that no group uses is poisoned and left out of the work", "[op]") {
    const Operation& operation = grouped_gemm_operation();
    const Problem p = problem("grouped_gemm groups=4 m=6 n=8 k=10 a=bf16 mode=masked "
                              "routing.distribution=zipf");
    const Tensors tensors(operation, p);
    operation.make_inputs(p, Distribution::normal, test::seed(), tensors.all());
    const HostTensor& a = tensors[GroupedGemm::a_arg];
    std::int64_t used = 0;
    for (std::int64_t group = 0; group < 4; ++group) {
        const auto size =
            static_cast<std::int64_t>(element(tensors[GroupedGemm::sizes_arg], {group}));
        used += size;
        for (std::int64_t i = 0; i < a.spec.shape[1]; ++i) {
            CHECK(std::isnan(element(a, {group, i, 9})) == (i >= size));
        }
    }
    CHECK(used == 24);
    CHECK(operation.work(p).flops == 2.0 * 24 * 8 * 10);
    CHECK(operation.work(p).bytes == 24 * (10 + 8) * 2 + 4 * 8 * 10 * 2 + 4 * 4);
}

TEST_CASE("a grouped gemm survives its problem and its text, and its proxy is smaller", "[op]") {
    rc::prop("typed, plain and textual forms agree", [] {
        const auto small = rc::gen::inRange<std::int64_t>(1, 200);
        GroupedGemm gemm;
        gemm.mode =
            *rc::gen::element(GroupMode::contiguous, GroupMode::masked, GroupMode::k_grouped);
        gemm.groups = *rc::gen::inRange<std::int64_t>(1, 20);
        gemm.m = *small;
        gemm.n = *small;
        gemm.k = *small;
        gemm.a = gemm.b = *rc::gen::element(DType::f32, DType::bf16, DType::e4m3);
        gemm.d = *rc::gen::element(DType::f32, DType::bf16);
        gemm.layout = gemm.mode == GroupMode::k_grouped
                          ? *rc::gen::element(Layout::nn, Layout::nt, Layout::tn, Layout::tt)
                          : *rc::gen::element(Layout::nn, Layout::nt);
        if (gemm.a == DType::e4m3) {
            gemm.scales = *rc::gen::element<std::string>("none", "1x128,128x128", "1x32,16x32");
        }
        gemm.routing.kind =
            *rc::gen::element(Lengths::Kind::fixed, Lengths::Kind::uniform, Lengths::Kind::zipf);
        if (gemm.routing.kind != Lengths::Kind::fixed) {
            gemm.routing.seed = *rc::gen::inRange<std::int64_t>(0, 1000);
        }
        const Operation& operation = grouped_gemm_operation();
        const Problem plain = gemm.problem();
        RC_ASSERT(GroupedGemm::from(plain).problem() == plain);
        RC_ASSERT(problem(canonical_text(operation.schema(), plain)) == plain);
        RC_ASSERT(problem(short_text(operation.schema(), plain)) == plain);
        RC_ASSERT(operation.accumulation_length(plain) >= gemm.k);

        const std::vector<Tile> tiles = {{GroupedGemm::m_dim, 32, 1}, {GroupedGemm::k_dim, 16, 3}};
        const GroupedGemm proxy = GroupedGemm::from(operation.proxy(plain, tiles));
        RC_ASSERT(proxy.groups <= gemm.groups);
        RC_ASSERT(proxy.m <= gemm.m);
        RC_ASSERT(proxy.n <= gemm.n);
        RC_ASSERT(proxy.k <= gemm.k);
        RC_ASSERT(proxy.m >= std::min<std::int64_t>(gemm.m, 64));
        RC_ASSERT(proxy.k >= std::min<std::int64_t>(gemm.k, 64));
    });
}

TEST_CASE("rules between the keys of a grouped gemm name the keys they break", "[op]") {
    const std::string dims = "grouped_gemm groups=2 m=4 n=4 k=4 ";
    test::check_refusals({
        {dims + "a=bf16 scales=1x128,128x128", {"scales=1x128,128x128", "a=bf16"}},
        {dims + "a=e4m3 scales=128", {"scales"}},
        {dims + "a=e4m3 scales=1x128", {"scales"}},
        {dims + "a=e4m3 scales=1x0,1x1", {"scales"}},
        {dims + "a=e4m3 scales=1x128,128x128,1", {"scales"}},
        {dims + "a=bf16 layout=tn", {"layout"}},
        {dims + "a=bf16 mode=masked layout=tt", {"layout"}},
        {dims + "a=bf16 b=f16", {"a=bf16 b=f16"}},
        {dims + "a=bf16 routing.seed=1", {"routing.seed"}},
        {dims + "a=bf16 routing.s=2", {"routing.s"}},
        {dims + "a=bf16 routing.low=2", {"routing.low"}},
        {"grouped_gemm groups=65536 m=65536 n=4 k=4 a=bf16", {"groups=65536", "m=65536"}},
        {"grouped_gemm groups=1000 m=1000000 n=1000 k=1000000 a=bf16", {"k=1000000"}},
    });
}
