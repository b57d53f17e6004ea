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
