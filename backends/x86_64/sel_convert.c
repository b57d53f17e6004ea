/*
 * Selection: conversions between floating point and integers. The host gives one value for everything that is out of
 * range; whoever gets that value asks the reference semantics, which saturate. Roundings that the host's conversion
 * has not are made first, silently, as inexact must not be raised where the value turns out not to fit.
 * Source: Intel SDM vol. 2; vol. 1, appendix E.
 */
#include "backends/x86_64/float.h"

enum {
    V_CVTPS2DQ = 0x5b | X_0F | X_66, V_PADDD = 0xfe | X_0F | X_66, V_PADDQ = 0xd4 | X_0F | X_66, V_POR = 0xeb | X_0F | X_66,
    V_PMAXUD = 0x3f | X_0F38 | X_66, V_PCMPEQQ = 0x29 | X_0F38 | X_66,
    E_CVTTF2USI = 0x78 | X_0F, E_CVTF2USI = 0x79 | X_0F, E_CVTUSI2F = 0x7b | X_0F,
    E_CVTTPS2UDQ = 0x78 | X_0F, E_CVTPS2UDQ = 0x79 | X_0F, E_CVTTPD2QQ = 0x7a | X_0F | X_66, E_CVTPD2QQ = 0x7b | X_0F | X_66,
    E_CVTTPD2UQQ = 0x78 | X_0F | X_66, E_CVTPD2UQQ = 0x79 | X_0F | X_66,
    E_CVTQQ2PD = 0xe6 | X_0F | X_F3, E_CVTUQQ2PD = 0x7a | X_0F | X_F3, E_CVTUDQ2PS = 0x7a | X_0F | X_F2,
};

static bool avx512(void) { return x_features & XF_AVX512VL; }
static bool is_direct(unsigned round) { return round == IR_RZ || round == IR_RCUR; }
static uint32_t scalar_form(bool dbl) { return dbl ? X_F2 : X_F3; }

/* ---- scalars to integers ---- */

/* A scalar operand in a register, a half as a single. */
static unsigned scalar(struct x_ctx *c, const struct ir_insn *in, unsigned ref)
{
    return c->insn[in->a].type == IR_F16 ? x_half_widen(c, IR_F16, ref) : x_use(c, ref);
}

/* The largest operand, as its bits, that the host's signed instruction (unsigned: of 64 bits) converts, however it is rounded. */
static uint64_t largest(bool dbl, bool wide, bool u)
{
    if (wide)
        return dbl ? 0x43dfffffffffffff : 0x5effffff;       /* below 2^63 */
    if (u)
        return dbl ? 0x41efffffffe00000 : 0x4f7fffff;       /* at most 2^32 - 1 */
    return dbl ? 0x41dfffffffc00000 : 0x4effffff;           /* at most 2^31 - 1 */
}

/* Seen as integers, negative numbers and NaNs are large; for signed results the sign is shifted out. */
static struct x_repair not_above(struct x_ctx *c, unsigned a, bool dbl, bool u, uint64_t limit, unsigned t)
{
    v_rr(c, V_MOVD_ST, dbl, a, t);
    if (!u)
        x_alu_rr(c, A_ADD, dbl, t, t);
    x_alu_rm(c, A_CMP, dbl, t, x_pool(x_pool_u64(c, u ? limit : limit << 1, false)));
    return x_repair_begin(c, CC_A);
}

/* Ties away from zero: the integral part, which raises inexact where it should, and one more if twice the rest has one. */
static void to_int_away(struct x_ctx *c, const struct ir_insn *in, struct x_ops o, bool dbl)
{
    bool wide = in->type == IR_I64, u = in->op == IR_fcvt_u;
    unsigned a = scalar(c, in, o.a), d = x_def(c), t = x_tmp(c);
    struct x_repair r = not_above(c, a, dbl, u, largest(dbl, wide, u), t);
    uint32_t form = scalar_form(dbl);
    v_rr(c, V_CVTTF2SI | form, wide || u, d, a);
    v_rrri(c, V_ROUNDPS + 2 + dbl, 0, X_XTMP, a, a, (unsigned)x_round_imm(IR_RZ, false));
    v_rrr(c, V_SUB | form, 0, X_XTMP, a, X_XTMP);
    v_rrr(c, V_ADD | form, 0, X_XTMP, X_XTMP, X_XTMP);
    v_rr(c, V_CVTTF2SI | form, 0, t, X_XTMP);
    x_rr(c, X_MOVSXD, 1, t, t);
    x_alu_rr(c, A_ADD, wide || u, d, t);
    x_repair_end(c, r, in, o, d);
}

/* Without AVX-512, to unsigned: by the signed instruction, after a look at the range. */
static void to_unsigned(struct x_ctx *c, const struct ir_insn *in, struct x_ops o, bool dbl, unsigned round)
{
    bool wide = in->type == IR_I64;
    unsigned a = scalar(c, in, o.a), d = x_def(c), t = x_tmp(c), s = a;
    struct x_repair r = not_above(c, a, dbl, true, largest(dbl, wide, true), t);
    if (!is_direct(round)) {
        v_rrri(c, V_ROUNDPS + 2 + dbl, 0, X_XTMP, a, a, (unsigned)x_round_imm(round, true));
        s = X_XTMP;
    }
    v_rr(c, (round == IR_RCUR ? V_CVTF2SI : V_CVTTF2SI) | scalar_form(dbl), 1, d, s);
    x_repair_end(c, r, in, o, d);
}

void x_sel_f2int(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    bool dbl = c->insn[in->a].type == IR_F64, wide = in->type == IR_I64, u = in->op == IR_fcvt_u;
    unsigned round = in->aux & 7;
    if (round == IR_RA) {
        to_int_away(c, in, o, dbl);
        return;
    }
    if (x_round_imm(round, true) < 0) {
        x_sel_eval(c, in, o);
        return;
    }
    if (u && !avx512()) {
        to_unsigned(c, in, o, dbl, round);
        return;
    }
    unsigned a = scalar(c, in, o.a), d = x_def(c), s = a;
    if (!is_direct(round)) {
        v_rrri(c, V_ROUNDPS + 2 + dbl, 0, X_XTMP, a, a, (unsigned)x_round_imm(round, false));
        s = X_XTMP;
    }
    if (u) {
        e_rr(c, (round == IR_RCUR ? E_CVTF2USI : E_CVTTF2USI) | scalar_form(dbl), wide, d, s);
        x_alu_ri(c, A_CMP, wide, d, -1);
    } else {
        v_rr(c, (round == IR_RCUR ? V_CVTF2SI : V_CVTTF2SI) | scalar_form(dbl), wide, d, s);
        x_alu_ri(c, A_CMP, wide, d, 1);     /* overflows for the smallest number */
    }
    struct x_repair r = x_repair_begin(c, u ? CC_E : CC_O);
    if (!is_direct(round))
        v_rrri(c, V_ROUNDPS + 2 + dbl, 0, X_XTMP, a, a, (unsigned)x_round_imm(round, true));
    x_repair_end(c, r, in, o, d);
}

/* ---- integers to scalars ---- */

/* Above 2^63: half of it, the lost bit kept sticky for rounding, then doubled. */
static void from_unsigned_wide(struct x_ctx *c, bool dbl, unsigned d, unsigned a, unsigned t, unsigned low)
{
    uint32_t code = V_CVTSI2F | scalar_form(dbl);
    x_test_rr(c, 1, a, a);
    uint8_t *large = x_jcc8(c, CC_S);
    v_rrr(c, code, 1, d, d, a);
    uint8_t *done = x_jmp8(c);
    x_here(c, large);
    x_mov_rr(c, 1, t, a);
    x_mov_rr(c, 0, low, a);
    x_shift_ri(c, S_SHR, 1, t, 1);
    x_alu_ri(c, A_AND, 0, low, 1);
    x_alu_rr(c, A_OR, 1, t, low);
    v_rrr(c, code, 1, d, d, t);
    v_rrr(c, V_ADD | scalar_form(dbl), 0, d, d, d);
    x_here(c, done);
}

void x_sel_int2f(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    bool wide = c->insn[in->a].type == IR_I64, u = in->op == IR_u_fcvt, dbl = in->type == IR_F64;
    unsigned round = in->aux & 7;
    if (dbl && !wide)
        round = IR_RCUR;        /* exact */
    if (x_round_imm(round, true) < 0) {
        x_sel_eval(c, in, o);
        return;
    }
    if (in->type == IR_F16) {
        x_half_from_int(c, in, o);
        return;
    }
    unsigned a = x_use(c, o.a), d = x_def(c), t = x_tmp(c), low = x_tmp(c);
    if (round != IR_RCUR)
        x_rounding_begin(c, (enum ir_round)round, t);
    v_rrr(c, V_XOR, 0, d, d, d);
    if (u && avx512()) {
        e_rrr(c, E_CVTUSI2F | scalar_form(dbl), wide, d, d, a);
    } else if (u && wide) {
        from_unsigned_wide(c, dbl, d, a, t, low);
    } else if (u) {
        x_mov_rr(c, 0, t, a);
        v_rrr(c, V_CVTSI2F | scalar_form(dbl), 1, d, d, t);
    } else {
        v_rrr(c, V_CVTSI2F | scalar_form(dbl), wide, d, d, a);
    }
    if (round != IR_RCUR)
        x_rounding_end(c, t);
}

/* ---- vectors to integers ---- */

/* The host's instruction for lanes of 32 or 64 bits; those of VEX form are signed and of 32 bits. */
static void convert_lanes(struct x_ctx *c, bool dbl, bool u, bool current, unsigned d, unsigned s)
{
    static const uint32_t code[2][2][2] = {
        {{V_CVTTPS2DQ, V_CVTPS2DQ}, {E_CVTTPS2UDQ, E_CVTPS2UDQ}}, {{E_CVTTPD2QQ, E_CVTPD2QQ}, {E_CVTTPD2UQQ, E_CVTPD2UQQ}},
    };
    (dbl || u ? e_rr : v_rr)(c, code[dbl][u][current], dbl, d, s);
}

/* Unsigned 32-bit lanes without AVX-512: the signed instruction converts what is below 2^31; all else is repaired. */
static struct x_repair below_2_31(struct x_ctx *c, unsigned a)
{
    v_rrm(c, V_PMAXUD, 0, X_XTMP, a, x_pool(x_pool_u128(c, 0x4f0000004f000000, 0x4f0000004f000000)));
    v_rrr(c, V_PCMPEQD, 0, X_XTMP, X_XTMP, a);
    v_rr(c, V_TESTPS, 0, X_XTMP, X_XTMP);
    return x_repair_begin(c, CC_NE);
}

/* CC_NE: a lane of d has the host's value for what does not fit. */
static void test_fit(struct x_ctx *c, bool dbl, bool u, unsigned d)
{
    uint64_t wrong = u ? ~0ull : dbl ? 1ull << 63 : 0x8000000080000000;
    v_rrm(c, dbl ? V_PCMPEQQ : V_PCMPEQD, 0, X_XTMP, d, x_pool(x_pool_u128(c, wrong, wrong)));
    v_rr(c, V_TESTPS, 0, X_XTMP, X_XTMP);
}

void x_sel_vf2int(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned lane = in->aux & 3, round = in->aux >> 8 & 7;
    bool dbl = lane == IR_D, u = in->op == IR_vfcvt_u, away = round == IR_RA;
    if ((x_round_imm(round, true) < 0 && !away) || (dbl && !avx512())) {
        x_sel_eval(c, in, o);
        return;
    }
    if (lane == IR_H) {
        x_half_vto_int(c, in, o);
        return;
    }
    unsigned a = x_vector_operand(c, in->type, o.a), d = x_def(c), s = a;
    bool first = u && !avx512();
    struct x_repair r = {0};
    if (first) {
        r = below_2_31(c, a);
        u = false;
    }
    if (u && away) {        /* which makes -0.7 invalid, and no conversion may raise inexact for it */
        v_rr(c, dbl ? V_TESTPD : V_TESTPS, 0, a, a);
        r = x_repair_begin(c, CC_NE);
    }
    if (!is_direct(round) && !away) {
        v_rrri(c, V_ROUNDPS + dbl, 0, X_XTMP, 0, a, (unsigned)x_round_imm(round, first));
        s = X_XTMP;
    }
    convert_lanes(c, dbl, u, round == IR_RCUR, d, s);
    if (!first) {
        test_fit(c, dbl, u, d);
        if (u && away)
            x_repair_also(c, r, CC_NE);
        else
            r = x_repair_begin(c, CC_NE);
    }
    if (away) {
        v_rrri(c, V_ROUNDPS + dbl, 0, X_XTMP, 0, a, (unsigned)x_round_imm(IR_RZ, false));
        v_rrr(c, V_SUB | (dbl ? X_66 : 0), 0, X_XTMP, a, X_XTMP);
        v_rrr(c, V_ADD | (dbl ? X_66 : 0), 0, X_XTMP, X_XTMP, X_XTMP);
        convert_lanes(c, dbl, false, false, X_XTMP, X_XTMP);
        v_rrr(c, dbl ? V_PADDQ : V_PADDD, 0, d, d, X_XTMP);
    } else if (!is_direct(round) && !first) {
        v_rrri(c, V_ROUNDPS + dbl, 0, X_XTMP, 0, a, (unsigned)x_round_imm(round, true));
    }
    x_repair_end(c, r, in, o, d);
}

/* ---- integers to vectors ---- */

void x_sel_vint2f(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    bool dbl = (in->aux & 3) == IR_D, u = in->op == IR_vu_fcvt;
    if ((in->aux & 3) == IR_H) {
        x_half_vfrom_int(c, in, o);
        return;
    }
    if ((dbl || u) && !avx512()) {
        x_sel_eval(c, in, o);
        return;
    }
    unsigned a = x_vector_operand(c, in->type, o.a), d = x_def(c);
    if (dbl || u)
        e_rr(c, dbl ? (u ? E_CVTUQQ2PD : E_CVTQQ2PD) : E_CVTUDQ2PS, dbl, d, a);
    else
        v_rr(c, V_CVTDQ2PS, 0, d, a);
}
