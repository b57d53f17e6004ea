#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "runtime/log.h"
#include "runtime/options.h"
#include "runtime/reexec.h"
#include "syscall/guard.h"
#include "syscall/handlers.h"
#include "syscall/row.h"
#include "syscall/seccomp.h"
#include "syscall/strace/strace.h"
#include "syscall/user_dispatch.h"

/* Calls newer than the host's headers have the same number everywhere. */
#define NEW_CALL(name, nr) enum { __NR_##name = nr };
#ifndef __NR_cachestat
NEW_CALL(cachestat, 451)
#endif
#ifndef __NR_fchmodat2
NEW_CALL(fchmodat2, 452)
#endif
#ifndef __NR_futex_wake
NEW_CALL(futex_wake, 454)
NEW_CALL(futex_wait, 455)
NEW_CALL(futex_requeue, 456)
#endif
#ifndef __NR_statmount
NEW_CALL(statmount, 457)
NEW_CALL(listmount, 458)
#endif
#ifndef __NR_lsm_get_self_attr
NEW_CALL(lsm_get_self_attr, 459)
NEW_CALL(lsm_set_self_attr, 460)
NEW_CALL(lsm_list_modules, 461)
#endif

static const struct sys_row rows[] = {
#define PASS(nr, name, ...) [nr] = { #name, NULL, NULL, __NR_##name, 0, SYS_PASS, SYS_TYPES(__VA_ARGS__) },
#define WAIT(nr, name, ...) [nr] = { #name, NULL, NULL, __NR_##name, 0, SYS_WAIT, SYS_TYPES(__VA_ARGS__) },
#define CALL(nr, name, ...) [nr] = { #name, NULL, sys_##name, -1, 0, SYS_CALL, SYS_TYPES(__VA_ARGS__) },
#define FAIL(nr, name, err, why, ...) [nr] = { #name, why, NULL, -1, err, SYS_FAIL, SYS_TYPES(__VA_ARGS__) },
#include "syscall/generic64.def"
#undef PASS
#undef WAIT
#undef CALL
#undef FAIL
};
enum { ROWS = sizeof rows / sizeof rows[0] };

/* What the argument types mean for the dispatcher, a bit per argument; made when a row is first used. */
struct treatment { uint8_t ready, pointers, vectors, ranges, descriptors, paths, open_flags, search; };
static struct treatment treatments[ROWS];

static const struct treatment *treatment(uint64_t nr)
{
    struct treatment *w = &treatments[nr];
    if (__atomic_load_n(&w->ready, __ATOMIC_ACQUIRE)) return w;
    struct treatment n = { 0 };
    for (unsigned i = 0; i < 6 && !sys_type_is_mark(rows[nr].types[i]); i++) {
        unsigned is = sys_treatments[rows[nr].types[i]];
        if (is & T_PTR) n.pointers |= 1 << i;
        if (is & T_FD) n.descriptors |= 1 << i;
        if (is & T_VEC) n.vectors |= 1 << i;
        if (is & T_RANGE) n.ranges |= 1 << i;
        if (is & T_PATH) n.paths |= 1 << i;
        if (is & T_OPEN) n.open_flags |= 1 << i;
    }
    w->pointers = n.pointers;
    w->vectors = n.vectors;
    w->ranges = n.ranges;
    w->descriptors = n.descriptors;
    w->paths = n.paths;
    w->open_flags = n.open_flags;
    w->search = (uint8_t)guard_entry(nr);
    __atomic_store_n(&w->ready, 1, __ATOMIC_RELEASE);
    return w;
}

static int64_t pass(struct task *t, const struct sys_row *row, const uint64_t a[6])
{
    if (row->kind == SYS_WAIT) return rt_syscall(t, row->host, a[0], a[1], a[2], a[3], a[4], a[5]);
    return host_syscall(row->host, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Paths that the host must look up elsewhere, and flags with other numbers; at most two paths per call. */
static __attribute__((noinline)) int64_t pass_changed(struct task *t, const struct sys_row *row, const struct treatment *w, const uint64_t a[6])
{
    char buf[2][SYS_PATH_MAX];
    uint64_t b[6];
    unsigned used = 0;
    memcpy(b, a, sizeof b);
    for (unsigned i = 0; i < 6; i++) {
        if (w->open_flags >> i & 1) b[i] = sys_open_flags_to_host(t->guest, a[i]);
        if (!(w->paths >> i & 1) || used == 2 || !sys_path_special(a[i])) continue;
        const char *path;
        int64_t r = sys_get_path(t, a[i], buf[used++], &path);
        if (r < 0) return r;
        b[i] = (uint64_t)path;
    }
    return pass(t, row, b);
}

static int64_t make_call(struct task *t, const struct sys_row *row, const struct treatment *w, const uint64_t a[6])
{
    switch (row->kind) {
    case SYS_CALL:
        return row->handler(t, a);
    case SYS_FAIL:
        return -row->error;
    default:
        return w->paths | w->open_flags ? pass_changed(t, row, w, a) : pass(t, row, a);
    }
}

/* The vector that is argument i, without what is the translator's. */
static __attribute__((noinline)) int64_t call_with_vector(struct task *t, const struct sys_row *row, const struct treatment *w, const uint64_t a[6], unsigned i)
{
    uint64_t v[GUARD_VECTOR][2], b[6];
    memcpy(b, a, sizeof b);
    if (guard_copy_vector(v, a[i], a[i + 1])) b[i] = (uint64_t)v;
    return make_call(t, row, w, b);
}

/* The translator's memory is nowhere, its descriptor is none (guard.h). */
static __attribute__((noinline)) int64_t dispatch_guarded(struct task *t, const struct sys_row *row, const struct treatment *w, const uint64_t a[6])
{
    uint64_t b[6];
    memcpy(b, a, sizeof b);
    for (unsigned m = w->pointers | w->ranges; m; m &= m - 1) b[__builtin_ctz(m)] = sys_guarded(a[__builtin_ctz(m)]);
    for (unsigned m = w->descriptors; m; m &= m - 1)
        if (sys_own_fd(b[__builtin_ctz(m)])) b[__builtin_ctz(m)] = SYS_NO_FD;
    if (w->vectors) return call_with_vector(t, row, w, b, (unsigned)__builtin_ctz(w->vectors));
    return make_call(t, row, w, b);
}

static int64_t pass_message(struct task *t, const struct sys_row *row, uint64_t b[6]);

static int64_t dispatch(struct task *t, const struct sys_row *row, uint64_t nr, const uint64_t a[6])
{
    const struct treatment *w = treatment(nr);
    bool own = false;
    for (unsigned m = w->pointers | w->ranges; m; m &= m - 1) own |= sys_own_memory(a[__builtin_ctz(m)]);
    for (unsigned m = w->vectors; m; m &= m - 1)
        own |= guard_vector_reaches_own(a[__builtin_ctz(m)], a[__builtin_ctz(m) + 1]);
    for (unsigned m = w->descriptors; m; m &= m - 1) own |= sys_own_fd(a[__builtin_ctz(m)]);
    if (own) return dispatch_guarded(t, row, w, a);
    if (w->search) {
        int64_t r = guard_search(w->search, a);
        if (r) return r;
    }
    if ((row->host == __NR_sendmmsg || row->host == __NR_recvmmsg) && guard_messages_reach_own(a[1], a[2])) return -EFAULT;
    if ((row->host == __NR_sendmsg || row->host == __NR_recvmsg) && guard_message_reaches_own(a[1])) {
        uint64_t b[6];
        memcpy(b, a, sizeof b);
        return pass_message(t, row, b);
    }
    return make_call(t, row, w, a);
}

/* ---- tagged addresses (Linux, Documentation/arch/arm64/tagged-address-abi.rst) ---- */

static uint64_t untagged(const struct task *t, uint64_t addr)
{
    uint64_t mask = t->guest->address_mask;
    return (addr & mask) < SPACE_TOP ? addr & mask : addr;
}

/* A copy of an I/O vector with untagged elements. 0, -EINVAL or -EFAULT. */
static int64_t untag_vector(const struct task *t, uint64_t v[][2], uint64_t addr, uint64_t n)
{
    if (n > GUARD_VECTOR) return -EINVAL;
    if (copy_from_guest(v, addr, n * sizeof v[0])) return -EFAULT;
    for (uint64_t i = 0; i < n; i++) {
        v[i][0] = sys_guarded(t->tagged_abi ? untagged(t, v[i][0]) : v[i][0]);
    }
    return 0;
}

/* The vector that is argument i. */
static __attribute__((noinline)) int64_t call_untagged_vector(struct task *t, const struct sys_row *row, const struct treatment *w, uint64_t b[6], unsigned i)
{
    uint64_t v[GUARD_VECTOR][2];
    for (unsigned m = w->descriptors; m; m &= m - 1)
        if (sys_own_fd(b[__builtin_ctz(m)])) b[__builtin_ctz(m)] = SYS_NO_FD;
    int64_t r = untag_vector(t, v, b[i], b[i + 1]);
    b[i] = (uint64_t)v;
    return r ? r : make_call(t, row, w, b);
}

/* sendmsg, recvmsg: the message's name, vector and control data may be tagged as well, or the translator's. */
static __attribute__((noinline)) int64_t pass_message(struct task *t, const struct sys_row *row, uint64_t b[6])
{
    struct { uint64_t name; uint32_t namelen, pad; uint64_t iov, iovlen, control, controllen; uint32_t flags, pad2; } m, own;
    uint64_t v[GUARD_VECTOR][2], addr = b[1];
    if (sys_own_fd(b[0])) b[0] = SYS_NO_FD;
    if (copy_from_guest(&m, addr, sizeof m)) return -EFAULT;
    own = m;
    own.name = sys_guarded(t->tagged_abi ? untagged(t, m.name) : m.name);
    own.control = sys_guarded(t->tagged_abi ? untagged(t, m.control) : m.control);
    own.iov = (uint64_t)v;
    int64_t r = m.iovlen > GUARD_VECTOR ? -EMSGSIZE : untag_vector(t, v, m.iov, m.iovlen);
    if (r) return r;
    b[1] = (uint64_t)&own;
    r = pass(t, row, b);
    m.namelen = own.namelen;
    m.controllen = own.controllen;
    m.flags = own.flags;
    return r >= 0 && row->host == __NR_recvmsg && copy_to_guest(addr, &m, sizeof m) ? -EFAULT : r;
}

static __attribute__((noinline)) int64_t dispatch_untagged(struct task *t, const struct sys_row *row, uint64_t nr, const uint64_t a[6])
{
    const struct treatment *w = treatment(nr);
    uint64_t b[6];
    memcpy(b, a, sizeof b);
    for (unsigned m = w->ranges | (t->tagged_abi ? w->pointers : 0); m; m &= m - 1)
        b[__builtin_ctz(m)] = untagged(t, a[__builtin_ctz(m)]);
    if (!t->tagged_abi) return dispatch(t, row, nr, b);
    if (w->vectors) return call_untagged_vector(t, row, w, b, (unsigned)__builtin_ctz(w->vectors));
    switch (row->kind == SYS_CALL ? -1 : row->host) {
    case __NR_sendmsg: case __NR_recvmsg:
        return pass_message(t, row, b);
    default:
        return dispatch(t, row, nr, b);
    }
}

/* True if an argument has a bit that addresses do not have, or they may lie deeper. */
static bool may_be_tagged(const struct task *t, const uint64_t a[6])
{
    uint64_t mask = t->guest->address_mask;
    return mask && (t->tagged_abi || a[0] & ~mask);
}

static void flush(void *ctx, uint64_t start, uint64_t end)
{
    struct task *t = ctx;
    if (start < end) mm_code_written(t->mm, start, end < SPACE_TOP ? end : SPACE_TOP);
}

const struct sys_row *sys_row(uint64_t nr) { return nr < ROWS && rows[nr].name ? &rows[nr] : NULL; }

/* row: NULL for a number that the table does not have. */
static int64_t allowed(struct task *t, const struct sys_row *row, uint64_t nr, const uint64_t a[6])
{
    int64_t r = 0;
    if (t->guest->own_syscall && t->guest->own_syscall(t->cpu.guest, nr, a, &r, flush, t)) return r;
    if (!row) return -ENOSYS;
    bool tagged = may_be_tagged(t, a);
    r = tagged ? dispatch_untagged(t, row, nr, a) : dispatch(t, row, nr, a);
    if (__builtin_expect(r == -EMFILE, 0) && reexec_yield_fds()) r = tagged ? dispatch_untagged(t, row, nr, a) : dispatch(t, row, nr, a);
    return r;
}

int64_t sys_call_allowed(struct task *t, uint64_t nr, const uint64_t a[6]) { return allowed(t, sys_row(nr), nr, a); }

static int64_t call(struct task *t, const struct sys_row *row, uint64_t nr, const uint64_t a[6])
{
    int64_t r = 0;
    if (t->user_dispatch.on && user_dispatches(t, nr, &r)) return r;
    if (__atomic_load_n(&t->seccomp, __ATOMIC_RELAXED) && seccomp_judges(t, nr, a, &r)) return r;
    return allowed(t, row, nr, a);
}

/* For showing a call that the table does not have: the guest's own, or an unknown one. */
static void describe_call(const struct fe_guest *g, uint64_t nr, struct sys_row *row)
{
    *row = (struct sys_row){ "syscall", NULL, NULL, -1, ENOSYS, SYS_FAIL, SYS_TYPES(hex, hex, hex, hex, hex, hex) };
    for (const struct fe_own_call *o = g->own_calls; o && o->name; o++) {
        if (o->nr != nr) continue;
        *row = (struct sys_row){ .name = o->name, .kind = SYS_CALL };
        for (unsigned i = 0; o->types[i]; i++) row->types[i] = strace_type(o->types[i]);
    }
}

static __attribute__((noinline)) int64_t traced(struct task *t, const struct sys_row *row, uint64_t nr, const uint64_t a[6])
{
    struct strace_call c;
    struct sys_row other;
    if (!row) describe_call(t->guest, nr, &other);
    strace_enter(&c, row ? row : &other, nr, a);
    int64_t r = call(t, row, nr, a);
    strace_leave(&c, r);
    return r;
}

int64_t sys_call(struct task *t, uint64_t nr, const uint64_t a[6])
{
    const struct sys_row *row = sys_row(nr);
    if (log_on(LOG_syscall)) return traced(t, row, nr, a);
    return call(t, row, nr, a);
}

const char *sys_name(uint64_t nr) { return nr < ROWS ? rows[nr].name : NULL; }

void sys_print_table(void)
{
    static const char *const kinds[] = { "", "host", "host, may block", "translated", "refused" };
    for (unsigned nr = 0; nr < ROWS; nr++) {
        const struct sys_row *r = &rows[nr];
        if (!r->name) continue;
        printf("%3u  %-24s %s", nr, r->name, kinds[r->kind]);
        if (r->kind == SYS_FAIL) printf(" (%s): %s", strerrorname_np(r->error), r->reason);
        putchar('\n');
    }
}
