/*
 * Registers and the places of values in pass 2 (x86.h has the model; state.c guest state).
 *
 * A value that is not used again gives up its register lazily: at the end of its last user, or when
 * registers run out. GPR values have memory homes of 8 bytes only, so a home or spill slot can always
 * stand as an operand of either width.
 */
#include "backends/x86_64/alloc.h"

void x_alloc_begin(struct x_ctx *c)
{
    c->free = X_GPRS | X_XMMS;
    c->locked = c->temps = 0;
    c->keep_flags = false;
    c->last_gaddr = 0;
    c->want = NULL;
    memset(c->spills, 0, sizeof c->spills);
    c->spills[1] = 1ull << 63;          /* X_COLD_SPILL */
    memset(c->dirty, 0, sizeof c->dirty);
    memset(c->final, 0, sizeof c->final);
    memset(c->deferred, 0, sizeof c->deferred);
    memset(c->reg_val, 0, sizeof c->reg_val);
    memset(c->in_mem, 0, c->fn->nslots * sizeof c->in_mem[0]);
    c->homes[0] = c->homes[1] = 0;
}

/* The fault log follows values that slots or recipes depend on. */
void x_moved(struct x_ctx *c, unsigned ref)
{
    const struct x_val *v = &c->val[ref];
    for (unsigned s = v->slots; s != XV_NOHOME; s = c->slot_next[s])
        x_log_slot(c, s);
    if (!(v->flags & XV_RECIPE) || !x_lives(c, ref))
        return;
    if (c->loop_flags.active)
        x_log_slot(c, c->loop_flags.slot);
    for (unsigned w = 0; w < IR_MAX_SLOTS / 64; w++)
        c->unlogged[w] |= c->deferred[w];
}

/* ---- bindings ---- */

void x_unbind(struct x_ctx *c, unsigned slot)
{
    uint8_t *link = &c->val[c->bound[slot]].slots;
    while (*link != slot)
        link = &c->slot_next[*link];
    *link = c->slot_next[slot];
    x_set_clean(c, slot);
}

/* The slots of a dead value: nobody looks before they are put again. */
static void unbind_all(struct x_ctx *c, struct x_val *v)
{
    for (unsigned s = v->slots; s != XV_NOHOME; s = c->slot_next[s])
        x_set_clean(c, s);
    v->slots = XV_NOHOME;
}

static void free_spill(struct x_ctx *c, struct x_val *v)
{
    if (v->spill == XV_NOHOME)
        return;
    c->spills[v->spill >> 6] &= ~(1ull << (v->spill & 63));
    v->spill = XV_NOHOME;
}

void x_release(struct x_ctx *c, unsigned ref)
{
    struct x_val *v = &c->val[ref];
    if (v->slots != XV_NOHOME)
        unbind_all(c, v);
    free_spill(c, v);
    if (v->reg != X_NONE) {
        c->free |= 1u << v->reg;
        c->reg_val[v->reg] = 0;
        v->reg = X_NONE;
    }
}

/* ---- moving values ---- */

/* What x_load and x_store write for 8 bytes in the cpu state and a general register, which is most of all loads and stores, in one piece. */
static inline void move_state(struct x_ctx *c, unsigned op, unsigned reg, int32_t disp)
{
    bool near = disp == (int8_t)disp;
    uint64_t insn = 0x48 | (reg >> 3 & 1) << 2 | op << 8 | ((near ? 0x40 : 0x80) | (reg & 7) << 3 | RBP) << 16 | (uint64_t)(uint32_t)disp << 24;
    memcpy(c->p, &insn, 8);
    c->p += near ? 4 : 7;
}

static inline bool is_state(struct x_mem m, unsigned reg, unsigned bytes) { return m.base == RBP && m.index == X_NONE && reg < X0 && bytes == 8; }

void x_load_mem(struct x_ctx *c, unsigned reg, struct x_mem m, unsigned bytes)
{
    if (is_state(m, reg, bytes)) {
        move_state(c, 0x8b, reg, m.disp);
    } else if (reg < X0) {
        if (bytes >= 4)
            x_load(c, bytes == 8, reg, m);
        else
            x_rm(c, bytes == 2 ? X_MOVZX16 : X_MOVZX8, 0, reg, m);
    } else if (bytes == 16) {
        v_rm(c, V_MOVUPS, 0, reg, m);
    } else if (bytes == 2) {
        v_rrr(c, V_PXOR, 0, reg, reg, reg);
        v_rrmi(c, V_PINSRW, 0, reg, reg, m, 0);
    } else {
        v_rm(c, bytes == 8 ? V_MOVSD : V_MOVSS, 0, reg, m);
    }
}

void x_store_mem(struct x_ctx *c, unsigned reg, struct x_mem m, unsigned bytes)
{
    if (is_state(m, reg, bytes))
        move_state(c, 0x89, reg, m.disp);
    else if (reg < X0)
        x_store(c, (unsigned)__builtin_ctz(bytes), m, reg);
    else if (bytes == 16)
        v_rm(c, V_MOVUPS_ST, 0, reg, m);
    else if (bytes == 2)
        v_rrmi(c, V_PEXTRW, 0, reg, 0, m, 0);
    else
        v_rm(c, bytes == 8 ? V_MOVSD_ST : V_MOVSS_ST, 0, reg, m);
}

static void move_gaddr(struct x_ctx *c, unsigned reg, unsigned ref)
{
    unsigned near = c->last_gaddr;
    int64_t v = c->insn[ref].imm, delta = near ? v - c->insn[near].imm : 0;
    if (near && c->val[near].reg != X_NONE && delta == (int32_t)delta) {
        x_lea(c, 1, reg, x_at(c->val[near].reg, (int32_t)delta));
        return;
    }
    x_legacy(c, 0xb8 | (reg & 7), 8 | (reg >> 3 & 1), false);
    x_q(c, (uint64_t)v);
    x_gaddr_here(c);
}

/* Loads a const or vconst. */
void x_move_const(struct x_ctx *c, unsigned reg, unsigned ref)
{
    const struct ir_insn *in = &c->insn[ref];
    if (reg < X0) {
        uint64_t v = in->type == IR_I32 ? (uint32_t)in->imm : (uint64_t)in->imm;
        if ((in->aux & 1) && in->type == IR_I64)
            move_gaddr(c, reg, ref);
        else if (v == 0 && !c->keep_flags)
            x_alu_rr(c, A_XOR, 0, reg, reg);
        else
            x_mov_imm(c, reg, v);
        return;
    }
    uint64_t q[2] = {(uint64_t)in->imm, 0};
    if (in->op == IR_vconst)
        memcpy(q, c->fn->vconst[in->imm].b, 16);
    if (!(q[0] | q[1]))
        v_rrr(c, V_PXOR, 0, reg, reg, reg);
    else if (!~(q[0] & q[1]))
        v_rrr(c, V_PCMPEQD, 0, reg, reg, reg);
    else if (in->op == IR_vconst && in->type == IR_V128)
        v_rm(c, V_MOVUPS, 0, reg, x_pool(x_pool_u128(c, q[0], q[1])));
    else
        v_rm(c, V_MOVQ, 0, reg, x_pool(x_pool_u64(c, q[0], false)));
}

void x_into(struct x_ctx *c, unsigned reg, unsigned ref)
{
    const struct x_val *v = &c->val[ref];
    if (v->reg != X_NONE) {
        if (v->reg == reg)
            return;
        if (reg < X0)
            x_mov_rr(c, c->insn[ref].type != IR_I32, reg, v->reg);
        else
            v_rr(c, V_MOVAPS, 0, reg, v->reg);
    } else if (x_is_remat(c, ref)) {
        x_move_const(c, reg, ref);
    } else if (v->spill != XV_NOHOME) {
        x_load_mem(c, reg, x_spill_mem(v->spill), reg < X0 ? 8 : 16);
    } else if (v->home != XV_NOHOME) {
        x_load_mem(c, reg, x_slot_mem(c, v->home), c->slot_size[v->home]);
    } else {
        c->error = -22;     /* used after a call, or never defined: the verifier rejects such a region */
    }
}

/* ---- making room ---- */

static void spill(struct x_ctx *c, unsigned ref)
{
    struct x_val *v = &c->val[ref];
    unsigned w = c->spills[0] == ~0ull;
    if (c->spills[w] == ~0ull) {
        c->error = -7;
        return;
    }
    unsigned k = 64 * w + (unsigned)__builtin_ctzll(~c->spills[w]);
    c->spills[w] |= 1ull << (k & 63);
    v->spill = (uint8_t)k;
    x_store_mem(c, v->reg, x_spill_mem(k), v->reg < X0 ? 8 : 16);
}

/* True if the slot's memory holds a value that still lives and is nowhere else. */
bool x_slot_needed(const struct x_ctx *c, unsigned slot)
{
    unsigned old = c->in_mem[slot];
    if (!old)
        return false;
    const struct x_val *v = &c->val[old];
    return v->home == slot && v->reg == X_NONE && v->spill == XV_NOHOME && x_lives(c, old);
}

/* Stores an outstanding slot from its value's register (or constant). The slot's memory must not be needed. */
void x_store_slot(struct x_ctx *c, unsigned slot)
{
    unsigned ref = c->bound[slot], old = c->in_mem[slot];
    struct x_val *v = &c->val[ref];
    if (old && c->val[old].home == slot)
        c->val[old].home = XV_NOHOME;
    x_store_mem(c, v->reg, x_slot_mem(c, slot), c->slot_size[slot]);
    x_slot_stored(c, slot);
    x_set_in_mem(c, slot, ref);
    if (v->home == XV_NOHOME && c->slot_size[slot] >= x_home_bytes(c, ref))
        v->home = (uint8_t)slot;
    x_unbind(c, slot);
    x_log_slot(c, slot);
}

/* Takes the register from its owner, keeping the value somewhere if it still lives. */
static void evict(struct x_ctx *c, unsigned reg)
{
    unsigned ref = c->reg_val[reg];
    struct x_val *v = &c->val[ref];
    if (!x_lives(c, ref)) {
        x_release(c, ref);
        return;
    }
    if (c->repairing)
        c->error = -23;
    if (!x_is_remat(c, ref)) {
        while (v->spill == XV_NOHOME && v->slots != XV_NOHOME && !x_slot_needed(c, v->slots))
            x_store_slot(c, v->slots);
        if (v->spill == XV_NOHOME && (v->slots != XV_NOHOME || v->home == XV_NOHOME))
            spill(c, ref);
    }
    v->reg = X_NONE;
    c->reg_val[reg] = 0;
    c->free |= 1u << reg;
    x_moved(c, ref);
}

static void sweep(struct x_ctx *c, uint32_t mask)
{
    for (uint32_t m = mask & ~c->free & ~c->locked; m; m &= m - 1) {
        unsigned r = (unsigned)__builtin_ctz(m), ref = c->reg_val[r];
        if (ref && !x_lives(c, ref))
            x_release(c, ref);
    }
}

/* Least recently used, values that cost no store preferred. */
static void make_room(struct x_ctx *c, uint32_t mask)
{
    sweep(c, mask);
    if (c->free & mask)
        return;
    unsigned best = X_NONE, best_score = 0;
    for (uint32_t m = mask & ~c->locked; m; m &= m - 1) {
        unsigned r = (unsigned)__builtin_ctz(m), ref = c->reg_val[r];
        if (!ref)
            continue;
        const struct x_val *v = &c->val[ref];
        unsigned score = 1 + c->pos - c->touched[r];
        if (x_is_remat(c, ref) || (v->slots == XV_NOHOME && (v->home != XV_NOHOME || v->spill != XV_NOHOME)))
            score += 64;
        else if (v->slots != XV_NOHOME)
            score += 48;
        if (score > best_score)
            best = r, best_score = score;
    }
    if (best == X_NONE) {
        c->error = -7;
        c->free |= mask & -mask;    /* the code is thrown away */
        return;
    }
    evict(c, best);
}

static inline unsigned take(struct x_ctx *c, unsigned r)
{
    c->free &= ~(1u << r);
    c->locked |= 1u << r;
    c->touched[r] = (uint16_t)c->pos;
    return r;
}

static inline unsigned pick(struct x_ctx *c, uint32_t mask)
{
    if (!(c->free & mask))
        make_room(c, mask);
    return take(c, (unsigned)__builtin_ctz(c->free & mask));
}

static inline uint32_t kind_mask(const struct x_ctx *c, unsigned ref) { return x_is_xmm_type(c->insn[ref].type) ? X_XMMS : X_GPRS; }

/* The register in which the loop's head has the slot that this instruction's value is put into next, so that going back there moves nothing. */
static unsigned wanted(const struct x_ctx *c)
{
    unsigned put = c->pos + 1;
    if (c->insn[put].op != IR_put || c->val[put].flags & XV_DEAD || c->ops[put].a != c->pos)
        return X_NONE;
    unsigned r = c->want[c->insn[put].imm];
    return r != X_NONE && kind_mask(c, c->pos) >> r & 1 ? r : X_NONE;
}

/* A register for this instruction's value. */
static unsigned pick_def(struct x_ctx *c)
{
    unsigned r = c->want ? wanted(c) : X_NONE;
    if (r != X_NONE && !(c->free >> r & 1) && !(c->locked >> r & 1) && c->reg_val[r] && !x_lives(c, c->reg_val[r]))
        x_release(c, c->reg_val[r]);
    return r != X_NONE && c->free >> r & 1 ? take(c, r) : pick(c, kind_mask(c, c->pos));
}

void x_own(struct x_ctx *c, unsigned reg, unsigned ref)
{
    c->free &= ~(1u << reg);
    c->reg_val[reg] = (uint16_t)ref;
    c->val[ref].reg = (uint8_t)reg;
}

/* ---- the interface of selection ---- */

unsigned x_bring(struct x_ctx *c, unsigned ref)
{
    const struct x_val *v = &c->val[ref];
    if (c->repairing)
        c->error = -23;
    unsigned r = pick(c, kind_mask(c, ref));
    x_into(c, r, ref);
    x_own(c, r, ref);
    if ((c->insn[ref].aux & 1) && c->insn[ref].op == IR_const)
        c->last_gaddr = ref;
    if (v->slots != XV_NOHOME || (v->flags & XV_RECIPE))
        x_moved(c, ref);
    return r;
}

bool x_use_mem(struct x_ctx *c, unsigned ref, unsigned bytes, struct x_mem *m)
{
    const struct x_val *v = &c->val[ref];
    if (v->reg != X_NONE)
        return false;
    const struct ir_insn *in = &c->insn[ref];
    if (x_is_remat(c, ref)) {
        if (!x_is_xmm_type(in->type) || c->keep_flags)
            return false;
        if (in->op == IR_vconst) {
            uint64_t q[2];
            memcpy(q, c->fn->vconst[in->imm].b, 16);
            *m = x_pool(x_pool_u128(c, q[0], q[1]));
        } else {
            *m = x_pool(x_pool_u64(c, (uint64_t)in->imm, false));
        }
        return bytes <= 8 || in->op == IR_vconst;
    }
    if (v->last > c->pos)
        return false;
    if (v->spill != XV_NOHOME)
        *m = x_spill_mem(v->spill);
    else if (v->home != XV_NOHOME && c->slot_size[v->home] >= bytes)
        *m = x_slot_mem(c, v->home);
    else
        return false;
    return true;
}

struct x_mem x_place_mem(struct x_ctx *c, unsigned ref)
{
    const struct x_val *v = &c->val[ref];
    const struct ir_insn *in = &c->insn[ref];
    if (in->op == IR_const)
        return x_pool(x_pool_u64(c, (uint64_t)in->imm, in->aux & 1 && in->type == IR_I64));
    if (v->spill != XV_NOHOME)
        return x_spill_mem(v->spill);
    return x_slot_mem(c, v->home);
}

unsigned x_def(struct x_ctx *c)
{
    unsigned r = pick_def(c);
    x_own(c, r, c->pos);
    return r;
}

unsigned x_def_marked(struct x_ctx *c)
{
    unsigned r = c->want ? wanted(c) : X_NONE, old = r != X_NONE ? c->reg_val[r] : 0;
    if (!old || c->free >> r & 1 || !x_dies(c, old)) {
        r = x_def(c);
        x_mark(c);
        return r;
    }
    x_mark(c);
    x_release(c, old);
    x_own(c, take(c, r), c->pos);
    return r;
}

unsigned x_def_copy(struct x_ctx *c, unsigned ref)
{
    struct x_val *v = &c->val[ref];
    unsigned r = v->reg;
    if (r != X_NONE) {
        c->locked |= 1u << r;
        if (x_dies(c, ref)) {
            if (v->slots != XV_NOHOME || v->flags & XV_RECIPE)
                x_log_unlogged(c);      /* this instruction may fault yet */
            v->reg = X_NONE;
            x_release(c, ref);
            x_own(c, r, c->pos);
            c->touched[r] = (uint16_t)c->pos;
            return r;
        }
    }
    r = pick_def(c);
    x_into(c, r, ref);
    x_own(c, r, c->pos);
    return r;
}

unsigned x_def_in(struct x_ctx *c, unsigned reg)
{
    c->temps &= ~(1u << reg);
    x_own(c, reg, c->pos);
    return reg;
}

unsigned x_tmp(struct x_ctx *c)
{
    unsigned r = pick(c, X_GPRS);
    c->temps |= 1u << r;
    return r;
}

unsigned x_xtmp(struct x_ctx *c)
{
    unsigned r = pick(c, X_XMMS);
    c->temps |= 1u << r;
    return r;
}

void x_room(struct x_ctx *c, unsigned n)
{
    uint32_t taken = 0;
    while (n--)
        taken |= 1u << pick(c, X_XMMS);
    c->locked &= ~taken;
    c->free |= taken;
}

unsigned x_tmp_copy(struct x_ctx *c, unsigned ref)
{
    if (c->val[ref].reg != X_NONE)
        c->locked |= 1u << c->val[ref].reg;
    unsigned r = pick(c, kind_mask(c, ref));
    c->temps |= 1u << r;
    x_into(c, r, ref);
    return r;
}

unsigned x_reserve(struct x_ctx *c)
{
    uint32_t m = c->free & 15u << R12;       /* not rbx, which cmpxchg16b needs */
    if (__builtin_popcount(c->free & X_GPRS) < 6 || !m)
        return X_NONE;
    c->free &= ~(m & -m);
    return (unsigned)__builtin_ctz(m);
}

void x_grab(struct x_ctx *c, unsigned reg)
{
    uint32_t bit = 1u << reg;
    unsigned ref = c->reg_val[reg];
    if (!(c->free & bit) && ref) {
        uint32_t others = c->free & (reg < X0 ? X_GPRS & ~7u : X_XMMS);
        if (x_lives(c, ref) && others) {
            unsigned r = (unsigned)__builtin_ctz(others);
            c->free &= ~(1u << r);
            x_into(c, r, ref);
            x_own(c, r, ref);
            c->touched[r] = c->touched[reg];
            c->reg_val[reg] = 0;
            x_moved(c, ref);
        } else {
            evict(c, reg);
        }
    }
    c->free &= ~bit;
    c->locked |= bit;
    c->temps |= bit;
}

static inline void release_dead(struct x_ctx *c, unsigned ref)
{
    const struct x_val *v = &c->val[ref];       /* value 0 never dies */
    if (v->last <= c->pos && (v->reg & v->spill & v->slots) != X_NONE)
        x_release(c, ref);
}

void x_end_insn(struct x_ctx *c, struct x_ops o)
{
    c->free |= c->temps;
    c->temps = c->locked = 0;
    c->keep_flags = false;
    release_dead(c, o.a);
    release_dead(c, o.b);
    if (o.c | o.d) {
        release_dead(c, o.c);
        release_dead(c, o.d);
    }
    release_dead(c, c->pos);
}

void x_evict_mask(struct x_ctx *c, uint32_t mask)
{
    for (uint32_t m = mask; m; m &= m - 1) {
        unsigned r = (unsigned)__builtin_ctz(m), ref = c->reg_val[r];
        if (!ref || ref == c->pos)
            continue;
        if (c->val[ref].last > c->pos)
            evict(c, r);
        else
            x_release(c, ref);
    }
}
