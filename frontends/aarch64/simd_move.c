/* A64 Advanced SIMD: copies, permutations, table lookup, modified immediates. */
#include "frontends/aarch64/simd.h"

/* ---- copies: imm5 is the lane number above a one bit whose place is the lane's size ---- */

static unsigned imm5_lane(const struct a64_fields *f) { return (unsigned)__builtin_ctz(f->imm5); }
static unsigned imm5_index(const struct a64_fields *f) { return f->imm5 >> (imm5_lane(f) + 1); }

bool lift_simd_dup_elem(struct ir_func *fn, const struct a64_fields *f)
{
    unsigned lane = imm5_lane(f);
    if (f->scalar) {
        a64_wv(fn, f->Rd, simd_lane(fn, lane, f->Rn, imm5_index(f)));
        return true;
    }
    if (lane == IR_D && !f->Q)
        return false;
    a64_wv(fn, f->Rd, simd_dup(fn, a64_vtype(f->Q), lane, a64_rq(fn, f->Rn), imm5_index(f)));
    return true;
}

bool lift_simd_dup_gpr(struct ir_func *fn, const struct a64_fields *f)
{
    unsigned lane = imm5_lane(f);
    if (lane == IR_D && !f->Q)
        return false;
    a64_wv(fn, f->Rd, ir_emit(fn, IR_vdup, a64_vtype(f->Q), lane, a64_r(fn, lane == IR_D, f->Rn), 0, 0, 0));
    return true;
}

bool lift_simd_smov(struct ir_func *fn, const struct a64_fields *f)
{
    unsigned lane = imm5_lane(f);
    if (lane == IR_S && !f->Q)
        return false;
    ir_ref v = simd_get(fn, lane, a64_rq(fn, f->Rn), imm5_index(f));
    a64_wr(fn, f->Rd, ir_sext(fn, a64_itype(f->Q), ir_lane_bits(lane), v));
    return true;
}

bool lift_simd_umov(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wr(fn, f->Rd, simd_get(fn, imm5_lane(f), a64_rq(fn, f->Rn), imm5_index(f)));
    return true;
}

bool lift_simd_ins_gpr(struct ir_func *fn, const struct a64_fields *f)
{
    unsigned lane = imm5_lane(f);
    a64_wv(fn, f->Rd, ir_emit(fn, IR_vset, IR_V128, lane, a64_rq(fn, f->Rd), a64_r(fn, lane == IR_D, f->Rn), 0, imm5_index(f)));
    return true;
}

bool lift_simd_ins_elem(struct ir_func *fn, const struct a64_fields *f)
{
    unsigned lane = imm5_lane(f), n = 16u >> lane;
    uint8_t pick[16];
    for (unsigned i = 0; i < 16; i++)
        pick[i] = (uint8_t)(i % n);
    pick[imm5_index(f)] = (uint8_t)(n + (f->imm4 >> lane));
    a64_wv(fn, f->Rd, simd_permute(fn, lane, a64_rq(fn, f->Rd), a64_rq(fn, f->Rn), pick));
    return true;
}

/* ---- permutations ---- */

/* UZP, TRN, ZIP (kind 0, 1, 2), part 0 or 1. */
bool lift_simd_permute(struct ir_func *fn, const struct a64_fields *f)
{
    if (f->size == IR_D && !f->Q)
        return false;
    ir_ref n = a64_rv(fn, f->Q, f->Rn), m = a64_rv(fn, f->Q, f->Rm), r;
    if (f->kind == 0)
        r = simd_uzp(fn, f->size, n, m, f->part);
    else if (f->kind == 2)
        r = simd_zip(fn, f->size, n, m, f->part);
    else {
        unsigned lanes = (f->Q ? 16u : 8u) >> f->size;
        uint8_t pick[16];
        for (unsigned i = 0; i < 16; i++)
            pick[i] = (uint8_t)(((i & ~1u) + f->part) % lanes + (i & 1 ? lanes : 0));
        r = simd_permute(fn, f->size, n, m, pick);
    }
    a64_wv(fn, f->Rd, r);
    return true;
}

bool lift_simd_ext(struct ir_func *fn, const struct a64_fields *f)
{
    unsigned bytes = f->Q ? 16 : 8;
    uint8_t pick[16];
    if (f->imm4 >= bytes)
        return false;
    for (unsigned i = 0; i < 16; i++)
        pick[i] = (uint8_t)((i + f->imm4) % (2 * bytes));
    a64_wv(fn, f->Rd, simd_permute(fn, IR_B, a64_rv(fn, f->Q, f->Rn), a64_rv(fn, f->Q, f->Rm), pick));
    return true;
}

/* TBL, TBX: one lookup for each table register, with the indices of the others out of range; they wrap
 * around to more than 15 when 16 is subtracted from less. */
bool lift_simd_tbl(struct ir_func *fn, const struct a64_fields *f)
{
    enum ir_type t = a64_vtype(f->Q);
    ir_ref idx = a64_rv(fn, f->Q, f->Rm), r = 0;
    for (unsigned i = 0; i <= f->len; i++) {
        ir_ref rel = i ? simd_2(fn, IR_vsub, IR_B, idx, simd_fill(fn, t, IR_B, 16 * i)) : idx;
        ir_ref found = ir_emit(fn, IR_vtbl, t, 0, a64_rq(fn, (f->Rn + i) & 31), rel, 0, 0);
        r = r ? simd_2(fn, IR_vor, 0, r, found) : found;
    }
    if (f->keep) {
        ir_ref outside = simd_2(fn, IR_vcmpgtu, IR_B, idx, simd_fill(fn, t, IR_B, 16 * f->len + 15));
        r = simd_2(fn, IR_vor, 0, r, simd_2(fn, IR_vand, 0, a64_rv(fn, f->Q, f->Rd), outside));
    }
    a64_wv(fn, f->Rd, r);
    return true;
}

/* ---- modified immediates ---- */

/* VFPExpandImm for half (1), single (2) or double (3) precision. */
static uint64_t expand_fp(unsigned lane, unsigned imm8)
{
    static const struct { uint8_t exp, frac; } width[] = {[IR_H] = {5, 10}, [IR_S] = {8, 23}, [IR_D] = {11, 52}};
    unsigned e = width[lane].exp, top = imm8 >> 6 & 1;
    uint64_t exp = ((uint64_t)!top << (e - 1)) | (top ? (((uint64_t)1 << (e - 3)) - 1) << 2 : 0) | (imm8 >> 4 & 3);
    return (uint64_t)(imm8 >> 7) << (e + width[lane].frac) | exp << width[lane].frac | (uint64_t)(imm8 & 15) << (width[lane].frac - 4);
}

/* AdvSIMDExpandImm: a vector of type t. op 2: the half-precision immediate of FEAT_FP16. */
static ir_ref expand_imm(struct ir_func *fn, enum ir_type t, unsigned op, unsigned cmode, unsigned imm8, bool invert)
{
    uint64_t flip = invert ? ~(uint64_t)0 : 0;
    if (cmode < 8)
        return simd_fill(fn, t, IR_S, ((uint64_t)imm8 << (cmode >> 1) * 8) ^ flip);
    if (cmode < 12)
        return simd_fill(fn, t, IR_H, ((uint64_t)imm8 << (cmode >> 1 & 1) * 8) ^ flip);
    if (cmode < 14) {
        unsigned n = cmode & 1 ? 16 : 8;
        return simd_fill(fn, t, IR_S, ((uint64_t)imm8 << n | ((1u << n) - 1)) ^ flip);
    }
    if (cmode == 15)
        return simd_fill(fn, t, op == 2 ? IR_H : op ? IR_D : IR_S, expand_fp(op == 2 ? IR_H : op ? IR_D : IR_S, imm8));
    if (!op)
        return simd_fill(fn, t, IR_B, imm8);
    uint64_t v = 0;
    for (unsigned i = 0; i < 8; i++)
        v |= imm8 >> i & 1 ? (uint64_t)0xff << i * 8 : 0;
    return simd_fill(fn, t, IR_D, v);
}

/* MOVI, MVNI, FMOV (vector). */
bool lift_simd_movi(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wv(fn, f->Rd, expand_imm(fn, a64_vtype(f->Q), f->op, f->cmode, f->imm8, f->invert));
    return true;
}

/* ORR, BIC (immediate): cmode is odd, its low bit no part of the immediate. */
bool lift_simd_orri(struct ir_func *fn, const struct a64_fields *f)
{
    enum ir_type t = a64_vtype(f->Q);
    a64_wv(fn, f->Rd, simd_2(fn, f->ir_op, 0, a64_rv(fn, f->Q, f->Rd), expand_imm(fn, t, 0, f->cmode & ~1u, f->imm8, false)));
    return true;
}

/* FMOV (scalar, immediate). */
bool lift_fp_movi(struct ir_func *fn, const struct a64_fields *f)
{
    unsigned lane = f->ftype == 3 ? IR_H : IR_S + f->ftype;
    a64_wf(fn, f->Rd, ir_const(fn, a64_ftype(f->ftype), (int64_t)expand_fp(lane, f->imm8)));
    return true;
}
