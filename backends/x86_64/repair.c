/* Repairing results in cold code (repair.h). */
#include "backends/x86_64/repair.h"

enum { V_INSERTPS = 0x21 | X_0F3A | X_66 };

static struct x_mem scratch(unsigned k) { return x_state((unsigned)offsetof(struct cpu_state, f.scratch) + 16 * k); }

struct x_repair x_repair_begin(struct x_ctx *c, enum x_cc cc)
{
    struct x_repair r = {c->cold_n};
    c->repairing = true;
    x_b(c, 0x0f);
    x_b(c, 0x80 | cc);
    x_to_cold(c);
    return r;
}

void x_repair_also(struct x_ctx *c, struct x_repair r, enum x_cc cc)
{
    x_b(c, 0x0f);
    x_b(c, 0x80 | cc);
    x_jump_to_cold(c, c->p, r.cold);
    c->p += 4;
}

/* Operand to scratch[k], zero above its type. Only vector registers reach here. */
static void operand_out(struct x_ctx *c, unsigned k, unsigned ref, unsigned type)
{
    unsigned r = c->val[ref].reg;
    if (type == IR_F32 || type == IR_F16)
        v_rrri(c, V_INSERTPS, 0, X_XTMP, r, r, 0x0e);
    else if (type != IR_V128)
        v_rr(c, V_MOVQ, 0, X_XTMP, r);
    v_rm(c, V_MOVUPS_ST, 0, type == IR_V128 ? r : X_XTMP, scratch(k));
    if (type == IR_F16)
        x_store_imm(c, 1, (struct x_mem){scratch(k).base, X_NONE, 0, scratch(k).disp + 2}, 0);
}

/*
 * The stub finds behind its call: the descriptor's place relative to the end of that field, the
 * type of the first operand, and the NaN policy; it returns behind them.
 */
void x_repair_end(struct x_ctx *c, struct x_repair r, const struct ir_insn *in, struct x_ops o, unsigned d)
{
    const ir_ref arg[3] = {in->a, in->b, in->c};
    const uint16_t *ref = &o.a;
    uint32_t back = (uint32_t)(c->p - c->base), descriptor = x_pool_bytes(c, in, sizeof *in);
    c->repairing = false;
    x_cold_begin(c);
    if (r.cold != (uint32_t)(c->p - c->cold))
        c->error = -22;
    for (unsigned k = 0; k < 3; k++)
        if (ref[k])
            operand_out(c, k, ref[k], c->insn[arg[k]].type);
    x_call_m(c, X_FRAME(stubs[X_REPAIR]));
    x_fix_pool(c, descriptor, 4);
    c->p += 4;
    x_b(c, c->insn[in->a].type);
    x_b(c, c->fn->rules);
    if (d < X0)
        x_load(c, in->type == IR_I64, d, scratch(3));
    else
        v_rm(c, V_MOVUPS, 0, d, scratch(3));
    x_b(c, 0xe9);
    x_to_hot(c, back);
    x_cold_end(c);
}

/* Saves everything a C function may change, evaluates, restores. */
void x_repair_stub(struct x_ctx *c)
{
    static const uint8_t gpr[] = {RAX, RCX, RDX, RSI, RDI, R8, R9, R10, R11};
    unsigned save = (unsigned)offsetof(struct cpu_state, f.repair_save);
    x_vzeroupper(c);
    for (unsigned i = 0; i < 16; i++)
        v_rm(c, V_MOVUPS_ST, 0, X0 + i, x_state(save + 16 * i));
    for (unsigned i = 0; i < sizeof gpr; i++)
        x_store(c, 3, x_state(save + 256 + 8 * i), gpr[i]);
    x_load(c, 1, RAX, x_at(RSP, 0));
    x_rm(c, X_MOVSXD, 1, RDI, x_at(RAX, 0));
    x_lea(c, 1, RDI, (struct x_mem){RDI, RAX, 0, 4});
    x_rm(c, X_MOVZX8, 0, RSI, x_at(RAX, 4));
    x_rm(c, X_MOVZX8, 0, RDX, x_at(RAX, 5));
    x_alu_ri(c, A_ADD, 1, RAX, X_REPAIR_DATA);
    x_store(c, 3, x_at(RSP, 0), RAX);
    x_alu_rr(c, A_XOR, 0, RCX, RCX);
    x_call_m(c, X_FRAME(stubs[X_EVAL]));
    for (unsigned i = 0; i < sizeof gpr; i++)
        x_load(c, 1, gpr[i], x_state(save + 256 + 8 * i));
    for (unsigned i = 0; i < 16; i++)
        v_rm(c, V_MOVUPS, 0, X0 + i, x_state(save + 16 * i));
    x_b(c, 0xc3);
}
