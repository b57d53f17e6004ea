/* Emulated files but those about areas: each says what of it is the guest's and what the host's. */
#include <string.h>
#include <sys/resource.h>

#include "loader/auxv.h"
#include "runtime/limits.h"
#include "syscall/proc_view.h"
#include "syscall/seccomp.h"

/* ---- as the kernel does, from the process's own memory, where a program may have changed it ---- */

static void copy_guest(struct out *o, uint64_t from, uint64_t to)
{
    char chunk[512];
    while (from < to) {
        size_t n = to - from < sizeof chunk ? to - from : sizeof chunk;
        if (copy_from_guest(chunk, from, n)) return;
        out_bytes(o, chunk, n);
        from += n;
    }
}

/* The kernel knows where the guest has these (title.c), unless it refused to be told. */
static void copy_host(struct proc_view *v)
{
    char chunk[1024];
    for (int64_t n; (n = host_syscall(__NR_read, v->host, chunk, sizeof chunk)) > 0; ) out_bytes(v->out, chunk, (size_t)n);
}

void proc_write_auxv(struct proc_view *v)
{
    if (v->self) out_bytes(v->out, (const char *)ld_vectors.auxv, ld_vectors.auxv_size);
    else copy_host(v);
}

void proc_write_cmdline(struct proc_view *v)
{
    if (v->self) copy_guest(v->out, ld_vectors.arg_start, ld_vectors.arg_end);
    else copy_host(v);
}

void proc_write_environ(struct proc_view *v)
{
    if (v->self) copy_guest(v->out, ld_vectors.env_start, ld_vectors.env_end);
    else copy_host(v);
}

/* ---- stat, statm ---- */

enum { STAT_FIELDS = 52, PAGE_KB = SPACE_PAGE / 1024 };

static uint64_t less(uint64_t a, uint64_t b) { return a > b ? a - b : 0; }

static uint64_t number_of(const char *s)
{
    uint64_t n = 0;
    while (*s == ' ' || *s == '\t') s++;
    for (; *s >= '0' && *s <= '9'; s++) n = n * 10 + (unsigned)(*s - '0');
    return n;
}

/* Fields as proc(5) numbers them; those before the third stay in the text. */
void proc_write_stat(struct proc_view *v)
{
    char text[2048];
    const char *field[STAT_FIELDS + 1] = { 0 };
    int64_t n = proc_read_host(v, text, sizeof text);
    if (n < 0) { v->out->error = n; return; }
    char *p = strrchr(text, ')');       /* the name may contain anything */
    if (!p || p[1] != ' ') { out_bytes(v->out, text, n); return; }
    out_bytes(v->out, text, p + 1 - text);
    unsigned count = 2;
    for (char *at = p + 1; *at == ' ' && count < STAT_FIELDS; ) {
        *at++ = 0;
        field[++count] = at;
        while (*at && *at != ' ' && *at != '\n') at++;
        if (*at == '\n') *at = 0;
    }
    struct proc_memory m;
    struct proc_thread th;
    proc_memory(v, &m);
    bool known = proc_thread(v, &th);
    const struct ld_vectors *l = &ld_vectors;
    bool shown = count == STAT_FIELDS && strcmp(field[28], "0");    /* else the reader may not see addresses */
    for (unsigned i = 3; i <= count; i++) {
        uint64_t value = 0;
        bool ours = true;
        switch (i) {
        case 23: value = m.size * 1024; break;
        case 24: value = less(number_of(field[24]), (m.own_anon + m.own_file) / PAGE_KB); break;
        case 26: value = l->start_code; ours = v->self && shown; break;
        case 27: value = l->end_code; ours = v->self && shown; break;
        case 28: value = l->stack_start; ours = v->self && shown; break;
        case 32: value = th.blocked & 0x7fffffff; ours = known; break;
        case 33: value = th.ignored & 0x7fffffff; ours = known; break;
        case 34: value = th.caught & 0x7fffffff; ours = known; break;
        default: ours = false;
        }
        if (ours) out_format(v->out, " %lu", value);
        else out_bytes(v->out, " ", 1), out_text(v->out, field[i]);
    }
    out_bytes(v->out, "\n", 1);
}

/* size resident shared text lib data dt, in pages. */
void proc_write_statm(struct proc_view *v)
{
    char text[256];
    uint64_t x[7] = { 0 };
    int64_t n = proc_read_host(v, text, sizeof text);
    if (n < 0) { v->out->error = n; return; }
    const char *p = text;
    for (unsigned i = 0; i < 7 && p; i++, p = strchr(p + 1, ' ')) x[i] = number_of(p);
    struct proc_memory m;
    proc_memory(v, &m);
    x[0] = m.size / PAGE_KB;
    x[1] = less(x[1], (m.own_anon + m.own_file) / PAGE_KB);
    x[2] = less(x[2], m.own_file / PAGE_KB);
    x[5] = (m.data + m.stack) / PAGE_KB;
    out_format(v->out, "%lu %lu %lu %lu %lu %lu %lu\n", x[0], x[1], x[2], x[3], x[4], x[5], x[6]);
}

/* ---- status ---- */

struct status { struct proc_memory m; struct proc_thread th; bool known; uint64_t exe; };

/* A line that is the guest's; false: the host's stays. */
static bool status_line(struct proc_view *v, struct status *s, const char *line)
{
    static const char *const x86[] = { "x86_Thread_features", "untag_mask:" };
    struct out *o = v->out;
    const char *colon = strchr(line, ':');
    uint64_t host = colon ? number_of(colon + 1) : 0;
    const struct proc_memory *m = &s->m;
#define IS(key) (!strncmp(line, key ":", sizeof key))
#define KB(key, value) if (IS(key)) { out_format(o, key ":\t%8lu kB\n", (uint64_t)(value)); return true; }
#define SET(key, value) if (s->known && IS(key)) { out_format(o, key ":\t%016lx\n", (uint64_t)(value)); return true; }
    KB("VmPeak", less(host, m->own_size) > m->size ? less(host, m->own_size) : m->size)
    KB("VmSize", m->size)
    KB("VmHWM", less(host, m->own_anon + m->own_file))
    KB("VmRSS", less(host, m->own_anon + m->own_file))
    KB("RssAnon", less(host, m->own_anon))
    KB("RssFile", less(host, m->own_file))
    KB("VmData", m->data)
    KB("VmStk", m->stack)
    if (IS("VmExe")) s->exe = host;
    KB("VmLib", less(m->code, s->exe))
    SET("SigBlk", s->th.blocked)
    SET("SigIgn", s->th.ignored)
    SET("SigCgt", s->th.caught)
    if (v->self && IS("Seccomp")) { out_format(o, "Seccomp:\t%d\n", (int)seccomp_mode(v->t)); return true; }
    if (v->self && IS("Seccomp_filters")) { out_format(o, "Seccomp_filters:\t%d\n", (int)seccomp_filters(v->t)); return true; }
#undef IS
#undef KB
#undef SET
    for (unsigned i = 0; i < sizeof x86 / sizeof x86[0]; i++)
        if (!strncmp(line, x86[i], strlen(x86[i]))) return true;
    return false;
}

void proc_write_status(struct proc_view *v)
{
    char text[8192];
    struct status s = { 0 };
    int64_t n = proc_read_host(v, text, sizeof text);
    if (n < 0) { v->out->error = n; return; }
    proc_memory(v, &s.m);
    s.known = proc_thread(v, &s.th);
    for (char *line = text, *end; *line; line = end) {
        end = strchr(line, '\n');
        end = end ? end + 1 : line + strlen(line);
        if (!status_line(v, &s, line)) out_bytes(v->out, line, end - line);
    }
}

/* ---- limits, syscall ---- */

static const char *column(const char *s, uint64_t *value)
{
    while (*s == ' ') s++;
    *value = strncmp(s, "unlimited", 9) ? number_of(s) : RLIM_INFINITY;
    while (*s && *s != ' ' && *s != '\n') s++;
    return s;
}

static void limit_column(struct out *o, uint64_t value)
{
    char text[24];
    size_t n = value == RLIM_INFINITY ? log_format(text, sizeof text, "unlimited") : log_format(text, sizeof text, "%lu", value);
    out_bytes(o, text, n);
    for (; n < 21; n++) out_bytes(o, " ", 1);
}

void proc_write_limits(struct proc_view *v)
{
    static const struct { const char *name; int resource; } changed[] = {
        { "Max address space", RLIMIT_AS }, { "Max data size", RLIMIT_DATA }, { "Max open files", RLIMIT_NOFILE }, { "Max file size", RLIMIT_FSIZE },
    };
    enum { CHANGED = sizeof changed / sizeof changed[0] };
    char text[4096];
    int64_t n = proc_read_host(v, text, sizeof text);
    if (n < 0) { v->out->error = n; return; }
    for (char *line = text, *end; *line; line = end) {
        end = strchr(line, '\n');
        end = end ? end + 1 : line + strlen(line);
        unsigned i = 0;
        while (i < CHANGED && strncmp(line, changed[i].name, strlen(changed[i].name))) i++;
        if (i == CHANGED) { out_bytes(v->out, line, end - line); continue; }
        struct limit now;
        const char *rest = column(column(line + 26, &now.soft), &now.hard);
        while (*rest == ' ') rest++;
        out_bytes(v->out, line, 26);
        now = limits_to_guest(changed[i].resource, now, v->self ? v->room : NULL);
        limit_column(v->out, now.soft);
        limit_column(v->out, now.hard);
        out_bytes(v->out, rest, end - rest);
    }
}

/* "running", "-1 sp pc" for a thread that waits outside of a call, or its number, arguments, sp and pc. */
void proc_write_syscall(struct proc_view *v)
{
    char text[512];
    struct proc_thread th;
    int64_t n = proc_read_host(v, text, sizeof text);
    if (n < 0) { v->out->error = n; return; }
    if (!strncmp(text, "running", 7) || !proc_thread(v, &th)) { out_bytes(v->out, text, n); return; }
    if (text[0] == '-') {
        out_format(v->out, "-1 0x%lx 0x%lx\n", th.sp, th.pc);
        return;
    }
    out_format(v->out, "%ld", th.sys_nr);
    for (unsigned i = 0; i < 6; i++) out_format(v->out, " 0x%lx", th.sys_args[i]);
    out_format(v->out, " 0x%lx 0x%lx\n", th.sp, th.pc);
}

/* ---- the machine ---- */

/* One description per processor that is online; the guest says what it is. */
void proc_write_cpuinfo(struct proc_view *v)
{
    uint8_t set[1024] = { 0 };
    char text[2048];
    const struct fe_guest *g = v->t->guest;
    fe_online_cpus(set, sizeof set);
    for (unsigned cpu = 0; g->cpuinfo && cpu < sizeof set * 8; cpu++) {
        if (!(set[cpu / 8] >> cpu % 8 & 1)) continue;
        int n = g->cpuinfo(text, sizeof text, cpu);
        if (n > 0) out_bytes(v->out, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
    }
}

void proc_write_arch(struct proc_view *v)
{
    out_text(v->out, v->t->guest->uname_machine);
    out_text(v->out, "\n");
}

/* No processor that a guest is has the faults of the host's. */
void proc_write_vulnerability(struct proc_view *v) { out_text(v->out, "Not affected\n"); }

void proc_write_cpu_file(struct proc_view *v)
{
    char text[128];
    const char *name = strstr(v->path, "/regs/");
    int n = v->t->guest->cpu_file && name ? v->t->guest->cpu_file(name + 1, text, sizeof text) : -1;
    if (n < 0) v->out->error = -ENOENT;
    else out_bytes(v->out, text, (size_t)n);
}
