/* Sockets and the framing of packets ("Overview" of gdb's remote protocol: $data#checksum, + and -, escapes). */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "runtime/gdb/stub.h"
#include "runtime/log.h"
#include "runtime/reexec.h"

enum { SETSIG = 10 };

/* ---- sockets ---- */

static void keep(enum reexec_kept which, int32_t *slot, long fd)
{
    reexec_keep_fd(which, (int)fd);
    *slot = reexec_own_fd(which);
}

static void drop(enum reexec_kept which, int32_t *slot)
{
    reexec_drop_fd(which);
    *slot = -1;
}

void stub_find_fds(void)
{
    stub.s.conn_fd = reexec_own_fd(REEXEC_GDB);
    stub.s.listen_fd = reexec_own_fd(REEXEC_GDB_LISTEN);
}

/* [HOST:]PORT with a number for HOST, 127.0.0.1 if there is none; else a path. Size of the address, 0 if it is neither. */
static socklen_t parse_address(const char *s, union { struct sockaddr a; struct sockaddr_in in; struct sockaddr_un un; } *out)
{
    uint32_t part[4] = {127, 0, 0, 1}, port = 0;
    const char *colon = strrchr(s, ':'), *p = s;
    memset(out, 0, sizeof *out);
    if (strchr(s, '/')) {
        size_t n = strlen(s);
        if (n >= sizeof out->un.sun_path)
            return 0;
        out->un.sun_family = AF_UNIX;
        memcpy(out->un.sun_path, s, n + 1);
        return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + 1);
    }
    for (int i = 0; colon && colon != s && i < 4; i++, p++) {
        if (*p < '0' || *p > '9')
            return 0;
        for (part[i] = 0; *p >= '0' && *p <= '9'; p++)
            part[i] = part[i] * 10 + (uint32_t)(*p - '0');
        if (part[i] > 255 || *p != (i < 3 ? '.' : ':'))
            return 0;
    }
    if (colon == s)
        p++;
    if (!*p)
        return 0;
    for (; *p >= '0' && *p <= '9' && port < 65536; p++)
        port = port * 10 + (uint32_t)(*p - '0');
    if (*p || !port || port > 65535)
        return 0;
    out->in.sin_family = AF_INET;
    out->in.sin_port = htons((uint16_t)port);
    out->in.sin_addr.s_addr = htonl(part[0] << 24 | part[1] << 16 | part[2] << 8 | part[3]);
    return sizeof out->in;
}

bool gdb_option_valid(const char *value)
{
    char copy[sizeof stub.s.address];
    const char *comma = strchr(value, ',');
    size_t n = comma ? (size_t)(comma - value) : strlen(value);
    if (n >= sizeof copy || (comma && strcmp(comma, ",on=crash")))
        return false;
    memcpy(copy, value, n);
    copy[n] = 0;
    struct sockaddr_un any;
    return parse_address(copy, (void *)&any) != 0;
}

/* A socket file that nobody listens on is left from a process that was killed. */
static bool is_taken(const struct sockaddr_un *un, socklen_t size)
{
    long fd = host_syscall(__NR_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    long r = host_syscall(__NR_connect, fd, un, size);
    host_syscall(__NR_close, fd);
    return r != -ECONNREFUSED && r != -ENOENT;
}

/* A path appears when somebody listens there, not before. */
static long listen_at_path(long fd, const struct sockaddr_un *un, socklen_t size)
{
    struct sockaddr_un new = *un;
    size_t n = strlen(un->sun_path);
    if (is_taken(un, size))
        return -EADDRINUSE;
    if (n + 2 > sizeof new.sun_path)
        return -ENAMETOOLONG;
    memcpy(new.sun_path + n, "~", 2);
    host_syscall(__NR_unlink, new.sun_path);
    long r = host_syscall(__NR_bind, fd, &new, size + 1);
    if (!r)
        r = host_syscall(__NR_listen, fd, 1);
    return r ? r : host_syscall(__NR_rename, new.sun_path, un->sun_path);
}

/* %p in a path: the process's id. */
static void expand_address(void)
{
    char whole[sizeof stub.s.address];
    const char *mark = strstr(stub.s.address, "%p");
    if (!mark)
        return;
    size_t n = log_format(whole, sizeof whole, "%.*s%d%s", (int)(mark - stub.s.address), stub.s.address, (int)host_syscall(__NR_getpid), mark + 2);
    if (n < sizeof whole)
        memcpy(stub.s.address, whole, n + 1);
}

int stub_listen(void)
{
    expand_address();
    struct sockaddr_un at;
    int on = 1;
    socklen_t size = parse_address(stub.s.address, (void *)&at);
    long fd = host_syscall(__NR_socket, at.sun_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (host_is_error(fd))
        return (int)fd;
    host_syscall(__NR_setsockopt, fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    long r = at.sun_family == AF_UNIX ? listen_at_path(fd, &at, size) : host_syscall(__NR_bind, fd, &at, size);
    if (!r && at.sun_family != AF_UNIX)
        r = host_syscall(__NR_listen, fd, 1);
    if (r) {
        host_syscall(__NR_close, fd);
        return (int)r;
    }
    keep(REEXEC_GDB_LISTEN, &stub.s.listen_fd, fd);
    return 0;
}

static void take_client(long fd)
{
    int on = 1;
    host_syscall(__NR_setsockopt, fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    keep(REEXEC_GDB, &stub.s.conn_fd, fd);
    stub.s.begun = stub.s.no_ack = stub.s.extended = stub.s.multiprocess = stub.s.swbreak = 0;
    stub.s.fork_events = stub.s.vfork_events = stub.s.exec_events = stub.s.catching = 0;
    stub.s.pass = 0;
    memset(stub.s.file, 0, sizeof stub.s.file);
}

void stub_accept(void)
{
    long fd;
    do
        fd = host_syscall(__NR_accept4, stub.s.listen_fd, NULL, NULL, SOCK_CLOEXEC);
    while (fd == -EINTR || fd == -ECONNABORTED);
    if (host_is_error(fd))
        die("cannot accept a debugger: error %ld", -fd);
    take_client(fd);
}

static bool readable(int fd)
{
    struct pollfd p = {fd, POLLIN, 0};
    return fd >= 0 && host_syscall(__NR_poll, &p, 1, 0) == 1;
}

void stub_accept_waiting(void)
{
    while (readable(stub.s.listen_fd)) {
        long fd = host_syscall(__NR_accept4, stub.s.listen_fd, NULL, NULL, SOCK_CLOEXEC);
        if (host_is_error(fd))
            return;
        if (stub.s.conn_fd < 0)
            take_client(fd);
        else
            host_syscall(__NR_close, fd);
    }
}

static size_t in_have, in_at;
static char in_raw[4096];

void stub_close(void)
{
    drop(REEXEC_GDB, &stub.s.conn_fd);
    stub.s.begun = 0;
    in_have = in_at = 0;
}

void stub_close_all(void)
{
    stub_close();
    drop(REEXEC_GDB_LISTEN, &stub.s.listen_fd);
}

/*
 * SIGTRAP is one of the signals we always take and never block. Sent for a descriptor it names that, and is told from the guest's own.
 */
static void set_async(int fd, bool on)
{
    if (fd < 0)
        return;
    if (on) {
        host_syscall(__NR_fcntl, fd, F_SETOWN, stub.pid);
        host_syscall(__NR_fcntl, fd, SETSIG, SIGTRAP);
    }
    host_syscall(__NR_fcntl, fd, F_SETFL, on ? O_ASYNC : 0);
}

void stub_async(bool on)
{
    stub_find_fds();        /* the guest may have made them move */
    if (on) {
        stub.armed[0] = stub.s.conn_fd;
        stub.armed[1] = stub.s.listen_fd;
    }
    set_async(stub.s.conn_fd, on);
    set_async(stub.s.listen_fd, on);
}

void stub_keep_fds(void)
{
    if (stub.s.conn_fd >= 0)
        keep(REEXEC_GDB, &stub.s.conn_fd, stub.s.conn_fd);
    if (stub.s.listen_fd >= 0)
        keep(REEXEC_GDB_LISTEN, &stub.s.listen_fd, stub.s.listen_fd);
}

/* ---- in ---- */

/* The next byte, or -1. */
static int next_byte(void)
{
    while (in_at == in_have) {
        long n = host_syscall(__NR_recvfrom, stub.s.conn_fd, in_raw, sizeof in_raw, 0, NULL, NULL);
        if (n == -EINTR)
            continue;
        if (n <= 0)
            return -1;
        in_at = 0;
        in_have = (size_t)n;
    }
    return (unsigned char)in_raw[in_at++];
}

int stub_peek(void)
{
    for (;;) {
        if (in_at == in_have) {
            long n = host_syscall(__NR_recvfrom, stub.s.conn_fd, in_raw, sizeof in_raw, MSG_DONTWAIT, NULL, NULL);
            if (n == -EINTR)
                continue;
            if (n == -EAGAIN)
                return 0;
            if (n <= 0)
                return -1;
            in_at = 0;
            in_have = (size_t)n;
        }
        char c = in_raw[in_at];
        if (c == '$')
            return c;
        in_at++;
        if (c == 3)
            return 3;
    }
}

char stub_in[PACKET_MAX + 4];

static bool send_all(const char *p, size_t n)
{
    while (n) {
        long r = host_syscall(__NR_sendto, stub.s.conn_fd, p, n, MSG_NOSIGNAL, NULL, 0);
        if (r == -EINTR)
            continue;
        if (r <= 0)
            return false;
        p += r;
        n -= (size_t)r;
    }
    return true;
}

int stub_get_packet(void)
{
    for (;;) {
        int c;
        do
            c = next_byte();
        while (c >= 0 && c != '$');
        size_t n = 0;
        uint8_t sum = 0;
        while (c >= 0 && (c = next_byte()) >= 0 && c != '#') {
            if (c == '$') {         /* the one before was cut short */
                n = sum = 0;
                continue;
            }
            sum = (uint8_t)(sum + c);
            if (n < PACKET_MAX)
                stub_in[n++] = (char)c;
        }
        int hi = c < 0 ? -1 : next_byte(), lo = hi < 0 ? -1 : next_byte();
        if (lo < 0)
            return -1;
        bool good = gdb_hex_digit((char)hi) * 16 + gdb_hex_digit((char)lo) == sum && n < PACKET_MAX;
        /* What a client said last, before it went, counts: it may be that the guest is to be killed. */
        if (!stub.s.no_ack && !send_all(good ? "+" : "-", 1) && !good)
            return -1;
        if (!good)
            continue;
        stub_in[n] = 0;
        stub.s.begun = 1;
        return (int)n;
    }
}

/* ---- out ---- */

static char out[PACKET_MAX + 8];
static size_t out_n;

void gdb_out_begin(void)
{
    out[0] = '$';
    out_n = 1;
}

void gdb_out_char(char c)
{
    if (out_n <= PACKET_MAX)
        out[out_n++] = c;
}

void gdb_out_text(const char *s)
{
    while (*s)
        gdb_out_char(*s++);
}

void gdb_out_hex(uint64_t v)
{
    for (int shift = 60; shift >= 0; shift -= 4)
        if (v >> shift || !shift)
            gdb_out_char("0123456789abcdef"[v >> shift & 15]);
}

void gdb_out_bytes(const void *p, size_t n)
{
    for (const uint8_t *b = p; n--; b++) {
        gdb_out_char("0123456789abcdef"[*b >> 4]);
        gdb_out_char("0123456789abcdef"[*b & 15]);
    }
}

void gdb_out_binary(const void *p, size_t n)
{
    for (const char *s = p; n--; s++) {
        bool special = *s == '$' || *s == '#' || *s == '}' || *s == '*';
        if (special)
            gdb_out_char('}');
        gdb_out_char(special ? *s ^ 0x20 : *s);
    }
}

size_t gdb_out_room(void) { return (PACKET_MAX - out_n) / 2; }

void gdb_out_error(int err)
{
    char code[4] = {'E', "0123456789abcdef"[(err < 0 ? -err : err) >> 4 & 15], "0123456789abcdef"[(err < 0 ? -err : err) & 15], 0};
    gdb_out_text(code);
}

void gdb_out_send(void)
{
    uint8_t sum = 0;
    for (size_t i = 1; i < out_n; i++)
        sum = (uint8_t)(sum + (uint8_t)out[i]);
    out[out_n++] = '#';
    out[out_n++] = "0123456789abcdef"[sum >> 4];
    out[out_n++] = "0123456789abcdef"[sum & 15];
    for (;;) {
        int c;
        if (!send_all(out, out_n) || stub.s.no_ack)
            return;         /* a client that is gone shows when it is read from */
        while ((c = next_byte()) >= 0 && c != '+' && c != '-')
            if (c == '$') {     /* it went on without an acknowledgement */
                in_at--;
                return;
            }
        if (c != '-')
            return;
    }
}

void stub_console(const char *s, size_t n)
{
    while (n) {
        size_t k = n < 2000 ? n : 2000;
        gdb_out_begin();
        gdb_out_char('O');
        gdb_out_bytes(s, k);
        gdb_out_send();
        s += k;
        n -= k;
    }
}
