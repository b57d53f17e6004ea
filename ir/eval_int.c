/* Reference semantics: constants, integers, flag words. */
#include <string.h>

#include "ir/eval.h"

ir_u128 ir_clmul(uint64_t a, uint64_t b)
{
    ir_u128 r = 0;
    for (int i = 0; i < 64; i++)
        if (b >> i & 1)
            r ^= (ir_u128)a << i;
    return r;
}

static uint64_t divide(enum ir_op op, unsigned width, uint64_t a, uint64_t b)
{
    int64_t sa = width == 32 ? (int32_t)a : (int64_t)a, sb = width == 32 ? (int32_t)b : (int64_t)b;
    switch (op) {
    case IR_divs: return !b ? 0 : sb == -1 ? 0 - a : (uint64_t)(sa / sb);
    case IR_divu: return b ? a / b : 0;
    case IR_rems: return !b ? a : sb == -1 ? 0 : (uint64_t)(sa % sb);
    default: return b ? a % b : a;
    }
}

static uint64_t mul_high(enum ir_op op, unsigned width, uint64_t a, uint64_t b)
{
    __int128 x = op == IR_mulhu ? (__int128)a : width == 32 ? (int32_t)a : (int64_t)a;
    __int128 y = op != IR_mulhs ? (__int128)b : width == 32 ? (int32_t)b : (int64_t)b;
    return (uint64_t)((ir_u128)x * (ir_u128)y >> width);
}

static uint64_t rotate_right(unsigned width, uint64_t a, unsigned n)
{
    return n ? a >> n | a << (width - n) : a;
}

static uint64_t reverse_bits(unsigned width, uint64_t a)
{
    uint64_t r = 0;
    for (unsigned i = 0; i < width; i++)
        r |= (a >> i & 1) << (width - 1 - i);
    return r;
}

static uint64_t sign_extend(uint64_t a, unsigned bits) { return (uint64_t)((int64_t)(a << (64 - bits)) >> (64 - bits)); }
static uint64_t zero_extend(uint64_t a, unsigned bits) { return a << (64 - bits) >> (64 - bits); }

static bool compare(enum ir_cc cc, uint64_t a, uint64_t b)
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
static uint32_t flags_of_sum(unsigned width, uint64_t a, uint64_t b, unsigned carry)
{
    ir_u128 wide = (ir_u128)a + b + carry;
    uint64_t r = zero_extend((uint64_t)wide, width);
    uint32_t f = 0;
    if (r >> (width - 1)) f |= IR_FLAG_N;
    if (!r) f |= IR_FLAG_Z;
    if (wide >> width & 1) f |= IR_FLAG_C;
    if ((~(a ^ b) & (a ^ r)) >> (width - 1) & 1) f |= IR_FLAG_V;
    return f;
}

static bool condition(enum ir_fcc cc, uint32_t f)
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

static uint32_t crc_step(uint32_t acc, uint64_t data, unsigned bits, bool castagnoli)
{
    uint32_t poly = castagnoli ? 0x82f63b78 : 0xedb88320;   /* bit-reversed */
    for (unsigned i = 0; i < bits; i++) {
        uint32_t bit = (acc ^ (uint32_t)(data >> i)) & 1;
        acc = acc >> 1 ^ (bit ? poly : 0);
    }
    return acc;
}

void ir_eval_int(const struct ir_eval *e)
{
    const struct ir_insn *in = e->in;
    enum ir_op op = (enum ir_op)in->op;
    unsigned width = in->type == IR_I64 ? 64 : in->type == IR_I1 ? 1 : 32;
    unsigned awidth = e->atype == IR_I64 ? 64 : e->atype == IR_I1 ? 1 : 32;
    uint64_t a = in->a ? zero_extend(e->a->u64[0], awidth) : 0;
    uint64_t b = in->b ? e->b->u64[0] : 0;
    unsigned n = (unsigned)b & (width - 1);
    uint64_t r;
    switch (op) {
    case IR_const: r = (uint64_t)in->imm; break;
    case IR_vconst: memcpy(e->out->b, e->sel, 16); return;
    case IR_undef: return;
    case IR_select:
        *e->out = *(a ? e->b : e->c);
        return;
    case IR_add: r = a + b; break;
    case IR_sub: r = a - b; break;
    case IR_mul: r = a * b; break;
    case IR_mulhs: case IR_mulhu: case IR_mulhsu: r = mul_high(op, width, a, zero_extend(b, width)); break;
    case IR_divs: case IR_divu: case IR_rems: case IR_remu: r = divide(op, width, a, zero_extend(b, width)); break;
    case IR_neg: r = 0 - a; break;
    case IR_and: r = a & b; break;
    case IR_or: r = a | b; break;
    case IR_xor: r = a ^ b; break;
    case IR_andn: r = a & ~b; break;
    case IR_not: r = ~a; break;
    case IR_shl: r = a << n; break;
    case IR_shr: r = a >> n; break;
    case IR_sar: r = (uint64_t)((int64_t)sign_extend(a, width) >> n); break;
    case IR_ror: r = rotate_right(width, a, n); break;
    case IR_extr: n = (unsigned)in->imm; r = n ? zero_extend(b, width) >> n | a << (width - n) : b; break;
    case IR_clz: r = a ? (unsigned)__builtin_clzll(a) - (64 - width) : width; break;
    case IR_ctz: r = a ? (unsigned)__builtin_ctzll(a) : width; break;
    case IR_popcnt: r = (unsigned)__builtin_popcountll(a); break;
    case IR_bswap: r = __builtin_bswap64(a) >> (64 - width); break;
    case IR_bitrev: r = reverse_bits(width, a); break;
    case IR_sext: r = sign_extend(a, in->aux); break;
    case IR_zext: r = zero_extend(a, in->aux); break;
    case IR_trunc: r = a; break;
    case IR_cmp: r = compare((enum ir_cc)in->aux, sign_extend(a, awidth), sign_extend(b, awidth)); break;
    case IR_crc32: r = crc_step((uint32_t)a, b, 8u << (in->aux & 3), in->aux & 4); break;
    case IR_clmul: r = (uint64_t)ir_clmul(a, zero_extend(b, width)); break;
    case IR_clmulh: r = (uint64_t)(ir_clmul(a, zero_extend(b, width)) >> width); break;
    case IR_flagsub: r = flags_of_sum(awidth, a, zero_extend(~b, awidth), 1); break;
    case IR_flagadc: r = flags_of_sum(awidth, a, zero_extend(b, awidth), e->c->u64[0] & 1); break;
    case IR_flaglogic: r = (a >> (awidth - 1) ? IR_FLAG_N : 0) | (a ? 0 : IR_FLAG_Z); break;
    case IR_flagcond: r = condition((enum ir_fcc)in->aux, (uint32_t)a); break;
    default: __builtin_trap();
    }
    switch (in->type) {
    case IR_I1: r &= 1; break;
    case IR_I32: case IR_F32: r = (uint32_t)r; break;
    case IR_F16: r = (uint16_t)r; break;
    default: break;
    }
    e->out->u64[0] = r;
}
