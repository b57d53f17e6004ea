/*
 * F, D, Zfh and Zfa. The f registers are F64 slots; a single or half stands NaN-boxed in its slot (op fbox), and is
 * checked for its box when it is read (op funbox), unless it was boxed in the same region.
 *
 * The host computes under the rounding mode frm (the region's mode); an instruction with another static mode, or
 * ties-to-max-magnitude, says so to its op.
 */
#include "frontends/riscv64/lift.h"

typedef const struct rv64_fields *fields;

/* ---- registers ---- */

/* I64 of a double, I32 of a single or half. */
static ir_ref bits_of(struct ir_func *fn, ir_ref v)
{
    return ir_emit(fn, IR_fbits, ir_type_of(fn, v) == IR_F64 ? IR_I64 : IR_I32, 0, v, 0, 0, 0);
}

/* f register n where no unboxing is needed: a double, or boxed from this format just now. 0 otherwise. */
static ir_ref unboxed(struct ir_func *fn, enum ir_type type, unsigned n)
{
    ir_ref v = ir_get(fn, RV64_f0 + n), from = ir_at(fn, v)->a;
    if (type == IR_F64)
        return v;
    return ir_at(fn, v)->op == IR_fbox && ir_type_of(fn, from) == type ? from : 0;
}

/* What an f register holds in its low bits, boxed or not. */
static ir_ref low_part(struct ir_func *fn, unsigned fmt, unsigned n)
{
    enum ir_type type = rv64_ftype(fmt);
    ir_ref v = unboxed(fn, type, n);
    return v ? v : ir_emit(fn, IR_v2f, type, 0, ir_emit(fn, IR_f2v, IR_V128, 0, ir_get(fn, RV64_f0 + n), 0, 0, 0), 0, 0, 0);
}

/* An operand; a single or half that is not properly boxed counts as the canonical NaN (21.2). */
static ir_ref rf(struct ir_func *fn, unsigned fmt, unsigned n)
{
    enum ir_type type = rv64_ftype(fmt);
    ir_ref v = unboxed(fn, type, n);
    return v ? v : ir_emit(fn, IR_funbox, type, 0, ir_get(fn, RV64_f0 + n), 0, 0, 0);
}

static void wf(struct ir_func *fn, unsigned n, ir_ref v)
{
    ir_put(fn, RV64_f0 + n, ir_type_of(fn, v) == IR_F64 ? v : ir_emit(fn, IR_fbox, IR_F64, 0, v, 0, 0, 0));
}

static ir_ref from_bits(struct ir_func *fn, unsigned fmt, ir_ref v)
{
    return ir_emit(fn, IR_ffrombits, rv64_ftype(fmt), 0, v, 0, 0, 0);
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

/* aux of an op that may round by itself. */
static unsigned rounded(enum ir_round round) { return round == IR_RCUR ? 0 : IR_ROUNDED | round; }

/* ---- loads, stores, moves ---- */

static unsigned memory_size(unsigned fmt) { return fmt == RV64_DOUBLE ? IR_M64 : fmt == RV64_HALF ? IR_M16 : IR_M32; }

bool lift_rv_fload(struct ir_func *fn, fields f)
{
    ir_ref addr = ir_op2i(fn, IR_add, rv64_rx(fn, f->rs1), f->imm);
    wf(fn, f->rd, ir_load(fn, rv64_ftype(f->fmt), memory_size(f->fmt), addr));
    return true;
}

bool lift_rv_fstore(struct ir_func *fn, fields f)
{
    ir_ref addr = ir_op2i(fn, IR_add, rv64_rx(fn, f->rs1), f->imm);
    ir_store(fn, memory_size(f->fmt), addr, low_part(fn, f->fmt, f->rs2));
    return true;
}

bool lift_rv_fmv_x(struct ir_func *fn, fields f)
{
    ir_ref bits = bits_of(fn, low_part(fn, f->fmt, f->rs1));
    rv64_wx(fn, f->rd, f->fmt == RV64_HALF ? ir_sext(fn, IR_I64, 16, bits) : bits);
    return true;
}

bool lift_rv_fmv_f(struct ir_func *fn, fields f)
{
    wf(fn, f->rd, from_bits(fn, f->fmt, f->fmt == RV64_DOUBLE ? rv64_rx(fn, f->rs1) : rv64_rw(fn, f->rs1)));
    return true;
}

/* ---- arithmetic ---- */

bool lift_rv_farith(struct ir_func *fn, fields f)
{
    enum ir_round round;
    if (!rounding(fn, f, &round))
        return false;
    wf(fn, f->rd, ir_emit(fn, f->op, rv64_ftype(f->fmt), rounded(round), rf(fn, f->fmt, f->rs1), rf(fn, f->fmt, f->rs2), 0, 0));
    return true;
}

bool lift_rv_fsqrt(struct ir_func *fn, fields f)
{
    enum ir_round round;
    if (!rounding(fn, f, &round))
        return false;
    wf(fn, f->rd, ir_emit(fn, IR_fsqrt, rv64_ftype(f->fmt), rounded(round), rf(fn, f->fmt, f->rs1), 0, 0, 0));
    return true;
}

bool lift_rv_fma(struct ir_func *fn, fields f)
{
    enum ir_round round;
    if (!rounding(fn, f, &round))
        return false;
    ir_ref a = rf(fn, f->fmt, f->rs1), b = rf(fn, f->fmt, f->rs2), c = rf(fn, f->fmt, f->rs3);
    if (f->neg_product)
        a = ir_op1(fn, IR_fneg, a);
    if (f->neg_addend)
        c = ir_op1(fn, IR_fneg, c);
    wf(fn, f->rd, ir_emit(fn, IR_fma, rv64_ftype(f->fmt), rounded(round), a, b, c, 0));
    return true;
}

bool lift_rv_fminmax(struct ir_func *fn, fields f)
{
    wf(fn, f->rd, ir_op2(fn, f->op, rf(fn, f->fmt, f->rs1), rf(fn, f->fmt, f->rs2)));
    return true;
}

/* ---- sign injection ---- */

bool lift_rv_fsgnj(struct ir_func *fn, fields f)
{
    ir_ref a = rf(fn, f->fmt, f->rs1);
    wf(fn, f->rd, f->rs1 == f->rs2 ? a : ir_op2(fn, IR_fcopysign, a, rf(fn, f->fmt, f->rs2)));
    return true;
}

bool lift_rv_fsgnjn(struct ir_func *fn, fields f)
{
    ir_ref a = rf(fn, f->fmt, f->rs1), b = ir_op1(fn, IR_fneg, rf(fn, f->fmt, f->rs2));
    wf(fn, f->rd, f->rs1 == f->rs2 ? b : ir_op2(fn, IR_fcopysign, a, b));
    return true;
}

bool lift_rv_fsgnjx(struct ir_func *fn, fields f)
{
    ir_ref a = rf(fn, f->fmt, f->rs1);
    if (f->rs1 == f->rs2) {
        wf(fn, f->rd, ir_op1(fn, IR_fabs, a));
        return true;
    }
    ir_ref sign = ir_op2(fn, IR_xor, bits_of(fn, a), bits_of(fn, rf(fn, f->fmt, f->rs2)));
    wf(fn, f->rd, ir_op2(fn, IR_fcopysign, a, from_bits(fn, f->fmt, sign)));
    return true;
}

/* ---- comparison ---- */

bool lift_rv_fcmp(struct ir_func *fn, fields f)
{
    ir_ref a = rf(fn, f->fmt, f->rs1), b = rf(fn, f->fmt, f->rs2);
    rv64_wx(fn, f->rd, ir_zext(fn, IR_I64, 1, ir_emit(fn, IR_fcmp, IR_I1, f->pred, a, b, 0, 0)));
    return true;
}

bool lift_rv_fclass(struct ir_func *fn, fields f)
{
    ir_ref mask = ir_emit(fn, IR_fclass, IR_I32, 0, rf(fn, f->fmt, f->rs1), 0, 0, 0);
    rv64_wx(fn, f->rd, ir_zext(fn, IR_I64, 32, mask));
    return true;
}

/* ---- conversion ---- */

/* Between formats. */
bool lift_rv_fcvt(struct ir_func *fn, fields f)
{
    enum ir_round round;
    if (!rounding(fn, f, &round))
        return false;
    bool exact = f->from == RV64_HALF || f->fmt == RV64_DOUBLE;
    wf(fn, f->rd, ir_emit(fn, IR_fcvt, rv64_ftype(f->fmt), exact ? 0 : rounded(round), rf(fn, f->from, f->rs1), 0, 0, 0));
    return true;
}

bool lift_rv_fcvt_int(struct ir_func *fn, fields f)
{
    enum ir_round round;
    if (!rounding(fn, f, &round))
        return false;
    rv64_wx(fn, f->rd, ir_emit(fn, f->op, f->wide ? IR_I64 : IR_I32, round | IR_CVT_NANMAX, rf(fn, f->fmt, f->rs1), 0, 0, 0));
    return true;
}

bool lift_rv_int_fcvt(struct ir_func *fn, fields f)
{
    enum ir_round round;
    if (!rounding(fn, f, &round))
        return false;
    ir_ref v = f->wide ? rv64_rx(fn, f->rs1) : rv64_rw(fn, f->rs1);
    wf(fn, f->rd, ir_emit(fn, f->op, rv64_ftype(f->fmt), f->fmt == RV64_DOUBLE && !f->wide ? IR_RCUR : round, v, 0, 0, 0));
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

static uint64_t as_double(uint32_t s)
{
    uint64_t exponent = s >> 23 & 255, fraction = s & 0x7fffff;
    exponent = exponent == 255 ? 2047 : exponent + 1023 - 127;
    return (uint64_t)(s >> 31) << 63 | exponent << 52 | fraction << 29;
}

/* 2^16 is too large for a half and counts as infinite; the smallest numbers are subnormal. */
static uint32_t as_half(uint32_t s)
{
    int exponent = (int)(s >> 23 & 255) - 127 + 15;
    uint32_t sign = s >> 31 << 15, fraction = s >> 13 & 0x3ff;
    if (exponent >= 31)
        return sign | 31 << 10 | fraction;
    return sign | (exponent > 0 ? (uint32_t)exponent << 10 | fraction : (1u << 10 | fraction) >> (1 - exponent));
}

bool lift_rv_fli(struct ir_func *fn, fields f)
{
    static const uint64_t smallest[] = {[RV64_SINGLE] = 1 << 23, [RV64_DOUBLE] = UINT64_C(1) << 52, [RV64_HALF] = 1 << 10};
    uint32_t s = fli_numbers[f->index];
    uint64_t bits = f->index == 1 ? smallest[f->fmt] : f->fmt == RV64_DOUBLE ? as_double(s) : f->fmt == RV64_HALF ? as_half(s) : s;
    wf(fn, f->rd, ir_const(fn, rv64_ftype(f->fmt), (int64_t)bits));
    return true;
}

bool lift_rv_fround(struct ir_func *fn, fields f)
{
    enum ir_round round;
    if (!rounding(fn, f, &round))
        return false;
    unsigned aux = round << 8 | (f->exact ? IR_ROUND_EXACT : 0);
    wf(fn, f->rd, ir_emit(fn, IR_fround, rv64_ftype(f->fmt), aux, rf(fn, f->fmt, f->rs1), 0, 0, 0));
    return true;
}

bool lift_rv_fcvtmod(struct ir_func *fn, fields f)
{
    rv64_wx(fn, f->rd, ir_emit(fn, IR_fcvt_mod, IR_I32, 0, rf(fn, RV64_DOUBLE, f->rs1), 0, 0, 0));
    return true;
}
