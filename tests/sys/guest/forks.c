/* fork, vfork and posix_spawn: alone, in trees, from threads, in handlers; what children inherit and how they end. */
#include "t.h"
#include <spawn.h>

extern char **environ;
static volatile int count;
static void note(int s, siginfo_t *i, void *c) { (void)s, (void)i, (void)c; count++; }

static void statuses(void)
{
    int codes = 0;
    for (int i = 0; i < 200; i++) {
        pid_t pid = fork();
        must(pid >= 0);
        if (!pid) _exit(i & 127);
        int st;
        must(waitpid(pid, &st, 0) == pid);
        codes += WIFEXITED(st) && WEXITSTATUS(st) == (i & 127);
    }
    show("right codes", codes);
    show("no child left", waitpid(-1, NULL, 0) < 0 ? errno : 0);
    siginfo_t si;
    pid_t pid = fork();
    if (!pid) _exit(33);
    show("waitid", waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT));
    show("status", si.si_status);
    show("code", si.si_code == CLD_EXITED);
    waitpid(pid, NULL, 0);
}

static int tree(int n)
{
    int sum = 1;
    if (n)
        for (int i = 0; i < 3; i++) {
            int p[2], part = 0;
            must(pipe(p) == 0);
            pid_t pid = fork();
            must(pid >= 0);
            if (!pid) { int s = tree(n - 1); must(write(p[1], &s, sizeof s) == sizeof s); _exit(0); }
            must(read(p[0], &part, sizeof part) == sizeof part);
            sum += part;
            waitpid(pid, NULL, 0);
            close(p[0]);
            close(p[1]);
        }
    return sum;
}

static void inheriting(void)
{
    handle(SIGUSR1, note, 0);
    mask(SIG_BLOCK, SIGUSR1);
    raise(SIGUSR1);
    pid_t pid = fork();
    if (!pid) {
        sigset_t p;
        sigpending(&p);
        int r = sigismember(&p, SIGUSR1);
        mask(SIG_UNBLOCK, SIGUSR1);
        r += count * 2;
        raise(SIGUSR1);
        _exit(r + count * 4);
    }
    int st;
    waitpid(pid, &st, 0);
    show("pending not inherited, handler and mask are", WEXITSTATUS(st));
    mask(SIG_UNBLOCK, SIGUSR1);
    show("delivered in the parent", count);
    volatile int shared = 1;
    int *mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid = fork();
    if (!pid) { shared = 2; *mapped = 3; _exit(0); }
    waitpid(pid, &st, 0);
    show("private memory", shared);
    show("shared memory", *mapped);
}

static atomic_int stop, forked;
static void *churn(void *arg)
{
    unsigned long x = (unsigned long)arg;
    while (!stop) { void *p = malloc(x % 3000 + 1); x = x * 25214903917ul + 11; memset(p, 1, 1); free(p); }
    return NULL;
}
static void *forker(void *arg)
{
    for (int i = 0; i < 40; i++) {
        pid_t pid = fork();
        must(pid >= 0);
        if (!pid) { void *p = malloc(10000); memset(p, 2, 10000); free(p); _exit((int)(long)arg); }
        int st;
        must(waitpid(pid, &st, 0) == pid);
        if (WIFEXITED(st) && WEXITSTATUS(st) == (int)(long)arg) forked++;
    }
    return NULL;
}

static void from_threads(void)
{
    pthread_t c[2], f[3];
    for (long i = 0; i < 2; i++) pthread_create(&c[i], NULL, churn, (void *)(i + 1));
    for (long i = 0; i < 3; i++) pthread_create(&f[i], NULL, forker, (void *)(i + 10));
    for (int i = 0; i < 3; i++) pthread_join(f[i], NULL);
    stop = 1;
    for (int i = 0; i < 2; i++) pthread_join(c[i], NULL);
    show("forked from threads", forked);
    /* The child of a threaded process makes threads of its own. */
    pid_t pid = fork();
    if (!pid) {
        stop = 0;
        pthread_t t;
        pthread_create(&t, NULL, churn, (void *)3);
        usleep(2000);
        stop = 1;
        pthread_join(t, NULL);
        _exit(21);
    }
    int st;
    waitpid(pid, &st, 0);
    show("threads in the child", WEXITSTATUS(st));
}

static volatile pid_t handler_child;
static void forks_here(int s, siginfo_t *i, void *c)
{
    (void)s, (void)i, (void)c;
    handler_child = fork();
    if (!handler_child) count = 1000;
}

static void in_handler(void)
{
    handle(SIGUSR2, forks_here, 0);
    count = 0;
    raise(SIGUSR2);
    if (!handler_child) _exit(count == 1000 ? 44 : 45);
    int st;
    waitpid(handler_child, &st, 0);
    show("forked in a handler", WEXITSTATUS(st));
}

static void vforking(void)
{
    int good = 0;
    volatile int changed = 0;
    for (int i = 0; i < 100; i++) {
        pid_t pid = vfork();
        if (!pid) { changed++; _exit(i); }
        int st;
        must(waitpid(pid, &st, 0) == pid);
        good += WEXITSTATUS(st) == i;
    }
    show("vfork", good);
    show("memory is shared", changed);
    handle(SIGUSR1, note, 0);
    count = 0;
    pid_t pid = vfork();
    if (!pid) {
        signal(SIGUSR1, SIG_IGN);
        signal(SIGSEGV, SIG_IGN);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    raise(SIGUSR1);
    show("parent's handler survives", count);
    errno = 0;
    pid = vfork();
    if (!pid) { execl("/nonexistent/program", "x", (char *)NULL); _exit(errno); }
    int st;
    waitpid(pid, &st, 0);
    show("failed exec in vfork", WEXITSTATUS(st));
    pid = vfork();
    if (!pid) { raise(SIGKILL); _exit(0); }
    waitpid(pid, &st, 0);
    show("vfork child killed", WIFSIGNALED(st) ? WTERMSIG(st) : -1);
}

static char *self;
static void spawning(void)
{
    pid_t pid;
    int st, good = 0;
    char *argv[] = {self, "child", "7", NULL};
    show("spawn of a missing file", posix_spawn(&pid, "/nonexistent/program", NULL, NULL, argv, environ));
    show("spawn of a directory", posix_spawn(&pid, "/tmp", NULL, NULL, argv, environ));
    for (int i = 0; i < 20; i++) {
        must(posix_spawn(&pid, self, NULL, NULL, argv, environ) == 0);
        waitpid(pid, &st, 0);
        good += WIFEXITED(st) && WEXITSTATUS(st) == 7;
    }
    show("spawned", good);
    posix_spawnattr_t attr;
    sigset_t set;
    posix_spawnattr_init(&attr);
    sigfillset(&set);
    posix_spawnattr_setsigdefault(&attr, &set);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    posix_spawnattr_setsigmask(&attr, &set);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    char *mask_argv[] = {self, "mask", NULL};
    signal(SIGHUP, SIG_IGN);
    must(posix_spawn(&pid, self, NULL, &attr, mask_argv, environ) == 0);
    waitpid(pid, &st, 0);
    show("mask and defaults of the spawned", WEXITSTATUS(st));
    posix_spawn_file_actions_t fa;
    int p[2];
    char buf[64] = {0};
    must(pipe(p) == 0);
    posix_spawn_file_actions_init(&fa);
    posix_spawn_file_actions_adddup2(&fa, p[1], 1);
    char *echo_argv[] = {self, "echo", NULL};
    must(posix_spawn(&pid, self, &fa, NULL, echo_argv, environ) == 0);
    close(p[1]);
    must(read(p[0], buf, 63) > 0);
    waitpid(pid, &st, 0);
    printf("through the pipe: %s", buf);
}

static void *spawner(void *arg)
{
    for (int i = 0; i < 10; i++) {
        pid_t pid;
        int st;
        char *argv[] = {self, "child", "9", NULL};
        must(posix_spawn(&pid, self, NULL, NULL, argv, environ) == 0);
        waitpid(pid, &st, 0);
        if (WEXITSTATUS(st) == 9) ++*(atomic_int *)arg;
    }
    return NULL;
}

/* CLONE_VM without CLONE_THREAD or CLONE_VFORK: a process that shares memory and runs at the same time. */
static volatile int vm_word;
static int vm_child(void *arg) { vm_word = (int)(long)arg; return 5; }
static void shared_process(void)
{
    static char stack[20][65536] __attribute__((aligned(16)));
    int st, good = 0;
    for (int i = 0; i < 100; i++) {
        pid_t pid = clone(vm_child, stack[i % 20] + 65536, CLONE_VM | SIGCHLD, (void *)(long)(i + 1));
        must(pid > 0);
        must(waitpid(pid, &st, 0) == pid);
        good += WEXITSTATUS(st) == 5 && vm_word == i + 1;
    }
    show("processes sharing memory", good);
}

int main(int argc, char **argv)
{
    self = argv[0];
    if (argc > 2) return atoi(argv[2]);
    if (argc > 1 && !strcmp(argv[1], "echo")) return puts("spawned") < 0;
    if (argc > 1) {
        sigset_t s;
        struct sigaction a;
        sigprocmask(0, NULL, &s);
        sigaction(SIGHUP, NULL, &a);
        return sigismember(&s, SIGUSR1) * 1 + sigismember(&s, SIGUSR2) * 2 + (a.sa_handler == SIG_DFL) * 4;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    statuses();
    show("tree", tree(4));
    inheriting();
    from_threads();
    in_handler();
    vforking();
    spawning();
    pthread_t t[3];
    atomic_int spawned = 0;
    for (int i = 0; i < 3; i++) pthread_create(&t[i], NULL, spawner, &spawned);
    for (int i = 0; i < 3; i++) pthread_join(t[i], NULL);
    show("spawned from threads", spawned);
    shared_process();
    show("system", WEXITSTATUS(system("exit 6")));
    return 0;
}
