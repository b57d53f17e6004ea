/*
 * Selection: floating-point arithmetic on scalars and vectors, comparisons and conversions.
 *
 * The host computes; where its result may differ from the guest's (a NaN came out, a conversion was
 * out of range) a test of the result branches to cold code that asks the reference semantics
 * (x_repair). Tests are chosen so that they raise no flag the operation itself has not raised.
 * Sources: Intel SDM vol. 2; vol. 1, 4.8.3.5 (NaN operands), appendix E.
 */
#include "backends/x86_64/float.h"

/* Branches to cold code that recomputes the instruction into d if d (all of it, for vectors) holds a NaN. */
static void check_nan(struct x_ctx *c, const struct ir_insn *in, struct x_ops o, unsigned d, bool dbl)
{
    if (x_is_vector(in->type)) {
        v_rrri(c, V_CMP | (dbl ? X_66 : 0), 0, X_XTMP, d, d, CMP_UNORD);
        v_rr(c, V_TESTPS, 0, X_XTMP, X_XTMP);
        x_repair(c, CC_NE, in, o, d);
    } else {
        v_rr(c, V_UCOMI | (dbl ? X_66 : 0), 0, d, d);
        x_repair(c, CC_P, in, o, d);
    }
}

void x_sel_farith(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    static const uint32_t op[] = {[IR_fadd - IR_fadd] = V_ADD, [IR_fsub - IR_fadd] = V_SUB, [IR_fmul - IR_fadd] = V_MUL,
                                  [IR_fdiv - IR_fadd] = V_DIV};
    bool dbl = x_is_double(in->type, in->aux);
    if (x_is_half(in->type, in->aux)) {
        x_half_arith(c, in, o);
        return;
    }
    uint32_t code = op[in->op - IR_fadd] | x_form(in->type, dbl);
    unsigned a = x_vector_operand(c, in->type, o.a), b = x_vector_operand(c, in->type, o.b), d = x_def(c);
    v_rrr(c, code, 0, d, a, b);
    check_nan(c, in, o, d, dbl);
}

void x_sel_fsqrt(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    bool dbl = x_is_double(in->type, in->aux);
    if (x_is_half(in->type, in->aux)) {
        x_half_sqrt(c, in, o);
        return;
    }
    unsigned a = x_vector_operand(c, in->type, o.a), d = x_def(c);
    v_rrr(c, V_SQRT | x_form(in->type, dbl), 0, d, x_is_vector(in->type) ? 0 : a, a);
    check_nan(c, in, o, d, dbl);
}

void x_sel_fma(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    bool dbl = x_is_double(in->type, in->aux);
    if (x_is_half(in->type, in->aux)) {
        x_half_fma(c, in, o);
        return;
    }
    unsigned a = x_vector_operand(c, in->type, o.a), b = x_vector_operand(c, in->type, o.b), s = x_vector_operand(c, in->type, o.c), d = x_def(c);
    v_rr(c, V_MOVAPS, 0, d, s);
    v_rrr(c, V_FMADD231 | (x_is_vector(in->type) ? 0 : 1), dbl, d, a, b);
    check_nan(c, in, o, d, dbl);
}

/*
 * Minimum and maximum of numbers: the host's returns its second operand for equal zeros, so both orders are
 * joined: sign bits OR for the minimum, AND for the maximum. The host's would raise invalid for quiet
 * NaNs, so they are sent away first.
 */
void x_sel_fminmax(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    bool dbl = x_is_double(in->type, in->aux), min = in->op == IR_fmin || in->op == IR_fminnm || in->op == IR_fminnum;
    if (x_is_half(in->type, in->aux)) {
        x_half_minmax(c, in, o);
        return;
    }
    uint32_t code = (min ? V_MIN : V_MAX) | x_form(in->type, dbl), pd = dbl ? X_66 : 0;
    unsigned a = x_vector_operand(c, in->type, o.a), b = x_vector_operand(c, in->type, o.b), d = x_def(c);
    enum x_cc cc = CC_P;
    if (x_is_vector(in->type)) {
        v_rrri(c, V_CMP | pd, 0, X_XTMP, a, b, CMP_UNORD);
        v_rr(c, V_TESTPS, 0, X_XTMP, X_XTMP);
        cc = CC_NE;
    } else {
        v_rr(c, V_UCOMI | pd, 0, a, b);
    }
    struct x_repair r = x_repair_begin(c, cc);
    v_rrr(c, code, 0, X_XTMP, a, b);
    v_rrr(c, code, 0, d, b, a);
    v_rrr(c, (min ? V_OR : V_AND), 0, d, d, X_XTMP);
    x_repair_end(c, r, in, o, d);
}

static struct x_mem sign_mask(struct x_ctx *c, bool dbl, bool inverted)
{
    uint64_t m = dbl ? 1ull << 63 : 0x8000000080000000ull;
    if (inverted)
        m = ~m;
    return x_pool(x_pool_u128(c, m, m));
}

static struct x_mem sign_mask_of(struct x_ctx *c, const struct ir_insn *in, bool inverted)
{
    if (x_is_half(in->type, in->aux)) {
        uint64_t m = 0x8000800080008000ull;
        m = inverted ? ~m : m;
        return x_pool(x_pool_u128(c, m, m));
    }
    return sign_mask(c, x_is_double(in->type, in->aux), inverted);
}

void x_sel_fsign(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned a = x_use(c, o.a), d = x_def(c);
    bool neg = in->op == IR_fneg;
    v_rrm(c, neg ? V_XOR : V_AND, 0, d, a, sign_mask_of(c, in, !neg));
}

void x_sel_fcopysign(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned a = x_use(c, o.a), b = x_use(c, o.b), d = x_def(c);
    v_rrm(c, V_AND, 0, X_XTMP, b, sign_mask_of(c, in, false));
    v_rrm(c, V_AND, 0, d, a, sign_mask_of(c, in, true));
    v_rrr(c, V_OR, 0, d, d, X_XTMP);
}

/* ---- comparisons ---- */

/* swap: the second with the first */
static void compare(struct x_ctx *c, const struct ir_insn *in, struct x_ops o, bool signal, bool swap)
{
    unsigned type = c->insn[in->a].type;
    if (type == IR_F16) {
        x_half_compare(c, signal, swap, o);
        return;
    }
    unsigned a = x_use(c, o.a), b = x_use(c, o.b);
    v_rr(c, (signal ? V_COMI : V_UCOMI) | (type == IR_F64 ? X_66 : 0), 0, swap ? b : a, swap ? a : b);
}

enum x_cc x_fcmp_flags(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned pred = in->aux & 0x7f;
    compare(c, in, o, in->aux & IR_FSIGNAL, pred == IR_FLT || pred == IR_FLE);
    return pred == IR_FUN ? CC_P : pred == IR_FLT || pred == IR_FGT ? CC_A : pred == IR_FEQ ? CC_E : CC_AE;
}

void x_flagfcmp_in_place(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    uint32_t code = (in->aux & 1 ? V_COMI : V_UCOMI) | (c->insn[in->a].type == IR_F64 ? X_66 : 0);
    unsigned a = c->val[o.a].reg;
    if (a == X_NONE)
        x_into(c, a = X_XTMP, o.a);
    if (c->val[o.b].reg != X_NONE)
        v_rr(c, code, 0, a, c->val[o.b].reg);
    else
        v_rm(c, code, 0, a, x_place_mem(c, o.b));
}

void x_sel_fcmp(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    enum x_cc cc = x_fcmp_flags(c, in, o);
    unsigned d = x_def(c);
    x_setcc(c, cc, d);
    x_rr(c, X_MOVZX8 | X_BYTE, 0, d, d);
    if ((in->aux & 0x7f) == IR_FEQ) {
        unsigned t = x_tmp(c);
        x_setcc(c, CC_NP, t);
        x_alu_rr(c, A_AND, 0, d, t);
    }
}

/* N less, Z and C equal, C greater, C and V unordered, chosen from the host's CF, ZF and PF (all set when unordered). */
void x_sel_flagfcmp(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    static const struct { enum x_cc cc; uint32_t flags; } choice[] = {
        {CC_E, IR_FLAG_Z | IR_FLAG_C}, {CC_B, IR_FLAG_N}, {CC_P, IR_FLAG_C | IR_FLAG_V},
    };
    if (!c->val[c->pos].used || (c->val[c->pos].flags & XV_DEFER)) {    /* done for the status it raises */
        compare(c, in, o, in->aux & 1, false);
        return;
    }
    x_use(c, o.a), x_use(c, o.b);   /* allocating more may cost the host's flags */
    unsigned d = x_def(c), t = x_tmp(c);
    compare(c, in, o, in->aux & 1, false);
    x_mov_imm(c, d, IR_FLAG_C);
    for (unsigned i = 0; i < sizeof choice / sizeof choice[0]; i++) {
        x_mov_imm(c, t, choice[i].flags);
        x_cmov(c, choice[i].cc, 0, d, t);
    }
}

unsigned x_host_predicate(unsigned pred)
{
    static const uint8_t quiet[] = {[IR_FEQ] = 0, [IR_FLT] = 0x11, [IR_FLE] = 0x12, [IR_FGT] = 0x1e, [IR_FGE] = 0x1d, [IR_FUN] = 3};
    static const uint8_t signal[] = {[IR_FEQ] = 0x10, [IR_FLT] = 1, [IR_FLE] = 2, [IR_FGT] = 0xe, [IR_FGE] = 0xd, [IR_FUN] = 0x13};
    return pred & IR_FSIGNAL ? signal[pred & 0x7f] : quiet[pred & 0x7f];
}

void x_sel_vfcmp(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    if ((in->aux & 3) == IR_H) {
        x_half_vcmp(c, in, o);
        return;
    }
    unsigned a = x_vector_operand(c, in->type, o.a), b = x_vector_operand(c, in->type, o.b), d = x_def(c);
    v_rrri(c, V_CMP | ((in->aux & 3) == IR_D ? X_66 : 0), 0, d, a, b, x_host_predicate(in->aux >> 8));
}

/* ---- conversions ---- */

/* Lane 0 alone, the rest zero, in a register that may be the operand's own. */
static unsigned single_alone(struct x_ctx *c, unsigned ref)
{
    unsigned r = x_use(c, ref), t = x_xtmp(c);
    v_rrri(c, V_INSERTPS, 0, t, r, r, 0x0e);
    return t;
}

void x_sel_fcvt(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned from = c->insn[in->a].type, to = in->type;
    if (from == to) {
        x_sel_eval(c, in, o);
        return;
    }
    if (from == IR_F64 && to == IR_F16) {
        x_half_from_double(c, in, o);
        return;
    }
    unsigned d;
    if (to == IR_F16) {
        unsigned a = single_alone(c, o.a);
        d = x_def(c);
        v_rrri(c, V_CVTPS2PH, 0, a, 0, d, 4);
        /* The result has no cheap NaN test: test the operand. */
        v_rr(c, V_UCOMI, 0, a, a);
        x_repair(c, CC_P, in, o, d);
        return;
    }
    unsigned a = x_use(c, o.a);
    d = x_def(c);
    if (from == IR_F16) {
        /* Four halves are converted: only the first may be anything but zero. */
        v_rr(c, V_PMOVZXWQ, 0, d, a);
        v_rr(c, V_CVTPH2PS, 0, d, d);
        if (to == IR_F64)
            v_rrr(c, V_CVTF2F | X_F3, 0, d, d, d);
    } else {
        v_rrr(c, V_CVTF2F | (from == IR_F64 ? X_F2 : X_F3), 0, d, a, a);
    }
    v_rr(c, V_UCOMI | (to == IR_F64 ? X_66 : 0), 0, d, d);
    x_repair(c, CC_P, in, o, d);
}

void x_sel_vfcvtl(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    bool from_half = (in->aux & 3) == IR_H;
    unsigned a = x_use(c, o.a), d = x_def(c);
    if (from_half)
        v_rr(c, V_CVTPH2PS, 0, d, a);
    else
        v_rr(c, V_CVTF2F, 0, d, a);
    check_nan(c, in, o, d, !from_half);
}

void x_sel_vfcvtn(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    bool to_half = (in->aux & 3) == IR_S;
    unsigned a = x_use(c, o.a), d = x_def(c);
    if (to_half)
        v_rrri(c, V_CVTPS2PH, 0, a, 0, d, 4);
    else
        v_rr(c, V_CVTF2F | X_66, 0, d, a);
    v_rrri(c, V_CMP | (to_half ? 0 : X_66), 0, X_XTMP, a, a, CMP_UNORD);
    v_rr(c, V_TESTPS, 0, X_XTMP, X_XTMP);
    x_repair(c, CC_NE, in, o, d);
}

/* What lies above a scalar in its register does not matter, so setting bits 63:32 (63:16) is all there is to a box. */
void x_sel_fbox(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned bits = c->insn[in->a].type == IR_F16 ? 16 : 32, a = x_use(c, o.a), d = x_def(c);
    v_rrm(c, V_OR, 0, d, a, x_pool(x_pool_u128(c, ~0ull << bits, 0)));
}

void x_sel_funbox(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned a = x_use(c, o.a), d = x_def(c), t = x_tmp(c);
    bool half = in->type == IR_F16;
    if (half) {
        v_rr(c, V_MOVD_ST, 1, a, t);
        x_shift_ri(c, S_SAR, 1, t, 16);
    } else {
        v_rrri(c, V_PEXTRD, 0, a, 0, t, 1);
    }
    if (d != a)
        v_rr(c, V_MOVAPS, 0, d, a);
    x_alu_ri(c, A_CMP, half, t, -1);
    x_repair(c, CC_NE, in, o, d);
}

int x_round_imm(unsigned round, bool exact)
{
    static const int8_t imm[] = {[IR_RN] = 0, [IR_RM] = 1, [IR_RP] = 2, [IR_RZ] = 3, [IR_RA] = -1, [IR_RODD] = -1, [IR_RCUR] = 4, [7] = -1};
    int v = imm[round & 7];
    return v < 0 ? v : v | (exact ? 0 : 8);
}

/*
 * Ties away from zero: the integral part, which alone may raise inexact, and what twice the rest has of one, with the
 * operand's sign for zeros. Numbers too large to have a fraction are repaired.
 */
static void round_away(struct x_ctx *c, const struct ir_insn *in, struct x_ops o, bool dbl)
{
    enum { V_PCMPGTD = 0x66 | X_0F | X_66, V_PCMPGTQ = 0x37 | X_0F38 | X_66 };
    bool vec = x_is_vector(in->type);
    uint64_t magnitude = dbl ? INT64_MAX : 0x7fffffff7fffffff, whole = dbl ? (uint64_t)(1023 + 52) << 52 : 0x4b0000004b000000, sign = ~magnitude;
    uint32_t form = x_form(in->type, dbl), round = V_ROUNDPS + (vec ? 0 : 2) + dbl;
    unsigned a = x_vector_operand(c, in->type, o.a), d = x_def(c), t = x_xtmp(c), exact = in->aux & IR_ROUND_EXACT;
    struct x_mem lanes = x_pool(x_pool_u128(c, vec || dbl ? magnitude : (uint32_t)magnitude, vec ? magnitude : 0));
    v_rrm(c, V_AND, 0, X_XTMP, a, lanes);
    v_rrm(c, dbl ? V_PCMPGTQ : V_PCMPGTD, 0, X_XTMP, X_XTMP, x_pool(x_pool_u128(c, whole, whole)));
    v_rr(c, V_TESTPS, 0, X_XTMP, X_XTMP);
    struct x_repair r = x_repair_begin(c, CC_NE);
    v_rrri(c, round, 0, t, vec ? 0 : a, a, (unsigned)x_round_imm(IR_RZ, exact));
    v_rrr(c, V_SUB | form, 0, d, a, t);
    v_rrr(c, V_ADD | form, 0, d, d, d);
    v_rrri(c, round, 0, d, vec ? 0 : d, d, (unsigned)x_round_imm(IR_RZ, false));
    v_rrr(c, V_ADD | form, 0, d, d, t);
    v_rrm(c, V_AND, 0, d, d, lanes);
    v_rrm(c, V_AND, 0, X_XTMP, a, x_pool(x_pool_u128(c, sign, sign)));
    v_rrr(c, V_OR, 0, d, d, X_XTMP);
    x_repair_end(c, r, in, o, d);
}

void x_sel_fround(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    bool dbl = x_is_double(in->type, in->aux), vec = x_is_vector(in->type);
    int imm = x_round_imm(in->aux >> 8, in->aux & IR_ROUND_EXACT);
    if (x_is_half(in->type, in->aux) && (imm >= 0 || (in->aux >> 8 & 7) == IR_RA)) {
        x_half_round(c, in, o);
        return;
    }
    if ((in->aux >> 8 & 7) == IR_RA) {
        round_away(c, in, o, dbl);
        return;
    }
    if (imm < 0) {
        x_sel_eval(c, in, o);
        return;
    }
    unsigned a = x_vector_operand(c, in->type, o.a), d = x_def(c);
    v_rrri(c, V_ROUNDPS + (vec ? 0 : 2) + dbl, 0, d, vec ? 0 : a, a, (unsigned)imm);
    check_nan(c, in, o, d, dbl);
}

/*
 * RISC-V's classes in the order of magnitude are bits 4 (zero) to 9 (quiet NaN): counted from 4 by comparisons with the
 * least of each. Negative numbers' stand below in the opposite order. A half is shifted up to a single's place.
 */
void x_sel_fclass(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned type = c->insn[in->a].type, w = type == IR_F64, a = x_use(c, o.a), d = x_def(c), bits = x_tmp(c), t = x_tmp(c);
    uint64_t normal = type == IR_F64 ? 1ull << 53 : type == IR_F32 ? 1u << 24 : 1u << 27, inf = type == IR_F64 ? 0xffe0000000000000 : type == IR_F32 ? 0xff000000 : 0xf8000000;
    const uint64_t least[] = {1, normal, inf, inf + 1, inf + normal / 2};
    v_rr(c, V_MOVD_ST, w, a, bits);
    if (type == IR_F16)
        x_shift_ri(c, S_SHL, 0, bits, 16);
    x_mov_rr(c, w, t, bits);
    x_alu_rr(c, A_ADD, w, t, t);
    x_mov_imm(c, d, 4);
    for (unsigned i = 0; i < 5; i++) {
        x_alu_rm(c, A_CMP, w, t, x_pool(x_pool_u64(c, least[i], false)));
        x_alu_ri(c, A_SBB, 0, d, -1);       /* one more unless below */
    }
    x_mov_rr(c, 0, t, d);
    x_alu_ri(c, A_XOR, 0, t, 7);
    x_alu_ri(c, A_CMP, 0, d, 8);
    x_cmov(c, CC_AE, 0, t, d);              /* NaNs of either sign */
    x_test_rr(c, w, bits, bits);
    x_cmov(c, CC_S, 0, d, t);
    x_mov_imm(c, t, 1);
    v_rrr(c, X_SHLX, 0, d, d, t);
}
