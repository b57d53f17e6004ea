/* Float ops by the region's rules (ir_func.nan), where those are not the host's. */
#include "backends/x86_64/float.h"

enum { V_PCMPEQQ = 0x29 | X_0F38 | X_66, V_PTEST = 0x17 | X_0F38 | X_66 };

/* Whether the host rounds results of the op to the least normal number without noticing that they were too small before. */
static bool rounds_to_least(const struct x_ctx *c, const struct ir_insn *in)
{
    switch (in->op) {
    case IR_fmul: case IR_fmulx: case IR_fdiv: case IR_fma: return true;
    case IR_fcvt: return in->type == IR_F32 && c->insn[in->a].type == IR_F64;
    case IR_vfcvtn: return (in->aux & 3) == IR_D;
    default: return false;
    }
}

/* Repairs d where one of its lanes is, but for its sign, the least normal number. */
static void check_least(struct x_ctx *c, const struct ir_insn *in, struct x_ops o, unsigned d, bool dbl)
{
    uint64_t least = dbl ? 1ull << 52 : 0x0080000000800000, magnitude = dbl ? INT64_MAX : 0x7fffffff7fffffff;
    bool whole = in->type == IR_V128, wide = whole || in->type == IR_V64;
    /* Lanes that do not count are compared with what no magnitude is. */
    uint64_t low = dbl || wide ? least : least | ~0xffffffffull, high = whole ? least : ~0ull;
    v_rrm(c, V_AND, 0, X_XTMP, d, x_pool(x_pool_u128(c, magnitude, magnitude)));
    v_rrm(c, dbl ? V_PCMPEQQ : V_PCMPEQD, 0, X_XTMP, X_XTMP, x_pool(x_pool_u128(c, low, high)));
    v_rr(c, V_PTEST, 0, X_XTMP, X_XTMP);
    x_repair(c, CC_NE, in, o, d);
}

void x_sel_float(struct x_ctx *c, const struct ir_insn *in, struct x_ops o, x_sel_fn *fn)
{
    unsigned rules = c->fn->nan;
    if (!fn || ir_fp_whole(c->fn, in)) {
        x_sel_eval(c, in, o);
        return;
    }
    fn(c, in, o);
    if (rules & IR_FP_TINY_BEFORE && rules & (IR_FP_EXACT_STATUS | IR_FP_FLUSH) && rounds_to_least(c, in) && !x_is_half(in->type, in->aux)) {
        bool dbl = in->op != IR_vfcvtn && x_is_double(in->type, in->aux);
        check_least(c, in, o, c->val[c->pos].reg, dbl);
    }
}
