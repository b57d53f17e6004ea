/* The quick plan's region: a trace (runtime/region.h). */
#include "runtime/region.h"

#include "runtime/careful.h"
#include "runtime/space.h"

unsigned region_limit = 32;     /* longer traces made cc1 20% slower to start and nothing faster */

enum {
    STRAIGHT = 4,           /* times region_limit: longest run without a branch */
    MAX_EXITS = 24,         /* side exits per trace: each has a cold block */
    MAX_FOLLOWED = 8,       /* direct jumps followed */
};

struct former {
    struct ir_func *fn;
    const struct fe_guest *guest;
    struct mm *mm;
    struct region_pages *pages;
    uint64_t window_pc;     /* guest bytes copied ahead: another task may unmap them at any time */
    size_t window_len;
    uint8_t window[256];
    unsigned exits, followed;
    uint64_t followed_pc[MAX_FOLLOWED + 1];
};

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

/* Points *bytes at the instruction bytes of pc; returns how many there are, 0 if it cannot be fetched. */
static size_t fetch(struct former *f, uint64_t pc, const uint8_t **bytes)
{
    if (pc < f->window_pc || pc + f->guest->insn_max > f->window_pc + f->window_len) {
        f->window_pc = pc;
        f->window_len = mm_fetchable(f->mm, pc, sizeof f->window);
        if (f->window_len && copy_from_guest(f->window, pc, f->window_len))
            f->window_len = 0;
        if (!f->window_len)
            return 0;
    }
    size_t avail = f->window_pc + f->window_len - pc;
    if (avail > f->guest->insn_max)
        avail = f->guest->insn_max;
    *bytes = f->window + (pc - f->window_pc);
    return note_pages(f->pages, pc, avail) ? avail : 0;
}

/* aux of an exit to `target`: 1 + a slot whose value nobody there reads. */
static unsigned dead_at(struct former *f, uint64_t target)
{
    if (!f->guest->dead_slot)
        return 0;
    uint8_t bytes[32];
    size_t avail = mm_fetchable(f->mm, target, sizeof bytes);
    if (!avail || copy_from_guest(bytes, target, avail) || !note_pages(f->pages, target, avail))
        return 0;
    int slot = f->guest->dead_slot(bytes, avail);
    return (unsigned)(slot + 1);
}

static void end_jump(struct former *f, uint64_t target)
{
    ir_append(f->fn, IR_jump, IR_VOID, target == f->fn->pc ? 0 : dead_at(f, target), 0, 0, 0, 0, (int64_t)target);
}

static void side_exit(struct former *f, ir_ref cond, uint64_t target)
{
    ir_append(f->fn, IR_exit_if, IR_VOID, dead_at(f, target), cond, 0, 0, 0, (int64_t)target);
    f->exits++;
}

/* True if the trace may run on at target: not yet part of it. */
static bool may_follow(struct former *f, uint64_t target)
{
    if (f->followed == MAX_FOLLOWED || target == f->fn->pc)
        return false;
    for (unsigned i = 0; i < f->followed; i++)
        if (f->followed_pc[i] == target)
            return false;
    f->followed_pc[f->followed++] = target;
    return true;
}

/* Acts on how the instruction just lifted continues. Returns false when the trace has ended. */
static bool follow(struct former *f, uint64_t *pc)
{
    struct ir_func *fn = f->fn;
    struct ir_flow flow = fn->flow;
    uint64_t next = fn->next_pc;
    switch (flow.kind) {
    case IR_FLOW_NEXT:
        *pc = next;
        return true;
    case IR_FLOW_BRANCH:
        if (ir_is_const(fn, flow.value)) {
            *pc = ir_imm(fn, flow.value) ? flow.target : next;
            if (*pc == next || may_follow(f, *pc))
                return true;
            end_jump(f, *pc);
            return false;
        }
        if (flow.target <= fn->cur_pc) {
            /* A backward branch is a loop's: its likely side ends the trace, at the head or in the loop's own region. */
            side_exit(f, ir_emit(fn, IR_not, IR_I1, 0, flow.value, 0, 0, 0), next);
            end_jump(f, flow.target);
            return false;
        }
        side_exit(f, flow.value, flow.target);
        *pc = next;
        return true;
    case IR_FLOW_JUMP:
        *pc = flow.target;
        if (may_follow(f, flow.target))
            return true;
        end_jump(f, flow.target);
        return false;
    case IR_FLOW_CALL:
        ir_append(fn, IR_call, IR_VOID, 0, 0, ir_gaddr(fn, next), 0, 0, (int64_t)flow.target);
        ir_barrier(fn);
        *pc = next;
        return true;
    case IR_FLOW_CALL_IND:
        ir_append(fn, IR_call, IR_VOID, 1, flow.value, ir_gaddr(fn, next), 0, 0, 0);
        ir_barrier(fn);
        *pc = next;
        return true;
    case IR_FLOW_JUMP_IND:
        ir_append(fn, IR_jump_ind, IR_VOID, 0, flow.value, 0, 0, 0, 0);
        return false;
    case IR_FLOW_RET:
        ir_append(fn, IR_ret, IR_VOID, 0, flow.value, 0, 0, 0, 0);
        return false;
    case IR_FLOW_TRAP:
        ir_append(fn, IR_trap, IR_VOID, flow.trap, 0, 0, 0, 0, (int64_t)flow.target);
        return false;
    }
    return false;
}

void region_lift(struct ir_func *fn, const struct fe_guest *guest, struct mm *mm, uint64_t pc, uint32_t mode,
                 struct region_pages *pages)
{
    struct former f;
    f.fn = fn;
    f.guest = guest;
    f.mm = mm;
    f.pages = pages;
    f.window_pc = f.window_len = 0;
    f.exits = f.followed = 0;
    pages->n = 0;
    ir_begin(fn, pc, guest->slots, guest->nslots, guest->nan);
    bool single = mode & REGION_STEP;
    mode &= ~(uint32_t)REGION_OWN_MODES;
    fn->mode = mode;
    fn->pc_end = pc;
    for (;;) {
        const uint8_t *bytes = NULL;
        size_t avail = fetch(&f, pc, &bytes);
        fn->cur_pc = pc;
        fn->addr_mask = guest->address_mask && careful_at(pc) ? guest->address_mask : 0;
        fn->flow = (struct ir_flow){IR_FLOW_NEXT, 0, 0, 0};
        if (!avail || !guest->lift(fn, bytes, avail, mode)) {
            /* Only the first instruction may trap: later ones must be reached to be fetched at all. */
            if (fn->nguest)
                end_jump(&f, pc);
            else
                ir_append(fn, IR_trap, IR_VOID, IR_TRAP_FETCH, 0, 0, 0, 0, (int64_t)pc);
            return;
        }
        fn->nguest++;
        if (fn->next_pc > fn->pc_end)
            fn->pc_end = fn->next_pc;
        if (!follow(&f, &pc))
            return;
        /* What runs on without a branch is reached for certain, so that cutting there would save nothing. */
        bool at_end = fn->flow.kind != IR_FLOW_NEXT || fn->nguest >= region_limit * STRAIGHT;
        if (single || (fn->nguest >= region_limit && at_end) || f.exits >= MAX_EXITS || !ir_has_room(fn)) {
            end_jump(&f, pc);
            return;
        }
    }
}
