/* Data processing with registers: arithmetic, logic, shifts, multiply, divide, select, compare, CRC. */
#include "frontends/aarch64/lift.h"

/* ---- shifted and extended operands ---- */

static ir_ref shifted(struct ir_func *fn, unsigned sf, unsigned rm, unsigned shift, unsigned amount)
{
    static const uint8_t op[4] = {IR_shl, IR_shr, IR_sar, IR_ror};
    ir_ref x = a64_r(fn, sf, rm);
    return amount ? ir_op2i(fn, op[shift], x, amount) : x;
}

static ir_ref extended(struct ir_func *fn, unsigned sf, unsigned rm, unsigned option, unsigned amount)
{
    enum ir_type t = a64_itype(sf);
    unsigned bits = 8u << (option & 3);
    ir_ref x = a64_r(fn, sf, rm);
    if (bits < (sf ? 64u : 32u))
        x = option & 4 ? ir_sext(fn, t, bits, x) : ir_zext(fn, t, bits, x);
    return amount ? ir_op2i(fn, IR_shl, x, amount) : x;
}

/* ---- add, subtract, logic ---- */

bool lift_addsub_reg(struct ir_func *fn, const struct a64_fields *f)
{
    if (!f->sf && f->imm6 >= 32)
        return false;
    ir_ref a = a64_r(fn, f->sf, f->Rn), b = shifted(fn, f->sf, f->Rm, f->shift, f->imm6);
    a64_wr(fn, f->Rd, ir_op2(fn, f->sub ? IR_sub : IR_add, a, b));
    if (f->setf)
        a64_wflags(fn, a64_addflags(fn, f->sub, a, b));
    return true;
}

bool lift_addsub_ext(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref a = a64_r_sp(fn, f->sf, f->Rn), b = extended(fn, f->sf, f->Rm, f->option, f->imm3);
    a64_addsub_sp(fn, f, a, b);
    return true;
}

bool lift_adc(struct ir_func *fn, const struct a64_fields *f)
{
    enum ir_type t = a64_itype(f->sf);
    ir_ref a = a64_r(fn, f->sf, f->Rn), b = a64_r(fn, f->sf, f->Rm);
    ir_ref flags = a64_rflags(fn);
    ir_ref carry = ir_emit(fn, IR_flagcond, IR_I1, IR_F_CS, flags, 0, 0, 0);
    ir_ref res;
    if (f->sub) {
        ir_ref borrow = ir_emit(fn, IR_flagcond, IR_I1, IR_F_CC, flags, 0, 0, 0);
        res = ir_op2(fn, IR_sub, ir_op2(fn, IR_sub, a, b), ir_zext(fn, t, 1, borrow));
    } else {
        res = ir_op2(fn, IR_add, ir_op2(fn, IR_add, a, b), ir_zext(fn, t, 1, carry));
    }
    a64_wr(fn, f->Rd, res);
    if (f->setf)
        a64_wflags(fn, ir_emit(fn, IR_flagadc, IR_I32, 0, a, f->sub ? ir_op1(fn, IR_not, b) : b, carry, 0));
    return true;
}

bool lift_logic_reg(struct ir_func *fn, const struct a64_fields *f)
{
    enum { AND, ORR, EOR, ANDS };
    static const uint8_t op[4] = {IR_and, IR_or, IR_xor, IR_and};
    if (!f->sf && f->imm6 >= 32)
        return false;
    ir_ref a = a64_r(fn, f->sf, f->Rn), b = shifted(fn, f->sf, f->Rm, f->shift, f->imm6);
    ir_ref res;
    if (f->inv && (f->kind == AND || f->kind == ANDS))
        res = ir_op2(fn, IR_andn, a, b);
    else
        res = ir_op2(fn, op[f->kind], a, f->inv ? ir_op1(fn, IR_not, b) : b);
    a64_wr(fn, f->Rd, res);
    if (f->kind == ANDS)
        a64_wflags(fn, ir_emit(fn, IR_flaglogic, IR_I32, 0, res, 0, 0, 0));
    return true;
}

/* ---- conditional compare and select ---- */

static bool ccmp(struct ir_func *fn, const struct a64_fields *f, ir_ref b)
{
    ir_ref cond = a64_cond(fn, f->cond);
    ir_ref flags = a64_addflags(fn, f->sub, a64_r(fn, f->sf, f->Rn), b);
    a64_wflags(fn, ir_sel(fn, cond, flags, ir_i32(fn, a64_flagword(f->nzcv))));
    return true;
}

bool lift_ccmp_reg(struct ir_func *fn, const struct a64_fields *f) { return ccmp(fn, f, a64_r(fn, f->sf, f->Rm)); }
bool lift_ccmp_imm(struct ir_func *fn, const struct a64_fields *f) { return ccmp(fn, f, ir_const(fn, a64_itype(f->sf), f->imm5)); }

bool lift_csel(struct ir_func *fn, const struct a64_fields *f)
{
    enum { SEL, INC, INV, NEG };
    enum ir_type t = a64_itype(f->sf);
    ir_ref cond = a64_cond(fn, f->cond);
    if (f->Rn == 31 && f->Rm == 31 && (f->kind == INC || f->kind == INV)) {     /* CSET, CSETM */
        ir_ref one = ir_zext(fn, t, 1, ir_op1(fn, IR_not, cond));
        a64_wr(fn, f->Rd, f->kind == INV ? ir_op1(fn, IR_neg, one) : one);
        return true;
    }
    ir_ref other = a64_r(fn, f->sf, f->Rm);
    switch (f->kind) {
    case INC: other = ir_op2i(fn, IR_add, other, 1); break;
    case INV: other = ir_op1(fn, IR_not, other); break;
    case NEG: other = ir_op1(fn, IR_neg, other); break;
    default: break;
    }
    a64_wr(fn, f->Rd, ir_sel(fn, cond, a64_r(fn, f->sf, f->Rn), other));
    return true;
}

/* ---- minimum, maximum, counts (FEAT_CSSC) ---- */

static bool minmax(struct ir_func *fn, const struct a64_fields *f, ir_ref b)
{
    ir_ref a = a64_r(fn, f->sf, f->Rn);
    enum ir_cc cc = f->max ? (f->sign ? IR_GTS : IR_GTU) : (f->sign ? IR_LTS : IR_LTU);
    a64_wr(fn, f->Rd, ir_sel(fn, ir_cmp(fn, cc, a, b), a, b));
    return true;
}

bool lift_minmax_reg(struct ir_func *fn, const struct a64_fields *f) { return minmax(fn, f, a64_r(fn, f->sf, f->Rm)); }
bool lift_minmax_imm(struct ir_func *fn, const struct a64_fields *f)
{
    return minmax(fn, f, ir_const(fn, a64_itype(f->sf), f->sign ? (int8_t)f->imm8 : (int64_t)f->imm8));
}

bool lift_unary(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wr(fn, f->Rd, ir_op1(fn, (enum ir_op)f->op, a64_r(fn, f->sf, f->Rn)));
    return true;
}

bool lift_abs(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref a = a64_r(fn, f->sf, f->Rn), zero = ir_const(fn, a64_itype(f->sf), 0);
    a64_wr(fn, f->Rd, ir_sel(fn, ir_cmp(fn, IR_LTS, a, zero), ir_op1(fn, IR_neg, a), a));
    return true;
}

/* ---- shifts, multiply, divide ---- */

bool lift_shiftv(struct ir_func *fn, const struct a64_fields *f)
{
    static const uint8_t op[4] = {IR_shl, IR_shr, IR_sar, IR_ror};
    a64_wr(fn, f->Rd, ir_op2(fn, op[f->kind], a64_r(fn, f->sf, f->Rn), a64_r(fn, f->sf, f->Rm)));
    return true;
}

bool lift_div(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wr(fn, f->Rd, ir_op2(fn, f->sign ? IR_divs : IR_divu, a64_r(fn, f->sf, f->Rn), a64_r(fn, f->sf, f->Rm)));
    return true;
}

static void multiply_add(struct ir_func *fn, const struct a64_fields *f, ir_ref product, ir_ref addend)
{
    a64_wr(fn, f->Rd, ir_op2(fn, f->sub ? IR_sub : IR_add, addend, product));
}

bool lift_madd(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref product = ir_op2(fn, IR_mul, a64_r(fn, f->sf, f->Rn), a64_r(fn, f->sf, f->Rm));
    multiply_add(fn, f, product, a64_r(fn, f->sf, f->Ra));
    return true;
}

static ir_ref wide(struct ir_func *fn, unsigned n, bool sign)
{
    ir_ref x = a64_rx(fn, n);
    return sign ? ir_sext(fn, IR_I64, 32, x) : ir_zext(fn, IR_I64, 32, x);
}

bool lift_maddl(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref product = ir_op2(fn, IR_mul, wide(fn, f->Rn, f->sign), wide(fn, f->Rm, f->sign));
    multiply_add(fn, f, product, a64_rx(fn, f->Ra));
    return true;
}

bool lift_mulh(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wr(fn, f->Rd, ir_op2(fn, f->sign ? IR_mulhs : IR_mulhu, a64_rx(fn, f->Rn), a64_rx(fn, f->Rm)));
    return true;
}

/* ---- one source ---- */

bool lift_rbit(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wr(fn, f->Rd, ir_op1(fn, IR_bitrev, a64_r(fn, f->sf, f->Rn)));
    return true;
}

bool lift_rev(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wr(fn, f->Rd, ir_op1(fn, IR_bswap, a64_r(fn, f->sf, f->Rn)));
    return true;
}

bool lift_rev32(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wr(fn, f->Rd, ir_op2i(fn, IR_ror, ir_op1(fn, IR_bswap, a64_rx(fn, f->Rn)), 32));
    return true;
}

bool lift_rev16(struct ir_func *fn, const struct a64_fields *f)
{
    int64_t mask = 0x00ff00ff00ff00ff;
    ir_ref x = a64_r(fn, f->sf, f->Rn);
    ir_ref hi = ir_op2i(fn, IR_and, ir_op2i(fn, IR_shr, x, 8), mask);
    ir_ref lo = ir_op2i(fn, IR_shl, ir_op2i(fn, IR_and, x, mask), 8);
    a64_wr(fn, f->Rd, ir_op2(fn, IR_or, hi, lo));
    return true;
}

bool lift_clz(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wr(fn, f->Rd, ir_op1(fn, IR_clz, a64_r(fn, f->sf, f->Rn)));
    return true;
}

bool lift_cls(struct ir_func *fn, const struct a64_fields *f)
{
    /* Bits that differ from their left neighbour; the top one never does. */
    ir_ref x = a64_r(fn, f->sf, f->Rn);
    ir_ref changes = ir_op2(fn, IR_xor, x, ir_op2i(fn, IR_sar, x, 1));
    a64_wr(fn, f->Rd, ir_op2i(fn, IR_sub, ir_op1(fn, IR_clz, changes), 1));
    return true;
}

bool lift_crc32(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref data = a64_r(fn, f->size == 3, f->Rm);
    a64_wr(fn, f->Rd, ir_emit(fn, IR_crc32, IR_I32, f->size | f->poly << 2, a64_rw(fn, f->Rn), data, 0, 0));
    return true;
}

/* ---- flag manipulation (FEAT_FlagM) ---- */

/* Flag word with the bits of `which` taken from `to`. */
static void merge_flags(struct ir_func *fn, uint32_t which, ir_ref to)
{
    ir_ref kept = ir_op2i(fn, IR_and, a64_rflags(fn), (int32_t)~which);
    a64_wflags(fn, ir_op2(fn, IR_or, kept, to));
}

/* Bit `from` of an I32 moved to a flag's place. */
static ir_ref flag_from(struct ir_func *fn, ir_ref x, unsigned from, uint32_t flag)
{
    unsigned to = (unsigned)__builtin_ctz(flag);
    if (from > to)
        x = ir_op2i(fn, IR_shr, x, from - to);
    else if (from < to)
        x = ir_op2i(fn, IR_shl, x, to - from);
    return ir_op2i(fn, IR_and, x, (int64_t)flag);
}

bool lift_rmif(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref x = ir_trunc(fn, ir_op2i(fn, IR_ror, a64_rx(fn, f->Rn), f->imm6));
    ir_ref flags = ir_i32(fn, 0);
    for (unsigned bit = 0; bit < 4; bit++)
        if (f->mask >> bit & 1)
            flags = ir_op2(fn, IR_or, flags, flag_from(fn, x, bit, a64_flagword(1u << bit)));
    merge_flags(fn, a64_flagword(f->mask), flags);
    return true;
}

bool lift_setf(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref x = a64_rw(fn, f->Rn);
    ir_ref n = flag_from(fn, x, f->bits - 1, IR_FLAG_N);
    ir_ref v = flag_from(fn, ir_op2(fn, IR_xor, x, ir_op2i(fn, IR_shr, x, 1)), f->bits - 1, IR_FLAG_V);
    ir_ref zero = ir_cmp(fn, IR_EQ, ir_zext(fn, IR_I32, f->bits, x), ir_i32(fn, 0));
    ir_ref z = ir_op2i(fn, IR_shl, ir_zext(fn, IR_I32, 1, zero), 14);
    merge_flags(fn, IR_FLAG_N | IR_FLAG_Z | IR_FLAG_V, ir_op2(fn, IR_or, n, ir_op2(fn, IR_or, z, v)));
    return true;
}

bool lift_cfinv(struct ir_func *fn, const struct a64_fields *f)
{
    (void)f;
    a64_wflags(fn, ir_op2i(fn, IR_xor, a64_rflags(fn), IR_FLAG_C));
    return true;
}

static ir_ref flag_if(struct ir_func *fn, ir_ref cond, uint32_t flag)
{
    return ir_op2i(fn, IR_shl, ir_zext(fn, IR_I32, 1, cond), __builtin_ctz(flag));
}

bool lift_axflag(struct ir_func *fn, const struct a64_fields *f)
{
    (void)f;
    ir_ref flags = a64_rflags(fn);
    ir_ref c = ir_emit(fn, IR_flagcond, IR_I1, IR_F_CS, flags, 0, 0, 0);
    ir_ref v = ir_emit(fn, IR_flagcond, IR_I1, IR_F_VS, flags, 0, 0, 0);
    ir_ref z = ir_emit(fn, IR_flagcond, IR_I1, IR_F_EQ, flags, 0, 0, 0);
    ir_ref not_v = ir_op1(fn, IR_not, v);
    a64_wflags(fn, ir_op2(fn, IR_or, flag_if(fn, ir_op2(fn, IR_or, z, v), IR_FLAG_Z), flag_if(fn, ir_op2(fn, IR_and, c, not_v), IR_FLAG_C)));
    return true;
}

bool lift_xaflag(struct ir_func *fn, const struct a64_fields *f)
{
    (void)f;
    ir_ref flags = a64_rflags(fn);
    ir_ref c = ir_emit(fn, IR_flagcond, IR_I1, IR_F_CS, flags, 0, 0, 0);
    ir_ref z = ir_emit(fn, IR_flagcond, IR_I1, IR_F_EQ, flags, 0, 0, 0);
    ir_ref not_c = ir_op1(fn, IR_not, c), not_z = ir_op1(fn, IR_not, z);
    ir_ref nz = ir_op2(fn, IR_or, flag_if(fn, ir_op2(fn, IR_and, not_c, not_z), IR_FLAG_N), flag_if(fn, ir_op2(fn, IR_and, z, c), IR_FLAG_Z));
    ir_ref cv = ir_op2(fn, IR_or, flag_if(fn, ir_op2(fn, IR_or, c, z), IR_FLAG_C), flag_if(fn, ir_op2(fn, IR_and, not_c, z), IR_FLAG_V));
    a64_wflags(fn, ir_op2(fn, IR_or, nz, cv));
    return true;
}
