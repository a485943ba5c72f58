// What happens to sums before they are stored.
//
// EPILOGUE(x): the steps applied to a vector of sums, such as relu(add_bias(x)). HAS_EPILOGUE: there
// are any.

INLINE V relu(V x) { return __builtin_elementwise_max(x, splat(0)); }

#if !SUM_IS_F64 // these are as exact as f32
// exp(x) = 2^n exp(r), |r| <= ln(2) / 2: the Taylor series to r^7 is within 6e-9 there. ln(2) in two
// parts after Cody and Waite, Software Manual for the Elementary Functions, 1980, chapter 6.
INLINE V exp(V x) {
    x = __builtin_elementwise_min(__builtin_elementwise_max(x, splat(-87.0f)), splat(88.0f));
    const V n = __builtin_elementwise_roundeven(x * 1.44269504f);
    const V r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    V sum = splat(1.0f / 5040);
    sum = sum * r + 1.0f / 720;
    sum = sum * r + 1.0f / 120;
    sum = sum * r + 1.0f / 24;
    sum = sum * r + 1.0f / 6;
    sum = sum * r + 0.5f;
    sum = sum * r + 1.0f;
    sum = sum * r + 1.0f;
    typedef int VI __attribute__((vector_size(VL * 4)));
    return sum * (V)((__builtin_convertvector(n, VI) + 127) << 23);
}

INLINE V silu(V x) { return x / (1 + exp(-x)); }
INLINE V gelu_tanh(V x) {
    // 0.5 (1 + tanh(u)) = 1 / (1 + exp(-2 u))
    const V u = 0.797884561f * (x + 0.044715f * x * x * x);
    return x / (1 + exp(-2 * u));
}
// x Phi(x) with erfc by Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26 (absolute
// error 1.5e-7).
INLINE V gelu(V x) {
    const V z = __builtin_elementwise_abs(x) * 0.707106781f;
    const V t = 1 / (1 + 0.3275911f * z);
    V sum = splat(1.061405429f);
    sum = sum * t - 1.453152027f;
    sum = sum * t + 1.421413741f;
    sum = sum * t - 0.284496736f;
    sum = sum * t + 0.254829592f;
    const V half_tail = 0.5f * x * sum * t * exp(-z * z);
    return x < 0 ? half_tail : x - half_tail;
}
#endif
