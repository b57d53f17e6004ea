/*
 * Processes that share this one's memory translate, map, fault and clone, and are killed at any moment, inside the
 * translator's own critical sections too. What is left must go on: translate, map, fork.
 *
 *   kill SECONDS SEED
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { VICTIMS = 5, STACK = 65536, PAGES = 16 };

#define F(n) static __attribute__((noinline)) long f##n(long x) { return x % (n + 3) ? x * (n + 1) + 1 : (x >> 1) ^ n; }
#define F8(n) F(n##0) F(n##1) F(n##2) F(n##3) F(n##4) F(n##5) F(n##6) F(n##7)
#define P8(n) f##n##0, f##n##1, f##n##2, f##n##3, f##n##4, f##n##5, f##n##6, f##n##7
F8(1) F8(2) F8(3) F8(4)
static long (*const volatile table[])(long) = {P8(1), P8(2), P8(3), P8(4)};

static char stacks[VICTIMS][STACK] __attribute__((aligned(16)));
static char *arena;

static uint64_t state;
static uint64_t rnd(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return state >> 33;
}

static long churn(long x, int n)
{
    for (int i = 0; i < n; i++)
        x = table[(unsigned long)(x + i) % (sizeof table / sizeof table[0])](x) & 0xfffffffffl;
    return x;
}

static int grandchild(void *arg) { return (int)(churn((long)arg, 20) & 0); }

/* Each victim changes the action of a signal of its own, between ignoring it and this. */
static volatile int handled;
static void on_signal(int signo) { handled = signo; }
static int signal_of(long me) { return SIGRTMIN + 1 + (int)me; }

/* No libc state: it is the parent's. */
static int victim(void *arg)
{
    long me = (long)arg;
    char *mine = arena + me * PAGES * 4096;
    syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);     /* not outliving a test that failed */
    static char deeper[VICTIMS][8192] __attribute__((aligned(16)));
    for (long x = me; x >= 0; x++) {
        churn(x, 50);
        char *p = mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        p[4096] = 1;
        mprotect(p, 4096, PROT_READ | PROT_EXEC);
        munmap(p, 8 * 4096);
        /* Code that changes: what was translated from the page is retired. */
        mprotect(mine, 4096, x & 1 ? PROT_READ | PROT_EXEC : PROT_READ | PROT_WRITE);
        struct sigaction act = {.sa_handler = x & 1 ? SIG_IGN : on_signal};
        for (int i = 0; i < 5; i++, act.sa_handler = act.sa_handler == SIG_IGN ? on_signal : SIG_IGN)
            sigaction(signal_of(me), &act, NULL);
        if (x % 8 == 0) {
            int pid = clone(grandchild, deeper[me] + sizeof deeper[me], CLONE_VM | CLONE_VFORK | SIGCHLD, (void *)x);
            if (pid > 0)
                waitpid(pid, NULL, 0);
        }
    }
    return 0;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int fail(const char *what)
{
    printf("FAIL %s (errno %d)\n", what, errno);
    return 1;
}

int main(int argc, char **argv)
{
    double end = now() + (argc > 1 ? atof(argv[1]) : 3);
    state = argc > 2 ? (uint64_t)atoi(argv[2]) : 1;
    long want = churn(1, 2000);
    unsigned killed = 0, forks = 0;
    pid_t pid[VICTIMS] = {0};
    arena = mmap(NULL, VICTIMS * PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    while (now() < end) {
        for (long i = 0; i < VICTIMS; i++)
            if (!pid[i] && (pid[i] = clone(victim, stacks[i] + STACK, CLONE_VM | (rnd() & 1 ? CLONE_FS : 0) | (rnd() & 1 ? CLONE_SIGHAND : 0) | SIGCHLD, (void *)i)) < 0)
                return fail("clone");
        struct timespec t = {0, (long)(rnd() % 3000) * 1000};
        nanosleep(&t, NULL);
        int i = (int)(rnd() % VICTIMS), status;
        kill(pid[i], SIGKILL);
        if (waitpid(pid[i], &status, 0) != pid[i] || !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
            return fail("a victim ended by itself");
        pid[i] = 0;
        killed++;
        /* Whatever moment it was killed at, the action that is shown is the one that is in force. */
        struct sigaction act;
        handled = 0;
        if (sigaction(signal_of(i), NULL, &act) == 0 && act.sa_handler != SIG_DFL) {
            raise(signal_of(i));
            if (handled != (act.sa_handler == SIG_IGN ? 0 : signal_of(i)))
                return fail("an action half changed");
        }
        if (churn(1, 2000) != want)
            return fail("a wrong result");
        char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED || (*p = 1, munmap(p, 4096)))
            return fail("mapping");
        if (rnd() % 8 == 0) {
            pid_t child = fork();
            if (!child)
                _exit(churn(1, 2000) == want ? 7 : 8);
            if (waitpid(child, &status, 0) != child || status != 7 << 8) {
                printf("wait status %x: ", (unsigned)status);
                return fail("a forked child");
            }
            forks++;
        }
    }
    for (int i = 0; i < VICTIMS; i++)
        if (pid[i]) {
            kill(pid[i], SIGKILL);
            waitpid(pid[i], NULL, 0);
        }
    fprintf(stderr, "%u killed, %u forks\n", killed, forks);
    return killed ? 0 : fail("nobody was killed");
}
