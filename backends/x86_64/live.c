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

/* What the backward pass has to know of an op, beyond the common case of a pure op with value operands. */
enum {
    K_KEEP = 1,         /* stays though unused */
    K_ALIAS = 2,        /* may need no code: root() */
    K_DEFER = 4,        /* may be deferred */
    K_FUSE = 8,         /* may take its first operand deferred */
    K_OBSERVE = 16,
    K_CONST = 32,
    K_SLOT = 64,        /* get, put, block */
    K_CALL = 128,
};

static const uint8_t kind[IR_OP_COUNT] = {
#define OP(name, sig, flags, text) [IR_##name] = KINDS_OF(flags, IR_##name),
#define P IR_OPF_P
#define C IR_OPF_C
#define F IR_OPF_F
#define W IR_OPF_W
#define R IR_OPF_R
#define X IR_OPF_X
#define E IR_OPF_E
#define B IR_OPF_B
#define S IR_OPF_S
#define KINDS_OF(f, op)                                                                                            \
    (((f) & IR_OPF_P || (op) == IR_get ? 0 : K_KEEP) | ((f) & (IR_OPF_E | IR_OPF_F | IR_OPF_B | IR_OPF_X) ? K_OBSERVE : 0) | \
     ((op) == IR_trunc || (op) == IR_zext || (op) == IR_v2f || (op) == IR_vtrunc || (op) == IR_f2v || (op) == IR_vzext ? K_ALIAS : 0) |                  \
     ((op) == IR_flagcond || IS_COND(op) || IS_WORD(op) || (op) == IR_flagfcmp || (op) == IR_select || (op) == IR_sext ? K_DEFER : 0) |  \
     ((op) == IR_exit_if || (op) == IR_trap_if || (op) == IR_select || (op) == IR_flagcond || (op) == IR_flaglogic || (op) == IR_cmp ? K_FUSE : 0) | \
     ((op) == IR_const || (op) == IR_vconst ? K_CONST : 0) | ((op) == IR_get || (op) == IR_put || (op) == IR_block ? K_SLOT : 0) |     \
     ((op) == IR_call || (op) == IR_helper ? K_CALL : 0))
#define IS_COND(op) ((op) == IR_cmp || (op) == IR_fcmp || (op) == IR_not || (op) == IR_and || (op) == IR_or)
#define IS_WORD(op) ((op) == IR_flagsub || (op) == IR_flagadc || (op) == IR_flaglogic)
#include "ir/ops.def"
#undef OP
#undef P
#undef C
#undef F
#undef W
#undef R
#undef X
#undef E
#undef B
#undef S
};

/* Looks through conversions that need no code because of how values are represented (x86.h). */
static unsigned look_through(const struct ir_insn *insn, unsigned r)
{
    while (kind[insn[r].op] & K_ALIAS) {
        const struct ir_insn *in = &insn[r];
        if (in->op == IR_zext) {
            const struct ir_insn *a = &insn[in->a];
            if (a->op == IR_const || !(a->type == IR_I1 || (a->type == IR_I32 && in->aux == 32 && a->op != IR_trunc)))
                return r;
        } else if ((in->op == IR_f2v || in->op == IR_vzext) && insn[in->a].op != IR_load) {
            return r;       /* loads leave zeros above, other operations anything */
        }
        r = in->a;
    }
    return r;
}
static inline unsigned root(const struct ir_insn *insn, unsigned r)
{
    return __builtin_expect(kind[insn[r].op] & K_ALIAS, 0) ? look_through(insn, r) : r;
}

struct live {
    struct x_ctx *c;
    uint32_t nobs;
    struct {
        uint16_t since;             /* observers met when the slot's next overwrite was met */
        uint16_t read;              /* position of a later get of the slot with no put between, 0 */
        uint16_t value;             /* what the last put puts */
        uint16_t first;             /* the get that reads the slot before any put, as far as is known */
        uint16_t first_put;         /* the first put, likewise */
    } slot[IR_MAX_SLOTS];
    struct { uint16_t a, b, at; bool signal; } fcmp;    /* the comparison of floats met last, and where it is made */
    uint32_t barrier;               /* the next instruction at which all slots are stored */
    uint32_t sticky;                /* the next instruction that reads or sets the sticky floating-point flags */
    bool loop;                      /* ends with a jump to its own start, and no call in between */
    uint64_t put[IR_MAX_SLOTS / 64];    /* slots put, of blocks in this one, */
    uint64_t reads[IR_MAX_SLOTS / 64];  /* and slots whose value at its start is used there */
    uint32_t ngets;
    uint16_t gets[64];              /* the first gets of the region, latest first (a ring) */
};

static inline void use(struct x_ctx *c, unsigned v, unsigned at, unsigned flags)
{
    struct x_val *x = &c->val[v];
    x->last = x->last < at ? (uint16_t)at : x->last;
    x->used = true;
    x->flags |= (uint8_t)flags;
}

/* Until where the put at i matters; 0: nobody sees it. */
static unsigned put_until(struct live *l, unsigned slot)
{
    struct x_ctx *c = l->c;
    unsigned until = l->slot[slot].since < l->nobs ? c->observers[l->slot[slot].since] : 0;
    if (until < l->slot[slot].read)
        until = l->slot[slot].read;
    l->slot[slot].since = (uint16_t)l->nobs;
    l->slot[slot].read = 0;
    return until;
}

static void observe(struct live *l, unsigned at, unsigned aux_slot)
{
    l->c->observers[l->nobs++] = (uint16_t)at;
    if (aux_slot && l->slot[aux_slot - 1].since == l->nobs - 1)
        l->slot[aux_slot - 1].since = (uint16_t)l->nobs;
}

/* A compare with zero, or the flags of a result, that a host `test` of an and's operands can make. */
static bool is_test(const struct ir_insn *insn, const struct ir_insn *in)
{
    if (in->op == IR_flaglogic)
        return insn[in->a].op == IR_and;
    const struct ir_insn *b = &insn[in->b];
    return in->op == IR_cmp && b->op == IR_const && b->imm == 0 && in->aux <= IR_GES && insn[in->a].op == IR_and;
}

static bool is_flag_word(const struct ir_insn *in) { return IS_WORD(in->op); }

enum { MAX_LEAVES = 3 };

/* Conditions joined by a deferred and/or. */
static unsigned leaves(const struct ir_insn *insn, unsigned r, unsigned depth)
{
    const struct ir_insn *in = &insn[r];
    if (in->type != IR_I1 || (in->op != IR_and && in->op != IR_or && in->op != IR_not))
        return 1;
    if (!depth)
        return MAX_LEAVES + 1;
    return leaves(insn, root(insn, in->a), depth - 1) + (in->op == IR_not ? 0 : leaves(insn, root(insn, in->b), depth - 1));
}

/* True if one host condition says whether it holds. */
static bool is_single(const struct ir_insn *insn, unsigned r)
{
    while (insn[r].op == IR_not)
        r = root(insn, insn[r].a);
    return insn[r].op == IR_fcmp ? (insn[r].aux & 0x7f) != IR_FEQ : insn[r].op != IR_and && insn[r].op != IR_or;
}

static bool is_arm(const struct ir_insn *in) { return in->op == IR_const || IS_WORD(in->op) || in->op == IR_flagfcmp; }

/*
 * What puts can compute when somebody looks: a flag word, of an operation or (A64's CCMP) one or another by a condition, and a word's
 * sign extension, which RISC-V's operations on words end with.
 */
static bool is_put_word(const struct ir_insn *insn, unsigned r)
{
    const struct ir_insn *in = &insn[r];
    if (in->op == IR_sext)
        return in->aux == 32 && in->type == IR_I64 && insn[root(insn, in->a)].op != IR_const;
    if (in->op != IR_select)
        return IS_WORD(in->op) || in->op == IR_flagfcmp;
    const struct ir_insn *b = &insn[root(insn, in->b)], *c = &insn[root(insn, in->c)];
    return in->type == IR_I32 && is_arm(b) && is_arm(c) && (b->op != IR_const || c->op != IR_const);
}

/*
 * True if a put's value may be computed where somebody looks: an operation's flag word always, others if that is in side
 * exits only. Before calls and at the region's end, what makes a word without jumps costs less.
 */
static bool put_defers(const struct live *l, unsigned r, unsigned until)
{
    return (kind[l->c->insn[r].op] & K_DEFER) && is_put_word(l->c->insn, r) && (is_flag_word(&l->c->insn[r]) || until < l->barrier);
}

/* True if no side exit lies between instruction i and where its deferred value is computed. */
static bool reached(const struct live *l, unsigned last) { return l->nobs && l->c->observers[l->nobs - 1] >= last; }

/* An instruction that only fuses(), conditions or puts use: whether they can compute it. */
static bool may_defer(const struct live *l, unsigned i, const struct ir_insn *in)
{
    const struct ir_insn *insn = l->c->insn;
    switch (in->op) {
    case IR_and: if (in->type != IR_I1) return true; /* fall through */
    case IR_or: return in->type == IR_I1 && leaves(insn, i, MAX_LEAVES) <= MAX_LEAVES;
    case IR_not: return in->type == IR_I1;
    case IR_select: case IR_sext: return is_put_word(insn, i);
    case IR_flagfcmp: case IR_fcmp:
        return insn[in->a].type != IR_F16 && !ir_fp_whole(l->c->fn, in) && (!l->sticky || l->c->val[i].last < l->sticky) &&
               (in->op == IR_flagfcmp || reached(l, l->c->val[i].last));
    default: return true;
    }
}

/* True if instruction in, which is not deferred, can compute its first operand, r, itself. */
static bool fuses(const struct ir_insn *insn, const struct ir_insn *in, unsigned r)
{
    switch (in->op) {
    case IR_exit_if: case IR_trap_if: return insn[in->a].type == IR_I1;
    case IR_select: return insn[in->a].type == IR_I1 && is_single(insn, r);
    case IR_flagcond: return is_flag_word(&insn[r]);
    default: return is_test(insn, in);
    }
}

/* A condition on integers, which may be computed at any time or not at all. (Comparing floats raises status.) */
static bool is_int_cond(const struct ir_insn *insn, unsigned r)
{
    while (insn[r].op == IR_not)
        r = root(insn, insn[r].a);
    return IS_COND(insn[r].op) && insn[r].op != IR_fcmp;
}

/* True if instruction in, which is deferred, leaves it to its users to compute operand r. */
static bool passes_on(const struct ir_insn *insn, const struct ir_insn *in, unsigned r, bool first)
{
    switch (in->op) {
    case IR_not: return IS_COND(insn[r].op);
    case IR_and: case IR_or: return in->type == IR_I1 && is_int_cond(insn, r);
    case IR_select: return first ? is_int_cond(insn, r) : true;
    default: return first && fuses(insn, in, r);
    }
}

/* The status a comparison raises: once is enough where the same operands are compared before anybody looks. */
static void note_fcmp(struct live *l, unsigned i, const struct ir_insn *in)
{
    struct x_val *v = &l->c->val[i];
    struct x_ops o = l->c->ops[i];
    bool signal = in->aux & (in->op == IR_fcmp ? IR_FSIGNAL : 1);
    if (in->op == IR_fcmp) {
        l->fcmp.a = o.a;
        l->fcmp.b = o.b;
        l->fcmp.at = v->flags & XV_DEFER ? v->last : (uint16_t)i;
        l->fcmp.signal = signal;
        return;
    }
    bool again = l->fcmp.a == o.a && l->fcmp.b == o.b && l->fcmp.signal == signal && reached(l, l->fcmp.at);
    if (!v->used && again)
        v->flags |= XV_DEAD;
    if ((v->flags & XV_DEFER) && !again && (l->c->fn->flags & IR_FP_STATUS_KEPT))
        v->flags |= XV_STATUS;
}

/* Operands of instruction i. Conditions and flag words whose users can all compute them on the spot are deferred: their operands must
 * live as long as they. */
static inline void use_operands(struct live *l, unsigned i, const struct ir_insn *in, unsigned k)
{
    struct x_ctx *c = l->c;
    const struct ir_insn *insn = c->insn;
    struct x_val *v = &c->val[i];
    unsigned at = i, flags = XV_NOFUSE;
    bool defer = (k & K_DEFER) && v->used && !(v->flags & XV_NOFUSE) && may_defer(l, i, in);
    if (defer) {
        v->flags |= XV_DEFER;
        at = v->last;
        flags |= XV_RECIPE;
    }
    struct x_ops o = {0, 0, 0, 0};
    if (in->a) {
        o.a = (uint16_t)root(insn, in->a);
        bool fused = defer ? passes_on(insn, in, o.a, true) : (k & K_FUSE) && fuses(insn, in, o.a);
        use(c, o.a, at, flags & ~(fused ? XV_NOFUSE : 0u));
    }
    if (in->b) {
        o.b = (uint16_t)root(insn, in->b);
        use(c, o.b, at, flags & ~(defer && passes_on(insn, in, o.b, false) ? XV_NOFUSE : 0u));
    }
    if (in->c) {
        o.c = (uint16_t)root(insn, in->c);
        use(c, o.c, at, flags & ~(defer && passes_on(insn, in, o.c, false) ? XV_NOFUSE : 0u));
    }
    if (in->d) {
        o.d = (uint16_t)root(insn, in->d);
        use(c, o.d, at, flags);
    }
    c->ops[i] = o;
    if (in->op == IR_fcmp || in->op == IR_flagfcmp)
        note_fcmp(l, i, in);
}

static inline uint16_t use_root(struct x_ctx *c, unsigned r, unsigned at)
{
    r = root(c->insn, r);
    use(c, r, at, XV_NOFUSE);
    return (uint16_t)r;
}

/* The same of an instruction that is not deferred and takes no operand that is. */
static inline void use_plain_operands(struct live *l, unsigned i, const struct ir_insn *in)
{
    struct x_ctx *c = l->c;
    struct x_ops *o = &c->ops[i];
    *o = (struct x_ops){0, 0, 0, 0};
    if (in->a)
        o->a = use_root(c, in->a, i);
    if (in->b && in->op != IR_call)         /* a call's b is its return address, for the return site only */
        o->b = use_root(c, in->b, i);
    if (in->c)
        o->c = use_root(c, in->c, i);
    if (in->d)
        o->d = use_root(c, in->d, i);
}

/* A put: dead, or a use of its value until the last observer. */
static inline void put(struct live *l, unsigned i, const struct ir_insn *in)
{
    struct x_ctx *c = l->c;
    unsigned slot = (unsigned)in->imm, until = put_until(l, slot);
    uint64_t bit = 1ull << (slot & 63);
    l->slot[slot].first = 0;
    l->slot[slot].first_put = (uint16_t)i;
    if (!until) {
        c->val[i].flags = XV_DEAD;
    } else {
        unsigned r = root(c->insn, in->a);
        c->ops[i] = (struct x_ops){(uint16_t)r, 0, 0, 0};
        use(c, r, until, put_defers(l, r, until) ? 0 : XV_NOFUSE);
        if (!((l->put[slot >> 6] | c->carry[slot >> 6]) & bit)) {
            c->val[i].flags |= XV_FINAL;
            l->slot[slot].value = (uint16_t)r;
        }
    }
    l->put[slot >> 6] |= bit;
}

static inline void get(struct live *l, unsigned i, const struct ir_insn *in)
{
    unsigned slot = (unsigned)in->imm;
    if (l->c->fn->nblocks && l->c->val[i].flags & XV_CARRIED) {     /* its store may be outstanding */
        struct x_val *v = &l->c->val[i];
        unsigned until = put_until(l, slot);
        l->reads[slot >> 6] |= v->used ? 1ull << (slot & 63) : 0;
        v->last = v->last < until ? (uint16_t)until : v->last;
        v->used |= until != 0;
    }
    if (!l->c->val[i].used) {
        l->c->val[i].flags |= XV_DEAD;
        return;
    }
    l->c->reads_flags |= l->c->fn->slots[slot].flags;
    if (!l->slot[slot].read)
        l->slot[slot].read = (uint16_t)i;
    l->gets[l->ngets++ & 63] = l->slot[slot].first = (uint16_t)i;
    l->c->ops[i] = (struct x_ops){0, 0, 0, 0};
}

/* Finds a value of a round's end in what the loop carries: a constant, or a carried get plus a number. */
static bool at_head(struct live *l, unsigned ref, unsigned wide, uint16_t *get, int32_t *addend)
{
    const struct x_ctx *c = l->c;
    *addend = 0;
    *get = (uint16_t)ref;
    if (c->insn[ref].op == IR_const)
        return !(c->insn[ref].aux & 1);
    for (unsigned i = 0; i < c->ncarried; i++) {
        const struct x_carried *k = &c->carried[i];
        unsigned final = l->slot[k->slot].value;
        const struct ir_insn *step = &c->insn[final];
        *get = k->get;
        if (k->changes ? final == ref : k->get == ref)
            return true;
        /* The value before the last addition. */
        if (k->changes && k->get == ref && step->op == IR_add && c->ops[final].a == ref && x_imm32(c, c->ops[final].b, 1, addend) &&
            *addend != INT32_MIN && (!wide || step->type == IR_I64)) {
            *addend = -*addend;
            return true;
        }
    }
    return false;
}

/* Finds a value of a round's end in the memory of a slot that the loop stores at its end, and does not put before position `until`. */
static bool in_memory(struct live *l, unsigned ref, unsigned until, uint8_t *home)
{
    struct x_ctx *c = l->c;
    for (unsigned w = 0; w < IR_MAX_SLOTS / 64; w++)
        for (uint64_t m = l->put[w] & ~c->carried_slots[w]; m; m &= m - 1) {
            unsigned slot = 64 * w + (unsigned)__builtin_ctzll(m);
            if (l->slot[slot].value != ref || l->slot[slot].first || l->slot[slot].first_put < until || c->slot_size[slot] < 8)
                continue;
            c->unstored[w] &= ~(m & -m);
            *home = (uint8_t)slot;
            return true;
        }
    return false;
}

/* A flag word that is observed in the next round before it is put again, and whose operands the loop carries or stores. */
static void choose_loop_flags(struct live *l, unsigned slot)
{
    struct x_ctx *c = l->c;
    struct x_loop_flags *f = &c->loop_flags;
    unsigned word = l->slot[slot].value, wide = c->insn[c->insn[word].a].type == IR_I64;
    int32_t none = 0;
    if (f->used || !is_flag_word(&c->insn[word]) || !(c->val[word].flags & XV_DEFER) || c->fn->slots[slot].type != IR_I32)
        return;
    struct x_ops o = c->ops[word];
    unsigned op = c->insn[word].op, until = put_until(l, slot);
    f->b = 0;
    f->a_home = f->b_home = XV_NOHOME;
    bool a = at_head(l, o.a, wide, &f->a, &f->addend) ? c->insn[f->a].op != IR_const : (f->addend = 0, in_memory(l, o.a, until, &f->a_home));
    bool b = op == IR_flaglogic || (at_head(l, o.b, wide, &f->b, &none) ? !none : in_memory(l, o.b, until, &f->b_home));
    if (!a || !b || (op == IR_flagadc && c->insn[o.c].op != IR_const))
        return;
    const uint16_t ref[2] = {f->a_home == XV_NOHOME ? f->a : 0, f->b_home == XV_NOHOME ? f->b : 0};
    for (unsigned i = 0; i < 2; i++) {
        struct x_val *v = &c->val[ref[i]];
        if (!ref[i] || c->insn[ref[i]].op == IR_const)
            continue;
        v->flags |= XV_RECIPE;
        if (v->last < until)
            v->last = (uint16_t)until;
    }
    f->word = (uint16_t)word;
    f->slot = (uint8_t)slot;
    f->used = f->active = true;
    c->unstored[slot >> 6] |= 1ull << (slot & 63);
}

/*
 * Chooses what a loop carries in registers around its back edge: the slots it reads first, some of
 * them put later ("changes": their stores are outstanding at the head), some not. Slots that are put again
 * before anybody looks need no store at the back edge either.
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
        if (l->slot[slot].first != get || (!xmm && type != IR_I64) || (xmm ? xmms == 10 : gprs == 9))
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
            break;
    }
    uint64_t observed[IR_MAX_SLOTS / 64];
    for (unsigned w = 0; w < IR_MAX_SLOTS / 64; w++) {
        c->unstored[w] = c->carried_slots[w];
        observed[w] = 0;
        for (uint64_t m = l->put[w] & ~c->carried_slots[w]; m; m &= m - 1) {
            unsigned slot = 64 * w + (unsigned)__builtin_ctzll(m);
            if (l->slot[slot].first || l->slot[slot].read)
                continue;
            *(l->slot[slot].since >= l->nobs ? &c->unstored[w] : &observed[w]) |= m & -m;
        }
    }
    for (unsigned w = 0; w < IR_MAX_SLOTS / 64; w++)
        for (uint64_t m = observed[w]; m; m &= m - 1)
            choose_loop_flags(l, 64 * w + (unsigned)__builtin_ctzll(m));
}

/* Before a block stands the end of another: what is put there is observed there. */
static void begin_block(struct live *l, unsigned i)
{
    struct x_block *b = &l->c->block[l->c->insn[i].aux];
    memcpy(b->reads, l->reads, sizeof b->reads);
    memcpy(b->puts, l->put, sizeof b->puts);
    memset(l->reads, 0, sizeof l->reads);
    l->c->ops[i] = (struct x_ops){0, 0, 0, 0};
    for (unsigned s = 0; s < l->c->fn->nslots; s++) {
        l->slot[s].since = (uint16_t)l->nobs;
        l->slot[s].read = 0;
    }
    memset(l->put, 0, sizeof l->put);
    memset(&l->fcmp, 0, sizeof l->fcmp);
}

/* Four at once: there are some hundred, most of a few instructions' work. Room for the last three is behind any region's. */
static void no_values(struct x_val *v, unsigned n)
{
#define NONE {.reg = X_NONE, .home = XV_NOHOME, .spill = XV_NOHOME, .slots = XV_NOHOME}
    static const struct x_val four[4] = {NONE, NONE, NONE, NONE};
    for (unsigned i = 0; i < n; i += 4)
        memcpy(v + i, four, sizeof four);
}

void x_live(struct x_ctx *c)
{
    struct live l;
    const struct ir_insn *insn = c->insn;
    l.c = c;
    l.nobs = 0;
    memset(l.slot, 0, c->fn->nslots * sizeof l.slot[0]);
    memset(l.put, 0, sizeof l.put);
    memset(l.reads, 0, sizeof l.reads);
    l.ngets = 0;
    l.barrier = 0;
    l.sticky = 0;
    memset(&l.fcmp, 0, sizeof l.fcmp);
    const struct ir_insn *end = &insn[c->fn->n - 1];
    l.loop = !c->fn->nblocks && end->op == IR_jump && (uint64_t)end->imm == c->fn->pc;
    c->ncarried = 0;
    c->reads_flags = false;
    c->loop_flags.used = c->loop_flags.active = false;
    memset(c->carried_slots, 0, sizeof c->carried_slots);
    no_values(c->val, c->fn->n);
    x_blocks_begin(c);
    unsigned keep_status = c->fn->flags & IR_FP_STATUS_KEPT ? IR_OPF_S : 0;
    for (unsigned i = c->fn->n - 1; i; i--) {
        const struct ir_insn *in = &insn[i];
        unsigned k = kind[in->op];
        if (k & (K_SLOT | K_CONST)) {
            if (k & K_CONST)
                c->val[i].flags |= XV_DEAD;     /* loaded where it is used */
            else if (in->op == IR_put)
                put(&l, i, in);
            else if (in->op == IR_get)
                get(&l, i, in);
            else
                begin_block(&l, i);
            continue;
        }
        if (!(k & K_KEEP) && !c->val[i].used && !(ir_ops[in->op].flags & keep_status)) {
            c->val[i].flags |= XV_DEAD;
            continue;
        }
        if (k & (K_OBSERVE | K_CALL)) {
            observe(&l, i, in->op == IR_exit_if || in->op == IR_jump ? in->aux & IR_EXIT_DEAD : 0);
            if (ir_ops[in->op].flags & IR_OPF_B)
                l.barrier = i;
            if (k & K_CALL)
                l.loop = false;
        }
        if (in->op == IR_fpget || in->op == IR_fpset)
            l.sticky = i;
        if (k & (K_DEFER | K_FUSE))
            use_operands(&l, i, in, k);
        else
            use_plain_operands(&l, i, in);
    }
    if (l.loop)
        choose_carried(&l);
    x_blocks_live(c);
}
