/*
 * Threads run loops that another rewrites through a second mapping, takes execution and writing away from, and interrupts; and
 * children are forked from the middle of it. The loops' results and, in handlers, their registers have to be what the code can make
 * of them, exactly so when nobody writes. `hotcode SECONDS` goes on for so long.
 */
#include "t.h"

enum { THREADS = 8, SLOTS = 8, SLOT = 512, PAGE = 4096, FLIPS = 10, ROUNDS = 6 };

/*
 * long f(long n, 0, long *data, 0): adds 1 or 2 n times, as the branch at `patch` says, and stores the sum in every round.
 * Registers in a round: how many are left, the sum, where it is stored, the sum stored last. With CALL, a round calls.
 */
#if defined __aarch64__
#define TEMPLATE(name, CALL) __asm__( \
    ".balign 64\n" name ": mov x1, #0\n mov x3, #0\n mov x4, x30\n" \
    name "_patch: b 1f\n1: add x1, x1, #1\n b 3f\n2: add x1, x1, #2\n" \
    "3: str x1, [x2]\n mov x3, x1\n .if " CALL "\n bl 4f\n .endif\n" \
    name "_last: subs x0, x0, #1\n b.ne " name "_patch\n mov x0, x1\n ret x4\n4: eor x5, x5, x1\n ret\n" name "_end:\n")
enum { TO_ONE = 4, TO_TWO = 12, PATCH_AT = 0 };
static uint32_t branch(int to) { return 0x14000000 | (uint32_t)to / 4; }
static void synchronize(void) { __asm__ volatile("isb" ::: "memory"); }
#define PC(u) (u)->uc_mcontext.pc
#define REG(u, i) (long)(u)->uc_mcontext.regs[i]
#elif defined __riscv
#define TEMPLATE(name, CALL) __asm__( \
    ".option push\n.option norvc\n.option norelax\n.balign 64\n" name ": li a1, 0\n li a3, 0\n mv a4, ra\n" \
    name "_patch: j 1f\n1: addi a1, a1, 1\n j 3f\n2: addi a1, a1, 2\n" \
    "3: sd a1, 0(a2)\n mv a3, a1\n .if " CALL "\n jal 4f\n .endif\n" \
    name "_last: addi a0, a0, -1\n bnez a0, " name "_patch\n mv a0, a1\n jr a4\n4: xor a5, a5, a1\n ret\n" name "_end:\n.option pop\n")
enum { TO_ONE = 4, TO_TWO = 12, PATCH_AT = 0 };
static uint32_t branch(int to) { return 0x6f | (uint32_t)to / 2 << 21; }
static void synchronize(void) { __asm__ volatile("fence.i" ::: "memory"); }
#define PC(u) (u)->uc_mcontext.__gregs[0]
#define REG(u, i) (long)(u)->uc_mcontext.__gregs[10 + (i)]
#else
#define TEMPLATE(name, CALL) __asm__( \
    ".balign 64\n" name ": xor %esi, %esi\n xor %ecx, %ecx\n .balign 4\n" \
    name "_patch: .byte 0x0f, 0x1f, 0x00, 0xe9\n .long 0\n1: add $1, %rsi\n jmp 3f\n .balign 16\n2: add $2, %rsi\n" \
    "3: mov %rsi, (%rdx)\n mov %rsi, %rcx\n .if " CALL "\n call 4f\n .endif\n" \
    name "_last: sub $1, %rdi\n jne " name "_patch\n mov %rsi, %rax\n ret\n4: xor %rsi, %r9\n ret\n" name "_end:\n")
enum { TO_ONE = 0, TO_TWO = 20, PATCH_AT = 4 };
static uint32_t branch(int to) { return (uint32_t)to; }
static void synchronize(void) { __asm__ volatile("cpuid" : : "a"(0) : "rbx", "rcx", "rdx", "memory"); }
#define PC(u) (u)->uc_mcontext.gregs[REG_RIP]
static long reg(const ucontext_t *u, int i)
{
    static const int where[] = {REG_RDI, REG_RSI, REG_RDX, REG_RCX};
    return (long)u->uc_mcontext.gregs[where[i]];
}
#define REG(u, i) reg(u, i)
#endif
TEMPLATE("plain", "0");
TEMPLATE("calls", "1");
extern const char plain[], plain_patch[], plain_last[], plain_end[], calls[], calls_patch[], calls_last[], calls_end[];

static const struct { const char *begin, *patch, *last, *end; } templates[2] = {{plain, plain_patch, plain_last, plain_end}, {calls, calls_patch, calls_last, calls_end}};
static char *text, *writable;               /* one file, mapped twice */
static long *volatile data[THREADS];        /* each in a page of its own */
static _Atomic int adds[SLOTS];             /* what a slot's code adds */
static _Atomic long errors, faults, signals, ran, forked;
static _Atomic int stop, over;
static pthread_barrier_t barrier;
static pthread_t threads[THREADS];
static __thread volatile long running;      /* rounds asked for; 0: not in the code */
static __thread long *volatile where;

static void wrong(const char *what, long a, long b)
{
    if (atomic_fetch_add(&errors, 1) < 10)
        fprintf(stderr, "hotcode: %s: %ld %ld\n", what, a, b);
}

static void check_registers(const ucontext_t *u)
{
    uintptr_t pc = (uintptr_t)PC(u) - (uintptr_t)text;
    if (!running || pc >= SLOTS * SLOT)
        return;
    unsigned t = pc / SLOT % 2;
    uintptr_t off = pc % SLOT, first = (uintptr_t)(templates[t].patch - templates[t].begin), last = (uintptr_t)(templates[t].last - templates[t].begin);
    if (off < first || off > last)
        return;
    long done = running - REG(u, 0), sum = REG(u, 1);
    if (done < 0 || done >= running || sum < done || sum > 2 * done + 2)
        wrong("sum in a handler", done, sum);
    if (REG(u, 2) != (long)where)
        wrong("address in a handler", REG(u, 2), (long)where);
    if (sum - REG(u, 3) < 0 || sum - REG(u, 3) > 2)
        wrong("last sum in a handler", sum, REG(u, 3));
}

static void on_signal(int signo, siginfo_t *info, void *u)
{
    atomic_fetch_add(&signals, 1);
    check_registers(u);
}

/* Execution or writing was taken away: it comes back. */
static void on_fault(int signo, siginfo_t *info, void *u)
{
    uintptr_t at = (uintptr_t)info->si_addr;
    if (!running || (at - (uintptr_t)text >= SLOTS * SLOT && at != (uintptr_t)where)) {
        fprintf(stderr, "hotcode: fault at %lx, pc %lx\n", (long)at, (long)PC((ucontext_t *)u));
        _exit(1);
    }
    atomic_fetch_add(&faults, 1);
    check_registers(u);
    sched_yield();
}

static long run(unsigned slot, long n, long *to)
{
    where = to;
    running = n;
    long sum = ((long (*)(long, long, long *, long))(void *)(text + slot * SLOT))(n, 0, to, 0);
    running = 0;
    atomic_fetch_add(&ran, 1);
    if (sum < n || sum > 2 * n)
        wrong("sum", n, sum);
    return sum;
}

static void *runner(void *arg)
{
    unsigned me = (unsigned)(long)arg;
    while (pthread_barrier_wait(&barrier), !over) {
        for (unsigned k = me; !stop; k++)
            run(k % SLOTS, 100 + k % 7 * 400, data[me]);
        pthread_barrier_wait(&barrier);
        synchronize();
        for (unsigned slot = 0; slot < SLOTS; slot++) {
            long n = 3000 + 10 * (long)slot, sum = run(slot, n, data[me]);
            if (sum != n * adds[slot] || *data[me] != sum)
                wrong("sum of code that nobody writes", sum, n * adds[slot]);
        }
    }
    return NULL;
}

static void rewrite(unsigned slot, int add)
{
    unsigned long at = slot * SLOT + (unsigned long)(templates[slot % 2].patch - templates[slot % 2].begin) + PATCH_AT;
    adds[slot] = add;
    __atomic_store_n((uint32_t *)(void *)(writable + at), branch(add == 1 ? TO_ONE : TO_TWO), __ATOMIC_RELEASE);
    __builtin___clear_cache(writable + at, writable + at + 4);
    __builtin___clear_cache(text + at, text + at + 4);
}

static void fork_one(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        long own[1];
        errors = 0;
        for (unsigned slot = 0; slot < SLOTS; slot++)
            run(slot, 2500, own);
        _exit(errors ? 1 : 0);
    }
    int status = -1;
    must(pid > 0 && waitpid(pid, &status, 0) == pid);
    if (status)
        wrong("status of a child", status, 0);
    forked++;
}

/* Until somebody has noticed. */
static void take_away(void *at, size_t n, int prot, int back)
{
    long before = faults;
    must(mprotect(at, n, prot) == 0);
    while (faults == before)
        usleep(100);
    must(mprotect(at, n, back) == 0);
}

static void disturb(unsigned seed)
{
    for (unsigned i = 0; i < FLIPS; i++) {
        seed = seed * 1103515245 + 12345;
        unsigned k = seed >> 16 & 0xff;
        rewrite(k % SLOTS, 1 + (k >> 4 & 1));
        must(pthread_kill(threads[k % THREADS], SIGUSR1) == 0);
        if (k % 4 == 0) {
            take_away(text, SLOTS * SLOT, k & 16 ? PROT_NONE : PROT_READ, PROT_READ | PROT_EXEC);
        }
        if (k % 4 == 1) {
            take_away(data[k % THREADS], PAGE, PROT_READ, PROT_READ | PROT_WRITE);
        }
        if (k % 8 == 2)
            fork_one();
        if (k % 4 == 3)
            usleep(1000);
    }
}

int main(int argc, char **argv)
{
    long seconds = argc > 1 ? atol(argv[1]) : 0;
    int fd = (int)syscall(SYS_memfd_create, "code", 0);
    must(fd >= 0 && ftruncate(fd, SLOTS * SLOT) == 0);
    writable = mmap(NULL, SLOTS * SLOT, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    text = mmap(NULL, SLOTS * SLOT, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    must(writable != MAP_FAILED && text != MAP_FAILED);
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        memcpy(writable + slot * SLOT, templates[slot % 2].begin, (size_t)(templates[slot % 2].end - templates[slot % 2].begin));
        rewrite(slot, 1);
    }
    handle(SIGUSR1, on_signal, SA_RESTART);
    handle(SIGSEGV, on_fault, 0);
    must(pthread_barrier_init(&barrier, NULL, THREADS + 1) == 0);
    for (long i = 0; i < THREADS; i++) {
        data[i] = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        must(data[i] != MAP_FAILED && pthread_create(&threads[i], NULL, runner, (void *)i) == 0);
    }
    time_t end = time(NULL) + seconds;
    for (unsigned round = 0; round < ROUNDS || time(NULL) < end; round++) {
        stop = 0;
        pthread_barrier_wait(&barrier);
        disturb(round * 7919 + 1);
        stop = 1;
        pthread_barrier_wait(&barrier);
    }
    over = 1;
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    if (seconds)
        fprintf(stderr, "%ld runs, %ld faults, %ld signals, %ld children\n", ran, faults, signals, forked);
    show("errors", errors);
    show("ran", ran > ROUNDS * THREADS * SLOTS);
    show("faults", faults > 0);
    show("signals", signals > 0);
    show("children", forked > 0);
    return errors != 0;
}
