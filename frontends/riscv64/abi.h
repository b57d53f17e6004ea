/* What the RV64 front end's files outside the lifters share. */
#ifndef FRONTENDS_RISCV64_ABI_H
#define FRONTENDS_RISCV64_ABI_H

#include "frontends/riscv64/lift.h"

#define RV64_TIME_HZ 1000000000u    /* the time CSR counts nanoseconds */

/* Extensions (ext.def), by number. */
enum rv64_extension {
#define BASE(letter, ...) RV64_HAS_##letter,
#define EXT(name, bit, ...) RV64_HAS_##name,
#include "frontends/riscv64/ext.def"
#undef BASE
#undef EXT
    RV64_NEXTENSIONS,
    RV64_BEFORE_COMBINED = RV64_NEXTENSIONS - 1,
#define EITHER(name, a, b) RV64_HAS_##name,
#define BOTH(name, a, b) RV64_HAS_##name,
#include "frontends/riscv64/ext_combined.def"
#undef EITHER
#undef BOTH
    RV64_NCOMBINED
};
enum { RV64_NAMED = -1, RV64_SILENT = -2 };    /* ext.def */
extern bool rv64_has[RV64_NCOMBINED];

/* abi.c */
void rv64_fp_control(const void *regs, enum ir_round *round, bool *flush, unsigned *sticky);
void rv64_fp_sticky(void *regs, unsigned raised);
static inline uint32_t rv64_fcsr(const struct rv64_regs *r) { return r->frm << 5 | r->fflags; }
static inline void rv64_set_fcsr(struct rv64_regs *r, uint32_t fcsr) { r->frm = fcsr >> 5 & 7; r->fflags = fcsr & 31; }

/* lift.c */
bool rv64_lift(struct ir_func *fn, const uint8_t *bytes, size_t avail, uint32_t mode);
int rv64_row_of(uint32_t word, unsigned width);

/* helpers.c */
extern uint64_t (*const rv64_helpers[])(void *regs, uint64_t, uint64_t, uint64_t, uint64_t);
extern const char *const rv64_helper_names[], *const rv64_helper_reasons[];

/* describe.c */
unsigned rv64_describe(uint64_t pc, const uint8_t *bytes, size_t avail, char *buf, size_t size);

/* hwprobe.c */
int64_t rv64_hwprobe(const uint64_t args[6]);

/* debug.c */
extern const struct fe_debug rv64_debug;

/* signal.c */
int rv64_signal_frame(void *regs, uint64_t *pc, const struct fe_signal *s);
int rv64_signal_return(void *regs, uint64_t *pc, struct fe_sigreturn *out);
size_t rv64_user_regs(const void *regs, uint64_t pc, void *out);
size_t rv64_fp_regs(const void *regs, void *out);
void rv64_set_user_regs(void *regs, uint64_t *pc, const void *in);
void rv64_set_fp_regs(void *regs, const void *in);

#endif
