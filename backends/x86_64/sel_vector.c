/*
 * Selection: integer vectors. Most ops are one instruction, found in a table by op and lane; the
 * rest are short sequences. The unused half of a V64 may hold anything, and integer lanes do not
 * disturb each other, so V64 needs no care but in reductions. Source: Intel SDM vol. 2.
 */
#include "backends/x86_64/emit.h"

enum {
    V_PAND = 0xdb | X_0F | X_66, V_PANDN = 0xdf | X_0F | X_66, V_POR = 0xeb | X_0F | X_66,
    V_PSHUFB = 0x00 | X_0F38 | X_66, V_PSHUFD = 0x70 | X_0F | X_66, V_PMULHRSW = 0x0b | X_0F38 | X_66, V_PMADDWD = 0xf5 | X_0F | X_66, V_PHADDD = 0x02 | X_0F38 | X_66, V_PCMPEQW = 0x75 | X_0F | X_66,
    V_PALIGNR = 0x0f | X_0F3A | X_66, V_SHUFPS = 0xc6 | X_0F, V_PBLENDW = 0x0e | X_0F3A | X_66, V_INSERTPS = 0x21 | X_0F3A | X_66,
    V_PADDB = 0xfc | X_0F | X_66, V_PADDW = 0xfd | X_0F | X_66, V_PADDD = 0xfe | X_0F | X_66, V_PADDQ = 0xd4 | X_0F | X_66,
    V_PSUBB = 0xf8 | X_0F | X_66, V_PSUBW = 0xf9 | X_0F | X_66, V_PSUBD = 0xfa | X_0F | X_66, V_PSUBQ = 0xfb | X_0F | X_66,
    V_PADDUSB = 0xdc | X_0F | X_66, V_PSADBW = 0xf6 | X_0F | X_66,
    V_PCMPGTQ = 0x37 | X_0F38 | X_66, V_PBLENDVB = 0x4c | X_0F3A | X_66, V_BLENDVPS = 0x4a | X_0F3A | X_66,
    V_PMULLW = 0xd5 | X_0F | X_66, V_PMULHW = 0xe5 | X_0F | X_66, V_PMULHUW = 0xe4 | X_0F | X_66,
    V_PMULLD = 0x40 | X_0F38 | X_66, V_PMULUDQ = 0xf4 | X_0F | X_66, V_PMULDQ = 0x28 | X_0F38 | X_66,
    V_PUNPCKLWD = 0x61 | X_0F | X_66, V_PUNPCKLDQ = 0x62 | X_0F | X_66,
    V_PACKUSWB = 0x67 | X_0F | X_66, V_PACKSSWB = 0x63 | X_0F | X_66, V_PACKSSDW = 0x6b | X_0F | X_66, V_PACKUSDW = 0x2b | X_0F38 | X_66,
    V_PMINUW = 0x3a | X_0F38 | X_66, V_PMINUD = 0x3b | X_0F38 | X_66,
    V_SHIFT_H = 0x71 | X_0F | X_66, V_SHIFT_S = 0x72 | X_0F | X_66, V_SHIFT_D = 0x73 | X_0F | X_66,   /* groups: /2 right, /4 arithmetic, /6 left */
    V_PSLLV = 0x47 | X_0F38 | X_66, V_PSRLV = 0x45 | X_0F38 | X_66, V_PSRAV = 0x46 | X_0F38 | X_66,
    V_PEXTRB = 0x14 | X_0F3A | X_66, V_PEXTRD = 0x16 | X_0F3A | X_66, V_PINSRB = 0x20 | X_0F3A | X_66, V_PINSRD = 0x22 | X_0F3A | X_66,
    V_PDPBUSD = 0x50 | X_0F38 | X_66, V_PCLMUL = 0x44 | X_0F3A | X_66, V_GF2P8AFFINE = 0xce | X_0F3A | X_66,
};

/* ---- one instruction per lane ---- */

/* By lane B H S D; 0: none. */
#define W(x) ((x) | X_0F | X_66)
#define L(x) ((x) | X_0F38 | X_66)
static const uint32_t simple[IR_OP_COUNT][4] = {
    [IR_vadd] = {W(0xfc), W(0xfd), W(0xfe), W(0xd4)},       [IR_vsub] = {W(0xf8), W(0xf9), W(0xfa), W(0xfb)},
    [IR_vand] = {W(0xdb), W(0xdb), W(0xdb), W(0xdb)},       [IR_vor] = {W(0xeb), W(0xeb), W(0xeb), W(0xeb)},
    [IR_vxor] = {W(0xef), W(0xef), W(0xef), W(0xef)},       [IR_vmul] = {0, W(0xd5), L(0x40), 0},
    [IR_vcmpeq] = {W(0x74), W(0x75), W(0x76), L(0x29)},     [IR_vcmpgts] = {W(0x64), W(0x65), W(0x66), L(0x37)},
    [IR_vmins] = {L(0x38), W(0xea), L(0x39), 0},            [IR_vmaxs] = {L(0x3c), W(0xee), L(0x3d), 0},
    [IR_vminu] = {W(0xda), L(0x3a), L(0x3b), 0},            [IR_vmaxu] = {W(0xde), L(0x3e), L(0x3f), 0},
    [IR_vqadds] = {W(0xec), W(0xed), 0, 0},                 [IR_vqaddu] = {W(0xdc), W(0xdd), 0, 0},
    [IR_vqsubs] = {W(0xe8), W(0xe9), 0, 0},                 [IR_vqsubu] = {W(0xd8), W(0xd9), 0, 0},
    [IR_vrhaddu] = {W(0xe0), W(0xe3), 0, 0},
};
#undef W
#undef L

void x_sel_vsimple(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    uint32_t code = simple[in->op][in->aux & 3];
    struct x_mem m;
    if (!code) {
        x_sel_eval(c, in, o);
        return;
    }
    unsigned a = x_use(c, o.a);
    if (o.a != o.b && x_use_mem(c, o.b, 16, &m)) {
        v_rrm(c, code, 0, x_def(c), a, m);
        return;
    }
    unsigned b = x_use(c, o.b);
    v_rrr(c, code, 0, x_def(c), a, b);
}

void x_sel_vandn(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned a = x_use(c, o.a), b = x_use(c, o.b);
    v_rrr(c, V_PANDN, 0, x_def(c), b, a);
}

static void ones(struct x_ctx *c, unsigned r) { v_rrr(c, V_PCMPEQD, 0, r, r, r); }
static void zero(struct x_ctx *c, unsigned r) { v_rrr(c, V_PXOR, 0, r, r, r); }

static const uint32_t sub_op[4] = {V_PSUBB, V_PSUBW, V_PSUBD, V_PSUBQ};
static const uint32_t add_op[4] = {V_PADDB, V_PADDW, V_PADDD, V_PADDQ};

void x_sel_vnot(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned a = x_use(c, o.a), d = x_def(c);
    ones(c, X_XTMP);
    v_rrr(c, V_PXOR, 0, d, a, X_XTMP);
}

void x_sel_vneg(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned a = x_use(c, o.a), d = x_def(c);
    zero(c, X_XTMP);
    v_rrr(c, sub_op[in->aux & 3], 0, d, X_XTMP, a);
}

void x_sel_vabs(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    if (x_avx512(c, in, o))
        return;
    unsigned lane = in->aux & 3, a = x_use(c, o.a), d = x_def(c);
    if (lane != IR_D) {
        v_rr(c, (0x1c + lane) | X_0F38 | X_66, 0, d, a);
        return;
    }
    zero(c, X_XTMP);
    v_rrr(c, V_PCMPGTQ, 0, X_XTMP, X_XTMP, a);
    v_rrr(c, V_PXOR, 0, d, a, X_XTMP);
    v_rrr(c, V_PSUBQ, 0, d, d, X_XTMP);
}

void x_sel_vselect(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    if (x_avx512(c, in, o))
        return;
    unsigned m = x_use(c, o.a), t = x_use(c, o.b), f = x_use(c, o.c), d = x_def(c);
    v_rrr(c, V_PXOR, 0, X_XTMP, t, f);
    v_rrr(c, V_PAND, 0, X_XTMP, X_XTMP, m);
    v_rrr(c, V_PXOR, 0, d, X_XTMP, f);
}

/* Unsigned a > b is not (max(a, b) == b); 64-bit lanes flip the signs and compare signed. */
void x_sel_vcmpgtu(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned lane = in->aux & 3, a = x_use(c, o.a), b = x_use(c, o.b), d = x_def(c);
    if (lane == IR_D) {
        struct x_mem m = x_pool(x_pool_u128(c, 1ull << 63, 1ull << 63));
        v_rrm(c, V_PXOR, 0, X_XTMP, b, m);
        v_rrm(c, V_PXOR, 0, d, a, m);
        v_rrr(c, V_PCMPGTQ, 0, d, d, X_XTMP);
        return;
    }
    v_rrr(c, simple[IR_vmaxu][lane], 0, d, a, b);
    v_rrr(c, simple[IR_vcmpeq][lane], 0, d, d, b);
    ones(c, X_XTMP);
    v_rrr(c, V_PXOR, 0, d, d, X_XTMP);
}

void x_sel_vminmax(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    if (x_avx512(c, in, o))
        return;
    bool min = in->op == IR_vmins || in->op == IR_vminu;
    if ((in->aux & 3) != IR_D) {
        x_sel_vsimple(c, in, o);
        return;
    }
    unsigned a = x_use(c, o.a), b = x_use(c, o.b), d = x_def(c);
    if (in->op == IR_vmins || in->op == IR_vmaxs) {
        v_rrr(c, V_PCMPGTQ, 0, X_XTMP, a, b);
    } else {
        struct x_mem m = x_pool(x_pool_u128(c, 1ull << 63, 1ull << 63));
        v_rrm(c, V_PXOR, 0, X_XTMP, b, m);
        v_rrm(c, V_PXOR, 0, d, a, m);
        v_rrr(c, V_PCMPGTQ, 0, X_XTMP, d, X_XTMP);
    }
    /* Where a > b: the minimum is b, the maximum a. */
    v_rrri(c, V_PBLENDVB, 0, d, min ? a : b, min ? b : a, (X_XTMP & 15) << 4);
}

/* Products of bytes go through 16 bits, of 64 bits through three 32-bit products. */
void x_sel_vmul(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    if (x_avx512(c, in, o))
        return;
    unsigned lane = in->aux & 3;
    if (lane == IR_H || lane == IR_S) {
        x_sel_vsimple(c, in, o);
        return;
    }
    unsigned a = x_use(c, o.a), b = x_use(c, o.b), d = x_def(c), t = x_xtmp(c);
    if (lane == IR_B) {
        /* Odd bytes: (a >> 8) * (b & 0xff00) leaves the product in the high byte. */
        v_rrri(c, V_SHIFT_H, 0, 2, t, a, 8);
        ones(c, X_XTMP);
        v_rrri(c, V_SHIFT_H, 0, 6, X_XTMP, X_XTMP, 8);
        v_rrr(c, V_PAND, 0, d, b, X_XTMP);
        v_rrr(c, V_PMULLW, 0, t, t, d);
        v_rrr(c, V_PMULLW, 0, d, a, b);
        v_rrr(c, V_PANDN, 0, d, X_XTMP, d);
        v_rrr(c, V_POR, 0, d, d, t);
        return;
    }
    v_rrri(c, V_SHIFT_D, 0, 2, t, a, 32);
    v_rrr(c, V_PMULUDQ, 0, t, t, b);
    v_rrri(c, V_SHIFT_D, 0, 2, X_XTMP, b, 32);
    v_rrr(c, V_PMULUDQ, 0, X_XTMP, X_XTMP, a);
    v_rrr(c, V_PADDQ, 0, t, t, X_XTMP);
    v_rrri(c, V_SHIFT_D, 0, 6, t, t, 32);
    v_rrr(c, V_PMULUDQ, 0, d, a, b);
    v_rrr(c, V_PADDQ, 0, d, d, t);
}

/* ---- shifts by an immediate ---- */

static const uint32_t shift_op[4] = {V_SHIFT_H, V_SHIFT_H, V_SHIFT_S, V_SHIFT_D};
enum { SH_LEFT = 6, SH_RIGHT = 2, SH_ARITH = 4 };

static uint64_t repeat8(unsigned byte) { return byte * 0x0101010101010101ull; }

/* d = s shifted; s is kept unless it is d. Clobbers nothing else. 0 <= n <= lane bits (left: less). */
static void shift(struct x_ctx *c, unsigned kind, unsigned lane, unsigned d, unsigned s, unsigned n)
{
    unsigned bits = 8u << lane;
    if (n == 0) {
        if (d != s)
            v_rr(c, V_MOVAPS, 0, d, s);
        return;
    }
    if (kind == SH_ARITH && n == bits)
        n--;
    if (n == bits) {
        zero(c, d);
        return;
    }
    if (kind == SH_ARITH && (lane == IR_B || lane == IR_D)) {
        /* Logical shift, then sign extension of what is left: (x ^ m) - m with m the sign's new place. */
        uint64_t m = lane == IR_B ? repeat8(0x80u >> n) : 1ull << (63 - n);
        shift(c, SH_RIGHT, lane, d, s, n);
        uint32_t pool = x_pool_u128(c, m, m);
        v_rrm(c, V_PXOR, 0, d, d, x_pool(pool));
        v_rrm(c, sub_op[lane], 0, d, d, x_pool(pool));
        return;
    }
    v_rrri(c, shift_op[lane], 0, kind, d, s, n);
    if (lane == IR_B) {
        uint64_t m = repeat8(kind == SH_LEFT ? 0xff << n & 0xff : 0xff >> n);
        v_rrm(c, V_PAND, 0, d, d, x_pool(x_pool_u128(c, m, m)));
    }
}

void x_sel_vshifti(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    if (x_avx512(c, in, o))
        return;
    unsigned a = x_use(c, o.a), d = x_def(c);
    shift(c, in->op == IR_vshli ? SH_LEFT : in->op == IR_vshri ? SH_RIGHT : SH_ARITH, in->aux & 3, d, a, (unsigned)in->imm);
}

/* Rounding right shift: the shifted value plus the last bit that fell out. */
void x_sel_vrshifti(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned lane = in->aux & 3, n = (unsigned)in->imm, bits = 8u << lane;
    unsigned a = x_use(c, o.a), d = x_def(c), t = x_xtmp(c);
    /* The bit n-1 of each lane, moved to bit 0. */
    shift(c, SH_LEFT, lane, t, a, bits - n);
    shift(c, SH_RIGHT, lane, t, t, bits - 1);
    shift(c, in->op == IR_vrshri ? SH_RIGHT : SH_ARITH, lane, d, a, n);
    v_rrr(c, add_op[lane], 0, d, d, t);
}

/* A64 USHL, SSHL for 32-bit lanes (and USHL for 64): by the signed low byte of the count's lane. */
void x_sel_vshiftv(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    if (x_avx512(c, in, o))
        return;
    unsigned lane = in->aux & 3;
    bool s = in->op == IR_vshls;
    if (lane < IR_S || (in->aux & (IR_SH_ROUND | IR_SH_SAT)) || (s && lane == IR_D)) {
        x_sel_eval(c, in, o);
        return;
    }
    unsigned a = x_use(c, o.a), b = x_use(c, o.b), d = x_def(c), n = x_xtmp(c), w = lane == IR_D;
    if (lane == IR_S) {
        v_rrri(c, V_SHIFT_S, 0, SH_LEFT, n, b, 24);
        v_rrri(c, V_SHIFT_S, 0, SH_ARITH, n, n, 24);
    } else {
        shift(c, SH_LEFT, IR_D, n, b, 56);
        shift(c, SH_ARITH, IR_D, n, n, 56);
    }
    zero(c, X_XTMP);
    v_rrr(c, sub_op[lane], 0, X_XTMP, X_XTMP, n);
    v_rrr(c, V_PSLLV, w, d, a, n);
    if (!s) {
        /* A count in the wrong direction is a huge unsigned one, which gives 0. */
        v_rrr(c, V_PSRLV, w, X_XTMP, a, X_XTMP);
        v_rrr(c, V_POR, 0, d, d, X_XTMP);
    } else {
        v_rrr(c, V_PSRAV, 0, X_XTMP, a, X_XTMP);
        v_rrri(c, V_BLENDVPS, 0, d, d, X_XTMP, (n & 15) << 4);
    }
}

/* ---- products ---- */

/* A64 SQDMULH, SQRDMULH of halfwords: only the square of the smallest number gives the smallest. */
void x_sel_vqdmulh(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    if ((in->aux & 3) != IR_H) {
        x_sel_eval(c, in, o);
        return;
    }
    unsigned a = x_use(c, o.a), b = x_use(c, o.b), d = x_def(c);
    if (in->aux & IR_SH_ROUND) {
        v_rrr(c, V_PMULHRSW, 0, d, a, b);
    } else {
        v_rrr(c, V_PMULHW, 0, d, a, b);
        v_rrr(c, V_PMULLW, 0, X_XTMP, a, b);
        v_rrr(c, V_PADDW, 0, d, d, d);
        v_rrri(c, V_SHIFT_H, 0, SH_RIGHT, X_XTMP, X_XTMP, 15);
        v_rrr(c, V_POR, 0, d, d, X_XTMP);
    }
    v_rrm(c, V_PCMPEQW, 0, X_XTMP, d, x_pool(x_pool_u128(c, 0x8000800080008000, 0x8000800080008000)));
    v_rrr(c, V_PXOR, 0, d, d, X_XTMP);
}

/* d += the sums of four products of a's bytes, unsigned, and b's, signed. */
static void dot_unsigned_signed(struct x_ctx *c, unsigned d, unsigned a, unsigned b)
{
    (x_features & XF_AVX512VNNI ? e_rrr : v_rrr)(c, V_PDPBUSD, 0, d, a, b);
}

/* Where both operands have the same kind of sign, flipping one's top bits moves it by 128: that many of the other's sum
 * are taken off again, or as -128 is a byte and 128 is not, added by taking off -128 times it. */
static void dot_vnni(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned acc = x_use(c, o.a), a = x_use(c, o.b), b = x_use(c, o.c), d = x_def(c);
    if (in->op == IR_vdotus) {
        v_rr(c, V_MOVAPS, 0, d, acc);
        dot_unsigned_signed(c, d, a, b);
        return;
    }
    unsigned flipped = x_xtmp(c), top = x_xtmp(c);
    bool s = in->op == IR_vdots;
    v_rm(c, V_MOVUPS, 0, top, x_pool(x_pool_u128(c, repeat8(0x80), repeat8(0x80))));
    v_rrr(c, V_PXOR, 0, flipped, s ? a : b, top);
    zero(c, X_XTMP);
    dot_unsigned_signed(c, X_XTMP, s ? top : a, s ? b : top);
    v_rr(c, V_MOVAPS, 0, d, acc);
    dot_unsigned_signed(c, d, s ? flipped : a, s ? b : flipped);
    v_rrr(c, V_PSUBD, 0, d, d, X_XTMP);
}

/* Sums of four byte products: of two by pmaddwd, neighbours by phaddd. */
void x_sel_vdot(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    uint32_t extend = (in->op == IR_vdots ? 0x20 : 0x30) | X_0F38 | X_66, extend_b = (in->op == IR_vdotu ? 0x30 : 0x20) | X_0F38 | X_66;
    if (x_features & (XF_AVX512VNNI | XF_AVXVNNI)) {
        dot_vnni(c, in, o);
        return;
    }
    unsigned acc = x_use(c, o.a), a = x_use(c, o.b), b = x_use(c, o.c), d = x_def(c), high = d;
    v_rr(c, extend, 0, d, a);
    v_rr(c, extend_b, 0, X_XTMP, b);
    v_rrr(c, V_PMADDWD, 0, d, d, X_XTMP);
    if (in->type == IR_V128) {
        high = x_xtmp(c);
        v_rrri(c, V_PSHUFD, 0, high, 0, a, 0xee);
        v_rr(c, extend, 0, high, high);
        v_rrri(c, V_PSHUFD, 0, X_XTMP, 0, b, 0xee);
        v_rr(c, extend_b, 0, X_XTMP, X_XTMP);
        v_rrr(c, V_PMADDWD, 0, high, high, X_XTMP);
    }
    v_rrr(c, V_PHADDD, 0, d, d, high);
    v_rrr(c, V_PADDD, 0, d, d, acc);
}

/* ---- widening, narrowing ---- */

void x_sel_vwiden(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    static const uint8_t code[3] = {0x20, 0x23, 0x25};
    unsigned lane = in->aux & 3, a = x_use(c, o.a);
    v_rr(c, (code[lane] + (in->op == IR_vwidenu ? 0x10 : 0)) | X_0F38 | X_66, 0, x_def(c), a);
}

void x_sel_vmull(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    bool u = in->op == IR_vmullu;
    unsigned lane = in->aux & 3, a = x_use(c, o.a), b = x_use(c, o.b), d = x_def(c);
    uint32_t extend = (u ? 0x30 : 0x20) | X_0F38 | X_66;
    switch (lane) {
    case IR_B:
        v_rr(c, extend, 0, X_XTMP, a);
        v_rr(c, extend, 0, d, b);
        v_rrr(c, V_PMULLW, 0, d, d, X_XTMP);
        break;
    case IR_H:
        v_rrr(c, V_PMULLW, 0, X_XTMP, a, b);
        v_rrr(c, u ? V_PMULHUW : V_PMULHW, 0, d, a, b);
        v_rrr(c, V_PUNPCKLWD, 0, d, X_XTMP, d);
        break;
    default:
        /* The multiplier reads even lanes: 0 and 1 move to 0 and 2. */
        v_rrri(c, V_PSHUFD, 0, X_XTMP, 0, a, 0x10);
        v_rrri(c, V_PSHUFD, 0, d, 0, b, 0x10);
        v_rrr(c, u ? V_PMULUDQ : V_PMULDQ, 0, d, d, X_XTMP);
    }
}

void x_sel_vnarrow(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned lane = in->aux & 3, a = x_use(c, o.a), d = x_def(c);
    if (lane == IR_D) {
        v_rrri(c, V_PSHUFD, 0, d, 0, a, 0x08);
        if (in->type == IR_V128)
            v_rr(c, V_MOVQ, 0, d, d);
        return;
    }
    uint64_t m = lane == IR_H ? 0x0e0c0a0806040200ull : 0x0d0c090805040100ull;
    v_rrm(c, V_PSHUFB, 0, d, a, x_pool(x_pool_u128(c, m, 0x8080808080808080ull)));
}

void x_sel_vqnarrow(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    if (x_avx512(c, in, o))
        return;
    bool h = (in->aux & 3) == IR_H;
    if ((in->aux & 3) == IR_D) {
        x_sel_eval(c, in, o);
        return;
    }
    unsigned a = x_use(c, o.a), d = x_def(c);
    uint32_t pack = h ? V_PACKUSWB : V_PACKUSDW;
    if (in->op == IR_vqnarrows)
        pack = h ? V_PACKSSWB : V_PACKSSDW;
    if (in->op == IR_vqnarrowu) {
        /* Packing takes its operand as signed: bring large unsigned values down first. */
        uint64_t m = h ? 0x00ff00ff00ff00ffull : 0x0000ffff0000ffffull;
        v_rrm(c, h ? V_PMINUW : V_PMINUD, 0, d, a, x_pool(x_pool_u128(c, m, m)));
        a = d;
    }
    v_rrr(c, pack, 0, d, a, a);
    if (in->type == IR_V128)
        v_rr(c, V_MOVQ, 0, d, d);
}

/* ---- reductions ---- */

void x_sel_vreduce(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    static const uint16_t op_of[][2] = {{IR_vaddv, IR_vadd}, {IR_vmaxvs, IR_vmaxs}, {IR_vmaxvu, IR_vmaxu}, {IR_vminvs, IR_vmins}, {IR_vminvu, IR_vminu}};
    unsigned lane = in->aux & 3, k = 0;
    while (op_of[k][0] != in->op)
        k++;
    uint32_t code = simple[op_of[k][1]][lane];
    unsigned src = in->a, a = x_use(c, o.a), d = x_def(c), t = x_xtmp(c), cur = a;
    if (!code) {
        c->error = -22;     /* the op has no 64-bit form but the sum */
        return;
    }
    if (in->op == IR_vaddv && lane == IR_B) {
        /* Sums of eight bytes each; the upper half counts only in a whole vector. */
        zero(c, X_XTMP);
        v_rrr(c, V_PSADBW, 0, t, a, X_XTMP);
        if (c->insn[src].type == IR_V128) {
            v_rrri(c, V_PSHUFD, 0, X_XTMP, 0, t, 0x4e);
            v_rrr(c, V_PADDD, 0, t, t, X_XTMP);
        }
        cur = t;
    } else {
        for (unsigned bytes = c->insn[src].type == IR_V128 ? 8 : 4; bytes >= 1u << lane; bytes /= 2) {
            v_rrri(c, V_SHIFT_D, 0, 3, X_XTMP, cur, bytes);     /* psrldq */
            v_rrr(c, code, 0, t, cur, X_XTMP);
            cur = t;
        }
    }
    v_rr(c, V_MOVD_ST, lane == IR_D, cur, d);
    if (lane == IR_B)
        x_rr(c, X_MOVZX8 | X_BYTE, 0, d, d);
    else if (lane == IR_H)
        x_rr(c, X_MOVZX16, 0, d, d);
}

/* ---- bits of bytes ---- */

static void nibble_table(struct x_ctx *c, unsigned d, unsigned a, uint64_t lo0, uint64_t lo1, uint64_t hi0, uint64_t hi1, bool add)
{
    unsigned t = x_xtmp(c), table = x_xtmp(c);
    struct x_mem mask = x_pool(x_pool_u128(c, repeat8(15), repeat8(15)));
    v_rrm(c, V_PAND, 0, t, a, mask);
    v_rm(c, V_MOVUPS, 0, table, x_pool(x_pool_u128(c, lo0, lo1)));
    v_rrr(c, V_PSHUFB, 0, t, table, t);
    v_rrri(c, V_SHIFT_H, 0, SH_RIGHT, X_XTMP, a, 4);
    v_rrm(c, V_PAND, 0, X_XTMP, X_XTMP, mask);
    v_rm(c, V_MOVUPS, 0, table, x_pool(x_pool_u128(c, hi0, hi1)));
    v_rrr(c, V_PSHUFB, 0, d, table, X_XTMP);
    v_rrr(c, add ? V_PADDB : V_POR, 0, d, d, t);
}

void x_sel_vpopcnt(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    if (x_avx512(c, in, o))
        return;
    unsigned a = x_use(c, o.a), d = x_def(c);
    nibble_table(c, d, a, 0x0302020102010100ull, 0x0403030203020201ull, 0x0302020102010100ull, 0x0403030203020201ull, true);
}

void x_sel_vbitrev(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned a = x_use(c, o.a), d = x_def(c);
    if (x_features & XF_GFNI) {
        v_rrm_tail(c, V_GF2P8AFFINE, 1, d, a, x_pool(x_pool_u128(c, 0x8040201008040201ull, 0x8040201008040201ull)), 1);
        x_b(c, 0);
        return;
    }
    nibble_table(c, d, a, 0xe060a020c0408000ull, 0xf070b030d0509010ull, 0x0e060a020c040800ull, 0x0f070b030d050901ull, false);
}

/* ---- between general and vector registers ---- */

void x_sel_vdup(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    static const uint8_t code[4] = {0x78, 0x79, 0x58, 0x59};
    unsigned lane = in->aux & 3, a = x_use(c, o.a), d = x_def(c);
    v_rr(c, V_MOVD, lane == IR_D, d, a);
    v_rr(c, code[lane] | X_0F38 | X_66, 0, d, d);
}

void x_sel_vget(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned lane = in->aux & 3, n = (unsigned)in->imm, a = x_use(c, o.a), d = x_def(c);
    if (lane >= IR_S && n == 0)
        v_rr(c, V_MOVD_ST, lane == IR_D, a, d);
    else if (lane == IR_B)
        v_rrri(c, V_PEXTRB, 0, a, 0, d, n);
    else if (lane == IR_H)
        v_rrri(c, V_PEXTRW, 0, a, 0, d, n);
    else
        v_rrri(c, V_PEXTRD, lane == IR_D, a, 0, d, n);
}

void x_sel_vset(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned lane = in->aux & 3, n = (unsigned)in->imm, a = x_use(c, o.a), b = x_use(c, o.b), d = x_def(c);
    uint32_t code = lane == IR_B ? V_PINSRB : lane == IR_H ? V_PINSRW : V_PINSRD;
    v_rrri(c, code, lane == IR_D, d, a, b, n);
}

void x_sel_i2v(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    bool wide = c->insn[in->a].type == IR_I64;
    unsigned a = x_use(c, o.a), d = x_def(c);
    v_rr(c, V_MOVD, wide, d, a);
}

/* ---- permutations ---- */

/* If sel copies whole dwords of one operand (sources 0-15 only): the immediate of pshufd, else -1. */
static int dword_shuffle(const uint8_t *sel, unsigned n)
{
    int imm = 0;
    for (unsigned i = 0; i < n; i += 4) {
        if (sel[i] & 3 || sel[i] > 15 || sel[i + 1] != sel[i] + 1 || sel[i + 2] != sel[i] + 2 || sel[i + 3] != sel[i] + 3)
            return -1;
        imm |= sel[i] / 4 << (i / 2);
    }
    return imm;
}

/* If sel is n consecutive bytes of b:a from a position: that position, else -1. */
static int byte_window(const uint8_t *sel, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (sel[i] > 31 || sel[i] != sel[0] + i)
            return -1;
    return sel[0];
}

/* Interleaving of the low or high halves, lanes of 1 << k bytes: the punpck opcode, else 0. */
static uint32_t interleave(const uint8_t *sel, unsigned n)
{
    static const uint8_t low[4] = {0x60, 0x61, 0x62, 0x6c}, high[4] = {0x68, 0x69, 0x6a, 0x6d};
    for (unsigned k = 0; k < 4; k++)
        for (unsigned half = 0; half < 2; half++) {
            unsigned i = 0;
            for (; i < n; i++) {
                unsigned lane = i >> k, want = (half * (8u >> k) + lane / 2) * (1u << k) + (i & ((1u << k) - 1)) + (lane & 1) * 16;
                if (sel[i] != want)
                    break;
            }
            if (i == n)
                return (half ? high[k] : low[k]) | X_0F | X_66;
        }
    return 0;
}

/* The dwords (0-3 of a, 4-7 of b) that sel copies whole. */
static bool dwords_of(const uint8_t *sel, uint8_t dword[4])
{
    for (unsigned i = 0; i < 16; i += 4) {
        if (sel[i] & 3 || sel[i] > 31 || sel[i + 1] != sel[i] + 1 || sel[i + 2] != sel[i] + 2 || sel[i + 3] != sel[i] + 3)
            return false;
        dword[i / 4] = sel[i] / 4;
    }
    return true;
}

/* Dwords of two operands in one instruction: two of each operand, or all of one but one. */
static bool shuffle_dwords(struct x_ctx *c, const uint8_t *sel, unsigned a, unsigned b, unsigned d)
{
    uint8_t w[4];
    if (!dwords_of(sel, w))
        return false;
    if (w[0] / 4 == w[1] / 4 && w[2] / 4 == w[3] / 4) {
        unsigned imm = (w[0] & 3u) | (w[1] & 3u) << 2 | (w[2] & 3u) << 4 | (w[3] & 3u) << 6;
        v_rrri(c, V_SHUFPS, 0, d, w[0] < 4 ? a : b, w[2] < 4 ? a : b, imm);
        return true;
    }
    for (unsigned base = 0; base < 8; base += 4) {
        unsigned other = 0, differ = 0;
        for (unsigned i = 0; i < 4; i++)
            if (w[i] != base + i)
                differ++, other = i;
        if (differ == 1) {
            v_rrri(c, V_INSERTPS, 0, d, base ? b : a, w[other] < 4 ? a : b, (w[other] & 3u) << 6 | other << 4);
            return true;
        }
    }
    return false;
}

/* If each word stays where it is, in a or b: the immediate of pblendw, else -1. */
static int word_blend(const uint8_t *sel, unsigned n)
{
    int imm = 0;
    for (unsigned i = 0; i < n; i++) {
        if (sel[i] > 31 || (sel[i] & 15) != i || (i & 1 && sel[i] != sel[i - 1] + 1))
            return -1;
        if (sel[i] > 15)
            imm |= 1 << i / 2;
    }
    return imm;
}

static struct x_mem pool_bytes(struct x_ctx *c, const uint8_t *b)
{
    uint64_t q[2];
    memcpy(q, b, 16);
    return x_pool(x_pool_u128(c, q[0], q[1]));
}

void x_sel_vshuf(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    const uint8_t *sel = c->fn->vconst[in->imm].b;
    unsigned n = in->type == IR_V64 ? 8 : 16;
    bool uses_a = false, uses_b = false;
    for (unsigned i = 0; i < n; i++) {
        uses_a |= sel[i] < 16;
        uses_b |= sel[i] >= 16 && sel[i] < 32;
    }
    uint8_t one[16], two[16];
    bool single = !(uses_a && uses_b) || o.a == o.b;
    for (unsigned i = 0; i < 16; i++) {
        one[i] = sel[i] < 16 || (single && sel[i] < 32) ? sel[i] & 15 : 0x80;
        two[i] = sel[i] >= 16 && sel[i] < 32 ? sel[i] - 16 : 0x80;
    }
    if (single) {
        unsigned a = x_use(c, uses_a ? o.a : uses_b ? o.b : o.a), d = x_def(c);
        int imm = dword_shuffle(one, n);
        if (imm >= 0)
            v_rrri(c, V_PSHUFD, 0, d, 0, a, (unsigned)imm);
        else
            v_rrm(c, V_PSHUFB, 0, d, a, pool_bytes(c, one));
        return;
    }
    unsigned a = x_use(c, o.a), b = x_use(c, o.b), d = x_def(c);
    uint32_t code = interleave(sel, n);
    int window = byte_window(sel, n), blend = word_blend(sel, n);
    if (n == 16 && !code && blend < 0 && shuffle_dwords(c, sel, a, b, d))
        return;
    if (blend >= 0) {
        v_rrri(c, V_PBLENDW, 0, d, a, b, (unsigned)blend);
    } else if (code) {
        v_rrr(c, code, 0, d, a, b);
    } else if (window >= 0) {
        v_rrri(c, V_PALIGNR, 0, d, b, a, (unsigned)window);
    } else {
        v_rrm(c, V_PSHUFB, 0, X_XTMP, b, pool_bytes(c, two));
        v_rrm(c, V_PSHUFB, 0, d, a, pool_bytes(c, one));
        v_rrr(c, V_POR, 0, d, d, X_XTMP);
    }
}

/* pshufb gives 0 only for indices with the top bit set: saturating addition sets it from 16 on. */
void x_sel_vtbl(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned a = x_use(c, o.a), b = x_use(c, o.b), d = x_def(c);
    v_rrm(c, V_PADDUSB, 0, X_XTMP, b, x_pool(x_pool_u128(c, repeat8(0x70), repeat8(0x70))));
    v_rrr(c, V_PSHUFB, 0, d, a, X_XTMP);
}
