/*
 * The host side of signals (runtime/task.h): masks and actions that mirror the guest's, the handlers,
 * and the one instruction that system calls which may block go through.
 *
 * A host handler exists only for signals the guest handles, always for the five synchronous
 * ones, and for those whose default is to leave a core. An arriving signal is kept in the task's
 * single slot and everything else is blocked in the interrupted context until it has been
 * delivered, so that queues stay in the kernel.
 */
#include <errno.h>
#include <stddef.h>
#include <sys/resource.h>
#include <ucontext.h>

#include "runtime/core.h"
#include "runtime/debug.h"
#include "runtime/guestmem.h"
#include "runtime/log.h"
#include "runtime/own.h"
#include "runtime/report.h"
#include "runtime/space.h"
#include "runtime/task.h"
#include "syscall/strace/start.h"

struct host_sigaction {
    uint64_t handler;           /* a function (int, siginfo_t *, void *), SIG_DFL or SIG_IGN */
    uint64_t flags;
    void (*restorer)(void);
    uint64_t mask;
};

enum { HOST_SA_RESTORER = 0x04000000, MIRRORED = SA_RESTART | SA_NOCLDSTOP | SA_NOCLDWAIT };
#define HANDLER_FLAGS (SA_SIGINFO | SA_ONSTACK | HOST_SA_RESTORER)

/*
 * From rt_syscall_check to rt_syscall_insn inclusive nothing has been done yet: a signal that arrives
 * there, or for which the kernel rewinds the call, makes the call end at rt_syscall_abort. Nothing
 * can arrive unnoticed between the check and the kernel's entry.
 */
__asm__(
    ".text\n"
    ".globl rt_syscall, rt_syscall_plain\n"
    ".type rt_syscall, @function\n"
    "rt_syscall:\n\t"
    "cmpl $0, rt_gdb(%rip)\n\t"
    "jne gdb_rt_syscall\n"
    "rt_syscall_plain:\n\t"
    "lea rt_pending_offset(%rdi), %r11\n\t"
    "mov %rsi, %rax\n\t"
    "mov %rdx, %rdi\n\t"
    "mov %rcx, %rsi\n\t"
    "mov %r8, %rdx\n\t"
    "mov %r9, %r10\n\t"
    "mov 8(%rsp), %r8\n\t"
    "mov 16(%rsp), %r9\n"
    ".globl rt_syscall_check, rt_syscall_insn, rt_syscall_done, rt_syscall_abort\n"
    "rt_syscall_check:\n\t"
    "cmpl $0, (%r11)\n\t"
    "jne rt_syscall_abort\n"
    "rt_syscall_insn:\n\t"
    "syscall\n"
    "rt_syscall_done:\n\t"
    "ret\n"
    "rt_syscall_abort:\n\t"
    "mov $-512, %rax\n\t"
    "ret\n"
    ".size rt_syscall, . - rt_syscall\n"
    "rt_sigrestorer:\n\t"
    "mov $15, %rax\n\t"     /* in just this encoding: unwinders know signal frames by it */
    "syscall\n");
_Static_assert(RT_RESTART == -512 && __NR_rt_sigreturn == 15, "as in the assembly above");

extern const char rt_syscall_check[], rt_syscall_insn[], rt_syscall_done[], rt_syscall_abort[];
extern void rt_sigrestorer(void);

__attribute__((used)) static void define_offsets(void)
{
    __asm__(".set rt_pending_offset, %c0" : : "i"(offsetof(struct task, cpu.f.pending)));
}

static uint64_t *context_mask(ucontext_t *uc) { return (uint64_t *)&uc->uc_sigmask; }

/* If the task was interrupted on its way into a blocking call, or the kernel wants that call restarted, the call ends instead. */
static void abort_syscall(ucontext_t *uc)
{
    greg_t *g = uc->uc_mcontext.gregs;
    uint64_t ip = (uint64_t)g[REG_RIP];
    if (ip < (uint64_t)rt_syscall_check || ip > (uint64_t)rt_syscall_insn)
        return;
    if (ip == (uint64_t)rt_syscall_insn && g[REG_RAX] == __NR_restart_syscall) {
        /* Stopped and continued, then interrupted: the original call counts as interrupted by a handler. */
        g[REG_RAX] = -EINTR;
        g[REG_RIP] = (greg_t)rt_syscall_done;
    } else {
        g[REG_RIP] = (greg_t)rt_syscall_abort;
    }
}

static void on_async(int signo, siginfo_t *info, void *context)
{
    struct task *t = task_self();
    ucontext_t *uc = context;
    t->sig_info = *info;
    t->sig_info.si_signo = signo;
    t->sig_present = 1;
    t->cpu.f.pending = 1;
    *context_mask(uc) |= HOST_MASK_ASYNC;
    abort_syscall(uc);
}

static unsigned sync_index(int signo)
{
    switch (signo) {
    case SIGSEGV: return 0;
    case SIGBUS: return 1;
    case SIGILL: return 2;
    case SIGFPE: return 3;
    default: return 4;
    }
}

void signal_queue_sync(struct task *t, int signo, const siginfo_t *info)
{
    if (!(t->sync_queued & SIG_BIT(signo))) {
        t->sync_info[sync_index(signo)] = *info;
        t->sync_info[sync_index(signo)].si_signo = signo;
        __atomic_or_fetch(&t->sync_queued, SIG_BIT(signo), __ATOMIC_RELEASE);
    }
    if (!(t->blocked & SIG_BIT(signo)))
        t->cpu.f.pending = 1;
}

int signal_take_sync(struct task *t, uint64_t allowed, siginfo_t *info)
{
    uint64_t ready = __atomic_load_n(&t->sync_queued, __ATOMIC_ACQUIRE) & allowed;
    if (!ready)
        return 0;
    int signo = __builtin_ctzll(ready) + 1;
    *info = t->sync_info[sync_index(signo)];
    __atomic_and_fetch(&t->sync_queued, ~SIG_BIT(signo), __ATOMIC_RELEASE);
    return signo;
}

static bool return_stack_full(const struct task *t, uint64_t ip, int signo, const siginfo_t *info)
{
    uint64_t at = (uint64_t)info->si_addr;
    return signo == SIGSEGV && ip >= rt_code_lo && ip < rt_code_hi && at < t->cpu.f.ret_limit &&
           at >= t->cpu.f.ret_limit - SPACE_PAGE;
}

static _Noreturn void crash(struct task *t, const ucontext_t *uc, int signo, const siginfo_t *info)
{
    const greg_t *g = uc->uc_mcontext.gregs;
    uint64_t ip = (uint64_t)g[REG_RIP];
    log_message("host registers: rax %llx rbx %llx rcx %llx rdx %llx rsi %llx rdi %llx rbp %llx rsp %llx", g[REG_RAX],
                g[REG_RBX], g[REG_RCX], g[REG_RDX], g[REG_RSI], g[REG_RDI], g[REG_RBP], g[REG_RSP]);
    die("signal %d (code %d) at host pc %lx (%s), address %lx, guest pc %lx", signo, info->si_code, ip,
        ip >= rt_code_lo && ip < rt_code_hi ? "translated code" : "the translator", (uint64_t)info->si_addr, t->cpu.f.pc);
}

static void on_sync(int signo, siginfo_t *info, void *context)
{
    struct task *t = task_self();
    ucontext_t *uc = context;
    if (signo == SIGTRAP && trace_own_signal(t, info, context_mask(uc)))
        return;
    if (info->si_code <= 0) {
        if (signo != SIGTRAP || !rt_gdb || !gdb_kick(t, info))
            signal_queue_sync(t, signo, info);
        if (t->cpu.f.pending)
            abort_syscall(uc);
        return;
    }
    greg_t *ip = &uc->uc_mcontext.gregs[REG_RIP];
    uint64_t fixup = rt_guestmem_fixup((uint64_t)*ip);
    if (fixup) {
        *ip = (greg_t)fixup;
    } else if (return_stack_full(t, (uint64_t)*ip, signo, info)) {
        be_host()->ret_reset(&t->cpu);
        be_host()->fault_ret_reset(uc, &t->cpu);
    } else if (!rt_fault_in_code(t, uc, signo, info)) {
        crash(t, uc, signo, info);
    }
}

/* ---- masks and actions ---- */

void signal_host_mask(uint64_t mask)
{
    host_syscall(__NR_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8);
}

void signal_apply_mask(struct task *t)
{
    signal_host_mask(t->blocked & ~SIG_SYNC);
}

int64_t signal_block_all(struct task *t, uint64_t mask)
{
    return rt_syscall(t, __NR_rt_sigprocmask, SIG_SETMASK, (uint64_t)&mask, 0, 8, 0, 0);
}

/* By default they leave a core, which has to be the guest's: we write it (core.c), so we must see them. */
#define SIG_CORE (SIG_BIT(SIGQUIT) | SIG_BIT(SIGABRT) | SIG_BIT(SIGXCPU) | SIG_BIT(SIGXFSZ) | SIG_BIT(SIGSYS))

/* A debugger sees signals whatever the guest does about them, but for children that nobody is to wait for. */
static bool shown_first(const struct rt_sigaction *a, int signo)
{
    return rt_gdb && gdb_wants_signal(signo) && signo != SIGKILL && signo != SIGSTOP && !(signo == SIGCHLD && a->handler == (uint64_t)SIG_IGN);
}

int64_t signal_host_action(const struct sighand *s, int signo)
{
    const struct rt_sigaction *a = &s->action[signo];
    bool handled = a->handler != (uint64_t)SIG_DFL && a->handler != (uint64_t)SIG_IGN;
    struct host_sigaction h = {.flags = a->flags & MIRRORED, .restorer = rt_sigrestorer};
    if (SIG_SYNC & SIG_BIT(signo)) {
        h.handler = (uint64_t)on_sync;
        h.flags = HANDLER_FLAGS | (handled ? a->flags & SA_RESTART : SA_RESTART);
        h.mask = HOST_MASK_ALL;
    } else if (handled || shown_first(a, signo) || (a->handler == (uint64_t)SIG_DFL && SIG_CORE & SIG_BIT(signo))) {
        h.handler = (uint64_t)on_async;
        h.flags |= HANDLER_FLAGS | (handled ? 0 : SA_RESTART);
        h.mask = HOST_MASK_ASYNC;
    } else {
        h.handler = a->handler;
    }
    return host_syscall(__NR_rt_sigaction, signo, &h, NULL, 8);
}

/* A task that shares actions but not our process can be killed in the middle: what it noted is done again. */
static int64_t make_change(struct sighand *s)
{
    s->action[s->changing] = s->next;
    int64_t err = signal_host_action(s, (int)s->changing);
    __atomic_store_n(&s->changes, s->changes + 1, __ATOMIC_RELEASE);
    __atomic_store_n(&s->changing, 0, __ATOMIC_RELEASE);
    return err;
}

int64_t signal_change_action(struct sighand *s, int signo, const struct rt_sigaction *to)
{
    const struct rt_sigaction old = s->action[signo];
    s->next = *to;
    __asm__ volatile("" ::: "memory");      /* the compiler keeps the order */
    s->changing = (uint32_t)signo;
    __asm__ volatile("" ::: "memory");
    int64_t err = make_change(s);
    if (err)
        s->action[signo] = old;
    return err;
}

bool signal_actions_changed(const struct sighand *s, uint32_t after)
{
    return __atomic_load_n(&s->changing, __ATOMIC_ACQUIRE) || __atomic_load_n(&s->changes, __ATOMIC_ACQUIRE) != after;
}

void signal_host_actions(const struct sighand *s)
{
    for (int signo = 1; signo <= 64; signo++)
        signal_host_action(s, signo);       /* refused for KILL and STOP */
}

void sighand_lock(struct sighand *s)
{
    rt_lock(&s->lock);
    if (s->changing)
        make_change(s);
}

void sighand_unlock(struct sighand *s) { rt_unlock(&s->lock); }

void signal_prepare_exec(const struct sighand *s)
{
    for (int signo = 1; signo <= 31; signo++)
        if ((SIG_SYNC & SIG_BIT(signo)) && s->action[signo].handler == (uint64_t)SIG_IGN) {
            struct host_sigaction h = {.handler = (uint64_t)SIG_IGN};
            host_syscall(__NR_rt_sigaction, signo, &h, NULL, 8);
        }
}

void signal_install_handlers(const struct sighand *s)
{
    for (int signo = 1; signo <= 31; signo++)
        if ((SIG_SYNC | SIG_CORE) & SIG_BIT(signo))
            signal_host_action(s, signo);
}

void signal_init(struct task *t)
{
    task_bind(t);
    t->sighand = sighand_new(NULL);
    t->tgroup = tgroup_new();
    if (!t->sighand || !t->tgroup)
        own_exhausted("the first task");
    for (int signo = 1; signo <= 64; signo++) {
        struct host_sigaction h;
        host_syscall(__NR_rt_sigaction, signo, NULL, &h, 8);
        if (h.handler == (uint64_t)SIG_IGN)
            t->sighand->action[signo].handler = (uint64_t)SIG_IGN;
    }
    signal_install_handlers(t->sighand);
    host_syscall(__NR_rt_sigprocmask, SIG_SETMASK, NULL, &t->blocked, 8);
    trace_starting = true;
    signal_apply_mask(t);
    trace_starting = false;
}

void signal_die(struct task *t, int signo, const siginfo_t *info)
{
    if (log_on(LOG_signal)) {
        log_write("signal %d ends the process\n", signo);
        debug_registers(t);
    }
    siginfo_t last = *info;
    gdb_crashed(t, &last);
    if (rt_gdb)
        gdb_killed(t, signo);
    signal_host_mask(HOST_MASK_ALL);
    while (__atomic_exchange_n(&t->tgroup->dying, 1, __ATOMIC_ACQ_REL))     /* who comes second must not cut the first one's core short */
        host_syscall(__NR_pause);
    report_end();
    signal_fp_to_registers(t);
    core_write(t, signo, info);
    if (log_on(LOG_syscall))
        strace_killed(signo, false);
    /* Our own image is of no use to whoever debugs the guest. A limit of 1 also stops core_pattern's pipes. */
    uint64_t limit[2];
    if (host_syscall(__NR_prlimit64, 0, RLIMIT_CORE, NULL, limit) == 0 && limit[1] >= 1) {
        limit[0] = 1;
        host_syscall(__NR_prlimit64, 0, RLIMIT_CORE, limit, NULL);
    }
    struct host_sigaction h = {.handler = (uint64_t)SIG_DFL};
    host_syscall(__NR_rt_sigaction, signo, &h, NULL, 8);
    trace_raise(t, signo);
    for (;;)
        host_syscall(__NR_exit_group, 128 + signo);
}
