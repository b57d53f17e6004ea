/*
 * Every pure op alone, in every form the verifier accepts, compiled and run on many operand values against the reference
 * semantics: results bit by bit and the floating-point flags raised, in all rounding modes, with all host features and
 * with each of them off.
 *
 *   ops [-v] VALUES [OP]     VALUES: operand sets per form, host features and rounding mode; -v: print the code of what fails
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/text.h"
#include "tests/ir/values.h"
#include "tests/x86/harness.h"

enum { OPERANDS = 3, RESULT = 3, REGS = 128 };

/* One for each place and type. */
static struct ir_slot slots[(OPERANDS + 1) * IR_TYPE_COUNT];
static struct ir_func fn;
static bool verbose;
static unsigned passed, failed;
uint64_t random_state;

/* One form of an op. */
struct form { enum ir_op op; enum ir_type type, operand[OPERANDS]; unsigned aux; int64_t imm; };

/* Lanes of one kind, floats or integers; scalars are their lane 0. */
static void random_value(enum ir_type type, unsigned aux, uint64_t v[2])
{
    unsigned bits = type == IR_F16 ? 16 : type == IR_F32 || type == IR_I32 ? 32 : type >= IR_V64 ? ir_lane_bits(aux) : 64;
    bool integer = type < IR_F16 || bits == 8 || !below(3);
    v[0] = v[1] = 0;
    for (unsigned i = 0; i < 128 / bits; i++)
        v[i * bits / 64] |= ((integer ? random_int() : random_float(bits)) & ~0ull >> (64 - bits)) << (i * bits & 63);
    if (type == IR_I1)
        v[0] &= 1;
}

static void make_slots(void)
{
    for (unsigned k = 0; k <= OPERANDS; k++)
        for (unsigned t = 0; t < IR_TYPE_COUNT; t++)
            slots[k * IR_TYPE_COUNT + t] = (struct ir_slot){ir_type_names[t], (uint16_t)(16 * k), (uint8_t)(t < IR_I32 ? IR_I32 : t), false};
}

static ir_ref get(unsigned k, enum ir_type t) { return ir_append(&fn, IR_get, t, 0, 0, 0, 0, 0, k * IR_TYPE_COUNT + t); }

/*
 * The region's rules, the control bits that go with them, and the flags that must agree: a host may leave underflow as
 * it finds it where nobody looks, and when flushing all flags.
 */
static const struct rules { uint8_t rules; unsigned control, flags; } rules[] = {
    {IR_NAN_CANON_POS, 0, 0x3d}, {IR_NAN_PROPAGATE, 0, 0x3d}, {IR_NAN_PROPAGATE | IR_FP_TINY_BEFORE, 0, 0x2d},
    {IR_NAN_PROPAGATE | IR_FP_TINY_BEFORE | IR_FP_EXACT_STATUS, 0, 0x3d}, {IR_NAN_CANON_POS | IR_FP_TINY_BEFORE | IR_FP_FLUSH, 0x8040, 0},
    {IR_NAN_PROPAGATE | IR_FP_TINY_BEFORE | IR_FP_FLUSH | IR_FP_FLUSH16 | IR_FP_EXACT_STATUS, 0x8040, 0x3d},
    {IR_NAN_PROPAGATE | IR_FP_TINY_BEFORE | IR_FP_ALT_HALF, 0, 0x2d},
};

static void build(const struct form *f, unsigned nan)
{
    unsigned n = ir_ops[f->op].nargs;
    ir_begin(&fn, 0x10000, slots, sizeof slots / sizeof slots[0], IR_NAN_PROPAGATE);
    fn.rules = (uint8_t)nan;
    fn.flags = IR_FP_STATUS_KEPT;
    ir_ref o[OPERANDS] = {0};
    for (unsigned k = 0; k < n; k++) {
        o[k] = get(k, f->operand[k] == IR_I1 ? IR_I32 : f->operand[k]);
        if (f->operand[k] == IR_I1)
            o[k] = ir_append(&fn, IR_cmp, IR_I1, IR_NE, o[k], ir_const(&fn, IR_I32, 0), 0, 0, 0);
    }
    int64_t imm = f->op == IR_vshuf ? (int64_t)ir_vconst_index(&fn, (const uint8_t *)"\x80\x03\x02\x01\x10\x11\x12\x13\x04\x04\x80\x05\x06\x07\x00\x17") : f->imm;
    ir_ref r = ir_append(&fn, f->op, f->type, f->aux, o[0], o[1], o[2], 0, imm);
    if (f->type == IR_I1)
        r = ir_append(&fn, IR_zext, IR_I32, 1, r, 0, 0, 0, 0);
    ir_append(&fn, IR_put, IR_VOID, 0, r, 0, 0, 0, RESULT * IR_TYPE_COUNT + (f->type == IR_I1 ? IR_I32 : f->type));
    ir_append(&fn, IR_jump, IR_VOID, 0, 0, 0, 0, 0, 64);
}

static void report(const uint64_t *in, const uint64_t *want, const struct h_outcome *x, const struct h_outcome *y, unsigned mxcsr, uint32_t off)
{
    const uint64_t *got = (const uint64_t *)h_cpu->guest;
    printf("FAIL: operands %lx:%lx %lx:%lx %lx:%lx, mxcsr %x, host features off %x: %lx:%lx flags %x, host %lx:%lx flags %x error %d\n", in[1], in[0], in[3], in[2],
           in[5], in[4], mxcsr, off, want[7], want[6], x->flags, got[7], got[6], y->flags, y->error);
    h_print(&fn, verbose);
}

static bool run(const struct form *f, unsigned values, uint32_t off, const struct rules *u)
{
    struct h_outcome x, y = {.error = h_compile(&fn)};
    uint64_t in[REGS / 8] = {0}, want[REGS / 8];
    if (y.error) {
        report(in, in, &y, &y, 0, off);
        return false;
    }
    for (unsigned i = 0; i < 4 * values; i++) {
        unsigned mxcsr = 0x1f80 | u->control | (i & 3) << 13, n = ir_ops[f->op].nargs;
        unsigned lane = f->op == IR_bfdot || f->op == IR_vfcvtbf ? IR_S : f->aux;   /* theirs is not in aux */
        for (unsigned k = 0; k < n; k++)
            random_value(f->operand[k], f->operand[k] < IR_V64 || below(8) ? lane : lane + below(4), in + 2 * k);
        if (f->op == IR_flagcond)
            in[0] &= IR_FLAG_N | IR_FLAG_Z | IR_FLAG_C | IR_FLAG_V;
        if (n > 1 && !below(8))
            memcpy(in + 2, in, 16);
        memcpy(want, in, sizeof want);
        h_interp(&fn, want, mxcsr, &x);
        memcpy(h_cpu->guest, in, sizeof in);
        h_enter(&fn, mxcsr, &y);
        if (memcmp(h_cpu->guest, want, sizeof want) || (x.flags ^ y.flags) & u->flags) {
            report(in, want, &x, &y, mxcsr, off);
            return false;
        }
    }
    return true;
}

static void choose_features(uint32_t off)
{
    for (unsigned i = 0; be_host()->features[i]; i++)
        be_host()->set_feature(be_host()->features[i], !(off >> i & 1));
}

/* A form under each choice of host features, by all rules. */
static void test(const struct form *f, unsigned values)
{
    bool ok = true;
    unsigned nfeatures = 0;
    while (be_host()->features[nfeatures])
        nfeatures++;
    for (unsigned i = 0; ok && i <= nfeatures + 1; i++) {
        uint32_t off = i <= nfeatures ? (1u << i) >> 1 : ~0u;
        choose_features(off);
        for (unsigned k = 0; ok && k < (ir_ops[f->op].flags & IR_OPF_S ? sizeof rules / sizeof rules[0] : 1); k++) {
            build(f, rules[k].rules);
            ok = run(f, values, off, &rules[k]);
        }
    }
    choose_features(0);
    passed += ok;
    failed += !ok;
}

/* Calls test for every value of aux that its words allow. */
static void each_aux(struct form *f, const struct ir_word *w, unsigned values)
{
    ir_ref at;
    if (!w->name) {
        unsigned lane = f->aux & 3;
        int64_t last = ir_shape_of(f->op) != IR_SHAPE_INDEX ? 0 : f->op == IR_extr ? 63 : f->op == IR_vget || f->op == IR_vset ? (16 >> lane) - 1 : 8 << lane;
        for (f->imm = 0; f->imm <= last; f->imm++) {
            build(f, IR_NAN_PROPAGATE);
            if (!ir_verify(&fn, &at))
                test(f, last ? 1 + values / 8 : values);
        }
        return;
    }
    const struct ir_word *next = w;
    while (next->name && next->mask == w->mask)
        next++;
    unsigned aux = f->aux;
    for (const struct ir_word *k = w; k < next; k++) {
        f->aux = aux | k->value;
        each_aux(f, next, values);
    }
    f->aux = aux;
    if (next - w == 1 && w->mask == w->value)
        each_aux(f, next, values);
}

static void each_operand(struct form *f, unsigned k, unsigned values)
{
    if (k == ir_ops[f->op].nargs) {
        each_aux(f, ir_aux_words(f->op, f->type), values);
        return;
    }
    static const char *const classes = "ibwlsfvqa";
    static const uint16_t of[] = {1 << IR_I32 | 1 << IR_I64, 1 << IR_I1, 1 << IR_I32, 1 << IR_I64, 7 << IR_F16, 31 << IR_F16, 3 << IR_V64, 1 << IR_V128, 511 << IR_I1};
    char sig = ir_ops[f->op].sig[k + 1];
    const char *class = strchr(classes, sig);
    for (unsigned t = 1; t < IR_TYPE_COUNT; t++)
        if (class ? of[class - classes] >> t & 1 : t == f->type) {
            f->operand[k] = (enum ir_type)t;
            each_operand(f, k + 1, values);
        }
}

int main(int argc, char **argv)
{
    int i = 1;
    verbose = i < argc && !strcmp(argv[i], "-v") && i++;
    unsigned values = i < argc ? (unsigned)atoi(argv[i]) : 100;
    const char *only = i + 1 < argc ? argv[i + 1] : NULL;
    random_seed(1);
    h_init(2);
    make_slots();
    for (unsigned op = 0; op < IR_OP_COUNT; op++) {
        const struct ir_op_info *info = &ir_ops[op];
        if (!(info->flags & IR_OPF_P) || op == IR_const || op == IR_vconst || op == IR_undef || (only && strcmp(only, info->name)))
            continue;
        for (unsigned t = 1; t < IR_TYPE_COUNT; t++) {
            struct form f = {.op = (enum ir_op)op, .type = (enum ir_type)t};
            each_operand(&f, 0, values);
        }
    }
    printf("%u passed, %u failed, 0 skipped\n", passed, failed);
    return failed != 0;
}
