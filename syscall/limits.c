/*
 * Resource limits. The host's are the guest's, but for the address space: what the translator reserves
 * counts against the host's limit, so the host gets the guest's limit and room for us on top. Such a
 * limit is known by its lowest bits, which no whole number of pages has; it is inherited like any other.
 */
#include <errno.h>
#include <stddef.h>
#include <sys/resource.h>

#include "syscall/handlers.h"
#include "syscall/limits.h"

#define OWN_ROOM (4ull << 30)
enum { MARK = 0x5a5, PAGE_MASK = SPACE_PAGE - 1 };

struct limit { uint64_t soft, hard; };

static uint64_t to_host(uint64_t v)
{
    return v >= RLIM_INFINITY - OWN_ROOM - SPACE_PAGE ? v : (v & ~(uint64_t)PAGE_MASK) + OWN_ROOM + MARK;
}

static uint64_t to_guest(uint64_t v)
{
    return (v & PAGE_MASK) == MARK && v != RLIM_INFINITY ? v - OWN_ROOM - MARK : v;
}

uint64_t limits_to_guest(int resource, uint64_t v) { return resource == RLIMIT_AS ? to_guest(v) : v; }

static int64_t limits(uint64_t pid, uint64_t resource, uint64_t new_addr, uint64_t old_addr)
{
    struct limit new, old;
    if (new_addr && get_user(new, new_addr))
        return -EFAULT;
    if (new_addr && resource == RLIMIT_AS)
        new = (struct limit){to_host(new.soft), to_host(new.hard)};
    int64_t r = host_syscall(__NR_prlimit64, pid, resource, new_addr ? &new : NULL, &old);
    if (r)
        return r;
    if (resource == RLIMIT_AS)
        old = (struct limit){to_guest(old.soft), to_guest(old.hard)};
    return old_addr && put_user(old, old_addr) ? -EFAULT : 0;
}

int64_t sys_prlimit64(struct task *t, const uint64_t a[6])
{
    (void)t;
    return limits(a[0], a[1], a[2], a[3]);
}

int64_t sys_getrlimit(struct task *t, const uint64_t a[6])
{
    (void)t;
    int64_t r = limits(0, a[0], 0, a[1]);
    return r ? r : a[1] ? 0 : -EFAULT;
}

int64_t sys_setrlimit(struct task *t, const uint64_t a[6])
{
    (void)t;
    return a[1] ? limits(0, a[0], a[1], 0) : -EFAULT;
}
