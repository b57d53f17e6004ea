// options: -cpu max,+lse2
// without: -check=lockstep
/* With FEAT_LSE2 loads and stores of a pair of X registers within 16 aligned bytes are single-copy atomic (DDI 0487 B2.2.1).
 * Not in step: what the other thread writes meanwhile is in one run and not in the other. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <sys/auxv.h>
#include <time.h>

#include "a64.h"

static uint64_t pair[2] __attribute__((aligned(16)));
static volatile int stop;

static void on_processor(int n)
{
    cpu_set_t s;
    CPU_ZERO(&s);
    CPU_SET(n, &s);
    sched_setaffinity(0, sizeof s, &s);     /* where there is but one, nothing can be seen */
}

static void *writer(void *arg)
{
    on_processor(1);
    for (uint64_t i = 0; !stop; i++)
        __asm__ volatile("stp %0, %0, [%1]" : : "r"(i), "r"(pair) : "memory");
    return arg;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(void)
{
    pthread_t t;
    uint64_t torn = 0, a, b;
    CHECK("announced", getauxval(AT_HWCAP) >> 25 & 1, 1);
    on_processor(0);
    pthread_create(&t, NULL, writer, NULL);
    while (!*(volatile uint64_t *)pair)
        sched_yield();
    for (double end = now() + 0.5; now() < end; )
        for (int i = 0; i < 1000; i++) {
            __asm__ volatile("ldp %0, %1, [%2, #-32]" : "=&r"(a), "=&r"(b) : "r"(pair + 4) : "memory");
            torn += a != b;
        }
    stop = 1;
    pthread_join(t, NULL);
    CHECK("torn", torn, 0);
    return finish();
}
