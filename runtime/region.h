/* Region formation: which guest instructions a region holds (quick plan: a trace). */
#ifndef RUNTIME_REGION_H
#define RUNTIME_REGION_H

#include "runtime/task.h"

struct region_pages { unsigned n; uint64_t page[16]; };

/* Bits of a region's mode that are the runtime's; the rest is fe_guest.mode's. */
enum {
    REGION_STEP = 1u << 31,     /* one instruction per region, and nothing that runs on into the next: see rt_stepped() */
    REGION_OWN_MODES = REGION_STEP,
};

/*
 * Lifts the trace that starts at pc into fn. Follows direct jumps and the likely side of
 * conditional branches until a size limit, an indirect jump, or a loop. pages: the guest pages that were
 * read. The result always verifies; a pc that cannot be fetched gives a region that traps.
 */
void region_lift(struct ir_func *fn, const struct fe_guest *guest, struct mm *mm, uint64_t pc, uint32_t mode,
                 struct region_pages *pages);

/* Guest instructions per region at most; lowered by tests and by --singlestep. */
extern unsigned region_limit;

#endif
