/*
 * What the RV64 lifters share: registers read and written as the manual has them. Register numbers
 * are the encoded ones; integer register 0 reads as zero and is not written.
 */
#ifndef FRONTENDS_RISCV64_LIFT_H
#define FRONTENDS_RISCV64_LIFT_H

#include "frontends/riscv64/regs.h"
#include "frontends/riscv64/rv64_decode.h"

/* Helper numbers (op `helper`), in the order of rv64_helpers in helpers.c. */
enum rv64_helper {
#define HELPER(name, reason) RV64_H_##name,
#include "frontends/riscv64/helpers.def"
#undef HELPER
    RV64_NHELPERS
};

/* X(n), I64; its low half, I32. */
static inline ir_ref rv64_rx(struct ir_func *fn, unsigned n) { return n ? ir_get(fn, RV64_zero + n) : ir_i64(fn, 0); }
static inline ir_ref rv64_rw(struct ir_func *fn, unsigned n) { return ir_trunc(fn, rv64_rx(fn, n)); }
/* Writes X(n) with an I64, or with an I32 sign-extended. */
static inline void rv64_wx(struct ir_func *fn, unsigned n, ir_ref v)
{
    if (n)
        ir_put(fn, RV64_zero + n, ir_type_of(fn, v) == IR_I32 ? ir_sext(fn, IR_I64, 32, v) : v);
}

/* Formats as the decode tables number them, and as instructions encode them. */
enum { RV64_SINGLE, RV64_DOUBLE, RV64_HALF };
static inline enum ir_type rv64_ftype(unsigned fmt) { return fmt == RV64_DOUBLE ? IR_F64 : fmt == RV64_HALF ? IR_F16 : IR_F32; }

enum { RV64_CACHE_BLOCK = 64 };     /* bytes: Zicbom, Zicboz */

/* Control register operations, as the low bits of funct3. */
enum { RV64_CSR_WRITE = 1, RV64_CSR_SET, RV64_CSR_CLEAR };
enum { RV64_CSR_FFLAGS = 1, RV64_CSR_FRM = 2, RV64_CSR_FCSR = 3,
       RV64_CSR_CYCLE = 0xc00, RV64_CSR_TIME = 0xc01, RV64_CSR_INSTRET = 0xc02,
       RV64_CSR_HPMCOUNTER3 = 0xc03, RV64_CSR_HPMCOUNTER31 = 0xc1f };

#endif
