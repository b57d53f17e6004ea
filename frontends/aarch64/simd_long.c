/* A64 Advanced SIMD: operations whose lanes change size (long, wide, narrow), and across lanes. */
#include "frontends/aarch64/simd.h"

static ir_ref widen(struct ir_func *fn, enum ir_op op, unsigned lane, ir_ref v) { return ir_emit(fn, op, IR_V128, lane, v, 0, 0, 0); }

/* SADDL, USUBW, ... */
bool lift_simd_addl(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref m = widen(fn, f->ir_ext, f->size, simd_half(fn, f->Q, f->Rm));
    ir_ref n = f->wide ? a64_rq(fn, f->Rn) : widen(fn, f->ir_ext, f->size, simd_half(fn, f->Q, f->Rn));
    a64_wv(fn, f->Rd, simd_2(fn, f->ir_op, f->size + 1, n, m));
    return true;
}

/* ADDHN, RSUBHN, ...: the high half of each lane of the sum. */
bool lift_simd_addhn(struct ir_func *fn, const struct a64_fields *f)
{
    unsigned lane = f->size, wide = lane + 1, k = ir_lane_bits(lane);
    ir_ref r = simd_2(fn, f->ir_op, wide, a64_rq(fn, f->Rn), a64_rq(fn, f->Rm));
    if (f->round)
        r = simd_2(fn, IR_vadd, wide, r, simd_fill(fn, IR_V128, wide, (uint64_t)1 << (k - 1)));
    r = ir_emit(fn, IR_vnarrow, IR_V64, wide, simd_i(fn, IR_vshri, wide, r, k), 0, 0, 0);
    simd_put_half(fn, f->Q, f->Rd, r);
    return true;
}

/* SABDL, UABAL, ...: the absolute difference fits the narrow lane when taken as unsigned. */
bool lift_simd_abdl(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref n = simd_half(fn, f->Q, f->Rn), m = simd_half(fn, f->Q, f->Rm);
    ir_ref r = simd_2(fn, IR_vsub, f->size, simd_2(fn, f->ir_op, f->size, n, m), simd_2(fn, f->ir_min, f->size, n, m));
    r = widen(fn, IR_vwidenu, f->size, r);
    if (f->ir_acc)
        r = simd_2(fn, f->ir_acc, f->size + 1, a64_rq(fn, f->Rd), r);
    a64_wv(fn, f->Rd, r);
    return true;
}

/* SMULL, UMLAL, PMULL, ..., also by element. */
bool lift_simd_mull(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref n = simd_half(fn, f->Q, f->Rn);
    ir_ref m = f->elem ? simd_dup(fn, IR_V128, f->size, a64_rq(fn, simd_elem_reg(f, f->size)), simd_elem_idx(f, f->size))
                       : simd_half(fn, f->Q, f->Rm);
    ir_ref r = ir_emit(fn, f->ir_op, IR_V128, f->size, n, m, 0, 0);
    if (f->ir_acc)
        r = simd_2(fn, f->ir_acc, f->size + 1, a64_rq(fn, f->Rd), r);
    a64_wv(fn, f->Rd, r);
    return true;
}

/* SQDMULL, SQDMLAL, SQDMLSL: doubling saturates, then accumulating does. */
bool lift_simd_sqdmull(struct ir_func *fn, const struct a64_fields *f)
{
    unsigned lane = f->size, wide = lane + 1;
    ir_ref n = f->scalar ? simd_lane(fn, lane, f->Rn, 0) : simd_half(fn, f->Q, f->Rn), m;
    if (!f->elem)
        m = f->scalar ? simd_lane(fn, lane, f->Rm, 0) : simd_half(fn, f->Q, f->Rm);
    else if (f->scalar)
        m = simd_lane(fn, lane, simd_elem_reg(f, lane), simd_elem_idx(f, lane));
    else
        m = simd_dup(fn, IR_V128, lane, a64_rq(fn, simd_elem_reg(f, lane)), simd_elem_idx(f, lane));
    ir_ref p = ir_emit(fn, IR_vmulls, IR_V128, lane, n, m, 0, 0);
    ir_ref r = simd_2(fn, IR_vqadds, wide, p, p);
    ir_ref diff = simd_xor(fn, r, simd_2(fn, IR_vadd, wide, p, p));
    if (f->ir_acc) {
        ir_ref d = f->scalar ? ir_emit(fn, IR_vzext, IR_V128, 0, simd_lane(fn, wide, f->Rd, 0), 0, 0, 0) : a64_rq(fn, f->Rd);
        ir_ref sum = simd_2(fn, f->ir_acc, wide, d, r);
        diff = simd_2(fn, IR_vor, 0, diff, simd_xor(fn, sum, simd_2(fn, f->ir_wrap, wide, d, r)));
        r = sum;
    }
    simd_qc(fn, diff);
    a64_wv(fn, f->Rd, r);
    return true;
}

/* Narrows wide lanes of v (V128, or V64 of a scalar form) into the right half of Rd; what saturated is found by
 * widening again. */
static void narrow(struct ir_func *fn, const struct a64_fields *f, unsigned lane, unsigned scalar, enum ir_op back, ir_ref v)
{
    if (scalar)
        v = ir_emit(fn, IR_vzext, IR_V128, 0, v, 0, 0, 0);
    ir_ref r = ir_emit(fn, f->ir_op, IR_V64, lane + 1, v, 0, 0, 0);
    if (back)
        simd_qc(fn, simd_xor(fn, widen(fn, back, lane, r), v));
    simd_put_half(fn, !scalar && f->Q, f->Rd, r);
}

/* XTN, SQXTUN, ... */
bool lift_simd_narrow(struct ir_func *fn, const struct a64_fields *f)
{
    narrow(fn, f, f->size, f->scalar, f->ir_back, f->scalar ? simd_lane(fn, f->size + 1, f->Rn, 0) : a64_rq(fn, f->Rn));
    return true;
}

/* SHRN, SQRSHRUN, ...: amount 1 to the bits of the narrow lane. */
bool lift_simd_shrn(struct ir_func *fn, const struct a64_fields *f)
{
    unsigned lane = 31 - (unsigned)__builtin_clz(f->immh), shift = 2 * ir_lane_bits(lane) - (f->immh << 3 | f->immb);
    ir_ref v = f->scalar ? simd_lane(fn, lane + 1, f->Rn, 0) : a64_rq(fn, f->Rn);
    narrow(fn, f, lane, f->scalar, f->ir_back, simd_i(fn, f->ir_shift, lane + 1, v, shift));
    return true;
}

/* SSHLL, USHLL. */
bool lift_simd_shll_imm(struct ir_func *fn, const struct a64_fields *f)
{
    unsigned lane = 31 - (unsigned)__builtin_clz(f->immh), shift = (f->immh << 3 | f->immb) - ir_lane_bits(lane);
    ir_ref r = widen(fn, f->ir_ext, lane, simd_half(fn, f->Q, f->Rn));
    a64_wv(fn, f->Rd, shift ? simd_i(fn, IR_vshli, lane + 1, r, shift) : r);
    return true;
}

/* SHLL: by the bits of the lane. */
bool lift_simd_shll(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref r = widen(fn, IR_vwidenu, f->size, simd_half(fn, f->Q, f->Rn));
    a64_wv(fn, f->Rd, simd_i(fn, IR_vshli, f->size + 1, r, ir_lane_bits(f->size)));
    return true;
}

/* SADDLP, UADALP, ...: even and odd lanes extended in place. */
bool lift_simd_addlp(struct ir_func *fn, const struct a64_fields *f)
{
    unsigned wide = f->size + 1, k = ir_lane_bits(f->size);
    enum ir_type t = a64_vtype(f->Q);
    ir_ref v = a64_rv(fn, f->Q, f->Rn), even, odd;
    if (f->uns) {
        even = simd_2(fn, IR_vand, 0, v, simd_fill(fn, t, wide, ((uint64_t)1 << k) - 1));
        odd = simd_i(fn, IR_vshri, wide, v, k);
    } else {
        even = simd_i(fn, IR_vsari, wide, simd_i(fn, IR_vshli, wide, v, k), k);
        odd = simd_i(fn, IR_vsari, wide, v, k);
    }
    ir_ref r = simd_2(fn, IR_vadd, wide, even, odd);
    if (f->acc)
        r = simd_2(fn, IR_vadd, wide, a64_rv(fn, f->Q, f->Rd), r);
    a64_wv(fn, f->Rd, r);
    return true;
}

/* ---- across lanes ---- */

/* ADDV, SMAXV, ... */
bool lift_simd_addv(struct ir_func *fn, const struct a64_fields *f)
{
    if (f->size == IR_S && !f->Q)
        return false;
    a64_wi(fn, f->Rd, ir_emit(fn, f->ir_op, IR_I32, f->size, a64_rv(fn, f->Q, f->Rn), 0, 0, 0));
    return true;
}

/* SADDLV, UADDLV: lanes twice as wide hold the sum. */
bool lift_simd_addlv(struct ir_func *fn, const struct a64_fields *f)
{
    unsigned wide = f->size + 1;
    if (f->size == IR_S && !f->Q)
        return false;
    ir_ref v = widen(fn, f->ir_ext, f->size, simd_half(fn, 0, f->Rn));
    if (f->Q)
        v = simd_2(fn, IR_vadd, wide, v, widen(fn, f->ir_ext, f->size, simd_half(fn, 1, f->Rn)));
    a64_wi(fn, f->Rd, ir_emit(fn, IR_vaddv, wide == IR_D ? IR_I64 : IR_I32, wide, v, 0, 0, 0));
    return true;
}
