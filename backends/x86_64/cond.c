/*
 * Conditions and flag words. A deferred compare or flag word is computed where it is used; what
 * is known of the host's flags after each kind of flag word:
 *   flagsub    cmp: N, Z, V as the host's; C is the inverse of the host's carry
 *   flagadc    add/adc: all four as the host's
 *   flaglogic  test: N, Z as the host's; C = V = 0, as the host's
 */
#include "backends/x86_64/alloc.h"
#include "backends/x86_64/float.h"

static const uint8_t int_cc[] = {
    [IR_EQ] = CC_E, [IR_NE] = CC_NE, [IR_LTS] = CC_L, [IR_GES] = CC_GE, [IR_LES] = CC_LE, [IR_GTS] = CC_G,
    [IR_LTU] = CC_B, [IR_GEU] = CC_AE, [IR_LEU] = CC_BE, [IR_GTU] = CC_A,
};
/* After a host subtraction. */
static const uint8_t sub_cc[] = {
    [IR_F_EQ] = CC_E, [IR_F_NE] = CC_NE, [IR_F_CS] = CC_AE, [IR_F_CC] = CC_B, [IR_F_MI] = CC_S, [IR_F_PL] = CC_NS,
    [IR_F_VS] = CC_O, [IR_F_VC] = CC_NO, [IR_F_HI] = CC_A, [IR_F_LS] = CC_BE, [IR_F_GE] = CC_GE, [IR_F_LT] = CC_L,
    [IR_F_GT] = CC_G, [IR_F_LE] = CC_LE,
};

/* alu reg, value, wherever the value is; allocates nothing. */
void x_alu_any(struct x_ctx *c, unsigned alu, unsigned w, unsigned reg, unsigned ref)
{
    const struct x_val *v = &c->val[ref];
    int32_t imm;
    if (v->reg != X_NONE)
        x_alu_rr(c, alu, w, reg, v->reg);
    else if (x_imm32(c, ref, w, &imm))
        x_alu_ri(c, alu, w, reg, imm);
    else
        x_alu_rm(c, alu, w, reg, x_place_mem(c, ref));
}

static bool is_zero(const struct x_ctx *c, unsigned ref) { return x_is_const(c, ref) && c->insn[ref].imm == 0; }

/* Sets the host's flags for a value compared with zero. */
static void test_value(struct x_ctx *c, unsigned w, unsigned a)
{
    int32_t imm;
    if (c->val[a].flags & XV_DEFER) {       /* an and */
        struct x_ops o = c->ops[a];
        unsigned x = x_use(c, o.a);
        if (x_imm32(c, o.b, w, &imm))
            x_test_ri(c, w, x, imm);
        else
            x_test_rr(c, w, x, x_use(c, o.b));
    } else {
        unsigned x = x_use(c, a);
        x_test_rr(c, w, x, x);
    }
}

/* Compares two integer values; returns cc, changed where a shorter test allows it. */
static unsigned compare(struct x_ctx *c, unsigned cc, unsigned w, unsigned a, unsigned b)
{
    struct x_mem m;
    int32_t imm;
    bool sign_or_zero = cc == CC_E || cc == CC_NE || cc == CC_L || cc == CC_GE || cc == CC_S || cc == CC_NS;
    if (is_zero(c, b) && sign_or_zero && !x_use_mem(c, a, w ? 8 : 4, &m)) {
        test_value(c, w, a);
        return cc == CC_L ? CC_S : cc == CC_GE ? CC_NS : cc;
    }
    if (x_imm32(c, b, w, &imm)) {
        if (x_use_mem(c, a, w ? 8 : 4, &m))
            x_alu_mi(c, A_CMP, w, m, imm);
        else
            x_alu_ri(c, A_CMP, w, x_use(c, a), imm);
        return cc;
    }
    unsigned x = x_use(c, a);
    if (x_use_mem(c, b, w ? 8 : 4, &m))
        x_alu_rm(c, A_CMP, w, x, m);
    else
        x_alu_rr(c, A_CMP, w, x, x_use(c, b));
    return cc;
}

/* Sets the host carry from an I1 value; allocates nothing. */
static void carry_from(struct x_ctx *c, unsigned ref)
{
    if (x_is_const(c, ref)) {
        x_b(c, c->insn[ref].imm ? 0xf9 : 0xf8);
        return;
    }
    if (c->val[ref].reg != X_NONE)
        x_rr(c, 0xba | X_0F, 0, 4, c->val[ref].reg);
    else
        x_rm_tail(c, 0xba | X_0F, 0, 4, x_place_mem(c, ref), 1);
    x_b(c, 0);
}

/* reg (a copy of the first operand) += second + carry. */
static void add_carry(struct x_ctx *c, unsigned w, unsigned reg, struct x_ops o)
{
    bool none = is_zero(c, o.c);
    if (!none)
        carry_from(c, o.c);
    x_alu_any(c, none ? A_ADD : A_ADC, w, reg, o.b);
}

static unsigned flag_width(const struct x_ctx *c, unsigned ref) { return c->insn[c->insn[ref].a].type == IR_I64; }

/* A condition on a deferred flag word. */
static unsigned cond_of_deferred(struct x_ctx *c, unsigned fcc, unsigned word)
{
    struct x_ops o = c->ops[word];
    unsigned w = flag_width(c, word);
    switch (c->insn[word].op) {
    case IR_flagsub:
        return compare(c, sub_cc[fcc], w, o.a, o.b);
    case IR_flaglogic:
        test_value(c, w, o.a);
        if (fcc == IR_F_HI || fcc == IR_F_CS)
            return CC_B;
        if (fcc == IR_F_LS || fcc == IR_F_CC)
            return CC_AE;
        return sub_cc[fcc];
    default: {
        if (!x_is_const(c, o.c) && c->val[o.c].reg == X_NONE)
            x_use(c, o.c);
        unsigned t = x_tmp_copy(c, o.a);
        add_carry(c, w, t, o);
        if (fcc == IR_F_HI || fcc == IR_F_LS)
            x_b(c, 0xf5);       /* cmc */
        return fcc == IR_F_CS ? CC_B : fcc == IR_F_CC ? CC_AE : sub_cc[fcc];
    }
    }
}

/* A condition on a flag word in a register. */
static unsigned cond_of_word(struct x_ctx *c, unsigned fcc, unsigned ref)
{
    static const uint16_t bit[] = {IR_FLAG_Z, IR_FLAG_C, IR_FLAG_N, IR_FLAG_V};
    unsigned r = x_use(c, ref);
    unsigned negate = fcc & 1;
    if (fcc < IR_F_HI) {
        x_test_ri(c, 0, r, bit[fcc >> 1]);
        return CC_NE ^ negate;
    }
    unsigned t = x_tmp(c);
    x_mov_rr(c, 0, t, r);
    if (fcc <= IR_F_LS) {
        x_alu_ri(c, A_AND, 0, t, IR_FLAG_C | IR_FLAG_Z);
        x_alu_ri(c, A_CMP, 0, t, IR_FLAG_C);
        return CC_E ^ negate;
    }
    /* Bit 0 becomes N ^ V; bit 14 stays Z. */
    x_shift_ri(c, S_SHR, 0, t, 15);
    x_alu_rr(c, A_XOR, 0, t, r);
    x_test_ri(c, 0, t, fcc <= IR_F_LT ? 1 : 1 | IR_FLAG_Z);
    return CC_E ^ negate;
}

/* The compare of a condition that one host condition decides, deferred or (cmp, flagcond) not. */
unsigned x_cond_insn(struct x_ctx *c, unsigned ref)
{
    const struct ir_insn *in = &c->insn[ref];
    struct x_ops o = c->ops[ref];
    if (in->op == IR_cmp)
        return compare(c, int_cc[in->aux], c->insn[in->a].type == IR_I64, o.a, o.b);
    if (in->op == IR_not)
        return x_cond(c, o.a) ^ 1;
    if (in->op == IR_fcmp)
        return x_fcmp_flags(c, in, o);
    if (c->val[o.a].flags & XV_DEFER)
        return cond_of_deferred(c, in->aux, o.a);
    return cond_of_word(c, in->aux, o.a);
}

unsigned x_cond(struct x_ctx *c, unsigned ref)
{
    if (c->val[ref].flags & XV_DEFER)
        return x_cond_insn(c, ref);
    unsigned r = x_use(c, ref);
    x_test_rr(c, 0, r, r);
    return CC_NE;
}

/* ---- jumps on conditions that are deferred, and on several of them ---- */

/* Where jumps lead: to the cold code about to be written, or to a place further on. */
struct target { bool cold; unsigned n; uint8_t *at[8]; };

static void jump_to(struct x_ctx *c, unsigned cc, struct target *t)
{
    if (!t->cold) {
        t->at[t->n++] = x_jcc8(c, (enum x_cc)cc);
        return;
    }
    x_b(c, 0x0f);
    x_b(c, 0x80 | cc);
    x_to_cold(c);
}

static void target_here(struct x_ctx *c, struct target *t)
{
    for (unsigned i = 0; i < t->n; i++)
        x_here(c, t->at[i]);
}

/* A deferred cmp where nothing may be allocated. */
static unsigned compare_in_place(struct x_ctx *c, unsigned ref)
{
    struct x_ops o = c->ops[ref];
    unsigned w = c->insn[c->insn[ref].a].type == IR_I64, cc = int_cc[c->insn[ref].aux], a = c->val[o.a].reg;
    if (c->val[o.a].flags & XV_DEFER) {     /* an and, compared with zero */
        x_into(c, RAX, c->ops[o.a].a);
        x_alu_any(c, A_AND, w, RAX, c->ops[o.a].b);
        return cc == CC_L ? CC_S : cc == CC_GE ? CC_NS : cc;
    }
    if (a == X_NONE)
        x_into(c, a = RAX, o.a);
    x_alu_any(c, A_CMP, w, a, o.b);
    return cc;
}

/* Jumps if a condition that is no and, or, not is as wanted. in_place (integers only): allocates nothing, changes rax. */
static void jump_on_one(struct x_ctx *c, unsigned ref, bool want, struct target *t, bool in_place)
{
    const struct ir_insn *in = &c->insn[ref];
    bool defer = c->val[ref].flags & XV_DEFER;
    unsigned cc;
    if (!in_place) {
        cc = x_cond(c, ref);
    } else if (!defer) {
        x_into(c, RAX, ref);
        x_test_rr(c, 0, RAX, RAX);
        cc = CC_NE;
    } else {
        cc = compare_in_place(c, ref);
    }
    bool equal = defer && in->op == IR_fcmp && (in->aux & 0x7f) == IR_FEQ;      /* and not unordered */
    struct target past = {0};
    if (equal)
        jump_to(c, CC_P, want ? &past : t);
    jump_to(c, want ? cc : cc ^ 1, t);
    target_here(c, &past);
}

static void jump_on(struct x_ctx *c, unsigned ref, bool want, struct target *t, bool in_place)
{
    unsigned op = c->insn[ref].op;
    struct x_ops o = c->ops[ref];
    if (!(c->val[ref].flags & XV_DEFER) || (op != IR_not && op != IR_and && op != IR_or)) {
        jump_on_one(c, ref, want, t, in_place);
    } else if (op == IR_not) {
        jump_on(c, o.a, !want, t, in_place);
    } else if ((op == IR_or) == want) {     /* either decides */
        jump_on(c, o.a, want, t, in_place);
        jump_on(c, o.b, want, t, in_place);
    } else {
        struct target past = {0};
        jump_on(c, o.a, !want, &past, in_place);
        jump_on(c, o.b, want, t, in_place);
        target_here(c, &past);
    }
}

static bool is_compound(const struct x_ctx *c, unsigned ref)
{
    const struct ir_insn *in = &c->insn[ref];
    if (!(c->val[ref].flags & XV_DEFER))
        return false;
    return in->op == IR_and || in->op == IR_or || (in->op == IR_fcmp && (in->aux & 0x7f) == IR_FEQ) ||
           (in->op == IR_not && is_compound(c, c->ops[ref].a));
}

/* Brings all that jump_on() compares into registers: what it loaded itself would be loaded on one way only. */
static void load_operands(struct x_ctx *c, unsigned ref)
{
    struct x_ops o = c->ops[ref];
    int32_t imm;
    if (!(c->val[ref].flags & XV_DEFER)) {
        if (c->insn[ref].type == IR_I1 || !x_is_const(c, ref) || !x_imm32(c, ref, c->insn[ref].type == IR_I64, &imm))
            x_use(c, ref);
        return;
    }
    load_operands(c, o.a);
    if (o.b)
        load_operands(c, o.b);
    if (c->insn[ref].op == IR_cmp && x_is_const(c, o.a))
        x_use(c, o.a);
}

void x_jump_if(struct x_ctx *c, unsigned ref)
{
    struct target cold = {.cold = true};
    if (is_compound(c, ref)) {
        load_operands(c, ref);
        jump_on(c, ref, true, &cold, false);
    } else {
        jump_to(c, x_cond(c, ref), &cold);
    }
}

/* ---- flag words in rax ---- */

/* The host's flags as a flag word in rax, of which mask may be set. */
static void flags_to_rax(struct x_ctx *c, uint32_t mask)
{
    x_b(c, 0x9f);               /* lahf: N at 15, Z at 14, C at 8 */
    if (mask & IR_FLAG_V)
        x_setcc(c, CC_O, RAX);
    x_b(c, 0x25);               /* and eax, imm32 */
    x_d(c, mask);
}

/* The flag word of an op on the value in register a and b (and a constant carry); a is rax if it has to change. */
static void word_into_rax(struct x_ctx *c, unsigned op, unsigned w, unsigned a, struct x_ops o)
{
    uint32_t mask = IR_FLAG_N | IR_FLAG_Z | IR_FLAG_C | IR_FLAG_V;
    switch (op) {
    case IR_flagsub:
        x_alu_any(c, A_CMP, w, a, o.b);
        x_b(c, 0xf5);           /* cmc */
        break;
    case IR_flagadc:
        add_carry(c, w, a, o);
        break;
    default:
        x_test_rr(c, w, a, a);
        mask = IR_FLAG_N | IR_FLAG_Z;
        break;
    }
    flags_to_rax(c, mask);
}

/* flagfcmp's word. */
static void fcmp_into_rax(struct x_ctx *c, unsigned ref)
{
    x_flagfcmp_in_place(c, &c->insn[ref], c->ops[ref]);
    x_mov_imm(c, RAX, IR_FLAG_C | IR_FLAG_V);
    uint8_t *unordered = x_jcc8(c, CC_P);
    x_mov_imm(c, RAX, IR_FLAG_N);
    uint8_t *less = x_jcc8(c, CC_B);
    x_mov_imm(c, RAX, IR_FLAG_Z | IR_FLAG_C);
    uint8_t *equal = x_jcc8(c, CC_E);
    x_mov_imm(c, RAX, IR_FLAG_C);
    x_here(c, unordered);
    x_here(c, less);
    x_here(c, equal);
}

static void arm_into_rax(struct x_ctx *c, unsigned ref)
{
    if (c->val[ref].flags & XV_DEFER)
        x_deferred_into_rax(c, ref);
    else
        x_into(c, RAX, ref);
}

/* One of two words. */
static void select_into_rax(struct x_ctx *c, struct x_ops o)
{
    struct target other = {0};
    jump_on(c, o.a, false, &other, true);
    arm_into_rax(c, o.b);
    x_b(c, 0xeb), x_b(c, 0);            /* jmp */
    uint8_t *end = c->p;
    target_here(c, &other);
    arm_into_rax(c, o.c);
    x_here(c, end);
}

void x_deferred_into_rax(struct x_ctx *c, unsigned ref)
{
    if (c->insn[ref].op == IR_flagfcmp) {
        fcmp_into_rax(c, ref);
        return;
    }
    if (c->insn[ref].op == IR_select) {
        select_into_rax(c, c->ops[ref]);
        return;
    }
    if (c->insn[ref].op == IR_sext) {
        x_into(c, RAX, c->ops[ref].a);
        x_rr(c, X_MOVSXD, 1, RAX, RAX);
        return;
    }
    struct x_ops o = c->ops[ref];
    unsigned w = flag_width(c, ref), op = c->insn[ref].op, a = c->val[o.a].reg;
    if (c->val[o.a].flags & XV_DEFER) {     /* an and */
        x_into(c, RAX, c->ops[o.a].a);
        x_alu_any(c, A_AND, w, RAX, c->ops[o.a].b);
        flags_to_rax(c, IR_FLAG_N | IR_FLAG_Z);
        return;
    }
    if (a == X_NONE || op == IR_flagadc) {
        x_into(c, RAX, o.a);
        a = RAX;
    }
    word_into_rax(c, op, w, a, o);
}

void x_loop_flags_into_rax(struct x_ctx *c)
{
    const struct x_loop_flags *f = &c->loop_flags;
    unsigned w = flag_width(c, f->word), op = c->insn[f->word].op;
    if (f->a_home != XV_NOHOME)
        x_load(c, 1, RAX, x_slot_mem(c, f->a_home));
    else
        x_into(c, RAX, f->a);
    if (f->addend)
        x_alu_ri(c, A_ADD, w, RAX, f->addend);
    if (f->b_home == XV_NOHOME) {
        word_into_rax(c, op, w, RAX, (struct x_ops){f->a, f->b, c->ops[f->word].c, 0});
        return;
    }
    bool sub = op == IR_flagsub, carry = !sub && !is_zero(c, c->ops[f->word].c);
    if (carry)
        carry_from(c, c->ops[f->word].c);
    x_alu_rm(c, sub ? A_CMP : carry ? A_ADC : A_ADD, w, RAX, x_slot_mem(c, f->b_home));
    if (sub)
        x_b(c, 0xf5);           /* cmc */
    flags_to_rax(c, IR_FLAG_N | IR_FLAG_Z | IR_FLAG_C | IR_FLAG_V);
}
