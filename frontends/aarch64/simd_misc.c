/* A64 Advanced SIMD, integers: two registers, shifts by immediate. */
#include "frontends/aarch64/simd.h"

/* The operand; false for the reserved 64-bit lanes in a 64-bit vector. */
static bool operand(struct ir_func *fn, const struct a64_fields *f, unsigned scalar, ir_ref *n)
{
    if (f->size == IR_D && !scalar && !f->Q)
        return false;
    *n = simd_r(fn, f->Q, scalar, f->size, f->Rn);
    return true;
}

/* ABS, NEG, CLZ, CNT, ...: one op. */
bool lift_simd_2misc(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref n;
    if (!operand(fn, f, f->scalar, &n))
        return false;
    a64_wv(fn, f->Rd, simd_1(fn, f->ir_op, f->size, n));
    return true;
}

/* REV16, REV32, REV64: lanes reversed within groups of `group` bytes. */
bool lift_simd_rev(struct ir_func *fn, const struct a64_fields *f)
{
    uint8_t pick[16];
    unsigned last = (f->group >> f->size) - 1;
    for (unsigned i = 0; i < 16; i++)
        pick[i] = (uint8_t)((i ^ last) & ((f->Q ? 16u : 8u) - 1));
    ir_ref n = a64_rv(fn, f->Q, f->Rn);
    a64_wv(fn, f->Rd, simd_permute(fn, f->size, n, n, pick));
    return true;
}

/* Leading bits equal to the sign: the leading zeros of v ^ (v >> 1), of which the first always is one. */
bool lift_simd_cls(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref n = a64_rv(fn, f->Q, f->Rn);
    ir_ref zeros = simd_1(fn, IR_vclz, f->size, simd_xor(fn, n, simd_i(fn, IR_vsari, f->size, n, 1)));
    a64_wv(fn, f->Rd, simd_2(fn, IR_vsub, f->size, zeros, simd_fill(fn, ir_type_of(fn, n), f->size, 1)));
    return true;
}

/* SUQADD, USQADD: with the top bit of d flipped, the mixed sum is an unsigned (signed) one. */
bool lift_simd_suqadd(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref n;
    if (!operand(fn, f, f->scalar, &n))
        return false;
    ir_ref d = simd_r(fn, f->Q, f->scalar, f->size, f->Rd);
    ir_ref top = simd_fill(fn, ir_type_of(fn, n), f->size, (uint64_t)1 << (ir_lane_bits(f->size) - 1));
    ir_ref r = simd_xor(fn, simd_2(fn, f->ir_op, f->size, simd_xor(fn, d, top), n), top);
    simd_qc(fn, simd_xor(fn, r, simd_2(fn, IR_vadd, f->size, d, n)));
    a64_wv(fn, f->Rd, r);
    return true;
}

/* |n|, where the only negative result is the one that saturates. */
bool lift_simd_sqabs(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref n;
    if (!operand(fn, f, f->scalar, &n))
        return false;
    ir_ref wrapped = simd_1(fn, IR_vabs, f->size, n);
    ir_ref over = simd_i(fn, IR_vsari, f->size, wrapped, ir_lane_bits(f->size) - 1);
    simd_qc(fn, over);
    a64_wv(fn, f->Rd, simd_xor(fn, wrapped, over));
    return true;
}

bool lift_simd_sqneg(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref n;
    if (!operand(fn, f, f->scalar, &n))
        return false;
    ir_ref r = simd_2(fn, IR_vqsubs, f->size, simd_zero(fn, ir_type_of(fn, n)), n);
    simd_qc(fn, simd_xor(fn, r, simd_1(fn, IR_vneg, f->size, n)));
    a64_wv(fn, f->Rd, r);
    return true;
}

/* CMEQ, CMGT, ... with zero. */
bool lift_simd_cmp0(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref n;
    if (!operand(fn, f, f->scalar, &n))
        return false;
    ir_ref zero = simd_zero(fn, ir_type_of(fn, n));
    ir_ref r = f->swap ? simd_2(fn, f->ir_op, f->size, zero, n) : simd_2(fn, f->ir_op, f->size, n, zero);
    a64_wv(fn, f->Rd, f->invert ? simd_1(fn, IR_vnot, 0, r) : r);
    return true;
}

/* ---- shifts by immediate ---- */

/* Lane and operand from immh; the amounts of right (1 to the lane's bits) and left shifts. */
static bool shift_operand(struct ir_func *fn, const struct a64_fields *f, unsigned scalar, unsigned *lane, ir_ref *n)
{
    *lane = 31 - (unsigned)__builtin_clz(f->immh);
    if (*lane == IR_D && !scalar && !f->Q)
        return false;
    *n = simd_r(fn, f->Q, scalar, *lane, f->Rn);
    return true;
}
static unsigned right_amount(const struct a64_fields *f, unsigned lane) { return 2 * ir_lane_bits(lane) - (f->immh << 3 | f->immb); }
static unsigned left_amount(const struct a64_fields *f, unsigned lane) { return (f->immh << 3 | f->immb) - ir_lane_bits(lane); }
static uint64_t ones(unsigned bits) { return bits >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << bits) - 1; }

/* SSHR, URSRA, ... */
bool lift_simd_shr(struct ir_func *fn, const struct a64_fields *f)
{
    unsigned lane;
    ir_ref r;
    if (!shift_operand(fn, f, f->scalar, &lane, &r))
        return false;
    r = simd_i(fn, f->ir_op, lane, r, right_amount(f, lane));
    if (f->acc)
        r = simd_2(fn, IR_vadd, lane, simd_r(fn, f->Q, f->scalar, lane, f->Rd), r);
    a64_wv(fn, f->Rd, r);
    return true;
}

bool lift_simd_shl(struct ir_func *fn, const struct a64_fields *f)
{
    unsigned lane;
    ir_ref n;
    if (!shift_operand(fn, f, f->scalar, &lane, &n))
        return false;
    a64_wv(fn, f->Rd, simd_i(fn, IR_vshli, lane, n, left_amount(f, lane)));
    return true;
}

/* Bits of the shifted operand over the bits of Rd that `keep` selects. */
static void insert(struct ir_func *fn, const struct a64_fields *f, unsigned lane, ir_ref shifted, uint64_t keep)
{
    ir_ref d = simd_r(fn, f->Q, f->scalar, lane, f->Rd);
    ir_ref old = simd_2(fn, IR_vand, 0, d, simd_fill(fn, ir_type_of(fn, d), lane, keep));
    a64_wv(fn, f->Rd, simd_2(fn, IR_vor, 0, shifted, old));
}

bool lift_simd_sri(struct ir_func *fn, const struct a64_fields *f)
{
    unsigned lane;
    ir_ref n;
    if (!shift_operand(fn, f, f->scalar, &lane, &n))
        return false;
    unsigned shift = right_amount(f, lane), bits = ir_lane_bits(lane);
    insert(fn, f, lane, simd_i(fn, IR_vshri, lane, n, shift), ~ones(bits - shift));
    return true;
}

bool lift_simd_sli(struct ir_func *fn, const struct a64_fields *f)
{
    unsigned lane;
    ir_ref n;
    if (!shift_operand(fn, f, f->scalar, &lane, &n))
        return false;
    unsigned shift = left_amount(f, lane);
    insert(fn, f, lane, simd_i(fn, IR_vshli, lane, n, shift), ones(shift));
    return true;
}

/* SQSHL, UQSHL, SQSHLU (kind 0, 1, 2) by immediate: what saturates does not come back when shifted back. */
bool lift_simd_qshl(struct ir_func *fn, const struct a64_fields *f)
{
    unsigned lane;
    ir_ref n;
    if (!shift_operand(fn, f, f->scalar, &lane, &n))
        return false;
    unsigned shift = left_amount(f, lane);
    enum ir_type t = ir_type_of(fn, n);
    ir_ref r = simd_i(fn, IR_vshli, lane, n, shift);
    ir_ref over = simd_1(fn, IR_vnot, 0, simd_2(fn, IR_vcmpeq, lane, simd_i(fn, f->kind ? IR_vshri : IR_vsari, lane, r, shift), n));
    ir_ref negative = simd_2(fn, IR_vcmpgts, lane, simd_zero(fn, t), n);
    if (f->kind == 0) {
        r = simd_select(fn, over, simd_xor(fn, negative, simd_fill(fn, t, lane, ones(ir_lane_bits(lane) - 1))), r);
    } else {
        r = simd_2(fn, IR_vor, 0, r, over);
        if (f->kind == 2) {
            r = simd_2(fn, IR_vandn, 0, r, negative);
            over = simd_2(fn, IR_vor, 0, over, negative);
        }
    }
    simd_qc(fn, over);
    a64_wv(fn, f->Rd, r);
    return true;
}
