/* Memory copy and set (FEAT_MOPS): faults in the middle can be restarted, sizes of any length, overlap, signals meanwhile. */
#include <sys/time.h>

#include "a64.h"

#define CPYP ".inst 0x1d010440\n"
#define CPYM ".inst 0x1d410440\n"
#define CPYE ".inst 0x1d810440\n"
#define SETP ".inst 0x19c10440\n"
#define SETM ".inst 0x19c14440\n"
#define SETE ".inst 0x19c18440\n"

static void copy(char *to, const char *from, size_t n)
{
    register char *x0 __asm__("x0") = to;
    register const char *x1 __asm__("x1") = from;
    register size_t x2 __asm__("x2") = n;
    __asm__ volatile(CPYP CPYM CPYE : "+r"(x0), "+r"(x1), "+r"(x2) : : "cc", "memory");
    CHECK("all copied", x2, 0);
}

static void set(char *to, int v, size_t n)
{
    register char *x0 __asm__("x0") = to;
    register uint64_t x1 __asm__("x1") = (uint64_t)v;
    register size_t x2 __asm__("x2") = n;
    __asm__ volatile(SETP SETM SETE : "+r"(x0), "+r"(x2) : "r"(x1) : "cc", "memory");
    CHECK("end", x0, to + n);
    CHECK("all set", x2, 0);
}

static char *page_to_open;
static int open_prot;
static volatile int opened;
static volatile uint64_t seen_x0, seen_x2, seen_addr, seen_esr;

/* Makes the page accessible and goes on where it stopped. */
static void on_segv(int signo, siginfo_t *si, void *context)
{
    ucontext_t *uc = context;
    (void)signo;
    seen_addr = (uint64_t)si->si_addr;
    seen_x0 = uc->uc_mcontext.regs[0];
    seen_x2 = uc->uc_mcontext.regs[2];
    for (struct esr_context_ *r = (void *)uc->uc_mcontext.__reserved; r->magic; r = (void *)((char *)r + r->size))
        if (r->magic == 0x45535201)
            seen_esr = r->esr;
    if (++opened > 1 || mprotect(page_to_open, 4096, open_prot))
        _exit(1);
}

static volatile int ticks;
static void on_alarm(int s) { (void)s; ticks++; }

int main(void)
{
    enum { BIG = 24 << 20 };
    struct sigaction a = {.sa_sigaction = on_segv, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &a, NULL);
    char *m = mmap(NULL, 2 * BIG, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *w = mmap(NULL, 5 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 3 * 4096; i++)
        m[i] = (char)(i * 7 + i / 256);

    /* Forward into a page that is not there yet. */
    page_to_open = w + 2 * 4096, open_prot = PROT_READ | PROT_WRITE;
    mprotect(page_to_open, 4096, PROT_NONE);
    copy(w + 4090, m + 3, 8192);
    CHECK("one fault", opened, 1);
    CHECK("where", seen_addr, page_to_open);
    CHECK("a write", seen_esr >> 6 & 1, 1);
    CHECK("what is left", seen_x2, (uint64_t)-(8192 - (page_to_open - (w + 4090))));
    CHECK("the end", seen_x0, w + 4090 + 8192);
    CHECK("copied", memcmp(w + 4090, m + 3, 8192), 0);
    /* Forward out of one. */
    opened = 0, page_to_open = m + 4096, open_prot = PROT_READ;
    mprotect(page_to_open, 4096, PROT_NONE);
    copy(w + 1, m + 4000, 4096);
    CHECK("one fault", opened, 1);
    CHECK("a read", seen_esr >> 6 & 1, 0);
    CHECK("what is left", seen_x2, (uint64_t)-(4096 - 96));
    CHECK("copied", memcmp(w + 1, m + 4000, 4096), 0);
    mprotect(page_to_open, 4096, PROT_READ | PROT_WRITE);
    /* Backward, overlapping. */
    memcpy(w, m, 3 * 4096);
    opened = 0, page_to_open = w + 4096, open_prot = PROT_READ | PROT_WRITE;
    mprotect(page_to_open, 4096, PROT_NONE);
    copy(w + 100, w, 3 * 4096);
    CHECK("one fault", opened, 1);
    CHECK("a read, of the page's last bytes", seen_addr, w + 8191);
    CHECK("what is left", seen_x2, 8192);
    CHECK("copied", memcmp(w + 100, m, 3 * 4096), 0);
    /* Set. */
    opened = 0, page_to_open = w + 4096, open_prot = PROT_READ | PROT_WRITE;
    mprotect(page_to_open, 4096, PROT_READ);
    set(w + 5, 0x1a7, 8192);
    CHECK("one fault", opened, 1);
    CHECK("a write", seen_esr >> 6 & 1, 1);
    for (int i = 5; i < 5 + 8192; i++)
        if (w[i] != (char)0xa7)
            CHECK("set", i, -1);

    /* Long ones, in steps between which signals come. */
    struct sigaction al = {.sa_handler = on_alarm};
    sigaction(SIGALRM, &al, NULL);
    struct itimerval it = {{0, 1000}, {0, 1000}};
    setitimer(ITIMER_REAL, &it, NULL);
    for (int i = 0; i < 40 && (i < 3 || !ticks); i++) {
        set(m, i + 1, BIG);
        copy(m + BIG, m, BIG);
        CHECK("long", m[BIG] + m[2 * BIG - 1], 2 * (i + 1));
        copy(m + 4096, m, BIG);
    }
    CHECK("signals", ticks > 0, 1);
    return finish();
}
