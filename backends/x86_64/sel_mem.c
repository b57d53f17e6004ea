/*
 * Selection: guest memory. Guest addresses are host addresses. The host's order (TSO) gives acquire
 * loads and release stores for nothing but one case: a release store that a later acquire load must not pass, which
 * is made with a locked instruction.
 *
 * x_mark stands right before each host instruction that may fault. A result may take over a dying operand's
 * register only in the last such instruction: until then a fault must find the operand.
 */
#include "backends/x86_64/emit.h"

enum { V_PEXTRD = 0x16 | X_0F3A | X_66, V_PINSRD = 0x22 | X_0F3A | X_66 };

/* a + (b << scale) + imm; registers it names are locked. */
static struct x_mem address(struct x_ctx *c, const struct ir_insn *in, unsigned a, unsigned b)
{
    struct x_mem m = {X_NONE, X_NONE, 0, 0};
    int64_t disp = in->imm;
    const struct ir_insn *base = &c->insn[a];
    int64_t sum = disp + base->imm;
    if (base->op == IR_const && !(base->aux & 1) && sum == (int32_t)sum && c->val[a].reg == X_NONE)
        disp = sum;
    else
        m.base = (uint8_t)x_use(c, a);
    if (b) {
        unsigned x = x_use(c, b);
        if (in->aux & IR_MINDEX32S) {
            unsigned t = x_tmp(c);
            x_rr(c, X_MOVSXD, 1, t, x);
            x = t;
        }
        m.index = (uint8_t)x;
        m.scale = (in->aux & IR_MSCALE) >> IR_MSCALE_SHIFT;
    }
    if (disp == (int32_t)disp) {
        m.disp = (int32_t)disp;
        return m;
    }
    unsigned t = x_tmp(c);
    x_mov_imm(c, t, (uint64_t)disp);
    if (m.base == X_NONE)
        m.base = (uint8_t)t;
    else if (m.index == X_NONE)
        m.index = (uint8_t)t;
    else {
        x_alu_rr(c, A_ADD, 1, t, m.base);
        m.base = (uint8_t)t;
    }
    return m;
}

/* Extends what an atomic left in a register to the result's width. */
static void extend(struct x_ctx *c, const struct ir_insn *in, unsigned d, unsigned s)
{
    unsigned size = in->aux & IR_MSIZE, w = in->type == IR_I64;
    bool sign = in->aux & IR_MSIGN;
    if (size == IR_M8)
        x_rr(c, (sign ? X_MOVSX8 : X_MOVZX8) | X_BYTE, sign && w, d, s);
    else if (size == IR_M16)
        x_rr(c, sign ? X_MOVSX16 : X_MOVZX16, sign && w, d, s);
    else if (size == IR_M32 && sign && w)
        x_rr(c, X_MOVSXD, 1, d, s);
    else if (d != s || size == IR_M32)
        x_mov_rr(c, size == IR_M64, d, s);
}

static void load_int(struct x_ctx *c, const struct ir_insn *in, unsigned d, struct x_mem m)
{
    unsigned size = in->aux & IR_MSIZE, w = in->type == IR_I64;
    bool sign = in->aux & IR_MSIGN;
    if ((in->aux & IR_MBE) && size != IR_M8) {
        x_rm(c, size == IR_M16 ? 0xf0 | X_0F38 | X_66 : 0xf0 | X_0F38, size == IR_M64, d, m);      /* movbe */
        if (size == IR_M16 || (size == IR_M32 && sign))
            extend(c, in, d, d);
        return;
    }
    switch (size) {
    case IR_M8: x_rm(c, sign ? X_MOVSX8 : X_MOVZX8, sign && w, d, m); break;
    case IR_M16: x_rm(c, sign ? X_MOVSX16 : X_MOVZX16, sign && w, d, m); break;
    case IR_M32:
        if (sign && w)
            x_rm(c, X_MOVSXD, 1, d, m);
        else
            x_load(c, 0, d, m);
        break;
    default: x_load(c, 1, d, m); break;
    }
}

void x_sel_load(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    struct x_mem m = address(c, in, o.a, o.b);
    if (in->type == IR_F16) {
        unsigned d = x_def(c);
        v_rrr(c, V_PXOR, 0, d, d, d);
        x_mark(c);
        v_rrmi(c, V_PINSRW, 0, d, d, m, 0);
        return;
    }
    unsigned d = x_def_marked(c);
    if (!x_is_xmm_type(in->type))
        load_int(c, in, d, m);
    else
        v_rm(c, x_type_bytes(in->type) == 4 ? V_MOVSS : x_type_bytes(in->type) == 8 ? V_MOVSD : V_MOVUPS, 0, d, m);
}

/* lock or dword [rsp], 0: a full fence, cheaper than mfence. The return stack is this task's own. */
static void locked_nothing(struct x_ctx *c)
{
    x_rm_tail(c, 0x83 | X_LOCK, 0, A_OR, x_at(RSP, 0), 1);
    x_b(c, 0);
}

static void store_int(struct x_ctx *c, const struct ir_insn *in, unsigned ref, struct x_mem m)
{
    unsigned size = in->aux & IR_MSIZE;
    const struct ir_insn *v = &c->insn[ref];
    bool swapped = (in->aux & IR_MBE) && size != IR_M8;
    if (in->aux & IR_MREL) {
        unsigned t = x_tmp_copy(c, ref);
        if (swapped) {
            x_legacy(c, X_0F | 0xc8 | (t & 7), (size == IR_M64) << 3 | t >> 3, false);
            if (size == IR_M16)
                x_shift_ri(c, S_SHR, 0, t, 16);
        }
        static const uint32_t xchg[4] = {0x86 | X_BYTE, 0x87 | X_66, 0x87, 0x87};
        x_mark(c);
        x_rm(c, xchg[size], size == IR_M64, t, m);
        return;
    }
    if (v->op == IR_const && !swapped && c->val[ref].reg == X_NONE && (size < IR_M64 || (v->imm == (int32_t)v->imm && !(v->aux & 1)))) {
        x_mark(c);
        x_store_imm(c, size, m, (int32_t)v->imm);
        return;
    }
    unsigned r = x_use(c, ref);
    x_mark(c);
    if (swapped)
        x_rm(c, size == IR_M16 ? 0xf1 | X_0F38 | X_66 : 0xf1 | X_0F38, size == IR_M64, r, m);      /* movbe */
    else
        x_store(c, size, m, r);
}

void x_sel_store(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    struct x_mem m = address(c, in, o.a, o.b);
    unsigned type = c->insn[in->c].type;
    if (!x_is_xmm_type(type)) {
        store_int(c, in, o.c, m);
        return;
    }
    unsigned r = x_use(c, o.c);
    x_mark(c);
    switch (x_type_bytes(type)) {
    case 2: v_rrmi(c, V_PEXTRW, 0, r, 0, m, 0); break;
    case 4: v_rm(c, V_MOVSS_ST, 0, r, m); break;
    case 8: v_rm(c, V_MOVSD_ST, 0, r, m); break;
    default: v_rm(c, V_MOVUPS_ST, 0, r, m); break;
    }
    if (in->aux & IR_MREL)
        locked_nothing(c);
}

/* ---- atomics ---- */

/* Operand forms of one size: 8-bit opcodes are one less than the others. */
static void sized(struct x_ctx *c, uint32_t op, unsigned size, unsigned reg, struct x_mem m)
{
    x_rm(c, size == IR_M8 ? (op - 1) | X_BYTE : size == IR_M16 ? op | X_66 : op, size == IR_M64, reg, m);
}
enum { CMPXCHG = 0xb1 | X_0F | X_LOCK, XADD = 0xc1 | X_0F | X_LOCK, XCHG = 0x87 };

/* Computes t = t <kind> b at the access's size; b a register. Compares sign by the size. */
static void amo_step(struct x_ctx *c, unsigned kind, unsigned size, unsigned t, unsigned b)
{
    static const uint8_t alu[] = {[IR_AMO_AND] = A_AND, [IR_AMO_OR] = A_OR, [IR_AMO_XOR] = A_XOR};
    static const uint8_t take_b[] = {[IR_AMO_MINS] = CC_G, [IR_AMO_MAXS] = CC_L, [IR_AMO_MINU] = CC_A, [IR_AMO_MAXU] = CC_B};
    switch (kind) {
    case IR_AMO_AND: case IR_AMO_OR: case IR_AMO_XOR:
        x_alu_rr(c, alu[kind], 1, t, b);
        break;
    case IR_AMO_ANDN:
        v_rrr(c, X_ANDN, 1, t, b, t);
        break;
    default:
        x_rr(c, size == IR_M8 ? 0x38 | X_BYTE : size == IR_M16 ? 0x39 | X_66 : 0x39, size == IR_M64, b, t);     /* cmp t, b */
        x_cmov(c, take_b[kind], 1, t, b);
        break;
    }
}

static void amo_loop(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned size = in->aux & IR_MSIZE;
    x_grab(c, RAX);
    struct x_mem m = x_at(x_use(c, o.a), 0);
    unsigned b = x_use(c, o.b), t = x_tmp(c);
    x_mark(c);
    if (size == IR_M8)
        x_rm(c, X_MOVZX8, 0, RAX, m);
    else if (size == IR_M16)
        x_rm(c, X_MOVZX16, 0, RAX, m);
    else
        x_load(c, size == IR_M64, RAX, m);
    const uint8_t *again = c->p;
    x_mov_rr(c, 1, t, RAX);
    amo_step(c, (unsigned)in->imm, size, t, b);
    x_mark(c);
    sized(c, CMPXCHG, size, t, m);
    x_jcc8_to(c, CC_NE, again);
    extend(c, in, RAX, RAX);
    x_def_in(c, RAX);
}

void x_sel_amo(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    unsigned size = in->aux & IR_MSIZE;
    if (in->imm != IR_AMO_ADD && in->imm != IR_AMO_XCHG) {
        if (c->val[c->pos].used || in->imm >= IR_AMO_MINS) {
            amo_loop(c, in, o);
            return;
        }
        static const uint32_t op[] = {[IR_AMO_AND] = 0x21 | X_LOCK, [IR_AMO_OR] = 0x09 | X_LOCK, [IR_AMO_XOR] = 0x31 | X_LOCK};
        struct x_mem m = x_at(x_use(c, o.a), 0);
        unsigned b = x_use(c, o.b);
        x_mark(c);
        sized(c, op[in->imm], size, b, m);
        return;
    }
    struct x_mem m = x_at(x_use(c, o.a), 0);
    unsigned t = x_tmp_copy(c, o.b);
    x_mark(c);
    sized(c, in->imm == IR_AMO_ADD ? XADD : XCHG, size, t, m);
    extend(c, in, t, t);
    x_def_in(c, t);
}

/* Compared with rdx:rax, replaced by rcx:rbx. */
static void cas_whole(struct x_ctx *c, struct x_ops o)
{
    static const uint8_t regs[] = {RAX, RBX, RCX, RDX};
    for (unsigned i = 0; i < sizeof regs; i++)
        x_grab(c, regs[i]);
    struct x_mem m = x_at(x_use(c, o.a), 0);
    unsigned expected = x_use(c, o.b), desired = x_use(c, o.c), d = x_def(c);
    v_rr(c, V_MOVD_ST, 1, expected, RAX);
    v_rrri(c, V_PEXTRD, 1, expected, 0, RDX, 1);
    v_rr(c, V_MOVD_ST, 1, desired, RBX);
    v_rrri(c, V_PEXTRD, 1, desired, 0, RCX, 1);
    x_mark(c);
    x_rm(c, 0xc7 | X_0F | X_LOCK, 1, 1, m);     /* cmpxchg16b */
    v_rr(c, V_MOVD, 1, d, RAX);
    v_rrri(c, V_PINSRD, 1, d, d, RDX, 1);
}

void x_sel_cas(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    if (in->type == IR_V128) {
        cas_whole(c, o);
        return;
    }
    x_grab(c, RAX);
    struct x_mem m = x_at(x_use(c, o.a), 0);
    unsigned n = x_use(c, o.c);
    x_into(c, RAX, o.b);
    x_mark(c);
    sized(c, CMPXCHG, in->aux & IR_MSIZE, n, m);
    extend(c, in, RAX, RAX);
    x_def_in(c, RAX);
}

void x_sel_stx(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    x_grab(c, RAX);
    unsigned a = x_use(c, o.a), n = x_use(c, o.c), t = x_tmp(c);
    unsigned held = x_use(c, o.d);
    x_into(c, RAX, o.b);
    x_alu_rr(c, A_XOR, 0, t, t);
    x_alu_rr(c, A_CMP, 1, a, held);
    uint8_t *fail = x_jcc8(c, CC_NE);
    x_mark(c);
    sized(c, CMPXCHG, in->aux & IR_MSIZE, n, x_at(a, 0));
    x_here(c, fail);
    x_setcc(c, CC_NE, t);
    x_def_in(c, t);
}

void x_sel_fence(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    (void)o;
    if (in->imm == IR_FENCE_FULL)
        locked_nothing(c);
}

void x_sel_prefetch(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    (void)in;
    x_rm(c, 0x18 | X_0F, 0, 1, x_at(x_use(c, o.a), 0));     /* prefetcht0 */
}
