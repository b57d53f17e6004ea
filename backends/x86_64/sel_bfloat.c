/*
 * Selection: bfloat16, computed in single precision, of which it is the upper half; and rounding to integers of a size.
 * The host's AVX512-BF16 serves for none of it: its dot product rounds to nearest where the guest's rounds to odd, and
 * its conversion raises no flags and knows one rounding mode. Source: Intel SDM vol. 1, 10.2.3; vol. 2.
 */
#include "backends/x86_64/float.h"

enum {
    V_PAND = 0xdb | X_0F | X_66, V_POR = 0xeb | X_0F | X_66, V_PADDD = 0xfe | X_0F | X_66, V_PMINUD = 0x3b | X_0F38 | X_66,
    V_SHIFT_S = 0x72 | X_0F | X_66, V_PACKUSDW = 0x2b | X_0F38 | X_66, V_MXCSR = 0xae | X_0F, LDMXCSR = 2, STMXCSR = 3,
    SH_RIGHT = 2, SH_LEFT = 6, CMP_NEQ = 4, CMP_NEQ_SIGNAL = 0x14,
    MX_INVALID = 1, MX_OVERFLOW = 8, MX_UNDERFLOW = 16, MX_TO_ZERO_FLUSHED = 0xffc0,     /* all masked, DAZ, FTZ */
    V_CVTTPD2DQ = 0xe6 | X_0F | X_66, V_CVTPD2DQ = 0xe6 | X_0F | X_F2, V_CVTDQ2PD = 0xe6 | X_0F | X_F3, V_CVTPS2DQ = 0x5b | X_0F | X_66,
    V_PSHUFD = 0x70 | X_0F | X_66, V_UNPCKLPD = 0x14 | X_0F | X_66,
    E_CVTTPD2QQ = 0x7a | X_0F | X_66, E_CVTPD2QQ = 0x7b | X_0F | X_66, E_CVTQQ2PD = 0xe6 | X_0F | X_F3,
};

static struct x_mem words(struct x_ctx *c, uint32_t v) { return x_pool(x_pool_u128(c, v * 0x100000001ull, v * 0x100000001ull)); }

/*
 * d = a + b rounded to odd, under rounding to zero: the last bit is set where the sum is inexact, that is where taking one
 * operand off it does not give the other (off the larger it is exact). d, t, u: none an operand.
 */
static void add_to_odd(struct x_ctx *c, unsigned d, unsigned a, unsigned b, unsigned t, unsigned u)
{
    v_rrr(c, V_ADD, 0, d, a, b);
    v_rrr(c, V_SUB, 0, t, d, a);
    v_rrri(c, V_CMP, 0, t, t, b, CMP_NEQ_SIGNAL);       /* invalid for NaNs, all of which want repair */
    v_rrr(c, V_SUB, 0, u, d, b);
    v_rrri(c, V_CMP, 0, u, u, a, CMP_NEQ);
    v_rrr(c, V_POR, 0, t, t, u);
    v_rrri(c, V_SHIFT_S, 0, SH_RIGHT, t, t, 31);
    v_rrr(c, V_POR, 0, d, d, t);
}

/* Under a control word of its own, whose flags say whether NaNs, overflow or underflow want the reference. */
void x_sel_bfdot(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned acc = x_vector_operand(c, in->type, o.a), a = x_vector_operand(c, in->type, o.b), b = x_vector_operand(c, in->type, o.c);
    unsigned d = x_def(c), even = x_xtmp(c), odd = x_xtmp(c), t = x_xtmp(c);
    struct x_mem saved = X_FRAME(scratch[4]), raised = X_FRAME(scratch[5]), upper = words(c, 0xffff0000);
    v_rm(c, V_MXCSR, 0, STMXCSR, saved);
    v_rm(c, V_MXCSR, 0, LDMXCSR, x_pool(x_pool_u64(c, MX_TO_ZERO_FLUSHED, false)));
    v_rrri(c, V_SHIFT_S, 0, SH_LEFT, even, a, 16);
    v_rrri(c, V_SHIFT_S, 0, SH_LEFT, t, b, 16);
    v_rrr(c, V_MUL, 0, even, even, t);
    v_rrm(c, V_PAND, 0, odd, a, upper);
    v_rrm(c, V_PAND, 0, t, b, upper);
    v_rrr(c, V_MUL, 0, odd, odd, t);
    add_to_odd(c, d, even, odd, t, X_XTMP);
    v_rr(c, V_MOVAPS, 0, even, d);
    add_to_odd(c, d, even, acc, t, X_XTMP);
    v_rm(c, V_MXCSR, 0, STMXCSR, raised);
    v_rm(c, V_MXCSR, 0, LDMXCSR, saved);
    x_rm_tail(c, 0xf6, 0, 0, raised, 1);
    x_b(c, MX_INVALID | MX_OVERFLOW | MX_UNDERFLOW);
    x_repair(c, CC_NE, in, o, d);
}

/*
 * Adding 2^16 times an operand's power of two, and taking it off again, rounds it to eight bits in the mode in force and
 * raises inexact. NaNs, infinities, subnormals and what is near overflow are left to the reference.
 */
void x_sel_vfcvtbf(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned a = x_use(c, o.a), d = x_def(c), t = x_xtmp(c);
    /* Magnitudes from 2^-126 to below 2^112 are those at most 0x76ffffff above the least. */
    v_rrm(c, V_PAND, 0, X_XTMP, a, words(c, 0x7fffffff));
    v_rrm(c, V_PADDD, 0, t, X_XTMP, words(c, 0xff800000));
    v_rrr(c, V_PXOR, 0, d, d, d);
    v_rrr(c, V_PCMPEQD, 0, X_XTMP, X_XTMP, d);
    v_rrm(c, V_PMINUD, 0, d, t, words(c, 0x76ffffff));
    v_rrr(c, V_PCMPEQD, 0, t, t, d);
    v_rrr(c, V_POR, 0, t, t, X_XTMP);
    v_rrr(c, V_PCMPEQD, 0, X_XTMP, X_XTMP, X_XTMP);
    v_rr(c, V_TESTPS, 0, t, X_XTMP);
    struct x_repair r = x_repair_begin(c, CC_AE);
    v_rrm(c, V_PAND, 0, t, a, words(c, 0xff800000));
    v_rrm(c, V_PADDD, 0, t, t, words(c, 16 << 23));
    v_rrr(c, V_ADD, 0, d, a, t);
    v_rrr(c, V_SUB, 0, d, d, t);
    v_rm(c, V_MOVUPS, 0, X_XTMP, words(c, 0x80000000));     /* a zero has lost its sign */
    v_rrr(c, V_ANDN, 0, d, X_XTMP, d);
    v_rrr(c, V_AND, 0, t, X_XTMP, a);
    v_rrr(c, V_OR, 0, d, d, t);
    v_rrri(c, V_SHIFT_S, 0, SH_RIGHT, d, d, 16);
    v_rrr(c, V_PACKUSDW, 0, d, d, d);
    if (in->type == IR_V128)
        v_rr(c, V_MOVQ, 0, d, d);
    x_repair_end(c, r, in, o, d);
}

/* ---- rounding to integers of a size: what the host converts to an integer and back, with the operand's sign for zeros.
 * For all that is out of range the host too gives the smallest integer, and raises invalid only. ---- */

/* d = lane 0 of a, through a general register; d's upper lanes are the operand's or undefined. */
static void through_integer(struct x_ctx *c, unsigned d, unsigned a, bool dbl, bool wide, bool to_zero)
{
    unsigned t = x_tmp(c);
    uint32_t form = dbl ? X_F2 : X_F3;
    v_rr(c, (to_zero ? V_CVTTF2SI : V_CVTF2SI) | form, wide, t, a);
    v_rrr(c, V_XOR, 0, d, d, d);
    v_rrr(c, V_CVTSI2F | form, wide, d, d, t);
}

static void lanes_through_integers(struct x_ctx *c, unsigned d, unsigned a, bool dbl, bool to_zero, unsigned n)
{
    unsigned t = x_xtmp(c);
    through_integer(c, d, a, dbl, true, to_zero);
    for (unsigned i = 1; i < n; i++) {
        v_rrri(c, V_PSHUFD, 0, X_XTMP, 0, a, dbl ? 0xee : i * 0x55);
        through_integer(c, t, X_XTMP, dbl, true, to_zero);
        if (dbl)
            v_rrr(c, V_UNPCKLPD, 0, d, d, t);
        else
            v_rrri(c, V_INSERTPS, 0, d, d, t, i << 4);
    }
}

void x_sel_froundn(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    bool vec = x_is_vector(in->type), dbl = x_is_double(in->type, in->aux), wide = in->aux & IR_ROUND_64, to_zero = (in->aux >> 8 & 7) == IR_RZ;
    if (!to_zero && (in->aux >> 8 & 7) != IR_RCUR) {
        x_sel_eval(c, in, o);
        return;
    }
    unsigned a = x_vector_operand(c, in->type, o.a), d = x_def(c);
    if (!vec) {
        through_integer(c, d, a, dbl, wide, to_zero);
    } else if (!wide) {
        v_rr(c, dbl ? to_zero ? V_CVTTPD2DQ : V_CVTPD2DQ : to_zero ? V_CVTTPS2DQ : V_CVTPS2DQ, 0, d, a);
        v_rr(c, dbl ? V_CVTDQ2PD : V_CVTDQ2PS, 0, d, d);
    } else if (dbl && x_features & XF_AVX512VL) {
        e_rr(c, to_zero ? E_CVTTPD2QQ : E_CVTPD2QQ, 1, d, a);
        e_rr(c, E_CVTQQ2PD, 1, d, d);
    } else {
        lanes_through_integers(c, d, a, dbl, to_zero, dbl || in->type == IR_V64 ? 2 : 4);
    }
    v_rrm(c, V_AND, 0, X_XTMP, a, dbl ? x_pool(x_pool_u128(c, 1ull << 63, 1ull << 63)) : words(c, 0x80000000));
    v_rrr(c, V_OR, 0, d, d, X_XTMP);
}

/* The host's answer for what is out of range, which it shares with one number, asks the reference. */
void x_sel_fcvt_mod(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    bool dbl = c->insn[in->a].type == IR_F64;
    if (c->insn[in->a].type == IR_F16) {
        x_sel_eval(c, in, o);
        return;
    }
    unsigned a = x_use(c, o.a), d = x_def(c);
    v_rr(c, V_CVTTF2SI | (dbl ? X_F2 : X_F3), 0, d, a);
    x_alu_ri(c, A_CMP, 0, d, 1);
    x_repair(c, CC_O, in, o, d);
}
