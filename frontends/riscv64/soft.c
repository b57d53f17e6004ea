/* Arithmetic under a rounding mode that is not the host's current one, in integers. Helper round_op. */
#include "frontends/riscv64/abi.h"
#include "ir/softfp.h"

typedef unsigned __int128 u128;

struct context { const struct sf_format *f; enum ir_round round; };

/* An exact magnitude: mag * 2^exp. */
struct exact { bool sign; u128 mag; int exp; };

static uint64_t invalid(const struct sf_format *f)
{
    ir_sf_raise(SF_INVALID);
    return ir_sf_default_nan(f);
}

static int leading_zeros(u128 v)
{
    uint64_t hi = (uint64_t)(v >> 64);
    return hi ? __builtin_clzll(hi) : 64 + __builtin_clzll((uint64_t)v);
}

/* Moves the top bit to bit 125, so that a sum fits and operands of up to 106 bits keep 19 spare bits below. */
static void normalise(struct exact *x)
{
    int n = leading_zeros(x->mag) - 2;
    x->mag <<= n;
    x->exp -= n;
}

static uint64_t zero_sum(const struct context *c, bool xs, bool ys)
{
    return ir_sf_zero(c->f, xs == ys ? xs : c->round == IR_RM);
}

static uint64_t sum(const struct context *c, struct exact x, struct exact y)
{
    if (!x.mag && !y.mag)
        return zero_sum(c, x.sign, y.sign);
    if (!x.mag || !y.mag) {
        struct exact only = x.mag ? x : y;
        return ir_sf_round(c->f, c->round, only.sign, only.mag, only.exp, false);
    }
    normalise(&x);
    normalise(&y);
    if (x.exp < y.exp || (x.exp == y.exp && x.mag < y.mag)) {
        struct exact t = x;
        x = y;
        y = t;
    }
    /* What is shifted out of the smaller one lies far below the rounding position: its being there is enough. */
    int shift = x.exp - y.exp;
    u128 low = shift >= 128 ? 0 : y.mag >> shift;
    bool lost = shift >= 128 || low << shift != y.mag;
    if (x.sign == y.sign)
        return ir_sf_round(c->f, c->round, x.sign, x.mag + (low | lost), x.exp, false);
    u128 mag = x.mag - (low | lost);
    if (!mag)
        return zero_sum(c, true, false);
    return ir_sf_round(c->f, c->round, x.sign, mag, x.exp, false);
}

static struct exact exact_of(const struct sf_num *n)
{
    return (struct exact){n->sign, n->cls == SF_FINITE ? n->mag : 0, n->exp};
}

static uint64_t add(const struct context *c, uint64_t a, uint64_t b)
{
    struct sf_num x = ir_sf_unpack(c->f, a), y = ir_sf_unpack(c->f, b);
    if (x.cls == SF_INF || y.cls == SF_INF) {
        if (x.cls == y.cls && x.sign != y.sign)
            return invalid(c->f);
        return x.cls == SF_INF ? a : b;
    }
    return sum(c, exact_of(&x), exact_of(&y));
}

static struct exact product(const struct sf_num *x, const struct sf_num *y)
{
    struct exact p = exact_of(x), q = exact_of(y);
    return (struct exact){p.sign ^ q.sign, p.mag * q.mag, p.exp + q.exp};
}

static bool infinity_times_zero(const struct sf_num *x, const struct sf_num *y)
{
    return (x->cls == SF_INF && y->cls == SF_ZERO) || (x->cls == SF_ZERO && y->cls == SF_INF);
}

static uint64_t mul(const struct context *c, uint64_t a, uint64_t b)
{
    struct sf_num x = ir_sf_unpack(c->f, a), y = ir_sf_unpack(c->f, b);
    if (infinity_times_zero(&x, &y))
        return invalid(c->f);
    if (x.cls == SF_INF || y.cls == SF_INF)
        return ir_sf_inf(c->f, x.sign ^ y.sign);
    struct exact p = product(&x, &y);
    return ir_sf_round(c->f, c->round, p.sign, p.mag, p.exp, false);
}

static uint64_t fma3(const struct context *c, uint64_t a, uint64_t b, uint64_t d)
{
    struct sf_num x = ir_sf_unpack(c->f, a), y = ir_sf_unpack(c->f, b), z = ir_sf_unpack(c->f, d);
    if (infinity_times_zero(&x, &y))
        return invalid(c->f);
    if (x.cls == SF_INF || y.cls == SF_INF) {
        bool sign = x.sign ^ y.sign;
        return z.cls == SF_INF && z.sign != sign ? invalid(c->f) : ir_sf_inf(c->f, sign);
    }
    if (z.cls == SF_INF)
        return d;
    return sum(c, product(&x, &y), exact_of(&z));
}

static uint64_t divide(const struct context *c, uint64_t a, uint64_t b)
{
    struct sf_num x = ir_sf_unpack(c->f, a), y = ir_sf_unpack(c->f, b);
    bool sign = x.sign ^ y.sign;
    if (x.cls == y.cls && (x.cls == SF_INF || x.cls == SF_ZERO))
        return invalid(c->f);
    if (x.cls == SF_INF)
        return ir_sf_inf(c->f, sign);
    if (x.cls == SF_ZERO || y.cls == SF_INF)
        return ir_sf_zero(c->f, sign);
    if (y.cls == SF_ZERO) {
        ir_sf_raise(SF_DIVZERO);
        return ir_sf_inf(c->f, sign);
    }
    struct exact n = exact_of(&x);
    normalise(&n);
    u128 q = n.mag / y.mag;
    return ir_sf_round(c->f, c->round, sign, q, n.exp - y.exp, n.mag % y.mag != 0);
}

static uint64_t square_root(const struct context *c, uint64_t a)
{
    struct sf_num x = ir_sf_unpack(c->f, a);
    if (x.cls == SF_ZERO || (x.cls == SF_INF && !x.sign))
        return a;
    if (x.sign)
        return invalid(c->f);
    struct exact n = exact_of(&x);
    normalise(&n);
    if (n.exp & 1) {
        n.mag >>= 1;        /* its low bits are zero */
        n.exp++;
    }
    u128 root = 0;
    for (int i = 63; i >= 0; i--) {
        u128 t = root | (u128)1 << i;
        if (t * t <= n.mag)
            root = t;
    }
    return ir_sf_round(c->f, c->round, false, root, n.exp / 2, root * root != n.mag);
}

/* Toward zero, modulo 2^32, sign-extended; out of range is invalid, not inexact (Zfa). */
static uint64_t modular(uint64_t a)
{
    struct sf_num x = ir_sf_unpack(&sf_double, a);
    if (x.cls == SF_ZERO)
        return 0;
    if (x.cls != SF_FINITE) {
        ir_sf_raise(SF_INVALID);
        return 0;
    }
    bool inexact = false;
    uint64_t whole = x.exp >= 32 ? 0 : x.exp >= 0 ? x.mag << x.exp : (uint64_t)ir_sf_integral(&x, IR_RZ, &inexact);
    bool fits = x.exp < 0 && whole <= (uint64_t)INT32_MAX + x.sign;
    if (!fits)
        ir_sf_raise(SF_INVALID);
    else if (inexact)
        ir_sf_raise(SF_INEXACT);
    return (uint64_t)(int64_t)(int32_t)(x.sign ? 0 - whole : whole);
}

static uint64_t narrow(const struct context *c, uint64_t a)
{
    struct sf_num x = ir_sf_unpack(&sf_double, a);
    if (x.cls == SF_INF)
        return ir_sf_inf(c->f, x.sign);
    if (x.cls == SF_ZERO)
        return ir_sf_zero(c->f, x.sign);
    return ir_sf_round(c->f, c->round, x.sign, x.mag, x.exp, false);
}

uint64_t rv64_round_op(uint64_t a, uint64_t b, uint64_t d, unsigned code)
{
    enum rv64_soft op = code >> 8;
    struct context c = {op == RV64_SOFT_NARROW_HALF ? &sf_half : code >> 4 & 1 ? &sf_double : &sf_single, code & 7};
    const uint64_t ops[3] = {a, b, d};
    unsigned n = op == RV64_SOFT_FMA ? 3 : op < RV64_SOFT_SQRT ? 2 : 1;
    uint64_t nan;
    if (op == RV64_SOFT_MODULAR)
        return modular(a);
    if (ir_sf_nans(op >= RV64_SOFT_NARROW ? &sf_double : c.f, IR_NAN_CANON_POS, ops, n, &nan)) {
        struct sf_num x = ir_sf_unpack(c.f, a), y = ir_sf_unpack(c.f, b);
        if (op == RV64_SOFT_FMA && infinity_times_zero(&x, &y))
            ir_sf_raise(SF_INVALID);        /* even where the addend is a quiet NaN (20.6) */
        return ir_sf_default_nan(c.f);
    }
    switch (op) {
    case RV64_SOFT_ADD: return add(&c, a, b);
    case RV64_SOFT_MUL: return mul(&c, a, b);
    case RV64_SOFT_DIV: return divide(&c, a, b);
    case RV64_SOFT_SQRT: return square_root(&c, a);
    case RV64_SOFT_FMA: return fma3(&c, a, b, d);
    case RV64_SOFT_NARROW: case RV64_SOFT_NARROW_HALF: return narrow(&c, a);
    case RV64_SOFT_MODULAR: break;
    }
    return 0;
}
