/* What an instruction reads, writes, accesses and where it goes, from the IR that its lifter builds. */
#include <string.h>

#include "tests/fuzz/fuzz.h"

static struct ir_func fn;

static void note_access(struct probe *p, const struct ir_insn *in)
{
    uint16_t flags = ir_ops[in->op].flags;
    p->loads |= (flags & IR_OPF_R) != 0;
    p->stores |= (flags & IR_OPF_W) != 0;
    p->ordered |= in->op == IR_amo || in->op == IR_cas || in->op == IR_stx || (in->aux & (IR_MACQ | IR_MACQPC | IR_MREL)) != 0;
    if (p->memory)
        return;
    p->memory = true;
    p->address = in->a;
    bool indexed = in->op == IR_load || in->op == IR_store;
    p->index_ref = indexed ? in->b : 0;
    p->scale = indexed ? (in->aux & IR_MSCALE) >> IR_MSCALE_SHIFT : 0;
    p->disp = indexed ? in->imm : 0;
}

/* General registers an address depends on. */
static uint64_t leaves(ir_ref r)
{
    const struct ir_insn *in = &fn.insn[r];
    if (!r || in->op == IR_const)
        return 0;
    if (in->op == IR_get)
        return in->imm < 32 ? 1ull << in->imm : 0;
    unsigned n = ir_ops[in->op].nargs;
    return (n > 0 ? leaves(in->a) : 0) | (n > 1 ? leaves(in->b) : 0) | (n > 2 ? leaves(in->c) : 0);
}

/* An address's value; ops that do not stand in addresses make it unknown. */
static bool eval(ir_ref r, const uint64_t regs[32], uint64_t *out)
{
    const struct ir_insn *in = &fn.insn[r];
    union ir_value a = {{0}}, b = {{0}}, v = {{0}};
    switch (in->op) {
    case IR_const:
        *out = (uint64_t)in->imm;
        return true;
    case IR_get:
        if (in->imm >= 32)
            return false;
        *out = regs[in->imm];
        return true;
    case IR_add: case IR_sub: case IR_and: case IR_shl: case IR_or:
        if (!eval(in->b, regs, &b.u64[0]))
            return false;
        /* fall through */
    case IR_sext: case IR_zext: case IR_trunc:
        if (!eval(in->a, regs, &a.u64[0]))
            return false;
        ir_eval(in, (enum ir_type)fn.insn[in->a].type, fn.rules, NULL, &a, &b, &v, &v);
        *out = v.u64[0];
        return true;
    default:
        return false;
    }
}

bool probe_address(const struct probe *p, const uint64_t regs[32], uint64_t *address)
{
    uint64_t a, b = 0;
    if (!eval(p->address, regs, &a) || (p->index_ref && !eval(p->index_ref, regs, &b)))
        return false;
    *address = a + (b << p->scale) + (uint64_t)p->disp;
    return true;
}

/* The register that the address moves with one for one. */
static bool find_base(struct probe *p)
{
    uint64_t all = leaves(p->address) | leaves(p->index_ref), regs[32] = {0}, zero, at;
    if (!probe_address(p, regs, &zero))
        return false;
    for (unsigned r = 0; r < 32; r++) {
        if (!(all >> r & 1))
            continue;
        regs[r] = 0x1234567000ull;
        bool moves = probe_address(p, regs, &at) && at - zero == regs[r];
        regs[r] = 0;
        if (moves && (!p->index_ref || leaves(p->address) >> r & 1)) {
            p->base = r;
            p->index = all & ~(1ull << r);
            return true;
        }
    }
    return false;
}

bool probe(const struct fe_guest *g, uint32_t word, struct probe *p)
{
    memset(p, 0, sizeof *p);
    ir_begin(&fn, CODE_AT, g->slots, g->nslots, g->nan);
    fn.cur_pc = CODE_AT;
    fn.flow = (struct ir_flow){IR_FLOW_NEXT, 0, 0, 0};
    if (!g->lift(&fn, (const uint8_t *)&word, 4, 0))
        return false;
    p->flow = (enum ir_flow_kind)fn.flow.kind;
    p->trap = (enum ir_trap)fn.flow.trap;
    for (ir_ref r = 1; r < fn.n; r++) {
        const struct ir_insn *in = &fn.insn[r];
        if (in->op == IR_get && in->imm < 32)
            p->reads |= 1ull << in->imm;
        else if (in->op == IR_put && in->imm < 32)
            p->writes |= 1ull << in->imm;
        else if (in->op == IR_put && !strcmp(g->slots[in->imm].name, "ex_addr"))
            p->ordered = true;
        else if (in->op == IR_helper)
            p->helper = true;
        else if (ir_ops[in->op].flags & IR_OPF_F)
            note_access(p, in);
    }
    p->known = p->memory && find_base(p);
    return !(p->flow == IR_FLOW_TRAP && p->trap == IR_TRAP_UNDEF);
}

bool probe_aim(const struct probe *p, uint64_t address, uint64_t regs[32])
{
    uint64_t at;
    for (unsigned r = 0; r < 32; r++)
        if (p->index >> r & 1)
            regs[r] = one_in(3) ? random64() : one_in(2) ? (uint64_t)(int64_t)(int32_t)random64() : random_below(64) - 32ull;
    regs[p->base] = 0;
    if (!probe_address(p, regs, &at))
        return false;
    regs[p->base] = address - at;
    return true;
}

uint64_t random_place(bool ordered)
{
    uint64_t off = one_in(3) ? WINDOW / 2 - 40 + random_below(48) : random_below(WINDOW - 64);
    if (ordered)
        off &= ~15ull;
    else if (one_in(2))
        off &= ~7ull;
    return WINDOW_AT + off;
}

uint64_t bad_place(void)
{
    switch (random_below(4)) {
    case 0: return random_below(4096);
    case 1: return 0x1000000000ull + (random64() & 0xffffff0);
    case 2: return DATA_AT + ((DATA_SIZE + 0xfff) & ~0xfffull) + random_below(4096);
    default: return CODE_AT - 4096 + random_below(4000);
    }
}
