/*
 * The hot plan's region: the blocks that run often, from a place that was entered often.
 *
 * A block is a trace like the quick plan's, cut where another block begins. At a branch it follows the side taken more often,
 * and the other side, if it runs often too, becomes a block. Blocks are lifted in the order of their addresses, as a compiler lays
 * code out, so that what leads backward is a loop.
 */
#include "runtime/former.h"

uint32_t region_hot = REGION_HOT, region_hot_max = UINT32_MAX;

enum {
    MAX_GUEST = 600,        /* instructions of a region */
    MAX_IR = IR_MAX_INSNS - 3200,   /* the rest is for gets at the blocks' starts (ir/carry.h) */
    MAX_BLOCKS = 96,
    LONG = 48,              /* instructions, from which on a block ends where another begins */
    RARE = 32,              /* what runs less often than the head by this factor is left out */
    LEAF_INSNS = 32, STUB_INSNS = 6, LEAF_RARE = 8,
    INNER = 8,              /* how much more often a hot loop inside runs, as far as is known */
};

struct hot_block { uint64_t pc; uint32_t weight; ir_ref start; bool loop; };

struct hot {
    struct former f;
    const struct region_profile *profile;
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
    h->block[h->n] = (struct hot_block){pc, weight, 0, false};
    return (int)h->n++;
}

/* aux of an exit to a block, which is a loop's head if it stands before the exit. */
static unsigned block_aux(struct hot *h, int n)
{
    struct hot_block *b = &h->block[n];
    b->loop |= b->start != 0;
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

/*
 * How often the two ways of a branch in code of this weight go. Who has taken the branch was counted where he came to, as it left a trace; who
 * has not may have run on inside a trace, uncounted.
 */
static void weigh(struct hot *h, uint64_t taken, uint64_t next, uint32_t weight, uint32_t *wt, uint32_t *wn)
{
    struct region_heat t = h->profile->heat(taken, h->mode), n = h->profile->heat(next, h->mode);
    *wt = t.count > weight ? weight : t.count;
    *wn = n.count > weight ? weight : n.count;
    if (!n.count || !t.count)
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

/* One branch inside a called function: its rare way leads out. False: both are taken often. */
static bool leaf_branch(struct hot *h, uint64_t *pc, uint32_t weight)
{
    struct ir_func *fn = h->f.fn;
    struct ir_flow flow = fn->flow;
    uint64_t next = fn->next_pc;
    uint32_t wt, wn;
    if (ir_is_const(fn, flow.value)) {
        *pc = ir_imm(fn, flow.value) ? flow.target : next;
        return *pc > fn->cur_pc;
    }
    weigh(h, flow.target, next, weight, &wt, &wn);
    if (wt < weight / LEAF_RARE) {
        ir_append(fn, IR_exit_if, IR_VOID, former_dead_at(&h->f, flow.target), flow.value, 0, 0, 0, (int64_t)flow.target);
        *pc = next;
        return true;
    }
    if (wn < weight / LEAF_RARE && flow.target > fn->cur_pc) {
        ir_append(fn, IR_exit_if, IR_VOID, former_dead_at(&h->f, next), ir_emit(fn, IR_not, IR_I1, 0, flow.value, 0, 0, 0), 0, 0, 0, (int64_t)next);
        *pc = flow.target;
        return true;
    }
    return false;
}

/*
 * Lifts a called function in place of the call, where it is a short run of instructions that comes back, or that goes on to
 * what a pointer says (a stub of a procedure linkage table), which becomes an indirect call. The link register is put
 * before a call, so that the way back is known to be a constant. The rare ways out of it return without having been called,
 * which costs a missed prediction. False: nothing was done.
 */
static bool inline_call(struct hot *h, uint32_t weight)
{
    struct ir_func *fn = h->f.fn;
    uint64_t pc = fn->flow.target, back = fn->next_pc, call_pc = fn->cur_pc, pc_end = fn->pc_end;
    struct ir_flow call = fn->flow;
    struct ir_mark mark;
    unsigned npages = h->f.pages->n;
    ir_mark(fn, &mark);
    for (unsigned n = 0; n < LEAF_INSNS && !is_full(h) && former_lift(&h->f, pc); n++) {
        struct ir_flow flow = fn->flow;
        if (flow.kind == IR_FLOW_NEXT) {
            pc = fn->next_pc;
        } else if (flow.kind == IR_FLOW_JUMP && flow.target > fn->cur_pc) {
            pc = flow.target;
        } else if (flow.kind == IR_FLOW_BRANCH) {
            if (!leaf_branch(h, &pc, weight))
                break;
        } else if (flow.kind == IR_FLOW_JUMP_IND && n < STUB_INSNS) {
            ir_append(fn, IR_call, IR_VOID, 1, flow.value, ir_gaddr(fn, back), 0, 0, 0);
            ir_barrier(fn);
            fn->next_pc = back;
            return true;
        } else if (flow.kind == IR_FLOW_RET && ir_is_const(fn, flow.value) && (uint64_t)ir_imm(fn, flow.value) == back) {
            fn->next_pc = back;
            return true;
        } else {
            break;
        }
    }
    ir_rollback(fn, &mark);
    h->f.pages->n = npages;
    fn->pc_end = pc_end;
    fn->cur_pc = call_pc;
    fn->next_pc = back;
    fn->flow = call;
    return false;
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
        if (inline_call(h, *weight)) {
            *pc = fn->next_pc;
            return true;
        }
        /* fall through */
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

/* True if a hot region, which may be a loop's, begins here. */
static bool is_head(struct hot *h, uint64_t pc, uint32_t *weight)
{
    if (!h->profile->may_be_hot(pc) || !h->profile->heat(pc, h->mode).hot)
        return false;
    *weight *= INNER;
    return true;
}

/* A trace runs on where another block begins, so that state need not be the same there, but not into a loop, nor for long. */
static bool ends_before(const struct hot *h, uint64_t pc, uint32_t length)
{
    int n = find(h, pc);
    if (n < 0)
        return false;
    const struct hot_block *b = &h->block[n];
    return length >= LONG || b->loop;
}

/*
 * A loop of one trace is the quick plan's: it carries what it needs in registers too, and flag words as what they are computed from.
 * The block becomes a way out to it.
 */
static void leave_to_quick(struct hot *h, unsigned n, unsigned blocks, uint32_t nguest)
{
    struct ir_func *fn = h->f.fn;
    fn->n = h->block[n].start + 1;
    fn->nguest = nguest;
    h->n = blocks;
    fn->cur_pc = h->block[n].pc;
    former_end_jump(&h->f, h->block[n].pc);
}

static bool is_own_loop(const struct hot *h, unsigned n)
{
    const struct ir_insn *end = &h->f.fn->insn[h->f.fn->n - 1];
    return n && end->op == IR_jump && end->aux & IR_EXIT_BLOCK && ir_exit_number(end->aux) == n;
}

static void lift_block(struct hot *h, unsigned n)
{
    struct ir_func *fn = h->f.fn;
    unsigned blocks = h->n;
    uint32_t nguest = fn->nguest;
    uint64_t pc = h->block[n].pc;
    uint32_t weight = h->block[n].weight;
    fn->cur_pc = pc;
    h->block[n].start = ir_append(fn, IR_block, IR_VOID, n, 0, 0, 0, 0, (int64_t)pc);
    for (bool first = true;; first = false) {
        if (is_full(h)) {
            former_end_jump(&h->f, pc);
            return;
        }
        if (!first && (ends_before(h, pc, fn->nguest - nguest) || is_head(h, pc, &weight))) {
            end_at(h, pc, weight);
            break;
        }
        if (!former_lift(&h->f, pc)) {
            former_end_jump(&h->f, pc);
            return;
        }
        if (!follow(h, &pc, &weight))
            break;
    }
    if (is_own_loop(h, n) && fn->nguest - nguest <= region_limit)
        leave_to_quick(h, n, blocks, nguest);
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
                     const struct region_profile *profile, struct region_pages *pages, uint32_t weight[IR_MAX_BLOCKS])
{
    struct hot h;
    former_begin(&h.f, fn, guest, mm, pc, mode, pages);
    h.profile = profile;
    h.mode = mode;
    h.n = 1;
    h.block[0] = (struct hot_block){pc, profile->runs, 0, false};
    for (int n = 0; n >= 0; n = next_block(&h))
        lift_block(&h, (unsigned)n);
    for (unsigned i = 0; i < h.n; i++)
        weight[i] = h.block[i].weight;
    return fn->nguest && (h.n > 1 || fn->nguest != profile->quick_insns);
}
