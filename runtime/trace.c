/* The traced side of ptrace (runtime/trace.h): the stops that a task makes for its tracer. */
#include "runtime/trace.h"

#include <errno.h>
#include <linux/ptrace.h>
#include <stddef.h>

#include "runtime/region.h"
#include "runtime/space.h"
#include "runtime/task.h"
#include "syscall/sys.h"


static struct trace_changes changes;
static struct rt_lock changes_lock;
bool trace_starting;

extern const char rt_syscall_check[], rt_syscall_insn[], rt_syscall_done[], rt_syscall_abort[], clone_on_stack_done[], clone_on_stack_child[], clone_on_stack_bound[];

const struct trace_build trace_build = {
    .version = TRACE_VERSION,
    .task_size = sizeof(struct task),
    .trace_offset = offsetof(struct task, trace),
    .pending_offset = offsetof(struct task, cpu.f.pending),
    .pc_offset = offsetof(struct task, cpu.f.pc),
    .guest_size = BE_GUEST_BYTES,
    .info_offset = offsetof(struct task, sig_info),
    .present_offset = offsetof(struct task, sig_present),
    .blocked_offset = offsetof(struct task, blocked),
    .saved_offset = offsetof(struct task, saved_mask),
    .saved_valid_offset = offsetof(struct task, saved_mask_valid),
    .tgid_offset = offsetof(struct task, tgid),
    .tagged_offset = offsetof(struct task, tagged_abi),
    .syscall_check = (uint64_t)rt_syscall_check,
    .syscall_insn = (uint64_t)rt_syscall_insn,
    .syscall_done = (uint64_t)rt_syscall_done,
    .syscall_abort = (uint64_t)rt_syscall_abort,
    .clone_done = (uint64_t)clone_on_stack_done,
    .clone_child = (uint64_t)clone_on_stack_child,
    .clone_bound = (uint64_t)clone_on_stack_bound,
    .changes = (uint64_t)&changes,
};
_Static_assert(offsetof(struct trace_build, syscall_check) == TRACE_EQUAL_PART, "what differs between builds comes last");

static uint32_t tracer_of(const struct task *t) { return __atomic_load_n(&t->trace.active, __ATOMIC_ACQUIRE); }

static void change_tracer(struct task *t, uint32_t from, uint32_t to)
{
    __atomic_compare_exchange_n(&t->trace.active, &from, to, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/* Until the next poll the tracer may have told us that it is there, but no more. */
int64_t trace_me(struct task *t)
{
    struct trace *c = &t->trace;
    int64_t r = host_syscall(__NR_ptrace, PTRACE_TRACEME, 0, 0, 0);
    if (!r) {
        c->mode = TRACE_CONT;
        c->options = c->seized = 0;
        change_tracer(t, 0, TRACE_ACTIVE);
    }
    return r;
}

/* ---- changed code ---- */

void trace_take_changes(void)
{
    uint64_t n = __atomic_load_n(&changes.written, __ATOMIC_ACQUIRE);
    if (n == __atomic_load_n(&changes.seen, __ATOMIC_RELAXED))
        return;
    rt_lock(&changes_lock);
    n = __atomic_load_n(&changes.written, __ATOMIC_ACQUIRE);
    if (n - changes.seen > TRACE_CHANGES / 2)     /* some are being overwritten */
        rt_code_changed(0, SPACE_TOP);
    else
        for (uint64_t i = changes.seen; i < n; i++)
            mm_code_written(task_self()->mm, changes.range[i % TRACE_CHANGES][0], changes.range[i % TRACE_CHANGES][1]);
    __atomic_store_n(&changes.seen, n, __ATOMIC_RELEASE);
    rt_unlock(&changes_lock);
}

/* ---- stopping ---- */

static bool steps(const struct trace *c) { return c->active && (c->mode == TRACE_STEP || c->mode == TRACE_EMULATE_STEP); }

static void set_stepping(struct task *t)
{
    bool on = steps(&t->trace);
    if (on == t->trace.stepping)
        return;
    t->trace.stepping = on;
    if (on)
        t->run_mode |= REGION_STEP;
    else if (!(task_run_mode & REGION_STEP))
        t->run_mode &= ~(uint32_t)REGION_STEP;
}

/* Until the tracer has seen it, or there is none: false. */
static bool report(struct task *t, enum trace_kind kind)
{
    uint32_t by = tracer_of(t);
    struct trace *c = &t->trace;
    siginfo_t carrier = {.si_signo = SIGTRAP, .si_code = TRACE_CODE};
    uint64_t mask = HOST_MASK_ALL & ~SIG_BIT(SIGTRAP), old;
    int tgid = (int)host_syscall(__NR_getpid), tid = (int)host_syscall(__NR_gettid);
    c->inject = c->abandoned = c->resumed = c->waited_for = c->looked_at = 0;
    c->kind = kind;
    host_syscall(__NR_rt_sigprocmask, SIG_SETMASK, &mask, &old, 8);
    /* A SIGTRAP of somebody else's that comes first takes the place of ours. */
    while (!__atomic_load_n(&c->resumed, __ATOMIC_RELAXED) && !__atomic_load_n(&c->abandoned, __ATOMIC_RELAXED)) {
        c->arrived = 0;
        host_syscall(__NR_rt_tgsigqueueinfo, tgid, tid, SIGTRAP, &carrier);
        /* Who waits for a stop takes its signal (wait_task_stopped() in the kernel's exit.c). */
        if (!__atomic_load_n(&c->arrived, __ATOMIC_RELAXED) && !__atomic_load_n(&c->abandoned, __ATOMIC_RELAXED))
            c->waited_for = 1;
    }
    host_syscall(__NR_rt_sigprocmask, SIG_SETMASK, &old, NULL, 8);
    c->kind = TRACE_RUNS;
    if (!c->resumed)
        change_tracer(t, by, 0);
    return c->resumed;
}

/* The kind and what goes with it are set. False: nobody traces any more, and nothing has happened. */
static bool stop(struct task *t, enum trace_kind kind)
{
    struct trace *c = &t->trace;
    signal_fp_to_registers(t);
    bool traced = report(t, kind);
    if (c->registers)
        signal_fp_from_registers(t);
    c->registers = 0;
    set_stepping(t);
    trace_take_changes();
    return traced;
}

/* What has stopped the task is a signal to it, if a tracer that dies has not waited for the stop (ptrace_report_syscall() in the kernel). */
static void stop_for_call(struct task *t, enum trace_kind kind)
{
    if (stop(t, kind) || t->trace.waited_for || !t->trace.looked_at)
        return;
    siginfo_t info = {.si_signo = SIGTRAP, .si_code = SI_KERNEL};
    signal_queue_sync(t, SIGTRAP, &info);
}

void (*trace_look_after)(void);

void trace_waits(struct task *t)
{
    if (trace_look_after)
        trace_look_after();
    if (t->trace.active)
        report(t, TRACE_WAITS);
}

static void stop_for_event(struct task *t, unsigned event, uint64_t message)
{
    t->trace.event = event;
    t->trace.message = message;
    stop(t, TRACE_EVENT);
}

/* ---- signals ---- */

int trace_signal(struct task *t, int signo, siginfo_t *info)
{
    struct trace *c = &t->trace;
    c->info = *info;
    c->info.si_signo = signo;
    if (!stop(t, TRACE_SIGNAL))
        return c->waited_for ? 0 : signo;
    signo = (int)c->inject;
    if (!signo)
        return 0;
    *info = c->info;
    if (!(t->blocked & SIG_BIT(signo)))
        return signo;
    /* Another one than was shown: it waits until it is allowed. */
    if (SIG_SYNC & SIG_BIT(signo))
        signal_queue_sync(t, signo, info);
    else
        host_syscall(__NR_rt_tgsigqueueinfo, host_syscall(__NR_getpid), host_syscall(__NR_gettid), signo, info);
    return 0;
}

void trace_raise(struct task *t, int signo)
{
    uint64_t mask = HOST_MASK_ALL & ~SIG_BIT(signo), old;
    t->trace.passing = (uint32_t)signo;
    host_syscall(__NR_rt_sigprocmask, SIG_SETMASK, &mask, &old, 8);
    host_syscall(__NR_tgkill, host_syscall(__NR_getpid), host_syscall(__NR_gettid), signo);
    host_syscall(__NR_rt_sigprocmask, SIG_SETMASK, &old, NULL, 8);
    t->trace.passing = 0;
}

void trace_handler(struct task *t)
{
    if (!steps(&t->trace))
        return;
    t->trace.handler_pc = t->cpu.f.pc;
    stop_for_event(t, 0, 0);
}

void trace_stepped(struct task *t)
{
    if (!steps(&t->trace)) {
        set_stepping(t);
        return;
    }
    bool shown = t->trace.handler_pc == t->cpu.f.pc;
    t->trace.handler_pc = 0;
    if (shown)
        return;
    siginfo_t info = {.si_signo = SIGTRAP, .si_code = TRAP_TRACE, .si_addr = (void *)t->cpu.f.pc};
    int signo = trace_signal(t, SIGTRAP, &info);
    if (signo)
        signal_act(t, signo, &info);
}

/* ---- what the tracer wants ---- */

/* A new program: the event or signal of execve, and the stop behind the call. */
static void begin_program(struct task *t)
{
    struct trace *c = &t->trace;
    bool event = c->options & PTRACE_O_TRACEEXEC;
    if (event)
        stop_for_event(t, PTRACE_EVENT_EXEC, c->message);
    if (c->active && c->mode == TRACE_SYSCALL) {
        c->message = PTRACE_EVENTMSG_SYSCALL_EXIT;
        c->is_error = 0;
        c->nr = -1;
        stop_for_call(t, TRACE_EXIT);
    }
    if (event || !c->active || c->seized)
        return;
    siginfo_t info = {.si_signo = SIGTRAP, .si_code = SI_USER};
    info.si_pid = (int)host_syscall(__NR_getpid);
    info.si_uid = (unsigned)host_syscall(__NR_getuid);
    int signo = trace_signal(t, SIGTRAP, &info);
    if (signo)
        signal_act(t, signo, &info);
}

int trace_poll(struct task *t, siginfo_t *info)
{
    struct trace *c = &t->trace;
    uint32_t want = __atomic_exchange_n(&c->want, 0, __ATOMIC_ACQUIRE);
    if (want & TRACE_WANT_MASK)
        signal_apply_mask(t);
    if (want & TRACE_WANT_EXEC && c->active)
        begin_program(t);
    if (want & TRACE_WANT_EVENT && c->active)
        stop_for_event(t, PTRACE_EVENT_STOP, 0);
    if (!(want & TRACE_WANT_STOP))
        return 0;
    *info = c->stop_info;
    int signo = c->active ? trace_signal(t, SIGSTOP, info) : SIGSTOP;
    /* PTRACE_ATTACH's own, whose tracer died when it had taken it from the host and not yet from us. The kernel would stop the task, but
     * the SIGCONT that was to end that may have come by now, and nobody would send another. */
    if (!c->active && signo == SIGSTOP && info->si_code == SI_KERNEL)
        return 0;
    return signo;
}

/* ---- system calls ---- */

static bool separate_number(const struct fe_guest *g)
{
    for (const struct fe_regset *s = g->regsets; s->note; s++)
        if (s->kind == FE_SET_SYSCALL)
            return true;
    return false;
}

/* The call as the tracer has left it. False if it is not to be made. */
static bool reread_call(struct task *t)
{
    const struct fe_guest *g = t->guest;
    for (unsigned i = 0; i < 6; i++)
        t->sys_args[i] = cpu_reg(&t->cpu, g->off_arg0 + 8 * i);
    t->sys_nr = separate_number(g) ? (uint64_t)t->trace.nr : cpu_reg(&t->cpu, g->off_sysno);
    return (int32_t)t->sys_nr != -1;
}

int64_t trace_syscall(struct task *t)
{
    struct trace *c = &t->trace;
    bool emulate = c->mode == TRACE_EMULATE || c->mode == TRACE_EMULATE_STEP;
    c->nr = (int32_t)t->sys_nr;
    if (emulate || c->mode == TRACE_SYSCALL) {
        c->message = PTRACE_EVENTMSG_SYSCALL_ENTRY;
        stop_for_call(t, TRACE_ENTRY);
        if (!reread_call(t) || emulate)
            return SYS_NO_RESULT;
    }
    return sys_call(t, t->sys_nr, t->sys_args);
}

unsigned trace_syscall_end(struct task *t, int64_t result)
{
    struct trace *c = &t->trace;
    unsigned code = c->interrupted, ret = t->guest->off_ret;
    c->interrupted = 0;
    if (result == RT_RESTART)
        code = code ? code : TRACE_ERESTARTNOINTR;
    else if (result != -EINTR)
        code = 0;
    if (code)
        cpu_set_reg(&t->cpu, ret, -(uint64_t)code);
    if (c->mode == TRACE_SYSCALL) {
        c->message = PTRACE_EVENTMSG_SYSCALL_EXIT;
        c->is_error = cpu_reg(&t->cpu, ret) > (uint64_t)-4096;
        stop_for_call(t, TRACE_EXIT);
    }
    return code && cpu_reg(&t->cpu, ret) == -(uint64_t)code ? code : 0;
}

bool trace_seccomp(struct task *t, unsigned data)
{
    if (!t->trace.active || !(t->trace.options & PTRACE_O_TRACESECCOMP))
        return false;
    t->trace.nr = (int32_t)t->sys_nr;
    stop_for_event(t, PTRACE_EVENT_SECCOMP, data);
    if (!reread_call(t))
        t->sys_nr = -1ull;
    return true;
}

/* ---- beginnings ---- */

void trace_fork_prepare(struct task *t)
{
    uint32_t by = tracer_of(t);
    if (by)
        change_tracer(t, by, by | TRACE_FORKS);
}

void trace_fork_parent(struct task *t)
{
    uint32_t by = tracer_of(t);
    change_tracer(t, by, by & ~(uint32_t)TRACE_FORKS);
}

/* What else is in the record counts only for those who are traced. */
void trace_fork_child(struct task *t)
{
    uint32_t by = tracer_of(t);
    changes_lock.state = 0;
    if (by & TRACE_FORKS)
        change_tracer(t, by, 0);
    set_stepping(t);
}

bool trace_own_signal(struct task *t, const siginfo_t *info, uint64_t *mask)
{
    t->trace.arrived = 1;
    if (info->si_code == TRACE_CODE) {
        t->trace.abandoned = 1;
        return true;
    }
    if (info->si_code != TRACE_STARTED || !trace_starting)
        return false;
    /* The tracer that blocked all signals until now is gone. */
    t->blocked = (uint64_t)info->si_ptr;
    *mask = t->blocked & ~SIG_SYNC;
    return true;
}
