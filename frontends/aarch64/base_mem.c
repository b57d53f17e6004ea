/*
 * Plain loads and stores of one register or a pair, integer and SIMD&FP. Registers change only after
 * the last access of the instruction, so a fault leaves them as they were.
 */
#include "frontends/aarch64/abi.h"
#include "frontends/aarch64/lift.h"

enum { WB_NONE, WB_POST, WB_OFFSET, WB_PRE };

/* base + off is the address; afterwards back is added to the base register (0: nothing is). */
struct access { ir_ref base; int64_t off, back; };

static struct access address(struct ir_func *fn, unsigned rn, int64_t off, unsigned wb)
{
    ir_ref base = a64_rx_sp(fn, rn);
    if (wb == WB_OFFSET || wb == WB_NONE)
        return ir_is_const(fn, base) ? (struct access){ir_op2i(fn, IR_add, base, off), 0, 0} : (struct access){base, off, 0};
    return (struct access){base, wb == WB_POST ? 0 : off, off};
}

/* Last, so that the base's old value may give way to the new one. */
static void write_back(struct ir_func *fn, unsigned rn, struct access a)
{
    if (a.back)
        a64_wr_sp(fn, rn, ir_op2i(fn, IR_add, a.base, a.back));
}

/* Base plus extended, scaled register (C1.3.3). */
static struct access register_address(struct ir_func *fn, const struct a64_fields *f, unsigned scale)
{
    ir_ref off = a64_rx(fn, f->Rm);
    if (f->option == 2)
        off = ir_zext(fn, IR_I64, 32, off);
    else if (f->option == 6)
        off = ir_sext(fn, IR_I64, 32, off);
    if (f->S && scale)
        off = ir_op2i(fn, IR_shl, off, scale);
    return (struct access){ir_op2(fn, IR_add, a64_rx_sp(fn, f->Rn), off), 0, 0};
}

/* ---- integer registers ---- */

/* What the register will hold; more: bytes behind the address. sign: 0 zero-extends, 1 sign-extends to W, 2 to X. */
static ir_ref load(struct ir_func *fn, unsigned size, unsigned sign, struct access a, unsigned more)
{
    if (sign == 1)
        return a64_widen(fn, ir_load_at(fn, IR_I32, size | IR_MSIGN, a.base, a.off + more));
    return ir_load_at(fn, IR_I64, size | (sign ? IR_MSIGN : 0), a.base, a.off + more);
}

static void store(struct ir_func *fn, unsigned size, struct access a, unsigned more, unsigned rt)
{
    ir_store_at(fn, size, a.base, a.off + more, a64_r(fn, size == 3, rt));
}

bool lift_ldr_lit(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref addr = ir_gaddr(fn, fn->cur_pc + (uint64_t)((int64_t)f->simm19 * 4));
    a64_wr(fn, f->Rt, load(fn, f->sf ? 3 : 2, f->sign, (struct access){addr, 0, 0}, 0));
    return true;
}

bool lift_ldr_imm9(struct ir_func *fn, const struct a64_fields *f)
{
    struct access a = address(fn, f->Rn, f->simm9, f->wb);
    ir_ref v = load(fn, f->size, f->sign, a, 0);
    a64_wr(fn, f->Rt, v);
    write_back(fn, f->Rn, a);
    return true;
}

bool lift_str_imm9(struct ir_func *fn, const struct a64_fields *f)
{
    struct access a = address(fn, f->Rn, f->simm9, f->wb);
    store(fn, f->size, a, 0, f->Rt);
    write_back(fn, f->Rn, a);
    return true;
}

bool lift_ldr_uimm(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wr(fn, f->Rt, load(fn, f->size, f->sign, address(fn, f->Rn, (int64_t)f->imm12 << f->size, WB_NONE), 0));
    return true;
}

bool lift_str_uimm(struct ir_func *fn, const struct a64_fields *f)
{
    store(fn, f->size, address(fn, f->Rn, (int64_t)f->imm12 << f->size, WB_NONE), 0, f->Rt);
    return true;
}

bool lift_ldr_reg(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wr(fn, f->Rt, load(fn, f->size, f->sign, register_address(fn, f, f->size), 0));
    return true;
}

bool lift_str_reg(struct ir_func *fn, const struct a64_fields *f)
{
    store(fn, f->size, register_address(fn, f, f->size), 0, f->Rt);
    return true;
}

/* ---- prefetch: hints for data loads and stores are passed on, the rest is nothing ---- */

static bool prefetch(struct ir_func *fn, unsigned prfop, struct access a)
{
    if (prfop >> 3 != 1 && prfop >> 3 != 3)
        ir_append(fn, IR_prefetch, IR_VOID, 0, a.off ? ir_op2i(fn, IR_add, a.base, a.off) : a.base, 0, 0, 0, 0);
    return true;
}

bool lift_prfm_imm9(struct ir_func *fn, const struct a64_fields *f) { return prefetch(fn, f->Rt, address(fn, f->Rn, f->simm9, WB_NONE)); }
bool lift_prfm_uimm(struct ir_func *fn, const struct a64_fields *f) { return prefetch(fn, f->Rt, address(fn, f->Rn, (int64_t)f->imm12 << 3, WB_NONE)); }
bool lift_prfm_reg(struct ir_func *fn, const struct a64_fields *f) { return prefetch(fn, f->Rt, register_address(fn, f, 3)); }

/* ---- SIMD and FP registers; scale 0-4 for B, H, S, D, Q ---- */

/* The whole register after the load. */
static ir_ref load_v(struct ir_func *fn, unsigned scale, struct access a, unsigned more)
{
    int64_t off = a.off + more;
    switch (scale) {
    case 2: return ir_emit(fn, IR_f2v, IR_V128, 0, ir_load_at(fn, IR_F32, IR_M32, a.base, off), 0, 0, 0);
    case 3: return ir_emit(fn, IR_f2v, IR_V128, 0, ir_load_at(fn, IR_F64, IR_M64, a.base, off), 0, 0, 0);
    case 4: return ir_load_at(fn, IR_V128, IR_M128, a.base, off);
    default: return ir_emit(fn, IR_i2v, IR_V128, 0, ir_load_at(fn, IR_I32, scale, a.base, off), 0, 0, 0);
    }
}

static void store_v(struct ir_func *fn, unsigned scale, struct access a, unsigned more, unsigned rt)
{
    int64_t off = a.off + more;
    switch (scale) {
    case 2: ir_store_at(fn, IR_M32, a.base, off, a64_rf(fn, IR_F32, rt)); break;
    case 3: ir_store_at(fn, IR_M64, a.base, off, a64_rf(fn, IR_F64, rt)); break;
    case 4: ir_store_at(fn, IR_M128, a.base, off, a64_rq(fn, rt)); break;
    default: ir_store_at(fn, scale, a.base, off, ir_emit(fn, IR_vget, IR_I32, scale, a64_rq(fn, rt), 0, 0, 0)); break;
    }
}

/* Scale of the single-register forms, or -1. */
static int scale_v(const struct a64_fields *f)
{
    if (!f->q)
        return (int)f->size;
    return f->size ? -1 : 4;
}

static bool load_one_v(struct ir_func *fn, const struct a64_fields *f, unsigned scale, struct access a)
{
    ir_put(fn, A64_v0 + f->Rt, load_v(fn, scale, a, 0));
    write_back(fn, f->Rn, a);
    return true;
}

static bool store_one_v(struct ir_func *fn, const struct a64_fields *f, unsigned scale, struct access a)
{
    store_v(fn, scale, a, 0, f->Rt);
    write_back(fn, f->Rn, a);
    return true;
}

bool lift_ldr_lit_v(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref addr = ir_gaddr(fn, fn->cur_pc + (uint64_t)((int64_t)f->simm19 * 4));
    ir_put(fn, A64_v0 + f->Rt, load_v(fn, f->opc + 2, (struct access){addr, 0, 0}, 0));
    return true;
}

bool lift_ldr_imm9_v(struct ir_func *fn, const struct a64_fields *f)
{
    int scale = scale_v(f);
    return scale >= 0 && load_one_v(fn, f, (unsigned)scale, address(fn, f->Rn, f->simm9, f->wb));
}

bool lift_str_imm9_v(struct ir_func *fn, const struct a64_fields *f)
{
    int scale = scale_v(f);
    return scale >= 0 && store_one_v(fn, f, (unsigned)scale, address(fn, f->Rn, f->simm9, f->wb));
}

bool lift_ldr_uimm_v(struct ir_func *fn, const struct a64_fields *f)
{
    int scale = scale_v(f);
    return scale >= 0 && load_one_v(fn, f, (unsigned)scale, address(fn, f->Rn, (int64_t)f->imm12 << scale, WB_NONE));
}

bool lift_str_uimm_v(struct ir_func *fn, const struct a64_fields *f)
{
    int scale = scale_v(f);
    return scale >= 0 && store_one_v(fn, f, (unsigned)scale, address(fn, f->Rn, (int64_t)f->imm12 << scale, WB_NONE));
}

bool lift_ldr_reg_v(struct ir_func *fn, const struct a64_fields *f)
{
    int scale = scale_v(f);
    return scale >= 0 && load_one_v(fn, f, (unsigned)scale, register_address(fn, f, (unsigned)scale));
}

bool lift_str_reg_v(struct ir_func *fn, const struct a64_fields *f)
{
    int scale = scale_v(f);
    return scale >= 0 && store_one_v(fn, f, (unsigned)scale, register_address(fn, f, (unsigned)scale));
}

/* ---- pairs ---- */

/* With FEAT_LSE2 a pair of X registers within 16 aligned bytes is one access (B2.2.1). */
static bool is_one_access(const struct a64_fields *f) { return f->sf && a64_has[A64_HAS_uscat]; }

bool lift_ldp(struct ir_func *fn, const struct a64_fields *f)
{
    unsigned size = f->sf ? 3 : 2;
    struct access a = address(fn, f->Rn, (int64_t)f->simm7 * (1 << size), f->wb);
    unsigned sign = f->sign ? 2 : 0;
    ir_ref v, v2;
    if (is_one_access(f)) {
        ir_ref both = ir_load_at(fn, IR_V128, IR_M128, a.base, a.off);
        v = ir_emit(fn, IR_vget, IR_I64, IR_D, both, 0, 0, 0);
        v2 = ir_emit(fn, IR_vget, IR_I64, IR_D, both, 0, 0, 1);
    } else {
        v = load(fn, size, sign, a, 0);
        v2 = load(fn, size, sign, a, 1u << size);
    }
    a64_wr(fn, f->Rt, v);
    a64_wr(fn, f->Rt2, v2);
    write_back(fn, f->Rn, a);
    return true;
}

bool lift_stp(struct ir_func *fn, const struct a64_fields *f)
{
    unsigned size = f->sf ? 3 : 2;
    struct access a = address(fn, f->Rn, (int64_t)f->simm7 * (1 << size), f->wb);
    if (is_one_access(f)) {
        ir_ref low = ir_emit(fn, IR_i2v, IR_V128, 0, a64_rx(fn, f->Rt), 0, 0, 0);
        ir_store_at(fn, IR_M128, a.base, a.off, ir_emit(fn, IR_vset, IR_V128, IR_D, low, a64_rx(fn, f->Rt2), 0, 1));
    } else {
        store(fn, size, a, 0, f->Rt);
        store(fn, size, a, 1u << size, f->Rt2);
    }
    write_back(fn, f->Rn, a);
    return true;
}

bool lift_ldp_v(struct ir_func *fn, const struct a64_fields *f)
{
    unsigned scale = f->opc + 2;
    struct access a = address(fn, f->Rn, (int64_t)f->simm7 * (1 << scale), f->wb);
    ir_ref v = load_v(fn, scale, a, 0);
    ir_ref v2 = load_v(fn, scale, a, 1u << scale);
    ir_put(fn, A64_v0 + f->Rt, v);
    ir_put(fn, A64_v0 + f->Rt2, v2);
    write_back(fn, f->Rn, a);
    return true;
}

bool lift_stp_v(struct ir_func *fn, const struct a64_fields *f)
{
    unsigned scale = f->opc + 2;
    struct access a = address(fn, f->Rn, (int64_t)f->simm7 * (1 << scale), f->wb);
    store_v(fn, scale, a, 0, f->Rt);
    store_v(fn, scale, a, 1u << scale, f->Rt2);
    write_back(fn, f->Rn, a);
    return true;
}
