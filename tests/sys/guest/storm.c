/* Signals at every moment: none may be lost, none may change what the interrupted code computes. */
#include "t.h"

static volatile sig_atomic_t ticks, usr1;
static void tick(int s, siginfo_t *i, void *c)
{
    (void)s, (void)i, (void)c;
    volatile double x = 3;
    for (int n = 0; n < 5; n++) x = x / 1.1 + 1;
    ticks++;
}
static void got(int s, siginfo_t *i, void *c) { (void)s, (void)i, (void)c; usr1++; }

static unsigned long work(unsigned long seed)
{
    static unsigned char table[4096];
    double f = 1;
    for (int i = 0; i < 4096; i++) table[i] = (unsigned char)(i * 7 + seed);
    for (int i = 0; i < 200000; i++) {
        seed = seed * 6364136223846793005ul + 1442695040888963407ul;
        table[seed >> 52] ^= (unsigned char)(seed >> 20);
        f = f * 1.0000001 + (double)(seed >> 60);
        if (table[seed >> 51 & 4095] & 1) seed ^= (unsigned long)f;
    }
    for (int i = 0; i < 4096; i++) seed = seed * 31 + table[i];
    return seed;
}

static void storm(void)
{
    struct itimerval it = {{0, 200}, {0, 200}}, off = {{0, 0}, {0, 0}};
    unsigned long want = work(1);
    handle(SIGALRM, tick, SA_RESTART);
    must(setitimer(ITIMER_REAL, &it, NULL) == 0);
    int bad = 0;
    for (int i = 0; i < 40; i++) bad += work(1) != want;
    setitimer(ITIMER_REAL, &off, NULL);
    show("wrong results", bad);
    show("many ticks", ticks > 20);
}

/* Calls in a loop under the storm: pipe data must come out whole. */
static void storm_calls(void)
{
    struct itimerval it = {{0, 100}, {0, 100}}, off = {{0, 0}, {0, 0}};
    int p[2], bad = 0;
    must(pipe(p) == 0);
    setitimer(ITIMER_REAL, &it, NULL);
    for (int i = 0; i < 30000; i++) {
        int out = i, in = -1;
        if (write(p[1], &out, sizeof out) != sizeof out || read(p[0], &in, sizeof in) != sizeof in || in != i) bad++;
        if (getpid() != (pid_t)syscall(SYS_getpid)) bad++;
    }
    setitimer(ITIMER_REAL, &off, NULL);
    show("wrong transfers", bad);
    close(p[0]);
    close(p[1]);
}

/* Two processes wake each other, each only through a signal that it waits for: a lost one hangs. */
static void ping_pong(int how)
{
    sigset_t blocked, wait;
    int rounds = 3000;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, &wait);
    sigdelset(&wait, SIGUSR1);
    handle(SIGUSR1, got, 0);
    usr1 = 0;
    fflush(stdout);
    pid_t parent = getpid(), child = fork(), other = child ? child : parent;
    for (int i = 0; i < rounds; i++) {
        if (child) kill(other, SIGUSR1);
        while (usr1 <= i) {
            struct timespec ts = {20, 0};
            int r = how == 0 ? sigsuspend(&wait) : how == 1 ? ppoll(NULL, 0, &ts, &wait) : pselect(0, NULL, NULL, NULL, &ts, &wait);
            if (r == 0) { printf("lost after %d\n", i); fflush(stdout); kill(other, SIGKILL); _exit(1); }
        }
        if (!child) kill(other, SIGUSR1);
    }
    if (!child) _exit(0);
    int status;
    waitpid(child, &status, 0);
    show("ping-pong", usr1 >= rounds && status == 0);
    sigprocmask(SIG_UNBLOCK, &blocked, NULL);
}

/* Without blocking: the flag is checked after read() said EINTR, a byte says it was really sent. */
static void *sender(void *arg)
{
    pthread_t *to = arg;
    for (int i = 0; i < 2000; i++) {
        int before = usr1;
        pthread_kill(*to, SIGUSR1);
        while (usr1 == before) sched_yield();
    }
    return NULL;
}

static void directed(void)
{
    pthread_t self = pthread_self(), th;
    volatile unsigned long spin = 0;
    usr1 = 0;
    handle(SIGUSR1, got, SA_RESTART);
    must(pthread_create(&th, NULL, sender, &self) == 0);
    while (usr1 < 2000) spin++;
    pthread_join(th, NULL);
    show("directed at a spinning thread", usr1);
}

/* Every real-time signal sent is delivered once. */
static volatile sig_atomic_t rt[8], sum;
static void on_rt(int s, siginfo_t *i, void *c) { (void)c; rt[s - SIGRTMIN]++; sum += i->si_value.sival_int; }
static void queued(void)
{
    for (int i = 0; i < 8; i++) handle(SIGRTMIN + i, on_rt, SA_RESTART);
    fflush(stdout);
    pid_t parent = getpid(), child = fork();
    if (!child) {
        for (int n = 0; n < 2000; n++)
            while (sigqueue(parent, SIGRTMIN + n % 8, (union sigval){.sival_int = n})) sched_yield();
        _exit(0);
    }
    int status, total = 0;
    while (waitpid(child, &status, 0) != child) {}
    for (int i = 0; i < 8; i++) total += rt[i];
    show("queued", total);
    show("sum", sum);
}

/* A handler that jumps out, from anywhere. */
static sigjmp_buf env;
static void jump(int s, siginfo_t *i, void *c) { (void)s, (void)i, (void)c; siglongjmp(env, 1); }
static int deep(int n) { volatile int k = n; return n ? deep(n - 1) + (k & 1) : (int)(work((unsigned long)k) & 1); }
static void jumping(void)
{
    volatile int jumps = 0;
    handle(SIGALRM, jump, 0);
    struct itimerval it = {{0, 0}, {0, 500}};
    while (jumps < 200) {
        if (sigsetjmp(env, 1)) { jumps++; continue; }
        setitimer(ITIMER_REAL, &it, NULL);
        for (;;) deep(50);
    }
    it.it_value.tv_usec = 0;
    setitimer(ITIMER_REAL, &it, NULL);
    show("jumps", jumps);
}

int main(void)
{
    storm();
    storm_calls();
    for (int how = 0; how < 3; how++) ping_pong(how);
    directed();
    queued();
    jumping();
    return 0;
}
