/* What build.c and the fold*.c files share. */
#ifndef IR_FOLD_H
#define IR_FOLD_H

#include "ir/ir.h"

/* A rule's answer besides a value: 0, nothing found (or *k rewritten to its final form); IR_AGAIN,
 * *k was rewritten and other rules may apply. */
#define IR_AGAIN ((ir_ref)-1)

/* Simplifies *k, an instruction not yet appended. Returns the value it equals, or 0 where *k
 * (possibly rewritten) is to be appended. May append operands that *k then uses. */
ir_ref ir_fold(struct ir_func *fn, struct ir_insn *k);

/* One step each, by subject; same answers or IR_AGAIN. */
ir_ref ir_fold_int(struct ir_func *fn, struct ir_insn *k);
ir_ref ir_fold_bits(struct ir_func *fn, struct ir_insn *k);
ir_ref ir_fold_cond(struct ir_func *fn, struct ir_insn *k);
ir_ref ir_fold_vec(struct ir_func *fn, struct ir_insn *k);

/* Number of low bits of an integer outside of which it is certainly zero. */
unsigned ir_zero_above(const struct ir_func *fn, ir_ref r);
/* Number of low bits of which an integer is certainly the sign extension. */
unsigned ir_sign_from(const struct ir_func *fn, ir_ref r);

static inline const struct ir_insn *ir_def(const struct ir_func *fn, ir_ref r) { return &fn->insn[r]; }

/* A constant whose value is known now: not a guest address, which may be relocated. */
static inline bool ir_is_number(const struct ir_func *fn, ir_ref r)
{
    return fn->insn[r].op == IR_const && r && !fn->insn[r].aux;
}
static inline bool ir_is_value(const struct ir_func *fn, ir_ref r, int64_t v)
{
    return ir_is_number(fn, r) && fn->insn[r].imm == v;
}

static inline unsigned ir_type_bits(enum ir_type type)
{
    static const uint8_t bits[IR_TYPE_COUNT] = {0, 1, 32, 64, 16, 32, 64, 64, 128};
    return bits[type];
}

/* Replaces what the instruction computes; its type stays. */
static inline ir_ref ir_rewrite(struct ir_insn *k, enum ir_op op, unsigned aux, ir_ref a, ir_ref b)
{
    k->op = (uint8_t)op;
    k->aux = (uint16_t)aux;
    k->a = a;
    k->b = b;
    k->c = 0;
    k->imm = 0;
    return IR_AGAIN;
}

/* True where the value's definition is directly followed by its put, or that of its extension: it
 * will be computed whatever becomes of its other uses, so looking through it would only keep its
 * operands alive longer. */
static inline bool ir_is_put(const struct ir_func *fn, ir_ref r)
{
    ir_ref next = r + 1;
    if (next >= fn->n || fn->insn[next].a != r)
        return false;
    if (fn->insn[next].op == IR_sext || fn->insn[next].op == IR_zext) {
        r = next++;
        return next < fn->n && fn->insn[next].op == IR_put && fn->insn[next].a == r;
    }
    return fn->insn[next].op == IR_put;
}

#endif
