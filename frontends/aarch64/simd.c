/* A64 Advanced SIMD, integers: three registers of one type, scalar and by-element forms included. */
#include "frontends/aarch64/simd.h"

/* Operands of a vector, scalar or by-element instruction with equal lanes; false if reserved. */
static bool operands(struct ir_func *fn, const struct a64_fields *f, unsigned scalar, unsigned elem, ir_ref *n, ir_ref *m)
{
    if (f->size == IR_D && !scalar && !f->Q)
        return false;
    *n = simd_r(fn, f->Q, scalar, f->size, f->Rn);
    if (!elem)
        *m = simd_r(fn, f->Q, scalar, f->size, f->Rm);
    else if (scalar)
        *m = simd_lane(fn, f->size, simd_elem_reg(f, f->size), simd_elem_idx(f, f->size));
    else
        *m = simd_dup(fn, a64_vtype(f->Q), f->size, a64_rq(fn, simd_elem_reg(f, f->size)), simd_elem_idx(f, f->size));
    return true;
}

/* ADD, SUB, MUL, SMAX, CMGT, ...: one op. */
bool lift_simd_3same(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref n, m;
    if (!operands(fn, f, f->scalar, f->elem, &n, &m))
        return false;
    a64_wv(fn, f->Rd, simd_2(fn, f->ir_op, f->size, n, m));
    return true;
}

bool lift_simd_mla(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref n, m;
    if (!operands(fn, f, 0, f->elem, &n, &m))
        return false;
    a64_wv(fn, f->Rd, simd_2(fn, f->ir_acc, f->size, a64_rv(fn, f->Q, f->Rd), simd_2(fn, IR_vmul, f->size, n, m)));
    return true;
}

/* SABD, UABA, ...: the absolute difference is the larger minus the smaller. */
bool lift_simd_abd(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref n, m;
    if (!operands(fn, f, 0, 0, &n, &m))
        return false;
    ir_ref r = simd_2(fn, IR_vsub, f->size, simd_2(fn, f->ir_op, f->size, n, m), simd_2(fn, f->ir_min, f->size, n, m));
    if (f->ir_acc)
        r = simd_2(fn, f->ir_acc, f->size, a64_rv(fn, f->Q, f->Rd), r);
    a64_wv(fn, f->Rd, r);
    return true;
}

/* ADDP, SMAXP, ... */
bool lift_simd_pair(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref n, m;
    if (!operands(fn, f, 0, 0, &n, &m))
        return false;
    a64_wv(fn, f->Rd, simd_2(fn, f->ir_op, f->size, simd_uzp(fn, f->size, n, m, 0), simd_uzp(fn, f->size, n, m, 1)));
    return true;
}

bool lift_simd_addp_scalar(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref v = a64_rq(fn, f->Rn);
    a64_wi(fn, f->Rd, ir_op2(fn, IR_add, simd_get(fn, IR_D, v, 0), simd_get(fn, IR_D, v, 1)));
    return true;
}

/* CMGE, CMHS: a >= b where the larger of both is a; hosts that have no maximum of 64-bit lanes compare. */
bool lift_simd_cmge(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref n, m;
    if (!operands(fn, f, f->scalar, 0, &n, &m))
        return false;
    ir_ref r = f->size == IR_D ? simd_1(fn, IR_vnot, 0, simd_2(fn, f->ir_gt, f->size, m, n))
                               : simd_2(fn, IR_vcmpeq, f->size, simd_2(fn, f->ir_op, f->size, n, m), n);
    a64_wv(fn, f->Rd, r);
    return true;
}

bool lift_simd_cmtst(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref n, m;
    if (!operands(fn, f, f->scalar, 0, &n, &m))
        return false;
    ir_ref common = simd_2(fn, IR_vand, 0, n, m);
    a64_wv(fn, f->Rd, simd_1(fn, IR_vnot, 0, simd_2(fn, IR_vcmpeq, f->size, common, simd_zero(fn, ir_type_of(fn, n)))));
    return true;
}

/* ---- bitwise ---- */

bool lift_simd_logic(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wv(fn, f->Rd, simd_2(fn, f->ir_op, 0, a64_rv(fn, f->Q, f->Rn), a64_rv(fn, f->Q, f->Rm)));
    return true;
}

bool lift_simd_orn(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wv(fn, f->Rd, simd_2(fn, IR_vor, 0, a64_rv(fn, f->Q, f->Rn), simd_1(fn, IR_vnot, 0, a64_rv(fn, f->Q, f->Rm))));
    return true;
}

bool lift_simd_bsl(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wv(fn, f->Rd, simd_select(fn, a64_rv(fn, f->Q, f->Rd), a64_rv(fn, f->Q, f->Rn), a64_rv(fn, f->Q, f->Rm)));
    return true;
}

/* BIT, BIF. */
bool lift_simd_bit(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref n = a64_rv(fn, f->Q, f->Rn), d = a64_rv(fn, f->Q, f->Rd), mask = a64_rv(fn, f->Q, f->Rm);
    a64_wv(fn, f->Rd, f->invert ? simd_select(fn, mask, d, n) : simd_select(fn, mask, n, d));
    return true;
}

/* ---- saturating ---- */

/* SQADD, UQSUB, ...: a saturated sum always differs from the wrapped one. */
bool lift_simd_qadd(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref n, m;
    if (!operands(fn, f, f->scalar, 0, &n, &m))
        return false;
    ir_ref r = simd_2(fn, f->ir_op, f->size, n, m);
    simd_qc(fn, simd_xor(fn, r, simd_2(fn, f->ir_wrap, f->size, n, m)));
    a64_wv(fn, f->Rd, r);
    return true;
}

/* What SQSHL, SQRSHL (register) saturated. The wrapped result can equal the saturated one (0xa0 << 2), and so
 * can the result shifted back equal the operand (-1 << 8); never both. */
static ir_ref signed_shift_diff(struct ir_func *fn, unsigned lane, ir_ref n, ir_ref m, ir_ref r, ir_ref wrapped)
{
    ir_ref amount = lane == IR_B ? m : simd_i(fn, IR_vshli, lane, m, ir_lane_bits(lane) - 8);
    ir_ref left = simd_2(fn, IR_vcmpgts, lane, amount, simd_zero(fn, ir_type_of(fn, m)));
    ir_ref back = simd_2(fn, IR_vshls, lane, r, simd_1(fn, IR_vneg, lane, m));
    return simd_2(fn, IR_vor, 0, simd_xor(fn, r, wrapped), simd_2(fn, IR_vand, 0, left, simd_xor(fn, back, n)));
}

/* SSHL, URSHL, SQSHL, UQRSHL, ... */
bool lift_simd_shift_reg(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref n, m;
    if (!operands(fn, f, f->scalar, 0, &n, &m))
        return false;
    ir_ref r = simd_2(fn, f->ir_op, f->size | f->aux, n, m);
    if (f->aux & IR_SH_SAT) {
        ir_ref wrapped = simd_2(fn, f->ir_op, f->size | (f->aux & ~(unsigned)IR_SH_SAT), n, m);
        simd_qc(fn, f->ir_op == IR_vshls ? signed_shift_diff(fn, f->size, n, m, r, wrapped) : simd_xor(fn, r, wrapped));
    }
    a64_wv(fn, f->Rd, r);
    return true;
}

/* SQDMULH, SQRDMULH saturate only the square of the most negative number. */
bool lift_simd_sqdmulh(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref n, m;
    if (!operands(fn, f, f->scalar, f->elem, &n, &m))
        return false;
    ir_ref min = simd_fill(fn, ir_type_of(fn, n), f->size, (uint64_t)1 << (ir_lane_bits(f->size) - 1));
    simd_qc(fn, simd_2(fn, IR_vand, 0, simd_2(fn, IR_vcmpeq, f->size, n, min), simd_2(fn, IR_vcmpeq, f->size, m, min)));
    a64_wv(fn, f->Rd, simd_2(fn, IR_vqdmulh, f->size | f->aux, n, m));
    return true;
}

/* Four or two lanes of SQRDMLAH, SQRDMLSH from the low halves of n, m, d: sat((d << k-1) +- n * m + (1 << k-2)) >> k-1),
 * which is the manual's sum halved, and cannot overflow lanes twice as wide. */
static ir_ref rdmla_half(struct ir_func *fn, const struct a64_fields *f, ir_ref n, ir_ref m, ir_ref d, ir_ref *diff)
{
    unsigned lane = f->size, wide = lane + 1, k = ir_lane_bits(lane);
    ir_ref acc = simd_i(fn, IR_vshli, wide, ir_emit(fn, IR_vwidens, IR_V128, lane, d, 0, 0, 0), k - 1);
    acc = simd_2(fn, f->ir_acc, wide, acc, ir_emit(fn, IR_vmulls, IR_V128, lane, n, m, 0, 0));
    acc = simd_i(fn, IR_vrsari, wide, acc, k - 1);
    ir_ref r = ir_emit(fn, IR_vqnarrows, IR_V64, wide, acc, 0, 0, 0);
    *diff = simd_xor(fn, ir_emit(fn, IR_vwidens, IR_V128, lane, r, 0, 0, 0), acc);
    return r;
}

bool lift_simd_sqrdmlah(struct ir_func *fn, const struct a64_fields *f)
{
    static const uint8_t low_halves[16] = {0, 2};
    ir_ref n, m, d, diff, diff_high;
    if (!operands(fn, f, f->scalar, f->elem, &n, &m))
        return false;
    d = simd_r(fn, f->Q, f->scalar, f->size, f->Rd);
    ir_ref r = rdmla_half(fn, f, n, m, d, &diff);
    if (f->Q && !f->scalar) {
        ir_ref high = rdmla_half(fn, f, simd_dup(fn, IR_V128, IR_D, n, 1), simd_dup(fn, IR_V128, IR_D, m, 1),
                                 simd_dup(fn, IR_V128, IR_D, d, 1), &diff_high);
        diff = simd_2(fn, IR_vor, 0, diff, diff_high);
        r = simd_permute(fn, IR_D, ir_emit(fn, IR_vzext, IR_V128, 0, r, 0, 0, 0), ir_emit(fn, IR_vzext, IR_V128, 0, high, 0, 0, 0), low_halves);
    }
    simd_qc(fn, diff);
    a64_wv(fn, f->Rd, r);
    return true;
}
