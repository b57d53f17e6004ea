/*
 * Tests written as IR text. A file is a list of cases: a line `== name`, text, and where the kind of
 * file asks for it `--` and more text.
 *   fold.txt    text, what the builder makes of it without what is dead, renumbered
 *   round.txt   text in the printer's own form: parsing and printing gives it back
 *   verify.txt  text, the rule it breaks ("ok" for none)
 *   carry.txt   what blocks may carry, text, -- the text that ir_carry makes of it
 *   parse.txt   text, the parser's message
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/carry.h"
#include "tests/ir/test.h"

static struct ir_func first, second;

struct text { char s[65536]; size_t n; };
static void collect(void *ctx, const char *s, size_t n)
{
    struct text *t = ctx;
    if (t->n + n < sizeof t->s) {
        memcpy(t->s + t->n, s, n);
        t->n += n;
        t->s[t->n] = 0;
    }
}
static const char *printed(const struct ir_func *fn)
{
    static struct text t;
    t.n = 0;
    ir_print(fn, collect, &t);
    return t.s;
}

/* Drops what no effect needs and renumbers, so that expectations stay readable. */
static void compact(struct ir_func *fn)
{
    static bool live[IR_MAX_INSNS];
    static ir_ref map[IR_MAX_INSNS];
    memset(live, 0, sizeof live);
    for (ir_ref i = fn->n; --i;) {
        const struct ir_insn *in = &fn->insn[i];
        if (!live[i] && (ir_ops[in->op].flags & IR_OPF_P || in->op == IR_get))
            continue;
        live[i] = live[in->a] = live[in->b] = live[in->c] = live[in->d] = true;
    }
    ir_ref n = 1;
    for (ir_ref i = 1; i < fn->n; i++) {
        if (!live[i])
            continue;
        struct ir_insn in = fn->insn[i];
        in.a = map[in.a];
        in.b = map[in.b];
        in.c = map[in.c];
        in.d = map[in.d];
        map[i] = n;
        fn->insn[n++] = in;
    }
    fn->n = n;
}

/* Lines in sequence without leading blanks, comments and empty lines; results named in order of appearance. */
static void tidy(const char *s, char *out)
{
    while (*s) {
        s += strspn(s, " \t\n");
        size_t n = strcspn(s, "\n");
        if (*s && *s != '#') {
            memcpy(out, s, n);
            out += n;
            *out++ = '\n';
        }
        s += n;
    }
    *out = 0;
}

static const char *parse(struct ir_func *fn, const char *text)
{
    fn->slots = test_slots;
    fn->nslots = test_nslots;
    return ir_parse(fn, text);
}

/* Parsed and printed once, so that names in expectations may be sparse. */
static bool normal_form(const char *text, char *out, const char *name)
{
    const char *error = parse(&first, text);
    check(!error, name, "%s", error ? error : "");
    if (!error)
        tidy(printed(&first), out);
    return !error;
}

static void fold_case(const char *name, const char *text, const char *expected)
{
    static char want[65536], have[65536];
    ir_ref at;
    const char *error = parse(&first, text);
    check(!error, name, "%s", error ? error : "");
    if (error)
        return;
    error = ir_verify(&first, &at);
    check(!error, name, "input breaks a rule at v%u: %s", at, error ? error : "");
    rebuild(&first, &second);
    compact(&second);
    error = ir_verify(&second, &at);
    check(!error, name, "result breaks a rule at v%u: %s\n%s", at, error ? error : "", printed(&second));
    tidy(printed(&second), have);
    if (normal_form(expected, want, name))
        check(!strcmp(want, have), name, "\nexpected\n%sgot\n%s", want, have);
}

static void round_case(const char *name, const char *text, const char *unused)
{
    static char want[65536], have[65536];
    (void)unused;
    tidy(text, want);
    if (normal_form(text, have, name))
        check(!strcmp(want, have), name, "\nexpected\n%sgot\n%s", want, have);
    ir_ref at;
    const char *error = ir_verify(&first, &at);
    check(!error, name, "breaks a rule at v%u: %s", at, error ? error : "");
}

static void verify_case(const char *name, const char *text, const char *expected)
{
    ir_ref at;
    const char *error = parse(&first, text);
    check(!error, name, "%s", error ? error : "");
    if (error)
        return;
    error = ir_verify(&first, &at);
    if (!error)
        error = "ok";
    size_t n = strcspn(expected, "\n");
    check(strlen(error) == n && !strncmp(error, expected, n), name, "got \"%s\" at v%u, not \"%.*s\"", error, at, (int)n, expected);
}

static void parse_case(const char *name, const char *text, const char *expected)
{
    const char *error = parse(&first, text);
    size_t n = strcspn(expected, "\n");
    check(error && strlen(error) == n && !strncmp(error, expected, n), name, "got \"%s\", not \"%.*s\"", error ? error : "no error", (int)n, expected);
}

/* The first line says what may be carried. */
static void carry_case(const char *name, const char *text, const char *expected)
{
    static char want[65536], have[65536];
    static struct ir_carry_room room;
    uint32_t weight[IR_MAX_BLOCKS];
    unsigned ints = 0, others = 0;
    int used = 0;
    bool ok = sscanf(text, "carry %u %u%n", &ints, &others, &used) == 2;
    check(ok, name, "no line with what may be carried");
    for (unsigned i = 0; i < IR_MAX_BLOCKS; i++) {
        char *end;
        const char *p = text + used + strspn(text + used, " ");
        weight[i] = *p == '\n' ? 1 : (uint32_t)strtoul(p, &end, 10);
        used = (int)((*p == '\n' ? p : end) - text);
    }
    const char *error = parse(&first, text + used);
    check(!error, name, "%s", error ? error : "");
    ir_ref at;
    error = error ? error : ir_verify(&first, &at);
    check(!error, name, "input breaks a rule: %s", error ? error : "");
    if (error || !ok)
        return;
    ir_carry(&first, ints, others, weight, &room);
    error = ir_verify(&first, &at);
    tidy(printed(&first), have);
    check(!error, name, "result breaks a rule at v%u: %s\n%s", at, error ? error : "", have);
    if (normal_form(expected, want, name))
        check(!strcmp(want, have), name, "\nexpected\n%sgot\n%s", want, have);
}

static void run_file(const char *dir, const char *file, void (*run)(const char *, const char *, const char *))
{
    char path[256];
    static char buf[1 << 18];
    snprintf(path, sizeof path, "%s/%s", dir, file);
    FILE *f = fopen(path, "r");
    check(f != NULL, path, "cannot open");
    if (!f)
        return;
    size_t n = fread(buf, 1, sizeof buf - 1, f);
    fclose(f);
    buf[n] = 0;
    for (char *p = strstr(buf, "== "), *next; p; p = next) {
        next = strstr(p + 1, "\n== ");
        if (next)
            *next++ = 0;
        char *text = strchr(p, '\n');
        if (!text)
            break;
        *text++ = 0;
        char *expected = strstr(text, "--\n");
        if (expected) {
            *expected = 0;
            expected += 3;
        }
        run(p + 3, text, expected ? expected : "");
    }
}

/* Rules that no text can break, because the parser does not let it. */
static void broken_in_memory(void)
{
    static const struct { const char *message; ir_ref at; struct ir_insn in; } cases[] = {
        {"no such op or type", 1, {.op = IR_OP_COUNT}},
        {"operand is not defined before its use", 2, {.op = IR_not, .type = IR_I64, .a = 3}},
        {"operand is missing", 2, {.op = IR_not, .type = IR_I64}},
        {"operand has no result", 3, {.op = IR_not, .type = IR_I64, .a = 2}},
        {"operand where the op takes none", 2, {.op = IR_not, .type = IR_I64, .a = 1, .b = 1}},
        {"aux has bits the op does not use", 2, {.op = IR_cmp, .type = IR_I1, .aux = 0x100, .a = 1, .b = 1}},
        {"aux is not one of the op's choices", 2, {.op = IR_cmp, .type = IR_I1, .aux = 10, .a = 1, .b = 1}},
        {"no such atomic operation", 2, {.op = IR_amo, .type = IR_I64, .aux = IR_M64, .a = 1, .b = 1, .imm = 99}},
        {"only an I64 is a guest address", 2, {.op = IR_const, .type = IR_I32, .aux = 1}},
        {"no such vector constant", 2, {.op = IR_vconst, .type = IR_V128, .imm = 7}},
        {"no such slot", 2, {.op = IR_get, .type = IR_I64, .imm = 99}},
        {"no such slot", 4, {.op = IR_jump, .aux = 100}},
        {"no such fence", 3, {.op = IR_fence, .imm = 9}},
        {"no such trap", 4, {.op = IR_trap, .aux = 40}},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ir_ref at = 0;
        parse(&first, "v1 = get x0\nput x1, v1\nput x2, v1\njump 0x4\n");
        first.insn[cases[i].at] = cases[i].in;
        const char *error = ir_verify(&first, &at);
        check(error && !strcmp(error, cases[i].message) && at == cases[i].at, cases[i].message, "got \"%s\" at v%u", error ? error : "ok", at);
    }
}

void test_text(const char *dir)
{
    broken_in_memory();
    run_file(dir, "fold.txt", fold_case);
    run_file(dir, "round.txt", round_case);
    run_file(dir, "verify.txt", verify_case);
    run_file(dir, "carry.txt", carry_case);
    run_file(dir, "parse.txt", parse_case);
}
