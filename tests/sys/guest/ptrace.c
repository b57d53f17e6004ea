/* ptrace: stops, registers, memory, system calls, events, attaching, group stops, steps. */
#include "ptrace.h"

/* ---- signals ---- */

static void signals_child(void)
{
    handle(SIGUSR1, on, 0);
    handle(SIGUSR2, on, 0);
    raise(SIGUSR1);
    raise(SIGUSR1);         /* becomes USR2 */
    raise(SIGUSR1);         /* is taken away */
    signal(SIGWINCH, SIG_IGN);
    raise(SIGWINCH);        /* is seen all the same */
    raise(SIGCHLD);
    union sigval v = {.sival_int = 5};
    sigqueue(getpid(), SIGRTMIN + 3, v);    /* becomes USR1 with another value */
    mask(SIG_BLOCK, SIGUSR1);
    raise(SIGUSR1);         /* not seen before the mask is changed from outside */
    if (caught != SIGUSR1 * 10000 + SIGUSR2 * 100 + SIGUSR1 || value != 77) _exit(1);
    caught = 0;
    raise(SIGUSR2);
    _exit(caught == SIGUSR1 * 100 + SIGUSR2 || caught == SIGUSR2 * 100 + SIGUSR1 ? 50 : 2);
}

static void signals(void)
{
    siginfo_t i;
    unsigned long m;
    pid_t p = traced(signals_child, 0);
    for (int n = 0, st = go(p, PTRACE_CONT, 0);; n++) {
        say("signals", st);
        if (!WIFSTOPPED(st)) break;
        int pass = WSTOPSIG(st);
        must(ptrace(PTRACE_GETSIGINFO, p, 0, &i) == 0);
        printf("info %d %d own %d\n", i.si_signo, i.si_code, i.si_pid == p);
        if (n == 1) pass = SIGUSR2;
        if (n == 2) pass = 0;
        if (n == 5) {
            pass = SIGUSR1;
            i.si_signo = SIGUSR1;
            i.si_value.sival_int = 77;
            must(ptrace(PTRACE_SETSIGINFO, p, 0, &i) == 0);
        }
        if (n == 6) {
            must(ptrace(PTRACE_GETSIGMASK, p, sizeof m, &m) == 0);
            show("blocked", m >> (SIGUSR1 - 1) & 1);
            m = 0;
            must(ptrace(PTRACE_SETSIGMASK, p, sizeof m, &m) == 0);
        }
        st = go(p, PTRACE_CONT, pass);
    }
}

static void fault_child(void) { *(volatile int *)NEVER = 1; }
static void abort_child(void) { abort(); }
static void pause_child(void) { for (;;) pause(); }

static void deaths(void)
{
    siginfo_t i;
    pid_t p = traced(fault_child, 0);
    say("fault", go(p, PTRACE_CONT, 0));
    must(ptrace(PTRACE_GETSIGINFO, p, 0, &i) == 0);
    printf("info %d %d %lx\n", i.si_signo, i.si_code, (long)i.si_addr);
    say("not passed on", go(p, PTRACE_CONT, 0));
    say("passed on", go(p, PTRACE_CONT, SIGSEGV));
    p = traced(abort_child, 0);
    say("abort", go(p, PTRACE_CONT, 0));
    say("passed on", go(p, PTRACE_CONT, SIGABRT));
    p = traced(pause_child, 0);
    kill(p, SIGKILL);
    say("killed in a stop", next(p));
    show("afterwards", result(ptrace(PTRACE_CONT, p, 0, 0)));
    p = traced(pause_child, 0);
    ptrace(PTRACE_CONT, p, 0, 0);
    show("while it runs", result(ptrace(PTRACE_PEEKDATA, p, &caught, 0)));
    kill(p, SIGKILL);
    say("killed running", next(p));
    p = traced(pause_child, PTRACE_O_TRACEEXIT);
    ptrace(PTRACE_CONT, p, 0, 0);
    kill(p, SIGTERM);
    say("term", next(p));
    say("passed on", go(p, PTRACE_CONT, SIGTERM));
    unsigned long message;
    must(ptrace(PTRACE_GETEVENTMSG, p, 0, &message) == 0);
    show("message", message);
    say("end", go(p, PTRACE_CONT, 0));
    p = traced(pause_child, 0);
    must(ptrace(PTRACE_KILL, p, 0, 0) == 0);
    say("PTRACE_KILL", next(p));
}

/* ---- registers and memory ---- */

static volatile double number;
static long __attribute__((noipa)) trap(long v)
{
#ifdef __x86_64__
    __asm__ volatile(BREAK : "+D"(v));
#elif defined __aarch64__
    register long a __asm__("x0") = v;
    __asm__ volatile(BREAK : "+r"(a));
    v = a;
#else
    register long a __asm__("a0") = v;
    __asm__ volatile(BREAK : "+r"(a));
    v = a;
#endif
    return v;
}

static double __attribute__((noipa)) trap_float(double v)
{
#ifdef __x86_64__
    register double d __asm__("xmm0") = v;
    __asm__ volatile(BREAK : "+x"(d));
#elif defined __aarch64__
    register double d __asm__("d0") = v;
    __asm__ volatile(BREAK : "+w"(d));
#else
    register double d __asm__("fa0") = v;
    __asm__ volatile(BREAK : "+f"(d));
#endif
    return d;
}

static volatile long poked = 11;
static const long constant = 33;
/* As long as each other and the same wherever they stand. */
#ifdef __x86_64__
#define RETURN(n) "mov $" #n ", %eax\nret\n.p2align 4\n"
#elif defined __aarch64__
#define RETURN(n) "mov x0, #" #n "\nret\nnop\nnop\n"
#else
#define RETURN(n) ".option push\n.option norvc\nli a0, " #n "\nret\nnop\nnop\n.option pop\n"
#endif
__asm__(".text\n.p2align 4\n.globl one, two, three\none:\n" RETURN(1) "two:\n" RETURN(2) "three:\n" RETURN(3));
long one(void), two(void), three(void);

static void registers_child(void)
{
    long sum = 0;
    for (int i = 0; i < 100; i++) sum += one();
    if (trap(5) != 1234 || sum != 100) _exit(1);
    if (trap_float(1.5) != 2.25) _exit(2);
    if (poked != 22 || *(volatile const long *)&constant != 44) _exit(3);
    for (int i = 0; i < 100; i++) sum += one();
    trap(0);
    for (int i = 0; i < 100; i++) sum += one();
    _exit(sum == 100 + 200 + 300 ? 60 : 4);
}

static void poke_code(pid_t p, long (*from)(void))
{
    for (int i = 0; i < 16; i += 8) {
        errno = 0;
        long word = ptrace(PTRACE_PEEKTEXT, p, (char *)from + i, 0);
        must(errno == 0 && ptrace(PTRACE_POKETEXT, p, (char *)one + i, word) == 0);
    }
}

static double *float_register(void *buf)
{
#ifdef __x86_64__
    return (double *)((struct user_fpregs_struct *)buf)->xmm_space;
#elif defined __aarch64__
    return (double *)buf;
#else
    return (double *)buf + 10;
#endif
}

static void registers(void)
{
    regs_t r;
    char buf[2048];
    struct iovec v = {buf, sizeof buf};
    pid_t p = traced(registers_child, 0);
    say("break", go(p, PTRACE_CONT, 0));
    get(p, &r);
    siginfo_t i;
    must(ptrace(PTRACE_GETSIGINFO, p, 0, &i) == 0);
    show("argument", r.ARG);
    show("in the program", r.PC >= (unsigned long)trap && r.PC < (unsigned long)trap + 64);
    r.ARG = 1234;
    r.PC += BREAK_SIZE;
    set(p, &r);
    say("break", go(p, PTRACE_CONT, 0));
    v.iov_len = sizeof buf;
    must(ptrace(PTRACE_GETREGSET, p, NT_PRFPREG, &v) == 0);
    show("float", *float_register(buf) * 100);
    *float_register(buf) = 2.25;
    must(ptrace(PTRACE_SETREGSET, p, NT_PRFPREG, &v) == 0);
    get(p, &r);
    r.PC += BREAK_SIZE;
    set(p, &r);
    errno = 0;
    show("peek", ptrace(PTRACE_PEEKDATA, p, &poked, 0));
    show("poke", result(ptrace(PTRACE_POKEDATA, p, &poked, 22)));
    show("poke what is constant", result(ptrace(PTRACE_POKEDATA, p, &constant, 44)));
    show("peek nowhere", result(ptrace(PTRACE_PEEKDATA, p, 8, 0)));
    show("poke nowhere", result(ptrace(PTRACE_POKEDATA, p, 8, 0)));
    poke_code(p, two);
    say("break", go(p, PTRACE_CONT, 0));
    poke_code(p, three);
    get(p, &r);
    r.PC += BREAK_SIZE;
    set(p, &r);
    say("end", go(p, PTRACE_CONT, 0));
}

static void errors(void)
{
    char buf[8];
    struct iovec v = {buf, sizeof buf}, odd = {buf, 3};
    show("nobody", result(ptrace(PTRACE_ATTACH, 99999999, 0, 0)));
    show("itself", result(ptrace(PTRACE_ATTACH, getpid(), 0, 0)));
    show("not a tracee", result(ptrace(PTRACE_CONT, getppid(), 0, 0)));
    pid_t p = traced(pause_child, 0);
    show("attached already", result(ptrace(PTRACE_ATTACH, p, 0, 0)));
    show("options", result(ptrace(PTRACE_SETOPTIONS, p, 0, 1 << 18)));
    show("signal", result(ptrace(PTRACE_CONT, p, 0, 65)));
    show("request", result(ptrace(0x7777, p, 0, 0)));
    show("note", result(ptrace(PTRACE_GETREGSET, p, 0x7777, &v)));
    show("odd size", result(ptrace(PTRACE_GETREGSET, p, NT_PRSTATUS, &odd)));
    show("part of a set", result(ptrace(PTRACE_GETREGSET, p, NT_PRSTATUS, &v)));
    show("bad vector", result(ptrace(PTRACE_GETREGSET, p, NT_PRSTATUS, 8)));
    show("mask size", result(ptrace(PTRACE_GETSIGMASK, p, 4, buf)));
    show("interrupt", result(ptrace(PTRACE_INTERRUPT, p, 0, 0)));
    show("listen", result(ptrace(PTRACE_LISTEN, p, 0, 0)));
    show("bad siginfo", result(ptrace(PTRACE_GETSIGINFO, p, 0, 8)));
    kill(p, SIGKILL);
    say("end", next(p));
    p = untraced(pause_child);
    show("seize with an address", result(ptrace(PTRACE_SEIZE, p, 1, 0)));
    show("seize with options", result(ptrace(PTRACE_SEIZE, p, 0, 1 << 18)));
    kill(p, SIGKILL);
    say("end", next(p));
}

/* ---- system calls ---- */

static void calls_child(void)
{
    must(setpriority(PRIO_PROCESS, 0, 19) == 0);
    if (syscall(SYS_getpriority, 0, 0, 11, 22, 33, 44) != 1) _exit(1);
    if (syscall(SYS_getpgid, 0) != 4321) _exit(2);             /* the result is changed */
    if (syscall(SYS_getpgid, 0) != getppid()) _exit(3);        /* the number is changed */
    errno = 0;
    if (syscall(SYS_getpgid, 0) != -1 || errno != EDOM) _exit(4);  /* not made, and a result given */
    if (syscall(SYS_getpriority, 0, 99999999, 0, 0, 0, 0) != -1 || errno != ESRCH) _exit(5);
    raise(SIGUSR2);
    _exit(70);
}

static void calls(void)
{
    regs_t r;
    unsigned long message;
    int made = 0, st, entry = 0;
    struct __ptrace_syscall_info i;
    pid_t p = traced(calls_child, PTRACE_O_TRACESYSGOOD);
    for (st = go(p, PTRACE_SYSCALL, 0); WIFSTOPPED(st); st = go(p, PTRACE_SYSCALL, 0)) {
        if (WSTOPSIG(st) != (SIGTRAP | 0x80)) { say("calls", st); continue; }
        memset(&i, 0, sizeof i);
        long n = ptrace(PTRACE_GET_SYSCALL_INFO, p, sizeof i, &i);
        must(ptrace(PTRACE_GETEVENTMSG, p, 0, &message) == 0);
        if (i.op == PTRACE_SYSCALL_INFO_ENTRY) {
            entry = (int)i.entry.nr;
            if (entry == SYS_getpgid) {
                made++;
                if (made == 2) set_number(p, SYS_getppid);
                if (made == 3) set_number(p, -1);
            }
            if (entry == SYS_getpriority) printf("entry size %ld args %ld %ld %ld %ld message %lu stack %d\n", n, (long)i.entry.args[2], (long)i.entry.args[3],
                   (long)i.entry.args[4], (long)i.entry.args[5], message, i.stack_pointer != 0);
        } else if (i.op == PTRACE_SYSCALL_INFO_EXIT) {
            if (entry == SYS_getpriority) printf("exit size %ld value %ld error %d message %lu\n", n, (long)i.exit.rval, i.exit.is_error, message);
            if (entry == SYS_getpgid && made != 2) {
                get(p, &r);
                r.RET = made == 1 ? 4321 : (unsigned long)-EDOM;
                set(p, &r);
            }
        } else {
            show("no information", i.op);
        }
    }
    say("end", st);
}

static void filter_child(void)
{
    pid_t group = getpgrp();
    struct sock_filter f[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpgid, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | 123),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getsid, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 9),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog prog = {sizeof f / sizeof f[0], f};
    must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) == 0);
    if (syscall(SYS_getpgid, 0) != group) _exit(1);
    if (syscall(SYS_getpgid, 0) != -1 || errno != EBADF) _exit(2);      /* becomes getsid, which is judged */
    if (syscall(SYS_getpgid, 0) != 55) _exit(3);                        /* not made */
    _exit(71);
}

static void filters(void)
{
    regs_t r;
    int st, n = 0;
    unsigned long message;
    struct __ptrace_syscall_info i;
    pid_t p = traced(filter_child, PTRACE_O_TRACESECCOMP);
    for (st = go(p, PTRACE_CONT, 0); WIFSTOPPED(st); st = go(p, PTRACE_CONT, 0)) {
        say("filter", st);
        must(ptrace(PTRACE_GETEVENTMSG, p, 0, &message) == 0);
        memset(&i, 0, sizeof i);
        ptrace(PTRACE_GET_SYSCALL_INFO, p, sizeof i, &i);
        printf("message %lu op %d number %d data %d\n", message, i.op, i.seccomp.nr == SYS_getpgid, i.seccomp.ret_data);
        if (++n == 2) set_number(p, SYS_getsid);
        if (n == 3) {
            set_number(p, -1);
            get(p, &r);
            r.RET = 55;
            set(p, &r);
        }
    }
    say("end", st);
}

/* ---- events ---- */

static char **args;
static void *thread(void *arg) { return arg; }

static void events_child(void)
{
    int st;
    pthread_t t;
    pid_t p = fork();
    if (!p) _exit(1);
    waitpid(p, &st, 0);
    if (!(p = vfork())) { execl(args[0], args[0], "end", "2", NULL); _exit(90); }
    waitpid(p, &st, 0);
    pthread_create(&t, NULL, thread, NULL);
    pthread_join(t, NULL);
    execl(args[0], args[0], "end", "3", NULL);
}

struct log { pid_t pid; int n; char text[40][64]; };

/* Every stop of every process, each process's in order. */
static void run_events(pid_t first, int how)
{
    static struct log logs[8];
    int n = 0, st;
    pid_t pid;
    memset(logs, 0, sizeof logs);
    logs[n++].pid = first;
    must(ptrace(how, first, 0, 0) == 0);
    while ((pid = waitpid(-1, &st, __WALL)) > 0) {
        int k = 0;
        unsigned long message = 0;
        while (k < n && logs[k].pid != pid) k++;
        if (k == n) logs[n++].pid = pid;
        struct log *l = &logs[k];
        int event = WIFSTOPPED(st) ? st >> 16 : 0;
        if (event) must(ptrace(PTRACE_GETEVENTMSG, pid, 0, &message) == 0);
        if (event == PTRACE_EVENT_EXEC) message = message == (unsigned long)pid;
        if (event >= PTRACE_EVENT_FORK && event <= PTRACE_EVENT_CLONE) {
            /* Children are told by the order of their births. */
            for (k = 0; k < n && logs[k].pid != (pid_t)message; k++);
            if (k == n) logs[n++].pid = (pid_t)message;
            message = 0;
        }
        if (event == PTRACE_EVENT_VFORK_DONE || event == PTRACE_EVENT_STOP) message = 0;
        snprintf(l->text[l->n++], 64, "%s %lu", words(st), message);
        if (WIFSTOPPED(st)) ptrace(how, pid, 0, event || WSTOPSIG(st) == SIGSTOP || WSTOPSIG(st) == SIGTRAP ? 0 : WSTOPSIG(st) & 0x7f);
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < logs[i].n; j++) printf("task %d: %s\n", i, logs[i].text[j]);
}

enum { ALL_EVENTS = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEVFORKDONE | PTRACE_O_TRACEEXIT };

static void events(void)
{
    run_events(traced(events_child, ALL_EVENTS), PTRACE_CONT);
    run_events(traced(events_child, ALL_EVENTS & ~PTRACE_O_TRACEEXIT & ~PTRACE_O_TRACEVFORKDONE), PTRACE_CONT);
    run_events(traced(events_child, 0), PTRACE_CONT);
}

static void *execs(void *arg) { execl(args[0], args[0], "end", "4", NULL); return arg; }
static void thread_exec_child(void)
{
    pthread_t t;
    pthread_create(&t, NULL, execs, NULL);
    pause_child();
}

static void thread_exec(void)
{
    int st;
    unsigned long message;
    pid_t p = traced(thread_exec_child, PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC), t = 0, pid;
    ptrace(PTRACE_CONT, p, 0, 0);
    while ((pid = waitpid(-1, &st, __WALL)) > 0) {
        if (!WIFSTOPPED(st)) { if (pid == p) say("end", st); continue; }
        must(ptrace(PTRACE_GETEVENTMSG, pid, 0, &message) == 0);
        if (st >> 16 == PTRACE_EVENT_CLONE) t = (pid_t)message;
        if (st >> 16 == PTRACE_EVENT_EXEC) printf("exec by the leader's number %d, was the thread %d\n", pid == p, (pid_t)message == t);
        ptrace(PTRACE_CONT, pid, 0, 0);
    }
}

/* ---- attaching ---- */

static void waits_child(void)
{
    struct timespec t = {0, 200000000}, rest = {0, 0};
    sigset_t none;
    int word = 0, bad = 0;
    double before = now();
    sigemptyset(&none);
    handle(SIGUSR1, on, 0);
    tell();
    bad |= nanosleep(&t, &rest) != 0;
    bad |= (now() - before < 0.2 || now() - before > 5) << 1;
    tell();
    bad |= (ppoll(NULL, 0, &t, &none) != 0) << 2;
    tell();
    bad |= (syscall(SYS_futex, &word, FUTEX_WAIT, 0, &t, NULL, 0) != -1 || errno != ETIMEDOUT) << 3;
    tell();
    struct timespec when;
    clock_gettime(CLOCK_MONOTONIC, &when);
    when.tv_nsec += 200000000;
    if (when.tv_nsec >= 1000000000) when.tv_nsec -= 1000000000, when.tv_sec++;
    bad |= (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL) != 0) << 4;
    await_end();
    _exit(bad);
}

static void compute_child(void)
{
    unsigned long sum = 0;
    tell();
    do
        for (unsigned long i = 0; i < 10000; i++) sum = sum * 31 + i;
    while (!is_over());
    _exit(sum != 0 ? 80 : 1);
}

static void busy_child(void)
{
    tell();
    for (;;) syscall(SYS_getppid);
}

static void attaching(void)
{
    siginfo_t i;
    regs_t r;
    begin();
    pid_t p = untraced(waits_child);
    for (int n = 0; n < 4; n++) {
        await();
        nap(60);
        must(ptrace(PTRACE_ATTACH, p, 0, 0) == 0);
        say("attached", next(p));
        must(ptrace(PTRACE_GETSIGINFO, p, 0, &i) == 0);
        printf("info %d\n", i.si_signo);
        get(p, &r);
        must(ptrace(PTRACE_DETACH, p, 0, 0) == 0);
    }
    let_end();
    say("waiting child", next(p));
    p = untraced(compute_child);
    await();
    for (int n = 0; n < 20; n++) {
        must(ptrace(PTRACE_ATTACH, p, 0, 0) == 0);
        int st = next(p);
        if (!WIFSTOPPED(st) || WSTOPSIG(st) != SIGSTOP) say("attached", st);
        get(p, &r);
        must(ptrace(PTRACE_DETACH, p, 0, 0) == 0);
    }
    let_end();
    say("computing child", next(p));
    int stops = 0, ends = 0;
    for (int n = 0; n < 50; n++) {      /* at its very beginning */
        p = untraced(pause_child);
        must(ptrace(PTRACE_ATTACH, p, 0, 0) == 0);
        stops += next(p) == (SIGSTOP << 8 | 0x7f);
        must(ptrace(PTRACE_DETACH, p, 0, SIGTERM) == 0);
        ends += next(p) == SIGTERM;
    }
    printf("attached: %d stops, detached with a signal: %d ends\n", stops, ends);
    end();
}

static void forks_child(void)
{
    int st;
    tell();
    while (!is_over()) {
        pid_t p = fork();
        if (!p) _exit(7);
        if (p < 0 || waitpid(p, &st, 0) != p || st != 7 << 8) _exit(1);
    }
    _exit(86);
}

/* Wherever it is in a fork, it learns of every tracer, and its children of none. */
static void forking(void)
{
    regs_t r;
    int stops = 0;
    begin();
    pid_t p = untraced(forks_child);
    await();
    for (int n = 0; n < 30; n++) {
        int seize = n & 1;
        must(ptrace(seize ? PTRACE_SEIZE : PTRACE_ATTACH, p, 0, 0) == 0);
        if (seize) must(ptrace(PTRACE_INTERRUPT, p, 0, 0) == 0);
        int st = next(p);
        while (WIFSTOPPED(st) && WSTOPSIG(st) == SIGCHLD) st = go(p, PTRACE_CONT, SIGCHLD);
        stops += st == ((seize ? SIGTRAP | 128 << 8 : SIGSTOP) << 8 | 0x7f);
        get(p, &r);
        must(ptrace(PTRACE_DETACH, p, 0, 0) == 0);
    }
    let_end();
    show("stops", stops);
    say("end", next(p));
    end();
}

static void seizing(void)
{
    siginfo_t i;
    begin();
    pid_t p = untraced(busy_child);
    await();
    must(ptrace(PTRACE_SEIZE, p, 0, PTRACE_O_TRACESYSGOOD) == 0);
    show("runs on", result(ptrace(PTRACE_PEEKDATA, p, &caught, 0)));
    must(ptrace(PTRACE_INTERRUPT, p, 0, 0) == 0);
    say("interrupted", next(p));
    must(ptrace(PTRACE_GETSIGINFO, p, 0, &i) == 0);
    printf("info %d %x\n", i.si_signo, i.si_code);
    say("system call", go(p, PTRACE_SYSCALL, 0));
    must(ptrace(PTRACE_CONT, p, 0, 0) == 0);
    kill(p, SIGSTOP);
    say("stop", next(p));
    say("group stop", go(p, PTRACE_CONT, SIGSTOP));
    must(ptrace(PTRACE_LISTEN, p, 0, 0) == 0);
    nap(20);
    kill(p, SIGCONT);
    say("continued", next(p));
    say("its signal", go(p, PTRACE_CONT, 0));
    must(ptrace(PTRACE_CONT, p, 0, SIGCONT) == 0);
    must(ptrace(PTRACE_INTERRUPT, p, 0, 0) == 0);
    int st = next(p);
    say("interrupted again", st);
    must(ptrace(PTRACE_DETACH, p, 0, 0) == 0);
    kill(p, SIGTERM);
    say("end", next(p));
    p = untraced(fault_child);      /* seized or not in time: it dies of the same */
    if (!ptrace(PTRACE_SEIZE, p, 0, 0)) {
        while (WIFSTOPPED(st = next(p))) must(ptrace(PTRACE_CONT, p, 0, WSTOPSIG(st)) == 0);
        say("fault", st);
    } else {
        say("fault", next(p));
    }
    end();
}

static void stopped_child(void) { raise(SIGTSTP); raise(SIGSTOP); _exit(82); }

static void group_stops(void)
{
    signal(SIGTSTP, SIG_DFL);
    pid_t p = traced(stopped_child, 0);
    siginfo_t i;
    int st = go(p, PTRACE_CONT, 0);
    for (int n = 0; n < 2; n++) {
        say("stop", st);
        st = go(p, PTRACE_CONT, SIGSTOP);
        say("in the group stop", st);
        show("siginfo", result(ptrace(PTRACE_GETSIGINFO, p, 0, &i)));
        st = go(p, PTRACE_CONT, 0);
    }
    say("end", st);
}

/* ---- steps ---- */

static volatile int stepped;
static void step_child(void)
{
    handle(SIGUSR1, on, 0);
    long sum = 0;
    for (int i = 0; i < 50; i++) sum += one() + (i & 1);
    raise(SIGUSR1);
    stepped = 1;
    _exit(sum == 75 && caught == SIGUSR1 ? 83 : 1);
}

static void steps(void)
{
#ifdef __riscv
    pid_t q = traced(step_child, 0);
    must(result(ptrace(PTRACE_SINGLESTEP, q, 0, 0)) == -EIO);       /* as on hardware */
    say("without steps", go(q, PTRACE_CONT, 0));
    say("without steps", go(q, PTRACE_CONT, SIGUSR1));
    printf("steps 1 calls of the function 50 handler 1\n");
    say("end", 83 << 8);
#else
    regs_t r;
    int n = 0, in_one = 0, in_handler = 0;
    pid_t p = traced(step_child, 0);
    int st = go(p, PTRACE_SINGLESTEP, 0);
    for (; WIFSTOPPED(st) && n < 100000; n++) {
        get(p, &r);
        in_one += r.PC == (unsigned long)one;
        in_handler += r.PC == (unsigned long)on;
        int signo = WSTOPSIG(st) == SIGTRAP ? 0 : WSTOPSIG(st);
        if (signo) say("without steps", st);
        st = go(p, PTRACE_SINGLESTEP, signo);
    }
    say("without steps", 83 << 8);
    printf("steps %d calls of the function %d handler %d\n", n > 500, in_one, in_handler);
    say("end", st);
#endif
}

/* ---- threads ---- */

static volatile int stop_threads;
static void *computes(void *arg)
{
    unsigned long a = 1, b = 1;
    while (!stop_threads) {
        for (int i = 0; i < 5000; i++) { a = a * 6364136223846793005ul + 1; b = b * 6364136223846793005ul + 1; }
        if (a != b) return (void *)1;
        if (arg) sched_yield();
    }
    return NULL;
}

static void threads_child(void)
{
    pthread_t t[6];
    long bad = 0;
    for (long i = 0; i < 6; i++) pthread_create(&t[i], NULL, computes, (void *)(i & 1));
    tell();
    await_end();
    stop_threads = 1;
    for (int i = 0; i < 6; i++) { void *r; pthread_join(t[i], &r); bad += (long)r; }
    _exit(bad ? 1 : 84);
}

static void threads(void)
{
    regs_t r;
    char path[64];
    int stops = 0;
    begin();
    pid_t p = untraced(threads_child);
    await();
    for (int round = 0; round < 10; round++) {
        pid_t tid[7];
        int n = 0;
        snprintf(path, sizeof path, "/proc/%d/task", p);
        DIR *d = opendir(path);
        for (struct dirent *e; n < 7 && (e = readdir(d));) {
            pid_t id = atoi(e->d_name);
            if (id && ptrace(round & 1 ? PTRACE_SEIZE : PTRACE_ATTACH, id, 0, 0) == 0) tid[n++] = id;
        }
        closedir(d);
        for (int i = 0; i < n; i++) if (round & 1) must(ptrace(PTRACE_INTERRUPT, tid[i], 0, 0) == 0);
        for (int i = 0; i < n; i++) must(WIFSTOPPED(next(tid[i])));
        for (int i = 0; i < n; i++) { get(tid[i], &r); stops++; }
        for (int i = 0; i < n; i++) must(ptrace(PTRACE_DETACH, tid[i], 0, 0) == 0);
    }
    let_end();
    show("stops", stops);
    say("end", next(p));
    end();
}

/* As LeakSanitizer does: a clone in the same memory stops all others. */
static char tracer_stack[1 << 16] __attribute__((aligned(16)));
static pid_t victims[4];
static int tracer(void *arg)
{
    regs_t r;
    struct iovec v = {&r, sizeof r};
    int seen = 0, st;
    for (int i = 0; i < 4; i++) {
        if (ptrace(PTRACE_ATTACH, victims[i], 0, 0)) return 1;
        if (waitpid(victims[i], &st, __WALL) != victims[i] || !WIFSTOPPED(st)) return 2;
        v.iov_len = sizeof r;
        if (ptrace(PTRACE_GETREGSET, victims[i], NT_PRSTATUS, &v)) return 3;
        seen += r.PC != 0;
    }
    for (int i = 0; i < 4; i++) if (ptrace(PTRACE_DETACH, victims[i], 0, 0)) return 4;
    (void)arg;
    return 90 + seen;
}

static void *victim(void *arg)
{
    victims[(long)arg] = (pid_t)syscall(SYS_gettid);
    tell();
    return computes(NULL);
}

static void sibling_tracer(void)
{
    pthread_t t[3];
    int st;
    begin();
    prctl(PR_SET_PTRACER, -1, 0, 0, 0);
    stop_threads = 0;
    for (long i = 0; i < 3; i++) pthread_create(&t[i], NULL, victim, (void *)i);
    for (int i = 0; i < 3; i++) await();
    victims[3] = getpid();
    for (int round = 0; round < 5; round++) {
        pid_t p = clone(tracer, tracer_stack + sizeof tracer_stack, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_UNTRACED, NULL);
        must(p > 0 && waitpid(p, &st, __WALL) == p);
        say("tracer", st);
    }
    stop_threads = 1;
    for (int i = 0; i < 3; i++) pthread_join(t[i], NULL);
    end();
}

int main(int argc, char **argv)
{
    if (argc > 2) _exit(argv[2][0] - '0');
    static const struct { const char *name; void (*f)(void); } parts[] = {
        {"signals", signals}, {"deaths", deaths}, {"registers", registers}, {"errors", errors}, {"calls", calls}, {"filters", filters},
        {"events", events}, {"thread_exec", thread_exec}, {"attaching", attaching}, {"forking", forking}, {"seizing", seizing}, {"group_stops", group_stops},
        {"steps", steps}, {"threads", threads}, {"sibling_tracer", sibling_tracer}};
    args = argv;
    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (argc < 2 || !strcmp(argv[1], parts[i].name)) {
            printf("-- %s\n", parts[i].name);
            parts[i].f();
            fflush(stdout);
        }
    return 0;
}
