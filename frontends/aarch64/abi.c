/* struct fe_guest of A64: registers, floating-point control, Linux ABI facts. */
#include <elf.h>
#include <string.h>

#include "frontends/aarch64/abi.h"
#include "frontends/aarch64/lift.h"

/* ---- registers ---- */

static const struct ir_slot slots[] = {
#define REG(name, type, group) {#name, offsetof(struct a64_regs, name), IR_##type, A64_##name == A64_nzcv},
#include "frontends/aarch64/regs.def"
#undef REG
};

static const struct fe_reg regs_table[] = {
#define REG(name, type, group) {#name, offsetof(struct a64_regs, name), sizeof((struct a64_regs *)0)->name, FE_##group},
#include "frontends/aarch64/regs.def"
#undef REG
};

static void reset(void *regs, uint64_t sp)
{
    struct a64_regs *r = regs;
    memset(r, 0, sizeof *r);
    r->sp = sp;
    r->ex_addr = ~(uint64_t)0;
    if (a64_has[A64_HAS_paca] || a64_has[A64_HAS_pacg])
        a64_pac_new_keys(r, ~0u);
    r->pstate = a64_has[A64_HAS_ssbs] ? A64_PSTATE_SSBS : 0;    /* as Linux starts tasks: speculation allowed */
}

static void set_tls(void *regs, uint64_t tls)
{
    ((struct a64_regs *)regs)->tpidr = tls;
}

/* ---- floating-point control and status ---- */

/* FPSR's cumulative bits 0-4 are in the order of FE_FP_*: IOC, DZC, OFC, UFC, IXC. */
#define SAME(fe, a64) _Static_assert((int)(fe) == (int)(a64), "same bits")
SAME(FE_FP_INVALID, A64_FPSR_IOC);
SAME(FE_FP_DIVZERO, A64_FPSR_DZC);
SAME(FE_FP_OVERFLOW, A64_FPSR_OFC);
SAME(FE_FP_UNDERFLOW, A64_FPSR_UFC);
SAME(FE_FP_INEXACT, A64_FPSR_IXC);
enum { STICKY = 31 };

uint32_t a64_read_fpsr(const struct a64_regs *r)
{
    return r->fpsr | (r->qc.d[0] | r->qc.d[1] ? A64_FPSR_QC : 0);
}

void a64_write_fpsr(struct a64_regs *r, uint32_t fpsr)
{
    r->fpsr = fpsr & (STICKY | A64_FPSR_IDC);
    r->qc.d[0] = fpsr & A64_FPSR_QC ? 1 : 0;
    r->qc.d[1] = 0;
}

uint32_t a64_mode(const void *regs)
{
    uint32_t fpcr = ((const struct a64_regs *)regs)->fpcr;
    return (fpcr >> A64_FPCR_RMODE_SHIFT & A64_MODE_RMODE) | (fpcr & A64_FPCR_FZ ? A64_MODE_FZ : 0) |
           (fpcr & A64_FPCR_DN ? A64_MODE_DN : 0) | (fpcr & A64_FPCR_FZ16 ? A64_MODE_FZ16 : 0) |
           (fpcr & A64_FPCR_AHP ? A64_MODE_AHP : 0) | (((const struct a64_regs *)regs)->fpsr_used ? A64_MODE_STATUS : 0);
}

void a64_fp_control(const void *regs, enum ir_round *round, bool *flush, unsigned *sticky)
{
    static const uint8_t rounds[4] = {IR_RN, IR_RP, IR_RM, IR_RZ};
    const struct a64_regs *r = regs;
    *round = rounds[r->fpcr >> A64_FPCR_RMODE_SHIFT & 3];
    *flush = r->fpcr & A64_FPCR_FZ;
    *sticky = (r->fpsr & STICKY) | (r->fpsr & A64_FPSR_IDC ? FE_FP_DENORMAL : 0);
}

void a64_fp_sticky(void *regs, unsigned raised)
{
    ((struct a64_regs *)regs)->fpsr |= (raised & STICKY) | (raised & FE_FP_DENORMAL ? A64_FPSR_IDC : 0);
}

/* ---- Linux ABI ---- */

static bool own_syscall(void *regs, uint64_t nr, const uint64_t args[6], int64_t *result,
                        void (*flush)(void *ctx, uint64_t start, uint64_t end), void *ctx)
{
    enum { NR_PRCTL = 167 };
    (void)flush, (void)ctx;     /* caches are maintained by instructions */
    return nr == NR_PRCTL && a64_pac_prctl(regs, args, result);
}

/* struct user_pt_regs: x0-x30, sp, pc, pstate. */
static size_t prstatus(const void *regs, uint64_t pc, void *out)
{
    const struct a64_regs *r = regs;
    uint64_t v[34];
    memcpy(v, r, 32 * 8);
    v[32] = pc;
    v[33] = (uint64_t)a64_nzcv(r->nzcv) << 28 | r->pstate;
    memcpy(out, v, sizeof v);
    return sizeof v;
}

/* struct user_fpsimd_state: v0-v31, fpsr, fpcr. */
static size_t fpregset(const void *regs, void *out)
{
    const struct a64_regs *r = regs;
    uint32_t tail[4] = {a64_read_fpsr(r), r->fpcr, 0, 0};
    memcpy(out, &r->v0, 32 * 16);
    memcpy((char *)out + 32 * 16, tail, sizeof tail);
    return 33 * 16;
}

static void set_prstatus(void *regs, uint64_t *pc, const void *in)
{
    struct a64_regs *r = regs;
    uint64_t v[34];
    memcpy(v, in, sizeof v);
    memcpy(r, v, 32 * 8);
    *pc = v[32];
    r->nzcv = a64_flagword((unsigned)(v[33] >> 28) & 15);
    r->pstate = (uint32_t)v[33] & A64_PSTATE_MASK;
}

static void set_fpregset(void *regs, const void *in)
{
    struct a64_regs *r = regs;
    uint32_t tail[2];
    memcpy(tail, (const char *)in + 32 * 16, sizeof tail);
    memcpy(&r->v0, in, 32 * 16);
    r->fpcr = tail[1] & a64_fpcr_mask();
    a64_write_fpsr(r, tail[0]);
}

/* Debug registers: the architecture's version (6: v8), and none of them. */
static uint64_t no_debug_registers(void) { return 6 << 8; }

static uint64_t pac_mask(void) { return a64_has[A64_HAS_paca] ? A64_PAC_BITS : 0; }

/* arch/arm64/kernel/ptrace.c; struct user_hwdebug_state has 16 registers. */
static const struct fe_regset regsets[] = {
    {NT_PRSTATUS, 34 * 8, 8, FE_SET_GENERAL, NULL},
    {NT_PRFPREG, 33 * 16, 4, FE_SET_FLOAT, NULL},
    {NT_ARM_TLS, 8, 8, FE_SET_TLS, NULL},
    {NT_ARM_HW_BREAK, 8 + 16 * 16, 4, FE_SET_FIXED, no_debug_registers},
    {NT_ARM_HW_WATCH, 8 + 16 * 16, 4, FE_SET_FIXED, no_debug_registers},
    {NT_ARM_SYSTEM_CALL, 4, 4, FE_SET_SYSCALL, NULL},
    {NT_ARM_PAC_MASK, 16, 8, FE_SET_TWICE, pac_mask},   /* of data and of instruction pointers */
    {NT_ARM_TAGGED_ADDR_CTRL, 8, 8, FE_SET_TAGGED, NULL},
    {0, 0, 0, 0, NULL},
};

/* arch/arm64/include/uapi/asm/fcntl.h: O_DIRECTORY, O_NOFOLLOW, O_DIRECT, O_LARGEFILE. */
static const uint32_t open_flags[][2] = {
    {0040000, 0200000}, {0100000, 0400000}, {0200000, 0040000}, {0400000, 0100000}, {0, 0},
};

/* arch/arm64/kernel/vdso/vdso.lds.S */
static const struct fe_vdso vdso = {
    .version = "LINUX_2.6.39",
    .calls = (const struct fe_vdso_call[]){
        {"__kernel_rt_sigreturn", 139}, {"__kernel_gettimeofday", 169}, {"__kernel_clock_gettime", 113}, {"__kernel_clock_getres", 114},
        {NULL, 0},
    },
    .code = {0xd2800008 /* mov x8, #NR */, 0xd4000001 /* svc #0 */, 0xd65f03c0 /* ret */}, .nr_shift = 5,
};

static const char *const qemu_names[] = {"qemu-aarch64", "qemu-aarch64-static", "aarch64", "arm64", NULL};

const struct fe_guest fe_aarch64 = {
    .name = "aarch64",
    .elf_machine = EM_AARCH64,
    .elf_class = ELFCLASS64,
    .elf_data = ELFDATA2LSB,
    .uname_machine = "aarch64",
    .platform = "aarch64",
    .qemu_names = qemu_names,
    .interp_dirs = "/lib/ld-linux-aarch64.so.1",

    .features = a64_features, .nfeatures = A64_NFEATURES,
    .models = a64_models, .nmodels = A64_NMODELS,
    .aliases = a64_aliases, .naliases = A64_NALIASES,
    .has = a64_has,
    .cpu_selected = a64_cpu_selected,

    .slots = slots, .nslots = sizeof slots / sizeof slots[0],
    .regs = regs_table, .nregs = sizeof regs_table / sizeof regs_table[0],
    .regs_size = sizeof(struct a64_regs),
    .address_mask = ((uint64_t)1 << 56) - 1,     /* top-byte-ignore (D8.8) */
    .nan = IR_NAN_PROPAGATE,
    .insn_align_log2 = 2,
    .insn_max = 4,
    .off_sp = offsetof(struct a64_regs, sp),
    .off_arg0 = offsetof(struct a64_regs, x0),
    .off_tls = offsetof(struct a64_regs, tpidr),
    .off_sysno = offsetof(struct a64_regs, x8),
    .off_ret = offsetof(struct a64_regs, x0),
    .off_fp = offsetof(struct a64_regs, x29), .off_ra = offsetof(struct a64_regs, x30), .frame_fp = 0, .frame_ra = 8,
    .off_flush = offsetof(struct a64_regs, flush_addr),
    .reset = reset,

    .mode = a64_mode,
    .lift = a64_lift,
    .dead_slot = a64_dead_slot,
    .helpers = a64_helpers,
    .helper_names = a64_helper_names,
    .helper_reasons = a64_helper_reasons,
    .nhelpers = A64_NHELPERS,
    .rows = a64_rows, .nrows = &a64_nrows, .row_of = a64_row_of,
    .fp_control = a64_fp_control,
    .fp_sticky = a64_fp_sticky,

    .hwcap = a64_hwcap,
    .page_size = 4096,
    .address_space = 1ull << 47,        /* the most a host has: AddressSanitizer wants room for 4 TiB */
    .tsan_address_space = 1ull << 42,   /* of 39, 42 and 48 bits, the largest that a host with 47 has */
    .sa_restorer = true,
    .min_sigstack = 5120,
    .data_address = a64_data_address,
    .signal_frame = a64_signal_frame,
    .signal_return = a64_signal_return,
    .vdso = &vdso,
    .set_tls = set_tls,
    .own_syscall = own_syscall,
    .cpuinfo = a64_cpuinfo,
    .cpu_file = a64_cpu_file,
    .open_flags = open_flags,
    .prstatus = prstatus,
    .fpregset = fpregset,
    .set_prstatus = set_prstatus,
    .set_fpregset = set_fpregset,
    .regsets = regsets,
    .steps = true,
    .debug = &a64_debug,
};
