/*
 * The A64 register file as C: struct a64_regs, slot numbers (A64_x0 ..., for ir_get and ir_put), and
 * accessors by register number for C code. Derived from regs.def.
 */
#ifndef FRONTENDS_AARCH64_REGS_H
#define FRONTENDS_AARCH64_REGS_H

#include "frontends/guest.h"

struct a64_v { uint64_t d[2]; } __attribute__((aligned(16)));

#define A64_CTYPE_I32 uint32_t
#define A64_CTYPE_I64 uint64_t
#define A64_CTYPE_V128 struct a64_v

struct a64_regs {
#define REG(name, type, group) A64_CTYPE_##type name;
#include "frontends/aarch64/regs.def"
#undef REG
};

enum a64_slot {
#define REG(name, type, group) A64_##name,
#include "frontends/aarch64/regs.def"
#undef REG
    A64_NSLOTS
};

_Static_assert(offsetof(struct a64_regs, x0) == 0 && offsetof(struct a64_regs, sp) == 31 * 8, "x0..x30, sp are an array");
_Static_assert(offsetof(struct a64_regs, v31) - offsetof(struct a64_regs, v0) == 31 * 16, "v0..v31 are an array");
_Static_assert((int)A64_NSLOTS <= (int)IR_MAX_SLOTS, "slots");

/* Integer register n (0-30; 31 is sp) and vector register n of a register file. */
static inline uint64_t *a64_x(struct a64_regs *r, unsigned n) { return (uint64_t *)r + n; }
static inline struct a64_v *a64_vreg(struct a64_regs *r, unsigned n) { return (struct a64_v *)((char *)r + offsetof(struct a64_regs, v0)) + n; }

/* FPCR bits that user code can set. */
enum {
    A64_FPCR_AHP = 1 << 26, A64_FPCR_DN = 1 << 25, A64_FPCR_FZ = 1 << 24, A64_FPCR_RMODE = 3 << 22, A64_FPCR_RMODE_SHIFT = 22,
    A64_FPCR_FZ16 = 1 << 19,
};
/* PSTATE bits beside NZCV that user code can set. */
enum { A64_PSTATE_SSBS = 1 << 12, A64_PSTATE_DIT = 1 << 24, A64_PSTATE_MASK = A64_PSTATE_SSBS | A64_PSTATE_DIT };
/* FPSR bits. */
enum {
    A64_FPSR_IOC = 1, A64_FPSR_DZC = 2, A64_FPSR_OFC = 4, A64_FPSR_UFC = 8, A64_FPSR_IXC = 16, A64_FPSR_IDC = 128,
    A64_FPSR_QC = 1 << 27,
};

/* Translation mode (fe_guest.mode, ir_func.mode): the FPCR bits that change what an instruction
 * translates to, and whether FPSR is in use. 0 is the default mode. */
enum { A64_MODE_RMODE = 3, A64_MODE_FZ = 4, A64_MODE_DN = 8, A64_MODE_FZ16 = 16, A64_MODE_AHP = 32, A64_MODE_STATUS = 64 };

#endif
