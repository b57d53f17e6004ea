/* Formatting and writing of logs and messages, without stdio (runtime/log.h). */
#include "runtime/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <time.h>

#include "runtime/host.h"

uint32_t log_mask;

struct out { char *p; size_t room, total; };

static void put_char(struct out *o, char c)
{
    if (o->room > 1) {
        *o->p++ = c;
        o->room--;
    }
    o->total++;
}

static void put_text(struct out *o, const char *s, size_t n, int width, bool left)
{
    for (int pad = left ? 0 : width - (int)n; pad > 0; pad--)
        put_char(o, ' ');
    for (size_t i = 0; i < n; i++)
        put_char(o, s[i]);
    for (int pad = left ? width - (int)n : 0; pad > 0; pad--)
        put_char(o, ' ');
}

static void put_number(struct out *o, uint64_t v, unsigned base, bool negative, int width, char pad, bool left)
{
    char digits[24];
    int n = 0;
    do {
        digits[n++] = "0123456789abcdef"[v % base];
        v /= base;
    } while (v);
    if (negative && pad == '0')
        put_char(o, '-');
    else if (negative)
        digits[n++] = '-';
    if (!left)
        for (int i = n + (negative && pad == '0'); i < width; i++)
            put_char(o, pad);
    for (int i = n; i-- > 0;)
        put_char(o, digits[i]);
    if (left)
        for (int i = n; i < width; i++)
            put_char(o, ' ');
}

size_t log_vformat(char *buf, size_t size, const char *fmt, va_list ap)
{
    struct out o = {buf, size, 0};
    for (; *fmt; fmt++) {
        if (*fmt != '%') {
            put_char(&o, *fmt);
            continue;
        }
        bool left = false;
        char pad = ' ';
        int width = 0, longs = 0, precision = -1;
        for (fmt++; *fmt == '-' || *fmt == '0'; fmt++)
            if (*fmt == '-')
                left = true;
            else
                pad = '0';
        if (*fmt == '*') {
            width = va_arg(ap, int);
            fmt++;
        }
        for (; *fmt >= '0' && *fmt <= '9'; fmt++)
            width = width * 10 + (*fmt - '0');
        if (*fmt == '.') {
            precision = 0;
            if (*++fmt == '*') {
                precision = va_arg(ap, int);
                fmt++;
            }
            for (; *fmt >= '0' && *fmt <= '9'; fmt++)
                precision = precision * 10 + (*fmt - '0');
        }
        for (; *fmt == 'l' || *fmt == 'z'; fmt++)
            longs++;
        switch (*fmt) {
        case 'd': case 'i': {
            int64_t v = longs ? va_arg(ap, long) : va_arg(ap, int);
            put_number(&o, v < 0 ? -(uint64_t)v : (uint64_t)v, 10, v < 0, width, pad, left);
            break;
        }
        case 'u':
            put_number(&o, longs ? va_arg(ap, unsigned long) : va_arg(ap, unsigned), 10, false, width, pad, left);
            break;
        case 'x':
            put_number(&o, longs ? va_arg(ap, unsigned long) : va_arg(ap, unsigned), 16, false, width, pad, left);
            break;
        case 'p':
            put_char(&o, '0');
            put_char(&o, 'x');
            put_number(&o, (uint64_t)va_arg(ap, void *), 16, false, width, pad, left);
            break;
        case 's': {
            const char *s = va_arg(ap, const char *);
            if (!s)
                s = "(null)";
            put_text(&o, s, precision < 0 ? strlen(s) : strnlen(s, precision), width, left);
            break;
        }
        case 'c':
            put_char(&o, (char)va_arg(ap, int));
            break;
        case '%':
            put_char(&o, '%');
            break;
        case 0:
            goto done;
        }
    }
done:
    if (o.room)
        *o.p = 0;
    return o.total;
}

size_t log_format(char *buf, size_t size, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    size_t n = log_vformat(buf, size, fmt, ap);
    va_end(ap);
    return n;
}

static int (*log_where)(void);

void log_to(int (*where)(void)) { log_where = where; }
int log_descriptor(void) { return log_where ? log_where() : 2; }

void (*log_sink)(const char *s, size_t n);

static bool files_limited(void)
{
    uint64_t limit[2];
    return host_syscall(__NR_prlimit64, 0, RLIMIT_FSIZE, NULL, limit) == 0 && limit[0] != RLIM_INFINITY;
}

long log_writev(int fd, const struct iovec *v, int n, bool pipe)
{
    if (!pipe && !files_limited())
        return host_syscall(__NR_writev, fd, v, n);
    const uint64_t mask = 1ull << (SIGPIPE - 1) | 1ull << (SIGXFSZ - 1);
    const struct timespec none = {0, 0};
    uint64_t old, pending = 0;
    host_syscall(__NR_rt_sigprocmask, SIG_BLOCK, &mask, &old, 8);
    host_syscall(__NR_rt_sigpending, &pending, 8);
    long r = host_syscall(__NR_writev, fd, v, n);
    const uint64_t sent = r == -EPIPE ? 1ull << (SIGPIPE - 1) : r == -EFBIG ? 1ull << (SIGXFSZ - 1) : 0;
    if (sent & ~pending)
        host_syscall(__NR_rt_sigtimedwait, &sent, NULL, &none, 8);
    host_syscall(__NR_rt_sigprocmask, SIG_SETMASK, &old, NULL, 8);
    return r;
}

static void write_all(int fd, const char *s, size_t n)
{
    while (n) {
        const struct iovec v = {(char *)s, n};
        long r = log_writev(fd, &v, 1, false);
        if (r <= 0)
            return;
        s += r;
        n -= (size_t)r;
    }
}

void log_raw(const char *s, size_t n)
{
    if (log_sink)
        log_sink(s, n);
    else
        write_all(log_descriptor(), s, n);
}

enum { LINE = 2048 };

static size_t format_line(char buf[LINE], const char *prefix, const char *fmt, va_list ap, const char *suffix)
{
    size_t n = log_format(buf, LINE, "%s", prefix);
    n += log_vformat(buf + n, LINE - n, fmt, ap);
    if (n > LINE - 2)
        n = LINE - 2;
    return n + log_format(buf + n, LINE - n, "%s", suffix);
}

void log_write(const char *fmt, ...)
{
    char buf[LINE];
    va_list ap;
    va_start(ap, fmt);
    log_raw(buf, format_line(buf, "", fmt, ap, ""));
    va_end(ap);
}

void log_message(const char *fmt, ...)
{
    char buf[LINE];
    va_list ap;
    va_start(ap, fmt);
    write_all(2, buf, format_line(buf, "dragoman: ", fmt, ap, "\n"));
    va_end(ap);
}

int log_open(const char *path)
{
    char name[4096];
    size_t n = 0;
    for (; *path && n < sizeof name - 24; path++) {
        if (path[0] == '%' && path[1] == 'p') {
            n += log_format(name + n, sizeof name - n, "%d", (int)host_syscall(__NR_getpid));
            path++;
        } else {
            name[n++] = *path;
        }
    }
    name[n] = 0;
    return (int)host_syscall(__NR_open, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}
