#include "syscall/seccomp.h"

#include <elf.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>

#include "runtime/log.h"
#include "runtime/own.h"
#include "syscall/bpf.h"
#include "syscall/handlers.h"
#include "syscall/numbers.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1ul << 5)
#endif

/* Filters are never freed: they are few, and whoever forks or makes threads shares them. */
struct seccomp {
    const struct seccomp *older;
    uint32_t n;                 /* instructions; 0: strict mode */
    uint32_t total;             /* of all filters, with the kernel's overhead of 4 each */
    uint32_t count;             /* filters */
    uint32_t listened;          /* has a listener */
    struct sock_filter insn[];
};

enum { MAX_PATH = 32768 };      /* MAX_INSNS_PER_PATH, kernel/seccomp.c */
enum { HEAD_SIZE = offsetof(struct seccomp, insn) };
enum { CODE_SYS_SECCOMP = 1 };  /* si_code SYS_SECCOMP */

#define POOL_LO 0x6f0500000000ull
#define POOL_HI 0x6f0580000000ull
static struct { uint64_t next; } pool = { POOL_LO };

static struct seccomp *alloc(size_t n)
{
    uint64_t size = (sizeof(struct seccomp) + n * sizeof(struct sock_filter) + SPACE_PAGE - 1) & -(uint64_t)SPACE_PAGE;
    uint64_t at = __atomic_fetch_add(&pool.next, size, __ATOMIC_RELAXED);
    if (at + size > POOL_HI) return NULL;
    int64_t r = own_map(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    return r == (int64_t)at ? (struct seccomp *)at : NULL;
}

/* ---- supervised calls ---- */

/*
 * A call that a filter leaves to a listener is made on the host under a number of its own, which a host filter
 * sends to that listener; the supervisor's dragoman gives it the guest's number back.
 */
enum { NOTIFY_BASE = 0x0d5a0000, NOTIFY_MASK = 0xffff };
/* What a supervisor's "continue" comes back as: no call gives this error. */
enum { CONTINUE_ERROR = 4093 };

static int64_t host_listener(uint64_t flags)
{
    struct sock_filter p[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~(uint32_t)NOTIFY_MASK),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NOTIFY_BASE, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog prog = { sizeof p / sizeof p[0], p };
    return host_syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
}

/* True: the supervisor lets the call go on. */
static bool supervised(struct task *t, uint64_t nr, const uint64_t a[6], int64_t *result)
{
    *result = rt_syscall(t, NOTIFY_BASE | (long)(nr & NOTIFY_MASK), a[0], a[1], a[2], a[3], a[4], a[5]);
    return *result == -CONTINUE_ERROR;
}

bool seccomp_ioctl(struct task *t, uint64_t fd, uint32_t command, uint64_t arg, int64_t *result)
{
    if (command == SECCOMP_IOCTL_NOTIF_RECV) {
        struct seccomp_notif n;
        if (copy_from_guest(&n, arg, sizeof n)) return *result = -EFAULT, true;
        *result = rt_syscall(t, __NR_ioctl, fd, command, (uint64_t)&n, 0, 0, 0);
        if ((n.data.nr & ~NOTIFY_MASK) == NOTIFY_BASE) {
            n.data.nr &= NOTIFY_MASK;
            n.data.arch = sys_audit_arch(t->guest);
            n.data.instruction_pointer = 0;     /* the translator's, which is nobody's business */
        }
        if (*result == 0 && copy_to_guest(arg, &n, sizeof n)) *result = -EFAULT;
        return true;
    }
    if (command == SECCOMP_IOCTL_NOTIF_SEND) {
        struct seccomp_notif_resp r;
        if (copy_from_guest(&r, arg, sizeof r)) return *result = -EFAULT, true;
        if (r.flags == SECCOMP_USER_NOTIF_FLAG_CONTINUE && !r.error && !r.val) {
            r.flags = 0;
            r.error = -CONTINUE_ERROR;
        }
        *result = rt_syscall(t, __NR_ioctl, fd, command, (uint64_t)&r, 0, 0, 0);
        return true;
    }
    return false;
}

/* ---- judging ---- */

static siginfo_t call_info(const struct task *t, uint64_t nr, int reason)
{
    siginfo_t info;
    memset(&info, 0, sizeof info);
    info.si_signo = SIGSYS;
    info.si_code = CODE_SYS_SECCOMP;
    info.si_errno = reason;
    info.si_call_addr = (void *)t->cpu.f.pc;
    info.si_syscall = (int)nr;
    info.si_arch = sys_audit_arch(t->guest);
    return info;
}

static int64_t trap(struct task *t, uint64_t nr, int reason)
{
    siginfo_t info = call_info(t, nr, reason);
    return signal_force(t, &info) ? SYS_NO_RESULT : RT_RESTART;
}

static _Noreturn void end_by_filter(struct task *t, bool process)
{
    siginfo_t info = call_info(t, t->sys_nr, 0);
    if (process || __atomic_load_n(&t->tgroup->refs, __ATOMIC_RELAXED) == 1) signal_die(t, SIGSYS, &info);
    signal_host_mask(HOST_MASK_ALL);
    task_exit(t, __NR_exit, SIGSYS);
}

static bool strict_allows(uint64_t nr)
{
    return nr == GUEST_read || nr == GUEST_write || nr == GUEST_exit || nr == GUEST_rt_sigreturn;
}

/* A verdict left to the tracer, who may change the call: it is judged once more, and tracing it then means allowing it. */
static bool judge(struct task *t, uint64_t nr, const uint64_t a[6], int64_t *result, bool traced);
static void ask_tracer(struct task *t, unsigned data, int64_t *result)
{
    if (!trace_seccomp(t, data)) *result = -ENOSYS;
    else if ((int32_t)t->sys_nr == -1) *result = SYS_NO_RESULT;
    else if (!judge(t, t->sys_nr, t->sys_args, result, true)) *result = sys_call_allowed(t, t->sys_nr, t->sys_args);
}

static bool judge(struct task *t, uint64_t nr, const uint64_t a[6], int64_t *result, bool traced)
{
    struct seccomp_data d = { .nr = (int)nr, .arch = sys_audit_arch(t->guest), .instruction_pointer = t->cpu.f.pc };
    memcpy(d.args, a, sizeof d.args);
    /* The most restrictive verdict counts, of equal ones the newest filter's: actions are ordered as signed numbers. */
    uint32_t verdict = SECCOMP_RET_ALLOW;
    const struct seccomp *by = NULL;
    for (const struct seccomp *f = __atomic_load_n(&t->seccomp, __ATOMIC_ACQUIRE); f; f = f->older) {
        if (!f->n) {
            if (!strict_allows(nr)) signal_die(t, SIGKILL, &(siginfo_t){ .si_signo = SIGKILL });
            continue;
        }
        uint32_t v = bpf_run(f->insn, (const uint32_t *)&d, sizeof d / 4);
        if ((int32_t)(v & SECCOMP_RET_ACTION_FULL) < (int32_t)(verdict & SECCOMP_RET_ACTION_FULL)) {
            verdict = v;
            by = f;
        }
    }
    int data = verdict & SECCOMP_RET_DATA;
    switch (verdict & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_ALLOW: case SECCOMP_RET_LOG: return false;
    case SECCOMP_RET_ERRNO: *result = -(data > 4095 ? 4095 : data); return true;
    case SECCOMP_RET_TRAP: *result = trap(t, nr, data); return true;
    case SECCOMP_RET_TRACE:
        if (!traced) ask_tracer(t, (unsigned)data, result);
        return !traced;
    case SECCOMP_RET_USER_NOTIF:
        if (!by->listened) return *result = -ENOSYS, true;
        return !supervised(t, nr, a, result);
    case SECCOMP_RET_KILL_THREAD: end_by_filter(t, false);
    default: end_by_filter(t, true);
    }
}

bool seccomp_judges(struct task *t, uint64_t nr, const uint64_t a[6], int64_t *result)
{
    if (t->trace.active && t->trace.options & PTRACE_O_SUSPEND_SECCOMP) return false;
    return judge(t, nr, a, result, false);
}

/* ---- setting ---- */

static bool may_filter(void)
{
    struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct c[2] = { { 0 } };
    if (host_syscall(__NR_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1) return true;
    return host_syscall(__NR_capget, &h, c) == 0 && c[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective & CAP_TO_MASK(CAP_SYS_ADMIN);
}

static bool is_ancestor(const struct seccomp *f, const struct seccomp *of)
{
    for (; of; of = of->older)
        if (of == f) return true;
    return !f;
}

/* A thread of the process whose filters are none of ours, or NULL; with `set`, every thread gets f. `threads`: there are others. */
struct sync { struct task *self, *other; struct seccomp *f; bool set, threads; };
static void sync_one(void *ctx, struct task *t)
{
    struct sync *s = ctx;
    if (t == s->self || t->tgroup != s->self->tgroup) return;
    s->threads = true;
    if (s->set) __atomic_store_n(&t->seccomp, s->f, __ATOMIC_RELEASE);
    else if (!is_ancestor(t->seccomp, s->self->seccomp)) s->other = t;
}

static bool has_listener(const struct seccomp *f)
{
    while (f && !f->listened) f = f->older;
    return f;
}

static int64_t read_filter(struct task *t, uint64_t program, struct seccomp **out)
{
    struct { uint16_t len; uint64_t insn; } p;
    if (copy_from_guest(&p, program, sizeof p)) return -EFAULT;
    if (!p.len || p.len > BPF_MAXINSNS) return -EINVAL;
    if (!may_filter()) return -EACCES;
    struct seccomp *f = alloc(p.len);
    if (!f) return -ENOMEM;
    if (copy_from_guest(f->insn, p.insn, p.len * sizeof f->insn[0])) return -EFAULT;
    if (!bpf_check(f->insn, p.len)) return -EINVAL;
    f->n = p.len;
    *out = f;
    return 0;
}

/* With a filter, the caller's no_new_privs becomes that of all threads (seccomp_sync_threads() in the kernel), which only the host can do. */
static void share_no_new_privs(void)
{
    struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog prog = { 1, &allow };
    if (host_syscall(__NR_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
        host_syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW, &prog);
}

/* Puts f before the others. The sighand's lock is held, as in the kernel: what other threads set comes before or after. */
static int64_t attach(struct task *t, struct seccomp *f, uint64_t flags)
{
    bool listen = flags & SECCOMP_FILTER_FLAG_NEW_LISTENER, sync = flags & SECCOMP_FILTER_FLAG_TSYNC;
    struct sync s = { t, NULL, f, false, false };
    int64_t r = 0;
    f->older = t->seccomp;
    f->total = f->n + 4 + (f->older ? f->older->total : 0);
    f->count = 1 + (f->older ? f->older->count : 0);
    if (f->total - 4 > MAX_PATH) return -ENOMEM;
    if (f->older && !f->older->n) return -EINVAL;       /* strict mode stays */
    if (listen && has_listener(f->older)) return -EBUSY;
    if (sync) task_each(sync_one, &s);
    if (s.other) return flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH ? -ESRCH : s.other->tid;
    if (listen) {
        r = host_listener(flags & ~(uint64_t)(SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW));
        if (r < 0) return r;
        f->listened = 1;
    } else if (s.threads) {
        share_no_new_privs();
    }
    __atomic_store_n(&t->seccomp, f, __ATOMIC_RELEASE);
    s.set = true;
    if (sync) task_each(sync_one, &s);
    return r;
}

static int64_t set_filter(struct task *t, uint64_t flags, uint64_t program)
{
    /* SECCOMP_FILTER_FLAG_LOG is taken and changes nothing: there is no audit log of the guest's. */
    const uint64_t known = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW |
        SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_TSYNC_ESRCH | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    bool listen = flags & SECCOMP_FILTER_FLAG_NEW_LISTENER, sync = flags & SECCOMP_FILTER_FLAG_TSYNC;
    struct seccomp *f;
    if (flags & ~known) return -EINVAL;
    if (sync && listen && !(flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH)) return -EINVAL;
    if (flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV && !listen) return -EINVAL;
    int64_t r = read_filter(t, program, &f);
    if (r) return r;
    sighand_lock(t->sighand);
    r = attach(t, f, flags);
    sighand_unlock(t->sighand);
    return r;
}

static int64_t set_strict(struct task *t)
{
    struct seccomp *f = t->seccomp ? NULL : alloc(0);
    if (!t->seccomp && !f) return -ENOMEM;
    sighand_lock(t->sighand);
    int64_t r = t->seccomp && t->seccomp->n ? -EINVAL : 0;
    if (!t->seccomp) __atomic_store_n(&t->seccomp, f, __ATOMIC_RELEASE);
    sighand_unlock(t->sighand);
    return r;
}

static int64_t action_available(uint64_t arg)
{
    uint32_t action;
    if (get_user(action, arg)) return -EFAULT;
    switch (action) {
    case SECCOMP_RET_KILL_PROCESS: case SECCOMP_RET_KILL_THREAD: case SECCOMP_RET_TRAP: case SECCOMP_RET_ERRNO:
    case SECCOMP_RET_USER_NOTIF: case SECCOMP_RET_TRACE: case SECCOMP_RET_LOG: case SECCOMP_RET_ALLOW: return 0;
    default: return -EOPNOTSUPP;
    }
}

int64_t sys_seccomp(struct task *t, const uint64_t a[6])
{
    uint32_t op = (uint32_t)a[0], flags = (uint32_t)a[1];
    switch (op) {
    case SECCOMP_SET_MODE_STRICT: return flags || a[2] ? -EINVAL : set_strict(t);
    case SECCOMP_SET_MODE_FILTER: return set_filter(t, flags, a[2]);
    case SECCOMP_GET_ACTION_AVAIL: return flags ? -EINVAL : action_available(a[2]);
    case SECCOMP_GET_NOTIF_SIZES: {
        struct seccomp_notif_sizes s = { sizeof(struct seccomp_notif), sizeof(struct seccomp_notif_resp), sizeof(struct seccomp_data) };
        return flags ? -EINVAL : put_user(s, a[2]);
    }
    default: return -EINVAL;
    }
}

int64_t seccomp_mode(const struct task *t)
{
    return !t->seccomp ? SECCOMP_MODE_DISABLED : t->seccomp->n ? SECCOMP_MODE_FILTER : SECCOMP_MODE_STRICT;
}

int64_t seccomp_set_mode(struct task *t, uint64_t mode, uint64_t program)
{
    return mode == SECCOMP_MODE_STRICT ? set_strict(t) : mode == SECCOMP_MODE_FILTER ? set_filter(t, 0, program) : -EINVAL;
}

unsigned seccomp_filters(const struct task *t) { return t->seccomp ? t->seccomp->count : 0; }

int64_t sys_ioctl(struct task *t, const uint64_t a[6])
{
    int64_t r;
    if (seccomp_ioctl(t, a[0], (uint32_t)a[1], a[2], &r)) return r;
    r = guard_ioctl((uint32_t)a[1], a[2]);
    if (r) return r;
    return rt_syscall(t, __NR_ioctl, a[0], a[1], a[2], 0, 0, 0);
}

/* ---- across execve: each filter's head, then its instructions, newest first ---- */

static int64_t transfer(int fd, long nr, void *p, size_t n)
{
    for (size_t done = 0; done < n; ) {
        int64_t r = host_syscall(nr, fd, (uint8_t *)p + done, n - done);
        if (r <= 0) return r ? r : -EIO;
        done += r;
    }
    return 0;
}

int64_t seccomp_hand_on(const struct task *t)
{
    if (!t->seccomp) return -1;
    int64_t fd = host_syscall(__NR_memfd_create, "seccomp", 0), r = 0;
    if (fd < 0) return fd;
    for (const struct seccomp *f = t->seccomp; f && !r; f = f->older)
        r = transfer(fd, __NR_write, (void *)f, HEAD_SIZE + f->n * sizeof f->insn[0]);
    if (!r) {
        host_syscall(__NR_lseek, fd, 0, 0);
        return fd;
    }
    host_syscall(__NR_close, fd);
    return r;
}

void seccomp_take_over(struct task *t, int fd)
{
    struct seccomp head = { 0 }, **at = &t->seccomp;
    do {
        if (transfer(fd, __NR_read, &head, HEAD_SIZE)) die("the filters of the parent program are lost");
        struct seccomp *f = alloc(head.n);
        if (!f || (head.n && transfer(fd, __NR_read, f->insn, head.n * sizeof f->insn[0]))) die("the filters of the parent program are lost");
        bool more = head.older;
        memcpy(f, &head, HEAD_SIZE);
        f->older = NULL;
        *at = f;
        at = (struct seccomp **)&f->older;
        if (!more) break;
    } while (true);
    host_syscall(__NR_close, fd);
}
