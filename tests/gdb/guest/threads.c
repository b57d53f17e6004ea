/* Threads that wait, that compute, that come and go. */
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <unistd.h>

static sem_t go, done;
static volatile long spins[2];
static int named;       /* waiters that have their name */
static volatile int stop, made;
int shared;

__attribute__((noinline)) void meet(int n)
{
    shared += n;
}

static void *waiter(void *arg)
{
    pthread_setname_np(pthread_self(), "waiter");
    __atomic_add_fetch(&named, 1, __ATOMIC_RELEASE);
    sem_wait(&go);
    meet((int)(long)arg);
    sem_post(&done);
    return NULL;
}

static void *spinner(void *arg)
{
    pthread_setname_np(pthread_self(), "spinner");
    while (!stop)
        spins[(long)arg]++;
    return NULL;
}

static void *brief(void *arg)
{
    __atomic_add_fetch(&made, 1, __ATOMIC_RELAXED);
    return arg;
}

__attribute__((noinline)) void ready(void) { __asm__ volatile("" ::: "memory"); }

int main(void)
{
    pthread_t w[3], s[2], b;
    sem_init(&go, 0, 0);
    sem_init(&done, 0, 0);
    for (long i = 0; i < 3; i++)
        pthread_create(&w[i], NULL, waiter, (void *)(i + 1));
    for (long i = 0; i < 2; i++)
        pthread_create(&s[i], NULL, spinner, (void *)i);
    while (!spins[0] || !spins[1] || __atomic_load_n(&named, __ATOMIC_ACQUIRE) < 3)
        ;
    ready();
    for (int i = 0; i < 3; i++) {
        sem_post(&go);
        sem_wait(&done);
    }
    for (int i = 0; i < 50; i++) {
        pthread_create(&b, NULL, brief, NULL);
        pthread_join(b, NULL);
    }
    ready();
    stop = 1;
    for (int i = 0; i < 3; i++)
        pthread_join(w[i], NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(s[i], NULL);
    printf("shared %d made %d\n", shared, made);
    return 0;
}
