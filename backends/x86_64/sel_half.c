/*
 * Selection: half precision. With AVX512-FP16 the host has the operations. Otherwise operands are widened to single
 * precision, which is exact, computed there, and narrowed. Rounding twice does no harm: a single has more
 * than twice a half's fraction and two bits, so that the sum, product, quotient or root rounds to the same half
 * as its single does, and is inexact or tiny where that is (Figueroa, "When is double rounding innocuous?"; of two
 * halves a quotient or root is never as close to a half or to the middle of two as a single rounds). A fused product
 * needs more bits: it is computed in double precision, where what it loses is below any addend's middle, and comes down
 * to single precision with what was lost kept in the last bit ("round to odd").
 *
 * NaNs in a result, and operands that would raise what the guest does not, are sent to the reference semantics.
 * Source: Intel SDM vol. 2; Intel AVX512-FP16 specification.
 */
#include "backends/x86_64/float.h"

enum {
    V_VBROADCASTSS = 0x18 | X_0F38 | X_66, V_PBROADCASTQ = 0x59 | X_0F38 | X_66, V_PTEST = 0x17 | X_0F38 | X_66,
    V_PMAXUW = 0x3e | X_0F38 | X_66, V_PCMPEQW = 0x75 | X_0F | X_66, V_PAND = 0xdb | X_0F | X_66, V_PANDN = 0xdf | X_0F | X_66,
    V_POR = 0xeb | X_0F | X_66, V_PADDQ = 0xd4 | X_0F | X_66, V_PSHUFD = 0x70 | X_0F | X_66, V_PUNPCKLQDQ = 0x6c | X_0F | X_66,
    V_PACKSSDW = 0x6b | X_0F | X_66, V_PACKUSDW = 0x2b | X_0F38 | X_66, V_EXTRACTI128 = 0x39 | X_0F3A | X_66,
    V_FNMADD231 = 0xbc | X_0F38 | X_66,     /* packed; scalar is one more */
    V_PMOVSXWD = 0x23 | X_0F38 | X_66, V_PMOVZXWD = 0x33 | X_0F38 | X_66, V_CVTPS2DQ = 0x5b | X_0F | X_66,
    E_FPCLASSPH = 0x66 | X_0F3A, E_CMPPH = 0xc2 | X_0F3A, E_RNDSCALEPH = 0x08 | X_0F3A, E_PMOVM2W = 0x28 | X_0F38 | X_F3,
    E_FMADD231PH = 0xb8 | X_MAP6 | X_66, E_FNMADD231PH = 0xbc | X_MAP6 | X_66, E_CVTSI2SH = 0x2a | X_MAP5 | X_F3, E_CVTUSI2SH = 0x7b | X_MAP5 | X_F3,
    E_CVTSD2SH = 0x5a | X_MAP5 | X_F2, E_CVTW2PH = 0x7d | X_MAP5 | X_F3, E_CVTUW2PH = 0x7d | X_MAP5 | X_F2,
    CLASS_NAN = 0x81,
};

static bool native(void) { return x_features & XF_AVX512FP16; }

/* ---- AVX512-FP16 ---- */

/* The operation's opcode for halves, given the one for singles. */
static uint32_t half_op(uint32_t op, unsigned type) { return (op & 0xff) | X_MAP5 | (type == IR_F16 ? X_F3 : 0); }

/* Sets the host's flags; the condition returned says that d holds a NaN. */
static enum x_cc test_result(struct x_ctx *c, unsigned type, unsigned d)
{
    if (type == IR_F16) {
        e_rr(c, half_op(V_UCOMI, IR_V128), 0, d, d);
        return CC_P;
    }
    e_rrri(c, E_FPCLASSPH, 0, 1, 0, d, CLASS_NAN);
    x_test_k1(c);
    return CC_NE;
}

/* ---- widened to single precision: one, four, or eight lanes (256 bits) by the type of the halves ---- */

static void op3(struct x_ctx *c, unsigned type, uint32_t op, unsigned d, unsigned a, unsigned b)
{
    (type == IR_V128 ? y_rrr : v_rrr)(c, op | x_form(type, false), 0, d, a, b);
}
/* The same for operations on all the register's bits. */
static void bits3(struct x_ctx *c, unsigned type, uint32_t op, unsigned d, unsigned a, unsigned b)
{
    (type == IR_V128 ? y_rrr : v_rrr)(c, op, 0, d, a, b);
}

static void round_to(struct x_ctx *c, unsigned type, unsigned d, unsigned a, unsigned imm)
{
    if (type == IR_F16)
        v_rrri(c, V_ROUNDPS + 2, 0, d, a, a, imm);
    else
        (type == IR_V128 ? y_rrri : v_rrri)(c, V_ROUNDPS, 0, d, 0, a, imm);
}

/* All lanes of r. */
static void fill(struct x_ctx *c, unsigned type, unsigned r, uint32_t v)
{
    v_rm(c, V_MOVSS, 0, r, x_pool(x_pool_u64(c, v, false)));
    if (type != IR_F16)
        (type == IR_V128 ? y_rr : v_rr)(c, V_VBROADCASTSS, 0, r, r);
}

/* A scalar's unspecified neighbours become zeros. */
static void widen_to(struct x_ctx *c, unsigned type, unsigned d, unsigned a)
{
    if (type == IR_F16) {
        v_rr(c, V_PMOVZXWQ, 0, d, a);
        a = d;
    }
    (type == IR_V128 ? y_rr : v_rr)(c, V_CVTPH2PS, 0, d, a);
}

unsigned x_half_widen(struct x_ctx *c, unsigned type, unsigned ref)
{
    unsigned a = x_use(c, ref), t = x_xtmp(c);
    widen_to(c, type, t, a);
    return t;
}

/* imm: 0-3 a rounding mode, 4 the current one. Leaves the host's flags alone. */
static void narrow(struct x_ctx *c, unsigned type, unsigned d, unsigned s, unsigned imm)
{
    if (type == IR_V128) {
        y_rrri(c, V_CVTPS2PH, 0, s, 0, d, imm);
        x_vzeroupper(c);
    } else {
        v_rrri(c, V_CVTPS2PH, 0, s, 0, d, imm);
    }
}

/* Sets the host's flags; the condition returned says that a lane of a or b is a NaN. */
static enum x_cc test_nan(struct x_ctx *c, unsigned type, unsigned a, unsigned b)
{
    if (type == IR_F16) {
        v_rr(c, V_UCOMI, 0, a, b);
        return CC_P;
    }
    bool y = type == IR_V128;
    (y ? y_rrri : v_rrri)(c, V_CMP, 0, X_XTMP, a, b, CMP_UNORD);
    (y ? y_rr : v_rr)(c, V_TESTPS, 0, X_XTMP, X_XTMP);
    return CC_NE;
}

/* ---- arithmetic ---- */

static const uint32_t arith_op[] = {[IR_fadd] = V_ADD, [IR_fsub] = V_SUB, [IR_fmul] = V_MUL, [IR_fmulx] = V_MUL, [IR_fdiv] = V_DIV};

/* Computes d; the condition returned says that there is a NaN (but of FMULX, which has finite operands here). */
static enum x_cc arithmetic(struct x_ctx *c, const struct ir_insn *in, struct x_ops o, unsigned d)
{
    if (native()) {
        unsigned a = x_vector_operand(c, in->type, o.a), b = x_vector_operand(c, in->type, o.b);
        e_rrr(c, half_op(arith_op[in->op], in->type), 0, d, a, b);
        return in->op == IR_fmulx ? CC_P : test_result(c, in->type, d);
    }
    unsigned a = x_half_widen(c, in->type, o.a), b = x_half_widen(c, in->type, o.b);
    op3(c, in->type, arith_op[in->op], a, a, b);
    enum x_cc nan = in->op == IR_fmulx ? CC_P : test_nan(c, in->type, a, a);
    narrow(c, in->type, d, a, 4);
    return nan;
}

void x_half_arith(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned d = x_def(c);
    x_repair(c, arithmetic(c, in, o, d), in, o, d);
}

void x_half_sqrt(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned d = x_def(c);
    if (native()) {
        unsigned a = x_vector_operand(c, in->type, o.a);
        e_rrr(c, half_op(V_SQRT, in->type), 0, d, in->type == IR_F16 ? a : 0, a);
        x_repair(c, test_result(c, in->type, d), in, o, d);
        return;
    }
    unsigned a = x_half_widen(c, in->type, o.a);
    op3(c, in->type, V_SQRT, a, in->type == IR_F16 ? a : 0, a);
    enum x_cc nan = test_nan(c, in->type, a, a);
    narrow(c, in->type, d, a, 4);
    x_repair(c, nan, in, o, d);
}

/* As in sel_float.c: both orders joined, so that zeros' signs count. */
void x_half_minmax(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    bool min = in->op == IR_fmin || in->op == IR_fminnm || in->op == IR_fminnum;
    unsigned d = x_def(c), a, b;
    enum x_cc nan = CC_P;
    if (native()) {
        a = x_vector_operand(c, in->type, o.a), b = x_vector_operand(c, in->type, o.b);
        if (in->type == IR_F16) {
            e_rr(c, half_op(V_UCOMI, IR_V128), 0, a, b);
        } else {
            e_rrri(c, E_CMPPH, 0, 1, a, b, CMP_UNORD);
            x_test_k1(c);
            nan = CC_NE;
        }
    } else {
        a = x_half_widen(c, in->type, o.a), b = x_half_widen(c, in->type, o.b);
        nan = test_nan(c, in->type, a, b);
    }
    struct x_repair r = x_repair_begin(c, nan);
    uint32_t op = min ? V_MIN : V_MAX, join = min ? V_OR : V_AND;
    if (native()) {
        e_rrr(c, half_op(op, in->type), 0, X_XTMP, a, b);
        e_rrr(c, half_op(op, in->type), 0, d, b, a);
        v_rrr(c, join, 0, d, d, X_XTMP);
    } else {
        op3(c, in->type, op, X_XTMP, a, b);
        op3(c, in->type, op, b, b, a);
        bits3(c, in->type, join, b, b, X_XTMP);
        narrow(c, in->type, d, b, 4);
    }
    x_repair_end(c, r, in, o, d);
}

/* ---- fused products ---- */

/* Half a of an operand's lanes as doubles (256 bits; a scalar: one). */
static void to_doubles(struct x_ctx *c, unsigned type, unsigned d, unsigned a, unsigned half)
{
    if (half) {
        v_rrri(c, V_PSHUFD, 0, d, 0, a, 0xee);
        a = d;
    }
    widen_to(c, type == IR_F16 ? IR_F16 : IR_V64, d, a);
    if (type == IR_F16)
        v_rrr(c, V_CVTF2F | X_F3, 0, d, d, d);
    else
        y_rr(c, V_CVTF2F, 0, d, d);
}

static void fill_double(struct x_ctx *c, unsigned r, uint64_t v)
{
    v_rm(c, V_MOVQ, 0, r, x_pool(x_pool_u64(c, v, false)));
    y_rr(c, V_PBROADCASTQ, 0, r, r);
}

/*
 * Doubles to singles, rounded to odd: lost bits set the last one kept. Their sum with a mask of as many ones
 * carries into that bit if any was set. Exact as long as the exponent fits. Clobbers XTMP.
 */
static void odd_singles(struct x_ctx *c, bool scalar, unsigned d, unsigned s, unsigned t)
{
    fill_double(c, X_XTMP, (1u << 29) - 1);
    y_rrr(c, V_PAND, 0, t, s, X_XTMP);
    y_rrr(c, V_PADDQ, 0, t, t, X_XTMP);
    y_rrr(c, V_POR, 0, t, t, s);
    y_rrr(c, V_PANDN, 0, t, X_XTMP, t);
    (scalar ? v_rr : y_rr)(c, V_CVTF2F | X_66, 0, d, t);    /* of a scalar too, whose neighbour is 0 or a small constant */
}

/* What a fused op computes: a * b + c, or (addend - a * b) * scale with doubles' bits (scale 0: 1). */
struct fused { bool minus; uint64_t addend, scale; };

/* Lanes 4 * half upward as singles rounded to odd, into d. */
static void fused_half(struct x_ctx *c, unsigned type, struct fused f, const unsigned src[3], unsigned half, unsigned d, unsigned x, unsigned y)
{
    bool scalar = type == IR_F16;
    to_doubles(c, type, x, src[0], half);
    to_doubles(c, type, y, src[1], half);
    if (f.addend)
        fill_double(c, d, f.addend);
    else
        to_doubles(c, type, d, src[2], half);
    uint32_t op = (f.minus ? V_FNMADD231 : V_FMADD231) + scalar;
    (scalar ? v_rrr : y_rrr)(c, op, 1, d, x, y);
    if (f.scale) {
        fill_double(c, x, f.scale);
        (scalar ? v_rrr : y_rrr)(c, V_MUL | (scalar ? X_F2 : X_66), 0, d, d, x);
    }
    odd_singles(c, scalar, d, d, x);
}

/* Computes d; the condition returned says that there is a NaN (but of steps, which have finite operands here). */
static enum x_cc fused(struct x_ctx *c, const struct ir_insn *in, struct x_ops o, struct fused f, unsigned d)
{
    unsigned src[3] = {x_use(c, o.a), x_use(c, o.b), o.c ? x_use(c, o.c) : 0};
    unsigned low = x_xtmp(c), high = low, x = x_xtmp(c), y = x_xtmp(c);
    fused_half(c, in->type, f, src, 0, low, x, y);
    if (in->type == IR_V128) {
        high = x_xtmp(c);
        fused_half(c, in->type, f, src, 1, high, x, y);
    }
    x_vzeroupper(c);
    enum x_cc nan = f.minus ? CC_P : test_nan(c, in->type == IR_F16 ? IR_F16 : IR_V64, low, high);
    narrow(c, IR_V64, d, low, 4);
    if (in->type == IR_V128) {
        narrow(c, IR_V64, high, high, 4);
        v_rrr(c, V_PUNPCKLQDQ, 0, d, d, high);
    }
    return nan;
}

void x_half_fma(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned d = x_def(c);
    if (!native()) {
        x_repair(c, fused(c, in, o, (struct fused){0}, d), in, o, d);
        return;
    }
    unsigned a = x_vector_operand(c, in->type, o.a), b = x_vector_operand(c, in->type, o.b), s = x_vector_operand(c, in->type, o.c);
    v_rr(c, V_MOVAPS, 0, d, s);
    e_rrr(c, E_FMADD231PH + (in->type == IR_F16), 0, d, a, b);
    x_repair(c, test_result(c, in->type, d), in, o, d);
}

/* FMULX and the steps of sel_estimate.c, whose operands are finite: the others have gone to the repair r. */
void x_half_mulx(struct x_ctx *c, const struct ir_insn *in, struct x_ops o, struct x_repair r)
{
    unsigned d = x_def(c);
    arithmetic(c, in, o, d);
    x_repair_end(c, r, in, o, d);
}

/* FRSQRTS always in double precision, where halving loses nothing. */
void x_half_step(struct x_ctx *c, const struct ir_insn *in, struct x_ops o, struct x_repair r)
{
    unsigned d = x_def(c);
    bool root = in->op == IR_frsqrts;
    if (root || !native()) {
        fused(c, in, o, (struct fused){true, root ? 0x4008000000000000 : 0x4000000000000000, root ? 0x3fe0000000000000 : 0}, d);
    } else {
        unsigned a = x_vector_operand(c, in->type, o.a), b = x_vector_operand(c, in->type, o.b);
        v_rm(c, V_MOVUPS, 0, d, x_pool(x_pool_u128(c, 0x4000400040004000, 0x4000400040004000)));
        e_rrr(c, E_FNMADD231PH + (in->type == IR_F16), 0, d, a, b);
    }
    x_repair_end(c, r, in, o, d);
}

/* ---- comparison ---- */

void x_half_compare(struct x_ctx *c, bool signal, bool swap, struct x_ops o)
{
    uint32_t op = signal ? V_COMI : V_UCOMI;
    unsigned first = swap ? o.b : o.a, second = swap ? o.a : o.b;
    if (native()) {
        unsigned a = x_use(c, first), b = x_use(c, second);
        e_rr(c, half_op(op, IR_V128), 0, a, b);
    } else {
        unsigned a = x_half_widen(c, IR_F16, first), b = x_half_widen(c, IR_F16, second);
        v_rr(c, op, 0, a, b);
    }
}

/* As x_sel_vfcmp; the predicate is the host's. */
void x_half_vcmp(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned pred = x_host_predicate(in->aux >> 8), d = x_def(c);
    if (native()) {
        unsigned a = x_vector_operand(c, in->type, o.a), b = x_vector_operand(c, in->type, o.b);
        e_rrri(c, E_CMPPH, 0, 1, a, b, pred);
        e_rr(c, E_PMOVM2W, 1, d, 1);
        return;
    }
    unsigned a = x_half_widen(c, in->type, o.a), b = x_half_widen(c, in->type, o.b);
    if (in->type == IR_V64) {
        v_rrri(c, V_CMP, 0, a, a, b, pred);
        v_rrr(c, V_PACKSSDW, 0, d, a, a);
        return;
    }
    y_rrri(c, V_CMP, 0, a, a, b, pred);
    y_rrri(c, V_EXTRACTI128, 0, a, 0, b, 1);
    x_vzeroupper(c);
    v_rrr(c, V_PACKSSDW, 0, d, a, b);
}

/* ---- rounding to integral values ---- */

/* Rounds singles that were halves; ties away from zero by adding a half, which is exact for them. */
static void round_singles(struct x_ctx *c, unsigned type, unsigned a, unsigned round, bool exact)
{
    if (round != IR_RA) {
        round_to(c, type, a, a, (unsigned)x_round_imm(round, exact));
        return;
    }
    unsigned t = x_xtmp(c);
    if (exact)
        round_to(c, type, X_XTMP, a, (unsigned)x_round_imm(IR_RZ, true));
    fill(c, type, X_XTMP, 0x80000000);
    bits3(c, type, V_AND, t, a, X_XTMP);
    fill(c, type, X_XTMP, 0x3f000000);
    bits3(c, type, V_OR, t, t, X_XTMP);
    op3(c, type, V_ADD, a, a, t);
    round_to(c, type, a, a, (unsigned)x_round_imm(IR_RZ, false));
}

void x_half_round(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned round = in->aux >> 8 & 7, d = x_def(c);
    bool exact = in->aux & IR_ROUND_EXACT;
    if (native() && round != IR_RA) {
        unsigned a = x_vector_operand(c, in->type, o.a);
        e_rrri(c, E_RNDSCALEPH + (in->type == IR_F16 ? 2 : 0), 0, d, in->type == IR_F16 ? a : 0, a, (unsigned)x_round_imm(round, exact));
        x_repair(c, test_result(c, in->type, d), in, o, d);
        return;
    }
    unsigned a = x_half_widen(c, in->type, o.a);
    round_singles(c, in->type, a, round, exact);
    enum x_cc nan = test_nan(c, in->type, a, a);
    narrow(c, in->type, d, a, 4);
    x_repair(c, nan, in, o, d);
}

/* ---- conversions ---- */

/*
 * From integers. All of 17 bits or more overflow alike, so they are cut to 20 bits, which single precision holds
 * exactly; narrowing takes a rounding mode.
 */
void x_half_from_int(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    bool wide = c->insn[in->a].type == IR_I64, u = in->op == IR_u_fcvt;
    unsigned round = in->aux & 7, d = x_def(c);
    if (native() && round == IR_RCUR) {
        unsigned a = x_use(c, o.a);
        v_rrr(c, V_XOR, 0, d, d, d);
        e_rrr(c, u ? E_CVTUSI2SH : E_CVTSI2SH, wide, d, d, a);
        return;
    }
    unsigned a = x_tmp_copy(c, o.a), limit = x_tmp(c);
    x_mov_imm(c, limit, 1 << 20);
    x_alu_rr(c, A_CMP, wide, a, limit);
    x_cmov(c, u ? CC_A : CC_G, wide, a, limit);
    if (!u) {
        x_mov_imm(c, limit, (uint64_t)-(1ll << 20));
        x_alu_rr(c, A_CMP, wide, a, limit);
        x_cmov(c, CC_L, wide, a, limit);
    }
    v_rrr(c, V_XOR, 0, d, d, d);
    v_rrr(c, V_CVTSI2F | X_F3, 0, d, d, a);
    narrow(c, IR_F16, d, d, (unsigned)x_round_imm(round, true));
}

/* Doubles whose exponent a single has come down by rounding to odd; others are repaired. */
void x_half_from_double(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned a = x_use(c, o.a), d = x_def(c);
    if (native()) {
        e_rrr(c, E_CVTSD2SH, 1, d, a, a);
        v_rr(c, V_UCOMI | X_66, 0, a, a);
        x_repair(c, CC_P, in, o, d);
        return;
    }
    uint64_t least = (uint64_t)(1023 - 60) << 53, most = (uint64_t)(1023 + 60) << 53;
    unsigned bits = x_tmp(c), limit = x_tmp(c), t = x_xtmp(c);
    v_rr(c, V_MOVD_ST, 1, a, bits);
    x_shift_ri(c, S_SHL, 1, bits, 1);
    uint8_t *zero = x_jcc8(c, CC_E);
    x_mov_imm(c, limit, least);
    x_alu_rr(c, A_SUB, 1, bits, limit);
    x_mov_imm(c, limit, most - least);
    x_alu_rr(c, A_CMP, 1, bits, limit);
    struct x_repair r = x_repair_begin(c, CC_A);
    x_here(c, zero);
    v_rr(c, V_MOVQ, 0, d, a);
    odd_singles(c, true, d, d, t);
    x_vzeroupper(c);
    narrow(c, IR_F16, d, d, 4);
    x_repair_end(c, r, in, o, d);
}

/*
 * To 16-bit lanes. As bits, halves below the limit of the format, and to unsigned all that are not negative, fit and
 * are no NaNs; the others are repaired.
 */
void x_half_vto_int(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    bool u = in->op == IR_vfcvt_u, y = in->type == IR_V128;
    unsigned round = in->aux >> 8 & 7, a = x_use(c, o.a), d = x_def(c), s = x_xtmp(c);
    uint64_t all = u ? 0xffffffffffffffff : 0x7fff7fff7fff7fff, limit = u ? 0x7c007c007c007c00 : 0x7800780078007800;
    v_rrm(c, V_PAND, 0, X_XTMP, a, x_pool(x_pool_u128(c, all, y ? all : 0)));
    v_rrm(c, V_PMAXUW, 0, d, X_XTMP, x_pool(x_pool_u128(c, limit, limit)));
    v_rrr(c, V_PCMPEQW, 0, d, d, X_XTMP);
    x_room(c, 1);
    v_rr(c, V_PTEST, 0, d, d);
    struct x_repair r = x_repair_begin(c, CC_NE);
    widen_to(c, in->type, s, a);
    if (round != IR_RZ && round != IR_RCUR)
        round_singles(c, in->type, s, round, true);
    (y ? y_rr : v_rr)(c, round == IR_RCUR ? V_CVTPS2DQ : V_CVTTPS2DQ, 0, s, s);
    unsigned high = s;
    if (y) {
        high = d;
        y_rrri(c, V_EXTRACTI128, 0, s, 0, high, 1);
        x_vzeroupper(c);
    }
    v_rrr(c, u ? V_PACKUSDW : V_PACKSSDW, 0, d, s, high);
    x_repair_end(c, r, in, o, d);
}

void x_half_vfrom_int(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    bool u = in->op == IR_vu_fcvt, y = in->type == IR_V128;
    if (native()) {
        unsigned a = x_vector_operand(c, in->type, o.a);
        e_rr(c, u ? E_CVTUW2PH : E_CVTW2PH, 0, x_def(c), a);
        return;
    }
    unsigned a = x_use(c, o.a), d = x_def(c);
    (y ? y_rr : v_rr)(c, u ? V_PMOVZXWD : V_PMOVSXWD, 0, d, a);
    (y ? y_rr : v_rr)(c, V_CVTDQ2PS, 0, d, d);
    narrow(c, in->type, d, d, 4);
}
