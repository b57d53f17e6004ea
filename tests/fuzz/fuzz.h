/*
 * Shared by the parts of the random-program generator (gen.c).
 *
 * A guest program runs CASES, each from INPUTS sets of register and memory values. A case is a sequence of
 * units: a random instruction with what it needs before it (pointers, targets). Labels, in order:
 *
 *     enter    registers and the window of memory are loaded from the input's block; on to the case's body
 *     leave    they are stored in the output's block; next input, or all output blocks are written to
 *              descriptor 1 and the next case begins
 *     handler  of signals: notes signal, pc and address in the output's block and makes the context go on at
 *              leave, so what is stored are the registers as the signal frame shows them
 *     start    handlers are installed; the first case
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frontends/guest.h"
#include "frontends/row.h"

enum {
    WINDOW = 512, WINDOW_OFF = 832, BLOCK = WINDOW_OFF + WINDOW,    /* a block: registers, then the window */
    MAX_INPUTS = 64, MAX_UNITS = 512, UNIT_BYTES = 96, GUARD = 1 << 16,
    OFF_SIGNAL = 792, OFF_PC = 800, OFF_ADDRESS = 808, OFF_SPARE = 824,     /* in a block, of every guest */
};
#define CODE_AT 0x400000ull
#define DATA_AT 0x10000000ull
#define WINDOW_AT (DATA_AT + GUARD + 0x1000 - WINDOW / 2)       /* a page ends in its middle */
#define SCRATCH_AT (WINDOW_AT + GUARD)                          /* not compared */
#define CTRL_AT (DATA_AT + 3 * GUARD)                           /* body, next case, two words of modes */
#define STACK_AT (CTRL_AT + 0x1000)                             /* for signals */
#define STACK_SIZE 0x10000ull
#define IN_AT (STACK_AT + STACK_SIZE)
#define OUT_AT (IN_AT + MAX_INPUTS * BLOCK)
#define DATA_SIZE (OUT_AT + MAX_INPUTS * BLOCK + 0x1000 - DATA_AT)

/* What one instruction does, found from its IR. Registers are those of the slots 0 to 31. */
struct probe {
    enum ir_flow_kind flow;
    enum ir_trap trap;
    uint64_t reads, writes;     /* general registers, as bits */
    bool memory;                /* has an access whose address the IR shows */
    bool ordered;               /* atomic, exclusive, acquire or release: wants an aligned address */
    bool loads, stores, helper;
    bool known;                 /* the address is base + f(index registers) */
    unsigned base;
    uint64_t index;             /* other registers in the address, as bits */
    ir_ref address; int64_t disp; unsigned scale; ir_ref index_ref;
};

/* One random instruction and what stands before it; branches name the unit they go to. */
struct unit {
    uint8_t code[UNIT_BYTES];
    uint8_t size, insns;
    uint8_t nrelocs;
    struct { uint8_t at; int16_t target; int16_t add; } reloc[2];
    int16_t pair;               /* unit without which this one is left out, -1 */
    uint16_t region;            /* loop or call body it stands in */
    int16_t row;
};

extern unsigned inputs;
uint64_t random64(void);
static inline unsigned random_below(unsigned n) { return (unsigned)(random64() % n); }
static inline bool one_in(unsigned n) { return random_below(n) == 0; }
/* Integers and floats of every size that matter, among random ones. */
uint64_t interesting(void);

/* Appends to the unit that is being made, or else to the program. */
void emit16(uint16_t v);
void emit32(uint32_t v);
uint64_t here(void);            /* address of the next instruction; program only */
/* The instruction emitted next goes to, or names, unit `target` (-1: one of the next few); guest.relocate patches it. */
void to_unit(int target, int add);

bool probe(const struct fe_guest *g, uint32_t word, struct probe *p);      /* false: a reserved encoding */
/* The address that the last probe's access would have with these general registers; false: not computable. */
bool probe_address(const struct probe *p, const uint64_t regs[32], uint64_t *address);
/* Values for the index registers and the base such that the access is at `address`. regs[] in the index mask and base are set. */
bool probe_aim(const struct probe *p, uint64_t address, uint64_t regs[32]);
/* An address in the window for an access; sometimes (bad) one where nothing is mapped. */
uint64_t random_place(bool ordered);
uint64_t bad_place(void);

struct fuzz_guest {
    const char *name;
    uint16_t machine;
    uint32_t elf_flags;
    const struct fe_guest *fe;
    const struct fe_row *rows;
    const unsigned *nrows;
    uint64_t reserved;              /* general registers that random instructions leave alone */
    unsigned link;                  /* link register of structured calls */
    void (*enter)(void);
    void (*leave)(uint64_t enter);
    void (*handler)(uint64_t leave);
    void (*start)(uint64_t handler);
    void (*case_head)(uint64_t body, uint64_t next, const uint32_t mode[2], uint64_t enter);    /* of fixed size */
    void (*case_tail)(uint64_t leave);
    void (*random_mode)(uint32_t mode[2]);
    void (*finish)(void);
    /* Emits a random instruction of the row into the current unit; false: nothing suitable was found. */
    bool (*random_insn)(const struct fe_row *row, uint64_t locked, bool fault);
    void (*loop_begin)(unsigned count);
    void (*loop_end)(int begin);
    void (*call)(int body, int after);
    void (*call_end)(void);
    void (*relocate)(uint8_t *at, int64_t disp);
    bool (*traps)(const struct fe_row *row);                /* a breakpoint or permanently undefined: made only as a fault */
    const char *(*excluded)(const struct fe_row *row);      /* why no instruction of the row is made, or NULL */
};
extern const struct fuzz_guest fuzz_a64, fuzz_rv64;

#endif
