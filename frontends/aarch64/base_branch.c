/* Branches and exception generation. */
#include "frontends/aarch64/lift.h"

static uint64_t relative(const struct ir_func *fn, int32_t words) { return fn->cur_pc + (uint64_t)((int64_t)words * 4); }

bool lift_b_cond(struct ir_func *fn, const struct a64_fields *f)
{
    if (f->cond >= 14)
        ir_flow_jump(fn, relative(fn, f->simm19));
    else
        ir_flow_branch(fn, a64_cond(fn, f->cond), relative(fn, f->simm19));
    return true;
}

bool lift_b(struct ir_func *fn, const struct a64_fields *f)
{
    ir_flow_jump(fn, relative(fn, f->simm26));
    return true;
}

bool lift_bl(struct ir_func *fn, const struct a64_fields *f)
{
    ir_put(fn, A64_x30, ir_gaddr(fn, fn->next_pc));
    ir_flow_call(fn, relative(fn, f->simm26));
    return true;
}

bool lift_cbz(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref x = a64_r(fn, f->sf, f->Rt);
    ir_ref cond = ir_cmp(fn, f->nonzero ? IR_NE : IR_EQ, x, ir_const(fn, a64_itype(f->sf), 0));
    ir_flow_branch(fn, cond, relative(fn, f->simm19));
    return true;
}

bool lift_tbz(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref cond;
    if (f->bit == 63 || f->bit == 31) {
        ir_ref x = a64_r(fn, f->bit == 63, f->Rt);
        cond = ir_cmp(fn, f->nonzero ? IR_LTS : IR_GES, x, ir_const(fn, ir_type_of(fn, x), 0));
    } else {
        ir_ref x = f->bit < 32 ? a64_rw(fn, f->Rt) : ir_trunc(fn, ir_op2i(fn, IR_shr, a64_rx(fn, f->Rt), 32));
        ir_ref bit = ir_op2i(fn, IR_and, x, (int64_t)1 << (f->bit & 31));
        cond = ir_cmp(fn, f->nonzero ? IR_NE : IR_EQ, bit, ir_i32(fn, 0));
    }
    ir_flow_branch(fn, cond, relative(fn, f->simm14));
    return true;
}

bool lift_br(struct ir_func *fn, const struct a64_fields *f)
{
    ir_flow_ind(fn, IR_FLOW_JUMP_IND, a64_rx(fn, f->Rn));
    return true;
}

bool lift_blr(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref target = a64_rx(fn, f->Rn);
    ir_put(fn, A64_x30, ir_gaddr(fn, fn->next_pc));
    ir_flow_ind(fn, IR_FLOW_CALL_IND, target);
    return true;
}

bool lift_ret(struct ir_func *fn, const struct a64_fields *f)
{
    ir_flow_ind(fn, IR_FLOW_RET, a64_rx(fn, f->Rn));
    return true;
}

bool lift_svc(struct ir_func *fn, const struct a64_fields *f)
{
    (void)f;        /* Linux ignores the immediate */
    ir_flow_trap(fn, IR_TRAP_SYSCALL, fn->next_pc);
    return true;
}

bool lift_brk(struct ir_func *fn, const struct a64_fields *f)
{
    (void)f;
    ir_flow_trap(fn, IR_TRAP_BREAK, fn->cur_pc);
    return true;
}

bool lift_undefined(struct ir_func *fn, const struct a64_fields *f)
{
    (void)fn, (void)f;
    return false;
}
