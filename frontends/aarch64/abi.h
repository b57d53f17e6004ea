/* What the A64 front end announces about the machine, and its Linux ABI functions (abi.c, signal.c). */
#ifndef FRONTENDS_AARCH64_ABI_H
#define FRONTENDS_AARCH64_ABI_H

#include "frontends/aarch64/regs.h"

enum { A64_ZVA_BYTES = 64 };
#define A64_DCZID 4u                /* log2 of DC ZVA's words */
#define A64_CNTFRQ 1000000000u      /* the counter counts nanoseconds */
/*
 * CTR_EL0: 64-byte data lines that need no cleaning for fetch (IDC); instruction "lines" of 4 KiB,
 * because IC IVAU invalidates translations by page, and a program that flushes a range should trap
 * once a page. Physically tagged.
 */
#define A64_CTR (0x80000000u | 1u << 28 | 4u << 24 | 4u << 20 | 4u << 16 | 3u << 14 | 10u)

/* Features (features.def), by number. */
enum a64_feature {
#define FEATURE(name, ...) A64_HAS_##name,
#include "frontends/aarch64/features.def"
#undef FEATURE
    A64_NFEATURES
};

enum {
#define MODEL(name, midr, features) + 1
#define ALIAS(name, features)
    A64_NMODELS = 0
#include "frontends/aarch64/models.def"
    ,
#undef MODEL
#undef ALIAS
#define MODEL(name, midr, features)
#define ALIAS(name, features) + 1
    A64_NALIASES = 0
#include "frontends/aarch64/models.def"
#undef MODEL
#undef ALIAS
};

/* cpu.c: which there are, and the model. */
extern bool a64_has[A64_NFEATURES];
extern const struct fe_feature a64_features[A64_NFEATURES];
extern const struct fe_cpu_model a64_models[], a64_aliases[];
void a64_cpu_selected(const struct fe_cpu_model *);
uint64_t a64_hwcap(unsigned word);
int a64_cpuinfo(char *buf, size_t size, unsigned cpu);
int a64_cpu_file(const char *name, char *buf, size_t size);
/* ID register S3_0_C0_C<crm>_<op2> as the kernel shows it to user code; false where it would raise SIGILL. */
bool a64_id_register(unsigned crm, unsigned op2, uint64_t *value);

/* FPCR and FPSR as a program sees them <-> the register file (fpsr, qc). */
uint32_t a64_read_fpsr(const struct a64_regs *r);
void a64_write_fpsr(struct a64_regs *r, uint32_t fpsr);
/* FPCR's bits that this CPU has; the others read as zero (C5.2.8). */
static inline uint32_t a64_fpcr_mask(void)
{
    return A64_FPCR_AHP | A64_FPCR_DN | A64_FPCR_FZ | A64_FPCR_RMODE | (a64_has[A64_HAS_fphp] ? A64_FPCR_FZ16 : 0);
}

uint32_t a64_mode(const void *regs);
void a64_fp_control(const void *regs, enum ir_round *round, bool *flush, unsigned *sticky);
void a64_fp_sticky(void *regs, unsigned raised);

/* lift.c */
bool a64_lift(struct ir_func *fn, const uint8_t *bytes, size_t avail, uint32_t mode);
int a64_row_of(uint32_t word, unsigned width);
int a64_dead_slot(const uint8_t *bytes, size_t avail);

/* helpers.c */
extern uint64_t (*const a64_helpers[])(void *regs, uint64_t, uint64_t, uint64_t, uint64_t);
extern const char *const a64_helper_names[], *const a64_helper_reasons[];

/* The bits of a pointer that hold its code. */
#define A64_PAC_BITS ((uint64_t)0x7f << 48)
/* pauth.c: helpers, new random keys (bit n: key n), and prctl's options; false for those that are not its own. */
uint64_t a64_pac_sign(void *regs, uint64_t p, uint64_t modifier, uint64_t key, uint64_t unused);
uint64_t a64_pac_auth(void *regs, uint64_t p, uint64_t modifier, uint64_t key, uint64_t unused);
uint64_t a64_pac_generic(void *regs, uint64_t x, uint64_t modifier, uint64_t c, uint64_t d);
void a64_pac_new_keys(struct a64_regs *r, unsigned which);
bool a64_pac_prctl(struct a64_regs *r, const uint64_t a[6], int64_t *result);

/* mops.c: helpers of the memory copy and set instructions. */
uint64_t a64_cpy_start(void *regs, uint64_t d, uint64_t s, uint64_t n, uint64_t both);
uint64_t a64_cpy_go(void *regs, uint64_t dsn, uint64_t pc, uint64_t stage, uint64_t unused);
uint64_t a64_set_go(void *regs, uint64_t dsn, uint64_t pc, uint64_t stage, uint64_t unused);

/* fault.c */
uint64_t a64_data_address(const void *regs, uint64_t pc);
/* ESR_EL1 as Linux shows it in a signal frame; 0 if the signal is none of a fault's. si_code as in siginfo. */
uint64_t a64_syndrome(const struct a64_regs *r, uint64_t pc, const struct fe_signal *s, int si_code);

/* debug.c */
extern const struct fe_debug a64_debug;

/* signal.c */
int a64_signal_frame(void *regs, uint64_t *pc, const struct fe_signal *s);
int a64_signal_return(void *regs, uint64_t *pc, struct fe_sigreturn *out);

#endif
