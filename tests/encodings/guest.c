/*
 * Runs each word of standard input (32 bits each, little-endian) as one instruction, with every general register pointing into
 * a data area, and writes for each the signal that ended it and the pc's distance from it, as two 32-bit numbers. What
 * falls through meets a breakpoint. No C library: handlers run with the registers the instruction left.
 */
typedef unsigned long u64;
typedef unsigned int u32;
typedef unsigned short u16;

enum { CHUNK = 4096, AREA = 1 << 20, SYS_read = 63, SYS_write = 64, SYS_exit = 93, SYS_sigaltstack = 132, SYS_sigaction = 134, SYS_mmap = 222 };
#define CODE 0x700000000ul      /* far from everything: direct branches leave it for unmapped addresses */

static char area[AREA] __attribute__((aligned(4096))), stack[1 << 16] __attribute__((aligned(16)));
static u32 words[CHUNK], results[CHUNK][2], got[2];
u64 saved_sp, middle;
void run(void), done(void);

#ifdef __aarch64__
enum { PC = 440 };
static long call(long n, long a, long b, long c, long d, long e, long f)
{
    register long x8 __asm__("x8") = n, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c, x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
}
__asm__(".globl run, done, _start\n_start: mov x29, #0\n b start\n"
        "run: stp x29, x30, [sp, #-160]!\n stp x19, x20, [sp, #16]\n stp x21, x22, [sp, #32]\n stp x23, x24, [sp, #48]\n"
        " stp x25, x26, [sp, #64]\n stp x27, x28, [sp, #80]\n stp d8, d9, [sp, #96]\n stp d10, d11, [sp, #112]\n"
        " stp d12, d13, [sp, #128]\n stp d14, d15, [sp, #144]\n"
        " adrp x0, saved_sp\n mov x1, sp\n str x1, [x0, :lo12:saved_sp]\n adrp x0, middle\n ldr x0, [x0, :lo12:middle]\n mov sp, x0\n"
        " mov x1, x0\n mov x2, x0\n mov x3, x0\n mov x4, x0\n mov x5, x0\n mov x6, x0\n mov x7, x0\n mov x8, x0\n mov x9, x0\n mov x10, x0\n"
        " mov x11, x0\n mov x12, x0\n mov x13, x0\n mov x14, x0\n mov x15, x0\n mov x16, x0\n mov x17, x0\n mov x18, x0\n mov x19, x0\n mov x20, x0\n"
        " mov x21, x0\n mov x22, x0\n mov x23, x0\n mov x24, x0\n mov x25, x0\n mov x26, x0\n mov x27, x0\n mov x28, x0\n mov x29, x0\n mov x30, x0\n"
        " msr nzcv, xzr\n b enter_code\n"
        "done: adrp x0, saved_sp\n ldr x0, [x0, :lo12:saved_sp]\n mov sp, x0\n msr fpcr, xzr\n ldp d14, d15, [sp, #144]\n ldp d12, d13, [sp, #128]\n"
        " ldp d10, d11, [sp, #112]\n ldp d8, d9, [sp, #96]\n ldp x27, x28, [sp, #80]\n ldp x25, x26, [sp, #64]\n ldp x23, x24, [sp, #48]\n"
        " ldp x21, x22, [sp, #32]\n ldp x19, x20, [sp, #16]\n ldp x29, x30, [sp], #160\n ret\n"
        /* An indirect jump would need a register. The breakpoint here moves the pc instead. */
        "enter_code: brk #99\n");
static unsigned put(u32 w)
{
    volatile u32 *c = (u32 *)CODE;
    c[0] = w;
    c[1] = 0xd4200000;
    __asm__ volatile("dc cvau, %0\n dsb ish\n ic ivau, %0\n dsb ish\n isb" : : "r"(CODE) : "memory");
    return 4;
}
#else
enum { PC = 176 };
static long call(long n, long a, long b, long c, long d, long e, long f)
{
    register long a7 __asm__("a7") = n, a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c, a3 __asm__("a3") = d, a4 __asm__("a4") = e, a5 __asm__("a5") = f;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5) : "memory");
    return a0;
}
#define S(f) f(8, 0) f(9, 1) f(18, 2) f(19, 3) f(20, 4) f(21, 5) f(22, 6) f(23, 7) f(24, 8) f(25, 9) f(26, 10) f(27, 11)
#define SAVE(r, k) " sd x" #r ", 8*" #k "+16(sp)\n fsd f" #r ", 8*" #k "+112(sp)\n"
#define LOAD(r, k) " ld x" #r ", 8*" #k "+16(sp)\n fld f" #r ", 8*" #k "+112(sp)\n"
#define M(r) " mv x" #r ", x1\n"
__asm__(".globl run, done, _start\n_start: j start\n"
        "run: addi sp, sp, -208\n sd ra, 0(sp)\n" S(SAVE)
        " lla t0, saved_sp\n sd sp, 0(t0)\n lla t0, middle\n ld x1, 0(t0)\n"
        M(2) M(3) M(4) M(5) M(6) M(7) M(8) M(9) M(10) M(11) M(12) M(13) M(14) M(15) M(16) M(17) M(18) M(19) M(20) M(21) M(22) M(23) M(24)
        M(25) M(26) M(27) M(28) M(29) M(30) M(31) " fscsr x0\n j enter_code\n"
        "done: lla t0, saved_sp\n ld sp, 0(t0)\n fscsr x0\n" S(LOAD) " ld ra, 0(sp)\n addi sp, sp, 208\n ret\n"
        ".balign 4\nenter_code: ebreak\n");
static unsigned put(u32 w)
{
    volatile u16 *c = (u16 *)CODE;
    unsigned n = (w & 3) == 3 ? 2 : 1;
    c[0] = (u16)w;
    if (n == 2)
        c[1] = (u16)(w >> 16);
    c[n] = c[n + 1] = 0x9002;       /* c.ebreak */
    __asm__ volatile("fence.i" ::: "memory");
    return 2 * n;
}
#endif
extern char enter_code[];

static void handler(int signo, void *info, char *uc)
{
    u64 *pc = (u64 *)(uc + PC);
    (void)info;
    if (*pc == (u64)enter_code) {
        *pc = CODE;
        return;
    }
    got[0] = (u32)signo;
    got[1] = (u32)(*pc - CODE);
    *pc = (u64)done;
}

static void put_all(const void *p, long n)
{
    for (long k; n > 0; n -= k, p = (const char *)p + k)
        if ((k = call(SYS_write, 1, (long)p, n, 0, 0, 0)) <= 0)
            call(SYS_exit, 2, 0, 0, 0, 0, 0);
}

__attribute__((used)) void start(void)
{
    static const int signals[] = {4, 5, 7, 8, 11, 31};
    struct { void *sp; int flags; u64 size; } ss = {stack, 0, sizeof stack};
    struct { void *handler; u64 flags, restorer_or_mask, mask; } act = {(void *)handler, 0x48000004, 0, 0};
    call(SYS_sigaltstack, (long)&ss, 0, 0, 0, 0, 0);
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++)
        call(SYS_sigaction, signals[i], (long)&act, 0, 8, 0, 0);
    if (call(SYS_mmap, CODE, 4096, 7, 0x32, -1, 0) != (long)CODE)
        call(SYS_exit, 3, 0, 0, 0, 0, 0);
    middle = (u64)area + AREA / 2;
    for (;;) {
        long n = 0, k;
        while (n < (long)sizeof words && (k = call(SYS_read, 0, (long)words + n, (long)sizeof words - n, 0, 0, 0)) > 0)
            n += k;
        for (long i = 0; i < n / 4; i++) {
            put(words[i]);
            run();
            results[i][0] = got[0];
            results[i][1] = got[1];
        }
        put_all(results, n / 4 * 8);
        if (n < (long)sizeof words)
            call(SYS_exit, 0, 0, 0, 0, 0, 0);
    }
}
