/*
 * Checks fe_guest.dead_slot on random code: dead GUEST COUNT. Where it names a slot, lifting the same
 * bytes must write that slot before it reads it, with nothing before that can fault or leave.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/backend.h"
#include "frontends/guest.h"

enum { WORDS = 8 };

static struct ir_func func;
static uint64_t seed = 88172645463325252u;

static uint64_t next(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

/* NULL if the slot is dead at these bytes, or what contradicts it. */
static const char *contradiction(const struct fe_guest *g, const uint8_t *bytes, size_t n, unsigned slot)
{
    for (size_t off = 0; off < n; off = func.next_pc - func.pc) {
        ir_begin(&func, 0x10000, g->slots, g->nslots, g->nan);
        func.cur_pc = 0x10000 + off;
        func.flow = (struct ir_flow){IR_FLOW_NEXT, 0, 0, 0};
        if (!g->lift(&func, bytes + off, n - off, 0))
            return "the bytes end before the write";
        for (ir_ref r = 1; r < func.n; r++) {
            const struct ir_insn *in = ir_at(&func, r);
            if (ir_ops[in->op].flags & (IR_OPF_F | IR_OPF_E | IR_OPF_X | IR_OPF_B))
                return "an instruction can fault or leave";
            if (in->op == IR_get && in->imm == slot)
                return "the slot is read";
            if (in->op == IR_put && in->imm == slot)
                return NULL;
        }
        if (func.flow.kind != IR_FLOW_NEXT)
            return "control leaves";
    }
    return "the slot is not written";
}

int main(int argc, char **argv)
{
    const struct fe_guest *const *g = fe_guests;
    while (*g && (argc != 3 || strcmp((*g)->name, argv[1])))
        g++;
    if (!*g)
        return fputs("usage: dead GUEST COUNT\n", stderr), 2;
    unsigned long named = 0, failed = 0;
    for (long i = atol(argv[2]); i > 0; i--) {
        uint32_t words[WORDS];
        for (unsigned k = 0; k < WORDS; k++)
            words[k] = (uint32_t)(next() >> 16);
        int slot = (*g)->dead_slot ? (*g)->dead_slot((const uint8_t *)words, sizeof words) : -1;
        if (slot < 0)
            continue;
        named++;
        const char *wrong = contradiction(*g, (const uint8_t *)words, sizeof words, (unsigned)slot);
        if (wrong && failed++ < 10)
            printf("FAIL %s at %08x %08x %08x: %s\n", (*g)->slots[slot].name, words[0], words[1], words[2], wrong);
    }
    printf("dead_slot of %s: %lu times\n", (*g)->name, named);
    printf("%d passed, %d failed, 0 skipped\n", !failed, failed != 0);
    return failed != 0;
}
