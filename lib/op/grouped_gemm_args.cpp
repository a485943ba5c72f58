#include "lib/base/saturating.hpp"
#include "lib/op/grouped_gemm_operation.hpp"
#include "lib/op/tensor.hpp"

#include <algorithm>

namespace hone {

namespace {

ArgSpec factor(ArgSpec spec) {
    spec.factor = true;
    return spec;
}

// Scales have the shape of their operand, whatever its layout, as batch x rows x columns along k.
ArgSpec scales(const char* name, std::int64_t batch, std::int64_t rows, std::int64_t columns,
               std::int64_t block_rows, std::int64_t block_columns) {
    if (block_rows == 0) return absent_tensor(name);
    return packed_tensor(
        name, Role::in, DType::f32,
        {batch, ceil_divide(rows, block_rows), ceil_divide(columns, block_columns)});
}

} // namespace

std::vector<std::int64_t> group_sizes(const GroupedGemm& gemm) {
    const std::int64_t average = gemm.mode == GroupMode::k_grouped ? gemm.k : gemm.m;
    return share_out(gemm.routing, gemm.groups * average, gemm.groups);
}

std::vector<ArgSpec> grouped_gemm_args(const GroupedGemm& gemm) {
    const bool ta = a_transposed(gemm.layout), tb = b_transposed(gemm.layout);
    const ScaleBlocks blocks = scale_blocks(gemm);
    // Extents of op(A), op(B) and D with their leading axis.
    std::int64_t a_batch = 1, b_batch = 1, d_batch = 1, rows = gemm.m, k = gemm.k;
    switch (gemm.mode) {
    case GroupMode::contiguous:
        rows = gemm.groups * gemm.m;
        b_batch = gemm.groups;
        break;
    case GroupMode::masked: {
        const std::vector<std::int64_t> sizes = group_sizes(gemm);
        rows = *std::max_element(sizes.begin(), sizes.end());
        a_batch = b_batch = d_batch = gemm.groups;
        break;
    }
    case GroupMode::k_grouped:
        k = gemm.groups * gemm.k;
        d_batch = gemm.groups;
        break;
    }
    const bool offsets = gemm.mode != GroupMode::masked;
    std::vector<ArgSpec> args(GroupedGemm::d_arg + 1);
    args[GroupedGemm::a_arg] =
        factor(packed_tensor("a", Role::in, gemm.a, {a_batch, ta ? k : rows, ta ? rows : k}));
    args[GroupedGemm::b_arg] =
        factor(packed_tensor("b", Role::in, gemm.b, {b_batch, tb ? gemm.n : k, tb ? k : gemm.n}));
    args[GroupedGemm::scale_a_arg] =
        scales("scale_a", a_batch, rows, k, blocks.a_rows, blocks.a_columns);
    args[GroupedGemm::scale_b_arg] =
        scales("scale_b", b_batch, gemm.n, k, blocks.b_rows, blocks.b_columns);
    args[GroupedGemm::sizes_arg] = packed_tensor(offsets ? "offsets" : "sizes", Role::index,
                                                 DType::s32, {gemm.groups + (offsets ? 1 : 0)});
    args[GroupedGemm::d_arg] = packed_tensor("d", Role::out, gemm.d, {d_batch, rows, gemm.n});
    return args;
}

} // namespace hone
