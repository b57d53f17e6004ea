/* Common to the formers of regions (region.c, region_hot.c): lifting an instruction, and ending where it says. */
#ifndef RUNTIME_FORMER_H
#define RUNTIME_FORMER_H

#include "runtime/region.h"

struct former {
    struct ir_func *fn;
    const struct fe_guest *guest;
    struct mm *mm;
    struct region_pages *pages;
    uint64_t window_pc;     /* guest bytes copied ahead: another task may unmap them at any time */
    size_t window_len;
    uint64_t noted;         /* a page that `pages` has: of the instruction fetched last */
    uint8_t window[256];
    bool single;            /* one instruction, after which somebody looks at the registers */
    bool watched;           /* REGION_WATCH */
};

void former_begin(struct former *f, struct ir_func *fn, const struct fe_guest *guest, struct mm *mm, uint64_t pc, uint32_t mode, struct region_pages *pages);
/* Lifts the instruction at pc; fn->flow and fn->next_pc say how it goes on. False: it cannot be fetched. */
bool former_lift(struct former *f, uint64_t pc);
/* aux of an exit to `target`: 1 + a slot whose value nobody there reads, or 0. */
unsigned former_dead_at(struct former *f, uint64_t target);
/* Ends with a jump out of the region. */
void former_end_jump(struct former *f, uint64_t target);
/* Appends the call that fn->flow is; lifting goes on at fn->next_pc. */
void former_call(struct former *f);
/* Ends as fn->flow says: an indirect jump, a return or a trap. */
void former_end(struct former *f);
/* Ends with the trap for code that cannot be fetched. */
void former_trap_fetch(struct former *f, uint64_t pc);

#endif
