/* Slots carried from block to block (ir/carry.h). */
#include "ir/carry.h"

#include <string.h>

enum { WORDS = IR_MAX_SLOTS / 64 };

struct set { uint64_t w[WORDS]; };

static bool has(const struct set *s, unsigned n) { return s->w[n / 64] >> n % 64 & 1; }
static void add(struct set *s, unsigned n) { s->w[n / 64] |= 1ull << n % 64; }

/* Adds b to a; true if that changed a. */
static bool join(struct set *a, const struct set *b)
{
    uint64_t more = 0;
    for (unsigned i = 0; i < WORDS; i++) {
        more |= b->w[i] & ~a->w[i];
        a->w[i] |= b->w[i];
    }
    return more;
}

/* After it, values are in memory: a call's or a helper's end is no place to carry them from. */
static bool is_barrier(unsigned op) { return ir_ops[op].flags & IR_OPF_B && !(ir_ops[op].flags & IR_OPF_X) && op != IR_block; }
static bool is_inside(const struct ir_insn *in) { return (in->op == IR_exit_if || in->op == IR_jump) && in->aux & IR_EXIT_BLOCK; }

/* The slots each block, or a block after it, uses while they may be carried. */
static void find_wanted(const struct ir_func *fn, struct set wanted[IR_MAX_BLOCKS])
{
    memset(wanted, 0, IR_MAX_BLOCKS * sizeof wanted[0]);
    for (bool first = true, changed = true; changed; first = false) {
        bool behind = false;
        unsigned b = 0;
        changed = first;
        for (ir_ref i = 1; i < fn->n; i++) {
            const struct ir_insn *in = &fn->insn[i];
            if (in->op == IR_block) {
                b = in->aux;
                behind = false;
            } else if (in->op == IR_get || in->op == IR_put) {
                if (first && !behind)
                    add(&wanted[b], (unsigned)in->imm);
            } else if (is_barrier(in->op)) {
                behind = true;
            } else if (is_inside(in) && !behind) {
                changed |= join(&wanted[b], &wanted[ir_exit_number(in->aux)]);
            }
        }
    }
}

/* From each block to the last exit that leads back to it: a loop; end 0 where there is none. */
struct loop { ir_ref start, end; };

static void find_loops(const struct ir_func *fn, struct loop loop[IR_MAX_BLOCKS])
{
    memset(loop, 0, IR_MAX_BLOCKS * sizeof loop[0]);
    for (ir_ref i = 1; i < fn->n; i++) {
        const struct ir_insn *in = &fn->insn[i];
        if (in->op == IR_block)
            loop[in->aux].start = i;
        else if (is_inside(in) && loop[ir_exit_number(in->aux)].start)
            loop[ir_exit_number(in->aux)].end = i;
    }
}

/* How often slots are used in a loop. */
static void count_uses(const struct ir_func *fn, struct loop here, const uint32_t *weight, uint64_t uses[IR_MAX_SLOTS])
{
    uint64_t often = 0;
    memset(uses, 0, IR_MAX_SLOTS * sizeof uses[0]);
    for (ir_ref i = here.start; i < here.end; i++) {
        const struct ir_insn *in = &fn->insn[i];
        if (in->op == IR_block)
            often = 1 + (uint64_t)weight[in->aux];
        else if (in->op == IR_get || in->op == IR_put)
            uses[in->imm] += often;
    }
}

static bool is_int(const struct ir_slot *s) { return s->type == IR_I64; }
static bool may_carry(const struct ir_slot *s) { return !s->flags && (is_int(s) || s->type >= IR_F16); }

static void choose(const struct ir_func *fn, unsigned n, bool ints, const uint64_t uses[IR_MAX_SLOTS], struct set *chosen)
{
    while (n--) {
        unsigned best = IR_MAX_SLOTS;
        for (unsigned s = 0; s < fn->nslots; s++)
            if (may_carry(&fn->slots[s]) && is_int(&fn->slots[s]) == ints && uses[s] && !has(chosen, s) && (best == IR_MAX_SLOTS || uses[s] > uses[best]))
                best = s;
        if (best == IR_MAX_SLOTS)
            return;
        add(chosen, best);
    }
}

static ir_ref append(struct ir_func *fn, const struct ir_insn *in)
{
    fn->insn[fn->n] = *in;
    return fn->n++;
}

/* Appends the gets that begin a block; entry[s]: what it is entered with. */
static void begin_block(struct ir_func *fn, const struct set *carried, ir_ref entry[IR_MAX_SLOTS])
{
    memset(entry, 0, IR_MAX_SLOTS * sizeof entry[0]);
    for (unsigned s = 0; s < fn->nslots; s++)
        if (has(carried, s))
            entry[s] = append(fn, &(struct ir_insn){.op = IR_get, .type = fn->slots[s].type, .imm = s});
}

static void rewrite(struct ir_func *fn, const struct set *carried, struct ir_carry_room *room, uint32_t n)
{
    ir_ref *now = room->now;
    ir_ref entry[IR_MAX_SLOTS] = {0};
    fn->n = 1;
    for (ir_ref i = 1; i < n; i++) {
        struct ir_insn in = room->old[i];
        if (in.op == IR_get && entry[in.imm]) {
            now[i] = entry[in.imm];
            continue;
        }
        in.a = in.a ? now[in.a] : 0;
        in.b = in.b ? now[in.b] : 0;
        in.c = in.c ? now[in.c] : 0;
        in.d = in.d ? now[in.d] : 0;
        now[i] = append(fn, &in);
        if (in.op == IR_block)
            begin_block(fn, &carried[in.aux], entry);
        else if (in.op == IR_put)
            entry[in.imm] = 0;
        else if (is_barrier(in.op))
            memset(entry, 0, sizeof entry);
    }
}

void ir_carry(struct ir_func *fn, unsigned ints, unsigned others, const uint32_t weight[IR_MAX_BLOCKS], struct ir_carry_room *room)
{
    struct set carried[IR_MAX_BLOCKS];
    struct loop loop[IR_MAX_BLOCKS];
    uint64_t uses[IR_MAX_SLOTS];
    if (!fn->nblocks)
        return;
    find_wanted(fn, carried);
    find_loops(fn, loop);
    uint32_t n = fn->n, gets = 0;
    for (unsigned b = 0; b < IR_MAX_BLOCKS; b++) {
        struct set chosen = {{0}};
        for (unsigned s = 0; s < fn->nslots && !loop[b].end; s++)
            if (may_carry(&fn->slots[s]))
                add(&chosen, s);
        if (loop[b].end) {
            count_uses(fn, loop[b], weight, uses);
            choose(fn, ints, true, uses, &chosen);
            choose(fn, others, false, uses, &chosen);
        }
        for (unsigned w = 0; w < WORDS; w++) {
            carried[b].w[w] &= chosen.w[w];
            gets += (unsigned)__builtin_popcountll(carried[b].w[w]);
        }
    }
    if (n + gets > IR_MAX_INSNS)
        return;
    memcpy(room->old, fn->insn, n * sizeof room->old[0]);
    rewrite(fn, carried, room, n);
}
