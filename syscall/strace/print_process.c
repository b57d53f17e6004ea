/* Printers of calls on processes and threads: making, ending, scheduling, limits. */
#include "syscall/strace/kernel_headers.h"

#include "syscall/strace/guest.h"
#include "syscall/strace/sets.h"
#include "syscall/strace/strace.h"

/* ---- clone ---- */

static void put_clone_signal(struct strace_call *c, uint64_t flags, bool more)
{
    if (!(flags & CSIGNAL)) return;
    put(c, more ? "|" : "");
    put_signal(c, flags & CSIGNAL);
}

/* The kernel's order of arguments is not the reader's: what is known before the call is printed with the first one, ... */
void print_clone(struct strace_call *c, uint64_t v, const void *param)
{
    uint64_t flags = v & ~(uint64_t)CSIGNAL;
    put(c, "child_stack=");
    put_address(c, c->a[1]);
    put(c, ", flags=");
    if (flags || !(v & CSIGNAL)) put_flags(c, &set_clone_flags, (uint32_t)flags);
    put_clone_signal(c, v, flags);
    c->last = !(v & (CLONE_PARENT_SETTID | CLONE_PIDFD | CLONE_SETTLS | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID));
}

/* ... the rest with the second. */
void print_clone_rest(struct strace_call *c, uint64_t v, const void *param)
{
    uint64_t flags = c->a[0];
    const char *separator = "";
    if (flags & (CLONE_PARENT_SETTID | CLONE_PIDFD)) {
        put(c, "parent_tid=");
        print_out_int(c, c->a[2], NULL);
        separator = ", ";
    }
    if (flags & CLONE_SETTLS) {
        put(c, "%stls=0x%lx", separator, c->a[3]);
        separator = ", ";
    }
    if (flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) {
        put(c, "%schild_tidptr=", separator);
        put_address(c, c->a[4]);
    }
}

static void put_clone_written(struct strace_call *c, const struct clone_args *s)
{
    uint32_t tid;
    if (c->r > 0 && s->flags & CLONE_PARENT_SETTID && !copy_from_guest(&tid, s->parent_tid, 4)) put(c, " => {parent_tid=[%u]}", tid);
}

/* What the kernel has written is shown afterwards. */
void print_clone_args(struct strace_call *c, uint64_t v, const void *param)
{
    struct clone_args s = {0};
    size_t n = c->a[1] < sizeof s ? c->a[1] : sizeof s;
    if (!v || n < 64 || copy_from_guest(&s, v, n)) {
        if (!c->leaving) put_address(c, v);
        return;
    }
    c->again = !c->leaving;
    if (c->leaving) {
        put_clone_written(c, &s);
        return;
    }
    put(c, "{flags=");
    put_flags(c, &set_clone3_flags, s.flags);
    if (s.flags & CLONE_PIDFD) put(c, ", pidfd=0x%llx", s.pidfd);
    if (s.flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) put(c, ", child_tid=0x%llx", s.child_tid);
    if (s.flags & CLONE_PARENT_SETTID) put(c, ", parent_tid=0x%llx", s.parent_tid);
    put(c, ", exit_signal=");
    if (s.exit_signal) put_signal(c, (int)s.exit_signal);
    else put(c, "0");
    put(c, ", stack=");
    put_address(c, s.stack);
    put(c, s.stack_size ? ", stack_size=0x%llx" : ", stack_size=%llu", s.stack_size);
    if (s.flags & CLONE_SETTLS) put(c, ", tls=0x%llx", s.tls);
    if (s.set_tid_size) put(c, ", set_tid=0x%llx, set_tid_size=%llu", s.set_tid, s.set_tid_size);
    if (s.flags & CLONE_INTO_CGROUP) put(c, ", cgroup=%llu", s.cgroup);
    put(c, "}");
}

/* ---- wait ---- */

static void put_wait_status(struct strace_call *c, uint32_t s)
{
    if ((s & 0xffff) == 0xffff) {
        put(c, "{WIFCONTINUED(s)}");
    } else if ((s & 0xff) == 0x7f) {
        put(c, "{WIFSTOPPED(s) && WSTOPSIG(s) == ");
        put_signal(c, s >> 8 & 0x7f);
        put(c, s >> 15 & 1 ? " | 0x80}" : "}");
        if (s >> 16) put(c, ", event %u", s >> 16);
    } else if (s & 0x7f) {
        put(c, "{WIFSIGNALED(s) && WTERMSIG(s) == ");
        put_signal(c, s & 0x7f);
        put(c, s & 0x80 ? " && WCOREDUMP(s)}" : "}");
    } else {
        put(c, "{WIFEXITED(s) && WEXITSTATUS(s) == %u}", s >> 8 & 0xff);
    }
}

void print_wait_status(struct strace_call *c, uint64_t v, const void *param)
{
    uint32_t status;
    if (c->r == 0 && v) {       /* nobody had changed: not written */
        put_address(c, v);
        return;
    }
    if (!fetch(c, v, &status, sizeof status)) return;
    put(c, "[");
    put_wait_status(c, status);
    put(c, "]");
}

void print_rusage(struct strace_call *c, uint64_t v, const void *param)
{
    if (c->r == 0 && strace_is(c, "wait4")) put_address(c, v);
    else put_struct_at(c, &struct_rusage, v);
}

/* ---- limits ---- */

void print_limit(struct strace_call *c, uint64_t v, const void *param)
{
    if (v == UINT64_MAX) put(c, "RLIM64_INFINITY");
    else if (v > 1024 && v % 1024 == 0) put(c, "%lu*1024", v / 1024);
    else put(c, "%lu", v);
}

/* ---- scheduling ---- */

void print_sched_policy(struct strace_call *c, uint64_t v, const void *param)
{
    uint32_t policy = (uint32_t)v & ~(uint32_t)SCHED_RESET_ON_FORK;
    if (policy == SCHED_NORMAL) put(c, "SCHED_OTHER");
    else put_enum(c, &set_sched_policy, policy);
    if (v & SCHED_RESET_ON_FORK) put(c, "|SCHED_RESET_ON_FORK");
}

void print_sched_param(struct strace_call *c, uint64_t v, const void *param)
{
    int priority;
    if (fetch(c, v, &priority, sizeof priority)) put(c, "[%d]", priority);
}

static void put_cpus(struct strace_call *c, uint64_t v, uint64_t bytes)
{
    uint8_t set[1024];
    const char *separator = "";
    if (!v || bytes > sizeof set || copy_from_guest(set, v, bytes)) {
        put_address(c, v);
        return;
    }
    put(c, "[");
    for (uint64_t i = 0; i < bytes * 8; i++)
        if (set[i / 8] >> i % 8 & 1) {
            put(c, "%s%lu", separator, i);
            separator = " ";
        }
    put(c, "]");
}

void print_cpu_set(struct strace_call *c, uint64_t v, const void *param) { put_cpus(c, v, c->a[1]); }

void print_out_cpu_set(struct strace_call *c, uint64_t v, const void *param)
{
    if (c->r < 0) put_address(c, v);
    else put_cpus(c, v, (uint64_t)c->r);
}

void print_ioprio(struct strace_call *c, uint64_t v, const void *param)
{
    put(c, "IOPRIO_PRIO_VALUE(");
    put_enum(c, &set_ioprio_class, v >> 13 & 7);
    put(c, ", %lu)", v & 0x1fff);
}

void print_persona(struct strace_call *c, uint64_t v, const void *param)
{
    if ((uint32_t)v == UINT32_MAX) put(c, "0xffffffff");
    else if (!(v & 0xff)) put(c, "PER_LINUX");
    else put_enum(c, &set_persona, v & 0xff);
    if ((uint32_t)v != UINT32_MAX && v & ~0xffull) put(c, "|0x%lx", v & 0xffffff00ul);
}

/* ---- capabilities, membarrier ---- */

void print_cap_header(struct strace_call *c, uint64_t v, const void *param)
{
    struct __user_cap_header_struct h;
    if (!fetch(c, v, &h, sizeof h)) return;
    put(c, "{version=");
    put_enum(c, &set_cap_version, h.version);
    put(c, ", pid=%d}", h.pid);
}

static void put_caps(struct strace_call *c, uint64_t caps)
{
    bool any = false;
    for (int i = 0; i < 64; i++) {
        if (!(caps >> i & 1)) continue;
        const char *name = value_name(&set_cap, (uint64_t)i);
        if (name) put(c, "%s1<<%s", any ? "|" : "", name);
        else put(c, "%s1<<%d", any ? "|" : "", i);
        any = true;
    }
    if (!any) put(c, "0");
}

void print_cap_data(struct strace_call *c, uint64_t v, const void *param)
{
    struct __user_cap_header_struct h;
    struct __user_cap_data_struct d[2] = {{0}};
    bool two = !copy_from_guest(&h, c->a[0], sizeof h) && h.version != _LINUX_CAPABILITY_VERSION_1;
    if (!fetch(c, v, d, two ? sizeof d : sizeof d[0])) return;
    put(c, "{effective=");
    put_caps(c, d[0].effective | (uint64_t)d[1].effective << 32);
    put(c, ", permitted=");
    put_caps(c, d[0].permitted | (uint64_t)d[1].permitted << 32);
    put(c, ", inheritable=");
    put_caps(c, d[0].inheritable | (uint64_t)d[1].inheritable << 32);
    put(c, "}");
}

void print_kcmp_arg(struct strace_call *c, uint64_t v, const void *param)
{
    if (c->a[2] == KCMP_FILE || (c->a[2] == KCMP_EPOLL_TFD && c->i == 3)) put(c, "%u", (unsigned)v);
    else if (c->a[2] == KCMP_EPOLL_TFD) put_address(c, v);
    else c->omit = true;
}

void print_membarrier_cmd(struct strace_call *c, uint64_t v, const void *param)
{
    put_enum(c, &set_membarrier_cmd, v);
}

void print_membarrier_cpu(struct strace_call *c, uint64_t v, const void *param)
{
    c->omit = !(c->a[1] & MEMBARRIER_CMD_FLAG_CPU);
    put(c, "%d", (int)v);
}

void strace_membarrier_result(struct strace_call *c)
{
    size_t before = c->x.n;
    if (c->a[0] != MEMBARRIER_CMD_QUERY || !c->r) return;
    put_flags(c, &set_membarrier_cmd, (uint64_t)c->r);
    note(c, "%.*s", (int)(c->x.n - before), c->x.s + before);
    c->x.n = before;
}
