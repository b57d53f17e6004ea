/* Arithmetic under a rounding mode that is not the host's current one, in integers. Helper round_op. */
#include "frontends/riscv64/abi.h"
#include "ir/softfp.h"

/* Toward zero, modulo 2^32, sign-extended; out of range is invalid, not inexact (Zfa). */
static uint64_t modular(uint64_t a)
{
    struct sf_num x = ir_sf_unpack(&sf_double, a);
    if (x.cls == SF_ZERO)
        return 0;
    if (x.cls != SF_FINITE) {
        ir_sf_raise(SF_INVALID);
        return 0;
    }
    bool inexact = false;
    uint64_t whole = x.exp >= 32 ? 0 : x.exp >= 0 ? x.mag << x.exp : (uint64_t)ir_sf_integral(&x, IR_RZ, &inexact);
    bool fits = x.exp < 0 && whole <= (uint64_t)INT32_MAX + x.sign;
    if (!fits)
        ir_sf_raise(SF_INVALID);
    else if (inexact)
        ir_sf_raise(SF_INEXACT);
    return (uint64_t)(int64_t)(int32_t)(x.sign ? 0 - whole : whole);
}

uint64_t rv64_round_op(uint64_t a, uint64_t b, uint64_t d, unsigned code)
{
    enum rv64_soft op = code >> 8;
    static const struct sf_format *const formats[] = {[RV64_SINGLE] = &sf_single, [RV64_DOUBLE] = &sf_double, [RV64_HALF] = &sf_half};
    enum ir_round round = code & 7;
    const struct sf_format *f = formats[code >> 4 & 3];
    const uint64_t ops[3] = {a, b, d};
    unsigned n = op == RV64_SOFT_FMA ? 3 : op < RV64_SOFT_SQRT ? 2 : 1;
    uint64_t nan;
    if (op == RV64_SOFT_MODULAR)
        return modular(a);
    if (op == RV64_SOFT_NARROW)
        return ir_sf_convert(f, &sf_double, a, IR_NAN_CANON_POS, round);
    if (ir_sf_nans(f, IR_NAN_CANON_POS, ops, n, &nan)) {
        if (op == RV64_SOFT_FMA && ir_sf_zero_times_inf(f, a, b))
            ir_sf_raise(SF_INVALID);        /* even where the addend is a quiet NaN (20.6) */
        return nan;
    }
    switch (op) {
    case RV64_SOFT_ADD: return ir_sf_add(f, round, a, b);
    case RV64_SOFT_MUL: return ir_sf_mul(f, round, a, b);
    case RV64_SOFT_DIV: return ir_sf_div(f, round, a, b);
    case RV64_SOFT_SQRT: return ir_sf_sqrt(f, round, a);
    default: return ir_sf_fma(f, round, a, b, d, 0);
    }
}
