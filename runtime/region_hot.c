/*
 * The hot plan's region: the blocks that run often, from a place that was entered often.
 *
 * A block is a trace like the quick plan's, cut where another block begins. At a branch it follows the side taken more often,
 * and the other side, if it runs often too, becomes a block. Blocks are lifted in the order of their addresses, as a compiler lays
 * code out, so that what leads backward is a loop.
 */
#include "runtime/former.h"

uint32_t region_hot, region_hot_max = UINT32_MAX;

enum {
    MAX_GUEST = 600,        /* instructions of a region */
    MAX_IR = IR_MAX_INSNS - 3200,   /* the rest is for gets at the blocks' starts (ir/carry.h) */
    MAX_BLOCKS = 96,
    RARE = 32,              /* what runs less often than the head by this factor is left out */
    INNER = 8,              /* how much more often a hot loop inside runs, as far as is known */
};

struct hot_block { uint64_t pc; uint32_t weight; ir_ref start; };

struct hot {
    struct former f;
    struct region_heat (*heat)(uint64_t pc, uint32_t mode);
    uint32_t mode;
    unsigned n;
    struct hot_block block[MAX_BLOCKS];
};

static int find(const struct hot *h, uint64_t pc)
{
    for (unsigned i = 0; i < h->n; i++)
        if (h->block[i].pc == pc)
            return (int)i;
    return -1;
}

static bool is_full(const struct hot *h) { return h->f.fn->nguest >= MAX_GUEST || h->f.fn->n >= MAX_IR || !ir_has_room(h->f.fn); }

/* The block for pc, made if it is worth it; -1: none. */
static int block_for(struct hot *h, uint64_t pc, uint32_t weight)
{
    int found = find(h, pc);
    if (found >= 0)
        return found;
    if (h->n == MAX_BLOCKS || weight < (h->block[0].weight + RARE - 1) / RARE || is_full(h))
        return -1;
    h->block[h->n] = (struct hot_block){pc, weight, 0};
    return (int)h->n++;
}

/* aux of an exit to a block: marks it a loop's head if it stands before the exit. */
static unsigned block_aux(struct hot *h, int n)
{
    struct hot_block *b = &h->block[n];
    if (b->start)
        h->f.fn->insn[b->start].aux |= IR_BLOCK_LOOP;
    return ir_exit_aux((unsigned)n, former_dead_at(&h->f, b->pc));
}

static void side(struct hot *h, ir_ref cond, uint64_t target, uint32_t weight)
{
    int n = block_for(h, target, weight);
    ir_append(h->f.fn, IR_exit_if, IR_VOID, n < 0 ? former_dead_at(&h->f, target) : block_aux(h, n), cond, 0, 0, 0, (int64_t)target);
}

static void end_at(struct hot *h, uint64_t target, uint32_t weight)
{
    int n = block_for(h, target, weight);
    if (n < 0)
        former_end_jump(&h->f, target);
    else
        ir_append(h->f.fn, IR_jump, IR_VOID, block_aux(h, n), 0, 0, 0, 0, (int64_t)target);
}

/* How often the two ways of a branch in code of this weight go. A way that only ran on inside a trace was not counted. */
static void weigh(struct hot *h, uint64_t taken, uint64_t next, uint32_t weight, uint32_t *wt, uint32_t *wn)
{
    struct region_heat t = h->heat(taken, h->mode), n = h->heat(next, h->mode);
    *wt = t.count > weight ? weight : t.count;
    *wn = n.count > weight ? weight : n.count;
    if (!t.count)
        *wt = weight - *wn;
    else if (!n.count)
        *wn = weight - *wt;
    if (t.hot)
        *wt = weight;
    if (n.hot)
        *wn = weight;
}

/* Acts on a branch: returns where the block goes on. */
static bool branch(struct hot *h, uint64_t *pc, uint32_t *weight)
{
    struct ir_func *fn = h->f.fn;
    struct ir_flow flow = fn->flow;
    uint64_t next = fn->next_pc;
    uint32_t wt, wn;
    if (ir_is_const(fn, flow.value)) {
        *pc = ir_imm(fn, flow.value) ? flow.target : next;
        return true;
    }
    weigh(h, flow.target, next, *weight, &wt, &wn);
    bool backward = flow.target <= fn->cur_pc, follow_taken = backward || wt / 2 > wn;
    if (find(h, flow.target) >= 0 && !backward)
        follow_taken = false;
    if (follow_taken) {
        side(h, ir_emit(fn, IR_not, IR_I1, 0, flow.value, 0, 0, 0), next, wn);
        *pc = flow.target;
        *weight = wt;
        if (backward) {
            end_at(h, flow.target, wt);
            return false;
        }
    } else {
        side(h, flow.value, flow.target, wt);
        *pc = next;
        *weight = wn;
    }
    return true;
}

/* Acts on how the instruction just lifted continues. False: the block has ended. */
static bool follow(struct hot *h, uint64_t *pc, uint32_t *weight)
{
    struct ir_func *fn = h->f.fn;
    switch (fn->flow.kind) {
    case IR_FLOW_BRANCH:
        return branch(h, pc, weight);
    case IR_FLOW_JUMP:
        *pc = fn->flow.target;
        if (*pc > fn->cur_pc)
            return true;
        end_at(h, *pc, *weight);
        return false;
    case IR_FLOW_CALL:
    case IR_FLOW_CALL_IND:
        former_call(&h->f);
        *pc = fn->next_pc;
        return true;
    case IR_FLOW_JUMP_IND:
    case IR_FLOW_RET:
    case IR_FLOW_TRAP:
        former_end(&h->f);
        return false;
    default:
        *pc = fn->next_pc;
        return true;
    }
}

/* True if something leads to pc much more often than the code that has come to it. */
static bool is_head(struct hot *h, uint64_t pc, uint32_t *weight)
{
    struct region_heat r = h->heat(pc, h->mode);
    if (r.hot)
        *weight *= INNER;
    return r.hot || r.count / 2 > *weight;
}

static void lift_block(struct hot *h, unsigned n)
{
    struct ir_func *fn = h->f.fn;
    uint64_t pc = h->block[n].pc;
    uint32_t weight = h->block[n].weight;
    fn->cur_pc = pc;
    h->block[n].start = ir_append(fn, IR_block, IR_VOID, n, 0, 0, 0, 0, (int64_t)pc);
    for (bool first = true;; first = false) {
        if (is_full(h)) {
            former_end_jump(&h->f, pc);
            return;
        }
        if (!first && (find(h, pc) >= 0 || is_head(h, pc, &weight))) {
            end_at(h, pc, weight);
            return;
        }
        if (!former_lift(&h->f, pc)) {
            former_end_jump(&h->f, pc);
            return;
        }
        if (!follow(h, &pc, &weight))
            return;
    }
}

/* The block to lift next: where the last one went on if that is new, else the lowest; -1: none is left. */
static int next_block(const struct hot *h)
{
    const struct ir_func *fn = h->f.fn;
    const struct ir_insn *end = &fn->insn[fn->n - 1];
    if (end->op == IR_jump && end->aux & IR_EXIT_BLOCK && !h->block[ir_exit_number(end->aux)].start)
        return (int)ir_exit_number(end->aux);
    int best = -1;
    for (unsigned i = 0; i < h->n; i++)
        if (!h->block[i].start && (best < 0 || h->block[i].pc < h->block[best].pc))
            best = (int)i;
    return best;
}

bool region_lift_hot(struct ir_func *fn, const struct fe_guest *guest, struct mm *mm, uint64_t pc, uint32_t mode,
                     struct region_heat (*heat)(uint64_t pc, uint32_t mode), struct region_pages *pages, uint32_t weight[IR_MAX_BLOCKS])
{
    struct hot h;
    former_begin(&h.f, fn, guest, mm, pc, mode, pages);
    h.heat = heat;
    h.mode = mode;
    h.n = 1;
    h.block[0] = (struct hot_block){pc, region_hot, 0};
    for (int n = 0; n >= 0; n = next_block(&h))
        lift_block(&h, (unsigned)n);
    for (unsigned i = 0; i < h.n; i++)
        weight[i] = h.block[i].weight;
    return h.n > 1 && fn->nguest;
}
