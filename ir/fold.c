/*
 * Folding while building: the driver, constant operands, and what is known of a value's bits. The
 * rules are in fold_int.c (arithmetic), fold_bits.c (logic, shifts, extensions), fold_cond.c
 * (comparisons, flags, selection) and fold_vec.c (vectors, and moves between register kinds).
 *
 * A rule looks at the operands' own definitions and no further, so folding costs a bounded time.
 */
#include <string.h>

#include "ir/fold.h"

static bool known(const struct ir_func *fn, ir_ref r)
{
    const struct ir_insn *in = ir_def(fn, r);
    return (in->op == IR_const && !in->aux) || in->op == IR_vconst;
}

static void value_of(const struct ir_func *fn, ir_ref r, union ir_value *v)
{
    const struct ir_insn *in = ir_def(fn, r);
    memset(v, 0, sizeof *v);
    if (!r)
        return;
    if (in->op == IR_vconst)
        memcpy(v->b, fn->vconst[in->imm].b, 16);
    else
        v->u64[0] = in->type == IR_I32 ? (uint32_t)in->imm : (uint64_t)in->imm;
}

/* The operands are numbers, and the op has no status flags to raise: compute it now. */
static ir_ref computed(struct ir_func *fn, struct ir_insn *k)
{
    union ir_value a, b, c, out;
    value_of(fn, k->a, &a);
    value_of(fn, k->b, &b);
    value_of(fn, k->c, &c);
    ir_eval(k, ir_type_of(fn, k->a), fn->rules, k->op == IR_vshuf ? fn->vconst[k->imm].b : NULL, &a, &b, &c, &out);
    if (k->type == IR_V64 || k->type == IR_V128)
        return ir_vconst(fn, (enum ir_type)k->type, out.b);
    return ir_const(fn, (enum ir_type)k->type, out.i64);
}

typedef ir_ref rule(struct ir_func *fn, struct ir_insn *k);
static rule *const rules[IR_OP_COUNT] = {
#define I(op) [IR_##op] = ir_fold_int
    I(add), I(sub), I(neg), I(mul), I(mulhs), I(mulhu), I(mulhsu), I(divs), I(divu), I(rems), I(remu),
#undef I
#define B(op) [IR_##op] = ir_fold_bits
    B(and), B(or), B(xor), B(andn), B(not), B(shl), B(shr), B(sar), B(ror), B(extr), B(bswap), B(bitrev), B(sext), B(zext), B(trunc),
#undef B
#define C(op) [IR_##op] = ir_fold_cond
    C(cmp), C(select), C(flagsub), C(flagadc), C(flagcond),
#undef C
#define V(op) [IR_##op] = ir_fold_vec
    V(fneg), V(fabs), V(fbits), V(ffrombits), V(funbox), V(v2f), V(f2v), V(vzext), V(vtrunc), V(vget), V(vdup), V(i2v), V(vshuf),
    V(vselect), V(vadd), V(vsub), V(vneg), V(vand), V(vor), V(vxor), V(vandn), V(vnot), V(aesmc), V(aesimc), V(vshli), V(vshri), V(vsari),
#undef V
};

ir_ref ir_fold(struct ir_func *fn, struct ir_insn *k)
{
    for (int steps = 0; steps < 6; steps++) {
        if (!k->a)
            return 0;
        if (known(fn, k->a)) {
            unsigned flags = ir_ops[k->op].flags;
            if (!(flags & IR_OPF_S) && (!k->b || known(fn, k->b)) && (!k->c || known(fn, k->c)))
                return computed(fn, k);
            if (flags & IR_OPF_C) {
                ir_ref a = k->a;
                k->a = k->b;
                k->b = a;
            }
        }
        rule *try = rules[k->op];
        if (!try)
            return 0;
        ir_ref r = try(fn, k);
        if (r != IR_AGAIN)
            return r;
    }
    return 0;
}

unsigned ir_zero_above(const struct ir_func *fn, ir_ref r)
{
    const struct ir_insn *in = ir_def(fn, r);
    unsigned width = ir_type_bits((enum ir_type)in->type);
    switch (in->op) {
    case IR_const:
        if (in->aux)
            return width;
        if (in->type == IR_I32)
            return (uint32_t)in->imm ? 32 - (unsigned)__builtin_clz((uint32_t)in->imm) : 0;
        return in->imm ? 64 - (unsigned)__builtin_clzll((uint64_t)in->imm) : 0;
    case IR_zext:
        return in->aux;
    case IR_and:
        if (ir_is_number(fn, in->b) && ir_imm(fn, in->b) >= 0)
            return ir_zero_above(fn, in->b);
        return width;
    case IR_shr:
        return ir_is_number(fn, in->b) ? width - ((unsigned)ir_imm(fn, in->b) & (width - 1)) : width;
    case IR_load: case IR_amo: case IR_cas:
        return in->aux & IR_MSIGN || (8u << (in->aux & IR_MSIZE)) > width ? width : 8u << (in->aux & IR_MSIZE);
    case IR_vget: case IR_vaddv: case IR_vmaxvs: case IR_vmaxvu: case IR_vminvs: case IR_vminvu:
        return ir_lane_bits(in->aux);
    case IR_flagsub: case IR_flagadc: case IR_flaglogic: case IR_flagfcmp:
        return 16;
    case IR_clz: case IR_ctz: case IR_popcnt:
        return 7;
    case IR_fclass:
        return 10;
    case IR_stx:
        return 1;
    case IR_fbits:
        return ir_type_bits(ir_type_of(fn, in->a));
    default:
        return width;
    }
}

unsigned ir_sign_from(const struct ir_func *fn, ir_ref r)
{
    const struct ir_insn *in = ir_def(fn, r);
    unsigned width = ir_type_bits((enum ir_type)in->type);
    switch (in->op) {
    case IR_const:
        return in->aux ? width : 64 - (unsigned)__builtin_clrsbll(in->imm);
    case IR_sext:
        return in->aux;
    case IR_sar:
        return ir_is_number(fn, in->b) ? width - ((unsigned)ir_imm(fn, in->b) & (width - 1)) : width;
    case IR_load: case IR_amo: case IR_cas:
        if (in->aux & IR_MSIGN)
            return (8u << (in->aux & IR_MSIZE)) > width ? width : 8u << (in->aux & IR_MSIZE);
        break;
    default:
        break;
    }
    unsigned low = ir_zero_above(fn, r);
    return low < width ? low + 1 : width;
}
