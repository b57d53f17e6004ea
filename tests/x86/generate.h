/* Random regions of the tests' guest: traces (generate.c) and regions of several blocks (generate_blocks.c). */
#ifndef TESTS_X86_GENERATE_H
#define TESTS_X86_GENERATE_H

#include "ir/ir.h"

/* x11 counts the rounds of loops, x10 is the link register. */
enum { SLOT_X = 0, NX = 12, SLOT_COUNT = NX - 1, SLOT_LINK = NX - 2, SLOT_NZCV = NX, SLOT_W, SLOT_BASE, SLOT_BAD, SLOT_V, NV = 4,
       SLOT_D = SLOT_V + NV, ND = 3, SLOT_F = SLOT_D + ND, SLOT_H, SLOT_Q, NSLOTS, MEMORY = 8192 };
/* mix changes slots, peek reads memory and may fault; ask and cut have the code leave where it next leads backward (ask) or may (cut). */
enum { HELPER_MIX, HELPER_PEEK, HELPER_ASK, HELPER_CUT };
#define CALLEE_PC 0x900000ull

extern struct ir_slot slots[NSLOTS];
extern struct ir_func fn;       /* the region */
extern bool folding, integers, floats, looping;

unsigned float_bits(enum ir_type type);
void random_lanes(uint64_t v[2]);

/*
 * Makes a region by random_state, integers and floats: a trace, with `looping` one that leads to its own start, or a region of
 * blocks, whose exits lead forward, and backward as long as x11 lasts.
 */
void generate(bool blocks);
/* What generate_blocks.c says of the block at guest pc: slot + 1 that is dead there, or 0. */
unsigned generated_dead(uint64_t pc);

/* Parts of the generators. */
void gen_blocks(void);
ir_ref gen_emit(enum ir_op op, enum ir_type type, unsigned aux, ir_ref a, ir_ref b, ir_ref c, int64_t imm);
ir_ref gen_get(unsigned slot);
void gen_put(unsigned slot, ir_ref v);
ir_ref gen_value(enum ir_type type);
ir_ref gen_condition(void);
void gen_flags(void);           /* a put of the flag word */
void gen_insn(void);            /* one random guest instruction */
void gen_exit_if(void);         /* leaves the region for a place of its own, or traps */
void gen_end(void);             /* ends the region */
bool gen_is_free(unsigned slot);    /* may be put anywhere */

#endif
