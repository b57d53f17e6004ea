/* Code's first run (runtime/first_run.h). */
#include "runtime/first_run.h"

#include "runtime/debug.h"
#include "runtime/former.h"
#include "runtime/interp.h"
#include "runtime/log.h"
#include "runtime/space.h"
#include "runtime/stats.h"

bool rt_first_runs = true;

/*
 * Where code has run from, a bit for each place, in windows that share their bits with others: what seems to have run because
 * something else did is translated at once. Tasks that set bits of a word together lose some, which are set again.
 */
enum { PLACES = 1 << 20, MOST_INSNS = 64 };
static uint64_t has_run[PLACES / 64];

static inline unsigned place_of(uint64_t pc) { return (unsigned)(pc >> 1 ^ (pc >> 21) * 0x9e3779b1u) % PLACES; }

static inline bool is_new(uint64_t pc)
{
    unsigned place = place_of(pc);
    return !(__atomic_load_n(&has_run[place / 64], __ATOMIC_RELAXED) >> place % 64 & 1);
}

static inline void note(uint64_t pc)
{
    unsigned place = place_of(pc);
    uint64_t *word = &has_run[place / 64];
    __atomic_store_n(word, __atomic_load_n(word, __ATOMIC_RELAXED) | 1ull << place % 64, __ATOMIC_RELAXED);
}

/*
 * Interpreting pays while less than about two of three instructions run again. Where half as many regions are translated as stretches are interpreted,
 * the next so many new places are translated at once, and twice as many each time that this turns out right again.
 */
enum { TRIAL = 1024, MOST_AGAIN = TRIAL / 2, FIRST_REST = 8192, LONGEST_REST = 1 << 17 };
static uint32_t trial, rest, next_rest = FIRST_REST;
static uint64_t regions_before;

static inline bool rests(void) { return __atomic_load_n(&rest, __ATOMIC_RELAXED) != 0; }

/* Before each stretch, under interp_lock(). */
static void judge(void)
{
    uint64_t regions = __atomic_load_n(&stats.regions, __ATOMIC_RELAXED);
    if (!trial)
        regions_before = regions;
    if (++trial < TRIAL)
        return;
    trial = 0;
    if (regions - regions_before <= MOST_AGAIN) {
        next_rest = FIRST_REST;
        return;
    }
    __atomic_store_n(&rest, next_rest, __ATOMIC_RELAXED);
    next_rest = next_rest < LONGEST_REST ? 2 * next_rest : LONGEST_REST;
}

bool first_run_due(uint64_t pc, uint32_t mode)
{
    if (!rt_first_runs || mode & REGION_OWN_MODES || !is_new(pc) || rt_gdb)
        return false;
    uint32_t left = __atomic_load_n(&rest, __ATOMIC_RELAXED);
    if (!left)
        return true;
    __atomic_store_n(&rest, left - 1, __ATOMIC_RELAXED);
    note(pc);
    return false;
}

bool first_run_over(uint64_t pc) { return !rt_first_runs || rests() || !is_new(pc); }

/* The run in progress, under interp_lock(). */
static struct ir_func func;
static struct former former;
static struct region_pages pages;
static uint32_t seen_changes;           /* of the guest's code, before `former` read any of it */
static union ir_value values[IR_MAX_INSNS];

/* Lifts what runs in one go from pc: to the next branch, or to where code has run before. */
static void lift_block(uint64_t pc)
{
    struct ir_func *fn = &func;
    uint32_t changes = __atomic_load_n(&rt_code_changes, __ATOMIC_ACQUIRE);
    if (changes != seen_changes)
        former_forget(&former);
    seen_changes = changes;
    former_begin_again(&former, pc);
    do {
        if (!former_lift(&former, pc)) {
            if (fn->nguest)
                ir_append(fn, IR_jump, IR_VOID, 0, 0, 0, 0, 0, (int64_t)pc);
            else
                former_trap_fetch(&former, pc);
            return;
        }
        pc = fn->next_pc;
    } while (fn->flow.kind == IR_FLOW_NEXT && fn->nguest < MOST_INSNS && ir_has_room(fn) && is_new(pc));
    switch (fn->flow.kind) {
    case IR_FLOW_BRANCH:
        ir_append(fn, IR_exit_if, IR_VOID, 0, fn->flow.value, 0, 0, 0, (int64_t)fn->flow.target);
        /* fall through */
    case IR_FLOW_NEXT:
        ir_append(fn, IR_jump, IR_VOID, 0, 0, 0, 0, 0, (int64_t)pc);
        break;
    case IR_FLOW_JUMP:
        ir_append(fn, IR_jump, IR_VOID, 0, 0, 0, 0, 0, (int64_t)fn->flow.target);
        break;
    case IR_FLOW_CALL: case IR_FLOW_CALL_IND:
        former_call(&former);
        break;
    default:
        former_end(&former);
    }
}

/* Whether the task may go on at pc here. */
static bool goes_on(struct task *t, uint64_t pc)
{
    uint64_t mask = t->guest->address_mask;
    return !__atomic_load_n(&t->cpu.f.pending, __ATOMIC_RELAXED) && is_new(pc) && (!mask || !(pc & ~mask));
}

struct running { struct task *t; struct ir_interp_result result; };

static void run(void *ctx)
{
    struct running *r = ctx;
    struct task *t = r->t;
    const struct ir_interp_ops ops = {.helpers = t->guest->helpers, .values = values};
    uint64_t pc = t->cpu.f.pc;
    do {
        judge();
        note(pc);
        lift_block(pc);
        debug_region_lifted(t->guest, &func);
        stats.first_runs++;
        stats.first_insns += func.nguest;
        interp_region(t, &func, &ops, &r->result);
        pc = r->result.pc;
    } while (r->result.kind != IR_EXIT_TRAP && goes_on(t, pc));
}

bool first_run(struct task *t, uint32_t mode, struct be_site *site)
{
    if (!interp_trylock())
        return false;
    struct running r = {.t = t};
    func.as_is = true;
    former_begin(&former, &func, t->guest, t->mm, t->cpu.f.pc, mode, &pages);
    bool done = interp_guarded(t, run, &r);
    interp_unlock();
    if (!done) {
        t->cpu.f.exit = BE_EXIT_FAULT;
        return true;
    }
    *site = (struct be_site){.pc = r.result.pc, .trap = r.result.trap};
    t->cpu.f.pc = r.result.pc;
    t->cpu.f.exit = r.result.kind == IR_EXIT_TRAP ? BE_EXIT_TRAP : __atomic_load_n(&t->cpu.f.pending, __ATOMIC_RELAXED) ? BE_EXIT_POLL : BE_EXIT_LOOKUP;
    return true;
}
