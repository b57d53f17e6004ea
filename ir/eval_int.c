/* Reference semantics: constants, integers, flag words. */
#include <string.h>

#include "ir/eval_int.h"

ir_u128 ir_clmul(uint64_t a, uint64_t b)
{
    ir_u128 r = 0;
    for (int i = 0; i < 64; i++)
        if (b >> i & 1)
            r ^= (ir_u128)a << i;
    return r;
}

void ir_eval_int(const struct ir_eval *e)
{
    const struct ir_insn *in = e->in;
    switch (in->op) {
    case IR_const:
        e->out->u64[0] = ir_int_narrowed((enum ir_type)in->type, (uint64_t)in->imm);
        return;
    case IR_vconst:
        memcpy(e->out->b, e->sel, 16);
        return;
    case IR_undef:
        return;
    case IR_select:
        *e->out = e->a->u64[0] & 1 ? *e->b : *e->c;
        return;
    default:
        e->out->u64[0] = ir_int_op(in, e->atype, e->a->u64[0], e->b->u64[0], e->c->u64[0]);
        return;
    }
}
