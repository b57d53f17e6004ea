/* Threads: birth and death by the thousand, locks, thread-local data, cancellation, set*id, exits. */
#include "t.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static long counter;
static atomic_long atomic_counter;
static __thread long local = 5;
static __thread char block[300] = "thread's own";

static void *adds(void *arg)
{
    for (int i = 0; i < 20000; i++) {
        pthread_mutex_lock(&lock);
        counter++;
        pthread_mutex_unlock(&lock);
        atomic_counter++;
        local += (long)arg;
    }
    return (void *)(local + block[0]);
}

static void counting(void)
{
    pthread_t t[8];
    long sum = 0;
    for (long i = 0; i < 8; i++) must(pthread_create(&t[i], NULL, adds, (void *)i) == 0);
    for (int i = 0; i < 8; i++) { void *r; pthread_join(t[i], &r); sum += (long)r; }
    show("mutex counter", counter);
    show("atomic counter", atomic_counter);
    show("thread-local sum", sum);
    show("own", local);
}

static void *nothing(void *arg) { return arg; }
static void many(void)
{
    long sum = 0;
    for (long i = 0; i < 3000; i++) {
        pthread_t t;
        void *r;
        must(pthread_create(&t, NULL, nothing, (void *)i) == 0);
        pthread_join(t, &r);
        sum += (long)r;
    }
    show("one after another", sum);
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 65536);
    for (int round = 0; round < 5; round++) {
        pthread_t t[200];
        for (long i = 0; i < 200; i++) must(pthread_create(&t[i], &attr, nothing, (void *)i) == 0);
        for (long i = 0; i < 200; i++) { void *r; pthread_join(t[i], &r); sum += (long)r; }
    }
    show("two hundred at once", sum);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    for (int i = 0; i < 1000; i++) {
        pthread_t t;
        while (pthread_create(&t, &attr, nothing, NULL)) sched_yield();
    }
    show("detached", 1000);
}

static int turn;
static void *player(void *arg)
{
    for (int i = 0; i < 2000; i++) {
        pthread_mutex_lock(&lock);
        while (turn != (long)arg) pthread_cond_wait(&cond, &lock);
        turn = (turn + 1) % 3;
        pthread_cond_broadcast(&cond);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static void turns(void)
{
    pthread_t t[3];
    for (long i = 0; i < 3; i++) must(pthread_create(&t[i], NULL, player, (void *)i) == 0);
    for (int i = 0; i < 3; i++) pthread_join(t[i], NULL);
    show("turns", turn);
}

static volatile int cleaned;
static void clean(void *arg) { cleaned += (int)(long)arg; }
static void *sleeper(void *arg)
{
    pthread_cleanup_push(clean, (void *)1);
    for (;;) sleep(100);
    pthread_cleanup_pop(0);
    return arg;
}
static void *spinner(void *arg)
{
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    for (volatile long i = 0;; i++) {}
    return arg;
}

static void cancelling(void)
{
    for (int i = 0; i < 50; i++) {
        pthread_t t;
        void *r;
        must(pthread_create(&t, NULL, i & 1 ? sleeper : spinner, NULL) == 0);
        if (i % 3 == 0) usleep(500);
        must(pthread_cancel(t) == 0);
        pthread_join(t, &r);
        if (r != PTHREAD_CANCELED) printf("not cancelled\n");
    }
    show("cleaned, at most", cleaned <= 25);
}

static atomic_int ready, done;
static void *idler(void *arg) { ready++; while (!done) usleep(1000); return arg; }
static void ids(void)
{
    pthread_t t[4];
    for (int i = 0; i < 4; i++) must(pthread_create(&t[i], NULL, idler, NULL) == 0);
    while (ready < 4) sched_yield();
    show("setuid in all threads", setuid(getuid()));
    done = 1;
    for (int i = 0; i < 4; i++) pthread_join(t[i], NULL);
}

static void *dies_holding(void *arg) { pthread_mutex_lock(arg); return NULL; }
static void robust(void)
{
    pthread_mutex_t m;
    pthread_mutexattr_t a;
    pthread_t t;
    pthread_mutexattr_init(&a);
    pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&m, &a);
    must(pthread_create(&t, NULL, dies_holding, &m) == 0);
    pthread_join(t, NULL);
    show("owner died", pthread_mutex_lock(&m) == EOWNERDEAD);
    pthread_mutex_consistent(&m);
    pthread_mutex_unlock(&m);
}

/* Ends of whole processes. */
static void *exits(void *arg) { usleep(10000); exit((int)(long)arg); }
static void *blocks(void *arg) { char c; int p[2]; must(pipe(p) == 0); return read(p[0], &c, 1) ? arg : NULL; }
static void exit_from_thread(void) { pthread_t t; pthread_create(&t, NULL, blocks, NULL); pthread_create(&t, NULL, exits, (void *)17); pause(); }
static void exit_while_blocked(void) { pthread_t t; for (int i = 0; i < 5; i++) pthread_create(&t, NULL, i & 1 ? blocks : spinner, NULL); usleep(5000); exit(18); }
static void leader_leaves(void) { pthread_t t; pthread_create(&t, NULL, exits, (void *)19); pthread_exit(NULL); }
static void *crashes(void *arg) { usleep(5000); *(volatile int *)8 = 1; return arg; }
static void crash_in_thread(void) { pthread_t t; pthread_create(&t, NULL, crashes, NULL); pause(); }
static void *last(void *arg) { usleep(3000); return arg; }
static void all_leave(void) { pthread_t t; pthread_create(&t, NULL, last, NULL); pthread_exit(NULL); }

int main(void)
{
    counting();
    many();
    turns();
    cancelling();
    ids();
    robust();
    show("exit from a thread", run_child(exit_from_thread));
    show("exit while others block and spin", run_child(exit_while_blocked));
    show("leader leaves first", run_child(leader_leaves));
    show("a thread crashes", run_child(crash_in_thread));
    show("last thread returns", run_child(all_leave));
    return 0;
}
