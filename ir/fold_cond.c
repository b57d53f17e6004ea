/* Folding rules: comparisons, flag words, selection. */
#include "ir/fold.h"

static ir_ref truth(struct ir_func *fn, bool v) { return ir_const(fn, IR_I1, v); }

static enum ir_cc swapped(enum ir_cc cc)
{
    static const uint8_t other[] = {
        [IR_EQ] = IR_EQ, [IR_NE] = IR_NE, [IR_LTS] = IR_GTS, [IR_GTS] = IR_LTS, [IR_GES] = IR_LES,
        [IR_LES] = IR_GES, [IR_LTU] = IR_GTU, [IR_GTU] = IR_LTU, [IR_GEU] = IR_LEU, [IR_LEU] = IR_GEU,
    };
    return (enum ir_cc)other[cc];
}

/* a == c, a != c with a number c. */
static ir_ref equals_const(struct ir_func *fn, struct ir_insn *k, int64_t c)
{
    const struct ir_insn *a = ir_def(fn, k->a);
    enum ir_type type = (enum ir_type)a->type;
    bool eq = k->aux == IR_EQ;
    if (a->op == IR_zext && a->aux == 1) {
        if (c != 0 && c != 1)
            return truth(fn, !eq);
        return eq == (c == 1) ? a->a : ir_rewrite(k, IR_not, 0, a->a, 0);
    }
    if (a->op == IR_or && ir_is_number(fn, a->b) && (ir_imm(fn, a->b) & ~c))
        return truth(fn, !eq);
    if (ir_is_put(fn, k->a))
        return 0;
    if (a->op == IR_add && ir_is_number(fn, a->b))
        return ir_rewrite(k, IR_cmp, k->aux, a->a, ir_const(fn, type, (int64_t)((uint64_t)c - (uint64_t)ir_imm(fn, a->b))));
    if (a->op == IR_xor && ir_is_number(fn, a->b))
        return ir_rewrite(k, IR_cmp, k->aux, a->a, ir_const(fn, type, c ^ ir_imm(fn, a->b)));
    if (c)
        return 0;
    if (a->op == IR_sub || a->op == IR_xor)
        return ir_rewrite(k, IR_cmp, k->aux, a->a, a->b);
    if (a->op == IR_neg)
        return ir_rewrite(k, IR_cmp, k->aux, a->a, k->b);
    if (a->op == IR_zext && a->aux == 32 && ir_type_of(fn, a->a) == IR_I32)
        return ir_rewrite(k, IR_cmp, k->aux, a->a, ir_const(fn, IR_I32, 0));
    return 0;
}

static ir_ref compare_const(struct ir_func *fn, struct ir_insn *k)
{
    const struct ir_insn *a = ir_def(fn, k->a);
    enum ir_type type = (enum ir_type)a->type;
    int64_t c = ir_imm(fn, k->b);
    uint64_t cu = type == IR_I32 ? (uint32_t)c : (uint64_t)c;
    enum ir_cc cc = (enum ir_cc)k->aux;
    switch (cc) {
    case IR_EQ: case IR_NE:
        return equals_const(fn, k, c);
    case IR_LTU: case IR_GEU:
        if (!cu)
            return truth(fn, cc == IR_GEU);
        if (cu == 1)
            return ir_rewrite(k, IR_cmp, cc == IR_LTU ? IR_EQ : IR_NE, k->a, ir_const(fn, type, 0));
        if (a->op == IR_or && ir_is_number(fn, a->b)) {
            uint64_t least = type == IR_I32 ? (uint32_t)ir_imm(fn, a->b) : (uint64_t)ir_imm(fn, a->b);
            if (least >= cu)
                return truth(fn, cc == IR_GEU);
        }
        return 0;
    case IR_LEU: case IR_GTU:
        return cu ? 0 : ir_rewrite(k, IR_cmp, cc == IR_LEU ? IR_EQ : IR_NE, k->a, k->b);
    case IR_LES: case IR_GTS:
        return c == -1 ? ir_rewrite(k, IR_cmp, cc == IR_LES ? IR_LTS : IR_GES, k->a, ir_const(fn, type, 0)) : 0;
    case IR_LTS: case IR_GES:
        if (c == 0 && ir_zero_above(fn, k->a) < ir_type_bits(type))
            return truth(fn, cc == IR_GES);
        return c == 1 ? ir_rewrite(k, IR_cmp, cc == IR_LTS ? IR_LES : IR_GTS, k->a, ir_const(fn, type, 0)) : 0;
    }
    return 0;
}

static ir_ref fold_cmp(struct ir_func *fn, struct ir_insn *k)
{
    enum ir_cc cc = (enum ir_cc)k->aux;
    if (k->a == k->b)
        return truth(fn, cc == IR_EQ || cc == IR_GES || cc == IR_LES || cc == IR_GEU || cc == IR_LEU);
    if (ir_is_number(fn, k->b))
        return compare_const(fn, k);
    if (ir_is_number(fn, k->a))
        return ir_rewrite(k, IR_cmp, swapped(cc), k->b, k->a);
    return 0;
}

static ir_ref select_bool(struct ir_func *fn, struct ir_insn *k)
{
    ir_ref c = k->a;
    if (ir_is_value(fn, k->b, 1))
        return ir_is_value(fn, k->c, 0) ? c : ir_rewrite(k, IR_or, 0, c, k->c);
    if (ir_is_value(fn, k->c, 0))
        return ir_rewrite(k, IR_and, 0, c, k->b);
    if (ir_is_value(fn, k->b, 0)) {
        ir_ref n = ir_emit(fn, IR_not, IR_I1, 0, c, 0, 0, 0);
        return ir_is_value(fn, k->c, 1) ? n : ir_rewrite(k, IR_and, 0, n, k->c);
    }
    if (ir_is_value(fn, k->c, 1)) {
        ir_ref n = ir_emit(fn, IR_not, IR_I1, 0, c, 0, 0, 0);
        return ir_rewrite(k, IR_or, 0, n, k->b);
    }
    return 0;
}

static ir_ref fold_select(struct ir_func *fn, struct ir_insn *k)
{
    if (ir_is_number(fn, k->a))
        return ir_imm(fn, k->a) ? k->b : k->c;
    if (k->b == k->c)
        return k->b;
    if (k->type == IR_I1)
        return select_bool(fn, k);
    if (ir_def(fn, k->a)->op == IR_not) {
        ir_ref b = k->b;
        k->a = ir_def(fn, k->a)->a;
        k->b = k->c;
        k->c = b;
        return IR_AGAIN;
    }
    if ((k->type != IR_I32 && k->type != IR_I64) || !ir_is_number(fn, k->b) || !ir_is_number(fn, k->c))
        return 0;
    int64_t x = ir_imm(fn, k->b), y = ir_imm(fn, k->c);
    if ((x && y) || ((x | y) != 1 && (x | y) != -1))
        return 0;
    ir_ref cond = x ? k->a : ir_emit(fn, IR_not, IR_I1, 0, k->a, 0, 0, 0);
    if ((x | y) == 1)
        return ir_rewrite(k, IR_zext, 1, cond, 0);
    return ir_rewrite(k, IR_neg, 0, ir_emit(fn, IR_zext, (enum ir_type)k->type, 1, cond, 0, 0, 0), 0);
}

/* A subtraction in disguise: A64's CMN and SBCS with a known operand or carry. */
static ir_ref fold_flagadc(struct ir_func *fn, struct ir_insn *k)
{
    const struct ir_insn *b = ir_def(fn, k->b);
    enum ir_type type = (enum ir_type)b->type;
    if (!ir_is_number(fn, k->c))
        return 0;
    bool carry = ir_imm(fn, k->c);
    if (carry && b->op == IR_not)
        return ir_rewrite(k, IR_flagsub, 0, k->a, b->a);
    if (!ir_is_number(fn, k->b))
        return 0;
    if (carry)
        return ir_rewrite(k, IR_flagsub, 0, k->a, ir_const(fn, type, ~b->imm));
    int64_t least = type == IR_I32 ? INT32_MIN : INT64_MIN;
    if (b->imm && b->imm != least)      /* -b exists, and a + b carries exactly where a - -b does not borrow */
        return ir_rewrite(k, IR_flagsub, 0, k->a, ir_const(fn, type, -b->imm));
    return 0;
}

static ir_ref cond_of_sub(struct ir_func *fn, struct ir_insn *k, const struct ir_insn *f)
{
    static const int8_t cc[] = {
        [IR_F_EQ] = IR_EQ, [IR_F_NE] = IR_NE, [IR_F_CS] = IR_GEU, [IR_F_CC] = IR_LTU,
        [IR_F_MI] = -1, [IR_F_PL] = -1, [IR_F_VS] = -1, [IR_F_VC] = -1,
        [IR_F_HI] = IR_GTU, [IR_F_LS] = IR_LEU, [IR_F_GE] = IR_GES, [IR_F_LT] = IR_LTS,
        [IR_F_GT] = IR_GTS, [IR_F_LE] = IR_LES,
    };
    if (cc[k->aux] >= 0)
        return ir_rewrite(k, IR_cmp, (unsigned)cc[k->aux], f->a, f->b);
    if (k->aux != IR_F_MI && k->aux != IR_F_PL)
        return 0;
    enum ir_type type = ir_type_of(fn, f->a);
    ir_ref d = ir_emit(fn, IR_sub, type, 0, f->a, f->b, 0, 0);
    return ir_rewrite(k, IR_cmp, k->aux == IR_F_MI ? IR_LTS : IR_GES, d, ir_const(fn, type, 0));
}

static ir_ref cond_of_add(struct ir_func *fn, struct ir_insn *k, const struct ir_insn *f)
{
    if (!ir_is_value(fn, f->c, 0) || k->aux == IR_F_VS || k->aux == IR_F_VC || k->aux >= IR_F_HI)
        return 0;
    enum ir_type type = ir_type_of(fn, f->a);
    ir_ref s = ir_emit(fn, IR_add, type, 0, f->a, f->b, 0, 0);
    if (k->aux == IR_F_CS || k->aux == IR_F_CC)
        return ir_rewrite(k, IR_cmp, k->aux == IR_F_CS ? IR_LTU : IR_GEU, s, f->a);
    static const uint8_t cc[] = {[IR_F_EQ] = IR_EQ, [IR_F_NE] = IR_NE, [IR_F_MI] = IR_LTS, [IR_F_PL] = IR_GES};
    return ir_rewrite(k, IR_cmp, cc[k->aux], s, ir_const(fn, type, 0));
}

/* C and V are clear: carry conditions are known, signed ones compare with zero. */
static ir_ref cond_of_logic(struct ir_func *fn, struct ir_insn *k, const struct ir_insn *f)
{
    enum { NEVER = 0x20, ALWAYS };
    static const uint8_t cc[] = {
        [IR_F_EQ] = IR_EQ, [IR_F_NE] = IR_NE, [IR_F_CS] = NEVER, [IR_F_CC] = ALWAYS, [IR_F_MI] = IR_LTS,
        [IR_F_PL] = IR_GES, [IR_F_VS] = NEVER, [IR_F_VC] = ALWAYS, [IR_F_HI] = NEVER, [IR_F_LS] = ALWAYS,
        [IR_F_GE] = IR_GES, [IR_F_LT] = IR_LTS, [IR_F_GT] = IR_GTS, [IR_F_LE] = IR_LES,
    };
    if (cc[k->aux] >= NEVER)
        return truth(fn, cc[k->aux] == ALWAYS);
    return ir_rewrite(k, IR_cmp, cc[k->aux], f->a, ir_const(fn, ir_type_of(fn, f->a), 0));
}

/* What a comparison's flags say: less N; equal Z, C; greater C; unordered C, V. */
static ir_ref cond_of_fcmp(struct ir_func *fn, struct ir_insn *k, ir_ref flags)
{
    enum { NOT = 0x40 };
    static const uint8_t pred[] = {
        [IR_F_EQ] = IR_FEQ, [IR_F_NE] = IR_FEQ | NOT, [IR_F_CS] = IR_FLT | NOT, [IR_F_CC] = IR_FLT,
        [IR_F_MI] = IR_FLT, [IR_F_PL] = IR_FLT | NOT, [IR_F_VS] = IR_FUN, [IR_F_VC] = IR_FUN | NOT,
        [IR_F_HI] = IR_FLE | NOT, [IR_F_LS] = IR_FLE, [IR_F_GE] = IR_FGE, [IR_F_LT] = IR_FGE | NOT,
        [IR_F_GT] = IR_FGT, [IR_F_LE] = IR_FGT | NOT,
    };
    const struct ir_insn *f = ir_def(fn, flags);
    if (flags < fn->fp_floor)   /* comparing again would raise flags after someone read or cleared them */
        return 0;
    unsigned p = pred[k->aux], aux = (p & ~NOT) | (f->aux & 1 ? IR_FSIGNAL : 0);
    if (!(p & NOT)) {
        ir_rewrite(k, IR_fcmp, aux, f->a, f->b);
        return 0;
    }
    ir_ref c = ir_emit(fn, IR_fcmp, IR_I1, aux, f->a, f->b, 0, 0);
    ir_rewrite(k, IR_not, 0, c, 0);
    return 0;
}

static ir_ref fold_flagcond(struct ir_func *fn, struct ir_insn *k)
{
    const struct ir_insn *f = ir_def(fn, k->a);
    switch (f->op) {
    case IR_flagsub: return cond_of_sub(fn, k, f);
    case IR_flagadc: return cond_of_add(fn, k, f);
    case IR_flaglogic: return cond_of_logic(fn, k, f);
    case IR_flagfcmp: return cond_of_fcmp(fn, k, k->a);
    case IR_select: {
        /* A64's CCMP: one arm is a known flag word, so the chain becomes logic on conditions. */
        bool known_b = ir_is_number(fn, f->b), known_c = ir_is_number(fn, f->c);
        if (!known_b && !known_c)
            return 0;
        k->b = ir_emit(fn, IR_flagcond, IR_I1, k->aux, f->b, 0, 0, 0);
        k->c = ir_emit(fn, IR_flagcond, IR_I1, k->aux, f->c, 0, 0, 0);
        k->op = IR_select;
        k->aux = 0;
        k->a = f->a;
        return IR_AGAIN;
    }
    default: return 0;
    }
}

ir_ref ir_fold_cond(struct ir_func *fn, struct ir_insn *k)
{
    switch (k->op) {
    case IR_cmp: return fold_cmp(fn, k);
    case IR_select: return fold_select(fn, k);
    case IR_flagadc: return fold_flagadc(fn, k);
    case IR_flagcond: return fold_flagcond(fn, k);
    default: return 0;
    }
}
