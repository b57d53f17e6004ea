/* What the eval*.c files share: reference semantics by subject. */
#ifndef IR_EVAL_H
#define IR_EVAL_H

#include "ir/ir.h"

typedef unsigned __int128 ir_u128;

/* Operands of one computation; out starts as zero. */
struct ir_eval {
    const struct ir_insn *in;
    enum ir_type atype;
    unsigned rules;             /* ir_func.rules */
    const uint8_t *sel;
    const union ir_value *a, *b, *c;
    union ir_value *out;
};

void ir_eval_int(const struct ir_eval *e);
void ir_eval_float(const struct ir_eval *e);        /* scalar, or lane by lane */
void ir_eval_move(const struct ir_eval *e);
void ir_eval_vec(const struct ir_eval *e);
void ir_eval_wide(const struct ir_eval *e);         /* lanes that change size, reductions, polynomials */
void ir_eval_crypto(const struct ir_eval *e);

/* Arm's estimate tables: 9 bits in 256..511 (128..511 for the square root) to 256..511. */
unsigned ir_recip_estimate(unsigned a);
unsigned ir_recip_sqrt_estimate(unsigned a);

/* Carry-less product of two 64-bit polynomials. */
ir_u128 ir_clmul(uint64_t a, uint64_t b);

/* A lane of a vector, zero- or sign-extended; bits is 8, 16, 32 or 64. */
static inline uint64_t ir_lane_u(const union ir_value *v, unsigned bits, unsigned i)
{
    switch (bits) {
    case 8: return v->b[i];
    case 16: return v->u16[i];
    case 32: return v->u32[i];
    default: return v->u64[i];
    }
}
static inline int64_t ir_lane_s(const union ir_value *v, unsigned bits, unsigned i)
{
    switch (bits) {
    case 8: return (int8_t)v->b[i];
    case 16: return (int16_t)v->u16[i];
    case 32: return (int32_t)v->u32[i];
    default: return (int64_t)v->u64[i];
    }
}
static inline void ir_lane_set(union ir_value *v, unsigned bits, unsigned i, uint64_t x)
{
    switch (bits) {
    case 8: v->b[i] = (uint8_t)x; break;
    case 16: v->u16[i] = (uint16_t)x; break;
    case 32: v->u32[i] = (uint32_t)x; break;
    default: v->u64[i] = x; break;
    }
}
static inline unsigned ir_lanes(enum ir_type type, unsigned bits) { return (type == IR_V64 ? 64 : 128) / bits; }

#endif
