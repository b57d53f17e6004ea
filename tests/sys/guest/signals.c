/* Actions, masks, queues, siginfo, alternate stacks: everything that needs no race to show. */
#include "t.h"
#include <sys/signalfd.h>

static volatile int count, last_signo, last_code, order[64], norder;
static volatile long last_value;
static void note(int s, siginfo_t *i, void *c) { (void)c; count++; last_signo = s; last_code = i->si_code; last_value = i->si_value.sival_int; if (norder < 64) order[norder++] = s; }

static void actions(void)
{
    struct sigaction a, old;
    handle(SIGUSR1, note, 0);
    raise(SIGUSR1);
    show("raise", count);
    show("raise code is SI_TKILL", last_code == SI_TKILL);
    kill(getpid(), SIGUSR1);
    show("kill", count);
    show("kill code is SI_USER", last_code == SI_USER);
    handle(SIGUSR1, note, SA_RESETHAND);
    raise(SIGUSR1);
    sigaction(SIGUSR1, NULL, &old);
    show("reset hand", old.sa_handler == SIG_DFL);
    memset(&a, 0, sizeof a);
    a.sa_sigaction = note;
    a.sa_flags = SA_SIGINFO | SA_RESTART | SA_NODEFER | SA_ONSTACK;
    sigemptyset(&a.sa_mask);
    sigaddset(&a.sa_mask, SIGHUP);
    sigaddset(&a.sa_mask, SIGKILL);
    sigaction(SIGUSR2, &a, NULL);
    sigaction(SIGUSR2, NULL, &old);
    show("flags kept", (old.sa_flags & ~0x04000000) == a.sa_flags);
    show("mask has HUP", sigismember(&old.sa_mask, SIGHUP));
    show("mask has KILL", sigismember(&old.sa_mask, SIGKILL));
    show("set KILL", sigaction(SIGKILL, &a, NULL) ? errno : 0);
    show("set 65", syscall(SYS_rt_sigaction, 65, NULL, &old, 8) ? errno : 0);
    show("set 0", syscall(SYS_rt_sigaction, 0, NULL, &old, 8) ? errno : 0);
    show("size 4", syscall(SYS_rt_sigaction, 10, NULL, &old, 4) ? errno : 0);
    show("bad pointer", syscall(SYS_rt_sigaction, 10, (void *)8, NULL, 8) ? errno : 0);
    signal(SIGUSR1, SIG_IGN);
    mask(SIG_BLOCK, SIGUSR1);
    raise(SIGUSR1);
    sigset_t p;
    sigpending(&p);
    show("ignored while blocked pends", sigismember(&p, SIGUSR1));
    mask(SIG_UNBLOCK, SIGUSR1);
    handle(SIGUSR1, note, 0);
    count = 0;
    mask(SIG_BLOCK, SIGUSR1);
    for (int i = 0; i < 5; i++) raise(SIGUSR1);
    sigpending(&p);
    show("pending", sigismember(&p, SIGUSR1));
    show("count while blocked", count);
    mask(SIG_UNBLOCK, SIGUSR1);
    show("coalesced", count);
}

static volatile int depth, deepest, total;
static void nest(int s, siginfo_t *i, void *c)
{
    (void)i, (void)c;
    int d = ++depth;
    if (d > deepest) deepest = d;
    if (++total < 10) raise(s);
    depth--;
}

static void nesting(void)
{
    handle(SIGUSR1, nest, SA_NODEFER);
    raise(SIGUSR1);
    show("nested with NODEFER", deepest);
    show("times", total);
    deepest = total = 0;
    handle(SIGUSR1, nest, 0);
    raise(SIGUSR1);
    show("nested without", deepest);
    show("times", total);
    signal(SIGUSR1, SIG_DFL);
}

static void queues(void)
{
    int lo = SIGRTMIN, hi = SIGRTMIN + 3;
    union sigval v;
    handle(lo, note, 0);
    handle(hi, note, 0);
    mask(SIG_BLOCK, lo);
    mask(SIG_BLOCK, hi);
    count = norder = 0;
    for (int i = 0; i < 3; i++) {
        v.sival_int = 100 + i;
        sigqueue(getpid(), hi, v);
        sigqueue(getpid(), lo, v);
    }
    sigset_t s;
    siginfo_t info;
    sigemptyset(&s);
    sigaddset(&s, hi);
    show("sigwaitinfo", sigwaitinfo(&s, &info) == hi);
    show("value", info.si_value.sival_int);
    show("code", info.si_code);
    show("from us", info.si_pid == getpid() && info.si_uid == getuid());
    mask(SIG_UNBLOCK, lo);
    show("queued low delivered", count);
    show("last value", last_value);
    mask(SIG_UNBLOCK, hi);
    show("queued high delivered", count);
    show("last value", last_value);
    struct timespec zero = {0, 1000000};
    show("sigtimedwait times out", sigtimedwait(&s, NULL, &zero) < 0 ? errno : 0);
    /* Both unblocked at once: lowest first, so the highest runs first of all frames. */
    sigset_t both;
    sigemptyset(&both);
    sigaddset(&both, lo);
    sigaddset(&both, hi);
    sigprocmask(SIG_BLOCK, &both, NULL);
    v.sival_int = 7;
    sigqueue(getpid(), hi, v);
    sigqueue(getpid(), lo, v);
    norder = 0;
    sigprocmask(SIG_UNBLOCK, &both, NULL);
    show("two at once", norder);
}

static void suspend(void)
{
    sigset_t s, old, now_set;
    handle(SIGUSR1, note, 0);
    mask(SIG_BLOCK, SIGUSR1);
    raise(SIGUSR1);
    count = 0;
    sigemptyset(&s);
    errno = 0;
    show("sigsuspend", sigsuspend(&s));
    show("errno", errno);
    show("handled", count);
    sigprocmask(0, NULL, &now_set);
    show("blocked again", sigismember(&now_set, SIGUSR1));
    raise(SIGUSR1);
    struct timespec ts = {5, 0};
    show("ppoll", ppoll(NULL, 0, &ts, &s));
    show("errno", errno);
    show("handled", count);
    raise(SIGUSR1);
    fd_set none;
    FD_ZERO(&none);
    show("pselect", pselect(0, &none, NULL, NULL, &ts, &s));
    show("errno", errno);
    show("handled", count);
    sigprocmask(0, NULL, &old);
    show("blocked again", sigismember(&old, SIGUSR1));
    /* The synchronous ones, sent: queued while blocked, let in by the temporary mask. */
    handle(SIGSEGV, note, 0);
    mask(SIG_BLOCK, SIGSEGV);
    count = 0;
    raise(SIGSEGV);
    sigpending(&old);
    show("sent SEGV pends", sigismember(&old, SIGSEGV));
    show("count", count);
    show("sigsuspend", sigsuspend(&s));
    show("count", count);
    raise(SIGSEGV);
    sigemptyset(&s);
    sigaddset(&s, SIGSEGV);
    show("sigwait SEGV", sigwaitinfo(&s, NULL));
    raise(SIGSEGV);
    mask(SIG_UNBLOCK, SIGSEGV);
    show("count", count);
    kill(getpid(), SIGFPE);
    mask(SIG_UNBLOCK, SIGUSR1);
    signal(SIGSEGV, SIG_DFL);
}

static void fpe(int s, siginfo_t *i, void *c) { (void)c; printf("sent FPE %d code %d\n", s, i->si_code); }

static void sigfd(void)
{
    sigset_t s;
    struct signalfd_siginfo si;
    sigemptyset(&s);
    sigaddset(&s, SIGUSR2);
    mask(SIG_BLOCK, SIGUSR2);
    int fd = signalfd(-1, &s, SFD_NONBLOCK | SFD_CLOEXEC);
    must(fd >= 0);
    show("empty signalfd", read(fd, &si, sizeof si) < 0 ? errno : 0);
    union sigval v = {.sival_int = 42};
    sigqueue(getpid(), SIGUSR2, v);
    show("signalfd", read(fd, &si, sizeof si));
    show("signo", si.ssi_signo);
    show("value", si.ssi_int);
    mask(SIG_UNBLOCK, SIGUSR2);
    close(fd);
}

static char altstack[65536] __attribute__((aligned(16)));
static volatile int on_alt, alt_flags_inside, alt_set_inside;
static void alt(int s, siginfo_t *i, void *c)
{
    (void)s, (void)i;
    char here;
    stack_t st, again = {.ss_sp = altstack, .ss_size = sizeof altstack};
    on_alt = &here >= altstack && &here < altstack + sizeof altstack;
    sigaltstack(NULL, &st);
    alt_flags_inside = st.ss_flags;
    alt_set_inside = st.ss_flags & SS_ONSTACK && sigaltstack(&again, NULL) ? errno : 0;
    ucontext_t *uc = c;
    show("frame's stack is ours", uc->uc_stack.ss_sp == altstack && uc->uc_stack.ss_size == sizeof altstack);
}

static void altstacks(void)
{
    stack_t st = {.ss_sp = altstack, .ss_size = sizeof altstack}, old;
    show("set", sigaltstack(&st, &old));
    show("was disabled", old.ss_flags);
    handle(SIGUSR1, alt, SA_ONSTACK);
    raise(SIGUSR1);
    show("on it", on_alt);
    show("flags inside", alt_flags_inside);
    show("set inside", alt_set_inside);
    handle(SIGUSR1, alt, 0);
    raise(SIGUSR1);
    show("without ONSTACK", on_alt);
    st.ss_flags = (int)(1u << 31);
    sigaltstack(&st, NULL);
    handle(SIGUSR1, alt, SA_ONSTACK);
    raise(SIGUSR1);
    show("autodisarm on it", on_alt);
    show("autodisarm inside", alt_flags_inside);
    show("autodisarm set inside", alt_set_inside);
    sigaltstack(NULL, &old);
    show("armed again", old.ss_flags == st.ss_flags && old.ss_sp == altstack);
    st.ss_size = 100;
    st.ss_flags = 0;
    show("too small", sigaltstack(&st, NULL) ? errno : 0);
    st.ss_flags = 99;
    show("bad flags", sigaltstack(&st, NULL) ? errno : 0);
    st.ss_flags = SS_DISABLE;
    show("disable", sigaltstack(&st, NULL));
}

static volatile int low_ran;
static void low(int s) { low_ran = s; }

/* glibc keeps 32 and 33 for itself; the kernel does not. */
static void reserved(void)
{
#ifdef __x86_64__
    low_ran = 32;
    show("signal 32", low_ran);
#else
    struct { void (*h)(int); unsigned long flags, restorer_or_mask, mask; } a = {low, 0, 0, 0};
    must(syscall(SYS_rt_sigaction, 32, &a, NULL, 8) == 0);
    syscall(SYS_tgkill, getpid(), gettid(), 32);
    show("signal 32", low_ran);
#endif
}

static void die_segv(void) { signal(SIGSEGV, SIG_DFL); raise(SIGSEGV); }
static void die_term(void) { raise(SIGTERM); }
static void die_kill(void) { raise(SIGKILL); }
static void die_abort(void) { abort(); }
static void die_rt(void) { raise(SIGRTMIN + 5); }
static void die_null(void) { *(volatile int *)8 = 1; }
static void die_null_blocked(void) { mask(SIG_BLOCK, SIGSEGV); *(volatile int *)8 = 1; }
static void die_null_ignored(void) { signal(SIGSEGV, SIG_IGN); *(volatile int *)8 = 1; }
static void live_ignored(void) { signal(SIGSEGV, SIG_IGN); raise(SIGSEGV); _exit(7); }
static void die_jump(void) { ((void (*)(void))0x1000)(); }
static void die_noexec(void) { ((void (*)(void))altstack)(); }
static void die_trap(void) { __builtin_trap(); }

int main(void)
{
    actions();
    nesting();
    queues();
    handle(SIGFPE, fpe, 0);
    suspend();
    sigfd();
    altstacks();
    reserved();
    show("dies of raised SEGV", run_child(die_segv));
    show("dies of TERM", run_child(die_term));
    show("dies of KILL", run_child(die_kill));
    show("aborts", run_child(die_abort));
    show("dies of realtime", run_child(die_rt) - 1000 - SIGRTMIN);
    show("null", run_child(die_null));
    show("null, SEGV blocked", run_child(die_null_blocked));
    show("null, SEGV ignored", run_child(die_null_ignored));
    show("sent SEGV ignored", run_child(live_ignored));
    show("wild jump", run_child(die_jump));
    show("jump to data", run_child(die_noexec));
    show("trap is ILL or TRAP", (run_child(die_trap) - 1000 == SIGILL) | 1);
    return 0;
}
