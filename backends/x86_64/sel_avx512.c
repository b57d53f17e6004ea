/*
 * Selection: integer vectors where AVX-512 has one instruction for what takes several without. Encoded with EVEX, so
 * that they stay off the memory of slots (emit.h). Source: Intel SDM vol. 2.
 */
#include "backends/x86_64/emit.h"

enum {
    V_PSUBW = 0xf9 | X_0F | X_66, V_PSUBQ = 0xfb | X_0F | X_66, V_POR = 0xeb | X_0F | X_66, V_PMAXSQ = 0x3d | X_0F38 | X_66,
    V_PBLENDVB = 0x4c | X_0F3A | X_66, V_SHIFT_H = 0x71 | X_0F | X_66, V_SHIFT_S = 0x72 | X_0F | X_66, V_SHIFT_D = 0x73 | X_0F | X_66,
    E_PSLLVW = 0x12 | X_0F38 | X_66, E_PSRLVW = 0x10 | X_0F38 | X_66, E_PSRAVW = 0x11 | X_0F38 | X_66,
    E_PSLLVQ = 0x47 | X_0F38 | X_66, E_PSRAVQ = 0x46 | X_0F38 | X_66, E_PTERNLOG = 0x25 | X_0F3A | X_66,
    E_PMOVSQD = 0x25 | X_0F38 | X_F3, E_PMOVUSQD = 0x15 | X_0F38 | X_F3, E_PSRAQ = V_SHIFT_S,
    SHIFT_ARITH = 4, SHIFT_LEFT = 6, WHERE_C = 0xca,     /* ternary logic: of the first, the second's bits where set, else the third's */
};

/* Operations of one or two operands. */
static const struct { uint16_t op; uint8_t lane, wide; uint32_t code, feature; } single[] = {
    {IR_vmul, IR_D, 1, 0x40 | X_0F38 | X_66, XF_AVX512VL},
    {IR_vmins, IR_D, 1, 0x39 | X_0F38 | X_66, XF_AVX512VL}, {IR_vmaxs, IR_D, 1, V_PMAXSQ, XF_AVX512VL},
    {IR_vminu, IR_D, 1, 0x3b | X_0F38 | X_66, XF_AVX512VL}, {IR_vmaxu, IR_D, 1, 0x3f | X_0F38 | X_66, XF_AVX512VL},
    {IR_vabs, IR_D, 1, 0x1f | X_0F38 | X_66, XF_AVX512VL}, {IR_vclz, IR_S, 0, 0x44 | X_0F38 | X_66, XF_AVX512VL},
    {IR_vpopcnt, IR_B, 0, 0x54 | X_0F38 | X_66, XF_AVX512BITALG},
};

static bool one_instruction(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned k = 0, n = sizeof single / sizeof single[0];
    while (k < n && (single[k].op != in->op || single[k].lane != (in->aux & 3) || !(x_features & single[k].feature)))
        k++;
    if (k == n)
        return false;
    unsigned a = x_use(c, o.a), b = o.b ? x_use(c, o.b) : a, d = x_def(c);
    e_rrr(c, single[k].code, single[k].wide, d, o.b ? a : 0, b);
    return true;
}

/* A64 SSHL and USHL of halfwords, SSHL of doublewords: both directions, and of the arithmetic ones the one that the count's sign says. */
static void shift_by_lane(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    bool w = (in->aux & 3) == IR_D, s = in->op == IR_vshls;
    unsigned a = x_use(c, o.a), b = x_use(c, o.b), d = x_def(c), n = x_xtmp(c);
    if (w) {
        v_rrri(c, V_SHIFT_D, 0, SHIFT_LEFT, n, b, 56);
        e_rrri(c, E_PSRAQ, 1, SHIFT_ARITH, n, n, 56);
    } else {
        v_rrri(c, V_SHIFT_H, 0, SHIFT_LEFT, n, b, 8);
        v_rrri(c, V_SHIFT_H, 0, SHIFT_ARITH, n, n, 8);
    }
    v_rrr(c, V_PXOR, 0, X_XTMP, X_XTMP, X_XTMP);
    v_rrr(c, w ? V_PSUBQ : V_PSUBW, 0, X_XTMP, X_XTMP, n);
    e_rrr(c, s ? (w ? E_PSRAVQ : E_PSRAVW) : E_PSRLVW, 1, X_XTMP, a, X_XTMP);
    if (w)
        v_rrr(c, E_PSLLVQ, 1, d, a, n);
    else
        e_rrr(c, E_PSLLVW, 1, d, a, n);
    if (s)      /* all bytes of a count have its sign */
        v_rrri(c, V_PBLENDVB, 0, d, d, X_XTMP, (n & 15) << 4);
    else
        v_rrr(c, V_POR, 0, d, d, X_XTMP);
}

static void narrow_doublewords(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned a = x_use(c, o.a), d = x_def(c);
    if (in->op == IR_vqnarrowsu) {
        v_rrr(c, V_PXOR, 0, X_XTMP, X_XTMP, X_XTMP);
        e_rrr(c, V_PMAXSQ, 1, X_XTMP, a, X_XTMP);
        a = X_XTMP;
    }
    e_rr(c, in->op == IR_vqnarrows ? E_PMOVSQD : E_PMOVUSQD, 0, a, d);     /* writes its rm operand, zero above */
}

bool x_avx512(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned lane = in->aux & 3;
    if (!(x_features & XF_AVX512VL))
        return false;
    switch (in->op) {
    case IR_vshlu: case IR_vshls:
        if (in->aux & (IR_SH_ROUND | IR_SH_SAT) || !(lane == IR_H || (lane == IR_D && in->op == IR_vshls)))
            return false;
        shift_by_lane(c, in, o);
        return true;
    case IR_vsari: {
        if (lane != IR_D || !in->imm)
            return false;
        unsigned a = x_use(c, o.a);
        e_rrri(c, E_PSRAQ, 1, SHIFT_ARITH, x_def(c), a, in->imm > 63 ? 63 : (unsigned)in->imm);
        return true;
    }
    case IR_vqnarrows: case IR_vqnarrowu: case IR_vqnarrowsu:
        if (lane != IR_D)
            return false;
        narrow_doublewords(c, in, o);
        return true;
    case IR_vselect: {
        unsigned b = x_use(c, o.b), f = x_use(c, o.c);
        e_rrri(c, E_PTERNLOG, 0, x_def_copy(c, o.a), b, f, WHERE_C);
        return true;
    }
    default:
        return one_instruction(c, in, o);
    }
}

void x_sel_vclz(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    if (!x_avx512(c, in, o))
        x_sel_eval(c, in, o);
}
