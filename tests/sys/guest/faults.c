/* Synchronous faults: addresses, codes, exact registers, changed contexts, jumps out of handlers. */
#include "t.h"

static sigjmp_buf out;
static volatile int signo, code;
static void *volatile address;
static void caught(int s, siginfo_t *i, void *c) { (void)c; signo = s; code = i->si_code; address = i->si_addr; siglongjmp(out, 1); }

static void try_store(const char *what, char *p)
{
    if (!sigsetjmp(out, 1)) {
        *(volatile char *)p = 1;
        printf("%s: no fault\n", what);
    } else {
        printf("%s: signal %d code %d address %s\n", what, signo, code, address == p ? "right" : "wrong");
    }
}

static void try_load(const char *what, char *p)
{
    if (!sigsetjmp(out, 1)) {
        volatile char x = *(volatile char *)p;
        (void)x;
        printf("%s: no fault\n", what);
    } else {
        printf("%s: signal %d code %d address %s\n", what, signo, code, address == p ? "right" : "wrong");
    }
}

/* The handler maps the page; the store must then happen, once, with the right value. */
static char *lazy;
static volatile int faults;
static void map_page(int s, siginfo_t *i, void *c)
{
    (void)s, (void)c;
    faults++;
    must(mprotect((void *)((uintptr_t)i->si_addr & ~4095ul), 4096, PROT_READ | PROT_WRITE) == 0);
}

static void lazy_pages(void)
{
    lazy = mmap(NULL, 64 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(lazy != MAP_FAILED);
    handle(SIGSEGV, map_page, 0);
    unsigned long sum = 0;
    for (long i = 0; i < 64 * 512; i++) ((unsigned long *)lazy)[i] = (unsigned long)i * 3;
    for (long i = 0; i < 64 * 512; i++) sum += ((unsigned long *)lazy)[i];
    show("faults", faults);
    show("sum", sum);
    /* Accesses that cross into the next, unmapped page, through memcpy and unaligned loads. */
    mprotect(lazy, 64 * 4096, PROT_NONE);
    faults = 0;
    memcpy(lazy + 4000, "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789", 100);
    show("crossing", memcmp(lazy + 4000, "01234567890123456789", 20));
    show("faults", faults);
    munmap(lazy, 64 * 4096);
}

/* A handler that changes what the code sees: result register and pc. */
static volatile int skipped;
static void skip(int s, siginfo_t *i, void *c)
{
    (void)s, (void)i;
    ucontext_t *uc = c;
#if defined __aarch64__
    uc->uc_mcontext.pc += 4;
    uc->uc_mcontext.regs[3] = 0x1234;
#elif defined __riscv
    uc->uc_mcontext.__gregs[0] += 4;
    uc->uc_mcontext.__gregs[13] = 0x1234;
#else
    uc->uc_mcontext.gregs[REG_RIP] += 3;
    uc->uc_mcontext.gregs[REG_RCX] = 0x1234;
#endif
    skipped++;
}

static long skipping(long *p)
{
#if defined __aarch64__
    register long r __asm__("x3") = 1;
    register long *q __asm__("x4") = p;
    __asm__ volatile("ldr x3, [x4]\n\tadd x3, x3, #1" : "+r"(r) : "r"(q) : "memory");
#elif defined __riscv
    register long r __asm__("a3") = 1;
    register long *q __asm__("a4") = p;
    __asm__ volatile(".option push\n\t.option norvc\n\tld a3, 0(a4)\n\t.option pop\n\taddi a3, a3, 1" : "+r"(r) : "r"(q) : "memory");
#else
    register long r __asm__("rcx") = 1;
    register long *q __asm__("rdx") = p;
    __asm__ volatile("mov (%%rdx), %%rcx\n\tadd $1, %%rcx" : "+r"(r) : "r"(q) : "memory");
#endif
    return r;
}

/* Many values live across a faulting load: the handler sees and keeps them all. */
static __attribute__((noinline)) long live_values(volatile long *p, long a, long b, long c, long d, double x, double y)
{
    long r = 0;
    for (long i = 0; i < 20; i++) {
        a += b ^ i; b = b * 3 + c; c -= d; d ^= a; x = x * 1.5 + (double)i; y += x;
        if (i == 13) r = *p;
    }
    return r + a + b + c + d + (long)x + (long)y;
}

static void unlock(int s, siginfo_t *i, void *c) { (void)s, (void)c; mprotect(i->si_addr, 4096, PROT_READ); }

static void floats_in_handler(int s, siginfo_t *i, void *c)
{
    volatile double x = 1.25;
    (void)s, (void)i, (void)c;
    for (int n = 0; n < 50; n++) x = x * 1.0625 + 0.5;
}

static int recursion(int n) { volatile int here = n; return n ? recursion(n - 1) + (here & 1) : 0; }

static char big_alt[65536];
static sigjmp_buf deep;
static void overflowed(int s, siginfo_t *i, void *c) { (void)i, (void)c; signo = s; siglongjmp(deep, 1); }
static int endless(volatile int *p) { volatile char pad[512]; pad[0] = 1; return endless(p) + pad[0] + *p; }

/* Code that becomes executable because a call of it failed. */
#if defined __aarch64__
static const unsigned char give_7[] = {0xe0, 0x00, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6};
#elif defined __riscv
static const unsigned char give_7[] = {0x13, 0x05, 0x70, 0x00, 0x67, 0x80, 0x00, 0x00};
#else
static const unsigned char give_7[] = {0xb8, 7, 0, 0, 0, 0xc3, 0x90, 0x90};
#endif
static char *code_page;
static void allow_code(int s, siginfo_t *i, void *c)
{
    (void)c;
    printf("signal %d code %d at page + %ld\n", s, i->si_code, (long)((char *)i->si_addr - code_page));
    must(mprotect(code_page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC) == 0);
}

static void map_code(int s, siginfo_t *i, void *c)
{
    (void)c;
    printf("signal %d code %d at page + %ld\n", s, i->si_code, (long)((char *)i->si_addr - code_page));
    must(mmap(code_page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == code_page);
    memcpy(code_page, give_7, sizeof give_7);
    __builtin___clear_cache(code_page, code_page + sizeof give_7);
}

static void code_appears(void)
{
    code_page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(code_page, give_7, sizeof give_7);
    int (*f)(void) = (int (*)(void))code_page;
    handle(SIGSEGV, allow_code, 0);
    for (int i = 0; i < 3; i++) {
        mprotect(code_page, 4096, PROT_READ);
        show("allowed code", f());
        mprotect(code_page, 4096, PROT_NONE);
        show("allowed code", f());
    }
    handle(SIGSEGV, map_code, 0);
    for (int i = 0; i < 3; i++) {
        munmap(code_page, 4096);
        show("mapped code", f());
    }
    /* An instruction whose second half is on a page that becomes executable. */
    code_page += 4096;
#ifdef __aarch64__
    char *start = code_page;
#else
    char *start = code_page - 2;
#endif
    for (int i = 0; i < 3; i++) {
        mprotect(code_page - 4096, 8192, PROT_READ | PROT_WRITE | PROT_EXEC);
        memcpy(start, give_7, sizeof give_7);
        mprotect(code_page, 4096, PROT_READ);
        handle(SIGSEGV, allow_code, 0);
        __builtin___clear_cache(start, start + sizeof give_7);
        show("half allowed", ((int (*)(void))start)());
    }
    int fd = memfd_create("code", 0);
    code_page = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    handle(SIGBUS, caught, 0);
    if (!sigsetjmp(out, 1)) ((int (*)(void))code_page)();
    printf("code beyond end of file: signal %d code %d address %s\n", signo, code, address == code_page ? "right" : "wrong");
}

int main(void)
{
    char *ro = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int fd = memfd_create("short", 0);
    must(ftruncate(fd, 100) == 0);
    char *eof = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    handle(SIGSEGV, caught, 0);
    handle(SIGBUS, caught, 0);
    for (int i = 0; i < 3; i++) {
        try_store("store to null", (char *)16);
        try_load("load of null", (char *)16);
        try_store("store to read-only", ro + 77);
        try_load("load of read-only", ro + 77);
        try_load("load of PROT_NONE", none + 5);
        try_store("beyond end of file", eof + 4096 + 9);
        try_load("beyond end of file", eof + 4096 + 9);
        try_store("within the last page", eof + 2000);
    }
    show("bad read()", read(fd, (void *)8, 10) < 0 ? errno : 0);
    show("bad write()", write(fd, none, 10) < 0 ? errno : 0);
    show("bad clock_gettime()", syscall(SYS_clock_gettime, 0, (void *)16) ? errno : 0);
    lazy_pages();
    code_appears();
    handle(SIGSEGV, skip, 0);
    for (int i = 0; i < 3; i++) show("skipped load", skipping((long *)16));
    show("times", skipped);
    long *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    handle(SIGSEGV, unlock, 0);
    long free_result = live_values(page, 1, 2, 3, 4, 0.5, 0.25);
    for (int i = 0; i < 3; i++) {
        mprotect(page, 4096, PROT_NONE);
        show("values kept", live_values(page, 1, 2, 3, 4, 0.5, 0.25) == free_result);
    }
    handle(SIGUSR1, floats_in_handler, 0);
    double x = 1;
    for (int i = 0; i < 200; i++) { x = x * 1.01 + 0.25; if (i % 10 == 0) raise(SIGUSR1); }
    printf("floats kept: %.10f\n", x);
    show("deep recursion", recursion(60000));
    stack_t st = {.ss_sp = big_alt, .ss_size = sizeof big_alt};
    sigaltstack(&st, NULL);
    handle(SIGSEGV, overflowed, SA_ONSTACK);
    volatile int one = 1;
    for (int i = 0; i < 3; i++) {
        if (!sigsetjmp(deep, 1)) show("endless", endless(&one));
        else show("stack overflow", signo);
    }
    show("deep recursion", recursion(60000));
    return 0;
}
