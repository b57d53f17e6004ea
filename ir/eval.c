/* Reference semantics: dispatch by subject. ops.def lists the subjects in this order. */
#include "ir/eval.h"

void ir_eval(const struct ir_insn *in, enum ir_type atype, unsigned rules, const uint8_t *sel,
             const union ir_value *a, const union ir_value *b, const union ir_value *c, union ir_value *out)
{
    /* The result may be written over an operand. */
    union ir_value r = {{0, 0}};
    struct ir_eval e = {.in = in, .atype = atype, .rules = rules, .sel = sel, .a = a, .b = b, .c = c, .out = &r};
    enum ir_op op = (enum ir_op)in->op;
    if (op == IR_flagfcmp)
        ir_eval_float(&e);
    else if (op < IR_load)
        ir_eval_int(&e);
    else if (op <= IR_ffrombits)
        ir_eval_float(&e);
    else if (op <= IR_vselect)
        ir_eval_move(&e);
    else if (op < IR_vmulls)
        ir_eval_vec(&e);
    else if (op < IR_aese)
        ir_eval_wide(&e);
    else
        ir_eval_crypto(&e);
    if (in->type == IR_V64)
        r.u64[1] = 0;
    *out = r;
}
