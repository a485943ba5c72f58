#include "lib/op/fields.hpp"
#include "lib/op/grouped_gemm_operation.hpp"

#include <limits>

namespace hone {

namespace {

Schema make_schema() {
    const std::vector<std::string> operand_types = {"f32", "f16", "bf16", "e4m3", "e5m2"};
    Schema schema;
    schema.operation = "grouped_gemm";
    schema.table = "grouped_gemm";
    schema.fields = {
        choice_field(
            "mode", grouped_mode, {"contiguous", "masked", "k_grouped"},
            "rows of all groups in sequence, room for the largest in each, or groups of k"),
        dim_field("groups", GroupedGemm::groups_dim, "products"),
        dim_field("m", GroupedGemm::m_dim, "rows of A, per group on average"),
        dim_field("n", GroupedGemm::n_dim, "columns of op(B)"),
        dim_field("k", GroupedGemm::k_dim, "length of the sums; of k_grouped, on average"),
        dtype_field("a", grouped_a, operand_types, "element type of A"),
        default_from(dtype_field("b", grouped_b, operand_types, "element type of B"), "a"),
        default_from(dtype_field("d", grouped_d, operand_types, "element type of D"), "a"),
        with_default(choice_field("layout", grouped_layout, {"nn", "nt", "tn", "tt"},
                                  "whether A and B are given transposed; nt: B is n x k"),
                     "nt"),
        name_field("scales", 0,
                   "blocks of fp8 operands that share a scale, rows x columns along k of A, of B: "
                   "1x128,128x128"),
    };
    for (Field& field : length_fields("routing", routing_slots, false)) {
        schema.fields.push_back(std::move(field));
    }
    for (Field& field : schema.fields) {
        if (field.kind == Field::Kind::dim) field.max = std::numeric_limits<std::int32_t>::max();
    }
    return schema;
}

} // namespace

const Schema& grouped_gemm_schema() {
    static const Schema schema = make_schema();
    return schema;
}

} // namespace hone
