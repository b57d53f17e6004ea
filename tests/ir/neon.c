/* Compares the reference semantics with what A64 instructions did under another emulator. */
#include <stdio.h>
#include <string.h>

#include "tests/ir/neon.h"
#include "tests/ir/test.h"

struct row { const char *text; uint8_t op, type, atype; uint16_t aux; int imm; const char *order; };
static const struct row rows[] = {
#define ROW(text, op, type, atype, aux, imm, order, inputs) {text, IR_##op, IR_##type, IR_##atype, aux, imm, order},
#include "tests/ir/neon.def"
#undef ROW
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static union ir_value cut(const uint8_t *bytes, enum ir_type type)
{
    static const uint8_t size[IR_TYPE_COUNT] = {0, 1, 4, 8, 2, 4, 8, 8, 16};
    union ir_value v = {{0, 0}};
    memcpy(v.b, bytes, size[type]);
    if (type == IR_I1)
        v.b[0] &= 1;
    return v;
}

/* The type of operand n: the second source of a shift, or a carry, is not of the first one's. */
static enum ir_type type_of(const struct row *row, unsigned n)
{
    if (n == 2 && row->op == IR_flagadc)
        return IR_I1;
    if (n == 1 && row->op == IR_crc32)
        return IR_I64;
    if (n == 1 && row->op == IR_vset)
        return IR_I64;
    return (enum ir_type)row->atype;
}

static unsigned flag_word(uint32_t nzcv)
{
    return (nzcv >> 31 & 1) * IR_FLAG_N | (nzcv >> 30 & 1) * IR_FLAG_Z | (nzcv >> 29 & 1) * IR_FLAG_C | (nzcv >> 28 & 1) * IR_FLAG_V;
}

static bool agrees(const struct neon_record *r, union ir_value *want, union ir_value *have, unsigned *raised)
{
    static const uint8_t mode[4] = {0, 2, 1, 3};    /* A64: nearest, up, down, zero */
    const struct row *row = &rows[r->row];
    union ir_value v[3] = {{{0, 0}}};
    struct ir_insn in = {.op = row->op, .type = row->type, .aux = row->aux, .imm = row->imm, .a = 1};
    in.b = strlen(row->order) > 1;
    in.c = strlen(row->order) > 2;
    for (unsigned i = 0; row->order[i]; i++)
        v[i] = cut(r->in[row->order[i] - '0'], type_of(row, i));
    set_mxcsr(MXCSR_DEFAULT | (unsigned)mode[r->fpcr >> 22 & 3] << 13);
    ir_eval(&in, (enum ir_type)row->atype, r->fpcr >> 25 & 1 ? IR_NAN_CANON_POS : IR_NAN_PROPAGATE, NULL, &v[0], &v[1], &v[2], have);
    unsigned mx = get_mxcsr();
    set_mxcsr(MXCSR_DEFAULT);
    /* Invalid, division by zero, overflow, inexact. Underflow differs: A64 finds tininess before rounding. */
    *raised = (mx & 1) | (mx >> 1 & 2) | (mx >> 1 & 4) | (mx >> 1 & 0x10);
    bool flags = strstr(row->text, "nzcv") != NULL;
    *want = flags ? (union ir_value){{flag_word(*(const uint32_t *)r->out), 0}} : cut(r->out, IR_V128);
    return !memcmp(want, have, sizeof *want) && *raised == (r->fpsr & 0x17);
}

void test_neon(const char *file)
{
    FILE *f = file ? fopen(file, "rb") : NULL;
    if (!f) {
        skip("A64 instructions", "no results of an arm64 emulator");
        return;
    }
    struct neon_record r;
    unsigned n = 0, wrong[ROWS] = {0};
    for (; fread(&r, sizeof r, 1, f) == 1 && r.row < ROWS; n++) {
        union ir_value want, have;
        unsigned raised;
        if (!agrees(&r, &want, &have, &raised) && wrong[r.row]++ == 0) {
            printf("%s", rows[r.row].text);
            for (unsigned k = 0; k < 3; k++)
                printf(" v%u=%016llx%016llx", k, *(unsigned long long *)(r.in[k] + 8), *(unsigned long long *)r.in[k]);
            printf(" fpcr %x\n    gives %016llx%016llx flags %x, not %016llx%016llx flags %x\n", r.fpcr,
                   (unsigned long long)have.u64[1], (unsigned long long)have.u64[0], raised,
                   (unsigned long long)want.u64[1], (unsigned long long)want.u64[0], r.fpsr & 0x17);
        }
    }
    fclose(f);
    check(n == ROWS * NEON_INPUTS, "A64 instructions", "%u results instead of %u", n, ROWS * NEON_INPUTS);
    for (unsigned i = 0; i < ROWS; i++)
        check(!wrong[i], rows[i].text, "%u of %u inputs differ", wrong[i], NEON_INPUTS);
}
