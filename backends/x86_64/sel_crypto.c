/*
 * Selection: AES, SHA-1, SHA-256 and carry-less products by the host's own instructions, whose
 * rounds are cut differently from the guest's: the comments say how they meet. Without the host
 * feature the reference semantics serve. Source: Intel SDM vol. 2; Arm ARM, shared pseudocode AES*, SHA*.
 */
#include "backends/x86_64/emit.h"

enum {
    V_AESENC = 0xdc | X_0F38 | X_66, V_AESENCLAST = 0xdd | X_0F38 | X_66, V_AESDEC = 0xde | X_0F38 | X_66,
    V_AESDECLAST = 0xdf | X_0F38 | X_66, V_AESIMC = 0xdb | X_0F38 | X_66, V_PCLMUL = 0x44 | X_0F3A | X_66,
    SHA256RNDS2 = 0xcb | X_0F38, SHA256MSG1 = 0xcc | X_0F38, SHA256MSG2 = 0xcd | X_0F38, SHA1RNDS4 = 0xcc | X_0F3A,
    V_SHUFPS = 0xc6 | X_0F, V_PSHUFD = 0x70 | X_0F | X_66, V_PALIGNR = 0x0f | X_0F3A | X_66, V_PADDD = 0xfe | X_0F | X_66,
    V_POR = 0xeb | X_0F | X_66, V_SHIFT_S = 0x72 | X_0F | X_66, V_SHIFT_D = 0x73 | X_0F | X_66, V_PAND = 0xdb | X_0F | X_66,
    V_PSHUFB = 0x00 | X_0F38 | X_66, V_GF2P8AFFINE = 0xce | X_0F3A | X_66, V_GF2P8AFFINEINV = 0xcf | X_0F3A | X_66,
};

static void zero(struct x_ctx *c, unsigned r) { v_rrr(c, V_PXOR, 0, r, r, r); }

/* The guest adds the key first and then substitutes; the host substitutes and then adds a key, here 0. */
void x_sel_aes(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    if (!(x_features & XF_AES)) {
        x_sel_eval(c, in, o);
        return;
    }
    static const uint32_t round[][2] = {{IR_aese, V_AESENCLAST}, {IR_aesd, V_AESDECLAST}, {IR_aesemc, V_AESENC}, {IR_aesdimc, V_AESDEC}};
    unsigned k = 0;
    while (round[k][0] != in->op)
        k++;
    unsigned a = x_use(c, o.a), b = x_use(c, o.b), d = x_def(c);
    zero(c, X_XTMP);
    v_rrr(c, V_PXOR, 0, d, a, b);
    v_rrr(c, round[k][1], 0, d, d, X_XTMP);
}

/* Mixing columns alone: undo the substitution that the host's round makes first. */
void x_sel_aesmc(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    if (!(x_features & XF_AES)) {
        x_sel_eval(c, in, o);
        return;
    }
    unsigned a = x_use(c, o.a), d = x_def(c);
    if (in->op == IR_aesimc) {
        v_rr(c, V_AESIMC, 0, d, a);
        return;
    }
    zero(c, X_XTMP);
    v_rrr(c, V_AESDECLAST, 0, d, a, X_XTMP);
    v_rrr(c, V_AESENC, 0, d, d, X_XTMP);
}

void x_sel_vpmull(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    if ((in->aux & 3) != IR_D || !(x_features & XF_PCLMUL)) {
        x_sel_eval(c, in, o);
        return;
    }
    unsigned a = x_use(c, o.a), b = x_use(c, o.b);
    v_rrri(c, V_PCLMUL, 0, x_def(c), a, b, 0);
}

/*
 * The polynomial that the host has no instruction for, by Barrett's reduction of reflected polynomials: q, the inverse
 * of P modulo x^64 times the 64 bits of input, makes their low half vanish against q * P; the rest of q * P, bits 64
 * to 95, is the remainder. Fewer bits of input stand at the top; what the accumulator has beyond them is shifted in.
 */
void x_sel_crc32_ieee(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned size = in->aux & 3, bits = 8u << size;
    if (!(x_features & XF_PCLMUL) || (size == 3 && c->insn[in->b].type != IR_I64)) {
        x_sel_eval(c, in, o);
        return;
    }
    struct x_mem constants = x_pool(x_pool_u128(c, 0xb4e5b025f7011641, 0x1db710641));     /* inverse, P with its bit 32 */
    unsigned a = x_use(c, o.a), b = x_use(c, o.b), d = x_def(c), t = x_tmp(c), v = x_xtmp(c);
    x_mov_rr(c, 0, d, a);
    x_mov_rr(c, size == 3, t, b);
    x_alu_rr(c, A_XOR, size == 3, t, d);
    if (bits < 64)
        x_shift_ri(c, S_SHL, 1, t, 64 - bits);
    v_rr(c, V_MOVD, 1, v, t);
    v_rrmi(c, V_PCLMUL, 0, v, v, constants, 0);
    v_rrmi(c, V_PCLMUL, 0, v, v, constants, 0x10);
    v_rrri(c, 0x16 | X_0F3A | X_66, 0, v, 0, t, 2);     /* vpextrd */
    if (bits < 32) {
        x_shift_ri(c, S_SHR, 0, d, bits);
        x_alu_rr(c, A_XOR, 0, d, t);
    } else {
        x_mov_rr(c, 0, d, t);
    }
}

/*
 * Four rounds from abcd (lane 0: a) and efgh. The host does two rounds at a time on ABEF and CDGH (lane 3: A, C); the
 * old ABEF is the new CDGH. Message words come in xmm0.
 */
void x_sel_sha256h(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    if (!(x_features & XF_SHA)) {
        x_sel_eval(c, in, o);
        return;
    }
    bool h = in->op == IR_sha256h;
    x_grab(c, X0);
    unsigned abcd = x_use(c, h ? o.a : o.b), efgh = x_use(c, h ? o.b : o.a), w = x_use(c, o.c), d = x_def(c), t = x_xtmp(c);
    v_rr(c, V_MOVAPS, 0, X0, w);
    v_rrri(c, V_SHUFPS, 0, t, efgh, abcd, 0xbb);        /* CDGH */
    v_rrri(c, V_SHUFPS, 0, d, efgh, abcd, 0x11);        /* ABEF */
    x_rr(c, SHA256RNDS2, 0, t, d);
    v_rrri(c, V_PSHUFD, 0, X0, 0, w, 0x0e);
    x_rr(c, SHA256RNDS2, 0, d, t);
    v_rrri(c, V_SHUFPS, 0, d, d, t, h ? 0xbb : 0x11);
}

void x_sel_sha256su0(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    if (!(x_features & XF_SHA)) {
        x_sel_eval(c, in, o);
        return;
    }
    unsigned b = x_use(c, o.b), d = x_def_copy(c, o.a);
    x_rr(c, SHA256MSG1, 0, d, b);
}

/* The host leaves adding the words seven back, here those of b and c, to the caller. */
void x_sel_sha256su1(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    if (!(x_features & XF_SHA)) {
        x_sel_eval(c, in, o);
        return;
    }
    unsigned a = x_use(c, o.a), n = x_use(c, o.b), m = x_use(c, o.c), d = x_def(c);
    v_rrri(c, V_PALIGNR, 0, d, m, n, 4);
    v_rrr(c, V_PADDD, 0, d, d, a);
    x_rr(c, SHA256MSG2, 0, d, m);
}

/* The guest's words carry the round constant already; the host adds it again, so it is taken off first. Lanes are reversed. */
void x_sel_sha1h(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    if (!(x_features & XF_SHA)) {
        x_sel_eval(c, in, o);
        return;
    }
    static const uint32_t minus_k[3] = {-0x5a827999u, -0x6ed9eba1u, -0x8f1bbcdcu};
    unsigned f = in->op == IR_sha1c ? 0 : in->op == IR_sha1p ? 1 : 2;
    uint64_t k = minus_k[f] * 0x100000001ull;
    unsigned a = x_use(c, o.a), e = x_use(c, o.b), w = x_use(c, o.c), d = x_def(c), t = x_xtmp(c);
    v_rrr(c, V_PXOR, 0, X_XTMP, X_XTMP, X_XTMP);
    v_rrr(c, V_MOVSS, 0, t, X_XTMP, e);                 /* e in lane 0, zeros above */
    v_rrr(c, V_PADDD, 0, t, t, w);
    v_rrm(c, V_PADDD, 0, t, t, x_pool(x_pool_u128(c, k, k)));
    v_rrri(c, V_PSHUFD, 0, t, 0, t, 0x1b);
    v_rrri(c, V_PSHUFD, 0, d, 0, a, 0x1b);
    x_rr(c, SHA1RNDS4, 0, d, t);
    x_b(c, f);
    v_rrri(c, V_PSHUFD, 0, d, 0, d, 0x1b);
}

void x_sel_sha1su0(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned a = x_use(c, o.a), b = x_use(c, o.b), m = x_use(c, o.c), d = x_def(c);
    v_rrri(c, V_PALIGNR, 0, d, b, a, 8);
    v_rrr(c, V_PXOR, 0, d, d, a);
    v_rrr(c, V_PXOR, 0, d, d, m);
}

static void rotate_left_1(struct x_ctx *c, unsigned d, unsigned s)
{
    v_rrri(c, V_SHIFT_S, 0, 2, X_XTMP, s, 31);
    v_rrri(c, V_SHIFT_S, 0, 6, d, s, 1);
    v_rrr(c, V_POR, 0, d, d, X_XTMP);
}

void x_sel_sha1su1(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned a = x_use(c, o.a), b = x_use(c, o.b), d = x_def(c), t = x_xtmp(c);
    v_rrri(c, V_SHIFT_D, 0, 3, t, b, 4);                /* psrldq */
    v_rrr(c, V_PXOR, 0, t, t, a);
    rotate_left_1(c, d, t);
    v_rrri(c, V_SHIFT_D, 0, 7, t, d, 12);               /* pslldq: lane 0 to lane 3 */
    rotate_left_1(c, t, t);
    v_rrr(c, V_PXOR, 0, d, d, t);
}

/*
 * SM4's S-box is an inversion between two affine maps, in a field of 2^8 that is AES's with other names for its
 * elements; so it is AES's S-box, or GFNI's inversion, between two other affine maps. A map of a byte is the
 * exclusive or of two table entries, one for each nibble.
 */
static void affine_by_tables(struct x_ctx *c, unsigned d, unsigned a, unsigned t, const uint64_t table[4])
{
    struct x_mem mask = x_pool(x_pool_u128(c, 0x0f0f0f0f0f0f0f0f, 0x0f0f0f0f0f0f0f0f));
    v_rrri(c, V_SHIFT_D, 0, 2, X_XTMP, a, 4);       /* psrlq */
    v_rrm(c, V_PAND, 0, X_XTMP, X_XTMP, mask);
    v_rrm(c, V_PAND, 0, t, a, mask);
    v_rm(c, V_MOVUPS, 0, d, x_pool(x_pool_u128(c, table[0], table[1])));
    v_rrr(c, V_PSHUFB, 0, t, d, t);
    v_rm(c, V_MOVUPS, 0, d, x_pool(x_pool_u128(c, table[2], table[3])));
    v_rrr(c, V_PSHUFB, 0, d, d, X_XTMP);
    v_rrr(c, V_PXOR, 0, d, d, t);
}

void x_sel_sm4sub(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    static const uint64_t before[4] = {0x078b37bb820eb23e, 0x9814a8241d912da1, 0x37eb19c5f22edc00, 0x3fe311cdfa26d408};
    static const uint64_t behind[4] = {0x2098ea521ea6d46c, 0x47ff8d3579c1b30b, 0x2dcd7d9db050e000, 0xed0dbd5d709020c0};
    if (x_features & XF_GFNI) {
        unsigned a = x_use(c, o.a), d = x_def(c);
        v_rrmi(c, V_GF2P8AFFINE, 1, d, a, x_pool(x_pool_u128(c, 0x4c287db91a22505d, 0x4c287db91a22505d)), 0x3e);
        v_rrmi(c, V_GF2P8AFFINEINV, 1, d, d, x_pool(x_pool_u128(c, 0xf3ab34a974a6b589, 0xf3ab34a974a6b589)), 0xd3);
        return;
    }
    if (!(x_features & XF_AES)) {
        x_sel_eval(c, in, o);
        return;
    }
    unsigned a = x_use(c, o.a), d = x_def(c), t = x_xtmp(c);
    affine_by_tables(c, d, a, t, before);
    zero(c, X_XTMP);
    v_rrr(c, V_AESENCLAST, 0, d, d, X_XTMP);
    v_rrm(c, V_PSHUFB, 0, t, d, x_pool(x_pool_u128(c, 0x0b0e0104070a0d00, 0x0306090c0f020508)));     /* undoes ShiftRows */
    affine_by_tables(c, d, t, t, behind);
}
