/* Interrupted calls: which restart, which end with EINTR, and what is left of their time. */
#include "t.h"
#include <sys/epoll.h>
#include <sys/socket.h>
#include <linux/futex.h>

static volatile int count;
static void note(int s, siginfo_t *i, void *c) { (void)s, (void)i, (void)c; count++; }

/* SIGALRM after ms milliseconds; a helper process writes to the pipe later, so that restarted reads end. */
static void alarm_in(int ms) { struct itimerval it = {{0, 0}, {0, ms * 1000}}; must(setitimer(ITIMER_REAL, &it, NULL) == 0); }

static int pipes[2];
static pid_t writer(int ms)
{
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) { usleep(ms * 1000); must(write(pipes[1], "x", 1) == 1); _exit(0); }
    return pid;
}

static void reading(int flags)
{
    char c;
    handle(SIGALRM, note, flags);
    must(pipe(pipes) == 0);
    pid_t w = writer(120);
    alarm_in(30);
    errno = 0;
    ssize_t n = read(pipes[0], &c, 1);
    printf("read %s: %ld errno %d\n", flags & SA_RESTART ? "restarting" : "not restarting", (long)n, errno);
    if (n < 0) must(read(pipes[0], &c, 1) == 1);
    waitpid(w, NULL, 0);
    close(pipes[0]);
    close(pipes[1]);
}

static void waiting(int flags)
{
    handle(SIGALRM, note, flags);
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) { usleep(120000); _exit(3); }
    alarm_in(30);
    errno = 0;
    int status = 0;
    pid_t r = waitpid(pid, &status, 0);
    printf("waitpid %s: %s errno %d status %d\n", flags & SA_RESTART ? "restarting" : "not", r == pid ? "child" : "-1", errno, WEXITSTATUS(status));
    if (r < 0) waitpid(pid, &status, 0);
}

static void sleeping(int flags)
{
    struct timespec want = {0, 200000000}, left = {9, 9};
    handle(SIGALRM, note, flags);
    alarm_in(30);
    errno = 0;
    int r = nanosleep(&want, &left);
    printf("nanosleep: %d errno %d left %s\n", r, errno, left.tv_sec == 0 && left.tv_nsec > 100000000 && left.tv_nsec < 190000000 ? "about right" : "wrong");
    alarm_in(30);
    r = clock_nanosleep(CLOCK_MONOTONIC, 0, &want, &left);
    printf("clock_nanosleep: %d left %s\n", r, left.tv_nsec > 100000000 ? "about right" : "wrong");
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += until.tv_nsec >= 800000000;
    until.tv_nsec = (until.tv_nsec + 200000000) % 1000000000;
    alarm_in(30);
    double before = now();
    r = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    printf("absolute: %d %s\n", r, now() - before > 0.15 ? "whole" : "cut");
}

static void polling(int flags)
{
    handle(SIGALRM, note, flags);
    must(pipe(pipes) == 0);
    struct pollfd p = {pipes[0], POLLIN, 0};
    alarm_in(20);
    int r = poll(&p, 1, 1000);
    printf("poll: %d errno %d\n", r, errno);
    int ep = epoll_create1(0);
    struct epoll_event ev;
    alarm_in(20);
    r = epoll_wait(ep, &ev, 1, 1000);
    printf("epoll_wait: %d errno %d\n", r, errno);
    fd_set s;
    FD_ZERO(&s);
    FD_SET(pipes[0], &s);
    struct timeval tv = {1, 0};
    alarm_in(20);
    r = select(pipes[0] + 1, &s, NULL, NULL, &tv);
    printf("select: %d errno %d\n", r, errno);
    close(ep);
    close(pipes[0]);
    close(pipes[1]);
    int sv[2];
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
    struct timeval t = {0, 100000};
    setsockopt(sv[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
    alarm_in(20);
    char c;
    errno = 0;
    r = (int)recv(sv[0], &c, 1, 0);
    printf("recv with a timeout: %d errno %d\n", r, errno);
    t.tv_usec = 0;
    setsockopt(sv[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
    close(sv[0]);
    close(sv[1]);
    int word = 1;
    struct timespec one = {0, 60000000};
    alarm_in(20);
    errno = 0;
    r = (int)syscall(SYS_futex, &word, FUTEX_WAIT, 1, &one, NULL, 0);
    printf("futex with a timeout: %d errno %d\n", r, errno);
    alarm_in(20);
    errno = 0;
    r = pause();
    printf("pause: %d errno %d\n", r, errno);
}

/* Stopped and continued without a handler: calls go on as if nothing had happened. */
static void stopping(void)
{
    fflush(stdout);
    int status;
    pid_t pid = fork();
    if (!pid) {
        struct timespec want = {0, 150000000};
        double t = now();
        int r = nanosleep(&want, NULL);
        _exit(r == 0 && now() - t > 0.14 ? 5 : 6);
    }
    usleep(30000);
    kill(pid, SIGSTOP);
    must(waitpid(pid, &status, WUNTRACED) == pid);
    show("stopped by STOP", WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    kill(pid, SIGCONT);
    must(waitpid(pid, &status, WCONTINUED) == pid);
    show("continued", WIFCONTINUED(status));
    must(waitpid(pid, &status, 0) == pid);
    show("slept through", WEXITSTATUS(status));
    pid = fork();
    if (!pid) { raise(SIGTSTP); _exit(4); }
    must(waitpid(pid, &status, WUNTRACED) == pid);
    show("stopped by TSTP", WIFSTOPPED(status) ? WSTOPSIG(status) : -1);
    kill(pid, SIGCONT);
    must(waitpid(pid, &status, 0) == pid);
    show("went on", WEXITSTATUS(status));
}

int main(void)
{
    reading(SA_RESTART);
    reading(0);
    waiting(SA_RESTART);
    waiting(0);
    sleeping(SA_RESTART);
    sleeping(0);
    polling(SA_RESTART);
    polling(0);
    stopping();
    show("signals", count);
    return 0;
}
