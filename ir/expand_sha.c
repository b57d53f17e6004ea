/* SHA-512 in 64-bit rotations (FIPS 180-4, 4.1.3; the halves of the operands as in the A64 instructions' pseudocode). */
#include "ir/expand.h"

static ir_ref op(struct ir_func *fn, enum ir_op o, ir_ref a, ir_ref b) { return ir_op2(fn, o, a, b); }
static ir_ref half(struct ir_func *fn, ir_ref v, unsigned high) { return ir_emit(fn, IR_vget, IR_I64, IR_D, v, 0, 0, high); }
static ir_ref pair(struct ir_func *fn, ir_ref low, ir_ref high)
{
    return ir_emit(fn, IR_vset, IR_V128, IR_D, ir_emit(fn, IR_i2v, IR_V128, 0, low, 0, 0, 0), high, 0, 1);
}
static ir_ref rotations(struct ir_func *fn, ir_ref v, unsigned a, unsigned b, unsigned c)
{
    return op(fn, IR_xor, op(fn, IR_xor, ir_op2i(fn, IR_ror, v, a), ir_op2i(fn, IR_ror, v, b)), ir_op2i(fn, IR_ror, v, c));
}
/* Ch: x where e is set, else y. */
static ir_ref choose(struct ir_func *fn, ir_ref e, ir_ref x, ir_ref y) { return op(fn, IR_xor, op(fn, IR_and, op(fn, IR_xor, x, y), e), y); }
/* Maj. */
static ir_ref majority(struct ir_func *fn, ir_ref x, ir_ref y, ir_ref z)
{
    return op(fn, IR_xor, op(fn, IR_and, x, y), op(fn, IR_and, op(fn, IR_xor, x, y), z));
}

ir_ref ir_expand_sha512h(struct ir_func *fn, const struct ir_insn *k)
{
    ir_ref x0 = half(fn, k->b, 0), x1 = half(fn, k->b, 1), y0 = half(fn, k->c, 0), y1 = half(fn, k->c, 1);
    ir_ref high = op(fn, IR_add, choose(fn, y1, x0, x1), rotations(fn, y1, 14, 18, 41));
    high = op(fn, IR_add, high, half(fn, k->a, 1));
    ir_ref e = op(fn, IR_add, high, y0);
    ir_ref low = op(fn, IR_add, choose(fn, e, y1, x0), rotations(fn, e, 14, 18, 41));
    return pair(fn, op(fn, IR_add, low, half(fn, k->a, 0)), high);
}

ir_ref ir_expand_sha512h2(struct ir_func *fn, const struct ir_insn *k)
{
    ir_ref x0 = half(fn, k->b, 0), y0 = half(fn, k->c, 0), y1 = half(fn, k->c, 1);
    ir_ref high = op(fn, IR_add, majority(fn, y0, y1, x0), rotations(fn, y0, 28, 34, 39));
    high = op(fn, IR_add, high, half(fn, k->a, 1));
    ir_ref low = op(fn, IR_add, majority(fn, high, y0, y1), rotations(fn, high, 28, 34, 39));
    return pair(fn, op(fn, IR_add, low, half(fn, k->a, 0)), high);
}

/* ---- message schedule, both lanes at once ---- */

static ir_ref shift(struct ir_func *fn, enum ir_op o, ir_ref v, unsigned n) { return ir_emit(fn, o, IR_V128, IR_D, v, 0, 0, n); }
static ir_ref rotate(struct ir_func *fn, ir_ref v, unsigned n)
{
    return ir_v(fn, IR_vor, IR_V128, 0, shift(fn, IR_vshri, v, n), shift(fn, IR_vshli, v, 64 - n));
}
static ir_ref sigma(struct ir_func *fn, ir_ref v, unsigned a, unsigned b, unsigned c)
{
    return ir_v(fn, IR_vxor, IR_V128, 0, ir_v(fn, IR_vxor, IR_V128, 0, rotate(fn, v, a), rotate(fn, v, b)), shift(fn, IR_vshri, v, c));
}

/* SU0: a + sigma0 of (a's upper half, b's lower); SU1: a + sigma1(b) + c. */
ir_ref ir_expand_sha512su(struct ir_func *fn, const struct ir_insn *k)
{
    static const uint8_t middle[16] = {8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23};
    if (k->op == IR_sha512su0) {
        ir_ref v = ir_emit(fn, IR_vshuf, IR_V128, 0, k->a, k->b, 0, ir_vconst_index(fn, middle));
        return ir_v(fn, IR_vadd, IR_V128, IR_D, k->a, sigma(fn, v, 1, 8, 7));
    }
    return ir_v(fn, IR_vadd, IR_V128, IR_D, ir_v(fn, IR_vadd, IR_V128, IR_D, k->a, sigma(fn, k->b, 19, 61, 6)), k->c);
}
