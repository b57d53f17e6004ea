/*
 * Pass 1, backward: resolved operands, last uses, dead code, and which values are deferred.
 *
 * An observer is an instruction after which somebody may look at guest state: side exits, faulting
 * ops, barriers, the region's end. A put matters from itself to the last observer before its slot is
 * overwritten; its value must be kept that long. To find that observer in constant time, observers
 * are listed in the order met (descending), and each slot remembers how many of them had been met
 * when the slot's next overwrite was: the first one after that is the one wanted.
 */
#include <string.h>

#include "backends/x86_64/x86.h"

/* Looks through conversions that need no code because of how values are represented (x86.h). */
static unsigned root(const struct ir_insn *insn, unsigned r)
{
    for (;;) {
        const struct ir_insn *in = &insn[r];
        switch (in->op) {
        case IR_trunc: case IR_v2f: case IR_vtrunc:
            r = in->a;
            continue;
        case IR_zext: {
            const struct ir_insn *a = &insn[in->a];
            if (a->op == IR_const)
                return r;
            if (a->type == IR_I1 || (a->type == IR_I32 && in->aux == 32 && a->op != IR_trunc)) {
                r = in->a;
                continue;
            }
            return r;
        }
        default:
            return r;
        }
    }
}

struct live {
    struct x_ctx *c;
    uint32_t nobs;
    uint16_t since[IR_MAX_SLOTS];   /* observers met when the slot's next overwrite was met */
    uint16_t read[IR_MAX_SLOTS];    /* position of a later get of the slot with no put between, 0 */
    bool loop;                      /* ends with a jump to its own start, and no call in between */
    uint64_t put[IR_MAX_SLOTS / 64];    /* slots put */
    uint16_t first[IR_MAX_SLOTS];   /* the get that reads the slot before any put, as far as is known */
    uint32_t ngets;
    uint16_t gets[64];              /* the first gets of the region, latest first (a ring) */
};

static void use(struct x_ctx *c, unsigned v, unsigned at, bool fusing)
{
    struct x_val *x = &c->val[v];
    if (x->last < at)
        x->last = (uint16_t)at;
    if (x->uses < 255)
        x->uses++;
    if (!fusing)
        x->flags |= XV_NOFUSE;
}

/* Until where the put at i matters; 0: nobody sees it. */
static unsigned put_until(struct live *l, unsigned slot)
{
    struct x_ctx *c = l->c;
    unsigned until = l->since[slot] < l->nobs ? c->observers[l->since[slot]] : 0;
    if (until < l->read[slot])
        until = l->read[slot];
    l->since[slot] = (uint16_t)l->nobs;
    l->read[slot] = 0;
    return until;
}

static void observe(struct live *l, unsigned at, unsigned aux_slot)
{
    l->c->observers[l->nobs++] = (uint16_t)at;
    if (aux_slot && l->since[aux_slot - 1] == l->nobs - 1)
        l->since[aux_slot - 1] = (uint16_t)l->nobs;
}

/* Compares and flag words whose users can all compute them on the spot are deferred. Returns where their operands are last needed. */
static unsigned deferral(struct x_ctx *c, unsigned i, const struct ir_insn *in)
{
    struct x_val *v = &c->val[i];
    switch (in->op) {
    case IR_cmp: case IR_flagcond:
    case IR_flagsub: case IR_flagadc: case IR_flaglogic:
    case IR_and:
        if (in->op == IR_and && in->type == IR_I1)
            return i;
        if (v->flags & XV_NOFUSE)
            return i;
        v->flags |= XV_DEFER;
        return v->last;
    default:
        return i;
    }
}

/* A compare with zero, or the flags of a result, that a host `test` of an and's operands can make. */
static bool is_test(const struct ir_insn *insn, const struct ir_insn *in)
{
    if (in->op == IR_flaglogic)
        return insn[in->a].op == IR_and;
    const struct ir_insn *b = &insn[in->b];
    return in->op == IR_cmp && b->op == IR_const && b->imm == 0 && in->aux <= IR_GES && insn[in->a].op == IR_and;
}

static bool is_flag_word(const struct ir_insn *in) { return in->op == IR_flagsub || in->op == IR_flagadc || in->op == IR_flaglogic; }

static void use_operands(struct x_ctx *c, unsigned i, const struct ir_insn *in)
{
    const struct ir_insn *insn = c->insn;
    unsigned at = deferral(c, i, in);
    bool deferred = c->val[i].flags & XV_DEFER;
    const ir_ref ref[4] = {in->a, in->b, in->c, in->d};
    uint16_t *o = &c->ops[i].a;
    unsigned n = ir_ops[in->op].nargs;
    for (unsigned k = 0; k < 4; k++) {
        if (k >= n || !ref[k]) {
            o[k] = 0;
            continue;
        }
        unsigned r = root(insn, ref[k]);
        bool fusing = (k == 0 && (in->op == IR_exit_if || in->op == IR_select) && insn[ref[k]].type == IR_I1) || (in->op == IR_flagcond && is_flag_word(&insn[r]))
                      || (k == 0 && is_test(insn, in));
        o[k] = (uint16_t)r;
        use(c, r, at, fusing);
        if (deferred)
            c->val[r].flags |= XV_RECIPE;
    }
}

/*
 * Chooses what a loop carries in registers around its back edge: the slots it reads first, some of
 * them put later ("changes": their stores are outstanding at the head), some not.
 */
static void choose_carried(struct live *l)
{
    struct x_ctx *c = l->c;
    unsigned n = l->ngets < 64 ? l->ngets : 64, gprs = 0, xmms = 0;
    for (unsigned k = 1; k <= n; k++) {
        unsigned get = l->gets[(l->ngets - k) & 63], slot = (unsigned)c->insn[get].imm;
        uint64_t bit = 1ull << (slot & 63);
        unsigned type = c->insn[get].type;
        bool xmm = x_is_xmm_type(type), changes = l->put[slot >> 6] & bit;
        if (l->first[slot] != get || (!xmm && type != IR_I64) || (xmm ? xmms == 10 : gprs == 9))
            continue;
        if (xmm)
            xmms++;
        else
            gprs++;
        struct x_val *v = &c->val[get];
        unsigned until = changes ? put_until(l, slot) : c->fn->n - 1;
        if (v->last < until)
            v->last = (uint16_t)until;
        v->flags |= XV_CARRIED;
        if (changes)
            c->carried_slots[slot >> 6] |= bit;
        c->carried[c->ncarried++] = (struct x_carried){(uint16_t)get, (uint8_t)slot, X_NONE, changes};
        if (c->ncarried == X_CARRIED)
            return;
    }
}

void x_live(struct x_ctx *c)
{
    struct live l;
    const struct ir_insn *insn = c->insn;
    l.c = c;
    l.nobs = 0;
    memset(l.since, 0, sizeof l.since);
    memset(l.read, 0, sizeof l.read);
    memset(l.put, 0, sizeof l.put);
    memset(l.first, 0, sizeof l.first);
    l.ngets = 0;
    const struct ir_insn *end = &insn[c->fn->n - 1];
    l.loop = end->op == IR_jump && (uint64_t)end->imm == c->fn->pc;
    c->ncarried = 0;
    memset(c->carried_slots, 0, sizeof c->carried_slots);
    static const struct x_val none = {0, 0, 0, X_NONE, XV_NOHOME, XV_NOHOME, XV_NOHOME};
    for (unsigned i = 0; i < c->fn->n; i++)
        c->val[i] = none;
    for (unsigned i = c->fn->n - 1; i; i--) {
        const struct ir_insn *in = &insn[i];
        unsigned flags = ir_ops[in->op].flags;
        if (in->op == IR_put) {
            unsigned until = put_until(&l, (unsigned)in->imm);
            l.first[in->imm] = 0;
            uint64_t bit = 1ull << (in->imm & 63), *put = &l.put[in->imm >> 6];
            if (!(*put & bit))
                c->val[i].flags |= XV_FINAL;
            *put |= bit;
            unsigned r = root(insn, in->a);
            c->ops[i] = (struct x_ops){(uint16_t)r, 0, 0, 0};
            if (until)
                use(c, r, until, is_flag_word(&insn[r]));
            else
                c->val[i].flags |= XV_DEAD;
            continue;
        }
        bool keeps_status = (flags & IR_OPF_S) && (c->fn->flags & IR_FP_STATUS_LAZY);
        if (((flags & IR_OPF_P) || in->op == IR_get) && !c->val[i].uses && !keeps_status) {
            c->val[i].flags |= XV_DEAD;
            continue;
        }
        if (in->op == IR_get) {
            if (l.read[in->imm] == 0)
                l.read[in->imm] = (uint16_t)i;
            l.gets[l.ngets++ & 63] = l.first[in->imm] = (uint16_t)i;
        }
        if (in->op == IR_helper || in->op == IR_call)
            l.loop = false;
        if (flags & (IR_OPF_E | IR_OPF_F | IR_OPF_B | IR_OPF_X))
            observe(&l, i, in->op == IR_exit_if || in->op == IR_jump ? in->aux : 0);
        use_operands(c, i, in);
    }
    if (l.loop)
        choose_carried(&l);
}
