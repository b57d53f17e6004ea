/*
 * Standing still. One task of the debugged process is the server at a time: it makes all others stop, talks with the
 * debugger and lets them go. Others see `hold` at their next poll, or are made to leave a system call by SIGTRAP,
 * which we always take (signal_host.c) and which names itself ours. A task that stands still does so in stub_park():
 * outside translated code, holding no lock, with its registers in memory.
 */
#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <time.h>

#include "runtime/gdb/stub.h"
#include "runtime/log.h"
#include "runtime/region.h"

struct stub stub = {.s = {.listen_fd = -1, .conn_fd = -1}};
uint32_t rt_gdb;

enum { KICK_CODE = -77 };       /* si_code of SIGTRAP from one task to another */

void stub_changed(void)
{
    __atomic_add_fetch(&stub.changes, 1, __ATOMIC_SEQ_CST);
    host_syscall(__NR_futex, &stub.changes, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, INT32_MAX);
}

static uint32_t changes(void) { return __atomic_load_n(&stub.changes, __ATOMIC_SEQ_CST); }

/* Until something has changed since, a signal came, or so many milliseconds are over: somebody may have been killed. */
enum { SOON = 20, AT_LEISURE = 500 };
static void wait_for_change(uint32_t seen, int ms)
{
    const struct timespec patience = {0, ms * 1000000};
    host_syscall(__NR_futex, &stub.changes, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, seen, &patience);
}

static bool held(const struct task *t) { return __atomic_load_n(&t->gdb.hold, __ATOMIC_SEQ_CST); }

static bool try_take(struct task *t)
{
    uint32_t nobody = 0;
    return __atomic_compare_exchange_n(&stub.server, &nobody, (uint32_t)t->tid, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* The server was a process that shared our memory and has been killed. */
static void bury_server(void)
{
    uint32_t s = __atomic_load_n(&stub.server, __ATOMIC_SEQ_CST);
    if (s && host_syscall(__NR_kill, s, 0) == -ESRCH && host_syscall(__NR_tgkill, host_syscall(__NR_getpid), s, 0) == -ESRCH)
        __atomic_compare_exchange_n(&stub.server, &s, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static void listen_to_input(struct task *t);

void stub_park(struct task *t)
{
    stub_settle_registers(t);
    __atomic_store_n(&t->gdb.parked, 1, __ATOMIC_SEQ_CST);
    stub_changed();
    while (held(t)) {
        uint32_t seen = changes();
        if (__atomic_load_n(&stub.input, __ATOMIC_SEQ_CST) && try_take(t)) {
            listen_to_input(t);
            continue;
        }
        if (held(t))
            wait_for_change(seen, AT_LEISURE);
    }
    __atomic_store_n(&t->gdb.parked, 0, __ATOMIC_SEQ_CST);
}

bool stub_take(struct task *t)
{
    bool stood = false;
    for (;;) {
        uint32_t seen = changes();
        if (held(t) && stub_debugged(t)) {
            stub_park(t);
            stood = true;
        } else if (try_take(t)) {
            return stood;
        } else {
            wait_for_change(seen, SOON);
            bury_server();
        }
    }
}

void stub_release(struct task *t)
{
    (void)t;
    __atomic_store_n(&stub.server, 0, __ATOMIC_SEQ_CST);
    stub_changed();
}

/* ---- stopping the others ---- */

static void kick(const struct task *u)
{
    siginfo_t info;
    memset(&info, 0, sizeof info);
    info.si_signo = SIGTRAP;
    info.si_code = KICK_CODE;
    if (u->tid > 0)
        host_syscall(__NR_rt_tgsigqueueinfo, stub_pid_of(u), u->tid, SIGTRAP, &info);
}

bool gdb_kick(struct task *t, const siginfo_t *info)
{
    bool input = info->si_code == SI_SIGIO && info->si_fd >= 0 && (info->si_fd == stub.armed[0] || info->si_fd == stub.armed[1]);
    if (!input && info->si_code != KICK_CODE)
        return false;
    if (input) {
        __atomic_store_n(&stub.input, 1, __ATOMIC_SEQ_CST);
        __atomic_add_fetch(&stub.changes, 1, __ATOMIC_SEQ_CST);     /* whoever waits is woken by the signal */
    }
    t->cpu.f.pending = 1;
    return true;
}

struct scan { struct task *self; unsigned running; };

static void stop_one(void *ctx, struct task *u)
{
    struct scan *s = ctx;
    if (!stub_debugged(u))
        return;
    __atomic_store_n(&u->gdb.hold, 1, __ATOMIC_SEQ_CST);
    if (u == s->self || __atomic_load_n(&u->gdb.parked, __ATOMIC_SEQ_CST) || __atomic_load_n(&u->gdb.kernel, __ATOMIC_SEQ_CST) ||
        task_is_dead(u))
        return;
    s->running++;
    __atomic_store_n(&u->cpu.f.pending, 1, __ATOMIC_SEQ_CST);
    kick(u);
}

void stub_stop_all(struct task *t)
{
    for (;;) {
        uint32_t seen = changes();
        struct scan s = {t, 0};
        task_each(stop_one, &s);
        if (!s.running)
            break;
        wait_for_change(seen, SOON);
    }
    stub_settle_registers(t);
    t->gdb.parked = 1;
}

static void let_go(void *ctx, struct task *u)
{
    (void)ctx;
    if (!stub_debugged(u))
        return;
    u->run_mode = task_run_mode;
    u->gdb.quiet = 0;
    u->gdb.resume_signal = u->gdb.stop == STOP_SIGNAL ? (int32_t)u->gdb.stop_signo : 0;
    u->gdb.stop = STOP_NONE;
    __atomic_store_n(&u->gdb.hold, 0, __ATOMIC_SEQ_CST);
}

void stub_let_go(void) { task_each(let_go, NULL); }

/* The server has finished: it is a task like the others again. */
static void leave(struct task *t)
{
    t->gdb.parked = 0;
    stub_release(t);
    if (stub_debugged(t) && held(t))
        stub_park(t);
}

void stub_stop(struct task *t)
{
    bool stood = stub_take(t);
    if (!stub_connected() || !stub_debugged(t) || (stood && t->gdb.stop == STOP_BREAK)) {
        t->gdb.stop = STOP_NONE;    /* nobody asks any more; or it will be met again */
        stub_release(t);
        return;
    }
    stub_async(false);
    stub_stop_all(t);
    stub.at = t;
    stub_serve(t, true);
    leave(t);
}

/* The caller has become the server, because a socket has input. */
static void listen_to_input(struct task *t)
{
    __atomic_store_n(&stub.input, 0, __ATOMIC_SEQ_CST);
    stub_find_fds();
    stub_accept_waiting();
    int c = stub.s.conn_fd >= 0 ? stub_peek() : 0;
    if (c == -1 && !stub.s.begun) {
        stub_close();
    } else if (c) {
        bool joins = !stub.s.begun;
        uint32_t parked = t->gdb.parked;
        stub_async(false);
        stub_stop_all(t);
        stub.at = t;
        if (joins)
            stub.s.attached = 1;
        if (c == -1) {
            stub_detach();
        } else {
            if (t->gdb.stop == STOP_NONE)
                t->gdb.stop = joins ? STOP_START : STOP_INTERRUPT;
            stub_serve(t, c == 3);
        }
        t->gdb.parked = parked;
    }
    if (stub.s.listen_fd >= 0 || stub.s.conn_fd >= 0)
        stub_async(true);
    stub_release(t);
}

void gdb_boundary(struct task *t)
{
    if (!stub_debugged(t))
        return;
    for (;;) {
        if (held(t))
            stub_park(t);
        if (!__atomic_load_n(&stub.input, __ATOMIC_SEQ_CST) || !try_take(t))
            break;
        listen_to_input(t);
    }
    int signo = t->gdb.resume_signal;
    if (signo && t->gdb.stop == STOP_NONE) {    /* sent by the debugger, to a task that had none */
        t->gdb.resume_signal = 0;
        t->gdb.quiet |= SIG_BIT(signo);
        host_syscall(__NR_tgkill, host_syscall(__NR_getpid), host_syscall(__NR_gettid), signo);
    }
}
