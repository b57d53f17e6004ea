/* What the files that select floating-point ops share: opcodes, forms by type. */
#ifndef BACKENDS_X86_64_FLOAT_H
#define BACKENDS_X86_64_FLOAT_H

#include "backends/x86_64/repair.h"

enum {
    V_ADD = 0x58 | X_0F, V_MUL = 0x59 | X_0F, V_SUB = 0x5c | X_0F, V_MIN = 0x5d | X_0F, V_DIV = 0x5e | X_0F, V_MAX = 0x5f | X_0F,
    V_SQRT = 0x51 | X_0F, V_AND = 0x54 | X_0F, V_ANDN = 0x55 | X_0F, V_OR = 0x56 | X_0F, V_XOR = 0x57 | X_0F,
    V_UCOMI = 0x2e | X_0F, V_COMI = 0x2f | X_0F, V_CMP = 0xc2 | X_0F,
    V_MOVDDUP = 0x12 | X_0F | X_F2, V_TESTPS = 0x0e | X_0F38 | X_66, V_TESTPD = 0x0f | X_0F38 | X_66,
    V_FMADD231 = 0xb8 | X_0F38 | X_66,      /* packed; scalar is one more */
    V_ROUNDPS = 0x08 | X_0F3A | X_66,       /* PD 09, SS 0a, SD 0b */
    V_INSERTPS = 0x21 | X_0F3A | X_66, V_PMOVZXWQ = 0x34 | X_0F38 | X_66, V_PEXTRD = 0x16 | X_0F3A | X_66,
    V_CVTSI2F = 0x2a | X_0F, V_CVTTF2SI = 0x2c | X_0F, V_CVTF2SI = 0x2d | X_0F, V_CVTF2F = 0x5a | X_0F,
    V_CVTDQ2PS = 0x5b | X_0F, V_CVTTPS2DQ = 0x5b | X_0F | X_F3, V_CVTPH2PS = 0x13 | X_0F38 | X_66, V_CVTPS2PH = 0x1d | X_0F3A | X_66,
    CMP_UNORD = 3,
};

static inline bool x_is_vector(unsigned type) { return type >= IR_V64; }
/* Double lanes: of a scalar type, or of a vector with its lane in aux. */
static inline bool x_is_double(unsigned type, unsigned aux) { return x_is_vector(type) ? (aux & 3) == IR_D : type == IR_F64; }
static inline bool x_is_half(unsigned type, unsigned aux) { return x_is_vector(type) ? (aux & 3) == IR_H : type == IR_F16; }
/* Mandatory prefix of the four arithmetic forms PS PD SS SD. */
static inline uint32_t x_form(unsigned type, bool dbl) { return x_is_vector(type) ? (dbl ? X_66 : 0) : dbl ? X_F2 : X_F3; }

/*
 * Register with the operand, where a V64's unused half does no harm: the low half doubled, so that
 * the upper lanes raise and compute nothing that the lower ones do not.
 */
static inline unsigned x_vector_operand(struct x_ctx *c, unsigned type, unsigned ref)
{
    unsigned r = x_use(c, ref);
    if (type != IR_V64)
        return r;
    unsigned t = x_xtmp(c);
    v_rr(c, V_MOVDDUP, 0, t, r);
    return t;
}

/* roundss's immediate of a rounding mode; -1 where the host has none. Bit 3 keeps inexact silent. */
int x_round_imm(unsigned round, bool exact);
/* cmpps's immediate of a vector predicate. */
unsigned x_host_predicate(unsigned pred);

/* ---- rounding.c ---- */
/* Another rounding mode (one that the host has) for what is computed between the two; t: a general register to use. */
void x_rounding_begin(struct x_ctx *c, enum ir_round round, unsigned t);
void x_rounding_end(struct x_ctx *c, unsigned t);

/* ---- sel_half.c: the same ops on halves ---- */
x_sel_fn x_half_arith, x_half_sqrt, x_half_minmax, x_half_fma, x_half_round, x_half_vcmp, x_half_from_int, x_half_from_double,
         x_half_vto_int, x_half_vfrom_int;
void x_half_mulx(struct x_ctx *c, const struct ir_insn *in, struct x_ops o, struct x_repair r);
void x_half_step(struct x_ctx *c, const struct ir_insn *in, struct x_ops o, struct x_repair r);
/* A temporary with the operand's lanes in single precision (V128: 256 bits). */
unsigned x_half_widen(struct x_ctx *c, unsigned type, unsigned ref);
/*
 * Compares scalars so that one host condition decides the predicate (all but equality), and returns
 * it: "above" and "above or equal" are false for unordered operands.
 */
enum x_cc x_fcmp_flags(struct x_ctx *c, const struct ir_insn *in, struct x_ops o);
/* A flagfcmp's comparison (not of half precision) where nothing may be allocated. */
void x_flagfcmp_in_place(struct x_ctx *c, const struct ir_insn *in, struct x_ops o);
/* Compares scalars, or with swap the second with the first, as x_fcmp_flags does. */
void x_half_compare(struct x_ctx *c, bool signal, bool swap, struct x_ops o);

#endif
