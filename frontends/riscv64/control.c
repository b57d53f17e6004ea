/* Jumps, traps, fences, atomics and control registers: RV64I, A, Zicsr, Zifencei. */
#include "frontends/riscv64/abi.h"

typedef const struct rv64_fields *fields;

/* ---- jumps ---- */

/* x1 and x5 hold return addresses; which of them an indirect jump names tells calls from returns (2.5.1, table 3). */
static bool is_link(unsigned n) { return n == 1 || n == 5; }

bool lift_rv_jal(struct ir_func *fn, fields f)
{
    uint64_t target = fn->cur_pc + (int64_t)f->imm;
    if (f->rd)
        rv64_wx(fn, f->rd, ir_gaddr(fn, fn->next_pc));
    if (is_link(f->rd))
        ir_flow_call(fn, target);
    else
        ir_flow_jump(fn, target);
    return true;
}

bool lift_rv_jalr(struct ir_func *fn, fields f)
{
    ir_ref target = ir_op2i(fn, IR_add, rv64_rx(fn, f->rs1), f->imm);
    target = ir_op2i(fn, IR_and, target, -2);
    if (f->rd)
        rv64_wx(fn, f->rd, ir_gaddr(fn, fn->next_pc));
    ir_flow_ind(fn, is_link(f->rd) ? IR_FLOW_CALL_IND : is_link(f->rs1) ? IR_FLOW_RET : IR_FLOW_JUMP_IND, target);
    return true;
}

bool lift_rv_branch(struct ir_func *fn, fields f)
{
    ir_flow_branch(fn, ir_cmp(fn, f->cc, rv64_rx(fn, f->rs1), rv64_rx(fn, f->rs2)), fn->cur_pc + (int64_t)f->imm);
    return true;
}

/* ---- traps ---- */

/* The kernel drops the reservation on its way back (ret_from_exception). */
bool lift_rv_ecall(struct ir_func *fn, fields f)
{
    (void)f;
    ir_put(fn, RV64_ex_addr, ir_i64(fn, -1));
    ir_flow_trap(fn, IR_TRAP_SYSCALL, fn->next_pc);
    return true;
}

bool lift_rv_ebreak(struct ir_func *fn, fields f)
{
    (void)f;
    ir_flow_trap(fn, IR_TRAP_BREAK, fn->cur_pc);
    return true;
}

bool lift_rv_fence_i(struct ir_func *fn, fields f)
{
    (void)f;
    ir_flow_trap(fn, IR_TRAP_FLUSH, fn->next_pc);
    return true;
}

/* ---- ordering ---- */

enum { PRED_W = 1 | 4, SUCC_R = 2 | 8 };    /* device output and input order as memory does */

bool lift_rv_fence(struct ir_func *fn, fields f)
{
    bool reads = f->pred & SUCC_R, writes = f->pred & PRED_W;
    if (!f->succ)
        return true;            /* orders nothing: hints such as PAUSE */
    if (writes && f->succ & SUCC_R) {
        ir_append(fn, IR_fence, IR_VOID, 0, 0, 0, 0, 0, IR_FENCE_FULL);
        return true;
    }
    if (reads)
        ir_append(fn, IR_fence, IR_VOID, 0, 0, 0, 0, 0, IR_FENCE_LOAD);
    if (writes)
        ir_append(fn, IR_fence, IR_VOID, 0, 0, 0, 0, 0, IR_FENCE_STORE);
    return true;
}

/* All but earlier writes against later reads. */
bool lift_rv_fence_tso(struct ir_func *fn, fields f)
{
    (void)f;
    ir_append(fn, IR_fence, IR_VOID, 0, 0, 0, 0, 0, IR_FENCE_LOAD);
    ir_append(fn, IR_fence, IR_VOID, 0, 0, 0, 0, 0, IR_FENCE_STORE);
    return true;
}

/* ---- atomics; a reservation is an address and the value read there ---- */

static unsigned atomic(fields f) { return f->size | IR_MSIGN | (f->aq ? IR_MACQ : 0) | (f->rl ? IR_MREL : 0); }

/* Atomics trap at addresses that are no multiple of their size (13.4); Linux then reports the instruction's address. */
static ir_ref aligned(struct ir_func *fn, fields f, unsigned size)
{
    ir_ref addr = rv64_rx(fn, f->rs1), low = ir_op2i(fn, IR_and, addr, (1 << size) - 1);
    ir_ref wrong = ir_cmp(fn, IR_NE, low, ir_i64(fn, 0));
    if (!ir_is_const(fn, wrong) || ir_imm(fn, wrong))
        ir_append(fn, IR_trap_if, IR_VOID, IR_TRAP_ALIGN, wrong, 0, 0, 0, (int64_t)fn->cur_pc);
    return addr;
}

bool lift_rv_lr(struct ir_func *fn, fields f)
{
    ir_ref addr = aligned(fn, f, f->size), v = ir_load(fn, IR_I64, atomic(f) & ~IR_MREL, addr);
    ir_put(fn, RV64_ex_addr, addr);
    ir_put(fn, RV64_ex_value, v);
    rv64_wx(fn, f->rd, v);
    return true;
}

bool lift_rv_sc(struct ir_func *fn, fields f)
{
    ir_ref failed = ir_append(fn, IR_stx, IR_I32, atomic(f) & ~IR_MSIGN, aligned(fn, f, f->size), ir_get(fn, RV64_ex_value),
                              rv64_rx(fn, f->rs2), ir_get(fn, RV64_ex_addr), 0);
    ir_put(fn, RV64_ex_addr, ir_i64(fn, -1));
    rv64_wx(fn, f->rd, ir_zext(fn, IR_I64, 32, failed));
    return true;
}

bool lift_rv_amo(struct ir_func *fn, fields f)
{
    ir_ref addr = aligned(fn, f, f->size);
    rv64_wx(fn, f->rd, ir_append(fn, IR_amo, IR_I64, atomic(f), addr, rv64_rx(fn, f->rs2), 0, 0, f->op));
    return true;
}

bool lift_rv_amocas(struct ir_func *fn, fields f)
{
    ir_ref addr = aligned(fn, f, f->size), expected = rv64_rx(fn, f->rd);
    rv64_wx(fn, f->rd, ir_append(fn, IR_cas, IR_I64, atomic(f), addr, expected, rv64_rx(fn, f->rs2), 0, 0));
    return true;
}

/* Registers n and n + 1; x0 names a pair of zeros (Zacas). */
static ir_ref pair(struct ir_func *fn, unsigned n)
{
    ir_ref low = ir_emit(fn, IR_i2v, IR_V128, 0, rv64_rx(fn, n), 0, 0, 0);
    return n ? ir_emit(fn, IR_vset, IR_V128, IR_D, low, rv64_rx(fn, n + 1), 0, 1) : low;
}

bool lift_rv_amocas_q(struct ir_func *fn, fields f)
{
    if ((f->rd | f->rs2) & 1)
        return false;
    ir_ref addr = aligned(fn, f, IR_M128), expected = pair(fn, f->rd);
    unsigned order = (f->aq ? IR_MACQ : 0) | (f->rl ? IR_MREL : 0);
    ir_ref old = ir_append(fn, IR_cas, IR_V128, IR_M128 | order, addr, expected, pair(fn, f->rs2), 0, 0);
    if (f->rd) {
        rv64_wx(fn, f->rd, ir_emit(fn, IR_vget, IR_I64, IR_D, old, 0, 0, 0));
        rv64_wx(fn, f->rd + 1, ir_emit(fn, IR_vget, IR_I64, IR_D, old, 0, 0, 1));
    }
    return true;
}

/* ---- control registers ---- */

/* Reads fflags or fcsr, writes fflags. The compilers read and write it around each comparison that must raise nothing. */
static void lift_sticky(struct ir_func *fn, fields f, ir_ref src, bool write)
{
    ir_ref old = f->op == RV64_CSR_WRITE && !f->rd ? 0 : ir_zext(fn, IR_I64, 32, ir_fp_get(fn, IR_FP_MIRRORED));
    if (write) {
        ir_ref new = f->op == RV64_CSR_WRITE ? src : ir_op2(fn, f->op == RV64_CSR_SET ? IR_or : IR_andn, old, src);
        new = ir_op2i(fn, IR_and, ir_trunc(fn, new), 31);
        ir_fp_set(fn, IR_FP_MIRRORED, new);
        ir_put(fn, RV64_fflags, new);
    }
    if (f->rd)
        rv64_wx(fn, f->rd, f->csr == RV64_CSR_FCSR ? ir_op2i(fn, IR_or, old, (int64_t)fn->mode << 5) : old);
}

static bool lift_float_csr(struct ir_func *fn, fields f, bool write)
{
    ir_ref src = f->i ? ir_i64(fn, f->rs1) : rv64_rx(fn, f->rs1);
    if (f->csr == RV64_CSR_FRM) {       /* what it holds is this translation's mode */
        bool same = f->op == RV64_CSR_WRITE && ir_is_const(fn, src) && (ir_imm(fn, src) & 7) == fn->mode;
        if (!write || same) {
            rv64_wx(fn, f->rd, ir_i64(fn, fn->mode));
            return true;
        }
    }
    if (f->csr == RV64_CSR_FFLAGS || !write) {
        lift_sticky(fn, f, src, write);
        return true;
    }
    rv64_wx(fn, f->rd, ir_helper(fn, IR_I64, RV64_H_csr, ir_i64(fn, f->csr), ir_i64(fn, f->op), src, 0));
    ir_flow_trap(fn, IR_TRAP_INTERP, fn->next_pc);      /* what follows is translated for the rounding mode that was */
    return true;
}

bool lift_rv_csr(struct ir_func *fn, fields f)
{
    bool write = f->op == RV64_CSR_WRITE || f->rs1 != 0;
    switch (f->csr) {
    case RV64_CSR_FFLAGS: case RV64_CSR_FRM: case RV64_CSR_FCSR:
        return rv64_has[RV64_HAS_f] && lift_float_csr(fn, f, write);
    case RV64_CSR_CYCLE: case RV64_CSR_TIME: case RV64_CSR_INSTRET:
        if (write || !rv64_has[RV64_HAS_zicntr])
            return false;
        rv64_wx(fn, f->rd, ir_helper(fn, IR_I64, RV64_H_counter, 0, 0, 0, 0));
        return true;
    case RV64_CSR_HPMCOUNTER3 ... RV64_CSR_HPMCOUNTER31:      /* no events are counted */
        if (write || !rv64_has[RV64_HAS_zihpm])
            return false;
        rv64_wx(fn, f->rd, ir_i64(fn, 0));
        return true;
    default:
        return false;
    }
}
