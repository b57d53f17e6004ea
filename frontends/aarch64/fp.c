/* A64 scalar floating point (H, S, D in the low lane of a vector register; writes clear the rest). */
#include "frontends/aarch64/simd.h"

static ir_ref fneg(struct ir_func *fn, ir_ref v) { return ir_op1(fn, IR_fneg, v); }

/* ---- moves ---- */

bool lift_fp_mov(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wf(fn, f->Rd, a64_rf(fn, a64_ftype(f->ftype), f->Rn));
    return true;
}

/* Lane idx of V[n] to X[d] or W[d], zero-extended; UMOV Xd too. */
bool lift_fp_to_gpr(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wr(fn, f->Rd, simd_get(fn, f->lane, a64_rq(fn, f->Rn), f->idx));
    return true;
}

bool lift_fp_from_gpr(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref v = a64_r(fn, f->lane == IR_D, f->Rn);
    a64_wi(fn, f->Rd, f->lane == IR_H ? ir_zext(fn, IR_I32, 16, v) : v);
    return true;
}

/* FMOV Vd.D[1], Xn. */
bool lift_fp_from_gpr_top(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wv(fn, f->Rd, ir_emit(fn, IR_vset, IR_V128, IR_D, a64_rq(fn, f->Rd), a64_rx(fn, f->Rn), 0, 1));
    return true;
}

bool lift_fp_csel(struct ir_func *fn, const struct a64_fields *f)
{
    enum ir_type t = a64_ftype(f->ftype);
    a64_wf(fn, f->Rd, ir_sel(fn, a64_cond(fn, f->cond), a64_rf(fn, t, f->Rn), a64_rf(fn, t, f->Rm)));
    return true;
}

/* ---- arithmetic ---- */

bool lift_fp_1(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wf(fn, f->Rd, ir_op1(fn, f->ir_op, a64_rf(fn, a64_ftype(f->ftype), f->Rn)));
    return true;
}

bool lift_fp_2(struct ir_func *fn, const struct a64_fields *f)
{
    enum ir_type t = a64_ftype(f->ftype);
    ir_ref r = ir_op2(fn, f->ir_op, a64_rf(fn, t, f->Rn), a64_rf(fn, t, f->Rm));
    a64_wf(fn, f->Rd, f->neg ? fneg(fn, r) : r);
    return true;
}

/* FMADD and its kin: (negn ? -n : n) * m + (nega ? -a : a). The manual negates NaN operands too. */
bool lift_fp_3(struct ir_func *fn, const struct a64_fields *f)
{
    enum ir_type t = a64_ftype(f->ftype);
    ir_ref n = a64_rf(fn, t, f->Rn), m = a64_rf(fn, t, f->Rm), a = a64_rf(fn, t, f->Ra);
    a64_wf(fn, f->Rd, ir_emit(fn, IR_fma, t, 0, f->negn ? fneg(fn, n) : n, m, f->nega ? fneg(fn, a) : a, 0));
    return true;
}

bool lift_fp_round(struct ir_func *fn, const struct a64_fields *f)
{
    enum ir_type t = a64_ftype(f->ftype);
    a64_wf(fn, f->Rd, ir_emit(fn, IR_fround, t, f->aux << 8 | (f->exact ? IR_ROUND_EXACT : 0), a64_rf(fn, t, f->Rn), 0, 0, 0));
    return true;
}

/* FRINT32Z, FRINT64X, ...; aux: what IR_froundn's has above its lane. */
bool lift_fp_round_bounded(struct ir_func *fn, const struct a64_fields *f)
{
    enum ir_type t = a64_ftype(f->ftype);
    a64_wf(fn, f->Rd, ir_emit(fn, IR_froundn, t, f->aux << 8, a64_rf(fn, t, f->Rn), 0, 0, 0));
    return true;
}

/* ---- comparison ---- */

static ir_ref flags(struct ir_func *fn, bool signal, ir_ref a, ir_ref b) { return ir_emit(fn, IR_flagfcmp, IR_I32, signal, a, b, 0, 0); }

bool lift_fp_cmp(struct ir_func *fn, const struct a64_fields *f)
{
    enum ir_type t = a64_ftype(f->ftype);
    a64_wflags(fn, flags(fn, f->signal, a64_rf(fn, t, f->Rn), a64_rf(fn, t, f->Rm)));
    return true;
}

bool lift_fp_cmp0(struct ir_func *fn, const struct a64_fields *f)
{
    enum ir_type t = a64_ftype(f->ftype);
    a64_wflags(fn, flags(fn, f->signal, a64_rf(fn, t, f->Rn), ir_const(fn, t, 0)));
    return true;
}

/* FCCMP: where the condition fails no comparison happens, so none may raise a flag: zeros are compared instead. */
bool lift_fp_ccmp(struct ir_func *fn, const struct a64_fields *f)
{
    enum ir_type t = a64_ftype(f->ftype);
    ir_ref cond = a64_cond(fn, f->cond), zero = ir_const(fn, t, 0);
    ir_ref n = ir_sel(fn, cond, a64_rf(fn, t, f->Rn), zero), m = ir_sel(fn, cond, a64_rf(fn, t, f->Rm), zero);
    a64_wflags(fn, ir_sel(fn, cond, flags(fn, f->signal, n, m), ir_i32(fn, a64_flagword(f->nzcv))));
    return true;
}

/* ---- conversions ---- */

bool lift_fp_cvt(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wf(fn, f->Rd, ir_emit(fn, IR_fcvt, a64_ftype(f->to), 0, a64_rf(fn, a64_ftype(f->from), f->Rn), 0, 0, 0));
    return true;
}

/* BFCVT: as a vector whose other lanes are zero. */
bool lift_fp_bfcvt(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref v = ir_emit(fn, IR_f2v, IR_V128, 0, a64_rf(fn, IR_F32, f->Rn), 0, 0, 0);
    a64_wv(fn, f->Rd, ir_emit(fn, IR_vfcvtbf, IR_V64, 0, v, 0, 0, 0));
    return true;
}

/* FCVTNS ... FCVTZU to a general register; aux is the rounding. */
bool lift_fp_to_int(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wr(fn, f->Rd, ir_emit(fn, f->ir_op, a64_itype(f->sf), f->aux, a64_rf(fn, a64_ftype(f->ftype), f->Rn), 0, 0, 0));
    return true;
}

/* FJCVTZS: Z says that the result is the operand, bit by bit: -0 is not. */
bool lift_fp_jcvt(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref n = a64_rf(fn, IR_F64, f->Rn), r = ir_emit(fn, IR_fcvt_mod, IR_I32, 0, n, 0, 0, 0);
    ir_ref back = ir_emit(fn, IR_fbits, IR_I64, 0, ir_emit(fn, IR_s_fcvt, IR_F64, IR_RCUR, r, 0, 0, 0), 0, 0, 0);
    ir_ref same = ir_cmp(fn, IR_EQ, back, ir_emit(fn, IR_fbits, IR_I64, 0, n, 0, 0, 0));
    a64_wflags(fn, ir_sel(fn, same, ir_i32(fn, IR_FLAG_Z), ir_i32(fn, 0)));
    a64_wr(fn, f->Rd, r);
    return true;
}

bool lift_fp_from_int(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wf(fn, f->Rd, ir_emit(fn, f->ir_op, a64_ftype(f->ftype), IR_RCUR, a64_r(fn, f->sf, f->Rn), 0, 0, 0));
    return true;
}

/* v with the low bits that double precision cannot hold merged into the lowest it can, which changes no rounding
 * to half precision. */
static ir_ref sticky(struct ir_func *fn, bool is_signed, ir_ref v)
{
    ir_ref lost = ir_op2i(fn, IR_and, v, 0x7ff);
    ir_ref merged = ir_op2(fn, IR_or, ir_op2i(fn, IR_and, v, ~0x7ffll), ir_op2i(fn, IR_and, ir_op2i(fn, IR_add, lost, 0x7ff), 0x800));
    ir_ref biased = is_signed ? ir_op2i(fn, IR_add, v, 1ll << 52) : v;
    return ir_sel(fn, ir_cmp(fn, IR_LTU, biased, ir_i64(fn, 1ll << 53)), v, merged);
}

/* Half precision: the exact quotient in double precision, rounded once. */
static void half_from_fixed(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref v = a64_r(fn, f->sf, f->Rn);
    if (f->sf)
        v = sticky(fn, f->ir_op == IR_s_fcvt, v);
    v = ir_emit(fn, f->ir_op, IR_F64, IR_RCUR, v, 0, 0, 0);
    v = ir_op2(fn, IR_fmul, v, ir_const(fn, IR_F64, (int64_t)simd_pow2(IR_D, -(int)(64 - f->scale))));
    a64_wf(fn, f->Rd, ir_emit(fn, IR_fcvt, IR_F16, 0, v, 0, 0, 0));
}

/* Fixed point with 64 - scale fraction bits: dividing the converted integer by a power of two is exact. */
bool lift_fp_from_fixed(struct ir_func *fn, const struct a64_fields *f)
{
    enum ir_type t = a64_ftype(f->ftype);
    if (!f->sf && f->scale < 32)
        return false;
    if (!simd_fp_plain(fn)) {
        a64_wf(fn, f->Rd, ir_emit(fn, f->ir_op, t, IR_RCUR, a64_r(fn, f->sf, f->Rn), 0, 0, 64 - f->scale));
        return true;
    }
    if (t == IR_F16) {
        half_from_fixed(fn, f);
        return true;
    }
    ir_ref r = ir_emit(fn, f->ir_op, t, IR_RCUR, a64_r(fn, f->sf, f->Rn), 0, 0, 0);
    ir_ref factor = ir_const(fn, t, (int64_t)simd_pow2(IR_S + f->ftype, -(int)(64 - f->scale)));
    a64_wf(fn, f->Rd, ir_op2(fn, IR_fmul, r, factor));
    return true;
}

bool lift_fp_to_fixed(struct ir_func *fn, const struct a64_fields *f)
{
    struct simd_fp p = {a64_ftype(f->ftype), 0};
    ir_ref r = a64_rf(fn, p.t, f->Rn);
    if (!f->sf && f->scale < 32)
        return false;
    if (!simd_fp_plain(fn)) {
        a64_wr(fn, f->Rd, ir_emit(fn, f->ir_op, a64_itype(f->sf), IR_RZ, r, 0, 0, 64 - f->scale));
        return true;
    }
    if (p.t == IR_F16) {
        p.t = IR_F32;
        r = ir_emit(fn, IR_fcvt, p.t, 0, r, 0, 0, 0);
    }
    r = simd_fp_scale(fn, p, p.t == IR_F64 ? IR_D : IR_S, r, 64 - f->scale);
    a64_wr(fn, f->Rd, ir_emit(fn, f->ir_op, a64_itype(f->sf), IR_RZ, r, 0, 0, 0));
    return true;
}
