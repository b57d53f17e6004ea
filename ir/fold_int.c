/* Folding rules: integer arithmetic. */
#include "ir/fold.h"

static int64_t wrap(enum ir_type type, int64_t v) { return type == IR_I32 ? (int32_t)v : v; }

/* Guest addresses stay addresses: a marked constant plus a number is one. */
static ir_ref sum(struct ir_func *fn, enum ir_type type, ir_ref a, ir_ref b)
{
    const struct ir_insn *x = ir_def(fn, a), *y = ir_def(fn, b);
    int64_t v = (int64_t)((uint64_t)x->imm + (uint64_t)y->imm);
    return x->aux | y->aux ? ir_gaddr(fn, (uint64_t)v) : ir_const(fn, type, wrap(type, v));
}

static ir_ref fold_add(struct ir_func *fn, struct ir_insn *k)
{
    const struct ir_insn *a = ir_def(fn, k->a), *b = ir_def(fn, k->b);
    if (a->op == IR_const && b->op != IR_const) {
        ir_ref x = k->a;
        return ir_rewrite(k, IR_add, 0, k->b, x);
    }
    if (b->op == IR_const) {
        if (a->op == IR_const)
            return a->aux && b->aux ? 0 : sum(fn, (enum ir_type)k->type, k->a, k->b);
        if (!b->imm && !b->aux)
            return k->a;
        if (a->op != IR_add || !ir_is_const(fn, a->b) || (b->aux && ir_def(fn, a->b)->aux))
            return 0;
        if (!(b->aux | ir_def(fn, a->b)->aux) && !wrap((enum ir_type)k->type, (int64_t)((uint64_t)b->imm + (uint64_t)ir_imm(fn, a->b))))
            return a->a;
        return ir_is_put(fn, k->a) ? 0 : ir_rewrite(k, IR_add, 0, a->a, sum(fn, (enum ir_type)k->type, a->b, k->b));
    }
    if (b->op == IR_neg)
        return ir_rewrite(k, IR_sub, 0, k->a, b->a);
    if (a->op == IR_neg)
        return ir_rewrite(k, IR_sub, 0, k->b, a->a);
    return 0;
}

static ir_ref fold_sub(struct ir_func *fn, struct ir_insn *k)
{
    const struct ir_insn *b = ir_def(fn, k->b);
    if (ir_is_number(fn, k->b))
        return ir_rewrite(k, IR_add, 0, k->a, ir_const(fn, (enum ir_type)k->type, (int64_t)(0 - (uint64_t)b->imm)));
    if (k->a == k->b)
        return ir_const(fn, (enum ir_type)k->type, 0);
    if (ir_is_value(fn, k->a, 0))
        return ir_rewrite(k, IR_neg, 0, k->b, 0);
    if (b->op == IR_neg)
        return ir_rewrite(k, IR_add, 0, k->a, b->a);
    return 0;
}

static ir_ref fold_neg(struct ir_func *fn, struct ir_insn *k)
{
    const struct ir_insn *a = ir_def(fn, k->a);
    if (a->op == IR_neg)
        return a->a;
    if (a->op == IR_sub)
        return ir_rewrite(k, IR_sub, 0, a->b, a->a);
    return 0;
}

/* log2 of the constant, or -1. */
static int power_of_two(const struct ir_func *fn, ir_ref r)
{
    uint64_t v = (uint64_t)ir_imm(fn, r);
    if (ir_type_of(fn, r) == IR_I32)
        v = (uint32_t)v;
    return v && !(v & (v - 1)) ? __builtin_ctzll(v) : -1;
}

static ir_ref fold_mul(struct ir_func *fn, struct ir_insn *k)
{
    enum ir_type type = (enum ir_type)k->type;
    if (!ir_is_number(fn, k->b)) {
        if (k->op == IR_mulhsu && (ir_is_value(fn, k->a, 0)))
            return k->a;
        return 0;
    }
    int64_t c = ir_imm(fn, k->b);
    if (!c)
        return k->b;
    if (k->op == IR_mul) {
        if (c == 1)
            return k->a;
        if (c == -1)
            return ir_rewrite(k, IR_neg, 0, k->a, 0);
        int n = power_of_two(fn, k->b);
        if (n > 0)
            return ir_rewrite(k, IR_shl, 0, k->a, ir_const(fn, type, n));
        return 0;
    }
    int width = (int)ir_type_bits(type), n = power_of_two(fn, k->b);
    if (k->op == IR_mulhu && n == 0)
        return ir_const(fn, type, 0);
    if (k->op == IR_mulhu && n > 0)
        return ir_rewrite(k, IR_shr, 0, k->a, ir_const(fn, type, width - n));
    return 0;
}

static ir_ref fold_div(struct ir_func *fn, struct ir_insn *k)
{
    enum ir_type type = (enum ir_type)k->type;
    if (!ir_is_number(fn, k->b))
        return 0;
    int64_t c = ir_imm(fn, k->b);
    bool quotient = k->op == IR_divs || k->op == IR_divu;
    if (!c)
        return quotient ? k->b : k->a;
    if (c == 1)
        return quotient ? k->a : ir_const(fn, type, 0);
    int n = power_of_two(fn, k->b);
    switch (k->op) {
    case IR_divs:
        return c == -1 ? ir_rewrite(k, IR_neg, 0, k->a, 0) : 0;
    case IR_rems:
        return c == -1 ? ir_const(fn, type, 0) : 0;
    case IR_divu:
        return n > 0 ? ir_rewrite(k, IR_shr, 0, k->a, ir_const(fn, type, n)) : 0;
    default:
        return n > 0 ? ir_rewrite(k, IR_and, 0, k->a, ir_const(fn, type, (int64_t)((uint64_t)c - 1))) : 0;
    }
}

ir_ref ir_fold_int(struct ir_func *fn, struct ir_insn *k)
{
    switch (k->op) {
    case IR_add: return fold_add(fn, k);
    case IR_sub: return fold_sub(fn, k);
    case IR_neg: return fold_neg(fn, k);
    case IR_mul: case IR_mulhs: case IR_mulhu: case IR_mulhsu: return fold_mul(fn, k);
    default: return fold_div(fn, k);
    }
}
