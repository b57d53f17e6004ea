/* Float ops by the region's rules (ir_func.rules), where those are not the host's. */
#include "backends/x86_64/float.h"

enum { V_PCMPEQW = 0x75 | X_0F | X_66, V_PCMPEQQ = 0x29 | X_0F38 | X_66, V_PTEST = 0x17 | X_0F38 | X_66 };

/* Lane of the result where the host may round to the least normal number without noticing that it was too small before, else 0. */
static unsigned rounds_to_least(const struct x_ctx *c, const struct ir_insn *in)
{
    unsigned lane = in->type == IR_F16 ? IR_H : in->type == IR_F32 ? IR_S : in->type == IR_F64 ? IR_D : in->aux & 3;
    switch (in->op) {
    case IR_fmul: case IR_fmulx: case IR_fdiv: case IR_fma: return lane;
    case IR_fcvt: return in->type < c->insn[in->a].type ? lane : 0;
    case IR_vfcvtn: return lane - 1;
    default: return 0;
    }
}

/* Repairs d where one of its lanes is, but for its sign, the least normal number. */
static void check_least(struct x_ctx *c, const struct ir_insn *in, struct x_ops o, unsigned d, unsigned lane)
{
    static const uint32_t equal[] = {[IR_H] = V_PCMPEQW, [IR_S] = V_PCMPEQD, [IR_D] = V_PCMPEQQ};
    static const uint64_t least[] = {[IR_H] = 0x0400040004000400, [IR_S] = 0x0080000000800000, [IR_D] = 1ull << 52};
    static const uint64_t magnitude[] = {[IR_H] = 0x7fff7fff7fff7fff, [IR_S] = 0x7fffffff7fffffff, [IR_D] = INT64_MAX};
    /* Lanes that do not count are compared with what no magnitude is. */
    uint64_t beside = x_is_vector(in->type) || lane == IR_D ? 0 : ~0ull << (8u << lane);
    uint64_t low = least[lane] | beside, high = in->type == IR_V128 ? least[lane] : ~0ull;
    v_rrm(c, V_AND, 0, X_XTMP, d, x_pool(x_pool_u128(c, magnitude[lane], magnitude[lane])));
    v_rrm(c, equal[lane], 0, X_XTMP, X_XTMP, x_pool(x_pool_u128(c, low, high)));
    v_rr(c, V_PTEST, 0, X_XTMP, X_XTMP);
    x_repair(c, CC_NE, in, o, d);
}

void x_sel_float(struct x_ctx *c, const struct ir_insn *in, struct x_ops o, x_sel_fn *fn)
{
    unsigned rules = c->fn->rules;
    if (!fn || ir_fp_whole(c->fn, in)) {
        x_sel_eval(c, in, o);
        return;
    }
    bool rounded = ir_own_rounding(in);
    if (rounded && x_round_imm(in->aux, true) < 0) {
        x_sel_eval(c, in, o);
        return;
    }
    unsigned t = rounded ? x_tmp(c) : 0;
    if (rounded)
        x_rounding_begin(c, (enum ir_round)(in->aux & 7), t);
    fn(c, in, o);
    if (rounded)
        x_rounding_end(c, t);
    unsigned lane = rules & IR_FP_TINY_BEFORE && rules & (IR_FP_EXACT_STATUS | IR_FP_FLUSH) ? rounds_to_least(c, in) : 0;
    if (lane)
        check_least(c, in, o, c->val[c->pos].reg, lane);
}
