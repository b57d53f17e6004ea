/*
 * What Linux shows a RISC-V program of its machine: hwprobe with its sets of processors, flush_icache, misaligned atomics,
 * illegal instructions. Elsewhere the expected lines are printed as they are.
 */
#include "t.h"
#include <sys/syscall.h>
#include <ucontext.h>

#ifdef __riscv
#define is(what, truth) printf("%s: %s\n", what, (truth) ? "yes" : "no")
#else
#define is(what, truth) printf("%s: yes\n", what)
#endif

struct pair { int64_t key; uint64_t value; };
enum { HWPROBE = 258, FLUSH_ICACHE = 259, UNKNOWN = 1000 };

static void probe(void)
{
#ifdef __riscv
#define hwprobe(...) syscall(HWPROBE, __VA_ARGS__)
#define fails(err, call) ((call) == -1 && errno == err)
#endif
    struct pair p[4] = {{3, 77}, {UNKNOWN, 77}, {4, 0}, {6, 0}}, want[2] = {{3, 1}, {4, 3}}, w;
    unsigned long none[16] = {0}, all[16], set[16], far[16] = {0};
    far[15] = 1ul << 63;
    memset(all, 0xff, sizeof all);
    memset(set, 0, sizeof set);
    (void)p, (void)want, (void)w, (void)none;
    is("asks for all", hwprobe(p, 4, 0, NULL, 0) == 0);
    is("base behaviour", p[0].key == 3 && p[0].value == 1);
    is("unknown key", p[1].key == -1 && p[1].value == 0);
    is("F, D, C", (p[2].value & 3) == 3);
    is("no V", !(p[2].value & 4));
    is("zero block", p[3].value == 64);
    is("asks for a set", hwprobe(p, 1, sizeof all, all, 0) == 0);
    is("a set without processors", fails(EINVAL, hwprobe(p, 1, sizeof none, none, 0)));
    is("a set of processors that are not there", fails(EINVAL, hwprobe(p, 1, sizeof far, far, 0)));
    is("a set without size", fails(EINVAL, hwprobe(p, 1, 0, all, 0)));
    is("a size without set", fails(EFAULT, hwprobe(p, 1, 8, NULL, 0)));
    is("a bad pointer", fails(EFAULT, hwprobe((void *)16, 1, 0, NULL, 0)));
    is("an unknown flag", fails(EINVAL, hwprobe(p, 1, 0, NULL, 2)));
    is("which, without set", fails(EINVAL, hwprobe(want, 1, 0, NULL, 1)));
    is("which have", hwprobe(want, 2, sizeof set, set, 1) == 0 && (set[0] & 1));
    is("as many as are online", __builtin_popcountl(set[0]) == sysconf(_SC_NPROCESSORS_ONLN) || sysconf(_SC_NPROCESSORS_ONLN) > 64);
    want[1].value = 1ul << 2;
    is("which have V", hwprobe(want, 2, sizeof set, set, 1) == 0 && !set[0]);
    w = (struct pair){UNKNOWN, 0};
    set[0] = 1;
    is("which have an unknown key", hwprobe(&w, 1, sizeof set, set, 1) == 0 && !set[0] && w.key == -1);
    is("flush", syscall(FLUSH_ICACHE, 0, 0, 0) == 0);
    is("flush locally", syscall(FLUSH_ICACHE, 0, 0, 1) == 0);
    is("leave to use fence.i", prctl(71, 0, 0) == 0 && prctl(71, 1, 1) == 0);
    is("for an unknown scope", fails(EINVAL, prctl(71, 0, 2)));
    is("flush with an unknown flag", fails(EINVAL, syscall(FLUSH_ICACHE, 0, 0, 2)));
}

/* ---- traps: signal, code, address and pc are those of the instruction; a handler steps over it ---- */

static volatile int signo, code;
static volatile unsigned long address, pc;
static void step_over(int s, siginfo_t *i, void *c)
{
    signo = s, code = i->si_code, address = (unsigned long)i->si_addr;
#ifdef __riscv
    pc = ((ucontext_t *)c)->uc_mcontext.__gregs[0];
    ((ucontext_t *)c)->uc_mcontext.__gregs[0] += 4;
#endif
    (void)c;
}

#ifdef __riscv
#define TRAP(what, insn, s, c)                                                                                    \
    do {                                                                                                          \
        register unsigned long at __asm__("a0") = (unsigned long)buffer + 1, label, kept __asm__("a1") = 5;       \
        signo = 0;                                                                                                \
        __asm__ volatile(".option push\n.option norvc\n.option norelax\nla %0, 1f\n1: " insn "\n.option pop"      \
                         : "=&r"(label), "+r"(at), "+r"(kept) : : "memory");                                      \
        is(what, signo == s && code == c && address == label && pc == label && kept == 5);                        \
    } while (0)
#define ROUND(mode) __asm__ volatile("fsrmi " #mode)
#else
#define TRAP(what, insn, s, c) is(what, 1)
#define ROUND(mode) (void)0
#endif

/* Instructions that name a rounding mode round in it, and the others in that of frm, whatever signals come in between. */
static volatile int ticks;
static void on_tick(int n) { ticks++; (void)n; }
static void rounding(void)
{
    int good = 1;
#ifdef __riscv
    signal(SIGVTALRM, on_tick);
    setitimer(ITIMER_VIRTUAL, &(struct itimerval){{0, 1000}, {0, 1000}}, NULL);
    ROUND(3);
    while (good && ticks < 100) {
        float up, down, zero, to;
        unsigned long flags;
        __asm__ volatile("fdiv.s %0, %5, %6, rup\nfdiv.s %1, %5, %6, rdn\nfdiv.s %2, %7, %6, rtz\nfsflags zero\nfdiv.s %3, %5, %6\nfrflags %4"
                         : "=&f"(up), "=&f"(down), "=&f"(zero), "=&f"(to), "=r"(flags) : "f"(2.0f), "f"(3.0f), "f"(-2.0f));
        good = up == 0x1.555556p-1f && down == 0x1.555554p-1f && zero == -down && to == up && flags == 1;
    }
    ROUND(0);
    setitimer(ITIMER_VIRTUAL, &(struct itimerval){0}, NULL);
#endif
    is("rounding modes while signals come in", good);
}

int main(void)
{
    static unsigned long buffer[4] __attribute__((aligned(16)));
    (void)buffer;
    probe();
    handle(SIGBUS, step_over, SA_SIGINFO);
    handle(SIGILL, step_over, SA_SIGINFO);
    TRAP("misaligned lr.w", "lr.w a1, (a0)", SIGBUS, BUS_ADRALN);
    TRAP("misaligned sc.w", "sc.w a1, a1, (a0)", SIGBUS, BUS_ADRALN);
    TRAP("misaligned amoadd.d", "amoadd.d a1, a1, (a0)", SIGBUS, BUS_ADRALN);
    TRAP("misaligned amocas.q", ".word 0x28c5442f", SIGBUS, BUS_ADRALN);       /* amocas.q s0, a2, (a0) */
    TRAP("all ones", ".word 0xffffffff", SIGILL, ILL_ILLOPC);
    TRAP("a register of machine mode", "csrr a1, mstatus", SIGILL, ILL_ILLOPC);
    TRAP("the entropy source", "csrr a1, 0x15", SIGILL, ILL_ILLOPC);
    TRAP("a vector instruction", ".word 0x0d0072d7", SIGILL, ILL_ILLOPC);      /* vsetvli */
    ROUND(5);
    TRAP("a reserved rounding mode", ".word 0x003170d3", SIGILL, ILL_ILLOPC);      /* fadd.s, dynamic */
    ROUND(0);
    rounding();
    return 0;
}
