/* Selection: constants, guest state, and moves between register kinds. */
#include "backends/x86_64/emit.h"

/* Constants are loaded where they are used. */
void x_sel_const(struct x_ctx *c, const struct ir_insn *in, struct x_ops o) { (void)c, (void)in, (void)o; }
void x_sel_vconst(struct x_ctx *c, const struct ir_insn *in, struct x_ops o) { (void)c, (void)in, (void)o; }

void x_sel_undef(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    (void)in, (void)o;
    x_def(c);
}

void x_sel_get(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    (void)o;
    if (!(c->val[c->pos].flags & XV_CARRIED))
        x_get(c, (unsigned)in->imm);
}

void x_sel_put(struct x_ctx *c, const struct ir_insn *in, struct x_ops o) { x_put(c, (unsigned)in->imm, o.a); }

void x_sel_fbits(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned a = x_use(c, o.a), d = x_def(c);
    unsigned from = c->insn[in->a].type;
    if (from == IR_F16) {
        v_rr(c, 0xc5 | X_0F | X_66, 0, d, a);       /* vpextrw d, a, 0 */
        x_b(c, 0);
    } else {
        v_rr(c, V_MOVD_ST, from == IR_F64, a, d);
    }
}

void x_sel_ffrombits(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned a = x_use(c, o.a), d = x_def(c);
    v_rr(c, V_MOVD, in->type == IR_F64, d, a);
}

/* v2f and vtrunc are looked through by live.c. */
void x_sel_v2f(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    (void)in;
    x_def_copy(c, o.a);
}
void x_sel_vtrunc(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    (void)in;
    x_def_copy(c, o.a);
}

/* A float or V64 with zeros above. */
static void zero_above(struct x_ctx *c, unsigned ref, unsigned bytes)
{
    unsigned a = x_use(c, ref), d = x_def(c);
    if (bytes == 8) {
        v_rr(c, V_MOVQ, 0, d, a);
    } else if (bytes == 4) {
        v_rrri(c, 0x21 | X_0F3A | X_66, 0, d, a, a, 0x0e);      /* vinsertps: element 0, zeros elsewhere */
    } else {
        v_rrr(c, V_PXOR, 0, X_XTMP, X_XTMP, X_XTMP);
        v_rrri(c, 0x0e | X_0F3A | X_66, 0, d, X_XTMP, a, 1);    /* vpblendw: lowest word of a */
    }
}

void x_sel_f2v(struct x_ctx *c, const struct ir_insn *in, struct x_ops o) { zero_above(c, o.a, x_type_bytes(c->insn[in->a].type)); }
void x_sel_vzext(struct x_ctx *c, const struct ir_insn *in, struct x_ops o) { (void)in; zero_above(c, o.a, 8); }
