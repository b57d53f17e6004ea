/* One call from its row's types: arguments before and after, and what the result means. */
#include <string.h>
#include <sys/personality.h>

#include "runtime/log.h"
#include "syscall/handlers.h"
#include "syscall/numbers.h"
#include "syscall/row.h"
#include "syscall/strace/guest.h"
#include "syscall/strace/output.h"
#include "syscall/strace/results.h"
#include "syscall/strace/sets.h"
#include "syscall/strace/strace.h"

uint64_t strace_open_flags(uint64_t guest) { return sys_open_flags_to_host(task_self()->guest, guest); }
bool strace_has_restorer(void) { return task_self()->guest->sa_restorer; }
bool strace_is(const struct strace_call *c, const char *name) { return !strcmp(c->row->name, name); }

static bool has_mark(const struct sys_row *row, enum sys_type_id mark)
{
    for (unsigned i = 0; i < SYS_ROW_TYPES; i++)
        if (row->types[i] == mark) return true;
    return false;
}

/* ---- arguments ---- */

/* Prints from argument c->i on; before the call, stops at what only the call writes. True: there are no more. */
static bool put_arguments(struct strace_call *c)
{
    bool first = c->i == 0 || c->open || c->again;
    c->again = false;
    for (; c->i < STRACE_ARGUMENTS; c->i++) {
        unsigned type = c->row->types[c->i];
        if (sys_type_is_mark((uint16_t)type)) return true;
        if (!c->leaving && sys_treatments[type] & T_OUT) return false;
        size_t before = c->x.n;
        c->later = c->omit = c->last = false;
        c->written = sys_treatments[type] & T_OUT || c->deferred == c->i + 1;
        if (!first) put(c, ", ");
        sys_types[type].print(c, c->a[c->i], sys_types[type].param);
        if (c->later || c->omit) c->x.n = before;
        else first = false;
        if (c->later) {
            c->deferred = c->i + 1;
            return false;
        }
        if (c->again) return false;
        if (c->last) return true;
    }
    return true;
}

/* What can only be read before the call changes it. */
static void save_before(struct strace_call *c)
{
    for (unsigned i = 0; i < STRACE_ARGUMENTS && !sys_type_is_mark(c->row->types[i]); i++) {
        if (c->row->types[i] == TY_socklen) strace_net_enter(c, i);
        if (c->row->types[i] == TY_out_msghdr) strace_msghdr_enter(c, i);
    }
}

/* ---- results ---- */

struct result { enum sys_type_id mark; strace_printer *print; };

static void put_error(struct strace_call *c)
{
    int e = (int)-c->r;
    const char *name = strerrorname_np(e), *text = strerrordesc_np(e);
    if (name) put(c, "-1 %s (%s)", name, text);
    else put(c, "-1 (errno %d)", e);
}

static void note_by(struct strace_call *c, strace_printer *print, const void *param)
{
    size_t before = c->x.n;
    print(c, (uint64_t)c->r, param);
    note(c, "%.*s", (int)(c->x.n - before), c->x.s + before);
    c->x.n = before;
}

static void explain(struct strace_call *c)
{
    if (strace_is(c, "fcntl")) strace_fcntl_result(c);
    else if (strace_is(c, "prctl")) strace_prctl_result(c);
    else if (strace_is(c, "ppoll")) strace_poll_result(c);
    else if (strace_is(c, "pselect6")) strace_select_result(c);
    else if (strace_is(c, "membarrier")) strace_membarrier_result(c);
    else if (strace_is(c, "rt_sigtimedwait")) note_by(c, print_signal, NULL);
    else if (has_mark(c->row, TY_IOPRIO)) note_by(c, print_ioprio, NULL);
    else if (has_mark(c->row, TY_PERSONA)) note_by(c, print_persona, NULL);
    else if (has_mark(c->row, TY_POLICY)) note_by(c, print_sched_policy, NULL);
    else if (has_mark(c->row, TY_CLOCK_STATE)) note_by(c, print_enum, &set_clock_state);
}

static bool returns_hex(const struct strace_call *c)
{
    return has_mark(c->row, TY_ADDRESS) || ((strace_is(c, "fcntl") || strace_is(c, "membarrier")) && c->note && c->r) || has_mark(c->row, TY_PERSONA) || has_mark(c->row, TY_IOPRIO) ||
           (strace_is(c, "prctl") && c->note && c->r && c->a[0] != 3);
}

static void put_result(struct strace_call *c)
{
    if (c->r == RT_RESTART) {
        put(c, "? ERESTARTSYS (To be restarted if SA_RESTART is set)");
        return;
    }
    if (call_failed(c)) {
        put_error(c);
        return;
    }
    explain(c);
    if (has_mark(c->row, TY_MODE)) print_mode(c, (uint64_t)c->r, NULL);
    else if (returns_hex(c)) put(c, c->r ? "0x%lx" : "%lu", (unsigned long)c->r);
    else put(c, "%ld", (long)c->r);
    if (c->note) put(c, " (%s)", c->note);
}

/* ---- a call's two ends ---- */

void strace_enter(struct strace_call *c, const struct sys_row *row, uint64_t nr, const uint64_t a[6])
{
    c->row = row;
    c->nr = nr;
    c->a = a;
    c->x.n = 0;
    c->i = c->depth = c->deferred = 0;
    c->leaving = c->open = c->again = false;
    c->note = NULL;
    memset(c->saved, 0, sizeof c->saved);
    c->tid = (int)host_syscall(__NR_gettid);
    c->shown = strace_shows(nr, row);
    if (has_mark(row, TY_NORETURN)) strace_count(nr, 0, 0);
    if (c->shown) {
        if (row->kind == SYS_FAIL && !sys_row(nr)) put(c, "syscall_0x%lx(", nr);
        else put(c, "%s(", row->name);
        save_before(c);
        bool whole = put_arguments(c);
        if (has_mark(row, TY_NORETURN)) {
            strace_line(c, ")", "?");
            strace_ended("exited with %d", (int)(a[0] & 0xff));
        } else if (row->kind == SYS_WAIT || has_mark(row, TY_WAITS)) {
            if (!whole && c->i && !c->again) put(c, ", ");
            strace_open(c);
        }
        if (whole) c->i = STRACE_ARGUMENTS;
    } else if (has_mark(row, TY_NORETURN)) {
        strace_ended("exited with %d", (int)(a[0] & 0xff));
    }
    if (has_mark(row, TY_NORETURN) && !strcmp(row->name, "exit_group")) strace_finish();
    c->start = strace_clock();
}

/* The frame's mask is in force, and the result register is as it was interrupted. */
static void put_sigreturn(struct strace_call *c)
{
    const struct task *t = task_self();
    put(c, "{mask=");
    put_sigset(c, t->blocked);
    put(c, "}");
    c->r = (int64_t)cpu_reg(&t->cpu, t->guest->off_ret);
}

void strace_leave(struct strace_call *c, int64_t r)
{
    int64_t spent = strace_clock() - c->start;
    if ((int)host_syscall(__NR_gettid) != c->tid) return;      /* a fork child, in its parent's call */
    c->r = r;
    c->leaving = true;
    strace_count(c->nr, spent, r < 0 && r >= -4095);
    if (!c->shown) return;
    if (c->open) c->x.n = 0;
    if (r == SYS_NO_RESULT) put_sigreturn(c);
    put_arguments(c);
    size_t end = c->x.n;
    put_result(c);
    strace_close(c, end, spent);
}

/* ---- the first program ---- */

static void put_strings(struct strace_call *c, const char *const *v)
{
    put(c, "[");
    for (unsigned i = 0; v[i]; i++) {
        if (i >= strace_options.string_max && !strace_options.verbose) {
            put(c, ", ...");
            break;
        }
        size_t n = strlen(v[i]), shown = n < strace_options.string_max ? n : strace_options.string_max;
        put(c, i ? ", " : "");
        put_quoted(c, (const uint8_t *)v[i], shown, shown < n);
    }
    put(c, "]");
}

void strace_program(const char *path, const char *const *argv, const char *const *envp)
{
    const struct sys_row *row = sys_row(GUEST_execve);
    struct strace_call c;
    unsigned n = 0;
    memset(&c, 0, offsetof(struct strace_call, x));
    c.x.n = 0;
    c.row = row;
    c.tid = (int)host_syscall(__NR_gettid);
    if (!strace_begins() || !strace_shows(GUEST_execve, row)) return;
    put(&c, "execve(");
    put_quoted(&c, (const uint8_t *)path, strlen(path), false);
    put(&c, ", ");
    put_strings(&c, argv);
    while (envp[n]) n++;
    if (strace_options.verbose) put(&c, ", "), put_strings(&c, envp);
    else put(&c, ", 0x%lx /* %u var%s */", (unsigned long)envp, n, n == 1 ? "" : "s");
    strace_line(&c, ")", "0");
}

/* ---- signals ---- */

void strace_signal(const siginfo_t *info)
{
    struct strace_call c;
    memset(&c, 0, offsetof(struct strace_call, x));
    c.x.n = 0;
    put(&c, "--- ");
    put_signal(&c, info->si_signo);
    put(&c, " ");
    put_siginfo(&c, info);
    put(&c, " ---");
    strace_event(&c);
}

void strace_killed(int signo, bool core)
{
    struct strace_call c;
    memset(&c, 0, offsetof(struct strace_call, x));
    c.x.n = 0;
    put_signal(&c, signo);
    c.x.s[c.x.n] = 0;
    strace_ended(core ? "killed by %s (core dumped)" : "killed by %s", c.x.s);
    strace_finish();
}
