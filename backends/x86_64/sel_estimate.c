/*
 * Selection: A64's reciprocal and square root estimates, the Newton steps made for them, and FMULX.
 *
 * An estimate's fraction comes from a table of bytes in the region's constants, looked up lane by lane; its exponent is
 * computed for all lanes at once. Operands that are not normal, or whose result is not, are repaired. A scalar is
 * computed as a vector of equal lanes. Source: Arm ARM, shared pseudocode FPRecipEstimate, FPRSqrtEstimate, FPRecipX,
 * FPRecipStepFused, FPRSqrtStepFused, FPMulX, UnsignedRecipEstimate, UnsignedRSqrtEstimate.
 */
#include "backends/x86_64/float.h"
#include "ir/eval.h"

enum {
    V_PAND = 0xdb | X_0F | X_66, V_PANDN = 0xdf | X_0F | X_66, V_POR = 0xeb | X_0F | X_66, V_PTEST = 0x17 | X_0F38 | X_66,
    V_PINSRB = 0x20 | X_0F3A | X_66, V_PEXTRW_R = 0xc5 | X_0F | X_66, V_PCMPGTQ = 0x37 | X_0F38 | X_66, V_PMAXUD = 0x3f | X_0F38 | X_66,
    V_SHIFT_S = 0x72 | X_0F | X_66, V_FNMADD231 = 0xbc | X_0F38 | X_66,
    SHIFT_RIGHT = 2, SHIFT_ARITH = 4, SHIFT_LEFT = 6,
};

/* By lane; there is none for bytes. */
static const uint32_t sub_op[4] = {0, 0xf9 | X_0F | X_66, 0xfa | X_0F | X_66, 0xfb | X_0F | X_66};
static const uint32_t equal_op[4] = {0, 0x75 | X_0F | X_66, 0x76 | X_0F | X_66, 0x29 | X_0F38 | X_66};
static const uint32_t umax_op[4] = {0, 0x3e | X_0F38 | X_66, 0x3f | X_0F38 | X_66, 0};
static const uint32_t greater_op[4] = {0, 0x65 | X_0F | X_66, 0x66 | X_0F | X_66, 0x37 | X_0F38 | X_66};
static const uint32_t broadcast_op[4] = {0, 0x79 | X_0F38 | X_66, 0x58 | X_0F38 | X_66, 0x59 | X_0F38 | X_66};
static const uint32_t shift_op[4] = {0, 0x71 | X_0F | X_66, 0x72 | X_0F | X_66, 0x73 | X_0F | X_66};

struct format { unsigned frac; uint64_t bias; };
static const struct format formats[4] = {{0, 0}, {10, 15}, {23, 127}, {52, 1023}};

static unsigned lane_of(const struct ir_insn *in) { return in->type == IR_F16 ? IR_H : in->type == IR_F32 ? IR_S : in->type == IR_F64 ? IR_D : in->aux & 3; }

/* A lane's value in all of them. */
static uint64_t repeat(unsigned lane, uint64_t v)
{
    for (unsigned bits = 8u << lane; bits < 64; bits *= 2)
        v |= v << bits;
    return v;
}
static struct x_mem all_lanes(struct x_ctx *c, unsigned lane, uint64_t v)
{
    return x_pool(x_pool_u128(c, repeat(lane, v), repeat(lane, v)));
}
static uint64_t sign_bit(unsigned lane) { return 1ull << ((8u << lane) - 1); }

/* ---- tables ---- */

enum table { RECIP, RSQRT, RSQRT_INT, TABLES };

/*
 * The low 8 bits of the estimates (bit 8 is always set): of the reciprocal by a fraction's top 8 bits; of the square root
 * by those with the exponent's lowest bit above, as a float has them, and by an integer's top 9 bits.
 */
static uint8_t estimate(enum table t, unsigned i)
{
    switch (t) {
    case RECIP: return (uint8_t)ir_recip_estimate(256 | i);
    case RSQRT: return (uint8_t)ir_recip_sqrt_estimate(i & 256 ? 128 | (i & 255) >> 1 : 256 | i);
    default: return i < 128 ? 0 : (uint8_t)ir_recip_sqrt_estimate(i);
    }
}

/* Its place among the constants, where it is written once a region. */
static uint32_t table_at(struct x_ctx *c, enum table t)
{
    static uint8_t bytes[TABLES][512];
    static bool made[TABLES];
    unsigned n = t == RECIP ? 256 : 512;
    if (!__atomic_load_n(&made[t], __ATOMIC_ACQUIRE)) {
        for (unsigned i = 0; i < n; i++)
            bytes[t][i] = estimate(t, i);
        __atomic_store_n(&made[t], true, __ATOMIC_RELEASE);
    }
    if (c->estimates[t] == UINT32_MAX)
        c->estimates[t] = x_pool_bytes(c, bytes[t], n);
    return c->estimates[t];
}

/* d = for each lane of index, the table's byte, zero-extended. index and d differ; base and i are general registers to use. */
static void look_up(struct x_ctx *c, enum table t, unsigned lane, unsigned lanes, unsigned d, unsigned index, unsigned base, unsigned i)
{
    x_lea(c, 1, base, x_pool(table_at(c, t)));
    v_rrr(c, V_PXOR, 0, d, d, d);
    for (unsigned k = 0; k < lanes; k++) {
        v_rrri(c, V_PEXTRW_R, 0, i, 0, index, (k << lane) / 2);
        v_rrmi(c, V_PINSRB, 0, d, d, (struct x_mem){(uint8_t)base, (uint8_t)i, 0, 0}, k << lane);
    }
}

/* ---- FRECPE, FRSQRTE ---- */

/* A mask of the lanes whose unsigned value is at least the limit, into XTMP; v is lost. */
static void at_least(struct x_ctx *c, unsigned lane, unsigned v, uint64_t limit)
{
    if (lane == IR_D) {
        v_rrm(c, V_PXOR, 0, v, v, all_lanes(c, lane, sign_bit(lane)));
        v_rrm(c, V_PCMPGTQ, 0, X_XTMP, v, all_lanes(c, lane, (limit - 1) ^ sign_bit(lane)));
        return;
    }
    v_rrm(c, umax_op[lane], 0, X_XTMP, v, all_lanes(c, lane, limit));
    v_rrr(c, equal_op[lane], 0, X_XTMP, X_XTMP, v);
}

void x_sel_festimate(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned lane = lane_of(in), lanes = !x_is_vector(in->type) ? 1 : (in->type == IR_V128 ? 16u : 8u) >> lane;
    bool root = in->op == IR_frsqrte;
    struct format f = formats[lane];
    uint64_t sign = sign_bit(lane), least = 1ull << f.frac, exponent = (sign - 1) & ~(least - 1);
    unsigned a = x_vector_operand(c, in->type, o.a), d = x_def(c), t = x_xtmp(c), w = x_xtmp(c), base = x_tmp(c), i = x_tmp(c);
    if (lanes == 1) {
        v_rr(c, broadcast_op[lane], 0, w, a);
        a = w;
        w = x_xtmp(c);
    }
    /* Normal operands with normal results: of a root all that are positive, else exponents up to twice the bias less 2. */
    if (root) {
        v_rrm(c, sub_op[lane], 0, t, a, all_lanes(c, lane, least));
    } else {
        v_rrm(c, V_PAND, 0, t, a, all_lanes(c, lane, sign - 1));
        v_rrm(c, sub_op[lane], 0, t, t, all_lanes(c, lane, least));
    }
    at_least(c, lane, t, (2 * f.bias - (root ? 0 : 2)) << f.frac);
    v_rr(c, V_PTEST, 0, X_XTMP, X_XTMP);
    struct x_repair r = x_repair_begin(c, CC_NE);
    v_rrri(c, shift_op[lane], 0, SHIFT_RIGHT, t, a, f.frac - 8);
    v_rrm(c, V_PAND, 0, t, t, all_lanes(c, lane, root ? 511 : 255));
    look_up(c, root ? RSQRT : RECIP, lane, lanes, w, t, base, i);
    v_rrri(c, shift_op[lane], 0, SHIFT_LEFT, w, w, f.frac - 8);
    /* 2 bias - 1 - exponent, borrowing from the sign what changes nothing; or (3 bias - 1 - exponent) / 2. */
    v_rm(c, V_MOVUPS, 0, d, all_lanes(c, lane, (root ? 3 * f.bias - 1 : 2 * f.bias - 1) << f.frac));
    v_rrm(c, V_PAND, 0, t, a, all_lanes(c, lane, root ? exponent : exponent | sign));
    v_rrr(c, sub_op[lane], 0, d, d, t);
    if (root) {
        v_rrri(c, shift_op[lane], 0, SHIFT_RIGHT, d, d, 1);
        v_rrm(c, V_PAND, 0, d, d, all_lanes(c, lane, exponent));
    }
    v_rrr(c, V_POR, 0, d, d, w);
    x_repair_end(c, r, in, o, d);
}

/* FRECPX: the exponent complemented, or for zero and denormal operands the largest. */
void x_sel_frecpx(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned lane = lane_of(in), a = x_use(c, o.a), d = x_def(c);
    uint64_t sign = sign_bit(lane), least = 1ull << formats[lane].frac, exponent = (sign - 1) & ~(least - 1);
    v_rm(c, V_MOVUPS, 0, X_XTMP, all_lanes(c, lane, exponent));
    v_rrr(c, V_PANDN, 0, d, a, X_XTMP);
    v_rrr(c, equal_op[lane], 0, X_XTMP, X_XTMP, d);
    v_rrm(c, V_PAND, 0, X_XTMP, X_XTMP, all_lanes(c, lane, least));
    v_rrr(c, sub_op[lane], 0, d, d, X_XTMP);
    v_rrm(c, V_PAND, 0, X_XTMP, a, all_lanes(c, lane, sign));
    v_rrr(c, V_POR, 0, d, d, X_XTMP);
    if (lane == IR_H) {
        x_half_compare(c, false, false, (struct x_ops){o.a, o.a, 0, 0});
    } else {
        v_rr(c, V_UCOMI | (lane == IR_D ? X_66 : 0), 0, a, a);
    }
    x_repair(c, CC_P, in, o, d);
}

/* ---- URECPE, URSQRTE ---- */

void x_sel_vuestimate(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    bool root = in->op == IR_vursqrte;
    unsigned a = x_use(c, o.a), d = x_def(c), t = x_xtmp(c), w = x_xtmp(c);
    v_rrri(c, V_SHIFT_S, 0, SHIFT_RIGHT, t, a, 23);
    if (!root)
        v_rrm(c, V_PAND, 0, t, t, all_lanes(c, IR_S, 255));
    look_up(c, root ? RSQRT_INT : RECIP, IR_S, in->type == IR_V128 ? 4 : 2, w, t, x_tmp(c), x_tmp(c));
    v_rrri(c, V_SHIFT_S, 0, SHIFT_LEFT, w, w, 23);
    v_rrm(c, V_POR, 0, w, w, all_lanes(c, IR_S, 1u << 31));
    /* Operands too small give all ones. */
    v_rrm(c, V_PMAXUD, 0, d, a, all_lanes(c, IR_S, root ? 1u << 30 : 1u << 31));
    v_rrr(c, V_PCMPEQD, 0, d, d, a);
    v_rrr(c, V_PCMPEQD, 0, X_XTMP, X_XTMP, X_XTMP);
    v_rrr(c, V_PXOR, 0, d, d, X_XTMP);
    v_rrr(c, V_POR, 0, d, d, w);
}

/* ---- steps and FMULX ---- */

/* Sends operands to the repair whose magnitude, as bits, is greater than the limit. What follows may take 5 vector registers. */
static struct x_repair magnitudes_above(struct x_ctx *c, const struct ir_insn *in, struct x_ops o, uint64_t limit)
{
    unsigned lane = lane_of(in), a = x_use(c, o.a), b = x_use(c, o.b), x = x_xtmp(c), y = X_XTMP;
    uint64_t one = sign_bit(lane) - 1, all = repeat(lane, one);
    uint32_t mask = x_pool_u128(c, x_is_vector(in->type) ? all : one, in->type == IR_V128 ? all : 0);
    v_rrm(c, V_PAND, 0, x, a, x_pool(mask));
    v_rrm(c, V_PAND, 0, y, b, x_pool(mask));
    if (lane == IR_D) {
        v_rrm(c, V_PCMPGTQ, 0, x, x, all_lanes(c, lane, limit));
        v_rrm(c, V_PCMPGTQ, 0, y, y, all_lanes(c, lane, limit));
        v_rrr(c, V_POR, 0, x, x, y);
    } else {
        v_rrr(c, umax_op[lane], 0, x, x, y);
        v_rrm(c, greater_op[lane], 0, x, x, all_lanes(c, lane, limit));
    }
    x_room(c, 5);
    v_rr(c, V_PTEST, 0, x, x);
    return x_repair_begin(c, CC_NE);
}

/* Finite operands multiply as they do elsewhere. */
void x_sel_fmulx(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned lane = lane_of(in);
    struct x_repair r = magnitudes_above(c, in, o, (2 * formats[lane].bias + 1) * (1ull << formats[lane].frac) - 1);
    if (lane == IR_H) {
        x_half_mulx(c, in, o, r);
        return;
    }
    unsigned a = x_vector_operand(c, in->type, o.a), b = x_vector_operand(c, in->type, o.b), d = x_def(c);
    v_rrr(c, V_MUL | x_form(in->type, lane == IR_D), 0, d, a, b);
    x_repair_end(c, r, in, o, d);
}

/*
 * FRECPS, FRSQRTS: 2 - a * b, (3 - a * b) / 2, rounded once. Of operands below the root of the largest number neither is
 * infinite nor does the product overflow; then halving is exact, as a difference so close to zero that it would be
 * denormal has more bits than a product.
 */
void x_sel_fstep(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned lane = lane_of(in);
    bool root = in->op == IR_frsqrts, dbl = lane == IR_D;
    struct format f = formats[lane];
    struct x_repair r = magnitudes_above(c, in, o, lane == IR_H ? 0x7bff : (f.bias + f.bias / 2) << f.frac);
    if (lane == IR_H) {
        x_half_step(c, in, o, r);
        return;
    }
    static const uint64_t two[] = {0x40000000, 0x4000000000000000}, three[] = {0x40400000, 0x4008000000000000}, half[] = {0x3f000000, 0x3fe0000000000000};
    unsigned a = x_vector_operand(c, in->type, o.a), b = x_vector_operand(c, in->type, o.b), d = x_def(c);
    v_rm(c, V_MOVUPS, 0, d, all_lanes(c, lane, root ? three[dbl] : two[dbl]));
    v_rrr(c, V_FNMADD231 + !x_is_vector(in->type), dbl, d, a, b);
    if (root)
        v_rrm(c, V_MUL | x_form(in->type, dbl), 0, d, d, all_lanes(c, lane, half[dbl]));
    x_repair_end(c, r, in, o, d);
}
