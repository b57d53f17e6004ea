/* Keeping what regions are made from, and counting them (runtime/report.h). */
#include "runtime/report.h"

#include <sys/mman.h>

#include "runtime/log.h"
#include "runtime/own.h"
#include "runtime/report_data.h"

/* Counts stand within reach of code; the rest grows upward until the cache is emptied. */
#define COUNTS_AT   0x6f00a0000000ull
#define COUNTS_SIZE (64ull << 20)
#define KEPT_AT     0x6f0300000000ull
#define KEPT_SIZE   (4ull << 30)

bool report_on;

static struct {
    uint8_t *next;
    uint64_t *next_count;
    struct report_region *last;         /* and by `next` all others */
    struct fe_guest guest;              /* the guest's, with our lift */
    bool (*lift)(struct ir_func *, const uint8_t *, size_t, uint32_t);
    unsigned npasses;                   /* of the region being made */
    struct report_pass *pass[REPORT_PASSES];
    struct report_insn insn[IR_MAX_INSNS];
    uint32_t where[IR_MAX_INSNS];
    uint64_t *counts;
} kept;

static bool reserve(uint64_t at, size_t size)
{
    return (uint64_t)own_map(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0) == at;
}

bool report_begin(void)
{
    report_on = reserve(COUNTS_AT, COUNTS_SIZE) && reserve(KEPT_AT, KEPT_SIZE);
    report_emptied();
    return report_on;
}

void report_emptied(void)
{
    kept.next = (uint8_t *)KEPT_AT;
    kept.next_count = (uint64_t *)COUNTS_AT;
    kept.last = NULL;
    kept.npasses = 0;
}

void report_fork_child(void)
{
    report_other_process();
    memset((void *)COUNTS_AT, 0, (size_t)((uint8_t *)kept.next_count - (uint8_t *)COUNTS_AT));
}

/* Room for n bytes, or for a copy of them; NULL: there is none. */
static void *keep(const void *p, size_t n)
{
    uint8_t *to = kept.next;
    if (n > KEPT_AT + KEPT_SIZE - (uint64_t)to - 64)
        return NULL;
    kept.next += (n + 15) & -16ul;
    return p ? memcpy(to, p, n) : memset(to, 0, n);
}

/* ---- while a region is made ---- */

static bool lift_seen(struct ir_func *fn, const uint8_t *bytes, size_t avail, uint32_t mode)
{
    uint32_t n = fn->nguest, ir = fn->n;
    if (!kept.lift(fn, bytes, avail, mode))
        return false;
    struct report_insn *i = &kept.insn[n];
    *i = (struct report_insn){.pc = fn->cur_pc, .ir = ir, .len = (uint8_t)(avail < REPORT_INSN_BYTES ? avail : REPORT_INSN_BYTES)};
    if (fn->next_pc - fn->cur_pc < i->len)
        i->len = (uint8_t)(fn->next_pc - fn->cur_pc);
    memcpy(i->bytes, bytes, i->len);
    return true;
}

const struct fe_guest *report_guest(const struct fe_guest *guest)
{
    kept.npasses = 0;
    kept.guest = *guest;
    kept.lift = guest->lift;
    kept.guest.lift = lift_seen;
    return &kept.guest;
}

void report_pass(const char *name, const struct ir_func *fn)
{
    struct report_pass *p = kept.npasses < REPORT_PASSES ? keep(NULL, sizeof *p) : NULL;
    struct ir_insn *insn = keep(fn->insn, fn->n * sizeof *insn);
    struct ir_vconst *vconst = keep(fn->vconst, fn->nvconsts * sizeof *vconst);
    if (!p || !insn || !vconst)
        return;
    *p = (struct report_pass){name, fn->n, fn->nguest, fn->nblocks, fn->nvconsts, fn->mode, fn->rules, fn->flags, insn, vconst};
    kept.pass[kept.npasses++] = p;
}

void report_compile(struct be_input *in)
{
    unsigned n = in->fn->nblocks ? in->fn->nblocks : 1;
    memset(kept.where, 0xff, in->fn->n * sizeof kept.where[0]);
    in->where = kept.where;
    in->counts = kept.counts = kept.next_count + n <= (uint64_t *)(COUNTS_AT + COUNTS_SIZE) ? kept.next_count : NULL;
    if (in->counts)
        memset(in->counts, 0, n * sizeof *in->counts);
}

/* The blocks, in the order of their code; a trace is one. */
static void find_blocks(struct report_region *g, const struct ir_func *fn, const uint32_t *weight)
{
    for (uint32_t i = 1; i < fn->n; i++) {
        const struct ir_insn *in = &fn->insn[i];
        unsigned number = in->aux;
        if (in->op != IR_block)
            continue;
        if (g->nblocks)
            g->block[g->nblocks - 1].code_end = kept.where[i];
        g->block[g->nblocks++] = (struct report_block){.number = number, .pc = (uint64_t)in->imm, .ir = i, .code = kept.where[i],
                                                       .weight = weight ? weight[number] : 0};
    }
    if (!g->nblocks)
        g->block[g->nblocks++] = (struct report_block){.pc = fn->pc, .ir = 1};
    g->block[g->nblocks - 1].code_end = g->hot_size;
}

void report_installed(const struct region *r, const struct fe_guest *guest, const char *pass, const struct ir_func *fn, const struct be_region *out,
                      const uint32_t *weight)
{
    report_pass(pass, fn);
    unsigned nblocks = fn->nblocks ? fn->nblocks : 1;
    struct report_region *g = keep(NULL, sizeof *g);
    struct report_block *block = keep(NULL, nblocks * sizeof *block);
    const struct report_insn *insn = keep(kept.insn, fn->nguest * sizeof *insn);
    const uint32_t *where = keep(kept.where, fn->n * sizeof *where);
    if (!g || !block || !insn || !where || !kept.counts || !kept.npasses)
        return;
    *g = (struct report_region){.next = kept.last, .r = r, .guest = guest, .ninsns = fn->nguest, .insn = insn, .npasses = kept.npasses,
                                .hot_size = out->hot_size, .cold_off = out->cold_off, .where = where, .block = block, .counts = kept.counts};
    memcpy(g->pass, kept.pass, sizeof g->pass);
    find_blocks(g, fn, weight);
    kept.next_count += nblocks;
    kept.last = g;
}

/* ---- afterwards ---- */

static void add_up(struct report_region *g)
{
    g->cost = 0;
    for (unsigned i = 0; i < g->nblocks; i++) {
        struct report_block *b = &g->block[i];
        b->count = __atomic_load_n(&g->counts[b->number], __ATOMIC_RELAXED);
        g->cost += b->count * (b->code_end - b->code);
    }
    g->entries = g->block[0].count;
}

unsigned report_choose(struct report_region *chosen[REPORT_MAX], unsigned most, uint64_t *total, unsigned *regions)
{
    unsigned n = 0;
    *total = *regions = 0;
    for (struct report_region *g = kept.last; g; g = g->next) {
        add_up(g);
        *total += g->cost;
        ++*regions;
        unsigned at = n;
        while (at && chosen[at - 1]->cost < g->cost)
            at--;
        if (at == most || !g->cost)
            continue;
        n += n < most;
        memmove(chosen + at + 1, chosen + at, (n - 1 - at) * sizeof chosen[0]);
        chosen[at] = g;
    }
    return n;
}

const struct ir_func *report_func(const struct report_region *g, const struct report_pass *p)
{
    static struct ir_func fn;
    fn.pc = g->r->pc;
    fn.slots = g->guest->slots;
    fn.nslots = g->guest->nslots;
    fn.n = p->n;
    fn.nguest = p->nguest;
    fn.nblocks = p->nblocks;
    fn.nvconsts = p->nvconsts;
    fn.mode = p->mode;
    fn.rules = p->rules;
    fn.flags = p->flags;
    memcpy(fn.insn, p->insn, p->n * sizeof fn.insn[0]);
    memcpy(fn.vconst, p->vconst, p->nvconsts * sizeof fn.vconst[0]);
    return &fn;
}

unsigned report_block_of(const struct report_region *g, unsigned n)
{
    const struct report_pass *p = g->pass[0];
    unsigned block = 0, at = 0;
    for (uint32_t i = 1; i <= g->insn[n].ir && i < p->n; i++)
        if (p->insn[i].op == IR_block)
            block = at++;
    return block;
}
