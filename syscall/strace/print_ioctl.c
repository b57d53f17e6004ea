/* Printers of ioctl: requests by name, and the arguments of the usual ones. */
#include "syscall/strace/kernel_headers.h"

#include <asm/ioctls.h>
#include <linux/sockios.h>

#include "syscall/strace/sets.h"
#include "syscall/strace/strace.h"

enum { DIRECTION_SHIFT = 30, SIZE_SHIFT = 16, KIND_SHIFT = 8 };

void print_ioctl(struct strace_call *c, uint64_t v, const void *param)
{
    static const char *const directions[] = {"_IOC_NONE", "_IOC_WRITE", "_IOC_READ", "_IOC_READ|_IOC_WRITE"};
    uint32_t request = (uint32_t)v;
    const char *name = NULL;
    for (unsigned i = 0; i < set_ioctl.n && !name; i++)
        if ((uint32_t)set_ioctl.v[i].value == request) name = set_ioctl.v[i].name;
    if (name) {
        put(c, "%s", name);
        return;
    }
    uint32_t part[3] = {request >> KIND_SHIFT & 0xff, request & 0xff, request >> SIZE_SHIFT & 0x3fff};
    put(c, "_IOC(%s", directions[request >> DIRECTION_SHIFT]);
    for (int i = 0; i < 3; i++) put(c, part[i] ? ", 0x%x" : ", %x", part[i]);
    put(c, ")");
}

/* ---- terminals ---- */

static void put_termios(struct strace_call *c, uint64_t v)
{
    struct termios t;
    if (!fetch(c, v, &t, sizeof t)) return;
    put(c, "{c_iflag=");
    put_flags(c, &set_c_iflag, t.c_iflag);
    put(c, ", c_oflag=");
    if (t.c_oflag & ~(OPOST | OLCUC | ONLCR | OCRNL | ONOCR | ONLRET | OFILL | OFDEL)) put_flags(c, &set_c_oflag, t.c_oflag);
    else {
        /* Delays of 0 have names. */
        put(c, "NL0|CR0|TAB0|BS0|VT0|FF0");
        put_more_flags(c, &set_c_oflag, t.c_oflag);
    }
    put(c, ", c_cflag=");
    put_enum(c, &set_c_baud, t.c_cflag & CBAUD);
    put(c, "|");
    put_enum(c, &set_c_csize, t.c_cflag & CSIZE);
    put_more_flags(c, &set_c_cflag, t.c_cflag & ~(uint32_t)(CBAUD | CSIZE));
    put(c, ", c_lflag=");
    put_flags(c, &set_c_lflag, t.c_lflag);
    if (strace_options.verbose) {
        put(c, ", c_line=%u, c_cc=", t.c_line);
        put_hex_bytes(c, t.c_cc, sizeof t.c_cc, false);
        put(c, "}");
    } else {
        put(c, ", ...}");
    }
}

static void put_int_at(struct strace_call *c, uint64_t v)
{
    int n;
    if (fetch(c, v, &n, sizeof n)) put(c, "[%d]", n);
}

static bool reads(struct strace_call *c)
{
    if (c->leaving) return true;
    c->later = true;
    return false;
}

/* True if the argument has been printed, or will be later. */
static bool put_terminal(struct strace_call *c, uint32_t request, uint64_t v)
{
    switch (request) {
    case TCGETS: if (reads(c)) put_termios(c, v); return true;
    case TCSETS: case TCSETSW: case TCSETSF: put_termios(c, v); return true;
    case TIOCGWINSZ: if (reads(c)) put_struct_at(c, &struct_winsize, v); return true;
    case TIOCSWINSZ: put_struct_at(c, &struct_winsize, v); return true;
    case TIOCGPGRP: case TIOCGSID: case FIONREAD: case TIOCOUTQ: case TIOCGPTN: case TIOCGPTLCK: case TIOCGPKT: case TIOCGETD: case TIOCGEXCL:
        if (reads(c)) put_int_at(c, v);
        return true;
    case TIOCSPGRP: case FIONBIO: case FIOASYNC: case TIOCSPTLCK: case TIOCSETD: case TIOCPKT:
        put_int_at(c, v);
        return true;
    case TCFLSH: put_enum(c, &set_tc_flush, v); return true;
    case TCXONC: put_enum(c, &set_tc_flow, v); return true;
    case TCSBRK: case TCSBRKP: case TIOCSCTTY: put(c, "%d", (int)v); return true;
    case TIOCNOTTY: case TIOCEXCL: case TIOCNXCL: case FIOCLEX: case FIONCLEX: case TIOCCONS:
        c->omit = true;
        return true;
    case TIOCSTI: put_bytes_at(c, v, 1); return true;
    case TIOCGPTPEER: put_open_flags(c, v); return true;
    default: return false;
    }
}

/* ---- the rest ---- */

static bool put_block(struct strace_call *c, uint32_t request, uint64_t v)
{
    switch (request) {
    case BLKGETSIZE64: case BLKGETSIZE: if (reads(c)) print_out_ulong(c, v, NULL); return true;
    case BLKSSZGET: case BLKROGET: case FIGETBSZ: case FIBMAP: if (reads(c)) put_int_at(c, v); return true;
    case BLKFLSBUF: case BLKRRPART: c->omit = true; return true;
    case FICLONE: put_fd(c, (int)v); return true;
    default: return false;
    }
}

/* ---- network interfaces ---- */

struct interface { char name[16]; union { int number; int16_t flags; uint8_t address[24]; }; };

static void put_interface_name(struct strace_call *c, const struct interface *r)
{
    size_t n = 0;
    while (n < sizeof r->name && r->name[n]) n++;
    put(c, "ifr_name=");
    put_quoted(c, (const uint8_t *)r->name, n < sizeof r->name ? n : n - 1, false);
}

/* What of an interface a request is about. */
static void put_interface_part(struct strace_call *c, uint32_t request, const struct interface *r)
{
    switch (request) {
    case SIOCGIFINDEX: put(c, ", ifr_ifindex=%d", r->number); break;
    case SIOCGIFMTU: case SIOCSIFMTU: put(c, ", ifr_mtu=%d", r->number); break;
    case SIOCGIFMETRIC: case SIOCSIFMETRIC: put(c, ", ifr_metric=%d", r->number); break;
    case SIOCGIFTXQLEN: case SIOCSIFTXQLEN: put(c, ", ifr_qlen=%d", r->number); break;
    case SIOCGIFFLAGS: case SIOCSIFFLAGS:
        put(c, ", ifr_flags=");
        put_flags(c, &set_iff, (uint16_t)r->flags);
        break;
    case SIOCGIFADDR: case SIOCSIFADDR: put(c, ", ifr_addr="); put_sockaddr(c, r->address, 16); break;
    case SIOCGIFDSTADDR: case SIOCSIFDSTADDR: put(c, ", ifr_dstaddr="); put_sockaddr(c, r->address, 16); break;
    case SIOCGIFBRDADDR: case SIOCSIFBRDADDR: put(c, ", ifr_broadaddr="); put_sockaddr(c, r->address, 16); break;
    case SIOCGIFNETMASK: case SIOCSIFNETMASK: put(c, ", ifr_netmask="); put_sockaddr(c, r->address, 16); break;
    }
}

static bool put_interface(struct strace_call *c, uint32_t request, uint64_t v)
{
    struct interface r;
    bool sets = request == SIOCSIFMTU || request == SIOCSIFMETRIC || request == SIOCSIFTXQLEN || request == SIOCSIFFLAGS || request == SIOCSIFADDR ||
                request == SIOCSIFDSTADDR || request == SIOCSIFBRDADDR || request == SIOCSIFNETMASK;
    bool gets = request == SIOCGIFINDEX || request == SIOCGIFMTU || request == SIOCGIFMETRIC || request == SIOCGIFTXQLEN || request == SIOCGIFFLAGS ||
                request == SIOCGIFADDR || request == SIOCGIFDSTADDR || request == SIOCGIFBRDADDR || request == SIOCGIFNETMASK || request == SIOCGIFNAME;
    if (!sets && (!gets || !reads(c))) return gets;
    if (!v || copy_from_guest(&r, v, sizeof r)) {
        put_address(c, v);
        return true;
    }
    put(c, "{");
    if (request == SIOCGIFNAME) {
        put(c, "ifr_ifindex=%d", r.number);
        if (c->r >= 0) put(c, ", "), put_interface_name(c, &r);
    } else {
        put_interface_name(c, &r);
        if (sets || c->r >= 0) put_interface_part(c, request, &r);
    }
    put(c, "}");
    return true;
}

void print_ioctl_arg(struct strace_call *c, uint64_t v, const void *param)
{
    uint32_t request = (uint32_t)c->a[1], direction = request >> DIRECTION_SHIFT, size = request >> SIZE_SHIFT & 0x3fff;
    if (put_terminal(c, request, v) || put_block(c, request, v) || put_interface(c, request, v)) return;
    /* By the request's own description: numbers behind pointers. */
    if (direction == 2 && (size == 4 || size == 8)) {
        if (!reads(c)) return;
        if (size == 4) put_int_at(c, v);
        else print_out_ulong(c, v, NULL);
    } else if (direction == 1 && size == 4) {
        put_int_at(c, v);
    } else {
        put(c, v ? "0x%lx" : "%lu", v);
    }
}
