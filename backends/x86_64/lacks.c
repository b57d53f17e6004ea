/* Ops without native code that are better rewritten while they are built than computed by ir_eval. */
#include "backends/x86_64/x86.h"

enum { B = 1 << IR_B, H = 1 << IR_H, S = 1 << IR_S, D = 1 << IR_D, MODIFIED = 16, ALL = B | H | S | D | MODIFIED };

uint8_t x_lacks[IR_OP_COUNT] = {
    [IR_vhadds] = ALL, [IR_vhaddu] = ALL, [IR_vhsubs] = ALL, [IR_vhsubu] = ALL, [IR_vrhadds] = ALL, [IR_vrhaddu] = S,
    [IR_vqadds] = S | D, [IR_vqaddu] = S | D, [IR_vqsubs] = S | D, [IR_vqsubu] = S | D,
    [IR_vshlu] = B | MODIFIED, [IR_vshls] = B | MODIFIED,
    [IR_vqdmulh] = S, [IR_vpmul] = ALL, [IR_vpmull] = B, [IR_vclz] = B | H,
    [IR_sha512h] = ALL, [IR_sha512h2] = ALL, [IR_sha512su0] = ALL, [IR_sha512su1] = ALL,
};

/* What only a feature of the CPU has an instruction for. */
static const struct { uint16_t op; uint8_t lanes; uint32_t feature; } needs[] = {
    {IR_vs_fcvt, D, XF_AVX512VL}, {IR_vu_fcvt, S | D, XF_AVX512VL}, {IR_vfcvt_s, D, XF_AVX512VL}, {IR_vfcvt_u, D, XF_AVX512VL},
    {IR_vqnarrows, D, XF_AVX512VL}, {IR_vqnarrowu, D, XF_AVX512VL}, {IR_vqnarrowsu, D, XF_AVX512VL},
    {IR_vshlu, H, XF_AVX512VL}, {IR_vshls, H | D, XF_AVX512VL}, {IR_vclz, S, XF_AVX512VL},
    {IR_sha1c, ALL, XF_SHA}, {IR_sha1p, ALL, XF_SHA}, {IR_sha1m, ALL, XF_SHA}, {IR_sha256h, ALL, XF_SHA}, {IR_sha256h2, ALL, XF_SHA},
    {IR_sha256su0, ALL, XF_SHA}, {IR_sha256su1, ALL, XF_SHA},
};

void x_lacks_update(void)
{
    for (unsigned i = 0; i < sizeof needs / sizeof needs[0]; i++)
        if (x_features & needs[i].feature)
            x_lacks[needs[i].op] &= (uint8_t)~needs[i].lanes;
        else
            x_lacks[needs[i].op] |= needs[i].lanes;
}

const char *x_eval_reason(const struct ir_insn *in)
{
    static const char *const reason[IR_OP_COUNT] = {
#define SEL(op, fn)
#define EVAL(op, reason) [IR_##op] = reason,
#include "backends/x86_64/sel.def"
#undef SEL
#undef EVAL
    };
    return reason[in->op];
}
