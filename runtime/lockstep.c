/*
 * Interpreter against translated code (runtime/lockstep.h).
 *
 * Not compared, and counted instead: regions that call helpers (they may read clocks), loops closed inside a region
 * that go round too often for the log of stores, and runs that a signal interrupts.
 */
#include "runtime/lockstep.h"

#include "runtime/debug.h"
#include "runtime/guestmem.h"
#include "runtime/interp.h"
#include "runtime/log.h"
#include "runtime/region.h"
#include "runtime/space.h"
#include "runtime/stats.h"

bool rt_lockstep;

enum { MAX_STORES = 1 << 16, MAX_ROUNDS = 4096, ATTEMPTS = 3, STICKY = 0x3d /* mxcsr's flags but denormal */, UNDERFLOW = 0x10 };

static struct store { uint64_t at; uint32_t n; uint8_t before[16], after[16]; } stores[MAX_STORES];
static uint32_t nstores;
static bool too_many;
static struct ir_func func;
static union ir_value values[IR_MAX_INSNS];

struct state { uint8_t regs[BE_GUEST_BYTES]; uint64_t pc; uint32_t mxcsr; };
/* How a region was left: exit is LOOKUP for every kind of jump. */
struct way { uint32_t exit, trap; uint64_t pc; };

/* The flags that translated code keeps exactly, by the region's rules. */
static unsigned sticky(void)
{
    if (!(func.rules & IR_FP_TINY_BEFORE) || func.rules & IR_FP_EXACT_STATUS)
        return STICKY;
    return func.rules & (IR_FP_FLUSH | IR_FP_FLUSH16) ? 0 : STICKY & ~UNDERFLOW;
}

void lockstep_begin(void) { interp_lock(); }
void lockstep_end(void) { interp_unlock(); }

static void note(void *ctx, uintptr_t at, unsigned bytes)
{
    if (nstores == MAX_STORES) {
        too_many = true;
        return;
    }
    struct store *s = &stores[nstores];
    /* If this faults, so will the store. */
    if (copy_from_guest(s->before, at, bytes))
        return;
    s->at = at;
    s->n = bytes;
    nstores++;
}

static void save(const struct task *t, struct state *s)
{
    memcpy(s->regs, t->cpu.guest, sizeof s->regs);
    s->pc = t->cpu.f.pc;
    s->mxcsr = t->cpu.f.mxcsr;
}

static void restore(struct task *t, const struct state *s)
{
    memcpy(t->cpu.guest, s->regs, sizeof s->regs);
    t->cpu.f.pc = s->pc;
    t->cpu.f.mxcsr = s->mxcsr;
}

static void remember_stored(void)
{
    for (uint32_t i = 0; i < nstores; i++)
        if (copy_from_guest(stores[i].after, stores[i].at, stores[i].n))
            stores[i].n = 0;
}

static void undo_stores(void)
{
    for (uint32_t i = nstores; i-- > 0;)
        copy_to_guest(stores[i].at, stores[i].before, stores[i].n);
}

/*
 * Interprets the region. Where it jumps to its own start, the code may go round inside or leave: up to `rounds` rounds
 * are done. False if that was too much to log, or too many rounds.
 */
static bool interpret(struct task *t, unsigned rounds, struct way *way, struct ir_interp_result *result)
{
    struct ir_interp_ops ops = {.helpers = t->guest->helpers, .values = values, .writes = note};
    nstores = 0;
    too_many = false;
    for (unsigned round = 1; !too_many; round++) {
        if (!interp_run(t, &func, &ops, result)) {
            *way = (struct way){BE_EXIT_FAULT, 0, t->cpu.f.pc};
            break;
        }
        *way = (struct way){result->kind == IR_EXIT_TRAP ? BE_EXIT_TRAP : BE_EXIT_LOOKUP, result->trap, result->pc};
        unsigned op = func.insn[result->left].op;
        if ((op != IR_jump && op != IR_exit_if) || result->pc != func.pc || rounds == 1)
            break;
        if (round == rounds)
            return false;
    }
    return !too_many;
}

/* Runs the code with nothing to link, predict or return to. */
static void run(struct task *t, const struct region *r, struct way *way)
{
    be_jump_cache_forget(&t->cpu, be_jump_first(&t->cpu, r->pc));
    be_jump_cache_forget(&t->cpu, be_jump_second(&t->cpu, r->pc));
    be_host()->ret_reset(&t->cpu);
    be_host()->enter(&t->cpu, r->code);
    *way = (struct way){t->cpu.f.exit, 0, t->cpu.f.pc};
    if (way->exit == BE_EXIT_LINK || way->exit == BE_EXIT_POLL || way->exit == BE_EXIT_TRAP) {
        struct be_site site = cache_site((uint32_t)t->cpu.f.exit_info);
        way->pc = site.pc;
        way->trap = way->exit == BE_EXIT_TRAP ? site.trap : 0;
    }
    if (way->exit == BE_EXIT_LINK)
        way->exit = BE_EXIT_LOOKUP;
}

/* Name of the first slot in which the two differ, or NULL. */
static const char *differing_slot(const struct state *a, const struct state *b, unsigned dead)
{
    static const uint8_t bytes[IR_TYPE_COUNT] = {0, 1, 4, 8, 2, 4, 8, 8, 16};
    for (unsigned i = 0; i < func.nslots; i++) {
        const struct ir_slot *s = &func.slots[i];
        if (i + 1 != dead && memcmp(a->regs + s->off, b->regs + s->off, bytes[s->type]))
            return s->name;
    }
    return NULL;
}

static const char *differing_store(uint64_t *at)
{
    for (uint32_t i = 0; i < nstores; i++) {
        uint8_t now[16];
        if (copy_from_guest(now, stores[i].at, stores[i].n) || memcmp(now, stores[i].after, stores[i].n)) {
            *at = stores[i].at;
            return "memory";
        }
    }
    return NULL;
}

static void emit_log(void *ctx, const char *s, size_t n) { log_raw(s, n); }

static _Noreturn void report(struct task *t, const struct region *r, const char *what, uint64_t at, const struct state *before,
                             const struct state *wanted, const struct way *want, const struct state *got, const struct way *way)
{
    log_write("guest code of region %lx:\n", (unsigned long)r->pc);
    debug_disassemble(t->guest, false, func.pc, (const uint8_t *)func.pc, func.pc_end > func.pc ? func.pc_end - func.pc : 0);
    ir_print(&func, emit_log, NULL);
    debug_disassemble(t->guest, true, (uint64_t)r->code, r->code, r->size);
    log_write("before:\n");
    restore(t, before);
    debug_registers(t);
    log_write("interpreted: exit %u trap %u pc %lx mxcsr %x\n", want->exit, want->trap, (unsigned long)want->pc, wanted->mxcsr);
    restore(t, wanted);
    debug_registers(t);
    log_write("translated: exit %u trap %u pc %lx mxcsr %x\n", way->exit, way->trap, (unsigned long)way->pc, got->mxcsr);
    restore(t, got);
    debug_registers(t);
    die("lockstep: region %lx differs in %s%s%lx", (unsigned long)r->pc, what, at ? " at " : ", pc ",
        (unsigned long)(at ? at : way->pc));
}

/* The IR that r was compiled from. False if the guest's code is no longer that. */
static bool lift_again(struct task *t, const struct region *r)
{
    struct region_pages pages;
    unsigned limit = region_limit;
    if (r->guest_insns && r->guest_insns < limit)
        region_limit = r->guest_insns;
    func.lacks = be_host()->lacks;
    region_lift(&func, t->guest, t->mm, r->pc, r->mode, &pages);
    region_limit = limit;
    return func.nguest == r->guest_insns && func.n - 1 == r->ir_insns;
}

static bool calls_helper(void)
{
    for (ir_ref i = 1; i < func.n; i++)
        if (func.insn[i].op == IR_helper)
            return true;
    return false;
}

/* What became of one comparison. */
enum verdict { SAME, DIFFERENT, LEFT_AT_ONCE /* where the interpreter went round */ };

static enum verdict compare(struct task *t, const struct region *r, unsigned rounds, bool last)
{
    struct ir_interp_result result;
    static struct state before, wanted, got;
    struct way want, way;
    save(t, &before);
    bool known = interpret(t, rounds, &want, &result);
    remember_stored();
    undo_stores();
    int32_t signo = t->fault_signo;
    uint64_t address = t->fault_addr;
    save(t, &wanted);
    restore(t, &before);
    if (!known) {
        stats.lockstep_long++;
        run(t, r, &way);
        return SAME;
    }
    run(t, r, &way);
    if (way.exit == BE_EXIT_POLL) {
        stats.lockstep_polls++;
        return SAME;
    }
    save(t, &got);
    const struct ir_insn *left = &func.insn[result.left];
    unsigned dead = want.exit == BE_EXIT_LOOKUP && (left->op == IR_exit_if || left->op == IR_jump) ? left->aux : 0;
    uint64_t at = 0;
    const char *what = want.exit != way.exit || want.trap != way.trap || want.pc != way.pc ? "how it was left" : NULL;
    if (!what && want.exit == BE_EXIT_FAULT && (signo != t->fault_signo || address != t->fault_addr))
        what = "the fault";
    if (!what)
        what = differing_slot(&wanted, &got, dead);
    if (!what)
        what = differing_store(&at);
    if (!what && (func.flags & IR_FP_STATUS_KEPT) && ((wanted.mxcsr ^ got.mxcsr) & sticky()))
        what = "floating-point flags";
    if (!what) {
        stats.lockstep_regions++;
        return SAME;
    }
    bool at_once = rounds > 1 && way.exit == BE_EXIT_LOOKUP && way.pc == func.pc;
    if (last && !at_once)
        report(t, r, what, at, &before, &wanted, &want, &got, &way);
    /* Memory shared with another process may have changed in between: once more, from where it began. */
    undo_stores();
    restore(t, &before);
    return at_once ? LEFT_AT_ONCE : DIFFERENT;
}

void lockstep_run(struct task *t, const struct region *r)
{
    struct way way;
    if (t->cpu.f.pending || !lift_again(t, r) || calls_helper()) {
        stats.lockstep_skipped++;
        run(t, r, &way);
        return;
    }
    unsigned rounds = MAX_ROUNDS;
    for (unsigned attempt = 1;; attempt++) {
        enum verdict v = compare(t, r, rounds, attempt >= ATTEMPTS);
        if (v == SAME)
            return;
        if (v == LEFT_AT_ONCE)
            rounds = 1;
    }
}
