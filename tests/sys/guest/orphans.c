/* ptrace: tracers that end, and the deaths of either side at any moment. */
#include "ptrace.h"

/* Computes until it is told to end. */
static void orphan_child(void)
{
    volatile unsigned long sum = 0;
    tell();
    while (!is_over())
        for (unsigned long i = 0; i < 10000; i++) sum = sum * 31 + i;
    _exit(80);
}

static void orphan(long options, int how, long after)
{
    int go_on[2], st = -1;
    char c;
    begin();
    must(pipe(go_on) == 0);
    pid_t p = untraced(orphan_child);
    await();
    fflush(stdout);
    pid_t t = fork();
    if (!t) {
        if (how == 0) {
            if (ptrace(PTRACE_SEIZE, p, 0, options)) _exit(1);
        } else if (ptrace(PTRACE_ATTACH, p, 0, 0) || waitpid(p, &st, __WALL) != p || ptrace(PTRACE_SETOPTIONS, p, 0, options) ||
                   ptrace(how == 1 ? PTRACE_CONT : PTRACE_SYSCALL, p, 0, 0)) {
            _exit(2);
        }
        must(write(go_on[1], "", 1) == 1);
        while (waitpid(p, &st, __WALL) == p && WIFSTOPPED(st)) ptrace(how == 2 ? PTRACE_SYSCALL : PTRACE_CONT, p, 0, 0);
        _exit(3);
    }
    must(read(go_on[0], &c, 1) == 1);
    nap(after);
    kill(t, SIGKILL);
    must(waitpid(t, &st, 0) == t);
    say("tracer", st);
    let_end();
    must(waitpid(p, &st, 0) == p);
    say("tracee", st);
    end();
    for (int i = 0; i < 2; i++) close(go_on[i]);
}

static void await_end_child(void)
{
    tell();
    await_end();
    _exit(81);
}

/* The tracer ends at a stop that it has waited for, or only seen: then what stopped the tracee, if that is a signal, is still to come. */
static void left(const char *what, int signo, long options, int how)
{
    for (int flags = 0; flags <= WNOWAIT; flags += WNOWAIT) {
        int st;
        siginfo_t i;
        begin();
        pid_t p = untraced(await_end_child);
        await();
        pid_t t = fork();
        if (!t) {
            must(ptrace(PTRACE_SEIZE, p, 0, options) == 0);
            if (signo) must(kill(p, signo) == 0);
            else must(ptrace(PTRACE_INTERRUPT, p, 0, 0) == 0);
            if (how) must(WIFSTOPPED(next(p)) && ptrace(how, p, 0, 0) == 0);
            must(waitid(P_PID, p, &i, WSTOPPED | flags) == 0);
            _exit(i.si_status);
        }
        must(waitpid(t, &st, 0) == t);
        say(what, st);
        let_end();
        must(waitpid(p, &st, 0) == p);
        say(flags ? "left unwaited" : "left", st);
        end();
    }
}

/* PTRACE_ATTACH's SIGSTOP is the tracee's own if its tracer ends without having waited for it. */
static void attached(const char *what, int waits)
{
    int st;
    begin();
    pid_t p = untraced(await_end_child);
    await();
    pid_t t = fork();
    if (!t) {
        must(ptrace(PTRACE_ATTACH, p, 0, 0) == 0);
        if (waits) next(p);
        _exit(9);
    }
    must(waitpid(t, &st, 0) == t);
    if (!waits) {
        must(waitpid(p, &st, WUNTRACED) == p);
        say(what, st);
        kill(p, SIGCONT);
    }
    let_end();
    must(waitpid(p, &st, WUNTRACED) == p);
    say(what, st);
    end();
}

static void orphans(void)
{
    for (int how = 0; how < 3; how++)
        for (int i = 0; i < 3; i++) orphan(how == 2 ? PTRACE_O_TRACESYSGOOD : 0, how, i * 7);
    orphan(PTRACE_O_EXITKILL, 0, 10);
    orphan(PTRACE_O_EXITKILL, 1, 10);
    left("signal", SIGUSR1, 0, 0);
    left("call", 0, 0, PTRACE_SYSCALL);
    left("call, told from traps", 0, PTRACE_O_TRACESYSGOOD, PTRACE_SYSCALL);
    left("event", 0, 0, 0);
    attached("waited for", 1);
    for (int i = 0; i < 20; i++) attached("attached to", 0);
}

/* Calls, signals, faults, children and threads until it is told to end. */
static void *short_life(void *arg) { syscall(SYS_getppid); return arg; }
static void lively_child(void)
{
    handle(SIGUSR1, on, 0);
    tell();
    while (!is_over()) {
        pthread_t t;
        raise(SIGUSR1);
        syscall(SYS_getppid);
        pid_t p = fork();
        if (!p) _exit(7);
        if (p > 0) waitpid(p, NULL, 0);
        if (!(p = vfork())) _exit(8);
        if (!pthread_create(&t, NULL, short_life, NULL)) pthread_join(t, NULL);
    }
    _exit(85);
}

static void follow(pid_t p, int how, int seize)
{
    int st;
    pid_t pid;
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXIT;
    /* The SIGSTOP that attached children begin with would be theirs when the tracer dies. */
    if (seize) options |= PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;
    if (ptrace(seize ? PTRACE_SEIZE : PTRACE_ATTACH, p, 0, seize ? options : 0)) _exit(1);
    if (seize) ptrace(PTRACE_INTERRUPT, p, 0, 0);
    else if (waitpid(p, &st, __WALL) == p) {
        ptrace(PTRACE_SETOPTIONS, p, 0, options);
        ptrace(how, p, 0, 0);
    }
    while ((pid = waitpid(-1, &st, __WALL)) > 0)
        if (WIFSTOPPED(st)) ptrace(how, pid, 0, st >> 16 || WSTOPSIG(st) != SIGUSR1 ? 0 : SIGUSR1);
    _exit(4);
}

/* One of the two is killed at some moment: the other goes on to its own end. */
static void kills(void)
{
    int tracers = 0, tracees = 0, bad = 0, st;
    for (int i = 0; i < 24; i++) {
        begin();
        pid_t p = untraced(lively_child);
        await();
        pid_t t = fork();
        if (!t) follow(p, i & 2 ? PTRACE_SYSCALL : PTRACE_CONT, i & 4);
        nap(i * 7919 % 97);
        kill(i & 1 ? p : t, SIGKILL);
        must(waitpid(t, &st, 0) == t);
        kill(p, SIGCONT);       /* PTRACE_ATTACH's */
        let_end();
        if (!(i & 1)) tracers += WIFSIGNALED(st);
        else if (!WIFEXITED(st)) bad++;
        must(waitpid(p, &st, 0) == p);
        if (i & 1) tracees += WIFSIGNALED(st);
        else if (!WIFEXITED(st) || WEXITSTATUS(st) != 85) { printf("tracee: %s\n", words(st)); bad++; }
        end();
    }
    printf("killed %d tracers, %d tracees, others ended badly: %d\n", tracers, tracees, bad);
}

int main(void)
{
    orphans();
    kills();
    return 0;
}
