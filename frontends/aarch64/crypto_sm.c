/* A64 SM3 and SM4 (Arm ARM, C7.2; GB/T 32905-2016, GB/T 32907-2016). */
#include "frontends/aarch64/simd.h"

static ir_ref word(struct ir_func *fn, ir_ref v, unsigned i) { return simd_get(fn, IR_S, v, i); }
static ir_ref xor2(struct ir_func *fn, ir_ref a, ir_ref b) { return ir_op2(fn, IR_xor, a, b); }
static ir_ref rotl(struct ir_func *fn, ir_ref v, unsigned n) { return ir_op2i(fn, IR_ror, v, 32 - n); }

/* Words of a vector turned left. */
static ir_ref rotl_words(struct ir_func *fn, ir_ref v, unsigned n)
{
    return simd_2(fn, IR_vor, 0, simd_i(fn, IR_vshli, IR_S, v, n), simd_i(fn, IR_vshri, IR_S, v, 32 - n));
}

/* Words first to first + 3 of a followed by b. */
static ir_ref window(struct ir_func *fn, ir_ref a, ir_ref b, unsigned first)
{
    uint8_t pick[16];
    for (unsigned i = 0; i < 16; i++)
        pick[i] = (uint8_t)((first + i) & 7);
    return simd_permute(fn, IR_S, a, b, pick);
}

/* ---- SM3 ---- */

bool lift_sm3ss1(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref n = word(fn, a64_rq(fn, f->Rn), 3), m = word(fn, a64_rq(fn, f->Rm), 3), a = word(fn, a64_rq(fn, f->Ra), 3);
    ir_ref r = rotl(fn, ir_op2(fn, IR_add, ir_op2(fn, IR_add, rotl(fn, n, 12), m), a), 7);
    a64_wv(fn, f->Rd, ir_emit(fn, IR_vset, IR_V128, IR_S, simd_zero(fn, IR_V128), r, 0, 3));
    return true;
}

/* The boolean functions FF and GF: parity in the first 16 rounds, then majority and choice. */
static ir_ref boolean(struct ir_func *fn, const struct a64_fields *f, ir_ref x, ir_ref y, ir_ref z)
{
    if (f->parity)
        return xor2(fn, xor2(fn, x, y), z);
    ir_ref differ = xor2(fn, y, z);
    if (f->final)
        return xor2(fn, ir_op2(fn, IR_and, differ, x), z);
    return ir_op2(fn, IR_or, ir_op2(fn, IR_and, differ, x), ir_op2(fn, IR_and, y, z));
}

/* SM3TT1A, SM3TT1B (final 0), SM3TT2A, SM3TT2B (final 1): a register of four moves up by one. */
bool lift_sm3tt(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref d = a64_rq(fn, f->Rd), n = word(fn, a64_rq(fn, f->Rn), 3), w = word(fn, a64_rq(fn, f->Rm), f->idx);
    ir_ref s[4], t;
    for (unsigned i = 0; i < 4; i++)
        s[i] = word(fn, d, i);
    t = ir_op2(fn, IR_add, boolean(fn, f, s[3], s[2], s[1]), s[0]);
    t = ir_op2(fn, IR_add, ir_op2(fn, IR_add, t, f->final ? n : xor2(fn, n, rotl(fn, s[3], 12))), w);
    if (f->final)
        t = xor2(fn, xor2(fn, t, rotl(fn, t, 9)), rotl(fn, t, 17));
    ir_ref r = window(fn, d, d, 1);
    r = ir_emit(fn, IR_vset, IR_V128, IR_S, r, rotl(fn, s[2], f->final ? 19 : 9), 0, 1);
    a64_wv(fn, f->Rd, ir_emit(fn, IR_vset, IR_V128, IR_S, r, t, 0, 3));
    return true;
}

/* The permutation P1. */
static ir_ref p1(struct ir_func *fn, ir_ref v) { return simd_xor(fn, simd_xor(fn, v, rotl_words(fn, v, 15)), rotl_words(fn, v, 23)); }

/* The last word depends on the first one's result. */
bool lift_sm3partw1(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref zero = simd_zero(fn, IR_V128), m = window(fn, a64_rq(fn, f->Rm), zero, 1);
    ir_ref v = simd_xor(fn, simd_xor(fn, a64_rq(fn, f->Rd), a64_rq(fn, f->Rn)), rotl_words(fn, m, 15));
    ir_ref first = p1(fn, v), last = window(fn, zero, rotl_words(fn, first, 15), 1);
    a64_wv(fn, f->Rd, p1(fn, simd_xor(fn, v, last)));
    return true;
}

bool lift_sm3partw2(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref v = simd_xor(fn, a64_rq(fn, f->Rn), rotl_words(fn, a64_rq(fn, f->Rm), 7));
    ir_ref last = window(fn, simd_zero(fn, IR_V128), p1(fn, rotl_words(fn, v, 15)), 1);
    a64_wv(fn, f->Rd, simd_xor(fn, simd_xor(fn, a64_rq(fn, f->Rd), v), last));
    return true;
}

/* ---- SM4 ---- */

/* Each word turned left by whole bytes. */
static ir_ref rotl_bytes(struct ir_func *fn, ir_ref v, unsigned n)
{
    uint8_t pick[16];
    for (unsigned i = 0; i < 16; i++)
        pick[i] = (uint8_t)((i & ~3u) | ((i - n) & 3));
    return simd_permute(fn, IR_B, v, v, pick);
}

/* The linear transformations: of encryption, v ^ v<<<2 ^ v<<<10 ^ v<<<18 ^ v<<<24; of key expansion, v ^ v<<<13 ^ v<<<23. */
static ir_ref linear(struct ir_func *fn, bool key, ir_ref v)
{
    if (key)
        return simd_xor(fn, simd_xor(fn, v, rotl_words(fn, v, 13)), rotl_words(fn, v, 23));
    ir_ref sum = simd_xor(fn, simd_xor(fn, v, rotl_bytes(fn, v, 1)), rotl_bytes(fn, v, 2));
    return simd_xor(fn, simd_xor(fn, v, rotl_bytes(fn, v, 3)), rotl_words(fn, sum, 2));
}

/* Four rounds: the word made of the other three and the round's key is added to the first, which becomes the last. */
static ir_ref sm4_rounds(struct ir_func *fn, bool key, ir_ref state, ir_ref keys)
{
    static const uint8_t next[16] = {1, 2, 3, 4};
    for (unsigned i = 0; i < 4; i++) {
        /* Only lane 0 counts: of the state turned by one, two and three words, and of the key. */
        ir_ref t = simd_xor(fn, window(fn, state, state, 1), window(fn, state, state, 2));
        t = simd_xor(fn, simd_xor(fn, t, window(fn, state, state, 3)), i ? simd_dup(fn, IR_V128, IR_S, keys, i) : keys);
        t = linear(fn, key, simd_1(fn, IR_sm4sub, 0, t));
        state = simd_permute(fn, IR_S, state, simd_xor(fn, t, state), next);
    }
    return state;
}

bool lift_sm4e(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wv(fn, f->Rd, sm4_rounds(fn, false, a64_rq(fn, f->Rd), a64_rq(fn, f->Rn)));
    return true;
}

bool lift_sm4ekey(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wv(fn, f->Rd, sm4_rounds(fn, true, a64_rq(fn, f->Rn), a64_rq(fn, f->Rm)));
    return true;
}
