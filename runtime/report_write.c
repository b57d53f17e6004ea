/* The report's listings, its text form, and its file (runtime/report.h). */
#include <errno.h>
#include <fcntl.h>

#include "runtime/debug.h"
#include "runtime/limits.h"
#include "runtime/log.h"
#include "runtime/report_data.h"
#include "runtime/stats.h"
#include "runtime/symbols.h"

/* ---- output ---- */

void report_flush(struct report_out *o)
{
    for (size_t at = 0; at < o->n;) {
        long r = host_syscall(__NR_write, o->fd, o->buf + at, o->n - at);
        if (r <= 0) {
            o->error = r ? (int)r : -EIO;
            break;
        }
        at += (size_t)r;
    }
    o->n = 0;
}

void report_raw(struct report_out *o, const char *s, size_t n)
{
    while (n) {
        if (o->n == sizeof o->buf)
            report_flush(o);
        size_t k = sizeof o->buf - o->n;
        k = k < n ? k : n;
        memcpy(o->buf + o->n, s, k);
        o->n += k;
        s += k;
        n -= k;
    }
}

void report_puts(struct report_out *o, const char *s) { report_raw(o, s, strlen(s)); }

void report_text(struct report_out *o, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        switch (o->html ? s[i] : 0) {
        case '&': report_puts(o, "&amp;"); break;
        case '<': report_puts(o, "&lt;"); break;
        case '>': report_puts(o, "&gt;"); break;
        default: report_raw(o, s + i, 1);
        }
}

void report_printf(struct report_out *o, const char *fmt, ...)
{
    char line[1024];
    va_list ap;
    va_start(ap, fmt);
    size_t n = log_vformat(line, sizeof line, fmt, ap);
    va_end(ap);
    report_raw(o, line, n < sizeof line ? n : sizeof line - 1);
}

void report_share(struct report_out *o, uint64_t part, uint64_t whole)
{
    unsigned v = whole ? (unsigned)(part / ((whole + 999) / 1000)) : 0;
    report_printf(o, "%u.%u%s%%", v / 10, v % 10, o->html ? "&thinsp;" : "");
}

void report_comment(struct report_out *o, const char *s, size_t n)
{
    report_puts(o, o->html ? "<i>; " : "; ");
    report_text(o, s, n);
    report_puts(o, o->html ? "</i>\n" : "\n");
}

void report_name(struct report_out *o, uint64_t pc)
{
    char name[512], tail[32] = "";
    uint64_t delta;
    symbols_name(pc, name, sizeof name, &delta);
    if (delta)
        log_format(tail, sizeof tail, "+0x%lx", (unsigned long)delta);
    char *module = strstr(name, " [");
    report_text(o, name, module ? (size_t)(module - name) : strlen(name));
    report_puts(o, tail);
    if (module)
        report_text(o, module, strlen(module));
}

/* ---- listings ---- */

static void plain_line(void *ctx, uint64_t pc, const char *text)
{
    char at[24];
    struct report_out *o = ctx;
    report_text(o, at, log_format(at, sizeof at, "%lx: ", (unsigned long)pc));
    report_text(o, text, strlen(text));
    report_puts(o, "\n");
}

static void comment_line(void *ctx, uint64_t pc, const char *text)
{
    char line[300];
    log_format(line, sizeof line, "%lx: %s", (unsigned long)pc, text);
    report_comment(ctx, line, strlen(line));
}

void report_guest_code(struct report_out *o, const struct report_region *g, unsigned block)
{
    for (unsigned i = 0; i < g->ninsns; i++)
        if (report_block_of(g, i) == block)
            debug_each_insn(g->guest, false, g->insn[i].pc, g->insn[i].bytes, g->insn[i].len, plain_line, o);
}

static void emit(void *ctx, const char *s, size_t n) { report_text(ctx, s, n); }

void report_ir(struct report_out *o, const struct report_region *g, unsigned pass)
{
    const struct ir_func *fn = report_func(g, g->pass[pass]);
    ir_print_head(fn, emit, o);
    report_puts(o, "\n");
    unsigned guest = pass ? g->ninsns : 0;
    for (ir_ref i = 1; i < fn->n; i++) {
        for (; guest < g->ninsns && g->insn[guest].ir <= i; guest++)
            debug_each_insn(g->guest, false, g->insn[guest].pc, g->insn[guest].bytes, g->insn[guest].len, comment_line, o);
        ir_print_insn(fn, i, emit, o);
        report_puts(o, "\n");
    }
}

/* Host code, and the IR that it comes from: places only grow along the straight path. */
struct host_code { struct report_out *o; const struct report_region *g; const struct ir_func *fn; ir_ref next; };

static void host_line(void *ctx, uint64_t pc, const char *text)
{
    struct host_code *h = ctx;
    uint32_t off = (uint32_t)(pc - (uint64_t)h->g->r->code);
    for (; h->next < h->fn->n && (h->g->where[h->next] == REPORT_NOWHERE || h->g->where[h->next] <= off); h->next++) {
        if (h->g->where[h->next] == REPORT_NOWHERE)
            continue;
        report_puts(h->o, h->o->html ? "<i>; " : "; ");
        ir_print_insn(h->fn, h->next, emit, h->o);
        report_puts(h->o, h->o->html ? "</i>\n" : "\n");
    }
    plain_line(h->o, pc, text);
}

void report_host_code(struct report_out *o, const struct report_region *g)
{
    const struct region *r = g->r;
    struct host_code h = {o, g, report_func(g, g->pass[g->npasses - 1]), 1};
    debug_each_insn(g->guest, true, (uint64_t)r->code, r->code, g->hot_size, host_line, &h);
    char text[64];
    size_t n = log_format(text, sizeof text, "%u bytes of constants and padding; side paths:", g->cold_off - g->hot_size);
    report_comment(o, text, n);
    debug_each_insn(g->guest, true, (uint64_t)r->code + g->cold_off, r->code + g->cold_off, r->size - g->cold_off, plain_line, o);
}

static int block_index(const struct report_region *g, unsigned number)
{
    for (unsigned i = 0; i < g->nblocks; i++)
        if (g->block[i].number == number)
            return (int)i;
    return -1;
}

void report_each_exit(const struct report_region *g, unsigned block, void (*f)(void *ctx, const struct ir_insn *in, int to), void *ctx)
{
    const struct report_pass *p = g->pass[g->npasses - 1];
    uint32_t end = block + 1 < g->nblocks ? g->block[block + 1].ir : p->n;
    for (uint32_t i = g->block[block].ir; i < end; i++) {
        const struct ir_insn *in = &p->insn[i];
        bool direct = in->op == IR_exit_if || in->op == IR_jump;
        if (direct && in->aux & IR_EXIT_BLOCK)
            f(ctx, in, block_index(g, ir_exit_number(in->aux)));
        else if (direct && !p->nblocks && (uint64_t)in->imm == g->r->pc)
            f(ctx, in, 0);
        else if (direct || in->op == IR_call || in->op == IR_jump_ind || in->op == IR_ret || in->op == IR_trap)
            f(ctx, in, -1);
    }
}

/* ---- the text form ---- */

static void text_exit(void *ctx, const struct ir_insn *in, int to)
{
    struct report_out *o = ctx;
    if (to >= 0)
        report_printf(o, "    %s to block %d\n", ir_ops[in->op].name, to);
    else if (in->op == IR_ret || in->op == IR_jump_ind || (in->op == IR_call && in->aux))
        report_printf(o, "    %s\n", ir_ops[in->op].name);
    else {
        report_printf(o, "    %s to ", ir_ops[in->op].name);
        report_name(o, (uint64_t)in->imm);
        report_puts(o, "\n");
    }
}

static void text_region(struct report_out *o, const struct report_region *g, unsigned number, uint64_t total)
{
    const struct region *r = g->r;
    report_printf(o, "\n==== %u. ", number);
    report_name(o, r->pc);
    report_printf(o, "\npc %lx, %s plan%s, ", r->pc, r->hot ? "hot" : "quick", r->retired ? ", retired" : "");
    report_share(o, g->cost, total);
    report_printf(o, " of the cost, entered %lu times, %u guest instructions, %u IR instructions, %u host bytes (%u of them on side paths)\n",
                  (unsigned long)g->entries, r->guest_insns, r->ir_insns, r->size, r->size - g->cold_off);
    for (unsigned b = 0; b < g->nblocks; b++) {
        const struct report_block *k = &g->block[b];
        report_printf(o, "\n-- block %u, %lx: %lu times, %u host bytes\n", b, k->pc, (unsigned long)k->count, k->code_end - k->code);
        report_guest_code(o, g, b);
        report_each_exit(g, b, text_exit, o);
    }
    for (unsigned p = 0; p < g->npasses; p++) {
        report_printf(o, "\n-- %s\n", g->pass[p]->name);
        report_ir(o, g, p);
    }
    report_puts(o, "\n-- host code\n");
    report_host_code(o, g);
}

static void text_all(struct report_out *o, struct report_region *const *chosen, unsigned n, uint64_t total, unsigned regions)
{
    report_printf(o, "%u regions, of which these %u cost most\n", regions, n);
    if (stats.flushes)
        report_printf(o, "since the cache was emptied, as it was %lu times\n", (unsigned long)stats.flushes);
    report_puts(o, "\n");
    for (unsigned i = 0; i < n; i++) {
        report_printf(o, "%4u. ", i + 1);
        report_share(o, chosen[i]->cost, total);
        report_puts(o, chosen[i]->r->hot ? "  hot    " : "  quick  ");
        report_name(o, chosen[i]->r->pc);
        report_puts(o, "\n");
    }
    for (unsigned i = 0; i < n; i++)
        text_region(o, chosen[i], i + 1, total);
}

/* ---- the file ---- */

static struct {
    char path[4096];
    unsigned most, first_pid;
    unsigned pid;               /* whose regions they are: not its vfork children's */
    struct rt_lock ending;
} file;

void report_open(const char *value, unsigned n)
{
    for (; *value >= '0' && *value <= '9'; value++)
        file.first_pid = file.first_pid * 10 + (unsigned)(*value - '0');
    log_format(file.path, sizeof file.path, "%s", value + 1);
    file.most = n < REPORT_MAX ? n : REPORT_MAX;
    file.pid = (unsigned)host_syscall(__NR_getpid);
    if (!report_begin())
        log_message("no memory for the report");
}

/* With the process id where %p stands; before the ending if it stands nowhere and this is not the process that was started. */
static void name_file(char *to, size_t size)
{
    unsigned pid = file.pid;
    const char *p = strstr(file.path, "%p"), *dot = strrchr(file.path, '.'), *slash = strrchr(file.path, '/');
    if (p)
        log_format(to, size, "%.*s%u%s", (int)(p - file.path), file.path, pid, p + 2);
    else if (pid == file.first_pid)
        log_format(to, size, "%s", file.path);
    else if (dot && slash && dot > slash)
        log_format(to, size, "%.*s.%u%s", (int)(dot - file.path), file.path, pid, dot);
    else
        log_format(to, size, "%s.%u", file.path, pid);
}

static void write_all(void *ctx)
{
    static struct report_region *chosen[REPORT_MAX + 1];
    uint64_t total;
    unsigned regions, n = report_choose(chosen, file.most, &total, &regions);
    struct report_out *o = ctx;
    (o->html ? report_html : text_all)(o, chosen, n, total, regions);
    report_flush(o);
}

int report_write(void)
{
    static struct report_out o;
    char path[sizeof file.path + 32];
    name_file(path, sizeof path);
    size_t n = strlen(path);
    struct limits_room room;
    limits_borrow(&room, LIMITS_FILES | LIMITS_SIZE);
    long fd = host_syscall(__NR_open, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (!host_is_error(fd)) {
        o = (struct report_out){.fd = (int)fd, .html = n > 5 && !strcmp(path + n - 5, ".html")};
        cache_locked(write_all, &o);
        host_syscall(__NR_close, fd);
    }
    limits_return(&room);
    return host_is_error(fd) ? (int)fd : o.error;
}

void report_other_process(void)
{
    file.pid = (unsigned)host_syscall(__NR_getpid);
    file.ending.state = 0;
}

void report_end(void)
{
    if (!report_on || file.pid != (unsigned)host_syscall(__NR_getpid))
        return;
    rt_lock(&file.ending);      /* for good: a thread that comes second must not end the process meanwhile */
    int err = report_write();
    if (err)
        log_message("cannot write the report %s: error %d", file.path, -err);
}
