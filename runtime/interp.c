/* --interp (runtime/interp.h). */
#include "runtime/interp.h"

#include "runtime/region.h"
#include "runtime/space.h"

bool rt_interpret;

/* One region at a time is interpreted; guest threads take turns. */
static struct rt_lock turn;
static struct ir_func func;
static union ir_value values[IR_MAX_INSNS];

struct be_site interp_step(struct task *t, uint32_t mode)
{
    struct region_pages pages;
    struct ir_interp_result result;
    struct ir_interp_ops ops = {.helpers = t->guest->helpers, .values = values};
    rt_lock(&turn);
    region_lift(&func, t->guest, t->mm, t->cpu.f.pc, mode, &pages);
    ir_interp(&func, t->cpu.guest, &result, &ops);
    rt_unlock(&turn);
    struct be_site site = {.pc = result.pc, .trap = result.trap};
    t->cpu.f.pc = result.pc;
    if (result.kind == IR_EXIT_TRAP)
        t->cpu.f.exit = BE_EXIT_TRAP;
    else if (__atomic_load_n(&t->cpu.f.pending, __ATOMIC_RELAXED))
        t->cpu.f.exit = BE_EXIT_POLL;
    else
        t->cpu.f.exit = BE_EXIT_LOOKUP;
    return site;
}
