/* The address space: placement, remapping, protection, generated code through one and two mappings. */
#include "t.h"
#include <sys/shm.h>

static void result(const char *what, long r) { printf("%s: %s\n", what, r == -1 ? strerror(errno) : "ok"); }

static char *map(size_t n, int prot, int flags)
{
    char *p = mmap(NULL, n, prot, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    must(p != MAP_FAILED);
    return p;
}

static sigjmp_buf out;
static volatile int armed;
static void caught(int s, siginfo_t *i, void *c)
{
    (void)c;
    if (!armed) {
        printf("unexpected signal %d at %p\n", s, i->si_addr);
        fflush(stdout);
        _exit(3);
    }
    siglongjmp(out, s);
}
static int touch(volatile char *p, int write)
{
    armed = 1;
    int s = sigsetjmp(out, 1);
    if (!s) {
        if (write) *p = 1; else (void)*p;
    }
    armed = 0;
    return s;
}

static void remapping(void)
{
    char *p = map(16 * 4096, PROT_READ | PROT_WRITE, 0);
    for (int i = 0; i < 16; i++) p[i * 4096] = i;
    char *q = mremap(p, 4 * 4096, 8 * 4096, 0);
    result("grow where no room is", (long)q);
    q = mremap(p, 4 * 4096, 8 * 4096, MREMAP_MAYMOVE);
    must(q != MAP_FAILED);
    printf("moved: %d %d, the old gone: %d\n", q != p, q[3 * 4096], touch(p, 0));
    char *r = mremap(q, 8 * 4096, 2 * 4096, 0);
    printf("shrunk: %d, cut off: %d\n", r == q, touch(q + 2 * 4096, 0));
    char *to = map(4 * 4096, PROT_NONE, 0);
    r = mremap(q, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, to + 4096);
    printf("fixed: %d, readable: %d, around: %d %d\n", r == to + 4096, touch(r, 1), touch(to, 0), touch(to + 2 * 4096, 0));
    r = mremap(p + 8 * 4096, 4096, 4096, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
    printf("dontunmap: %d %d\n", r[0], p[8 * 4096]);
    int fd = memfd_create("x", 0);
    must(ftruncate(fd, 8192) == 0);
    char *s = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *d = mremap(s, 0, 8192, MREMAP_MAYMOVE);
    must(d != MAP_FAILED);
    s[4096] = 7;
    printf("duplicated: %d\n", d[4096]);
    result("endless, from nothing", (long)mremap((char *)40960, -8192ul, 4096, 0));
    result("endless, from something", (long)mremap(s, -8192ul, 4096, 0));
    result("no flags together", (long)mremap(s, 4096, 4096, MREMAP_FIXED, to));
    errno = 0;
    result("fixed noreplace", (long)mmap(s, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
    result("unaligned", (long)mmap(s + 1, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    result("too long", (long)mmap(NULL, 1ul << 62, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    must(munmap(d, 8192) == 0 && ftruncate(fd, 0) == 0);
    printf("beyond the file: %d\n", touch(s, 0));
}

static void protection(void)
{
    char *p = map(4 * 4096, PROT_READ | PROT_WRITE, 0);
    must(mprotect(p + 4096, 4096, PROT_READ) == 0 && mprotect(p + 8192, 4096, PROT_NONE) == 0);
    for (int i = 0; i < 4; i++) printf("page %d: read %d write %d\n", i, touch(p + i * 4096, 0), touch(p + i * 4096, 1));
    munmap(p + 3 * 4096, 4096);
    result("mprotect over a hole", mprotect(p, 5 * 4096, PROT_READ));
    printf("before it: %d\n", touch(p, 1));
    char *x = map(4096, PROT_EXEC, 0);
    printf("execute only: write %d\n", touch(x, 1));
    unsigned char in[4] = { 9, 9, 9, 9 };
    result("mincore", mincore(p, 3 * 4096, in));
    result("mincore of nothing", mincore(p, 4 * 4096, in));
    result("madvise", madvise(p, 8192, MADV_DONTNEED));
    result("madvise of nothing", madvise(p, 4 * 4096, MADV_DONTNEED));
    result("madvise nonsense", madvise(p, 4096, 12345));
    result("mlock", mlock(p, 4096));
    result("msync", msync(p, 8192, MS_SYNC));
}

static void heap(void)
{
    char *b = sbrk(0);
    must(sbrk(100000) == b);
    b[99999] = 1;
    must(sbrk(-50000) == b + 100000);
    printf("brk: %ld, %d\n", (long)((char *)sbrk(0) - b), touch(b + 99999, 0));
    result("brk far away", sbrk(1l << 46) == (void *)-1 ? -1 : 0);
    char *s = map(4 << 20, PROT_NONE, MAP_NORESERVE);
    munmap(s, 4 << 20);
    char *g = mmap(s + (4 << 20) - 8192, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
    must(g != MAP_FAILED);
    for (int i = 1; i < 20; i++) must(touch(g - i * 4096, 1) == 0);
    must(munmap(g - 20 * 4096, 22 * 4096) == 0);
    printf("grown, then unmapped: %d\n", touch(g - 4096, 0));
}

static int call(void *p) { return ((int (*)(void))p)(); }

static void generated(void)
{
    unsigned char *p = (unsigned char *)map(4096, PROT_READ | PROT_WRITE | PROT_EXEC, 0);
    long sum = 0;
    for (int i = 0; i < 200; i++) {
        size_t n = put_code(p, i);
        __builtin___clear_cache((char *)p, (char *)p + n);
        for (int k = 0; k < 10; k++) sum += call(p);
    }
    printf("rewritten in place: %ld\n", sum);
    sum = 0;
    for (int i = 0; i < 50; i++) {
        must(mprotect(p, 4096, PROT_READ | PROT_WRITE) == 0);
        size_t n = put_code(p, i + 5);
        must(mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0);
        __builtin___clear_cache((char *)p, (char *)p + n);
        sum += call(p);
    }
    printf("through mprotect: %ld\n", sum);
    int fd = memfd_create("code", 0);
    must(ftruncate(fd, 8192) == 0);
    unsigned char *w = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    unsigned char *x = mmap(NULL, 8192, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    sum = 0;
    for (int i = 0; i < 100; i++) {
        size_t n = put_code(w + 4000 + i % 16, i);
        n = put_code(w + 4096, i + 1);
        __builtin___clear_cache((char *)x + 4096, (char *)x + 4096 + n);
        sum += call(x + 4096);
    }
    printf("through another mapping: %ld\n", sum);
    sum = 0;
    for (int i = 0; i < 100; i++) {
        size_t n = put_code(w + 4096, i + 2);
        __builtin___clear_cache((char *)w + 4096, (char *)w + 4096 + n);
        sum += call(x + 4096);
    }
    printf("announced there: %ld\n", sum);
    for (int i = 0; i < 20; i++) {
        unsigned char *f = mmap(p, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        size_t n = put_code(f, 100 + i);
        __builtin___clear_cache((char *)f, (char *)f + n);
        sum += call(f);
    }
    printf("mapped over: %ld\n", sum);
    unsigned char *m = mremap(p, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, x);
    printf("moved: %d\n", call(m));
    must(mprotect(m, 4096, PROT_READ) == 0);
    armed = 1;
    int s = sigsetjmp(out, 1);
    printf("not executable any more: %d\n", s ? s : call(m));
    must(mprotect(m, 4096, PROT_READ | PROT_EXEC) == 0);
    s = sigsetjmp(out, 1);
    printf("executable again: %d\n", s ? s : call(m));
    munmap(m, 4096);
    s = sigsetjmp(out, 1);
    printf("not there any more: %d\n", s ? s : call(m));
    must(mmap(m, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == m);
    size_t n = put_code(m, 77);
    __builtin___clear_cache((char *)m, (char *)m + n);
    s = sigsetjmp(out, 1);
    printf("there again: %d\n", s ? s : call(m));
}

int main(void);
static void many(void)
{
    enum { N = 5000 };
    char *p = map((size_t)N * 8192, PROT_READ | PROT_WRITE, MAP_NORESERVE);
    for (int i = 0; i < N; i++) must(mprotect(p + (size_t)i * 8192, 4096, PROT_READ) == 0);
    for (int i = 0; i < N; i += 7) must(munmap(p + (size_t)i * 8192, 4096) == 0);
    long bad = 0;
    for (int i = 0; i < N; i += 50) bad += touch(p + (size_t)i * 8192, 1) != SIGSEGV || touch(p + (size_t)i * 8192 + 4096, 1) != 0;
    printf("ten thousand areas: %ld wrong\n", bad);
    must(munmap(p, (size_t)N * 8192) == 0);
    char *big = map(1l << 44, PROT_NONE, MAP_NORESERVE);
    must(mprotect(big + (1l << 43), 4096, PROT_READ | PROT_WRITE) == 0);
    printf("sixteen terabytes: %d %d\n", touch(big + (1l << 43), 1), touch(big, 0));
    must(munmap(big, 1l << 44) == 0);
    unsigned found = 0;
    FILE *f = fopen("/proc/self/maps", "r");
    char line[600];
    unsigned long a, b;
    char perm[5];
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "%lx-%lx %4s", &a, &b, perm) == 3 && ((a <= (unsigned long)main && (unsigned long)main < b && perm[2] == 'x') || strstr(line, "[stack]") || strstr(line, "[heap]")))
            found++;
    printf("maps: %u of 3 found\n", found);
}

int main(void)
{
    handle(SIGSEGV, caught, 0);
    handle(SIGBUS, caught, 0);
    remapping();
    protection();
    heap();
    generated();
    many();
    return 0;
}
