/* A64 cryptographic extensions: AES, SHA-1, SHA-2, SHA-3. */
#include "frontends/aarch64/simd.h"

bool lift_crypto_n(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wv(fn, f->Rd, simd_1(fn, f->ir_op, 0, a64_rq(fn, f->Rn)));
    return true;
}

bool lift_crypto_dn(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wv(fn, f->Rd, simd_2(fn, f->ir_op, 0, a64_rq(fn, f->Rd), a64_rq(fn, f->Rn)));
    return true;
}

bool lift_crypto_dnm(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wv(fn, f->Rd, ir_emit(fn, f->ir_op, IR_V128, 0, a64_rq(fn, f->Rd), a64_rq(fn, f->Rn), a64_rq(fn, f->Rm), 0));
    return true;
}

bool lift_sha1h(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wi(fn, f->Rd, ir_op2i(fn, IR_ror, simd_get(fn, IR_S, a64_rq(fn, f->Rn), 0), 2));
    return true;
}

/* ---- SHA-3: rotations of 64-bit lanes ---- */

static ir_ref rotate_left(struct ir_func *fn, ir_ref v, unsigned n)
{
    return n ? simd_2(fn, IR_vor, 0, simd_i(fn, IR_vshli, IR_D, v, n), simd_i(fn, IR_vshri, IR_D, v, 64 - n)) : v;
}

bool lift_rax1(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wv(fn, f->Rd, simd_xor(fn, a64_rq(fn, f->Rn), rotate_left(fn, a64_rq(fn, f->Rm), 1)));
    return true;
}

bool lift_xar(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref v = simd_xor(fn, a64_rq(fn, f->Rn), a64_rq(fn, f->Rm));
    a64_wv(fn, f->Rd, rotate_left(fn, v, (64 - f->imm6) & 63));
    return true;
}

bool lift_eor3(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wv(fn, f->Rd, simd_xor(fn, simd_xor(fn, a64_rq(fn, f->Rn), a64_rq(fn, f->Rm)), a64_rq(fn, f->Ra)));
    return true;
}

bool lift_bcax(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wv(fn, f->Rd, simd_xor(fn, a64_rq(fn, f->Rn), simd_2(fn, IR_vandn, 0, a64_rq(fn, f->Rm), a64_rq(fn, f->Ra))));
    return true;
}
