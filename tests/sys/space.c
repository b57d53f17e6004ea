/* Random address-space calls; after each, the guest's map must agree with the host kernel's list of mappings. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/limits.h"
#include "runtime/log.h"
#include "runtime/space.h"
#include "runtime/task.h"

/* The translator's side, as far as the address space needs it. */
uint32_t log_mask;
void log_write(const char *fmt, ...) { (void)fmt; }
void log_message(const char *fmt, ...) { (void)fmt; }
_Noreturn void die(const char *fmt, ...) { (void)fmt; abort(); }
bool rt_lock(struct rt_lock *l) { if (l->state++) abort(); return false; }
void rt_unlock(struct rt_lock *l) { if (--l->state) abort(); }
int64_t limits_change(int32_t pid, int resource, const struct limit *new, struct limit *old)
{
    (void)pid, (void)resource, (void)new;
    *old = (struct limit){ ~0ull, ~0ull };
    return 0;
}
static uint64_t changed_lo, changed_hi;
void rt_code_changed(uint64_t start, uint64_t end) { changed_lo = start; changed_hi = end; }

static struct mm *mm;
static unsigned passed, failures;
static char last[256];

static void fail(const char *what, uint64_t at) { failures++; fprintf(stderr, "FAIL %s at %lx after %s\n", what, at, last); }

struct range { uint64_t start, end; int prot; };
static struct range host[4096], guest[4096];
static unsigned nhost, nguest;

static void add(struct range *r, unsigned *n, uint64_t start, uint64_t end, int prot)
{
    if (*n && r[*n - 1].end == start && r[*n - 1].prot == prot) r[*n - 1].end = end;
    else r[(*n)++] = (struct range){ start, end, prot };
}

static bool each(void *ctx, const struct mm_area *a)
{
    (void)ctx;
    int prot = a->prot & PROT_EXEC ? (a->prot & ~PROT_EXEC) | PROT_READ : a->prot;
    add(guest, &nguest, a->start, a->end, prot);
    for (uint64_t p = a->start; p < a->end; p += (a->end - a->start > 1 << 24 ? 1 << 22 : SPACE_PAGE))
        if (mm_prot(mm, p) != a->prot) { fail("mm_prot", p); break; }
    return true;
}

/* The test's own mappings: everything before the first call, and libc's. */
static struct range own[256];
static unsigned nown;

static void read_host(struct range *r, unsigned *n)
{
    char line[512];
    *n = 0;
    FILE *f = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, f)) {
        unsigned long a, b; char p[5];
        sscanf(line, "%lx-%lx %4s", &a, &b, p);
        bool mine = (a >= SPACE_OWN_LO && a < SPACE_OWN_HI) || strstr(line, "[heap]");
        for (unsigned i = 0; i < nown && !mine; i++) mine = a < own[i].end && b > own[i].start;
        if (!mine) add(r, n, a, b, (p[0] == 'r' ? PROT_READ : 0) | (p[1] == 'w' ? PROT_WRITE : 0) | (p[2] == 'x' ? PROT_EXEC : 0));
    }
    fclose(f);
}

static void compare(void)
{
    nguest = 0;
    read_host(host, &nhost);
    mm_each(mm, each, NULL);
    for (unsigned i = 0; i < nhost || i < nguest; i++)
        if (i >= nhost || i >= nguest || memcmp(&host[i], &guest[i], sizeof host[i])) {
            fail("maps differ", i < nguest ? guest[i].start : host[i].start);
            return;
        }
    passed++;
}

static uint64_t rnd(uint64_t n) { return ((uint64_t)rand() << 31 ^ rand()) % n; }

static void step(int fd, uint64_t base)
{
    uint64_t a = base + rnd(64) * SPACE_PAGE, len = (1 + rnd(8)) * SPACE_PAGE, b = base + rnd(64) * SPACE_PAGE;
    int prot = rnd(8), flags = 0;
    int64_t r = 0;
    const char *op = "";
    switch (rnd(8)) {
    case 0: case 1: case 2:
        op = "mmap";
        flags = rnd(2) ? MAP_PRIVATE : MAP_SHARED;
        if (rnd(2)) flags |= MAP_ANONYMOUS;
        if (rnd(4)) flags |= rnd(4) ? MAP_FIXED : MAP_FIXED_NOREPLACE;
        r = mm_mmap(mm, rnd(2) || flags & (MAP_FIXED | MAP_FIXED_NOREPLACE) ? a : 0, len, prot, flags, flags & MAP_ANONYMOUS ? -1 : fd, rnd(4) * SPACE_PAGE);
        break;
    case 3: op = "munmap"; r = mm_munmap(mm, a, len); break;
    case 4: op = "mprotect"; r = mm_mprotect(mm, a, len, prot); break;
    case 5: {
        op = "mremap";
        flags = rnd(8);
        r = mm_mremap(mm, a, rnd(8) ? len : 0, (1 + rnd(8)) * SPACE_PAGE, flags, b);
        break;
    }
    case 6: op = "brk"; r = mm_brk(mm, mm_brk(mm, 0) + rnd(9) * 0x800 - 4 * 0x800); break;
    case 7: op = "madvise"; r = mm_madvise(mm, a, len, MADV_DONTNEED); break;
    }
    snprintf(last, sizeof last, "%s(%lx, %lx, prot %d, flags %x, %lx) = %ld", op, a, len, prot, flags, b, r);
    compare();
}

static unsigned naliases;
static uint64_t alias_at;
static void alias(void *ctx, uint64_t start, uint64_t end) { (void)ctx; (void)end; naliases++; alias_at = start; }

static void expect(bool ok, const char *what) { if (ok) passed++; else fail(what, 0); }

static void directed(int fd)
{
    if (ftruncate(fd, 0x10000)) abort();
    strcpy(last, "directed cases");
    uint64_t w = mm_mmap(mm, 0, 0x10000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    uint64_t x = mm_mmap(mm, 0, 0x8000, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0x4000);
    mm_aliases(mm, w + 0x5000, w + 0x6000, alias, NULL);
    expect(naliases == 1 && alias_at == x + 0x1000, "the alias of a shared page");
    mm_munmap(mm, x + 0x8000, 0x1000);
    expect(mm_fetchable(mm, x + 16, 1 << 20) == 0x8000 - 16, "fetchable up to the end");
    expect(mm_fetchable(mm, w, 16) == 0, "data is not fetchable");
    mm_mprotect(mm, x, 0x1000, PROT_READ);
    expect(changed_lo == x && changed_hi == x + 0x1000, "mprotect of code is announced");
    expect(mm_mmap(mm, SPACE_OWN_LO, 0x1000, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == -ENOMEM, "the own range is refused");
    expect(mm_mmap(mm, (uint64_t)&w & ~0xfffull, 0x1000, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == -ENOMEM, "the host's stack is refused");
    expect(mm_munmap(mm, (uint64_t)&w & ~0xfffull, 0x1000) == 0, "unmapping what is not there");
    expect(mm_mmap(mm, 0, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == -EINVAL, "empty mmap");
    uint64_t big = mm_mmap(mm, 0, 1ull << 42, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    expect(!(big >> 47) && mm_prot(mm, big + (1ull << 41)) == 0, "a reservation of 4 TiB");
    expect(mm_munmap(mm, big + 0x1000, (1ull << 42) - 0x2000) == 0 && mm_prot(mm, big) == 0 && mm_prot(mm, big + 0x1000) == -1, "a hole in it");
    uint64_t g = mm_mmap(mm, 0, 0x10000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0);
    *(volatile char *)(g - 0x2000) = 1;
    compare();
    expect(mm_munmap(mm, g - 0x10000, 0x20000) == 0, "a stack that grew is unmapped");
    int id = shmget(IPC_PRIVATE, 0x3000, IPC_CREAT | 0600);
    uint64_t s = mm_shmat(mm, id, 0, 0);
    expect(mm_prot(mm, s + 0x2000) == (PROT_READ | PROT_WRITE), "shmat");
    expect(mm_munmap(mm, s + 0x1000, 0x1000) == 0 && mm_shmdt(mm, s) == 0 && mm_prot(mm, s + 0x2000) == -1, "shmdt of a segment with a hole");
    shmctl(id, IPC_RMID, NULL);
    compare();
}

int main(int argc, char **argv)
{
    unsigned long steps = argc > 1 ? strtoul(argv[1], NULL, 0) : 3000;
    srand(argc > 2 ? atoi(argv[2]) : 1);
    setvbuf(stdout, NULL, _IONBF, 0);
    free(malloc(1 << 16));
    int fd = memfd_create("data", 0);
    if (ftruncate(fd, 0x10000)) return 2;
    unsigned n;
    read_host(own, &n);
    nown = n;
    mm = mm_new(SPACE_TOP);
    uint64_t base = mm_mmap(mm, 0, 64 * SPACE_PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mm_set_brk(mm, 0x555555600000, 0);
    for (unsigned long i = 0; i < steps && !failures; i++) step(fd, base);
    directed(memfd_create("other", 0));
    mm_clear(mm);
    compare();
    printf("%u passed, %u failed, 0 skipped\n", passed, failures);
    return failures != 0;
}
