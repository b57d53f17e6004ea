/*
 * Conditions and flag words. A deferred compare or flag word is computed where it is used; what
 * is known of the host's flags after each kind of flag word:
 *   flagsub    cmp: N, Z, V as the host's; C is the inverse of the host's carry
 *   flagadc    add/adc: all four as the host's
 *   flaglogic  test: N, Z as the host's; C = V = 0, as the host's
 */
#include "backends/x86_64/alloc.h"

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

/* The compare of a cmp or flagcond instruction, deferred or not. */
unsigned x_cond_insn(struct x_ctx *c, unsigned ref)
{
    const struct ir_insn *in = &c->insn[ref];
    struct x_ops o = c->ops[ref];
    if (in->op == IR_cmp)
        return compare(c, int_cc[in->aux], c->insn[in->a].type == IR_I64, o.a, o.b);
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

void x_flags_into_rax(struct x_ctx *c, unsigned ref)
{
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
