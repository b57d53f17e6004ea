/* What the files that select floating-point ops share: opcodes, forms by type. */
#ifndef BACKENDS_X86_64_FLOAT_H
#define BACKENDS_X86_64_FLOAT_H

#include "backends/x86_64/repair.h"

enum {
    V_ADD = 0x58 | X_0F, V_MUL = 0x59 | X_0F, V_SUB = 0x5c | X_0F, V_MIN = 0x5d | X_0F, V_DIV = 0x5e | X_0F, V_MAX = 0x5f | X_0F,
    V_SQRT = 0x51 | X_0F, V_AND = 0x54 | X_0F, V_ANDN = 0x55 | X_0F, V_OR = 0x56 | X_0F, V_XOR = 0x57 | X_0F,
    V_UCOMI = 0x2e | X_0F, V_COMI = 0x2f | X_0F, V_CMP = 0xc2 | X_0F,
    V_MOVDDUP = 0x12 | X_0F | X_F2, V_TESTPS = 0x0e | X_0F38 | X_66,
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

#endif
