/* prctl(PR_SET_SYSCALL_USER_DISPATCH): calls outside a range of code as SIGSYS, by a byte in memory; refused on arm64 (tests/sys/a64/userdispatch.c). */
// guests: riscv64
#include "t.h"

#define SET 59 /* PR_SET_SYSCALL_USER_DISPATCH */
static volatile char selector;
static volatile int dispatched;
static volatile long number;

static long set(long mode, unsigned long offset, unsigned long len, const volatile void *byte)
{
    return prctl(SET, mode, offset, len, byte) ? -errno : 0;
}

static void on_sys(int signo, siginfo_t *i, void *u)
{
    selector = 0;
    dispatched += i->si_code == 2 && !i->si_errno && i->si_arch && i->si_call_addr;
    number = i->si_syscall;
}

static void by_selector(void)
{
    handle(SIGSYS, on_sys, 0);
    if (set(1, 0, 0, &selector)) _exit(1);
    for (int i = 0; i < 5; i++) {
        if (syscall(SYS_getppid) <= 0 || dispatched != i) _exit(2);
        selector = 1;
        syscall(SYS_getuid);
        if (dispatched != i + 1 || number != SYS_getuid || selector) _exit(3);
    }
    if (set(0, 0, 0, NULL)) _exit(4);
    selector = 1;
    syscall(SYS_getuid);
    _exit(dispatched == 5 ? 77 : 5);
}

static void by_range(void)
{
    handle(SIGSYS, on_sys, 0);
    selector = 1;
    if (set(1, 0, ~0ul, &selector)) _exit(1);
    if (syscall(SYS_getppid) <= 0 || dispatched) _exit(2);
    if (set(1, (unsigned long)by_range & -4096ul, 16, &selector)) _exit(3);
    syscall(SYS_getuid);
    _exit(dispatched == 1 ? 77 : 4);
}

static void child_has_none(void)
{
    int status;
    if (set(1, 0, 0, &selector)) _exit(1);
    pid_t p = fork();
    if (!p) {
        selector = 1;
        syscall(SYS_getuid);
        _exit(77);
    }
    waitpid(p, &status, 0);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 2);
}

static void wrong_byte(void) { set(1, 0, 0, &selector); selector = 7; syscall(SYS_getuid); _exit(1); }
static void no_byte(void) { handle(SIGSEGV, on_sys, 0); set(1, 0, 0, (void *)8); syscall(SYS_getuid); _exit(1); }
static void no_selector(void) { set(1, 0, 0, NULL); syscall(SYS_getuid); _exit(1); }

int main(void)
{
    show("selector", run_child(by_selector));
    show("range", run_child(by_range));
    show("child", run_child(child_has_none));
    show("wrong byte", run_child(wrong_byte));
    show("no byte", run_child(no_byte));
    show("no selector", run_child(no_selector));
    printf("%ld %ld %ld %ld %ld %ld\n", set(0, 0, 0, NULL), set(0, 1, 0, NULL), set(0, 0, 0, &selector), set(9, 0, 0, NULL),
           set(1, 4096, -4096ul, NULL), set(1, 0, 0, (void *)(1ul << 63)));
    return 0;
}
