/* Signal frames that cannot be built or cannot be right, timers, SIGCHLD's rules, signals for one thread of several. */
#include "t.h"

static volatile int count, where;
static void note(int s, siginfo_t *i, void *c) { (void)s, (void)i, (void)c; count++; }

/* ---- hostile stacks ---- */

static void on_bad_altstack(void)
{
    void *none = mmap(NULL, 65536, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack_t st = {.ss_sp = none, .ss_size = 65536};
    sigaltstack(&st, NULL);
    handle(SIGUSR1, note, SA_ONSTACK);
    raise(SIGUSR1);
    _exit(1);
}

static void readonly_altstack(void)
{
    void *ro = mmap(NULL, 65536, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack_t st = {.ss_sp = ro, .ss_size = 65536};
    sigaltstack(&st, NULL);
    handle(SIGSEGV, note, SA_ONSTACK);
    *(volatile int *)8 = 1;
    _exit(1);
}

static char good_alt[65536];
static void seg(int s, siginfo_t *i, void *c) { (void)s, (void)c; _exit(i->si_code == SI_KERNEL || i->si_code == SEGV_MAPERR ? 33 : 34); }

/* The frame of the first signal does not fit; the SIGSEGV for that has a stack that does. */
static void second_chance(void)
{
    stack_t st = {.ss_sp = good_alt, .ss_size = sizeof good_alt};
    sigaltstack(&st, NULL);
    handle(SIGSEGV, seg, SA_ONSTACK);
    handle(SIGUSR1, note, 0);
#if defined __aarch64__
    __asm__ volatile("mov x0, %0\n\tmov x1, #10\n\tmov x8, #129\n\tmov sp, #64\n\tsvc #0" : : "r"((long)getpid()) : "x0", "x1", "x8");
#elif defined __riscv
    __asm__ volatile("mv a0, %0\n\tli a1, 10\n\tli a7, 129\n\tli sp, 64\n\tecall" : : "r"((long)getpid()) : "a0", "a1", "a7");
#else
    __asm__ volatile("mov $10, %%esi\n\tmov $62, %%eax\n\tmov $64, %%esp\n\tsyscall" : : "D"((long)getpid()) : "rsi", "rax");
#endif
    _exit(1);
}

static void bare_sigreturn(void)
{
#if defined __aarch64__
    __asm__ volatile("mov sp, #64\n\tmov x8, #139\n\tsvc #0" ::: "x8");
#elif defined __riscv
    __asm__ volatile("li sp, 64\n\tli a7, 139\n\tecall" ::: "a7");
#else
    __asm__ volatile("mov $64, %%esp\n\tmov $15, %%eax\n\tsyscall" ::: "rax");
#endif
    _exit(1);
}

/* ---- a handler that changes the mask it returns to ---- */

static void change_mask(int s, siginfo_t *i, void *c) { (void)s, (void)i; sigaddset(&((ucontext_t *)c)->uc_sigmask, SIGUSR2); }
static void masks(void)
{
    sigset_t now_set;
    handle(SIGUSR1, change_mask, 0);
    handle(SIGUSR2, note, 0);
    raise(SIGUSR1);
    sigprocmask(0, NULL, &now_set);
    show("mask changed by the handler", sigismember(&now_set, SIGUSR2));
    raise(SIGUSR2);
    show("holds", count);
    mask(SIG_UNBLOCK, SIGUSR2);
    show("and opens", count);
}

/* ---- what a handler sees blocked ---- */

static volatile int seen;
static void look(int s, siginfo_t *i, void *c)
{
    sigset_t now_set;
    (void)i, (void)c;
    sigprocmask(0, NULL, &now_set);
    seen = sigismember(&now_set, s) + 2 * sigismember(&now_set, SIGHUP) + 4 * sigismember(&now_set, SIGUSR2) + 8 * sigismember(&now_set, SIGSEGV);
}
static void inside(void)
{
    struct sigaction a;
    memset(&a, 0, sizeof a);
    a.sa_sigaction = look;
    a.sa_flags = SA_SIGINFO;
    sigaddset(&a.sa_mask, SIGHUP);
    sigaddset(&a.sa_mask, SIGSEGV);
    sigaction(SIGUSR1, &a, NULL);
    mask(SIG_BLOCK, SIGUSR2);
    raise(SIGUSR1);
    show("blocked inside", seen);
    mask(SIG_UNBLOCK, SIGUSR2);
}

/* ---- timers ---- */

static void timers(void)
{
    struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 77};
    struct itimerspec it = {{0, 0}, {0, 20000000}};
    timer_t t;
    sigset_t s;
    siginfo_t info;
    sigemptyset(&s);
    sigaddset(&s, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &s, NULL);
    must(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0);
    must(timer_settime(t, 0, &it, NULL) == 0);
    show("timer signal", sigwaitinfo(&s, &info) == SIGRTMIN);
    show("timer code", info.si_code);
    show("timer value", info.si_value.sival_int);
    timer_delete(t);
    struct itimerval v = {{0, 0}, {0, 20000}};
    handle(SIGVTALRM, note, 0);
    handle(SIGPROF, note, 0);
    count = 0;
    setitimer(ITIMER_VIRTUAL, &v, NULL);
    while (!count) {}
    setitimer(ITIMER_PROF, &v, NULL);
    while (count < 2) {}
    show("virtual and profiling timers", count);
}

/* ---- SIGCHLD ---- */

static volatile int child_code, child_status;
static void on_child(int s, siginfo_t *i, void *c) { (void)s, (void)c; child_code = i->si_code; child_status = i->si_status; count++; }
static void children(void)
{
    int st;
    handle(SIGCHLD, on_child, SA_RESTART);
    count = 0;
    pid_t pid = fork();
    if (!pid) _exit(9);
    waitpid(pid, &st, 0);
    show("SIGCHLD", count);
    show("code", child_code);
    show("status", child_status);
    signal(SIGCHLD, SIG_IGN);
    pid = fork();
    if (!pid) _exit(9);
    show("ignored: no zombie", waitpid(pid, &st, 0) < 0 ? errno : 0);
    handle(SIGCHLD, on_child, SA_NOCLDWAIT);
    pid = fork();
    if (!pid) _exit(9);
    while (waitpid(pid, &st, 0) < 0 && errno == EINTR) {}
    show("NOCLDWAIT: no zombie", errno);
    handle(SIGCHLD, on_child, SA_NOCLDSTOP);
    count = 0;
    pid = fork();
    if (!pid) { raise(SIGSTOP); _exit(0); }
    while (waitpid(pid, &st, WUNTRACED) < 0) {}
    show("NOCLDSTOP: quiet", count);
    kill(pid, SIGKILL);
    while (waitpid(pid, &st, 0) < 0) {}
    signal(SIGCHLD, SIG_DFL);
}

/* ---- one thread of several ---- */

static atomic_int hits[4], quit, started;
static __thread int me = -1;
static void mine(int s, siginfo_t *i, void *c) { (void)s, (void)i, (void)c; if (me >= 0) hits[me]++; else where++; }
static void *worker(void *arg)
{
    me = (int)(long)arg;
    started++;
    while (!quit) if (me & 1) usleep(300); else sched_yield();
    return NULL;
}
static void directed(void)
{
    pthread_t t[4];
    handle(SIGUSR1, mine, SA_RESTART);
    for (long i = 0; i < 4; i++) must(pthread_create(&t[i], NULL, worker, (void *)i) == 0);
    while (started < 4) sched_yield();
    for (int n = 0; n < 400; n++) {
        int to = n % 4, before = hits[to];
        pthread_kill(t[to], SIGUSR1);
        while (hits[to] == before) sched_yield();
    }
    quit = 1;
    for (int i = 0; i < 4; i++) pthread_join(t[i], NULL);
    for (int i = 0; i < 4; i++) show("hits", hits[i]);
    show("elsewhere", where);
}

/* A thread that waits takes the process's signal; the others have it blocked. */
static atomic_int taken;
static void *waiter(void *arg) { int s; sigwait(arg, &s); taken = s; return NULL; }
static void process_wide(void)
{
    sigset_t s;
    pthread_t t;
    sigemptyset(&s);
    sigaddset(&s, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &s, NULL);
    must(pthread_create(&t, NULL, waiter, &s) == 0);
    usleep(5000);
    kill(getpid(), SIGTERM);
    pthread_join(t, NULL);
    show("waiting thread takes it", taken);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    show("no alternate stack", run_child(on_bad_altstack));
    show("read-only alternate stack", run_child(readonly_altstack));
    show("second chance", run_child(second_chance));
    show("bare sigreturn", run_child(bare_sigreturn));
    masks();
    inside();
    timers();
    children();
    directed();
    process_wide();
    return 0;
}
