/* Folding rules: logic, shifts, bit permutations, extensions. */
#include "ir/fold.h"

static ir_ref number(struct ir_func *fn, const struct ir_insn *k, int64_t v)
{
    return ir_const(fn, (enum ir_type)k->type, v);
}

/* (x op c1) op c2, for the associative and, or, xor. */
static ir_ref reassociate(struct ir_func *fn, struct ir_insn *k)
{
    const struct ir_insn *a = ir_def(fn, k->a);
    if (a->op != k->op || !ir_is_number(fn, a->b))
        return 0;
    int64_t x = ir_imm(fn, a->b), y = ir_imm(fn, k->b);
    int64_t c = k->op == IR_and ? x & y : k->op == IR_or ? x | y : x ^ y;
    return ir_rewrite(k, (enum ir_op)k->op, 0, a->a, number(fn, k, c));
}

static bool is_sext32(const struct ir_func *fn, const struct ir_insn *a)
{
    return a->op == IR_sext && a->aux == 32 && a->type == IR_I64 && ir_type_of(fn, a->a) == IR_I32;
}

/* Logic on sign-extended words is done on the words: what extended them may turn out to be needless. */
static ir_ref on_words(struct ir_func *fn, struct ir_insn *k)
{
    const struct ir_insn *a = ir_def(fn, k->a), *b = ir_def(fn, k->b);
    int64_t c = ir_is_number(fn, k->b) ? ir_imm(fn, k->b) : 0;
    if (!is_sext32(fn, a) || (ir_is_number(fn, k->b) ? c != (int32_t)c : !is_sext32(fn, b)))
        return 0;
    ir_ref y = ir_is_number(fn, k->b) ? ir_const(fn, IR_I32, c) : b->a;
    bool positive = k->op == IR_and && ir_is_number(fn, k->b) && c >= 0;
    return ir_rewrite(k, positive ? IR_zext : IR_sext, 32, ir_emit(fn, (enum ir_op)k->op, IR_I32, 0, a->a, y, 0, 0), 0);
}

static ir_ref and_const(struct ir_func *fn, struct ir_insn *k)
{
    const struct ir_insn *a = ir_def(fn, k->a);
    uint64_t m = (uint64_t)ir_imm(fn, k->b);
    if (k->type == IR_I1)
        return m ? k->a : k->b;
    if (a->op == IR_const) {
        /* Rounding an address down within a page: relocation moves whole pages. */
        int shift = m ? __builtin_ctzll(m) : 64;
        return shift <= 12 && m == ~0ull << shift ? ir_gaddr(fn, (uint64_t)a->imm & m) : 0;
    }
    if (!m)
        return k->b;
    if (k->type == IR_I32)
        m = (uint32_t)m;
    unsigned low = ir_zero_above(fn, k->a);
    uint64_t may = low >= 64 ? ~0ull : (1ull << low) - 1;
    if ((m & may) == may)
        return k->a;
    if (a->op == IR_or && ir_is_number(fn, a->b) && !((uint64_t)ir_imm(fn, a->b) & m))
        return ir_rewrite(k, IR_and, 0, a->a, k->b);
    if (m == 0xff || m == 0xffff || m == 0xffffffff)
        return ir_rewrite(k, IR_zext, m == 0xff ? 8 : m == 0xffff ? 16 : 32, k->a, 0);
    ir_ref r = on_words(fn, k);
    return r ? r : reassociate(fn, k);
}

static ir_ref fold_and(struct ir_func *fn, struct ir_insn *k)
{
    const struct ir_insn *a = ir_def(fn, k->a), *b = ir_def(fn, k->b);
    if (k->a == k->b)
        return k->a;
    if (ir_is_number(fn, k->b))
        return and_const(fn, k);
    if (k->type == IR_I1)
        return 0;
    if (b->op == IR_not)
        return ir_rewrite(k, IR_andn, 0, k->a, b->a);
    if (a->op == IR_not)
        return ir_rewrite(k, IR_andn, 0, k->b, a->a);
    return on_words(fn, k);
}

/* a, b: a value shifted left and the same shifted right, together by its width. Returns what is rotated, and right by how much. */
static ir_ref rotated(const struct ir_func *fn, ir_ref a, ir_ref b, int64_t *by)
{
    const struct ir_insn *l = ir_def(fn, a), *r = ir_def(fn, b);
    if (l->op == IR_shr) {
        const struct ir_insn *t = l;
        l = r;
        r = t;
    }
    if (l->op != IR_shl || r->op != IR_shr || l->a != r->a || l->type != r->type || !ir_is_number(fn, l->b) || !ir_is_number(fn, r->b))
        return 0;
    *by = ir_imm(fn, r->b);
    return *by + ir_imm(fn, l->b) == ir_type_bits((enum ir_type)l->type) ? l->a : 0;
}

/* Shifts joined by or or xor that are a rotation; of 32 bits also under their sign extensions. */
static ir_ref rotation(struct ir_func *fn, struct ir_insn *k)
{
    const struct ir_insn *a = ir_def(fn, k->a), *b = ir_def(fn, k->b);
    int64_t by;
    ir_ref x = rotated(fn, k->a, k->b, &by);
    if (x)
        return ir_rewrite(k, IR_ror, 0, x, number(fn, k, by));
    if (a->op != IR_sext || b->op != IR_sext || a->aux != 32 || b->aux != 32 || ir_type_of(fn, a->a) != IR_I32 ||
        !(x = rotated(fn, a->a, b->a, &by)))
        return 0;
    return ir_rewrite(k, IR_sext, 32, ir_emit(fn, IR_ror, IR_I32, 0, x, ir_const(fn, IR_I32, by), 0, 0), 0);
}

static ir_ref fold_or_xor(struct ir_func *fn, struct ir_insn *k)
{
    bool or = k->op == IR_or;
    if (k->a == k->b)
        return or ? k->a : number(fn, k, 0);
    bool by_number = ir_is_number(fn, k->b);
    if (by_number && !ir_imm(fn, k->b))
        return k->a;
    if (by_number && ir_imm(fn, k->b) == (k->type == IR_I1 ? 1 : -1))
        return or ? k->b : ir_rewrite(k, IR_not, 0, k->a, 0);
    ir_ref r = by_number ? 0 : rotation(fn, k);
    r = r ? r : on_words(fn, k);
    return r || !by_number ? r : reassociate(fn, k);
}

static ir_ref fold_andn(struct ir_func *fn, struct ir_insn *k)
{
    if (k->a == k->b || ir_is_value(fn, k->a, 0))
        return number(fn, k, 0);
    if (ir_is_number(fn, k->b))
        return ir_rewrite(k, IR_and, 0, k->a, number(fn, k, ~ir_imm(fn, k->b)));
    if (ir_def(fn, k->b)->op == IR_not)
        return ir_rewrite(k, IR_and, 0, k->a, ir_def(fn, k->b)->a);
    return 0;
}

static ir_ref fold_not(struct ir_func *fn, struct ir_insn *k)
{
    const struct ir_insn *a = ir_def(fn, k->a);
    if (a->op == IR_not)
        return a->a;
    if (a->op == IR_cmp || a->op == IR_flagcond) {
        ir_rewrite(k, (enum ir_op)a->op, a->aux ^ 1u, a->a, a->b);
        return IR_AGAIN;
    }
    return 0;
}

static bool is_extension_width(unsigned bits) { return bits == 8 || bits == 16 || bits == 32; }

/* A right shift of (x << c1): an extension, followed by a left shift where c1 is the larger. */
static ir_ref shift_pair(struct ir_func *fn, struct ir_insn *k, ir_ref x, unsigned c1, unsigned c, unsigned width)
{
    enum ir_op ext = k->op == IR_shr ? IR_zext : IR_sext;
    if (c1 < c)
        return 0;
    if (is_extension_width(width - c1)) {
        if (c1 == c)
            return ir_rewrite(k, ext, width - c1, x, 0);
        ir_ref e = ir_emit(fn, ext, (enum ir_type)k->type, width - c1, x, 0, 0, 0);
        return ir_rewrite(k, IR_shl, 0, e, number(fn, k, c1 - c));
    }
    if (c1 == c && k->op == IR_shr)
        return ir_rewrite(k, IR_and, 0, x, number(fn, k, (int64_t)(~0ull >> (64 - width + c))));
    return 0;
}

static ir_ref shift_const(struct ir_func *fn, struct ir_insn *k, unsigned width)
{
    const struct ir_insn *a = ir_def(fn, k->a);
    int64_t amount = ir_imm(fn, k->b);
    unsigned c = (unsigned)amount & (width - 1);
    if (!c)
        return k->a;
    if (amount != c)
        return ir_rewrite(k, (enum ir_op)k->op, 0, k->a, number(fn, k, c));
    if (k->op == IR_shr && ir_zero_above(fn, k->a) <= c)
        return number(fn, k, 0);
    /* The upper half of a boxed float: everything that is shifted out was the lower operand's. */
    if ((k->op == IR_shr || k->op == IR_sar) && a->op == IR_or && ir_is_number(fn, a->b) && ir_zero_above(fn, a->a) <= c)
        return ir_emit(fn, (enum ir_op)k->op, (enum ir_type)k->type, 0, a->b, k->b, 0, 0);
    if (!ir_is_number(fn, a->b) || k->op == IR_ror)
        return 0;
    unsigned c1 = (unsigned)ir_imm(fn, a->b) & (width - 1);
    if (a->op == k->op) {
        if (c1 + c < width)
            return ir_rewrite(k, (enum ir_op)k->op, 0, a->a, number(fn, k, c1 + c));
        return k->op == IR_sar ? ir_rewrite(k, IR_sar, 0, a->a, number(fn, k, width - 1)) : number(fn, k, 0);
    }
    if (k->op == IR_shl && a->op == IR_shr && c1 == c)
        return ir_rewrite(k, IR_and, 0, a->a, number(fn, k, (int64_t)(~0ull << c)));
    if (k->op != IR_shl && a->op == IR_shl)
        return shift_pair(fn, k, a->a, c1, c, width);
    return 0;
}

static ir_ref fold_shift(struct ir_func *fn, struct ir_insn *k)
{
    unsigned width = ir_type_bits((enum ir_type)k->type);
    const struct ir_insn *b = ir_def(fn, k->b);
    if (ir_is_number(fn, k->b))
        return shift_const(fn, k, width);
    if (ir_is_value(fn, k->a, 0))
        return k->a;
    if (b->op == IR_and && ir_is_number(fn, b->b) && ((uint64_t)ir_imm(fn, b->b) & (width - 1)) == width - 1)
        return ir_rewrite(k, (enum ir_op)k->op, 0, k->a, b->a);
    return 0;
}

static ir_ref fold_extr(struct ir_func *fn, struct ir_insn *k)
{
    int64_t n = k->imm;
    if (!n)
        return k->b;
    if (k->a == k->b)
        return ir_rewrite(k, IR_ror, 0, k->a, number(fn, k, n));
    if (ir_is_value(fn, k->a, 0))
        return ir_rewrite(k, IR_shr, 0, k->b, number(fn, k, n));
    if (ir_is_value(fn, k->b, 0))
        return ir_rewrite(k, IR_shl, 0, k->a, number(fn, k, (int64_t)ir_type_bits((enum ir_type)k->type) - n));
    return 0;
}

/* Extensions look through anything that leaves the low `bits` bits alone. Returns its operand, or 0. */
static ir_ref under_low_bits(const struct ir_func *fn, const struct ir_insn *a, unsigned bits)
{
    switch (a->op) {
    case IR_trunc:
        return bits <= 32 ? a->a : 0;
    case IR_sext: case IR_zext:
        return a->aux >= bits && a->aux != 1 ? a->a : 0;
    case IR_and:
        return a->type != IR_I1 && ir_is_number(fn, a->b) && !(~(uint64_t)ir_imm(fn, a->b) & ((1ull << bits) - 1)) ? a->a : 0;
    case IR_or: case IR_xor:
        return a->type != IR_I1 && ir_is_number(fn, a->b) && !((uint64_t)ir_imm(fn, a->b) & ((1ull << bits) - 1)) ? a->a : 0;
    default:
        return 0;
    }
}

static ir_ref fold_extend(struct ir_func *fn, struct ir_insn *k)
{
    const struct ir_insn *a = ir_def(fn, k->a);
    unsigned bits = k->aux;
    if (a->type == IR_I1)
        return 0;
    if (k->type == IR_I32 && bits == 32)
        return a->type == IR_I32 ? k->a : ir_rewrite(k, IR_trunc, 0, k->a, 0);
    if (bits == 1) {
        ir_ref x = a->type == k->type ? k->a : ir_emit(fn, IR_zext, (enum ir_type)k->type, 32, k->a, 0, 0, 0);
        return ir_rewrite(k, IR_and, 0, x, number(fn, k, 1));
    }
    if (a->type == k->type) {
        if ((k->op == IR_zext ? ir_zero_above(fn, k->a) : ir_sign_from(fn, k->a)) <= bits)
            return k->a;
    }
    ir_ref under = under_low_bits(fn, a, bits);
    if (under)
        return ir_rewrite(k, (enum ir_op)k->op, bits, under, 0);
    if (k->op == a->op && a->aux < bits)
        return ir_rewrite(k, (enum ir_op)k->op, a->aux, a->a, 0);
    if (k->op == IR_sext && a->op == IR_zext && a->aux < bits)
        return ir_rewrite(k, IR_zext, a->aux, a->a, 0);
    return 0;
}

static ir_ref fold_trunc(struct ir_func *fn, struct ir_insn *k)
{
    const struct ir_insn *a = ir_def(fn, k->a);
    if (a->op == IR_sext || a->op == IR_zext) {
        if (a->aux < 32)
            return ir_rewrite(k, (enum ir_op)a->op, a->aux, a->a, 0);
        return ir_type_of(fn, a->a) == IR_I32 ? a->a : ir_rewrite(k, IR_trunc, 0, a->a, 0);
    }
    ir_ref under = under_low_bits(fn, a, 32);
    return under ? ir_rewrite(k, IR_trunc, 0, under, 0) : 0;
}

ir_ref ir_fold_bits(struct ir_func *fn, struct ir_insn *k)
{
    switch (k->op) {
    case IR_and: return fold_and(fn, k);
    case IR_or: case IR_xor: return fold_or_xor(fn, k);
    case IR_andn: return fold_andn(fn, k);
    case IR_not: return fold_not(fn, k);
    case IR_shl: case IR_shr: case IR_sar: case IR_ror: return fold_shift(fn, k);
    case IR_extr: return fold_extr(fn, k);
    case IR_sext: case IR_zext: return fold_extend(fn, k);
    case IR_trunc: return fold_trunc(fn, k);
    default:    /* bswap, bitrev: their own inverses */
        return ir_def(fn, k->a)->op == k->op ? ir_def(fn, k->a)->a : 0;
    }
}
