/* Signal frames as Linux lays them out for rv64 (arch/riscv/kernel/signal.c, uapi ucontext.h, sigcontext.h, ptrace.h). */
#include <errno.h>
#include <string.h>

#include "frontends/riscv64/abi.h"

/* The union of floating-point states is as large as that of Q: 64 registers, 16-aligned. */
struct sigcontext {
    uint64_t pc, x[31];
    union {
        struct { uint64_t f[32]; uint32_t fcsr; } d;
        /* Extension records follow the D state where there are any; the list ends with magic 0, size 0. */
        struct { uint32_t padding[129], reserved, magic, size; } ext;
    } fp __attribute__((aligned(16)));
};

struct stack { uint64_t sp; int32_t flags; uint64_t size; };

struct ucontext {
    uint64_t flags, link;
    struct stack stack;
    uint64_t mask;
    uint8_t unused[1024 / 8 - 8];
    struct sigcontext mcontext;
};

struct rt_sigframe { uint8_t info[128]; struct ucontext uc; };

_Static_assert(sizeof(struct sigcontext) == 784 && offsetof(struct ucontext, mcontext) == 176 &&
               sizeof(struct rt_sigframe) == 1088, "the kernel's layout");

size_t rv64_user_regs(const void *regs, uint64_t pc, void *out)
{
    const struct rv64_regs *r = regs;
    memcpy(out, &pc, 8);
    memcpy((char *)out + 8, &r->x1, 31 * 8);
    return 32 * 8;
}

/* union __riscv_fp_state as the kernel shows it: the double-precision state. */
size_t rv64_fp_regs(const void *regs, void *out)
{
    const struct rv64_regs *r = regs;
    uint32_t tail[2] = {rv64_fcsr(r), 0};
    memcpy(out, &r->f0, 32 * 8);
    memcpy((char *)out + 32 * 8, tail, sizeof tail);
    return 33 * 8;
}

void rv64_set_user_regs(void *regs, uint64_t *pc, const void *in)
{
    struct rv64_regs *r = regs;
    memcpy(pc, in, 8);
    memcpy(&r->x1, (const char *)in + 8, 31 * 8);
}

void rv64_set_fp_regs(void *regs, const void *in)
{
    struct rv64_regs *r = regs;
    uint32_t fcsr;
    memcpy(&fcsr, (const char *)in + 32 * 8, sizeof fcsr);
    memcpy(&r->f0, in, 32 * 8);
    rv64_set_fcsr(r, fcsr);
}

int rv64_signal_frame(void *regs, uint64_t *pc, const struct fe_signal *s)
{
    struct rv64_regs *r = regs;
    struct rt_sigframe frame;
    uint64_t at = (s->sp - sizeof frame) & ~(uint64_t)15;
    memset(&frame, 0, sizeof frame);
    memcpy(frame.info, s->siginfo, sizeof frame.info);
    frame.uc.stack = (struct stack){s->stack_sp, (int32_t)s->stack_flags, s->stack_size};
    frame.uc.mask = s->mask;
    rv64_user_regs(r, *pc, &frame.uc.mcontext);
    memcpy(frame.uc.mcontext.fp.d.f, &r->f0, sizeof frame.uc.mcontext.fp.d.f);
    frame.uc.mcontext.fp.d.fcsr = rv64_fcsr(r);
    if (fe_copy_to_guest(at, &frame, sizeof frame))
        return -EFAULT;
    r->x1 = s->trampoline;
    r->x2 = at;
    r->x10 = (uint64_t)s->signo;
    r->x11 = at + offsetof(struct rt_sigframe, info);
    r->x12 = at + offsetof(struct rt_sigframe, uc);
    r->ex_addr = ~(uint64_t)0;
    *pc = s->handler;
    return 0;
}

int rv64_signal_return(void *regs, uint64_t *pc, struct fe_sigreturn *out)
{
    struct rv64_regs *r = regs;
    struct rt_sigframe frame;
    if (fe_copy_from_guest(&frame, r->x2, sizeof frame))
        return -EFAULT;
    const struct sigcontext *c = &frame.uc.mcontext;
    if (c->fp.ext.reserved || c->fp.ext.magic || c->fp.ext.size)
        return -EFAULT;         /* no extension has a record here */
    *pc = c->pc;
    memcpy(&r->x1, c->x, sizeof c->x);
    memcpy(&r->f0, c->fp.d.f, sizeof c->fp.d.f);
    rv64_set_fcsr(r, c->fp.d.fcsr);
    r->ex_addr = ~(uint64_t)0;
    *out = (struct fe_sigreturn){
        .mask = frame.uc.mask, .stack_sp = frame.uc.stack.sp, .stack_size = frame.uc.stack.size,
        .stack_flags = (uint32_t)frame.uc.stack.flags,
    };
    return 0;
}
