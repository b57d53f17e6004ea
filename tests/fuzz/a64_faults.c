/*
 * Driver of a64_faults.py: calls each generated sequence with random registers and memory, and prints
 * the signal, every register, the flags and a sum of memory as the handler of its fault sees them.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

/* area: initial registers; mem: what the sequences' pointers lead to. Defined by the generated code. */
extern uint64_t count, starts[], area[];
extern char mem[];
void run(uint64_t start), done(void);

enum { BEFORE = 256, MEMORY = 768 };
static uint64_t seed = 12345;
static unsigned test;

static uint64_t next(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

static void handler(int signo, siginfo_t *info, void *context)
{
    mcontext_t *m = &((ucontext_t *)context)->uc_mcontext;
    const struct fpsimd_context *fp = (void *)m->__reserved;
    printf("%u: signal %d code %d address %lx pc +%lx pstate %lx\n", test, signo, info->si_code, (long)info->si_addr,
           (long)(m->pc - starts[test]), (long)m->pstate);
    for (int i = 1; i < 31; i++)
        if (i < 16 || i == 30)
            printf(" x%d=%lx", i, (long)m->regs[i]);
    for (int i = 0; i < 4; i++)
        printf(" v%d=%lx%016lx", i, (long)(fp->vregs[i] >> 64), (long)fp->vregs[i]);
    uint64_t sum = 0;
    for (int i = 0; i < MEMORY; i++)
        sum = sum * 31 + (unsigned char)mem[i - BEFORE];
    printf(" memory %lx\n", (long)sum);
    m->pc = (uint64_t)done;
}

int main(void)
{
    static const int signals[] = {SIGILL, SIGTRAP, SIGBUS, SIGSEGV};
    struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    for (unsigned i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaction(signals[i], &act, NULL);
    for (test = 0; test < count; test++) {
        for (int i = 0; i < 64; i++)
            area[i] = next() >> (next() & 31);
        area[9] = next() % 7 - 3;       /* x10, x11: indexes */
        area[10] = (uint32_t)(next() % 18 - 9);
        for (int i = 0; i < MEMORY; i += 8) {
            uint64_t v = next();
            memcpy(mem - BEFORE + i, &v, 8);
        }
        run(starts[test]);
    }
    return 0;
}
