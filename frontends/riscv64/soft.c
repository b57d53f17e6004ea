/* Arithmetic under a rounding mode that is not the host's current one, in integers. Helper round_op. */
#include "frontends/riscv64/abi.h"
#include "ir/softfp.h"

uint64_t rv64_round_op(uint64_t a, uint64_t b, uint64_t d, unsigned code)
{
    enum rv64_soft op = code >> 8;
    static const struct sf_format *const formats[] = {[RV64_SINGLE] = &sf_single, [RV64_DOUBLE] = &sf_double, [RV64_HALF] = &sf_half};
    enum ir_round round = code & 7;
    const struct sf_format *f = formats[code >> 4 & 3];
    const uint64_t ops[3] = {a, b, d};
    unsigned n = op == RV64_SOFT_FMA ? 3 : op < RV64_SOFT_SQRT ? 2 : 1;
    uint64_t nan;
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
