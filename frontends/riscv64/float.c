/*
 * F and D. The f registers are F64 slots; a single stands NaN-boxed in its slot (op fbox), and is
 * checked for its box when it is read (op funbox), unless it was boxed in the same region.
 *
 * The host computes under the rounding mode frm (the region's mode). An instruction with another
 * static mode, or ties-to-max-magnitude, which hosts lack, is computed in integers by a helper.
 */
#include "frontends/riscv64/lift.h"

typedef const struct rv64_fields *fields;

/* ---- registers ---- */

/* I64 of a double, I32 of a single. */
static ir_ref bits_of(struct ir_func *fn, ir_ref v)
{
    return ir_emit(fn, IR_fbits, ir_type_of(fn, v) == IR_F64 ? IR_I64 : IR_I32, 0, v, 0, 0, 0);
}

/* The low 32 bits of an f register as a single, boxed or not. */
static ir_ref low_single(struct ir_func *fn, ir_ref v)
{
    if (ir_at(fn, v)->op == IR_fbox)
        return ir_at(fn, v)->a;
    return ir_emit(fn, IR_v2f, IR_F32, 0, ir_emit(fn, IR_f2v, IR_V128, 0, v, 0, 0, 0), 0, 0, 0);
}

/* An operand; a single that is not properly boxed counts as the canonical NaN (21.2). */
static ir_ref rf(struct ir_func *fn, unsigned dbl, unsigned n)
{
    ir_ref v = ir_get(fn, RV64_f0 + n);
    if (dbl)
        return v;
    if (ir_at(fn, v)->op == IR_fbox)
        return ir_at(fn, v)->a;
    return ir_emit(fn, IR_funbox, IR_F32, 0, v, 0, 0, 0);
}

static void wf(struct ir_func *fn, unsigned n, ir_ref v)
{
    ir_put(fn, RV64_f0 + n, ir_type_of(fn, v) == IR_F32 ? ir_emit(fn, IR_fbox, IR_F64, 0, v, 0, 0, 0) : v);
}

static ir_ref from_bits(struct ir_func *fn, unsigned dbl, ir_ref v)
{
    return ir_emit(fn, IR_ffrombits, rv64_ftype(dbl), 0, v, 0, 0, 0);
}

/* ---- rounding ---- */

/* How the instruction rounds: IR_RCUR where that is what the host does anyway. False: reserved mode. */
static bool rounding(struct ir_func *fn, fields f, enum ir_round *round)
{
    static const uint8_t rounds[5] = {IR_RN, IR_RZ, IR_RM, IR_RP, IR_RA};
    unsigned rm = f->rm == RV64_DYN ? fn->mode : f->rm;
    if (rm > RV64_RMM)
        return false;
    *round = rm == fn->mode && rm != RV64_RMM ? IR_RCUR : (enum ir_round)rounds[rm];
    return true;
}

/* Bits of an operand for a helper, I64. */
static ir_ref operand(struct ir_func *fn, unsigned dbl, unsigned n)
{
    ir_ref v = bits_of(fn, rf(fn, dbl, n));
    return dbl ? v : ir_zext(fn, IR_I64, 32, v);
}

static ir_ref flip_sign(struct ir_func *fn, unsigned dbl, ir_ref bits)
{
    return ir_op2i(fn, IR_xor, bits, dbl ? INT64_MIN : INT64_C(1) << 31);
}

/* The operation with an explicit rounding mode; operands are bits as from operand(). `dbl` is the result's format. */
static bool soft(struct ir_func *fn, fields f, enum rv64_soft op, unsigned dbl, enum ir_round round, ir_ref a, ir_ref b, ir_ref c)
{
    ir_ref bits = ir_helper(fn, IR_I64, RV64_H_round_op, a, b, c, ir_i64(fn, rv64_soft_code(op, dbl, round)));
    wf(fn, f->rd, from_bits(fn, dbl, dbl ? bits : ir_trunc(fn, bits)));
    return true;
}

/* ---- loads, stores, moves ---- */

bool lift_rv_fload(struct ir_func *fn, fields f)
{
    ir_ref addr = ir_op2i(fn, IR_add, rv64_rx(fn, f->rs1), f->imm);
    wf(fn, f->rd, ir_load(fn, rv64_ftype(f->dbl), f->dbl ? IR_M64 : IR_M32, addr));
    return true;
}

bool lift_rv_fstore(struct ir_func *fn, fields f)
{
    ir_ref addr = ir_op2i(fn, IR_add, rv64_rx(fn, f->rs1), f->imm), v = ir_get(fn, RV64_f0 + f->rs2);
    ir_store(fn, f->dbl ? IR_M64 : IR_M32, addr, f->dbl ? v : low_single(fn, v));
    return true;
}

bool lift_rv_fmv_x(struct ir_func *fn, fields f)
{
    ir_ref v = ir_get(fn, RV64_f0 + f->rs1);
    rv64_wx(fn, f->rd, bits_of(fn, f->dbl ? v : low_single(fn, v)));
    return true;
}

bool lift_rv_fmv_f(struct ir_func *fn, fields f)
{
    wf(fn, f->rd, from_bits(fn, f->dbl, f->dbl ? rv64_rx(fn, f->rs1) : rv64_rw(fn, f->rs1)));
    return true;
}

/* ---- arithmetic ---- */

bool lift_rv_farith(struct ir_func *fn, fields f)
{
    enum ir_round round;
    if (!rounding(fn, f, &round))
        return false;
    if (round == IR_RCUR) {
        wf(fn, f->rd, ir_op2(fn, f->op, rf(fn, f->dbl, f->rs1), rf(fn, f->dbl, f->rs2)));
        return true;
    }
    ir_ref a = operand(fn, f->dbl, f->rs1), b = operand(fn, f->dbl, f->rs2);
    if (f->op == IR_fsub)
        b = flip_sign(fn, f->dbl, b);
    enum rv64_soft op = f->op == IR_fmul ? RV64_SOFT_MUL : f->op == IR_fdiv ? RV64_SOFT_DIV : RV64_SOFT_ADD;
    return soft(fn, f, op, f->dbl, round, a, b, 0);
}

bool lift_rv_fsqrt(struct ir_func *fn, fields f)
{
    enum ir_round round;
    if (!rounding(fn, f, &round))
        return false;
    if (round != IR_RCUR)
        return soft(fn, f, RV64_SOFT_SQRT, f->dbl, round, operand(fn, f->dbl, f->rs1), 0, 0);
    wf(fn, f->rd, ir_op1(fn, IR_fsqrt, rf(fn, f->dbl, f->rs1)));
    return true;
}

bool lift_rv_fma(struct ir_func *fn, fields f)
{
    enum ir_round round;
    if (!rounding(fn, f, &round))
        return false;
    if (round == IR_RCUR) {
        ir_ref a = rf(fn, f->dbl, f->rs1), b = rf(fn, f->dbl, f->rs2), c = rf(fn, f->dbl, f->rs3);
        if (f->neg_product)
            a = ir_op1(fn, IR_fneg, a);
        if (f->neg_addend)
            c = ir_op1(fn, IR_fneg, c);
        wf(fn, f->rd, ir_emit(fn, IR_fma, rv64_ftype(f->dbl), 0, a, b, c, 0));
        return true;
    }
    ir_ref a = operand(fn, f->dbl, f->rs1), b = operand(fn, f->dbl, f->rs2), c = operand(fn, f->dbl, f->rs3);
    if (f->neg_product)
        a = flip_sign(fn, f->dbl, a);
    if (f->neg_addend)
        c = flip_sign(fn, f->dbl, c);
    return soft(fn, f, RV64_SOFT_FMA, f->dbl, round, a, b, c);
}

bool lift_rv_fminmax(struct ir_func *fn, fields f)
{
    wf(fn, f->rd, ir_op2(fn, f->op, rf(fn, f->dbl, f->rs1), rf(fn, f->dbl, f->rs2)));
    return true;
}

/* ---- sign injection ---- */

bool lift_rv_fsgnj(struct ir_func *fn, fields f)
{
    ir_ref a = rf(fn, f->dbl, f->rs1);
    wf(fn, f->rd, f->rs1 == f->rs2 ? a : ir_op2(fn, IR_fcopysign, a, rf(fn, f->dbl, f->rs2)));
    return true;
}

bool lift_rv_fsgnjn(struct ir_func *fn, fields f)
{
    ir_ref a = rf(fn, f->dbl, f->rs1), b = ir_op1(fn, IR_fneg, rf(fn, f->dbl, f->rs2));
    wf(fn, f->rd, f->rs1 == f->rs2 ? b : ir_op2(fn, IR_fcopysign, a, b));
    return true;
}

bool lift_rv_fsgnjx(struct ir_func *fn, fields f)
{
    ir_ref a = rf(fn, f->dbl, f->rs1);
    if (f->rs1 == f->rs2) {
        wf(fn, f->rd, ir_op1(fn, IR_fabs, a));
        return true;
    }
    ir_ref sign = ir_op2(fn, IR_xor, bits_of(fn, a), bits_of(fn, rf(fn, f->dbl, f->rs2)));
    wf(fn, f->rd, ir_op2(fn, IR_fcopysign, a, from_bits(fn, f->dbl, sign)));
    return true;
}

/* ---- comparison ---- */

bool lift_rv_fcmp(struct ir_func *fn, fields f)
{
    ir_ref a = rf(fn, f->dbl, f->rs1), b = rf(fn, f->dbl, f->rs2);
    rv64_wx(fn, f->rd, ir_zext(fn, IR_I64, 1, ir_emit(fn, IR_fcmp, IR_I1, f->pred, a, b, 0, 0)));
    return true;
}

bool lift_rv_fclass(struct ir_func *fn, fields f)
{
    ir_ref mask = ir_emit(fn, IR_fclass, IR_I32, 0, rf(fn, f->dbl, f->rs1), 0, 0, 0);
    rv64_wx(fn, f->rd, ir_zext(fn, IR_I64, 32, mask));
    return true;
}

/* ---- conversion ---- */

bool lift_rv_fcvt(struct ir_func *fn, fields f)
{
    enum ir_round round;
    if (!rounding(fn, f, &round))
        return false;
    if (round != IR_RCUR && !f->dbl)
        return soft(fn, f, RV64_SOFT_NARROW, 0, round, operand(fn, 1, f->rs1), 0, 0);
    wf(fn, f->rd, ir_emit(fn, IR_fcvt, rv64_ftype(f->dbl), 0, rf(fn, !f->dbl, f->rs1), 0, 0, 0));
    return true;
}

bool lift_rv_fcvt_int(struct ir_func *fn, fields f)
{
    enum ir_round round;
    if (!rounding(fn, f, &round))
        return false;
    rv64_wx(fn, f->rd, ir_emit(fn, f->op, f->wide ? IR_I64 : IR_I32, round | IR_CVT_NANMAX, rf(fn, f->dbl, f->rs1), 0, 0, 0));
    return true;
}

bool lift_rv_int_fcvt(struct ir_func *fn, fields f)
{
    enum ir_round round;
    if (!rounding(fn, f, &round))
        return false;
    ir_ref v = f->wide ? rv64_rx(fn, f->rs1) : rv64_rw(fn, f->rs1);
    wf(fn, f->rd, ir_emit(fn, f->op, rv64_ftype(f->dbl), f->dbl && !f->wide ? IR_RCUR : round, v, 0, 0, 0));
    return true;
}

/* ---- Zfhmin: a half stands boxed by 48 ones ---- */

#define BOX_HALF 0xffffffffffff0000
#define NAN_HALF 0x7e00

/* The low 16 bits of an f register, zero-extended to I32. */
static ir_ref low_half(struct ir_func *fn, unsigned n)
{
    return ir_zext(fn, IR_I32, 16, ir_trunc(fn, bits_of(fn, ir_get(fn, RV64_f0 + n))));
}

static ir_ref rh(struct ir_func *fn, unsigned n)
{
    ir_ref boxed = ir_cmp(fn, IR_GEU, bits_of(fn, ir_get(fn, RV64_f0 + n)), ir_i64(fn, (int64_t)BOX_HALF));
    ir_ref bits = ir_sel(fn, boxed, low_half(fn, n), ir_i32(fn, NAN_HALF));
    return ir_emit(fn, IR_ffrombits, IR_F16, 0, bits, 0, 0, 0);
}

/* Writes the low 16 bits of an integer, I64, boxed. */
static void wh(struct ir_func *fn, unsigned n, ir_ref bits)
{
    ir_put(fn, RV64_f0 + n, from_bits(fn, 1, ir_op2i(fn, IR_or, bits, (int64_t)BOX_HALF)));
}

bool lift_rv_flh(struct ir_func *fn, fields f)
{
    wh(fn, f->rd, ir_load(fn, IR_I64, IR_M16, ir_op2i(fn, IR_add, rv64_rx(fn, f->rs1), f->imm)));
    return true;
}

bool lift_rv_fsh(struct ir_func *fn, fields f)
{
    ir_store(fn, IR_M16, ir_op2i(fn, IR_add, rv64_rx(fn, f->rs1), f->imm), low_half(fn, f->rs2));
    return true;
}

bool lift_rv_fmv_x_h(struct ir_func *fn, fields f)
{
    rv64_wx(fn, f->rd, ir_sext(fn, IR_I64, 16, low_half(fn, f->rs1)));
    return true;
}

bool lift_rv_fmv_h_x(struct ir_func *fn, fields f)
{
    wh(fn, f->rd, rv64_rx(fn, f->rs1));
    return true;
}

bool lift_rv_fcvt_from_h(struct ir_func *fn, fields f)
{
    enum ir_round round;
    if (!rounding(fn, f, &round))
        return false;
    wf(fn, f->rd, ir_emit(fn, IR_fcvt, rv64_ftype(f->dbl), 0, rh(fn, f->rs1), 0, 0, 0));
    return true;
}

bool lift_rv_fcvt_to_h(struct ir_func *fn, fields f)
{
    enum ir_round round;
    if (!rounding(fn, f, &round))
        return false;
    ir_ref v = rf(fn, f->dbl, f->rs1), bits;
    if (round == IR_RCUR) {
        bits = ir_emit(fn, IR_fbits, IR_I32, 0, ir_emit(fn, IR_fcvt, IR_F16, 0, v, 0, 0, 0), 0, 0, 0);
        bits = ir_zext(fn, IR_I64, 32, bits);
    } else {
        if (!f->dbl)        /* exact */
            v = ir_emit(fn, IR_fcvt, IR_F64, 0, v, 0, 0, 0);
        unsigned code = rv64_soft_code(RV64_SOFT_NARROW_HALF, 0, round);
        bits = ir_helper(fn, IR_I64, RV64_H_round_op, bits_of(fn, v), 0, 0, ir_i64(fn, code));
    }
    wh(fn, f->rd, bits);
    return true;
}

/* ---- Zfa ---- */

/* FLI's numbers as singles (23.1, table 36); 1 is the smallest normal number of the format instead. */
static const uint32_t fli_numbers[32] = {
    0xbf800000, 0x00800000, 0x37800000, 0x38000000, 0x3b800000, 0x3c000000, 0x3d800000, 0x3e000000,
    0x3e800000, 0x3ea00000, 0x3ec00000, 0x3ee00000, 0x3f000000, 0x3f200000, 0x3f400000, 0x3f600000,
    0x3f800000, 0x3fa00000, 0x3fc00000, 0x3fe00000, 0x40000000, 0x40200000, 0x40400000, 0x40800000,
    0x41000000, 0x41800000, 0x43000000, 0x43800000, 0x47000000, 0x47800000, 0x7f800000, 0x7fc00000,
};

static uint64_t widened(uint32_t s)
{
    uint64_t exponent = s >> 23 & 255, fraction = s & 0x7fffff;
    exponent = exponent == 255 ? 2047 : exponent + 1023 - 127;
    return (uint64_t)(s >> 31) << 63 | exponent << 52 | fraction << 29;
}

bool lift_rv_fli(struct ir_func *fn, fields f)
{
    uint32_t s = fli_numbers[f->index];
    uint64_t bits = !f->dbl ? s : f->index == 1 ? UINT64_C(1) << 52 : widened(s);
    wf(fn, f->rd, ir_const(fn, rv64_ftype(f->dbl), (int64_t)bits));
    return true;
}

bool lift_rv_fround(struct ir_func *fn, fields f)
{
    enum ir_round round;
    if (!rounding(fn, f, &round))
        return false;
    unsigned aux = round << 8 | (f->exact ? IR_ROUND_EXACT : 0);
    wf(fn, f->rd, ir_emit(fn, IR_fround, rv64_ftype(f->dbl), aux, rf(fn, f->dbl, f->rs1), 0, 0, 0));
    return true;
}

bool lift_rv_fcvtmod(struct ir_func *fn, fields f)
{
    ir_ref code = ir_i64(fn, rv64_soft_code(RV64_SOFT_MODULAR, 1, IR_RZ));
    rv64_wx(fn, f->rd, ir_helper(fn, IR_I64, RV64_H_round_op, operand(fn, 1, f->rs1), 0, 0, code));
    return true;
}
