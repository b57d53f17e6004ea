/* What the tests of A64's own system interface share: run one instruction, see which fault it raises. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

struct fault { int signo, code; uint64_t addr, far, esr, pc; };
static volatile struct fault fault;
static int failures;

#define CHECK(what, got, want) do { \
    uint64_t g_ = (uint64_t)(got), w_ = (uint64_t)(want); \
    if (g_ != w_) printf("%s:%d: %s: %s is %#lx, not %#lx\n", __FILE__, __LINE__, what, #got, g_, w_), failures++; \
} while (0)

struct esr_context_ { uint32_t magic, size; uint64_t esr; };

static void on_fault(int signo, siginfo_t *si, void *context)
{
    ucontext_t *uc = context;
    fault.signo = signo;
    fault.code = si->si_code;
    fault.addr = (uint64_t)si->si_addr;
    fault.far = uc->uc_mcontext.fault_address;
    fault.pc = uc->uc_mcontext.pc;
    fault.esr = 0;
    for (struct esr_context_ *r = (void *)uc->uc_mcontext.__reserved; r->magic; r = (void *)((char *)r + r->size))
        if (r->magic == 0x45535201)
            fault.esr = r->esr;
    uc->uc_mcontext.pc += 4;
}

static void catch_faults(int flags)
{
    struct sigaction a = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | flags};
    sigaction(SIGSEGV, &a, NULL);
    sigaction(SIGBUS, &a, NULL);
    sigaction(SIGILL, &a, NULL);
}

/* Runs one instruction with x0 = a, x1 = b, x2 = c (0 afterwards in `fault` if none is raised); its address, x0 after it. */
#define RUN(insn, a, b, c) ({ \
    register uint64_t x0 __asm__("x0") = (uint64_t)(a); \
    register uint64_t x1 __asm__("x1") = (uint64_t)(b); \
    register uint64_t x2 __asm__("x2") = (uint64_t)(c); \
    memset((void *)&fault, 0, sizeof fault); \
    uint64_t at_; \
    __asm__ volatile("adr %0, 1f\n1: " insn "\n" : "=&r"(at_), "+r"(x0), "+r"(x1), "+r"(x2) \
                     : : "x3", "x4", "x5", "x6", "x7", "v0", "v1", "v2", "v3", "cc", "memory"); \
    last_x0 = x0; last_x1 = x1; last_x2 = x2; at_; })
static __attribute__((unused)) uint64_t last_x0, last_x1, last_x2;

static int finish(void) { printf(failures ? "%d wrong\n" : "all right\n", failures); return failures != 0; }
