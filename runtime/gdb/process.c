/* Processes: forks and who of the two stays with the debugger, execve, restart, detaching and killing. */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "runtime/gdb/stub.h"
#include "runtime/log.h"
#include "runtime/own.h"
#include "runtime/reexec.h"
#include "runtime/space.h"

/* ---- detaching, killing ---- */

/* D, D;pid: of a child that waits for its fate, of the parent of one, of the process. */
static void free_child(void);
static bool follow_child(void);

void gdb_packet_detach(const char *p)
{
    int32_t pid = 0;
    if (*p == ';') {
        p++;
        pid = (int32_t)gdb_take_hex(&p);
    }
    if (pid && pid == stub.forked) {
        free_child();
        gdb_out_ok();
    } else if (pid && pid != stub.pid) {
        gdb_out_ok();           /* the parent of a vfork child that has been followed */
    } else if (stub.forked && pid) {
        if (follow_child())
            stub.resumed = 1;   /* the child answers, and is served from now on */
    } else {
        gdb_out_ok();
        gdb_out_send();
        stub_detach();
    }
}

void stub_kill(void)
{
    for (;;)
        host_syscall(__NR_kill, stub.pid, SIGKILL);
}

/* ---- fork ---- */

/*
 * A page shared with the child: it waits there for its order. Only one child waits at a time, and a parent that is killed
 * lets it go.
 */
enum { BOX_WAIT = 1, BOX_FREE, BOX_TAKE };
static struct box { uint32_t order; int32_t parent; struct session s; } *box;
static bool fork_waits;

static void order(uint32_t what)
{
    __atomic_store_n(&box->order, what, __ATOMIC_SEQ_CST);
    host_syscall(__NR_futex, &box->order, FUTEX_WAKE, INT32_MAX);
}

static bool reports_forks(const struct task *t) { return stub_debugged(t) && stub_connected() && stub.s.fork_events; }

void gdb_fork_prepare(struct task *t)
{
    stub_take(t);
    fork_waits = reports_forks(t);
    if (!fork_waits)
        return;
    if (!box) {
        long r = own_map(0, sizeof *box, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (host_is_error(r)) {
            fork_waits = false;
            return;
        }
        box = (struct box *)r;
    }
    if (stub.forked)
        free_child();
    box->order = BOX_WAIT;
    box->parent = (int32_t)host_syscall(__NR_getpid);
}

void gdb_fork_parent(struct task *t, int64_t result)
{
    stub_release(t);
    if (result < 0 || !fork_waits)
        return;
    cpu_set_reg(&t->cpu, t->guest->off_ret, (uint64_t)result);
    t->gdb.stop = STOP_FORK;
    t->gdb.stop_aux = (uint32_t)result;
    stub.forked = (int32_t)result;
    stub.forked_free = 0;
    stub_stop(t);
    if (stub.forked_free && stub.forked == (int32_t)result)
        free_child();
}

/* No debugger from here on: nothing of the stub is left in this process. */
static void become_free(struct task *t)
{
    stub_clear_points();
    if (!t->gdb.shares_files)
        stub_close_all();
    stub.tgroup = NULL;
    stub.forked = 0;
    rt_gdb = 0;
    memset(&t->gdb, 0, sizeof t->gdb);
    t->run_mode = task_run_mode;
    stub_signal_actions(t);
}

void gdb_fork_child(struct task *t)
{
    const struct timespec patience = {0, 50000000};
    bool debugged = stub_debugged(t);
    stub.server = 0;
    stub.at = t;
    stub.reg = stub.cont = NULL;
    if (!debugged || !fork_waits) {
        become_free(t);
        return;
    }
    uint32_t seen;
    while ((seen = __atomic_load_n(&box->order, __ATOMIC_SEQ_CST)) == BOX_WAIT) {
        if (host_syscall(__NR_futex, &box->order, FUTEX_WAIT, BOX_WAIT, &patience) == -ETIMEDOUT && task_process_is_over(box->parent)) {
            seen = BOX_FREE;
            break;
        }
    }
    if (seen != BOX_TAKE) {
        become_free(t);
        return;
    }
    stub.s = box->s;
    stub.pid = (int32_t)host_syscall(__NR_getpid);
    stub.forked = 0;
    memset(&t->gdb, 0, sizeof t->gdb);
    t->run_mode = task_run_mode;
    stub_clear_points();        /* they are set again */
    stub.server = (uint32_t)t->tid;
    stub_stop_all(t);
    gdb_out_begin();
    gdb_out_ok();
    gdb_out_send();
    stub_serve(t, false);
    t->gdb.parked = 0;
    stub_release(t);
    if (stub_debugged(t) && t->gdb.hold)
        stub_park(t);
}

/* ---- vfork: the child serves, as its parent waits for it in the kernel ---- */

static bool is_vfork(void) { return stub.at && stub.at->gdb.stop == STOP_VFORK && stub.forked; }

static void free_child(void)
{
    if (!is_vfork())
        order(BOX_FREE);
    stub.forked = 0;
}

/* It is resumed and its parent is not: the debugger means to go on with it. The memory is one, so breakpoints stay. */
bool stub_resumes_vfork_child(int32_t pid)
{
    if (!stub.vfork_child || pid != stub.forked)
        return false;
    stub.forked = 0;
    stub_let_go();
    stub.tgroup = stub.vfork_child->tgroup;
    stub.pid = stub_pid_of(stub.vfork_child);
    stub.at = stub.vfork_child;
    stub.vfork_child->gdb.stop = STOP_NONE;
    return true;
}

static bool follow_child(void)
{
    if (stub_resumes_vfork_child(stub.forked)) {
        gdb_out_ok();
        return false;
    }
    stub.forked = 0;
    box->s = stub.s;
    order(BOX_TAKE);
    stub_clear_points();
    stub_let_go();
    stub_close_all();
    stub.tgroup = NULL;
    return true;
}

void gdb_vfork_prepare(struct task *t)
{
    stub_settle_registers(t);
    __atomic_store_n(&t->gdb.kernel, 1, __ATOMIC_SEQ_CST);
    stub_changed();
}

void gdb_vfork_done(struct task *t, int64_t result)
{
    __atomic_store_n(&t->gdb.kernel, 0, __ATOMIC_SEQ_CST);
    if (result > 0 && stub.pid == (int32_t)result) {    /* the child has been followed and is gone, and the debugger with it */
        stub_clear_points();
        stub_close_all();
        stub.tgroup = NULL;
        rt_gdb = 0;
        return;
    }
    gdb_boundary(t);
    if (result < 0 || !stub_debugged(t) || !stub_connected() || !stub.s.vfork_events)
        return;
    cpu_set_reg(&t->cpu, t->guest->off_ret, (uint64_t)result);
    t->gdb.stop = STOP_VFORK_DONE;
    stub_stop(t);
}

void gdb_vfork_child(struct task *t)
{
    struct task *parent = t->maker;
    if (!t->freed_by_parent || !parent || !stub_debugged(parent))
        return;
    stub_take(t);
    bool asks = stub_connected() && stub.s.vfork_events && stub_debugged(parent);
    if (asks) {
        stub_async(false);
        stub_stop_all(t);
        stub.at = parent;
        parent->gdb.stop = STOP_VFORK;
        parent->gdb.stop_aux = (uint32_t)t->tid;
        stub.forked = t->tid;
        stub.vfork_child = t;
        stub_serve(t, true);
        stub.vfork_child = NULL;
        parent->gdb.stop = STOP_NONE;
    }
    t->gdb.parked = 0;
    if (!stub_debugged(t) && !t->gdb.shares_files) {        /* copies of the sockets, in a table of its own */
        if (stub.s.conn_fd >= 0)
            host_syscall(__NR_close, stub.s.conn_fd);
        if (stub.s.listen_fd >= 0)
            host_syscall(__NR_close, stub.s.listen_fd);
    }
    stub_release(t);
    if (stub_debugged(t) && t->gdb.hold)
        stub_park(t);
}

/* ---- execve ---- */

static int save_session(void)
{
    stub_find_fds();
    long fd = host_syscall(__NR_memfd_create, "gdb", 0);
    if (host_is_error(fd))
        return -1;
    if (host_syscall(__NR_pwrite64, fd, &stub.s, sizeof stub.s, 0) != sizeof stub.s) {
        host_syscall(__NR_close, fd);
        return -1;
    }
    return (int)fd;
}

int gdb_hand_on(struct task *t)
{
    if (!stub_debugged(t))
        return -1;
    stub_take(t);       /* nobody is stopped from now on */
    stub_async(false);  /* the next program could not tell what such a signal means before it knows us */
    int fd = stub_debugged(t) ? save_session() : -1;
    if (fd < 0) {
        stub_async(true);
        stub_release(t);
    }
    return fd;
}

void gdb_hand_back(struct task *t, int fd)
{
    if (fd < 0)
        return;
    host_syscall(__NR_close, fd);
    stub_async(true);
    stub_release(t);
}

/* ---- R and vRun: the same program from its beginning ---- */

enum { RUN_ARGS = 256 };

/* ;hex;hex...: what to run instead, if it is said. Into argv. */
static const char *take_arguments(const char *p, const char *argv[RUN_ARGS])
{
    static char text[PACKET_MAX];
    size_t n = 0, argc = 0;
    const char *path = stub.path;
    while (*p == ';' && argc < RUN_ARGS - 1) {
        p++;
        argv[argc++] = text + n;
        n += gdb_take_bytes(&p, text + n, sizeof text - n - 1);
        text[n++] = 0;
    }
    if (!argc) {
        while (argc < RUN_ARGS - 1 && stub.argv[argc]) {
            argv[argc] = stub.argv[argc];
            argc++;
        }
    } else if (*argv[0]) {
        path = argv[0];
    } else {
        argv[0] = stub.argv[0];
    }
    argv[argc] = NULL;
    return path;
}

void stub_restart(const char *p, bool reply)
{
    const char *argv[RUN_ARGS];
    const char *path = take_arguments(p, argv);
    stub.s.restarting = reply ? 2 : 1;
    stub.s.catching = 0;
    int fd = save_session();
    signal_host_mask(stub.at->blocked);
    int64_t r = fd < 0 ? -ENOMEM : reexec_restart(path, argv, stub.envp, fd);
    stub.s.restarting = 0;
    if (fd >= 0)
        host_syscall(__NR_close, fd);
    gdb_out_error((int)r);
}
