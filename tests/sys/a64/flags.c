/*
 * NZCV as whoever looks at it finds it, when the instruction that set it lies in a region before: handlers of faults and of signals
 * that come in between, children of clone and fork, instructions served by C code; and float instructions that round in a
 * mode of their own while signals come in.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "a64.h"

enum { WAITING = 77 };
static volatile uint64_t seen, released;

static void alarm_soon(void)
{
    released = 0;
    seen = ~0ull;
    setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {0, 300}}, NULL);
}

static void on_signal(int signo, siginfo_t *si, void *context)
{
    ucontext_t *uc = context;
    (void)si;
    seen = uc->uc_mcontext.pstate >> 28;
    if (signo == SIGALRM && uc->uc_mcontext.regs[4] != WAITING)
        alarm_soon();       /* it came too early */
    else if (signo == SIGALRM)
        released = 1;
    else
        uc->uc_mcontext.pc += 4;
}

/* Sets the flags, ends the region by a jump whose target nobody can tell before, and lets `observer` look; x0 to x2 are its operands. */
#define BEHIND_JUMP(setter, observer, c0, c1, c2, out) \
    __asm__ volatile(setter "\nadr x3, 1f\nstr x3, [sp, #-16]!\nldr x3, [sp], #16\nbr x3\nnop\n1:\n" observer "\n" \
                     : "=r"(out) : "r"(c0), "r"(c1), "r"(c2) : "x0", "x1", "x2", "x3", "x4", "x5", "x8", "cc", "memory")
/* The same with a call and a return between them. */
#define BEHIND_CALL(setter, observer, c0, c1, c2, out) \
    __asm__ volatile("b 2f\n3: " setter "\nret\n2: mov x5, x30\nbl 3b\nmov x30, x5\n" observer "\n" \
                     : "=r"(out) : "r"(c0), "r"(c1), "r"(c2) : "x0", "x1", "x2", "x3", "x4", "x5", "x8", "cc", "memory")

/* By an instruction that reads them. */
#define READ "mrs %0, nzcv\nlsr %0, %0, #28"
#define CONDITIONS "cset %0, mi\nlsl %0, %0, #1\ncset x4, eq\norr %0, %0, x4\nlsl %0, %0, #1\ncset x4, cs\norr %0, %0, x4\n" \
                   "lsl %0, %0, #1\ncset x4, vs\norr %0, %0, x4"
/* By a fault's handler; by an undefined instruction's; by that of a signal that comes while a loop waits for it. */
#define FAULT "mov x0, #8\nldr x1, [x0]\nmov %0, #0"
#define SETS_AND_FAULTS "cmp %3, #0\n" FAULT
#define UNDEFINED ".inst 0\nmov %0, #0"
#define SIGNAL "mov x0, %3\nmov x4, #77\n4: ldr x1, [x0]\ncbz x1, 4b\nmov x4, #0\nmov %0, #0"

static const char *name;
static unsigned want;

static void check(const char *by, uint64_t got)
{
    if (got == want)
        return;
    printf("%s, looked at by %s: %#lx, not %#x\n", name, by, (long)got, want);
    failures++;
}

#define ALL(setter, a, b, flags) do { \
    uint64_t got, x = (a), y = (b), at = (uint64_t)&released; \
    name = setter " " #a ", " #b; \
    want = (flags); \
    for (int round = 0; round < 3; round++) {       /* regions are linked only when they have met */ \
    BEHIND_JUMP(setter, READ, x, y, at, got); check("mrs", got); \
    BEHIND_CALL(setter, READ, x, y, at, got); check("mrs behind a call", got); \
    BEHIND_JUMP(setter, CONDITIONS, x, y, at, got); check("cset", got); \
    BEHIND_CALL(setter, CONDITIONS, x, y, at, got); check("cset behind a call", got); \
    seen = ~0ull; BEHIND_JUMP(setter, FAULT, x, y, at, got); check("a fault's handler", seen); \
    seen = ~0ull; BEHIND_CALL(setter, FAULT, x, y, at, got); check("a fault's handler behind a call", seen); \
    seen = ~0ull; BEHIND_JUMP(setter, UNDEFINED, x, y, at, got); check("an undefined instruction's handler", seen); \
    alarm_soon(); BEHIND_JUMP(setter, SIGNAL, x, y, at, got); check("a signal's handler", seen); \
    alarm_soon(); BEHIND_CALL(setter, SIGNAL, x, y, at, got); check("a signal's handler behind a call", seen); \
    want = 2; \
    seen = ~0ull; BEHIND_JUMP(setter, SETS_AND_FAULTS, x, y, at, got); check("a fault's handler, but newer ones", seen); \
    want = (flags); \
    BEHIND_JUMP(setter, FORK, x, y, at, got); check("a fork child", is_child(got) ? exit_child(got) : waited()); \
    BEHIND_JUMP(setter, THREAD, x, y, at, got); check("a vfork child", is_child(got) ? exit_child(got) : waited()); \
    } \
} while (0)

/* clone(SIGCHLD) and clone(CLONE_VM | CLONE_VFORK | SIGCHLD): the child has bit 8 set, flags below; the parent 0. */
#define CLONE(low, high) "mov x0, #" low "\nmovk x0, #" high "\nmov x1, #0\nmov x2, #0\nmov x3, #0\nmov x4, #0\nmov x8, #220\nsvc #0\n" \
                         "mrs %0, nzcv\nlsr %0, %0, #28\norr %0, %0, #256\ncbz x0, 5f\nmov %0, #0\n5:"
#define FORK CLONE("17", "0, lsl #16")
#define THREAD CLONE("0x4111", "0, lsl #16")
static bool is_child(uint64_t got) { return got & 256; }
static uint64_t exit_child(uint64_t got)
{
    syscall(SYS_exit_group, (int)(got & 15));
    return 0;
}
static uint64_t waited(void)
{
    int status = -1;
    wait(&status);
    return WIFEXITED(status) ? (uint64_t)WEXITSTATUS(status) : 99;
}

static volatile uint64_t ticks;
static void on_tick(int signo) { ticks++; (void)signo; }

/* FCVTXN rounds to odd, FRINTA to nearest with ties away, FCVTPS up: none may leave its mode behind, whatever comes in between. */
static void rounding(void)
{
    signal(SIGVTALRM, on_tick);
    setitimer(ITIMER_VIRTUAL, &(struct itimerval){{0, 1000}, {0, 1000}}, NULL);
    uint64_t bad = 0;
    for (long i = 0; ticks < 60 && i < 400000000; i++) {
        double third;
        float odd, away;
        long up;
        __asm__ volatile("fdiv %d0, %d4, %d5\nfcvtxn %s1, %d0\nfrinta %s2, %s6\nfcvtps %3, %s6\nfdiv %d0, %d4, %d5"
                         : "=&w"(third), "=&w"(odd), "=&w"(away), "=&r"(up) : "w"(1.0), "w"(3.0), "w"(2.5f));
        bad += third != 1.0 / 3.0 || odd != 0x1.555556p-2f || away != 3.0f || up != 3;
    }
    setitimer(ITIMER_VIRTUAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
    CHECK("rounding while signals come in", bad, 0);
}

int main(void)
{
    struct sigaction a = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    for (int i = 0; i < 3; i++)
        sigaction((int[]){SIGSEGV, SIGILL, SIGALRM}[i], &a, NULL);
    ALL("subs x0, %1, %2", 1, 2, 8);
    ALL("subs x0, %1, %2", 5, 5, 6);
    ALL("subs x0, %1, %2", 1ull << 63, 1, 3);
    ALL("subs w0, %w1, %w2", 1ull << 31, 1, 3);
    ALL("subs w0, %w1, %w2", 1ull << 32, 1, 8);
    ALL("adds x0, %1, %2", ~0ull, 1, 6);
    ALL("adds x0, %1, %2", INT64_MAX, 1, 9);
    ALL("adds w0, %w1, %w2", 0xffffffff, 1, 6);
    ALL("adds w0, %w1, %w2", 0x7fffffff, 1, 9);
    ALL("ands x0, %1, %2", 1ull << 63, ~0ull, 8);
    ALL("ands w0, %w1, %w2", 1ull << 31, ~0ull, 8);
    ALL("bics x0, %1, %2", 7, 7, 4);
    ALL("cmp %1, %2\nccmp %1, %2, #5, ne", 3, 3, 5);
    ALL("fmov d0, %1\nfmov d1, %2\nfcmp d0, d1", 0, ~0ull, 3);
    rounding();
    return finish();
}
