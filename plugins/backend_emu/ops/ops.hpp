// Decoders of the opcodes, by group. Each fills in decoder.inst.
#pragma once

namespace hone::emu {

class Decoder;

// integer.cpp
void decode_add_integer(Decoder&);
void decode_sub_integer(Decoder&);
void decode_addc(Decoder&);
void decode_subc(Decoder&);
void decode_mul_integer(Decoder&);
void decode_mad_integer(Decoder&);
void decode_madc(Decoder&);
void decode_mul24(Decoder&);
void decode_div_integer(Decoder&);
void decode_rem(Decoder&);
void decode_min_integer(Decoder&);
void decode_max_integer(Decoder&);
void decode_abs_neg_integer(Decoder&);
void decode_sad(Decoder&);
// logic.cpp
void decode_and(Decoder&);
void decode_or(Decoder&);
void decode_xor(Decoder&);
void decode_not(Decoder&);
void decode_lop3(Decoder&);
void decode_shl(Decoder&);
void decode_shr(Decoder&);
void decode_shf(Decoder&);
// bits.cpp
void decode_bfe(Decoder&);
void decode_bfi(Decoder&);
void decode_bfind(Decoder&);
void decode_count_bits(Decoder&);
void decode_fns(Decoder&);
void decode_bmsk(Decoder&);
void decode_szext(Decoder&);
void decode_prmt(Decoder&);
void decode_dot(Decoder&);
// floating.cpp: f32 and f64; half.cpp: f16, bf16 and their pairs
void decode_float_arithmetic(Decoder&); // add, sub, mul, fma, mad
void decode_half_arithmetic(Decoder&);
void decode_float_min_max(Decoder&);
void decode_half_min_max(Decoder&);
void decode_float_abs_neg(Decoder&);
void decode_half_abs_neg(Decoder&);
void decode_half_transcendental(Decoder&); // ex2, tanh
void decode_div_float(Decoder&);
void decode_rcp_sqrt(Decoder&);
void decode_transcendental(Decoder&); // rsqrt, sin, cos, lg2, ex2, tanh
void decode_copysign(Decoder&);
void decode_testp(Decoder&);
// compare.cpp
void decode_setp(Decoder&);
void decode_set(Decoder&);
void decode_selp(Decoder&);
void decode_slct(Decoder&);
// convert.cpp
void decode_cvt(Decoder&);
void decode_cvt_pack(Decoder&);
// move.cpp
void decode_mov(Decoder&);
void decode_cvta(Decoder&);
void decode_isspacep(Decoder&);
void decode_nothing(Decoder&); // hints: operands and modifiers are of no consequence
// memory.cpp
void decode_ld(Decoder&);
void decode_st(Decoder&);
// atomic.cpp
void decode_atom(Decoder&);
void decode_fence(Decoder&);
// control.cpp
void decode_bra(Decoder&);
void decode_brx(Decoder&);
void decode_call(Decoder&);
void decode_ret(Decoder&);
void decode_exit(Decoder&);
void decode_trap(Decoder&);
void decode_bar(Decoder&);
// warp_ops.cpp
void decode_shfl(Decoder&);
void decode_vote(Decoder&);
void decode_match(Decoder&);
void decode_redux(Decoder&);
void decode_activemask(Decoder&);
void decode_elect(Decoder&);
// async_copy.cpp
void decode_cp_async(Decoder&);
// matrix.cpp
void decode_ldmatrix(Decoder&);
void decode_stmatrix(Decoder&);
void decode_movmatrix(Decoder&);
// video.cpp
void decode_vabsdiff4(Decoder&);
// mma.cpp
void decode_mma(Decoder&);

} // namespace hone::emu
