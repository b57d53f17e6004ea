/* Region formation: which guest instructions a region holds (quick plan: a trace). */
#ifndef RUNTIME_REGION_H
#define RUNTIME_REGION_H

#include "runtime/task.h"

struct region_pages { unsigned n; uint64_t page[16]; };

/* Bits of a region's mode that are the runtime's; the rest is fe_guest.mode's. */
enum {
    REGION_STEP = 1u << 31,     /* one instruction per region, and nothing that runs on into the next: see rt_stepped() */
    REGION_WATCH = 1u << 30,    /* accesses are compared with the debugger's watchpoints before they are made */
    REGION_FREE = 1u << 29,     /* breakpoints do not count: of a task that is not debugged but shares memory with one that is */
    REGION_OWN_MODES = REGION_STEP | REGION_WATCH | REGION_FREE,
};

/*
 * Lifts the trace that starts at pc into fn. Follows direct jumps and the likely side of
 * conditional branches until a size limit, an indirect jump, or a loop. pages: the guest pages that were
 * read. The result always verifies; a pc that cannot be fetched gives a region that traps.
 */
void region_lift(struct ir_func *fn, const struct fe_guest *guest, struct mm *mm, uint64_t pc, uint32_t mode,
                 struct region_pages *pages);

/* What the hot plan knows of a place in the guest's code: how often it was entered, at most region_hot's count, and whether it is hot already. */
struct region_heat { uint32_t count; bool hot; };

struct region_profile {
    uint32_t runs;                          /* of the region that has become hot */
    struct region_heat (*heat)(uint64_t pc, uint32_t mode);
    bool (*may_be_hot)(uint64_t pc);        /* false: it is not; quicker */
    uint32_t quick_insns;                   /* guest instructions of the region that region_lift made here; 0: it made none */
};

/*
 * The hot plan: lifts what runs often of the code that is reached from pc, as blocks that lead to each other.
 * weight[n]: roughly how often block n runs. False if that is no more than the trace that region_lift makes.
 */
bool region_lift_hot(struct ir_func *fn, const struct fe_guest *guest, struct mm *mm, uint64_t pc, uint32_t mode,
                     const struct region_profile *profile, struct region_pages *pages, uint32_t weight[IR_MAX_BLOCKS]);

/* Entries after which a region is made anew by the hot plan; 0: never. */
extern uint32_t region_hot;
/* For tests: how many are made so at most. */
extern uint32_t region_hot_max;
enum { REGION_HOT = 30000 };     /* a region that runs a fifth faster then has won back what compiling it costs */

/* Guest instructions per region at most; lowered by tests and by --singlestep. */
extern unsigned region_limit;

#endif
