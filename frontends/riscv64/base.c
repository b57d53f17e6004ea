/* Integer computation and memory: RV64I, M, Zba, Zbb, Zbc, Zbs, Zicond, and their compressed forms. */
#include "frontends/riscv64/lift.h"

typedef const struct rv64_fields *fields;

bool lift_rv_nop(struct ir_func *fn, fields f) { (void)fn, (void)f; return true; }

/* ---- constants ---- */

bool lift_rv_lui(struct ir_func *fn, fields f)
{
    rv64_wx(fn, f->rd, ir_i64(fn, f->imm));
    return true;
}

bool lift_rv_auipc(struct ir_func *fn, fields f)
{
    rv64_wx(fn, f->rd, ir_gaddr(fn, fn->cur_pc + (int64_t)f->imm));
    return true;
}

/* ---- memory ---- */

static ir_ref address(struct ir_func *fn, fields f) { return ir_op2i(fn, IR_add, rv64_rx(fn, f->rs1), f->imm); }

bool lift_rv_load(struct ir_func *fn, fields f)
{
    rv64_wx(fn, f->rd, ir_load(fn, IR_I64, f->mem, address(fn, f)));
    return true;
}

bool lift_rv_store(struct ir_func *fn, fields f)
{
    ir_store(fn, f->mem, address(fn, f), rv64_rx(fn, f->rs2));
    return true;
}

/* ---- cache blocks ---- */

enum { BLOCK = RV64_CACHE_BLOCK };

static ir_ref block(struct ir_func *fn, fields f) { return ir_op2i(fn, IR_and, rv64_rx(fn, f->rs1), -BLOCK); }

/* Caches are coherent: only an access that is not allowed shows. */
bool lift_rv_cbo(struct ir_func *fn, fields f)
{
    ir_load(fn, IR_I64, IR_M8, block(fn, f));
    return true;
}

bool lift_rv_cbo_zero(struct ir_func *fn, fields f)
{
    static const uint8_t zero[16];
    ir_ref at = block(fn, f), v = ir_vconst(fn, IR_V128, zero);
    for (unsigned i = 0; i < BLOCK; i += 16)
        ir_store(fn, IR_M128, ir_op2i(fn, IR_add, at, i), v);
    return true;
}

/* ---- two operands ---- */

bool lift_rv_alu(struct ir_func *fn, fields f)
{
    rv64_wx(fn, f->rd, ir_op2(fn, f->op, rv64_rx(fn, f->rs1), rv64_rx(fn, f->rs2)));
    return true;
}

bool lift_rv_alui(struct ir_func *fn, fields f)
{
    rv64_wx(fn, f->rd, ir_op2i(fn, f->op, rv64_rx(fn, f->rs1), f->imm));
    return true;
}

bool lift_rv_aluw(struct ir_func *fn, fields f)
{
    rv64_wx(fn, f->rd, ir_op2(fn, f->op, rv64_rw(fn, f->rs1), rv64_rw(fn, f->rs2)));
    return true;
}

bool lift_rv_aluiw(struct ir_func *fn, fields f)
{
    rv64_wx(fn, f->rd, ir_op2i(fn, f->op, rv64_rw(fn, f->rs1), f->imm));
    return true;
}

/* The second operand inverted. */
bool lift_rv_alu_not(struct ir_func *fn, fields f)
{
    rv64_wx(fn, f->rd, ir_op2(fn, f->op, rv64_rx(fn, f->rs1), ir_op1(fn, IR_not, rv64_rx(fn, f->rs2))));
    return true;
}

static bool set_if(struct ir_func *fn, fields f, ir_ref b)
{
    rv64_wx(fn, f->rd, ir_zext(fn, IR_I64, 1, ir_cmp(fn, f->cc, rv64_rx(fn, f->rs1), b)));
    return true;
}

bool lift_rv_slt(struct ir_func *fn, fields f) { return set_if(fn, f, rv64_rx(fn, f->rs2)); }
bool lift_rv_slti(struct ir_func *fn, fields f) { return set_if(fn, f, ir_i64(fn, f->imm)); }

bool lift_rv_minmax(struct ir_func *fn, fields f)
{
    ir_ref a = rv64_rx(fn, f->rs1), b = rv64_rx(fn, f->rs2);
    rv64_wx(fn, f->rd, ir_sel(fn, ir_cmp(fn, f->cc, a, b), a, b));
    return true;
}

bool lift_rv_czero(struct ir_func *fn, fields f)
{
    ir_ref zero = ir_i64(fn, 0);
    rv64_wx(fn, f->rd, ir_sel(fn, ir_cmp(fn, f->cc, rv64_rx(fn, f->rs2), zero), zero, rv64_rx(fn, f->rs1)));
    return true;
}

/* ---- division: by zero gives all ones, remainders the dividend (table 11 of the M chapter) ---- */

static ir_ref divide(struct ir_func *fn, enum ir_op op, ir_ref a, ir_ref b)
{
    enum ir_type t = ir_type_of(fn, a);
    return ir_sel(fn, ir_cmp(fn, IR_EQ, b, ir_const(fn, t, 0)), ir_const(fn, t, -1), ir_op2(fn, op, a, b));
}

bool lift_rv_div(struct ir_func *fn, fields f)
{
    rv64_wx(fn, f->rd, divide(fn, f->op, rv64_rx(fn, f->rs1), rv64_rx(fn, f->rs2)));
    return true;
}

bool lift_rv_divw(struct ir_func *fn, fields f)
{
    rv64_wx(fn, f->rd, divide(fn, f->op, rv64_rw(fn, f->rs1), rv64_rw(fn, f->rs2)));
    return true;
}

/*
 * a - a / b * b, so that quotient and remainder of the same numbers cost one division. Right for b = 0 and
 * for the overflowing quotient too, as the IR defines them.
 */
static ir_ref rest_of(struct ir_func *fn, enum ir_op op, ir_ref a, ir_ref b)
{
    return ir_op2(fn, IR_sub, a, ir_op2(fn, IR_mul, ir_op2(fn, op, a, b), b));
}

bool lift_rv_rem(struct ir_func *fn, fields f)
{
    rv64_wx(fn, f->rd, rest_of(fn, f->op, rv64_rx(fn, f->rs1), rv64_rx(fn, f->rs2)));
    return true;
}

bool lift_rv_remw(struct ir_func *fn, fields f)
{
    rv64_wx(fn, f->rd, rest_of(fn, f->op, rv64_rw(fn, f->rs1), rv64_rw(fn, f->rs2)));
    return true;
}

/* ---- one operand ---- */

bool lift_rv_unary(struct ir_func *fn, fields f)
{
    rv64_wx(fn, f->rd, ir_op1(fn, f->op, rv64_rx(fn, f->rs1)));
    return true;
}

/* Counts in the low half. */
bool lift_rv_unaryw(struct ir_func *fn, fields f)
{
    rv64_wx(fn, f->rd, ir_zext(fn, IR_I64, 32, ir_op1(fn, f->op, rv64_rw(fn, f->rs1))));
    return true;
}

bool lift_rv_extend(struct ir_func *fn, fields f)
{
    rv64_wx(fn, f->rd, ir_emit(fn, f->op, IR_I64, f->bits, rv64_rx(fn, f->rs1), 0, 0, 0));
    return true;
}

/* Every byte that is not zero becomes 0xff: its top bit is found without carries between bytes, then spread. */
bool lift_rv_orc_b(struct ir_func *fn, fields f)
{
    const int64_t low7 = 0x7f7f7f7f7f7f7f7f;
    ir_ref x = rv64_rx(fn, f->rs1);
    ir_ref t = ir_op2i(fn, IR_add, ir_op2i(fn, IR_and, x, low7), low7);
    t = ir_op2i(fn, IR_and, ir_op2(fn, IR_or, t, x), ~low7);
    rv64_wx(fn, f->rd, ir_op2(fn, IR_sub, ir_op2i(fn, IR_shl, t, 1), ir_op2i(fn, IR_shr, t, 7)));
    return true;
}

/* ---- shifts and rotations ---- */

bool lift_rv_shadd(struct ir_func *fn, fields f)
{
    ir_ref a = rv64_rx(fn, f->rs1);
    if (f->uw)
        a = ir_zext(fn, IR_I64, 32, a);
    rv64_wx(fn, f->rd, ir_op2(fn, IR_add, rv64_rx(fn, f->rs2), ir_op2i(fn, IR_shl, a, f->shift)));
    return true;
}

bool lift_rv_slli_uw(struct ir_func *fn, fields f)
{
    rv64_wx(fn, f->rd, ir_op2i(fn, IR_shl, ir_zext(fn, IR_I64, 32, rv64_rx(fn, f->rs1)), f->shamt));
    return true;
}

static ir_ref rotate_left(struct ir_func *fn, ir_ref a, ir_ref b) { return ir_op2(fn, IR_ror, a, ir_op1(fn, IR_neg, b)); }

bool lift_rv_rol(struct ir_func *fn, fields f)
{
    rv64_wx(fn, f->rd, rotate_left(fn, rv64_rx(fn, f->rs1), rv64_rx(fn, f->rs2)));
    return true;
}

bool lift_rv_rolw(struct ir_func *fn, fields f)
{
    rv64_wx(fn, f->rd, rotate_left(fn, rv64_rw(fn, f->rs1), rv64_rw(fn, f->rs2)));
    return true;
}

/* Bits 126:63 of the carry-less product. */
bool lift_rv_clmulr(struct ir_func *fn, fields f)
{
    ir_ref a = rv64_rx(fn, f->rs1), b = rv64_rx(fn, f->rs2);
    ir_ref hi = ir_op2(fn, IR_clmulh, a, b), lo = ir_op2(fn, IR_clmul, a, b);
    rv64_wx(fn, f->rd, ir_emit(fn, IR_extr, IR_I64, 0, hi, lo, 0, 63));
    return true;
}

/* ---- Zbkb, Zbkx ---- */

static ir_ref joined(struct ir_func *fn, ir_ref low, ir_ref high, unsigned at)
{
    return ir_op2(fn, IR_or, low, ir_op2i(fn, IR_shl, high, at));
}

bool lift_rv_pack(struct ir_func *fn, fields f)
{
    rv64_wx(fn, f->rd, joined(fn, ir_zext(fn, IR_I64, 32, rv64_rx(fn, f->rs1)), rv64_rx(fn, f->rs2), 32));
    return true;
}

bool lift_rv_packh(struct ir_func *fn, fields f)
{
    ir_ref high = ir_zext(fn, IR_I64, 8, rv64_rx(fn, f->rs2));
    rv64_wx(fn, f->rd, joined(fn, ir_zext(fn, IR_I64, 8, rv64_rx(fn, f->rs1)), high, 8));
    return true;
}

bool lift_rv_packw(struct ir_func *fn, fields f)
{
    rv64_wx(fn, f->rd, joined(fn, ir_zext(fn, IR_I32, 16, rv64_rw(fn, f->rs1)), rv64_rw(fn, f->rs2), 16));
    return true;
}

static ir_ref vector_of(struct ir_func *fn, unsigned reg) { return ir_emit(fn, IR_i2v, IR_V128, 0, rv64_rx(fn, reg), 0, 0, 0); }
static ir_ref low_half_of(struct ir_func *fn, ir_ref v) { return ir_emit(fn, IR_vget, IR_I64, IR_D, v, 0, 0, 0); }

bool lift_rv_brev8(struct ir_func *fn, fields f)
{
    rv64_wx(fn, f->rd, low_half_of(fn, ir_v(fn, IR_vbitrev, IR_V128, 0, vector_of(fn, f->rs1), 0)));
    return true;
}

/* Indices 8 to 15 find the zeros above rs1. */
bool lift_rv_xperm8(struct ir_func *fn, fields f)
{
    rv64_wx(fn, f->rd, low_half_of(fn, ir_v(fn, IR_vtbl, IR_V128, 0, vector_of(fn, f->rs1), vector_of(fn, f->rs2))));
    return true;
}

/* The 16 nibbles of a register as bytes. */
static ir_ref nibbles(struct ir_func *fn, unsigned reg)
{
    static const uint8_t low4[16] = {15, 15, 15, 15, 15, 15, 15, 15}, zip[16] = {0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23};
    ir_ref v = vector_of(fn, reg), mask = ir_vconst(fn, IR_V128, low4);
    ir_ref low = ir_v(fn, IR_vand, IR_V128, 0, v, mask);
    ir_ref high = ir_v(fn, IR_vand, IR_V128, 0, ir_emit(fn, IR_vshri, IR_V128, IR_H, v, 0, 0, 4), mask);
    return ir_emit(fn, IR_vshuf, IR_V128, 0, low, high, 0, ir_vconst_index(fn, zip));
}

bool lift_rv_xperm4(struct ir_func *fn, fields f)
{
    ir_ref v = ir_v(fn, IR_vtbl, IR_V128, 0, nibbles(fn, f->rs1), nibbles(fn, f->rs2));
    v = ir_v(fn, IR_vor, IR_V128, 0, v, ir_emit(fn, IR_vshri, IR_V128, IR_H, v, 0, 0, 4));
    v = ir_emit(fn, IR_vnarrow, IR_V64, IR_H, v, 0, 0, 0);
    rv64_wx(fn, f->rd, low_half_of(fn, v));
    return true;
}

/* ---- single bits ---- */

bool lift_rv_bit(struct ir_func *fn, fields f)
{
    ir_ref mask = ir_op2(fn, IR_shl, ir_i64(fn, 1), rv64_rx(fn, f->rs2));
    rv64_wx(fn, f->rd, ir_op2(fn, f->op, rv64_rx(fn, f->rs1), mask));
    return true;
}

bool lift_rv_biti(struct ir_func *fn, fields f)
{
    rv64_wx(fn, f->rd, ir_op2i(fn, f->op, rv64_rx(fn, f->rs1), (int64_t)((uint64_t)1 << f->shamt)));
    return true;
}

static ir_ref extract_bit(struct ir_func *fn, ir_ref a, ir_ref n) { return ir_op2i(fn, IR_and, ir_op2(fn, IR_shr, a, n), 1); }

bool lift_rv_bext(struct ir_func *fn, fields f)
{
    rv64_wx(fn, f->rd, extract_bit(fn, rv64_rx(fn, f->rs1), rv64_rx(fn, f->rs2)));
    return true;
}

bool lift_rv_bexti(struct ir_func *fn, fields f)
{
    rv64_wx(fn, f->rd, extract_bit(fn, rv64_rx(fn, f->rs1), ir_i64(fn, f->shamt)));
    return true;
}

bool lift_rv_mop(struct ir_func *fn, fields f)
{
    rv64_wx(fn, f->rd, ir_i64(fn, 0));
    return true;
}
