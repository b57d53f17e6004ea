/* Signals as the guest sees them (runtime/task.h): delivery, forced faults, return from handlers. */
#include <errno.h>
#include <stddef.h>

#include "runtime/log.h"
#include "runtime/space.h"
#include "runtime/task.h"
#include "syscall/strace/start.h"

/* Flags of the generic ABI that have no name in <signal.h>. */
enum { GUEST_RESTART_SYSCALL = 128 };
enum { GUEST_SA_RESTORER = 0x04000000, GUEST_SA_EXPOSE_TAGBITS = 0x800 };
#define UNBLOCKABLE (SIG_BIT(SIGKILL) | SIG_BIT(SIGSTOP))
#define DEFAULT_IGNORED (SIG_BIT(SIGCHLD) | SIG_BIT(SIGURG) | SIG_BIT(SIGWINCH) | SIG_BIT(SIGCONT))
#define DEFAULT_STOPS (SIG_BIT(SIGSTOP) | SIG_BIT(SIGTSTP) | SIG_BIT(SIGTTIN) | SIG_BIT(SIGTTOU))

/* Written by the handlers of this same thread. */
static bool slot_taken(const struct task *t) { return __atomic_load_n(&t->sig_present, __ATOMIC_RELAXED); }

/* ---- floating-point status: raised flags live in the host's form while the guest runs ---- */

void signal_fp_to_registers(struct task *t)
{
    if (!t->guest->fp_sticky)
        return;
    host_fp_load(t->cpu.f.mxcsr);
    t->guest->fp_sticky(t->cpu.guest, fe_fp_get_sticky());
    host_fp_load(t->cpu.f.host_mxcsr);
}

void signal_fp_from_registers(struct task *t)
{
    enum ir_round round;
    bool flush;
    unsigned sticky;
    if (!t->guest->fp_control)
        return;
    t->guest->fp_control(t->cpu.guest, &round, &flush, &sticky);
    host_fp_load(t->cpu.f.mxcsr);
    fe_fp_set(round, flush, sticky);
    t->cpu.f.mxcsr = host_fp_save();
    host_fp_load(t->cpu.f.host_mxcsr);
}

/* ---- the guest's alternate stack ---- */

bool signal_on_altstack(const struct task *t, uint64_t sp)
{
    return !(t->alt_flags & SIGNAL_SS_AUTODISARM) && sp > t->alt_sp && sp - t->alt_sp <= t->alt_size;
}

int64_t signal_set_altstack(struct task *t, uint64_t sp, uint64_t size, uint32_t flags)
{
    uint32_t mode = flags & ~SIGNAL_SS_AUTODISARM;
    if (signal_on_altstack(t, cpu_reg(&t->cpu, t->guest->off_sp)))
        return -EPERM;
    if (mode != 0 && mode != SS_ONSTACK && mode != SS_DISABLE)
        return -EINVAL;
    if (mode == SS_DISABLE)
        sp = size = 0;
    else if (size < (t->guest->min_sigstack ? t->guest->min_sigstack : 2048))
        return -ENOMEM;
    t->alt_sp = sp;
    t->alt_size = size;
    t->alt_flags = flags;
    return 0;
}

/* ---- one signal to a handler ---- */

/* Builds the frame and sets registers and mask; false if the stack is not writable. */
static bool enter_handler(struct task *t, int signo, const siginfo_t *info, const struct rt_sigaction *act, uint64_t fault)
{
    const struct fe_guest *g = t->guest;
    uint64_t sp = cpu_reg(&t->cpu, g->off_sp);
    struct fe_signal s = {
        .signo = signo, .siginfo = info, .handler = act->handler,
        .restorer = g->sa_restorer && (act->flags & GUEST_SA_RESTORER) ? act->restorer : 0,
        .trampoline = t->trampoline, .mask = t->saved_mask_valid ? t->saved_mask : t->blocked,
        .stack_sp = t->alt_sp, .stack_size = t->alt_size, .stack_flags = t->alt_size ? t->alt_flags : SS_DISABLE,
        .sp = sp, .fault_address = fault, .siginfo_wanted = act->flags & SA_SIGINFO,
    };
    if ((act->flags & SA_ONSTACK) && t->alt_size && !signal_on_altstack(t, sp))
        s.sp = t->alt_sp + t->alt_size;
    signal_fp_to_registers(t);
    if (g->signal_frame(t->cpu.guest, &t->cpu.f.pc, &s))
        return false;
    t->saved_mask_valid = 0;
    t->blocked |= act->mask;
    if (!(act->flags & SA_NODEFER))
        t->blocked |= SIG_BIT(signo);
    t->blocked &= ~UNBLOCKABLE;
    if (t->alt_flags & SIGNAL_SS_AUTODISARM) {
        t->alt_sp = t->alt_size = 0;
        t->alt_flags = SS_DISABLE;
    }
    return true;
}

/* The action for a signal that is being delivered now; SA_RESETHAND takes effect. */
static struct rt_sigaction take_action(struct task *t, int signo)
{
    sighand_lock(t->sighand);
    struct rt_sigaction act = t->sighand->action[signo], reset = act;
    if (act.handler != (uint64_t)SIG_DFL && act.handler != (uint64_t)SIG_IGN && (act.flags & SA_RESETHAND)) {
        reset.handler = (uint64_t)SIG_DFL;
        signal_change_action(t->sighand, signo, &reset);
    }
    sighand_unlock(t->sighand);
    return act;
}

/* What the kernel does when it cannot build a frame: SIGSEGV, deadly if that was the signal. */
static void frame_failed(struct task *t, int signo)
{
    siginfo_t info = {.si_signo = SIGSEGV, .si_code = SI_KERNEL};
    if (signo == SIGSEGV)
        signal_die(t, SIGSEGV, &info);
    struct rt_sigaction act = take_action(t, SIGSEGV);
    if (act.handler == (uint64_t)SIG_DFL || act.handler == (uint64_t)SIG_IGN || (t->blocked & SIG_BIT(SIGSEGV)) ||
        !enter_handler(t, SIGSEGV, &info, &act, 0))
        signal_die(t, SIGSEGV, &info);
}

bool signal_ignored(const struct task *t, int signo)
{
    uint64_t handler = t->sighand->action[signo].handler;
    return handler == (uint64_t)SIG_IGN || (handler == (uint64_t)SIG_DFL && SIG_BIT(signo) & DEFAULT_IGNORED);
}

/* The call that was to be made again fails, where a handler's action or the call itself demands it. */
static void give_up_restart(struct task *t, const struct rt_sigaction *act)
{
    unsigned code = t->restart_code;
    t->restart_code = 0;
    if (!code || code == TRACE_ERESTARTNOINTR || t->cpu.f.pc != t->restart_pc || (code == TRACE_ERESTARTSYS && act->flags & SA_RESTART))
        return;
    cpu_set_reg(&t->cpu, t->guest->off_ret, (uint64_t)-EINTR);
    t->cpu.f.pc += SYSCALL_INSN_SIZE;
}

/* Who steps stops at its first instruction. */
static void handler_entered(struct task *t)
{
    trace_handler(t);
    t->gdb.entered = 1;
}

void signal_act(struct task *t, int signo, const siginfo_t *info)
{
    struct rt_sigaction act = take_action(t, signo);
    if (log_on(LOG_syscall))
        strace_signal(info);
    if (log_on(LOG_signal))
        log_write("signal %d code %d pc %lx handler %lx\n", signo, info->si_code, t->cpu.f.pc, act.handler);
    if (act.handler == (uint64_t)SIG_IGN)
        return;
    if (act.handler != (uint64_t)SIG_DFL) {
        give_up_restart(t, &act);
        if (!enter_handler(t, signo, info, &act, 0))
            frame_failed(t, signo);
        handler_entered(t);
    } else if (SIG_BIT(signo) & DEFAULT_STOPS) {
        if (t->trace.active)
            trace_raise(t, signo);
        else
            host_syscall(__NR_kill, host_syscall(__NR_getpid), SIGSTOP);
    } else if (!(SIG_BIT(signo) & DEFAULT_IGNORED)) {
        signal_die(t, signo, info);
    }
}

/* A signal that was taken from the kernel because the guest had a handler then; the action may have changed since. */
static void deliver(struct task *t, int signo, siginfo_t *info)
{
    if (t->trace.active)
        signo = trace_signal(t, signo, info);
    if (signo)
        signal_act(t, signo, info);
}

/* No handler was entered for the call that is made again: one with a time-out goes on waiting for the rest of it. */
static void end_restart(struct task *t)
{
    if (t->restart_code == TRACE_ERESTART_RESTARTBLOCK && t->cpu.f.pc == t->restart_pc)
        cpu_set_reg(&t->cpu, t->guest->off_sysno, GUEST_RESTART_SYSCALL);
    t->restart_code = 0;
}

static void restore_saved_mask(struct task *t)
{
    if (t->saved_mask_valid) {
        t->blocked = t->saved_mask;
        t->saved_mask_valid = 0;
    }
}

static void obey_tracer(struct task *t)
{
    while (__atomic_load_n(&t->trace.want, __ATOMIC_RELAXED)) {
        siginfo_t info;
        int signo = trace_poll(t, &info);
        if (signo)
            signal_act(t, signo, &info);
    }
}

void signal_deliver(struct task *t, unsigned restart)
{
    if (restart) {
        cpu_set_reg(&t->cpu, t->guest->off_arg0, t->sys_args[0]);
        t->cpu.f.pc -= SYSCALL_INSN_SIZE;
        t->restart_code = restart;
        t->restart_pc = t->cpu.f.pc;
    }
    __atomic_store_n(&t->cpu.f.pending, 0, __ATOMIC_SEQ_CST);
    trace_take_changes();
    obey_tracer(t);
    if (rt_gdb)
        gdb_boundary(t);
    if (!slot_taken(t)) {
        if (!(__atomic_load_n(&t->sync_queued, __ATOMIC_RELAXED) & ~t->blocked)) {
            restore_saved_mask(t);
            end_restart(t);
            return;
        }
        /* Nothing may arrive between two frames: a handler's mask could forbid what was taken before it. */
        signal_host_mask(HOST_MASK_ASYNC);
    }
    for (;;) {
        siginfo_t info;
        int signo;
        obey_tracer(t);
        if (slot_taken(t)) {
            info = t->sig_info;
            signo = info.si_signo;
            __atomic_store_n(&t->sig_present, 0, __ATOMIC_RELAXED);
        } else {
            signo = signal_take_sync(t, ~t->blocked, &info);
            if (!signo)
                break;
        }
        if (!rt_gdb || gdb_signal(t, &info))
            deliver(t, info.si_signo, &info);
    }
    restore_saved_mask(t);
    end_restart(t);
    signal_apply_mask(t);
    if (rt_gdb)
        gdb_delivered(t);
}

/* The fault's address without the bits that accesses ignore, and with those that the program had there. */
static uint64_t untagged(const struct fe_guest *g, uint64_t addr)
{
    if (!g->address_mask)
        return addr;
    return addr & (g->address_mask + 1) >> 1 ? addr | ~g->address_mask : addr & g->address_mask;
}

static uint64_t tagged(const struct task *t, uint64_t addr)
{
    const struct fe_guest *g = t->guest;
    if (addr & ~g->address_mask || !g->data_address || addr == t->cpu.f.pc)
        return addr;
    return addr | (g->data_address(t->cpu.guest, t->cpu.f.pc) & ~g->address_mask);
}

/* A fault's signal cannot be held back by the mask. False: the tracer has made it another one, or none. */
static bool trace_fault(struct task *t, siginfo_t *info)
{
    int signo = info->si_signo;
    uint64_t blocked = t->blocked;
    t->blocked &= ~SIG_BIT(signo);
    int now = trace_signal(t, signo, info);
    t->blocked |= blocked & SIG_BIT(signo);
    if (now && now != signo)
        signal_act(t, now, info);
    return now == signo;
}

static bool force(struct task *t, const siginfo_t *info, uint64_t addr)
{
    int signo = info->si_signo;
    siginfo_t asked = *info;
    if (signal_block_all(t, HOST_MASK_ASYNC) == RT_RESTART)
        return false;
    if (rt_gdb && (!gdb_signal(t, &asked) || asked.si_signo != signo)) {
        if (asked.si_signo != signo)
            deliver(t, asked.si_signo, &asked);
        signal_apply_mask(t);
        return true;
    }
    if (log_on(LOG_syscall))
        strace_signal(info);
    if (log_on(LOG_signal))
        log_write("fault: signal %d code %d address %lx pc %lx\n", signo, info->si_code, addr, t->cpu.f.pc);
    siginfo_t shown = *info;
    if (t->trace.active && !trace_fault(t, &shown)) {
        signal_apply_mask(t);
        return true;
    }
    struct rt_sigaction act = take_action(t, signo);
    if (act.handler == (uint64_t)SIG_DFL || act.handler == (uint64_t)SIG_IGN || (t->blocked & SIG_BIT(signo)))
        signal_die(t, signo, info);
    if (t->guest->address_mask && (signo == SIGSEGV || signo == SIGBUS)) {
        shown.si_addr = (void *)(act.flags & GUEST_SA_EXPOSE_TAGBITS ? tagged(t, addr) : untagged(t->guest, addr));
        addr = untagged(t->guest, addr);
    }
    if (!enter_handler(t, signo, &shown, &act, addr))
        frame_failed(t, signo);
    handler_entered(t);
    signal_apply_mask(t);
    if (rt_gdb)
        gdb_delivered(t);
    return true;
}

bool signal_force(struct task *t, const siginfo_t *info) { return force(t, info, 0); }

void signal_fault(struct task *t, int signo, int code, uint64_t addr)
{
    siginfo_t info;
    memset(&info, 0, sizeof info);
    info.si_signo = signo;
    info.si_code = code;
    info.si_addr = (void *)addr;
    /* What arrived before comes first; the faulting instruction then runs again. */
    if (!force(t, &info, addr))
        signal_deliver(t, 0);
}

void signal_return(struct task *t)
{
    struct fe_sigreturn r;
    if (t->guest->signal_return(t->cpu.guest, &t->cpu.f.pc, &r)) {
        signal_apply_mask(t);
        signal_fault(t, SIGSEGV, SI_KERNEL, 0);
        return;
    }
    signal_fp_from_registers(t);
    signal_set_mask(t, r.mask);
    signal_set_altstack(t, r.stack_sp, r.stack_size, r.stack_flags);
    signal_apply_mask(t);
}

void signal_set_mask(struct task *t, uint64_t mask)
{
    t->blocked = mask & ~UNBLOCKABLE;
    if (__atomic_load_n(&t->sync_queued, __ATOMIC_RELAXED) & ~t->blocked)
        t->cpu.f.pending = 1;
}
