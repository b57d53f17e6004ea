/* Common to the formers of regions (region.c, region_hot.c): lifting an instruction, and ending where it says. */
#ifndef RUNTIME_FORMER_H
#define RUNTIME_FORMER_H

#include "runtime/region.h"

struct former {
    struct ir_func *fn;
    const struct fe_guest *guest;
    struct mm *mm;
    struct region_pages *pages;
    uint64_t window_pc;     /* bytes of one guest page, or of an instruction that begins in it, which `pages` has: */
    size_t window_starts;   /* from so many of them on there is an instruction whole */
    uint32_t mode;          /* of the guest */
    bool single;            /* one instruction, after which somebody looks at the registers */
    bool watched;           /* REGION_WATCH */
    uint8_t window[256];    /* a copy: another task may unmap them at any time */
};

void former_begin(struct former *f, struct ir_func *fn, const struct fe_guest *guest, struct mm *mm, uint64_t pc, uint32_t mode, struct region_pages *pages);
/* Begins another region, of the same kind and by what is known of the guest's memory: at pc, where nothing has changed since. */
void former_begin_again(struct former *f, uint64_t pc);
/* What has been read of the guest's memory may not stand there any more. */
static inline void former_forget(struct former *f) { f->window_starts = 0; }
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
