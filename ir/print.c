/*
 * The text form, printing. One instruction a line:
 *
 *   region 0x10000 propagate
 *   v1 = get x1
 *   v2 = const.i64 8
 *   v3 = add.i64 v1, v2
 *   v4 = load.i64.32.signed [v1 + v3 << 2 + 16] @0
 *   put x0, v4
 *   jump 0x10004 @0
 *
 * After '@' stands the guest pc of the instruction, relative to the region's. parse.c reads it back.
 */
#include <string.h>

#include "ir/text.h"

struct out { void (*emit)(void *, const char *, size_t); void *ctx; };

static void str(struct out *o, const char *s) { o->emit(o->ctx, s, strlen(s)); }

static void number(struct out *o, uint64_t v, unsigned base)
{
    char buf[24], *p = buf + sizeof buf;
    do
        *--p = "0123456789abcdef"[v % base];
    while (v /= base);
    o->emit(o->ctx, p, (size_t)(buf + sizeof buf - p));
}
static void dec(struct out *o, int64_t v)
{
    if (v < 0)
        str(o, "-");
    number(o, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 10);
}
static void hex(struct out *o, uint64_t v) { str(o, "0x"); number(o, v, 16); }
static void ref(struct out *o, ir_ref r) { str(o, "v"); number(o, r, 10); }

static void slot(struct out *o, const struct ir_func *fn, int64_t n)
{
    str(o, n >= 0 && n < fn->nslots ? fn->slots[n].name : "?");
}

static void word(struct out *o, const struct ir_word *w, uint64_t value)
{
    while (w->name && (value & w->mask) != w->value)
        w++;
    str(o, w->name ? w->name : "?");
}

static void suffixes(struct out *o, const struct ir_insn *in)
{
    if (in->type) {
        str(o, ".");
        str(o, ir_type_names[in->type]);
    }
    for (const struct ir_word *w = ir_aux_words((enum ir_op)in->op, (enum ir_type)in->type); w->name; w++)
        if (*w->name && (in->aux & w->mask) == w->value) {
            str(o, ".");
            str(o, w->name);
        }
}

static void bytes(struct out *o, const uint8_t *b, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        number(o, b[i] >> 4, 16);
        number(o, b[i] & 15, 16);
    }
}

static void operands(struct out *o, const struct ir_insn *in, const char *before)
{
    const ir_ref refs[4] = {in->a, in->b, in->c, in->d};
    for (unsigned i = 0; i < ir_ops[in->op].nargs && (refs[i] || in->op != IR_helper); i++) {
        str(o, before);
        ref(o, refs[i]);
        before = ", ";
    }
}

static void address(struct out *o, const struct ir_insn *in)
{
    str(o, "[");
    ref(o, in->a);
    if (in->b) {
        str(o, " + ");
        ref(o, in->b);
        str(o, " << ");
        dec(o, (in->aux & IR_MSCALE) >> IR_MSCALE_SHIFT);
    }
    if (in->imm) {
        str(o, in->imm < 0 ? " - " : " + ");
        number(o, in->imm < 0 ? 0 - (uint64_t)in->imm : (uint64_t)in->imm, 10);
    }
    str(o, "]");
}

static void atomic(struct out *o, const struct ir_insn *in)
{
    const ir_ref refs[4] = {in->a, in->b, in->c, in->d};
    if (in->op == IR_amo) {
        word(o, ir_amo_words, (uint64_t)in->imm);
        str(o, " ");
    }
    str(o, "[");
    ref(o, in->a);
    str(o, "]");
    for (unsigned i = 1; i < ir_ops[in->op].nargs; i++) {
        str(o, ", ");
        ref(o, refs[i]);
    }
}

static void call(struct out *o, const struct ir_insn *in)
{
    if (in->aux)
        ref(o, in->a);
    else
        hex(o, (uint64_t)in->imm);
    str(o, ", ");
    ref(o, in->b);
}

static void leave(struct out *o, const struct ir_func *fn, const struct ir_insn *in)
{
    if (in->a) {
        ref(o, in->a);
        str(o, ", ");
    }
    hex(o, (uint64_t)in->imm);
    if (in->aux & IR_EXIT_BLOCK) {
        str(o, ", block ");
        dec(o, ir_exit_number(in->aux));
    }
    if (in->aux & IR_EXIT_DEAD) {
        str(o, ", dead ");
        slot(o, fn, (in->aux & IR_EXIT_DEAD) - 1);
    }
}

static void block(struct out *o, const struct ir_insn *in)
{
    dec(o, in->aux);
    str(o, ", ");
    hex(o, (uint64_t)in->imm);
}

static void body(struct out *o, const struct ir_func *fn, const struct ir_insn *in)
{
    str(o, " ");
    switch (ir_shape_of((enum ir_op)in->op)) {
    case IR_SHAPE_PLAIN: operands(o, in, ""); break;
    case IR_SHAPE_INDEX: operands(o, in, ""); str(o, ", #"); dec(o, in->imm); break;
    case IR_SHAPE_FIXED:
        operands(o, in, "");
        if (in->imm) {
            str(o, ", #");
            dec(o, in->imm);
        }
        break;
    case IR_SHAPE_CONST: in->imm == (int16_t)in->imm ? dec(o, in->imm) : hex(o, (uint64_t)in->imm); break;
    case IR_SHAPE_VCONST: bytes(o, fn->vconst[in->imm % IR_MAX_VCONSTS].b, in->type == IR_V64 ? 8 : 16); break;
    case IR_SHAPE_SHUFFLE:
        operands(o, in, "");
        str(o, ", ");
        bytes(o, fn->vconst[in->imm % IR_MAX_VCONSTS].b, 16);
        break;
    case IR_SHAPE_GET: slot(o, fn, in->imm); break;
    case IR_SHAPE_PUT: slot(o, fn, in->imm); operands(o, in, ", "); break;
    case IR_SHAPE_LOAD: address(o, in); break;
    case IR_SHAPE_STORE: address(o, in); str(o, ", "); ref(o, in->c); break;
    case IR_SHAPE_AMO: case IR_SHAPE_ATOMIC: atomic(o, in); break;
    case IR_SHAPE_FENCE: word(o, ir_fence_words, (uint64_t)in->imm); break;
    case IR_SHAPE_BLOCK: block(o, in); break;
    case IR_SHAPE_EXIT: leave(o, fn, in); break;
    case IR_SHAPE_CALL: call(o, in); break;
    case IR_SHAPE_TRAP:
        operands(o, in, "");
        str(o, in->a ? ", " : "");
        word(o, ir_trap_words, in->aux);
        str(o, ", ");
        hex(o, (uint64_t)in->imm);
        break;
    case IR_SHAPE_HELPER: str(o, "#"); dec(o, in->imm); operands(o, in, ", "); break;
    }
}

void ir_print_head(const struct ir_func *fn, void (*emit)(void *ctx, const char *s, size_t n), void *ctx)
{
    struct out o = {emit, ctx};
    str(&o, "region ");
    hex(&o, fn->pc);
    str(&o, ir_fp_nan(fn->rules) == IR_NAN_PROPAGATE ? " propagate" : " canonical");
    for (const struct ir_word *w = ir_rule_words; w->name; w++)
        if (fn->rules & w->mask) {
            str(&o, " ");
            str(&o, w->name);
        }
    str(&o, fn->flags & IR_FP_STATUS_KEPT ? " lazy" : "");
}

void ir_print_insn(const struct ir_func *fn, ir_ref i, void (*emit)(void *ctx, const char *s, size_t n), void *ctx)
{
    struct out o = {emit, ctx};
    const struct ir_insn *in = &fn->insn[i];
    if (in->type) {
        ref(&o, i);
        str(&o, " = ");
    }
    str(&o, in->op == IR_const && in->aux ? "gaddr" : ir_ops[in->op].name);
    if (in->op != IR_get && !(in->op == IR_const && in->aux))
        suffixes(&o, in);
    body(&o, fn, in);
    if (ir_has_pc((enum ir_op)in->op)) {
        str(&o, " @");
        dec(&o, in->pc);
    }
}

void ir_print(const struct ir_func *fn, void (*emit)(void *ctx, const char *s, size_t n), void *ctx)
{
    ir_print_head(fn, emit, ctx);
    emit(ctx, "\n", 1);
    for (ir_ref i = 1; i < fn->n; i++) {
        ir_print_insn(fn, i, emit, ctx);
        emit(ctx, "\n", 1);
    }
}
