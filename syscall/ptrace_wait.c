/*
 * What a tracer's wait makes of the host's stops (runtime/trace.h). Those that the tracee makes for us are shown. Of a
 * signal that the host is about to deliver, the tracee is told, as its own handler would, and goes on to make a stop of its own.
 * Stops inside a call of the host's (fork's events, group stops) are shown as they are: the registers are in memory then.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "runtime/log.h"
#include "runtime/space.h"
#include "syscall/handlers.h"
#include "syscall/sys.h"
#include "syscall/tracees.h"

/* Events that the tracee makes itself, or that only the program's own filters could make. */
uint64_t tracee_host_options(const struct tracee *e)
{
    uint64_t own = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP | PTRACE_O_SUSPEND_SECCOMP;
    return (e->options & ~own) | PTRACE_O_TRACEEXEC;        /* an exec takes the translator away: we must know */
}

static bool ours(uint64_t addr) { return addr - SPACE_OWN_LO < SPACE_OWN_HI - SPACE_OWN_LO; }

/* ---- who it is ---- */

static const struct fe_guest *guest_of(uint32_t machine)
{
    for (const struct fe_guest *const *g = fe_guests; *g; g++)
        if ((*g)->elf_machine == machine)
            return *g;
    return NULL;
}

/* A child that shares its parent's memory has the parent's gs base until it has found its own. */
static uint64_t task_of(const struct trace_build *b, const struct user_regs_struct *r)
{
    bool at_start = r->rip >= b->clone_done && r->rip <= b->clone_bound && (r->rip >= b->clone_child || !r->rax);
    return at_start ? r->r9 : r->gs_base;
}

/* The task whose state says what the tracer has set: its own, or its parent's as long as it has none. */
static void adopt(struct tracee *e, uint64_t parent)
{
    struct trace c;
    if (!tracee_peek(e->tid, parent + e->build.trace_offset, &c, offsetof(struct trace, stop_info)))
        return;
    e->options = c.options;
    e->seized = c.seized;
}

static void identify(struct tracee *e, const struct user_regs_struct *r, bool known)
{
    struct trace_head head;
    e->kind = TRACEE_HOST;
    if (!ours(r->gs_base)) {
        if (ours(r->rip))
            e->kind = TRACEE_STARTING;
        return;
    }
    if (!tracee_peek(e->tid, r->gs_base - sizeof head, &head, sizeof head) || head.magic != TRACE_MAGIC ||
        !tracee_peek(e->tid, head.build, &e->build, sizeof e->build) || memcmp(&e->build, &trace_build, TRACE_EQUAL_PART) ||
        !(e->guest = guest_of(head.machine)))
        return;
    e->kind = TRACEE_GUEST;
    e->task = task_of(&e->build, r);
    if (!known)
        adopt(e, r->gs_base);
}

/* ---- a stop that is kept ---- */

/* Tells the task, once, that it is traced. */
static void arm(struct tracee *e)
{
    if (e->armed)
        return;
    uint32_t active = 0;
    e->armed = true;
    trace_get(e, active, &active);
    trace_put(e, options, e->options);
    trace_put(e, seized, e->seized);
    trace_put(e, mode, e->mode);
    if (e->attached)
        trace_put(e, active, (active | (TRACE_SERIAL - 1)) + 1 + TRACE_ACTIVE);
    else if (!active || active & TRACE_FORKS)
        trace_put(e, active, TRACE_ACTIVE);
    tracee_poll(e);
}

/*
 * The task goes on to its next poll. A call that waits must end there first: its result is the one that our C code knows,
 * and the kernel's code is put down, by which the call is made again or not. One that has not begun does not begin.
 */
static void release(struct tracee *e, struct user_regs_struct *r, int signo)
{
    const struct trace_build *b = &e->build;
    int64_t result = (int64_t)r->rax;
    bool interrupted = result == -TRACE_ERESTARTSYS || result == -TRACE_ERESTARTNOINTR || result == -TRACE_ERESTARTNOHAND ||
                       result == -TRACE_ERESTART_RESTARTBLOCK;
    if (r->rip == b->syscall_done && (int64_t)r->orig_rax >= 0 && interrupted) {
        trace_put(e, interrupted, (uint32_t)-result);
        r->rax = result >= -TRACE_ERESTARTNOINTR ? (uint64_t)RT_RESTART : (uint64_t)-EINTR;
        r->orig_rax = -1ull;
        host_ptrace(PTRACE_SETREGS, e->tid, 0, (uint64_t)r);
    } else if (r->rip >= b->syscall_check && r->rip <= b->syscall_insn) {
        r->rip = b->syscall_abort;
        host_ptrace(PTRACE_SETREGS, e->tid, 0, (uint64_t)r);
    }
    tracee_poll(e);
    host_ptrace(PTRACE_CONT, e->tid, 0, (uint64_t)signo);
}

void tracee_want(const struct tracee *e, uint32_t what)
{
    uint32_t have = 0;
    trace_get(e, want, &have);
    trace_put(e, want, have | what);
}

static void want_stop(struct tracee *e, const siginfo_t *info)
{
    tracee_poke(e->tid, TRACE_AT(e, stop_info), info, sizeof *info);
    tracee_want(e, TRACE_WANT_STOP);
}

/* As the host handler would (signal_host.c): the signal into the task's slot, nothing more until it is delivered. */
static void into_slot(struct tracee *e, const siginfo_t *info)
{
    uint64_t mask = 0;
    uint32_t one = 1;
    tracee_poke(e->tid, e->task + e->build.info_offset, info, sizeof *info);
    tracee_poke(e->tid, e->task + e->build.present_offset, &one, sizeof one);
    host_ptrace(PTRACE_GETSIGMASK, e->tid, sizeof mask, (uint64_t)&mask);
    mask |= HOST_MASK_ASYNC;
    host_ptrace(PTRACE_SETSIGMASK, e->tid, sizeof mask, (uint64_t)&mask);
}

/* ---- execve ---- */

/*
 * A dragoman that starts is left alone until it has a task to be told things: all signals stay blocked, and a SIGTRAP waits
 * for the moment when it lets them in.
 */
static void let_start(struct tracee *e)
{
    uint64_t all = ~0ull;
    siginfo_t sign = {.si_signo = SIGTRAP, .si_code = TRACE_STARTED};
    host_ptrace(PTRACE_GETSIGMASK, e->tid, sizeof e->mask, (uint64_t)&e->mask);
    host_ptrace(PTRACE_SETSIGMASK, e->tid, sizeof all, (uint64_t)&all);
    sign.si_ptr = (void *)e->mask;
    host_syscall(__NR_rt_tgsigqueueinfo, e->tid, e->tid, SIGTRAP, &sign);
}

/* A host program has begun: the stop as the tracer's program expects it. False: it expects none. */
static bool show_host_exec(struct tracee *e, int *status)
{
    e->state = TRACEE_HOST_STOP;
    if (e->options & PTRACE_O_TRACEEXEC)
        *status = (SIGTRAP | PTRACE_EVENT_EXEC << 8) << 8 | 0x7f;
    else if (!e->seized)
        *status = SIGTRAP << 8 | 0x7f;
    else
        return e->state = TRACEE_RUNS, host_ptrace(PTRACE_CONT, e->tid, 0, 0), false;
    return true;
}

static bool began(struct tracee *e, const struct user_regs_struct *r, int *status)
{
    identify(e, r, true);
    e->armed = e->stop_arrived = e->event_arrived = false;
    e->began = true;
    host_ptrace(PTRACE_SETOPTIONS, e->tid, 0, tracee_host_options(e));
    if (e->kind != TRACEE_STARTING)
        return show_host_exec(e, status);
    let_start(e);
    host_ptrace(PTRACE_CONT, e->tid, 0, 0);
    return false;
}

/* The thread that calls execve gets its leader's number, and takes along what is known of it. */
static struct tracee *changed_number(struct tracee *e)
{
    uint64_t former = 0;
    host_ptrace(PTRACE_GETEVENTMSG, e->tid, 0, (uint64_t)&former);
    struct tracee *f = (int32_t)former == e->tid ? NULL : tracee_find((int32_t)former);
    if (f) {
        int32_t tid = e->tid;
        struct tracee *next = e->next;
        *e = *f;
        e->tid = tid;
        e->next = next;
        tracee_remove((int32_t)former);
    }
    e->former = former;
    return e;
}

static bool starting_stopped(struct tracee *e, int sig, int event, const siginfo_t *info, struct user_regs_struct *r, int *status)
{
    if (event == PTRACE_EVENT_STOP && sig == SIGTRAP) {
        e->event_arrived = !e->quiet;
        e->quiet = false;
    } else if (sig == SIGSTOP && !event) {
        e->stop_arrived = true;
        e->stop_info = *info;
    } else if (sig != SIGTRAP || event || info->si_code != TRACE_STARTED) {
        host_ptrace(PTRACE_CONT, e->tid, 0, (uint64_t)sig);     /* a fault of the translator's */
        return false;
    } else {
        identify(e, r, true);
        if (e->kind != TRACEE_GUEST) {
            host_ptrace(PTRACE_SETSIGMASK, e->tid, sizeof e->mask, (uint64_t)&e->mask);
            return show_host_exec(e, status);
        }
        arm(e);
        tracee_poke(e->tid, TRACE_AT(e, message), &e->former, sizeof e->former);
        tracee_want(e, (e->began ? TRACE_WANT_EXEC : 0) | (e->event_arrived ? TRACE_WANT_EVENT : 0));
        if (e->stop_arrived)
            want_stop(e, &e->stop_info);
        tracee_poll(e);
        host_ptrace(PTRACE_CONT, e->tid, 0, SIGTRAP);       /* trace_own_signal() restores the mask */
        return false;
    }
    host_ptrace(PTRACE_CONT, e->tid, 0, 0);
    return false;
}

/* ---- stops of a guest's task ---- */

/* The status of the stop that the task makes. */
static int own_status(struct tracee *e)
{
    struct trace c;
    int code = SIGTRAP;
    if (!tracee_peek(e->tid, e->task + e->build.trace_offset, &c, sizeof c))
        return SIGTRAP << 8 | 0x7f;
    if (c.kind == TRACE_SIGNAL)
        code = c.info.si_signo;
    else if (c.kind == TRACE_EVENT)
        code = SIGTRAP | (int)c.event << 8;
    else if (e->options & PTRACE_O_TRACESYSGOOD)
        code = SIGTRAP | 0x80;
    else
        trace_put(e, looked_at, 1);
    return code << 8 | 0x7f;
}

static bool guest_stopped(struct tracee *e, int sig, int event, bool group, const siginfo_t *info, struct user_regs_struct *r, int *status,
                          bool *waits)
{
    uint32_t passing = 0, kind = TRACE_RUNS;
    bool for_another = e->attached && !e->armed;
    arm(e);
    if (!event && !group && sig == SIGTRAP && info->si_code == TRACE_CODE) {
        if (for_another) {
            trace_put(e, abandoned, 1);
            host_ptrace(PTRACE_CONT, e->tid, 0, 0);
            return false;
        }
        trace_get(e, kind, &kind);
        if (kind == TRACE_WAITS) {
            trace_put(e, resumed, 1);
            host_ptrace(PTRACE_CONT, e->tid, 0, 0);
            *waits = true;
            return false;
        }
        e->state = TRACEE_STOPPED;
        *status = own_status(e);
        return true;
    }
    if (group || (event && (event != PTRACE_EVENT_STOP || sig != SIGTRAP))) {
        e->state = TRACEE_HOST_STOP;
        return true;
    }
    if (event == PTRACE_EVENT_STOP) {
        if (!e->quiet)
            tracee_want(e, TRACE_WANT_EVENT);
        e->quiet = false;
        release(e, r, 0);
        return false;
    }
    trace_get(e, passing, &passing);
    if (passing == (uint32_t)sig || (SIG_SYNC & SIG_BIT(sig))) {
        host_ptrace(PTRACE_CONT, e->tid, 0, (uint64_t)sig);
        return false;
    }
    if (sig == SIGSTOP)
        want_stop(e, info);
    else
        into_slot(e, info);
    release(e, r, 0);
    return false;
}

/* *waits: the tracee waits for another. */
static bool stopped(int32_t tid, int *status, bool *waits)
{
    siginfo_t info;
    struct user_regs_struct r;
    int sig = *status >> 8 & 0xff, event = *status >> 16;
    long err = host_ptrace(PTRACE_GETSIGINFO, tid, 0, (uint64_t)&info);
    if (err && err != -EINVAL)
        return true;            /* not our tracee, or gone */
    struct tracee *e = tracee_find(tid);
    bool known = e;
    if ((!e && !(e = tracee_add(tid))) || host_ptrace(PTRACE_GETREGS, tid, 0, (uint64_t)&r))
        return true;
    if (event == PTRACE_EVENT_EXEC)
        return began(changed_number(e), &r, status);
    if (e->kind == TRACEE_UNKNOWN) {
        identify(e, &r, known);
        if (!known && event == PTRACE_EVENT_STOP)
            e->seized = true;       /* a child of one that is */
        host_ptrace(PTRACE_SETOPTIONS, tid, 0, tracee_host_options(e));
        if (e->kind == TRACEE_STARTING && sig == SIGTRAP && !event && info.si_code == SI_USER) {
            e->former = (uint64_t)tid;
            return began(e, &r, status);
        }
        if (e->kind == TRACEE_STARTING)
            let_start(e);           /* attached to in the middle */
    }
    switch (e->kind) {
    case TRACEE_GUEST:
        return guest_stopped(e, sig, event, err == -EINVAL, &info, &r, status, waits);
    case TRACEE_STARTING:
        return starting_stopped(e, sig, event, &info, &r, status);
    default:
        e->state = TRACEE_HOST_STOP;
        return true;
    }
}

/* Deals with a stop of the host's that nobody has waited for. */
static void look_after(struct tracee *e)
{
    siginfo_t info = {0};
    bool waits;
    if (host_syscall(__NR_waitid, P_PID, e->tid, &info, WSTOPPED | WNOHANG | WNOWAIT | __WALL, NULL) || !info.si_pid ||
        info.si_code != CLD_TRAPPED)
        return;
    int status = info.si_status << 8 | 0x7f;
    stopped(e->tid, &status, &waits);
}

void tracees_look_after(void) { tracees_each_running(look_after); }

bool tracee_stopped(int32_t tid, int *status)
{
    bool waits = false, shown = stopped(tid, status, &waits);
    if (waits)
        tracees_look_after();
    return shown;
}

bool tracee_is_stopped(struct tracee *e)
{
    if (e->state == TRACEE_RUNS)
        look_after(e);
    return e->state != TRACEE_RUNS;
}

/* ---- the calls ---- */

static bool kept(int64_t pid, int *status)
{
    if (WIFSTOPPED(*status))
        return !tracee_stopped((int32_t)pid, status);
    if (!WIFCONTINUED(*status))
        tracee_remove((int32_t)pid);
    return false;
}

int64_t sys_wait4(struct task *t, const uint64_t a[6])
{
    int64_t r;
    int status;
    do
        r = rt_syscall(t, __NR_wait4, a[0], (uint64_t)&status, a[2], a[3], 0, 0);
    while (r > 0 && kept(r, &status));
    return r > 0 && a[1] && put_user(status, a[1]) ? -EFAULT : r;
}

int64_t sys_waitid(struct task *t, const uint64_t a[6])
{
    int64_t r;
    siginfo_t own, *info = &own;
    for (;;) {
        memset(&own, 0, sizeof own);
        r = rt_syscall(t, __NR_waitid, a[0], a[1], (uint64_t)info, a[3], a[4], 0);
        if (r || !own.si_pid || own.si_code == CLD_CONTINUED)
            break;
        bool stopped = own.si_code == CLD_TRAPPED || own.si_code == CLD_STOPPED;
        int status = stopped ? own.si_status << 8 | 0x7f : 0;
        if (!stopped && a[3] & WNOWAIT)
            break;
        if (!kept(own.si_pid, &status)) {
            if (stopped)
                own.si_status = status >> 8;
            break;
        }
    }
    /* The fields that the kernel fills in, whatever the result: number, error, code, process, user, status. */
    if (r == RT_RESTART || !a[2])
        return r;
    return copy_to_guest(a[2], &own, 12) || copy_to_guest(a[2] + 16, (char *)&own + 16, 12) ? -EFAULT : r;
}
