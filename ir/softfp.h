/*
 * Floating-point numbers taken apart and put together with correct single rounding, for what the
 * host has no instruction for: half precision, explicit rounding modes, saturating conversions.
 * Flags are raised in the host thread's MXCSR, whose rounding control is honoured. Denormal numbers are
 * treated as the format's rules say (not as MXCSR's DAZ and FTZ do).
 */
#ifndef IR_SOFTFP_H
#define IR_SOFTFP_H

#include "ir/ir.h"

/* MXCSR exception flags. DENORMAL: an operand was flushed to zero (A64's input denormal). */
enum { SF_INVALID = 1, SF_DENORMAL = 2, SF_DIVZERO = 4, SF_OVERFLOW = 8, SF_UNDERFLOW = 16, SF_INEXACT = 32 };

enum {
    SF_TINY_BEFORE = 1,     /* underflow is judged before rounding */
    SF_FLUSH = 2,           /* denormal operands count as zero; results too small before rounding become zero, which is
                               underflow and not inexact (Arm ARM, FPUnpack and FPRound) */
    SF_NO_SPECIALS = 4,     /* the largest exponent is like any other: A64's alternative half precision */
};
struct sf_format { uint8_t bits, frac; int16_t bias; uint8_t rules; };
extern const struct sf_format sf_half, sf_single, sf_double, sf_bfloat;

enum sf_class { SF_ZERO, SF_FINITE, SF_INF, SF_QNAN, SF_SNAN };

/* FINITE: the value is mag * 2^exp, mag below 2^53. NaNs: mag is the fraction field. */
struct sf_num { uint8_t cls; bool sign; int exp; uint64_t mag; };

void ir_sf_raise(unsigned flags);
void ir_sf_set_flags(unsigned flags);
unsigned ir_sf_flags(void);
enum ir_round ir_sf_mode(enum ir_round r);      /* IR_RCUR resolved */

struct sf_num ir_sf_unpack(const struct sf_format *f, uint64_t bits);
/* mag * 2^exp (plus a bit more where sticky), rounded into the format. */
uint64_t ir_sf_round(const struct sf_format *f, enum ir_round mode, bool sign, unsigned __int128 mag, int exp, bool sticky);

static inline uint64_t ir_sf_sign_bit(const struct sf_format *f) { return 1ull << (f->bits - 1); }
static inline uint64_t ir_sf_inf(const struct sf_format *f, bool sign)
{
    return ((1ull << (f->bits - 1 - f->frac)) - 1) << f->frac | (sign ? ir_sf_sign_bit(f) : 0);
}
static inline uint64_t ir_sf_max(const struct sf_format *f, bool sign) { return ir_sf_inf(f, sign) - 1; }
static inline uint64_t ir_sf_default_nan(const struct sf_format *f) { return ir_sf_inf(f, false) | 1ull << (f->frac - 1); }
static inline uint64_t ir_sf_zero(const struct sf_format *f, bool sign) { return sign ? ir_sf_sign_bit(f) : 0; }
static inline bool ir_sf_is_nan(const struct sf_num *n) { return n->cls >= SF_QNAN; }

/* To an integral multiple of 1: magnitude (saturated well above 2^64), and whether it was inexact. */
unsigned __int128 ir_sf_integral(const struct sf_num *n, enum ir_round mode, bool *inexact);
/* Between formats. */
uint64_t ir_sf_convert(const struct sf_format *to, const struct sf_format *from, uint64_t bits, enum ir_nan nan, enum ir_round mode);
/* To and from a signed or unsigned integer of `bits` bits, `fraction` of them behind the point; saturating; nan_max: NaN gives the maximum. */
uint64_t ir_sf_to_int(const struct sf_format *f, uint64_t x, unsigned fraction, unsigned bits, bool is_signed, enum ir_round mode, bool nan_max);
uint64_t ir_sf_from_int(const struct sf_format *f, uint64_t v, unsigned fraction, unsigned bits, bool is_signed, enum ir_round mode);
/* To an integral value of the same format; raises inexact only where asked. */
uint64_t ir_sf_to_integral(const struct sf_format *f, uint64_t x, enum ir_round mode, bool exact, enum ir_nan nan);

/* To an integer towards zero, modulo 2^32; A64 FJCVTZS. */
uint32_t ir_sf_to_modular(const struct sf_format *f, uint64_t x);
/* To an integral value that fits a signed integer of `bits` bits, or the smallest of them; A64 FRINT32X and its kin. */
uint64_t ir_sf_to_bounded(const struct sf_format *f, uint64_t x, enum ir_round mode, unsigned bits);

/* bfloat16 products and sums, on single-precision numbers: A64 BFMul, BFAdd. They raise no flags. */
uint32_t ir_sf_bf_mul(uint32_t a, uint32_t b);
uint32_t ir_sf_bf_add(uint32_t a, uint32_t b);

/* If an operand is a NaN: the result by the policy, first signalling, then first quiet operand. */
bool ir_sf_nans(const struct sf_format *f, enum ir_nan nan, const uint64_t *ops, unsigned n, uint64_t *result);

/* Arithmetic (softarith.c). No operand is a NaN; an invalid operation gives the default NaN. */
uint64_t ir_sf_add(const struct sf_format *f, enum ir_round mode, uint64_t a, uint64_t b);
uint64_t ir_sf_mul(const struct sf_format *f, enum ir_round mode, uint64_t a, uint64_t b);
uint64_t ir_sf_div(const struct sf_format *f, enum ir_round mode, uint64_t a, uint64_t b);
uint64_t ir_sf_sqrt(const struct sf_format *f, enum ir_round mode, uint64_t a);
uint64_t ir_sf_fma(const struct sf_format *f, enum ir_round mode, uint64_t a, uint64_t b, uint64_t c, int scale);   /* (a * b + c) * 2^scale */
bool ir_sf_zero_times_inf(const struct sf_format *f, uint64_t a, uint64_t b);

#endif
