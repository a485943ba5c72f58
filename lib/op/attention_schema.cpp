#include "lib/op/attention_operation.hpp"
#include "lib/op/fields.hpp"

#include <limits>

namespace hone {

namespace {

Schema make_schema(bool backward) {
    constexpr std::int64_t longest = std::numeric_limits<std::int32_t>::max();
    Schema schema;
    schema.operation = backward ? "attention_backward" : "attention";
    schema.table = "attention";
    schema.selector_key = "pass";
    schema.selector_value = backward ? "backward" : "forward";
    std::vector<Field>& fields = schema.fields;
    fields = {
        dim_field("batch", Attention::batch_dim, "sequences"),
        dim_field("heads", Attention::heads_dim, "query heads"),
        default_from(dim_field("kv_heads", Attention::kv_heads_dim,
                               "key and value heads; heads / kv_heads queries share one"),
                     "heads"),
    };
    for (Field& field : length_fields("lengths", attention_length_slots, true)) {
        fields.push_back(std::move(field));
    }
    const std::vector<Field> rest = {
        default_from(dim_field("kv_len", Attention::kv_len_dim, "keys, of the longest sequence"),
                     "lengths.high"),
        default_from(dim_field("q_len", Attention::q_len_dim, "queries, of the longest sequence"),
                     "kv_len"),
        dim_field("head_dim", Attention::head_dim_dim, "elements of a query and a key"),
        default_from(dim_field("head_dim_v", Attention::head_dim_v_dim, "elements of a value"),
                     "head_dim"),
        dtype_field("dtype", 0, {"f32", "f16", "bf16"}, "element type of all tensors but lse"),
        choice_field("layout", attention_layout, {"bshd", "bhsd"},
                     "order of batch, sequence, head and dim"),
        flag_field("causal", attention_causal,
                   "the last query sees all keys, each before it one less"),
        count_field("window", attention_window, longest,
                    "keys seen to the left of the diagonal; 0: all"),
        real_field("softcap", attention_softcap, "0.0",
                   "scores become softcap tanh(score / softcap); 0: unchanged"),
        flag_field("explicit_scale", attention_explicit_scale,
                   "the scale of scores is an argument; else 1 / sqrt(head_dim)"),
    };
    fields.insert(fields.end(), rest.begin(), rest.end());
    if (!backward) {
        fields.push_back(flag_field("lse", attention_lse, "log-sum-exp of scores is an output"));
        fields.push_back(count_field("page_size", attention_page_size, longest,
                                     "keys per page of a paged cache; 0: not paged"));
    }
    fields.push_back(flag_field("variable_q", attention_variable_q,
                                "every sequence has as many queries as keys"));
    for (Field& field : fields) {
        if (field.kind == Field::Kind::dim) field.max = longest;
    }
    return schema;
}

} // namespace

const Schema& attention_schema(bool backward) {
    static const Schema forward_schema = make_schema(false);
    static const Schema backward_schema = make_schema(true);
    return backward ? backward_schema : forward_schema;
}

} // namespace hone
