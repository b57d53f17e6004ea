/* clone and clone3 with their less usual flags, and their errors. */
#include "t.h"
#include <linux/sched.h>
#include <linux/futex.h>
#include <sys/resource.h>

static long clone3(struct clone_args *a, size_t n) { return syscall(SYS_clone3, a, n); }
static void quiet(int s) { (void)s; }

static void errors(void)
{
    struct clone_args a;
    char big[256];
    memset(&a, 0, sizeof a);
    a.exit_signal = SIGCHLD;
    show("too small", clone3(&a, 40) < 0 ? errno : 0);
    memset(big, 0, sizeof big);
    memcpy(big, &a, sizeof a);
    big[200] = 1;
    show("unknown and not zero", clone3((struct clone_args *)big, sizeof big) < 0 ? errno : 0);
    show("too large", clone3((struct clone_args *)big, 5000) < 0 ? errno : 0);
    show("bad pointer", clone3((struct clone_args *)8, sizeof a) < 0 ? errno : 0);
    a.stack = (uintptr_t)big;
    show("stack without size", clone3(&a, sizeof a) < 0 ? errno : 0);
    a.stack = 0;
    a.flags = CLONE_SIGHAND;
    show("SIGHAND without VM", clone3(&a, sizeof a) < 0 ? errno : 0);
    a.flags = CLONE_THREAD;
    show("THREAD without SIGHAND", clone3(&a, sizeof a) < 0 ? errno : 0);
    a.flags = CLONE_VM | CLONE_SIGHAND | CLONE_CLEAR_SIGHAND;
    a.stack = (uintptr_t)big;
    a.stack_size = sizeof big;
    signal(SIGUSR1, quiet);
    show("SIGHAND and CLEAR_SIGHAND", clone3(&a, sizeof a) < 0 ? errno : 0);
    show("nothing is cleared", signal(SIGUSR1, SIG_DFL) == quiet);
    a.stack = a.stack_size = 0;
    a.flags = CLONE_FS | CLONE_NEWNS;
    show("FS and NEWNS", clone3(&a, sizeof a) < 0 ? errno : 0);
    a.flags = 0;
    a.exit_signal = 100;
    show("bad signal", clone3(&a, sizeof a) < 0 ? errno : 0);
    a.exit_signal = SIGCHLD;
    a.flags = 1ull << 40;
    show("bad flag", clone3(&a, sizeof a) < 0 ? errno : 0);
}

static void forking(void)
{
    struct clone_args a;
    int pidfd = -1, st;
    volatile pid_t ptid = 0, ctid = 0;
    memset(&a, 0, sizeof a);
    a.exit_signal = SIGCHLD;
    a.flags = CLONE_PIDFD | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID;
    a.pidfd = (uintptr_t)&pidfd;
    a.parent_tid = (uintptr_t)&ptid;
    a.child_tid = (uintptr_t)&ctid;
    long pid = clone3(&a, sizeof a);
    if (!pid) _exit(ctid == getpid() ? 3 : 4);
    show("parent tid", ptid == pid);
    show("child tid here", ctid);
    struct pollfd p = {pidfd, POLLIN, 0};
    show("pidfd ready", poll(&p, 1, 5000));
    siginfo_t si;
    show("waitid of a pidfd", waitid(P_PIDFD, (id_t)pidfd, &si, WEXITED));
    show("status", si.si_status);
    close(pidfd);
    a.flags = CLONE_CLEAR_SIGHAND;
    signal(SIGUSR1, quiet);
    signal(SIGUSR2, SIG_IGN);
    signal(SIGSEGV, quiet);
    pid = clone3(&a, sizeof a);
    if (!pid) {
        struct sigaction x;
        int r = 0;
        sigaction(SIGUSR1, NULL, &x); r |= x.sa_handler == SIG_DFL;
        sigaction(SIGUSR2, NULL, &x); r |= (x.sa_handler == SIG_IGN) << 1;
        sigaction(SIGSEGV, NULL, &x); r |= (x.sa_handler == SIG_DFL) << 2;
        _exit(r);
    }
    waitpid((pid_t)pid, &st, 0);
    show("handlers cleared", WEXITSTATUS(st));
    pid = clone3(&a, sizeof a);
    if (!pid) { *(volatile int *)8 = 1; _exit(1); }
    waitpid((pid_t)pid, &st, 0);
    show("and faults still fatal", WIFSIGNALED(st) ? WTERMSIG(st) : -1);
    signal(SIGUSR1, SIG_DFL);
    signal(SIGUSR2, SIG_DFL);
    signal(SIGSEGV, SIG_DFL);
    /* Another exit signal, and none. */
    a.flags = 0;
    a.exit_signal = 0;
    pid = clone3(&a, sizeof a);
    if (!pid) _exit(8);
    show("not for plain wait", waitpid((pid_t)pid, &st, 0) < 0 ? errno : 0);
    show("for __WCLONE", waitpid((pid_t)pid, &st, __WCLONE) == pid);
    show("status", WEXITSTATUS(st));
    /* vfork with its own copy of memory: the parent waits. */
    a.flags = CLONE_VFORK;
    a.exit_signal = SIGCHLD;
    double t = now();
    pid = clone3(&a, sizeof a);
    if (!pid) { usleep(50000); _exit(8); }
    show("parent waited", now() - t > 0.045);
    waitpid((pid_t)pid, &st, 0);
}

static char stack[8][65536] __attribute__((aligned(16)));
static volatile int value;
static volatile pid_t cleared;
static int shares(void *arg) { value = (int)(long)arg; return 6; }
static int changes_actions(void *arg) { (void)arg; signal(SIGUSR1, SIG_IGN); return 0; }
static int opens(void *arg) { *(volatile int *)arg = dup(0); return 0; }
static int changes_dir(void *arg) { (void)arg; return chdir("/proc"); }
static int faults(void *arg) { (void)arg; *(volatile int *)8 = 1; return 0; }
static int blocks(void *arg) { (void)arg; pause(); return 0; }

static int end_of(pid_t pid) { int st; must(waitpid(pid, &st, __WALL) == pid); return WIFSIGNALED(st) ? 1000 + WTERMSIG(st) : WEXITSTATUS(st); }

static void sharing(void)
{
    volatile pid_t ptid = 0;
    struct sigaction x;
    char dir[200];
    volatile int fd = -1;
    cleared = 1;
    pid_t pid = clone(shares, stack[0] + 65536, CLONE_VM | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD, (void *)5, &ptid, NULL, &cleared);
    show("parent tid", ptid == pid);
    show("status", end_of(pid));
    show("memory", value);
    for (int i = 0; i < 1000 && cleared; i++) usleep(1000);
    show("tid cleared", cleared);
    signal(SIGUSR1, quiet);
    end_of(clone(changes_actions, stack[1] + 65536, CLONE_VM | SIGCHLD, NULL));
    sigaction(SIGUSR1, NULL, &x);
    show("own actions", x.sa_handler == quiet);
    end_of(clone(changes_actions, stack[2] + 65536, CLONE_VM | CLONE_SIGHAND | SIGCHLD, NULL));
    sigaction(SIGUSR1, NULL, &x);
    show("shared actions", x.sa_handler == SIG_IGN);
    show("ignored now", raise(SIGUSR1));
    end_of(clone(opens, stack[3] + 65536, CLONE_VM | SIGCHLD, (void *)&fd));
    show("own files", fcntl(fd, F_GETFD) < 0);
    end_of(clone(opens, stack[3] + 65536, CLONE_VM | CLONE_FILES | SIGCHLD, (void *)&fd));
    show("shared files", fcntl(fd, F_GETFD) >= 0);
    end_of(clone(changes_dir, stack[4] + 65536, CLONE_VM | SIGCHLD, NULL));
    must(getcwd(dir, sizeof dir));
    show("own directory", strcmp(dir, "/proc") != 0);
    end_of(clone(changes_dir, stack[4] + 65536, CLONE_VM | CLONE_FS | SIGCHLD, NULL));
    must(getcwd(dir, sizeof dir));
    show("shared directory", strcmp(dir, "/proc") == 0);
    show("a fault ends one", end_of(clone(faults, stack[5] + 65536, CLONE_VM | SIGCHLD, NULL)));
    pid = clone(blocks, stack[6] + 65536, CLONE_VM | SIGCHLD, NULL);
    usleep(2000);
    kill(pid, SIGTERM);
    show("a signal ends one", end_of(pid));
    show("vfork flags", end_of(clone(shares, stack[7] + 65536, CLONE_VM | CLONE_VFORK | SIGCHLD, (void *)9)));
    show("memory", value);
}

/* Actions are copied in one moment, while another thread changes them: what a child is told is what it gets. */
static volatile int over, arrived;
static void arrives(int signo) { arrived = signo; }
static void *flips(void *arg)
{
    while (!over) signal(SIGUSR1, SIG_IGN), signal(SIGUSR1, arrives), sched_yield();
    return arg;
}
static int agrees(void *arg)
{
    struct sigaction x;
    (void)arg;
    arrived = 0;
    if (sigaction(SIGUSR1, NULL, &x)) return 2;
    raise(SIGUSR1);
    return arrived != (x.sa_handler == arrives ? SIGUSR1 : 0);
}

static void copied_actions(void)
{
    static const int flags[] = {CLONE_VM, CLONE_VM | CLONE_VFORK, 0};
    pthread_t p;
    must(pthread_create(&p, NULL, flips, NULL) == 0);
    for (int how = 0; how < 3; how++) {
        int bad = 0;
        for (int i = 0; i < 300; i++) bad += end_of(clone(agrees, stack[0] + 65536, flags[how] | SIGCHLD, NULL));
        show("children whose actions are not as shown", bad);
    }
    over = 1;
    pthread_join(p, NULL);
    signal(SIGUSR1, SIG_DFL);
}

/* A join on the kernel's word alone, as language runtimes do it. */
static void joining(void)
{
    static char s[50][16384] __attribute__((aligned(16)));
    static volatile pid_t word[50];
    int ok = 0;
    for (int i = 0; i < 50; i++) {
        word[i] = 1;
        must(clone(shares, s[i] + 16384, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID, (void *)(long)i, NULL, NULL, &word[i]) > 0);
    }
    for (int i = 0; i < 50; i++) {
        pid_t v;
        while ((v = word[i])) syscall(SYS_futex, &word[i], FUTEX_WAIT, v, NULL, NULL, 0);
        ok++;
    }
    show("joined", ok);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    errors();
    forking();
    sharing();
    joining();
    copied_actions();
    show("set_tid_address", syscall(SYS_set_tid_address, &cleared) == gettid());
    return 0;
}
