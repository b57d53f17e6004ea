/*
 * How fast code is translated, without running any: translate [-l LIMIT] [-n TURNS] [-p PLAN] GUEST FILE...
 *
 * From the start of each file's code on, what a region leads to is translated next, as if it ran, and where nothing new is led to, the
 * next address that no region holds; up to LIMIT guest instructions. Under the hot plan every region is taken for one that runs
 * often. Prints for each plan millions of guest instructions per second of one core (the best of TURNS), instructions of a region, how
 * often one is translated on average, and bytes per byte of guest code: of the straight path, of side paths and constants, and of
 * side tables.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backends/backend.h"
#include "frontends/guest.h"
#include "ir/carry.h"
#include "runtime/region.h"
#include "tests/cost/text.h"

enum { ROOM = 64 << 20, MAX_WORK = 1 << 20 };
enum { BEGIN = 1, INSIDE = 2 };     /* what an instruction of a region has at an address */

static struct fe_guest guest;        /* whose lifter counts */
static bool (*lift_one)(struct ir_func *, const uint8_t *, size_t, uint32_t);
static struct ir_func func;
static struct be_region region;
static struct ir_carry_room carry_room;
static uint8_t *room;               /* code is written here, and side tables behind it */
static uint8_t *begun, *held;       /* by address / 2: a region begins there; BEGIN, INSIDE or 0 */
static uint64_t work[MAX_WORK];     /* where regions are to begin */
static size_t nwork;
static uint32_t mode;

/* Of one turn. Bytes of guest code count as often as they are translated. */
static struct sum { uint64_t regions, guest, distinct, guest_bytes, hot, other, beside; double seconds; } sum;

static struct region_heat heat(uint64_t pc, uint32_t m) { (void)pc, (void)m; return (struct region_heat){REGION_HOT, false}; }
static bool may_be_hot(uint64_t pc) { (void)pc; return false; }

static void fail(const char *what, const char *detail)
{
    fprintf(stderr, "translate: %s: %s\n", what, detail);
    exit(1);
}

/* ---- translating ---- */

static bool counting_lift(struct ir_func *fn, const uint8_t *bytes, size_t avail, uint32_t m)
{
    uint64_t off = (fn->cur_pc - text.pc) / 2;
    bool lifted = lift_one(fn, bytes, avail, m);
    if (!lifted)
        return false;
    sum.distinct += held[off] != BEGIN;
    sum.guest_bytes += fn->next_pc - fn->cur_pc;
    for (uint64_t end = (fn->next_pc - text.pc) / 2, i = off + 1; i < end; i++)
        held[i] |= !held[i] * INSIDE;
    held[off] = BEGIN;
    return true;
}

static void push(uint64_t pc)
{
    uint64_t off = pc - text.pc;
    if (off >= text.len || begun[off / 2] || nwork == MAX_WORK)
        return;
    begun[off / 2] = 1;
    work[nwork++] = pc;
}

static void lift(uint64_t pc, bool hot)
{
    struct region_pages pages;
    uint32_t weight[IR_MAX_BLOCKS];
    const struct region_profile profile = {.runs = REGION_HOT, .heat = heat, .may_be_hot = may_be_hot};
    func.lacks = be_host()->lacks;
    if (hot && region_lift_hot(&func, &guest, NULL, pc, mode, &profile, &pages, weight))
        ir_carry(&func, be_host()->carried_ints, be_host()->carried_others, weight, &carry_room);
    else
        region_lift(&func, &guest, NULL, pc, mode, &pages);
}

/* Translates the region at pc; returns the bytes of code. A region that is too large for a limit is cut shorter, as the runtime does. */
static size_t translate(uint64_t pc, bool hot, uint8_t *dst)
{
    unsigned limit = region_limit;
    lift(pc, hot);
    struct be_input in = {.fn = &func, .dst = dst, .room = (size_t)(room + ROOM - dst), .jump_shift = guest.insn_align_log2};
    for (int err; (err = be_host()->compile(&in, &region));) {
        if (err == -ENOSPC || region_limit == 1)
            fail("the back end refuses a region", "");
        region_limit = func.nguest > 1 ? func.nguest / 2 : 1;
        lift(pc, false);
    }
    region_limit = limit;
    for (uint32_t i = 0; i < region.nsites; i++)
        if (region.sites[i].kind <= BE_SITE_CALL)
            push(region.sites[i].pc);
    for (uint32_t i = 0; i < region.nrets; i++)
        push(region.rets[i].pc);
    memcpy(room + ROOM, region.faults, region.nfaults);
    sum.regions++;
    sum.guest += func.nguest;
    sum.hot += region.hot_size;
    sum.other += region.size - region.hot_size;
    sum.beside += region.nfaults;
    return region.size;
}

static struct sum run(bool hot, uint64_t limit)
{
    uint64_t next = 0;
    uint8_t *dst = room;
    memset(begun, 0, text.len / 2 + 1);
    memset(held, 0, text.len / 2 + 1);
    sum = (struct sum){0};
    nwork = 0;
    struct timespec a, b;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    while (sum.guest < limit) {
        while (!nwork && next < text.len) {
            if (!held[next / 2])
                push(text.pc + next);
            next += 1u << guest.insn_align_log2;
        }
        if (!nwork)
            break;
        dst += (translate(work[--nwork], hot, dst) + 15) & ~15ul;
        if (dst > room + ROOM - (2 << 20))
            dst = room;
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    sum.seconds = (double)(b.tv_sec - a.tv_sec) + 1e-9 * (double)(b.tv_nsec - a.tv_nsec);
    return sum;
}

/* ---- files ---- */

static void open_file(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &st))
        fail(path, "cannot be opened");
    const uint8_t *file = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    close(fd);
    const Elf64_Ehdr *e = (const Elf64_Ehdr *)file;
    if (file == MAP_FAILED || st.st_size < (off_t)sizeof *e || memcmp(e->e_ident, ELFMAG, SELFMAG) || e->e_ident[EI_CLASS] != ELFCLASS64)
        fail(path, "is no 64-bit ELF file");
    const Elf64_Shdr *sh = (const Elf64_Shdr *)(file + e->e_shoff);
    text.len = 0;
    for (unsigned i = 0; i < e->e_shnum; i++)
        if (sh[i].sh_flags & SHF_EXECINSTR && sh[i].sh_size > text.len) {
            text.bytes = file + sh[i].sh_offset;
            text.pc = sh[i].sh_addr;
            text.len = sh[i].sh_size;
        }
    if (!text.len)
        fail(path, "has no section of code");
    begun = realloc(begun, text.len / 2 + 1);
    held = realloc(held, text.len / 2 + 1);
}

static void print(const char *path, const char *plan, const struct sum *s)
{
    const char *name = strrchr(path, '/');
    double n = (double)s->guest, bytes = (double)s->guest_bytes;
    printf("%-8s %-10s %-6s %7.2f %8.1f %8.2f %8.2f %8.2f %8.2f\n", guest.name, name ? name + 1 : path, plan, n / s->seconds / 1e6,
           n / (double)s->regions, n / (double)s->distinct, (double)s->hot / bytes, (double)s->other / bytes, (double)s->beside / bytes);
}

int main(int argc, char **argv)
{
    uint64_t limit = 1000000;
    int turns = 5, arg = 1;
    char message[160] = "usage: translate [-l LIMIT] [-n TURNS] [-p PLAN] GUEST FILE...";
    const char *plan = "";
    for (; arg + 1 < argc && argv[arg][0] == '-'; arg += 2) {
        if (argv[arg][1] == 'l')
            limit = strtoull(argv[arg + 1], NULL, 0);
        else if (argv[arg][1] == 'p')
            plan = argv[arg + 1];
        else
            turns = atoi(argv[arg + 1]);
    }
    const struct fe_guest *found = NULL;
    for (unsigned i = 0; arg < argc && fe_guests[i]; i++)
        if (!strcmp(fe_guests[i]->name, argv[arg]))
            found = fe_guests[i];
    if (!found || !fe_select_cpu(found, NULL, message, sizeof message))
        fail("cannot begin", message);
    guest = *found;
    lift_one = guest.lift;
    guest.lift = counting_lift;
    static struct cpu_state cpu;
    guest.reset(cpu.guest, 0);
    mode = guest.mode ? guest.mode(cpu.guest) : 0;
    region_hot = REGION_HOT;
    room = mmap(NULL, ROOM + sizeof region, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED)
        fail("no memory", "");
    printf("%-8s %-10s %-6s %7s %8s %8s %8s %8s %8s\n", "guest", "file", "plan", "M/s", "region", "times", "hot", "cold", "beside");
    while (++arg < argc) {
        open_file(argv[arg]);
        for (int hot = 0; hot < 2; hot++) {
            const char *name = hot ? "hot" : "quick";
            if (*plan && strcmp(plan, name))
                continue;
            struct sum best = run(hot, limit);
            for (int i = 1; i < turns; i++) {
                struct sum s = run(hot, limit);
                best = s.seconds < best.seconds ? s : best;
            }
            print(argv[arg], name, &best);
        }
    }
    return 0;
}
