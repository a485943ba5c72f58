#include "hone/error.hpp"
#include "hone/gemm.hpp"
#include "lib/op/tensor.hpp"
#include "tests/op/refusals.hpp"
#include "tests/property.hpp"

#include <algorithm>
#include <bit>
#include <string>
#include <vector>

using namespace hone;
using test::problem;

namespace {

// A valid gemm of any kind.
Gemm any_gemm() {
    const auto small = rc::gen::inRange<std::int64_t>(1, 70);
    Gemm gemm;
    gemm.m = *small;
    gemm.n = *small * 2;
    gemm.k = *small * 2;
    gemm.batch = *rc::gen::inRange<std::int64_t>(1, 4);
    gemm.a = *rc::gen::element(DType::f32, DType::f16, DType::bf16);
    gemm.b = *rc::gen::element(gemm.a, DType::s8, DType::s4);
    gemm.d = *rc::gen::element(DType::f32, DType::f16, DType::bf16, DType::e4m3);
    gemm.layout = *rc::gen::element(Layout::nn, Layout::nt, Layout::tn, Layout::tt);
    gemm.scale = *rc::gen::element(Scale::none, Scale::alpha, Scale::alpha_beta);
    if (gemm.scale == Scale::alpha_beta) gemm.c = *rc::gen::element(gemm.d, DType::f32);
    gemm.leading.strided = *rc::gen::arbitrary<bool>();
    if (gemm.leading.strided) {
        gemm.leading.alignment_bytes = *rc::gen::element<std::int64_t>(4, 8, 16, 32, 64, 128);
    }
    gemm.accumulate = gemm.scale != Scale::alpha_beta && *rc::gen::arbitrary<bool>();
    if (!gemm.accumulate) {
        using enum EpilogueStep;
        const std::vector<std::vector<EpilogueStep>> epilogues = {
            {}, {bias}, {bias, silu}, {swiglu, residual}, {bias, gelu, residual}, {relu}};
        gemm.epilogue = *rc::gen::elementOf(epilogues);
    }
    if (gemm.b == DType::s8 || gemm.b == DType::s4) {
        gemm.group = *rc::gen::element<std::int64_t>(0, 2);
        gemm.b_layout = *rc::gen::element<std::string>("", "packed:cpu-nr16/1");
    }
    return gemm;
}

bool same(const Gemm& a, const Gemm& b) {
    return a.m == b.m && a.n == b.n && a.k == b.k && a.batch == b.batch && a.a == b.a &&
           a.b == b.b && a.c == b.c && a.d == b.d && a.layout == b.layout && a.scale == b.scale &&
           a.leading.strided == b.leading.strided &&
           a.leading.alignment_bytes == b.leading.alignment_bytes && a.epilogue == b.epilogue &&
           a.accumulate == b.accumulate && a.group == b.group && a.b_layout == b.b_layout;
}

} // namespace

TEST_CASE("a gemm survives its problem and its text", "[op]") {
    rc::prop("typed, plain and textual forms agree", [] {
        const Gemm gemm = any_gemm();
        const Problem plain = gemm.problem();
        RC_ASSERT(same(Gemm::from(plain), gemm));
        const Schema& schema = gemm_operation().schema();
        RC_ASSERT(problem(canonical_text(schema, plain)) == plain);
        RC_ASSERT(problem(short_text(schema, plain)) == plain);
    });
}

TEST_CASE("defaults of a gemm problem", "[op]") {
    const Gemm gemm = Gemm::from(problem("gemm m=4 n=6 k=8 a=bf16"));
    CHECK(gemm.batch == 1);
    CHECK(gemm.b == DType::bf16);
    CHECK(gemm.c == DType::none);
    CHECK(gemm.d == DType::bf16);
    CHECK(gemm.layout == Layout::nn);
    CHECK(gemm.scale == Scale::none);
    CHECK_FALSE(gemm.leading.strided);
    CHECK(gemm.epilogue.empty());
    CHECK_FALSE(gemm.accumulate);
    CHECK(gemm.group == 0);
    CHECK(gemm.b_layout.empty());
}

TEST_CASE("rules between the keys of a gemm name the keys they break", "[op]") {
    const std::string gemm = "gemm ";
    test::check_refusals({
        {gemm + "m=4 n=3 k=8 a=f32 epilogue=swiglu", {"must be even, got n=3", "swiglu"}},
        {gemm + "m=4 n=4 k=8 a=f32 epilogue=swiglu+bias", {"bias"}},
        {gemm + "m=4 n=4 k=8 a=f32 epilogue=residual+relu", {"residual"}},
        {gemm + "m=4 n=4 k=8 a=f32 epilogue=relu+relu", {"twice"}},
        {gemm + "m=4 n=4 k=8 a=s8 d=s32 epilogue=silu", {"d=s32"}},
        {gemm + "m=4 n=4 k=8 a=f32 epilogue=relu accumulate=true", {"accumulate=true", "epilogue"}},
        {gemm + "m=4 n=4 k=8 a=f32 accumulate=true scale=alpha_beta",
         {"accumulate=true", "scale=alpha_beta"}},
        {gemm + "m=4 n=4 k=8 a=f32 c=f32", {"c=f32", "scale=alpha_beta"}},
        {gemm + "m=4 n=4 k=8 a=f32 scale=alpha_beta", {"c is none"}},
        {gemm + "m=4 n=4 k=8 a=f32 scale=alpha_beta c=s32", {"c=s32", "d=f32"}},
        {gemm + "m=4 n=4 k=8 a=f32 group=4", {"group", "b=s8"}},
        {gemm + "m=4 n=4 k=8 a=f16 b=s8 group=3", {"group=3", "k=8"}},
        {gemm + "m=4 n=4 k=7 a=f16 b=s4 layout=nt", {"b=s4", "k must be even"}},
        {gemm + "m=4 n=5 k=8 a=f16 b=s4", {"b=s4", "n must be even"}},
        {gemm + "m=4 n=4 k=8 a=f16 b=u8", {"a=f16 b=u8"}},
        {gemm + "m=4 n=4 k=8 a=f16 b=bf16", {"a=f16 b=bf16"}},
        {gemm + "m=4 n=4 k=8 a=f64 b=s8", {"a=f64 b=s8"}},
        {gemm + "m=4 n=4 k=8 a=s8 b=f16 d=s32", {"a=s8 b=f16"}},
        {gemm + "m=4 n=4 k=8 a=f16 d=s32", {"d=s32"}},
        {gemm + "m=4 n=4 k=8 a=f64 d=f32", {"f64"}},
        {gemm + "m=4 n=4 k=8 a=f32 alignment=16", {"alignment=16", "leading=strided"}},
        {gemm + "m=4 n=4 k=8 a=f32 leading=strided", {"alignment", "leading=strided"}},
        {gemm + "m=4 n=4 k=8 a=f32 leading=strided alignment=24", {"24"}},
        {gemm + "m=4 n=4 k=8 a=f32 leading=strided alignment=2", {"alignment=2"}},
        {gemm + "m=1099511627776 n=4 k=1099511627776 a=f32", {"m and k"}},
    });
}

TEST_CASE("what is no gemm problem is refused as one", "[op]") {
    Problem p = problem("gemm m=4 n=4 k=4 a=f32");
    p.operation = Name("other");
    CHECK_THROWS_AS(Gemm::from(p), Error);
    p.operation = Name("gemm");
    p.attributes[static_cast<std::size_t>(gemm_operation().schema().slot("layout"))] = 9;
    CHECK_THROWS_AS(Gemm::from(p), Error);
    CHECK_THROWS_AS(gemm_operation().args(Problem{}), Error);
}

TEST_CASE("arguments of a gemm", "[op]") {
    rc::prop("shapes follow the dims, strides cover the shape, positions never move", [] {
        const Gemm gemm = any_gemm();
        const std::vector<ArgSpec> args = gemm_operation().args(gemm.problem());
        RC_ASSERT(args.size() == std::size_t{Gemm::d_arg + 1});
        const char* const names[] = {"a",     "b",    "c",       "bias", "residual",
                                     "alpha", "beta", "scale_b", "d"};
        for (std::size_t i = 0; i < args.size(); ++i) RC_ASSERT(args[i].name == names[i]);

        const bool ta = a_transposed(gemm.layout), tb = b_transposed(gemm.layout);
        const auto shaped = [](const ArgSpec& spec, std::int64_t rows, std::int64_t columns) {
            return spec.rank == 3 && spec.shape[1] == rows && spec.shape[2] == columns;
        };
        RC_ASSERT(shaped(args[Gemm::a_arg], ta ? gemm.k : gemm.m, ta ? gemm.m : gemm.k));
        RC_ASSERT(shaped(args[Gemm::b_arg], tb ? gemm.n : gemm.k, tb ? gemm.k : gemm.n));
        RC_ASSERT(shaped(args[Gemm::d_arg], gemm.m, gemm.d_columns()));
        RC_ASSERT(args[Gemm::c_arg].present() == (gemm.scale == Scale::alpha_beta));
        RC_ASSERT(args[Gemm::d_arg].role == (gemm.accumulate ? Role::inout : Role::out));
        if (args[Gemm::scale_b_arg].present()) {
            const std::int64_t groups = gemm.group == 0 ? 1 : gemm.k / gemm.group;
            RC_ASSERT(shaped(args[Gemm::scale_b_arg], groups, gemm.n));
        }
        for (const int i :
             {Gemm::a_arg, Gemm::b_arg, Gemm::c_arg, Gemm::residual_arg, Gemm::d_arg}) {
            const ArgSpec& spec = args[static_cast<std::size_t>(i)];
            if (!spec.present()) continue;
            RC_ASSERT(spec.strides[2] == 1);
            RC_ASSERT(spec.strides[0] == spec.strides[1] * spec.shape[1]);
            const std::int64_t padding = spec.strides[1] - spec.shape[2];
            RC_ASSERT((padding > 0) == gemm.leading.strided);
            RC_ASSERT(padding >= 0);
            RC_ASSERT(spec.extent() <= spec.strides[0] * gemm.batch);
            RC_ASSERT(spec.extent() >= element_count(spec));
            if (!gemm.leading.strided) continue;
            // Exactly the class, unless an element alone is larger.
            const std::int64_t leading_bits = spec.strides[1] * bits(spec.dtype);
            const std::int64_t class_bits = gemm.leading.alignment_bytes * 8;
            RC_ASSERT(leading_bits % class_bits == 0);
            if (class_bits < 1024) RC_ASSERT(leading_bits % (2 * class_bits) != 0);
            RC_ASSERT(padding <= 2 * class_bits / bits(spec.dtype));
        }
    });
}

TEST_CASE("work counts each product and each operand once", "[op]") {
    struct Case {
        const char* text;
        double flops, bytes;
    };
    const Case table[] = {
        {"gemm m=2 n=3 k=5 a=f32", 60, 4 * (10 + 15 + 6)},
        {"gemm m=2 n=3 k=5 a=f32 batch=7", 420, 7 * 4 * (10 + 15 + 6)},
        {"gemm m=2 n=3 k=5 a=f32 accumulate=true", 60, 4 * (10 + 15 + 12)},
        {"gemm m=2 n=4 k=6 a=bf16 b=s4", 96, 2 * 12 + 12 + 2 * 4 + 2 * 8},
        {"gemm m=2 n=4 k=6 a=f32 epilogue=bias+swiglu", 96, 4 * (12 + 24 + 4 + 4)},
    };
    for (const auto& [text, flops, bytes] : table) {
        INFO(text);
        const Work work = gemm_operation().work(problem(text));
        CHECK(work.flops == flops);
        CHECK(work.bytes == bytes);
    }
    CHECK(gemm_operation().accumulation_length(problem("gemm m=2 n=3 k=77 a=f32")) == 77);
}

TEST_CASE("a gemm proxy covers a candidate's paths and is never larger", "[op]") {
    rc::prop("two tiles per dim, a pipeline's wrap, ragged edges, the same alignment", [] {
        Gemm gemm = any_gemm();
        const auto scale = rc::gen::element<std::int64_t>(1, 16, 100);
        gemm.m *= *scale;
        gemm.n *= *scale;
        gemm.k *= *scale;
        const std::vector<Tile> tiles = {
            {Gemm::m_dim, *rc::gen::inRange<std::int64_t>(1, 300), 1},
            {Gemm::n_dim, *rc::gen::inRange<std::int64_t>(1, 300), 1},
            {Gemm::k_dim, *rc::gen::inRange<std::int64_t>(1, 130),
             *rc::gen::inRange<std::int64_t>(1, 5)},
        };
        const Gemm proxy = Gemm::from(gemm_operation().proxy(gemm.problem(), tiles));
        const std::pair<std::int64_t, std::int64_t> dims[] = {
            {gemm.m, proxy.m}, {gemm.n, proxy.n}, {gemm.k, proxy.k}};
        for (std::size_t i = 0; i < 3; ++i) {
            const auto [whole, part] = dims[i];
            const std::int64_t covered =
                tiles[i].extent * std::max<std::int64_t>(2, tiles[i].stages + 1);
            RC_ASSERT(part <= whole);
            RC_ASSERT(part == whole || part >= std::min(whole, covered));
            // Not much more than that: a rest, and rounding to the alignment or the group.
            RC_ASSERT(part <= covered + tiles[i].extent / 3 + 34);
        }
        const auto alignment = [](std::int64_t extent) {
            return std::min<std::int64_t>(16, extent & -extent);
        };
        RC_ASSERT(alignment(proxy.n) >= alignment(gemm.n));
        if (proxy.m < gemm.m && tiles[0].extent >= 48) RC_ASSERT(proxy.m % tiles[0].extent != 0);
        if (proxy.n < gemm.n && tiles[1].extent >= 48) RC_ASSERT(proxy.n % tiles[1].extent != 0);
        RC_ASSERT(proxy.batch == std::min<std::int64_t>(gemm.batch, 2));
    });
}
