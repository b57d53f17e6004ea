/* Hints, barriers, cache maintenance, system registers that user code can reach. */
#include "frontends/aarch64/abi.h"
#include "frontends/aarch64/lift.h"

bool lift_nop(struct ir_func *fn, const struct a64_fields *f)
{
    (void)fn, (void)f;
    return true;
}

/* Pointer authentication and branch target hints are no-ops where the feature is absent; yielding
 * and waiting for events may always return at once. */
bool lift_hint(struct ir_func *fn, const struct a64_fields *f)
{
    (void)fn, (void)f;
    return true;
}

bool lift_barrier(struct ir_func *fn, const struct a64_fields *f)
{
    static const uint8_t kind[4] = {IR_FENCE_FULL, IR_FENCE_LOAD, IR_FENCE_STORE, IR_FENCE_FULL};
    ir_append(fn, IR_fence, IR_VOID, 0, 0, 0, 0, 0, kind[f->CRm & 3]);
    return true;
}

bool lift_clrex(struct ir_func *fn, const struct a64_fields *f)
{
    (void)f;
    ir_put(fn, A64_ex_addr, ir_i64(fn, -1));
    return true;
}

/* ---- cache maintenance ---- */

/* Data cache cleaning has nothing to do: memory is coherent, and instruction fetch is told by IC IVAU. */
bool lift_dc_clean(struct ir_func *fn, const struct a64_fields *f)
{
    ir_load(fn, IR_I32, IR_M8, a64_rx(fn, f->Rt));      /* but it faults where a load would */
    return true;
}

bool lift_dc_zva(struct ir_func *fn, const struct a64_fields *f)
{
    static const uint8_t zero[16];
    ir_ref addr = ir_op2i(fn, IR_and, a64_rx(fn, f->Rt), -(int64_t)A64_ZVA_BYTES);
    ir_ref v = ir_vconst(fn, IR_V128, zero);
    for (unsigned off = 0; off < A64_ZVA_BYTES; off += 16)
        ir_store(fn, IR_M128, ir_op2i(fn, IR_add, addr, off), v);
    return true;
}

bool lift_ic_ivau(struct ir_func *fn, const struct a64_fields *f)
{
    ir_put(fn, A64_flush_addr, a64_rx(fn, f->Rt));
    ir_flow_trap(fn, IR_TRAP_FLUSH, fn->next_pc);
    return true;
}

/* ---- system registers ---- */

/* Moves a flag between its place in the IR's flag word and bit `bit` of NZCV. */
static ir_ref move_bit(struct ir_func *fn, ir_ref x, unsigned from, unsigned to)
{
    x = ir_op2i(fn, IR_and, x, (int64_t)1 << from);
    return from < to ? ir_op2i(fn, IR_shl, x, to - from) : ir_op2i(fn, IR_shr, x, from - to);
}

bool lift_mrs_nzcv(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref flags = a64_rflags(fn);
    ir_ref nz = ir_op2i(fn, IR_shl, ir_op2i(fn, IR_and, flags, IR_FLAG_N | IR_FLAG_Z), 16);
    ir_ref cv = ir_op2(fn, IR_or, move_bit(fn, flags, 8, 29), move_bit(fn, flags, 0, 28));
    a64_wr(fn, f->Rt, ir_op2(fn, IR_or, nz, cv));
    return true;
}

bool lift_msr_nzcv(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref x = a64_rw(fn, f->Rt);
    ir_ref nz = ir_op2i(fn, IR_and, ir_op2i(fn, IR_shr, x, 16), IR_FLAG_N | IR_FLAG_Z);
    ir_ref cv = ir_op2(fn, IR_or, move_bit(fn, x, 29, 8), move_bit(fn, x, 28, 0));
    a64_wflags(fn, ir_op2(fn, IR_or, nz, cv));
    return true;
}

/* DIT and SSBS: what they promise about timing holds with either value. */
bool lift_mrs_pstate(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wr(fn, f->Rt, ir_op2i(fn, IR_and, ir_get(fn, A64_pstate), (int64_t)1 << f->bit));
    return true;
}

static bool set_pstate(struct ir_func *fn, unsigned bit, ir_ref value)
{
    ir_ref rest = ir_op2i(fn, IR_and, ir_get(fn, A64_pstate), ~((int64_t)1 << bit));
    ir_put(fn, A64_pstate, ir_op2(fn, IR_or, rest, value));
    return true;
}

bool lift_msr_pstate(struct ir_func *fn, const struct a64_fields *f)
{
    return set_pstate(fn, f->bit, ir_op2i(fn, IR_and, a64_rw(fn, f->Rt), (int64_t)1 << f->bit));
}

bool lift_msr_pstate_imm(struct ir_func *fn, const struct a64_fields *f)
{
    return set_pstate(fn, f->bit, ir_i32(fn, f->imm4 & 1 ? (int64_t)1 << f->bit : 0));
}

bool lift_mrs_rndr(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wr(fn, f->Rt, a64_call(fn, IR_I64, A64_H_random, 0, 0, 0, 0));
    a64_wflags(fn, ir_i32(fn, 0));      /* Z: no number within a reasonable time */
    return true;
}

bool lift_mrs_fpcr(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wr(fn, f->Rt, ir_get(fn, A64_fpcr));
    return true;
}

bool lift_msr_fpcr(struct ir_func *fn, const struct a64_fields *f)
{
    a64_call(fn, IR_VOID, A64_H_set_fpcr, a64_rx(fn, f->Rt), 0, 0, 0);
    ir_flow_trap(fn, IR_TRAP_INTERP, fn->next_pc);      /* what follows may translate differently */
    return true;
}

/* The first use of FPSR changes what follows: before it, flags need not be exact. */
static void status_in_use(struct ir_func *fn)
{
    if (!(fn->mode & A64_MODE_STATUS))
        ir_flow_trap(fn, IR_TRAP_INTERP, fn->next_pc);
}

bool lift_mrs_fpsr(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wr(fn, f->Rt, a64_call(fn, IR_I64, A64_H_get_fpsr, 0, 0, 0, 0));
    status_in_use(fn);
    return true;
}

bool lift_msr_fpsr(struct ir_func *fn, const struct a64_fields *f)
{
    a64_call(fn, IR_VOID, A64_H_set_fpsr, a64_rx(fn, f->Rt), 0, 0, 0);
    status_in_use(fn);
    return true;
}

bool lift_mrs_tpidr(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wr(fn, f->Rt, ir_get(fn, A64_tpidr));
    return true;
}

bool lift_msr_tpidr(struct ir_func *fn, const struct a64_fields *f)
{
    ir_put(fn, A64_tpidr, a64_rx(fn, f->Rt));
    return true;
}

bool lift_mrs_tpidrro(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wr(fn, f->Rt, ir_get(fn, A64_tpidrro));
    return true;
}

bool lift_mrs_cntvct(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wr(fn, f->Rt, a64_call(fn, IR_I64, A64_H_counter, 0, 0, 0, 0));
    return true;
}

static bool constant(struct ir_func *fn, const struct a64_fields *f, uint64_t v)
{
    a64_wr(fn, f->Rt, ir_i64(fn, (int64_t)v));
    return true;
}

bool lift_mrs_cntfrq(struct ir_func *fn, const struct a64_fields *f) { return constant(fn, f, A64_CNTFRQ); }
bool lift_mrs_ctr(struct ir_func *fn, const struct a64_fields *f) { return constant(fn, f, A64_CTR); }
bool lift_mrs_dczid(struct ir_func *fn, const struct a64_fields *f) { return constant(fn, f, A64_DCZID); }
bool lift_mrs_id(struct ir_func *fn, const struct a64_fields *f)
{
    uint64_t v;
    return a64_id_register(f->CRm, f->op2, &v) && constant(fn, f, v);
}
