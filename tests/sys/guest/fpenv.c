/* Rounding and sticky flags belong to the thread and its moment: handlers, threads and forks neither leak nor lose them. */
#include "t.h"
#include <fenv.h>

static volatile double one = 1, three = 3, zero = 0, huge = 1e308;
static volatile int in_handler;

static void mess(int s, siginfo_t *i, void *c)
{
    (void)s, (void)i, (void)c;
    volatile double x;
    feclearexcept(FE_ALL_EXCEPT);
    fesetround(FE_TOWARDZERO);
    x = one / zero;
    x = x - x;
    in_handler = fetestexcept(FE_DIVBYZERO | FE_INVALID) == (FE_DIVBYZERO | FE_INVALID);
}

static int flags(void) { return !!fetestexcept(FE_INEXACT) + 2 * !!fetestexcept(FE_DIVBYZERO) + 4 * !!fetestexcept(FE_OVERFLOW) + 8 * !!fetestexcept(FE_INVALID) + 16 * !!fetestexcept(FE_UNDERFLOW); }
static int rounding(void) { return fegetround() == FE_UPWARD ? 1 : fegetround() == FE_DOWNWARD ? 2 : fegetround() == FE_TOWARDZERO ? 3 : 0; }

static void *thread(void *arg)
{
    (void)arg;
    long r = rounding() * 100;
    fesetround(FE_DOWNWARD);
    volatile double x = one / zero;
    (void)x;
    return (void *)r;
}

int main(void)
{
    volatile double x;
    handle(SIGUSR1, mess, 0);
    feclearexcept(FE_ALL_EXCEPT);
    show("clear", flags());
    x = one / three;
    show("inexact", flags());
    fesetround(FE_UPWARD);
    double up = one / three;
    raise(SIGUSR1);
    show("in the handler", in_handler);
    show("flags as before", flags());
    show("rounding as before", rounding());
    show("and used", one / three == up);
    feclearexcept(FE_ALL_EXCEPT);
    raise(SIGUSR1);
    show("still clear", flags());
    x = huge * huge;
    show("overflow", flags());
    pthread_t t;
    void *r;
    pthread_create(&t, NULL, thread, NULL);
    pthread_join(t, &r);
    show("thread inherits rounding", (long)r);
    show("rounding is its own", rounding());
    show("flags are its own", flags() & 2);
    int st;
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) { int a = rounding() * 32 + (flags() & 4); _exit(a); }
    waitpid(pid, &st, 0);
    show("fork inherits both", WEXITSTATUS(st));
    fesetround(FE_TONEAREST);
    show("nearest", one / three != up);
    (void)x;
    return 0;
}
