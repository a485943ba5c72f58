// Powers of two, logarithms and tanh of vectors.
//
// EXP_DEGREE: of the polynomial for 2^x. Its coefficients minimise the largest relative error on
// [-1/2, 1/2] (Remez' exchange), for degrees 5 and 6 that of 2^x - 1, so that 2^0 is 1. The relative
// error of 2^x is at most 7.5e-5, 2.6e-6, 1.8e-7 and 4.5e-9 for degrees 3 to 6.

// 2^n for a whole number n in [-126, 127], as the float 1.5 * 2^23 + n.
INLINE V power(V shifted) { return (V)(((VI)shifted + 127) << 23); }

// 2^x for x in [-126, 127]. Smaller x count as -126.
INLINE V exp2(V x) {
    x = max(x, splat(-126.0f));
    // Adding 1.5 * 2^23 rounds to a whole number, which is then in the low bits.
    const V shifted = x + 12582912.0f;
    const V r = x - (shifted - 12582912.0f);
#if EXP_DEGREE == 3
    V sum = fma(splat(0.0551716691f), r, splat(0.242611122f));
    sum = fma(sum, r, splat(0.693260985f));
    sum = fma(sum, r, splat(0.999928074f));
#elif EXP_DEGREE == 4
    V sum = fma(splat(0.00957010201f), r, splat(0.0559178603f));
    sum = fma(sum, r, splat(0.240247448f));
    sum = fma(sum, r, splat(0.693121815f));
    sum = fma(sum, r, splat(0.999999261f));
#elif EXP_DEGREE == 5
    V sum = fma(splat(0.00133335387f), r, splat(0.00966624543f));
    sum = fma(sum, r, splat(0.0555050021f));
    sum = fma(sum, r, splat(0.240223513f));
    sum = fma(sum, r, splat(0.693147144f));
    sum = fma(sum, r, splat(1.0f));
#else
    V sum = fma(splat(0.000154035126f), r, splat(0.00133907355f));
    sum = fma(sum, r, splat(0.00961823749f));
    sum = fma(sum, r, splat(0.0555035743f));
    sum = fma(sum, r, splat(0.240226498f));
    sum = fma(sum, r, splat(0.693147188f));
    sum = fma(sum, r, splat(1.0f));
#endif
    return (V)((VI)sum + ((VI)shifted << 23));
}

// tanh(x) = t / (t + 2) with t = e^(2 |x|) - 1, which keeps small x exact to rounding.
INLINE V tanh(V x) {
    // Beyond, the result is 1 to the last bit.
    const V y = __builtin_elementwise_min(__builtin_elementwise_abs(x), splat(10.0f)) * 2.88539008f;
    const V shifted = y + 12582912.0f;
    const V r = y - (shifted - 12582912.0f);
    V sum = fma(splat(0.000154035126f), r, splat(0.00133907355f));
    sum = fma(sum, r, splat(0.00961823749f));
    sum = fma(sum, r, splat(0.0555035743f));
    sum = fma(sum, r, splat(0.240226498f));
    sum = fma(sum, r, splat(0.693147188f));
    const V whole = power(shifted);
    const V t = fma(whole, sum * r, whole - 1.0f);
    return __builtin_elementwise_copysign(t / (t + 2.0f), x);
}

// For positive, normal x.
INLINE V log2(V x) {
    // The exponent that leaves a mantissa in [sqrt(1/2), sqrt(2)).
    const VI exponent = ((VI)x - 0x3f3504f3) >> 23;
    const V f = (V)((VI)x - (exponent << 23)) - 1.0f;
    V sum = fma(splat(0.125837008f), f, splat(-0.20726973f));
    sum = fma(sum, f, splat(0.215715602f));
    sum = fma(sum, f, splat(-0.238944823f));
    sum = fma(sum, f, splat(0.287916249f));
    sum = fma(sum, f, splat(-0.360703683f));
    sum = fma(sum, f, splat(0.480910643f));
    sum = fma(sum, f, splat(-0.721347347f));
    sum = fma(sum, f, splat(1.442695f));
    return fma(sum, f, __builtin_convertvector(exponent, V));
}
