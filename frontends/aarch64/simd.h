/*
 * What the SIMD and floating-point lifters share: lane-wise ops, lane permutations, operands of the
 * vector, scalar and by-element forms, saturation into FPSR.QC.
 *
 * A scalar integer form (scalar != 0) computes on a V64 whose other lanes are zero. Every operation
 * that has such a form gives zero for zero operands without saturating, so the result needs no
 * masking and the vector form's code serves both.
 */
#ifndef FRONTENDS_AARCH64_SIMD_H
#define FRONTENDS_AARCH64_SIMD_H

#include "frontends/aarch64/lift.h"

/* Ops on vectors; the result has a's type. aux: lane and what the op adds to it. */
static inline ir_ref simd_1(struct ir_func *fn, enum ir_op op, unsigned aux, ir_ref a) { return ir_emit(fn, op, ir_type_of(fn, a), aux, a, 0, 0, 0); }
static inline ir_ref simd_2(struct ir_func *fn, enum ir_op op, unsigned aux, ir_ref a, ir_ref b) { return ir_emit(fn, op, ir_type_of(fn, a), aux, a, b, 0, 0); }
static inline ir_ref simd_i(struct ir_func *fn, enum ir_op op, unsigned aux, ir_ref a, unsigned imm) { return ir_emit(fn, op, ir_type_of(fn, a), aux, a, 0, 0, imm); }
static inline ir_ref simd_xor(struct ir_func *fn, ir_ref a, ir_ref b) { return simd_2(fn, IR_vxor, 0, a, b); }
static inline ir_ref simd_select(struct ir_func *fn, ir_ref mask, ir_ref a, ir_ref b) { return ir_emit(fn, IR_vselect, ir_type_of(fn, a), 0, mask, a, b, 0); }

/* A constant with v in every lane. */
static inline ir_ref simd_fill(struct ir_func *fn, enum ir_type t, unsigned lane, uint64_t v)
{
    uint8_t b[16] = {0};
    unsigned size = 1u << lane, n = t == IR_V128 ? 16 : 8;
    for (unsigned i = 0; i < n; i++)
        b[i] = (uint8_t)(v >> i % size * 8);
    return ir_vconst(fn, t, b);
}
static inline ir_ref simd_zero(struct ir_func *fn, enum ir_type t) { return simd_fill(fn, t, IR_B, 0); }

/* Lane i of the result is lane pick[i] of a followed by b (types equal, and the result's). */
static inline ir_ref simd_permute(struct ir_func *fn, unsigned lane, ir_ref a, ir_ref b, const uint8_t pick[16])
{
    enum ir_type t = ir_type_of(fn, a);
    unsigned size = 1u << lane, bytes = t == IR_V128 ? 16 : 8, n = bytes >> lane;
    uint8_t sel[16];
    for (unsigned i = 0; i < 16; i++) {
        unsigned p = pick[i / size];
        sel[i] = i >= bytes ? 0x80 : (uint8_t)((p < n ? p * size : 16 + (p - n) * size) + i % size);
    }
    return ir_emit(fn, IR_vshuf, t, 0, a, b, 0, ir_vconst_index(fn, sel));
}

/* UZP1 (odd 0), UZP2 (odd 1). */
static inline ir_ref simd_uzp(struct ir_func *fn, unsigned lane, ir_ref a, ir_ref b, unsigned odd)
{
    uint8_t pick[16];
    unsigned n = (ir_type_of(fn, a) == IR_V128 ? 16u : 8u) >> lane;
    for (unsigned i = 0; i < 16; i++)
        pick[i] = (uint8_t)((2 * i + odd) % (2 * n));
    return simd_permute(fn, lane, a, b, pick);
}

/* ZIP1 (high 0), ZIP2 (high 1). */
static inline ir_ref simd_zip(struct ir_func *fn, unsigned lane, ir_ref a, ir_ref b, unsigned high)
{
    uint8_t pick[16];
    unsigned n = (ir_type_of(fn, a) == IR_V128 ? 16u : 8u) >> lane;
    for (unsigned i = 0; i < 16; i++)
        pick[i] = (uint8_t)((i / 2 + (high ? n / 2 : 0) + (i & 1 ? n : 0)) % (2 * n));
    return simd_permute(fn, lane, a, b, pick);
}

/* Lane idx of a V128 in every lane of a vector of type t. */
static inline ir_ref simd_dup(struct ir_func *fn, enum ir_type t, unsigned lane, ir_ref v, unsigned idx)
{
    uint8_t pick[16];
    for (unsigned i = 0; i < 16; i++)
        pick[i] = (uint8_t)idx;
    v = simd_permute(fn, lane, v, v, pick);
    return t == IR_V64 ? ir_emit(fn, IR_vtrunc, t, 0, v, 0, 0, 0) : v;
}

static inline ir_ref simd_get(struct ir_func *fn, unsigned lane, ir_ref v, unsigned idx)
{
    return ir_emit(fn, IR_vget, lane == IR_D ? IR_I64 : IR_I32, lane, v, 0, 0, idx);
}

/* V64 with lane idx of V[n] in lane 0 and zeros above. */
static inline ir_ref simd_lane(struct ir_func *fn, unsigned lane, unsigned n, unsigned idx)
{
    if (lane == IR_D && !idx)
        return a64_rd(fn, n);
    ir_ref v = ir_emit(fn, IR_i2v, IR_V128, 0, simd_get(fn, lane, a64_rq(fn, n), idx), 0, 0, 0);
    return ir_emit(fn, IR_vtrunc, IR_V64, 0, v, 0, 0, 0);
}

/* V[n] as an operand of a vector (by Q) or scalar form. */
static inline ir_ref simd_r(struct ir_func *fn, unsigned q, unsigned scalar, unsigned lane, unsigned n)
{
    return scalar ? simd_lane(fn, lane, n, 0) : a64_rv(fn, q, n);
}

/* By element: lane and register of the second operand from H:L:M:Rm (Rm has four bits). */
static inline unsigned simd_elem_reg(const struct a64_fields *f, unsigned lane) { return lane == IR_H ? f->Rm : f->M << 4 | f->Rm; }
static inline unsigned simd_elem_idx(const struct a64_fields *f, unsigned lane)
{
    return lane == IR_H ? f->H << 2 | f->L << 1 | f->M : lane == IR_S ? f->H << 1 | f->L : f->H;
}

/* The half of V[n] that a long or wide operation reads, as the low half of a V128. */
static inline ir_ref simd_half(struct ir_func *fn, unsigned q, unsigned n)
{
    return q ? simd_dup(fn, IR_V128, IR_D, a64_rq(fn, n), 1) : a64_rq(fn, n);
}

/* Writes a V64 to the half of V[n] that a narrowing operation writes. */
static inline void simd_put_half(struct ir_func *fn, unsigned q, unsigned n, ir_ref v)
{
    static const uint8_t low_halves[16] = {0, 2};
    if (q)
        v = simd_permute(fn, IR_D, a64_rq(fn, n), ir_emit(fn, IR_vzext, IR_V128, 0, v, 0, 0, 0), low_halves);
    a64_wv(fn, n, v);
}

/* Sets FPSR.QC if any bit of diff is set. */
static inline void simd_qc(struct ir_func *fn, ir_ref diff)
{
    if (ir_type_of(fn, diff) == IR_V64)
        diff = ir_emit(fn, IR_vzext, IR_V128, 0, diff, 0, 0, 0);
    ir_put(fn, A64_qc, simd_2(fn, IR_vor, 0, ir_get(fn, A64_qc), diff));
}

/* ---- floating point ---- */

/* Type and aux of a floating-point instruction: a scalar, or a vector with its lane. */
struct simd_fp { enum ir_type t; unsigned lane; };

/* From sz (or half) and Q; false for the reserved doubles in 64 bits. */
static inline bool simd_fp_form(struct simd_fp *p, unsigned half, unsigned sz, unsigned q, unsigned scalar)
{
    unsigned lane = half ? IR_H : IR_S + sz;
    if (scalar) {
        *p = (struct simd_fp){half ? IR_F16 : sz ? IR_F64 : IR_F32, 0};
        return true;
    }
    *p = (struct simd_fp){a64_vtype(q), lane};
    return lane != IR_D || q;
}
static inline bool simd_is_scalar(struct simd_fp p) { return p.t != IR_V64 && p.t != IR_V128; }
static inline ir_ref simd_fp_read(struct ir_func *fn, struct simd_fp p, unsigned n)
{
    return simd_is_scalar(p) ? a64_rf(fn, p.t, n) : a64_rv(fn, p.t == IR_V128, n);
}
static inline void simd_fp_write(struct ir_func *fn, struct simd_fp p, unsigned n, ir_ref v)
{
    if (simd_is_scalar(p))
        a64_wf(fn, n, v);
    else
        a64_wv(fn, n, v);
}

/* Bits of 2 to the power e (in the normal range) in a float of 2 (H), 4 (S) or 8 (D) bytes. */
static inline uint64_t simd_pow2(unsigned lane, int e)
{
    return lane == IR_H ? (uint64_t)(e + 15) << 10 : lane == IR_S ? (uint64_t)(e + 127) << 23 : (uint64_t)(e + 1023) << 52;
}

/* A constant of the form's type, from a float's bits. */
static inline ir_ref simd_fp_const(struct ir_func *fn, struct simd_fp p, uint64_t bits)
{
    return simd_is_scalar(p) ? ir_const(fn, p.t, (int64_t)bits) : simd_fill(fn, p.t, p.lane, bits);
}

/* Conversions may be put together from simpler ones, where those do not flush or raise anything of their own. */
static inline bool simd_fp_plain(const struct ir_func *fn)
{
    return !(fn->rules & (IR_FP_FLUSH | IR_FP_FLUSH16 | IR_FP_ALT_HALF | IR_FP_EXACT_STATUS));
}

/* v * 2^bits (bits 1 to 64; floats of lane S or D) for a saturating conversion to a fixed-point number. Values beyond
 * 2^63, which saturate anyhow, are first cut down to it, so that the product is exact and raises no flag. */
static inline ir_ref simd_fp_scale(struct ir_func *fn, struct simd_fp p, unsigned lane, ir_ref v, unsigned bits)
{
    uint64_t sign = (uint64_t)1 << (ir_lane_bits(lane) - 1), limit = simd_pow2(lane, 63);
    v = ir_emit(fn, IR_fmin, p.t, p.lane, v, simd_fp_const(fn, p, limit), 0, 0);
    v = ir_emit(fn, IR_fmax, p.t, p.lane, v, simd_fp_const(fn, p, sign | limit), 0, 0);
    return ir_emit(fn, IR_fmul, p.t, p.lane, v, simd_fp_const(fn, p, simd_pow2(lane, (int)bits)), 0, 0);
}

#endif
