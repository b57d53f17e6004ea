/* Correctly rounded floating point in integers; see softfp.h. */
#include "ir/softfp.h"

typedef unsigned __int128 u128;

const struct sf_format sf_half = {16, 10, 15, 0}, sf_single = {32, 23, 127, 0}, sf_double = {64, 52, 1023, 0}, sf_bfloat = {16, 7, 127, 0};

static uint32_t control(void)
{
    uint32_t csr;
    __asm__ volatile("stmxcsr %0" : "=m"(csr));
    return csr;
}

void ir_sf_raise(unsigned flags)
{
    uint32_t csr = control();
    if ((csr & flags) == flags)
        return;
    csr |= flags;
    __asm__ volatile("ldmxcsr %0" : : "m"(csr));
}

void ir_sf_set_flags(unsigned flags)
{
    uint32_t csr = (control() & ~0x3fu) | flags;
    __asm__ volatile("ldmxcsr %0" : : "m"(csr));
}

unsigned ir_sf_flags(void) { return control() & 0x3f; }

enum ir_round ir_sf_mode(enum ir_round r)
{
    static const uint8_t mode[4] = {IR_RN, IR_RM, IR_RP, IR_RZ};
    return r == IR_RCUR ? (enum ir_round)mode[control() >> 13 & 3] : r;
}

struct sf_num ir_sf_unpack(const struct sf_format *f, uint64_t bits)
{
    uint64_t frac = bits & ((1ull << f->frac) - 1);
    unsigned top = (1u << (f->bits - 1 - f->frac)) - 1, field = (unsigned)(bits >> f->frac) & top;
    struct sf_num n = {.sign = bits >> (f->bits - 1) & 1, .mag = frac};
    if (field == top && !(f->rules & SF_NO_SPECIALS))
        n.cls = !frac ? SF_INF : frac >> (f->frac - 1) ? SF_QNAN : SF_SNAN;
    else if (!field && (!frac || f->rules & SF_FLUSH)) {
        n.cls = SF_ZERO;
        if (frac && f->bits != 16)      /* halves are flushed silently */
            ir_sf_raise(SF_DENORMAL);
    } else {
        n.cls = SF_FINITE;
        n.exp = (int)(field ? field : 1) - f->bias - f->frac;
        n.mag |= field ? 1ull << f->frac : 0;
    }
    return n;
}

/* What is cut off below bit `shift` of mag: 0 nothing, 1 less than half, 2 half, 3 more. */
static unsigned cut_off(u128 mag, int shift, bool sticky)
{
    if (shift <= 0)
        return sticky;
    if (shift > 128)
        return mag || sticky;
    u128 half = (u128)1 << (shift - 1), rest = mag & (half - 1);
    return (mag & half ? 2 : 0) | (rest || sticky);
}

static bool rounds_up(enum ir_round mode, bool sign, bool odd, unsigned cut)
{
    switch (mode) {
    case IR_RN: return cut == 3 || (cut == 2 && odd);
    case IR_RA: return cut >= 2;
    case IR_RM: return sign && cut;
    case IR_RP: return !sign && cut;
    case IR_RODD: return !odd && cut;
    default: return false;
    }
}

static int top_bit(u128 v)
{
    uint64_t hi = (uint64_t)(v >> 64);
    return hi ? 127 - __builtin_clzll(hi) : 63 - __builtin_clzll((uint64_t)v);
}

static uint64_t overflowed(const struct sf_format *f, enum ir_round mode, bool sign)
{
    if (f->rules & SF_NO_SPECIALS) {
        ir_sf_raise(SF_INVALID);
        return ir_sf_sign_bit(f) - 1 + ir_sf_zero(f, sign);
    }
    ir_sf_raise(SF_OVERFLOW | SF_INEXACT);
    bool to_max = mode == IR_RZ || mode == IR_RODD || (mode == IR_RM && !sign) || (mode == IR_RP && sign);
    return to_max ? ir_sf_max(f, sign) : ir_sf_inf(f, sign);
}

/* Of a magnitude below the smallest normal number: is it underflow? By default only where it stays below when rounded
 * with an unbounded exponent, as x86 and RISC-V have it. */
static bool is_tiny(const struct sf_format *f, enum ir_round mode, bool sign, u128 mag, int top, bool sticky)
{
    if (f->rules & SF_TINY_BEFORE)
        return true;
    int shift = top - f->frac;
    u128 mant = shift > 0 ? mag >> shift : mag << -shift;
    mant += rounds_up(mode, sign, mant & 1, cut_off(mag, shift, sticky));
    return !(mant >> (f->frac + 1));
}

uint64_t ir_sf_round(const struct sf_format *f, enum ir_round mode, bool sign, u128 mag, int exp, bool sticky)
{
    mode = ir_sf_mode(mode);
    if (!mag)
        return ir_sf_zero(f, sign);
    int top = top_bit(mag), least = 1 - f->bias, e = top + exp;
    if (e < least && f->rules & SF_FLUSH) {
        ir_sf_raise(SF_UNDERFLOW);
        return ir_sf_zero(f, sign);
    }
    int lsb = (e > least ? e : least) - f->frac, shift = lsb - exp;
    unsigned cut = cut_off(mag, shift, sticky);
    uint64_t mant = shift >= 128 ? 0 : shift > 0 ? (uint64_t)(mag >> shift) : (uint64_t)(mag << -shift);
    mant += rounds_up(mode, sign, mant & 1, cut);
    /* The hidden bit adds one to the exponent field; a carry out of the fraction adds one more. */
    uint64_t field = e >= least ? (uint64_t)(e + f->bias - 1) : 0;
    if (field >= (1ull << (f->bits - 1 - f->frac)))
        return overflowed(f, mode, sign);
    uint64_t bits = (field << f->frac) + mant;
    if (bits >= (f->rules & SF_NO_SPECIALS ? ir_sf_sign_bit(f) : ir_sf_inf(f, false)))
        return overflowed(f, mode, sign);
    if (cut)
        ir_sf_raise(e < least && (e < least - 1 || is_tiny(f, mode, sign, mag, top, sticky)) ? SF_UNDERFLOW | SF_INEXACT : SF_INEXACT);
    return bits | ir_sf_zero(f, sign);
}

bool ir_sf_nans(const struct sf_format *f, enum ir_nan nan, const uint64_t *ops, unsigned n, uint64_t *result)
{
    int first = -1;
    bool signalling = false;
    for (unsigned i = 0; i < n; i++) {      /* all of them: each may be flushed */
        struct sf_num x = ir_sf_unpack(f, ops[i]);
        bool wins = x.cls == SF_SNAN ? !signalling : x.cls == SF_QNAN && first < 0;
        first = wins ? (int)i : first;
        signalling |= x.cls == SF_SNAN;
    }
    if (first < 0)
        return false;
    if (signalling)
        ir_sf_raise(SF_INVALID);
    *result = nan == IR_NAN_PROPAGATE ? ops[first] | 1ull << (f->frac - 1) : ir_sf_default_nan(f);
    return true;
}

uint64_t ir_sf_convert(const struct sf_format *to, const struct sf_format *from, uint64_t bits, enum ir_nan nan, enum ir_round mode)
{
    struct sf_num n = ir_sf_unpack(from, bits);
    if (to->rules & SF_NO_SPECIALS && (n.cls == SF_INF || ir_sf_is_nan(&n))) {
        ir_sf_raise(SF_INVALID);
        return ir_sf_zero(to, n.sign) | (n.cls == SF_INF ? ir_sf_sign_bit(to) - 1 : 0);
    }
    switch (n.cls) {
    case SF_SNAN: ir_sf_raise(SF_INVALID); /* fall through */
    case SF_QNAN: {
        if (nan != IR_NAN_PROPAGATE)
            return ir_sf_default_nan(to);
        int wider = to->frac - from->frac;
        uint64_t payload = wider >= 0 ? n.mag << wider : n.mag >> -wider;
        return ir_sf_zero(to, n.sign) | ir_sf_default_nan(to) | payload;
    }
    case SF_INF: return ir_sf_inf(to, n.sign);
    case SF_ZERO: return ir_sf_zero(to, n.sign);
    default: return ir_sf_round(to, mode, n.sign, n.mag, n.exp, false);
    }
}

u128 ir_sf_integral(const struct sf_num *n, enum ir_round mode, bool *inexact)
{
    *inexact = false;
    if (n->cls == SF_ZERO)
        return 0;
    if (n->cls == SF_INF || n->exp > 64)
        return (u128)1 << 100;
    if (n->exp >= 0)
        return (u128)n->mag << n->exp;
    int shift = -n->exp;
    unsigned cut = cut_off(n->mag, shift, false);
    uint64_t v = shift < 64 ? n->mag >> shift : 0;
    *inexact = cut;
    return v + rounds_up(ir_sf_mode(mode), n->sign, v & 1, cut);
}

uint64_t ir_sf_to_int(const struct sf_format *f, uint64_t x, unsigned fraction, unsigned bits, bool is_signed, enum ir_round mode, bool nan_max)
{
    struct sf_num n = ir_sf_unpack(f, x);
    uint64_t max = ~0ull >> (64 - bits + is_signed), min = is_signed ? max + 1 : 0;
    if (ir_sf_is_nan(&n)) {
        ir_sf_raise(SF_INVALID);
        return nan_max ? max : 0;
    }
    bool inexact;
    n.exp += (int)fraction;
    u128 v = ir_sf_integral(&n, mode, &inexact);
    if (v > (n.sign ? min : max)) {
        ir_sf_raise(SF_INVALID);
        return n.sign ? min : max;
    }
    if (inexact)
        ir_sf_raise(SF_INEXACT);
    uint64_t r = n.sign ? 0 - (uint64_t)v : (uint64_t)v;
    return bits == 64 ? r : r & ((1ull << bits) - 1);
}

uint32_t ir_sf_to_modular(const struct sf_format *f, uint64_t x)
{
    struct sf_num n = ir_sf_unpack(f, x);
    if (ir_sf_is_nan(&n) || n.cls == SF_INF) {
        ir_sf_raise(SF_INVALID);
        return 0;
    }
    bool inexact = false;
    u128 v = n.exp >= 32 ? 0 : ir_sf_integral(&n, IR_RZ, &inexact);
    if (n.cls == SF_FINITE && (n.exp >= 32 || v > 0x7fffffffu + n.sign))
        ir_sf_raise(SF_INVALID);
    else if (inexact)
        ir_sf_raise(SF_INEXACT);
    return n.sign ? 0 - (uint32_t)v : (uint32_t)v;
}

uint64_t ir_sf_to_bounded(const struct sf_format *f, uint64_t x, enum ir_round mode, unsigned bits)
{
    struct sf_num n = ir_sf_unpack(f, x);
    u128 limit = (u128)1 << (bits - 1), v = limit + 1;
    bool inexact = false;
    if (!ir_sf_is_nan(&n))
        v = ir_sf_integral(&n, mode, &inexact);
    if (v > limit - !n.sign) {
        ir_sf_raise(SF_INVALID);
        return ir_sf_round(f, IR_RZ, true, limit, 0, false);
    }
    if (inexact)
        ir_sf_raise(SF_INEXACT);
    return ir_sf_round(f, IR_RZ, n.sign, v, 0, false);
}

uint64_t ir_sf_from_int(const struct sf_format *f, uint64_t v, unsigned fraction, unsigned bits, bool is_signed, enum ir_round mode)
{
    v = v << (64 - bits) >> (64 - bits);
    bool sign = is_signed && v >> (bits - 1);
    if (sign)
        v = (0 - v) << (64 - bits) >> (64 - bits);
    return ir_sf_round(f, mode, sign, v, -(int)fraction, false);
}

uint64_t ir_sf_to_integral(const struct sf_format *f, uint64_t x, enum ir_round mode, bool exact, enum ir_nan nan)
{
    uint64_t r;
    if (ir_sf_nans(f, nan, &x, 1, &r))
        return r;
    struct sf_num n = ir_sf_unpack(f, x);
    if (n.cls == SF_ZERO)
        return ir_sf_zero(f, n.sign);
    if (n.cls == SF_INF || n.exp >= 0)
        return x;
    bool inexact;
    u128 v = ir_sf_integral(&n, mode, &inexact);
    if (inexact && exact)
        ir_sf_raise(SF_INEXACT);
    return ir_sf_round(f, IR_RZ, n.sign, v, 0, false);
}

/*
 * bfloat16 arithmetic as A64's BFDOT and BFMMLA do it without FEAT_EBF16, whatever FPCR says: operands in single
 * precision, subnormals zero, every NaN the default one, rounding to odd, overflow infinite (shared/functions/float/bfloat).
 */
static struct sf_num bf_unpack(uint32_t a)
{
    struct sf_num n = {.sign = a >> 31, .exp = (int)(a >> 23 & 0xff) - 150, .mag = (a & 0x7fffff) | 0x800000};
    unsigned field = a >> 23 & 0xff;
    n.cls = !field ? SF_ZERO : field < 0xff ? SF_FINITE : a << 9 ? SF_QNAN : SF_INF;
    return n;
}

/* mag * 2^exp, mag at most 100 bits. */
static uint32_t bf_round(bool sign, u128 mag, int exp)
{
    int top = top_bit(mag), shift = top - 23;
    if (top + exp < -126)
        return (uint32_t)sign << 31;
    if (top + exp > 127)
        return (uint32_t)sign << 31 | 0x7f800000;
    uint32_t mant = (uint32_t)(shift > 0 ? mag >> shift : mag << -shift);
    if (shift > 0 && mag & (((u128)1 << shift) - 1))
        mant |= 1;
    return ((uint32_t)sign << 31 | (uint32_t)(top + exp + 126) << 23) + mant;
}

uint32_t ir_sf_bf_mul(uint32_t a, uint32_t b)
{
    struct sf_num x = bf_unpack(a), y = bf_unpack(b);
    uint32_t sign = (a ^ b) & 0x80000000;
    if (ir_sf_is_nan(&x) || ir_sf_is_nan(&y) || (x.cls == SF_INF && y.cls == SF_ZERO) || (x.cls == SF_ZERO && y.cls == SF_INF))
        return 0x7fc00000;
    if (x.cls == SF_INF || y.cls == SF_INF)
        return sign | 0x7f800000;
    if (x.cls == SF_ZERO || y.cls == SF_ZERO)
        return sign;
    return bf_round(sign, (u128)x.mag * y.mag, x.exp + y.exp);
}

uint32_t ir_sf_bf_add(uint32_t a, uint32_t b)
{
    struct sf_num x = bf_unpack(a), y = bf_unpack(b);
    if (ir_sf_is_nan(&x) || ir_sf_is_nan(&y) || (x.cls == SF_INF && y.cls == SF_INF && x.sign != y.sign))
        return 0x7fc00000;
    if (x.cls == SF_INF || y.cls == SF_INF)
        return x.cls == SF_INF ? a : b;
    if (x.cls == SF_ZERO && y.cls == SF_ZERO)
        return a & b & 0x80000000;
    if (x.cls == SF_ZERO || y.cls == SF_ZERO)
        return x.cls == SF_ZERO ? b : a;
    if (x.exp < y.exp || (x.exp == y.exp && x.mag < y.mag)) {
        struct sf_num t = x;
        x = y;
        y = t;
    }
    /* Of a number more than 64 bits below, only that it is there matters: 65 bits below is as far. */
    int apart = x.exp - y.exp;
    u128 big = (u128)x.mag << (apart < 65 ? apart : 65), small = y.mag;
    int exp = apart < 65 ? y.exp : x.exp - 65;
    u128 sum = x.sign == y.sign ? big + small : big - small;
    return sum ? bf_round(x.sign, sum, exp) : 0;
}
