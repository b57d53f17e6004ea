/*
 * The exact meaning of the integer ops, for whoever computes them: ir_eval, and the interpreter, which does so without a call.
 */
#ifndef IR_EVAL_INT_H
#define IR_EVAL_INT_H

#include "ir/eval.h"

static inline uint64_t ir_divide(enum ir_op op, unsigned width, uint64_t a, uint64_t b)
{
    int64_t sa = width == 32 ? (int32_t)a : (int64_t)a, sb = width == 32 ? (int32_t)b : (int64_t)b;
    switch (op) {
    case IR_divs: return !b ? 0 : sb == -1 ? 0 - a : (uint64_t)(sa / sb);
    case IR_divu: return b ? a / b : 0;
    case IR_rems: return !b ? a : sb == -1 ? 0 : (uint64_t)(sa % sb);
    default: return b ? a % b : a;
    }
}

static inline uint64_t ir_mul_high(enum ir_op op, unsigned width, uint64_t a, uint64_t b)
{
    __int128 x = op == IR_mulhu ? (__int128)a : width == 32 ? (int32_t)a : (int64_t)a;
    __int128 y = op != IR_mulhs ? (__int128)b : width == 32 ? (int32_t)b : (int64_t)b;
    return (uint64_t)((ir_u128)x * (ir_u128)y >> width);
}

static inline uint64_t ir_rotate_right(unsigned width, uint64_t a, unsigned n)
{
    return n ? a >> n | a << (width - n) : a;
}

static inline uint64_t ir_reverse_bits(unsigned width, uint64_t a)
{
    uint64_t r = 0;
    for (unsigned i = 0; i < width; i++)
        r |= (a >> i & 1) << (width - 1 - i);
    return r;
}

static inline uint64_t ir_sign_extend(uint64_t a, unsigned bits) { return (uint64_t)((int64_t)(a << (64 - bits)) >> (64 - bits)); }
static inline uint64_t ir_zero_extend(uint64_t a, unsigned bits) { return a << (64 - bits) >> (64 - bits); }

static inline bool ir_compare(enum ir_cc cc, uint64_t a, uint64_t b)
{
    int64_t sa = (int64_t)a, sb = (int64_t)b;
    switch (cc) {
    case IR_EQ: return a == b;
    case IR_NE: return a != b;
    case IR_LTS: return sa < sb;
    case IR_GES: return sa >= sb;
    case IR_LES: return sa <= sb;
    case IR_GTS: return sa > sb;
    case IR_LTU: return a < b;
    case IR_GEU: return a >= b;
    case IR_LEU: return a <= b;
    case IR_GTU: return a > b;
    }
    return false;
}

/* A subtraction is a + ~b + 1, so that C means "no borrow". */
static inline uint32_t ir_flags_of_sum(unsigned width, uint64_t a, uint64_t b, unsigned carry)
{
    ir_u128 wide = (ir_u128)a + b + carry;
    uint64_t r = ir_zero_extend((uint64_t)wide, width);
    uint32_t f = 0;
    if (r >> (width - 1)) f |= IR_FLAG_N;
    if (!r) f |= IR_FLAG_Z;
    if (wide >> width & 1) f |= IR_FLAG_C;
    if ((~(a ^ b) & (a ^ r)) >> (width - 1) & 1) f |= IR_FLAG_V;
    return f;
}

static inline bool ir_condition(enum ir_fcc cc, uint32_t f)
{
    bool n = f & IR_FLAG_N, z = f & IR_FLAG_Z, c = f & IR_FLAG_C, v = f & IR_FLAG_V, r;
    switch (cc & ~1) {
    case IR_F_EQ: r = z; break;
    case IR_F_CS: r = c; break;
    case IR_F_MI: r = n; break;
    case IR_F_VS: r = v; break;
    case IR_F_HI: r = c && !z; break;
    case IR_F_GE: r = n == v; break;
    default: r = !z && n == v; break;
    }
    return r ^ (cc & 1);
}

static inline uint32_t ir_crc_step(uint32_t acc, uint64_t data, unsigned bits, bool castagnoli)
{
    uint32_t poly = castagnoli ? 0x82f63b78 : 0xedb88320;   /* bit-reversed */
    for (unsigned i = 0; i < bits; i++) {
        uint32_t bit = (acc ^ (uint32_t)(data >> i)) & 1;
        acc = acc >> 1 ^ (bit ? poly : 0);
    }
    return acc;
}

static inline unsigned ir_int_width(enum ir_type type) { return type == IR_I64 ? 64 : type == IR_I1 ? 1 : 32; }

/* Ops whose operands and results are integers: all from add to flagcond but these. */
static inline bool ir_is_int_op(unsigned op) { return op >= IR_add && op <= IR_flagcond && op != IR_select && op != IR_flagfcmp; }

/* A value's bits, zero beyond its type. */
static inline uint64_t ir_int_narrowed(enum ir_type type, uint64_t v)
{
    switch (type) {
    case IR_I1: return v & 1;
    case IR_I32: case IR_F32: return (uint32_t)v;
    case IR_F16: return (uint16_t)v;
    default: return v;
    }
}

/* The result of such an op; its bits beyond its type are zero, those of operands may be anything. */
static inline uint64_t ir_int_op(const struct ir_insn *in, enum ir_type atype, uint64_t a, uint64_t b, uint64_t c)
{
    enum ir_op op = (enum ir_op)in->op;
    unsigned width = ir_int_width((enum ir_type)in->type), awidth = ir_int_width(atype);
    unsigned n = (unsigned)b & (width - 1);
    uint64_t r;
    a = ir_int_narrowed(atype, a);
    switch (op) {
    case IR_add: r = a + b; break;
    case IR_sub: r = a - b; break;
    case IR_mul: r = a * b; break;
    case IR_mulhs: case IR_mulhu: case IR_mulhsu: r = ir_mul_high(op, width, a, ir_zero_extend(b, width)); break;
    case IR_divs: case IR_divu: case IR_rems: case IR_remu: r = ir_divide(op, width, a, ir_zero_extend(b, width)); break;
    case IR_neg: r = 0 - a; break;
    case IR_and: r = a & b; break;
    case IR_or: r = a | b; break;
    case IR_xor: r = a ^ b; break;
    case IR_andn: r = a & ~b; break;
    case IR_not: r = ~a; break;
    case IR_shl: r = a << n; break;
    case IR_shr: r = a >> n; break;
    case IR_sar: r = (uint64_t)((int64_t)ir_sign_extend(a, width) >> n); break;
    case IR_ror: r = ir_rotate_right(width, a, n); break;
    case IR_extr: n = (unsigned)in->imm; r = n ? ir_zero_extend(b, width) >> n | a << (width - n) : b; break;
    case IR_clz: r = a ? (unsigned)__builtin_clzll(a) - (64 - width) : width; break;
    case IR_ctz: r = a ? (unsigned)__builtin_ctzll(a) : width; break;
    case IR_popcnt: r = (unsigned)__builtin_popcountll(a); break;
    case IR_bswap: r = __builtin_bswap64(a) >> (64 - width); break;
    case IR_bitrev: r = ir_reverse_bits(width, a); break;
    case IR_sext: r = ir_sign_extend(a, in->aux); break;
    case IR_zext: r = ir_zero_extend(a, in->aux); break;
    case IR_trunc: r = a; break;
    case IR_cmp: r = ir_compare((enum ir_cc)in->aux, ir_sign_extend(a, awidth), ir_sign_extend(b, awidth)); break;
    case IR_crc32: r = ir_crc_step((uint32_t)a, b, 8u << (in->aux & 3), in->aux & 4); break;
    case IR_clmul: r = (uint64_t)ir_clmul(a, ir_zero_extend(b, width)); break;
    case IR_clmulh: r = (uint64_t)(ir_clmul(a, ir_zero_extend(b, width)) >> width); break;
    case IR_flagsub: r = ir_flags_of_sum(awidth, a, ir_zero_extend(~b, awidth), 1); break;
    case IR_flagadc: r = ir_flags_of_sum(awidth, a, ir_zero_extend(b, awidth), c & 1); break;
    case IR_flaglogic: r = (a >> (awidth - 1) ? IR_FLAG_N : 0) | (a ? 0 : IR_FLAG_Z); break;
    case IR_flagcond: r = ir_condition((enum ir_fcc)in->aux, (uint32_t)a); break;
    default: __builtin_trap();
    }
    return ir_int_narrowed((enum ir_type)in->type, r);
}

#endif
