/* What the guest tests share. They print what they see; the runner compares it with a native build's output. */
#ifndef T_H
#define T_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define show(what, value) printf("%s: %ld\n", what, (long)(value))
#define must(x) do { if (!(x)) { printf("%s:%d: %s (%s)\n", __FILE__, __LINE__, #x, strerror(errno)); exit(1); } } while (0)

static inline void handle(int signo, void (*f)(int, siginfo_t *, void *), int flags)
{
    struct sigaction a;
    memset(&a, 0, sizeof a);
    a.sa_sigaction = f;
    a.sa_flags = SA_SIGINFO | flags;
    sigemptyset(&a.sa_mask);
    must(sigaction(signo, &a, NULL) == 0);
}

static inline void mask(int how, int signo)
{
    sigset_t s;
    sigemptyset(&s);
    sigaddset(&s, signo);
    must(sigprocmask(how, &s, NULL) == 0);
}

static struct { char path[100]; pid_t maker; } own_directory;
static inline int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where) { return remove(path) && 0; }
static inline void remove_own_dir(void)
{
    if (getpid() == own_directory.maker) nftw(own_directory.path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* A directory of the test's own, which it removes when it exits; below the one that the runner removes whatever happens. */
static inline char *own_dir(char path[100], const char *name)
{
    const char *below = getenv("TMPDIR");
    must(snprintf(path, 100, "%s/%sXXXXXX", below ? below : "/tmp", name) < 100 && mkdtemp(path));
    strcpy(own_directory.path, path);
    own_directory.maker = getpid();
    must(atexit(remove_own_dir) == 0);
    return path;
}

/* A line of /proc/self/status in kB, without stdio: what is counted must not change. */
static inline long status(const char *key)
{
    static char text[4096];
    int fd = open("/proc/self/status", O_RDONLY);
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n > 0 ? n : 0] = 0;
    char *p = strstr(text, key);
    return p ? atol(p + strlen(key)) : -1;
}

/* How a child that runs f ends: exit status, or 1000 + signal. */
static inline int run_child(void (*f)(void))
{
    int status;
    fflush(stdout);
    pid_t pid = fork();
    must(pid >= 0);
    if (!pid) {
        f();
        _exit(99);
    }
    must(waitpid(pid, &status, 0) == pid);
    return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

static inline double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* Writes a function that returns n; its size. */
static inline size_t put_code(unsigned char *p, int n)
{
#if defined __aarch64__
    uint32_t w[2] = { 0x52800000 | (uint32_t)n << 5, 0xd65f03c0 };
#elif defined __riscv
    uint32_t w[2] = { 0x00000513 | (uint32_t)n << 20, 0x00008067 };
#else
    unsigned char w[6] = { 0xb8, n, n >> 8, 0, 0, 0xc3 };
#endif
    memcpy(p, w, sizeof w);
    return sizeof w;
}

#endif
