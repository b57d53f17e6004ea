/* Printers of numbers, descriptors, buffers and I/O vectors. */
#include "runtime/host.h"
#include "runtime/log.h"
#include "syscall/strace/sets.h"
#include "syscall/strace/strace.h"

void print_nothing(struct strace_call *c, uint64_t v, const void *param) { c->omit = true; }
void print_int(struct strace_call *c, uint64_t v, const void *param) { put(c, "%d", (int)v); }
void print_uint(struct strace_call *c, uint64_t v, const void *param) { put(c, "%u", (unsigned)v); }
void print_long(struct strace_call *c, uint64_t v, const void *param) { put(c, "%ld", (long)v); }
void print_ulong(struct strace_call *c, uint64_t v, const void *param) { put(c, "%lu", v); }
void print_hex(struct strace_call *c, uint64_t v, const void *param) { put(c, v ? "0x%lx" : "%lu", v); }
void print_short_enum(struct strace_call *c, uint64_t v, const void *param) { put_enum32(c, param, (uint16_t)v); }
void print_enum(struct strace_call *c, uint64_t v, const void *param) { put_enum32(c, param, (uint32_t)v); }
void print_flags(struct strace_call *c, uint64_t v, const void *param) { put_flags(c, param, v); }
void print_address(struct strace_call *c, uint64_t v, const void *param) { put_address(c, v); }

/* User and group ids: -1 leaves one as it is. */
void print_id(struct strace_call *c, uint64_t v, const void *param)
{
    if ((uint32_t)v == UINT32_MAX) put(c, "-1");
    else put(c, "%u", (unsigned)v);
}

void print_mode(struct strace_call *c, uint64_t v, const void *param)
{
    char digits[16];
    int n = 0;
    for (uint32_t m = (uint32_t)v; m; m >>= 3) digits[n++] = (char)('0' + (m & 7));
    if (n < 3) put(c, n < 2 ? "00%c" : "0", n ? digits[0] : '0');
    else put(c, "0");
    for (int i = n < 2 ? 0 : n; i-- > 0;) put(c, "%c", digits[i]);
}

/* ---- descriptors ---- */

void put_fd(struct strace_call *c, int fd)
{
    char link[64], path[512];
    put(c, "%d", fd);
    if (!strace_options.descriptors || fd < 0) return;
    log_format(link, sizeof link, "/proc/self/fd/%d", fd);
    long n = host_syscall(__NR_readlink, link, path, sizeof path - 1);
    if (n > 0) put(c, "<%.*s>", (int)n, path);
}

void print_fd(struct strace_call *c, uint64_t v, const void *param) { put_fd(c, (int)v); }

void print_dirfd(struct strace_call *c, uint64_t v, const void *param)
{
    enum { CWD = -100 };
    if ((int)v == CWD) put(c, "AT_FDCWD");
    else put_fd(c, (int)v);
}

/* ---- bytes ---- */

void print_in_buf(struct strace_call *c, uint64_t v, const void *param) { put_bytes_at(c, v, c->a[c->i + 1]); }

void print_out_buf(struct strace_call *c, uint64_t v, const void *param)
{
    uint64_t room = c->a[c->i + 1], n = (uint64_t)c->r;
    if (c->r < 0) put_address(c, v);
    /* Asked for the size only, or told a longer one than there was room for (MSG_TRUNC). */
    else if (!room && n) put_address(c, v);
    else put_bytes_at(c, v, n < room ? n : room);
}

void print_out_string(struct strace_call *c, uint64_t v, const void *param)
{
    if (c->r < 0) put_address(c, v);
    else print_path(c, v, NULL);
}

void print_out_random(struct strace_call *c, uint64_t v, const void *param)
{
    uint8_t s[256];
    size_t n = c->r < 0 ? 0 : (size_t)c->r, shown = n < strace_options.string_max ? n : strace_options.string_max;
    if (shown > sizeof s) shown = sizeof s;
    if (c->r < 0 || !v || copy_from_guest(s, v, shown)) put_address(c, v);
    else put_hex_bytes(c, s, shown, shown < n);
}

void print_text(struct strace_call *c, uint64_t v, const void *param)
{
    const char *s = (const char *)v;
    size_t n = 0;
    while (n < 65 && s[n]) n++;
    put_quoted(c, (const uint8_t *)s, n, false);
}

/* ---- I/O vectors ---- */

void put_iovec(struct strace_call *c, uint64_t v, uint64_t n, int64_t bytes)
{
    uint64_t e[2];
    bool all = bytes == INT64_MAX;
    if (!v) {
        put(c, "NULL");
        return;
    }
    for (uint64_t i = 0; i < n; i++) {
        if (!fetch_element(c, v, i, e, sizeof e)) return;
        put(c, i ? ", " : "[");
        if (i >= strace_options.string_max && !strace_options.verbose) {
            put(c, "...");
            break;
        }
        put(c, "{iov_base=");
        if (bytes < 0) put_address(c, e[0]);
        else put_bytes_at(c, e[0], all || e[1] < (uint64_t)bytes ? e[1] : (uint64_t)bytes);
        put(c, ", iov_len=%lu}", e[1]);
        if (!all && bytes >= 0) bytes = e[1] < (uint64_t)bytes ? bytes - (int64_t)e[1] : 0;
    }
    put(c, n ? "]" : "[]");
}

void print_in_iovec(struct strace_call *c, uint64_t v, const void *param) { put_iovec(c, v, c->a[c->i + 1], INT64_MAX); }
void print_out_iovec(struct strace_call *c, uint64_t v, const void *param) { put_iovec(c, v, c->a[c->i + 1], c->r < 0 ? -1 : c->r); }
void print_remote_iovec(struct strace_call *c, uint64_t v, const void *param) { put_iovec(c, v, c->a[c->i + 1], -1); }

/* ---- vectors of strings ---- */

void print_argv(struct strace_call *c, uint64_t v, const void *param)
{
    uint64_t p;
    if (!v) {
        put(c, "NULL");
        return;
    }
    for (unsigned i = 0;; i++) {
        if (!fetch_element(c, v, i, &p, sizeof p)) return;
        if (!p) {
            put(c, i ? "]" : "[]");
            return;
        }
        put(c, i ? ", " : "[");
        if (i >= strace_options.string_max && !strace_options.verbose) {
            put(c, "...]");
            return;
        }
        put_string_at(c, p);
    }
}

void print_envp(struct strace_call *c, uint64_t v, const void *param)
{
    uint64_t p, n = 0;
    if (strace_options.verbose || !v) {
        print_argv(c, v, param);
        return;
    }
    put_address(c, v);
    while (!copy_from_guest(&p, v + n * 8, 8)) {
        if (!p) {
            put(c, " /* %lu var%s */", n, n == 1 ? "" : "s");
            return;
        }
        n++;
    }
    if (n) put(c, " /* %lu vars, unterminated */", n);
}

/* ---- numbers behind pointers ---- */

#define POINTED(name, type, format, cast) \
    void name(struct strace_call *c, uint64_t v, const void *param) \
    { \
        type n; \
        if (fetch(c, v, &n, sizeof n)) put(c, "[" format "]", (cast)n); \
    }
POINTED(print_out_int, int32_t, "%d", int)
POINTED(print_out_uint, uint32_t, "%u", unsigned)
POINTED(print_out_ulong, uint64_t, "%lu", unsigned long)
POINTED(print_out_id, uint32_t, "%u", unsigned)
POINTED(print_out_pointer, uint64_t, "0x%lx", unsigned long)

void print_inout_uint(struct strace_call *c, uint64_t v, const void *param) { print_out_uint(c, v, param); }

/* Shown as it was, and as it is where that differs. */
void print_inout_off(struct strace_call *c, uint64_t v, const void *param)
{
    int64_t at;
    if (!c->leaving && v && !copy_from_guest(&at, v, 8)) {
        c->saved[c->i] = (uint64_t)at;
        c->later = true;
        return;
    }
    if (!v || copy_from_guest(&at, v, 8)) put_address(c, v);
    else if (call_failed(c) || (uint64_t)at == c->saved[c->i]) put(c, "[%ld]", (long)c->saved[c->i]);
    else put(c, "[%ld] => [%ld]", (long)c->saved[c->i], (long)at);
}

void print_out_fd_pair(struct strace_call *c, uint64_t v, const void *param)
{
    int fd[2];
    if (!fetch(c, v, fd, sizeof fd)) return;
    put(c, "[");
    put_fd(c, fd[0]);
    put(c, ", ");
    put_fd(c, fd[1]);
    put(c, "]");
}

static void put_u32(struct strace_call *c, const void *e) { put(c, "%u", *(const uint32_t *)e); }
static void put_u64(struct strace_call *c, const void *e) { put(c, "%lu", *(const uint64_t *)e); }

void print_groups(struct strace_call *c, uint64_t v, const void *param)
{
    enum { MAX_GROUPS = 65536 };
    if ((uint32_t)c->a[0] > MAX_GROUPS) put_address(c, v);
    else put_array(c, v, (uint32_t)c->a[0], 4, put_u32);
}

void print_out_groups(struct strace_call *c, uint64_t v, const void *param)
{
    if (c->r < 0 || (!c->a[0] && v)) put_address(c, v);
    else put_array(c, v, (uint64_t)c->r, 4, put_u32);
}

void print_out_ulongs(struct strace_call *c, uint64_t v, const void *param)
{
    if (c->r < 0) put_address(c, v);
    else put_array(c, v, (uint64_t)c->r, 8, put_u64);
}

static void put_pair(struct strace_call *c, const void *e)
{
    const uint64_t *w = e;
    put(c, w[1] ? "{key=%ld, value=0x%lx}" : "{key=%ld, value=%lu}", (long)w[0], w[1]);
}

/* Keys and values, their number follows. */
void print_pairs(struct strace_call *c, uint64_t v, const void *param) { put_array(c, v, c->a[c->i + 1], 16, put_pair); }
