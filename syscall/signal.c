/* Signal system calls. What is pending or queued is the host kernel's, but for the five synchronous signals (runtime/task.h). */
#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#include "runtime/log.h"
#include "runtime/space.h"
#include "syscall/handlers.h"
#include "syscall/sys.h"

enum { NSIG_GUEST = 64 };
#define UNBLOCKABLE (SIG_BIT(SIGKILL) | SIG_BIT(SIGSTOP))
/* UAPI_SA_FLAGS of the generic ABI; SA_RESTORER is added where the guest has it. */
#define KNOWN_FLAGS (SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | 0x800 | SA_ONSTACK | SA_RESTART | SA_NODEFER | SA_RESETHAND)
enum { GUEST_SA_RESTORER = 0x04000000 };

/* ---- actions ---- */

/* struct sigaction: handler, flags, restorer where the guest has one, mask. */
static int read_action(const struct task *t, uint64_t addr, struct rt_sigaction *a)
{
    uint64_t w[4];
    unsigned n = t->guest->sa_restorer ? 4 : 3;
    if (copy_from_guest(w, addr, n * 8))
        return -EFAULT;
    uint64_t known = (uint32_t)KNOWN_FLAGS | (n == 4 ? GUEST_SA_RESTORER : 0);
    *a = (struct rt_sigaction){w[0], w[1] & known, n == 4 ? w[2] : 0, w[n - 1] & ~UNBLOCKABLE};
    return 0;
}

static int write_action(const struct task *t, uint64_t addr, const struct rt_sigaction *a)
{
    uint64_t w[4] = {a->handler, a->flags, a->restorer, a->mask};
    unsigned n = t->guest->sa_restorer ? 4 : 3;
    w[n - 1] = a->mask;
    return copy_to_guest(addr, w, n * 8);
}

int64_t sys_rt_sigaction(struct task *t, const uint64_t a[6])
{
    int signo = (int)a[0];
    struct rt_sigaction new, old;
    if (a[3] != 8)
        return -EINVAL;
    if (a[1] && read_action(t, a[1], &new))
        return -EFAULT;
    if (signo < 1 || signo > NSIG_GUEST || (a[1] && (UNBLOCKABLE & SIG_BIT(signo))))
        return -EINVAL;
    int64_t err = 0;
    sighand_lock(t->sighand);
    old = t->sighand->action[signo];
    if (a[1])
        err = signal_change_action(t->sighand, signo, &new);
    sighand_unlock(t->sighand);
    /* Ignoring a signal discards it where it is pending. */
    if (!err && a[1] && new.handler == (uint64_t)SIG_IGN) {
        siginfo_t info;
        signal_take_sync(t, SIG_BIT(signo) & SIG_SYNC, &info);
    }
    if (!err && a[2] && write_action(t, a[2], &old))
        return -EFAULT;
    return err;
}

int64_t sys_sigaltstack(struct task *t, const uint64_t a[6])
{
    struct { uint64_t sp; uint32_t flags, pad; uint64_t size; } new, old;
    if (a[0] && get_user(new, a[0]))
        return -EFAULT;
    bool on = signal_on_altstack(t, cpu_reg(&t->cpu, t->guest->off_sp));
    old.sp = t->alt_sp;
    old.size = t->alt_size;
    old.flags = (t->alt_size ? on ? SS_ONSTACK : 0 : SS_DISABLE) | (t->alt_flags & SIGNAL_SS_AUTODISARM);
    old.pad = 0;
    if (a[0]) {
        int64_t err = signal_set_altstack(t, new.sp, new.size, new.flags);
        if (err)
            return err;
    }
    return a[1] && put_user(old, a[1]) ? -EFAULT : 0;
}

/* ---- masks ---- */

/*
 * The host's mask changes by the same rule as everything that depends on which signals have
 * arrived: through rt_syscall, so that one taken before the change is delivered before it.
 */
int64_t sys_rt_sigprocmask(struct task *t, const uint64_t a[6])
{
    uint64_t set, old = t->blocked, new = old;
    if (a[3] != 8)
        return -EINVAL;
    if (a[1]) {
        if (get_user(set, a[1]))
            return -EFAULT;
        switch ((int)a[0]) {
        case SIG_BLOCK: new = old | set; break;
        case SIG_UNBLOCK: new = old & ~set; break;
        case SIG_SETMASK: new = set; break;
        default: return -EINVAL;
        }
        new &= ~UNBLOCKABLE;
        uint64_t host = new & ~SIG_SYNC;
        int64_t r = rt_syscall(t, __NR_rt_sigprocmask, SIG_SETMASK, (uint64_t)&host, 0, 8, 0, 0);
        if (r)
            return r;
        signal_set_mask(t, new);
    }
    return a[2] && put_user(old, a[2]) ? -EFAULT : 0;
}

int sys_mask_begin(struct task *t, struct sys_mask *m, uint64_t addr, uint64_t size)
{
    uint64_t mask;
    m->used = false;
    if (!addr)
        return 0;
    if (size != 8)
        return -EINVAL;
    if (get_user(mask, addr))
        return -EFAULT;
    m->used = true;
    m->host = mask & ~(SIG_SYNC | UNBLOCKABLE);
    t->saved_mask = t->blocked;
    t->saved_mask_valid = 1;
    signal_set_mask(t, mask);
    return 0;
}

int64_t sys_mask_end(struct task *t, struct sys_mask *m, int64_t result)
{
    if (!m->used)
        return result;
    bool taken = __atomic_load_n(&t->sig_present, __ATOMIC_RELAXED);
    bool queued = __atomic_load_n(&t->sync_queued, __ATOMIC_RELAXED) & ~t->blocked;
    /* One of the queued five, let in by the temporary mask, kept the call from starting: it ends the wait. */
    if (result == RT_RESTART && !taken && queued)
        return -EINTR;
    if (result == -EINTR && (taken || queued))
        return result;      /* signal_deliver() restores the mask through the frame */
    t->blocked = t->saved_mask;
    t->saved_mask_valid = 0;
    return result;
}

int64_t sys_rt_sigsuspend(struct task *t, const uint64_t a[6])
{
    struct sys_mask m;
    if (a[1] != 8)
        return -EINVAL;
    int err = a[0] ? sys_mask_begin(t, &m, a[0], a[1]) : -EFAULT;
    if (err)
        return err;
    return sys_mask_end(t, &m, rt_syscall(t, __NR_rt_sigsuspend, (uint64_t)&m.host, 8, 0, 0, 0, 0));
}

/* ---- pending ---- */

int64_t sys_rt_sigpending(struct task *t, const uint64_t a[6])
{
    uint64_t set;
    if (a[1] > 8)
        return -EINVAL;
    int64_t r = rt_syscall(t, __NR_rt_sigpending, (uint64_t)&set, 8, 0, 0, 0, 0);
    if (r)
        return r;
    set |= __atomic_load_n(&t->sync_queued, __ATOMIC_RELAXED) & t->blocked;
    return a[1] ? copy_to_guest(a[0], &set, a[1]) : 0;
}

int64_t sys_rt_sigtimedwait(struct task *t, const uint64_t a[6])
{
    uint64_t set;
    siginfo_t info;
    if (a[3] != 8)
        return -EINVAL;
    if (get_user(set, a[0]))
        return -EFAULT;
    int signo = signal_take_sync(t, set & t->blocked, &info);
    if (signo)
        return a[1] && put_user(info, a[1]) ? -EFAULT : signo;
    return rt_syscall(t, __NR_rt_sigtimedwait, (uint64_t)&set, a[1], a[2], 8, 0, 0);
}

int64_t sys_signalfd4(struct task *t, const uint64_t a[6])
{
    (void)t;
    return host_syscall(__NR_signalfd4, a[0], a[1], a[2], a[3]);
}

/* ---- sending ---- */

int64_t sys_kill(struct task *t, const uint64_t a[6])
{
    (void)t;
    return host_syscall(__NR_kill, a[0], a[1]);
}

int64_t sys_tkill(struct task *t, const uint64_t a[6])
{
    (void)t;
    return host_syscall(__NR_tkill, a[0], a[1]);
}

int64_t sys_tgkill(struct task *t, const uint64_t a[6])
{
    (void)t;
    return host_syscall(__NR_tgkill, a[0], a[1], a[2]);
}

/* A task may send itself what looks like a fault of its own; it must not be taken for one of ours. */
static bool is_sync(int signo) { return signo >= 1 && signo <= NSIG_GUEST && (SIG_SYNC & SIG_BIT(signo)); }

static int64_t queue_own(struct task *t, int signo, uint64_t addr)
{
    siginfo_t info;
    if (get_user(info, addr))
        return -EFAULT;
    signal_queue_sync(t, signo, &info);
    return 0;
}

int64_t sys_rt_sigqueueinfo(struct task *t, const uint64_t a[6])
{
    if (is_sync((int)a[1]) && (int)a[0] == host_syscall(__NR_getpid))
        return queue_own(t, (int)a[1], a[2]);
    return host_syscall(__NR_rt_sigqueueinfo, a[0], a[1], a[2]);
}

int64_t sys_rt_tgsigqueueinfo(struct task *t, const uint64_t a[6])
{
    if (is_sync((int)a[2]) && (int)a[1] == host_syscall(__NR_gettid) && (int)a[0] == host_syscall(__NR_getpid))
        return queue_own(t, (int)a[2], a[3]);
    return host_syscall(__NR_rt_tgsigqueueinfo, a[0], a[1], a[2], a[3]);
}

int64_t sys_rt_sigreturn(struct task *t, const uint64_t a[6])
{
    (void)a;
    int64_t r = signal_block_all(t, HOST_MASK_ASYNC);
    if (r)
        return r;
    signal_return(t);
    return SYS_NO_RESULT;
}
