/* Shared by the random-sequence generator's guests (gen.c). */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frontends/guest.h"
#include "frontends/row.h"

/*
 * The guest program: for each case, for each input: registers are loaded from the input's block, the random
 * instructions run, registers go to the output's block; after a case all output blocks are written to descriptor 1.
 * A block holds the registers and a window of memory that loads and stores use.
 */
enum { WINDOW = 512, BLOCK = 832 + WINDOW, WINDOW_OFF = 832, INPUTS = 8, GUARD = 1 << 16 };
#define CODE_AT 0x400000ull
#define DATA_AT 0x10000000ull
#define IN_AT  (DATA_AT + GUARD)
#define OUT_AT (IN_AT + INPUTS * BLOCK + GUARD)
#define DATA_SIZE (OUT_AT + INPUTS * BLOCK + GUARD - DATA_AT)

uint64_t random64(void);
static inline unsigned random_below(unsigned n) { return (unsigned)(random64() % n); }
void emit16(uint16_t v);
void emit32(uint32_t v);
/* True unless the lifter finds the encoding reserved. */
bool accepted(const struct fe_guest *g, uint32_t word);
uint64_t here(void);                /* address of the next instruction */

struct fuzz_guest {
    const char *name;
    uint16_t machine;
    uint32_t elf_flags;
    const struct fe_row *rows;
    const unsigned *nrows;
    void (*prologue)(void);         /* once: base registers */
    void (*case_begin)(void);       /* start of the loop over inputs */
    void (*load)(void);             /* registers from the input block */
    bool (*random_insn)(const struct fe_row *row);      /* emits one, and what it needs before it; false: not this row */
    void (*store)(void);            /* registers to the output block */
    void (*case_end)(uint64_t loop);    /* next input; then writes the output */
    void (*finish)(void);           /* exit(0) */
};
extern const struct fuzz_guest fuzz_a64, fuzz_rv64;

#endif
