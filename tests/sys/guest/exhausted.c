/* Descriptors, file sizes, processes, processor time, queued signals and messages run out where the limits say. */
#include "t.h"
#include <mqueue.h>
#include <sys/resource.h>
#include <sys/socket.h>

static int set(int resource, unsigned long soft, unsigned long hard)
{
    struct rlimit r = { soft, hard };
    return setrlimit(resource, &r) ? errno : 0;
}
static void nobody(void) { must(setgid(65534) == 0 && setuid(65534) == 0); }

/* ---- descriptors ---- */

static int fill(void)
{
    int n = 0;
    while (dup(0) >= 0) n++;
    return errno == EMFILE ? n : -errno;
}

static long reads(const char *path)
{
    char buf[4096];
    long n = 0;
    int fd = open(path, O_RDONLY);
    if (fd < 0) return -errno;
    for (ssize_t k; (k = read(fd, buf, sizeof buf)) > 0;) n += k;
    close(fd);
    return n > 0;
}

static void full_table(unsigned long soft, unsigned long hard)
{
    show("limit", set(RLIMIT_NOFILE, soft, hard));
    show("opened", fill());
    show("highest", fcntl((int)soft - 1, F_GETFD));
    int fds[2];
    show("open", open("/dev/null", O_RDONLY) < 0 ? errno : 0);
    show("pipe", pipe(fds) ? errno : 0);
    show("socket", socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? errno : 0);
    close(10);
    show("pipe with one left", pipe(fds) ? errno : 0);
    show("the lowest", dup(0));
    close(10);
    /* One is enough. */
    show("maps", reads("/proc/self/maps"));
    show("status", reads("/proc/self/status"));
    show("cpuinfo", reads("/proc/cpuinfo"));
    show("exe", reads("/proc/self/exe"));
    show("still one", open("/dev/null", O_RDONLY));
    struct rlimit r;
    getrlimit(RLIMIT_NOFILE, &r);
    show("soft", r.rlim_cur);
    fflush(stdout);
    execl("/proc/self/exe", "exhausted", "full", NULL);
    show("exec", errno);
}

static void table_below_hard(void) { full_table(40, 4000); }
static void program_at_hard(void)
{
    set(RLIMIT_NOFILE, 60, 60);
    nobody();
    execl("/proc/self/exe", "exhausted", "count", NULL);
}
/* Where descriptors beyond 1024 are usual, ours may stand among them. */
static void large_table(void)
{
    show("limit", set(RLIMIT_NOFILE, 1500, 1500));
    show("opened", fill());
    fflush(stdout);
    _exit(0);
}

/* ---- files ---- */

static volatile int xfsz, xcpu;
static void on_xfsz(int signo, siginfo_t *i, void *ctx) { xfsz++; }
static void on_xcpu(int signo, siginfo_t *i, void *ctx) { xcpu++; }

/* What it prints goes through a pipe: standard output may be a file. */
static void file_size(void)
{
    char path[100], buf[3000] = { 0 };
    int p[2];
    must(pipe(p) == 0);
    fflush(stdout);
    if (fork()) {
        int status;
        close(p[1]);
        for (ssize_t n; (n = read(p[0], buf, sizeof buf)) > 0;) write(1, buf, n);
        wait(&status);
        _exit(WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    }
    dup2(p[1], 1);
    close(p[0]);
    close(p[1]);
    nobody();
    handle(SIGXFSZ, on_xfsz, 0);
    snprintf(path, sizeof path, "/tmp/exhausted.%d", getpid());
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    must(fd >= 0);
    unlink(path);
    set(RLIMIT_FSIZE, 4096, 4096);
    show("file: first", write(fd, buf, sizeof buf));
    show("file: to the limit", write(fd, buf, sizeof buf));
    show("file: beyond", write(fd, buf, sizeof buf) < 0 ? errno : 0);
    show("file: signals", xfsz);
    show("file: truncate", ftruncate(fd, 5000) ? errno : 0);
    show("file: signals", xfsz);
    show("file: maps", reads("/proc/self/maps"));
    set(RLIMIT_FSIZE, 0, 0);
    show("file: maps with none", reads("/proc/self/maps"));
    show("file: smaps with none", reads("/proc/self/smaps"));
    show("file: no more signals", xfsz);
    pid_t pid = fork();
    if (!pid) execl("/proc/self/exe", "exhausted", "proc", NULL);
    int status;
    waitpid(pid, &status, 0);
    show("file: a program", status);
    fflush(stdout);
    signal(SIGXFSZ, SIG_DFL);
    write(fd, buf, sizeof buf);
}

/* ---- processor time ---- */

static void processor(void)
{
    handle(SIGXCPU, on_xcpu, 0);
    set(RLIMIT_CPU, 1, 2);
    volatile unsigned long x = 0;
    while (!xcpu) x++;
    show("cpu: signal", xcpu);
    fflush(stdout);
    for (;;) x++;       /* killed at the hard limit */
}

/* ---- queues ---- */

static void queues(void)
{
    nobody();
    mask(SIG_BLOCK, SIGRTMIN);
    set(RLIMIT_SIGPENDING, 5, 5);
    union sigval v = { 0 };
    int n = 0;
    while (n < 100 && sigqueue(getpid(), SIGRTMIN, v) == 0) n++;
    show("signals: queued", n);
    show("signals: then", errno);
    show("signals: kill", kill(getpid(), SIGRTMIN) ? errno : 0);
    sigset_t s;
    sigemptyset(&s);
    sigaddset(&s, SIGRTMIN);
    struct timespec none = { 0 };
    while (n >= 0 && sigtimedwait(&s, NULL, &none) > 0) n--;
    show("signals: not taken", n);
    set(RLIMIT_MSGQUEUE, 1000, 1000);
    struct mq_attr attr = { .mq_maxmsg = 10, .mq_msgsize = 1024 };
    char name[40];
    snprintf(name, sizeof name, "/exhausted%d", getpid());
    show("messages", mq_open(name, O_CREAT | O_RDWR, 0600, &attr) < 0 ? errno : 0);
    mq_unlink(name);
    fflush(stdout);
    _exit(0);
}

/* ---- processes ---- */

static void *sleeper(void *p) { return read((int)(long)p, &(char){ 0 }, 1), NULL; }

/* Nobody else runs anything as this user. */
static void processes(void)
{
    enum { MOST = 64 };
    pthread_t t[MOST];
    int p[2], status;
    must(pipe(p) == 0 && setgid(61234) == 0 && setuid(61234) == 0);
    set(RLIMIT_NPROC, 30, 30);
    for (int round = 0; round < 3; round++) {
        int n = 0, e = 0;
        while (n < MOST && !(e = pthread_create(&t[n], NULL, sleeper, (void *)(long)p[0]))) n++;
        show("processes: threads", n);
        show("processes: then", e);
        show("processes: fork", fork() < 0 ? errno : 0);
        show("processes: vfork", vfork() < 0 ? errno : 0);
        show("processes: system", system("exit 3"));
        char c[MOST] = { 0 };
        write(p[1], c, n);
        for (int i = 0; i < n; i++) pthread_join(t[i], NULL);
        /* The kernel counts them until they are all gone. */
        pid_t pid;
        while ((pid = fork()) < 0 && errno == EAGAIN) usleep(1000);
        if (!pid) _exit(4);
        waitpid(pid, &status, 0);
        show("processes: again", WEXITSTATUS(status));
    }
    fflush(stdout);
    _exit(0);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        if (*argv[1] == 'c') {
            show("exec: opened", fill());
            close(20);
            show("exec: the lowest", open("/dev/null", O_RDONLY));
            show("exec: none", socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? errno : 0);
        } else if (*argv[1] == 'f') show("exec: full", dup(0) < 0 ? errno : 0);
        else show("exec: reads", reads("/proc/self/maps"));
        return 0;
    }
    show("table", run_child(table_below_hard));
    show("program", run_child(program_at_hard));
    show("table", run_child(large_table));
    show("file", run_child(file_size));
    show("cpu", run_child(processor));
    show("queues", run_child(queues));
    show("processes", run_child(processes));
    return 0;
}
