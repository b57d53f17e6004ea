/*
 * System calls of a debugged program. One that waits can be interrupted for a stop without the guest noticing: the
 * task stands still as if the call had not been made yet, and makes it again for what is left of its time.
 */
#include <errno.h>
#include <linux/futex.h>
#include <stddef.h>
#include <time.h>

#include "runtime/gdb/stub.h"
#include "runtime/space.h"

/* Calls with a time relative to their start, of which the kernel does not write back what is left. */
enum unit { TIMESPEC, MILLISECONDS };
static const struct { int16_t nr; uint8_t arg, unit; } timed[] = {
    {__NR_nanosleep, 0, TIMESPEC}, {__NR_clock_nanosleep, 2, TIMESPEC}, {__NR_futex, 3, TIMESPEC}, {__NR_rt_sigtimedwait, 2, TIMESPEC},
    {__NR_semtimedop, 3, TIMESPEC}, {__NR_io_getevents, 4, TIMESPEC}, {__NR_recvmmsg, 4, TIMESPEC}, {__NR_epoll_pwait2, 3, TIMESPEC},
    {__NR_epoll_pwait, 3, MILLISECONDS},
};

struct call { long nr; uint64_t a[6]; int arg; uint8_t unit; int64_t deadline; struct timespec left; };

static int64_t now(void)
{
    struct timespec ts;
    host_syscall(__NR_clock_gettime, CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static bool is_relative(const struct call *c)
{
    if (c->nr == __NR_clock_nanosleep)
        return !(c->a[1] & TIMER_ABSTIME);
    return c->nr != __NR_futex || (c->a[1] & FUTEX_CMD_MASK) == FUTEX_WAIT;
}

/* Notes when its time will be over. */
static void note_deadline(struct call *c)
{
    struct timespec ts;
    c->arg = -1;
    for (unsigned i = 0; i < sizeof timed / sizeof timed[0]; i++)
        if (timed[i].nr == c->nr && is_relative(c)) {
            c->arg = timed[i].arg;
            c->unit = timed[i].unit;
        }
    if (c->arg < 0)
        return;
    uint64_t v = c->a[c->arg];
    if (c->unit == MILLISECONDS) {
        c->deadline = now() + (int64_t)(int)v * 1000000;
        if ((int)v < 0)
            c->arg = -1;
    } else if (!v || copy_from_guest(&ts, v, sizeof ts)) {
        c->arg = -1;
    } else if (ts.tv_sec < 0 || ts.tv_sec > 1 << 30 || ts.tv_nsec < 0 || ts.tv_nsec > 999999999) {
        c->arg = -1;    /* refused, or as good as for ever */
    } else {
        c->deadline = now() + ts.tv_sec * 1000000000 + ts.tv_nsec;
    }
}

static void only_what_is_left(struct call *c)
{
    if (c->arg < 0)
        return;
    int64_t left = c->deadline - now();
    if (left < 0)
        left = 0;
    if (c->unit == MILLISECONDS) {
        c->a[c->arg] = (uint64_t)((left + 999999) / 1000000);
    } else {
        c->left = (struct timespec){left / 1000000000, left % 1000000000};
        c->a[c->arg] = (uint64_t)&c->left;
    }
}

/* The host's mask outside the call, which may have one of its own. */
static void restore_mask(struct task *t)
{
    signal_host_mask((t->saved_mask_valid ? t->saved_mask : t->blocked) & ~SIG_SYNC);
}

/*
 * Something interrupted the call: a stop, a signal that the debugger wants to see first, or one for the guest. True: make it
 * again. The program counter is shown at the call meanwhile; pc and registers that the debugger changes stand.
 */
static bool interrupted(struct task *t)
{
    __atomic_store_n(&t->cpu.f.pending, 0, __ATOMIC_SEQ_CST);
    t->gdb.changed = 0;
    t->cpu.f.pc -= SYSCALL_INSN_SIZE;
    bool signal = __atomic_load_n(&t->sig_present, __ATOMIC_RELAXED), again = true;
    if (signal) {
        siginfo_t info = t->sig_info;
        if (gdb_signal(t, &info) && !signal_ignored(t, info.si_signo)) {
            t->sig_info = info;
            t->gdb.reported = (uint32_t)info.si_signo;
            t->cpu.f.pending = 1;
            again = false;
        } else {
            __atomic_store_n(&t->sig_present, 0, __ATOMIC_RELAXED);
            restore_mask(t);
        }
    } else {
        gdb_boundary(t);
        /* A guest's own tracer, too, is served outside the call. */
        if (__atomic_load_n(&t->sync_queued, __ATOMIC_RELAXED) & ~t->blocked || __atomic_load_n(&t->trace.want, __ATOMIC_RELAXED)) {
            t->cpu.f.pending = 1;
            again = false;
        }
    }
    if (t->gdb.changed)
        return false;
    t->cpu.f.pc += SYSCALL_INSN_SIZE;
    return again;
}

int64_t gdb_rt_syscall(struct task *t, long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
    struct call call = {.nr = nr, .a = {a, b, c, d, e, f}};
    bool internal = nr == __NR_rt_sigprocmask || nr == __NR_execve || nr == __NR_execveat;
    if (internal || !stub_debugged(t))
        return rt_syscall_plain(t, nr, a, b, c, d, e, f);
    note_deadline(&call);
    for (;;) {
        const uint64_t *v = call.a;
        int64_t r = rt_syscall_plain(t, nr, v[0], v[1], v[2], v[3], v[4], v[5]);
        if (r != RT_RESTART && r != -EINTR)
            return r;
        if (!interrupted(t))
            return t->gdb.changed ? RT_RESTART : r;
        only_what_is_left(&call);
    }
}

bool gdb_syscall_abandoned(struct task *t)
{
    bool changed = t->gdb.changed;
    t->gdb.changed = 0;
    return changed;
}

/* ---- catching them ---- */

static bool caught(const struct task *t)
{
    const struct session *s = &stub.s;
    if (!s->catching || !stub_connected() || !stub_debugged(t))
        return false;
    return s->catch_all || (t->sys_nr < CATCH_MAX && s->caught[t->sys_nr / 8] >> t->sys_nr % 8 & 1);
}

bool gdb_syscall_entry(struct task *t)
{
    t->gdb.changed = 0;
    if (!caught(t))
        return true;
    t->gdb.stop = STOP_SYSCALL_ENTRY;
    t->gdb.stop_aux = (uint32_t)t->sys_nr;
    stub_stop(t);
    t->gdb.changed = 0;
    return (int32_t)cpu_reg(&t->cpu, t->guest->off_sysno) != -1;
}

void gdb_syscall_return(struct task *t)
{
    if (!caught(t))
        return;
    t->gdb.stop = STOP_SYSCALL_RETURN;
    t->gdb.stop_aux = (uint32_t)t->sys_nr;
    stub_stop(t);
}
