/* Printers of socket calls: addresses, options, messages, netlink headers. */
#include "syscall/strace/libc_headers.h"

#include <string.h>

#include "syscall/strace/guest.h"
#include "syscall/strace/sets.h"
#include "syscall/strace/strace.h"

/* ---- socket ---- */

void print_socket_type(struct strace_call *c, uint64_t v, const void *param)
{
    enum { TYPE = 15 };
    if (!value_name(&set_socket_type, v & TYPE)) {
        put_enum(c, &set_socket_type, (uint32_t)v);
        return;
    }
    put_enum(c, &set_socket_type, v & TYPE);
    put_more_flags(c, &set_socket_flags, (uint32_t)v & ~(uint32_t)TYPE);
}

void print_socket_protocol(struct strace_call *c, uint64_t v, const void *param)
{
    switch ((int)c->a[0]) {
    case AF_INET: case AF_INET6: put_enum(c, &set_ip_protocol, (uint32_t)v); break;
    case AF_NETLINK: put_enum(c, &set_netlink_protocol, (uint32_t)v); break;
    case AF_PACKET: {
        uint16_t protocol = __builtin_bswap16((uint16_t)v);
        put(c, "htons(");
        put_enum(c, &set_ethernet, protocol);
        put(c, ")");
        break;
    }
    default: put(c, "%u", (unsigned)v); break;
    }
}

/* ---- addresses ---- */

static void put_ipv4(struct strace_call *c, const uint8_t *a) { put(c, "%u.%u.%u.%u", a[0], a[1], a[2], a[3]); }

/* RFC 5952: the longest run of two or more zero groups is left out. */
static void put_ipv6(struct strace_call *c, const uint8_t *a)
{
    unsigned g[8], best = 8, length = 1;
    for (int i = 0; i < 8; i++) g[i] = (unsigned)a[2 * i] << 8 | a[2 * i + 1];
    for (unsigned i = 0, n; i < 8; i += n + 1) {
        for (n = 0; i + n < 8 && !g[i + n]; n++) {}
        if (n > length) best = i, length = n;
    }
    bool mapped = best == 0 && ((length == 5 && g[5] == 0xffff) || (length == 6 && (g[6] || g[7])));
    for (unsigned i = 0; i < 8; i++) {
        if (i == best) {
            put(c, i + length == 8 ? "::" : ":");
            i += length - 1;
            continue;
        }
        if (i) put(c, ":");
        if (mapped && i == 6) {
            put_ipv4(c, a + 12);
            return;
        }
        put(c, "%x", g[i]);
    }
}

static void put_port(struct strace_call *c, const char *name, uint16_t port) { put(c, ", %s=htons(%u)", name, __builtin_bswap16(port)); }

static void put_unix(struct strace_call *c, const uint8_t *s, size_t n)
{
    size_t room = n - 2, length = strnlen((const char *)s + 2, room);
    put(c, ", sun_path=");
    if (s[2]) {
        put_quoted(c, s + 2, length, false);
    } else {
        put(c, "@");
        put_quoted(c, s + 3, room - 1, false);
    }
}

void put_sockaddr(struct strace_call *c, const uint8_t *s, size_t n)
{
    uint16_t family;
    memcpy(&family, s, 2);
    put(c, "{sa_family=");
    put_enum(c, &set_address_family, family);
    if (family == AF_INET && n >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in a;
        memcpy(&a, s, sizeof a);
        put_port(c, "sin_port", a.sin_port);
        put(c, ", sin_addr=inet_addr(\"");
        put_ipv4(c, (const uint8_t *)&a.sin_addr);
        put(c, "\")");
    } else if (family == AF_INET6 && n >= 24) {
        struct sockaddr_in6 a = {0};
        memcpy(&a, s, n < sizeof a ? n : sizeof a);
        put_port(c, "sin6_port", a.sin6_port);
        put(c, ", sin6_flowinfo=htonl(%u), inet_pton(AF_INET6, \"", __builtin_bswap32(a.sin6_flowinfo));
        put_ipv6(c, (const uint8_t *)&a.sin6_addr);
        put(c, "\", &sin6_addr), sin6_scope_id=%u", a.sin6_scope_id);
    } else if (family == AF_UNIX && n > 2) {
        put_unix(c, s, n);
    } else if (family == AF_NETLINK && n >= sizeof(struct sockaddr_nl)) {
        struct sockaddr_nl a;
        memcpy(&a, s, sizeof a);
        put(c, ", nl_pid=%d", a.nl_pid);
        put(c, a.nl_groups ? ", nl_groups=%08x" : ", nl_groups=00000000", a.nl_groups);
    } else if (family == AF_PACKET && n >= 12) {
        struct sockaddr_ll a = {0};
        memcpy(&a, s, n < sizeof a ? n : sizeof a);
        put(c, ", sll_protocol=htons(");
        put_enum(c, &set_ethernet, __builtin_bswap16(a.sll_protocol));
        put(c, "), sll_ifindex=%d, sll_hatype=%u, sll_pkttype=%u, sll_halen=%u", a.sll_ifindex, a.sll_hatype, a.sll_pkttype, a.sll_halen);
        if (a.sll_halen && a.sll_halen <= 8) {
            put(c, ", sll_addr=[");
            for (unsigned i = 0; i < a.sll_halen; i++) put(c, "%s0x%02x", i ? ", " : "", a.sll_addr[i]);
            put(c, "]");
        }
    } else if (n > 2) {
        put(c, ", sa_data=");
        put_quoted(c, s + 2, n - 2, false);
    }
    put(c, "}");
}

static void put_sockaddr_at(struct strace_call *c, uint64_t v, uint64_t n)
{
    uint8_t s[256] = {0};
    if (n > 128) n = 128;
    if (!v || n < 2 || copy_from_guest(s, v, n)) put_address(c, v);
    else put_sockaddr(c, s, n);
}

void print_sockaddr(struct strace_call *c, uint64_t v, const void *param) { put_sockaddr_at(c, v, (uint32_t)c->a[c->i + 1]); }

/* The room there was is read before the call, with the first of the two arguments. */
static bool room_before(struct strace_call *c, unsigned i)
{
    uint32_t room;
    c->saved[i] = c->a[i] && !copy_from_guest(&room, c->a[i], 4) ? (uint64_t)room + 1 : 0;
    return c->saved[i];
}

void strace_net_enter(struct strace_call *c, unsigned socklen) { room_before(c, socklen); }

void print_out_sockaddr(struct strace_call *c, uint64_t v, const void *param)
{
    uint32_t n;
    if (c->r < 0 || !v || !c->saved[c->i + 1] || copy_from_guest(&n, c->a[c->i + 1], 4)) {
        put_address(c, v);
        return;
    }
    uint64_t room = c->saved[c->i + 1] - 1;
    put_sockaddr_at(c, v, n < room ? n : room);
}

void print_socklen(struct strace_call *c, uint64_t v, const void *param)
{
    uint32_t n;
    uint64_t room = c->saved[c->i];
    if (!v || !room || copy_from_guest(&n, v, 4)) put_address(c, v);
    else if (c->r < 0 || n == room - 1) put(c, "[%lu]", room - 1);
    else put(c, "[%lu => %u]", room - 1, n);
}

/* ---- options ---- */

void print_sock_level(struct strace_call *c, uint64_t v, const void *param)
{
    /* libc has no names for the levels that are protocols. */
    if (v == IPPROTO_ICMPV6) put(c, "SOL_ICMPV6");
    else put_enum(c, &set_sock_level, (uint32_t)v);
}

void print_sock_option(struct strace_call *c, uint64_t v, const void *param)
{
    switch ((int)c->a[1]) {
    case SOL_SOCKET: put_enum(c, &set_sock_option, (uint32_t)v); break;
    case IPPROTO_IP: put_enum(c, &set_ip_option, (uint32_t)v); break;
    case IPPROTO_IPV6: put_enum(c, &set_ipv6_option, (uint32_t)v); break;
    case IPPROTO_TCP: put_enum(c, &set_tcp_option, (uint32_t)v); break;
    case IPPROTO_UDP: put_enum(c, &set_udp_option, (uint32_t)v); break;
    case SOL_PACKET: put_enum(c, &set_packet_option, (uint32_t)v); break;
    case SOL_NETLINK: put_enum(c, &set_netlink_option, (uint32_t)v); break;
    default: put(c, v ? "0x%x" : "%x", (unsigned)v); break;
    }
}

static void put_option_value(struct strace_call *c, uint64_t v, uint64_t n)
{
    int w[4];
    int level = (int)c->a[1], option = (int)c->a[2];
    bool text = (level == SOL_SOCKET && option == SO_BINDTODEVICE) || (level == IPPROTO_TCP && (option == TCP_CONGESTION || option == TCP_ULP));
    if (level == SOL_SOCKET && option == SO_ATTACH_FILTER) {
        put_filter(c, v);
    } else if (!v || (n > 0 && n < 4 && !text && copy_from_guest(w, v, n))) {
        put_address(c, v);
    } else if (text) {
        put_bytes_at(c, v, n);
    } else if (level == SOL_SOCKET && option == SO_LINGER && n >= 8 && !copy_from_guest(w, v, 8)) {
        put(c, "{l_onoff=%d, l_linger=%d}", w[0], w[1]);
    } else if (level == SOL_SOCKET && option == SO_PEERCRED && n >= 12 && !copy_from_guest(w, v, 12)) {
        put(c, "{pid=%d, uid=%u, gid=%u}", w[0], (unsigned)w[1], (unsigned)w[2]);
    } else if (level == SOL_SOCKET && (option == SO_RCVTIMEO || option == SO_SNDTIMEO) && n >= 16) {
        put_struct_at(c, &struct_timeval, v);
    } else if (n == 4 && !copy_from_guest(w, v, 4)) {
        bool names = level == SOL_SOCKET && c->leaving && (option == SO_TYPE || option == SO_DOMAIN || option == SO_ERROR || option == SO_PROTOCOL);
        put(c, "[");
        if (names && option == SO_TYPE) put_enum(c, &set_socket_type, (uint32_t)w[0]);
        else if (names && option == SO_DOMAIN) put_enum(c, &set_address_family, (uint32_t)w[0]);
        else if (names && option == SO_PROTOCOL) put_enum(c, &set_ip_protocol, (uint32_t)w[0]);
        else if (names && w[0]) put(c, "%s", strerrorname_np(w[0]));
        else put(c, "%d", w[0]);
        put(c, "]");
    } else {
        put_bytes_at(c, v, n);
    }
}

void print_sock_value(struct strace_call *c, uint64_t v, const void *param)
{
    uint32_t n;
    if (!c->leaving) put_option_value(c, v, (uint32_t)c->a[4]);
    else if (c->r < 0 || copy_from_guest(&n, c->a[4], 4)) put_address(c, v);
    else put_option_value(c, v, n);
}

/* ---- messages ---- */

struct header { uint64_t name; uint32_t namelen, pad; uint64_t iov, iovlen, control, controllen; uint32_t flags, pad2; };
struct control { uint64_t len; int32_t level, type; };

static void put_control_data(struct strace_call *c, const struct control *h, uint64_t at, uint64_t n)
{
    uint32_t w[64];
    if (h->level == SOL_SOCKET && h->type == SCM_RIGHTS && n <= sizeof w && !copy_from_guest(w, at, n)) {
        put(c, "[");
        for (uint64_t i = 0; i < n / 4; i++) {
            if (i) put(c, ", ");
            put_fd(c, (int)w[i]);
        }
        put(c, "]");
    } else if (h->level == SOL_SOCKET && h->type == SCM_CREDENTIALS && n >= 12 && !copy_from_guest(w, at, 12)) {
        put(c, "{pid=%d, uid=%u, gid=%u}", (int)w[0], w[1], w[2]);
    } else if (h->level == SOL_SOCKET && (h->type == SO_TIMESTAMP || h->type == SO_TIMESTAMPNS) && n >= 16) {
        put_struct_at(c, h->type == SO_TIMESTAMP ? &struct_timeval : &struct_timespec, at);
    } else if (h->level == SOL_IP && h->type == IP_TTL && n >= 4 && !copy_from_guest(w, at, 4)) {
        put(c, "[%u]", w[0]);
    } else {
        put_bytes_at(c, at, n);
    }
}

static void put_control(struct strace_call *c, uint64_t at, uint64_t length)
{
    struct control h;
    const char *separator = "[";
    if (!at || !length) {
        put_address(c, at);
        return;
    }
    for (uint64_t end = at + length; at + sizeof h <= end; at += (h.len + 7) & ~7ull) {
        if (copy_from_guest(&h, at, sizeof h)) break;
        put(c, "%s{cmsg_len=%lu, cmsg_level=", separator, h.len);
        put_enum(c, &set_sock_level, (uint32_t)h.level);
        put(c, ", cmsg_type=");
        if (h.level == SOL_SOCKET) put_enum(c, &set_scm_type, (uint32_t)h.type);
        else if (h.level == SOL_IP) put_enum(c, &set_ip_option, (uint32_t)h.type);
        else if (h.level == SOL_IPV6) put_enum(c, &set_ipv6_option, (uint32_t)h.type);
        else put(c, "0x%x", (unsigned)h.type);
        separator = ", ";
        uint64_t n = h.len > sizeof h ? h.len - sizeof h : 0;
        if (n > end - at - sizeof h) n = end - at - sizeof h;
        if (n) {
            put(c, ", cmsg_data=");
            put_control_data(c, &h, at + sizeof h, n);
        }
        put(c, "}");
        if (h.len < sizeof h || h.len > end - at) break;
    }
    put(c, *separator == '[' ? "[]" : "]");
}

static void put_netlink(struct strace_call *c, uint64_t at, uint64_t n);

/* Datagrams of netlink sockets are recognised by the peer's address. */
static bool is_netlink(const struct header *m)
{
    uint16_t family;
    return m->name && m->namelen >= 2 && !copy_from_guest(&family, m->name, 2) && family == AF_NETLINK;
}

static void put_message(struct strace_call *c, const struct header *m, int64_t bytes, uint64_t room)
{
    uint64_t first[2];
    put(c, "{msg_name=");
    put_sockaddr_at(c, m->name, m->namelen);
    if (room && room - 1 != m->namelen) put(c, ", msg_namelen=%lu => %u, msg_iov=", room - 1, m->namelen);
    else put(c, ", msg_namelen=%u, msg_iov=", m->namelen);
    if (is_netlink(m) && m->iovlen == 1 && bytes >= 0 && !copy_from_guest(first, m->iov, sizeof first)) {
        put(c, "[{iov_base=");
        put_netlink(c, first[0], bytes == INT64_MAX ? first[1] : (uint64_t)bytes);
        put(c, ", iov_len=%lu}]", first[1]);
    } else {
        put_iovec(c, m->iov, m->iovlen, bytes);
    }
    put(c, ", msg_iovlen=%lu", m->iovlen);
    if (m->controllen || (c->leaving && m->control)) {
        if (m->controllen) {
            put(c, ", msg_control=");
            put_control(c, m->control, m->controllen);
        }
        put(c, ", msg_controllen=%lu", m->controllen);
    } else {
        put(c, ", msg_controllen=0");
    }
    put(c, ", msg_flags=");
    put_flags(c, &set_msg_flags, m->flags);
    put(c, "}");
}

void strace_msghdr_enter(struct strace_call *c, unsigned i)
{
    struct header m;
    c->saved[i] = c->a[i] && !copy_from_guest(&m, c->a[i], sizeof m) && m.name ? (uint64_t)m.namelen + 1 : 0;
}

void print_msghdr(struct strace_call *c, uint64_t v, const void *param)
{
    struct header m;
    if (c->leaving && c->r < 0 && v && !copy_from_guest(&m, v, sizeof m)) {
        put(c, "{msg_namelen=%u}", m.namelen);
        return;
    }
    if (!fetch(c, v, &m, sizeof m)) return;
    put_message(c, &m, c->leaving ? c->r : INT64_MAX, c->leaving ? c->saved[c->i] : 0);
}

static void put_mmsg(struct strace_call *c, const void *e)
{
    struct { struct header h; uint32_t len; } m;
    memcpy(&m, e, sizeof m);
    put(c, "{msg_hdr=");
    put_message(c, &m.h, strace_is(c, "sendmmsg") ? INT64_MAX : m.len, 0);
    if (c->r >= 0) put(c, ", msg_len=%u", m.len);
    put(c, "}");
}

/* Those that were sent or received; if none, what was to be sent. */
void print_mmsghdr(struct strace_call *c, uint64_t v, const void *param)
{
    if (c->r >= 0) put_array(c, v, (uint64_t)c->r, 64, put_mmsg);
    else if (strace_is(c, "sendmmsg")) put_array(c, v, (uint32_t)c->a[2], 64, put_mmsg);
    else put_address(c, v);
}

/* ---- netlink ---- */

static void put_netlink_flags(struct strace_call *c, uint16_t type, uint16_t flags)
{
    /* rtnetlink numbers its requests in groups of new, delete, get, set. */
    bool get = type >= 16 && (type - 16) % 4 == 2, new = type >= 16 && (type - 16) % 4 == 0;
    put_flags(c, &set_nlm_flags, flags & 0xff);
    if (flags & ~0xff) {
        if (get) put_more_flags(c, &set_nlm_get_flags, flags & ~0xffu);
        else if (new) put_more_flags(c, &set_nlm_new_flags, flags & ~0xffu);
        else put(c, "|0x%x", flags & ~0xffu);
    }
}

static void put_netlink(struct strace_call *c, uint64_t at, uint64_t n)
{
    struct nlmsghdr h;
    if (n < sizeof h || copy_from_guest(&h, at, sizeof h)) {
        put_bytes_at(c, at, n);
        return;
    }
    bool several = h.nlmsg_len < n && n - h.nlmsg_len >= sizeof h;
    if (several) put(c, "[");
    for (unsigned i = 0; n >= sizeof h && !copy_from_guest(&h, at, sizeof h) && i < strace_options.string_max; i++) {
        put(c, "%s[{nlmsg_len=%u, nlmsg_type=", i ? ", " : "", h.nlmsg_len);
        const char *name = value_name(&set_nlmsg_type, h.nlmsg_type);
        if (name) put(c, "%s", name);
        else put_enum(c, &set_rtnetlink_type, h.nlmsg_type);
        put(c, ", nlmsg_flags=");
        put_netlink_flags(c, h.nlmsg_type, h.nlmsg_flags);
        put(c, ", nlmsg_seq=%u, nlmsg_pid=%d}", h.nlmsg_seq, (int)h.nlmsg_pid);
        uint64_t length = h.nlmsg_len < n ? h.nlmsg_len : n;
        if (length > sizeof h) {
            uint8_t payload[256];
            uint64_t n = length - sizeof h, shown = n < strace_options.string_max ? n : strace_options.string_max;
            if (shown > sizeof payload) shown = sizeof payload;
            put(c, ", ");
            if (copy_from_guest(payload, at + sizeof h, shown)) put_address(c, at + sizeof h);
            else put_hex_bytes(c, payload, shown, shown < n);
        }
        put(c, "]");
        length = (length + 3) & ~3ull;
        if (length < sizeof h || length >= n) break;
        at += length;
        n -= length;
    }
    if (several) put(c, "]");
}
