/* Selection: integers. Semantics of each op in ir/ops.def. */
#include "backends/x86_64/emit.h"

static unsigned is64(const struct ir_insn *in) { return in->type == IR_I64; }
static unsigned bytes_of(const struct ir_insn *in) { return in->type == IR_I64 ? 8 : 4; }

/* alu d, value: immediate, memory or register. */
static void alu_value(struct x_ctx *c, enum x_alu alu, unsigned w, unsigned d, unsigned ref)
{
    int32_t imm;
    struct x_mem m;
    if (x_imm32(c, ref, w, &imm))
        x_alu_ri(c, alu, w, d, imm);
    else if (x_use_mem(c, ref, w ? 8 : 4, &m))
        x_alu_rm(c, alu, w, d, m);
    else
        x_alu_rr(c, alu, w, d, x_use(c, ref));
}

/* True if the first operand of a commutative op should be the second: only that one's register may be overwritten. */
static bool better_swapped(const struct x_ctx *c, struct x_ops o)
{
    const struct x_val *a = &c->val[o.a], *b = &c->val[o.b];
    if (x_is_const(c, o.b))
        return false;
    bool a_free = a->reg == X_NONE || x_dies(c, o.a), b_free = b->reg != X_NONE && x_dies(c, o.b);
    return b_free && (!a_free || a->reg == X_NONE);
}

/* d = a alu b for two-operand instructions. */
static void two_operand(struct x_ctx *c, enum x_alu alu, const struct ir_insn *in, struct x_ops o)
{
    unsigned w = is64(in);
    int32_t imm;
    /* b's register must be known before a's is overwritten. */
    if (o.a != o.b && c->val[o.b].reg != X_NONE)
        x_use(c, o.b);
    if (o.a != o.b && c->val[o.b].reg == X_NONE && !x_imm32(c, o.b, w, &imm) && !x_dies(c, o.b))
        x_use(c, o.b);
    if (o.a == o.b) {
        unsigned d = x_def_copy(c, o.a);
        x_alu_rr(c, alu, w, d, d);
        return;
    }
    unsigned d = x_def_copy(c, o.a);
    alu_value(c, alu, w, d, o.b);
}

void x_sel_add(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned w = is64(in);
    int32_t imm;
    if (x_is_const(c, o.a) && !x_is_const(c, o.b)) {
        unsigned t = o.a;
        o.a = o.b, o.b = (uint16_t)t;
    }
    if (x_imm32(c, o.b, w, &imm)) {
        if (!x_dies(c, o.a)) {
            unsigned a = x_use(c, o.a);
            x_lea(c, w, x_def(c), x_at(a, imm));
        } else {
            unsigned d = x_def_copy(c, o.a);
            if (imm == 128)
                x_alu_ri(c, A_SUB, w, d, -128);
            else
                x_alu_ri(c, A_ADD, w, d, imm);
        }
        return;
    }
    if (better_swapped(c, o)) {
        unsigned t = o.a;
        o.a = o.b, o.b = (uint16_t)t;
    }
    if (c->val[o.a].reg != X_NONE && !x_dies(c, o.a)) {
        struct x_mem m;
        if (o.a != o.b && x_use_mem(c, o.b, w ? 8 : 4, &m)) {     /* load the other, add this */
            unsigned a = x_use(c, o.a), d = x_def_copy(c, o.b);
            x_alu_rr(c, A_ADD, w, d, a);
            return;
        }
        unsigned a = x_use(c, o.a), b = x_use(c, o.b);
        x_lea(c, w, x_def(c), (struct x_mem){(uint8_t)a, (uint8_t)b, 0, 0});
        return;
    }
    two_operand(c, A_ADD, in, o);
}

void x_sel_sub(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned w = is64(in);
    int32_t imm;
    if (x_imm32(c, o.b, w, &imm) && imm != INT32_MIN && !x_dies(c, o.a)) {
        unsigned a = x_use(c, o.a);
        x_lea(c, w, x_def(c), x_at(a, -imm));
        return;
    }
    if (o.a == o.b) {
        unsigned d = x_def(c);
        x_alu_rr(c, A_XOR, 0, d, d);
        return;
    }
    two_operand(c, A_SUB, in, o);
}

void x_sel_logic(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    enum x_alu alu = in->op == IR_and ? A_AND : in->op == IR_or ? A_OR : A_XOR;
    int32_t imm;
    if (better_swapped(c, o) || (x_is_const(c, o.a) && !x_is_const(c, o.b))) {
        unsigned t = o.a;
        o.a = o.b, o.b = (uint16_t)t;
    }
    if (alu == A_AND && x_is_const(c, o.b)) {
        uint64_t v = (uint64_t)c->insn[o.b].imm;
        if (in->type == IR_I32)
            v = (uint32_t)v;
        if (v == 0xff || v == 0xffff || v == 0xffffffff) {
            unsigned a = x_use(c, o.a), d = x_def(c);
            if (v == 0xffffffff)
                x_mov_rr(c, 0, d, a);
            else
                x_rr(c, v == 0xff ? X_MOVZX8 | X_BYTE : X_MOVZX16, 0, d, a);
            return;
        }
        if (v <= INT32_MAX && is64(in)) {      /* the upper half becomes zero either way */
            unsigned d = x_def_copy(c, o.a);
            x_alu_ri(c, A_AND, 0, d, (int32_t)v);
            return;
        }
    }
    if (alu == A_XOR && x_imm32(c, o.b, is64(in), &imm) && imm == -1) {
        x_rr(c, 0xf7, is64(in), 2, x_def_copy(c, o.a));
        return;
    }
    two_operand(c, alu, in, o);
}

void x_sel_andn(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned b = x_use(c, o.b);
    struct x_mem m;
    if (in->type != IR_I1 && x_use_mem(c, o.a, bytes_of(in), &m)) {
        v_rrm(c, X_ANDN, is64(in), x_def(c), b, m);
        return;
    }
    unsigned a = x_use(c, o.a);
    v_rrr(c, X_ANDN, is64(in), x_def(c), b, a);
}

/* neg, not */
void x_sel_neg(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned d = x_def_copy(c, o.a);
    if (in->type == IR_I1)
        x_alu_ri(c, A_XOR, 0, d, 1);
    else
        x_rr(c, 0xf7, is64(in), in->op == IR_neg ? 3 : 2, d);
}

void x_sel_mul(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned w = is64(in);
    int32_t imm;
    struct x_mem m;
    if (x_imm32(c, o.b, w, &imm)) {
        bool small = imm == (int8_t)imm;
        uint32_t op = small ? 0x6b : 0x69;
        if (x_use_mem(c, o.a, bytes_of(in), &m)) {
            x_rm_tail(c, op, w, x_def(c), m, small ? 1 : 4);
        } else {
            unsigned a = x_use(c, o.a);
            x_rr(c, op, w, x_def(c), a);
        }
        if (small)
            x_b(c, (unsigned)imm);
        else
            x_d(c, (uint32_t)imm);
        return;
    }
    if (better_swapped(c, o)) {
        unsigned t = o.a;
        o.a = o.b, o.b = (uint16_t)t;
    }
    if (o.a != o.b && x_use_mem(c, o.b, bytes_of(in), &m)) {
        unsigned d = x_def_copy(c, o.a);
        x_rm(c, X_IMUL, w, d, m);
        return;
    }
    unsigned b = x_use(c, o.b), d = x_def_copy(c, o.a);
    x_rr(c, X_IMUL, w, d, o.a == o.b ? d : b);
}

/* mulhs, mulhu, mulhsu */
void x_sel_mulh(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    if (!is64(in)) {
        x_sel_eval(c, in, o);
        return;
    }
    if (in->op == IR_mulhs) {
        x_grab(c, RAX);
        x_grab(c, RDX);
        x_into(c, RAX, o.a);
        x_rr(c, 0xf7, 1, 5, x_use(c, o.b));
        x_def_in(c, RDX);
        return;
    }
    x_grab(c, RDX);
    x_into(c, RDX, o.a);
    unsigned a = in->op == IR_mulhsu ? x_use(c, o.a) : 0, b = x_use(c, o.b), d = x_def(c);
    v_rrr(c, X_MULX, 1, d, d, b);
    if (in->op == IR_mulhsu) {      /* a taken as unsigned counted b << 64 too much where a < 0 */
        x_mov_rr(c, 1, RDX, a);
        x_shift_ri(c, S_SAR, 1, RDX, 63);
        x_alu_rr(c, A_AND, 1, RDX, b);
        x_alu_rr(c, A_SUB, 1, d, RDX);
    }
}

/*
 * div faults on a zero divisor and on INT_MIN / -1; both are caught before. For signed division
 * divisors 0 and -1 are those where b + 1 <= 1 unsigned: the quotient is a * b, the remainder a * (b + 1).
 */
static void div_unsigned(struct x_ctx *c, unsigned w, bool rem, unsigned a, unsigned b)
{
    if (rem)
        x_into(c, RDX, a);
    else
        x_into(c, RAX, a);
    x_test_rr(c, w, b, b);
    if (!rem)
        x_cmov(c, CC_E, w, RAX, b);
    uint8_t *zero = x_jcc8(c, CC_E);
    if (rem)
        x_mov_rr(c, w, RAX, RDX);
    x_alu_rr(c, A_XOR, 0, RDX, RDX);
    x_rr(c, 0xf7, w, 6, b);
    x_here(c, zero);
}

static void div_signed(struct x_ctx *c, unsigned w, bool rem, unsigned a, unsigned b)
{
    x_into(c, RAX, a);
    x_lea(c, w, RDX, x_at(b, 1));
    x_alu_ri(c, A_CMP, w, RDX, 1);
    uint8_t *special = x_jcc8(c, CC_BE);
    x_legacy(c, 0x99, w << 3, false);       /* cdq, cqo */
    x_rr(c, 0xf7, w, 7, b);
    uint8_t *over = x_jmp8(c);
    x_here(c, special);
    if (rem)
        x_rr(c, X_IMUL, w, RDX, RAX);
    else
        x_rr(c, X_IMUL, w, RAX, b);
    x_here(c, over);
}

void x_sel_div(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    bool rem = in->op == IR_rems || in->op == IR_remu;
    x_grab(c, RAX);
    x_grab(c, RDX);
    unsigned b = x_use(c, o.b);
    if (in->op == IR_divu || in->op == IR_remu)
        div_unsigned(c, is64(in), rem, o.a, b);
    else
        div_signed(c, is64(in), rem, o.a, b);
    if (!is64(in) && in->op == IR_remu)
        x_mov_rr(c, 0, RDX, RDX);       /* not divided: still with a's upper half */
    x_def_in(c, rem ? RDX : RAX);
}

void x_sel_shift(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned w = is64(in), mask = w ? 63 : 31;
    if (x_is_const(c, o.b)) {
        unsigned n = (unsigned)c->insn[o.b].imm & mask;
        bool lives = !x_dies(c, o.a);
        if (in->op == IR_ror) {
            unsigned a = x_use(c, o.a);
            v_rr(c, X_RORX, w, x_def(c), a);
            x_b(c, n);
        } else if (in->op == IR_shl && n <= 3 && lives) {
            unsigned a = x_use(c, o.a), d = x_def(c);
            if (n == 1)
                x_lea(c, w, d, (struct x_mem){(uint8_t)a, (uint8_t)a, 0, 0});
            else
                x_lea(c, w, d, (struct x_mem){X_NONE, (uint8_t)a, (uint8_t)n, 0});
        } else {
            unsigned d = x_def_copy(c, o.a);
            if (n)
                x_shift_ri(c, in->op == IR_shl ? S_SHL : in->op == IR_shr ? S_SHR : S_SAR, w, d, n);
            else if (!w)
                x_mov_rr(c, 0, d, d);
        }
        return;
    }
    if (in->op == IR_ror) {
        x_grab(c, RCX);
        x_into(c, RCX, o.b);
        unsigned d = x_def_copy(c, o.a);
        x_rr(c, 0xd3, w, S_ROR, d);
        return;
    }
    uint32_t op = in->op == IR_shl ? X_SHLX : in->op == IR_shr ? X_SHRX : X_SARX;
    unsigned b = x_use(c, o.b);
    struct x_mem m;
    if (x_use_mem(c, o.a, bytes_of(in), &m)) {
        v_rrm(c, op, w, x_def(c), b, m);
        return;
    }
    unsigned a = x_use(c, o.a);
    v_rrr(c, op, w, x_def(c), b, a);
}

void x_sel_extr(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned n = (unsigned)in->imm;
    if (o.a == o.b) {
        unsigned a = x_use(c, o.a);
        v_rr(c, X_RORX, is64(in), x_def(c), a);
        x_b(c, n);
        return;
    }
    unsigned a = x_use(c, o.a), d = x_def_copy(c, o.b);
    if (n) {
        x_rr(c, 0xac | X_0F, is64(in), a, d);       /* shrd d, a, imm8 */
        x_b(c, n);
    } else if (!is64(in)) {
        x_mov_rr(c, 0, d, d);
    }
}

void x_sel_count(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    uint32_t op = in->op == IR_clz ? X_LZCNT : in->op == IR_ctz ? X_TZCNT : X_POPCNT;
    struct x_mem m;
    if (x_use_mem(c, o.a, bytes_of(in), &m)) {
        x_rm(c, op, is64(in), x_def(c), m);
        return;
    }
    unsigned a = x_use(c, o.a);
    x_rr(c, op, is64(in), x_def(c), a);
}

void x_sel_bswap(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned d = x_def_copy(c, o.a);
    x_legacy(c, X_0F | 0xc8 | (d & 7), is64(in) << 3 | d >> 3, false);
}

/* Bits within bytes by three masked exchanges, then the bytes. */
void x_sel_bitrev(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    static const uint64_t mask[3] = {0x5555555555555555, 0x3333333333333333, 0x0f0f0f0f0f0f0f0f};
    unsigned w = is64(in), d = x_def_copy(c, o.a), t = x_tmp(c), m = x_tmp(c);
    for (unsigned i = 0; i < 3; i++) {
        x_mov_imm(c, m, w ? mask[i] : (uint32_t)mask[i]);
        x_mov_rr(c, w, t, d);
        x_shift_ri(c, S_SHR, w, t, 1u << i);
        x_alu_rr(c, A_AND, w, t, m);
        x_alu_rr(c, A_AND, w, d, m);
        x_shift_ri(c, S_SHL, w, d, 1u << i);
        x_alu_rr(c, A_OR, w, d, t);
    }
    x_legacy(c, X_0F | 0xc8 | (d & 7), w << 3 | d >> 3, false);
}

void x_sel_sext(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    uint32_t op = in->aux == 8 ? X_MOVSX8 | X_BYTE : in->aux == 16 ? X_MOVSX16 : X_MOVSXD;
    struct x_mem m;
    if (x_use_mem(c, o.a, in->aux / 8, &m)) {
        if (in->aux == 32 && !is64(in))
            x_load(c, 0, x_def(c), m);
        else
            x_rm(c, op, is64(in), x_def(c), m);
        return;
    }
    unsigned a = x_use(c, o.a), d = x_def(c);
    if (in->aux == 32 && !is64(in))
        x_mov_rr(c, 0, d, a);
    else
        x_rr(c, op, is64(in), d, a);
}

void x_sel_zext(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    struct x_mem m;
    if (in->aux == 1) {
        unsigned d = x_def_copy(c, o.a);
        x_alu_ri(c, A_AND, 0, d, 1);
        return;
    }
    uint32_t op = in->aux == 8 ? X_MOVZX8 | X_BYTE : X_MOVZX16;
    if (x_use_mem(c, o.a, in->aux / 8, &m)) {
        if (in->aux == 32)
            x_load(c, 0, x_def(c), m);
        else
            x_rm(c, op, 0, x_def(c), m);
        return;
    }
    unsigned a = x_use(c, o.a), d = x_def(c);
    if (in->aux == 32)
        x_mov_rr(c, 0, d, a);
    else
        x_rr(c, op, 0, d, a);
}

/* cmp and flagcond whose value is wanted as a number */
void x_sel_setcc(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    (void)in, (void)o;
    unsigned d = x_def(c);
    x_alu_rr(c, A_XOR, 0, d, d);
    unsigned cc = x_cond_insn(c, c->pos);
    x_setcc(c, (enum x_cc)cc, d);
}

void x_sel_select(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned w = is64(in);
    unsigned cc = x_cond(c, o.a);
    c->keep_flags = true;
    if (x_is_xmm_type(in->type)) {
        unsigned b = x_use(c, o.b), d = x_def_copy(c, o.c);
        if (o.b == o.c)
            return;
        uint8_t *skip = x_jcc8(c, (enum x_cc)(cc ^ 1));
        v_rr(c, V_MOVAPS, 0, d, b);
        x_here(c, skip);
        return;
    }
    if (x_dies(c, o.b) && c->val[o.b].reg != X_NONE && !(x_dies(c, o.c) && c->val[o.c].reg != X_NONE)) {
        unsigned t = o.b;       /* overwrite the one that is not needed again */
        o.b = o.c, o.c = (uint16_t)t;
        cc ^= 1;
    }
    struct x_mem m;
    if (o.b != o.c && in->type != IR_I1 && x_use_mem(c, o.b, w ? 8 : 4, &m)) {
        unsigned d = x_def_copy(c, o.c);
        x_rm(c, 0x40 | X_0F | cc, w, d, m);
        return;
    }
    unsigned b = x_use(c, o.b), d = x_def_copy(c, o.c);
    x_cmov(c, (enum x_cc)cc, w, d, o.b == o.c ? d : b);
}

void x_sel_crc32(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    if (!(in->aux & 4)) {
        x_sel_crc32_ieee(c, in, o);
        return;
    }
    if ((in->aux & 3) == 3 && c->insn[in->b].type != IR_I64) {
        x_sel_eval(c, in, o);
        return;
    }
    static const uint32_t op[4] = {0xf0 | X_0F38 | X_F2 | X_BYTE, 0xf1 | X_0F38 | X_F2, 0xf1 | X_0F38 | X_F2, 0xf1 | X_0F38 | X_F2};
    unsigned size = in->aux & 3, b = x_use(c, o.b), d = x_def_copy(c, o.a);
    if (o.a == o.b)
        b = d;
    if (size == 1)
        x_b(c, 0x66);
    x_rr(c, op[size], size == 3, d, b);
}

void x_sel_clmul(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    if (!is64(in) || !(x_features & XF_PCLMUL)) {
        x_sel_eval(c, in, o);
        return;
    }
    unsigned a = x_use(c, o.a), b = x_use(c, o.b), d = x_def(c), t = x_xtmp(c);
    v_rr(c, V_MOVD, 1, t, a);
    v_rr(c, V_MOVD, 1, X_XTMP, b);
    v_rrri(c, 0x44 | X_0F3A | X_66, 0, t, t, X_XTMP, 0);
    if (in->op == IR_clmul) {
        v_rr(c, V_MOVD_ST, 1, t, d);
    } else {
        v_rr(c, 0x16 | X_0F3A | X_66, 1, t, d);     /* vpextrq d, t, 1 */
        x_b(c, 1);
    }
}

/* A flag word that is wanted as a number. */
void x_sel_flags(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    (void)in, (void)o;
    x_grab(c, RAX);
    x_deferred_into_rax(c, c->pos);
    x_def_in(c, RAX);
}

void x_sel_trunc(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    (void)in;       /* looked through by live.c */
    x_def_copy(c, o.a);
}
