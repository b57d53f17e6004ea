/* Printers of calls that wait for events: epoll, poll, select, AIO. */
#include "syscall/strace/kernel_headers.h"

#include "syscall/generic.h"
#include "syscall/strace/sets.h"
#include "syscall/strace/strace.h"

void print_epoll_data(struct strace_call *c, uint64_t v, const void *param)
{
    put(c, "{u32=%u, u64=%lu}", (unsigned)v, v);
}

static void put_epoll_event(struct strace_call *c, const void *e) { put_struct(c, &struct_epoll_event, e); }

void print_epoll_events(struct strace_call *c, uint64_t v, const void *param)
{
    if (c->r < 0) put_address(c, v);
    else put_array(c, v, (uint64_t)c->r, sizeof(struct generic_epoll_event), put_epoll_event);
}

/* ---- poll ---- */

struct poll { int fd; int16_t events, revents; };

static void put_poll(struct strace_call *c, const void *e)
{
    const struct poll *p = e;
    put(c, "{fd=");
    put_fd(c, p->fd);
    if (p->fd >= 0) {
        put(c, ", events=");
        put_flags(c, &set_poll, (uint16_t)p->events);
    }
    put(c, "}");
}

void print_pollfds(struct strace_call *c, uint64_t v, const void *param) { put_array(c, v, (uint32_t)c->a[1], sizeof(struct poll), put_poll); }

/* What is left of a waiting time that the call has changed. */
static void put_left(struct strace_call *c, unsigned i)
{
    if (!c->a[i]) return;
    put(c, ", left ");
    put_struct_at(c, &struct_timespec, c->a[i]);
}

/* Runs f, which puts text, and makes the text the note. */
static void note_text(struct strace_call *c, void (*f)(struct strace_call *))
{
    size_t before = c->x.n;
    c->depth++;         /* what the call did not write was there before it */
    f(c);
    c->depth--;
    if (c->x.n > before) note(c, "%.*s", (int)(c->x.n - before), c->x.s + before);
    c->x.n = before;
}

static void put_revents(struct strace_call *c)
{
    struct poll p;
    const char *separator = "[";
    int64_t left = c->r;
    for (uint64_t i = 0; i < (uint32_t)c->a[1] && left > 0; i++) {
        if (copy_from_guest(&p, c->a[0] + i * sizeof p, sizeof p)) break;
        if (!p.revents) continue;
        put(c, "%s{fd=", separator);
        put_fd(c, p.fd);
        put(c, ", revents=");
        put_flags(c, &set_poll, (uint16_t)p.revents);
        put(c, "}");
        separator = ", ";
        left--;
    }
    put(c, *separator == '[' ? "[]" : "]");
    put_left(c, 2);
}

void strace_poll_result(struct strace_call *c)
{
    if (c->r == 0) note(c, "Timeout");
    else if (c->r > 0) note_text(c, put_revents);
}

/* ---- select ---- */

static void put_set(struct strace_call *c, uint64_t v)
{
    uint8_t bits[128];
    uint64_t n = (uint32_t)c->a[0] < 1024 ? (uint32_t)c->a[0] : 1024;
    if (!v || (int)c->a[0] < 0 || copy_from_guest(bits, v, (n + 63) / 64 * 8)) {
        put_address(c, v);
        return;
    }
    const char *separator = "";
    put(c, "[");
    for (unsigned fd = 0; fd < n; fd++)
        if (bits[fd / 8] >> fd % 8 & 1) {
            put(c, "%s", separator);
            put_fd(c, (int)fd);
            separator = " ";
        }
    put(c, "]");
}

void print_fd_set(struct strace_call *c, uint64_t v, const void *param) { put_set(c, v); }

static void put_ready_sets(struct strace_call *c)
{
    static const char *const names[] = {"in ", "out ", "except "};
    const char *separator = "";
    int64_t left = c->r;
    for (int i = 0; i < 3 && left > 0; i++) {
        uint64_t n = (uint32_t)c->a[0] < 1024 ? (uint32_t)c->a[0] : 1024;
        uint8_t bits[128], any = 0;
        if (!c->a[i + 1] || copy_from_guest(bits, c->a[i + 1], (n + 63) / 64 * 8)) continue;
        for (unsigned k = 0; k < (n + 63) / 64 * 8; k++) any |= bits[k], left -= __builtin_popcount(bits[k]);
        if (!any) continue;
        put(c, "%s%s", separator, names[i]);
        put_set(c, c->a[i + 1]);
        separator = ", ";
    }
    put_left(c, 4);
}

void strace_select_result(struct strace_call *c)
{
    if (c->r == 0) note(c, "Timeout");
    else if (c->r > 0) note_text(c, put_ready_sets);
}

/* pselect6 and io_pgetevents: the mask's address and size. */
void print_sigset_arg(struct strace_call *c, uint64_t v, const void *param)
{
    uint64_t arg[2];
    if (!v || copy_from_guest(arg, v, sizeof arg)) {
        put_address(c, v);
        return;
    }
    put(c, "{sigmask=");
    print_sigset(c, arg[0], NULL);
    put(c, ", sigsetsize=%lu}", arg[1]);
}

/* ---- AIO ---- */

void print_iocbs(struct strace_call *c, uint64_t v, const void *param)
{
    uint64_t p;
    const char *separator = "[";
    for (int64_t i = 0; i < (int64_t)c->a[1]; i++) {
        if (copy_from_guest(&p, v + (uint64_t)i * 8, 8)) break;
        put(c, "%s", separator);
        put_struct_at(c, &struct_iocb, p);
        separator = ", ";
    }
    if (*separator == '[') put_address(c, v);
    else put(c, "]");
}

static void put_io_event(struct strace_call *c, const void *e) { put_struct(c, &struct_io_event, e); }

void print_io_events(struct strace_call *c, uint64_t v, const void *param)
{
    if (c->r < 0) put_address(c, v);
    else put_array(c, v, (uint64_t)c->r, sizeof(struct io_event), put_io_event);
}

/* ---- io_uring ---- */

void print_uring_arg(struct strace_call *c, uint64_t v, const void *param)
{
    if (c->a[3] & IORING_ENTER_EXT_ARG) put_struct_at(c, &struct_getevents_arg, v);
    else print_sigset(c, v, NULL);
}

static void put_fd_element(struct strace_call *c, const void *e) { put_fd(c, *(const int *)e); }

void print_uring_register(struct strace_call *c, uint64_t v, const void *param)
{
    switch ((int)c->a[1]) {
    case IORING_REGISTER_BUFFERS: put_iovec(c, v, (uint32_t)c->a[3], -1); break;
    case IORING_REGISTER_FILES: case IORING_REGISTER_EVENTFD: case IORING_REGISTER_EVENTFD_ASYNC:
        put_array(c, v, (uint32_t)c->a[3], 4, put_fd_element);
        break;
    default: put_address(c, v); break;
    }
}
