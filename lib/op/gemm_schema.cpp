#include "lib/op/fields.hpp"
#include "lib/op/gemm_operation.hpp"

#include <limits>

namespace hone {

namespace {

Schema make_schema() {
    const std::vector<std::string> a_types = {"f64",  "f32",  "tf32", "f16", "bf16",
                                              "e4m3", "e5m2", "s8",   "u8"};
    std::vector<std::string> b_types = a_types;
    b_types.emplace_back("s4");
    const std::vector<std::string> d_types = {"f64",  "f32",  "tf32", "f16", "bf16",
                                              "e4m3", "e5m2", "s32",  "s8"};
    std::vector<std::string> c_types = d_types;
    c_types.emplace_back("none");

    Schema schema;
    schema.operation = "gemm";
    schema.table = "gemm";
    schema.fields = {
        dim_field("m", Gemm::m_dim, "rows of D"),
        dim_field("n", Gemm::n_dim, "columns of op(B)"),
        dim_field("k", Gemm::k_dim, "length of the sums"),
        with_default(dim_field("batch", Gemm::batch_dim, "independent products"), "1"),
        dtype_field("a", gemm_a, a_types, "element type of A"),
        default_from(dtype_field("b", gemm_b, b_types, "element type of B"), "a"),
        with_default(dtype_field("c", gemm_c, c_types, "element type of C, with scale=alpha_beta"),
                     "none"),
        default_from(dtype_field("d", gemm_d, d_types, "element type of D, bias and residual"),
                     "a"),
        choice_field("layout", gemm_layout, {"nn", "nt", "tn", "tt"},
                     "whether A and B are given transposed; nt: B is n x k"),
        choice_field("scale", gemm_scale, {"none", "alpha", "alpha_beta"},
                     "D = op(A) op(B), alpha op(A) op(B), or alpha op(A) op(B) + beta C"),
        choice_field("leading", gemm_leading, {"packed", "strided"},
                     "leading dimensions equal to the row lengths, or larger"),
        count_field("alignment", gemm_alignment, 128,
                    "with strided: bytes, the largest power of two up to 128 that divides every "
                    "leading dimension and base address"),
        steps_field("epilogue", gemm_epilogue,
                    {"bias", "relu", "silu", "gelu", "gelu_tanh", "swiglu", "residual"},
                    "applied in order; swiglu: silu(first half of n) * second half"),
        flag_field("accumulate", gemm_accumulate, "D += op(A) op(B)"),
        count_field("group", gemm_group, std::numeric_limits<std::int32_t>::max(),
                    "elements of k that share a scale of a quantised B; 0: all"),
        name_field("b_layout", 0, "prepared layout of B, such as packed:cpu-nr16/1"),
    };
    return schema;
}

} // namespace

const Schema& gemm_schema() {
    static const Schema schema = make_schema();
    return schema;
}

} // namespace hone
