#include "hone/attention.hpp"
#include "lib/op/attention_shape.hpp"
#include "lib/op/tensor.hpp"
#include "tests/op/refusals.hpp"
#include "tests/property.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <vector>

using namespace hone;
using test::problem;

TEST_CASE("rules between the keys of attention name the keys they break", "[op]") {
    const std::string dims = "attention batch=2 heads=4 q_len=8 head_dim=8 dtype=bf16 ";
    const std::string drawn = "lengths.distribution=uniform lengths.low=4 ";
    test::check_refusals({
        {dims + "kv_len=8 kv_heads=3", {"kv_heads must divide heads"}},
        {dims + "kv_len=8 softcap=-1", {"softcap"}},
        {dims + "kv_len=8 lengths.low=3", {"lengths.low"}},
        {dims + "kv_len=8 lengths.high=3", {"lengths.low and lengths.high"}},
        {dims + "kv_len=8 lengths.seed=3", {"lengths.seed"}},
        {dims + "kv_len=8 lengths.s=2", {"lengths.s"}},
        {dims + "kv_len=8 variable_q=true", {"variable_q=true"}},
        {dims + drawn + "lengths.high=3", {"lengths.low and lengths.high"}},
        {dims + drawn + "lengths.high=8 kv_len=9", {"kv_len=9 lengths.high=8"}},
        {dims + drawn + "lengths.high=8 layout=bhsd", {"layout=bshd"}},
        {dims + drawn + "lengths.high=9 variable_q=true", {"q_len=8 kv_len=9"}},
        {dims + drawn + "lengths.high=9 lengths.s=2", {"lengths.s"}},
        {dims + "lengths.distribution=zipf lengths.high=8 lengths.s=0", {"lengths.s"}},
        {dims, {"kv_len"}},
        {"attention batch=2147483647 heads=4 q_len=8 kv_len=8 head_dim=8 dtype=bf16", {"batch"}},
        {"attention batch=1048576 heads=4 q_len=8192 kv_len=8 head_dim=8 dtype=bf16", {"q_len"}},
    });
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
