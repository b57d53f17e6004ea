/* A64 Advanced SIMD floating point: vectors, and the scalar forms of that encoding space. */
#include "frontends/aarch64/simd.h"

static ir_ref emit(struct ir_func *fn, struct simd_fp p, enum ir_op op, ir_ref a, ir_ref b) { return ir_emit(fn, op, p.t, p.lane, a, b, 0, 0); }

/* Lane idx of V[n] as a scalar of type t. */
static ir_ref lane_scalar(struct ir_func *fn, enum ir_type t, unsigned lane, unsigned n, unsigned idx)
{
    ir_ref v = a64_rq(fn, n);
    if (idx)
        v = simd_dup(fn, IR_V128, lane, v, idx);
    return ir_emit(fn, IR_v2f, t, 0, v, 0, 0, 0);
}

/* Lane of f's operands, whatever their form. */
static unsigned fp_lane(unsigned half, unsigned sz) { return half ? IR_H : IR_S + sz; }

/* The second operand of a by-element form; false for the reserved odd indices of doubles. */
static bool elem_operand(struct ir_func *fn, const struct a64_fields *f, struct simd_fp p, ir_ref *m)
{
    unsigned lane = fp_lane(f->half, f->sz), reg = simd_elem_reg(f, lane), idx = simd_elem_idx(f, lane);
    if (lane == IR_D && f->L)
        return false;
    *m = simd_is_scalar(p) ? lane_scalar(fn, p.t, lane, reg, idx) : simd_dup(fn, p.t, lane, a64_rq(fn, reg), idx);
    return true;
}

/* FADD, FMULX, FRECPS, FABD, ... */
bool lift_fp_v3(struct ir_func *fn, const struct a64_fields *f)
{
    struct simd_fp p;
    ir_ref m;
    if (!simd_fp_form(&p, f->half, f->sz, f->Q, f->scalar))
        return false;
    if (!f->elem)
        m = simd_fp_read(fn, p, f->Rm);
    else if (!elem_operand(fn, f, p, &m))
        return false;
    ir_ref r = emit(fn, p, f->ir_op, simd_fp_read(fn, p, f->Rn), m);
    simd_fp_write(fn, p, f->Rd, f->abs ? emit(fn, p, IR_fabs, r, 0) : r);
    return true;
}

/* FMLA, FMLS. */
bool lift_fp_vmla(struct ir_func *fn, const struct a64_fields *f)
{
    struct simd_fp p;
    ir_ref m, n;
    if (!simd_fp_form(&p, f->half, f->sz, f->Q, f->scalar))
        return false;
    if (!f->elem)
        m = simd_fp_read(fn, p, f->Rm);
    else if (!elem_operand(fn, f, p, &m))
        return false;
    n = simd_fp_read(fn, p, f->Rn);
    if (f->neg)
        n = emit(fn, p, IR_fneg, n, 0);
    simd_fp_write(fn, p, f->Rd, ir_emit(fn, IR_fma, p.t, p.lane, n, m, simd_fp_read(fn, p, f->Rd), 0));
    return true;
}

/* Writes all ones or zeros of the comparison; a scalar's lane is made from the truth value. */
static void compare(struct ir_func *fn, struct simd_fp p, unsigned pred, unsigned d, ir_ref n, ir_ref m)
{
    if (!simd_is_scalar(p)) {
        a64_wv(fn, d, ir_emit(fn, IR_vfcmp, p.t, p.lane | pred << 8, n, m, 0, 0));
        return;
    }
    ir_ref truth = ir_emit(fn, IR_fcmp, IR_I1, pred, n, m, 0, 0);
    ir_ref mask = ir_op1(fn, IR_neg, ir_zext(fn, p.t == IR_F64 ? IR_I64 : IR_I32, 1, truth));
    a64_wi(fn, d, p.t == IR_F16 ? ir_zext(fn, IR_I32, 16, mask) : mask);
}

/* FCMEQ, FACGT, ... */
bool lift_fp_vcmp(struct ir_func *fn, const struct a64_fields *f)
{
    struct simd_fp p;
    if (!simd_fp_form(&p, f->half, f->sz, f->Q, f->scalar))
        return false;
    ir_ref n = simd_fp_read(fn, p, f->Rn), m = simd_fp_read(fn, p, f->Rm);
    if (f->abs) {
        n = emit(fn, p, IR_fabs, n, 0);
        m = emit(fn, p, IR_fabs, m, 0);
    }
    compare(fn, p, f->pred, f->Rd, n, m);
    return true;
}

bool lift_fp_vcmp0(struct ir_func *fn, const struct a64_fields *f)
{
    struct simd_fp p;
    if (!simd_fp_form(&p, f->half, f->sz, f->Q, f->scalar))
        return false;
    ir_ref zero = simd_is_scalar(p) ? ir_const(fn, p.t, 0) : simd_zero(fn, p.t);
    compare(fn, p, f->pred, f->Rd, simd_fp_read(fn, p, f->Rn), zero);
    return true;
}

/* FADDP, FMAXP, ... */
bool lift_fp_vpair(struct ir_func *fn, const struct a64_fields *f)
{
    struct simd_fp p;
    if (!simd_fp_form(&p, f->half, f->sz, f->Q, 0))
        return false;
    ir_ref n = simd_fp_read(fn, p, f->Rn), m = simd_fp_read(fn, p, f->Rm);
    a64_wv(fn, f->Rd, emit(fn, p, f->ir_op, simd_uzp(fn, p.lane, n, m, 0), simd_uzp(fn, p.lane, n, m, 1)));
    return true;
}

bool lift_fp_pair_scalar(struct ir_func *fn, const struct a64_fields *f)
{
    struct simd_fp p;
    unsigned lane = fp_lane(f->half, f->sz);
    simd_fp_form(&p, f->half, f->sz, 0, 1);
    a64_wf(fn, f->Rd, emit(fn, p, f->ir_op, lane_scalar(fn, p.t, lane, f->Rn, 0), lane_scalar(fn, p.t, lane, f->Rn, 1)));
    return true;
}

/* FMAXV, ...: neighbours first, as the manual's Reduce does. */
bool lift_fp_reduce(struct ir_func *fn, const struct a64_fields *f)
{
    struct simd_fp p;
    ir_ref e[8];
    unsigned lane = fp_lane(f->half, 0), n = (f->Q ? 16u : 8u) >> lane;
    simd_fp_form(&p, f->half, 0, 0, 1);
    for (unsigned i = 0; i < n; i++)
        e[i] = lane_scalar(fn, p.t, lane, f->Rn, i);
    for (; n > 1; n /= 2)
        for (unsigned i = 0; i < n / 2; i++)
            e[i] = emit(fn, p, f->ir_op, e[2 * i], e[2 * i + 1]);
    a64_wf(fn, f->Rd, e[0]);
    return true;
}

/* FABS, FSQRT, FRECPE, FRINT*: mod is the rounding and exactness of fround. */
bool lift_fp_v1(struct ir_func *fn, const struct a64_fields *f)
{
    struct simd_fp p;
    if (!simd_fp_form(&p, f->half, f->sz, f->Q, f->scalar))
        return false;
    p.lane |= f->mod << 8;
    simd_fp_write(fn, p, f->Rd, emit(fn, p, f->ir_op, simd_fp_read(fn, p, f->Rn), 0));
    return true;
}

/* ---- conversions ---- */

/* Half-precision scalars convert to and from 16-bit integers, which only lanes have: a V64 whose other lanes are 0. */
static ir_ref half_lane(struct ir_func *fn, unsigned n) { return simd_lane(fn, IR_H, n, 0); }

/* FCVTNS ... FCVTZU to lanes of the same size. */
bool lift_fp_vto_int(struct ir_func *fn, const struct a64_fields *f)
{
    struct simd_fp p;
    if (!simd_fp_form(&p, f->half, f->sz, f->Q, f->scalar))
        return false;
    if (p.t == IR_F16)
        a64_wv(fn, f->Rd, simd_1(fn, f->ir_op, IR_H | f->mod << 8, half_lane(fn, f->Rn)));
    else if (simd_is_scalar(p))
        a64_wi(fn, f->Rd, ir_emit(fn, f->ir_sop, a64_itype(f->sz), f->mod, simd_fp_read(fn, p, f->Rn), 0, 0, 0));
    else
        a64_wv(fn, f->Rd, simd_1(fn, f->ir_op, p.lane | f->mod << 8, simd_fp_read(fn, p, f->Rn)));
    return true;
}

/* The integers of V[n] as floats. lane: of vectors and scalars alike. */
static ir_ref from_int(struct ir_func *fn, const struct a64_fields *f, struct simd_fp p, unsigned lane, unsigned fraction)
{
    if (simd_is_scalar(p))
        return ir_emit(fn, f->ir_sop, p.t, IR_RCUR, simd_get(fn, lane, a64_rq(fn, f->Rn), 0), 0, 0, fraction);
    return simd_i(fn, f->ir_op, lane, simd_fp_read(fn, p, f->Rn), fraction);
}

bool lift_fp_vfrom_int(struct ir_func *fn, const struct a64_fields *f)
{
    struct simd_fp p;
    if (!simd_fp_form(&p, f->half, f->sz, f->Q, f->scalar))
        return false;
    if (p.t == IR_F16)
        a64_wv(fn, f->Rd, simd_1(fn, f->ir_op, IR_H, half_lane(fn, f->Rn)));
    else
        simd_fp_write(fn, p, f->Rd, from_int(fn, f, p, fp_lane(f->half, f->sz), 0));
    return true;
}

/* Lane and fraction bits of a fixed-point conversion, from immh:immb. */
static bool fixed_form(const struct a64_fields *f, struct simd_fp *p, unsigned *lane, unsigned *bits)
{
    *lane = 31 - (unsigned)__builtin_clz(f->immh);
    *bits = 2 * ir_lane_bits(*lane) - (f->immh << 3 | f->immb);
    return simd_fp_form(p, *lane == IR_H, *lane == IR_D, f->Q, f->scalar);
}

static ir_ref scale(struct ir_func *fn, ir_ref v, int e)
{
    return simd_2(fn, IR_fmul, IR_S, v, simd_fill(fn, IR_V128, IR_S, simd_pow2(IR_S, e)));
}

/* Four 16-bit integers as halves. Single precision holds them and their quotients exactly. */
static ir_ref half_from_fixed(struct ir_func *fn, const struct a64_fields *f, ir_ref v, unsigned bits)
{
    v = ir_emit(fn, f->ir_op == IR_vs_fcvt ? IR_vwidens : IR_vwidenu, IR_V128, IR_H, v, 0, 0, 0);
    v = scale(fn, simd_1(fn, f->ir_op, IR_S, v), -(int)bits);
    return ir_emit(fn, IR_vfcvtn, IR_V64, IR_S, v, 0, 0, 0);
}

/* Four halves as 16-bit integers: in the upper half of 32-bit lanes the conversion saturates where it must. It is
 * rounded before; what is out of range needs no rounding (negative numbers to unsigned are made -1), so the flags are
 * right too. */
static ir_ref half_to_fixed(struct ir_func *fn, const struct a64_fields *f, ir_ref v, unsigned bits)
{
    v = scale(fn, ir_emit(fn, IR_vfcvtl, IR_V128, IR_H, v, 0, 0, 0), (int)bits);
    if (f->ir_op == IR_vfcvt_u)
        v = simd_2(fn, IR_fmax, IR_S, v, simd_fill(fn, IR_V128, IR_S, 0xbf800000));
    v = scale(fn, simd_1(fn, IR_fround, IR_S | IR_RZ << 8 | IR_ROUND_EXACT, v), 16);
    v = simd_i(fn, IR_vshri, IR_S, simd_1(fn, f->ir_op, IR_S | IR_RZ << 8, v), 16);
    return ir_emit(fn, IR_vnarrow, IR_V64, IR_S, v, 0, 0, 0);
}

typedef ir_ref half_conversion(struct ir_func *fn, const struct a64_fields *f, ir_ref v, unsigned bits);

static void convert_halves(struct ir_func *fn, const struct a64_fields *f, unsigned bits, half_conversion *convert)
{
    ir_ref low = convert(fn, f, f->scalar ? half_lane(fn, f->Rn) : simd_half(fn, 0, f->Rn), bits), high;
    if (f->scalar || !f->Q) {
        a64_wv(fn, f->Rd, low);
        return;
    }
    high = convert(fn, f, simd_half(fn, 1, f->Rn), bits);
    a64_wv(fn, f->Rd, low);
    simd_put_half(fn, 1, f->Rd, high);
}

/* A fixed-point conversion as one op. */
static void fixed_whole(struct ir_func *fn, const struct a64_fields *f, struct simd_fp p, unsigned lane, unsigned bits, bool to_int)
{
    unsigned aux = lane | (to_int ? (unsigned)IR_RZ << 8 : 0);
    if (lane == IR_H)
        a64_wv(fn, f->Rd, simd_i(fn, f->ir_op, aux, f->scalar ? half_lane(fn, f->Rn) : a64_rv(fn, f->Q, f->Rn), bits));
    else if (!to_int)
        simd_fp_write(fn, p, f->Rd, from_int(fn, f, p, lane, bits));
    else if (simd_is_scalar(p))
        a64_wi(fn, f->Rd, ir_emit(fn, f->ir_sop, a64_itype(lane == IR_D), IR_RZ, simd_fp_read(fn, p, f->Rn), 0, 0, bits));
    else
        a64_wv(fn, f->Rd, simd_i(fn, f->ir_op, aux, simd_fp_read(fn, p, f->Rn), bits));
}

/* True: done. False: single or double lanes remain to be converted in two steps. */
static bool fixed_done(struct ir_func *fn, const struct a64_fields *f, struct simd_fp p, unsigned lane, unsigned bits, bool to_int)
{
    if (!simd_fp_plain(fn))
        fixed_whole(fn, f, p, lane, bits, to_int);
    else if (lane == IR_H)
        convert_halves(fn, f, bits, to_int ? half_to_fixed : half_from_fixed);
    else
        return false;
    return true;
}

bool lift_fp_vfrom_fixed(struct ir_func *fn, const struct a64_fields *f)
{
    struct simd_fp p;
    unsigned lane, bits;
    if (!fixed_form(f, &p, &lane, &bits))
        return false;
    if (fixed_done(fn, f, p, lane, bits, false))
        return true;
    ir_ref r = from_int(fn, f, p, lane, 0);
    simd_fp_write(fn, p, f->Rd, emit(fn, p, IR_fmul, r, simd_fp_const(fn, p, simd_pow2(lane, -(int)bits))));
    return true;
}

bool lift_fp_vto_fixed(struct ir_func *fn, const struct a64_fields *f)
{
    struct simd_fp p;
    unsigned lane, bits;
    if (!fixed_form(f, &p, &lane, &bits))
        return false;
    if (fixed_done(fn, f, p, lane, bits, true))
        return true;
    ir_ref r = simd_fp_scale(fn, p, lane, simd_fp_read(fn, p, f->Rn), bits);
    if (simd_is_scalar(p))
        a64_wi(fn, f->Rd, ir_emit(fn, f->ir_sop, a64_itype(lane == IR_D), IR_RZ, r, 0, 0, 0));
    else
        a64_wv(fn, f->Rd, simd_1(fn, f->ir_op, lane | IR_RZ << 8, r));
    return true;
}

bool lift_fp_vcvtl(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wv(fn, f->Rd, ir_emit(fn, IR_vfcvtl, IR_V128, IR_H + f->sz, simd_half(fn, f->Q, f->Rn), 0, 0, 0));
    return true;
}

bool lift_fp_vcvtn(struct ir_func *fn, const struct a64_fields *f)
{
    simd_put_half(fn, f->Q, f->Rd, ir_emit(fn, IR_vfcvtn, IR_V64, IR_S + f->sz, a64_rq(fn, f->Rn), 0, 0, 0));
    return true;
}

bool lift_fp_bfcvtn(struct ir_func *fn, const struct a64_fields *f)
{
    simd_put_half(fn, f->Q, f->Rd, ir_emit(fn, IR_vfcvtbf, IR_V64, 0, a64_rq(fn, f->Rn), 0, 0, 0));
    return true;
}

/* F64 to the bits of an F32 rounded to odd: the rounded value, moved one towards zero where it grew, and its low
 * bit set where it is inexact. */
static ir_ref round_to_odd(struct ir_func *fn, ir_ref x)
{
    if (!simd_fp_plain(fn))
        return ir_emit(fn, IR_fbits, IR_I32, 0, ir_emit(fn, IR_fcvt, IR_F32, IR_CVT_ODD, x, 0, 0, 0), 0, 0, 0);
    ir_ref r = ir_emit(fn, IR_fcvt, IR_F32, 0, x, 0, 0, 0), back = ir_emit(fn, IR_fcvt, IR_F64, 0, r, 0, 0, 0);
    ir_ref grew = ir_emit(fn, IR_fcmp, IR_I1, IR_FGT, ir_op1(fn, IR_fabs, back), ir_op1(fn, IR_fabs, x), 0, 0);
    ir_ref less = ir_emit(fn, IR_fcmp, IR_I1, IR_FLT, ir_op1(fn, IR_fabs, back), ir_op1(fn, IR_fabs, x), 0, 0);
    ir_ref bits = ir_emit(fn, IR_fbits, IR_I32, 0, r, 0, 0, 0);
    ir_ref low = ir_zext(fn, IR_I32, 1, ir_op2(fn, IR_or, grew, less));
    return ir_op2(fn, IR_or, ir_op2(fn, IR_sub, bits, ir_zext(fn, IR_I32, 1, grew)), low);
}

bool lift_fp_vcvtxn(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref low = round_to_odd(fn, lane_scalar(fn, IR_F64, IR_D, f->Rn, 0));
    if (f->scalar) {
        a64_wi(fn, f->Rd, low);
        return true;
    }
    ir_ref high = round_to_odd(fn, lane_scalar(fn, IR_F64, IR_D, f->Rn, 1));
    ir_ref v = ir_emit(fn, IR_vset, IR_V128, IR_S, ir_emit(fn, IR_i2v, IR_V128, 0, low, 0, 0, 0), high, 0, 1);
    simd_put_half(fn, f->Q, f->Rd, ir_emit(fn, IR_vtrunc, IR_V64, 0, v, 0, 0, 0));
    return true;
}
