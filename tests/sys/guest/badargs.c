/*
 * Every system call with bad arguments, one at a time and at random: what it answers, and that nothing breaks. The
 * addresses of the translator are among the pointers; for a native program nothing is there, so they must be
 * answered like any unmapped page. BADARGS_SEED: another sequence of random calls; BADARGS_CALLS: how many of them.
 */
#include "t.h"
#include <grp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

struct row { int nr; const char *name, *args; };      /* args: the letters of calls.def */
static const struct row rows[] = {
#define EACH(name, args) { SYS_##name, #name, args },
#define CALL EACH
#define BOTH(name, each, random) EACH(name, each)
#define NEWER(number, name, args) { number, #name, args },
#define RANDOM(name, args)
#include "calls.def"
};
enum { ROWS = sizeof rows / sizeof *rows, CASES = 256 };

static struct { int done; short result[CASES]; } *shared;

/* ---- values ---- */

static char *area;      /* 64 KiB that can be used, then nothing; then pages of other kinds */
static uint64_t bad_pointer[24], bad_fd[] = { -1, -100, 1023, 99999, 0x7fffffff, 0x80000000, 0xffffffff00000000 };
static int bad_pointers;
static const uint64_t bad_length[] = { 0, 1, 3, 1 << 20, 1ull << 40, 0x7fffffffffffffff, 1ull << 63, -4096ull, -1 };
static const uint64_t bad_number[] = { -1, 1, 2, 0x7fffffff, 0x80000000, 0xdeadbeef, 1ull << 40 };
static int fd_file, fd_dir, fd_socket, fd_epoll, fd_inotify, fd_timer, fd_self;
static char temp[100];

/* [use 64 KiB][hole][read only][hole][none][use one page][hole] */
static void make_area(void)
{
    enum { K = 1 << 10 };
    area = mmap((void *)0x10000000000, 1024 * K, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    must(area != MAP_FAILED && munmap(area, 1024 * K) == 0);
    must(mmap(area, 64 * K, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == area);
    must(mmap(area + 128 * K, 4 * K, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED);
    must(mmap(area + 256 * K, 4 * K, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED);
    must(mmap(area + 260 * K, 4 * K, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED);
    const uint64_t a = (uint64_t)(uintptr_t)area, all[] = {
        0, 8, a + 100 * K, a + 128 * K, a + 256 * K, a + 264 * K - 1, a + 264 * K - 4, a + 260 * K - 4, a + 1,
        0x8000000000000000, 0xffff800000000000, 0x7ffffffff000, 0x800000000000, -1, -8,
        /* the translator's program, code, tables, lists, tasks, and the border */
        0x6f0000000000, 0x6f0000400000, 0x6f0050000000, 0x6f0100000000, 0x6f0400000000, 0x6f0480000000, 0x6f0801000000 + 0xd0000, 0x6effffffffff,
    };
    bad_pointers = sizeof all / sizeof *all;
    memcpy(bad_pointer, all, sizeof all);
}

static void make_descriptors(void)
{
    char path[sizeof temp + 5];
    int pair[2];
    snprintf(path, sizeof path, "%s/file", temp);
    unlink(path);
    fd_file = open(path, O_RDWR | O_CREAT, 0600);
    must(fd_file >= 0 && ftruncate(fd_file, 8192) == 0);
    fd_dir = open(temp, O_RDONLY | O_DIRECTORY);
    must(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair) == 0);
    fd_socket = pair[0];
    fd_epoll = epoll_create1(0);
    fd_inotify = (int)syscall(SYS_inotify_init1, 0);
    fd_timer = (int)syscall(SYS_timerfd_create, 1, 0);
    fd_self = (int)syscall(SYS_pidfd_open, getpid(), 0);
}

static uint64_t good(char c)
{
    switch (c) {
    case 'f': return fd_file;
    case 'D': return fd_dir;
    case 's': return fd_socket;
    case 'e': return fd_epoll;
    case 'I': return fd_inotify;
    case 't': return fd_timer;
    case 'P': return fd_self;
    case 'b': case 'a': return (uint64_t)(uintptr_t)area + 0x1000;
    case 'p': return (uint64_t)(uintptr_t)area + 0x200;
    case 'n': case 'k': return 64;
    case 'i': case 'x': case 'o': case 'r': case 'N': case 'z': return 0;
    default: return c - '0';
    }
}

/* How many bad values an argument has; the nth of them. */
static int bad(char c, int n, uint64_t *v)
{
    const uint64_t *list = NULL;
    int count = 0;
    if (strchr("bpa", c)) list = bad_pointer, count = bad_pointers;
    if (strchr("fDseItP", c)) list = bad_fd, count = sizeof bad_fd / 8;
    if (strchr("nk", c)) list = bad_length, count = sizeof bad_length / 8;
    if (strchr("ixorN", c)) list = bad_number, count = sizeof bad_number / 8;
    if (v) *v = list[n];
    return count;
}

static void ticks(int s, siginfo_t *i, void *c) { (void)s, (void)i, (void)c; }

/* A process that may break nothing but itself. */
static void become_harmless(void)
{
    struct itimerval every = { { 0, 20000 }, { 0, 20000 } };
    struct rlimit none = { 0, 0 };
    setrlimit(RLIMIT_CORE, &none);
    setsid();
    if (!getuid()) must(setgroups(0, NULL) == 0 && setgid(65534) == 0 && setuid(65534) == 0);
    must(getuid() != 0);
    handle(SIGALRM, ticks, 0);
    for (int s = 1; s < 32; s++)
        if (s == SIGPIPE || s == SIGIO || s == SIGXFSZ || s == SIGHUP) signal(s, SIG_IGN);
    setitimer(ITIMER_REAL, &every, NULL);
}

static int call(const struct row *r, const uint64_t a[6])
{
    memset(area, 0, 65536);
    snprintf(area + 0x200, 100, "%s/file", temp);
    errno = 0;
    return syscall(r->nr, a[0], a[1], a[2], a[3], a[4], a[5]) < 0 ? errno : 0;
}

/* What must be answered differently, by each system in its own right. */
static int named_difference(const struct row *r, int argument, uint64_t v)
{
    /* A native program may map there; ours may not. */
    if (v >= 0x6effffffffff - 0xfff && v < 0x6f1000000000 && (!strcmp(r->name, "shmat") || (!strcmp(r->name, "mremap") && argument == 4))) return 1;
    /* arm64's kernel ignores the upper byte of ranges, and numbers open flags in its own way. */
    if (r->args[argument] == 'a' && v >> 56) return 1;
    if (!strcmp(r->name, "openat") && argument == 2 && v == 0xdeadbeef) return 1;
    return 0;
}

/* ---- one bad argument at a time ---- */

static void one_row(const struct row *r)
{
    int n = (int)strlen(r->args), index = 0;
    for (int k = -1; k < n; k++) {
        int count = k < 0 ? 1 : bad(r->args[k], 0, NULL);
        for (int i = 0; i < count; i++, index++) {
            uint64_t a[6] = { 0 };
            if (index < shared->done) continue;
            for (int j = 0; j < n; j++) a[j] = good(r->args[j]);
            if (k >= 0) bad(r->args[k], i, &a[k]);
            shared->done = index + 1;
            if (k >= 0 && named_difference(r, k, a[k])) continue;
            shared->result[index] = -1;
            shared->result[index] = (short)call(r, a);
        }
    }
}

static void systematic(void)
{
    for (int i = 0; i < ROWS; i++) {
        const struct row *r = &rows[i];
        int cases = 1, status = 1;
        for (const char *p = r->args; *p; p++) cases += bad(*p, 0, NULL);
        must(cases < CASES);
        memset(shared, 0, sizeof *shared);
        while (shared->done < cases && status) {
            fflush(stdout);
            pid_t pid = fork();
            if (!pid) {
                become_harmless();
                make_descriptors();
                one_row(r);
                _exit(0);
            }
            waitpid(pid, &status, 0);
            must(!WIFEXITED(status) || !WEXITSTATUS(status));
            if (status && shared->result[shared->done - 1] == -1) shared->result[shared->done - 1] = (short)(-2 - WTERMSIG(status));
        }
        printf("%s: %d", r->name, shared->result[0]);
        for (int j = 1, k = 0; r->args[k]; k++) {
            printf(" | %c", r->args[k]);
            for (int m = bad(r->args[k], 0, NULL); m > 0; m--) printf(" %d", shared->result[j++]);
        }
        printf("\n");
    }
}

/* ---- all of them at random: nothing but the program itself may break ---- */

/* What would leave nothing to call with, or wait for ever. */
static int is_safe(const struct row *r)
{
    static const char *const never[] = { "ppoll", "pselect6", "epoll_pwait", "epoll_pwait2", "rt_sigsuspend", "io_pgetevents", "munmap", "mremap",
        "mprotect", "shmat", "rt_sigaction", "rt_sigprocmask", "chroot", "prlimit64", "ftruncate", "truncate", "mlock", "mlock2" };
    for (unsigned i = 0; i < sizeof never / sizeof *never; i++)
        if (!strcmp(r->name, never[i])) return 0;
    return 1;
}

static atomic_int running;

static uint64_t next(uint64_t *state)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return *state >> 33;
}

static void *random_calls(void *seed)
{
    uint64_t state = (uint64_t)(uintptr_t)seed, calls = getenv("BADARGS_CALLS") ? strtoull(getenv("BADARGS_CALLS"), NULL, 0) : 1500;
    for (uint64_t i = 0; i < calls; i++) {
        uint64_t a[6] = { 0 };
        const struct row *r = &rows[next(&state) % ROWS];
        int n = (int)strlen(r->args);
        for (int k = 0; k < n; k++) {
            uint64_t pick = next(&state);
            int count = bad(r->args[k], 0, NULL);
            if (count && pick % 4) bad(r->args[k], (int)(pick / 4 % count), &a[k]);
            else a[k] = good(r->args[k]);
        }
        if (is_safe(r)) syscall(r->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    }
    running--;
    return NULL;
}

static void storm(int threads)
{
    uint64_t seed = getenv("BADARGS_SEED") ? strtoull(getenv("BADARGS_SEED"), NULL, 0) : 1;
    int status;
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        pthread_t th[8];
        become_harmless();
        make_descriptors();
        handle(SIGUSR1, ticks, 0);
        running = threads;
        for (int i = 0; i < threads; i++) must(pthread_create(&th[i], NULL, random_calls, (void *)(uintptr_t)(seed * 16 + i + threads)) == 0);
        /* What waits is woken; a thread that some call has put out of reach is left. */
        for (int n = 0; running && n < 400; n++) {
            usleep(10000);
            for (int i = 0; i < threads; i++) pthread_kill(th[i], SIGUSR1);
        }
        _exit(0);
    }
    waitpid(pid, &status, 0);
    printf("%d threads: %d\n", threads, WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
}

int main(void)
{
    must(chmod(own_dir(temp, "badargs"), 0777) == 0);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    make_area();
    systematic();
    storm(1);
    storm(4);
    return 0;
}
