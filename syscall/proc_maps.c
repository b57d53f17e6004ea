/* maps, smaps and what is counted of them: the guest's areas, with what the host says of each. */
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "runtime/reexec.h"
#include "syscall/proc_view.h"

void proc_each_area(const struct proc_view *v, int list, bool (*f)(void *ctx, const struct mm_area *), void *ctx)
{
    int64_t pagemap = proc_beside(v, "pagemap", O_RDONLY);
    struct mm_copy c;
    if (v->self) {
        mm_each_in(v->t->mm, list, (int)pagemap, f, ctx);
    } else {
        int64_t mem = proc_beside(v, "mem", O_RDONLY);
        int r = mem < 0 ? (int)mem : mm_copy_remote(&c, (int)mem, (uint64_t)v->t->mm);
        if (r) {
            /* Not allowed to look: what may be executed is not known then. */
            int64_t maps = proc_beside(v, "maps", O_RDONLY);
            r = maps < 0 ? (int)maps : mm_copy_guess(&c, (int)maps);
            if (maps >= 0) host_syscall(__NR_close, maps);
        }
        if (mem >= 0) host_syscall(__NR_close, mem);
        if (r == 0) {
            mm_each_copied(&c, list, (int)pagemap, f, ctx);
            mm_copy_free(&c);
        }
    }
    if (pagemap >= 0) host_syscall(__NR_close, pagemap);
}

/* ---- maps ---- */

static void area_line(struct out *o, const struct mm_area *a)
{
    char line[128];
    size_t n = log_format(line, sizeof line, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu ", a->start, a->end,
        a->prot & PROT_READ ? 'r' : '-', a->prot & PROT_WRITE ? 'w' : '-', a->prot & PROT_EXEC ? 'x' : '-',
        a->shared ? 's' : 'p', a->off, a->dev_major, a->dev_minor, a->inode);
    while (a->name[0] && n < 73) line[n++] = ' ';
    out_bytes(o, line, n);
    out_text(o, a->name);
    out_bytes(o, "\n", 1);
}

static bool show_area(void *ctx, const struct mm_area *a)
{
    area_line(ctx, a);
    return true;
}

void proc_write_maps(struct proc_view *v) { proc_each_area(v, v->host, show_area, v->out); }

/* ---- smaps ---- */

static void usage_value(struct out *o, const struct mm_usage_line *l, uint64_t value)
{
    char line[64];
    size_t n = log_format(line, sizeof line, "%s:", l->key);
    char digits[24];
    size_t d = log_format(digits, sizeof digits, "%lu", value);
    while (n + d < 24) line[n++] = ' ';
    memcpy(line + n, digits, d);
    n += d;
    out_bytes(o, line, n);
    out_text(o, l->kb ? " kB\n" : "\n");
}

/* The first flags are the protection's, which the host has without execution. */
static void usage_flags(struct out *o, const struct mm_area *a, const char *flags)
{
    out_text(o, "VmFlags: ");
    if (a->prot & PROT_READ) out_text(o, "rd ");
    if (a->prot & PROT_WRITE) out_text(o, "wr ");
    if (a->prot & PROT_EXEC) out_text(o, "ex ");
    while (!strncmp(flags, "rd ", 3) || !strncmp(flags, "wr ", 3) || !strncmp(flags, "ex ", 3)) flags += 3;
    out_text(o, flags);
    out_text(o, "\n");
}

static bool show_usage(void *ctx, const struct mm_area *a)
{
    struct out *o = ctx;
    area_line(o, a);
    for (unsigned i = 0; a->use && i < a->use->n; i++) {
        const struct mm_usage_line *l = &a->use->line[i];
        if (!strcmp(l->key, "ProtectionKey")) continue;     /* guest CPUs have none */
        usage_value(o, l, !strcmp(l->key, "Size") ? (a->end - a->start) / 1024 : l->value);
    }
    if (a->use) usage_flags(o, a, a->use->flags);
    return true;
}

void proc_write_smaps(struct proc_view *v) { proc_each_area(v, v->host, show_usage, v->out); }

/* ---- smaps_rollup ---- */

struct rollup { uint64_t start, end, pss_anon, pss_file, pss_shmem; struct mm_usage sum; };

static uint64_t value_of(const struct mm_usage *u, const char *key)
{
    for (unsigned i = 0; i < u->n; i++)
        if (!strcmp(u->line[i].key, key)) return u->line[i].value;
    return 0;
}

static bool add_to_rollup(void *ctx, const struct mm_area *a)
{
    struct rollup *r = ctx;
    if (!r->end) r->start = a->start;
    r->end = a->end;
    if (!a->use) return true;
    uint64_t pss = value_of(a->use, "Pss"), rss = value_of(a->use, "Rss"), anon = rss ? pss * value_of(a->use, "Anonymous") / rss : 0;
    r->pss_anon += anon;
    *(a->shared && a->name[0] != '/' ? &r->pss_shmem : &r->pss_file) += pss - anon;
    for (unsigned i = 0; i < a->use->n; i++) {
        if (i >= r->sum.n) r->sum.line[i] = a->use->line[i], r->sum.n++;
        else r->sum.line[i].value += a->use->line[i].value;
    }
    return true;
}

void proc_write_smaps_rollup(struct proc_view *v)
{
    static const char *const only_areas[] = { "Size", "KernelPageSize", "MMUPageSize", "THPeligible", "ProtectionKey" };
    struct rollup r = { 0 };
    int64_t list = proc_beside(v, "smaps", O_RDONLY);
    if (list < 0) { v->out->error = list; return; }
    proc_each_area(v, (int)list, add_to_rollup, &r);
    host_syscall(__NR_close, list);
    struct mm_area whole = { .start = r.start, .end = r.end, .name = "[rollup]" };
    area_line(v->out, &whole);
    for (unsigned i = 0; i < r.sum.n; i++) {
        const struct mm_usage_line *l = &r.sum.line[i];
        bool skip = false;
        for (unsigned k = 0; k < sizeof only_areas / sizeof only_areas[0]; k++) skip |= !strcmp(l->key, only_areas[k]);
        if (!skip) usage_value(v->out, l, l->value);
        if (strcmp(l->key, "Pss_Dirty")) continue;
        usage_value(v->out, &(struct mm_usage_line){ "Pss_Anon", true, 0 }, r.pss_anon);
        usage_value(v->out, &(struct mm_usage_line){ "Pss_File", true, 0 }, r.pss_file);
        usage_value(v->out, &(struct mm_usage_line){ "Pss_Shmem", true, 0 }, r.pss_shmem);
    }
}

/* ---- numa_maps: the host's lines but for those of the translator ---- */

static uint64_t hex(const char *s)
{
    uint64_t n = 0;
    for (; ; s++) {
        if (*s >= '0' && *s <= '9') n = n * 16 + (unsigned)(*s - '0');
        else if (*s >= 'a' && *s <= 'f') n = n * 16 + (unsigned)(*s - 'a' + 10);
        else return n;
    }
}

void proc_write_numa_maps(struct proc_view *v)
{
    char buf[1024];
    bool start = true, keep = true;
    for (;;) {
        int64_t n = host_syscall(__NR_read, v->host, buf, sizeof buf - 1);
        if (n <= 0) return;
        buf[n] = 0;
        /* A line's first word may be cut: what follows is read up to its end. */
        for (int64_t at = 0; at < n; ) {
            if (start) {
                int64_t word = at;
                while (word < n && buf[word] != ' ' && buf[word] != '\n') word++;
                if (word == n && n < (int64_t)sizeof buf - 64) {
                    int64_t k = host_syscall(__NR_read, v->host, buf + n, 32);
                    if (k > 0) n += k, buf[n] = 0;
                }
                uint64_t addr = hex(buf + at);
                keep = !sys_own_memory(addr) && addr < SPACE_PLACED;
            }
            const char *end = memchr(buf + at, '\n', n - at);
            int64_t stop = end ? end + 1 - buf : n;
            if (keep) out_bytes(v->out, buf + at, stop - at);
            start = end != NULL;
            at = stop;
        }
    }
}

/* ---- sums ---- */

static bool sum_area(void *ctx, const struct mm_area *a)
{
    struct proc_memory *m = ctx;
    uint64_t kb = (a->end - a->start) / 1024;
    bool stack = !strcmp(a->name, "[stack]");
    m->size += kb;
    if (stack) m->stack += kb;
    else if (!a->shared && a->prot & PROT_WRITE) m->data += kb;
    else if (a->prot & PROT_EXEC && !(a->prot & PROT_WRITE)) m->code += kb;
    return true;
}

void proc_memory(const struct proc_view *v, struct proc_memory *m)
{
    memset(m, 0, sizeof *m);
    int64_t list = proc_beside(v, "maps", O_RDONLY), pagemap = proc_beside(v, "pagemap", O_RDONLY);
    if (list >= 0) {
        proc_each_area(v, (int)list, sum_area, m);
        host_syscall(__NR_lseek, list, 0, SEEK_SET);
        mm_own_usage((int)list, (int)pagemap, &m->own_size, &m->own_anon, &m->own_file);
        host_syscall(__NR_close, list);
    }
    if (pagemap >= 0) host_syscall(__NR_close, pagemap);
}
