/* What happens to a task, reported: signals, steps, its end. */
#include <errno.h>
#include <string.h>

#include "runtime/gdb/stub.h"
#include "runtime/log.h"
#include "runtime/region.h"

bool gdb_signal(struct task *t, siginfo_t *info)
{
    int signo = info->si_signo;
    if (t->gdb.reported == (uint32_t)signo || t->gdb.quiet & SIG_BIT(signo)) {
        t->gdb.reported = 0;
        t->gdb.quiet &= ~SIG_BIT(signo);
        return true;
    }
    if (!stub_debugged(t) || !gdb_wants_signal(signo))
        return true;
    t->gdb.info = *info;
    t->gdb.stop = STOP_SIGNAL;
    t->gdb.stop_signo = (uint32_t)signo;
    stub_stop(t);
    int with = t->gdb.resume_signal;
    *info = t->gdb.info;
    t->gdb.info.si_signo = t->gdb.resume_signal = 0;
    t->gdb.stop_signo = 0;
    if (with && with != signo) {
        memset(info, 0, sizeof *info);
        info->si_signo = with;
    }
    return with != 0;
}

void gdb_stepped(struct task *t)
{
    if (!stub_debugged(t) || (t->gdb.range_lo <= t->cpu.f.pc && t->cpu.f.pc < t->gdb.range_hi))
        return;
    t->gdb.stop = STOP_STEP;
    stub_stop(t);
}

void gdb_delivered(struct task *t)
{
    bool entered = t->gdb.entered;
    t->gdb.entered = 0;
    if (entered && t->run_mode & REGION_STEP)
        gdb_stepped(t);
}

/* The report that ends everything. Who only wants to know leaves now; who could start the program again may do so. */
static void last_report(struct task *t, unsigned stop)
{
    stub_take(t);
    if (stub_connected() && stub_debugged(t)) {
        stub_async(false);
        stub_stop_all(t);
        stub.at = t;
        t->gdb.stop = stop;
        stub.gone = 1;
        stub_serve(t, true);
    }
    if (stub_debugged(t) && stub.s.listen_fd >= 0 && strchr(stub.s.address, '/'))
        host_syscall(__NR_unlink, stub.s.address);
}

void gdb_killed(struct task *t, int signo)
{
    t->gdb.stop_signo = (uint32_t)signo;
    last_report(t, STOP_KILLED);
}

void gdb_exiting(struct task *t, int code)
{
    t->gdb.stop_aux = (uint32_t)code & 255;
    last_report(t, STOP_EXITED);
}

/* ---- start ---- */

static void take_option(const char *value)
{
    size_t n = strcspn(value, ",");
    memcpy(stub.s.address, value, n);
    stub.s.address[n] = 0;
    stub.s.on_crash = value[n] != 0;
}

static void begin(struct task *t)
{
    t->cpu.f.helpers[GDB_WATCH_HELPER] = gdb_watch_helper;
    stub.tgroup = t->tgroup;
    stub.pid = stub_pid_of(t);
    stub.at = t;
    region_hot = 0;     /* breakpoints are the quick plan's */
    rt_gdb = 1;
}

/* Waits for a debugger, and serves it. */
static void wait_for_client(struct task *t, unsigned stop)
{
    stub_accept();
    stub.server = (uint32_t)t->tid;
    stub_stop_all(t);
    t->gdb.stop = stop;
    stub_serve(t, false);
    t->gdb.parked = 0;
    stub_release(t);
}

/* The program before this one in the process was debugged. */
static void go_on(struct task *t)
{
    begin(t);
    if (!stub_connected()) {
        stub_async(true);
        return;
    }
    stub.server = (uint32_t)t->tid;
    stub_stop_all(t);
    bool again = stub.s.restarting;
    stub.s.restarting = 0;
    t->gdb.stop = again ? STOP_START : STOP_EXEC;
    stub_signal_actions(t);
    stub_serve(t, again != 1);
    t->gdb.parked = 0;
    stub_release(t);
}

void gdb_start(struct task *t, const char *option, int fd, const char *const *argv, char **envp, const char *path)
{
    stub.argv = argv;
    stub.envp = envp;
    stub.path = path;
    stub.s.listen_fd = stub.s.conn_fd = -1;
    if (fd >= 0) {
        long n = host_syscall(__NR_pread64, fd, &stub.s, sizeof stub.s, 0);
        host_syscall(__NR_close, fd);
        if (n != sizeof stub.s)
            die("the debugger's session cannot be read: error %ld", -n);
        stub_keep_fds();
        go_on(t);
        return;
    }
    if (!option)
        return;
    if (!t->guest->debug) {
        log_message("-g: nothing is known of the registers of this guest");
        host_syscall(__NR_exit_group, 125);
    }
    take_option(option);
    if (stub.s.on_crash)
        return;
    int err = stub_listen();
    if (err) {
        log_message("cannot wait for a debugger at %s: error %d", stub.s.address, -err);
        host_syscall(__NR_exit_group, 125);
    }
    begin(t);
    wait_for_client(t, STOP_START);
    if (stub_debugged(t) && t->gdb.hold)
        stub_park(t);
}

void gdb_crashed(struct task *t, siginfo_t *info)
{
    if (!stub.s.on_crash || rt_gdb || !(GDB_CRASHES & SIG_BIT(info->si_signo)))
        return;
    int err = stub_listen();
    if (err) {
        log_message("cannot wait for a debugger at %s: error %d", stub.s.address, -err);
        return;
    }
    log_message("process %d got signal %d: waiting for a debugger at %s", (int)host_syscall(__NR_getpid), info->si_signo, stub.s.address);
    begin(t);
    stub.s.attached = 1;
    t->gdb.info = *info;
    t->gdb.stop_signo = (uint32_t)info->si_signo;
    wait_for_client(t, STOP_SIGNAL);
}
