/* Exclusive, ordered and atomic accesses. */
#include "frontends/aarch64/lift.h"

static unsigned order(unsigned acq, unsigned rel) { return (acq ? IR_MACQ : 0) | (rel ? IR_MREL : 0); }

/* ---- load-acquire, store-release ---- */

bool lift_ldar(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wr(fn, f->Rt, ir_load(fn, IR_I64, f->size | IR_MACQ, a64_rx_sp(fn, f->Rn)));
    return true;
}

bool lift_stlr(struct ir_func *fn, const struct a64_fields *f)
{
    ir_store(fn, f->size | IR_MREL, a64_rx_sp(fn, f->Rn), a64_r(fn, f->size == 3, f->Rt));
    return true;
}

bool lift_ldapr(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wr(fn, f->Rt, ir_load(fn, IR_I64, f->size | IR_MACQPC, a64_rx_sp(fn, f->Rn)));
    return true;
}

bool lift_ldapur(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref addr = ir_op2i(fn, IR_add, a64_rx_sp(fn, f->Rn), f->simm9);
    unsigned mem = f->size | IR_MACQPC | (f->sign ? IR_MSIGN : 0);
    a64_wr(fn, f->Rt, ir_load(fn, f->sign == 1 ? IR_I32 : IR_I64, mem, addr));
    return true;
}

bool lift_stlur(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref addr = ir_op2i(fn, IR_add, a64_rx_sp(fn, f->Rn), f->simm9);
    ir_store(fn, f->size | IR_MREL, addr, a64_r(fn, f->size == 3, f->Rt));
    return true;
}

/* ---- exclusives: the monitor is an address and the value read there ---- */

static void open_monitor(struct ir_func *fn) { ir_put(fn, A64_ex_addr, ir_i64(fn, -1)); }

/* Two W registers as memory holds them. */
static ir_ref join(struct ir_func *fn, unsigned lo, unsigned hi)
{
    ir_ref l = ir_zext(fn, IR_I64, 32, a64_rx(fn, lo));
    return ir_op2(fn, IR_or, l, ir_op2i(fn, IR_shl, a64_rx(fn, hi), 32));
}

static void split(struct ir_func *fn, unsigned lo, unsigned hi, ir_ref v)
{
    a64_wr(fn, lo, ir_zext(fn, IR_I64, 32, v));
    a64_wr(fn, hi, ir_op2i(fn, IR_shr, v, 32));
}

bool lift_ldxr(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref addr = a64_rx_sp(fn, f->Rn);
    ir_ref v = ir_load(fn, IR_I64, f->size | order(f->acq, 0), addr);
    ir_put(fn, A64_ex_addr, addr);
    ir_put(fn, A64_ex_lo, v);
    a64_wr(fn, f->Rt, v);
    return true;
}

bool lift_stxr(struct ir_func *fn, const struct a64_fields *f)
{
    bool x = f->size == 3;
    ir_ref expected = ir_get(fn, A64_ex_lo);
    if (!x)
        expected = ir_trunc(fn, expected);
    ir_ref status = ir_append(fn, IR_stx, IR_I32, f->size | order(0, f->rel), a64_rx_sp(fn, f->Rn), expected,
                              a64_r(fn, x, f->Rt), ir_get(fn, A64_ex_addr), 0);
    open_monitor(fn);
    a64_wr(fn, f->Rs, status);
    return true;
}

bool lift_ldxp(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref addr = a64_rx_sp(fn, f->Rn);
    ir_ref lo = ir_load(fn, IR_I64, IR_M64 | order(f->acq, 0), addr);
    if (!f->sf) {
        ir_put(fn, A64_ex_addr, addr);
        ir_put(fn, A64_ex_lo, lo);
        split(fn, f->Rt, f->Rt2, lo);
        return true;
    }
    /* Single-copy atomic only once the matching STXP has compared both halves (B2.2.1). */
    ir_ref hi = ir_load(fn, IR_I64, IR_M64 | order(f->acq, 0), ir_op2i(fn, IR_add, addr, 8));
    ir_put(fn, A64_ex_addr, addr);
    ir_put(fn, A64_ex_lo, lo);
    ir_put(fn, A64_ex_hi, hi);
    a64_wr(fn, f->Rt, lo);
    a64_wr(fn, f->Rt2, hi);
    return true;
}

bool lift_stxp(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref addr = a64_rx_sp(fn, f->Rn), status;
    if (f->sf)
        status = ir_trunc(fn, a64_call(fn, IR_I64, A64_H_stxp, addr, a64_rx(fn, f->Rt), a64_rx(fn, f->Rt2), 0));
    else
        status = ir_append(fn, IR_stx, IR_I32, IR_M64 | order(0, f->rel), addr, ir_get(fn, A64_ex_lo),
                           join(fn, f->Rt, f->Rt2), ir_get(fn, A64_ex_addr), 0);
    open_monitor(fn);
    a64_wr(fn, f->Rs, status);
    return true;
}

/* ---- compare and swap, atomic memory operations (FEAT_LSE) ---- */

bool lift_cas(struct ir_func *fn, const struct a64_fields *f)
{
    unsigned x = f->size == 3;
    ir_ref old = ir_append(fn, IR_cas, a64_itype(x), f->size | order(f->acq, f->rel), a64_rx_sp(fn, f->Rn),
                           a64_r(fn, x, f->Rs), a64_r(fn, x, f->Rt), 0, 0);
    a64_wr(fn, f->Rs, old);
    return true;
}

bool lift_casp(struct ir_func *fn, const struct a64_fields *f)
{
    if (f->Rs & 1 || f->Rt & 1)
        return false;
    ir_ref addr = a64_rx_sp(fn, f->Rn);
    if (f->sf) {        /* operands do not fit a helper's arguments: it takes register numbers */
        a64_call(fn, IR_VOID, A64_H_casp, addr, ir_i64(fn, f->Rs), ir_i64(fn, f->Rt), 0);
        return true;
    }
    ir_ref old = ir_append(fn, IR_cas, IR_I64, IR_M64 | order(f->acq, f->rel), addr, join(fn, f->Rs, f->Rs + 1),
                           join(fn, f->Rt, f->Rt + 1), 0, 0);
    split(fn, f->Rs, f->Rs + 1, old);
    return true;
}

bool lift_amo(struct ir_func *fn, const struct a64_fields *f)
{
    static const uint8_t kind[9] = {
        IR_AMO_ADD, IR_AMO_ANDN, IR_AMO_XOR, IR_AMO_OR, IR_AMO_MAXS, IR_AMO_MINS, IR_AMO_MAXU, IR_AMO_MINU, IR_AMO_XCHG,
    };
    unsigned x = f->size == 3;
    ir_ref old = ir_append(fn, IR_amo, a64_itype(x), f->size | order(f->acq, f->rel), a64_rx_sp(fn, f->Rn),
                           a64_r(fn, x, f->Rs), 0, 0, kind[f->op]);
    a64_wr(fn, f->Rt, old);
    return true;
}
