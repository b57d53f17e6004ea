/* Control flow that host calls and returns cannot follow: longjmp, contexts, deep recursion, returns to changed addresses. */
#include "t.h"

static jmp_buf env;
static int thrower(int n) { volatile int k = n; if (!n) longjmp(env, 7); return thrower(n - 1) + k; }

static void long_jumps(void)
{
    volatile int sum = 0, i;
    for (i = 0; i < 3000; i++) {
        int r = setjmp(env);
        if (!r) thrower(i % 40);
        sum += r;
    }
    show("longjmp", sum);
}

enum { CO = 8 };
static ucontext_t main_ctx, co[CO];
static char stacks[CO][65536];
static long trail = 1;
static int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
static void body(int me)
{
    for (int round = 0; round < 200; round++) {
        trail = trail * 31 + me + fib(5 + me % 4);
        swapcontext(&co[me], &co[(me + 1) % CO]);
    }
    swapcontext(&co[me], &main_ctx);
}

static void coroutines(void)
{
    for (int i = 0; i < CO; i++) {
        getcontext(&co[i]);
        co[i].uc_stack.ss_sp = stacks[i];
        co[i].uc_stack.ss_size = sizeof stacks[i];
        co[i].uc_link = &main_ctx;
        makecontext(&co[i], (void (*)(void))body, 1, i);
    }
    swapcontext(&main_ctx, &co[0]);
    show("coroutines", trail);
}

static __attribute__((noinline)) long ackermann(long m, long n) { return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1)); }
static __attribute__((noinline)) long down(long n, volatile long *p) { long r; if (!n) return *p; r = down(n - 1, p); return r + (n & *p); }

/* A NaN at every depth: what a translator corrects out of line is entered from every level of its own stack. */
static __attribute__((noinline)) long nans(long n, volatile double *inf)
{
    double d = *inf - *inf;
    long r = n ? nans(n - 1, inf) : 0;
    return r + (d != d);
}

static void *deep_thread(void *arg) { volatile long one = 1; (void)arg; return (void *)down(300000, &one); }

/* Function pointers with many targets from one site. */
#define F(n) static int f##n(int x) { return x * n + 1; }
F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8)
static int (*const table[])(int) = {f1, f2, f3, f4, f5, f6, f7, f8};

static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

static volatile int depth;
static sigjmp_buf from_handler;
static void handler(int s) { (void)s; if (++depth < 50) raise(SIGUSR1); siglongjmp(from_handler, 1); }

int main(void)
{
    long_jumps();
    coroutines();
    show("ackermann", ackermann(2, 300));
    volatile long one = 1;
    for (int i = 0; i < 3; i++) show("down", down(100000, &one));
    volatile double inf = 1e300 * 1e300;
    show("NaNs", nans(1000, &inf));
    pthread_attr_t a;
    pthread_t t;
    void *r;
    pthread_attr_init(&a);
    pthread_attr_setstacksize(&a, 64 << 20);
    must(pthread_create(&t, &a, deep_thread, NULL) == 0);
    pthread_join(t, &r);
    show("deep in a thread", r);
    int x = 1, v[1000];
    for (int i = 0; i < 100000; i++) x = table[(unsigned)x % 8](x) & 0xffffff;
    show("pointers", x);
    for (int i = 0; i < 1000; i++) v[i] = (int)((unsigned)i * 2654435761u >> 12);
    qsort(v, 1000, sizeof *v, compare);
    for (int i = 1; i < 1000; i++) x += v[i] >= v[i - 1];
    show("callbacks", x);
    struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_NODEFER};
    sigaction(SIGUSR1, &sa, NULL);
    if (!sigsetjmp(from_handler, 1)) raise(SIGUSR1);
    show("out of fifty handlers", depth);
    return 0;
}
