/* Expansion of floating-point ops. Scalars are computed as lane 0 of a vector whose other lanes are zero. */
#include "ir/expand.h"

struct form { enum ir_type t; unsigned lane; };     /* of the vector computed on */

/* S and D lanes only; half precision is too small for the intermediate results. */
static bool form_of(const struct ir_insn *k, struct form *p)
{
    if (k->type == IR_F32 || k->type == IR_F64)
        *p = (struct form){IR_V128, k->type == IR_F64 ? IR_D : IR_S};
    else
        *p = (struct form){(enum ir_type)k->type, k->aux & 3};
    return k->type != IR_F16 && p->lane >= IR_S;
}
static ir_ref read(struct ir_func *fn, const struct ir_insn *k, ir_ref v)
{
    return k->type == IR_F32 || k->type == IR_F64 ? ir_emit(fn, IR_f2v, IR_V128, 0, v, 0, 0, 0) : v;
}
static ir_ref write(struct ir_func *fn, const struct ir_insn *k, ir_ref v)
{
    return k->type == IR_F32 || k->type == IR_F64 ? ir_emit(fn, IR_v2f, (enum ir_type)k->type, 0, v, 0, 0, 0) : v;
}

static ir_ref op1(struct ir_func *fn, struct form p, enum ir_op op, ir_ref a) { return ir_emit(fn, op, p.t, p.lane, a, 0, 0, 0); }
static ir_ref op2(struct ir_func *fn, struct form p, enum ir_op op, ir_ref a, ir_ref b) { return ir_emit(fn, op, p.t, p.lane, a, b, 0, 0); }
static ir_ref compare(struct ir_func *fn, struct form p, enum ir_fpred pred, ir_ref a, ir_ref b)
{
    return ir_emit(fn, IR_vfcmp, p.t, p.lane | (unsigned)pred << 8, a, b, 0, 0);
}
static ir_ref select(struct ir_func *fn, ir_ref mask, ir_ref a, ir_ref b) { return ir_emit(fn, IR_vselect, ir_type_of(fn, a), 0, mask, a, b, 0); }

/* 2 to the power e in every lane; infinity for the exponent just too large. */
static ir_ref power(struct ir_func *fn, struct form p, int e)
{
    return ir_vfill(fn, p.t, p.lane, p.lane == IR_D ? (uint64_t)(e + 1023) << 52 : (uint64_t)(e + 127) << 23);
}
static ir_ref zero(struct ir_func *fn, struct form p) { return ir_vfill(fn, p.t, p.lane, 0); }
static ir_ref infinity(struct ir_func *fn, struct form p) { return power(fn, p, p.lane == IR_D ? 1024 : 128); }
static ir_ref sign_bits(struct ir_func *fn, struct form p) { return ir_vfill(fn, p.t, p.lane, (uint64_t)1 << (ir_lane_bits(p.lane) - 1)); }

/*
 * Ties away from zero: the integral part t, which alone raises inexact, and one more where what was cut off is at least a half.
 * Numbers too large to have a fraction, infinities and NaNs are their own integral part (of NaNs, quieted).
 */
ir_ref ir_expand_round(struct ir_func *fn, const struct ir_insn *k)
{
    struct form p;
    if ((k->aux >> 8 & 7) != IR_RA || !form_of(k, &p))
        return 0;
    ir_ref x = read(fn, k, k->a);
    ir_ref t = ir_emit(fn, IR_fround, p.t, p.lane | IR_RZ << 8 | (k->aux & IR_ROUND_EXACT), x, 0, 0, 0);
    ir_ref small = compare(fn, p, IR_FLT, op1(fn, p, IR_fabs, x), power(fn, p, p.lane == IR_D ? 52 : 23));
    ir_ref cut = op2(fn, p, IR_fsub, op2(fn, p, IR_vand, x, small), op2(fn, p, IR_vand, t, small));
    ir_ref up = compare(fn, p, IR_FGE, op1(fn, p, IR_fabs, cut), power(fn, p, -1));
    ir_ref one = op2(fn, p, IR_vor, op2(fn, p, IR_vand, x, sign_bits(fn, p)), power(fn, p, 0));
    ir_ref whole = op2(fn, p, IR_vand, t, small);
    return write(fn, k, select(fn, up, op2(fn, p, IR_fadd, whole, one), t));
}

/* Lanes where one operand is zero and the other infinite. */
static ir_ref zero_times_infinity(struct ir_func *fn, struct form p, ir_ref a, ir_ref b)
{
    ir_ref none = zero(fn, p), inf = infinity(fn, p);
    ir_ref az = compare(fn, p, IR_FEQ, a, none), bz = compare(fn, p, IR_FEQ, b, none);
    ir_ref ai = compare(fn, p, IR_FEQ, op1(fn, p, IR_fabs, a), inf), bi = compare(fn, p, IR_FEQ, op1(fn, p, IR_fabs, b), inf);
    return op2(fn, p, IR_vor, op2(fn, p, IR_vand, az, bi), op2(fn, p, IR_vand, ai, bz));
}

ir_ref ir_expand_mulx(struct ir_func *fn, const struct ir_insn *k)
{
    struct form p;
    if (!form_of(k, &p))
        return 0;
    ir_ref a = read(fn, k, k->a), b = read(fn, k, k->b), special = zero_times_infinity(fn, p, a, b);
    ir_ref two = op2(fn, p, IR_vor, op2(fn, p, IR_vand, op2(fn, p, IR_vxor, a, b), sign_bits(fn, p)), power(fn, p, 1));
    ir_ref r = op2(fn, p, IR_fmul, op2(fn, p, IR_vandn, a, special), op2(fn, p, IR_vandn, b, special));
    return write(fn, k, select(fn, special, two, r));
}

/* Zero times infinity counts as zero: there both operands are made zero. */
ir_ref ir_expand_recps(struct ir_func *fn, const struct ir_insn *k)
{
    struct form p;
    if (!form_of(k, &p))
        return 0;
    ir_ref a = read(fn, k, k->a), b = read(fn, k, k->b), special = zero_times_infinity(fn, p, a, b);
    a = op1(fn, p, IR_fneg, op2(fn, p, IR_vandn, a, special));
    b = op2(fn, p, IR_vandn, b, special);
    return write(fn, k, ir_emit(fn, IR_fma, p.t, p.lane, a, b, power(fn, p, 1), 0));
}

/*
 * Integers to floats in two parts that are exact, and one sum that rounds. The parts of 64-bit lanes are written
 * into the fraction of 2^52 and 2^84; their difference is -0 for 0 when rounding down, so zero is cleared.
 */
ir_ref ir_expand_from_int(struct ir_func *fn, const struct ir_insn *k)
{
    struct form p = {(enum ir_type)k->type, k->aux & 3};
    bool s = k->op == IR_vs_fcvt;
    if (p.lane == IR_S && !s) {
        ir_ref high = op1(fn, p, IR_vs_fcvt, ir_emit(fn, IR_vshri, p.t, IR_S, k->a, 0, 0, 16));
        ir_ref low = op1(fn, p, IR_vs_fcvt, op2(fn, p, IR_vand, k->a, ir_vfill(fn, p.t, IR_S, 0xffff)));
        return op2(fn, p, IR_fadd, op2(fn, p, IR_fmul, high, power(fn, p, 16)), low);
    }
    if (p.lane != IR_D)
        return 0;
    ir_ref low = op2(fn, p, IR_vand, k->a, ir_vfill(fn, p.t, IR_D, 0xffffffff));
    low = op2(fn, p, IR_vor, low, ir_vfill(fn, p.t, IR_D, 0x4330000000000000));
    ir_ref high = ir_emit(fn, IR_vshri, p.t, IR_D, k->a, 0, 0, 32);
    high = op2(fn, p, IR_vxor, high, ir_vfill(fn, p.t, IR_D, s ? 0x4530000080000000 : 0x4530000000000000));
    high = op2(fn, p, IR_fsub, high, ir_vfill(fn, p.t, IR_D, s ? 0x4530000080100000 : 0x4530000000100000));
    ir_ref is_zero = op2(fn, p, IR_vcmpeq, k->a, ir_vfill(fn, p.t, IR_D, 0));
    return op2(fn, p, IR_vandn, op2(fn, p, IR_fadd, high, low), is_zero);
}

/* Floats to integers lane by lane. */
ir_ref ir_expand_to_int(struct ir_func *fn, const struct ir_insn *k)
{
    unsigned lane = k->aux & 3, round = k->aux >> 8 & 7, n = (k->type == IR_V128 ? 16u : 8u) >> lane;
    if (lane < IR_S)
        return 0;
    enum ir_type f = lane == IR_D ? IR_F64 : IR_F32, i = lane == IR_D ? IR_I64 : IR_I32;
    ir_ref v = k->type == IR_V64 ? ir_emit(fn, IR_vzext, IR_V128, 0, k->a, 0, 0, 0) : k->a, r = 0;
    for (unsigned at = 0; at < n; at++) {
        uint8_t sel[16];
        for (unsigned j = 0; j < 16; j++)
            sel[j] = (uint8_t)((j + (at << lane)) & 15);
        ir_ref x = at ? ir_emit(fn, IR_vshuf, IR_V128, 0, v, v, 0, ir_vconst_index(fn, sel)) : v;
        x = ir_emit(fn, IR_v2f, f, 0, x, 0, 0, 0);
        x = ir_emit(fn, k->op == IR_vfcvt_s ? IR_fcvt_s : IR_fcvt_u, i, round, x, 0, 0, 0);
        r = r ? ir_emit(fn, IR_vset, IR_V128, lane, r, x, 0, at) : ir_emit(fn, IR_i2v, IR_V128, 0, x, 0, 0, 0);
    }
    return k->type == IR_V64 ? ir_emit(fn, IR_vtrunc, IR_V64, 0, r, 0, 0, 0) : r;
}
