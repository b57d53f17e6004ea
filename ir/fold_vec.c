/* Folding rules: vectors, and moves between integers, floats and vectors. */
#include <string.h>

#include "ir/fold.h"

static bool is_filled(const struct ir_func *fn, ir_ref r, uint8_t byte)
{
    const struct ir_insn *in = ir_def(fn, r);
    if (in->op != IR_vconst)
        return false;
    const uint8_t *b = fn->vconst[in->imm].b;
    for (unsigned i = 0; i < (in->type == IR_V64 ? 8u : 16u); i++)
        if (b[i] != byte)
            return false;
    return true;
}

static ir_ref zero(struct ir_func *fn, const struct ir_insn *k)
{
    static const uint8_t zeros[16];
    return ir_vconst(fn, (enum ir_type)k->type, zeros);
}

static ir_ref fold_logic(struct ir_func *fn, struct ir_insn *k)
{
    bool same = k->a == k->b, zeros = is_filled(fn, k->b, 0), ones = is_filled(fn, k->b, 0xff);
    switch (k->op) {
    case IR_vand:
        return same || ones ? k->a : zeros ? k->b : 0;
    case IR_vor:
        return same || zeros ? k->a : ones ? k->b : 0;
    case IR_vxor:
        return same ? zero(fn, k) : zeros ? k->a : ones ? ir_rewrite(k, IR_vnot, 0, k->a, 0) : 0;
    case IR_vandn:
        return same || ones ? zero(fn, k) : zeros ? k->a : 0;
    default:    /* vselect: bits of b where a is set, else of c */
        if (k->b == k->c || is_filled(fn, k->a, 0xff))
            return k->b;
        return is_filled(fn, k->a, 0) ? k->c : 0;
    }
}

static ir_ref fold_shuffle(struct ir_func *fn, struct ir_insn *k)
{
    const uint8_t *sel = fn->vconst[k->imm].b;
    unsigned n = k->type == IR_V64 ? 8 : 16;
    bool first = true, second = true, none = true;
    for (unsigned i = 0; i < n; i++) {
        first &= sel[i] == i;
        second &= sel[i] == i + 16;
        none &= sel[i] >= 0x80;
    }
    if (none)
        return zero(fn, k);
    if (first && ir_type_of(fn, k->a) == (enum ir_type)k->type)
        return k->a;
    if (second && ir_type_of(fn, k->b) == (enum ir_type)k->type)
        return k->b;
    return 0;
}

/* The upper half is known to be zero. */
static bool upper_half_zero(const struct ir_func *fn, ir_ref r)
{
    switch (ir_def(fn, r)->op) {
    case IR_f2v: case IR_i2v: case IR_vzext: return true;
    default: return false;
    }
}

static ir_ref fold_vget(struct ir_func *fn, struct ir_insn *k)
{
    const struct ir_insn *a = ir_def(fn, k->a);
    unsigned bits = ir_lane_bits(k->aux), bit = (unsigned)k->imm * bits;
    enum ir_type type = (enum ir_type)k->type;
    switch (a->op) {
    case IR_vzext:
        if (bit >= 64)
            return ir_const(fn, type, 0);
        k->a = a->a;
        return IR_AGAIN;
    case IR_vtrunc:
        k->a = a->a;
        return IR_AGAIN;
    case IR_vdup:
        if (bits != ir_lane_bits(a->aux))
            return 0;
        break;
    case IR_i2v:
        if (bit >= ir_type_bits(ir_type_of(fn, a->a)))
            return ir_const(fn, type, 0);
        if (bit || bits > ir_type_bits(ir_type_of(fn, a->a)))
            return 0;
        break;
    case IR_f2v: {
        enum ir_type f = ir_type_of(fn, a->a);
        if (bit >= ir_type_bits(f))
            return ir_const(fn, type, 0);
        if (bit || bits != ir_type_bits(f))
            return 0;
        if (f == IR_F64)
            return ir_rewrite(k, IR_fbits, 0, a->a, 0);
        ir_ref i = ir_emit(fn, IR_fbits, IR_I32, 0, a->a, 0, 0, 0);
        return type == IR_I32 ? i : ir_rewrite(k, IR_zext, 32, i, 0);
    }
    default:
        return 0;
    }
    /* The lane is the low bits of an integer. */
    if (bits == 64)
        return a->a;
    return ir_rewrite(k, IR_zext, bits, a->a, 0);
}

static ir_ref fold_v2f(struct ir_func *fn, struct ir_insn *k)
{
    const struct ir_insn *a = ir_def(fn, k->a);
    enum ir_type type = (enum ir_type)k->type;
    switch (a->op) {
    case IR_f2v:
        return ir_type_of(fn, a->a) == type ? a->a : 0;
    case IR_vzext: case IR_vtrunc:
        k->a = a->a;
        return IR_AGAIN;
    case IR_i2v:
        if (ir_type_bits(ir_type_of(fn, a->a)) == (type == IR_F64 ? 64 : 32))
            return ir_rewrite(k, IR_ffrombits, 0, a->a, 0);
        return 0;
    default:
        return 0;
    }
}

static ir_ref fold_moves(struct ir_func *fn, struct ir_insn *k)
{
    const struct ir_insn *a = ir_def(fn, k->a);
    enum ir_type type = (enum ir_type)k->type;
    switch (k->op) {
    case IR_fbits:
        if (a->op == IR_ffrombits)
            return a->type == IR_F16 ? ir_rewrite(k, IR_zext, 16, a->a, 0) : a->a;
        if (a->op == IR_v2f) {
            ir_rewrite(k, IR_vget, a->type == IR_F64 ? IR_D : a->type == IR_F32 ? IR_S : IR_H, a->a, 0);
            return IR_AGAIN;
        }
        return 0;
    case IR_ffrombits:
        if (a->op == IR_fbits && ir_type_of(fn, a->a) == type)
            return a->a;
        if (a->op == IR_vget && !a->imm && ir_lane_bits(a->aux) == ir_type_bits(type))
            return ir_rewrite(k, IR_v2f, 0, a->a, 0);
        return 0;
    case IR_funbox:
        return a->op == IR_fbox && ir_type_of(fn, a->a) == type ? a->a : 0;
    case IR_f2v:
        return a->op == IR_ffrombits && a->type != IR_F16 ? ir_rewrite(k, IR_i2v, 0, a->a, 0) : 0;
    case IR_vtrunc:
        return a->op == IR_vzext ? a->a : 0;
    default:    /* vzext */
        return a->op == IR_vtrunc && upper_half_zero(fn, a->a) ? a->a : 0;
    }
}

static ir_ref fold_sign(struct ir_func *fn, struct ir_insn *k)
{
    const struct ir_insn *a = ir_def(fn, k->a);
    if (a->aux != k->aux || (a->op != IR_fneg && a->op != IR_fabs))
        return 0;
    if (k->op == IR_fneg)
        return a->op == IR_fneg ? a->a : 0;
    return a->op == IR_fabs ? k->a : ir_rewrite(k, IR_fabs, k->aux, a->a, 0);
}

ir_ref ir_fold_vec(struct ir_func *fn, struct ir_insn *k)
{
    switch (k->op) {
    case IR_fneg: case IR_fabs:
        return fold_sign(fn, k);
    case IR_fbits: case IR_ffrombits: case IR_funbox: case IR_f2v: case IR_vtrunc: case IR_vzext:
        return fold_moves(fn, k);
    case IR_v2f:
        return fold_v2f(fn, k);
    case IR_vget:
        return fold_vget(fn, k);
    case IR_vshuf:
        return fold_shuffle(fn, k);
    case IR_vand: case IR_vor: case IR_vxor: case IR_vandn: case IR_vselect:
        return fold_logic(fn, k);
    case IR_vadd:
        return is_filled(fn, k->b, 0) ? k->a : 0;
    case IR_vsub:
        return k->a == k->b ? zero(fn, k) : is_filled(fn, k->b, 0) ? k->a : 0;
    case IR_vnot:
        return ir_def(fn, k->a)->op == IR_vnot ? ir_def(fn, k->a)->a : 0;
    case IR_vneg:
        return ir_def(fn, k->a)->op == IR_vneg && ir_def(fn, k->a)->aux == k->aux ? ir_def(fn, k->a)->a : 0;
    case IR_vshli: case IR_vshri: case IR_vsari:
        return k->imm ? 0 : k->a;
    case IR_aesmc: case IR_aesimc: {
        /* Guests issue the pair back to back; hosts have it as one instruction. */
        const struct ir_insn *a = ir_def(fn, k->a);
        bool decrypt = k->op == IR_aesimc;
        return a->op == (decrypt ? IR_aesd : IR_aese) ? ir_rewrite(k, decrypt ? IR_aesdimc : IR_aesemc, 0, a->a, a->b) : 0;
    }
    default:
        return 0;
    }
}
