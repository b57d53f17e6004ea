/* seccomp: strict mode, filters and their verdicts, inheritance, threads, supervisors. */
#include "t.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <stddef.h>

#ifdef __aarch64__
#define ARCH AUDIT_ARCH_AARCH64
#elif defined __riscv
#define ARCH AUDIT_ARCH_RISCV64
#else
#define ARCH AUDIT_ARCH_X86_64
#endif
#define NR BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))
#define ARG(n) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[n]))
#define IF(nr, verdict) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1), BPF_STMT(BPF_RET | BPF_K, verdict)
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define FILTER(flags, ...) install(flags, (struct sock_filter[]){__VA_ARGS__}, sizeof((struct sock_filter[]){__VA_ARGS__}) / sizeof(struct sock_filter))

static long install(unsigned flags, struct sock_filter *f, size_t n)
{
    struct sock_fprog p = {(unsigned short)n, f};
    long r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &p);
    return r < 0 ? -errno : r;
}

static long result(long r) { return r < 0 ? -errno : r; }
static void allow_no_new(void) { must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0); }

static void errors(void)
{
    allow_no_new();
    if (FILTER(0, NR, IF(__NR_getppid, SECCOMP_RET_ERRNO | 7), IF(__NR_getuid, SECCOMP_RET_ERRNO | 0), IF(__NR_getgid, SECCOMP_RET_ERRNO | 0xffff), ALLOW)) _exit(1);
    if (result(syscall(SYS_getppid)) != -7) _exit(2);
    if (result(syscall(SYS_getuid)) != 0) _exit(3);
    if (result(syscall(SYS_getgid)) != -4095) _exit(4);
    if (syscall(SYS_getpid) <= 0) _exit(5);
    /* A newer filter that is milder changes nothing, a stricter one does. */
    if (FILTER(0, NR, IF(__NR_getppid, SECCOMP_RET_ALLOW), IF(__NR_geteuid, SECCOMP_RET_ERRNO | 3), ALLOW)) _exit(6);
    if (result(syscall(SYS_getppid)) != -7 || result(syscall(SYS_geteuid)) != -3) _exit(7);
    if (prctl(PR_GET_SECCOMP) != 2) _exit(8);
    _exit(77);
}

static void architecture(void)
{
    allow_no_new();
    if (FILTER(0, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
               BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS), ALLOW)) _exit(1);
    _exit(77);
}

/* The verdict is computed: the low half of the second argument as an error number, through memory, arithmetic and X. */
static void computed(void)
{
    allow_no_new();
    if (FILTER(0, NR, BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getpriority, 1, 0), ALLOW,
               ARG(1), BPF_STMT(BPF_ST, 3), BPF_STMT(BPF_LD | BPF_IMM, 5), BPF_STMT(BPF_MISC | BPF_TAX, 0), BPF_STMT(BPF_LD | BPF_MEM, 3),
               BPF_STMT(BPF_ALU | BPF_MUL | BPF_X, 0), BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 1), BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 1),
               BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff), BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO), BPF_STMT(BPF_RET | BPF_A, 0))) _exit(1);
    if (result(syscall(SYS_getpriority, 0, 4)) != -9) _exit(2);
    if (result(syscall(SYS_getpriority, 0, 24)) != -59) _exit(3);
    _exit(77);
}

static volatile int traps;
static void on_sys(int signo, siginfo_t *i, void *u)
{
    (void)u;
    traps += signo == SIGSYS && i->si_code == 1 && i->si_errno == 42 && i->si_syscall == __NR_getuid && i->si_arch == ARCH && i->si_call_addr;
}

static void trapped(void)
{
    allow_no_new();
    handle(SIGSYS, on_sys, 0);
    if (FILTER(0, NR, IF(__NR_getuid, SECCOMP_RET_TRAP | 42), ALLOW)) _exit(1);
    for (int i = 0; i < 5; i++) syscall(SYS_getuid);
    _exit(70 + traps);
}

static void trapped_unhandled(void) { allow_no_new(); FILTER(0, NR, IF(__NR_getuid, SECCOMP_RET_TRAP | 42), ALLOW); syscall(SYS_getuid); _exit(1); }
static void killed(void) { allow_no_new(); FILTER(0, NR, IF(__NR_getuid, SECCOMP_RET_KILL_PROCESS), ALLOW); syscall(SYS_getuid); _exit(1); }
static void killed_by_zero_divisor(void)
{
    allow_no_new();
    FILTER(0, NR, BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getuid, 0, 2), BPF_STMT(BPF_LDX | BPF_IMM, 0), BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0), ALLOW);
    syscall(SYS_getuid);
    _exit(1);
}
static void *uid(void *arg) { (void)arg; syscall(SYS_getuid); return (void *)1; }
static void thread_killed(void)
{
    pthread_t p;
    allow_no_new();
    FILTER(0, NR, IF(__NR_getuid, SECCOMP_RET_KILL_THREAD), ALLOW);
    pthread_create(&p, NULL, uid, NULL);
    struct timespec t = {0, 300000000};
    nanosleep(&t, NULL);
    _exit(77);
}
static void strict(void) { syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL); write(1, "strict\n", 7); syscall(SYS_exit, 77); }
static void strict_violated(void) { prctl(PR_SET_SECCOMP, 1); syscall(SYS_getpid); syscall(SYS_exit, 1); }
static void no_tracer(void) { allow_no_new(); FILTER(0, NR, IF(__NR_getuid, SECCOMP_RET_TRACE | 1), ALLOW); _exit(result(syscall(SYS_getuid)) == -ENOSYS ? 77 : 1); }

static char **args;
static void across_exec(void)
{
    allow_no_new();
    FILTER(0, NR, IF(__NR_getppid, SECCOMP_RET_ERRNO | 11), ALLOW);
    FILTER(0, NR, IF(__NR_geteuid, SECCOMP_RET_ERRNO | 12), ALLOW);
    int st;
    pid_t pid = vfork();
    if (!pid) { execl(args[0], args[0], "inherited", NULL); _exit(98); }
    if (waitpid(pid, &st, 0) != pid || st != 77 << 8) _exit(97);
    execl(args[0], args[0], "inherited", NULL);
}
static int inherited(void) { return result(syscall(SYS_getppid)) == -11 && result(syscall(SYS_geteuid)) == -12 && prctl(PR_GET_SECCOMP) == 2 ? 77 : 1; }

static volatile int go;
static void *waits(void *arg)
{
    (void)arg;
    while (!go) sched_yield();
    return (void *)result(syscall(SYS_getppid));
}
static void threads(void)
{
    pthread_t p;
    void *r;
    allow_no_new();
    pthread_create(&p, NULL, waits, NULL);
    if (FILTER(SECCOMP_FILTER_FLAG_TSYNC, NR, IF(__NR_getppid, SECCOMP_RET_ERRNO | 9), ALLOW)) _exit(1);
    go = 1;
    pthread_join(p, &r);
    _exit((long)r == -9 ? 77 : 2);
}

/* Threads being made while a filter is set for all of them: it holds in each. */
static atomic_int unfiltered;
static void *filtered(void *arg)
{
    while (!go) sched_yield();
    if (result(syscall(SYS_getppid)) != -9) unfiltered = 1;
    return arg;
}
static void *makes(void *arg)
{
    pthread_t p[50];
    int n = 0;
    while (!go && n < 50) must(pthread_create(&p[n++], NULL, filtered, NULL) == 0);
    while (n) pthread_join(p[--n], NULL);
    return arg;
}
static void together_with_new(void)
{
    pthread_t p[2];
    allow_no_new();
    for (int i = 0; i < 2; i++) must(pthread_create(&p[i], NULL, makes, NULL) == 0);
    usleep(300);
    if (FILTER(SECCOMP_FILTER_FLAG_TSYNC, NR, IF(__NR_getppid, SECCOMP_RET_ERRNO | 9), ALLOW)) _exit(1);
    go = 1;
    for (int i = 0; i < 2; i++) pthread_join(p[i], NULL);
    _exit(unfiltered);
}

/* Two threads set filters for all threads, or one for itself, at the same time: each must come after the other's, so that none is lost. */
static pthread_barrier_t at_once;
static const int judged[] = {__NR_getppid, __NR_geteuid};
static void *sets(void *arg)
{
    unsigned flags = (unsigned)(long)arg;
    long r;
    pthread_barrier_wait(&at_once);
    /* The other's own is not ours: then ours can be for this thread only. */
    while ((r = FILTER(flags & 1 ? SECCOMP_FILTER_FLAG_TSYNC : 0, NR, IF(judged[flags >> 1], SECCOMP_RET_ERRNO | 9), ALLOW)) > 0) flags &= ~1u;
    pthread_barrier_wait(&at_once);
    return (void *)(r != 0 || result(syscall(judged[flags >> 1])) != -9);
}
static void at_the_same_time(long all)
{
    pthread_t p;
    void *r;
    allow_no_new();
    must(pthread_barrier_init(&at_once, NULL, 2) == 0 && pthread_create(&p, NULL, sets, (void *)(2 | all)) == 0);
    long mine = (long)sets((void *)1);
    pthread_join(p, &r);
    if (mine || r) _exit(1);
    /* The main thread has the other's if that was for all. */
    _exit(all && result(syscall(SYS_geteuid)) != -9 ? 2 : 0);
}
static void both_for_all(void) { at_the_same_time(1); }
static void one_for_itself(void) { at_the_same_time(0); }

static void *privileges(void *arg)
{
    pthread_barrier_wait(&at_once);
    pthread_barrier_wait(&at_once);
    return (void *)(long)prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
}
static void no_new_for_all(void)
{
    pthread_t p;
    void *r;
    must(pthread_barrier_init(&at_once, NULL, 2) == 0 && pthread_create(&p, NULL, privileges, NULL) == 0);
    pthread_barrier_wait(&at_once);
    allow_no_new();
    if (FILTER(SECCOMP_FILTER_FLAG_TSYNC, ALLOW)) _exit(2);
    pthread_barrier_wait(&at_once);
    pthread_join(p, &r);
    _exit((int)(long)r);
}

static void refused(void)
{
    show("no program", install(0, NULL, 0));
    show("bad address", install(0, (void *)8, 2));
    show("no return", FILTER(0, NR));
    show("unknown instruction", FILTER(0, BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), ALLOW));
    show("beyond the record", FILTER(0, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), ALLOW));
    show("unaligned", FILTER(0, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), ALLOW));
    show("jump out", FILTER(0, BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 5, 0), ALLOW));
    show("unset memory", FILTER(0, BPF_STMT(BPF_LD | BPF_MEM, 1), ALLOW));
    show("unset on one path", FILTER(0, NR, BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1), BPF_STMT(BPF_ST, 1), BPF_STMT(BPF_LD | BPF_MEM, 1), ALLOW));
    show("zero divisor", FILTER(0, BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), ALLOW));
    show("long shift", FILTER(0, BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32), ALLOW));
    show("unknown flag", FILTER(1 << 12, ALLOW));
    show("unknown operation", result(syscall(SYS_seccomp, 99, 0, NULL)));
    show("flags in strict mode", result(syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL)));
    unsigned known = SECCOMP_RET_TRAP, unknown = 0x12340000;
    show("action", result(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &known)));
    show("unknown action", result(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &unknown)));
    struct seccomp_notif_sizes s;
    show("sizes", result(syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &s)));
    show("of a notification", s.seccomp_notif * 10000 + s.seccomp_notif_resp * 100 + s.seccomp_data);
    show("mode", prctl(PR_GET_SECCOMP));
}

static int listener;
static void *supervise(void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++) {
        struct seccomp_notif n = {0};
        struct seccomp_notif_resp r = {0};
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n)) return (void *)1;
        if (n.data.nr != __NR_getpriority || n.data.arch != ARCH || n.data.args[0] != 0) return (void *)2;
        r.id = n.id;
        if (n.data.args[1] == 1) r.val = 123;
        else if (n.data.args[1] == 2) r.error = -EDOM;
        else r.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &r)) return (void *)3;
    }
    return NULL;
}

static void supervised(void)
{
    pthread_t p;
    void *end;
    allow_no_new();
    listener = (int)FILTER(SECCOMP_FILTER_FLAG_NEW_LISTENER, NR, IF(__NR_getpriority, SECCOMP_RET_USER_NOTIF), ALLOW);
    if (listener < 0) _exit(1);
    if (FILTER(SECCOMP_FILTER_FLAG_NEW_LISTENER, ALLOW) != -EBUSY) _exit(5);
    pthread_create(&p, NULL, supervise, NULL);
    if (result(syscall(SYS_getpriority, 0, 1)) != 123) _exit(2);
    if (result(syscall(SYS_getpriority, 0, 2)) != -EDOM) _exit(3);
    if (result(syscall(SYS_getpriority, 0, 0)) != 20) _exit(4);
    pthread_join(p, &end);
    _exit(end ? 10 + (int)(long)end : 77);
}

int main(int argc, char **argv)
{
    if (argc > 1) return inherited();
    args = argv;
    setvbuf(stdout, NULL, _IOLBF, 0);
    show("errors", run_child(errors));
    show("architecture", run_child(architecture));
    show("computed", run_child(computed));
    show("trap", run_child(trapped));
    show("trap without a handler", run_child(trapped_unhandled));
    show("kill", run_child(killed));
    show("zero divisor", run_child(killed_by_zero_divisor));
    show("kill a thread", run_child(thread_killed));
    show("strict", run_child(strict));
    show("strict violated", run_child(strict_violated));
    show("trace without a tracer", run_child(no_tracer));
    show("exec", run_child(across_exec));
    show("threads", run_child(threads));
    int bad = 0;
    for (int i = 0; i < 60; i++) bad += run_child(together_with_new) != 0;
    show("threads being made", bad);
    int lost[2] = {0, 0};
    for (int i = 0; i < 200; i++) lost[0] += run_child(both_for_all) != 0, lost[1] += run_child(one_for_itself) != 0;
    show("filters lost where both are for all threads", lost[0]);
    show("filters lost where one is for its thread", lost[1]);
    show("no new privileges for all threads", run_child(no_new_for_all));
    show("supervisor", run_child(supervised));
    refused();
    return 0;
}
