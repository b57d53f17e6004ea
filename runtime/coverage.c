/* `dragoman coverage` (runtime/coverage.h). Runs before any guest does, so it may use libc. */
#include "runtime/coverage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/backend.h"
#include "frontends/guest.h"
#include "ir/text.h"
#include "runtime/log.h"
#include "runtime/options.h"

enum { RANDOM_SAMPLES = 160, SMALL = 4, MAX_CALLED = 12 };

static struct ir_func fn;
static struct be_region out;
static uint8_t code[256 << 10];

static uint64_t state;
static uint64_t random64(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15;       /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* What the samples of a row did. */
struct findings {
    unsigned accepted, leaving, calling;
    unsigned ncalled;
    struct { char what[40]; const char *why; } called[MAX_CALLED];
};

/* Appends what makes the instruction's results visible: an end of the region that uses its flow. */
static void end_region(void)
{
    struct ir_flow flow = fn.flow;
    switch (flow.kind) {
    case IR_FLOW_BRANCH:
        if (!ir_is_const(&fn, flow.value))
            ir_append(&fn, IR_exit_if, IR_VOID, 0, flow.value, 0, 0, 0, (int64_t)flow.target);
        break;
    case IR_FLOW_JUMP_IND: case IR_FLOW_CALL_IND: case IR_FLOW_RET:
        ir_append(&fn, IR_jump_ind, IR_VOID, 0, flow.value, 0, 0, 0, 0);
        return;
    case IR_FLOW_TRAP:
        ir_append(&fn, IR_trap, IR_VOID, flow.trap, 0, 0, 0, 0, (int64_t)flow.target);
        return;
    default:
        break;
    }
    ir_append(&fn, IR_jump, IR_VOID, 0, 0, 0, 0, 0, (int64_t)fn.next_pc);
}

static void note(struct findings *f, const char *what, const char *why)
{
    for (unsigned i = 0; i < f->ncalled; i++)
        if (!strcmp(f->called[i].what, what))
            return;
    if (f->ncalled == MAX_CALLED)
        return;
    snprintf(f->called[f->ncalled].what, sizeof f->called[0].what, "%s", what);
    f->called[f->ncalled++].why = why ? why : "the back end has no code for it";
}

/* op.type of an instruction computed by the reference semantics: a float type in it, or a vector's lane, tells most. */
static void note_eval(struct findings *f, const struct ir_insn *in)
{
    static const char lane[] = "bhsd";
    char what[40];
    unsigned type = in->type;
    if (type < IR_F16 && in->a && fn.insn[in->a].type >= IR_F16)
        type = fn.insn[in->a].type;
    if (type >= IR_V64)
        snprintf(what, sizeof what, "%s.v%c", ir_ops[in->op].name, lane[in->aux & 3]);
    else
        snprintf(what, sizeof what, "%s.%s", ir_ops[in->op].name, ir_type_names[type]);
    note(f, what, be_host()->eval_reason ? be_host()->eval_reason(in) : NULL);
}

static void sample(const struct fe_guest *g, const struct fe_row *row, uint32_t word, struct findings *f)
{
    if (g->row_of(word, row->width) != row - g->rows)
        return;
    ir_begin(&fn, 0x10000, g->slots, g->nslots, (enum ir_nan)g->nan);
    fn.lacks = be_host()->lacks;
    fn.flow = (struct ir_flow){IR_FLOW_NEXT, 0, 0, 0};
    if (!g->lift(&fn, (const uint8_t *)&word, row->width / 8, 0) || (fn.flow.kind == IR_FLOW_TRAP && fn.flow.trap == IR_TRAP_UNDEF))
        return;
    f->accepted++;
    f->leaving += fn.flow.kind == IR_FLOW_TRAP;
    end_region();
    struct be_input in = {.fn = &fn, .dst = code, .room = sizeof code, .jump_shift = g->insn_align_log2};
    int err = be_host()->compile(&in, &out);
    if (err) {
        f->calling++;
        note(f, "error", "does not compile");
        return;
    }
    f->calling += out.ncalls != 0;
    for (unsigned i = 0; i < out.ncalls && i < BE_MAX_CALLS; i++) {
        const struct ir_insn *call = &fn.insn[out.calls[i]];
        if (call->op == IR_helper)
            note(f, g->helper_names[call->imm], g->helper_reasons[call->imm]);
        else
            note_eval(f, call);
    }
}

static void examine(const struct fe_guest *g, const struct fe_row *row, struct findings *f)
{
    uint32_t all = row->width == 32 ? 0xffffffff : 0xffff, open = ~row->mask & all;
    memset(f, 0, sizeof *f);
    sample(g, row, row->value, f);
    sample(g, row, row->value | open, f);
    for (unsigned i = 0; i < row->width; i++)
        if (open >> i & 1) {
            sample(g, row, row->value | 1u << i, f);
            sample(g, row, row->value | (open & ~(1u << i)), f);
        }
    for (unsigned i = 0; i < RANDOM_SAMPLES; i++)
        sample(g, row, row->value | ((uint32_t)random64() & open), f);
    /* Random numbers of RISC-V's control registers hardly ever are those that exist. */
    for (uint32_t i = 0; row->width == 32 && i < 4 * SMALL; i++)
        sample(g, row, row->value | ((i % SMALL << 20 | ((uint32_t)random64() & 0xfffff)) & open), f);
}

static void print(const struct fe_guest *g, const struct fe_row *row, const struct findings *f)
{
    const char *kind = !f->accepted ? "reserved" : f->calling == f->accepted ? "calls" : f->calling ? "some"
                     : f->leaving == f->accepted ? "leaves" : "inline";
    printf("%s\t%s\t%s\t%s\t", g->name, row->ext, row->name, kind);
    for (unsigned i = 0; i < f->ncalled; i++)
        printf("%s%s", i ? "; " : "", f->called[i].what);
    putchar('\t');
    for (unsigned i = 0; i < f->ncalled; i++)
        printf("%s%s", i ? "; " : "", f->called[i].why);
    putchar('\n');
}

/* The row of one instruction, given in hex: 4 digits for 16 bits. */
static void print_word(const struct fe_guest *g, const char *text)
{
    uint32_t word = (uint32_t)strtoul(text, NULL, 16);
    unsigned width = strlen(text) == 4 ? 16 : 32;
    int row = g->row_of(word, width);
    struct findings f = {0};
    if (row >= 0)
        sample(g, &g->rows[row], word, &f);
    if (!f.accepted) {
        printf("%s\t\t%s\tundefined\t\t\n", g->name, text);
        return;
    }
    examine(g, &g->rows[row], &f);
    sample(g, &g->rows[row], word, &f);
    print(g, &g->rows[row], &f);
}

int coverage_main(int argc, char **argv)
{
    for (const struct fe_guest *const *g = fe_guests; *g; g++) {
        char message[160];
        if (argc && strcmp(argv[0], (*g)->name))
            continue;
        const char *spec = rt_options.value[OPT_cpu];
        if (!fe_select_cpu(*g, fe_cpu_known(*g, spec) ? spec : NULL, message, sizeof message))
            die("%s", message);
        state = 0;
        for (int i = 1; i < argc; i++)
            print_word(*g, argv[i]);
        for (unsigned i = 0; argc < 2 && i < *(*g)->nrows; i++) {
            struct findings f;
            examine(*g, &(*g)->rows[i], &f);
            print(*g, &(*g)->rows[i], &f);
        }
    }
    return ferror(stdout) ? 125 : 0;
}
