/*
 * Blocks: a region of several traces, which hand slots to each other in registers.
 *
 * A block begins with gets that stand for the slots it may be entered with (ir/carry.h). The first exit that leads to a
 * block decides where each of them is: as it happens to be there, so that this exit costs nothing, or, at the head of
 * a loop, all in registers, with the stores of what the region changes outstanding, so that the loop touches the cpu state only where
 * it leaves. Every other exit moves, loads and stores until things are the same (x_edge). Slots that a block
 * does not carry are in memory when it begins.
 *
 * An exit that leads backward polls, as every cycle has to:
 *
 *           stores of what the block wants in memory
 *           cmp dword [pending], 0 ; jne cold (all other stores ; leave for the block's pc)
 *           moves, loads ; jmp block
 *
 * or, where there are no moves and loads, je block ; jmp cold.
 */
#include <errno.h>

#include "backends/x86_64/emit.h"

enum { WORDS = IR_MAX_SLOTS / 64 };

static bool in_set(const uint64_t *set, unsigned slot) { return set[slot >> 6] >> (slot & 63) & 1; }

bool x_is_entered_with(const struct x_ctx *c, unsigned ref)
{
    const struct ir_insn *in = &c->insn[ref];
    const struct ir_slot *slot = &c->fn->slots[in->imm];
    return in->op == IR_get && !slot->flags && (in->type == IR_I64 || x_is_xmm_type(in->type));
}

/* Whether the block reads the slot of flag words as it finds it. */
static bool reads_flags(const struct x_ctx *c, unsigned start)
{
    for (unsigned i = start + 1; i < c->fn->n && c->insn[i].op != IR_block; i++)
        if ((c->insn[i].op == IR_get || c->insn[i].op == IR_put) && c->fn->slots[c->insn[i].imm].flags)
            return c->insn[i].op == IR_get;
    return false;
}

void x_blocks_begin(struct x_ctx *c)
{
    memset(c->carry, 0, sizeof c->carry);
    for (unsigned i = 1; c->fn->nblocks && i < c->fn->n; i++) {
        const struct ir_insn *in = &c->insn[i];
        if ((in->op == IR_exit_if || in->op == IR_jump) && in->aux & IR_EXIT_BLOCK && c->block[ir_exit_number(in->aux)].start < i)
            c->block[ir_exit_number(in->aux)].end = (uint16_t)i;
        if (in->op != IR_block)
            continue;
        struct x_block *b = &c->block[in->aux];
        *b = (struct x_block){.pc = (uint64_t)in->imm, .start = (uint16_t)i, .reads_flags = reads_flags(c, i)};
        memset(b->reg, X_NONE, sizeof b->reg);
        for (unsigned k = i + 1; x_is_entered_with(c, k); k++) {
            c->val[k].flags |= XV_CARRIED;
            c->carry[c->insn[k].imm >> 6] |= 1ull << (c->insn[k].imm & 63);
        }
    }
}

void x_blocks_live(struct x_ctx *c)
{
    for (unsigned n = 0; n < c->fn->nblocks; n++)
        for (unsigned k = 0; c->block[n].end && k < c->fn->nblocks; k++) {
            struct x_block *head = &c->block[n], *b = &c->block[k];
            for (unsigned w = 0; w < WORDS && b->start > head->start && b->start < head->end; w++) {
                head->reads[w] |= b->reads[w];
                head->puts[w] |= b->puts[w];
            }
        }
}

/* The value a slot has here, 0 where only its memory has it. */
static unsigned value_of(const struct x_ctx *c, unsigned slot) { return in_set(c->dirty, slot) ? c->bound[slot] : c->in_mem[slot]; }

/* Whether the block is to have in a register what get i stands for. A loop has what it uses. */
static bool wants(const struct x_ctx *c, const struct x_block *b, unsigned i)
{
    unsigned slot = (unsigned)c->insn[i].imm;
    return !(c->val[i].flags & XV_DEAD) && (!b->end || in_set(b->reads, slot) || in_set(b->puts, slot));
}

/* Decides how a block is entered, by the state of the exit that leads there first. */
static void fix(struct x_ctx *c, struct x_block *b)
{
    uint32_t taken = 0;
    b->fixed = true;
    for (unsigned i = b->start + 1u; x_is_entered_with(c, i); i++) {
        unsigned slot = (unsigned)c->insn[i].imm, ref = value_of(c, slot), reg = ref ? c->val[ref].reg : X_NONE;
        if (!wants(c, b, i) || reg == X_NONE || c->val[ref].flags & XV_DEFER || taken >> reg & 1)
            continue;
        taken |= 1u << reg;
        b->reg[slot] = (uint8_t)reg;
        if (in_set(c->dirty, slot) && !b->end)
            b->dirty[slot >> 6] |= 1ull << (slot & 63);
    }
    for (unsigned i = b->start + 1u; b->end && x_is_entered_with(c, i); i++) {
        unsigned slot = (unsigned)c->insn[i].imm;
        if (!wants(c, b, i))
            continue;
        uint32_t room = (x_is_xmm_type(c->insn[i].type) ? X_XMMS : X_GPRS) & ~taken;
        if (b->reg[slot] == X_NONE) {
            if (__builtin_popcount(room) <= 3)
                continue;
            b->reg[slot] = (uint8_t)(31 - __builtin_clz(room));
            taken |= 1u << b->reg[slot];
        }
        if (in_set(b->puts, slot))
            b->dirty[slot >> 6] |= 1ull << (slot & 63);
    }
}

/* A dirty slot whose value is not computed yet. It is stored, whatever the block wants. */
static bool is_deferred(const struct x_ctx *c, unsigned slot) { return in_set(c->dirty, slot) && c->val[c->bound[slot]].flags & XV_DEFER; }

/* The slots whose stores stay outstanding on the way to the block. */
static void find_kept(const struct x_ctx *c, const struct x_block *b, uint64_t kept[WORDS])
{
    for (unsigned w = 0; w < WORDS; w++) {
        kept[w] = b->dirty[w] & c->dirty[w];
        for (uint64_t m = kept[w]; m; m &= m - 1)
            if (is_deferred(c, 64 * w + (unsigned)__builtin_ctzll(m)))
                kept[w] &= ~(m & -m);
    }
}

/* Brings what the block carries into its registers, after all else was stored. */
static void conform(struct x_ctx *c, const struct x_block *b)
{
    uint8_t from[32];
    uint32_t loads = 0;
    memset(from, X_NONE, sizeof from);
    for (unsigned i = b->start + 1u; x_is_entered_with(c, i); i++) {
        unsigned slot = (unsigned)c->insn[i].imm, ref = value_of(c, slot);
        if (b->reg[slot] == X_NONE)
            continue;
        if (ref && c->val[ref].reg != X_NONE)
            from[b->reg[slot]] = c->val[ref].reg;
        else
            loads |= 1u << b->reg[slot];
    }
    x_parallel_move(c, from);
    uint32_t gaddr = c->last_gaddr;
    c->last_gaddr = 0;
    for (unsigned i = b->start + 1u; loads && x_is_entered_with(c, i); i++) {
        unsigned slot = (unsigned)c->insn[i].imm;
        if (b->reg[slot] != X_NONE && loads >> b->reg[slot] & 1)
            x_load_slot_or_value(c, b->reg[slot], slot, in_set(c->dirty, slot) && !is_deferred(c, slot) ? c->bound[slot] : 0);   /* its value's home may be another's by now */
    }
    c->last_gaddr = gaddr;
}

/* True if conform() has nothing to do. */
static bool conforms(const struct x_ctx *c, const struct x_block *b)
{
    for (unsigned i = b->start + 1u; x_is_entered_with(c, i); i++) {
        unsigned slot = (unsigned)c->insn[i].imm, ref = value_of(c, slot);
        if (b->reg[slot] != X_NONE && (!ref || c->val[ref].reg != b->reg[slot]))
            return false;
    }
    return true;
}

/* The poll of an exit that leads backward; kept: slots whose stores are outstanding. Where nothing is to be moved, the exit itself as well: true. */
static bool poll(struct x_ctx *c, const struct x_block *b, const uint64_t *kept)
{
    struct be_region *out = c->out;
    if (out->nrets == BE_MAX_RETS) {
        c->error = -E2BIG;
        return true;
    }
    out->rets[out->nrets].off = c->in_cold ? (uint32_t)(c->p - c->cold) | X_IN_COLD : (uint32_t)(c->p - c->base);
    out->rets[out->nrets++].pc = b->pc;
    unsigned site = x_site(c, BE_SITE_ENTRY, b->pc);
    uint64_t but[WORDS];
    for (unsigned w = 0; w < WORDS; w++)
        but[w] = ~kept[w];
    x_alu_mi(c, A_CMP, 0, X_FRAME(pending), 0);
    x_b(c, 0x0f);
    if (!c->in_cold) {
        bool whole = conforms(c, b);
        x_b(c, 0x80 | (whole ? CC_E : CC_NE));
        if (whole) {
            x_to_block(c, c->insn[b->start].aux);
            x_b(c, 0xe9);
        }
        x_to_cold(c);
        x_cold_begin(c);
        x_flush_cold_but(c, -1, but);
        x_leave(c, X_POLL, site);
        x_cold_end(c);
        return whole;
    }
    x_b(c, 0x80 | CC_NE);
    uint8_t *field = c->p;
    c->p += 4;
    conform(c, b);
    x_b(c, 0xe9);
    x_to_block(c, c->insn[b->start].aux);
    int32_t rel = (int32_t)(c->p - (field + 4));
    memcpy(field, &rel, 4);
    x_flush_cold_but(c, -1, but);
    x_leave(c, X_POLL, site);
    return true;
}

void x_edge(struct x_ctx *c, unsigned n, int dead_slot)
{
    struct x_block *b = &c->block[n];
    if (!b->fixed)
        fix(c, b);
    uint64_t kept[WORDS];
    find_kept(c, b, kept);
    bool exact = c->exact_flags;
    c->exact_flags |= b->reads_flags;
    if (c->in_cold)
        x_flush_cold_but(c, dead_slot, kept);
    else
        x_flush_but(c, dead_slot, kept);
    c->exact_flags = exact;
    if (b->written && poll(c, b, kept))
        return;
    conform(c, b);
    if (!c->in_cold && !b->written && b->start == c->pos + 1)
        return;
    x_b(c, 0xe9);
    x_to_block(c, n);
}

void x_blocks_enter(struct x_ctx *c)
{
    c->pos = c->block[c->insn[1].aux].start - 1u;
    x_edge(c, c->insn[1].aux, -1);
}

/* The head of the innermost loop that the block is in, or none. */
static const struct x_block *head_of(const struct x_ctx *c, const struct x_block *b)
{
    const struct x_block *head = NULL;
    for (unsigned n = 0; n < c->fn->nblocks; n++) {
        const struct x_block *h = &c->block[n];
        if (h->start <= b->start && b->start < h->end && (!head || head->start < h->start))
            head = h;
    }
    return head;
}

void x_sel_block(struct x_ctx *c, const struct ir_insn *in, struct x_ops o)
{
    (void)o;
    struct x_block *b = &c->block[in->aux];
    b->written = b->fixed = true;
    b->off = (uint32_t)(c->p - c->base);
    x_count(c, in->aux);
    x_alloc_begin(c);
    const struct x_block *head = head_of(c, b);
    c->want = head ? head->reg : NULL;
    for (unsigned i = b->start + 1u; x_is_entered_with(c, i); i++) {
        struct x_val *v = &c->val[i];
        unsigned slot = (unsigned)c->insn[i].imm, reg = b->reg[slot];
        if (v->flags & XV_DEAD)
            continue;
        if (reg != X_NONE) {
            x_own(c, reg, i);
            c->touched[reg] = (uint16_t)c->pos;
        }
        if (in_set(b->dirty, slot)) {
            x_bind(c, slot, i);
        } else {
            v->home = (uint8_t)slot;
            c->in_mem[slot] = (uint16_t)i;
            c->homes[slot >> 6] |= 1ull << (slot & 63);
        }
    }
    for (unsigned w = 0; w < WORDS; w++)
        for (uint64_t m = c->logged[w] & ~c->dirty[w]; m; m &= m - 1)
            x_log_slot(c, 64 * w + (unsigned)__builtin_ctzll(m));
}
