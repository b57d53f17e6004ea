/* The table of operations, from ops.def. */
#include "ir/ir.h"

#define P IR_OPF_P
#define C IR_OPF_C
#define F IR_OPF_F
#define W IR_OPF_W
#define R IR_OPF_R
#define X IR_OPF_X
#define E IR_OPF_E
#define B IR_OPF_B
#define S IR_OPF_S

const struct ir_op_info ir_ops[IR_OP_COUNT] = {
#define OP(name, sig, flags, text) {#name, sig, flags, sizeof(sig) - 2},
#include "ir/ops.def"
#undef OP
};

const char *const ir_type_names[IR_TYPE_COUNT] = {
    "void", "i1", "i32", "i64", "f16", "f32", "f64", "v64", "v128",
};
