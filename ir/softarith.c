/* Correctly rounded arithmetic in integers; see softfp.h. */
#include "ir/softfp.h"

typedef unsigned __int128 u128;

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

static uint64_t zero_sum(const struct sf_format *f, enum ir_round mode, bool xs, bool ys)
{
    return ir_sf_zero(f, xs == ys ? xs : ir_sf_mode(mode) == IR_RM);
}

static uint64_t sum(const struct sf_format *f, enum ir_round mode, struct exact x, struct exact y)
{
    if (!x.mag && !y.mag)
        return zero_sum(f, mode, x.sign, y.sign);
    if (!x.mag || !y.mag) {
        struct exact only = x.mag ? x : y;
        return ir_sf_round(f, mode, only.sign, only.mag, only.exp, false);
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
        return ir_sf_round(f, mode, x.sign, x.mag + (low | lost), x.exp, false);
    u128 mag = x.mag - (low | lost);
    if (!mag)
        return zero_sum(f, mode, true, false);
    return ir_sf_round(f, mode, x.sign, mag, x.exp, false);
}

static struct exact exact_of(const struct sf_num *n)
{
    return (struct exact){n->sign, n->cls == SF_FINITE ? n->mag : 0, n->exp};
}

uint64_t ir_sf_add(const struct sf_format *f, enum ir_round mode, uint64_t a, uint64_t b)
{
    struct sf_num x = ir_sf_unpack(f, a), y = ir_sf_unpack(f, b);
    if (x.cls == SF_INF || y.cls == SF_INF) {
        if (x.cls == y.cls && x.sign != y.sign)
            return invalid(f);
        return x.cls == SF_INF ? a : b;
    }
    return sum(f, mode, exact_of(&x), exact_of(&y));
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

bool ir_sf_zero_times_inf(const struct sf_format *f, uint64_t a, uint64_t b)
{
    struct sf_num x = ir_sf_unpack(f, a), y = ir_sf_unpack(f, b);
    return infinity_times_zero(&x, &y);
}

uint64_t ir_sf_mul(const struct sf_format *f, enum ir_round mode, uint64_t a, uint64_t b)
{
    struct sf_num x = ir_sf_unpack(f, a), y = ir_sf_unpack(f, b);
    if (infinity_times_zero(&x, &y))
        return invalid(f);
    if (x.cls == SF_INF || y.cls == SF_INF)
        return ir_sf_inf(f, x.sign ^ y.sign);
    struct exact p = product(&x, &y);
    return ir_sf_round(f, mode, p.sign, p.mag, p.exp, false);
}

uint64_t ir_sf_fma(const struct sf_format *f, enum ir_round mode, uint64_t a, uint64_t b, uint64_t c, int scale)
{
    struct sf_num x = ir_sf_unpack(f, a), y = ir_sf_unpack(f, b), z = ir_sf_unpack(f, c);
    if (infinity_times_zero(&x, &y))
        return invalid(f);
    if (x.cls == SF_INF || y.cls == SF_INF) {
        bool sign = x.sign ^ y.sign;
        return z.cls == SF_INF && z.sign != sign ? invalid(f) : ir_sf_inf(f, sign);
    }
    if (z.cls == SF_INF)
        return c;
    struct exact p = product(&x, &y), addend = exact_of(&z);
    p.exp += scale;
    addend.exp += scale;
    return sum(f, mode, p, addend);
}

uint64_t ir_sf_div(const struct sf_format *f, enum ir_round mode, uint64_t a, uint64_t b)
{
    struct sf_num x = ir_sf_unpack(f, a), y = ir_sf_unpack(f, b);
    bool sign = x.sign ^ y.sign;
    if (x.cls == y.cls && (x.cls == SF_INF || x.cls == SF_ZERO))
        return invalid(f);
    if (x.cls == SF_INF)
        return ir_sf_inf(f, sign);
    if (x.cls == SF_ZERO || y.cls == SF_INF)
        return ir_sf_zero(f, sign);
    if (y.cls == SF_ZERO) {
        ir_sf_raise(SF_DIVZERO);
        return ir_sf_inf(f, sign);
    }
    struct exact n = exact_of(&x);
    normalise(&n);
    u128 q = n.mag / y.mag;
    return ir_sf_round(f, mode, sign, q, n.exp - y.exp, n.mag % y.mag != 0);
}

uint64_t ir_sf_sqrt(const struct sf_format *f, enum ir_round mode, uint64_t a)
{
    struct sf_num x = ir_sf_unpack(f, a);
    if (x.cls == SF_ZERO)
        return ir_sf_zero(f, x.sign);
    if (x.cls == SF_INF && !x.sign)
        return a;
    if (x.sign)
        return invalid(f);
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
    return ir_sf_round(f, mode, false, root, n.exp / 2, root * root != n.mag);
}
