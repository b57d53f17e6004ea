/*
 * What asks for memory in every way, with any of it refused (tests/chaos runs this so): each call succeeds or fails with the kernel's
 * errno, and what is mapped afterwards is what the list says.
 */
#include "t.h"
#include <spawn.h>

enum { PAGE = 4096, PAGES = 256, ROUNDS = 400 };
extern char **environ;
static char *arena;
static unsigned char content[PAGES];   /* what stands at the beginning of a page, if it is there */
static unsigned bad;

static void wrong(const char *what, long at)
{
    if (bad++ < 10) printf("wrong: %s at %ld (%s)\n", what, at, strerror(errno));
}
/* ok: the call succeeded. */
static int fine(int ok, const char *what)
{
    if (!ok && errno != ENOMEM && errno != EAGAIN) wrong(what, errno);
    return ok;
}

static uint64_t state = 12345;
static unsigned rnd(unsigned n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % n;
}

/* ---- the list: of each page of the arena whether it is mapped, readable (1), writable (2) ---- */

static char text[1 << 20];
static unsigned char listed[PAGES];
static void read_list(void)
{
    size_t n = 0;
    int fd = open("/proc/self/maps", O_RDONLY);
    must(fd >= 0);
    for (ssize_t k; (k = read(fd, text + n, sizeof text - 1 - n)) > 0;) n += k;
    close(fd);
    text[n] = 0;
    memset(listed, 0, sizeof listed);
    for (char *line = text; *line; line = strchr(line, '\n') + 1) {
        char *end;
        unsigned long lo = strtoul(line, &end, 16), hi = strtoul(end + 1, &end, 16);
        for (long i = 0; i < PAGES; i++)
            if ((unsigned long)arena + i * PAGE >= lo && (unsigned long)arena + i * PAGE < hi)
                listed[i] = 4 | (end[1] == 'r') | (end[2] == 'w') << 1;
    }
}

static int fds[2];
static void compare(const char *when)
{
    read_list();
    for (long i = 0; i < PAGES; i++) {
        char *p = arena + i * PAGE, c = 0;
        unsigned char in;
        int there = mincore(p, PAGE, &in) == 0;
        if (there != listed[i] >> 2) wrong(when, i);
        /* The pipe's side of it: what may be read can be written to it, and the other way round. */
        int readable = write(fds[1], p, 1) == 1;
        if (readable) must(read(fds[0], &c, 1) == 1);
        if (readable != (listed[i] & 1)) wrong("readable", i);
        must(write(fds[1], &c, 1) == 1);
        int writable = read(fds[0], p, 1) == 1;
        if (!writable) must(read(fds[0], &c, 1) == 1);
        if (writable != (listed[i] >> 1 & 1)) wrong("writable", i);
        if (readable && content[i] && (unsigned char)c != content[i]) wrong("content", i);
        if (!there) content[i] = 0;
    }
}

/* ---- random calls in it ---- */

static void step(void)
{
    unsigned at = rnd(PAGES), n = 1 + rnd(rnd(4) ? 8 : 60);
    if (at + n > PAGES) n = PAGES - at;
    char *p = arena + at * PAGE;
    switch (rnd(6)) {
    case 0: case 1:
        if (!fine(mmap(p, n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p, "mmap")) break;
        for (unsigned i = 0; i < n; i++) p[i * PAGE] = content[at + i] = 1 + rnd(255);
        break;
    case 2:
        if (fine(munmap(p, n * PAGE) == 0, "munmap")) memset(content + at, 0, n);
        break;
    case 3:
        fine(mprotect(p, n * PAGE, rnd(2) ? PROT_READ : PROT_READ | PROT_WRITE) == 0, "mprotect");
        break;
    case 4: {
        /* Pages that are there, to where there may be others. */
        unsigned char in;
        unsigned to = rnd(PAGES);
        if (mincore(p, PAGE, &in) || to == at) break;
        char *q = mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, arena + to * PAGE);
        if (fine(q == arena + to * PAGE, "mremap")) content[to] = content[at], content[at] = 0;
        else content[to] = 0;       /* the kernel unmaps first, or does not */
        break;
    }
    case 5: {
        char *q = mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (!fine(q != MAP_FAILED, "mmap anywhere")) break;
        q[0] = 7;
        char *more = mremap(q, n * PAGE, 4 * n * PAGE, MREMAP_MAYMOVE);
        if (fine(more != MAP_FAILED, "mremap anywhere")) {
            if (more[0] != 7 || more[(4 * n - 1) * PAGE]) wrong("moved", n);
            fine(munmap(more, 4 * n * PAGE) == 0, "munmap anywhere");
        } else if (q[0] != 7) {
            wrong("not moved", n);
        }
        break;
    }
    }
}

/* ---- tasks ---- */

static void *deep(void *arg)
{
    volatile char a[4096];
    long n = (long)arg;
    a[0] = (char)n;
    return n ? (void *)((long)deep((void *)(n - 1)) + a[0] - (char)n) : (void *)77;
}

/* libc ends a program whose thread's stack it cannot unmap, which a merged mapping can cause: stacks of our own. */
static char stacks[13][128 << 10] __attribute__((aligned(4096)));
static int start(pthread_t *t, int i)
{
    pthread_attr_t a;
    pthread_attr_init(&a);
    pthread_attr_setstack(&a, stacks[i], sizeof stacks[i]);
    return pthread_create(t, &a, deep, (void *)3);
}

static void threads(void)
{
    pthread_t t[12];
    unsigned n = 0;
    for (int i = 0; i < 12; i++) {
        int e = start(&t[n], i);
        errno = e;
        n += fine(e == 0, "pthread_create");
    }
    void *r;
    for (unsigned i = 0; i < n; i++)
        if (pthread_join(t[i], &r) || r != (void *)77) wrong("thread", i);
}

static int ended_well(int status) { return status == 0 || status == 125 << 8 || status == 126 << 8 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV); }

static void processes(void)
{
    int status;
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        pthread_t t;
        fine((errno = start(&t, 12)) == 0, "child's pthread_create") && pthread_join(t, NULL);
        for (int i = 0; i < 20; i++) step();
        compare("child");
        char *const argv[] = { "nomem", "child", NULL };
        if (rnd(2)) execve("/proc/self/exe", argv, environ);
        else _exit(bad ? 9 : 0);
        _exit(errno == ENOMEM || errno == EAGAIN ? 0 : 8);
    }
    if (fine(pid > 0, "fork") && (waitpid(pid, &status, 0) != pid || !ended_well(status))) wrong("child", status);
    char *const argv[] = { "nomem", "child", NULL };
    int e = posix_spawn(&pid, "/proc/self/exe", NULL, NULL, argv, environ);
    errno = e;
    if (fine(e == 0, "posix_spawn") && (waitpid(pid, &status, 0) != pid || !ended_well(status))) wrong("spawned", status);
}

/* ---- code and stack ---- */

static void code(void)
{
    for (int i = 0; i < 5; i++) {
        unsigned char *p = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (!fine(p != MAP_FAILED, "code")) continue;
        put_code(p + PAGE, 40 + i);
        if (fine(mprotect(p + PAGE, PAGE, PROT_READ | PROT_EXEC) == 0, "executable")) {
            __builtin___clear_cache((char *)p, (char *)p + 2 * PAGE);
            if (((int (*)(void))(p + PAGE))() != 40 + i) wrong("code", i);
        }
        fine(munmap(p, 3 * PAGE) == 0, "munmap code");
    }
    void *at = sbrk(0);
    for (int i = 0; i < 20; i++) {
        char *p = sbrk(3 * PAGE);
        if (fine(p != (char *)-1, "sbrk")) p[0] = p[3 * PAGE - 1] = 1;
    }
    fine(brk(at) == 0, "brk");
    if (deep((void *)300) != (void *)77) wrong("stack", 0);
}

static volatile int handled;
static void handler(int signo, siginfo_t *i, void *ctx) { handled++; }

int main(int argc, char **argv)
{
    if (argc > 1) return deep((void *)2) != (void *)77;
    must(pipe(fds) == 0);
    arena = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (arena == MAP_FAILED) { puts("done"); return 0; }
    handle(SIGUSR1, handler, 0);
    for (int i = 0; i < ROUNDS; i++) {
        step();
        if (i % 100 == 50) compare("round");
        if (i % 150 == 60) threads();
        if (i % 200 == 90) processes();
        if (i % 130 == 70) code();
        if (i % 100 == 10) raise(SIGUSR1);
    }
    compare("end");
    if (handled != 4) wrong("signals", handled);
    puts("done");
    return bad != 0;
}
