/*
 * Pointer authentication (D8.10) with FEAT_PAuth2 and FEAT_FPACCOMBINE: a pointer's bits 54:48 are exclusive-ored with a
 * code made of the pointer, a modifier and a key of the process; authenticating checks that they come out as copies of
 * bit 55 and else raises SIGILL (ILL_ILLOPN). Bits 63:56 are the tag, which is signed along. The code is of the
 * IMPLEMENTATION DEFINED kind: SipHash-2-4 (Aumasson, Bernstein) of pointer and modifier.
 */
#include <errno.h>
#include <string.h>

#include "frontends/aarch64/abi.h"
#include "frontends/aarch64/lift.h"

enum { KEY_IA, KEY_IB, KEY_DA, KEY_DB, KEY_GA, KEYS };
enum { ZERO = 32 };     /* modifier "register" */

/* ---- codes ---- */

static uint64_t rotate(uint64_t x, unsigned n) { return x << n | x >> (64 - n); }

static void sip_round(uint64_t v[4])
{
    v[0] += v[1], v[1] = rotate(v[1], 13) ^ v[0], v[0] = rotate(v[0], 32);
    v[2] += v[3], v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3], v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1], v[1] = rotate(v[1], 17) ^ v[2], v[2] = rotate(v[2], 32);
}

static uint64_t compute(const struct a64_regs *r, unsigned key, uint64_t data, uint64_t modifier)
{
    const uint64_t *k = &r->pac_keys0 + 2 * key;
    uint64_t v[4] = {k[0] ^ 0x736f6d6570736575u, k[1] ^ 0x646f72616e646f6du, k[0] ^ 0x6c7967656e657261u, k[1] ^ 0x7465646279746573u};
    const uint64_t block[3] = {data, modifier, (uint64_t)16 << 56};
    for (unsigned i = 0; i < 3; i++) {
        v[3] ^= block[i];
        sip_round(v), sip_round(v);
        v[0] ^= block[i];
    }
    v[2] ^= 0xff;
    sip_round(v), sip_round(v), sip_round(v), sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* Bits 54:48 as copies of bit 55. */
static uint64_t stripped(uint64_t p) { return p >> 55 & 1 ? p | A64_PAC_BITS : p & ~A64_PAC_BITS; }

static bool enabled(const struct a64_regs *r, uint64_t key) { return !(r->pac_off >> key & 1); }

uint64_t a64_pac_sign(void *regs, uint64_t p, uint64_t modifier, uint64_t key, uint64_t unused)
{
    (void)unused;
    return enabled(regs, key) ? p ^ (compute(regs, (unsigned)key, stripped(p), modifier) & A64_PAC_BITS) : p;
}

/* Leaves in pac_failed whether the pointer was a wrong one. */
uint64_t a64_pac_auth(void *regs, uint64_t p, uint64_t modifier, uint64_t key, uint64_t unused)
{
    (void)unused;
    struct a64_regs *r = regs;
    r->pac_failed = 0;
    if (!enabled(r, key))
        return p;
    p ^= compute(r, (unsigned)key, stripped(p), modifier) & A64_PAC_BITS;
    r->pac_failed = p != stripped(p);
    return p;
}

uint64_t a64_pac_generic(void *regs, uint64_t x, uint64_t modifier, uint64_t c, uint64_t d)
{
    (void)c, (void)d;
    return compute(regs, KEY_GA, x, modifier) & (uint64_t)UINT32_MAX << 32;
}

/* ---- keys ---- */

void a64_pac_new_keys(struct a64_regs *r, unsigned which)
{
    for (unsigned i = 0; i < 2 * KEYS; i++)
        if (which >> i / 2 & 1)
            (&r->pac_keys0)[i] = fe_random();
}

/* PR_PAC_RESET_KEYS, PR_PAC_SET_ENABLED_KEYS, PR_PAC_GET_ENABLED_KEYS (arch/arm64/kernel/pointer_auth.c). */
bool a64_pac_prctl(struct a64_regs *r, const uint64_t a[6], int64_t *result)
{
    enum { RESET = 54, SET_ENABLED = 60, GET_ENABLED = 61, ADDRESS_KEYS = 15, ALL = 31 };
    bool address = a64_has[A64_HAS_paca], generic = a64_has[A64_HAS_pacg];
    unsigned known = (address ? ADDRESS_KEYS : 0) | (generic ? 1u << KEY_GA : 0);
    if ((int)a[0] != RESET && (int)a[0] != SET_ENABLED && (int)a[0] != GET_ENABLED)
        return false;
    *result = -EINVAL;
    if ((int)a[0] == RESET) {
        if (a[2] || a[3] || a[4] || !known || a[1] & ~(uint64_t)ALL || a[1] & ~(uint64_t)known)
            return true;
        a64_pac_new_keys(r, a[1] ? (unsigned)a[1] : known);
        *result = 0;
    } else if ((int)a[0] == SET_ENABLED) {
        if (a[3] || a[4] || !address || a[1] & ~(uint64_t)ADDRESS_KEYS || a[2] & ~a[1])
            return true;
        r->pac_off = (r->pac_off & ~a[1]) | (a[1] & ~a[2]);
        *result = 0;
    } else if (!(a[1] || a[2] || a[3] || a[4]) && address) {
        *result = (int64_t)(~r->pac_off & ADDRESS_KEYS);
    }
    return true;
}

/* ---- lifters ---- */

static ir_ref modifier(struct ir_func *fn, unsigned reg) { return reg == ZERO ? ir_i64(fn, 0) : a64_rx_sp(fn, reg); }

static ir_ref sign(struct ir_func *fn, ir_ref p, ir_ref mod, unsigned key)
{
    return a64_call(fn, IR_I64, A64_H_pac_sign, p, mod, ir_i64(fn, key), 0);
}

/* Nothing that follows happens for a wrong pointer. */
static ir_ref authenticate(struct ir_func *fn, ir_ref p, ir_ref mod, unsigned key)
{
    ir_ref v = a64_call(fn, IR_I64, A64_H_pac_auth, p, mod, ir_i64(fn, key), 0);
    ir_ref bad = ir_cmp(fn, IR_NE, ir_get(fn, A64_pac_failed), ir_i64(fn, 0));
    ir_append(fn, IR_trap_if, IR_VOID, IR_TRAP_OPERAND, bad, 0, 0, 0, (int64_t)fn->cur_pc);
    return v;
}

static ir_ref strip(struct ir_func *fn, ir_ref p)
{
    ir_ref negative = ir_cmp(fn, IR_NE, ir_op2i(fn, IR_and, p, (int64_t)1 << 55), ir_i64(fn, 0));
    return ir_sel(fn, negative, ir_op2i(fn, IR_or, p, (int64_t)A64_PAC_BITS), ir_op2i(fn, IR_and, p, ~(int64_t)A64_PAC_BITS));
}

bool lift_pac_hint(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wr(fn, f->reg, sign(fn, a64_rx(fn, f->reg), modifier(fn, f->mod), f->key));
    return true;
}

bool lift_aut_hint(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wr(fn, f->reg, authenticate(fn, a64_rx(fn, f->reg), modifier(fn, f->mod), f->key));
    return true;
}

bool lift_xpac_lr(struct ir_func *fn, const struct a64_fields *f)
{
    (void)f;
    a64_wr(fn, 30, strip(fn, a64_rx(fn, 30)));
    return true;
}

static ir_ref second(struct ir_func *fn, bool zero, unsigned reg) { return modifier(fn, zero ? ZERO : reg); }

bool lift_pac(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wr(fn, f->Rd, sign(fn, a64_rx(fn, f->Rd), second(fn, f->zero, f->Rn), f->key));
    return true;
}

bool lift_aut(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wr(fn, f->Rd, authenticate(fn, a64_rx(fn, f->Rd), second(fn, f->zero, f->Rn), f->key));
    return true;
}

bool lift_xpac(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wr(fn, f->Rd, strip(fn, a64_rx(fn, f->Rd)));
    return true;
}

bool lift_pacga(struct ir_func *fn, const struct a64_fields *f)
{
    a64_wr(fn, f->Rd, a64_call(fn, IR_I64, A64_H_pac_generic, a64_rx(fn, f->Rn), modifier(fn, f->Rm), 0, 0));
    return true;
}

bool lift_bra(struct ir_func *fn, const struct a64_fields *f)
{
    ir_flow_ind(fn, IR_FLOW_JUMP_IND, authenticate(fn, a64_rx(fn, f->Rn), second(fn, f->zero, f->Rm), f->key));
    return true;
}

bool lift_blra(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref target = authenticate(fn, a64_rx(fn, f->Rn), second(fn, f->zero, f->Rm), f->key);
    ir_put(fn, A64_x30, ir_gaddr(fn, fn->next_pc));
    ir_flow_ind(fn, IR_FLOW_CALL_IND, target);
    return true;
}

bool lift_reta(struct ir_func *fn, const struct a64_fields *f)
{
    ir_flow_ind(fn, IR_FLOW_RET, authenticate(fn, a64_rx(fn, 30), a64_rx_sp(fn, 31), f->key));
    return true;
}

bool lift_ldra(struct ir_func *fn, const struct a64_fields *f)
{
    ir_ref p = authenticate(fn, a64_rx_sp(fn, f->Rn), ir_i64(fn, 0), KEY_DA + f->key);
    ir_ref addr = ir_op2i(fn, IR_add, p, (int64_t)f->simm10 * 8);
    ir_ref v = ir_load(fn, IR_I64, IR_M64, addr);
    if (f->wb)
        a64_wr_sp(fn, f->Rn, addr);
    a64_wr(fn, f->Rt, v);
    return true;
}
