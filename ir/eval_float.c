/*
 * Reference semantics: floating point. Single and double arithmetic runs on the host's unit through
 * volatile assembly, so that the compiler neither moves it across the status register nor evaluates
 * it at build time; everything else goes through softfp.
 *
 * Scalar functions take and give raw bits; vector ops apply them lane by lane.
 */
#include <string.h>

#include "ir/eval.h"
#include "ir/softfp.h"

static unsigned bits_of_type(enum ir_type t) { return t == IR_F16 ? 16 : t == IR_F32 ? 32 : 64; }

/* The format of that many bits under the region's rules; `conversion`: as conversions between formats see it. */
static struct sf_format format_of(unsigned bits, unsigned rules, bool conversion)
{
    struct sf_format f = bits == 16 ? sf_half : bits == 32 ? sf_single : sf_double;
    f.rules = rules & IR_FP_TINY_BEFORE ? SF_TINY_BEFORE : 0;
    if (rules & (bits == 16 ? IR_FP_FLUSH16 : IR_FP_FLUSH) && !(bits == 16 && conversion))
        f.rules |= SF_FLUSH;
    if (bits == 16 && conversion && rules & IR_FP_ALT_HALF)
        f.rules |= SF_NO_SPECIALS;
    return f;
}

#define HOST_BINARY(name, insn)                                                          \
    static uint64_t host_##name(const struct sf_format *f, uint64_t a, uint64_t b)       \
    {                                                                                    \
        uint64_t r;                                                                      \
        if (f->bits == 32)                                                             \
            __asm__ volatile("vmovq %1, %%xmm0\n\tvmovq %2, %%xmm1\n\t"                  \
                             "v" insn "ss %%xmm1, %%xmm0, %%xmm0\n\tvmovd %%xmm0, %k0"   \
                             : "=r"(r) : "r"(a), "r"(b) : "xmm0", "xmm1");               \
        else                                                                             \
            __asm__ volatile("vmovq %1, %%xmm0\n\tvmovq %2, %%xmm1\n\t"                  \
                             "v" insn "sd %%xmm1, %%xmm0, %%xmm0\n\tvmovq %%xmm0, %0"    \
                             : "=r"(r) : "r"(a), "r"(b) : "xmm0", "xmm1");               \
        return r;                                                                        \
    }
HOST_BINARY(add, "add")
HOST_BINARY(sub, "sub")
HOST_BINARY(mul, "mul")
HOST_BINARY(div, "div")
HOST_BINARY(sqrt, "sqrt")       /* of b */

static uint64_t host_fma(const struct sf_format *f, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t r;
    if (f->bits == 32)
        __asm__ volatile("vmovq %1, %%xmm0\n\tvmovq %2, %%xmm1\n\tvmovq %3, %%xmm2\n\t"
                         "vfmadd213ss %%xmm2, %%xmm1, %%xmm0\n\tvmovd %%xmm0, %k0"
                         : "=r"(r) : "r"(a), "r"(b), "r"(c) : "xmm0", "xmm1", "xmm2");
    else
        __asm__ volatile("vmovq %1, %%xmm0\n\tvmovq %2, %%xmm1\n\tvmovq %3, %%xmm2\n\t"
                         "vfmadd213sd %%xmm2, %%xmm1, %%xmm0\n\tvmovq %%xmm0, %0"
                         : "=r"(r) : "r"(a), "r"(b), "r"(c) : "xmm0", "xmm1", "xmm2");
    return r;
}

struct fp { const struct sf_format *f; enum ir_nan nan; enum ir_round round; };

/* The host computes singles and doubles but for flushing, which it does after rounding. */
static bool host_computes(struct fp p) { return p.f->bits != 16 && !(p.f->rules & SF_FLUSH) && p.round == IR_RCUR; }

/* The host's NaN from an invalid operation is negative; ours is positive. */
static uint64_t fix_nan(const struct sf_format *f, uint64_t r)
{
    return (r & ~ir_sf_sign_bit(f)) > ir_sf_inf(f, false) ? ir_sf_default_nan(f) : r;
}

/* A host's result that underflow may have led to though it is a normal number: rounded up to the least one. */
static bool may_be_tiny(const struct sf_format *f, uint64_t r)
{
    return f->rules & SF_TINY_BEFORE && (r & ~ir_sf_sign_bit(f)) == 1ull << f->frac;
}

static uint64_t soft(struct fp p, enum ir_op op, uint64_t a, uint64_t b)
{
    switch (op) {
    case IR_fadd: return ir_sf_add(p.f, p.round, a, b);
    case IR_fsub: return ir_sf_add(p.f, p.round, a, b ^ ir_sf_sign_bit(p.f));
    case IR_fmul: return ir_sf_mul(p.f, p.round, a, b);
    case IR_fdiv: return ir_sf_div(p.f, p.round, a, b);
    default: return ir_sf_sqrt(p.f, p.round, b);
    }
}

static uint64_t arith(struct fp p, enum ir_op op, uint64_t a, uint64_t b)
{
    uint64_t ops[2] = {a, b}, r;
    if (op == IR_fsqrt ? ir_sf_nans(p.f, p.nan, ops + 1, 1, &r) : ir_sf_nans(p.f, p.nan, ops, 2, &r))
        return r;
    if (!host_computes(p))
        return soft(p, op, a, b);
    switch (op) {
    case IR_fadd: r = host_add(p.f, a, b); break;
    case IR_fsub: r = host_sub(p.f, a, b); break;
    case IR_fmul: r = host_mul(p.f, a, b); break;
    case IR_fdiv: r = host_div(p.f, a, b); break;
    default: r = host_sqrt(p.f, a, b); break;
    }
    return may_be_tiny(p.f, r) ? soft(p, op, a, b) : fix_nan(p.f, r);
}

static uint64_t constant(const struct sf_format *f, bool sign, uint64_t mag, int exp)
{
    return ir_sf_round(f, IR_RZ, sign, mag, exp, false);
}

static uint64_t mulx(struct fp p, uint64_t a, uint64_t b)
{
    if (ir_sf_zero_times_inf(p.f, a, b))
        return constant(p.f, (a ^ b) & ir_sf_sign_bit(p.f), 2, 0);
    return arith(p, IR_fmul, a, b);
}

/* Arm ARM, FPMulAdd: NaN operands in the order addend, multiplicands; 0 * inf beats a quiet addend. */
static uint64_t fma_(struct fp p, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t ops[3] = {c, a, b}, r;
    bool done = ir_sf_nans(p.f, p.nan, ops, 3, &r);
    if (done) {
        if (ir_sf_unpack(p.f, c).cls == SF_QNAN && ir_sf_zero_times_inf(p.f, a, b)) {
            ir_sf_raise(SF_INVALID);
            return ir_sf_default_nan(p.f);
        }
        return r;
    }
    r = host_computes(p) ? host_fma(p.f, a, b, c) : 0;
    if (!host_computes(p) || may_be_tiny(p.f, r))
        return ir_sf_fma(p.f, p.round, a, b, c, 0);
    return fix_nan(p.f, r);
}

/* -1, 0, 1, or 2 for unordered; raises invalid for signalling NaNs, and for quiet ones if told. */
static int order(const struct sf_format *f, uint64_t a, uint64_t b, bool quiet_signals)
{
    struct sf_num x = ir_sf_unpack(f, a), y = ir_sf_unpack(f, b);
    if (ir_sf_is_nan(&x) || ir_sf_is_nan(&y)) {
        if (quiet_signals || x.cls == SF_SNAN || y.cls == SF_SNAN)
            ir_sf_raise(SF_INVALID);
        return 2;
    }
    uint64_t sign = ir_sf_sign_bit(f);
    int64_t va = x.cls == SF_ZERO ? 0 : x.sign ? -(int64_t)(a & ~sign) : (int64_t)a;
    int64_t vb = y.cls == SF_ZERO ? 0 : y.sign ? -(int64_t)(b & ~sign) : (int64_t)b;
    return va < vb ? -1 : va > vb;
}

static bool predicate(const struct sf_format *f, unsigned pred, bool quiet_signals, uint64_t a, uint64_t b)
{
    int o = order(f, a, b, quiet_signals);
    switch (pred) {
    case IR_FEQ: return o == 0;
    case IR_FLT: return o == -1;
    case IR_FLE: return o == -1 || o == 0;
    case IR_FGT: return o == 1;
    case IR_FGE: return o == 1 || o == 0;
    default: return o == 2;
    }
}

/* With flush-to-zero a denormal operand counts, and is returned, as zero. */
static uint64_t flushed(const struct sf_format *f, uint64_t a)
{
    struct sf_num n = ir_sf_unpack(f, a);
    return n.cls == SF_ZERO ? ir_sf_zero(f, n.sign) : a;
}

static uint64_t min_max(struct fp p, enum ir_op op, uint64_t a, uint64_t b)
{
    struct sf_num x = ir_sf_unpack(p.f, a), y = ir_sf_unpack(p.f, b);
    bool is_max = op == IR_fmax || op == IR_fmaxnm || op == IR_fmaxnum;
    if (ir_sf_is_nan(&x) || ir_sf_is_nan(&y)) {
        bool a_loses = op != IR_fmin && op != IR_fmax && !ir_sf_is_nan(&y);
        bool b_loses = op != IR_fmin && op != IR_fmax && !ir_sf_is_nan(&x);
        if (op == IR_fminnm || op == IR_fmaxnm) {
            a_loses &= x.cls == SF_QNAN;
            b_loses &= y.cls == SF_QNAN;
        }
        uint64_t ops[2] = {a, b}, r;
        if (a_loses || b_loses) {
            if (x.cls == SF_SNAN || y.cls == SF_SNAN)
                ir_sf_raise(SF_INVALID);
            return flushed(p.f, a_loses ? b : a);
        }
        ir_sf_nans(p.f, p.nan, ops, 2, &r);
        return r;
    }
    int o = order(p.f, a, b, false);
    if (!o && x.cls == SF_ZERO)     /* -0 is less than +0 */
        return ir_sf_zero(p.f, is_max ? x.sign && y.sign : x.sign || y.sign);
    return flushed(p.f, (o < 0) == is_max ? b : a);
}

/* Arm ARM, RecipEstimate: 9 bits in 256..511 to 9 bits in 256..511. */
unsigned ir_recip_estimate(unsigned a)
{
    a = a * 2 + 1;
    return ((1u << 19) / a + 1) / 2;
}

/* Arm ARM, RecipSqrtEstimate: 128..511 to 256..511. */
unsigned ir_recip_sqrt_estimate(unsigned a)
{
    a = a < 256 ? a * 2 + 1 : ((a >> 1 << 1) + 1) * 2;
    unsigned b = 512;
    while (a * (b + 1) * (b + 1) < 1u << 28)
        b++;
    return (b + 1) / 2;
}

static uint64_t assemble(const struct sf_format *f, bool sign, int exp, uint64_t frac52)
{
    return ir_sf_zero(f, sign) | (uint64_t)exp << f->frac | frac52 >> (52 - f->frac);
}

/* Arm ARM, FPRecipEstimate. */
static uint64_t recpe(struct fp p, uint64_t a)
{
    const struct sf_format *f = p.f;
    uint64_t r;
    if (ir_sf_nans(f, p.nan, &a, 1, &r))
        return r;
    struct sf_num n = ir_sf_unpack(f, a);
    if (n.cls == SF_INF)
        return ir_sf_zero(f, n.sign);
    if (n.cls == SF_ZERO) {
        ir_sf_raise(SF_DIVZERO);
        return ir_sf_inf(f, n.sign);
    }
    uint64_t frac = (a & ((1ull << f->frac) - 1)) << (52 - f->frac), mask52 = (1ull << 52) - 1;
    int exp = (int)((a & ~ir_sf_sign_bit(f)) >> f->frac);
    if (!exp && !(frac >> 50)) {    /* the reciprocal overflows */
        ir_sf_raise(SF_OVERFLOW | SF_INEXACT);
        enum ir_round m = ir_sf_mode(IR_RCUR);
        bool to_max = m == IR_RZ || (m == IR_RP && n.sign) || (m == IR_RM && !n.sign);
        return to_max ? ir_sf_max(f, n.sign) : ir_sf_inf(f, n.sign);
    }
    if (!exp) {
        bool second = !(frac >> 51);
        exp = second ? -1 : 0;
        frac = frac << (second ? 2 : 1) & mask52;
    }
    int out = 2 * f->bias - 1 - exp;
    frac = (uint64_t)(ir_recip_estimate(256 | (unsigned)(frac >> 44)) & 0xff) << 44;
    if (out <= 0) {
        frac = out ? 1ull << 50 | frac >> 2 : 1ull << 51 | frac >> 1;
        out = 0;
    }
    if (!out && f->rules & SF_FLUSH) {
        ir_sf_raise(SF_UNDERFLOW);
        return ir_sf_zero(f, n.sign);
    }
    return assemble(f, n.sign, out, frac);
}

/* Arm ARM, FPRSqrtEstimate. */
static uint64_t rsqrte(struct fp p, uint64_t a)
{
    const struct sf_format *f = p.f;
    uint64_t r;
    if (ir_sf_nans(f, p.nan, &a, 1, &r))
        return r;
    struct sf_num n = ir_sf_unpack(f, a);
    if (n.cls == SF_ZERO) {
        ir_sf_raise(SF_DIVZERO);
        return ir_sf_inf(f, n.sign);
    }
    if (n.sign) {
        ir_sf_raise(SF_INVALID);
        return ir_sf_default_nan(f);
    }
    if (n.cls == SF_INF)
        return 0;
    uint64_t frac = (a & ((1ull << f->frac) - 1)) << (52 - f->frac), mask52 = (1ull << 52) - 1;
    int exp = (int)(a >> f->frac);
    if (!exp) {
        for (; !(frac >> 51); exp--)
            frac = frac << 1 & mask52;
        frac = frac << 1 & mask52;
    }
    unsigned scaled = exp & 1 ? 128 | (unsigned)(frac >> 45) : 256 | (unsigned)(frac >> 44);
    return assemble(f, false, (3 * f->bias - 1 - exp) / 2, (uint64_t)(ir_recip_sqrt_estimate(scaled) & 0xff) << 44);
}

/* Arm ARM, FPRecpX. */
static uint64_t recpx(struct fp p, uint64_t a)
{
    const struct sf_format *f = p.f;
    uint64_t r, top = ir_sf_inf(f, false), sign = a & ir_sf_sign_bit(f);
    if (ir_sf_nans(f, p.nan, &a, 1, &r))
        return r;
    return sign | (a & top ? ~a & top : top - (1ull << f->frac));
}

/* (n - a * b) * 2^scale rounded once; Arm ARM, FPRecipStepFused (n 2, scale 0), FPRSqrtStepFused (3, -1). */
static uint64_t step_fused(struct fp p, uint64_t a, uint64_t b, unsigned n, int scale)
{
    const struct sf_format *f = p.f;
    uint64_t r, sign = ir_sf_sign_bit(f), ops[2] = {a ^ sign, b}, c = constant(f, false, n, 0);
    if (ir_sf_nans(f, p.nan, ops, 2, &r))
        return r;
    a ^= sign;
    if (ir_sf_zero_times_inf(f, a, b))
        return constant(f, false, n, scale);
    return ir_sf_fma(f, IR_RCUR, a, b, c, scale);
}

static uint32_t classify(const struct sf_format *f, uint64_t a)
{
    struct sf_num n = ir_sf_unpack(f, a);
    bool normal = a & ir_sf_inf(f, false);
    unsigned bit;
    switch (n.cls) {
    case SF_SNAN: return 1 << 8;
    case SF_QNAN: return 1 << 9;
    case SF_INF: bit = 0; break;
    case SF_ZERO: bit = a & ~ir_sf_sign_bit(f) ? 2 : 3; break;
    default: bit = normal ? 1 : 2; break;
    }
    return 1u << (n.sign ? bit : 7 - bit);
}

static uint64_t unary(struct fp p, const struct ir_insn *in, uint64_t a)
{
    enum ir_op op = (enum ir_op)in->op;
    unsigned aux = in->aux, fraction = (unsigned)in->imm;
    uint64_t sign = ir_sf_sign_bit(p.f);
    switch (op) {
    case IR_fneg: return a ^ sign;
    case IR_fabs: return a & ~sign;
    case IR_fsqrt: return arith(p, op, a, a);
    case IR_fround: return ir_sf_to_integral(p.f, a, (enum ir_round)(aux >> 8 & 7), aux & IR_ROUND_EXACT, p.nan);
    case IR_froundn: return ir_sf_to_bounded(p.f, a, (enum ir_round)(aux >> 8 & 7), aux & IR_ROUND_64 ? 64 : 32);
    case IR_frecpe: return recpe(p, a);
    case IR_frsqrte: return rsqrte(p, a);
    case IR_frecpx: return recpx(p, a);
    case IR_vfcvt_s: case IR_vfcvt_u:
        return ir_sf_to_int(p.f, a, fraction, p.f->bits, op == IR_vfcvt_s, (enum ir_round)(aux >> 8 & 7), false);
    case IR_vs_fcvt: case IR_vu_fcvt:
        return ir_sf_from_int(p.f, a, fraction, p.f->bits, op == IR_vs_fcvt, IR_RCUR);
    default: __builtin_trap();
    }
}

static uint64_t binary(struct fp p, enum ir_op op, unsigned aux, uint64_t a, uint64_t b)
{
    uint64_t sign = ir_sf_sign_bit(p.f);
    switch (op) {
    case IR_fadd: case IR_fsub: case IR_fmul: case IR_fdiv: return arith(p, op, a, b);
    case IR_fmulx: return mulx(p, a, b);
    case IR_fcopysign: return (a & ~sign) | (b & sign);
    case IR_frecps: return step_fused(p, a, b, 2, 0);
    case IR_frsqrts: return step_fused(p, a, b, 3, -1);
    case IR_vfcmp: return predicate(p.f, aux >> 8 & 7, aux >> 8 & IR_FSIGNAL, a, b) ? ~0ull : 0;
    default: return min_max(p, op, a, b);
    }
}

static uint64_t compute(struct fp p, const struct ir_insn *in, uint64_t a, uint64_t b, uint64_t c)
{
    if (in->op == IR_fma)
        return fma_(p, a, b, c);
    return in->b ? binary(p, (enum ir_op)in->op, in->aux, a, b) : unary(p, in, a);
}

static void lanes(const struct ir_eval *e)
{
    unsigned bits = ir_lane_bits(e->in->aux);
    struct sf_format f = format_of(bits, e->rules, false);
    struct fp p = {&f, ir_fp_nan(e->rules), IR_RCUR};
    for (unsigned i = 0; i < ir_lanes((enum ir_type)e->in->type, bits); i++) {
        uint64_t b = e->in->b ? ir_lane_u(e->b, bits, i) : 0, c = e->in->c ? ir_lane_u(e->c, bits, i) : 0;
        ir_lane_set(e->out, bits, i, compute(p, e->in, ir_lane_u(e->a, bits, i), b, c));
    }
}

static void convert_lanes(const struct ir_eval *e)
{
    unsigned from = ir_lane_bits(e->in->aux), to = e->in->op == IR_vfcvtl ? from * 2 : from / 2;
    bool operand = e->in->op == IR_vfcvtl && e->in->aux & IR_CVT_SNAN;
    struct sf_format ff = format_of(from, e->rules, !operand), tf = format_of(to, e->rules, true);
    enum ir_round round = e->in->op == IR_vfcvtn && e->in->aux & IR_CVT_ODD ? IR_RODD : IR_RCUR;
    for (unsigned i = 0; i < 128 / (from > to ? from : to); i++) {
        uint64_t a = ir_lane_u(e->a, from, i), r = ir_sf_convert(&tf, &ff, a, ir_fp_nan(e->rules), round);
        if (operand && ir_sf_unpack(&ff, a).cls == SF_SNAN)
            r = ir_sf_inf(&tf, a & ir_sf_sign_bit(&ff)) | (a & ((1ull << ff.frac) - 1)) << (tf.frac - ff.frac);
        ir_lane_set(e->out, to, i, r);
    }
}

static void convert_bfloat(const struct ir_eval *e)
{
    struct sf_format from = format_of(32, e->rules, true), to = sf_bfloat;
    to.rules = from.rules;
    for (unsigned i = 0; i < 4; i++)
        e->out->u16[i] = (uint16_t)ir_sf_convert(&to, &from, e->a->u32[i], ir_fp_nan(e->rules), IR_RCUR);
}

static void bfloat_dot(const struct ir_eval *e)
{
    for (unsigned i = 0; i < ir_lanes((enum ir_type)e->in->type, 32); i++) {
        uint32_t b = e->b->u32[i], c = e->c->u32[i];
        uint32_t sum = ir_sf_bf_add(ir_sf_bf_mul(b << 16, c << 16), ir_sf_bf_mul(b & 0xffff0000, c & 0xffff0000));
        e->out->u32[i] = ir_sf_bf_add(e->a->u32[i], sum);
    }
}

static uint32_t compare_flags(const struct sf_format *f, bool quiet_signals, uint64_t a, uint64_t b)
{
    switch (order(f, a, b, quiet_signals)) {
    case -1: return IR_FLAG_N;
    case 0: return IR_FLAG_Z | IR_FLAG_C;
    case 1: return IR_FLAG_C;
    default: return IR_FLAG_C | IR_FLAG_V;
    }
}

static enum ir_round round_of(const struct ir_insn *in) { return ir_own_rounding(in) ? (enum ir_round)(in->aux & 7) : IR_RCUR; }

/* The five bits of fpget's and fpset's values, bit 0 leading. */
static const uint8_t sticky[] = {SF_INVALID, SF_DIVZERO, SF_OVERFLOW, SF_UNDERFLOW, SF_INEXACT};

static uint64_t get_sticky(unsigned order)
{
    uint64_t out = 0;
    for (unsigned i = 0; i < 5; i++)
        if (ir_sf_flags() & sticky[i])
            out |= 1u << (order & IR_FP_MIRRORED ? 4 - i : i);
    return out;
}

static void set_sticky(unsigned order, uint64_t flags)
{
    unsigned raised = 0;
    for (unsigned i = 0; i < 5; i++)
        if (flags >> (order & IR_FP_MIRRORED ? 4 - i : i) & 1)
            raised |= sticky[i];
    ir_sf_set_flags(raised);
}

void ir_eval_float(const struct ir_eval *e)
{
    const struct ir_insn *in = e->in;
    if (in->op == IR_fpget) {
        e->out->u64[0] = get_sticky(in->aux);
        return;
    }
    if (in->op == IR_fpset) {
        set_sticky(in->aux, e->a->u64[0]);
        return;
    }
    bool conversion = in->op == IR_fcvt;
    struct sf_format af = format_of(bits_of_type(e->atype), e->rules, conversion);
    struct sf_format f = format_of(bits_of_type((enum ir_type)in->type), e->rules, conversion);
    struct fp p = {&f, ir_fp_nan(e->rules), round_of(in)};
    unsigned aux = in->aux, bits = in->type == IR_I64 ? 64 : 32;
    uint64_t mask = e->atype == IR_F16 ? 0xffff : e->atype == IR_F32 ? 0xffffffff : ~0ull;
    uint64_t a = e->a->u64[0] & mask, b = in->b ? e->b->u64[0] & mask : 0, c = in->c ? e->c->u64[0] & mask : 0, r;
    switch (in->op) {
    case IR_flagfcmp: r = compare_flags(&af, aux & 1, a, b); break;
    case IR_fcmp: r = predicate(&af, aux & 7, aux & IR_FSIGNAL, a, b); break;
    case IR_fclass: r = classify(&af, a); break;
    case IR_fbox: r = ~0ull << af.bits | a; break;
    case IR_funbox: r = a >= ~0ull << f.bits ? a & ((1ull << f.bits) - 1) : ir_sf_default_nan(&f); break;
    case IR_fbits: r = a; break;
    case IR_ffrombits: r = f.bits == 64 ? a : a & ((1ull << f.bits) - 1); break;
    case IR_fcvt: r = ir_sf_convert(&f, &af, a, p.nan, aux & IR_CVT_ODD ? IR_RODD : p.round); break;
    case IR_fcvt_s: case IR_fcvt_u:
        r = ir_sf_to_int(&af, a, (unsigned)in->imm, bits, in->op == IR_fcvt_s, (enum ir_round)(aux & 7), aux & IR_CVT_NANMAX);
        break;
    case IR_s_fcvt: case IR_u_fcvt:
        r = ir_sf_from_int(&f, a, (unsigned)in->imm, e->atype == IR_I64 ? 64 : 32, in->op == IR_s_fcvt, (enum ir_round)(aux & 7));
        break;
    case IR_fcvt_mod: r = ir_sf_to_modular(&af, a); break;
    case IR_vfcvtl: case IR_vfcvtn:
        convert_lanes(e);
        return;
    case IR_vfcvtbf:
        convert_bfloat(e);
        return;
    case IR_bfdot:
        bfloat_dot(e);
        return;
    default:
        if (in->type == IR_V64 || in->type == IR_V128) {
            lanes(e);
            return;
        }
        r = compute(p, in, a, b, c);
        break;
    }
    e->out->u64[0] = r;
}
