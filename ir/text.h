/* The words of the text form and the shape of each op's aux and imm; shared by printer, parser and verifier. */
#ifndef IR_TEXT_H
#define IR_TEXT_H

#include "ir/ir.h"

/* A suffix of the op's name: stands for (aux & mask) == value. Equal masks form a choice of which
 * exactly one holds; a word whose mask is its value is a flag. The list ends with a null name. */
struct ir_word { const char *name; uint16_t mask, value; };

/* The words of an op's aux; an empty list where aux is unused or not written as suffixes. */
const struct ir_word *ir_aux_words(enum ir_op op, enum ir_type type);

extern const struct ir_word ir_rule_words[], ir_trap_words[], ir_amo_words[], ir_fence_words[];

/* How an instruction is written after its name. */
enum ir_shape {
    IR_SHAPE_PLAIN,     /* operands */
    IR_SHAPE_INDEX,     /* operands, #imm */
    IR_SHAPE_FIXED,     /* operands, and #imm if it is not 0 */
    IR_SHAPE_CONST,     /* number */
    IR_SHAPE_VCONST,    /* bytes in hex */
    IR_SHAPE_SHUFFLE,   /* operands, selector bytes in hex */
    IR_SHAPE_GET, IR_SHAPE_PUT,
    IR_SHAPE_LOAD, IR_SHAPE_STORE,
    IR_SHAPE_AMO,       /* kind [operand], operand */
    IR_SHAPE_ATOMIC,    /* [operand], operands */
    IR_SHAPE_FENCE,
    IR_SHAPE_BLOCK,     /* number, pc, "loop" */
    IR_SHAPE_EXIT,      /* operands, pc, block, dead slot */
    IR_SHAPE_CALL, IR_SHAPE_TRAP, IR_SHAPE_HELPER,
};
enum ir_shape ir_shape_of(enum ir_op op);

/* The instruction carries its guest pc: it is written after an '@'. */
static inline bool ir_has_pc(enum ir_op op) { return ir_ops[op].flags & (IR_OPF_F | IR_OPF_X | IR_OPF_E | IR_OPF_B); }

#endif
