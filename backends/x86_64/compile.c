/*
 * Pass 2 and the region's layout: hot code, constant pool, cold code. Hot code is written in place;
 * pool and cold code are collected apart and copied behind it when its size is known.
 *
 * Start of a region:   cmp dword [pending], 0 ; jne cold       (13 bytes; retire() turns jne into jae)
 *                      sub dword [counter], 1 ; js cold        (where entries are counted)
 */
#include <errno.h>

#include "backends/x86_64/emit.h"

_Static_assert(sizeof(struct x_ctx) <= BE_WORK, "BE_WORK is too small");

static x_sel_fn *const select_fn[IR_OP_COUNT] = {
#define SEL(op, fn) [IR_##op] = fn,
#define EVAL(op, reason)
#include "backends/x86_64/sel.def"
#undef SEL
#undef EVAL
};

/* ---- constant pool and streams ---- */

static void add_fix(struct x_ctx *c, uint32_t target, unsigned len, bool to_hot, bool to_block)
{
    if (c->nfix == X_FIXES) {
        c->error = -E2BIG;
        return;
    }
    c->fix[c->nfix++] = (struct x_fix){c->p, target, (uint8_t)len, c->in_cold, to_hot, to_block};
}

void x_fix_pool(struct x_ctx *c, uint32_t pool_off, unsigned len) { add_fix(c, pool_off, len, false, false); }

uint32_t x_pool_bytes(struct x_ctx *c, const void *bytes, unsigned n)
{
    unsigned align = n == 16 ? 16 : 8;
    if (c->pool_align < align)
        c->pool_align = align;
    uint32_t off = (c->pool_n + align - 1) & ~(align - 1);
    if (off + n > X_POOL) {
        c->error = -E2BIG;
        return 0;
    }
    memset(c->pool + c->pool_n, 0, off - c->pool_n);
    memcpy(c->pool + off, bytes, n);
    c->pool_n = off + n;
    return off;
}

uint32_t x_pool_u64(struct x_ctx *c, uint64_t v, bool gaddr)
{
    unsigned have = c->npool_recent < 16 ? c->npool_recent : 16;
    for (unsigned i = 0; i < have; i++)
        if (c->pool_recent[i].v == v && c->pool_recent[i].gaddr == gaddr)
            return c->pool_recent[i].off;
    uint32_t off = x_pool_bytes(c, &v, 8);
    if (gaddr) {
        if (c->ngaddr_pool == sizeof c->gaddr_pool / sizeof c->gaddr_pool[0])
            c->error = -E2BIG;
        else
            c->gaddr_pool[c->ngaddr_pool++] = off;
    }
    c->pool_recent[c->npool_recent++ & 15].v = v;
    c->pool_recent[(c->npool_recent - 1) & 15].off = off;
    c->pool_recent[(c->npool_recent - 1) & 15].gaddr = gaddr;
    return off;
}

uint32_t x_pool_u128(struct x_ctx *c, uint64_t lo, uint64_t hi)
{
    uint64_t q[2] = {lo, hi};
    for (unsigned i = 0; i < c->npool_wide; i++)
        if (!memcmp(c->pool + c->pool_wide[i], q, 16))
            return c->pool_wide[i];
    uint32_t off = x_pool_bytes(c, q, 16);
    if (c->npool_wide < sizeof c->pool_wide / sizeof c->pool_wide[0])
        c->pool_wide[c->npool_wide++] = off;
    return off;
}

void x_gaddr_here(struct x_ctx *c)
{
    if (c->out->ngaddrs == BE_MAX_GADDRS) {
        c->error = -E2BIG;
        return;
    }
    uint32_t off = (uint32_t)(c->p - 8 - (c->in_cold ? c->cold : c->base));
    c->out->gaddrs[c->out->ngaddrs++] = off | (c->in_cold ? X_IN_COLD : 0);
}

void x_cold_begin(struct x_ctx *c)
{
    c->hot_p = c->p;
    c->p = c->cold + c->cold_n;
    c->in_cold = true;
    if (c->cold_n > X_COLD - 4096) {
        c->error = -E2BIG;
        c->p = c->cold;
    }
}

void x_cold_end(struct x_ctx *c)
{
    c->cold_n = (uint32_t)(c->p - c->cold);
    c->p = c->hot_p;
    c->in_cold = false;
}

void x_jump_to_cold(struct x_ctx *c, uint8_t *at, uint32_t cold)
{
    if (c->njump == X_JUMPS) {
        c->error = -E2BIG;
        return;
    }
    c->jump[c->njump++] = (struct x_jump){at, cold, false};
}

void x_to_cold(struct x_ctx *c)
{
    x_jump_to_cold(c, c->p, c->cold_n);
    c->p += 4;
}

void x_to_hot(struct x_ctx *c, uint32_t off)
{
    add_fix(c, off, 4, true, false);
    c->p += 4;
}

void x_to_block(struct x_ctx *c, unsigned n)
{
    add_fix(c, n, 4, true, true);
    c->p += 4;
}

void x_nop(struct x_ctx *c, unsigned n)
{
    static const uint8_t nops[9][9] = {
        {0x90}, {0x66, 0x90}, {0x0f, 0x1f, 0}, {0x0f, 0x1f, 0x40, 0}, {0x0f, 0x1f, 0x44, 0, 0}, {0x66, 0x0f, 0x1f, 0x44, 0, 0},
        {0x0f, 0x1f, 0x80, 0, 0, 0, 0}, {0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0}, {0x66, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0},
    };
    while (n) {
        unsigned k = n < 9 ? n : 9;
        memcpy(c->p, nops[k - 1], k);
        c->p += k;
        n -= k;
    }
}

/* ---- the region ---- */

static void begin(struct x_ctx *c, const struct be_input *in, struct be_region *out)
{
    c->fn = in->fn;
    c->insn = in->fn->insn;
    c->in = in;
    c->out = out;
    c->base = c->p = in->dst;
    c->limit = in->dst + in->room;
    c->in_cold = c->repairing = c->exact_flags = false;
    c->error = 0;
    c->cold_n = c->pool_n = c->nfix = c->njump = c->nfault = c->fault_off = 0;
    c->npool_recent = c->npool_wide = c->ngaddr_pool = 0;
    memset(c->logged, 0, sizeof c->logged);
    memset(c->unlogged, 0, sizeof c->unlogged);
    c->fault_pc = 0;
    memset(c->estimates, 0xff, sizeof c->estimates);
    c->ret_miss = UINT32_MAX;
    c->pos = 0;
    c->pool_align = 1;
    out->nsites = out->nrets = out->ngaddrs = out->ncalls = 0;
    if (c->sized != c->fn->slots || c->nsized != c->fn->nslots) {
        c->sized = c->fn->slots;
        c->nsized = c->fn->nslots;
        for (unsigned s = 0; s < c->fn->nslots; s++)
            c->slot_size[s] = (uint8_t)x_type_bytes(c->fn->slots[s].type);
    }
    x_alloc_begin(c);
}

/* sub dword [counter], 1 ; js the poll's cold code. stop_counting() turns the sub into a cmp. */
static void count(struct x_ctx *c, uint32_t cold)
{
    x_b(c, 0x83), x_b(c, 0x2d);
    x_d(c, (uint32_t)((uint8_t *)c->in->counter - (c->p + 5)));
    x_b(c, 1);
    x_b(c, 0x0f), x_b(c, 0x88);
    x_jump_to_cold(c, c->p, cold);
    c->p += 4;
}

/* inc qword [count]. Nothing holds flags of the host where a block begins. */
void x_count(struct x_ctx *c, unsigned block)
{
    if (!c->in->counts)
        return;
    x_b(c, 0x48), x_b(c, 0xff), x_b(c, 0x05);
    x_d(c, (uint32_t)((uint8_t *)(c->in->counts + block) - (c->p + 4)));
}

/* What leads here from lower addresses only goes to the inner entry, behind poll and counting (runtime/cache.c). */
static void entry(struct x_ctx *c)
{
    unsigned site = x_site(c, BE_SITE_ENTRY, c->fn->pc);
    x_alu_mi(c, A_CMP, 0, X_FRAME(pending), 0);
    x_b(c, 0x0f);
    x_b(c, 0x85);
    x_to_cold(c);
    x_cold_begin(c);
    uint32_t cold = c->cold_n;
    x_leave(c, X_POLL, site);
    x_cold_end(c);
    if (c->in->counter)
        count(c, cold);
    c->out->inner_off = (uint32_t)(c->p - c->base);
    x_link_thunk(c);
}

static inline uint8_t *align_up(uint8_t *p, uintptr_t n) { return (uint8_t *)(((uintptr_t)p + n - 1) & ~(n - 1)); }

static void put_rel(uint8_t *at, int64_t rel)
{
    int32_t v = (int32_t)rel;
    memcpy(at, &v, 4);
}

static int finish(struct x_ctx *c)
{
    struct be_region *out = c->out;
    uint8_t *pool = align_up(c->p, c->pool_align), *cold = align_up(pool + c->pool_n, 4), *end = cold + c->cold_n;
    if (end > c->limit)
        return -ENOSPC;
    memset(c->p, 0xcc, (size_t)(pool - c->p));
    memset(pool + c->pool_n, 0xcc, (size_t)(cold - (pool + c->pool_n)));
    for (unsigned i = 0; i < c->nfix; i++) {
        struct x_fix *f = &c->fix[i];
        uint8_t *runs_at = f->cold ? cold + (f->at - c->cold) : f->at;
        uint32_t target = f->to_block ? c->block[f->target].off : f->target;
        put_rel(f->at, (f->to_hot ? c->base : pool) + target - (runs_at + f->len));
    }
    for (unsigned i = 0; i < c->njump; i++) {
        const struct x_jump *j = &c->jump[i];
        put_rel(j->at, (j->to_block ? c->base + c->block[j->cold].off : cold + j->cold) - (j->at + 4));
    }
    memcpy(pool, c->pool, c->pool_n);
    memcpy(cold, c->cold, c->cold_n);
    uint32_t cold_off = (uint32_t)(cold - c->base), pool_off = (uint32_t)(pool - c->base);
    for (unsigned i = 0; i < out->nsites; i++) {
        struct be_site *s = &out->sites[i];
        if (s->code_off & X_IN_COLD)
            s->code_off = (s->code_off & ~X_IN_COLD) + cold_off;
        if (s->unlinked_off & X_IN_COLD)
            s->unlinked_off = (s->unlinked_off & ~X_IN_COLD) + cold_off;
    }
    for (unsigned i = 0; i < out->nrets; i++)
        if (out->rets[i].off & X_IN_COLD)
            out->rets[i].off = (out->rets[i].off & ~X_IN_COLD) + cold_off;
    for (unsigned i = 0; i < out->ngaddrs; i++)
        if (out->gaddrs[i] & X_IN_COLD)
            out->gaddrs[i] = (out->gaddrs[i] & ~X_IN_COLD) + cold_off;
    if (out->ngaddrs + c->ngaddr_pool > BE_MAX_GADDRS)
        return -E2BIG;
    for (unsigned i = 0; i < c->ngaddr_pool; i++)
        out->gaddrs[out->ngaddrs++] = pool_off + c->gaddr_pool[i];
    out->size = (uint32_t)(end - c->base);
    out->hot_size = (uint32_t)(c->p - c->base);
    out->cold_off = cold_off;
    out->faults = c->faults;
    out->nfaults = c->nfault;
    return 0;
}

int x_compile(const struct be_input *in, struct be_region *out)
{
    struct x_ctx *c = (struct x_ctx *)out->work;
    begin(c, in, out);
    if (in->room < 2 * X_SLACK)
        return -ENOSPC;
    x_live(c);
    c->val[0].last = UINT16_MAX;
    entry(c);
    if (c->fn->nblocks)
        x_blocks_enter(c);
    else
        x_loop_head(c), x_count(c, 0);
    uint8_t *stop = c->limit - X_SLACK;
    for (unsigned i = 1; i < c->fn->n; i++) {
        const struct ir_insn *insn = &c->insn[i];
        if ((c->val[i].flags & (XV_DEAD | XV_DEFER)) && !(c->val[i].flags & XV_STATUS))
            continue;
        c->pos = i;
        if (in->where)
            in->where[i] = (uint32_t)(c->p - c->base);
        x_sel_fn *fn = select_fn[insn->op];
        if (ir_ops[insn->op].flags & IR_OPF_S)
            x_sel_float(c, insn, c->ops[i], fn);
        else
            (fn ? fn : x_sel_eval)(c, insn, c->ops[i]);
        x_end_insn(c, c->ops[i]);
        if (__builtin_expect(c->error || c->p > stop, 0))
            return c->error ? c->error : -ENOSPC;
    }
    return finish(c);
}
