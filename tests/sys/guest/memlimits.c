/* RLIMIT_AS and RLIMIT_DATA: to the page what may be mapped, grown, protected and moved, by whom it is inherited and who sees it. */
#include "t.h"
#include <sys/resource.h>
#include <sys/shm.h>

enum { PAGE = 4096 };
static char out[65536];

static int set(int resource, unsigned long soft, unsigned long hard)
{
    struct rlimit r = { soft, hard };
    return setrlimit(resource, &r) ? errno : 0;
}
static void leave(int resource, const char *key, long pages) { must(set(resource, status(key) * 1024 + pages * PAGE, RLIM_INFINITY) == 0); }
static void unlimited(int resource) { must(set(resource, RLIM_INFINITY, RLIM_INFINITY) == 0); }

static char *map(long pages, int prot, int flags)
{
    char *p = mmap(NULL, pages * PAGE, prot, flags | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}
static int try_map(long pages, int prot, int flags)
{
    char *p = map(pages, prot, flags);
    int e = errno;
    if (p) munmap(p, pages * PAGE);
    return p ? 0 : e;
}

static void mappings(void)
{
    char *free = map(600, PROT_NONE, MAP_PRIVATE);     /* somewhere with room around */
    munmap(free, 600 * PAGE);
    leave(RLIMIT_AS, "VmSize:", 100);
    show("AS: one too many", try_map(101, PROT_READ, MAP_PRIVATE));
    show("AS: as many as are left", try_map(100, PROT_NONE, MAP_PRIVATE | MAP_NORESERVE));
    char *p = mmap(free + 200 * PAGE, 100 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    must(p);
    show("AS: one more", try_map(1, PROT_READ, MAP_SHARED));
    show("AS: in the place of others", mmap(p, 50 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p);
    show("AS: somebody's place", mmap(p, 101 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED ? errno : 0);
    show("AS: a GiB, filled", try_map(1 << 18, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_POPULATE));
    show("AS: a GiB, locked", try_map(1 << 18, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_LOCKED) != 0);
    show("AS: little of it is used", status("VmHWM:") < 1 << 18);
    show("AS: a bad descriptor", mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 999, 0) == MAP_FAILED ? errno : 0);
    show("AS: a directory", mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, open("/", O_RDONLY), 0) == MAP_FAILED ? errno : 0);
    show("AS: growing", mremap(p, 100 * PAGE, 101 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED ? errno : 0);
    show("AS: keeping the old pages", mremap(p, 10 * PAGE, 10 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL) == MAP_FAILED ? errno : 0);
    void *at = sbrk(0);
    show("AS: brk", sbrk(PAGE) == (void *)-1 ? errno : 0);
    show("AS: unmapping makes room", munmap(p, 10 * PAGE));
    show("AS: growing now", mremap(p + 10 * PAGE, 90 * PAGE, 95 * PAGE, 0) == MAP_FAILED ? errno : 0);
    show("AS: brk now", sbrk(5 * PAGE) == at ? 0 : errno);
    show("AS: brk too far", sbrk(PAGE) == (void *)-1 ? errno : 0);
    must(brk(at) == 0);
    int id = shmget(IPC_PRIVATE, 6 * PAGE, 0600);
    show("AS: attaching", shmat(id, NULL, 0) == (void *)-1 ? errno : 0);
    shmctl(id, IPC_RMID, NULL);
    show("AS: half in their place", mmap(p + 50 * PAGE, 51 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED ? errno : 0);
    show("AS: below what is there", set(RLIMIT_AS, PAGE, RLIM_INFINITY));
    show("AS: then nothing", try_map(1, PROT_READ, MAP_PRIVATE));
    show("AS: but less is possible", mprotect(p + 10 * PAGE, PAGE, PROT_READ | PROT_WRITE));
    unlimited(RLIMIT_AS);
    show("AS: unlimited", try_map(1000, PROT_READ, MAP_PRIVATE));
}

static void data(void)
{
    char *none = map(20, PROT_NONE, MAP_PRIVATE);
    void *at = sbrk(0);
    leave(RLIMIT_DATA, "VmData:", 10);
    show("DATA: too many", try_map(11, PROT_READ | PROT_WRITE, MAP_PRIVATE));
    show("DATA: as many as are left", try_map(10, PROT_READ | PROT_WRITE, MAP_PRIVATE));
    show("DATA: read only", try_map(1000, PROT_READ, MAP_PRIVATE));
    show("DATA: shared", try_map(1000, PROT_READ | PROT_WRITE, MAP_SHARED));
    show("DATA: made writable", mprotect(none, 11 * PAGE, PROT_READ | PROT_WRITE) ? errno : 0);
    show("DATA: less made writable", mprotect(none, 5 * PAGE, PROT_READ | PROT_WRITE));
    show("DATA: executable too", mprotect(none, 5 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC));
    show("DATA: the rest", try_map(6, PROT_READ | PROT_WRITE, MAP_PRIVATE));
    /* In two areas: what comes first is changed. */
    mprotect(none + 8 * PAGE, PAGE, PROT_READ);
    mprotect(none + 10 * PAGE, PAGE, PROT_READ);
    show("DATA: the first of two", mprotect(none + 8 * PAGE, 12 * PAGE, PROT_READ | PROT_WRITE) ? errno : 0);
    none[8 * PAGE] = 1;
    show("DATA: growing", mremap(none, 5 * PAGE, 20 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED ? errno : 0);
    unlimited(RLIMIT_DATA);
    /* brk is measured from where it starts. */
    unsigned long limit = 0;
    for (unsigned long l = 1; !limit; l++) {
        must(set(RLIMIT_DATA, l * PAGE, RLIM_INFINITY) == 0);
        if (brk((char *)at) == 0) limit = l;
    }
    show("DATA: brk beyond", brk((char *)at + 2 * PAGE) ? errno : 0);
    unlimited(RLIMIT_DATA);
    show("DATA: brk within", brk((char *)at + 2 * PAGE) ? errno : 0);
    must(brk(at) == 0);
    munmap(none, 20 * PAGE);
}

static void numbers(void)
{
    struct rlimit r, o;
    static const unsigned long values[] = { 1234567, 300 << 20, (1ul << 40) + 5, 1ul << 50, 1ul << 51, (1ul << 62) + 7, RLIM_INFINITY - 1, RLIM_INFINITY };
    for (unsigned i = 0; i < 8; i++)
        for (int k = 0; k < 2; k++) {
            int resource = k ? RLIMIT_DATA : RLIMIT_AS;
            must(set(resource, values[i], RLIM_INFINITY) == 0 || values[i] < 1 << 22);
            getrlimit(resource, &r);
            must(prlimit(getpid(), resource, NULL, &o) == 0);
            printf("%lx %lx %lx %lx\n", r.rlim_cur, r.rlim_max, o.rlim_cur, o.rlim_max);
        }
    set(RLIMIT_AS, 500000001, RLIM_INFINITY);
    set(RLIMIT_DATA, 400000000, 600000000);
    static char text[4096];
    int fd = open("/proc/self/limits", O_RDONLY);
    text[read(fd, text, sizeof text - 1)] = 0;
    close(fd);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        if (strstr(line, "data size") || strstr(line, "address space")) puts(line);
    show("soft over hard", set(RLIMIT_DATA, 600000001, 600000000));
}

/* Somebody else's: a child's, changed by its parent. */
static void others(void)
{
    int p[2];
    char c;
    must(pipe(p) == 0);
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        close(p[1]);
        read(p[0], &c, 1);
        show("child: 100 MB", try_map(25600, PROT_READ, MAP_PRIVATE));
        struct rlimit r;
        getrlimit(RLIMIT_AS, &r);
        show("child: sees", r.rlim_cur);
        fflush(stdout);
        _exit(0);
    }
    struct rlimit r = { 90 << 20, 95 << 20 }, o;
    show("parent: sets", prlimit(pid, RLIMIT_AS, &r, &o));
    show("parent: was unlimited", o.rlim_cur == RLIM_INFINITY);
    show("parent: reads", prlimit(pid, RLIMIT_AS, NULL, &o) ? errno : o.rlim_cur);
    close(p[1]);
    int status;
    waitpid(pid, &status, 0);
    show("parent: its own", try_map(25600, PROT_READ, MAP_PRIVATE));
}

static void *setter(void *arg)
{
    for (int i = 0; i < 200; i++) set(RLIMIT_AS, (i & 1) ? RLIM_INFINITY : 1ul << 36, RLIM_INFINITY);
    return arg;
}

/* Threads change the limit while others map; a vfork child's is its own. */
static void together(void)
{
    pthread_t t[3];
    for (int i = 0; i < 3; i++) must(pthread_create(&t[i], NULL, setter, NULL) == 0);
    int bad = 0;
    for (int i = 0; i < 300; i++) bad += try_map(100, PROT_READ | PROT_WRITE, MAP_PRIVATE) != 0;
    for (int i = 0; i < 3; i++) pthread_join(t[i], NULL);
    show("refused while limits change", bad);
    unlimited(RLIMIT_AS);
    pid_t pid = vfork();
    if (!pid) {
        set(RLIMIT_AS, 1 << 20, RLIM_INFINITY);
        _exit(try_map(10, PROT_READ, MAP_PRIVATE));
    }
    int status;
    waitpid(pid, &status, 0);
    show("vfork child", WEXITSTATUS(status));
    show("its parent", try_map(10, PROT_READ, MAP_PRIVATE));
    /* A thread's limit is all threads'. */
    must(pthread_create(&t[0], NULL, setter, NULL) == 0);
    pthread_join(t[0], NULL);
}

static void too_small(void)
{
    set(RLIMIT_AS, 200000, RLIM_INFINITY);
    execl("/proc/self/exe", "memlimits", "child", NULL);
    _exit(98);
}

static void nobody(void)
{
    struct rlimit r;
    must(setgid(65534) == 0 && setuid(65534) == 0);
    show("nobody: lowers", set(RLIMIT_AS, 200 << 20, 300 << 20));
    show("nobody: lower still", set(RLIMIT_AS, 100 << 20, 200 << 20));
    show("nobody: raises", set(RLIMIT_AS, 100 << 20, 250 << 20));
    show("nobody: to infinity", set(RLIMIT_AS, RLIM_INFINITY, RLIM_INFINITY));
    getrlimit(RLIMIT_AS, &r);
    show("nobody: soft", r.rlim_cur);
    show("nobody: hard", r.rlim_max);
    show("nobody: 150 MB", try_map(38400, PROT_READ, MAP_PRIVATE));
    fflush(stdout);
    execl("/proc/self/exe", "memlimits", "child", NULL);
}

int main(int argc, char **argv)
{
    struct rlimit r;
    setvbuf(stdout, out, _IOFBF, sizeof out);
    if (argc > 1) {
        getrlimit(RLIMIT_AS, &r);
        show("exec: soft", r.rlim_cur);
        show("exec: hard", r.rlim_max);
        show("exec: 40 MB", try_map(10240, PROT_READ, MAP_PRIVATE));
        show("exec: 150 MB", try_map(38400, PROT_READ, MAP_PRIVATE));
        fflush(stdout);
        execl("/bin/sh", "sh", "-c", "ulimit -v", NULL);
    }
    mappings();
    data();
    others();
    together();
    show("too small for a program", run_child(too_small));
    run_child(nobody);
    numbers();
    return 0;
}
