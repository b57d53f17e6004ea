/*
 * Breakpoints and watchpoints. Guest memory stays as it is: a breakpoint is a pc at which the region former leaves, a
 * watchpoint is looked at by code that is made for watching (REGION_WATCH) while there is one.
 */
#include <errno.h>
#include <string.h>

#include "runtime/gdb/stub.h"
#include "runtime/region.h"
#include "runtime/space.h"

enum { BREAKS = 4096, WATCHES = 64 };

uint32_t gdb_breaks_set;
static uint64_t breaks[BREAKS];     /* sorted */
static uint32_t nwatches;
static struct watch { uint64_t addr, size; uint8_t type, access; } watches[WATCHES];

bool stub_watching(void) { return nwatches; }

/* Index of the first that is not below pc. */
static uint32_t lower(uint64_t pc)
{
    uint32_t lo = 0, hi = gdb_breaks_set;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (breaks[mid] < pc)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

bool gdb_break_at(uint64_t pc)
{
    uint32_t i = lower(pc);
    return i < gdb_breaks_set && breaks[i] == pc;
}

/* All tasks of the process stand still; others that share memory may translate, and find either state. */
static int set_break(uint64_t pc, bool on)
{
    uint32_t i = lower(pc);
    bool is = i < gdb_breaks_set && breaks[i] == pc;
    if (is == on)
        return 0;
    if (on && gdb_breaks_set == BREAKS)
        return ENOSPC;
    if (on) {
        memmove(&breaks[i + 1], &breaks[i], (gdb_breaks_set - i) * sizeof breaks[0]);
        breaks[i] = pc;
        gdb_breaks_set++;
    } else {
        memmove(&breaks[i], &breaks[i + 1], (gdb_breaks_set - i - 1) * sizeof breaks[0]);
        gdb_breaks_set--;
    }
    rt_code_changed(pc, pc + 1);
    return 0;
}

static int set_watch(unsigned type, uint64_t addr, uint64_t size, bool on)
{
    static const uint8_t kinds[] = {[2] = IR_WRITES, [3] = IR_READS, [4] = IR_READS | IR_WRITES};
    uint32_t i = 0;
    while (i < nwatches && !(watches[i].addr == addr && watches[i].size == size && watches[i].type == type))
        i++;
    if ((i < nwatches) == on)
        return 0;
    if (!size || (on && nwatches == WATCHES))
        return ENOSPC;
    if (on)
        watches[nwatches++] = (struct watch){addr, size, (uint8_t)type, kinds[type]};
    else
        watches[i] = watches[--nwatches];
    return 0;
}

void gdb_packet_point(const char *p, bool set)
{
    unsigned type = (unsigned)(*p++ - '0');
    if (*p == ',')
        p++;
    uint64_t addr = gdb_take_hex(&p);
    if (*p == ',')
        p++;
    uint64_t size = gdb_take_hex(&p);
    if (type > 4)
        return;
    /* Of a forked child: it will be let go without any, or be given its own. */
    int err = stub.hg_child ? 0 : type < 2 ? set_break(addr, set) : set_watch(type, addr, size, set);
    if (err)
        gdb_out_error(err);
    else
        gdb_out_ok();
}

void stub_clear_points(void)
{
    nwatches = 0;
    while (gdb_breaks_set)
        set_break(breaks[gdb_breaks_set - 1], false);
}

uint64_t gdb_watch_helper(void *cpu, uint64_t addr, uint64_t size, uint64_t access, uint64_t pc)
{
    struct task *t = cpu;
    (void)pc;
    if (t->guest->address_mask)
        addr &= t->guest->address_mask;
    for (uint32_t i = 0; i < nwatches; i++) {
        const struct watch *w = &watches[i];
        if (addr >= w->addr + w->size || w->addr >= addr + size || !(w->access & access))
            continue;
        t->gdb.stop_addr = addr > w->addr ? addr : w->addr;
        t->gdb.stop_aux = w->type;
        t->gdb.stop_signo = 1;
        return 1;
    }
    return 0;
}

/* What stopped it at pc: the helper, which has just said so, or else a breakpoint. */
void gdb_trapped(struct task *t)
{
    bool watched = t->run_mode & REGION_WATCH && t->gdb.stop_signo;
    t->gdb.stop_signo = 0;
    if (!stub_debugged(t)) {
        t->run_mode = (t->run_mode & REGION_STEP) | REGION_FREE;
        return;
    }
    t->gdb.stop = watched ? STOP_WATCH : STOP_BREAK;
    stub_stop(t);
}
