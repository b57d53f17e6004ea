/*
 * Random regions of several blocks (generate.h).
 *
 * Blocks stand in any order of their numbers. Exits to blocks that stand later are free; those to the same block or an earlier one
 * count x11 down and are taken only while it is above zero, so every run ends: loops, nested and irreducible ones too.
 */
#include "backends/backend.h"
#include "tests/ir/values.h"
#include "tests/x86/generate.h"

static unsigned nblocks, current;               /* positions, in the order in which blocks stand */
static uint8_t number_at[IR_MAX_BLOCKS], dead_at[IR_MAX_BLOCKS];

static uint64_t pc_of(unsigned position) { return 0x10000 + position * 0x200ull; }

unsigned generated_dead(uint64_t pc)
{
    uint64_t position = (pc - 0x10000) / 0x200;
    return pc >= 0x10000 && position < nblocks && pc_of((unsigned)position) == pc ? dead_at[position] : 0;
}

static unsigned aux_to(unsigned position)
{
    return ir_exit_aux(number_at[position], below(2) ? dead_at[position] : 0);
}

/* A block: a later one, seldom far away, or one that has begun. */
static unsigned some_block(void)
{
    unsigned later = nblocks - 1 - current;
    if (later && below(5) > 1)
        return current + 1 + (below(3) ? below(later < 3 ? later : 3) : below(later));
    return below(3) ? current - below(current < 2 ? current + 1 : 3) : below(current + 1);
}

/* Counts a round; true as long as there are some left. */
static ir_ref round_left(void)
{
    ir_ref count = ir_emit(&fn, IR_sub, IR_I64, 0, gen_get(SLOT_COUNT), ir_const(&fn, IR_I64, 1), 0, 0);
    if (!below(4))
        gen_put(SLOT_NZCV, gen_emit(IR_flagsub, IR_I32, 0, count, ir_const(&fn, IR_I64, (int64_t)below(3)), 0, 0));
    gen_put(SLOT_COUNT, count);
    return ir_emit(&fn, IR_cmp, IR_I1, IR_GTS, count, ir_const(&fn, IR_I64, 0), 0, 0);
}

static void exit_inside(void)
{
    unsigned to = some_block();
    ir_ref cond = gen_condition();
    if (to <= current) {
        ir_ref left = round_left();
        cond = below(3) ? ir_emit(&fn, IR_and, IR_I1, 0, left, cond, 0, 0) : left;
    }
    if (fn.insn[cond].op != IR_const)
        ir_append(&fn, IR_exit_if, IR_VOID, aux_to(to), cond, 0, 0, 0, (int64_t)pc_of(to));
}

/* Values go round between slots of one type, as they are or in copies. */
static void shuffle(void)
{
    unsigned first = below(3) || integers ? SLOT_X : below(2) ? SLOT_V : SLOT_D, n = first == SLOT_X ? NX - 1 : first == SLOT_V ? NV : ND;
    unsigned a = below(n), b = below(n), c = below(n);
    ir_ref va = gen_get(first + a), vb = gen_get(first + b), vc = below(2) ? vb : gen_get(first + c);
    gen_put(first + a, vb);
    gen_put(first + b, below(2) ? va : vc);
    if (below(2))
        gen_put(first + c, va);
}

/* Uses many slots one behind the other, or at once. */
static void use_many(void)
{
    bool vectors = !integers && !below(3);
    unsigned first = vectors ? SLOT_V : SLOT_X, n = vectors ? NV : NX - 1, from = below(n), many = 2 + below(n - 1);
    ir_ref sum = 0, v[NX];
    for (unsigned k = 0; k < many; k++)
        v[k] = gen_get(first + (from + k) % n);
    for (unsigned k = 0; k < many; k++)
        sum = !sum ? v[k] : gen_emit(vectors ? IR_vxor : IR_add, vectors ? IR_V128 : IR_I64, 0, sum, v[k], 0, 0);
    gen_put(first + from, sum);
    for (unsigned k = 1; k < many && below(3); k++)
        gen_put(first + (from + k) % n, gen_emit(vectors ? IR_vadd : IR_sub, vectors ? IR_V128 : IR_I64, vectors ? IR_S : 0, sum, v[k], 0, 0));
}

/* A call of the function at CALLEE_PC, which returns; what follows is in the same block. */
static void call(void)
{
    fn.cur_pc += 4;
    ir_ref back = ir_gaddr(&fn, fn.cur_pc + 4);
    gen_put(SLOT_LINK, back);
    if (below(3))
        ir_append(&fn, IR_call, IR_VOID, 0, 0, back, 0, 0, (int64_t)CALLEE_PC);
    else
        ir_append(&fn, IR_call, IR_VOID, 1, ir_gaddr(&fn, CALLEE_PC), back, 0, 0, 0);
}

/* Overwrites what is dead where the block begins. */
static void revive(unsigned slot)
{
    if (slot == SLOT_NZCV)
        gen_put(slot, gen_emit(IR_flagsub, IR_I32, 0, ir_const(&fn, IR_I64, (int64_t)random_int()), ir_const(&fn, IR_I64, (int64_t)random_int()), 0, 0));
    else
        gen_put(slot, ir_const(&fn, IR_I64, (int64_t)random_int()));
}

static void end_block(void)
{
    if (!below(8) || (current == nblocks - 1 && below(2))) {
        gen_end();
        return;
    }
    unsigned to = current < nblocks - 1 && below(3) ? current + 1 : some_block();
    if (to <= current)
        ir_append(&fn, IR_exit_if, IR_VOID, 0, gen_emit(IR_not, IR_I1, 0, round_left(), 0, 0, 0), 0, 0, 0, 0x50000);
    ir_append(&fn, IR_jump, IR_VOID, aux_to(to), 0, 0, 0, 0, (int64_t)pc_of(to));
}

static void one_block(unsigned insns)
{
    fn.cur_pc = pc_of(current);
    ir_append(&fn, IR_block, IR_VOID, number_at[current], 0, 0, 0, 0, (int64_t)fn.cur_pc);
    if (dead_at[current])
        revive(dead_at[current] - 1u);
    while (insns-- && ir_has_room(&fn)) {
        fn.cur_pc += 4;
        switch (below(16)) {
        case 0: exit_inside(); break;
        case 1: shuffle(); break;
        case 2: use_many(); break;
        case 3:
            if (!below(6))
                call();
            else if (!below(8))
                ir_helper(&fn, IR_VOID, below(2) ? HELPER_ASK : HELPER_CUT, 0, 0, 0, 0);
            break;
        case 4: gen_flags(); break;
        default: gen_insn(); break;
        }
    }
    fn.cur_pc += 4;
    end_block();
}

void gen_blocks(void)
{
    nblocks = 1 + (below(6) ? below(7) : below(IR_MAX_BLOCKS));
    unsigned length = nblocks > 20 ? 4 : below(6) ? 8 : 60;
    for (unsigned i = 0; i < nblocks; i++)
        number_at[i] = (uint8_t)i;
    for (unsigned i = 0; i < nblocks; i++) {
        unsigned k = i + below(nblocks - i);
        uint8_t n = number_at[i];
        number_at[i] = number_at[k];
        number_at[k] = n;
        dead_at[i] = (uint8_t)(below(4) ? 0 : below(2) ? 1 + SLOT_NZCV : 1 + below(NX - 1));
    }
    for (current = 0; current < nblocks; current++)
        one_block(below(length));
}
