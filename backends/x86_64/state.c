/*
 * Guest state in pass 2: what slots are bound to, and when their stores are made (x86.h has the model).
 */
#include "backends/x86_64/alloc.h"

/* ---- flag words that are not computed yet ---- */

void x_slot_stored(struct x_ctx *c, unsigned slot)
{
    if (c->fn->slots[slot].flags)
        x_store_imm(c, 2, X_FRAME(flags_how), 0);
}

void x_settle_here(struct x_ctx *c)
{
    x_alu_mi(c, A_CMP, 0, X_FRAME(flags_how), 0);
    x_b(c, 0x0f);
    x_b(c, 0x80 | CC_NE);
    x_to_cold(c);
    uint32_t back = (uint32_t)(c->p - c->base);
    x_cold_begin(c);
    x_call_m(c, X_FRAME(stubs[X_SETTLE]));
    x_b(c, 0xe9);
    x_to_hot(c, back);
    x_cold_end(c);
}

/* True if the slot can stand for the deferred word, as its operands are. */
static bool may_keep(const struct x_ctx *c, unsigned slot, unsigned ref)
{
    const struct ir_insn *in = &c->insn[ref];
    if (!c->fn->slots[slot].flags || c->exact_flags)
        return false;
    return in->op == IR_flagsub || in->op == IR_flaglogic || (in->op == IR_flagadc && x_is_const(c, c->ops[ref].c) && !c->insn[c->ops[ref].c].imm);
}

static bool is_storable(const struct x_ctx *c, unsigned ref)
{
    int32_t imm;
    return c->val[ref].reg != X_NONE || x_imm32(c, ref, 1, &imm);
}

/* True if keep() needs rax to itself. */
static bool keep_needs_rax(const struct x_ctx *c, unsigned ref)
{
    struct x_ops o = c->ops[ref];
    return (c->val[o.a].flags & XV_DEFER) || !is_storable(c, o.a) || (c->insn[ref].op != IR_flaglogic && !is_storable(c, o.b));
}

static void keep_operand(struct x_ctx *c, struct x_mem m, unsigned ref)
{
    int32_t imm;
    if (c->val[ref].reg == X_NONE && x_imm32(c, ref, 1, &imm)) {
        x_store_imm(c, 3, m, imm);
        return;
    }
    unsigned r = c->val[ref].reg;
    if (r == X_NONE)
        x_into(c, r = RAX, ref);
    x_store(c, 3, m, r);
}

static void keep_how(struct x_ctx *c, unsigned slot, unsigned ref)
{
    const struct ir_insn *in = &c->insn[ref];
    unsigned how = in->op == IR_flagsub ? X_HOW_SUB : in->op == IR_flagadc ? X_HOW_ADD : X_HOW_LOGIC;
    how |= c->insn[in->a].type == IR_I64 ? X_HOW_64 : 0;
    x_store_imm(c, 2, X_FRAME(flags_how), (int32_t)(how | (unsigned)c->fn->slots[slot].off << 8));
}

/* Stores what a deferred word is computed from; allocates nothing, leaves host flags undefined. */
static void keep(struct x_ctx *c, unsigned slot, unsigned ref)
{
    struct x_ops o = c->ops[ref];
    if (c->val[o.a].flags & XV_DEFER) {     /* an and */
        x_into(c, RAX, c->ops[o.a].a);
        x_alu_any(c, A_AND, c->insn[c->insn[ref].a].type == IR_I64, RAX, c->ops[o.a].b);
        x_store(c, 3, X_FRAME(flags_a), RAX);
    } else {
        keep_operand(c, X_FRAME(flags_a), o.a);
    }
    if (c->insn[ref].op != IR_flaglogic)
        keep_operand(c, X_FRAME(flags_b), o.b);
    keep_how(c, slot, ref);
}

/* ---- gets and puts ---- */

void x_bind(struct x_ctx *c, unsigned slot, unsigned ref)
{
    c->slot_next[slot] = c->val[ref].slots;
    c->val[ref].slots = (uint8_t)slot;
    c->bound[slot] = (uint16_t)ref;
    uint64_t bit = 1ull << (slot & 63);
    c->dirty[slot >> 6] |= bit;
    if (c->val[c->pos].flags & XV_FINAL)
        c->final[slot >> 6] |= bit;
    if (c->val[ref].flags & XV_DEFER)
        c->deferred[slot >> 6] |= bit;
    x_log_slot(c, slot);
}

/* The slot's memory is about to change: its old value, where it lives on, moves to a register. */
static void rescue(struct x_ctx *c, unsigned slot)
{
    unsigned old = c->in_mem[slot];
    if (x_slot_needed(c, slot))
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
    if (x_is_dirty(c, slot)) {
        unsigned old = c->bound[slot];
        x_unbind(c, slot);
        if (!x_lives(c, old))
            x_release(c, old);
    }
    if (x_is_remat(c, ref) || (v->flags & XV_DEFER)) {
        x_bind(c, slot, ref);
        return;
    }
    if (c->in_mem[slot] == ref && c->slot_size[slot] >= x_home_bytes(c, ref)) {
        x_log_slot(c, slot);
        return;
    }
    if (v->reg == X_NONE && v->spill == XV_NOHOME)
        x_use(c, ref);
    x_bind(c, slot, ref);
}

static void leave_home(struct x_ctx *c, struct x_val *v, unsigned ref)
{
    if (v->home != XV_NOHOME && c->in_mem[v->home] == ref)
        c->in_mem[v->home] = 0;
    v->home = XV_NOHOME;
}

void x_get(struct x_ctx *c, unsigned slot)
{
    unsigned ref = c->pos;
    struct x_val *v = &c->val[ref];
    if (x_is_dirty(c, slot)) {
        bool was = c->exact_flags;
        c->exact_flags = true;
        x_flush_slot(c, slot);
        c->exact_flags = was;
    } else if (c->fn->slots[slot].flags) {
        x_settle_here(c);
    }
    rescue(c, slot);
    x_set_in_mem(c, slot, ref);
    v->home = (uint8_t)slot;
    if (c->slot_size[slot] < x_home_bytes(c, ref)) {
        x_use(c, ref);
        leave_home(c, v, ref);
    }
}

/* A constant's bits as a store of the slot's size wants them. */
static bool store_const(struct x_ctx *c, unsigned slot, unsigned ref)
{
    const struct ir_insn *in = &c->insn[ref];
    unsigned bytes = c->slot_size[slot];
    struct x_mem m = x_slot_mem(c, slot);
    bool fits = bytes <= 4 || (in->imm == (int32_t)in->imm && !(in->aux & 1));
    if (in->op != IR_const || c->val[ref].reg != X_NONE || !fits || bytes > 8)
        return false;
    x_store_imm(c, (unsigned)__builtin_ctz(bytes), m, (int32_t)in->imm);
    x_slot_stored(c, slot);
    return true;
}

/* Stores one slot inline; it is clean then. */
void x_flush_slot(struct x_ctx *c, unsigned slot)
{
    unsigned ref = c->bound[slot];
    struct x_val *v = &c->val[ref];
    rescue(c, slot);
    if (v->flags & XV_DEFER) {
        bool kept = may_keep(c, slot, ref), rax = !kept || keep_needs_rax(c, ref);
        if (rax)
            x_grab(c, RAX);
        if (kept) {
            keep(c, slot, ref);
        } else {
            x_deferred_into_rax(c, ref);
            x_store_mem(c, RAX, x_slot_mem(c, slot), c->slot_size[slot]);
            x_slot_stored(c, slot);
        }
        if (rax) {
            c->temps &= ~(1u << RAX);
            c->locked &= ~(1u << RAX);
            c->free |= 1u << RAX;
        }
    } else if (!store_const(c, slot, ref)) {
        bool lock = v->reg != X_NONE && (c->locked >> v->reg & 1);
        x_use(c, ref);
        x_store_slot(c, slot);
        if (!lock)
            c->locked &= ~(1u << v->reg);
        return;
    }
    x_unbind(c, slot);
    x_log_slot(c, slot);
}

static const uint64_t no_slots[IR_MAX_SLOTS / 64];

static void flush(struct x_ctx *c, int dead_slot, const uint64_t *but, bool deferred)
{
    for (unsigned w = 0; w < IR_MAX_SLOTS / 64; w++)
        for (uint64_t m = (deferred ? c->deferred[w] : c->dirty[w] & ~c->deferred[w]) & ~but[w]; m; m &= m - 1) {
            unsigned s = 64 * w + (unsigned)__builtin_ctzll(m);
            if ((int)s != dead_slot && x_is_dirty(c, s))
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
            if (c->final[w] & ~c->deferred[w] & (m & -m))
                x_flush_slot(c, s);
        }
}

void x_load_slot_or_value(struct x_ctx *c, unsigned reg, unsigned slot, unsigned ref)
{
    if (ref)
        x_into(c, reg, ref);
    else
        x_load_mem(c, reg, x_slot_mem(c, slot), c->slot_size[slot]);
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
    if (!x_is_remat(c, b.owner) && v->spill == XV_NOHOME) {
        x_store_mem(c, RAX, x_spill_mem(X_COLD_SPILL), 8);
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
    x_store_mem(c, RAX, x_slot_mem(c, c->loop_flags.slot), 4);
    x_slot_stored(c, c->loop_flags.slot);
    return_rax(c, b);
    x_here(c, first);
}

/* Flag words first: their operands may be in the memory of slots stored afterwards. */
static void flush_cold_flags(struct x_ctx *c, int dead_slot, const uint64_t *but)
{
    if (c->loop_flags.active && c->loop_flags.slot != dead_slot)
        flush_loop_flags(c);
    for (unsigned w = 0; w < IR_MAX_SLOTS / 64; w++)
        for (uint64_t m = c->deferred[w] & ~but[w]; m; m &= m - 1) {
            unsigned s = 64 * w + (unsigned)__builtin_ctzll(m);
            if ((int)s == dead_slot)
                continue;
            unsigned ref = c->bound[s];
            bool kept = may_keep(c, s, ref);
            struct borrowed b = {0};
            if (!kept || keep_needs_rax(c, ref))
                b = borrow_rax(c);
            if (kept) {
                keep(c, s, ref);
            } else {
                x_deferred_into_rax(c, ref);
                x_store_mem(c, RAX, x_slot_mem(c, s), c->slot_size[s]);
                x_slot_stored(c, s);
            }
            return_rax(c, b);
        }
}

void x_flush_cold_but(struct x_ctx *c, int dead_slot, const uint64_t *but)
{
    flush_cold_flags(c, dead_slot, but);
    /* Values in registers first, so that any register may carry the others afterwards. */
    for (unsigned pass = 0; pass < 2; pass++)
        for (unsigned w = 0; w < IR_MAX_SLOTS / 64; w++)
            for (uint64_t m = c->dirty[w] & ~(c->deferred[w] | but[w]); m; m &= m - 1) {
                unsigned s = 64 * w + (unsigned)__builtin_ctzll(m), ref = c->bound[s];
                struct x_val *v = &c->val[ref];
                if ((int)s == dead_slot || (v->reg == X_NONE) != (pass == 1) || store_const(c, s, ref))
                    continue;
                unsigned r = v->reg;
                if (r == X_NONE && c->fn->nblocks && !x_is_xmm_type(c->insn[ref].type)) {
                    r = X_XTMP;         /* the others are needed where this leads to a block */
                    x_load_mem(c, r, x_place_mem(c, ref), c->slot_size[s] < 8 ? 4 : c->slot_size[s]);
                } else if (r == X_NONE) {
                    uint32_t gaddr = c->last_gaddr;
                    c->last_gaddr = 0;
                    r = x_is_xmm_type(c->insn[ref].type) ? X_XTMP : RAX;
                    x_into(c, r, ref);
                    c->last_gaddr = gaddr;
                }
                x_store_mem(c, r, x_slot_mem(c, s), c->slot_size[s]);
                x_slot_stored(c, s);
            }
}

void x_flush_cold(struct x_ctx *c, int dead_slot) { x_flush_cold_but(c, dead_slot, no_slots); }

/* ---- calls ---- */

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
