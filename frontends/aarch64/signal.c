/*
 * Signal frames as arch/arm64/kernel/signal.c lays them out: a struct rt_sigframe (siginfo, ucontext
 * with the records of its sigcontext's reserved area), and above it a frame record {x29, x30} that
 * unwinders follow.
 */
#include <errno.h>
#include <string.h>

#include "frontends/aarch64/abi.h"
#include "frontends/aarch64/lift.h"

enum {
    FPSIMD_MAGIC = 0x46508001, ESR_MAGIC = 0x45535201,
    RESERVED = 4096,
    PSR_NZCV_SHIFT = 28,
};
/* Bits of PSTATE that a frame must not set: a mode other than EL0 in AArch64, interrupt masks. */
#define PSR_PRIVILEGED 0x3dfull

struct sigcontext_a64 {
    uint64_t fault_address;
    uint64_t x[31], sp, pc, pstate, pad;
};
struct ucontext_a64 {
    uint64_t flags, link;
    uint64_t stack_sp;
    uint32_t stack_flags, stack_pad;
    uint64_t stack_size;
    uint64_t mask;
    uint8_t mask_room[1024 / 8 - 8];
    struct sigcontext_a64 mc __attribute__((aligned(16)));
};
struct rt_sigframe {        /* followed by RESERVED bytes of records */
    uint8_t siginfo[128];
    struct ucontext_a64 uc;
};
struct record { uint32_t magic, size; };
struct fpsimd_record { struct record head; uint32_t fpsr, fpcr; struct a64_v v[32]; };
struct esr_record { struct record head; uint64_t esr; };
struct frame_record { uint64_t fp, lr; };

_Static_assert(offsetof(struct ucontext_a64, mc) == 176, "uapi layout");
_Static_assert(sizeof(struct sigcontext_a64) == 288, "uapi layout");
_Static_assert(sizeof(struct rt_sigframe) == 592 && sizeof(struct fpsimd_record) == 528, "uapi layout");

/* Part of the frame that carries information; the rest of the reserved area stays as the stack has it. */
struct frame_head {
    struct rt_sigframe f;
    struct fpsimd_record fpsimd;
    struct esr_record esr;
    struct record end, end_if_esr;
};

static void save_fpsimd(const struct a64_regs *r, struct fpsimd_record *f)
{
    f->head = (struct record){FPSIMD_MAGIC, sizeof *f};
    f->fpsr = a64_read_fpsr(r);
    f->fpcr = r->fpcr;
    memcpy(f->v, &r->v0, sizeof f->v);
}

int a64_signal_frame(void *regs, uint64_t *pc, const struct fe_signal *s)
{
    struct a64_regs *r = regs;
    uint64_t record = ((s->sp & ~(uint64_t)15) - sizeof(struct frame_record)) & ~(uint64_t)15;
    uint64_t base = record - sizeof(struct rt_sigframe) - RESERVED;
    int code;
    memcpy(&code, (const char *)s->siginfo + 8, sizeof code);

    struct frame_head head;
    memset(&head, 0, sizeof head);
    struct rt_sigframe *f = &head.f;
    if (s->siginfo_wanted)
        memcpy(f->siginfo, s->siginfo, sizeof f->siginfo);
    f->uc.stack_sp = s->stack_sp;
    f->uc.stack_flags = s->stack_flags;
    f->uc.stack_size = s->stack_size;
    f->uc.mask = s->mask;
    memcpy(f->uc.mc.x, r, 32 * 8);      /* x0-x30, sp */
    f->uc.mc.pc = *pc;
    f->uc.mc.pstate = (uint64_t)a64_nzcv(r->nzcv) << PSR_NZCV_SHIFT | r->pstate;
    save_fpsimd(r, &head.fpsimd);
    uint64_t esr = a64_syndrome(r, *pc, s, code);
    if (esr) {
        f->uc.mc.fault_address = s->fault_address;
        head.esr = (struct esr_record){{ESR_MAGIC, sizeof head.esr}, esr};
    }
    struct frame_record link = {r->x29, r->x30};
    if (fe_copy_to_guest(base, &head, sizeof head) || fe_copy_to_guest(record, &link, sizeof link))
        return -EFAULT;

    r->x0 = (uint64_t)s->signo;
    if (s->siginfo_wanted) {
        r->x1 = base + offsetof(struct rt_sigframe, siginfo);
        r->x2 = base + offsetof(struct rt_sigframe, uc);
    }
    r->sp = base;
    r->x29 = record;
    r->x30 = s->restorer ? s->restorer : s->trampoline;
    r->ex_addr = ~(uint64_t)0;
    *pc = s->handler;
    return 0;
}

/* Finds the FPSIMD record among those of the reserved area at `area`, checking all as the kernel does. */
static int read_fpsimd(uint64_t area, struct fpsimd_record *out)
{
    bool found = false;
    for (uint64_t off = 0;;) {
        struct record head;
        if (RESERVED - off < sizeof head || fe_copy_from_guest(&head, area + off, sizeof head))
            return -EFAULT;
        if (head.magic == 0)
            return head.size == 0 && found ? 0 : -EFAULT;
        if (head.size < sizeof head || head.size > RESERVED - off || head.size & 15)
            return -EFAULT;
        if (head.magic == FPSIMD_MAGIC) {
            if (found || head.size < sizeof *out || fe_copy_from_guest(out, area + off, sizeof *out))
                return -EFAULT;
            found = true;
        } else if (head.magic != ESR_MAGIC) {
            return -EFAULT;
        }
        off += head.size;
    }
}

int a64_signal_return(void *regs, uint64_t *pc, struct fe_sigreturn *out)
{
    struct a64_regs *r = regs;
    uint64_t base = r->sp;
    struct rt_sigframe f;
    struct fpsimd_record fpsimd;
    if (base & 15 || fe_copy_from_guest(&f, base, sizeof f) || read_fpsimd(base + sizeof f, &fpsimd))
        return -EFAULT;
    if (f.uc.mc.pstate & PSR_PRIVILEGED)
        return -EFAULT;
    memcpy(r, f.uc.mc.x, 32 * 8);
    *pc = f.uc.mc.pc;
    r->nzcv = a64_flagword((unsigned)(f.uc.mc.pstate >> PSR_NZCV_SHIFT) & 15);
    r->pstate = (uint32_t)f.uc.mc.pstate & A64_PSTATE_MASK;
    r->fpcr = fpsimd.fpcr & a64_fpcr_mask();
    a64_write_fpsr(r, fpsimd.fpsr);
    memcpy(&r->v0, fpsimd.v, sizeof fpsimd.v);
    r->ex_addr = ~(uint64_t)0;
    *out = (struct fe_sigreturn){f.uc.mask, f.uc.stack_sp, f.uc.stack_size, f.uc.stack_flags};
    return 0;
}
