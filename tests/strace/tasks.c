/*
 * Calls whose lines depend on other tasks: children, threads, executed programs, waiting, signals between processes. Each task marks
 * where its comparable part begins and ends.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALL(name, ...) CALL_(name, __VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define CALL_(name, a, b, c, d, e, f, ...) syscall(__NR_##name, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

static int to_child[2], to_parent[2];
static char byte;

static void mark(const char *where) { CALL(chdir, where); }

/* Waits for its parent, and ends as it is told to. */
static int child(int how)
{
    char c;
    mark("begin");
    CALL(read, to_child[0], &c, 1);
    CALL(write, to_parent[1], "child", 5);
    mark("end");
    if (how < 0) {
        CALL(kill, getpid(), SIGKILL);
    }
    return how;
}

static void *thread(void *arg)
{
    uint32_t *word = arg;
    mark("begin");
    CALL(futex, word, 1 /* FUTEX_WAKE */, 1);
    CALL(write, to_child[1], "t", 1);
    mark("end");
    return NULL;
}

int main(int argc, char **argv)
{
    char buffer[16];
    int status;
    siginfo_t info = {0};
    struct rusage usage;
    if (argc > 1) {
        mark("begin");
        CALL(getuid, 0);
        mark("end");
        return 7;
    }
    pipe(to_child);
    pipe(to_parent);
    mark("begin");
    pid_t pid = syscall(__NR_clone, SIGCHLD, 0, 0, 0, 0);
    if (!pid) _exit(child(3));
    CALL(write, to_child[1], "x", 1);
    CALL(read, to_parent[0], buffer, 16);
    CALL(wait4, pid, &status, 0, &usage);
    pid = syscall(__NR_clone, SIGCHLD, 0, 0, 0, 0);
    if (!pid) _exit(child(-1));
    CALL(write, to_child[1], "y", 1);
    CALL(read, to_parent[0], buffer, 16);
    CALL(waitid, P_PID, pid, &info, WEXITED, NULL);
    pid = syscall(__NR_clone, SIGCHLD, 0, 0, 0, 0);
    if (!pid) {
        mark("begin");
        CALL(execve, argv[0], ((char *[]){argv[0], "again", NULL}), ((char *[]){"A=1", NULL}));
    }
    CALL(wait4, pid, &status, 0, NULL);
    uint32_t word = 0;
    pthread_t t;
    char c;
    mark("end");        /* how libc makes threads differs */
    pthread_create(&t, NULL, thread, &word);
    mark("begin");
    CALL(read, to_child[0], &c, 1);
    mark("end");
    pthread_join(t, NULL);
    return 0;
}
