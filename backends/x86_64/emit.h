/*
 * The x86-64 encoder: one inline function per operand form. Instructions are written through c->p,
 * behind which the caller guarantees room (see X_SLACK).
 *
 * Registers are numbered 0-15 (general) and 16-31 (xmm0-xmm15); only the low four bits are encoded,
 * so either kind may stand in any form. An operation is a number packed by OP(): opcode byte, map,
 * mandatory prefix and flags. `w` is the operand size bit (REX.W, VEX.W).
 */
#ifndef BACKENDS_X86_64_EMIT_H
#define BACKENDS_X86_64_EMIT_H

#include <string.h>

#include "backends/x86_64/x86.h"

enum {
    X_0F = 1 << 8, X_0F38 = 2 << 8, X_0F3A = 3 << 8, X_MAP = 3 << 8,    /* opcode map */
    X_66 = 1 << 10, X_F3 = 2 << 10, X_F2 = 3 << 10, X_PP = 3 << 10,     /* mandatory prefix */
    X_BYTE = 1 << 12,       /* 8-bit registers: sil.. need a REX prefix */
    X_LOCK = 1 << 13,
    X_MAP5 = 1 << 14, X_MAP6 = 1 << 14 | 1 << 8,    /* EVEX only */
};

/* Condition codes; cc ^ 1 is the negation. */
enum x_cc { CC_O, CC_NO, CC_B, CC_AE, CC_E, CC_NE, CC_BE, CC_A, CC_S, CC_NS, CC_P, CC_NP, CC_L, CC_GE, CC_LE, CC_G };

/* The eight classic operations, in the order of their encodings. */
enum x_alu { A_ADD, A_OR, A_ADC, A_SBB, A_AND, A_SUB, A_XOR, A_CMP };
enum x_shift { S_ROL = 0, S_ROR = 1, S_SHL = 4, S_SHR = 5, S_SAR = 7 };

static inline void x_b(struct x_ctx *c, unsigned v) { *c->p++ = (uint8_t)v; }
static inline void x_d(struct x_ctx *c, uint32_t v) { memcpy(c->p, &v, 4); c->p += 4; }
static inline void x_q(struct x_ctx *c, uint64_t v) { memcpy(c->p, &v, 8); c->p += 8; }

/* ---- addresses ---- */

static inline struct x_mem x_at(unsigned base, int32_t disp) { return (struct x_mem){(uint8_t)base, X_NONE, 0, disp}; }
static inline struct x_mem x_state(unsigned off) { return x_at(RBP, (int32_t)off - X_BIAS); }
#define X_FRAME(field) x_state(offsetof(struct cpu_state, f.field))
/* A constant of the region's pool, by its offset there. */
static inline struct x_mem x_pool(unsigned off) { return (struct x_mem){X_RIP, X_NONE, 0, (int32_t)off}; }

/* ModRM, SIB and displacement; tail: bytes of immediate that follow. */
static inline void x_modrm_mem(struct x_ctx *c, unsigned reg, struct x_mem m, unsigned tail)
{
    uint8_t *p = c->p;
    reg = (reg & 7) << 3;
    if (m.base == X_RIP) {
        *p++ = (uint8_t)(reg | 5);
        c->p = p;
        x_fix_pool(c, (uint32_t)m.disp, 4 + tail);
        c->p += 4;
        return;
    }
    if (m.base == X_NONE) {
        *p++ = (uint8_t)(reg | 4);
        *p++ = (uint8_t)(m.scale << 6 | ((m.index == X_NONE ? 4 : m.index & 7) << 3) | 5);
        memcpy(p, &m.disp, 4);
        c->p = p + 4;
        return;
    }
    unsigned base = m.base & 7;
    unsigned mod = m.disp == 0 && base != 5 ? 0 : m.disp == (int8_t)m.disp ? 0x40 : 0x80;
    if (m.index == X_NONE && base != 4) {
        *p++ = (uint8_t)(mod | reg | base);
    } else {
        *p++ = (uint8_t)(mod | reg | 4);
        *p++ = (uint8_t)(m.scale << 6 | ((m.index == X_NONE ? 4 : m.index & 7) << 3) | base);
    }
    if (mod == 0x40) {
        *p++ = (uint8_t)m.disp;
    } else if (mod) {
        memcpy(p, &m.disp, 4);
        p += 4;
    }
    c->p = p;
}

static inline unsigned x_ext_b(struct x_mem m) { return m.base < X_RIP ? m.base >> 3 & 1 : 0; }
static inline unsigned x_ext_x(struct x_mem m) { return m.index < X_RIP ? m.index >> 3 & 1 : 0; }

/* ---- legacy encodings ---- */

static inline void x_legacy(struct x_ctx *c, uint32_t op, unsigned rex, bool force_rex)
{
    static const uint8_t prefix[4] = {0, 0x66, 0xf3, 0xf2};
    uint8_t *p = c->p;
    if (op & X_LOCK)
        *p++ = 0xf0;
    if (op & X_PP)
        *p++ = prefix[op >> 10 & 3];
    if (rex || force_rex)
        *p++ = (uint8_t)(0x40 | rex);
    if (op & X_MAP) {
        *p++ = 0x0f;
        if ((op & X_MAP) == X_0F38)
            *p++ = 0x38;
        else if ((op & X_MAP) == X_0F3A)
            *p++ = 0x3a;
    }
    *p++ = (uint8_t)op;
    c->p = p;
}

/* op reg, rm (either direction; `reg` is ModRM.reg, also the opcode extension of group forms) */
static inline void x_rr(struct x_ctx *c, uint32_t op, unsigned w, unsigned reg, unsigned rm)
{
    x_legacy(c, op, w << 3 | (reg >> 3 & 1) << 2 | (rm >> 3 & 1), (op & X_BYTE) && ((reg & 15) >= 4 || (rm & 15) >= 4));
    *c->p++ = (uint8_t)(0xc0 | (reg & 7) << 3 | (rm & 7));
}

static inline void x_rm_tail(struct x_ctx *c, uint32_t op, unsigned w, unsigned reg, struct x_mem m, unsigned tail)
{
    x_legacy(c, op, w << 3 | (reg >> 3 & 1) << 2 | x_ext_x(m) << 1 | x_ext_b(m), (op & X_BYTE) && (reg & 15) >= 4);
    x_modrm_mem(c, reg, m, tail);
}
static inline void x_rm(struct x_ctx *c, uint32_t op, unsigned w, unsigned reg, struct x_mem m) { x_rm_tail(c, op, w, reg, m, 0); }

/* ---- integer instructions ---- */

static inline void x_mov_rr(struct x_ctx *c, unsigned w, unsigned d, unsigned s) { x_rr(c, 0x89, w, s, d); }
static inline void x_load(struct x_ctx *c, unsigned w, unsigned d, struct x_mem m) { x_rm(c, 0x8b, w, d, m); }
static inline void x_lea(struct x_ctx *c, unsigned w, unsigned d, struct x_mem m) { x_rm(c, 0x8d, w, d, m); }
/* Stores 1 << size bytes. */
static inline void x_store(struct x_ctx *c, unsigned size, struct x_mem m, unsigned s)
{
    static const uint32_t op[4] = {0x88 | X_BYTE, 0x89 | X_66, 0x89, 0x89};
    x_rm(c, op[size], size == 3, s, m);
}
/* Stores an immediate; size 3 sign-extends 32 bits. */
static inline void x_store_imm(struct x_ctx *c, unsigned size, struct x_mem m, int32_t v)
{
    static const uint32_t op[4] = {0xc6, 0xc7 | X_66, 0xc7, 0xc7};
    x_rm_tail(c, op[size], size == 3, 0, m, size > 2 ? 4 : 1u << size);
    if (size == 0)
        x_b(c, (unsigned)v);
    else if (size == 1)
        x_b(c, (unsigned)v), x_b(c, (unsigned)v >> 8);
    else
        x_d(c, (uint32_t)v);
}
/* Loads a constant without touching flags (shortest form). */
static inline void x_mov_imm(struct x_ctx *c, unsigned d, uint64_t v)
{
    if (v <= UINT32_MAX) {
        x_legacy(c, 0xb8 | (d & 7), d >> 3 & 1, false);
        x_d(c, (uint32_t)v);
    } else if ((int64_t)v == (int32_t)v) {
        x_rr(c, 0xc7, 1, 0, d);
        x_d(c, (uint32_t)v);
    } else {
        x_legacy(c, 0xb8 | (d & 7), 8 | (d >> 3 & 1), false);
        x_q(c, v);
    }
}

static inline void x_alu_rr(struct x_ctx *c, enum x_alu a, unsigned w, unsigned d, unsigned s) { x_rr(c, 0x01 | (uint32_t)a << 3, w, s, d); }
static inline void x_alu_rm(struct x_ctx *c, enum x_alu a, unsigned w, unsigned d, struct x_mem m) { x_rm(c, 0x03 | (uint32_t)a << 3, w, d, m); }
static inline void x_alu_ri(struct x_ctx *c, enum x_alu a, unsigned w, unsigned d, int32_t v)
{
    if (v == (int8_t)v) {
        x_rr(c, 0x83, w, a, d);
        x_b(c, (unsigned)v);
    } else {
        x_rr(c, 0x81, w, a, d);
        x_d(c, (uint32_t)v);
    }
}
static inline void x_alu_mi(struct x_ctx *c, enum x_alu a, unsigned w, struct x_mem m, int32_t v)
{
    bool small = v == (int8_t)v;
    x_rm_tail(c, small ? 0x83 : 0x81, w, a, m, small ? 1 : 4);
    if (small)
        x_b(c, (unsigned)v);
    else
        x_d(c, (uint32_t)v);
}
static inline void x_test_rr(struct x_ctx *c, unsigned w, unsigned a, unsigned b) { x_rr(c, 0x85, w, b, a); }
static inline void x_test_ri(struct x_ctx *c, unsigned w, unsigned a, int32_t v)
{
    if (v >= 0 && v < 128) {
        x_rr(c, 0xf6 | X_BYTE, 0, 0, a);
        x_b(c, (unsigned)v);
    } else {
        x_rr(c, 0xf7, w && v < 0, 0, a);
        x_d(c, (uint32_t)v);
    }
}
static inline void x_shift_ri(struct x_ctx *c, enum x_shift s, unsigned w, unsigned d, unsigned n)
{
    x_rr(c, n == 1 ? 0xd1 : 0xc1, w, s, d);
    if (n != 1)
        x_b(c, n);
}
static inline void x_setcc(struct x_ctx *c, enum x_cc cc, unsigned d) { x_rr(c, 0x90 | X_0F | X_BYTE | (uint32_t)cc, 0, 0, d); }
static inline void x_cmov(struct x_ctx *c, enum x_cc cc, unsigned w, unsigned d, unsigned s) { x_rr(c, 0x40 | X_0F | (uint32_t)cc, w, d, s); }

/* A short forward jump; x_here() closes it. */
static inline uint8_t *x_jcc8(struct x_ctx *c, enum x_cc cc) { x_b(c, 0x70 | cc); x_b(c, 0); return c->p; }
static inline uint8_t *x_jmp8(struct x_ctx *c) { x_b(c, 0xeb); x_b(c, 0); return c->p; }
static inline void x_here(struct x_ctx *c, uint8_t *from) { from[-1] = (uint8_t)(c->p - from); }
/* A short backward jump. */
static inline void x_jcc8_to(struct x_ctx *c, enum x_cc cc, const uint8_t *to) { x_b(c, 0x70 | cc); x_b(c, (unsigned)(to - (c->p + 1))); }
/* jmp [m], call [m] */
static inline void x_jmp_m(struct x_ctx *c, struct x_mem m) { x_rm(c, 0xff, 0, 4, m); }
static inline void x_call_m(struct x_ctx *c, struct x_mem m) { x_rm(c, 0xff, 0, 2, m); }

/* Nops up to n bytes in the recommended forms. */
void x_nop(struct x_ctx *c, unsigned n);

/* ---- VEX encodings (128-bit, or general registers for BMI) ---- */

/* l: VEX.L (1: 256-bit) */
static inline void x_vex(struct x_ctx *c, uint32_t op, unsigned w, unsigned reg, unsigned v, unsigned x, unsigned b, unsigned l)
{
    static const uint8_t map[4] = {1, 1, 2, 3};
    uint8_t *p = c->p;
    unsigned r = reg >> 3 & 1;
    unsigned low = (~v & 15) << 3 | l << 2 | (op >> 10 & 3);
    if (!w && !x && !b && (op & X_MAP) == X_0F) {
        *p++ = 0xc5;
        *p++ = (uint8_t)((r ^ 1) << 7 | low);
    } else {
        *p++ = 0xc4;
        *p++ = (uint8_t)((r ^ 1) << 7 | (x ^ 1) << 6 | (b ^ 1) << 5 | map[op >> 8 & 3]);
        *p++ = (uint8_t)(w << 7 | low);
    }
    *p++ = (uint8_t)op;
    c->p = p;
}
/* op reg, v, rm; v = 0 where the form has none (encoded 1111). */
static inline void v_rrr(struct x_ctx *c, uint32_t op, unsigned w, unsigned reg, unsigned v, unsigned rm)
{
    x_vex(c, op, w, reg, v, 0, rm >> 3 & 1, 0);
    *c->p++ = (uint8_t)(0xc0 | (reg & 7) << 3 | (rm & 7));
}
static inline void v_rrm_tail(struct x_ctx *c, uint32_t op, unsigned w, unsigned reg, unsigned v, struct x_mem m, unsigned tail)
{
    x_vex(c, op, w, reg, v, x_ext_x(m), x_ext_b(m), 0);
    x_modrm_mem(c, reg, m, tail);
}
static inline void v_rrm(struct x_ctx *c, uint32_t op, unsigned w, unsigned reg, unsigned v, struct x_mem m) { v_rrm_tail(c, op, w, reg, v, m, 0); }
static inline void v_rrri(struct x_ctx *c, uint32_t op, unsigned w, unsigned reg, unsigned v, unsigned rm, unsigned imm) { v_rrr(c, op, w, reg, v, rm); x_b(c, imm); }
static inline void v_rrmi(struct x_ctx *c, uint32_t op, unsigned w, unsigned reg, unsigned v, struct x_mem m, unsigned imm) { v_rrm_tail(c, op, w, reg, v, m, 1); x_b(c, imm); }
/* Two-operand forms (vvvv unused). */
static inline void v_rr(struct x_ctx *c, uint32_t op, unsigned w, unsigned reg, unsigned rm) { v_rrr(c, op, w, reg, 0, rm); }
static inline void v_rm(struct x_ctx *c, uint32_t op, unsigned w, unsigned reg, struct x_mem m) { v_rrm(c, op, w, reg, 0, m); }
/* 256 bits. Whoever uses these ends with x_vzeroupper: C code and the SHA instructions are slow behind dirty upper halves. */
static inline void y_rrr(struct x_ctx *c, uint32_t op, unsigned w, unsigned reg, unsigned v, unsigned rm)
{
    x_vex(c, op, w, reg, v, 0, rm >> 3 & 1, 1);
    *c->p++ = (uint8_t)(0xc0 | (reg & 7) << 3 | (rm & 7));
}
static inline void y_rrri(struct x_ctx *c, uint32_t op, unsigned w, unsigned reg, unsigned v, unsigned rm, unsigned imm) { y_rrr(c, op, w, reg, v, rm); x_b(c, imm); }
static inline void y_rr(struct x_ctx *c, uint32_t op, unsigned w, unsigned reg, unsigned rm) { y_rrr(c, op, w, reg, 0, rm); }
static inline void x_vzeroupper(struct x_ctx *c) { x_b(c, 0xc5), x_b(c, 0xf8), x_b(c, 0x77); }

/* ---- EVEX encodings: 128 bits, xmm0-xmm15 or general registers, mask registers as reg or rm ---- */

/* k: mask register (0: none), with 0x80 added if what it masks off becomes zero */
static inline void x_evex(struct x_ctx *c, uint32_t op, unsigned w, unsigned reg, unsigned v, unsigned b, unsigned k)
{
    uint8_t *p = c->p;
    unsigned map = op & X_MAP5 ? 5 + (op >> 8 & 1) : op >> 8 & 3;
    *p++ = 0x62;
    *p++ = (uint8_t)((~reg >> 3 & 1) << 7 | 0x50 | (b ^ 1) << 5 | map);
    *p++ = (uint8_t)(w << 7 | (~v & 15) << 3 | 4 | (op >> 10 & 3));
    *p++ = (uint8_t)((k & 0x80) | 8 | (k & 7));
    *p++ = (uint8_t)op;
    c->p = p;
}
/* op reg {k}, v, rm; v = 0 where the form has none. */
static inline void e_rrrk(struct x_ctx *c, uint32_t op, unsigned w, unsigned reg, unsigned v, unsigned rm, unsigned k)
{
    x_evex(c, op, w, reg, v, rm >> 3 & 1, k);
    *c->p++ = (uint8_t)(0xc0 | (reg & 7) << 3 | (rm & 7));
}
static inline void e_rrr(struct x_ctx *c, uint32_t op, unsigned w, unsigned reg, unsigned v, unsigned rm) { e_rrrk(c, op, w, reg, v, rm, 0); }
static inline void e_rrri(struct x_ctx *c, uint32_t op, unsigned w, unsigned reg, unsigned v, unsigned rm, unsigned imm) { e_rrr(c, op, w, reg, v, rm); x_b(c, imm); }
static inline void e_rr(struct x_ctx *c, uint32_t op, unsigned w, unsigned reg, unsigned rm) { e_rrr(c, op, w, reg, 0, rm); }
/* Operand in memory: of the pool only, as a displacement off a register would be scaled. */
static inline void e_rrm_tail(struct x_ctx *c, uint32_t op, unsigned w, unsigned reg, unsigned v, struct x_mem pool, unsigned tail)
{
    x_evex(c, op, w, reg, v, 0, 0);
    x_modrm_mem(c, reg, pool, tail);
}
static inline void e_rrm(struct x_ctx *c, uint32_t op, unsigned w, unsigned reg, unsigned v, struct x_mem pool) { e_rrm_tail(c, op, w, reg, v, pool, 0); }
/* sel_avx512.c: selects an integer vector op, if AVX-512 is there and has something shorter for it. */
bool x_avx512(struct x_ctx *c, const struct ir_insn *in, struct x_ops o);
/* kortestw k1, k1: ZF if it is empty */
static inline void x_test_k1(struct x_ctx *c) { v_rr(c, 0x98 | X_0F, 0, 1, 1); }

/* Opcodes used in several files. */
enum {
    V_MOVAPS = 0x28 | X_0F, V_MOVUPS = 0x10 | X_0F, V_MOVUPS_ST = 0x11 | X_0F,
    V_MOVSS = 0x10 | X_0F | X_F3, V_MOVSS_ST = 0x11 | X_0F | X_F3,
    V_MOVSD = 0x10 | X_0F | X_F2, V_MOVSD_ST = 0x11 | X_0F | X_F2,
    V_MOVQ = 0x7e | X_0F | X_F3,            /* xmm <- xmm/m64, zero above */
    V_MOVD = 0x6e | X_0F | X_66,            /* xmm <- r/m32, W: 64 */
    V_MOVD_ST = 0x7e | X_0F | X_66,         /* r/m32 <- xmm (reg field), W: 64 */
    V_PINSRW = 0xc4 | X_0F | X_66, V_PEXTRW = 0x15 | X_0F3A | X_66,
    V_PXOR = 0xef | X_0F | X_66, V_PCMPEQD = 0x76 | X_0F | X_66,
    X_SHLX = 0xf7 | X_0F38 | X_66, X_SARX = 0xf7 | X_0F38 | X_F3, X_SHRX = 0xf7 | X_0F38 | X_F2,
    X_ANDN = 0xf2 | X_0F38, X_MULX = 0xf6 | X_0F38 | X_F2, X_RORX = 0xf0 | X_0F3A | X_F2,
    X_IMUL = 0xaf | X_0F, X_LZCNT = 0xbd | X_0F | X_F3, X_TZCNT = 0xbc | X_0F | X_F3, X_POPCNT = 0xb8 | X_0F | X_F3,
    X_MOVZX8 = 0xb6 | X_0F, X_MOVZX16 = 0xb7 | X_0F, X_MOVSX8 = 0xbe | X_0F, X_MOVSX16 = 0xbf | X_0F, X_MOVSXD = 0x63,
};

#endif
