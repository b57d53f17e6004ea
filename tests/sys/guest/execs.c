/* execve: arguments, environment, descriptors, signals, scripts, errors; from threads and vfork children. */
#include "t.h"
#include <sys/stat.h>
#include <sys/resource.h>

extern char **environ;
static char self[4096], dir[100];

static int ran(const char *path, char *const argv[], char *const envp[])
{
    int st;
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) { execve(path, argv, envp); _exit(200 + (errno & 63)); }
    must(waitpid(pid, &st, 0) == pid);
    return WIFSIGNALED(st) ? 1000 + WTERMSIG(st) : WEXITSTATUS(st);
}

static char *in_dir(const char *name) { static char buf[8][4200]; static int n; n = (n + 1) & 7; snprintf(buf[n], sizeof buf[n], "%s/%s", dir, name); return buf[n]; }

static char *file(const char *name, const char *text, int mode)
{
    char *path = in_dir(name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0700);
    must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    must(fchmod(fd, (mode_t)mode) == 0);
    close(fd);
    return path;
}

#define A(...) ((char *[]){__VA_ARGS__, NULL})

static void arguments(void)
{
    char *env[] = {"ONE=1", "EMPTY=", "TWO=two words", NULL}, *none[] = {NULL};
    show("plain", ran(self, A("any name", "show", "a", "", "b c"), env));
    show("no environment", ran(self, A("x", "show"), none));
    show("no arguments", ran(self, none, env));
    char **many = calloc(20003, sizeof *many);
    many[0] = "x";
    many[1] = "count";
    for (int i = 2; i < 20002; i++) many[i] = "argument";
    show("many", ran(self, many, none));
    char *huge = malloc(300000);
    memset(huge, 'x', 299999);
    huge[299999] = 0;
    show("one too long", ran(self, A("x", "count", huge), none));
    huge[100000] = 0;
    show("one long", ran(self, A("x", "length", huge), none));
    show("bad argv", ran(self, (char **)8, none));
    show("bad argv string", ran(self, A("x", (char *)8), none));
    show("bad envp", ran(self, A("x"), (char **)8));
    show("bad path", ran((char *)8, A("x"), none));
}

/* AT_EXECVE_CHECK (Linux 6.14): may it be executed? */
static void asked(const char *what, const char *path, int flags)
{
    char *argv[] = {"x", NULL};
    show(what, syscall(SYS_execveat, AT_FDCWD, path, argv, argv + 1, flags | 0x10000) ? errno : 0);
}

static void errors(void)
{
    char *none[] = {NULL};
    char loop[4200];
    show("missing", ran("/nonexistent", A("x"), none));
    show("empty path", ran("", A("x"), none));
    show("directory", ran("/tmp", A("x"), none));
    show("below a file", ran(in_dir("plain/below"), A("x"), none));
    file("plain", "just text\n", 0755);
    show("below a file", ran(in_dir("plain/below"), A("x"), none));
    show("text", ran(in_dir("plain"), A("x"), none));
    show("empty file", ran(file("empty", "", 0755), A("x"), none));
    show("not executable", ran(file("data", "data", 0644), A("x"), none));
    show("script without x", ran(file("noexec", "#!/bin/sh\n", 0644), A("x"), none));
    show("script, no interpreter", ran(file("nointerp", "#!/nonexistent/sh\n", 0755), A("x"), none));
    show("script, empty line", ran(file("emptyline", "#!\n", 0755), A("x"), none));
    snprintf(loop, sizeof loop, "#!%s/loop\n", dir);
    show("script loop", ran(file("loop", loop, 0755), A("x"), none));
    must(symlink("circle", in_dir("circle")) == 0);
    show("link loop", ran(in_dir("circle"), A("x"), none));
    show("truncated program", ran(file("elf", "\177ELF\2\1\1", 0755), A("x"), none));
    asked("asked: a program", self, 0);
    asked("asked: text", in_dir("plain"), 0);
    asked("asked: data", in_dir("data"), 0);
    asked("asked: a link", in_dir("circle"), AT_SYMLINK_NOFOLLOW);
    asked("asked: missing", "/nonexistent", 0);
    asked("asked: unknown flag", self, 0x40000);
    char name[5000];
    memset(name, 'n', sizeof name);
    name[4999] = 0;
    show("name too long", ran(name, A("x"), none));
}

static void scripts(void)
{
    char text[9000], *none[] = {NULL};
    snprintf(text, sizeof text, "#!%s show\n", self);
    char *s1 = strdup(file("script", text, 0755));
    show("script", ran(s1, A("argv0 is dropped", "one", "two"), none));
    snprintf(text, sizeof text, "#! %s   with blanks  \n", self);
    show("script, blanks", ran(file("blanks", text, 0755), A("x", "one"), none));
    snprintf(text, sizeof text, "#!%s\n", s1);
    show("script of a script", ran(file("nested", text, 0755), A("x", "one"), none));
    show("shell script", ran(file("sh", "#!/bin/sh\nexit 11\n", 0755), A("x"), environ));
    int fd = open(s1, O_RDONLY);
    fflush(stdout);
    pid_t pid = fork();
    int st;
    if (!pid) { fexecve(fd, A("x", "one"), none); _exit(200 + (errno & 63)); }
    waitpid(pid, &st, 0);
    show("script by descriptor", WEXITSTATUS(st));
    close(fd);
    fd = open(self, O_RDONLY | O_CLOEXEC);
    fflush(stdout);
    pid = fork();
    if (!pid) { fexecve(fd, A("x", "count", "z"), none); _exit(200 + (errno & 63)); }
    waitpid(pid, &st, 0);
    show("by descriptor", WEXITSTATUS(st));
    close(fd);
    fd = open(dir, O_RDONLY | O_DIRECTORY);
    must(symlink(self, in_dir("link")) == 0);
    pid = fork();
    if (!pid) { syscall(SYS_execveat, fd, "link", A("x", "count"), none, 0); _exit(200 + (errno & 63)); }
    waitpid(pid, &st, 0);
    show("by directory", WEXITSTATUS(st));
    pid = fork();
    if (!pid) { syscall(SYS_execveat, fd, "link", A("x", "count"), none, AT_SYMLINK_NOFOLLOW); _exit(200 + (errno & 63)); }
    waitpid(pid, &st, 0);
    show("not through a link", WEXITSTATUS(st));
    close(fd);
}

static void descriptors(void)
{
    char *none[] = {NULL}, number[16], number2[16];
    int a = dup(0), b = fcntl(0, F_DUPFD_CLOEXEC, 10), lowest = dup(0);
    close(lowest);
    snprintf(number, sizeof number, "%d", a);
    snprintf(number2, sizeof number2, "%d", b);
    show("kept and closed", ran(self, A("x", "fds", number, number2), none));
    int st;
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        close_range(3, ~0u, 0);
        execve(self, A("x", "lowest"), none);
        _exit(99);
    }
    waitpid(pid, &st, 0);
    show("after close_range", WEXITSTATUS(st));
    pid = fork();
    if (!pid) {
        struct rlimit r;
        getrlimit(RLIMIT_NOFILE, &r);
        for (int i = 3; i < 2000; i++) close(i);
        int bad = 0;
        for (int i = 3; i < 1500 && i < (int)r.rlim_cur; i++) bad += dup2(0, i) != i;
        for (int i = 3; i < 1500; i++) close(i);
        if (bad) _exit(98);
        execve(self, A("x", "lowest"), none);
        _exit(99);
    }
    waitpid(pid, &st, 0);
    show("after closing and overwriting everything", WEXITSTATUS(st));
    close(a);
    close(b);
}

static void quiet(int s) { (void)s; }
static void signals(void)
{
    char *none[] = {NULL};
    signal(SIGUSR1, SIG_IGN);
    signal(SIGSEGV, SIG_IGN);
    signal(SIGUSR2, quiet);
    signal(SIGFPE, quiet);
    mask(SIG_BLOCK, SIGHUP);
    mask(SIG_BLOCK, SIGBUS);
    mask(SIG_BLOCK, SIGTERM);
    int st;
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        raise(SIGTERM);
        raise(SIGBUS);
        execve(self, A("x", "signals"), none);
        _exit(99);
    }
    waitpid(pid, &st, 0);
    show("signals after exec", WEXITSTATUS(st));
    signal(SIGUSR1, SIG_DFL);
    signal(SIGSEGV, SIG_DFL);
    mask(SIG_UNBLOCK, SIGHUP);
    mask(SIG_UNBLOCK, SIGBUS);
    mask(SIG_UNBLOCK, SIGTERM);
}

static void *execs(void *arg) { usleep(2000); execve(self, arg, environ); return NULL; }
static void *spins(void *arg) { for (volatile long i = 0;; i++) {} return arg; }
static void *sleeps(void *arg) { sleep(100); return arg; }
static void from_thread(void)
{
    pthread_t t;
    pthread_create(&t, NULL, spins, NULL);
    pthread_create(&t, NULL, sleeps, NULL);
    pthread_create(&t, NULL, execs, A("x", "count", "1", "2"));
    pause();
}
static void failing_in_thread(void)
{
    pthread_t t;
    void *r;
    pthread_create(&t, NULL, spins, NULL);
    must(execl("/nonexistent", "x", NULL) < 0);
    pthread_create(&t, NULL, sleeps, NULL);
    pthread_cancel(t);
    pthread_join(t, &r);
    _exit(errno == ENOENT ? 61 : 62);
}

static void self_links(void)
{
    char buf[4096] = {0};
    must(readlink("/proc/self/exe", buf, sizeof buf - 1) > 0);
    char *real = realpath(self, NULL);
    show("proc/self/exe", strcmp(buf, real) == 0);
    char *none[] = {NULL};
    show("exec of it", ran("/proc/self/exe", A("x", "count", "1"), none));
    int st;
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) { unlink(in_dir("copy")); _exit(0); }
    waitpid(pid, &st, 0);
}

/* A chain: each replaces itself, so leaks of descriptors or memory would add up. */
static void chain(void) { execve(self, A("x", "chain", "60"), environ); _exit(99); }

static void vforked(void)
{
    int good = 0, st;
    for (int i = 0; i < 150; i++) {
        pid_t pid = vfork();
        if (!pid) { execl(self, "x", "count", "1", "2", "3", NULL); _exit(99); }
        waitpid(pid, &st, 0);
        good += WEXITSTATUS(st) == 5;
    }
    show("vfork and exec", good);
}

/* Children forked while another thread's child is in execve: each takes a copy of that along, which would add up over generations. */
static char *many[20003];
static atomic_int forked;
static void *execs_on(void *arg)
{
    while (!forked) {
        int st;
        pid_t pid = vfork();
        if (!pid) { execv(self, many); _exit(200 + (errno & 63)); }
        waitpid(pid, &st, 0);
        if (st != 0x100) _exit(WEXITSTATUS(st));
    }
    return arg;
}
static void generations(void)
{
    int st;
    many[0] = "x";
    many[1] = "count";
    for (int i = 2; i < 20002; i++) many[i] = "argument";
    for (int n = 0; n < 120; n++) {
        pthread_t p;
        forked = 0;
        must(pthread_create(&p, NULL, execs_on, NULL) == 0);
        usleep(3000);
        pid_t pid = fork();
        must(pid >= 0);
        forked = 1;
        if (pid) {
            waitpid(pid, &st, 0);
            _exit(WEXITSTATUS(st));
        }
    }
    execv(self, many);
}

static int child(int argc, char **argv)
{
    const char *what = argv[1];
    if (!strcmp(what, "count")) return argc > 255 ? argc == 20002 ? 1 : 2 : argc;
    if (!strcmp(what, "length")) return (int)(strlen(argv[2]) / 1000);
    if (!strcmp(what, "fds")) return (fcntl(atoi(argv[2]), F_GETFD) >= 0) + 2 * (fcntl(atoi(argv[3]), F_GETFD) >= 0);
    if (!strcmp(what, "lowest")) {
        int open = 0;
        for (int i = 3; i < 1000; i++) open += fcntl(i, F_GETFD) >= 0;
        return dup(0) + 10 * open;
    }
    if (!strcmp(what, "chain")) {
        int n = atoi(argv[2]);
        char next[16];
        if (!n) return 3 + (dup(0) - 3);
        snprintf(next, sizeof next, "%d", n - 1);
        execv("/proc/self/exe", A("x", "chain", next));
        return 98;
    }
    if (!strcmp(what, "signals")) {
        sigset_t s, p;
        struct sigaction a;
        int r = 0;
        sigprocmask(0, NULL, &s);
        sigpending(&p);
        sigaction(SIGUSR1, NULL, &a); r |= (a.sa_handler == SIG_IGN) << 0;
        sigaction(SIGSEGV, NULL, &a); r |= (a.sa_handler == SIG_IGN) << 1;
        sigaction(SIGUSR2, NULL, &a); r |= (a.sa_handler == SIG_DFL) << 2;
        sigaction(SIGFPE, NULL, &a); r |= (a.sa_handler == SIG_DFL) << 3;
        r |= sigismember(&s, SIGHUP) << 4 | sigismember(&s, SIGBUS) << 5;
        r |= sigismember(&p, SIGTERM) << 6 | sigismember(&p, SIGBUS) << 7;
        return r;
    }
    for (int i = 0; i < argc; i++) {
        char *a = strstr(argv[i], "/execs");
        printf("  [%s]", a ? strrchr(a, '/') + 1 : argv[i]);
    }
    for (char **e = environ; *e; e++) printf(" {%s}", *e);
    printf("\n");
    return argc;
}

int main(int argc, char **argv)
{
    if (argc > 1 || !argc || !argv[0][0]) return argc > 1 ? child(argc, argv) : 77;
    if (!getenv("PATH")) return 76;
    setvbuf(stdout, NULL, _IOLBF, 0);
    must(realpath(argv[0], self));
    own_dir(dir, "execs");
    arguments();
    errors();
    scripts();
    descriptors();
    signals();
    show("from a thread", run_child(from_thread));
    show("failing, with threads", run_child(failing_in_thread));
    self_links();
    show("chain", run_child(chain));
    vforked();
    show("generations", run_child(generations));
    char command[5000];
    snprintf(command, sizeof command, "rm -r '%s'", dir);
    show("host program", WEXITSTATUS(system(command)));
    return 0;
}
