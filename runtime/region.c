/* The quick plan's region: a trace (runtime/region.h). */
#include "runtime/region.h"

#include "runtime/cache.h"
#include "runtime/careful.h"
#include "runtime/first_run.h"
#include "runtime/former.h"
#include "runtime/gdb/gdb.h"
#include "runtime/space.h"

unsigned region_limit = 24;     /* 32 made programs up to 4% slower to start and nothing faster; 16, others slower */

enum {
    STRAIGHT = 4,           /* times region_limit: longest run without a branch */
    MAX_EXITS = 24,         /* side exits per trace: each has a cold block */
    MAX_FOLLOWED = 8,       /* direct jumps followed */
};

struct tracer {
    struct former f;
    unsigned exits, followed;
    uint64_t followed_pc[MAX_FOLLOWED + 1];
};

/* ---- what every plan's former does (former.h) ---- */

/* Notes that the region depends on the pages of [pc, pc + n). False if the list is full. */
static bool note_pages(struct region_pages *pages, uint64_t pc, size_t n)
{
    for (uint64_t page = pc / SPACE_PAGE; page <= (pc + n - 1) / SPACE_PAGE; page++) {
        unsigned i = 0;
        while (i < pages->n && pages->page[i] != page)
            i++;
        if (i < pages->n)
            continue;
        if (pages->n == sizeof pages->page / sizeof pages->page[0])
            return false;
        pages->page[pages->n++] = page;
    }
    return true;
}

/* Moves the window to pc; returns how many bytes of an instruction there are, 0 if it cannot be fetched. */
static __attribute__((noinline)) size_t move_window(struct former *f, uint64_t pc)
{
    size_t most = f->guest->insn_max, in_page = SPACE_PAGE - pc % SPACE_PAGE;
    size_t want = in_page < most ? most : in_page < sizeof f->window ? in_page : sizeof f->window;
    size_t len = mm_fetchable(f->mm, pc, want), avail = len < most ? len : most;
    f->window_pc = pc;
    f->window_starts = 0;
    if (!len || copy_from_guest(f->window, pc, len) || !note_pages(f->pages, pc, avail))
        return 0;
    f->window_starts = len - avail + (avail == most);
    return avail;
}

/* Points *bytes at the instruction bytes of pc; returns how many there are, 0 if it cannot be fetched. */
static inline size_t fetch(struct former *f, uint64_t pc, const uint8_t **bytes)
{
    size_t most = f->guest->insn_max;
    if (__builtin_expect(pc - f->window_pc >= f->window_starts, 0) && (most = move_window(f, pc)) == 0)
        return 0;
    *bytes = f->window + (pc - f->window_pc);
    return most;
}

unsigned former_dead_at(struct former *f, uint64_t target)
{
    if (!f->guest->dead_slot || f->single || rt_gdb)    /* who looks at registers wants all */
        return 0;
    uint8_t bytes[32];
    size_t avail = mm_fetchable(f->mm, target, sizeof bytes);
    if (!avail || copy_from_guest(bytes, target, avail) || !note_pages(f->pages, target, avail))
        return 0;
    int slot = f->guest->dead_slot(bytes, avail);
    return (unsigned)(slot + 1);
}

void former_begin(struct former *f, struct ir_func *fn, const struct fe_guest *guest, struct mm *mm, uint64_t pc, uint32_t mode, struct region_pages *pages)
{
    f->fn = fn;
    f->guest = guest;
    f->mm = mm;
    f->pages = pages;
    f->window_pc = f->window_starts = 0;
    f->single = mode & REGION_STEP;
    f->mode = mode & ~(uint32_t)REGION_OWN_MODES;
    f->watched = mode & REGION_WATCH;
    former_begin_again(f, pc);
}

void former_begin_again(struct former *f, uint64_t pc)
{
    f->pages->n = 0;
    ir_begin(f->fn, pc, f->guest->slots, f->guest->nslots, f->guest->nan);
    f->fn->mode = f->mode;
}

bool former_lift(struct former *f, uint64_t pc)
{
    struct ir_func *fn = f->fn;
    const uint8_t *bytes = NULL;
    size_t avail = fetch(f, pc, &bytes);
    fn->cur_pc = pc;
    fn->addr_mask = f->guest->address_mask && careful_at(pc) ? f->guest->address_mask : 0;
    fn->watch = f->watched ? GDB_WATCH_HELPER + 1 : 0;
    fn->flow = (struct ir_flow){IR_FLOW_NEXT, 0, 0, 0};
    if (!avail || !f->guest->lift(fn, bytes, avail, fn->mode))
        return false;
    fn->nguest++;
    if (fn->next_pc > fn->pc_end)
        fn->pc_end = fn->next_pc;
    return true;
}

void former_end_jump(struct former *f, uint64_t target)
{
    ir_append(f->fn, IR_jump, IR_VOID, target == f->fn->pc ? 0 : former_dead_at(f, target), 0, 0, 0, 0, (int64_t)target);
}

void former_call(struct former *f)
{
    struct ir_func *fn = f->fn;
    bool direct = fn->flow.kind == IR_FLOW_CALL;
    ir_append(fn, IR_call, IR_VOID, !direct, direct ? 0 : fn->flow.value, ir_gaddr(fn, fn->next_pc), 0, 0, direct ? (int64_t)fn->flow.target : 0);
    ir_barrier(fn);
}

void former_end(struct former *f)
{
    struct ir_func *fn = f->fn;
    struct ir_flow flow = fn->flow;
    if (flow.kind == IR_FLOW_TRAP)
        ir_append(fn, IR_trap, IR_VOID, flow.trap, 0, 0, 0, 0, (int64_t)flow.target);
    else
        ir_append(fn, flow.kind == IR_FLOW_RET ? IR_ret : IR_jump_ind, IR_VOID, 0, flow.value, 0, 0, 0, 0);
}

/* Goes with the pages that it cannot be fetched from. */
void former_trap_fetch(struct former *f, uint64_t pc)
{
    note_pages(f->pages, pc, f->guest->insn_max);
    ir_append(f->fn, IR_trap, IR_VOID, IR_TRAP_FETCH, 0, 0, 0, 0, (int64_t)pc);
}

/* ---- the quick plan's ---- */

static void side_exit(struct tracer *t, ir_ref cond, uint64_t target)
{
    ir_append(t->f.fn, IR_exit_if, IR_VOID, former_dead_at(&t->f, target), cond, 0, 0, 0, (int64_t)target);
    t->exits++;
}

/* True if the trace may run on at target: not yet part of it. */
static bool may_follow(struct tracer *t, uint64_t target)
{
    if (t->followed == MAX_FOLLOWED || target == t->f.fn->pc)
        return false;
    for (unsigned i = 0; i < t->followed; i++)
        if (t->followed_pc[i] == target)
            return false;
    t->followed_pc[t->followed++] = target;
    return true;
}

/* A forward branch: the trace runs on where code has run before, at its next instruction if it has at both. */
static bool follow_forward(struct tracer *t, uint64_t *pc, struct ir_flow flow)
{
    struct ir_func *fn = t->f.fn;
    bool runs_on = first_run_over(*pc = fn->next_pc);
    if (!runs_on && first_run_over(flow.target) && may_follow(t, flow.target)) {
        side_exit(t, ir_emit(fn, IR_not, IR_I1, 0, flow.value, 0, 0, 0), *pc);
        *pc = flow.target;
        return true;
    }
    side_exit(t, flow.value, flow.target);
    if (!runs_on)
        former_end_jump(&t->f, *pc);
    return runs_on;
}

/* Acts on how the instruction just lifted continues. Returns false when the trace has ended. */
static bool follow(struct tracer *t, uint64_t *pc)
{
    struct ir_func *fn = t->f.fn;
    struct ir_flow flow = fn->flow;
    uint64_t next = fn->next_pc;
    switch (flow.kind) {
    case IR_FLOW_NEXT:
        *pc = next;
        return true;
    case IR_FLOW_BRANCH:
        if (ir_is_const(fn, flow.value)) {
            *pc = ir_imm(fn, flow.value) ? flow.target : next;
            if (*pc == next || may_follow(t, *pc))
                return true;
            former_end_jump(&t->f, *pc);
            return false;
        }
        if (flow.target <= fn->cur_pc) {
            /* A backward branch is a loop's: its likely side ends the trace, at the head or in the loop's own region. */
            side_exit(t, ir_emit(fn, IR_not, IR_I1, 0, flow.value, 0, 0, 0), next);
            former_end_jump(&t->f, flow.target);
            return false;
        }
        return follow_forward(t, pc, flow);
    case IR_FLOW_JUMP:
        *pc = flow.target;
        if (may_follow(t, flow.target))
            return true;
        former_end_jump(&t->f, flow.target);
        return false;
    case IR_FLOW_CALL:
    case IR_FLOW_CALL_IND:
        former_call(&t->f);
        *pc = next;
        if (first_run_over(next))
            return true;
        former_end_jump(&t->f, next);
        return false;
    case IR_FLOW_JUMP_IND:
    case IR_FLOW_RET:
    case IR_FLOW_TRAP:
        former_end(&t->f);
        return false;
    }
    return false;
}

/* A breakpoint. It goes with its page's code, so the page is noted. */
static void trap_debug(struct former *f, uint64_t pc)
{
    const uint8_t *bytes = NULL;
    fetch(f, pc, &bytes);
    ir_append(f->fn, IR_trap, IR_VOID, IR_TRAP_DEBUG, 0, 0, 0, 0, (int64_t)pc);
}

void region_lift(struct ir_func *fn, const struct fe_guest *guest, struct mm *mm, uint64_t pc, uint32_t mode,
                 struct region_pages *pages)
{
    struct tracer t;
    former_begin(&t.f, fn, guest, mm, pc, mode, pages);
    t.exits = t.followed = 0;
    bool breaks = gdb_breaks_set && !(mode & REGION_FREE);
    for (;;) {
        if (breaks && gdb_break_at(pc)) {
            if (fn->nguest)
                former_end_jump(&t.f, pc);
            else
                trap_debug(&t.f, pc);
            return;
        }
        if (!former_lift(&t.f, pc)) {
            /* Only the first instruction may trap: later ones must be reached to be fetched at all. */
            if (fn->nguest)
                former_end_jump(&t.f, pc);
            else
                former_trap_fetch(&t.f, pc);
            return;
        }
        if (!follow(&t, &pc))
            return;
        if (cache_loops_at(pc, mode)) {
            former_end_jump(&t.f, pc);
            return;
        }
        /* What runs on without a branch is reached for certain, so that cutting there would save nothing. */
        bool at_end = fn->flow.kind != IR_FLOW_NEXT || fn->nguest >= region_limit * STRAIGHT;
        if (t.f.single || (fn->nguest >= region_limit && at_end) || t.exits >= MAX_EXITS || !ir_has_room(fn)) {
            former_end_jump(&t.f, pc);
            return;
        }
    }
}
