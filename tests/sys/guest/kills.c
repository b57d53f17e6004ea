/* Processes that share memory with others are killed at any moment; the others go on. */
#include "t.h"

#define F(n) static __attribute__((noinline)) long g##n(long x) { return x % (n + 2) ? x * n + 1 : (x >> 1) ^ n; }
#define F8(n) F(n##0) F(n##1) F(n##2) F(n##3) F(n##4) F(n##5) F(n##6) F(n##7)
F8(1) F8(2) F8(3) F8(4) F8(5) F8(6) F8(7) F8(8)
#define P8(n) g##n##0, g##n##1, g##n##2, g##n##3, g##n##4, g##n##5, g##n##6, g##n##7
static long (*const volatile table[64])(long) = {P8(1), P8(2), P8(3), P8(4), P8(5), P8(6), P8(7), P8(8)};

static long churn(long x, int n)
{
    for (int i = 0; i < n; i++) x = table[(unsigned long)(x + i) % 64](x) & 0xfffffffffl;
    return x;
}

static int victim(void *arg) { for (long x = (long)arg;; x++) churn(x, 100); }

static char stack[4][65536] __attribute__((aligned(16)));

int main(void)
{
    long want = churn(1, 3000);
    int bad = 0, killed = 0;
    unsigned long random = 12345;
    for (int round = 0; round < 60; round++) {
        pid_t pid[4];
        for (int i = 0; i < 4; i++) must((pid[i] = clone(victim, stack[i] + 65536, CLONE_VM | SIGCHLD, (void *)(long)i)) > 0);
        random = random * 6364136223846793005ul + 1442695040888963407ul;
        usleep(random >> 52);
        for (int i = 0; i < 4; i++) kill(pid[i], SIGKILL);
        bad += churn(1, 3000) != want;
        for (int i = 0; i < 4; i++) {
            int st;
            must(waitpid(pid[i], &st, 0) == pid[i]);
            killed += WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL;
        }
    }
    show("killed", killed);
    show("wrong results", bad);
    int st, ended = 0;
    for (int round = 0; round < 60; round++) {
        random = random * 6364136223846793005ul + 1442695040888963407ul;
        pid_t parent = getpid(), killer = fork();
        if (!killer) { usleep(random >> 53); for (int i = 0; i < 3; i++) kill(parent, 0); _exit(0); }
        pid_t pid = vfork();
        if (!pid) {
            struct itimerval it = {{0, 0}, {0, 1 + (int)(random >> 54)}};
            signal(SIGALRM, SIG_DFL);
            setitimer(ITIMER_REAL, &it, NULL);
            for (long x = 0;; x++) churn(x, 100);
        }
        must(waitpid(pid, &st, 0) == pid);
        ended += WIFSIGNALED(st) && WTERMSIG(st) == SIGALRM;
        waitpid(killer, &st, 0);
    }
    show("vfork children ended", ended);
    show("result", churn(1, 3000) == want);
    return 0;
}
