/*
 * What all A64 lifters share: registers read and written as the architecture's pseudocode does
 * (X[n], SP[], V[n]), immediates, conditions. Register numbers are the encoded ones: 31 is the zero
 * register in a64_rx and friends, the stack pointer in the *_sp forms.
 */
#ifndef FRONTENDS_AARCH64_LIFT_H
#define FRONTENDS_AARCH64_LIFT_H

#include "frontends/aarch64/regs.h"
#include "frontends/aarch64/a64_decode.h"

/* Helper numbers (op `helper`), in the order of a64_helpers in helpers.c. */
enum a64_helper {
#define HELPER(name, reason) A64_H_##name,
#include "frontends/aarch64/helpers.def"
#undef HELPER
    A64_NHELPERS
};

/* ---- integer registers ---- */

static inline enum ir_type a64_itype(unsigned sf) { return sf ? IR_I64 : IR_I32; }

/* X[n], I64. */
static inline ir_ref a64_rx(struct ir_func *fn, unsigned n) { return n == 31 ? ir_i64(fn, 0) : ir_get(fn, A64_x0 + n); }
/* W[n], I32. */
static inline ir_ref a64_rw(struct ir_func *fn, unsigned n) { return n == 31 ? ir_i32(fn, 0) : ir_trunc(fn, ir_get(fn, A64_x0 + n)); }
/* X[n] or W[n]. */
static inline ir_ref a64_r(struct ir_func *fn, unsigned sf, unsigned n) { return sf ? a64_rx(fn, n) : a64_rw(fn, n); }
/* The same with 31 meaning SP or WSP. */
static inline ir_ref a64_rx_sp(struct ir_func *fn, unsigned n) { return ir_get(fn, A64_x0 + n); }
static inline ir_ref a64_r_sp(struct ir_func *fn, unsigned sf, unsigned n) { return sf ? a64_rx_sp(fn, n) : ir_trunc(fn, a64_rx_sp(fn, n)); }

/* An I64 as it is, an I32 zero-extended: what a register holds after it was written with v. */
static inline ir_ref a64_widen(struct ir_func *fn, ir_ref v) { return ir_type_of(fn, v) == IR_I32 ? ir_zext(fn, IR_I64, 32, v) : v; }
/* Writes X[n] (v is I64) or W[n] (v is I32). */
static inline void a64_wr(struct ir_func *fn, unsigned n, ir_ref v) { if (n != 31) ir_put(fn, A64_x0 + n, a64_widen(fn, v)); }
static inline void a64_wr_sp(struct ir_func *fn, unsigned n, ir_ref v) { ir_put(fn, A64_x0 + n, a64_widen(fn, v)); }

/* ---- vector registers ---- */

/* Scalar type of a floating-point `ftype`/`type` field: 0 S, 1 D, 3 H; IR_VOID for the reserved 2. */
static inline enum ir_type a64_ftype(unsigned ftype)
{
    return ftype == 0 ? IR_F32 : ftype == 1 ? IR_F64 : ftype == 3 ? IR_F16 : IR_VOID;
}
static inline enum ir_type a64_vtype(unsigned q) { return q ? IR_V128 : IR_V64; }

/* All 128 bits of V[n]. */
static inline ir_ref a64_rq(struct ir_func *fn, unsigned n) { return ir_get(fn, A64_v0 + n); }
/* The low 64 bits, V64. */
static inline ir_ref a64_rd(struct ir_func *fn, unsigned n) { return ir_emit(fn, IR_vtrunc, IR_V64, 0, a64_rq(fn, n), 0, 0, 0); }
/* V128 or V64 by the instruction's Q bit. */
static inline ir_ref a64_rv(struct ir_func *fn, unsigned q, unsigned n) { return q ? a64_rq(fn, n) : a64_rd(fn, n); }
/* The low lane as F16, F32 or F64. */
static inline ir_ref a64_rf(struct ir_func *fn, enum ir_type t, unsigned n) { return ir_emit(fn, IR_v2f, t, 0, a64_rq(fn, n), 0, 0, 0); }

/* Writes V[n] and clears what lies above the value: V128 or V64, a scalar float, an integer. */
static inline void a64_wv(struct ir_func *fn, unsigned n, ir_ref v)
{
    if (ir_type_of(fn, v) == IR_V64)
        v = ir_emit(fn, IR_vzext, IR_V128, 0, v, 0, 0, 0);
    ir_put(fn, A64_v0 + n, v);
}
static inline void a64_wf(struct ir_func *fn, unsigned n, ir_ref v) { ir_put(fn, A64_v0 + n, ir_emit(fn, IR_f2v, IR_V128, 0, v, 0, 0, 0)); }
static inline void a64_wi(struct ir_func *fn, unsigned n, ir_ref v) { ir_put(fn, A64_v0 + n, ir_emit(fn, IR_i2v, IR_V128, 0, v, 0, 0, 0)); }

/* ---- immediates ---- */

static inline int64_t a64_sext(uint64_t v, unsigned bits) { return (int64_t)(v << (64 - bits)) >> (64 - bits); }

/* DecodeBitMasks for a logical immediate; false if reserved. */
static inline bool a64_bitmask(unsigned sf, unsigned n, unsigned immr, unsigned imms, uint64_t *mask)
{
    unsigned sel = n << 6 | (~imms & 0x3f);
    if (sel < 2 || (!sf && n))
        return false;
    unsigned esize = 1u << (31 - __builtin_clz(sel));
    unsigned s = imms & (esize - 1), r = immr & (esize - 1);
    if (s == esize - 1)
        return false;
    uint64_t e = ((uint64_t)1 << (s + 1)) - 1;
    if (r)
        e = e >> r | e << (esize - r);
    if (esize < 64) {
        e &= ((uint64_t)1 << esize) - 1;
        for (unsigned w = esize; w < 64; w *= 2)
            e |= e << w;
    }
    *mask = sf ? e : (uint32_t)e;
    return true;
}

/* ---- flags ---- */

static inline ir_ref a64_rflags(struct ir_func *fn) { return ir_get(fn, A64_nzcv); }
static inline void a64_wflags(struct ir_func *fn, ir_ref flags) { ir_put(fn, A64_nzcv, flags); }
/* Flags of a + b or a - b. */
static inline ir_ref a64_addflags(struct ir_func *fn, unsigned sub, ir_ref a, ir_ref b)
{
    if (sub)
        return ir_emit(fn, IR_flagsub, IR_I32, 0, a, b, 0, 0);
    return ir_emit(fn, IR_flagadc, IR_I32, 0, a, b, ir_const(fn, IR_I1, 0), 0);
}

/* ADD(S), SUB(S) in the forms whose register 31 is SP, as a destination unless flags are set. */
static inline void a64_addsub_sp(struct ir_func *fn, const struct a64_fields *f, ir_ref a, ir_ref b)
{
    ir_ref res = ir_op2(fn, f->sub ? IR_sub : IR_add, a, b);
    if (!f->setf) {
        a64_wr_sp(fn, f->Rd, res);
        return;
    }
    a64_wr(fn, f->Rd, res);
    a64_wflags(fn, a64_addflags(fn, f->sub, a, b));
}
/* ConditionHolds, an I1. */
static inline ir_ref a64_cond(struct ir_func *fn, unsigned cond)
{
    if (cond >= 14)
        return ir_const(fn, IR_I1, 1);
    return ir_emit(fn, IR_flagcond, IR_I1, cond, a64_rflags(fn), 0, 0, 0);
}
/* The IR's flag word of NZCV as four bits (N is bit 3). */
static inline uint32_t a64_flagword(unsigned nzcv)
{
    return (nzcv & 8 ? IR_FLAG_N : 0) | (nzcv & 4 ? IR_FLAG_Z : 0) | (nzcv & 2 ? IR_FLAG_C : 0) | (nzcv & 1 ? IR_FLAG_V : 0);
}
static inline unsigned a64_nzcv(uint32_t word)
{
    return (word & IR_FLAG_N ? 8 : 0) | (word & IR_FLAG_Z ? 4 : 0) | (word & IR_FLAG_C ? 2 : 0) | (word & IR_FLAG_V ? 1 : 0);
}

/* ---- addresses ---- */

/* Top-byte-ignore (D8.8): an address as memory is accessed with it, with bits 63:56 copies of bit 55. */
static inline uint64_t a64_untag(uint64_t addr) { return (uint64_t)a64_sext(addr, 56); }

/*
 * For an ordered, exclusive or atomic access of `bytes` (2 to 16) at addr: an alignment fault unless it lies within 16
 * aligned bytes (FEAT_LSE2) or is aligned. False if it faults for certain: nothing may follow. base_atomic.c.
 */
bool a64_check_aligned(struct ir_func *fn, ir_ref addr, unsigned bytes);

/* ---- helpers ---- */

static inline ir_ref a64_call(struct ir_func *fn, enum ir_type t, enum a64_helper h, ir_ref a, ir_ref b, ir_ref c, ir_ref d)
{
    return ir_helper(fn, t, h, a, b, c, d);
}

#endif
