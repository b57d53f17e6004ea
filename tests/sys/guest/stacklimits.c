/* The main stack grows by itself, as far as RLIMIT_STACK says, and mlockall counts what there is of it. */
#include "t.h"
#include <sys/resource.h>
#include <sys/wait.h>

enum { PAGE = 4096, KB = 1024 };
#define HARD 1      /* as it is */

static int set(int resource, unsigned long soft, unsigned long hard)
{
    struct rlimit r = { soft, hard }, now;
    getrlimit(resource, &now);
    if (hard == HARD) r.rlim_max = now.rlim_max;
    return setrlimit(resource, &r) ? errno : 0;
}

/* Uses so much stack; how much the list shows then. */
static __attribute__((noinline)) long use(long bytes)
{
    volatile char a[16 * KB];
    a[0] = a[sizeof a - 1] = 1;
    long r = bytes > (long)sizeof a ? use(bytes - sizeof a) : status("VmStk:");
    a[1] = (char)r;
    return r;
}

static volatile long used;
static __attribute__((noinline)) void deeper(void)
{
    volatile char a[16 * KB];
    a[0] = 1;
    used += sizeof a;
    deeper();
    a[1] = 1;
}

static char altstack[65536];
static void overflow(int signo, siginfo_t *i, void *ctx)
{
    struct rlimit r;
    getrlimit(RLIMIT_STACK, &r);
    show("overflow: signal", signo);
    show("overflow: code", i->si_code);
    if (getrlimit(RLIMIT_AS, &r) == 0 && r.rlim_cur != RLIM_INFINITY) {
        show("overflow: the rest of it", r.rlim_cur / KB - status("VmSize:") < 64);
        fflush(stdout);
        _exit(8);
    }
    getrlimit(RLIMIT_STACK, &r);
    show("overflow: at the limit", used > (long)r.rlim_cur - 200 * KB && used <= (long)r.rlim_cur);
    fflush(stdout);
    _exit(7);
}

static void until_overflow(void)
{
    stack_t s = { .ss_sp = altstack, .ss_size = sizeof altstack };
    sigaltstack(&s, NULL);
    handle(SIGSEGV, overflow, SA_ONSTACK);
    deeper();
}

/* The stack is part of the whole. */
static void within_space(void)
{
    set(RLIMIT_AS, (status("VmSize:") + 1000) * KB, HARD);
    long stack = status("VmStk:");
    show("within RLIMIT_AS: 800 KiB more", use((stack + 800) * KB) > stack);
    stack = status("VmStk:");
    char *p = mmap(NULL, 100 * KB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    show("within RLIMIT_AS: a mapping", p != MAP_FAILED);
    show("within RLIMIT_AS: no such mapping", mmap(NULL, 200 * KB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? errno : 0);
    munmap(p, 100 * KB);
    fflush(stdout);
    until_overflow();
}

/* The stack of another process, as far as it has grown. */
static void seen_by_others(void)
{
    int p[2], q[2];
    char c, path[40], line[300];
    must(pipe(p) == 0 && pipe(q) == 0);
    pid_t pid = fork();
    if (!pid) {
        show("grown for others", use(7 << 20) > 7 * KB);
        write(p[1], "x", 1);
        read(q[0], &c, 1);
        _exit(0);
    }
    must(read(p[0], &c, 1) == 1);
    snprintf(path, sizeof path, "/proc/%d/maps", pid);
    FILE *f = fopen(path, "r");
    unsigned long lo, hi;
    while (fgets(line, sizeof line, f))
        if (strstr(line, "[stack]") && sscanf(line, "%lx-%lx", &lo, &hi) == 2) show("seen by others", hi - lo > 7 << 20);
    fclose(f);
    write(q[1], "x", 1);
    waitpid(pid, NULL, 0);
}

static void die_of_it(void) { deeper(); }

static void locked(void)
{
    must(setgid(65534) == 0 && setuid(65534) == 0);
    show("locked: nothing allowed", (set(RLIMIT_MEMLOCK, 0, HARD), mlockall(MCL_CURRENT) ? errno : 0));
    show("locked: too little", (set(RLIMIT_MEMLOCK, 4 * PAGE, HARD), mlockall(MCL_CURRENT) ? errno : 0));
    show("locked: nothing was", status("VmLck:"));
    show("locked: enough", (set(RLIMIT_MEMLOCK, 8 << 20, HARD), mlockall(MCL_CURRENT) ? errno : 0));
    long kb = status("VmLck:");
    show("locked: what there is", kb > 0 && kb <= status("VmSize:"));
    set(RLIMIT_MEMLOCK, (kb + 80) * KB, HARD);
    show("later: with what is there", mlockall(MCL_CURRENT | MCL_FUTURE) ? errno : 0);
    char *p = mmap(NULL, 10 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    show("later: a mapping", status("VmLck:") - kb);
    show("later: one too large", mmap(NULL, 20 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? errno : 0);
    show("later: brk too large", sbrk(20 * PAGE) == (void *)-1 ? errno : 0);
    show("later: unmapped", munmap(p, 10 * PAGE));
    show("later: on fault", mlockall(MCL_FUTURE | MCL_ONFAULT));
    p = mmap(NULL, 10 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned char in[10] = { 0 };
    must(mincore(p, 10 * PAGE, in) == 0);
    show("later: on fault, in memory", in[0] + in[9]);
    show("later: on fault, counted", status("VmLck:") - kb);
    show("later: on fault, too large", mmap(NULL, 20 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? errno : 0);
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        mmap(NULL, 100 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        show("child: locked", status("VmLck:"));
        fflush(stdout);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    pthread_attr_t at;
    show("munlockall", munlockall());
    show("nothing", status("VmLck:"));
    must(mmap(NULL, 10 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
    show("nothing later", status("VmLck:"));
    fflush(stdout);
    _exit(0);
}

static void *thread(void *arg) { return arg; }

static void again(const char *how, unsigned long limit)
{
    printf("%s\n", how);
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        set(RLIMIT_STACK, limit, RLIM_INFINITY);
        execl("/proc/self/exe", "stacklimits", how, NULL);
        _exit(99);
    }
    int status;
    waitpid(pid, &status, 0);
    show("ends with", status);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        struct rlimit r;
        getrlimit(RLIMIT_STACK, &r);
        show("limit", r.rlim_cur);
        show("VmStk at first", status("VmStk:") < 200);
        if (*argv[1] == 't') return 0;
        show("40 KiB", use(40 * KB) > 0);
        if (*argv[1] == 's') return 0;
        if (*argv[1] != 'u') until_overflow();
        show("100 MiB", use(100 << 20) > 100 * KB);
        pthread_t t;
        show("a thread", pthread_create(&t, NULL, thread, NULL));
        pthread_join(t, NULL);
        return 0;
    }
    long before = status("VmStk:");
    show("little at first", before < 200);
    show("1 MiB grows", use(1 << 20) > KB && status("VmStk:") < 1300);
    show("3 MiB", use(3 << 20) > 3 * KB);
    /* Calls that write where the stack has not been yet. */
    int fds[2];
    must(pipe(fds) == 0);
    char *deep = (char *)__builtin_frame_address(0) - (5 << 20);
    write(fds[1], "x", 1);
    show("the kernel grows it", read(fds[0], deep, 1));
    /* What there is of it may be protected, though nobody was told that it is there. */
    char *page = (char *)((uintptr_t)deep & -PAGE);
    show("protected", mprotect(page, PAGE, PROT_READ));
    show("read only", read(fds[0], (write(fds[1], "x", 1), deep), 1) < 0 ? errno : 0);
    show("opened again", mprotect(page, PAGE, PROT_READ | PROT_WRITE));
    show("below it", mprotect(page - (1 << 20), PAGE, PROT_READ) ? errno : 0);
    show("growing", mprotect(page + PAGE, PAGE, PROT_READ | PROT_WRITE | PROT_GROWSDOWN));
    seen_by_others();
    show("overflow", run_child(until_overflow));
    set(RLIMIT_STACK, 40 << 20, HARD);
    show("within RLIMIT_AS", run_child(within_space));
    set(RLIMIT_STACK, 8 << 20, HARD);
    show("without a handler", run_child(die_of_it));
    set(RLIMIT_STACK, 6 << 20, RLIM_INFINITY);
    show("lowered", run_child(until_overflow));
    set(RLIMIT_STACK, 16 << 20, RLIM_INFINITY);
    show("raised", run_child(until_overflow));
    run_child(locked);
    again("unlimited", RLIM_INFINITY);
    again("9 MiB", 9 << 20);
    again("small", 64 * KB);
    again("tiny", 16 * KB);
    return 0;
}
