/* Which guest registers a region of several blocks keeps in host registers from block to block. */
#ifndef IR_CARRY_H
#define IR_CARRY_H

#include "ir/ir.h"

/* Room to work in; no initial value needed. */
struct ir_carry_room { struct ir_insn old[IR_MAX_INSNS]; ir_ref now[IR_MAX_INSNS]; };

/*
 * Puts gets at the start of every block of fn, behind its op `block`: one for each slot that is used there or in blocks
 * reached from there (through a call it is in memory anyhow). They stand for the values with which the block is entered: a back
 * end may have them in registers there. The head of a loop gets only the `ints` integer and `others` floating-point and vector
 * slots that the loop uses most, by weight[block number], which fit into registers at once. A block's own first gets of these slots
 * become them. Does nothing to a trace, or where fn has no room for them.
 */
void ir_carry(struct ir_func *fn, unsigned ints, unsigned others, const uint32_t weight[IR_MAX_BLOCKS], struct ir_carry_room *room);

#endif
