/*
 * Ops that a back end has no code for, rewritten into simpler ones while they are built: each
 * function gives the same result and raises the same floating-point flags as ir_eval does. A new
 * host runs with these alone, and adds native code where it pays.
 */
#include "ir/expand.h"

/* ---- shorthands ---- */

static ir_ref op1(struct ir_func *fn, enum ir_op op, unsigned aux, ir_ref a) { return ir_emit(fn, op, ir_type_of(fn, a), aux, a, 0, 0, 0); }
static ir_ref op2(struct ir_func *fn, enum ir_op op, unsigned aux, ir_ref a, ir_ref b) { return ir_emit(fn, op, ir_type_of(fn, a), aux, a, b, 0, 0); }
static ir_ref opi(struct ir_func *fn, enum ir_op op, unsigned aux, ir_ref a, unsigned imm) { return ir_emit(fn, op, ir_type_of(fn, a), aux, a, 0, 0, imm); }
static ir_ref and(struct ir_func *fn, ir_ref a, ir_ref b) { return op2(fn, IR_vand, 0, a, b); }
static ir_ref andn(struct ir_func *fn, ir_ref a, ir_ref b) { return op2(fn, IR_vandn, 0, a, b); }
static ir_ref or(struct ir_func *fn, ir_ref a, ir_ref b) { return op2(fn, IR_vor, 0, a, b); }
static ir_ref xor(struct ir_func *fn, ir_ref a, ir_ref b) { return op2(fn, IR_vxor, 0, a, b); }
static ir_ref select(struct ir_func *fn, ir_ref mask, ir_ref a, ir_ref b) { return ir_emit(fn, IR_vselect, ir_type_of(fn, a), 0, mask, a, b, 0); }

ir_ref ir_vfill(struct ir_func *fn, enum ir_type t, unsigned lane, uint64_t v)
{
    uint8_t b[16] = {0};
    for (unsigned i = 0; i < (t == IR_V128 ? 16u : 8u); i++)
        b[i] = (uint8_t)(v >> (i & ((1u << lane) - 1)) * 8);
    return ir_vconst(fn, t, b);
}
static ir_ref zero(struct ir_func *fn, enum ir_type t) { return ir_vfill(fn, t, IR_B, 0); }
static uint64_t top_bit(unsigned lane) { return (uint64_t)1 << (ir_lane_bits(lane) - 1); }
static ir_ref negative(struct ir_func *fn, unsigned lane, ir_ref a) { return op2(fn, IR_vcmpgts, lane, zero(fn, ir_type_of(fn, a)), a); }

static ir_ref shuffle(struct ir_func *fn, ir_ref a, ir_ref b, const uint8_t sel[16])
{
    return ir_emit(fn, IR_vshuf, ir_type_of(fn, a), 0, a, b, 0, ir_vconst_index(fn, sel));
}
static ir_ref low_half(struct ir_func *fn, ir_ref v) { return ir_emit(fn, IR_vtrunc, IR_V64, 0, v, 0, 0, 0); }
static ir_ref whole(struct ir_func *fn, ir_ref v) { return ir_type_of(fn, v) == IR_V64 ? ir_emit(fn, IR_vzext, IR_V128, 0, v, 0, 0, 0) : v; }
static ir_ref high_half(struct ir_func *fn, ir_ref v)
{
    static const uint8_t sel[16] = {8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15};
    return shuffle(fn, v, v, sel);
}
static ir_ref join(struct ir_func *fn, ir_ref low, ir_ref high)
{
    static const uint8_t sel[16] = {0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23};
    return shuffle(fn, whole(fn, low), whole(fn, high), sel);
}

/* ---- averages (a + b = (a ^ b) + 2 (a & b), a - b = (a ^ b) - 2 (~a & b)) ---- */

static ir_ref halving(struct ir_func *fn, const struct ir_insn *k)
{
    bool s = k->op == IR_vhadds || k->op == IR_vhsubs || k->op == IR_vrhadds;
    ir_ref half = opi(fn, s ? IR_vsari : IR_vshri, k->aux, xor(fn, k->a, k->b), 1);
    switch (k->op) {
    case IR_vhadds: case IR_vhaddu: return op2(fn, IR_vadd, k->aux, and(fn, k->a, k->b), half);
    case IR_vrhadds: case IR_vrhaddu: return op2(fn, IR_vsub, k->aux, or(fn, k->a, k->b), half);
    default: return op2(fn, IR_vsub, k->aux, half, andn(fn, k->b, k->a));
    }
}

/* ---- saturation ---- */

/* r, or the extreme value on a's side where `over` says that it overflowed. */
static ir_ref saturated(struct ir_func *fn, unsigned lane, ir_ref over, ir_ref a, ir_ref r)
{
    ir_ref extreme = xor(fn, negative(fn, lane, a), ir_vfill(fn, ir_type_of(fn, a), lane, top_bit(lane) - 1));
    return select(fn, over, extreme, r);
}

static ir_ref saturating(struct ir_func *fn, const struct ir_insn *k)
{
    unsigned lane = k->aux;
    ir_ref a = k->a, b = k->b, r;
    switch (k->op) {
    case IR_vqaddu:
        if (lane != IR_D)
            return op2(fn, IR_vadd, lane, op2(fn, IR_vminu, lane, a, op1(fn, IR_vnot, 0, b)), b);
        r = op2(fn, IR_vadd, lane, a, b);
        return or(fn, r, op2(fn, IR_vcmpgtu, lane, a, r));
    case IR_vqsubu:
        if (lane != IR_D)
            return op2(fn, IR_vsub, lane, op2(fn, IR_vmaxu, lane, a, b), b);
        return andn(fn, op2(fn, IR_vsub, lane, a, b), op2(fn, IR_vcmpgtu, lane, b, a));
    case IR_vqadds:
        r = op2(fn, IR_vadd, lane, a, b);
        return saturated(fn, lane, negative(fn, lane, and(fn, xor(fn, a, r), xor(fn, b, r))), a, r);
    default:
        r = op2(fn, IR_vsub, lane, a, b);
        return saturated(fn, lane, negative(fn, lane, and(fn, xor(fn, a, b), xor(fn, a, r))), a, r);
    }
}

static ir_ref narrowing(struct ir_func *fn, const struct ir_insn *k)
{
    unsigned lane = k->aux, half = ir_lane_bits(lane) / 2;
    uint64_t max = ((uint64_t)1 << half) - 1;
    ir_ref v = k->a;
    if (k->op == IR_vqnarrowu)
        v = op2(fn, IR_vminu, lane, v, ir_vfill(fn, IR_V128, lane, max));
    else {
        bool s = k->op == IR_vqnarrows;
        v = op2(fn, IR_vmins, lane, v, ir_vfill(fn, IR_V128, lane, s ? max >> 1 : max));
        v = op2(fn, IR_vmaxs, lane, v, s ? ir_vfill(fn, IR_V128, lane, ~(max >> 1)) : zero(fn, IR_V128));
    }
    return ir_emit(fn, IR_vnarrow, (enum ir_type)k->type, lane, v, 0, 0, 0);
}

/* ---- shifts by a register ---- */

/* Bytes and halves shift in lanes twice as wide. */
static ir_ref shift_wide(struct ir_func *fn, enum ir_op op, unsigned lane, ir_ref a, ir_ref b)
{
    a = ir_emit(fn, op == IR_vshls ? IR_vwidens : IR_vwidenu, IR_V128, lane, a, 0, 0, 0);
    b = ir_emit(fn, IR_vwidens, IR_V128, lane, b, 0, 0, 0);
    return ir_emit(fn, IR_vnarrow, IR_V64, lane + 1, op2(fn, op, lane + 1, a, b), 0, 0, 0);
}

static ir_ref shift_plain(struct ir_func *fn, const struct ir_insn *k)
{
    unsigned lane = k->aux & 3;
    if (lane < IR_S) {
        ir_ref low = shift_wide(fn, k->op, lane, k->a, k->b);
        return k->type == IR_V64 ? low : join(fn, low, shift_wide(fn, k->op, lane, high_half(fn, k->a), high_half(fn, k->b)));
    }
    if (k->op == IR_vshlu)
        return 0;
    /* Arithmetic from logical: negative numbers are complemented while they move right. */
    ir_ref right = negative(fn, lane, opi(fn, IR_vshli, lane, k->b, ir_lane_bits(lane) - 8));
    ir_ref flip = and(fn, right, negative(fn, lane, k->a));
    return xor(fn, op2(fn, IR_vshlu, lane, xor(fn, k->a, flip), k->b), flip);
}

/*
 * Rounding concerns right shifts, saturation left ones. A right shift by n rounds up by bit n - 1, the last
 * one shifted out. A left shift overflowed where shifting back does not give the operand.
 */
static ir_ref shift(struct ir_func *fn, const struct ir_insn *k)
{
    unsigned lane = k->aux & 3, n = ir_lane_bits(lane);
    enum ir_type t = (enum ir_type)k->type;
    if (!(k->aux & (IR_SH_ROUND | IR_SH_SAT)))
        return shift_plain(fn, k);
    ir_ref plain = op2(fn, k->op, lane, k->a, k->b), r = plain;
    ir_ref amount = n > 8 ? opi(fn, IR_vshli, lane, k->b, n - 8) : k->b;    /* its sign at the top of the lane */
    if (k->aux & IR_SH_ROUND) {
        ir_ref last = op2(fn, k->op, lane, k->a, op2(fn, IR_vadd, lane, k->b, ir_vfill(fn, t, lane, 1)));
        r = op2(fn, IR_vadd, lane, r, and(fn, last, opi(fn, IR_vshri, lane, amount, n - 1)));
    }
    if (!(k->aux & IR_SH_SAT))
        return r;
    ir_ref same = op2(fn, IR_vcmpeq, lane, op2(fn, k->op, lane, plain, op1(fn, IR_vneg, lane, k->b)), k->a);
    ir_ref over = andn(fn, op2(fn, IR_vcmpgts, lane, amount, zero(fn, t)), same);
    return k->op == IR_vshlu ? or(fn, r, over) : saturated(fn, lane, over, k->a, r);
}

/* ---- products ---- */

/* The upper half of each doubled product; only the square of the smallest number gives the smallest. */
static ir_ref doubled(struct ir_func *fn, unsigned aux, ir_ref a, ir_ref b)
{
    unsigned lane = aux & 3;
    ir_ref p = opi(fn, IR_vshli, lane + 1, ir_emit(fn, IR_vmulls, IR_V128, lane, a, b, 0, 0), 1);
    return aux & IR_SH_ROUND ? op2(fn, IR_vadd, lane + 1, p, ir_vfill(fn, IR_V128, lane + 1, top_bit(lane))) : p;
}

static ir_ref high_product(struct ir_func *fn, const struct ir_insn *k)
{
    unsigned lane = k->aux & 3, size = 1u << lane;
    enum ir_type t = (enum ir_type)k->type;
    uint8_t upper[16];
    for (unsigned i = 0; i < 16; i++)
        upper[i] = (uint8_t)(i / size * 2 * size + size + i % size);
    ir_ref low = doubled(fn, k->aux, k->a, k->b);
    ir_ref high = t == IR_V128 ? doubled(fn, k->aux, high_half(fn, k->a), high_half(fn, k->b)) : low;
    ir_ref r = shuffle(fn, low, high, upper);
    if (t == IR_V64)
        r = low_half(fn, r);
    return xor(fn, r, op2(fn, IR_vcmpeq, lane, r, ir_vfill(fn, t, lane, top_bit(lane))));
}

/* Sums of four byte products: of two in halfword lanes, of those in words, and neighbours. */
static ir_ref products(struct ir_func *fn, bool s, ir_ref a, ir_ref b)
{
    ir_ref p = ir_emit(fn, s ? IR_vmulls : IR_vmullu, IR_V128, IR_B, a, b, 0, 0);
    ir_ref even = s ? opi(fn, IR_vsari, IR_S, opi(fn, IR_vshli, IR_S, p, 16), 16) : and(fn, p, ir_vfill(fn, IR_V128, IR_S, 0xffff));
    return op2(fn, IR_vadd, IR_S, even, opi(fn, s ? IR_vsari : IR_vshri, IR_S, p, 16));
}

static ir_ref dot(struct ir_func *fn, const struct ir_insn *k)
{
    static const uint8_t even[16] = {0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27};
    static const uint8_t odd[16] = {4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31};
    bool s = k->op == IR_vdots;
    ir_ref low = products(fn, s, k->b, k->c);
    ir_ref high = k->type == IR_V128 ? products(fn, s, high_half(fn, k->b), high_half(fn, k->c)) : low;
    ir_ref sum = op2(fn, IR_vadd, IR_S, shuffle(fn, low, high, even), shuffle(fn, low, high, odd));
    return op2(fn, IR_vadd, IR_S, k->a, k->type == IR_V64 ? low_half(fn, sum) : sum);
}

/* Polynomials: a shifted for each bit of b. */
static ir_ref carryless(struct ir_func *fn, unsigned lane, ir_ref a, ir_ref b)
{
    ir_ref r = 0;
    for (unsigned i = 0; i < 8; i++) {
        ir_ref bit = ir_vfill(fn, ir_type_of(fn, a), lane, 1u << i);
        ir_ref term = and(fn, i ? opi(fn, IR_vshli, lane, a, i) : a, op2(fn, IR_vcmpeq, lane, and(fn, b, bit), bit));
        r = r ? xor(fn, r, term) : term;
    }
    return r;
}

static ir_ref polynomial(struct ir_func *fn, const struct ir_insn *k)
{
    if (k->op == IR_vpmul)
        return carryless(fn, IR_B, k->a, k->b);
    if ((k->aux & 3) != IR_B)
        return 0;
    return carryless(fn, IR_H, ir_emit(fn, IR_vwidenu, IR_V128, IR_B, k->a, 0, 0, 0), ir_emit(fn, IR_vwidenu, IR_V128, IR_B, k->b, 0, 0, 0));
}

/* ---- bits ---- */

/* Of bytes: eight less the one bits once every bit below the first is set. Wider: the upper half's, and the
 * lower half's too where the upper is zero. */
static ir_ref leading_zeros(struct ir_func *fn, const struct ir_insn *k)
{
    enum ir_type t = (enum ir_type)k->type;
    ir_ref v = k->a;
    for (unsigned i = 1; i < 8; i *= 2)
        v = or(fn, v, opi(fn, IR_vshri, IR_B, v, i));
    v = op1(fn, IR_vpopcnt, IR_B, op1(fn, IR_vnot, 0, v));
    for (unsigned lane = IR_H; lane <= k->aux; lane++) {
        unsigned half = ir_lane_bits(lane) / 2;
        ir_ref upper = opi(fn, IR_vshri, lane, v, half), all = op2(fn, IR_vcmpeq, lane, upper, ir_vfill(fn, t, lane, half));
        ir_ref lower = and(fn, v, ir_vfill(fn, t, lane, ((uint64_t)1 << half) - 1));
        v = op2(fn, IR_vadd, lane, upper, and(fn, lower, all));
    }
    return v;
}

/* ---- the table ---- */

static ir_ref (*const rule[IR_OP_COUNT])(struct ir_func *, const struct ir_insn *) = {
    [IR_vhadds] = halving, [IR_vhaddu] = halving, [IR_vhsubs] = halving, [IR_vhsubu] = halving,
    [IR_vrhadds] = halving, [IR_vrhaddu] = halving,
    [IR_vqadds] = saturating, [IR_vqaddu] = saturating, [IR_vqsubs] = saturating, [IR_vqsubu] = saturating,
    [IR_vqnarrows] = narrowing, [IR_vqnarrowu] = narrowing, [IR_vqnarrowsu] = narrowing,
    [IR_vshls] = shift, [IR_vshlu] = shift,
    [IR_vqdmulh] = high_product, [IR_vdots] = dot, [IR_vdotu] = dot, [IR_vpmul] = polynomial, [IR_vpmull] = polynomial,
    [IR_vclz] = leading_zeros,
    [IR_fround] = ir_expand_round, [IR_fmulx] = ir_expand_mulx, [IR_frecps] = ir_expand_recps,
    [IR_vs_fcvt] = ir_expand_from_int, [IR_vu_fcvt] = ir_expand_from_int,
    [IR_vfcvt_s] = ir_expand_to_int, [IR_vfcvt_u] = ir_expand_to_int,
    [IR_sha512h] = ir_expand_sha512h, [IR_sha512h2] = ir_expand_sha512h2,
    [IR_sha1c] = ir_expand_sha1h, [IR_sha1p] = ir_expand_sha1h, [IR_sha1m] = ir_expand_sha1h,
    [IR_sha256h] = ir_expand_sha256h, [IR_sha256h2] = ir_expand_sha256h,
    [IR_sha256su0] = ir_expand_sha256su, [IR_sha256su1] = ir_expand_sha256su,
    [IR_sha512su0] = ir_expand_sha512su, [IR_sha512su1] = ir_expand_sha512su,
};

ir_ref ir_expand(struct ir_func *fn, const struct ir_insn *k) { return rule[k->op] ? rule[k->op](fn, k) : 0; }
