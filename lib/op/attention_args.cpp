#include "lib/op/attention_operation.hpp"
#include "lib/op/attention_shape.hpp"
#include "lib/op/tensor.hpp"

#include <algorithm>
#include <numeric>

namespace hone {

namespace {

ArgSpec factor(ArgSpec spec) {
    spec.factor = true;
    return spec;
}

ArgSpec offsets(const char* name, bool present, std::int64_t batch) {
    return present ? packed_tensor(name, Role::index, DType::s32, {batch + 1})
                   : absent_tensor(name, Role::index);
}

ArgSpec pages(const char* name, const Attention& attention, std::int64_t count,
              std::int64_t columns) {
    return attention.layout == AttentionLayout::bshd
               ? packed_tensor(name, Role::in, attention.dtype,
                               {count, attention.page_size, attention.kv_heads, columns})
               : packed_tensor(name, Role::in, attention.dtype,
                               {count, attention.kv_heads, attention.page_size, columns});
}

ArgSpec scale_of(const Attention& attention) {
    return attention.explicit_scale ? scalar("scale", DType::f32) : absent_tensor("scale");
}

} // namespace

std::vector<ArgSpec> attention_args(const Attention& attention) {
    const AttentionShape shape(attention);
    const SequenceSide &queries = shape.queries(), &keys = shape.keys();
    const DType dtype = attention.dtype;
    const bool paged = attention.page_size > 0;
    std::vector<ArgSpec> args(Attention::lse_arg + 1);
    args[Attention::q_arg] = factor(queries.tensor("q", Role::in, dtype, attention.head_dim));
    args[Attention::block_table_arg] = absent_tensor("block_table", Role::index);
    if (paged) {
        const std::vector<std::int64_t> counts = shape.page_counts();
        const std::int64_t all = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
        args[Attention::k_arg] = factor(pages("k", attention, all, attention.head_dim));
        args[Attention::v_arg] = factor(pages("v", attention, all, attention.head_dim_v));
        args[Attention::block_table_arg] =
            packed_tensor("block_table", Role::index, DType::s32,
                          {attention.batch, *std::max_element(counts.begin(), counts.end())});
    } else {
        args[Attention::k_arg] = factor(keys.tensor("k", Role::in, dtype, attention.head_dim));
        args[Attention::v_arg] = factor(keys.tensor("v", Role::in, dtype, attention.head_dim_v));
    }
    args[Attention::q_offsets_arg] = offsets("q_offsets", queries.variable(), attention.batch);
    args[Attention::kv_offsets_arg] =
        offsets("kv_offsets", keys.variable() || paged, attention.batch);
    args[Attention::scale_arg] = scale_of(attention);
    args[Attention::o_arg] = queries.tensor("o", Role::out, dtype, attention.head_dim_v);
    args[Attention::lse_arg] = attention.lse ? queries.scalars("lse", Role::out, DType::f32)
                                             : absent_tensor("lse", Role::out);
    return args;
}

std::vector<ArgSpec> attention_backward_args(const Attention& attention) {
    const AttentionShape shape(attention);
    const SequenceSide &queries = shape.queries(), &keys = shape.keys();
    const DType dtype = attention.dtype;
    const std::int64_t d = attention.head_dim, d_v = attention.head_dim_v;
    std::vector<ArgSpec> args(Attention::dv_arg + 1);
    args[Attention::bq_arg] = factor(queries.tensor("q", Role::in, dtype, d));
    args[Attention::bk_arg] = factor(keys.tensor("k", Role::in, dtype, d));
    args[Attention::bv_arg] = factor(keys.tensor("v", Role::in, dtype, d_v));
    args[Attention::bo_arg] = factor(queries.tensor("o", Role::in, dtype, d_v));
    args[Attention::bdo_arg] = factor(queries.tensor("do", Role::in, dtype, d_v));
    args[Attention::blse_arg] = queries.scalars("lse", Role::in, DType::f32);
    args[Attention::bq_offsets_arg] = offsets("q_offsets", queries.variable(), attention.batch);
    args[Attention::bkv_offsets_arg] = offsets("kv_offsets", keys.variable(), attention.batch);
    args[Attention::bscale_arg] = scale_of(attention);
    args[Attention::dq_arg] = queries.tensor("dq", Role::out, dtype, d);
    args[Attention::dk_arg] = keys.tensor("dk", Role::out, dtype, d);
    args[Attention::dv_arg] = keys.tensor("dv", Role::out, dtype, d_v);
    return args;
}

} // namespace hone
