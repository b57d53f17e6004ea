/*
 * softfp.c against the host's own instructions: half precision (AVX512-FP16), conversions in every
 * rounding mode, integral values; and the estimates and steps against their definitions.
 */
#include <cpuid.h>
#include <math.h>
#include <string.h>

#include "tests/ir/test.h"

enum { FLAGS = 0x3d, ROUNDS_PER_OP = 4000 };

struct result { uint64_t v; unsigned flags; };

static struct result eval(enum ir_op op, enum ir_type type, enum ir_type atype, unsigned aux, unsigned mode, uint64_t a, uint64_t b, uint64_t c)
{
    struct ir_insn in = {.op = (uint8_t)op, .type = (uint8_t)type, .aux = (uint16_t)aux, .a = 1, .b = ir_ops[op].nargs > 1, .c = ir_ops[op].nargs > 2};
    union ir_value x = {{a, 0}}, y = {{b, 0}}, z = {{c, 0}}, r;
    set_mxcsr(MXCSR_DEFAULT | mode << 13);
    ir_eval(&in, atype, IR_NAN_PROPAGATE, NULL, &x, &y, &z, &r);
    struct result out = {r.u64[0], get_mxcsr() & FLAGS};
    set_mxcsr(MXCSR_DEFAULT);
    return out;
}

/* Runs one host instruction on xmm0 to xmm2, result in xmm0. */
#define HOST(insn, a, b, c) ({                                                                    \
    struct result out_;                                                                           \
    uint32_t csr_ = MXCSR_DEFAULT | mode << 13;                                                   \
    __asm__ volatile("ldmxcsr %2\n\tvmovq %3, %%xmm0\n\tvmovq %4, %%xmm1\n\tvmovq %5, %%xmm2\n\t" \
                     insn "\n\tvmovq %%xmm0, %0\n\tstmxcsr %1"                                    \
                     : "=r"(out_.v), "+m"(csr_) : "m"(csr_), "r"((uint64_t)(a)), "r"((uint64_t)(b)), "r"((uint64_t)(c)) \
                     : "xmm0", "xmm1", "xmm2", "rax");                                            \
    out_.flags = csr_ & FLAGS;                                                                    \
    set_mxcsr(MXCSR_DEFAULT);                                                                     \
    out_; })

static bool is_nan(unsigned bits, uint64_t v)
{
    unsigned frac = bits == 16 ? 10 : bits == 32 ? 23 : 52;
    uint64_t inf = ((1ull << (bits - 1)) - 1) & ~((1ull << frac) - 1);
    return (v & ((1ull << (bits - 1)) - 1)) > inf;
}

static uint64_t masked(unsigned bits, uint64_t v) { return bits == 64 ? v : v & ((1ull << bits) - 1); }

/* NaNs' payloads follow other rules than the host's: only that there is one is compared. */
static bool same(unsigned bits, struct result want, struct result have)
{
    want.v = masked(bits, want.v);
    return want.flags == have.flags && (want.v == have.v || (is_nan(bits, want.v) && is_nan(bits, have.v)));
}

static void compare(const char *name, unsigned bits, unsigned mode, uint64_t a, uint64_t b, uint64_t c, struct result want, struct result have)
{
    require(same(bits, want, have), name, "mode %u %llx %llx %llx gives %llx flags %x, not %llx flags %x", mode,
          (unsigned long long)a, (unsigned long long)b, (unsigned long long)c, (unsigned long long)have.v, have.flags,
          (unsigned long long)masked(bits, want.v), want.flags);
}

static bool has_avx512fp16(void)
{
    unsigned a, b, c, d;
    return __builtin_cpu_supports("avx512f") && __get_cpuid_count(7, 0, &a, &b, &c, &d) && d >> 23 & 1;
}

static void halves(void)
{
    if (!has_avx512fp16()) {
        skip("half-precision arithmetic", "the host has no AVX512-FP16");
        return;
    }
    for (unsigned i = 0; i < ROUNDS_PER_OP; i++) {
        uint64_t a = random_float(16), b = random_float(16), c = random_float(16);
        unsigned mode = below(4);
#define H(name, insn) compare(#name ".f16", 16, mode, a, b, c, HOST(insn, a, b, c), eval(IR_##name, IR_F16, IR_F16, 0, mode, a, b, c))
        H(fadd, "vaddsh %%xmm1, %%xmm0, %%xmm0");
        H(fsub, "vsubsh %%xmm1, %%xmm0, %%xmm0");
        H(fmul, "vmulsh %%xmm1, %%xmm0, %%xmm0");
        H(fdiv, "vdivsh %%xmm1, %%xmm0, %%xmm0");
        H(fsqrt, "vsqrtsh %%xmm0, %%xmm0, %%xmm0");
        if (!is_nan(16, a) && !is_nan(16, b) && !is_nan(16, c))
            H(fma, "vfmadd213sh %%xmm2, %%xmm1, %%xmm0");
        uint64_t d = random_float(64);
        compare("fcvt f64 to f16", 16, mode, d, 0, 0, HOST("vcvtsd2sh %%xmm0, %%xmm0, %%xmm0", d, 0, 0), eval(IR_fcvt, IR_F16, IR_F64, 0, mode, d, 0, 0));
        compare("fcvt f16 to f64", 64, mode, a, 0, 0, HOST("vcvtsh2sd %%xmm0, %%xmm0, %%xmm0", a, 0, 0), eval(IR_fcvt, IR_F64, IR_F16, 0, mode, a, 0, 0));
        uint64_t n = random_int();
        compare("s_fcvt i64 to f16", 16, mode, n, 0, 0, HOST("vmovq %%xmm0, %%rax\n\tvcvtsi2shq %%rax, %%xmm0, %%xmm0", n, 0, 0), eval(IR_s_fcvt, IR_F16, IR_I64, IR_RCUR, mode, n, 0, 0));
        compare("u_fcvt i64 to f16", 16, mode, n, 0, 0, HOST("vmovq %%xmm0, %%rax\n\tvcvtusi2shq %%rax, %%xmm0, %%xmm0", n, 0, 0), eval(IR_u_fcvt, IR_F16, IR_I64, IR_RCUR, mode, n, 0, 0));
    }
}

static void arithmetic(void)
{
    for (unsigned i = 0; i < ROUNDS_PER_OP; i++) {
        uint64_t a = random_float(64), b = random_float(64), c = random_float(64), s = random_float(32), t = random_float(32), u = random_float(32);
        unsigned mode = below(4);
#define D(name, insn) compare(#name ".f64", 64, mode, a, b, c, HOST(insn "sd %%xmm1, %%xmm0, %%xmm0", a, b, c), eval(IR_##name, IR_F64, IR_F64, 0, mode, a, b, c)); \
    compare(#name ".f32", 32, mode, s, t, u, HOST(insn "ss %%xmm1, %%xmm0, %%xmm0", s, t, u), eval(IR_##name, IR_F32, IR_F32, 0, mode, s, t, u))
        D(fadd, "vadd");
        D(fsub, "vsub");
        D(fmul, "vmul");
        D(fdiv, "vdiv");
        compare("fsqrt.f64", 64, mode, a, 0, 0, HOST("vsqrtsd %%xmm0, %%xmm0, %%xmm0", a, 0, 0), eval(IR_fsqrt, IR_F64, IR_F64, 0, mode, a, 0, 0));
        if (!is_nan(64, a) && !is_nan(64, b) && !is_nan(64, c))
            compare("fma.f64", 64, mode, a, b, c, HOST("vfmadd213sd %%xmm2, %%xmm1, %%xmm0", a, b, c), eval(IR_fma, IR_F64, IR_F64, 0, mode, a, b, c));
        compare("fcvt f64 to f32", 32, mode, a, 0, 0, HOST("vcvtsd2ss %%xmm0, %%xmm0, %%xmm0", a, 0, 0), eval(IR_fcvt, IR_F32, IR_F64, 0, mode, a, 0, 0));
        compare("fcvt f32 to f64", 64, mode, s, 0, 0, HOST("vcvtss2sd %%xmm0, %%xmm0, %%xmm0", s, 0, 0), eval(IR_fcvt, IR_F64, IR_F32, 0, mode, s, 0, 0));
        compare("fcvt f32 to f16", 16, mode, s, 0, 0, HOST("vcvtps2ph $4, %%xmm0, %%xmm0", s, 0, 0), eval(IR_fcvt, IR_F16, IR_F32, 0, mode, s, 0, 0));
        uint64_t n = random_int();
        compare("s_fcvt i64 to f64", 64, mode, n, 0, 0, HOST("vmovq %%xmm0, %%rax\n\tvcvtsi2sdq %%rax, %%xmm0, %%xmm0", n, 0, 0), eval(IR_s_fcvt, IR_F64, IR_I64, IR_RCUR, mode, n, 0, 0));
        compare("s_fcvt i64 to f32", 32, mode, n, 0, 0, HOST("vmovq %%xmm0, %%rax\n\tvcvtsi2ssq %%rax, %%xmm0, %%xmm0", n, 0, 0), eval(IR_s_fcvt, IR_F32, IR_I64, IR_RCUR, mode, n, 0, 0));
        compare("s_fcvt i32 to f32", 32, mode, n, 0, 0, HOST("vmovq %%xmm0, %%rax\n\tvcvtsi2ssl %%eax, %%xmm0, %%xmm0", n, 0, 0), eval(IR_s_fcvt, IR_F32, IR_I32, IR_RCUR, mode, (uint32_t)n, 0, 0));
    }
}

/* Rounding to integral values: the four modes of the host's instruction, and inexact or not. */
static void integral(void)
{
    static const uint8_t modes[4] = {IR_RN, IR_RM, IR_RP, IR_RZ};
    for (unsigned i = 0; i < ROUNDS_PER_OP; i++) {
        uint64_t a = random_float(64), s = random_float(32);
        unsigned mode = below(4), exact = IR_ROUND_EXACT;
#define ROUNDED(n) compare("fround.f64", 64, n, a, 0, 0, HOST("vroundsd $" #n ", %%xmm0, %%xmm0, %%xmm0", a, 0, 0), eval(IR_fround, IR_F64, IR_F64, (unsigned)modes[n] << 8 | exact, mode, a, 0, 0)); \
    compare("fround.f32", 32, n, s, 0, 0, HOST("vroundss $" #n ", %%xmm0, %%xmm0, %%xmm0", s, 0, 0), eval(IR_fround, IR_F32, IR_F32, (unsigned)modes[n] << 8 | exact, mode, s, 0, 0)); \
    compare("fround.f64 without inexact", 64, n, a, 0, 0, HOST("vroundsd $8 + " #n ", %%xmm0, %%xmm0, %%xmm0", a, 0, 0), eval(IR_fround, IR_F64, IR_F64, (unsigned)modes[n] << 8, mode, a, 0, 0))
        ROUNDED(0);
        ROUNDED(1);
        ROUNDED(2);
        ROUNDED(3);
        compare("fround.f64 in the mode in force", 64, mode, a, 0, 0, HOST("vroundsd $4, %%xmm0, %%xmm0, %%xmm0", a, 0, 0), eval(IR_fround, IR_F64, IR_F64, IR_RCUR << 8 | exact, mode, a, 0, 0));
        double d;
        memcpy(&d, &a, 8);
        if (!is_nan(64, a)) {
            double want = round(d);
            struct result w = {0, d != want && exact ? 0x20 : 0};
            memcpy(&w.v, &want, 8);
            set_mxcsr(MXCSR_DEFAULT);
            compare("fround.f64 ties away", 64, mode, a, 0, 0, w, eval(IR_fround, IR_F64, IR_F64, IR_RA << 8 | exact, mode, a, 0, 0));
        }
    }
}

/* The host converts to signed integers; it answers the least one where it does not fit. */
static void to_integers(void)
{
    for (unsigned i = 0; i < ROUNDS_PER_OP; i++) {
        uint64_t a = random_float(64);
        unsigned mode = below(4);
        struct result want = HOST("vcvtsd2siq %%xmm0, %%rax\n\tvmovq %%rax, %%xmm0", a, 0, 0), have = eval(IR_fcvt_s, IR_I64, IR_F64, IR_RCUR, mode, a, 0, 0);
        if (want.flags & 1)
            want.v = is_nan(64, a) ? 0 : a >> 63 ? 1ull << 63 : (1ull << 63) - 1;
        require(want.v == have.v && want.flags == have.flags, "fcvt_s.i64", "%llx gives %llx flags %x, not %llx flags %x", (unsigned long long)a,
              (unsigned long long)have.v, have.flags, (unsigned long long)want.v, want.flags);
        want = HOST("vcvtsd2sil %%xmm0, %%eax\n\tvmovd %%eax, %%xmm0", a, 0, 0);
        have = eval(IR_fcvt_s, IR_I32, IR_F64, IR_RCUR | IR_CVT_NANMAX, mode, a, 0, 0);
        if (want.flags & 1)
            want.v = is_nan(64, a) ? 0x7fffffff : a >> 63 ? 0x80000000 : 0x7fffffff;
        require(want.v == have.v && want.flags == have.flags, "fcvt_s.i32.nanmax", "%llx gives %llx flags %x, not %llx flags %x", (unsigned long long)a,
              (unsigned long long)have.v, have.flags, (unsigned long long)want.v, want.flags);
        if (!__builtin_cpu_supports("avx512f"))
            continue;
        want = HOST("vcvtsd2usi %%xmm0, %%rax\n\tvmovq %%rax, %%xmm0", a, 0, 0);
        have = eval(IR_fcvt_u, IR_I64, IR_F64, IR_RCUR | IR_CVT_NANMAX, mode, a, 0, 0);
        if (want.flags & 1)
            want.v = is_nan(64, a) || !(a >> 63) ? ~0ull : 0;
        require(want.v == have.v && want.flags == have.flags, "fcvt_u.i64.nanmax", "%llx gives %llx flags %x, not %llx flags %x", (unsigned long long)a,
              (unsigned long long)have.v, have.flags, (unsigned long long)want.v, want.flags);
    }
}

/* Round to odd: exact values stay; of the two neighbours of others, the odd one. */
static void to_odd(void)
{
    for (unsigned i = 0; i < ROUNDS_PER_OP; i++) {
        uint64_t n = random_int();
        struct result down = eval(IR_u_fcvt, IR_F32, IR_I64, IR_RZ, 0, n, 0, 0), have = eval(IR_u_fcvt, IR_F32, IR_I64, IR_RODD, 0, n, 0, 0);
        uint64_t want = down.flags & 0x20 ? down.v | 1 : down.v;
        require(have.v == want && have.flags == down.flags, "u_fcvt.f32.rodd", "%llx", (unsigned long long)n);
    }
}

static double from_bits(uint64_t v)
{
    double d;
    memcpy(&d, &v, 8);
    return d;
}
static uint64_t to_bits(double d)
{
    uint64_t v;
    memcpy(&v, &d, 8);
    return v;
}

/* RISC-V's rules, and values that the A64 comparison does not reach. */
static void rules(void)
{
    static const struct { const char *name; enum ir_op op; uint64_t a, b, want; unsigned flags; } cases[] = {
        {"fminnum: a number beats a quiet NaN", IR_fminnum, 0x7ff8000000000000, 0x3ff0000000000000, 0x3ff0000000000000, 0},
        {"fminnum: and a signalling one, which is invalid", IR_fminnum, 0x7ff0000000000001, 0x3ff0000000000000, 0x3ff0000000000000, 1},
        {"fmaxnum: -0 is less than +0", IR_fmaxnum, 0x8000000000000000, 0, 0, 0},
        {"fminnum: -0 is less than +0", IR_fminnum, 0, 0x8000000000000000, 0x8000000000000000, 0},
        {"fminnm: a signalling NaN wins", IR_fminnm, 0x7ff0000000000001, 0x3ff0000000000000, 0x7ff8000000000001, 1},
        {"fmin: the first NaN", IR_fmin, 0x7ff8000000000005, 0x7ff8000000000006, 0x7ff8000000000005, 0},
        {"fadd: the signalling NaN before the quiet one", IR_fadd, 0x7ff8000000000005, 0xfff0000000000006, 0xfff8000000000006, 1},
        {"fadd: inf - inf is the default NaN", IR_fadd, 0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000, 1},
        {"fmulx: 0 times infinity is 2", IR_fmulx, 0x8000000000000000, 0x7ff0000000000000, 0xc000000000000000, 0},
        {"fcopysign", IR_fcopysign, 0x3ff0000000000000, 0x8000000000000000, 0xbff0000000000000, 0},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct result r = eval(cases[i].op, IR_F64, IR_F64, 0, 0, cases[i].a, cases[i].b, 0);
        check(r.v == cases[i].want && r.flags == cases[i].flags, cases[i].name, "gives %llx flags %x", (unsigned long long)r.v, r.flags);
    }
    static const struct { uint64_t v; unsigned mask; } classes[] = {
        {0xff800000, 1 << 0}, {0xbf800000, 1 << 1}, {0x80000001, 1 << 2}, {0x80000000, 1 << 3}, {0, 1 << 4},
        {1, 1 << 5}, {0x3f800000, 1 << 6}, {0x7f800000, 1 << 7}, {0x7f800001, 1 << 8}, {0xffc00000, 1 << 9},
    };
    for (unsigned i = 0; i < sizeof classes / sizeof classes[0]; i++)
        check(eval(IR_fclass, IR_I32, IR_F32, 0, 0, classes[i].v, 0, 0).v == classes[i].mask, "fclass.f32", "%llx", (unsigned long long)classes[i].v);
    uint64_t zero = 0, inf = 0x7ff0000000000000, quiet = 0x7ff8000000000007;
    check(eval(IR_fma, IR_F64, IR_F64, 0, 0, zero, inf, quiet).v == 0x7ff8000000000000 && eval(IR_fma, IR_F64, IR_F64, 0, 0, zero, inf, quiet).flags == 1,
          "fma: 0 times infinity plus a quiet NaN is invalid", NULL);
    for (unsigned i = 0; i < 1000; i++) {
        double x = (double)(random64() >> 11) * 0x1p-50 + 0x1p-20, r = from_bits(eval(IR_frecpe, IR_F64, IR_F64, 0, 0, to_bits(x), 0, 0).v);
        require(fabs(r * x - 1) <= 0x1p-8, "frecpe is good to 8 bits", "%a", x);
        r = from_bits(eval(IR_frsqrte, IR_F64, IR_F64, 0, 0, to_bits(x), 0, 0).v);
        require(fabs(r * r * x - 1) <= 0x1p-7, "frsqrte is good to 8 bits", "%a", x);
    }
    /* (3 - a * b) / 2 where the product overflows and its half does not. */
    double big = 0x1.8p1023;
    check(from_bits(eval(IR_frsqrts, IR_F64, IR_F64, 0, 0, to_bits(big), to_bits(-2), 0).v) == big, "frsqrts: no overflow before the division", NULL);
}

void test_float(void)
{
    random_seed(7);
    static const struct { const char *name; void (*run)(void); } groups[] = {
        {"half precision agrees with the host", halves}, {"arithmetic and conversions agree with the host", arithmetic},
        {"rounding to integral values agrees with the host", integral}, {"conversion to integers agrees with the host", to_integers},
        {"round to odd", to_odd},
    };
    for (unsigned i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        groups[i].run();
        check(true, groups[i].name, NULL);
    }
    rules();
}
