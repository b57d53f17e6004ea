/* Calls that wait: interrupted by a debugger, none may tell. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int bad;
static long long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

enum { MS = 120 };

static void judge(const char *name, int r, int want, long long since)
{
    long long ms = (now() - since) / 1000000;
    if (r != want || ms < MS - 1 || ms > 20 * MS) {
        printf("%s: result %d (%s) after %lld ms\n", name, r, strerror(errno), ms);
        bad++;
    }
}

static void round_of_waits(void)
{
    struct timespec ts = {0, MS * 1000000};
    struct pollfd p = {-1, POLLIN, 0};
    int fds[2], e = epoll_create1(0);
    struct epoll_event ev;
    sem_t s;
    sigset_t set;
    long long t = now();
    judge("nanosleep", nanosleep(&ts, NULL), 0, t);
    t = now();
    judge("clock_nanosleep", clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, &ts), 0, t);
    ts = (struct timespec){0, MS * 1000000};
    t = now();
    judge("poll", poll(&p, 1, MS), 0, t);
    t = now();
    judge("select", select(0, NULL, NULL, NULL, &(struct timeval){0, MS * 1000}), 0, t);
    t = now();
    judge("epoll_wait", epoll_wait(e, &ev, 1, MS), 0, t);
    close(e);
    sem_init(&s, 0, 0);
    t = now();
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_nsec += MS * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    judge("sem_timedwait", sem_timedwait(&s, &at), -1, t);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    t = now();
    judge("sigtimedwait", sigtimedwait(&set, NULL, &ts), -1, t);
    if (errno != EAGAIN) {
        printf("sigtimedwait: %s\n", strerror(errno));
        bad++;
    }
    if (pipe(fds))
        return;
    t = now();
    pid_t pid = fork();
    if (pid == 0) {
        nanosleep(&ts, NULL);
        _exit(write(fds[1], "x", 1) != 1);
    }
    char c;
    judge("read", (int)read(fds[0], &c, 1), 1, t);
    waitpid(pid, NULL, 0);
    close(fds[0]);
    close(fds[1]);
}

int main(int argc, char **argv)
{
    setbuf(stdout, NULL);
    printf("waiting\n");
    for (int i = 0; i < (argc > 1 ? atoi(argv[1]) : 1); i++)
        round_of_waits();
    printf("done, %d bad\n", bad);
    return bad;
}
