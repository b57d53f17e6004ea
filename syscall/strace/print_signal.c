/* Printers of signals: sets, actions, siginfo. */
#include "syscall/strace/kernel_headers.h"

#include "syscall/strace/guest.h"
#include "syscall/strace/sets.h"
#include "syscall/strace/strace.h"

void print_signal(struct strace_call *c, uint64_t v, const void *param) { put_signal(c, (int)v); }

void print_sigset(struct strace_call *c, uint64_t v, const void *param)
{
    uint64_t mask;
    if (fetch(c, v, &mask, sizeof mask)) put_sigset(c, mask);
}

static void put_handler(struct strace_call *c, uint64_t v)
{
    if (v == 0) put(c, "SIG_DFL");
    else if (v == 1) put(c, "SIG_IGN");
    else put(c, "0x%lx", v);
}

void print_sigaction(struct strace_call *c, uint64_t v, const void *param)
{
    uint64_t w[4];
    bool restorer = strace_has_restorer();
    if (!fetch(c, v, w, restorer ? 32 : 24)) return;
    put(c, "{sa_handler=");
    put_handler(c, w[0]);
    put(c, ", sa_mask=");
    put_sigset(c, w[restorer ? 3 : 2]);
    put(c, ", sa_flags=");
    put_flags(c, &set_sa_flags, w[1]);
    if (restorer && w[1] & SA_RESTORER) put(c, ", sa_restorer=0x%lx", w[2]);
    put(c, "}");
}

/* ---- siginfo ---- */

static const struct sys_set *codes_of(int signo)
{
    switch (signo) {
    case SIGILL: return &set_si_code_ill;
    case SIGFPE: return &set_si_code_fpe;
    case SIGSEGV: return &set_si_code_segv;
    case SIGBUS: return &set_si_code_bus;
    case SIGTRAP: return &set_si_code_trap;
    case SIGCHLD: return &set_si_code_cld;
    case SIGPOLL: return &set_si_code_poll;
    case SIGSYS: return &set_si_code_sys;
    default: return &set_si_code;
    }
}

static void put_code(struct strace_call *c, int signo, int code)
{
    const char *name = value_name(&set_si_code, (uint64_t)code);
    if (!name && code > 0) name = value_name(codes_of(signo), (uint64_t)code);
    if (name) put(c, "%s", name);
    else put(c, "%d", code);
}

static void put_sender(struct strace_call *c, const siginfo_t *s) { put(c, ", si_pid=%d, si_uid=%u", s->si_pid, s->si_uid); }

static void put_value(struct strace_call *c, const siginfo_t *s)
{
    put(c, ", si_int=%d, si_ptr=", s->si_int);
    put_address(c, (uint64_t)s->si_ptr);
}

static void put_child(struct strace_call *c, const siginfo_t *s)
{
    put_sender(c, s);
    put(c, ", si_status=");
    if (s->si_code == CLD_EXITED) put(c, "%d", s->si_status);
    else put_signal(c, s->si_status);
    put(c, ", si_utime=%ld, si_stime=%ld", (long)s->si_utime, (long)s->si_stime);
}

static void put_details(struct strace_call *c, const siginfo_t *s)
{
    switch (s->si_code) {
    case SI_TIMER:
        put(c, ", si_timerid=%d, si_overrun=%d", s->si_tid, s->si_overrun);
        put_value(c, s);
        return;
    case SI_USER: case SI_TKILL:
        put_sender(c, s);
        return;
    case SI_KERNEL:
        if (s->si_signo != SIGSEGV && s->si_signo != SIGBUS) return;
        break;
    }
    if (s->si_code < 0) {
        put_sender(c, s);
        put_value(c, s);
        return;
    }
    switch (s->si_signo) {
    case SIGCHLD: put_child(c, s); break;
    case SIGILL: case SIGFPE: case SIGSEGV: case SIGBUS: case SIGTRAP:
        put(c, ", si_addr=");
        put_address(c, (uint64_t)s->si_addr);
        break;
    case SIGPOLL: put(c, ", si_band=%ld, si_fd=%d", (long)s->si_band, s->si_fd); break;
    case SIGSYS: put(c, ", si_call_addr=0x%lx, si_syscall=%d, si_arch=0x%x", (unsigned long)s->si_call_addr, s->si_syscall, s->si_arch); break;
    default: put_sender(c, s); put_value(c, s); break;
    }
}

void put_siginfo(struct strace_call *c, const void *info)
{
    const siginfo_t *s = info;
    if (!s->si_signo) {
        put(c, "{}");
        return;
    }
    put(c, "{si_signo=");
    put_signal(c, s->si_signo);
    put(c, ", si_code=");
    put_code(c, s->si_signo, s->si_code);
    if (s->si_errno) put(c, ", si_errno=%d", s->si_errno);
    put_details(c, s);
    put(c, "}");
}

void print_siginfo(struct strace_call *c, uint64_t v, const void *param)
{
    siginfo_t s;
    if (fetch(c, v, &s, sizeof s)) put_siginfo(c, &s);
}

void print_sigevent(struct strace_call *c, uint64_t v, const void *param)
{
    struct sigevent s;
    if (!fetch(c, v, &s, sizeof s)) return;
    put(c, "{sigev_value={sival_int=%d, sival_ptr=", s.sigev_value.sival_int);
    put_address(c, (uint64_t)s.sigev_value.sival_ptr);
    put(c, "}, sigev_signo=");
    if (s.sigev_notify == SIGEV_SIGNAL || s.sigev_notify == SIGEV_THREAD_ID) put_signal(c, s.sigev_signo);
    else put(c, "%d", s.sigev_signo);
    put(c, ", sigev_notify=");
    put_enum(c, &set_sigev_notify, (uint64_t)s.sigev_notify);
    if (s.sigev_notify == SIGEV_THREAD_ID) put(c, ", sigev_notify_thread_id=%d", s.sigev_notify_thread_id);
    put(c, "}");
}
