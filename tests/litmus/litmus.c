/*
 * Memory order as C11 promises it: litmus SECONDS. Each test runs two to four threads over arrays of cells, again and again; an
 * outcome that the orders used forbid fails. To show that the outcome would be noticed, each shape has a twin that allows it, because
 * two accesses of a thread stand in the other order or, for store buffering, because the processor itself delays stores. The
 * outcome of a twin has to be seen: it runs on until it is, for PATIENCE seconds at the most. Where there are fewer processors than
 * threads the outcome is never seen, so such tests are skipped.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { CELLS = 2000, THREADS = 4, PATIENCE = 60 };
static struct cell { _Atomic int x; char pad[60]; _Atomic int y; char pad2[60]; int r[4]; } cells[CELLS];
static _Atomic unsigned arrived, stop;

#define ST(loc, v, order) atomic_store_explicit(&c->loc, v, memory_order_##order)
#define LD(loc, order) atomic_load_explicit(&c->loc, memory_order_##order)
enum { memory_order_SC = memory_order_seq_cst };

static void sb_sc(struct cell *c, int me) { if (me == 0) { ST(x, 1, SC); c->r[0] = LD(y, SC); } else { ST(y, 1, SC); c->r[1] = LD(x, SC); } }
static void sb_fence(struct cell *c, int me)
{
    if (me == 0) { ST(x, 1, relaxed); atomic_thread_fence(memory_order_seq_cst); c->r[0] = LD(y, relaxed); }
    else { ST(y, 1, relaxed); atomic_thread_fence(memory_order_seq_cst); c->r[1] = LD(x, relaxed); }
}
static void sb_rmw(struct cell *c, int me) { if (me == 0) { atomic_exchange(&c->x, 1); c->r[0] = LD(y, SC); } else { atomic_exchange(&c->y, 1); c->r[1] = LD(x, SC); } }
static void mp(struct cell *c, int me) { if (me == 0) { ST(x, 1, relaxed); ST(y, 1, release); } else { c->r[0] = LD(y, acquire); c->r[1] = LD(x, relaxed); } }
static void mp_sc(struct cell *c, int me) { if (me == 0) { ST(x, 1, SC); ST(y, 1, SC); } else { c->r[0] = LD(y, SC); c->r[1] = LD(x, SC); } }
static void lb(struct cell *c, int me) { if (me == 0) { c->r[0] = LD(y, acquire); ST(x, 1, release); } else { c->r[1] = LD(x, acquire); ST(y, 1, release); } }
static void lb_sc(struct cell *c, int me) { if (me == 0) { c->r[0] = LD(y, SC); ST(x, 1, SC); } else { c->r[1] = LD(x, SC); ST(y, 1, SC); } }
static void s(struct cell *c, int me) { if (me == 0) { ST(x, 2, relaxed); ST(y, 1, release); } else { c->r[0] = LD(y, acquire); ST(x, 1, relaxed); } }
static void s_sc(struct cell *c, int me) { if (me == 0) { ST(x, 2, SC); ST(y, 1, SC); } else { c->r[0] = LD(y, SC); ST(x, 1, SC); } }
static void iriw(struct cell *c, int me)
{
    switch (me) {
    case 0: ST(x, 1, SC); break;
    case 1: ST(y, 1, SC); break;
    case 2: c->r[0] = LD(x, SC); c->r[1] = LD(y, SC); break;
    default: c->r[2] = LD(y, SC); c->r[3] = LD(x, SC);
    }
}

/* The twins. A store is plain where compilers make relaxed ones of instructions that order more. */
#define PLAIN(loc) (*(volatile int *)&c->loc)
static void sb_twin(struct cell *c, int me) { if (me == 0) { PLAIN(x) = 1; c->r[0] = LD(y, relaxed); } else { PLAIN(y) = 1; c->r[1] = LD(x, relaxed); } }
static void mp_twin(struct cell *c, int me) { if (me == 0) { ST(y, 1, relaxed); ST(x, 1, relaxed); } else { c->r[0] = LD(y, relaxed); c->r[1] = LD(x, relaxed); } }
static void lb_twin(struct cell *c, int me) { if (me == 0) { ST(x, 1, relaxed); c->r[0] = LD(y, relaxed); } else { ST(y, 1, relaxed); c->r[1] = LD(x, relaxed); } }
static void s_twin(struct cell *c, int me) { if (me == 0) { ST(y, 1, relaxed); ST(x, 2, relaxed); } else { c->r[0] = LD(y, relaxed); ST(x, 1, relaxed); } }
static void iriw_twin(struct cell *c, int me)
{
    switch (me) {
    case 0: ST(x, 1, SC); break;
    case 1: ST(y, 1, SC); break;
    case 2: c->r[1] = LD(y, SC); c->r[0] = LD(x, SC); break;
    default: c->r[3] = LD(x, SC); c->r[2] = LD(y, SC);
    }
}

static int none(const struct cell *c) { return !c->r[0] && !c->r[1]; }
static int stale(const struct cell *c) { return c->r[0] && !c->r[1]; }
static int both(const struct cell *c) { return c->r[0] && c->r[1]; }
static int overwritten(const struct cell *c) { return c->r[0] && c->x == 2; }
static int disagree(const struct cell *c) { return c->r[0] && !c->r[1] && c->r[2] && !c->r[3]; }

static const struct test { const char *name; int threads; void (*run)(struct cell *, int); int (*seen)(const struct cell *); int forbidden; } tests[] = {       /* else a twin */
    {"SB seq_cst", 2, sb_sc, none, 1}, {"SB fences", 2, sb_fence, none, 1}, {"SB exchange", 2, sb_rmw, none, 1}, {"SB twin", 2, sb_twin, none, 0},
    {"MP release acquire", 2, mp, stale, 1}, {"MP seq_cst", 2, mp_sc, stale, 1}, {"MP twin", 2, mp_twin, stale, 0}, {"LB release acquire", 2, lb, both, 1}, {"LB seq_cst", 2, lb_sc, both, 1}, {"LB twin", 2, lb_twin, both, 0},
    {"S release acquire", 2, s, overwritten, 1}, {"S seq_cst", 2, s_sc, overwritten, 1}, {"S twin", 2, s_twin, overwritten, 0}, {"IRIW seq_cst", 4, iriw, disagree, 1}, {"IRIW twin", 4, iriw_twin, disagree, 0},
};
static const struct test *test;

/* All threads of a test meet here; round counts up. */
static void meet(unsigned round)
{
    atomic_fetch_add(&arrived, 1);
    for (unsigned spins = 0; arrived < round * (unsigned)test->threads; )
        if (++spins % 1000 == 0)
            sched_yield();
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double limit;
static unsigned long runs, hits;

/* Threads that wait for each other by yielding may well stay on one processor, where no two accesses meet. */
static void spread_out(int me)
{
    cpu_set_t all, one;
    CPU_ZERO(&one);
    if (sched_getaffinity(0, sizeof all, &all))
        return;
    me %= CPU_COUNT(&all);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &all) && !me--)
            CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof one, &one);
}

static void *thread(void *arg)
{
    int me = (int)(long)arg;
    spread_out(me);
    double end = now() + (test->forbidden ? limit : PATIENCE);
    for (unsigned round = 1;; round += 2) {
        meet(round);
        if (stop)
            return NULL;
        for (int i = 0; i < CELLS; i++)
            test->run(&cells[i], me);
        meet(round + 1);
        if (me)
            continue;
        for (int i = 0; i < CELLS; i++) {
            hits += (unsigned)test->seen(&cells[i]);
            cells[i].x = cells[i].y = 0;
        }
        runs += CELLS;
        stop = now() > end || (!test->forbidden && hits);
    }
}

int main(int argc, char **argv)
{
    int passed = 0, failed = 0, skipped = 0, n = (int)(sizeof tests / sizeof *tests);
    limit = (argc > 1 ? atof(argv[1]) : 5) / n;
    for (test = tests; test < tests + n; test++) {
        pthread_t t[THREADS];
        if (test->threads > sysconf(_SC_NPROCESSORS_ONLN)) {
            printf("skip: %s: more threads than processors\n", test->name);
            skipped++;
            continue;
        }
        arrived = stop = 0;
        runs = hits = 0;
        for (int i = 0; i < test->threads; i++)
            if (pthread_create(&t[i], NULL, thread, (void *)(long)i))
                return 2;
        for (int i = 0; i < test->threads; i++)
            pthread_join(t[i], NULL);
        int bad = test->forbidden ? hits > 0 : !hits;
        *(bad ? &failed : &passed) += 1;
        printf("%s%s: %lu of %lu\n", bad ? "FAIL " : "", test->name, hits, runs);
    }
    printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    return failed != 0;
}
