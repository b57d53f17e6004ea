/* Runs the IR tests: tests/ir/run [-r rounds] [-n file written by the arm64 oracle]. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/ir/test.h"

uint64_t random_state;
static unsigned passed, failed, skipped;

static void report(const char *name, const char *message, va_list ap)
{
    if (++failed > 60)
        return;
    printf("FAIL %s: ", name);
    if (message)
        vprintf(message, ap);
    printf("\n");
}

void check(bool ok, const char *name, const char *message, ...)
{
    va_list ap;
    va_start(ap, message);
    if (ok)
        passed++;
    else
        report(name, message, ap);
    va_end(ap);
}

void require(bool ok, const char *name, const char *message, ...)
{
    va_list ap;
    va_start(ap, message);
    if (!ok)
        report(name, message, ap);
    va_end(ap);
}

void skip(const char *name, const char *why)
{
    skipped++;
    printf("skip %s: %s\n", name, why);
}

const struct ir_slot test_slots[] = {
    {"x0", 0, IR_I64, false}, {"x1", 8, IR_I64, false}, {"x2", 16, IR_I64, false}, {"x3", 24, IR_I64, false},
    {"w0", 32, IR_I32, false}, {"w1", 36, IR_I32, false}, {"w2", 40, IR_I32, false}, {"b0", 44, IR_I1, false}, {"b1", 45, IR_I1, false},
    {"h0", 48, IR_F16, false}, {"h1", 50, IR_F16, false}, {"s0", 52, IR_F32, false}, {"s1", 56, IR_F32, false}, {"s2", 60, IR_F32, false},
    {"d0", 64, IR_F64, false}, {"d1", 72, IR_F64, false}, {"d2", 80, IR_F64, false}, {"e0", 88, IR_V64, false}, {"e1", 96, IR_V64, false},
    {"q0", 112, IR_V128, false}, {"q1", 128, IR_V128, false}, {"q2", 144, IR_V128, false}, {"base", 160, IR_I64, false},
};
const unsigned test_nslots = sizeof test_slots / sizeof test_slots[0];

unsigned get_mxcsr(void)
{
    unsigned v;
    __asm__ volatile("stmxcsr %0" : "=m"(v));
    return v;
}
void set_mxcsr(unsigned v) { __asm__ volatile("ldmxcsr %0" : : "m"(v)); }

void rebuild(const struct ir_func *from, struct ir_func *to)
{
    static ir_ref map[IR_MAX_INSNS];
    ir_begin(to, from->pc, from->slots, from->nslots, from->rules);
    to->flags = from->flags;
    for (ir_ref i = 1; i < from->n; i++) {
        const struct ir_insn *in = &from->insn[i];
        ir_ref a = map[in->a], b = map[in->b], c = map[in->c], d = map[in->d], r = 0;
        int64_t imm = in->imm;
        to->cur_pc = from->pc + (uint64_t)(int64_t)in->pc;
        switch (in->op) {
        case IR_const: r = in->aux ? ir_gaddr(to, (uint64_t)imm) : ir_const(to, (enum ir_type)in->type, imm); break;
        case IR_vconst: r = ir_vconst(to, (enum ir_type)in->type, from->vconst[imm].b); break;
        case IR_get: r = ir_get(to, (unsigned)imm); break;
        case IR_put: ir_put(to, (unsigned)imm, a); break;
        case IR_load: if (!in->b) { r = ir_load_at(to, (enum ir_type)in->type, in->aux, a, imm); break; } goto raw;
        case IR_store: if (!in->b) { ir_store_at(to, in->aux, a, imm, c); break; } goto raw;
        case IR_vshuf: imm = ir_vconst_index(to, from->vconst[imm].b);
            /* fall through */
        default:
            if (ir_ops[in->op].flags & IR_OPF_P) {
                r = ir_emit(to, (enum ir_op)in->op, (enum ir_type)in->type, in->aux, a, b, c, imm);
                break;
            }
        raw:
            r = ir_append(to, (enum ir_op)in->op, (enum ir_type)in->type, in->aux, a, b, c, d, imm);
        }
        map[i] = r;
    }
}

int main(int argc, char **argv)
{
    unsigned rounds = 3000;
    const char *neon = NULL;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "-r"))
            rounds = (unsigned)atoi(argv[i + 1]);
        else if (!strcmp(argv[i], "-n"))
            neon = argv[i + 1];
    }
    test_text("tests/ir");
    test_eval();
    test_float();
    test_expand();
    test_random(rounds);
    test_neon(neon);
    printf("ir: %u passed, %u failed, %u skipped\n", passed, failed, skipped);
    return failed != 0;
}
