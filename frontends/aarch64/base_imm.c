/* Data processing with immediates: addresses, add and subtract, logic, wide moves, bitfields, EXTR. */
#include "frontends/aarch64/lift.h"

bool lift_adr(struct ir_func *fn, const struct a64_fields *f)
{
    uint64_t base = f->page ? fn->cur_pc & ~(uint64_t)0xfff : fn->cur_pc;
    uint64_t off = (uint64_t)(int64_t)f->simm21 << (f->page ? 12 : 0);
    a64_wr(fn, f->Rd, ir_gaddr(fn, base + off));
    return true;
}

bool lift_addsub_imm(struct ir_func *fn, const struct a64_fields *f)
{
    enum ir_type t = a64_itype(f->sf);
    ir_ref a = a64_r_sp(fn, f->sf, f->Rn);
    ir_ref b = ir_const(fn, t, (int64_t)f->imm12 << (f->sh ? 12 : 0));
    a64_addsub_sp(fn, f, a, b);
    return true;
}

bool lift_logic_imm(struct ir_func *fn, const struct a64_fields *f)
{
    static const uint8_t op[4] = {IR_and, IR_or, IR_xor, IR_and};
    uint64_t mask;
    if (!a64_bitmask(f->sf, f->N, f->immr, f->imms, &mask))
        return false;
    ir_ref res = ir_op2i(fn, op[f->kind], a64_r(fn, f->sf, f->Rn), (int64_t)mask);
    if (f->kind != 3) {
        a64_wr_sp(fn, f->Rd, res);
        return true;
    }
    a64_wr(fn, f->Rd, res);
    a64_wflags(fn, ir_emit(fn, IR_flaglogic, IR_I32, 0, res, 0, 0, 0));
    return true;
}

bool lift_mov_wide(struct ir_func *fn, const struct a64_fields *f)
{
    enum { MOVN, MOVZ = 2, MOVK };
    if (!f->sf && f->hw > 1)
        return false;
    enum ir_type t = a64_itype(f->sf);
    unsigned pos = f->hw * 16;
    uint64_t imm = (uint64_t)f->imm16 << pos;
    ir_ref v;
    if (f->kind == MOVK)
        v = ir_op2i(fn, IR_or, ir_op2i(fn, IR_and, a64_r(fn, f->sf, f->Rd), (int64_t)~((uint64_t)0xffff << pos)), (int64_t)imm);
    else
        v = ir_const(fn, t, (int64_t)(f->kind == MOVN ? ~imm : imm));
    a64_wr(fn, f->Rd, v);
    return true;
}

static ir_ref shift_left(struct ir_func *fn, ir_ref x, unsigned n) { return n ? ir_op2i(fn, IR_shl, x, n) : x; }
static ir_ref shift_right(struct ir_func *fn, ir_ref x, unsigned n) { return n ? ir_op2i(fn, IR_shr, x, n) : x; }

static bool whole_bytes(unsigned len) { return len == 8 || len == 16 || len == 32; }

/* The low len bits of x, extended to t. */
static ir_ref low_bits(struct ir_func *fn, enum ir_type t, ir_ref x, unsigned len, bool sign)
{
    unsigned width = t == IR_I64 ? 64 : 32;
    if (len == width)
        return x;
    if (whole_bytes(len))
        return sign ? ir_sext(fn, t, len, x) : ir_zext(fn, t, len, x);
    if (!sign && len < 32)
        return ir_op2i(fn, IR_and, x, ((int64_t)1 << len) - 1);
    return ir_op2i(fn, sign ? IR_sar : IR_shr, shift_left(fn, x, width - len), width - len);
}

/* Bits lsb..lsb+len-1 of x, at bit 0 (xBFX). */
static ir_ref extract(struct ir_func *fn, enum ir_type t, ir_ref x, unsigned lsb, unsigned len, bool sign)
{
    unsigned width = t == IR_I64 ? 64 : 32;
    if (lsb + len == width)
        return lsb ? ir_op2i(fn, sign ? IR_sar : IR_shr, x, lsb) : x;
    if (whole_bytes(len) || (!sign && len < 32))
        return low_bits(fn, t, shift_right(fn, x, lsb), len, sign);
    return ir_op2i(fn, sign ? IR_sar : IR_shr, shift_left(fn, x, width - lsb - len), width - len);
}

/* The low len bits of x at bit lsb, zeros below (xBFIZ). */
static ir_ref deposit(struct ir_func *fn, enum ir_type t, ir_ref x, unsigned lsb, unsigned len, bool sign)
{
    unsigned width = t == IR_I64 ? 64 : 32;
    if (lsb + len == width)
        return shift_left(fn, x, lsb);
    if (whole_bytes(len) || (!sign && len < 32))
        return shift_left(fn, low_bits(fn, t, x, len, sign), lsb);
    return ir_op2i(fn, sign ? IR_sar : IR_shr, shift_left(fn, x, width - len), width - len - lsb);
}

bool lift_bitfield(struct ir_func *fn, const struct a64_fields *f)
{
    enum { SBFM, BFM, UBFM };
    unsigned width = f->sf ? 64 : 32;
    if (f->N != f->sf || f->immr >= width || f->imms >= width)
        return false;
    enum ir_type t = a64_itype(f->sf);
    ir_ref x = a64_r(fn, f->sf, f->Rn);
    bool sign = f->kind == SBFM, down = f->imms >= f->immr;
    unsigned len = down ? f->imms - f->immr + 1 : f->imms + 1;
    unsigned lsb = down ? 0 : width - f->immr;      /* where the field lands */
    ir_ref v = down ? extract(fn, t, x, f->immr, len, sign) : deposit(fn, t, x, lsb, len, sign);
    if (f->kind == BFM && len < width) {
        uint64_t mask = (((uint64_t)1 << len) - 1) << lsb;
        v = ir_op2(fn, IR_or, ir_op2i(fn, IR_and, a64_r(fn, f->sf, f->Rd), (int64_t)~mask), v);
    }
    a64_wr(fn, f->Rd, v);
    return true;
}

bool lift_extr(struct ir_func *fn, const struct a64_fields *f)
{
    if (f->N != f->sf || (!f->sf && f->imms >= 32))
        return false;
    enum ir_type t = a64_itype(f->sf);
    ir_ref lo = a64_r(fn, f->sf, f->Rm), hi = a64_r(fn, f->sf, f->Rn);
    ir_ref v = lo;
    if (f->Rn == f->Rm)
        v = f->imms ? ir_op2i(fn, IR_ror, lo, f->imms) : lo;
    else if (f->imms)
        v = ir_emit(fn, IR_extr, t, 0, hi, lo, 0, f->imms);
    a64_wr(fn, f->Rd, v);
    return true;
}
