/* Between build.c and fold.c. */
#ifndef IR_FOLD_H
#define IR_FOLD_H

#include "ir/ir.h"

/* Simplifies *k, an instruction not yet appended. Returns the value it equals, or 0 where *k
 * (possibly rewritten) is to be appended. May append operands that *k then uses. */
ir_ref ir_fold(struct ir_func *fn, struct ir_insn *k);

/* True where the value's definition is directly followed by its put: it will be computed whatever
 * becomes of its other uses, so looking through it would only keep its operands alive longer. */
static inline bool ir_is_put(const struct ir_func *fn, ir_ref r)
{
    return r + 1 < fn->n && fn->insn[r + 1].op == IR_put && fn->insn[r + 1].a == r;
}

#endif
