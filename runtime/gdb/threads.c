/* Threads: their ids, lists and names. */
#include <fcntl.h>
#include <string.h>

#include "runtime/gdb/stub.h"
#include "runtime/log.h"

void gdb_out_thread(const struct task *t)
{
    if (stub.s.multiprocess) {
        gdb_out_char('p');
        gdb_out_hex((uint64_t)stub_pid_of(t));
        gdb_out_char('.');
    }
    gdb_out_hex((uint64_t)t->tid);
}

struct find { int32_t tid; struct task *found; };

static void find_one(void *ctx, struct task *t)
{
    struct find *f = ctx;
    if (stub_debugged(t) && t->tid == f->tid)
        f->found = t;
}

struct task *stub_find_thread(int32_t tid)
{
    struct find f = {tid, NULL};
    task_each(find_one, &f);
    return f.found;
}

static int32_t take_id(const char **p)
{
    if (!gdb_take(p, "-1"))
        return (int32_t)gdb_take_hex(p);
    return -1;
}

void gdb_take_thread(const char **p, int32_t *pid, int32_t *tid)
{
    *pid = 0;
    *tid = -1;
    if (gdb_take(p, "p")) {
        *pid = take_id(p);
        if (**p == '.') {
            ++*p;
            *tid = take_id(p);
        }
    } else {
        *tid = take_id(p);
    }
}

/* ---- lists, oldest first ---- */

enum { LISTED = 8192 };
static struct task *listed[LISTED];     /* newest first, as they are found; more than that are not shown */
static unsigned nlisted;

static void list_one(void *ctx, struct task *t)
{
    (void)ctx;
    if (stub_debugged(t) && t->tid > 0 && nlisted < LISTED)
        listed[nlisted++] = t;
}

static void make_list(void)
{
    nlisted = 0;
    if (stub.vfork_child && stub.forked)
        listed[nlisted++] = stub.vfork_child;
    if (!stub.gone)
        task_each(list_one, NULL);
}

void gdb_query_threads(bool first)
{
    if (first)
        make_list();
    if (!nlisted) {
        gdb_out_char('l');
        return;
    }
    for (char before = 'm'; nlisted && gdb_out_room() >= 64; before = ',') {
        gdb_out_char(before);
        gdb_out_thread(listed[--nlisted]);
    }
}

static size_t thread_name(const struct task *t, char *buf, size_t size)
{
    char path[48];
    log_format(path, sizeof path, "/proc/%d/task/%d/comm", stub_pid_of(t), t->tid);
    long fd = host_syscall(__NR_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    long n = host_is_error(fd) ? 0 : host_syscall(__NR_read, fd, buf, size - 1);
    if (!host_is_error(fd))
        host_syscall(__NR_close, fd);
    if (n > 0 && buf[n - 1] == '\n')
        n--;
    return n > 0 ? (size_t)n : 0;
}

void gdb_query_thread_extra(const char *p)
{
    char name[32];
    int32_t pid, tid;
    gdb_take_thread(&p, &pid, &tid);
    const struct task *t = stub_find_thread(tid);
    if (t)
        gdb_out_bytes(name, thread_name(t, name, sizeof name));
}

struct xml { char *p; size_t n, size; };

static void xml_text(struct xml *x, const char *s, size_t n)
{
    static const char *const entity[] = {['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;"};
    for (; n--; s++) {
        unsigned char c = (unsigned char)*s;
        const char *e = c < sizeof entity / sizeof entity[0] ? entity[c] : NULL;
        char one[2] = {c < 32 || c > 126 ? '?' : (char)c, 0};
        x->n += log_format(x->p + x->n, x->size - x->n, "%s", e ? e : one);
    }
}

static void describe_one(struct xml *x, const struct task *t)
{
    char name[32];
    if (x->size - x->n < 512)
        return;
    x->n += log_format(x->p + x->n, x->size - x->n, "<thread id=\"");
    if (stub.s.multiprocess)
        x->n += log_format(x->p + x->n, x->size - x->n, "p%x.", (unsigned)stub_pid_of(t));
    x->n += log_format(x->p + x->n, x->size - x->n, "%x\" name=\"", (unsigned)t->tid);
    xml_text(x, name, thread_name(t, name, sizeof name));
    x->n += log_format(x->p + x->n, x->size - x->n, "\"/>");
}

size_t gdb_make_threads(char *buf, size_t size)
{
    struct xml x = {buf, 0, size};
    x.n = log_format(buf, size, "<?xml version=\"1.0\"?><threads>");
    make_list();
    while (nlisted)
        describe_one(&x, listed[--nlisted]);
    return x.n + log_format(buf + x.n, size - x.n, "</threads>");
}
