/* Waiting for events: epoll's structure is packed on x86-64 only, and signal masks are the runtime's. */
#include <string.h>

#include "syscall/generic.h"
#include "syscall/handlers.h"

struct host_epoll_event { uint32_t events; uint64_t data; } __attribute__((packed));

enum { EPOLL_DEL = 2 };

int64_t sys_epoll_ctl(struct task *t, const uint64_t a[6])
{
    (void)t;
    struct generic_epoll_event g;
    struct host_epoll_event h;
    if ((int)a[1] != EPOLL_DEL) {
        int64_t r = get_user(g, a[3]);
        if (r < 0) return r;
        h.events = g.events;
        h.data = g.data;
    }
    return host_syscall(__NR_epoll_ctl, a[0], a[1], a[2], &h);
}

enum { EPOLL_BATCH = 512 };

/* Both epoll waits: timeout is an int for the one, a timespec's address for the other. */
static int64_t epoll_wait_any(struct task *t, long nr, const uint64_t a[6])
{
    struct host_epoll_event h[EPOLL_BATCH];
    struct sys_mask m;
    int64_t max = (int)a[2], limit = INT32_MAX / (int)sizeof(struct generic_epoll_event);
    /* A number the kernel would refuse is passed for it to do so; of others, fewer events may always be returned. */
    if (max > EPOLL_BATCH) max = max > limit ? 0 : EPOLL_BATCH;
    int64_t r = sys_mask_begin(t, &m, a[4], a[5]);
    if (r < 0) return host_syscall(nr, a[0], h, max, a[3], a[4], a[5]);
    /* The kernel looks first whether events could be there at all. */
    if (max > 0 && (a[1] >= SPACE_TOP || (uint64_t)(uint32_t)a[2] * sizeof(struct generic_epoll_event) > SPACE_TOP - a[1]))
        r = host_syscall(nr, a[0], a[1], max, a[3], 0, 8);
    else
        r = rt_syscall(t, nr, a[0], (uint64_t)h, max, a[3], sys_mask_arg(&m), 8);
    r = sys_mask_end(t, &m, r);
    for (int64_t i = 0; i < r; i++) {
        struct generic_epoll_event g = { h[i].events, 0, h[i].data };
        if (put_user(g, a[1] + i * sizeof g)) return i ? i : -EFAULT;
    }
    return r;
}

int64_t sys_epoll_pwait(struct task *t, const uint64_t a[6]) { return epoll_wait_any(t, __NR_epoll_pwait, a); }
int64_t sys_epoll_pwait2(struct task *t, const uint64_t a[6]) { return epoll_wait_any(t, __NR_epoll_pwait2, a); }

int64_t sys_ppoll(struct task *t, const uint64_t a[6])
{
    struct sys_mask m;
    int64_t r = sys_mask_begin(t, &m, a[3], a[4]);
    /* The kernel refuses the mask, too, but perhaps something else before it. */
    if (r < 0) return host_syscall(__NR_ppoll, a[0], a[1], a[2], a[3], a[4]);
    r = rt_syscall(t, __NR_ppoll, a[0], a[1], a[2], sys_mask_arg(&m), 8, 0);
    return sys_mask_end(t, &m, r);
}

/* pselect6 and io_pgetevents pass the mask's address and size in a structure, for want of a seventh argument. */
struct mask_argument { uint64_t set, size; };

static int64_t masked_by_argument(struct task *t, long nr, const uint64_t a[6])
{
    struct sys_mask m;
    struct mask_argument arg = { 0 };
    int64_t r = a[5] ? get_user(arg, a[5]) : 0;
    if (r == 0) r = sys_mask_begin(t, &m, arg.set, arg.size);
    if (r < 0) return host_syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    struct mask_argument host = { sys_mask_arg(&m), 8 };
    r = rt_syscall(t, nr, a[0], a[1], a[2], a[3], a[4], m.used ? (uint64_t)&host : 0);
    return sys_mask_end(t, &m, r);
}

int64_t sys_pselect6(struct task *t, const uint64_t a[6]) { return masked_by_argument(t, __NR_pselect6, a); }
int64_t sys_io_pgetevents(struct task *t, const uint64_t a[6]) { return masked_by_argument(t, __NR_io_pgetevents, a); }
