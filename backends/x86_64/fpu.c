/* MXCSR in neutral terms (backends/backend.h). Intel SDM vol. 1, 10.2.3. */
#include <xmmintrin.h>

#include "backends/backend.h"

enum { MX_INVALID = 1, MX_DENORMAL = 2, MX_DIVZERO = 4, MX_OVERFLOW = 8, MX_UNDERFLOW = 16, MX_INEXACT = 32, MX_DAZ = 0x40,
       MX_MASKS = 0x1f80, MX_FTZ = 0x8000 };

static const struct { unsigned ir, mx; } flags[] = {
    {IR_FP_INVALID, MX_INVALID}, {IR_FP_DIVZERO, MX_DIVZERO}, {IR_FP_OVERFLOW, MX_OVERFLOW},
    {IR_FP_UNDERFLOW, MX_UNDERFLOW}, {IR_FP_INEXACT, MX_INEXACT},
};

unsigned be_fp_get_sticky(void)
{
    unsigned csr = _mm_getcsr(), out = 0;
    for (unsigned i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (csr & flags[i].mx)
            out |= flags[i].ir;
    /* The host raises it for every denormal operand that it computes with; with DAZ there is none, and only the
     * reference semantics raise it. */
    if (csr & MX_DAZ && csr & MX_DENORMAL)
        out |= IR_FP_DENORMAL;
    return out;
}

void be_fp_set(enum ir_round round, bool flush, unsigned sticky)
{
    /* MXCSR.RC: nearest, down, up, toward zero. */
    static const unsigned rc[] = {[IR_RN] = 0, [IR_RM] = 0x2000, [IR_RP] = 0x4000, [IR_RZ] = 0x6000};
    unsigned csr = MX_MASKS | (round <= IR_RP ? rc[round] : 0) | (flush ? MX_FTZ | MX_DAZ : 0);
    for (unsigned i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (sticky & flags[i].ir)
            csr |= flags[i].mx;
    if (flush && sticky & IR_FP_DENORMAL)
        csr |= MX_DENORMAL;
    _mm_setcsr(csr);
}
