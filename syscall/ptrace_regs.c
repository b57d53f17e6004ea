/* What ptrace shows of a stopped guest's registers: the sets that its architecture has (fe_guest.regsets). */
#include <elf.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/ptrace.h>
#include <stddef.h>
#include <string.h>
#include <sys/uio.h>

#include "runtime/space.h"
#include "syscall/handlers.h"
#include "syscall/tracees.h"

enum { SET_MAX = 1024 };

struct copy { uint64_t regs[BE_GUEST_BYTES / 8]; uint64_t pc; };

static bool read_all(const struct tracee *e, struct copy *c)
{
    return tracee_peek(e->tid, e->task, c->regs, e->guest->regs_size) &&
           tracee_peek(e->tid, e->task + e->build.pc_offset, &c->pc, sizeof c->pc);
}

static bool write_all(const struct tracee *e, const struct copy *c)
{
    return tracee_poke(e->tid, e->task, c->regs, e->guest->regs_size) &&
           tracee_poke(e->tid, e->task + e->build.pc_offset, &c->pc, sizeof c->pc);
}

static uint64_t *word_at(struct copy *c, unsigned off) { return (uint64_t *)((uint8_t *)c->regs + off); }

/* The whole set into out. */
static bool show(const struct tracee *e, const struct fe_regset *s, struct copy *c, uint8_t out[SET_MAX])
{
    uint64_t value = 0;
    switch (s->kind) {
    case FE_SET_GENERAL: e->guest->prstatus(c->regs, c->pc, out); return true;
    case FE_SET_FLOAT: e->guest->fpregset(c->regs, out); return true;
    case FE_SET_TLS: value = *word_at(c, e->guest->off_tls); break;
    case FE_SET_SYSCALL: {
        int32_t nr;
        if (!trace_get(e, nr, &nr)) return false;
        value = (uint32_t)nr;
        break;
    }
    case FE_SET_TAGGED: {
        uint32_t on = 0;
        if (!tracee_peek(e->tid, e->task + e->build.tagged_offset, &on, sizeof on)) return false;
        value = on;
        break;
    }
    case FE_SET_TWICE: value = s->value(); memcpy(out + 8, &value, 8); break;
    case FE_SET_FIXED: value = s->value(); break;
    }
    memcpy(out, &value, s->size < sizeof value ? s->size : sizeof value);
    return true;
}

static int64_t change(const struct tracee *e, const struct fe_regset *s, struct copy *c, const uint8_t in[SET_MAX])
{
    int32_t nr;
    switch (s->kind) {
    case FE_SET_GENERAL: e->guest->set_prstatus(c->regs, &c->pc, in); break;
    case FE_SET_FLOAT: e->guest->set_fpregset(c->regs, in); break;
    case FE_SET_TLS: memcpy(word_at(c, e->guest->off_tls), in, 8); break;
    case FE_SET_SYSCALL:
        memcpy(&nr, in, sizeof nr);
        return trace_put(e, nr, (uint32_t)nr) ? 0 : -ESRCH;
    default: return -EINVAL;
    }
    if (!write_all(e, c)) return -ESRCH;
    return s->kind != FE_SET_FLOAT || trace_put(e, registers, 1) ? 0 : -ESRCH;
}

int64_t tracee_regset(struct tracee *e, bool set, uint64_t note, uint64_t iov)
{
    struct iovec v;
    struct copy c;
    uint8_t buf[SET_MAX] = { 0 };
    const struct fe_regset *s = e->guest->regsets;
    if (get_user(v, iov)) return -EFAULT;
    while (s->note && s->note != note) s++;
    if (!s->note || (s->kind == FE_SET_TWICE && !s->value()) || v.iov_len % s->unit) return -EINVAL;
    if (v.iov_len > s->size) v.iov_len = s->size;
    if (!read_all(e, &c) || !show(e, s, &c, buf)) return -ESRCH;
    int64_t r;
    if (set) {
        if (copy_from_guest(buf, (uint64_t)v.iov_base, v.iov_len)) return -EFAULT;
        r = change(e, s, &c, buf);
    } else {
        r = copy_to_guest((uint64_t)v.iov_base, buf, v.iov_len) ? -EFAULT : 0;
    }
    return !r && put_user(v.iov_len, iov + offsetof(struct iovec, iov_len)) ? -EFAULT : r;
}

/* ---- PTRACE_GET_SYSCALL_INFO (kernel/ptrace.c) ---- */

int64_t tracee_syscall_info(struct tracee *e, uint64_t size, uint64_t to)
{
    struct copy c;
    struct trace s;
    const struct fe_guest *g = e->guest;
    if (!read_all(e, &c) || !tracee_peek(e->tid, e->task + e->build.trace_offset, &s, sizeof s)) return -ESRCH;
    struct ptrace_syscall_info info = { .op = PTRACE_SYSCALL_INFO_NONE, .arch = sys_audit_arch(g), .instruction_pointer = c.pc,
                                        .stack_pointer = *word_at(&c, g->off_sp) };
    uint64_t n = offsetof(struct ptrace_syscall_info, entry);
    uint64_t *args = word_at(&c, g->off_arg0);
    if (e->state != TRACEE_HOST_STOP && s.kind == TRACE_ENTRY) {
        info.op = PTRACE_SYSCALL_INFO_ENTRY;
        info.entry.nr = (uint64_t)(int64_t)s.nr;
        memcpy(info.entry.args, args, sizeof info.entry.args);
        n = offsetof(struct ptrace_syscall_info, entry.args) + sizeof info.entry.args;
    } else if (e->state != TRACEE_HOST_STOP && s.kind == TRACE_EXIT) {
        info.op = PTRACE_SYSCALL_INFO_EXIT;
        info.exit.rval = (int64_t)*word_at(&c, g->off_ret);
        info.exit.is_error = (uint8_t)s.is_error;
        n = offsetof(struct ptrace_syscall_info, exit.is_error) + 1;
    } else if (e->state != TRACEE_HOST_STOP && s.kind == TRACE_EVENT && s.event == PTRACE_EVENT_SECCOMP) {
        info.op = PTRACE_SYSCALL_INFO_SECCOMP;
        info.seccomp.nr = (uint64_t)(int64_t)s.nr;
        memcpy(info.seccomp.args, args, sizeof info.seccomp.args);
        info.seccomp.ret_data = (uint32_t)s.message;
        n = offsetof(struct ptrace_syscall_info, seccomp.ret_data) + 4;
    }
    return copy_to_guest(to, &info, size < n ? size : n) ? -EFAULT : (int64_t)n;
}
