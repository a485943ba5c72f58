#include "decode/table.hpp"

#include "decode/availability.hpp"
#include "decode/decoder.hpp"
#include "ops/ops.hpp"

#include <unordered_map>

namespace hone::emu {
namespace {

using Decode = void (*)(Decoder&);

bool is_half(Type type) {
    return type == Type::f16 || type == Type::bf16 || type == Type::f16x2 || type == Type::bf16x2;
}

// By the type of the operation: integers, f32 and f64, or the halves.
template <Decode integer, Decode floating, Decode half> void by_type(Decoder& in) {
    const auto type = in.next_type();
    if (!type) in.fail("no type");
    if (is_half(*type)) return half(in);
    if (is_float(*type)) return floating(in);
    integer(in);
}

void unsupported(Decoder& in) { in.fail("not for this type"); }

const std::unordered_map<std::string_view, Decode>& table() {
    static const std::unordered_map<std::string_view, Decode> decoders{
        {"add", by_type<decode_add_integer, decode_float_arithmetic, decode_half_arithmetic>},
        {"sub", by_type<decode_sub_integer, decode_float_arithmetic, decode_half_arithmetic>},
        {"mul", by_type<decode_mul_integer, decode_float_arithmetic, decode_half_arithmetic>},
        {"mad", by_type<decode_mad_integer, decode_float_arithmetic, unsupported>},
        {"fma", by_type<unsupported, decode_float_arithmetic, decode_half_arithmetic>},
        {"min", by_type<decode_min_integer, decode_float_min_max, decode_half_min_max>},
        {"max", by_type<decode_max_integer, decode_float_min_max, decode_half_min_max>},
        {"abs", by_type<decode_abs_neg_integer, decode_float_abs_neg, decode_half_abs_neg>},
        {"neg", by_type<decode_abs_neg_integer, decode_float_abs_neg, decode_half_abs_neg>},
        {"div", by_type<decode_div_integer, decode_div_float, unsupported>},
        {"addc", decode_addc},
        {"subc", decode_subc},
        {"madc", decode_madc},
        {"mul24", decode_mul24},
        {"mad24", decode_mul24},
        {"rem", decode_rem},
        {"sad", decode_sad},
        {"rcp", decode_rcp_sqrt},
        {"sqrt", decode_rcp_sqrt},
        {"rsqrt", decode_transcendental},
        {"sin", decode_transcendental},
        {"cos", decode_transcendental},
        {"lg2", decode_transcendental},
        {"ex2", by_type<unsupported, decode_transcendental, decode_half_transcendental>},
        {"tanh", by_type<unsupported, decode_transcendental, decode_half_transcendental>},
        {"copysign", decode_copysign},
        {"testp", decode_testp},
        {"and", decode_and},
        {"or", decode_or},
        {"xor", decode_xor},
        {"not", decode_not},
        {"cnot", decode_not},
        {"lop3", decode_lop3},
        {"shl", decode_shl},
        {"shr", decode_shr},
        {"shf", decode_shf},
        {"bfe", decode_bfe},
        {"bfi", decode_bfi},
        {"bfind", decode_bfind},
        {"popc", decode_count_bits},
        {"clz", decode_count_bits},
        {"brev", decode_count_bits},
        {"fns", decode_fns},
        {"bmsk", decode_bmsk},
        {"szext", decode_szext},
        {"prmt", decode_prmt},
        {"dp4a", decode_dot},
        {"dp2a", decode_dot},
        {"vabsdiff4", decode_vabsdiff4},
        {"setp", decode_setp},
        {"set", decode_set},
        {"selp", decode_selp},
        {"slct", decode_slct},
        {"cvt", decode_cvt},
        {"mov", decode_mov},
        {"cvta", decode_cvta},
        {"isspacep", decode_isspacep},
        {"ld", decode_ld},
        {"ldu", decode_ld},
        {"st", decode_st},
        {"prefetch", decode_nothing},
        {"prefetchu", decode_nothing},
        {"applypriority", decode_nothing},
        {"createpolicy", decode_nothing},
        {"nanosleep", decode_nothing},
        {"pmevent", decode_nothing},
        {"griddepcontrol", decode_nothing},
        {"bra", decode_bra},
        {"brx", decode_brx},
        {"call", decode_call},
        {"ret", decode_ret},
        {"exit", decode_exit},
        {"trap", decode_trap},
        {"brkpt", decode_trap},
        {"bar", decode_bar},
        {"barrier", decode_bar},
        {"shfl", decode_shfl},
        {"vote", decode_vote},
        {"match", decode_match},
        {"redux", decode_redux},
        {"activemask", decode_activemask},
        {"elect", decode_elect},
        {"atom", decode_atom},
        {"red", decode_atom},
        {"membar", decode_fence},
        {"fence", decode_fence},
        {"cp", decode_cp_async},
        {"ldmatrix", decode_ldmatrix},
        {"stmatrix", decode_stmatrix},
        {"movmatrix", decode_movmatrix},
        {"mma", decode_mma},
    };
    return decoders;
}

} // namespace

void decode_instruction(Decoder& decoder) {
    const auto found = table().find(decoder.opcode());
    if (found == table().end()) decoder.fail("unknown or unsupported opcode");
    require_available(decoder);
    found->second(decoder);
}

} // namespace hone::emu
