/*
 * The RV64 register file as C: struct rv64_regs, slot numbers (RV64_x1 ..., for ir_get and ir_put) and
 * accessors by register number. Derived from regs.def.
 */
#ifndef FRONTENDS_RISCV64_REGS_H
#define FRONTENDS_RISCV64_REGS_H

#include "frontends/guest.h"

#define RV64_CTYPE_I32 uint32_t
#define RV64_CTYPE_I64 uint64_t
#define RV64_CTYPE_F64 uint64_t     /* C code never computes with them */

struct rv64_regs {
#define REG(name, type, group) RV64_CTYPE_##type name;
#include "frontends/riscv64/regs.def"
#undef REG
};

enum rv64_slot {
#define REG(name, type, group) RV64_##name,
#include "frontends/riscv64/regs.def"
#undef REG
    RV64_NSLOTS
};

_Static_assert(offsetof(struct rv64_regs, x31) == 31 * 8, "x1..x31 stand at 8 times their number");
_Static_assert(offsetof(struct rv64_regs, f31) - offsetof(struct rv64_regs, f0) == 31 * 8, "f0..f31 are an array");
_Static_assert((int)RV64_NSLOTS <= (int)IR_MAX_SLOTS, "slots");

/* Integer register n (1-31) and floating-point register n of a register file. */
static inline uint64_t *rv64_x(struct rv64_regs *r, unsigned n) { return (uint64_t *)r + n; }
static inline uint64_t *rv64_f(struct rv64_regs *r, unsigned n) { return (uint64_t *)((char *)r + offsetof(struct rv64_regs, f0)) + n; }

/* Rounding modes: frm and the rm field of instructions (table 31 of the F chapter). Modes 5 and 6 are
 * reserved; 7 means "as frm" in an instruction and is reserved in frm. The translation mode
 * (fe_guest.mode, ir_func.mode) is frm. */
enum { RV64_RNE, RV64_RTZ, RV64_RDN, RV64_RUP, RV64_RMM, RV64_DYN = 7 };

/* fcsr's accrued exceptions. */
enum { RV64_NX = 1, RV64_UF = 2, RV64_OF = 4, RV64_DZ = 8, RV64_NV = 16 };

#endif
