/* --interp (runtime/interp.h). */
#include "runtime/interp.h"

#include <ucontext.h>

#include "runtime/region.h"
#include "runtime/space.h"

bool rt_interpret;

/* One region at a time is interpreted; guest threads take turns. */
static struct rt_lock turn;
static struct ir_func func;
static union ir_value values[IR_MAX_INSNS];

/* The run in progress; `task` is set only while guest memory may be touched. */
static struct {
    struct task *volatile task;
    const struct ir_func *fn;
    struct ir_interp_result *result;
    const union ir_value *values;
    void *back[5];              /* of __builtin_setjmp */
} running;

void interp_lock(void) { rt_lock(&turn); }
bool interp_trylock(void) { return rt_trylock(&turn); }
void interp_unlock(void) { rt_unlock(&turn); }

void interp_fork_child(void)
{
    turn.state = 0;
    running.task = NULL;
}

void interp_task_begins(const struct task *t)
{
    if (running.task == t)
        interp_fork_child();
}

/* noinline: nothing of the caller's lives in registers across the second return. */
__attribute__((noinline)) static bool guarded(void (*f)(void *ctx), void *ctx)
{
    if (__builtin_setjmp(running.back))
        return false;
    f(ctx);
    return true;
}

void interp_region(struct task *t, const struct ir_func *fn, const struct ir_interp_ops *ops, struct ir_interp_result *out)
{
    running.fn = fn;
    running.result = out;
    running.values = ops->values;
    running.task = t;
    ir_interp(fn, t->cpu.guest, out, ops);
    running.task = NULL;
}

bool interp_guarded(struct task *t, void (*f)(void *ctx), void *ctx)
{
    host_fp_load(t->cpu.f.mxcsr);
    bool done = guarded(f, ctx);
    t->cpu.f.mxcsr = host_fp_save();
    host_fp_load(t->cpu.f.host_mxcsr);
    if (!done)
        t->cpu.f.pc = running.fn->pc + (int64_t)running.fn->insn[running.result->at].pc;
    return done;
}

struct one { struct task *t; const struct ir_func *fn; const struct ir_interp_ops *ops; struct ir_interp_result *out; };
static void run_one(void *ctx)
{
    const struct one *o = ctx;
    interp_region(o->t, o->fn, o->ops, o->out);
}

bool interp_run(struct task *t, const struct ir_func *fn, const struct ir_interp_ops *ops, struct ir_interp_result *out)
{
    struct one o = {t, fn, ops, out};
    return interp_guarded(t, run_one, &o);
}

static _Noreturn void resume(void) { __builtin_longjmp(running.back, 1); }

bool interp_fault(struct task *t, void *ucontext, int signo, const siginfo_t *info)
{
    if (running.task != t)
        return false;
    running.task = NULL;
    t->fault_signo = signo;
    t->fault_code = info->si_code;
    t->fault_addr = (uint64_t)info->si_addr;
    if (info->si_code == SI_KERNEL && ir_interp_address(running.fn, running.result->at, running.values, &t->fault_addr)) {
        t->fault_signo = SIGSEGV;       /* the host reports no address where it is not canonical */
        t->fault_code = SEGV_MAPERR;
    }
    greg_t *g = ((ucontext_t *)ucontext)->uc_mcontext.gregs;
    g[REG_RSP] = ((g[REG_RSP] - 256) & ~15ll) - 8;      /* as after a call, below the red zone */
    g[REG_RIP] = (greg_t)(uint64_t)resume;
    g[REG_EFL] &= ~0x400;
    return true;
}

struct be_site interp_step(struct task *t, uint32_t mode)
{
    struct region_pages pages;
    struct ir_interp_result result;
    struct ir_interp_ops ops = {.helpers = t->guest->helpers, .values = values};
    interp_lock();
    region_lift(&func, t->guest, t->mm, t->cpu.f.pc, mode, &pages);
    bool done = interp_run(t, &func, &ops, &result);
    interp_unlock();
    struct be_site site = {0};
    if (!done) {
        t->cpu.f.exit = BE_EXIT_FAULT;
        return site;
    }
    site.pc = result.pc;
    site.trap = result.trap;
    t->cpu.f.pc = result.pc;
    if (result.kind == IR_EXIT_TRAP)
        t->cpu.f.exit = BE_EXIT_TRAP;
    else if (__atomic_load_n(&t->cpu.f.pending, __ATOMIC_RELAXED))
        t->cpu.f.exit = BE_EXIT_POLL;
    else
        t->cpu.f.exit = BE_EXIT_LOOKUP;
    return site;
}
