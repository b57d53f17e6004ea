/*
 * The fault table: from the host address of a faulting instruction back to all guest registers.
 *
 * The table is a log in code order. "Slot" records say where the slot's value is from here on; a "mark" says that the
 * instruction at this code offset may fault and which guest pc it stands for. To restore, the log is replayed up
 * to the mark of the faulting address, then every slot that is not in memory is written. Slots whose places changed are
 * noted, and logged at the next mark only: most change again before anything can fault.
 *
 *   slot record   slot (0-127), place
 *   mark          0x80, code offset minus the previous mark's (varint), guest pc minus the previous mark's (zigzag varint)
 *   place         0-31 register | P_MEMORY | P_SPILL k | P_HOME slot | P_IMM8 .. | P_IMM64 .. | P_IMM128 ..
 *                 | P_RECIPE op width+2*aux place place place
 *                 | P_LOOP round addend op width place place place: memory in a loop's first round, then a recipe of place + addend ..
 */
#include <ucontext.h>

#include "backends/x86_64/emit.h"

enum { P_MEMORY = 32, P_SPILL, P_HOME, P_IMM8, P_IMM64, P_IMM128, P_RECIPE, P_NONE, P_LOOP, MARK = 0x80 };

/* ---- writing ---- */

static inline void put8(struct x_ctx *c, unsigned v) { c->faults[c->nfault++] = (uint8_t)v; }
static void put_n(struct x_ctx *c, const void *v, unsigned n) { memcpy(c->faults + c->nfault, v, n); c->nfault += n; }
static inline uint8_t *varint(uint8_t *p, uint32_t v)
{
    for (; v >= 0x80; v >>= 7)
        *p++ = (uint8_t)(v | 0x80);
    *p++ = (uint8_t)v;
    return p;
}

static void put_const(struct x_ctx *c, const struct ir_insn *in)
{
    if (in->op == IR_vconst) {
        put8(c, P_IMM128);
        put_n(c, c->fn->vconst[in->imm].b, 16);
    } else if (in->imm == (int8_t)in->imm) {
        put8(c, P_IMM8);
        put8(c, (unsigned)in->imm);
    } else {
        put8(c, P_IMM64);
        put_n(c, &in->imm, 8);
    }
}

static void put_place(struct x_ctx *c, unsigned ref)
{
    const struct x_val *v = &c->val[ref];
    const struct ir_insn *in = &c->insn[ref];
    if (!ref) {
        put8(c, P_NONE);
    } else if (v->flags & XV_DEFER) {
        struct x_ops o = c->ops[ref];
        put8(c, P_RECIPE);
        put8(c, in->op);
        put8(c, (c->insn[in->a].type == IR_I64 || c->insn[in->a].type == IR_F64) | (in->aux & 0x7f) << 1);
        put_place(c, o.a);
        put_place(c, o.b);
        put_place(c, o.c);
    } else if (v->reg != X_NONE) {
        put8(c, v->reg);
    } else if (in->op == IR_const || in->op == IR_vconst) {
        put_const(c, in);
    } else if (v->spill != XV_NOHOME) {
        put8(c, P_SPILL);
        put8(c, v->spill);
    } else {
        put8(c, P_HOME);
        put8(c, v->home);
    }
}

static void put_home_or_place(struct x_ctx *c, unsigned home, unsigned ref)
{
    if (home == XV_NOHOME) {
        put_place(c, ref);
        return;
    }
    put8(c, P_HOME);
    put8(c, home);
}

static void put_loop_flags(struct x_ctx *c)
{
    const struct x_loop_flags *f = &c->loop_flags;
    put8(c, P_LOOP);
    put8(c, f->round);
    put_n(c, &f->addend, 4);
    put8(c, c->insn[f->word].op);
    put8(c, c->insn[c->insn[f->word].a].type == IR_I64);
    put_home_or_place(c, f->a_home, f->a);
    put_home_or_place(c, f->b_home, f->b);
    put_place(c, c->ops[f->word].c);
}

static bool is_full(struct x_ctx *c)
{
    if (c->nfault > X_FAULTS - 1024)
        c->error = -7;
    return c->nfault > X_FAULTS - 1024;
}

static void log_slot(struct x_ctx *c, unsigned slot)
{
    uint64_t bit = 1ull << (slot & 63), *logged = &c->logged[slot >> 6];
    bool dirty = c->dirty[slot >> 6] & bit, loop = c->loop_flags.active && c->loop_flags.slot == slot;
    if ((!dirty && !loop && !(*logged & bit)) || is_full(c))
        return;
    put8(c, slot);
    *logged |= bit;
    if (dirty)
        put_place(c, c->bound[slot]);
    else if (loop)
        put_loop_flags(c);
    else
        put8(c, P_MEMORY), *logged &= ~bit;
}

void x_log_unlogged(struct x_ctx *c)
{
    for (unsigned w = 0; w < IR_MAX_SLOTS / 64; w++) {
        for (uint64_t m = c->unlogged[w]; m; m &= m - 1)
            log_slot(c, 64 * w + (unsigned)__builtin_ctzll(m));
        c->unlogged[w] = 0;
    }
}

void x_mark(struct x_ctx *c)
{
    if (c->unlogged[0] | c->unlogged[1])
        x_log_unlogged(c);
    if (is_full(c))
        return;
    uint32_t off = (uint32_t)(c->p - c->base);
    int32_t pc = c->insn[c->pos].pc, d = pc - c->fault_pc;
    uint32_t since = off - c->fault_off;
    c->fault_off = off;
    c->fault_pc = pc;
    uint8_t *p = c->faults + c->nfault;
    *p++ = MARK;
    p = varint(varint(p, since), (uint32_t)d << 1 ^ (uint32_t)(d >> 31));
    c->nfault = (uint32_t)(p - c->faults);
}
_Static_assert(IR_MAX_SLOTS == 128, "two words of unlogged slots");

/* ---- reading ---- */

struct replay {
    const uint8_t *p, *end;
    const struct be_hostregs *regs;
    const struct ir_slot *slots;
    const struct cpu_state *cpu;
    const uint8_t *where[IR_MAX_SLOTS];     /* place of a slot that is not in memory */
};

static const uint8_t *skip_place(const uint8_t *p)
{
    switch (*p++) {
    case P_SPILL: case P_HOME: case P_IMM8: return p + 1;
    case P_IMM64: return p + 8;
    case P_IMM128: return p + 16;
    case P_RECIPE: return skip_place(skip_place(skip_place(p + 2)));
    case P_LOOP: return skip_place(skip_place(skip_place(p + 7)));
    default: return p;
    }
}

static uint32_t get_varint(const uint8_t **p)
{
    uint32_t v = 0;
    for (unsigned shift = 0;; shift += 7) {
        uint8_t b = *(*p)++;
        v |= (uint32_t)(b & 0x7f) << shift;
        if (!(b & 0x80))
            return v;
    }
}

/* The flag word of a recipe, from integers narrowed to their width. */
static uint32_t flag_word(unsigned op, unsigned w, uint64_t a, uint64_t b, unsigned carry)
{
    uint64_t mask = w ? UINT64_MAX : UINT32_MAX, sign = w ? 1ull << 63 : 1ull << 31;
    uint64_t r;
    bool cf = false, vf = false;
    a &= mask;
    b &= mask;
    if (op == IR_flaglogic) {
        r = a;
    } else {
        if (op == IR_flagsub)
            b = ~b & mask, carry = 1;
        r = (a + b + carry) & mask;
        cf = r < a || (carry && r == a);
        vf = (a ^ r) & (b ^ r) & sign;
    }
    return (r & sign ? IR_FLAG_N : 0) | (r ? 0 : IR_FLAG_Z) | (cf ? IR_FLAG_C : 0) | (vf ? IR_FLAG_V : 0);
}

/* Floats by their bits, as integers that compare as they do (denormals as zero if so asked); false for a NaN. */
static bool ordered(uint64_t bits, bool dbl, bool daz, int64_t *key)
{
    unsigned fraction = dbl ? 52 : 23;
    uint64_t sign = dbl ? bits >> 63 : bits >> 31 & 1, size = dbl ? bits & INT64_MAX : bits & INT32_MAX;
    uint64_t infinity = (dbl ? UINT64_C(0x7ff) : UINT64_C(0xff)) << fraction;
    if (daz && size < UINT64_C(1) << fraction)
        size = 0;
    *key = sign ? -(int64_t)size : (int64_t)size;
    return size <= infinity;
}

static uint32_t float_flags(bool dbl, bool daz, uint64_t a, uint64_t b)
{
    int64_t x, y;
    bool both = ordered(a, dbl, daz, &x);
    both = ordered(b, dbl, daz, &y) && both;
    return !both ? IR_FLAG_C | IR_FLAG_V : x < y ? IR_FLAG_N : x == y ? IR_FLAG_Z | IR_FLAG_C : IR_FLAG_C;
}

static bool int_compare(unsigned cc, unsigned w, uint64_t a, uint64_t b)
{
    int64_t x = w ? (int64_t)a : (int32_t)a, y = w ? (int64_t)b : (int32_t)b;
    bool negate = cc & 1;
    switch (cc & ~1u) {
    case IR_EQ: return (x == y) ^ negate;
    case IR_LTS: return (x < y) ^ negate;
    case IR_LES: return (x <= y) ^ negate;
    case IR_LTU: return ((uint64_t)x < (uint64_t)y) ^ negate;
    default: return ((uint64_t)x <= (uint64_t)y) ^ negate;
    }
}

static uint64_t compute(const struct replay *r, unsigned op, unsigned how, uint64_t a, uint64_t b, uint64_t c)
{
    unsigned w = how & 1, aux = how >> 1;
    bool daz = ((const struct _libc_fpstate *)r->regs->fpu)->mxcsr & 0x40;
    switch (op) {
    case IR_and: return a & b;
    case IR_or: return a | b;
    case IR_not: return ~a & 1;
    case IR_select: return a & 1 ? b : c;
    case IR_sext: return (uint64_t)(int64_t)(int32_t)a;
    case IR_cmp: return int_compare(aux, w, a, b);
    case IR_flagfcmp: return float_flags(w, daz, a, b);
    default: return flag_word(op, w, a, b, c & 1);
    }
}

/* Reads a place; moves *p behind it. */
static union ir_value read_place(const struct replay *r, const uint8_t **p)
{
    union ir_value v = {.u64 = {0, 0}};
    const uint8_t *q = *p;
    *p = q + 3;
    if (*q == P_RECIPE) {
        union ir_value a = read_place(r, p), b = read_place(r, p), third = read_place(r, p);
        v.u64[0] = compute(r, q[1], q[2], a.u64[0], b.u64[0], third.u64[0]);
        return v;
    }
    if (*q == P_LOOP) {
        int32_t addend;
        memcpy(&addend, q + 2, 4);
        *p = q + 8;
        union ir_value a = read_place(r, p), b = read_place(r, p), carry = read_place(r, p);
        v.u64[0] = flag_word(q[6], q[7], a.u64[0] + (uint64_t)(int64_t)addend, b.u64[0], carry.u64[0] & 1);
        return v;
    }
    *p = skip_place(q);
    switch (*q) {
    case P_SPILL: return r->cpu->f.spill[q[1]];
    case P_HOME: memcpy(&v, r->cpu->guest + r->slots[q[1]].off, x_type_bytes(r->slots[q[1]].type)); return v;
    case P_IMM8: v.i64 = (int8_t)q[1]; return v;
    case P_IMM64: memcpy(&v, q + 1, 8); return v;
    case P_IMM128: memcpy(&v, q + 1, 16); return v;
    default:
        if (*q < 16)
            v.u64[0] = r->regs->gpr[*q];
        else if (*q < 32)
            memcpy(&v, ((const struct _libc_fpstate *)r->regs->fpu)->_xmm[*q - 16].element, 16);
        return v;
    }
}

/* Replays to the mark at code offset off. */
static bool replay_to(struct replay *r, uint32_t off, int32_t *pc)
{
    uint32_t at = 0;
    *pc = 0;
    while (r->p < r->end) {
        uint8_t b = *r->p++;
        if (b != MARK) {
            r->where[b] = *r->p == P_MEMORY ? NULL : r->p;
            r->p = skip_place(r->p);
            continue;
        }
        at += get_varint(&r->p);
        uint32_t z = get_varint(&r->p);
        *pc += (int32_t)(z >> 1 ^ -(z & 1));
        if (at == off)
            return true;
    }
    return false;
}

void x_settle(struct cpu_state *cpu)
{
    uint32_t how = cpu->f.flags_how;
    if (!how)
        return;
    unsigned op = how & X_HOW_SUB ? IR_flagsub : how & X_HOW_ADD ? IR_flagadc : IR_flaglogic;
    uint32_t word = flag_word(op, how & X_HOW_64, cpu->f.flags_a, cpu->f.flags_b, 0);
    memcpy(cpu->guest + (how >> 8), &word, sizeof word);
    cpu->f.flags_how = 0;
}

bool x_restore(const uint8_t *faults, uint32_t nfaults, uint32_t off, const struct be_hostregs *regs,
               const struct ir_slot *slots, struct cpu_state *cpu, int32_t *pc_delta)
{
    struct replay r = {.p = faults, .end = faults + nfaults, .regs = regs, .slots = slots, .cpu = cpu};
    if (!replay_to(&r, off, pc_delta))
        return false;
    x_settle(cpu);
    /* A recipe's operands may be in the memory of other slots: recipes are written first. */
    for (unsigned pass = 0; pass < 2; pass++)
        for (unsigned s = 0; s < IR_MAX_SLOTS; s++)
            if (r.where[s] && (*r.where[s] == P_RECIPE || *r.where[s] == P_LOOP) == (pass == 0)) {
                unsigned round = r.where[s][1];
                if (*r.where[s] == P_LOOP && !(round < 16 ? regs->gpr[round] : *((const uint8_t *)cpu + X_ROUND)))
                    continue;
                const uint8_t *p = r.where[s];
                union ir_value v = read_place(&r, &p);
                memcpy(cpu->guest + slots[s].off, &v, x_type_bytes(slots[s].type));
            }
    return true;
}
