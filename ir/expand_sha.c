/* SHA-512 in 64-bit rotations, SHA-256 and SHA-1 in 32-bit ones (FIPS 180-4, 4.1; operands as in the A64 instructions' pseudocode). */
#include "ir/expand.h"

static ir_ref op(struct ir_func *fn, enum ir_op o, ir_ref a, ir_ref b) { return ir_op2(fn, o, a, b); }
static ir_ref half(struct ir_func *fn, ir_ref v, unsigned high) { return ir_emit(fn, IR_vget, IR_I64, IR_D, v, 0, 0, high); }
static ir_ref pair(struct ir_func *fn, ir_ref low, ir_ref high)
{
    return ir_emit(fn, IR_vset, IR_V128, IR_D, ir_emit(fn, IR_i2v, IR_V128, 0, low, 0, 0, 0), high, 0, 1);
}
static ir_ref rotations(struct ir_func *fn, ir_ref v, unsigned a, unsigned b, unsigned c)
{
    return op(fn, IR_xor, op(fn, IR_xor, ir_op2i(fn, IR_ror, v, a), ir_op2i(fn, IR_ror, v, b)), ir_op2i(fn, IR_ror, v, c));
}
/* Ch: x where e is set, else y. */
static ir_ref choose(struct ir_func *fn, ir_ref e, ir_ref x, ir_ref y) { return op(fn, IR_xor, op(fn, IR_and, op(fn, IR_xor, x, y), e), y); }
/* Maj. */
static ir_ref majority(struct ir_func *fn, ir_ref x, ir_ref y, ir_ref z)
{
    return op(fn, IR_xor, op(fn, IR_and, x, y), op(fn, IR_and, op(fn, IR_xor, x, y), z));
}

ir_ref ir_expand_sha512h(struct ir_func *fn, const struct ir_insn *k)
{
    ir_ref x0 = half(fn, k->b, 0), x1 = half(fn, k->b, 1), y0 = half(fn, k->c, 0), y1 = half(fn, k->c, 1);
    ir_ref high = op(fn, IR_add, choose(fn, y1, x0, x1), rotations(fn, y1, 14, 18, 41));
    high = op(fn, IR_add, high, half(fn, k->a, 1));
    ir_ref e = op(fn, IR_add, high, y0);
    ir_ref low = op(fn, IR_add, choose(fn, e, y1, x0), rotations(fn, e, 14, 18, 41));
    return pair(fn, op(fn, IR_add, low, half(fn, k->a, 0)), high);
}

ir_ref ir_expand_sha512h2(struct ir_func *fn, const struct ir_insn *k)
{
    ir_ref x0 = half(fn, k->b, 0), y0 = half(fn, k->c, 0), y1 = half(fn, k->c, 1);
    ir_ref high = op(fn, IR_add, majority(fn, y0, y1, x0), rotations(fn, y0, 28, 34, 39));
    high = op(fn, IR_add, high, half(fn, k->a, 1));
    ir_ref low = op(fn, IR_add, majority(fn, high, y0, y1), rotations(fn, high, 28, 34, 39));
    return pair(fn, op(fn, IR_add, low, half(fn, k->a, 0)), high);
}

/* ---- message schedule, both lanes at once ---- */

static ir_ref shift(struct ir_func *fn, enum ir_op o, ir_ref v, unsigned n) { return ir_emit(fn, o, IR_V128, IR_D, v, 0, 0, n); }
static ir_ref rotate(struct ir_func *fn, ir_ref v, unsigned n)
{
    return ir_v(fn, IR_vor, IR_V128, 0, shift(fn, IR_vshri, v, n), shift(fn, IR_vshli, v, 64 - n));
}
static ir_ref sigma(struct ir_func *fn, ir_ref v, unsigned a, unsigned b, unsigned c)
{
    return ir_v(fn, IR_vxor, IR_V128, 0, ir_v(fn, IR_vxor, IR_V128, 0, rotate(fn, v, a), rotate(fn, v, b)), shift(fn, IR_vshri, v, c));
}

/* SU0: a + sigma0 of (a's upper half, b's lower); SU1: a + sigma1(b) + c. */
ir_ref ir_expand_sha512su(struct ir_func *fn, const struct ir_insn *k)
{
    static const uint8_t middle[16] = {8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23};
    if (k->op == IR_sha512su0) {
        ir_ref v = ir_emit(fn, IR_vshuf, IR_V128, 0, k->a, k->b, 0, ir_vconst_index(fn, middle));
        return ir_v(fn, IR_vadd, IR_V128, IR_D, k->a, sigma(fn, v, 1, 8, 7));
    }
    return ir_v(fn, IR_vadd, IR_V128, IR_D, ir_v(fn, IR_vadd, IR_V128, IR_D, k->a, sigma(fn, k->b, 19, 61, 6)), k->c);
}

/* ---- four rounds on words ---- */

static ir_ref add(struct ir_func *fn, ir_ref a, ir_ref b) { return op(fn, IR_add, a, b); }
static ir_ref word(struct ir_func *fn, ir_ref v, unsigned i) { return ir_emit(fn, IR_vget, IR_I32, IR_S, v, 0, 0, i); }
static void words(struct ir_func *fn, ir_ref v, ir_ref w[4])
{
    for (unsigned i = 0; i < 4; i++)
        w[i] = word(fn, v, i);
}
static ir_ref vector(struct ir_func *fn, const ir_ref w[4])
{
    ir_ref v = ir_emit(fn, IR_i2v, IR_V128, 0, w[0], 0, 0, 0);
    for (unsigned i = 1; i < 4; i++)
        v = ir_emit(fn, IR_vset, IR_V128, IR_S, v, w[i], 0, i);
    return v;
}

/* x: a to d, y: e to h. The two instructions of a pair compute the same, which the builder notices. */
static void sha256_rounds(struct ir_func *fn, ir_ref x[4], ir_ref y[4], ir_ref message)
{
    for (unsigned i = 0; i < 4; i++) {
        ir_ref t = add(fn, add(fn, y[3], rotations(fn, y[0], 6, 11, 25)), choose(fn, y[0], y[1], y[2]));
        t = add(fn, t, word(fn, message, i));
        ir_ref u = add(fn, add(fn, t, rotations(fn, x[0], 2, 13, 22)), majority(fn, x[0], x[1], x[2]));
        t = add(fn, t, x[3]);
        for (unsigned j = 3; j > 0; j--) {
            x[j] = x[j - 1];
            y[j] = y[j - 1];
        }
        x[0] = u;
        y[0] = t;
    }
}

ir_ref ir_expand_sha256h(struct ir_func *fn, const struct ir_insn *k)
{
    bool first = k->op == IR_sha256h;
    ir_ref x[4], y[4];
    words(fn, first ? k->a : k->b, x);
    words(fn, first ? k->b : k->a, y);
    sha256_rounds(fn, x, y, k->c);
    return vector(fn, first ? x : y);
}

ir_ref ir_expand_sha1h(struct ir_func *fn, const struct ir_insn *k)
{
    ir_ref x[4], e = word(fn, k->b, 0);
    words(fn, k->a, x);
    for (unsigned i = 0; i < 4; i++) {
        ir_ref f = k->op == IR_sha1c ? choose(fn, x[1], x[2], x[3]) : k->op == IR_sha1m ? majority(fn, x[1], x[2], x[3]) :
                   op(fn, IR_xor, op(fn, IR_xor, x[1], x[2]), x[3]);
        ir_ref t = add(fn, add(fn, add(fn, e, ir_op2i(fn, IR_ror, x[0], 27)), f), word(fn, k->c, i));
        e = x[3];
        x[3] = x[2];
        x[2] = ir_op2i(fn, IR_ror, x[1], 2);
        x[1] = x[0];
        x[0] = t;
    }
    return vector(fn, x);
}

/* ---- SHA-256's message schedule, four words at once ---- */

static ir_ref shift_words(struct ir_func *fn, enum ir_op o, ir_ref v, unsigned n) { return ir_emit(fn, o, IR_V128, IR_S, v, 0, 0, n); }
static ir_ref rotate_words(struct ir_func *fn, ir_ref v, unsigned n)
{
    return ir_v(fn, IR_vor, IR_V128, 0, shift_words(fn, IR_vshri, v, n), shift_words(fn, IR_vshli, v, 32 - n));
}
static ir_ref sigma_words(struct ir_func *fn, ir_ref v, unsigned a, unsigned b, unsigned c)
{
    ir_ref r = ir_v(fn, IR_vxor, IR_V128, 0, rotate_words(fn, v, a), rotate_words(fn, v, b));
    return ir_v(fn, IR_vxor, IR_V128, 0, r, shift_words(fn, IR_vshri, v, c));
}
static ir_ref add_words(struct ir_func *fn, ir_ref a, ir_ref b) { return ir_v(fn, IR_vadd, IR_V128, IR_S, a, b); }

/* Words 1 to 3 of a, and b's first. */
static ir_ref next_words(struct ir_func *fn, ir_ref a, ir_ref b)
{
    static const uint8_t sel[16] = {4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19};
    return ir_emit(fn, IR_vshuf, IR_V128, 0, a, b, 0, ir_vconst_index(fn, sel));
}

/* SU0: a + sigma0 of the words after a's; SU1: a + the words after b's + sigma1 of c's last two and the two that makes. */
ir_ref ir_expand_sha256su(struct ir_func *fn, const struct ir_insn *k)
{
    static const uint8_t last[16] = {8, 9, 10, 11, 12, 13, 14, 15, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};
    static const uint8_t first[16] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 1, 2, 3, 4, 5, 6, 7};
    if (k->op == IR_sha256su0)
        return add_words(fn, k->a, sigma_words(fn, next_words(fn, k->a, k->b), 7, 18, 3));
    ir_ref r = add_words(fn, k->a, next_words(fn, k->b, k->c));
    ir_ref v = ir_emit(fn, IR_vshuf, IR_V128, 0, k->c, k->c, 0, ir_vconst_index(fn, last));
    r = add_words(fn, r, sigma_words(fn, v, 17, 19, 10));
    v = ir_emit(fn, IR_vshuf, IR_V128, 0, r, r, 0, ir_vconst_index(fn, first));
    return add_words(fn, r, sigma_words(fn, v, 17, 19, 10));
}
