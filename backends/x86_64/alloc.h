/* The allocator's and the guest state's common ground: alloc.c, state.c. */
#ifndef BACKENDS_X86_64_ALLOC_H
#define BACKENDS_X86_64_ALLOC_H

#include "backends/x86_64/emit.h"

static inline bool x_is_dirty(const struct x_ctx *c, unsigned slot) { return c->dirty[slot >> 6] >> (slot & 63) & 1; }
static inline void x_set_clean(struct x_ctx *c, unsigned slot)
{
    uint64_t others = ~(1ull << (slot & 63));
    c->dirty[slot >> 6] &= others;
    c->final[slot >> 6] &= others;
    c->deferred[slot >> 6] &= others;
}
static inline bool x_is_remat(const struct x_ctx *c, unsigned ref) { return c->insn[ref].op == IR_const || c->insn[ref].op == IR_vconst; }
static inline bool x_lives(const struct x_ctx *c, unsigned ref) { return c->val[ref].last >= c->pos; }
static inline struct x_mem x_spill_mem(unsigned k) { return x_state((unsigned)offsetof(struct cpu_state, f.spill) + 16 * k); }
static inline struct x_mem x_slot_mem(const struct x_ctx *c, unsigned slot) { return x_state(c->fn->slots[slot].off); }

static inline void x_set_in_mem(struct x_ctx *c, unsigned slot, unsigned ref)
{
    c->in_mem[slot] = (uint16_t)ref;
    c->homes[slot >> 6] |= 1ull << (slot & 63);
}

/* Bytes of memory that can serve as a value's home. */
static inline unsigned x_home_bytes(const struct x_ctx *c, unsigned ref)
{
    unsigned type = c->insn[ref].type;
    return x_is_xmm_type(type) ? x_type_bytes(type) : 8;
}

void x_moved(struct x_ctx *c, unsigned ref);            /* the value changed its place: tells the fault log */
void x_unbind(struct x_ctx *c, unsigned slot);          /* the slot's store is not outstanding any more */
void x_release(struct x_ctx *c, unsigned ref);          /* the value is dead */
void x_load_mem(struct x_ctx *c, unsigned reg, struct x_mem m, unsigned bytes);
void x_store_mem(struct x_ctx *c, unsigned reg, struct x_mem m, unsigned bytes);
bool x_slot_needed(const struct x_ctx *c, unsigned slot);   /* the slot's memory holds a value that still lives and is nowhere else */
/* Stores an outstanding slot from its value's register. The slot's memory must not be needed. */
void x_store_slot(struct x_ctx *c, unsigned slot);

#endif
