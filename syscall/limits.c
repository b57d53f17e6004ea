/* getrlimit, setrlimit, prlimit64 (runtime/limits.h). */
#include <errno.h>
#include <stddef.h>
#include <sys/resource.h>

#include "runtime/limits.h"
#include "syscall/handlers.h"

static int64_t limits(struct task *t, uint64_t pid, uint64_t resource, uint64_t new_addr, uint64_t old_addr)
{
    struct limit new, old;
    if (new_addr && get_user(new, new_addr))
        return -EFAULT;
    int64_t r = limits_change((int32_t)pid, (int)resource, new_addr ? &new : NULL, old_addr ? &old : NULL);
    if (r == 0 && new_addr && resource == RLIMIT_AS)
        mm_limit_changed(t->mm);
    return r == 0 && old_addr && put_user(old, old_addr) ? -EFAULT : r;
}

int64_t sys_prlimit64(struct task *t, const uint64_t a[6])
{
    return limits(t, a[0], a[1], a[2], a[3]);
}

int64_t sys_getrlimit(struct task *t, const uint64_t a[6])
{
    (void)t;
    struct limit old;
    int64_t r = limits_change(0, (int)a[0], NULL, &old);
    return r == 0 && put_user(old, a[1]) ? -EFAULT : r;
}

int64_t sys_setrlimit(struct task *t, const uint64_t a[6])
{
    return a[1] ? limits(t, 0, a[0], a[1], 0) : -EFAULT;
}
