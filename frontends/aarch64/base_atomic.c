/* Exclusive, ordered and atomic accesses. */
#include "frontends/aarch64/abi.h"
#include "frontends/aarch64/lift.h"

static unsigned order(unsigned acq, unsigned rel) { return (acq ? IR_MACQ : 0) | (rel ? IR_MREL : 0); }

/* The access is not made if bad; false if that is certain. */
static bool unless(struct ir_func *fn, ir_ref bad, enum ir_trap trap)
{
    if (!ir_is_const(fn, bad)) {
        ir_append(fn, IR_trap_if, IR_VOID, trap, bad, 0, 0, 0, (int64_t)fn->cur_pc);
        return true;
    }
    if (ir_imm(fn, bad))
        ir_flow_trap(fn, trap, fn->cur_pc);
    return !ir_imm(fn, bad);
}

/* Shared pseudocode, AArch64.UnalignedAccessFaults(). Misaligned ones are rare: whether they fault is looked at with care. */
bool a64_check_aligned(struct ir_func *fn, ir_ref addr, unsigned bytes)
{
    ir_ref low = ir_trunc(fn, addr);
    if (bytes == 1)
        return true;
    if (fn->addr_mask && a64_has[A64_HAS_uscat] && bytes < 16)
        return unless(fn, ir_cmp(fn, IR_GTU, ir_op2i(fn, IR_and, low, 15), ir_i32(fn, 16 - bytes)), IR_TRAP_ALIGN);
    ir_ref bad = ir_cmp(fn, IR_NE, ir_op2i(fn, IR_and, low, bytes - 1), ir_i32(fn, 0));
    return unless(fn, bad, fn->addr_mask ? IR_TRAP_ALIGN : IR_TRAP_CARE);
}

/* For store-exclusives, which compare their address with another and would never touch memory if only one had a tag. */
static bool check_aligned_untagged(struct ir_func *fn, ir_ref addr, unsigned bytes)
{
    if (fn->addr_mask)
        return a64_check_aligned(fn, addr, bytes);
    ir_ref odd = ir_op2i(fn, IR_and, addr, (int64_t)((uint64_t)255 << 56 | (bytes - 1)));
    return unless(fn, ir_cmp(fn, IR_NE, odd, ir_i64(fn, 0)), IR_TRAP_CARE);
}

/* ---- load-acquire, store-release ---- */

/* sign as for plain loads; wb: post-index (load) or pre-index (store) by the size of the access. */
static bool load_acquire(struct ir_func *fn, const struct a64_fields *f, unsigned mem, ir_ref addr, unsigned sign, bool wb)
{
    if (!a64_check_aligned(fn, addr, 1u << f->size))
        return true;
    ir_ref v = ir_load(fn, sign == 1 ? IR_I32 : IR_I64, f->size | mem | (sign ? IR_MSIGN : 0), addr);
    if (wb)
        a64_wr_sp(fn, f->Rn, ir_op2i(fn, IR_add, addr, 1 << f->size));
    a64_wr(fn, f->Rt, v);
    return true;
}

static bool store_release(struct ir_func *fn, const struct a64_fields *f, ir_ref addr, bool wb)
{
    if (!a64_check_aligned(fn, addr, 1u << f->size))
        return true;
    ir_store(fn, f->size | IR_MREL, addr, a64_r(fn, f->size == 3, f->Rt));
    if (wb)
        a64_wr_sp(fn, f->Rn, addr);
    return true;
}

static ir_ref base_plus(struct ir_func *fn, const struct a64_fields *f, int64_t off)
{
    return ir_op2i(fn, IR_add, a64_rx_sp(fn, f->Rn), off);
}

bool lift_ldar(struct ir_func *fn, const struct a64_fields *f) { return load_acquire(fn, f, IR_MACQ, a64_rx_sp(fn, f->Rn), 0, false); }
bool lift_ldapr(struct ir_func *fn, const struct a64_fields *f) { return load_acquire(fn, f, IR_MACQPC, a64_rx_sp(fn, f->Rn), 0, f->wb); }
bool lift_ldapur(struct ir_func *fn, const struct a64_fields *f) { return load_acquire(fn, f, IR_MACQPC, base_plus(fn, f, f->simm9), f->sign, false); }
bool lift_stlr(struct ir_func *fn, const struct a64_fields *f) { return store_release(fn, f, base_plus(fn, f, f->wb ? -(1 << f->size) : 0), f->wb); }
bool lift_stlur(struct ir_func *fn, const struct a64_fields *f) { return store_release(fn, f, base_plus(fn, f, f->simm9), false); }

/* Pairs (FEAT_LRCPC3): each half aligned by itself; on this side the order of the host's accesses is the order asked for. */
bool lift_ldiapp(struct ir_func *fn, const struct a64_fields *f)
{
    unsigned bytes = 1u << f->size;
    ir_ref addr = a64_rx_sp(fn, f->Rn);
    if (!a64_check_aligned(fn, addr, bytes))
        return true;
    ir_ref v = ir_load(fn, IR_I64, f->size | IR_MACQPC, addr);
    ir_ref v2 = ir_load_at(fn, IR_I64, f->size | IR_MACQPC, addr, bytes);
    if (f->wb)
        a64_wr_sp(fn, f->Rn, ir_op2i(fn, IR_add, addr, 2 * bytes));
    a64_wr(fn, f->Rt, v);
    a64_wr(fn, f->Rt2, v2);
    return true;
}

bool lift_stilp(struct ir_func *fn, const struct a64_fields *f)
{
    unsigned bytes = 1u << f->size;
    ir_ref addr = base_plus(fn, f, f->wb ? -2 * (int64_t)bytes : 0);
    if (!a64_check_aligned(fn, addr, bytes))
        return true;
    ir_ref v[2] = {a64_r(fn, f->size == 3, f->Rt), a64_r(fn, f->size == 3, f->Rt2)};
    unsigned first = f->wb ? 1 : 0;     /* a push writes the higher address first */
    ir_store_at(fn, f->size, addr, first * bytes, v[first]);
    ir_store_at(fn, f->size | IR_MREL, addr, !first * bytes, v[!first]);
    if (f->wb)
        a64_wr_sp(fn, f->Rn, addr);
    return true;
}

/* SIMD and FP registers (FEAT_LRCPC3): B, H, S, D by size, Q with q set; and a D lane. */
bool lift_ldapur_v(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref addr = base_plus(fn, f, f->simm9);
    if (f->q && f->size)
        return false;
    if (!a64_check_aligned(fn, addr, f->q ? 16 : 1u << f->size))
        return true;
    if (f->q)
        a64_wv(fn, f->Rt, ir_load(fn, IR_V128, IR_M128 | IR_MACQPC, addr));
    else
        a64_wi(fn, f->Rt, ir_load(fn, IR_I64, f->size | IR_MACQPC, addr));
    return true;
}

bool lift_stlur_v(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref addr = base_plus(fn, f, f->simm9), v = a64_rq(fn, f->Rt);
    if (f->q && f->size)
        return false;
    if (!a64_check_aligned(fn, addr, f->q ? 16 : 1u << f->size))
        return true;
    if (!f->q)
        v = ir_emit(fn, IR_vget, f->size == 3 ? IR_I64 : IR_I32, f->size, v, 0, 0, 0);
    ir_store(fn, (f->q ? IR_M128 : f->size) | IR_MREL, addr, v);
    return true;
}

bool lift_ldap1(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref addr = a64_rx_sp(fn, f->Rn);
    if (!a64_check_aligned(fn, addr, 8))
        return true;
    ir_ref v = ir_load(fn, IR_I64, IR_M64 | IR_MACQPC, addr);
    ir_put(fn, A64_v0 + f->Rt, ir_emit(fn, IR_vset, IR_V128, IR_D, a64_rq(fn, f->Rt), v, 0, f->q));
    return true;
}

bool lift_stl1(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref addr = a64_rx_sp(fn, f->Rn);
    if (!a64_check_aligned(fn, addr, 8))
        return true;
    ir_store(fn, IR_M64 | IR_MREL, addr, ir_emit(fn, IR_vget, IR_I64, IR_D, a64_rq(fn, f->Rt), 0, 0, f->q));
    return true;
}

/* ---- exclusives: the monitor is an address and the value read there ---- */

/* The address without its tag, where there may be one. */
static ir_ref accessed(struct ir_func *fn, ir_ref addr)
{
    return fn->addr_mask ? ir_op2i(fn, IR_and, addr, (int64_t)fn->addr_mask) : addr;
}

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
    if (!a64_check_aligned(fn, addr, 1u << f->size))
        return true;
    ir_ref v = ir_load(fn, IR_I64, f->size | order(f->acq, 0), addr);
    ir_put(fn, A64_ex_addr, accessed(fn, addr));
    ir_put(fn, A64_ex_lo, v);
    a64_wr(fn, f->Rt, v);
    return true;
}

bool lift_stxr(struct ir_func *fn, const struct a64_fields *f)
{
    bool x = f->size == 3;
    if (!check_aligned_untagged(fn, a64_rx_sp(fn, f->Rn), 1u << f->size))
        return true;
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
    if (!a64_check_aligned(fn, addr, f->sf ? 16 : 8))
        return true;
    if (!f->sf) {
        ir_ref lo = ir_load(fn, IR_I64, IR_M64 | order(f->acq, 0), addr);
        ir_put(fn, A64_ex_addr, accessed(fn, addr));
        ir_put(fn, A64_ex_lo, lo);
        split(fn, f->Rt, f->Rt2, lo);
        return true;
    }
    ir_ref both = ir_load(fn, IR_V128, IR_M128 | order(f->acq, 0), addr);
    ir_ref lo = ir_emit(fn, IR_vget, IR_I64, IR_D, both, 0, 0, 0), hi = ir_emit(fn, IR_vget, IR_I64, IR_D, both, 0, 0, 1);
    ir_put(fn, A64_ex_addr, accessed(fn, addr));
    ir_put(fn, A64_ex_lo, lo);
    ir_put(fn, A64_ex_hi, hi);
    a64_wr(fn, f->Rt, lo);
    a64_wr(fn, f->Rt2, hi);
    return true;
}

bool lift_stxp(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref addr = a64_rx_sp(fn, f->Rn), status;
    if (!check_aligned_untagged(fn, addr, f->sf ? 16 : 8))
        return true;
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
    if (!a64_check_aligned(fn, a64_rx_sp(fn, f->Rn), 1u << f->size))
        return true;
    ir_ref old = ir_append(fn, IR_cas, a64_itype(x), f->size | order(f->acq, f->rel), a64_rx_sp(fn, f->Rn),
                           a64_r(fn, x, f->Rs), a64_r(fn, x, f->Rt), 0, 0);
    a64_wr(fn, f->Rs, old);
    return true;
}

/* X[n] and X[n + 1] as one value; X[31] is zero. */
static ir_ref pair(struct ir_func *fn, unsigned n)
{
    ir_ref low = ir_emit(fn, IR_i2v, IR_V128, 0, a64_rx(fn, n), 0, 0, 0);
    return ir_emit(fn, IR_vset, IR_V128, IR_D, low, a64_rx(fn, n + 1), 0, 1);
}

bool lift_casp(struct ir_func *fn, const struct a64_fields *f)
{
    if (f->Rs & 1 || f->Rt & 1)
        return false;
    ir_ref addr = a64_rx_sp(fn, f->Rn);
    if (!a64_check_aligned(fn, addr, f->sf ? 16 : 8))
        return true;
    if (f->sf) {
        ir_ref was = ir_append(fn, IR_cas, IR_V128, IR_M128 | order(f->acq, f->rel), addr, pair(fn, f->Rs), pair(fn, f->Rt), 0, 0);
        a64_wr(fn, f->Rs, ir_emit(fn, IR_vget, IR_I64, IR_D, was, 0, 0, 0));
        a64_wr(fn, f->Rs + 1, ir_emit(fn, IR_vget, IR_I64, IR_D, was, 0, 0, 1));
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
    if (!a64_check_aligned(fn, a64_rx_sp(fn, f->Rn), 1u << f->size))
        return true;
    ir_ref old = ir_append(fn, IR_amo, a64_itype(x), f->size | order(f->acq, f->rel), a64_rx_sp(fn, f->Rn),
                           a64_r(fn, x, f->Rs), 0, 0, kind[f->op]);
    a64_wr(fn, f->Rt, old);
    return true;
}
