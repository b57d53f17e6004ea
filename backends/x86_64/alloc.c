/*
 * Registers, homes and delayed stores: the state of pass 2 (x86.h has the model).
 *
 * A value that is not used again gives up its register lazily: at the end of its last user, or when
 * registers run out. GPR values have memory homes of 8 bytes only, so a home or spill slot can always
 * stand as an operand of either width.
 */
#include "backends/x86_64/emit.h"

void x_alloc_begin(struct x_ctx *c)
{
    c->free = X_GPRS | X_XMMS;
    c->locked = c->temps = 0;
    c->keep_flags = false;
    c->last_gaddr = 0;
    memset(c->spills, 0, sizeof c->spills);
    c->spills[1] = 1ull << 63;          /* X_COLD_SPILL */
    memset(c->dirty, 0, sizeof c->dirty);
    memset(c->final, 0, sizeof c->final);
    memset(c->reg_val, 0, sizeof c->reg_val);
    memset(c->in_mem, 0, c->fn->nslots * sizeof c->in_mem[0]);
    c->homes[0] = c->homes[1] = 0;
}

static inline bool is_dirty(const struct x_ctx *c, unsigned slot) { return c->dirty[slot >> 6] >> (slot & 63) & 1; }
static inline void set_clean(struct x_ctx *c, unsigned slot)
{
    c->dirty[slot >> 6] &= ~(1ull << (slot & 63));
    c->final[slot >> 6] &= ~(1ull << (slot & 63));
}
static inline bool is_remat(const struct x_ctx *c, unsigned ref) { return c->insn[ref].op == IR_const || c->insn[ref].op == IR_vconst; }
static inline bool lives(const struct x_ctx *c, unsigned ref) { return c->val[ref].last >= c->pos; }
static inline struct x_mem spill_mem(unsigned k) { return x_state((unsigned)offsetof(struct cpu_state, f.spill) + 16 * k); }
static inline struct x_mem slot_mem(const struct x_ctx *c, unsigned slot) { return x_state(c->fn->slots[slot].off); }

static inline void set_in_mem(struct x_ctx *c, unsigned slot, unsigned ref)
{
    c->in_mem[slot] = (uint16_t)ref;
    c->homes[slot >> 6] |= 1ull << (slot & 63);
}

/* Bytes of memory that can serve as a value's home. */
static inline unsigned home_bytes(const struct x_ctx *c, unsigned ref)
{
    unsigned type = c->insn[ref].type;
    return x_is_xmm_type(type) ? x_type_bytes(type) : 8;
}

/* The fault log follows values that slots or recipes depend on. */
static void moved(struct x_ctx *c, unsigned ref)
{
    const struct x_val *v = &c->val[ref];
    for (unsigned s = v->slots; s != XV_NOHOME; s = c->slot_next[s])
        x_log_slot(c, s);
    if (!(v->flags & XV_RECIPE) || !lives(c, ref))
        return;
    if (c->loop_flags.active)
        x_log_slot(c, c->loop_flags.slot);
    for (unsigned w = 0; w < IR_MAX_SLOTS / 64; w++)
        for (uint64_t m = c->dirty[w]; m; m &= m - 1) {
            unsigned s = 64 * w + (unsigned)__builtin_ctzll(m);
            if (c->val[c->bound[s]].flags & XV_DEFER)
                x_log_slot(c, s);
        }
}

/* ---- bindings ---- */

static void unbind(struct x_ctx *c, unsigned slot)
{
    uint8_t *link = &c->val[c->bound[slot]].slots;
    while (*link != slot)
        link = &c->slot_next[*link];
    *link = c->slot_next[slot];
    set_clean(c, slot);
}

/* The slots of a dead value: nobody looks before they are put again. */
static void unbind_all(struct x_ctx *c, struct x_val *v)
{
    for (unsigned s = v->slots; s != XV_NOHOME; s = c->slot_next[s])
        set_clean(c, s);
    v->slots = XV_NOHOME;
}

static void leave_home(struct x_ctx *c, struct x_val *v, unsigned ref)
{
    if (v->home != XV_NOHOME && c->in_mem[v->home] == ref)
        c->in_mem[v->home] = 0;
    v->home = XV_NOHOME;
}

static void free_spill(struct x_ctx *c, struct x_val *v)
{
    if (v->spill == XV_NOHOME)
        return;
    c->spills[v->spill >> 6] &= ~(1ull << (v->spill & 63));
    v->spill = XV_NOHOME;
}

static void release(struct x_ctx *c, unsigned ref)
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

static void load_mem(struct x_ctx *c, unsigned reg, struct x_mem m, unsigned bytes)
{
    if (reg < X0) {
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

static void store_mem(struct x_ctx *c, unsigned reg, struct x_mem m, unsigned bytes)
{
    if (reg < X0)
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
    } else if (is_remat(c, ref)) {
        x_move_const(c, reg, ref);
    } else if (v->spill != XV_NOHOME) {
        load_mem(c, reg, spill_mem(v->spill), reg < X0 ? 8 : 16);
    } else if (v->home != XV_NOHOME) {
        load_mem(c, reg, slot_mem(c, v->home), c->slot_size[v->home]);
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
    store_mem(c, v->reg, spill_mem(k), v->reg < X0 ? 8 : 16);
}

/* True if the slot's memory holds a value that still lives and is nowhere else. */
static bool slot_needed(const struct x_ctx *c, unsigned slot)
{
    unsigned old = c->in_mem[slot];
    if (!old)
        return false;
    const struct x_val *v = &c->val[old];
    return v->home == slot && v->reg == X_NONE && v->spill == XV_NOHOME && lives(c, old);
}

/* Stores an outstanding slot from its value's register (or constant). The slot's memory must not be needed. */
static void store_slot(struct x_ctx *c, unsigned slot)
{
    unsigned ref = c->bound[slot], old = c->in_mem[slot];
    struct x_val *v = &c->val[ref];
    if (old && c->val[old].home == slot)
        c->val[old].home = XV_NOHOME;
    store_mem(c, v->reg, slot_mem(c, slot), c->slot_size[slot]);
    set_in_mem(c, slot, ref);
    if (v->home == XV_NOHOME && c->slot_size[slot] >= home_bytes(c, ref))
        v->home = (uint8_t)slot;
    unbind(c, slot);
    x_log_slot(c, slot);
}

/* Takes the register from its owner, keeping the value somewhere if it still lives. */
static void evict(struct x_ctx *c, unsigned reg)
{
    unsigned ref = c->reg_val[reg];
    struct x_val *v = &c->val[ref];
    if (!lives(c, ref)) {
        release(c, ref);
        return;
    }
    if (!is_remat(c, ref)) {
        while (v->spill == XV_NOHOME && v->slots != XV_NOHOME && !slot_needed(c, v->slots))
            store_slot(c, v->slots);
        if (v->spill == XV_NOHOME && (v->slots != XV_NOHOME || v->home == XV_NOHOME))
            spill(c, ref);
    }
    v->reg = X_NONE;
    c->reg_val[reg] = 0;
    c->free |= 1u << reg;
    moved(c, ref);
}

static void sweep(struct x_ctx *c, uint32_t mask)
{
    for (uint32_t m = mask & ~c->free & ~c->locked; m; m &= m - 1) {
        unsigned r = (unsigned)__builtin_ctz(m), ref = c->reg_val[r];
        if (ref && !lives(c, ref))
            release(c, ref);
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
        if (is_remat(c, ref) || (v->slots == XV_NOHOME && (v->home != XV_NOHOME || v->spill != XV_NOHOME)))
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

static unsigned pick(struct x_ctx *c, uint32_t mask)
{
    if (!(c->free & mask))
        make_room(c, mask);
    unsigned r = (unsigned)__builtin_ctz(c->free & mask);
    c->free &= ~(1u << r);
    c->locked |= 1u << r;
    c->touched[r] = (uint16_t)c->pos;
    return r;
}

static inline uint32_t kind_mask(const struct x_ctx *c, unsigned ref) { return x_is_xmm_type(c->insn[ref].type) ? X_XMMS : X_GPRS; }

void x_own(struct x_ctx *c, unsigned reg, unsigned ref)
{
    c->free &= ~(1u << reg);
    c->reg_val[reg] = (uint16_t)ref;
    c->val[ref].reg = (uint8_t)reg;
}

/* ---- the interface of selection ---- */

unsigned x_use(struct x_ctx *c, unsigned ref)
{
    struct x_val *v = &c->val[ref];
    if (v->reg == X_NONE) {
        unsigned r = pick(c, kind_mask(c, ref));
        x_into(c, r, ref);
        x_own(c, r, ref);
        if ((c->insn[ref].aux & 1) && c->insn[ref].op == IR_const)
            c->last_gaddr = ref;
        if (v->slots != XV_NOHOME || (v->flags & XV_RECIPE))
            moved(c, ref);
        return r;
    }
    c->locked |= 1u << v->reg;
    c->touched[v->reg] = (uint16_t)c->pos;
    return v->reg;
}

bool x_use_mem(struct x_ctx *c, unsigned ref, unsigned bytes, struct x_mem *m)
{
    const struct x_val *v = &c->val[ref];
    if (v->reg != X_NONE)
        return false;
    const struct ir_insn *in = &c->insn[ref];
    if (is_remat(c, ref)) {
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
        *m = spill_mem(v->spill);
    else if (v->home != XV_NOHOME && c->slot_size[v->home] >= bytes)
        *m = slot_mem(c, v->home);
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
        return spill_mem(v->spill);
    return slot_mem(c, v->home);
}

unsigned x_def(struct x_ctx *c)
{
    unsigned r = pick(c, kind_mask(c, c->pos));
    x_own(c, r, c->pos);
    return r;
}

unsigned x_def_copy(struct x_ctx *c, unsigned ref)
{
    struct x_val *v = &c->val[ref];
    unsigned r = v->reg;
    if (r != X_NONE) {
        c->locked |= 1u << r;
        if (x_dies(c, ref)) {
            v->reg = X_NONE;
            release(c, ref);
            x_own(c, r, c->pos);
            c->touched[r] = (uint16_t)c->pos;
            return r;
        }
    }
    r = pick(c, kind_mask(c, ref));
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
    uint32_t m = c->free & (1u << RBX | 15u << R12);
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
        if (lives(c, ref) && others) {
            unsigned r = (unsigned)__builtin_ctz(others);
            c->free &= ~(1u << r);
            x_into(c, r, ref);
            x_own(c, r, ref);
            c->touched[r] = c->touched[reg];
            c->reg_val[reg] = 0;
            moved(c, ref);
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
        release(c, ref);
}

void x_end_insn(struct x_ctx *c)
{
    c->free |= c->temps;
    c->temps = c->locked = 0;
    c->keep_flags = false;
    struct x_ops o = c->ops[c->pos];
    release_dead(c, o.a);
    release_dead(c, o.b);
    if (o.c | o.d) {
        release_dead(c, o.c);
        release_dead(c, o.d);
    }
    release_dead(c, c->pos);
}

/* ---- guest state ---- */

void x_bind(struct x_ctx *c, unsigned slot, unsigned ref)
{
    c->slot_next[slot] = c->val[ref].slots;
    c->val[ref].slots = (uint8_t)slot;
    c->bound[slot] = (uint16_t)ref;
    uint64_t bit = 1ull << (slot & 63);
    c->dirty[slot >> 6] |= bit;
    if (c->val[c->pos].flags & XV_FINAL)
        c->final[slot >> 6] |= bit;
    x_log_slot(c, slot);
}

/* The slot's memory is about to change: its old value, where it lives on, moves to a register. */
static void rescue(struct x_ctx *c, unsigned slot)
{
    unsigned old = c->in_mem[slot];
    if (slot_needed(c, slot))
        c->locked &= ~(1u << x_use(c, old));
    if (old && c->val[old].home == slot)
        c->val[old].home = XV_NOHOME;
    c->in_mem[slot] = 0;
}

void x_put(struct x_ctx *c, unsigned slot, unsigned ref)
{
    struct x_val *v = &c->val[ref];
    if (c->loop_flags.active && c->loop_flags.slot == slot)
        c->loop_flags.active = false;
    if (is_dirty(c, slot)) {
        unsigned old = c->bound[slot];
        unbind(c, slot);
        if (!lives(c, old))
            release(c, old);
    }
    if (is_remat(c, ref) || (v->flags & XV_DEFER)) {
        x_bind(c, slot, ref);
        return;
    }
    if (c->in_mem[slot] == ref && c->slot_size[slot] >= home_bytes(c, ref)) {
        x_log_slot(c, slot);
        return;
    }
    if (v->reg == X_NONE && v->spill == XV_NOHOME)
        x_use(c, ref);
    x_bind(c, slot, ref);
}

void x_get(struct x_ctx *c, unsigned slot)
{
    unsigned ref = c->pos;
    struct x_val *v = &c->val[ref];
    if (is_dirty(c, slot))
        x_flush_slot(c, slot);
    rescue(c, slot);
    set_in_mem(c, slot, ref);
    v->home = (uint8_t)slot;
    if (c->slot_size[slot] < home_bytes(c, ref)) {
        x_use(c, ref);
        leave_home(c, v, ref);
    }
}

/* A constant's bits as a store of the slot's size wants them. */
static bool store_const(struct x_ctx *c, unsigned slot, unsigned ref)
{
    const struct ir_insn *in = &c->insn[ref];
    unsigned bytes = c->slot_size[slot];
    struct x_mem m = slot_mem(c, slot);
    bool fits = bytes <= 4 || (in->imm == (int32_t)in->imm && !(in->aux & 1));
    if (in->op != IR_const || c->val[ref].reg != X_NONE || !fits || bytes > 8)
        return false;
    x_store_imm(c, (unsigned)__builtin_ctz(bytes), m, (int32_t)in->imm);
    return true;
}

/* Stores one slot inline; it is clean then. */
void x_flush_slot(struct x_ctx *c, unsigned slot)
{
    unsigned ref = c->bound[slot];
    struct x_val *v = &c->val[ref];
    rescue(c, slot);
    if (v->flags & XV_DEFER) {
        x_grab(c, RAX);
        x_flags_into_rax(c, ref);
        store_mem(c, RAX, slot_mem(c, slot), c->slot_size[slot]);
        c->temps &= ~(1u << RAX);
        c->locked &= ~(1u << RAX);
        c->free |= 1u << RAX;
    } else if (!store_const(c, slot, ref)) {
        bool lock = v->reg != X_NONE && (c->locked >> v->reg & 1);
        x_use(c, ref);
        store_slot(c, slot);
        if (!lock)
            c->locked &= ~(1u << v->reg);
        return;
    }
    unbind(c, slot);
    x_log_slot(c, slot);
}

static const uint64_t no_slots[IR_MAX_SLOTS / 64];

static void flush(struct x_ctx *c, int dead_slot, const uint64_t *but, bool deferred)
{
    for (unsigned w = 0; w < IR_MAX_SLOTS / 64; w++)
        for (uint64_t m = c->dirty[w] & ~but[w]; m; m &= m - 1) {
            unsigned s = 64 * w + (unsigned)__builtin_ctzll(m);
            if ((int)s != dead_slot && is_dirty(c, s) && (bool)(c->val[c->bound[s]].flags & XV_DEFER) == deferred)
                x_flush_slot(c, s);
        }
}

void x_flush_flags(struct x_ctx *c, int dead_slot) { flush(c, dead_slot, no_slots, true); }

void x_flush_but(struct x_ctx *c, int dead_slot, const uint64_t *but)
{
    flush(c, dead_slot, but, true);
    flush(c, dead_slot, but, false);
}

void x_flush(struct x_ctx *c, int dead_slot) { x_flush_but(c, dead_slot, no_slots); }

void x_flush_final(struct x_ctx *c)
{
    for (unsigned w = 0; w < IR_MAX_SLOTS / 64; w++)
        for (uint64_t m = c->final[w] & ~(c->ncarried ? c->unstored[w] : 0); m; m &= m - 1) {
            unsigned s = 64 * w + (unsigned)__builtin_ctzll(m);
            if ((c->final[w] & (m & -m)) && !(c->val[c->bound[s]].flags & XV_DEFER))
                x_flush_slot(c, s);
        }
}

void x_load_slot_or_value(struct x_ctx *c, unsigned reg, unsigned slot, unsigned ref)
{
    if (ref)
        x_into(c, reg, ref);
    else
        load_mem(c, reg, slot_mem(c, slot), c->slot_size[slot]);
}


/* ---- side exits ---- */

/* Cold code borrows rax: its owner is elsewhere for the time being. */
struct borrowed { unsigned owner; struct x_val was; };

static struct borrowed borrow_rax(struct x_ctx *c)
{
    struct borrowed b = {c->reg_val[RAX], c->val[c->reg_val[RAX]]};
    if (!b.owner)
        return b;
    struct x_val *v = &c->val[b.owner];
    if (!is_remat(c, b.owner) && v->spill == XV_NOHOME) {
        store_mem(c, RAX, spill_mem(X_COLD_SPILL), 8);
        v->spill = X_COLD_SPILL;
    }
    v->reg = X_NONE;
    return b;
}

static void return_rax(struct x_ctx *c, struct borrowed b)
{
    if (!b.owner)
        return;
    x_into(c, RAX, b.owner);
    c->val[b.owner] = b.was;
}

/* The flags of the loop's round before, if there was one. */
static void flush_loop_flags(struct x_ctx *c)
{
    unsigned round = c->loop_flags.round;
    if (round != X_NONE) {
        x_test_rr(c, 0, round, round);
    } else {
        x_rm_tail(c, 0x80, 0, A_CMP, x_state(X_ROUND), 1);
        x_b(c, 0);
    }
    uint8_t *first = x_jcc8(c, CC_E);
    struct borrowed b = borrow_rax(c);
    x_loop_flags_into_rax(c);
    store_mem(c, RAX, slot_mem(c, c->loop_flags.slot), 4);
    return_rax(c, b);
    x_here(c, first);
}

/* Flag words first: their operands may be in the memory of slots stored afterwards. */
static void flush_cold_flags(struct x_ctx *c, int dead_slot)
{
    if (c->loop_flags.active && c->loop_flags.slot != dead_slot)
        flush_loop_flags(c);
    for (unsigned w = 0; w < IR_MAX_SLOTS / 64; w++)
        for (uint64_t m = c->dirty[w]; m; m &= m - 1) {
            unsigned s = 64 * w + (unsigned)__builtin_ctzll(m);
            if ((int)s == dead_slot || !(c->val[c->bound[s]].flags & XV_DEFER))
                continue;
            struct borrowed b = borrow_rax(c);
            x_flags_into_rax(c, c->bound[s]);
            store_mem(c, RAX, slot_mem(c, s), c->slot_size[s]);
            return_rax(c, b);
        }
}

void x_flush_cold(struct x_ctx *c, int dead_slot)
{
    flush_cold_flags(c, dead_slot);
    /* Values in registers first, so that any register may carry the others afterwards. */
    for (unsigned pass = 0; pass < 2; pass++)
        for (unsigned w = 0; w < IR_MAX_SLOTS / 64; w++)
            for (uint64_t m = c->dirty[w]; m; m &= m - 1) {
                unsigned s = 64 * w + (unsigned)__builtin_ctzll(m), ref = c->bound[s];
                struct x_val *v = &c->val[ref];
                if ((int)s == dead_slot || (v->flags & XV_DEFER) || (v->reg == X_NONE) != (pass == 1) || store_const(c, s, ref))
                    continue;
                unsigned r = v->reg;
                if (r == X_NONE) {
                    uint32_t gaddr = c->last_gaddr;
                    c->last_gaddr = 0;
                    r = x_is_xmm_type(c->insn[ref].type) ? X_XTMP : RAX;
                    x_into(c, r, ref);
                    c->last_gaddr = gaddr;
                }
                store_mem(c, r, slot_mem(c, s), c->slot_size[s]);
            }
}

/* ---- calls ---- */

void x_evict_mask(struct x_ctx *c, uint32_t mask)
{
    for (uint32_t m = mask; m; m &= m - 1) {
        unsigned r = (unsigned)__builtin_ctz(m), ref = c->reg_val[r];
        if (!ref || ref == c->pos)
            continue;
        if (c->val[ref].last > c->pos)
            evict(c, r);
        else
            release(c, ref);
    }
}

void x_forget_memory(struct x_ctx *c)
{
    for (unsigned w = 0; w < IR_MAX_SLOTS / 64; w++) {
        for (uint64_t m = c->homes[w]; m; m &= m - 1) {
            unsigned s = 64 * w + (unsigned)__builtin_ctzll(m);
            if (c->in_mem[s])
                rescue(c, s);
        }
        c->homes[w] = 0;
    }
}

void x_forget(struct x_ctx *c)
{
    for (unsigned w = 0; w < IR_MAX_SLOTS / 64; w++) {
        for (uint64_t m = c->homes[w]; m; m &= m - 1) {
            unsigned s = 64 * w + (unsigned)__builtin_ctzll(m);
            c->val[c->in_mem[s]].home = XV_NOHOME;
            c->in_mem[s] = 0;
        }
        c->homes[w] = 0;
    }
    for (uint32_t m = (X_GPRS | X_XMMS) & ~c->free; m; m &= m - 1) {
        unsigned r = (unsigned)__builtin_ctz(m);
        if (c->reg_val[r])
            c->val[c->reg_val[r]].reg = X_NONE;
        c->reg_val[r] = 0;
    }
    c->free = X_GPRS | X_XMMS;
    c->temps = c->locked = 0;
    memset(c->spills, 0, sizeof c->spills);
    c->spills[1] = 1ull << 63;
}
