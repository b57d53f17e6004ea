/* Making tasks: threads and vfork children share memory and get a block of their own, fork children take ours along. */
#include <asm/prctl.h>
#include <errno.h>
#include <linux/sched.h>
#include <stddef.h>

#include "runtime/cache.h"
#include "runtime/limits.h"
#include "runtime/log.h"
#include "runtime/reexec.h"
#include "runtime/region.h"
#include "runtime/space.h"
#include "runtime/task.h"
#include "syscall/strace/start.h"
#include "syscall/tracees.h"
#include "syscall/uring.h"

/*
 * The host call that makes a task with its own C stack. Its result in the parent; the child goes to
 * clone_child_start() on the stack the arguments named, with all signals blocked and its own gs. Until it has that, a tracer that
 * stops it finds its task in r9.
 */
long clone_on_stack(long nr, long a, long b, long c, long d, long e, struct task *child);
__asm__(
    ".text\n"
    ".type clone_on_stack, @function\n"
    "clone_on_stack:\n\t"
    "mov %rdi, %rax\n\t"
    "mov %rsi, %rdi\n\t"
    "mov %rdx, %rsi\n\t"
    "mov %rcx, %rdx\n\t"
    "mov %r8, %r10\n\t"
    "mov %r9, %r8\n\t"
    "mov 8(%rsp), %r9\n\t"
    "syscall\n"
    ".globl clone_on_stack_done\n"
    "clone_on_stack_done:\n\t"
    "test %rax, %rax\n\t"
    "jnz 1f\n"
    ".globl clone_on_stack_child\n"
    "clone_on_stack_child:\n\t"
    "mov $158, %eax\n\t"
    "mov $0x1001, %edi\n\t"
    "mov %r9, %rsi\n\t"
    "syscall\n"
    ".globl clone_on_stack_bound\n"
    "clone_on_stack_bound:\n\t"
    "xor %ebp, %ebp\n\t"
    "mov %r9, %rdi\n\t"
    "call clone_child_start\n\t"
    "ud2\n"
    "1:\tret\n"
    ".size clone_on_stack, . - clone_on_stack\n");
_Static_assert(__NR_arch_prctl == 158 && ARCH_SET_GS == 0x1001, "as in the assembly above");

/* Our copy of the actions and the host's were not made in the same moment. No signal arrives before they agree. */
static void agree_on_actions(struct task *t)
{
    struct sighand *from = t->actions_from;
    if (!from)
        return;
    if (signal_actions_changed(from, t->actions_after))
        signal_host_actions(t->sighand);
    else if (t->handlers_cleared)
        signal_install_handlers(t->sighand);
    t->actions_from = NULL;
    sighand_unref(from);
}

__attribute__((used)) _Noreturn void clone_child_start(struct task *t)
{
    task_bound(t);
    agree_on_actions(t);
    signal_apply_mask(t);
    if (t->freed_by_parent)
        limits_release();
    if (rt_gdb)
        gdb_vfork_child(t);
    rt_run(t);
}

/* Registers of the child: as the parent's, but for result, stack and thread pointer. */
static void set_child_registers(struct task *t, const struct clone_args *c)
{
    const struct fe_guest *g = t->guest;
    cpu_set_reg(&t->cpu, g->off_ret, 0);
    if (c->stack)
        cpu_set_reg(&t->cpu, g->off_sp, c->stack + c->stack_size);
    if (c->flags & CLONE_SETTLS)
        g->set_tls(t->cpu.guest, c->tls);
}

static struct sighand *child_sighand(struct task *t, struct task *child, uint64_t flags)
{
    __atomic_add_fetch(&t->sighand->refs, 1, __ATOMIC_RELAXED);
    if (flags & CLONE_SIGHAND)
        return t->sighand;
    child->actions_from = t->sighand;
    sighand_lock(t->sighand);
    struct sighand *s = sighand_new(t->sighand);
    child->actions_after = t->sighand->changes;
    sighand_unlock(t->sighand);
    return s;
}

/* CLONE_CLEAR_SIGHAND: every handler becomes the default, what is ignored stays ignored. */
static void clear_handlers(struct sighand *s)
{
    for (int signo = 1; signo <= 64; signo++)
        if (s->action[signo].handler != (uint64_t)SIG_IGN)
            s->action[signo] = (struct rt_sigaction){0};
}

static struct task *new_task(struct task *t, const struct clone_args *c)
{
    struct task *n = task_alloc(t->guest);
    if (!n)
        return NULL;
    n->sighand = child_sighand(t, n, c->flags);
    if (c->flags & CLONE_THREAD)
        __atomic_add_fetch(&t->tgroup->refs, 1, __ATOMIC_RELAXED);
    n->tgroup = c->flags & CLONE_THREAD ? t->tgroup : tgroup_new();
    if (!n->sighand || !n->tgroup) {
        if (n->sighand)
            sighand_unref(n->sighand);
        if (n->actions_from)
            sighand_unref(n->actions_from);
        if (n->tgroup)
            tgroup_unref(n->tgroup);
        task_free(n);
        return NULL;
    }
    if (c->flags & CLONE_CLEAR_SIGHAND && !(c->flags & CLONE_SIGHAND)) {     /* both: the host refuses */
        clear_handlers(n->sighand);
        n->handlers_cleared = 1;
    }
    n->mm = mm_ref(t->mm);
    memcpy(n->cpu.guest, t->cpu.guest, sizeof n->cpu.guest);
    n->cpu.f.pc = t->cpu.f.pc;
    n->cpu.f.mxcsr = t->cpu.f.mxcsr;
    n->cpu_mode = t->cpu_mode;
    n->run_mode = c->flags & CLONE_THREAD ? t->run_mode & ~(uint32_t)REGION_STEP : task_run_mode;
    n->cpu.f.helpers[GDB_WATCH_HELPER] = t->cpu.f.helpers[GDB_WATCH_HELPER];
    n->gdb.shares_files = (c->flags & CLONE_FILES) != 0;
    n->blocked = t->blocked;
    n->trampoline = t->trampoline;
    n->tagged_abi = t->tagged_abi;
    n->freed_by_parent = (c->flags & CLONE_VFORK) != 0;
    n->own_group = !(c->flags & CLONE_THREAD);
    if (c->flags & CLONE_VFORK) {
        n->alt_sp = t->alt_sp;
        n->alt_size = t->alt_size;
        n->alt_flags = t->alt_flags;
    }
    n->tgid = c->flags & CLONE_THREAD ? t->tgid : 0;
    set_child_registers(n, c);
    cache_add_task(n);
    return n;
}

/* A task that never ran (or was only half made when its maker was killed), or a vfork child that has left our memory. */
static void release_task(struct task *n)
{
    /* If it was killed holding a lock, the lock must be taken over while its owner is still known. */
    limits_hold();
    limits_release();
    if (n->sighand) {
        rt_lock(&n->sighand->lock);     /* a change it was in the middle of is not our host actions' */
        rt_unlock(&n->sighand->lock);
    }
    mm_fork_prepare(task_self()->mm);
    mm_fork_parent(task_self()->mm);
    for (struct task *unmade; (unmade = task_forsaken(n));)
        release_task(unmade);
    reexec_vector_free(n);
    task_drop(n);
    task_free(n);
}

/*
 * A process we make in our memory outlives us. The kernel notes its id in its block before anything else can happen to us, so
 * that whoever finds us dead knows whether there is one. A thread dies with us, and where the guest itself wants the
 * id, there is no second place for it: such a task must not be taken for one that was never made, as it may not have run yet
 * when we are gone. Should it never be made, its block is lost.
 */
static void note_tid(size_t size, struct clone_args *h, struct task *child)
{
    bool taken = h->flags & CLONE_PARENT_SETTID || (!size && h->flags & CLONE_PIDFD);
    if (h->flags & CLONE_THREAD || taken) {
        child->tid = TASK_TID_LATER;
        return;
    }
    h->flags |= CLONE_PARENT_SETTID;
    h->parent_tid = (uint64_t)&child->tid;
}

/* size: of the guest's struct clone_args, 0 when it called clone(). */
static long host_clone(const struct clone_args *c, size_t size, struct task *child)
{
    struct clone_args h = *c;
    h.flags &= ~(uint64_t)CLONE_SETTLS;
    h.tls = 0;
    h.stack = h.stack_size = 0;
    if (child) {
        h.stack = child->cpu.f.c_sp - SPACE_PAGE;
        h.stack_size = SPACE_PAGE;
        note_tid(size, &h, child);
    }
    long nr = size ? __NR_clone3 : __NR_clone;
    long a = size ? (long)&h : (long)(h.flags | h.exit_signal);
    long b = size ? (long)size : (long)(h.stack + h.stack_size);
    /* clone() returns a pidfd where clone3's parent_tid would be. */
    uint64_t ptid = h.flags & CLONE_PIDFD ? h.pidfd : h.parent_tid;
    if (child)
        return clone_on_stack(nr, a, b, (long)ptid, (long)h.child_tid, 0, child);
    return rt_syscall_plain(task_self(), nr, (uint64_t)a, (uint64_t)b, ptid, h.child_tid, 0, 0);
}

static int64_t clone_shared(struct task *t, const struct clone_args *c, size_t size)
{
    if (!(c->flags & (CLONE_THREAD | CLONE_VFORK)))
        for (struct task *dead; (dead = task_find_dead());)
            release_task(dead);
    struct task *n = new_task(t, c);
    if (!n)
        return -EAGAIN;
    int64_t r = signal_block_all(t, HOST_MASK_ALL);
    if (r) {
        release_task(n);
        return r;
    }
    bool waits = n->freed_by_parent, shown = rt_gdb && waits;
    struct reexec_numbers kept;
    reexec_vfork_prepare(&kept);
    if (shown)
        gdb_vfork_prepare(t);
    bool process = !(c->flags & CLONE_THREAD);
    if (process)
        limits_hold();
    r = host_clone(c, size, n);
    if (process)
        limits_vfork_parent();
    if (waits)
        reexec_vfork_parent(&kept);
    if (host_is_error(r) || waits)
        release_task(n);
    signal_apply_mask(t);
    if (shown)
        gdb_vfork_done(t, r);
    return r;
}

/* fork: all locks in order (runtime/task.h), so that the child finds everything whole. */
static int64_t clone_copied(struct task *t, const struct clone_args *c, size_t size)
{
    bool debugged = rt_gdb;
    if (debugged)
        gdb_fork_prepare(t);
    int64_t r = signal_block_all(t, HOST_MASK_ALL);
    if (r) {
        if (debugged)
            gdb_fork_parent(t, r);
        return r;
    }
    limits_hold();
    sighand_lock(t->sighand);
    mm_fork_prepare(t->mm);
    cache_fork_prepare();
    task_fork_prepare();
    trace_fork_prepare(t);
    r = host_clone(c, size, NULL);
    if (r != 0) {
        trace_fork_parent(t);
        task_fork_parent();
        cache_fork_parent();
        mm_fork_parent(t->mm);
        sighand_unlock(t->sighand);
        limits_release();
        signal_apply_mask(t);
        if (debugged)
            gdb_fork_parent(t, r);
        return r;
    }
    trace_fork_child(t);
    limits_fork_child();
    task_fork_child(t);
    cache_fork_child(t);
    mm_fork_child(t->mm);
    uring_fork_child();
    strace_fork_child();
    tracees_fork_child();
    reexec_fork_child();
    t->sighand->refs = t->tgroup->refs = 1;
    t->tgroup->dying = 0;
    t->sighand->lock.state = 0;
    t->sync_queued = 0;
    t->user_dispatch.on = 0;
    t->freed_by_parent = t->own_group = 0;
    if (c->flags & CLONE_CLEAR_SIGHAND) {
        clear_handlers(t->sighand);
        signal_install_handlers(t->sighand);
    }
    set_child_registers(t, c);
    t->gdb.shares_files = (c->flags & CLONE_FILES) != 0;
    signal_apply_mask(t);
    if (debugged)
        gdb_fork_child(t);
    return 0;
}

int64_t task_clone(struct task *t, const struct clone_args *c, size_t size)
{
    if (log_on(LOG_syscall))
        strace_second_task();
    return c->flags & CLONE_VM ? clone_shared(t, c, size) : clone_copied(t, c, size);
}
