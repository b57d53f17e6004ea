/* struct fe_guest of RV64: registers, announced extensions, floating-point control, Linux ABI facts. */
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "frontends/riscv64/abi.h"

/* ---- registers ---- */

static const struct ir_slot slots[] = {
#define REG(name, type, group) {#name, offsetof(struct rv64_regs, name), IR_##type, false},
#include "frontends/riscv64/regs.def"
#undef REG
};

static const struct fe_reg regs_table[] = {
#define REG(name, type, group) {#name, offsetof(struct rv64_regs, name), sizeof((struct rv64_regs *)0)->name, FE_##group},
#include "frontends/riscv64/regs.def"
#undef REG
};

static void reset(void *regs, uint64_t sp)
{
    struct rv64_regs *r = regs;
    memset(r, 0, sizeof *r);
    r->x2 = sp;
    r->ex_addr = ~(uint64_t)0;
}

static void set_tls(void *regs, uint64_t tls) { ((struct rv64_regs *)regs)->x4 = tls; }

/* ---- floating-point control and status ---- */

/* fflags has the neutral bits in reverse order: NV is bit 4 there and IR_FP_INVALID bit 0, down to NX. */
static unsigned reversed(unsigned flags)
{
    unsigned out = 0;
    for (unsigned i = 0; i < 5; i++)
        out |= (flags >> i & 1) << (4 - i);
    return out;
}
_Static_assert(RV64_NV == 16 && RV64_DZ == 8 && RV64_OF == 4 && RV64_UF == 2 && RV64_NX == 1 && FE_FP_INVALID == 1 &&
               FE_FP_DIVZERO == 2 && FE_FP_OVERFLOW == 4 && FE_FP_UNDERFLOW == 8 && FE_FP_INEXACT == 16, "reversed");

static uint32_t mode(const void *regs) { return ((const struct rv64_regs *)regs)->frm; }

void rv64_fp_control(const void *regs, enum ir_round *round, bool *flush, unsigned *sticky)
{
    static const uint8_t rounds[8] = {IR_RN, IR_RZ, IR_RM, IR_RP, IR_RN, IR_RN, IR_RN, IR_RN};
    const struct rv64_regs *r = regs;
    *round = rounds[r->frm & 7];
    *flush = false;
    *sticky = reversed(r->fflags);
}

void rv64_fp_sticky(void *regs, unsigned raised) { ((struct rv64_regs *)regs)->fflags |= reversed(raised); }

/* ---- what CPU the guest is ---- */

bool rv64_has[RV64_NCOMBINED];

static const struct fe_feature features[RV64_NEXTENSIONS] = {
#define BASE(letter, ...) {#letter, "" __VA_ARGS__},
#define EXT(name, bit, ...) {#name, "" __VA_ARGS__},
#include "frontends/riscv64/ext.def"
#undef BASE
#undef EXT
};

static const struct fe_cpu_model models[] = {
#define MODEL(name, features) {#name, features},
#define ALIAS(name, features)
#include "frontends/riscv64/models.def"
#undef MODEL
#undef ALIAS
}, aliases[] = {
#define MODEL(name, features)
#define ALIAS(name, features) {#name, features},
#include "frontends/riscv64/models.def"
#undef MODEL
#undef ALIAS
};

static void cpu_selected(const struct fe_cpu_model *model)
{
    /* The extension behind each of the decode tables'. */
    static const uint8_t extensions[] = {
#define X(name) RV64_HAS_##name,
        RV64_EXTENSIONS(X)
#undef X
    };
    (void)model;
#define EITHER(name, a, b) rv64_has[RV64_HAS_##name] = rv64_has[RV64_HAS_##a] || rv64_has[RV64_HAS_##b];
#define BOTH(name, a, b) rv64_has[RV64_HAS_##name] = rv64_has[RV64_HAS_##a] && rv64_has[RV64_HAS_##b];
#include "frontends/riscv64/ext_combined.def"
#undef EITHER
#undef BOTH
    for (size_t i = 0; i < sizeof extensions; i++)
        rv64_ext_off[i] = !rv64_has[extensions[i]];
}

/* COMPAT_HWCAP_ISA_*: a bit for each single letter. */
static uint64_t hwcap(unsigned word)
{
    uint64_t v = 0;
#define BASE(letter, ...) v |= rv64_has[RV64_HAS_##letter] ? (uint64_t)1 << (#letter[0] - 'a') : 0;
#define EXT(name, bit, ...)
#include "frontends/riscv64/ext.def"
#undef BASE
#undef EXT
    return word == 1 ? v : 0;
}

/* ---- /proc/cpuinfo ---- */

/* A text buffer as snprintf has it: the length counts on past the end. */
struct text { char *buf; size_t size, len; };

static void put(struct text *t, const char *s)
{
    for (; *s; s++, t->len++)
        if (t->len + 1 < t->size)
            t->buf[t->len] = *s;
}

static void put_number(struct text *t, unsigned v)
{
    char s[12], *p = s + sizeof s;
    *--p = 0;
    do
        *--p = (char)('0' + v % 10);
    while (v /= 10);
    put(t, p);
}

static void put_isa(struct text *t)
{
    put(t, "rv64");
#define BASE(letter, ...) put(t, rv64_has[RV64_HAS_##letter] ? #letter : "");
#define EXT(name, bit, ...) put(t, bit != RV64_SILENT && rv64_has[RV64_HAS_##name] ? "_" #name : "");
#include "frontends/riscv64/ext.def"
#undef BASE
#undef EXT
}

/* The format of arch/riscv/kernel/cpu.c. */
static int cpuinfo(char *buf, size_t size, unsigned cpu)
{
    struct text t = {buf, size, 0};
    put(&t, "processor\t: ");
    put_number(&t, cpu);
    put(&t, "\nhart\t\t: ");
    put_number(&t, cpu);
    put(&t, "\nisa\t\t: ");
    put_isa(&t);
    put(&t, "\nmmu\t\t: sv48\nmvendorid\t: 0x0\nmarchid\t\t: 0x0\nmimpid\t\t: 0x0\nhart isa\t: ");
    put_isa(&t);
    put(&t, "\n\n");
    if (size)
        buf[t.len < size ? t.len : size - 1] = 0;
    return (int)t.len;
}

/* ---- Linux ABI ---- */

enum { NR_PRCTL = 167, NR_RISCV_HWPROBE = 258, NR_RISCV_FLUSH_ICACHE = 259, FLUSH_ICACHE_LOCAL = 1 };

/* Who emits code asks for leave to do with FENCE.I alone (Linux, Documentation/arch/riscv/cmodx.rst): it always suffices here. */
enum { SET_ICACHE_FLUSH_CTX = 71, SW_FENCEI_OFF = 1, SCOPE_PER_THREAD = 1 };

static const struct fe_own_call own_calls[] = {
    {NR_RISCV_HWPROBE, "riscv_hwprobe", {"pairs", "size", "size", "addr", "hex"}},
    {NR_RISCV_FLUSH_ICACHE, "riscv_flush_icache", {"addr", "addr", "hex"}},
    {0},
};

static bool own_syscall(void *regs, uint64_t nr, const uint64_t args[6], int64_t *result,
                        void (*flush)(void *ctx, uint64_t start, uint64_t end), void *ctx)
{
    (void)regs;
    switch (nr) {
    case NR_PRCTL:
        if ((int)args[0] != SET_ICACHE_FLUSH_CTX)
            return false;
        *result = args[1] > SW_FENCEI_OFF || args[2] > SCOPE_PER_THREAD ? -EINVAL : 0;
        return true;
    case NR_RISCV_HWPROBE:
        *result = rv64_hwprobe(args);
        return true;
    case NR_RISCV_FLUSH_ICACHE:
        *result = args[2] & ~(uint64_t)FLUSH_ICACHE_LOCAL ? -EINVAL : 0;
        if (!*result)
            flush(ctx, args[0], args[1]);
        return true;
    default:
        return false;
    }
}

static int dead_slot(const uint8_t *bytes, size_t avail)
{
    (void)bytes, (void)avail;
    return -1;
}

static const uint32_t open_flags[][2] = {{0, 0}};

/* arch/riscv/kernel/vdso/vdso.lds.S */
static const struct fe_vdso vdso = {
    .version = "LINUX_4.15",
    .calls = (const struct fe_vdso_call[]){
        {"__vdso_rt_sigreturn", 139}, {"__vdso_gettimeofday", 169}, {"__vdso_clock_gettime", 113}, {"__vdso_clock_getres", 114},
        {"__vdso_getcpu", 168}, {"__vdso_flush_icache", 259}, {"__vdso_riscv_hwprobe", 258}, {NULL, 0},
    },
    .code = {0x00000893 /* li a7, NR */, 0x00000073 /* ecall */, 0x00008067 /* ret */}, .nr_shift = 20,
};

/* arch/riscv/kernel/ptrace.c; it has no single steps, debuggers place breakpoints. */
static const struct fe_regset regsets[] = {
    {NT_PRSTATUS, 32 * 8, 8, FE_SET_GENERAL, NULL},
    {NT_PRFPREG, 33 * 8, 8, FE_SET_FLOAT, NULL},
    {0, 0, 0, 0, NULL},
};

static const char *const qemu_names[] = {"qemu-riscv64", "qemu-riscv64-static", "riscv64", NULL};

const struct fe_guest fe_riscv64 = {
    .name = "riscv64",
    .elf_machine = EM_RISCV,
    .elf_class = ELFCLASS64,
    .elf_data = ELFDATA2LSB,
    .uname_machine = "riscv64",
    .qemu_names = qemu_names,
    .interp_dirs = "/lib/ld-linux-riscv64-lp64d.so.1",
    .features = features, .nfeatures = RV64_NEXTENSIONS,
    .models = models, .nmodels = sizeof models / sizeof models[0],
    .aliases = aliases, .naliases = sizeof aliases / sizeof aliases[0],
    .has = rv64_has,
    .cpu_selected = cpu_selected,
    .slots = slots,
    .nslots = sizeof slots / sizeof slots[0],
    .regs = regs_table,
    .nregs = sizeof regs_table / sizeof regs_table[0],
    .regs_size = sizeof(struct rv64_regs),
    .nan = IR_NAN_CANON_POS,
    .insn_align_log2 = 1,
    .insn_max = 4,
    .off_sp = offsetof(struct rv64_regs, x2),
    .off_arg0 = offsetof(struct rv64_regs, x10),
    .off_tls = offsetof(struct rv64_regs, x4),
    .off_sysno = offsetof(struct rv64_regs, x17),
    .off_ret = offsetof(struct rv64_regs, x10),
    .off_fp = offsetof(struct rv64_regs, x8), .off_ra = offsetof(struct rv64_regs, x1), .frame_fp = -16, .frame_ra = -8,
    .reset = reset,
    .mode = mode,
    .lift = rv64_lift,
    .describe = rv64_describe,
    .dead_slot = dead_slot,
    .helpers = rv64_helpers,
    .helper_names = rv64_helper_names,
    .helper_reasons = rv64_helper_reasons,
    .nhelpers = RV64_NHELPERS,
    .rows = rv64_rows, .nrows = &rv64_nrows, .row_of = rv64_row_of,
    .fp_control = rv64_fp_control,
    .fp_sticky = rv64_fp_sticky,
    .hwcap = hwcap,
    .page_size = 4096,
    .address_space = 1ull << 38,        /* Sv39, which runs everywhere and which sanitizers insist on */
    .tsan_address_space = 1ull << 38,
    .user_dispatch = true,
    .min_sigstack = 2048,
    .signal_frame = rv64_signal_frame,
    .signal_return = rv64_signal_return,
    .vdso = &vdso,
    .set_tls = set_tls,
    .own_calls = own_calls,
    .own_syscall = own_syscall,
    .cpuinfo = cpuinfo,
    .open_flags = open_flags,
    .prstatus = rv64_user_regs,
    .fpregset = rv64_fp_regs,
    .set_prstatus = rv64_set_user_regs,
    .set_fpregset = rv64_set_fp_regs,
    .regsets = regsets,
    .debug = &rv64_debug,
};
