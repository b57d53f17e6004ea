/* ptrace, the tracer's requests (runtime/trace.h has the protocol; ptrace_wait.c what stops become). */
#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>

#include "runtime/space.h"
#include "syscall/handlers.h"
#include "syscall/row.h"
#include "syscall/tracees.h"

/* Numbers of the generic ABI, and of arm64's alone. */
enum { REQ_SYSEMU = 31, REQ_SYSEMU_SINGLESTEP = 32, REQ_GET_FILTER = 0x420c, REQ_GET_METADATA = 0x420d, REQ_GET_SYSCALL_INFO = 0x420e };
#define KNOWN_OPTIONS (0xffu | PTRACE_O_EXITKILL | PTRACE_O_SUSPEND_SECCOMP)

uint32_t sys_audit_arch(const struct fe_guest *g)
{
    return g->elf_machine | (g->elf_class == ELFCLASS64 ? 0x80000000u : 0) | (g->elf_data == ELFDATA2LSB ? 0x40000000u : 0);
}

/* ---- beginning ---- */

static int64_t attach(int32_t tid, bool seize, uint64_t addr, uint64_t options)
{
    struct tracee want = { .options = seize ? (uint32_t)options : 0 };
    if (seize && (addr || options & ~(uint64_t)KNOWN_OPTIONS)) return -EIO;
    int64_t r = host_ptrace(seize ? PTRACE_SEIZE : PTRACE_ATTACH, tid, 0, seize ? tracee_host_options(&want) : 0);
    if (r) return r;
    tracee_remove(tid);
    struct tracee *e = tracee_add(tid);
    if (!e) {
        host_ptrace(PTRACE_DETACH, tid, 0, 0);
        return -ENOMEM;
    }
    e->seized = e->quiet = seize;
    e->attached = true;
    e->options = want.options;
    /* It has to learn of us, also where nothing stops it. */
    if (seize) host_ptrace(PTRACE_INTERRUPT, tid, 0, 0);
    return 0;
}

/* ---- going on ---- */

/* What a stop before a signal's delivery, or one that is none, does with the signal the tracer gives. */
static void pass_signal(struct tracee *e, int signo)
{
    struct trace c;
    if (!tracee_peek(e->tid, e->task + e->build.trace_offset, &c, sizeof c)) return;
    if (c.kind == TRACE_SIGNAL) {
        siginfo_t info = { .si_signo = signo, .si_code = SI_USER };
        info.si_pid = (int)host_syscall(__NR_getpid);
        info.si_uid = (unsigned)host_syscall(__NR_getuid);
        if (signo && signo != c.info.si_signo) tracee_poke(e->tid, TRACE_AT(e, info), &info, sizeof info);
        trace_put(e, inject, (uint32_t)signo);
    } else if (signo && (c.kind == TRACE_ENTRY || c.kind == TRACE_EXIT || (c.kind == TRACE_EVENT && !c.event))) {
        host_syscall(__NR_tkill, e->tid, signo);
    }
}

static int64_t resume_guest(struct tracee *e, bool detach, uint32_t mode, int signo)
{
    int32_t tid = e->tid;
    uint8_t state = e->state;
    if (state == TRACEE_HOST_STOP) tracee_poll(e);
    else pass_signal(e, signo);
    e->mode = mode;
    trace_put(e, mode, mode);
    if (detach) trace_put(e, active, 0);
    if (state != TRACEE_HOST_STOP) trace_put(e, resumed, 1);
    e->state = TRACEE_RUNS;
    if (!detach) return host_ptrace(PTRACE_CONT, tid, 0, 0);
    int64_t r = host_ptrace(PTRACE_DETACH, tid, 0, 0);
    tracee_remove(tid);
    return r;
}

static int64_t resume(struct tracee *e, uint64_t request, uint64_t signo)
{
    static const struct { uint8_t request, mode; } modes[] = {
        { PTRACE_CONT, TRACE_CONT }, { PTRACE_SYSCALL, TRACE_SYSCALL }, { PTRACE_SINGLESTEP, TRACE_STEP },
        { REQ_SYSEMU, TRACE_EMULATE }, { REQ_SYSEMU_SINGLESTEP, TRACE_EMULATE_STEP }, { PTRACE_DETACH, TRACE_CONT },
    };
    uint32_t mode = TRACE_CONT;
    if (signo > 64) return -EIO;
    for (unsigned i = 0; i < sizeof modes / sizeof modes[0]; i++)
        if (modes[i].request == request) mode = modes[i].mode;
    bool detach = request == PTRACE_DETACH;
    if (e->kind == TRACEE_GUEST)
        return mode > TRACE_SYSCALL && !e->guest->steps ? -EIO : resume_guest(e, detach, mode, (int)signo);
    int64_t r = host_ptrace((long)request, e->tid, 0, signo);
    if (!r) e->state = TRACEE_RUNS;
    if (!r && detach) tracee_remove(e->tid);
    return r;
}

static int64_t listen(struct tracee *e)
{
    uint32_t event = 0, kind = 0;
    if (!e->seized) return -EIO;
    if (e->state == TRACEE_HOST_STOP) {
        int64_t r = host_ptrace(PTRACE_LISTEN, e->tid, 0, 0);
        if (!r) e->state = TRACEE_RUNS;
        return r;
    }
    trace_get(e, event, &event);
    trace_get(e, kind, &kind);
    if (kind != TRACE_EVENT || event != PTRACE_EVENT_STOP) return -EIO;
    e->state = TRACEE_LISTENS;
    return 0;
}

static int64_t interrupt(struct tracee *e)
{
    if (!e->seized) return -EIO;
    e->quiet = false;
    if (e->state != TRACEE_LISTENS) return host_ptrace(PTRACE_INTERRUPT, e->tid, 0, 0);
    tracee_want(e, TRACE_WANT_EVENT);
    tracee_poll(e);
    return resume_guest(e, false, e->mode, 0);
}

/* ---- looking and changing ---- */

static int64_t peek(struct tracee *e, uint64_t addr, uint64_t to)
{
    uint64_t word;
    if (e->kind == TRACEE_GUEST && (sys_own_memory(addr) || sys_own_memory(addr + 7))) return -EIO;
    int64_t r = host_ptrace(PTRACE_PEEKDATA, e->tid, addr, (uint64_t)&word);
    return r ? r : put_user(word, to);
}

static int64_t poke(struct tracee *e, uint64_t addr, uint64_t word)
{
    if (e->kind == TRACEE_GUEST && (sys_own_memory(addr) || sys_own_memory(addr + 7))) return -EIO;
    int64_t r = host_ptrace(PTRACE_POKEDATA, e->tid, addr, word);
    if (!r) tracee_code_written(e->tid, addr, addr + 8);
    return r;
}

static int64_t set_options(struct tracee *e, uint64_t options)
{
    uint32_t old = e->options;
    if (options & ~(uint64_t)KNOWN_OPTIONS) return -EINVAL;
    e->options = (uint32_t)options;
    int64_t r = host_ptrace(PTRACE_SETOPTIONS, e->tid, 0, tracee_host_options(e));
    if (r) e->options = old;
    else if (e->kind == TRACEE_GUEST) trace_put(e, options, e->options);
    return r;
}

static int64_t event_message(struct tracee *e, uint64_t to)
{
    uint64_t message = 0;
    if (e->kind != TRACEE_GUEST || e->state == TRACEE_HOST_STOP) {
        int64_t r = host_ptrace(PTRACE_GETEVENTMSG, e->tid, 0, (uint64_t)&message);
        if (r) return r;
    } else if (!trace_get(e, message, &message)) {
        return -ESRCH;
    }
    return put_user(message, to);
}

static int64_t signal_info(struct tracee *e, bool set, uint64_t at)
{
    siginfo_t info;
    if (set && get_user(info, at)) return -EFAULT;
    if (e->kind != TRACEE_GUEST || e->state == TRACEE_HOST_STOP) {
        int64_t r = host_ptrace(set ? PTRACE_SETSIGINFO : PTRACE_GETSIGINFO, e->tid, 0, (uint64_t)&info);
        return r || set ? r : put_user(info, at);
    }
    struct trace c;
    if (!tracee_peek(e->tid, e->task + e->build.trace_offset, &c, sizeof c)) return -ESRCH;
    if (set) return c.kind == TRACE_SIGNAL && !tracee_poke(e->tid, TRACE_AT(e, info), &info, sizeof info) ? -ESRCH : 0;
    if (c.kind != TRACE_SIGNAL) {
        bool good = e->options & PTRACE_O_TRACESYSGOOD && c.kind != TRACE_EVENT;
        memset(&c.info, 0, sizeof c.info);
        c.info.si_signo = SIGTRAP;
        c.info.si_code = SIGTRAP | (c.kind == TRACE_EVENT ? (int)c.event << 8 : good ? 0x80 : 0);
        c.info.si_pid = e->tid;
        c.info.si_uid = (unsigned)host_syscall(__NR_getuid);
    }
    return put_user(c.info, at);
}

static int64_t signal_mask(struct tracee *e, bool set, uint64_t size, uint64_t at)
{
    uint64_t mask;
    uint32_t saved = 0;
    if (size != sizeof mask) return -EINVAL;
    if (set && get_user(mask, at)) return -EFAULT;
    if (e->kind != TRACEE_GUEST) {
        int64_t r = host_ptrace(set ? PTRACE_SETSIGMASK : PTRACE_GETSIGMASK, e->tid, size, (uint64_t)&mask);
        return r || set ? r : put_user(mask, at);
    }
    uint64_t field = e->task + e->build.blocked_offset;
    tracee_peek(e->tid, e->task + e->build.saved_valid_offset, &saved, sizeof saved);
    if (!set) return tracee_peek(e->tid, saved ? e->task + e->build.saved_offset : field, &mask, 8) ? put_user(mask, at) : -ESRCH;
    uint32_t no = 0;
    mask &= ~(SIG_BIT(SIGKILL) | SIG_BIT(SIGSTOP));
    tracee_poke(e->tid, e->task + e->build.saved_valid_offset, &no, sizeof no);
    tracee_want(e, TRACE_WANT_MASK);
    tracee_poll(e);
    return tracee_poke(e->tid, field, &mask, 8) ? 0 : -ESRCH;
}

/* ---- the call ---- */

static int64_t stopped(struct tracee *e, uint64_t request, uint64_t addr, uint64_t data)
{
    bool guest = e->kind == TRACEE_GUEST;
    switch (request) {
    case PTRACE_CONT: case PTRACE_SYSCALL: case PTRACE_SINGLESTEP: case REQ_SYSEMU: case REQ_SYSEMU_SINGLESTEP: case PTRACE_DETACH:
        return resume(e, request, data);
    case PTRACE_PEEKTEXT: case PTRACE_PEEKDATA: return peek(e, addr, data);
    case PTRACE_POKETEXT: case PTRACE_POKEDATA: return poke(e, addr, data);
    case PTRACE_SETOPTIONS: return set_options(e, data);
    case PTRACE_GETEVENTMSG: return event_message(e, data);
    case PTRACE_GETSIGINFO: case PTRACE_SETSIGINFO: return signal_info(e, request == PTRACE_SETSIGINFO, data);
    case PTRACE_GETSIGMASK: case PTRACE_SETSIGMASK: return signal_mask(e, request == PTRACE_SETSIGMASK, addr, data);
    case PTRACE_GETREGSET: case PTRACE_SETREGSET: return guest ? tracee_regset(e, request == PTRACE_SETREGSET, addr, data) : -EIO;
    case REQ_GET_SYSCALL_INFO: return guest ? tracee_syscall_info(e, addr, data) : -EIO;
    case PTRACE_PEEKSIGINFO: return sys_own_memory(addr) || sys_own_memory(data) ? -EFAULT : host_ptrace((long)request, e->tid, addr, data);
    case REQ_GET_FILTER: case REQ_GET_METADATA: return -EINVAL;     /* as without CONFIG_CHECKPOINT_RESTORE */
    case PTRACE_LISTEN: return guest ? listen(e) : host_ptrace(PTRACE_LISTEN, e->tid, 0, 0);
    default: return -EIO;
    }
}

int64_t sys_ptrace(struct task *t, const uint64_t a[6])
{
    int32_t tid = (int32_t)a[1];
    switch (a[0]) {
    case PTRACE_TRACEME: return trace_me(t);
    case PTRACE_ATTACH: return attach(tid, false, 0, 0);
    case PTRACE_SEIZE: return attach(tid, true, a[2], a[3]);
    }
    struct tracee *e = tracee_find(tid);
    if (!e) return -ESRCH;
    if (a[0] == PTRACE_KILL) return host_ptrace(PTRACE_KILL, tid, 0, 0);
    if (a[0] == PTRACE_INTERRUPT) return interrupt(e);
    return tracee_is_stopped(e) ? stopped(e, a[0], a[2], a[3]) : -ESRCH;
}
