/* Processes and threads: clone and its kin, ends (runtime/task.h says what a task is). */
#include <errno.h>
#include <linux/sched.h>
#include <stddef.h>

#include "runtime/space.h"
#include "syscall/handlers.h"

enum { CLONE_ARGS_MIN = 64 };

/* CONFIG_CLONE_BACKWARDS: flags, stack, parent_tid, tls, child_tid. */
int64_t sys_clone(struct task *t, const uint64_t a[6])
{
    struct clone_args c = {
        .flags = (uint32_t)a[0] & ~(uint32_t)CSIGNAL, .exit_signal = a[0] & CSIGNAL, .stack = a[1],
        .parent_tid = a[2], .pidfd = a[2], .tls = a[3], .child_tid = a[4],
    };
    return task_clone(t, &c, 0);
}

int64_t sys_clone3(struct task *t, const uint64_t a[6])
{
    struct clone_args c = {0};
    uint64_t size = a[1];
    if (size < CLONE_ARGS_MIN)
        return -EINVAL;
    if (size > SPACE_PAGE)
        return -E2BIG;
    /* What we do not know of must be zero. */
    for (uint64_t at = sizeof c; at < size; at++) {
        uint8_t byte;
        if (get_user(byte, a[0] + at))
            return -EFAULT;
        if (byte)
            return -E2BIG;
    }
    if (size > sizeof c)
        size = sizeof c;
    if (copy_from_guest(&c, a[0], size))
        return -EFAULT;
    if (!c.stack != !c.stack_size)
        return -EINVAL;
    return task_clone(t, &c, size);
}

int64_t sys_unshare(struct task *t, const uint64_t a[6])
{
    (void)t;
    return host_syscall(__NR_unshare, a[0]);
}

int64_t sys_setns(struct task *t, const uint64_t a[6])
{
    (void)t;
    return host_syscall(__NR_setns, a[0], a[1]);
}

/* ---- ends ---- */

int64_t sys_exit(struct task *t, const uint64_t a[6])
{
    if (rt_gdb && __atomic_load_n(&t->tgroup->refs, __ATOMIC_RELAXED) == 1)
        gdb_exiting(t, (int)a[0]);
    signal_host_mask(HOST_MASK_ALL);
    task_exit(t, __NR_exit, (int)a[0]);
}

int64_t sys_exit_group(struct task *t, const uint64_t a[6])
{
    if (rt_gdb)
        gdb_exiting(t, (int)a[0]);
    task_exit_group(t, (int)a[0]);
}

/* What the kernel remembers of a call that had a time-out when a tracer stopped it (runtime/trace.h). */
int64_t sys_restart_syscall(struct task *t, const uint64_t a[6])
{
    (void)a;
    return rt_syscall(t, __NR_restart_syscall, 0, 0, 0, 0, 0, 0);
}

int64_t sys_set_tid_address(struct task *t, const uint64_t a[6])
{
    t->clear_tid = a[0];
    return host_syscall(__NR_set_tid_address, a[0]);
}
