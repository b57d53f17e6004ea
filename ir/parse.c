/* The text form, parsing; print.c describes it. ';' starts a comment, as does '#' at the start of a line. */
#include <string.h>

#include "ir/text.h"

struct parser {
    struct ir_func *fn;
    const char *p, *end;        /* of the current line */
    unsigned line;
    const char *error;
    ir_ref named[IR_MAX_INSNS]; /* a name's number to the instruction it stands for */
};

static void fail(struct parser *s, const char *message)
{
    if (!s->error)
        s->error = message;
}

static void blanks(struct parser *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\r'))
        s->p++;
}

static bool accept(struct parser *s, const char *token)
{
    size_t n = strlen(token);
    blanks(s);
    if ((size_t)(s->end - s->p) < n || memcmp(s->p, token, n))
        return false;
    s->p += n;
    return true;
}

static void expect(struct parser *s, const char *token, const char *message)
{
    if (!accept(s, token))
        fail(s, message);
}
static void comma(struct parser *s) { expect(s, ",", "',' expected"); }

static bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

static size_t word(struct parser *s, const char **w)
{
    blanks(s);
    *w = s->p;
    while (s->p < s->end && is_word(*s->p))
        s->p++;
    if (s->p == *w)
        fail(s, "name expected");
    return (size_t)(s->p - *w);
}

static bool same(const char *name, const char *w, size_t n) { return strlen(name) == n && !memcmp(name, w, n); }

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

static uint64_t natural(struct parser *s)
{
    blanks(s);
    int base = s->end - s->p > 2 && s->p[0] == '0' && s->p[1] == 'x' ? 16 : 10;
    if (base == 16)
        s->p += 2;
    uint64_t v = 0;
    const char *start = s->p;
    for (; s->p < s->end && digit(*s->p) < base; s->p++)
        if (__builtin_mul_overflow(v, (uint64_t)base, &v) || __builtin_add_overflow(v, (uint64_t)digit(*s->p), &v))
            fail(s, "number too large");
    if (s->p == start)
        fail(s, "number expected");
    return v;
}
static int64_t integer(struct parser *s)
{
    bool negative = accept(s, "-");
    uint64_t v = natural(s);
    return (int64_t)(negative ? 0 - v : v);
}

static ir_ref ref(struct parser *s)
{
    expect(s, "v", "value expected");
    uint64_t n = s->error ? 0 : natural(s);
    if (n >= IR_MAX_INSNS || !s->named[n]) {
        fail(s, "value is not defined before");
        return 0;
    }
    return s->named[n];
}

static unsigned choice(struct parser *s, const struct ir_word *words)
{
    const char *w;
    size_t n = word(s, &w);
    for (; words->name; words++)
        if (same(words->name, w, n))
            return words->value;
    fail(s, "unknown word");
    return 0;
}

static unsigned slot(struct parser *s)
{
    const char *w;
    size_t n = word(s, &w);
    for (unsigned i = 0; i < s->fn->nslots; i++)
        if (same(s->fn->slots[i].name, w, n))
            return i;
    fail(s, "unknown slot");
    return 0;
}

static unsigned pool(struct parser *s, unsigned n)
{
    uint8_t b[16] = {0};
    blanks(s);
    for (unsigned i = 0; i < n; i++, s->p += 2) {
        if (s->end - s->p < 2 || digit(s->p[0]) > 15 || digit(s->p[1]) > 15) {
            fail(s, "bytes in hexadecimal expected");
            return 0;
        }
        b[i] = (uint8_t)(digit(s->p[0]) << 4 | digit(s->p[1]));
    }
    if (s->fn->nvconsts >= IR_MAX_VCONSTS) {
        fail(s, "too many vector constants");
        return 0;
    }
    return ir_vconst_index(s->fn, b);
}

static void operands(struct parser *s, struct ir_insn *in)
{
    ir_ref *refs[4] = {&in->a, &in->b, &in->c, &in->d};
    for (unsigned i = 0; i < ir_ops[in->op].nargs; i++) {
        if (i)
            comma(s);
        *refs[i] = ref(s);
    }
}

static void address(struct parser *s, struct ir_insn *in)
{
    expect(s, "[", "'[' expected");
    in->a = ref(s);
    while (!s->error && !accept(s, "]")) {
        bool minus = accept(s, "-");
        if (!minus)
            expect(s, "+", "'+', '-' or ']' expected");
        blanks(s);
        if (s->p < s->end && *s->p == 'v') {
            in->b = ref(s);
            if (accept(s, "<<")) {
                uint64_t scale = natural(s);
                if (scale > 3)
                    fail(s, "scale is 0 to 3");
                in->aux |= (uint16_t)((scale & 3) << IR_MSCALE_SHIFT);
            }
        } else {
            uint64_t v = natural(s);
            in->imm = (int64_t)(minus ? 0 - v : v);
        }
    }
}

static void atomic(struct parser *s, struct ir_insn *in)
{
    ir_ref *refs[4] = {&in->a, &in->b, &in->c, &in->d};
    if (in->op == IR_amo)
        in->imm = choice(s, ir_amo_words);
    expect(s, "[", "'[' expected");
    in->a = ref(s);
    expect(s, "]", "']' expected");
    for (unsigned i = 1; i < ir_ops[in->op].nargs; i++) {
        comma(s);
        *refs[i] = ref(s);
    }
}

static unsigned block_number(struct parser *s)
{
    uint64_t n = natural(s);
    if (n >= IR_MAX_BLOCKS)
        fail(s, "block number too large");
    return (unsigned)n & (IR_MAX_BLOCKS - 1);
}

static void leave(struct parser *s, struct ir_insn *in)
{
    if (in->op == IR_exit_if) {
        in->a = ref(s);
        comma(s);
    }
    in->imm = (int64_t)natural(s);
    while (!s->error && accept(s, ","))
        if (accept(s, "block")) {
            in->aux |= (uint16_t)ir_exit_aux(block_number(s), 0);
        } else {
            expect(s, "dead", "'dead' or 'block' expected");
            in->aux |= (uint16_t)(1 + slot(s));
        }
}

static void block(struct parser *s, struct ir_insn *in)
{
    in->aux = (uint16_t)block_number(s);
    comma(s);
    in->imm = (int64_t)natural(s);
    s->fn->nblocks++;
}

static void trap(struct parser *s, struct ir_insn *in)
{
    if (in->op == IR_trap_if) {
        in->a = ref(s);
        comma(s);
    }
    in->aux = (uint16_t)choice(s, ir_trap_words);
    comma(s);
    in->imm = (int64_t)natural(s);
}

static void call(struct parser *s, struct ir_insn *in)
{
    blanks(s);
    in->aux = s->p < s->end && *s->p == 'v';
    if (in->aux)
        in->a = ref(s);
    else
        in->imm = (int64_t)natural(s);
    comma(s);
    in->b = ref(s);
}

static void helper(struct parser *s, struct ir_insn *in)
{
    ir_ref *refs[4] = {&in->a, &in->b, &in->c, &in->d};
    expect(s, "#", "'#' expected");
    in->imm = integer(s);
    for (unsigned i = 0; i < 4 && accept(s, ","); i++)
        *refs[i] = ref(s);
}

static void body(struct parser *s, struct ir_insn *in)
{
    switch (ir_shape_of((enum ir_op)in->op)) {
    case IR_SHAPE_PLAIN: operands(s, in); break;
    case IR_SHAPE_INDEX: operands(s, in); comma(s); expect(s, "#", "'#' expected"); in->imm = integer(s); break;
    case IR_SHAPE_FIXED:
        operands(s, in);
        if (accept(s, ",")) {
            expect(s, "#", "'#' expected");
            in->imm = integer(s);
        }
        break;
    case IR_SHAPE_CONST:
        in->imm = integer(s);
        if (in->type == IR_I32)
            in->imm = (int32_t)in->imm;
        break;
    case IR_SHAPE_VCONST: in->imm = pool(s, in->type == IR_V64 ? 8 : 16); break;
    case IR_SHAPE_SHUFFLE: operands(s, in); comma(s); in->imm = pool(s, 16); break;
    case IR_SHAPE_GET: in->imm = slot(s); in->type = s->fn->slots[in->imm].type; break;
    case IR_SHAPE_PUT: in->imm = slot(s); comma(s); in->a = ref(s); break;
    case IR_SHAPE_LOAD: address(s, in); break;
    case IR_SHAPE_STORE: address(s, in); comma(s); in->c = ref(s); break;
    case IR_SHAPE_AMO: case IR_SHAPE_ATOMIC: atomic(s, in); break;
    case IR_SHAPE_FENCE: in->imm = choice(s, ir_fence_words); break;
    case IR_SHAPE_BLOCK: block(s, in); break;
    case IR_SHAPE_EXIT: leave(s, in); break;
    case IR_SHAPE_CALL: call(s, in); break;
    case IR_SHAPE_TRAP: trap(s, in); break;
    case IR_SHAPE_HELPER: helper(s, in); break;
    }
}

static bool op_named(const char *w, size_t n, struct ir_insn *in)
{
    if (same("gaddr", w, n)) {
        in->op = IR_const;
        in->type = IR_I64;
        in->aux = 1;
        return true;
    }
    for (unsigned op = 0; op < IR_OP_COUNT; op++)
        if (same(ir_ops[op].name, w, n)) {
            in->op = (uint8_t)op;
            return true;
        }
    return false;
}

static void suffix(struct parser *s, struct ir_insn *in)
{
    const char *w;
    size_t n = word(s, &w);
    for (unsigned t = 1; t < IR_TYPE_COUNT && !in->type; t++)
        if (same(ir_type_names[t], w, n)) {
            in->type = (uint8_t)t;
            return;
        }
    for (const struct ir_word *x = ir_aux_words((enum ir_op)in->op, (enum ir_type)in->type); x->name; x++)
        if (same(x->name, w, n)) {
            in->aux |= x->value;
            return;
        }
    fail(s, "unknown suffix");
}

static void instruction(struct parser *s)
{
    struct ir_insn in = {0};
    uint64_t name = 0;
    const char *w;
    size_t n = word(s, &w);
    bool result = accept(s, "=");
    if (result) {
        const char *after = s->p;
        s->p = w;
        expect(s, "v", "results are called v and a number");
        name = natural(s);
        if (name >= IR_MAX_INSNS || s->named[name])
            fail(s, "result's name is used before or too large");
        s->p = after;
        n = word(s, &w);
    }
    if (!op_named(w, n, &in)) {
        fail(s, "unknown op");
        return;
    }
    while (!s->error && s->p < s->end && *s->p == '.') {
        s->p++;
        suffix(s, &in);
    }
    body(s, &in);
    if (accept(s, "@"))
        in.pc = (int32_t)integer(s);
    if (result != (in.type != IR_VOID))
        fail(s, result ? "this has no result type" : "the result has no name");
    if (s->fn->n >= IR_MAX_INSNS)
        fail(s, "too many instructions");
    if (s->error)
        return;
    s->fn->insn[s->fn->n] = in;
    if (result)
        s->named[name] = s->fn->n;
    s->fn->n++;
}

static void header(struct parser *s)
{
    struct ir_func *fn = s->fn;
    uint64_t pc = natural(s);
    unsigned rules = accept(s, "propagate") ? IR_NAN_PROPAGATE : IR_NAN_CANON_POS;
    accept(s, "canonical");
    for (const struct ir_word *w = ir_rule_words; w->name; w++)
        rules |= accept(s, w->name) ? w->mask : 0;
    ir_begin(fn, pc, fn->slots, fn->nslots, rules);
    if (accept(s, "lazy"))
        fn->flags = IR_FP_STATUS_KEPT;
    memset(s->named, 0, sizeof s->named);
}

static const char *located(unsigned line, const char *message)
{
    static char buf[128];
    char digits[12], *d = digits + sizeof digits - 1, *o = buf;
    *d = 0;
    do
        *--d = (char)('0' + line % 10);
    while (line /= 10);
    for (const char *part[] = {"line ", d, ": ", message, NULL}, **p = part; *p; p++)
        for (const char *c = *p; *c && o < buf + sizeof buf - 1; c++)
            *o++ = *c;
    *o = 0;
    return buf;
}

const char *ir_parse(struct ir_func *fn, const char *text)
{
    static struct parser parser;
    struct parser *s = &parser;
    s->fn = fn;
    s->error = NULL;
    memset(s->named, 0, sizeof s->named);
    ir_begin(fn, 0, fn->slots, fn->nslots, IR_NAN_CANON_POS);
    for (s->line = 1; *text; s->line++) {
        const char *eol = strchr(text, '\n'), *next = eol ? eol + 1 : text + strlen(text);
        s->p = text;
        s->end = eol ? eol : next;
        const char *comment = memchr(text, ';', (size_t)(s->end - text));
        if (comment)
            s->end = comment;
        text = next;
        blanks(s);
        if (s->p == s->end || *s->p == '#')
            continue;
        if (accept(s, "region "))
            header(s);
        else
            instruction(s);
        blanks(s);
        if (s->p != s->end)
            fail(s, "text left over at the end of the line");
        if (s->error)
            return located(s->line, s->error);
    }
    return NULL;
}
