/* Lines of all tasks of a trace to one place (output.h). */
#include "syscall/strace/output.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/memfd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>

#include "runtime/log.h"
#include "runtime/options.h"
#include "runtime/own.h"
#include "runtime/reexec.h"
#include "runtime/space.h"
#include "runtime/task.h"
#include "syscall/numbers.h"
#include "syscall/strace/start.h"

#define STATE_ADDRESS (SPACE_OWN_HI - (32ull << 20))

enum { CALLS = 512, PATIENCE_NS = 20000000, PATIENCE_ROUNDS = 50, RESULT_COLUMN = 40 };

struct state {
    uint32_t lock;          /* tid of the holder; the upper bit: others wait */
    int32_t open;           /* whose unfinished line is the last, 0: none */
    uint32_t open_column;
    int32_t root;           /* the trace's first process */
    uint32_t several;       /* there has been more than one task */
    int64_t last;           /* time of the last line */
    struct { uint64_t calls, errors; int64_t spent; } count[CALLS];
};
static struct state *state;

static struct {
    bool begins, to_file, pipe, time, relative, spent, summary, each_process;
    bool all;
    uint8_t shown[CALLS / 8];
} how = {.all = true};

static bool is_on(enum option_id id) { return rt_options.value[id] != NULL; }

int64_t strace_clock(void)
{
    struct timespec t;
    host_syscall(__NR_clock_gettime, CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

/* ---- one writer at a time, though any may be killed ---- */

enum { WAITED_FOR = 1u << 31 };

/* A process that nobody has waited for yet still takes signals. */
static bool is_gone(int tid) { return host_syscall(__NR_tkill, tid, 0) == -ESRCH || task_process_is_over(tid); }

/* A holder that is stopped, or in another pid namespace, is not waited for longer than a second. */
static void lock(int tid)
{
    const struct timespec patience = {0, PATIENCE_NS};
    uint32_t mine = (uint32_t)tid, rounds = 0;
    for (;;) {
        uint32_t seen = 0;
        if (__atomic_compare_exchange_n(&state->lock, &seen, mine, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) return;
        if (!(seen & WAITED_FOR) &&
            !__atomic_compare_exchange_n(&state->lock, &seen, seen | WAITED_FOR, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            continue;
        seen |= WAITED_FOR;
        mine |= WAITED_FOR;
        if (host_syscall(__NR_futex, &state->lock, FUTEX_WAIT, seen, &patience) != -ETIMEDOUT) continue;
        /* A holder that was killed gives nothing back. */
        if ((is_gone((int)(seen & ~WAITED_FOR)) || ++rounds > PATIENCE_ROUNDS) &&
            __atomic_compare_exchange_n(&state->lock, &seen, mine, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return;
    }
}

static void unlock(int tid)
{
    uint32_t seen = (uint32_t)tid;
    if (__atomic_compare_exchange_n(&state->lock, &seen, 0, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) return;
    if (seen != ((uint32_t)tid | WAITED_FOR)) return;      /* taken away */
    if (__atomic_compare_exchange_n(&state->lock, &seen, 0, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        host_syscall(__NR_futex, &state->lock, FUTEX_WAKE, 1);
}

static void write_parts(struct iovec *v, int n)
{
    int fd = reexec_own_fd(REEXEC_TRACE);
    while (n) {
        long r = log_writev(fd, v, n, how.pipe);
        if (r == -EINTR) continue;
        if (r <= 0) return;
        for (; n && (size_t)r >= v->iov_len; v++, n--) r -= (long)v->iov_len;
        if (n) v->iov_base = (char *)v->iov_base + r, v->iov_len -= (size_t)r;
    }
}

/* ---- lines ---- */

static size_t put_prefix(char *s, size_t size, int tid)
{
    size_t n = 0;
    if (state->several || (how.to_file && !how.each_process))
        n += log_format(s, size, how.to_file ? "%-5d " : "[pid %5d] ", tid);
    if (how.relative) {
        int64_t now = strace_clock(), since = state->last ? (now - state->last) / 1000 : 0;
        state->last = now;
        n += log_format(s + n, size - n, "%6ld.%06ld ", (long)(since / 1000000), (long)(since % 1000000));
    }
    if (how.time) {
        struct timespec t;
        host_syscall(__NR_clock_gettime, CLOCK_REALTIME, &t);
        long day = t.tv_sec % 86400;
        n += log_format(s + n, size - n, "%02ld:%02ld:%02ld.%06ld ", day / 3600, day / 60 % 60, day % 60, t.tv_nsec / 1000);
    }
    return n;
}

struct line { const char *text; size_t n; const char *end; const char *result; size_t result_n; int64_t spent; };

/* Writes what is there of: the end of another's line, a prefix, the text, its end, "= ", the result, the time. */
static void write_line(int tid, const struct line *l, const char *resumed, bool stays_open)
{
    static const char unfinished[] = " <unfinished ...>\n";
    static const char blanks[] = "                                         ";
    char prefix[64], head[96], tail[48];
    struct iovec v[9];
    int n = 0;
    size_t column = 0;
    lock(tid);
    if (state->open && state->open != tid) v[n++] = (struct iovec){(char *)unfinished, sizeof unfinished - 1};
    bool goes_on = resumed && state->open == tid;
    if (goes_on) {
        column = state->open_column;
    } else {
        if (!resumed && state->open == tid) v[n++] = (struct iovec){(char *)unfinished, sizeof unfinished - 1};
        column = put_prefix(prefix, sizeof prefix, tid);
        v[n++] = (struct iovec){prefix, column};
        if (resumed) {
            size_t h = log_format(head, sizeof head, "<... %s resumed>", resumed);
            v[n++] = (struct iovec){head, h};
            column += h;
        }
    }
    v[n++] = (struct iovec){(char *)l->text, l->n};
    column += l->n;
    if (l->end) {
        v[n++] = (struct iovec){(char *)l->end, strlen(l->end)};
        column += strlen(l->end);
    }
    if (l->result) {
        v[n++] = (struct iovec){(char *)blanks, column + 1 < RESULT_COLUMN ? RESULT_COLUMN - column : 1};
        v[n++] = (struct iovec){"= ", 2};
        v[n++] = (struct iovec){(char *)l->result, l->result_n};
    }
    if (!stays_open) {
        size_t t = how.spent && l->spent >= 0 ? log_format(tail, sizeof tail, " <%ld.%06ld>\n", (long)(l->spent / 1000000000), (long)(l->spent / 1000 % 1000000))
                                              : log_format(tail, sizeof tail, "\n");
        v[n++] = (struct iovec){tail, t};
    }
    state->open = stays_open ? tid : 0;
    state->open_column = (uint32_t)column;
    write_parts(v, n);
    unlock(tid);
}

static int own_tid(void) { return (int)host_syscall(__NR_gettid); }

void strace_line(struct strace_call *c, const char *end, const char *result)
{
    struct line l = {c->x.s, c->x.n, end, result, strlen(result), -1};
    write_line(c->tid, &l, NULL, false);
}

void strace_open(struct strace_call *c)
{
    struct line l = {c->x.s, c->x.n, NULL, NULL, 0, -1};
    write_line(c->tid, &l, NULL, true);
    c->open = true;
}

void strace_close(struct strace_call *c, size_t end, int64_t spent)
{
    struct line l = {c->x.s, end, ")", c->x.s + end, c->x.n - end, spent};
    write_line(c->tid, &l, c->open ? c->row->name : NULL, false);
}

void strace_event(struct strace_call *c)
{
    if (how.summary) return;
    struct line l = {c->x.s, c->x.n, NULL, NULL, 0, -1};
    write_line(own_tid(), &l, NULL, false);
}

void strace_ended(const char *fmt, ...)
{
    char s[128];
    va_list ap;
    if (how.summary) return;
    size_t n = log_format(s, sizeof s, "+++ ");
    va_start(ap, fmt);
    n += log_vformat(s + n, sizeof s - n, fmt, ap);
    va_end(ap);
    struct line l = {s, n, " +++", NULL, 0, -1};
    write_line(own_tid(), &l, NULL, false);
}

bool strace_begins(void) { return how.begins; }

void strace_second_task(void)
{
    if (state) __atomic_store_n(&state->several, 1, __ATOMIC_RELAXED);
}

/* ---- the summary ---- */

void strace_count(uint64_t nr, int64_t spent, bool failed)
{
    if (!how.summary || nr >= CALLS) return;
    __atomic_add_fetch(&state->count[nr].calls, 1, __ATOMIC_RELAXED);
    __atomic_add_fetch(&state->count[nr].spent, spent, __ATOMIC_RELAXED);
    if (failed) __atomic_add_fetch(&state->count[nr].errors, 1, __ATOMIC_RELAXED);
}

static void write_text(const char *fmt, ...)
{
    char s[160];
    va_list ap;
    va_start(ap, fmt);
    size_t n = log_vformat(s, sizeof s, fmt, ap);
    va_end(ap);
    struct iovec v = {s, n};
    write_parts(&v, 1);
}

static void write_count(uint64_t calls, uint64_t errors, int64_t spent, int64_t total, const char *name)
{
    char e[24] = "";
    int64_t share = total ? spent * 10000 / total : 0;
    if (errors) log_format(e, sizeof e, "%lu", (unsigned long)errors);
    write_text("%3ld.%02ld %4ld.%06ld %11lu %9lu %9s %s\n", (long)(share / 100), (long)(share % 100), (long)(spent / 1000000000),
               (long)(spent / 1000 % 1000000), (unsigned long)(calls ? spent / 1000 / (int64_t)calls : 0), (unsigned long)calls, e, name);
}

static int costliest(const bool *done)
{
    int best = -1;
    for (int i = 0; i < CALLS; i++) {
        if (done[i] || !state->count[i].calls) continue;
        if (best < 0 || state->count[i].spent > state->count[best].spent) best = i;
    }
    return best;
}

void strace_finish(void)
{
    static const char rule[] = "------ ----------- ----------- --------- --------- ----------------\n";
    if (!how.summary || state->root != (int)host_syscall(__NR_getpid)) return;
    bool done[CALLS] = {false};
    uint64_t calls = 0, errors = 0;
    int64_t total = 0;
    for (int i = 0; i < CALLS; i++) {
        calls += state->count[i].calls;
        errors += state->count[i].errors;
        total += state->count[i].spent;
    }
    write_text("%% time     seconds  usecs/call     calls    errors syscall\n%s", rule);
    for (int i; (i = costliest(done)) >= 0; done[i] = true)
        write_count(state->count[i].calls, state->count[i].errors, state->count[i].spent, total, sys_name((uint64_t)i) ? sys_name((uint64_t)i) : "?");
    write_text("%s", rule);
    write_count(calls, errors, total, total, "total");
}

/* ---- which calls are shown ---- */

bool strace_shows(uint64_t nr, const struct sys_row *row)
{
    return !how.summary && (how.all || (nr < CALLS && how.shown[nr / 8] >> nr % 8 & 1));
}

static bool in_class(const struct sys_row *row, const char *class)
{
    for (unsigned i = 0; i < SYS_ROW_TYPES; i++) {
        unsigned type = row->types[i];
        if (type == TY_end) continue;
        if (sys_type_is_mark((uint16_t)type)) {
            if (*class && type != TY_none && !strcmp(sys_types[type].name, class)) return true;
        } else if ((!strcmp(class, "file") && sys_treatments[type] & T_STRING) || (!strcmp(class, "desc") && sys_treatments[type] & T_FD)) {
            return true;
        }
    }
    return false;
}

/* Marks what one word of a list names. False: nothing has that name. */
static bool show(const char *word, bool on)
{
    bool found = false, all = !strcmp(word, "all");
    const char *class = *word == '%' ? word + 1 : word;
    for (uint64_t nr = 0; nr < CALLS; nr++) {
        const struct sys_row *row = sys_row(nr);
        if (!row || (!all && strcmp(word, row->name) && !in_class(row, class))) continue;
        found = true;
        uint8_t bit = (uint8_t)(1u << nr % 8);
        how.shown[nr / 8] = (uint8_t)(on ? how.shown[nr / 8] | bit : how.shown[nr / 8] & ~bit);
    }
    return found || !strcmp(word, "none");
}

const char *strace_filter(const char *list)
{
    static char word[64];
    if (!strncmp(list, "trace=", 6)) list += 6;
    bool on = *list != '!';
    if (!on) list++;
    how.all = false;
    memset(how.shown, on ? 0 : 0xff, sizeof how.shown);
    while (*list) {
        size_t n = strcspn(list, ",");
        if (n >= sizeof word) n = sizeof word - 1;
        memcpy(word, list, n);
        word[n] = 0;
        if (!show(word, on)) return word;
        list += strcspn(list, ",");
        list += *list == ',';
    }
    return NULL;
}

/* ---- start ---- */

static long map_state(int fd)
{
    int flags = MAP_SHARED | MAP_FIXED_NOREPLACE | (fd < 0 ? MAP_ANONYMOUS : 0);
    return own_map(STATE_ADDRESS, sizeof *state, PROT_READ | PROT_WRITE, flags, fd, 0);
}

/* The page that all tasks share: the parent's, or a new one. False: it is new. */
static bool make_state(int fd)
{
    bool inherited = fd >= 0;
    if (!inherited) {
        long r = host_syscall(__NR_memfd_create, "dragoman-strace", MFD_CLOEXEC);
        fd = r < 0 ? -1 : (int)r;
        if (fd >= 0 && host_syscall(__NR_ftruncate, fd, sizeof *state) < 0) {
            host_syscall(__NR_close, fd);
            fd = -1;
        }
    }
    long at = map_state(fd);
    if (host_is_error(at)) own_exhausted("-strace");
    state = (struct state *)at;
    if (fd >= 0) reexec_keep_fd(REEXEC_TRACE_STATE, fd);
    if (!inherited) state->root = (int)host_syscall(__NR_getpid);
    return inherited;
}

/* The file of this process, or of all. */
static int open_output(const char *file, bool first)
{
    char name[4200];
    log_format(name, sizeof name, how.each_process ? "%s.%d" : "%s", file, (int)host_syscall(__NR_getpid));
    return (int)host_syscall(__NR_open, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (first ? O_TRUNC : 0), 0644);
}

const char *strace_start(int trace_fd, int state_fd, bool handed_down)
{
    const char *file = rt_options.value[OPT_strace];
    if (file && !strcmp(file, "1")) file = NULL;
    how.to_file = file != NULL;
    how.each_process = file && is_on(OPT_strace_ff);
    how.time = is_on(OPT_strace_t);
    how.relative = is_on(OPT_strace_r);
    how.spent = is_on(OPT_strace_T);
    how.summary = is_on(OPT_strace_c);
    strace_options.verbose = is_on(OPT_strace_v);
    strace_options.descriptors = is_on(OPT_strace_y);
    if (is_on(OPT_strace_s)) strace_options.string_max = (unsigned)strtoul(rt_options.value[OPT_strace_s], NULL, 0);
    bool inherited = make_state(state_fd);
    how.begins = !inherited;
    if (trace_fd < 0 || how.each_process) {
        int fd = file ? open_output(file, !handed_down) : (int)host_syscall(__NR_fcntl, log_descriptor(), F_DUPFD_CLOEXEC, 3);
        if (fd < 0 && trace_fd < 0 && file) return file;
        if (fd >= 0 && trace_fd >= 0) host_syscall(__NR_close, trace_fd);
        if (fd >= 0) trace_fd = fd;
    }
    if (trace_fd >= 0) {
        struct stat st;
        reexec_keep_fd(REEXEC_TRACE, trace_fd);
        how.pipe = host_syscall(__NR_fstat, reexec_own_fd(REEXEC_TRACE), &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
    }
    if (inherited && strace_shows(GUEST_execve, sys_row(GUEST_execve))) {
        struct line l = {"", 0, ")", "0", 1, -1};
        write_line(own_tid(), &l, "execve", false);
    }
    return NULL;
}

void strace_fork_child(void)
{
    if (!state || !how.each_process) return;
    int fd = open_output(rt_options.value[OPT_strace], true);
    if (fd >= 0) reexec_keep_fd(REEXEC_TRACE, fd);
}
