/* What the tests of ptrace share. */
#ifndef PTRACE_H
#define PTRACE_H
#include "t.h"
#include <dirent.h>
#include <elf.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/user.h>
#ifdef __riscv
#include <asm/ptrace.h>
#endif

#ifdef __x86_64__
#define PC rip
#define ARG rdi
#define RET rax
#define BREAK "int3"
#define BREAK_SIZE 0        /* how far the pc is still before the next instruction */
typedef struct user_regs_struct regs_t;
#elif defined __aarch64__
#define PC pc
#define ARG regs[0]
#define RET regs[0]
#define BREAK "brk #7"
#define BREAK_SIZE 4
typedef struct user_regs_struct regs_t;
#else
#define PC pc
#define ARG a0
#define RET a0
#define BREAK ".option push\n.option norvc\nebreak\n.option pop"
#define BREAK_SIZE 4
typedef struct user_regs_struct regs_t;
#endif
#define NEVER 0x7fff

static inline void get(pid_t pid, regs_t *r)
{
    struct iovec v = {r, sizeof *r};
    must(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &v) == 0 && v.iov_len == sizeof *r);
}

static inline void set(pid_t pid, regs_t *r)
{
    struct iovec v = {r, sizeof *r};
    must(ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &v) == 0);
}

static inline void set_number(pid_t pid, int nr)
{
    regs_t r;
    get(pid, &r);
#ifdef __x86_64__
    r.orig_rax = (unsigned long)nr;
    set(pid, &r);
#elif defined __aarch64__
    struct iovec v = {&nr, sizeof nr};
    must(ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &v) == 0);
#else
    r.a7 = (unsigned long)nr;
    set(pid, &r);
#endif
}

static inline long result(long r) { return r < 0 ? -errno : r; }
static inline void nap(long ms) { struct timespec t = {ms / 1000, ms % 1000 * 1000000}; while (nanosleep(&t, &t)); }

/* What waitpid says, in words. */
static inline const char *words(int st)
{
    static char buf[4][64];
    static int n;
    char *b = buf[n = (n + 1) & 3];
    if (WIFEXITED(st)) sprintf(b, "exit %d", WEXITSTATUS(st));
    else if (WIFSIGNALED(st)) sprintf(b, "killed %d", WTERMSIG(st));
    else if (WIFSTOPPED(st)) sprintf(b, "stop %d%s event %d", WSTOPSIG(st) & 0x7f, WSTOPSIG(st) & 0x80 ? " call" : "", st >> 16);
    else sprintf(b, "status %x", st);
    return b;
}

static inline int next(pid_t pid)
{
    int st;
    must(waitpid(pid, &st, __WALL) == pid);
    return st;
}

static inline int go(pid_t pid, int how, int signo)
{
    must(ptrace(how, pid, 0, signo) == 0);
    return next(pid);
}

static inline void say(const char *what, int st) { printf("%s: %s\n", what, words(st)); }

/* A child that f runs in, stopped before it with SIGSTOP, traced with these options. */
static inline pid_t traced(void (*f)(void), long options)
{
    fflush(stdout);
    pid_t pid = fork();
    must(pid >= 0);
    if (!pid) {
        if (ptrace(PTRACE_TRACEME, 0, 0, 0)) _exit(98);
        raise(SIGSTOP);
        f();
        _exit(99);
    }
    int st = next(pid);
    must(WIFSTOPPED(st) && WSTOPSIG(st) == SIGSTOP);
    must(ptrace(PTRACE_SETOPTIONS, pid, 0, options) == 0);
    return pid;
}

static inline pid_t untraced(void (*f)(void))
{
    fflush(stdout);
    pid_t pid = fork();
    must(pid >= 0);
    if (!pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        f();
        _exit(99);
    }
    return pid;
}

/* SIGUSR1's handler and the like. */
static volatile sig_atomic_t caught, value;
static inline void on(int signo, siginfo_t *i, void *u) { (void)u; caught = caught * 100 + signo; value = i->si_code == SI_QUEUE ? i->si_value.sival_int : i->si_code; }

/* A child tells that it is ready; its parent says when what it lives for is over, however slowly all of this runs. */
static int ready[2], finish[2];
static inline void begin(void) { must(pipe(ready) == 0 && pipe2(finish, O_NONBLOCK) == 0); }
static inline void end(void) { for (int i = 0; i < 2; i++) { close(ready[i]); close(finish[i]); } }
static inline void tell(void) { must(write(ready[1], "", 1) == 1); }
static inline void await(void) { char c; must(read(ready[0], &c, 1) == 1); }
static inline void let_end(void) { must(write(finish[1], "", 1) == 1); }
static inline int is_over(void) { char c; return read(finish[0], &c, 1) == 1; }
static inline void await_end(void) { struct pollfd p = {finish[0], POLLIN, 0}; while (!is_over()) poll(&p, 1, -1); }

#endif
