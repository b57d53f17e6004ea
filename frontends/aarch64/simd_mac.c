/* A64 Advanced SIMD sums of products: dot products and matrices, halves and bfloat16s into singles, complex numbers. */
#include "frontends/aarch64/simd.h"

/* ---- dot products, 2x2 matrices ---- */

/* SDOT, UDOT, USDOT, BFDOT; swap: SUDOT, whose first operand is the signed one. */
bool lift_simd_dot(struct ir_func *fn, const struct a64_fields *f)
{
    enum ir_type t = a64_vtype(f->Q);
    ir_ref n = a64_rv(fn, f->Q, f->Rn);
    ir_ref m = f->elem ? simd_dup(fn, t, IR_S, a64_rq(fn, f->M << 4 | f->Rm), f->H << 1 | f->L) : a64_rv(fn, f->Q, f->Rm);
    a64_wv(fn, f->Rd, ir_emit(fn, f->ir_op, t, 0, a64_rv(fn, f->Q, f->Rd), f->swap ? m : n, f->swap ? n : m, 0));
    return true;
}

/* SMMLA, BFMMLA, ...: rows of n times rows of m. Each element is two dot products, of the rows' first and second words. */
bool lift_simd_mmla(struct ir_func *fn, const struct a64_fields *f)
{
    static const uint8_t row[2][16] = {{0, 0, 2, 2}, {1, 1, 3, 3}}, column[2][16] = {{0, 2, 0, 2}, {1, 3, 1, 3}};
    ir_ref n = a64_rq(fn, f->Rn), m = a64_rq(fn, f->Rm), sum = a64_rq(fn, f->Rd);
    for (unsigned i = 0; i < 2; i++)
        sum = ir_emit(fn, f->ir_op, IR_V128, 0, sum, simd_permute(fn, IR_S, n, n, row[i]), simd_permute(fn, IR_S, m, m, column[i]), 0);
    a64_wv(fn, f->Rd, sum);
    return true;
}

/* ---- halves and bfloat16s into singles: their products are exact, and fused with the sum ---- */

/* Four halves (two where the result is V64) as singles; a NaN is left as it is for the sum to choose from. */
static ir_ref widened(struct ir_func *fn, enum ir_type t, ir_ref v)
{
    if (t == IR_V64)
        v = ir_emit(fn, IR_i2v, IR_V128, 0, simd_get(fn, IR_S, v, 0), 0, 0, 0);
    v = ir_emit(fn, IR_vfcvtl, IR_V128, IR_H | IR_CVT_SNAN, v, 0, 0, 0);
    return t == IR_V64 ? ir_emit(fn, IR_vtrunc, t, 0, v, 0, 0, 0) : v;
}

/* FMLAL, FMLSL2, ...: part is the half of the operands. */
bool lift_fp_mlal(struct ir_func *fn, const struct a64_fields *f)
{
    enum ir_type t = a64_vtype(f->Q);
    unsigned lane = f->Q ? IR_D : IR_S;
    ir_ref n = simd_dup(fn, IR_V128, lane, a64_rq(fn, f->Rn), f->part), m = a64_rq(fn, f->Rm);
    m = f->elem ? simd_dup(fn, IR_V128, IR_H, m, simd_elem_idx(f, IR_H)) : simd_dup(fn, IR_V128, lane, m, f->part);
    n = widened(fn, t, n);
    if (f->neg)
        n = simd_1(fn, IR_fneg, IR_S, n);
    a64_wv(fn, f->Rd, ir_emit(fn, IR_fma, t, IR_S, n, widened(fn, t, m), a64_rv(fn, f->Q, f->Rd), 0));
    return true;
}

/* The even or odd bfloat16s, each a single's upper half. */
static ir_ref upper_half(struct ir_func *fn, ir_ref v, unsigned odd)
{
    return odd ? simd_2(fn, IR_vand, 0, v, simd_fill(fn, IR_V128, IR_S, 0xffff0000)) : simd_i(fn, IR_vshli, IR_S, v, 16);
}

/* BFMLALB, BFMLALT. */
bool lift_fp_bfmlal(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref n = upper_half(fn, a64_rq(fn, f->Rn), f->odd), m = a64_rq(fn, f->Rm);
    m = f->elem ? upper_half(fn, simd_dup(fn, IR_V128, IR_H, m, simd_elem_idx(f, IR_H)), 1) : upper_half(fn, m, f->odd);
    a64_wv(fn, f->Rd, ir_emit(fn, IR_fma, IR_V128, IR_S, n, m, a64_rq(fn, f->Rd), 0));
    return true;
}

/* ---- complex numbers: pairs of lanes, the real part first ---- */

/* Lanes 2i + even and 2i + odd of v in the places of pair i. */
static ir_ref of_pairs(struct ir_func *fn, unsigned lane, ir_ref v, unsigned even, unsigned odd)
{
    uint8_t pick[16];
    for (unsigned i = 0; i < 16; i++)
        pick[i] = (uint8_t)((i & ~1u) + (i & 1 ? odd : even));
    return simd_permute(fn, lane, v, v, pick);
}

/* v with the sign bits of the even or odd lanes flipped. */
static ir_ref negated(struct ir_func *fn, unsigned lane, ir_ref v, bool even, bool odd)
{
    uint8_t sign[16] = {0};
    unsigned size = 1u << lane, bytes = ir_type_of(fn, v) == IR_V128 ? 16 : 8;
    for (unsigned i = 0; i < bytes; i += size)
        if (i / size & 1 ? odd : even)
            sign[i + size - 1] = 0x80;
    return even || odd ? simd_xor(fn, v, ir_vconst(fn, ir_type_of(fn, v), sign)) : v;
}

/* FCADD: n plus m turned by 90 or 270 degrees. */
bool lift_fp_cadd(struct ir_func *fn, const struct a64_fields *f)
{
    if (f->size == IR_D && !f->Q)
        return false;
    ir_ref m = negated(fn, f->size, of_pairs(fn, f->size, a64_rv(fn, f->Q, f->Rm), 1, 0), !f->rot, f->rot);
    a64_wv(fn, f->Rd, simd_2(fn, IR_fadd, f->size, a64_rv(fn, f->Q, f->Rn), m));
    return true;
}

/* FCMLA: one part of n (real for 0 and 180 degrees) times m turned, m's parts swapped for 90 and 270. */
bool lift_fp_cmla(struct ir_func *fn, const struct a64_fields *f)
{
    unsigned lane = f->size, turned = f->rot & 1;
    if ((lane == IR_D && !f->Q) || (f->elem && ((lane == IR_H && f->H && !f->Q) || (lane == IR_S && (f->L || !f->Q)))))
        return false;
    ir_ref n = of_pairs(fn, lane, a64_rv(fn, f->Q, f->Rn), turned, turned), m;
    if (f->elem)
        m = simd_dup(fn, a64_vtype(f->Q), lane + 1, a64_rq(fn, f->M << 4 | f->Rm), lane == IR_H ? f->H << 1 | f->L : f->H);
    else
        m = a64_rv(fn, f->Q, f->Rm);
    if (turned)
        m = of_pairs(fn, lane, m, 1, 0);
    m = negated(fn, lane, m, f->rot == 1 || f->rot == 2, f->rot >= 2);
    a64_wv(fn, f->Rd, ir_emit(fn, IR_fma, a64_vtype(f->Q), lane, n, m, a64_rv(fn, f->Q, f->Rd), 0));
    return true;
}
