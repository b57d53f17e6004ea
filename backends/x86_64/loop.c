/*
 * Loops: a region that ends with a jump to its own start. The slots it reads are loaded once, behind
 * the entry's poll, and stay in registers across the back edge; the stores of those it changes stay outstanding across
 * it too, so a loop touches the cpu state only where it leaves.
 *
 *   entry:  poll ; loads
 *   top:    body
 *           stores of what is observed in the next round, but not carried
 *           cmp dword [pending], 0 ; je top
 *           all other stores ; jmp entry
 *
 * or, where values must first move to the registers they have at top,
 *
 *           cmp dword [pending], 0 ; jne cold (all other stores ; jmp entry)
 *           moves ; jmp top
 */
#include <errno.h>

#include "backends/x86_64/emit.h"

static void set_round(struct x_ctx *c, unsigned v)
{
    if (c->loop_flags.round != X_NONE)
        x_mov_imm(c, c->loop_flags.round, v);
    else
        x_store_imm(c, 0, x_state(X_ROUND), (int32_t)v);
}

void x_loop_head(struct x_ctx *c)
{
    if (!c->ncarried)
        return;
    for (unsigned i = 0; i < c->ncarried; i++) {
        struct x_carried *k = &c->carried[i];
        c->val[k->get].home = k->slot;
        c->in_mem[k->slot] = k->get;
        k->reg = (uint8_t)x_use(c, k->get);
        if (k->changes) {       /* in later rounds memory is behind */
            c->val[k->get].home = XV_NOHOME;
            c->in_mem[k->slot] = 0;
            x_bind(c, k->slot, k->get);
        }
    }
    c->locked = 0;
    memset(c->want_of_loop, X_NONE, c->fn->nslots);
    for (unsigned i = 0; i < c->ncarried; i++)
        if (c->carried[i].changes)
            c->want_of_loop[c->carried[i].slot] = c->carried[i].reg;
    c->want = c->want_of_loop;
    if (c->loop_flags.active) {
        c->loop_flags.round = (uint8_t)x_reserve(c);
        set_round(c, 0);
        x_log_slot(c, c->loop_flags.slot);
    }
    c->loop_top = (uint32_t)(c->p - c->base);
}

/* What a carried slot holds at the back edge; 0: its memory has it. */
static unsigned final_value(const struct x_ctx *c, const struct x_carried *k)
{
    if (!k->changes)
        return k->get;
    return c->dirty[k->slot >> 6] >> (k->slot & 63) & 1 ? c->bound[k->slot] : c->in_mem[k->slot];
}

static void swap_regs(struct x_ctx *c, unsigned a, unsigned b)
{
    if (a < X0) {
        x_rr(c, 0x87, 1, a, b);
        return;
    }
    v_rr(c, V_MOVAPS, 0, X_XTMP, a);
    v_rr(c, V_MOVAPS, 0, a, b);
    v_rr(c, V_MOVAPS, 0, b, X_XTMP);
}

void x_parallel_move(struct x_ctx *c, uint8_t from[32])
{
    unsigned readers[32] = {0};
    uint32_t pending = 0;
    for (unsigned d = 0; d < 32; d++)
        if (from[d] != X_NONE && from[d] != d) {
            pending |= 1u << d;
            readers[from[d]]++;
        }
    while (pending) {
        uint32_t ready = 0;
        for (uint32_t m = pending; m; m &= m - 1)
            if (!readers[__builtin_ctz(m)])
                ready |= m & -m;
        if (ready) {
            unsigned d = (unsigned)__builtin_ctz(ready), s = from[d];
            if (d < X0)
                x_mov_rr(c, 1, d, s);
            else
                v_rr(c, V_MOVAPS, 0, d, s);
            readers[s]--;
            pending &= ~(1u << d);
            continue;
        }
        /* Only cycles are left: exchanging settles one register of a cycle. */
        unsigned d = (unsigned)__builtin_ctz(pending), s = from[d];
        swap_regs(c, d, s);
        pending &= ~(1u << d);
        for (uint32_t m = pending; m; m &= m - 1) {
            unsigned e = (unsigned)__builtin_ctz(m);
            if (from[e] == d) {
                from[e] = (uint8_t)s;
                if (e == s)
                    pending &= ~(1u << e);
            }
        }
    }
}

static void to_top(struct x_ctx *c)
{
    uint8_t from[32];
    memset(from, X_NONE, sizeof from);
    for (unsigned i = 0; i < c->ncarried; i++) {
        unsigned ref = final_value(c, &c->carried[i]);
        if (ref && c->val[ref].reg != X_NONE)
            from[c->carried[i].reg] = c->val[ref].reg;
    }
    x_parallel_move(c, from);
    c->last_gaddr = 0;
    for (unsigned i = 0; i < c->ncarried; i++) {
        const struct x_carried *k = &c->carried[i];
        unsigned ref = final_value(c, k);
        if (from[k->reg] == X_NONE)
            x_load_slot_or_value(c, k->reg, k->slot, ref);
    }
}

/* True if every carried value already stands in its register of top. */
static bool at_top(const struct x_ctx *c)
{
    for (unsigned i = 0; i < c->ncarried; i++) {
        unsigned ref = final_value(c, &c->carried[i]);
        if (!ref || c->val[ref].reg != c->carried[i].reg)
            return false;
    }
    return true;
}

static void leave_loop(struct x_ctx *c, int dead_slot)
{
    x_flush_cold(c, dead_slot);
    x_b(c, 0xe9);
    x_to_hot(c, 0);
}

bool x_loop_back(struct x_ctx *c, int dead_slot)
{
    if (!c->ncarried)
        return false;
    struct be_region *out = c->out;
    if (out->nrets == BE_MAX_RETS) {
        c->error = -E2BIG;
        return true;
    }
    x_flush_but(c, dead_slot, c->unstored);
    if (c->loop_flags.used)
        set_round(c, 1);
    out->rets[out->nrets].off = (uint32_t)(c->p - c->base);
    out->rets[out->nrets++].pc = c->fn->pc;
    x_alu_mi(c, A_CMP, 0, X_FRAME(pending), 0);
    x_b(c, 0x0f);
    if (at_top(c)) {
        x_b(c, 0x80 | CC_E);
        x_to_hot(c, c->loop_top);
        leave_loop(c, dead_slot);
        return true;
    }
    x_b(c, 0x80 | CC_NE);
    x_to_cold(c);
    x_cold_begin(c);
    leave_loop(c, dead_slot);
    x_cold_end(c);
    to_top(c);
    x_b(c, 0xe9);
    x_to_hot(c, c->loop_top);
    return true;
}
