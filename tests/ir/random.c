/*
 * Random regions: what the builder makes of them computes the same as they do, raises the same
 * floating-point flags, and is as valid; their text form parses back to the same.
 */
#include <stdio.h>
#include <string.h>

#include "ir/text.h"
#include "tests/ir/test.h"

static struct ir_func plain, built, parsed;
static union ir_value values[IR_MAX_INSNS];
static uint8_t memory[8192] __attribute__((aligned(64)));

static ir_ref raw(enum ir_op op, enum ir_type type, unsigned aux, ir_ref a, ir_ref b, ir_ref c, int64_t imm)
{
    ir_ref r = plain.n++;
    plain.insn[r] = (struct ir_insn){.op = (uint8_t)op, .type = (uint8_t)type, .aux = (uint16_t)aux, .a = a, .b = b, .c = c, .imm = imm};
    return r;
}

static ir_ref number(enum ir_type type)
{
    uint64_t v = type == IR_F16 ? random_float(16) : type == IR_F32 ? random_float(32) : type == IR_F64 ? random_float(64) : random_int();
    if (type == IR_I1)
        v &= 1;
    return raw(IR_const, type, 0, 0, 0, 0, type == IR_I32 ? (int32_t)v : (int64_t)v);
}

static unsigned bytes(void)
{
    uint8_t b[16];
    unsigned kind = below(4);
    for (unsigned i = 0; i < 16; i++)
        b[i] = kind == 0 ? 0 : kind == 1 ? 0xff : kind == 2 ? (uint8_t)(below(4) ? i + (random64() & 16) : 0x80) : (uint8_t)random64();
    return ir_vconst_index(&plain, b);
}

static bool shuffle_ok(unsigned n)
{
    for (unsigned i = 0; i < 16; i++)
        if (plain.vconst[n].b[i] >= 32 && plain.vconst[n].b[i] != 0x80)
            return false;
    return true;
}

/* A value whose type suits, of those so far; recent ones more often, since rules look at chains. */
static ir_ref operand(void)
{
    for (int tries = 0; tries < 50; tries++) {
        ir_ref r = below(3) ? plain.n - 1 - below(plain.n < 9 ? plain.n - 1 : 8) : 1 + below(plain.n - 1);
        if (plain.insn[r].type)
            return r;
    }
    return 1;
}

static unsigned random_aux(enum ir_op op, enum ir_type type)
{
    unsigned aux = 0, n = 0;
    const struct ir_word *w = ir_aux_words(op, type);
    while (w->name) {
        const struct ir_word *start = w;
        for (n = 0; w->name && w->mask == start->mask; w++)
            n++;
        if (n > 1 || start->mask != start->value)
            aux |= start[below(n)].value;
        else if (!below(3))
            aux |= start->value;
    }
    return aux;
}

static bool valid(void)
{
    ir_ref at;
    raw(IR_jump, IR_VOID, 0, 0, 0, 0, 0);
    const char *wrong = ir_verify(&plain, &at);
    plain.n--;
    return !wrong;
}

static void random_op(void)
{
    for (int tries = 0; tries < 400; tries++) {
        enum ir_op op = (enum ir_op)below(IR_OP_COUNT);
        const struct ir_op_info *info = &ir_ops[op];
        if (!(info->flags & IR_OPF_P) || op == IR_undef)
            continue;
        enum ir_type type = (enum ir_type)(1 + below(IR_TYPE_COUNT - 1));
        if (op == IR_const) {
            number(type > IR_F64 ? IR_I64 : type);
            return;
        }
        ir_ref a = info->nargs > 0 ? operand() : 0, b = info->nargs > 1 ? operand() : 0, c = info->nargs > 2 ? operand() : 0;
        if (!below(6))
            b = b ? a : 0;
        int64_t imm = 0;
        if (ir_shape_of(op) == IR_SHAPE_INDEX)
            imm = (int64_t)below(65);
        if (op == IR_vconst || op == IR_vshuf)
            imm = bytes();
        if (op == IR_vshuf && !shuffle_ok((unsigned)imm))
            continue;
        raw(op, type, random_aux(op, type), a, b, c, imm);
        if (valid())
            return;
        plain.n--;
    }
}

/* base + (index & 63) << n + displacement, in one of the shapes compilers use. */
static void random_load(unsigned base_slot)
{
    ir_ref x = operand(), base = raw(IR_get, IR_I64, 0, 0, 0, 0, base_slot);
    if (plain.insn[x].type != IR_I64)
        x = raw(IR_get, IR_I64, 0, 0, 0, 0, 0);
    ir_ref index = raw(IR_and, IR_I64, 0, x, raw(IR_const, IR_I64, 0, 0, 0, 0, 63), 0, 0);
    index = raw(IR_shl, IR_I64, 0, index, raw(IR_const, IR_I64, 0, 0, 0, 0, below(5)), 0, 0);
    ir_ref disp = raw(IR_const, IR_I64, 0, 0, 0, 0, (int64_t)below(1000) - 500);
    ir_ref addr = below(2) ? raw(IR_add, IR_I64, 0, base, index, 0, 0) : raw(IR_add, IR_I64, 0, index, base, 0, 0);
    addr = raw(IR_add, IR_I64, 0, addr, disp, 0, 0);
    if (below(2))
        addr = raw(IR_add, IR_I64, 0, addr, raw(IR_const, IR_I64, 0, 0, 0, 0, (int64_t)below(100)), 0, 0);
    if (below(2)) {
        unsigned size = below(4);
        enum ir_type type = size == IR_M64 || below(2) ? IR_I64 : IR_I32;
        raw(IR_load, type, size | (below(2) ? IR_MSIGN : 0) | (below(8) ? 0 : IR_MBE), addr, 0, 0, 0);
    } else {
        ir_ref v = operand();
        enum ir_type t = (enum ir_type)plain.insn[v].type;
        static const uint8_t size[IR_TYPE_COUNT] = {[IR_F16] = IR_M16, [IR_F32] = IR_M32, [IR_F64] = IR_M64, [IR_V64] = IR_M64, [IR_V128] = IR_M128};
        if (t == IR_I1)
            return;
        unsigned m = t == IR_I32 ? below(3) : t == IR_I64 ? below(4) : size[t];
        raw(IR_store, IR_VOID, m | (below(8) ? 0 : IR_MBE), addr, 0, v, 0);
    }
}

static void generate(void)
{
    ir_begin(&plain, 0x10000, test_slots, test_nslots, below(2) ? IR_NAN_PROPAGATE : IR_NAN_CANON_POS);
    for (unsigned s = 0; s < test_nslots - 1; s++)
        raw(IR_get, (enum ir_type)test_slots[s].type, 0, 0, 0, 0, s);
    for (unsigned n = 6 + below(24); n; n--) {
        if (!below(12))
            random_load(test_nslots - 1);
        else
            random_op();
        if (!below(8)) {
            ir_ref v = operand();
            for (unsigned s = below(test_nslots - 1), k = 0; k < test_nslots - 1; k++, s = (s + 1) % (test_nslots - 1))
                if (test_slots[s].type == plain.insn[v].type) {
                    raw(IR_put, IR_VOID, 0, v, 0, 0, s);
                    break;
                }
        }
    }
    /* The last values of each type are seen by the register file. */
    bool taken[64] = {0};
    ir_ref last = plain.n - 1;
    for (ir_ref i = last; i; i--)
        for (unsigned s = 0; plain.insn[i].type && s < test_nslots - 1; s++)
            if (!taken[s] && test_slots[s].type == plain.insn[i].type) {
                taken[s] = true;
                raw(IR_put, IR_VOID, 0, i, 0, 0, s);
                break;
            }
    raw(IR_jump, IR_VOID, 0, 0, 0, 0, 0x10004);
}

static void fill(uint8_t *regs)
{
    memset(regs, 0, TEST_REGS);
    for (unsigned s = 0; s < test_nslots; s++) {
        uint64_t v[2] = {random_int(), random_int()};
        unsigned size = 8;
        switch (test_slots[s].type) {
        case IR_I1: v[0] &= 1; size = 1; break;
        case IR_I32: size = 4; break;
        case IR_F16: v[0] = random_float(16); size = 2; break;
        case IR_F32: v[0] = random_float(32); size = 4; break;
        case IR_F64: v[0] = random_float(64); break;
        case IR_V64: case IR_V128:
            size = test_slots[s].type == IR_V64 ? 8 : 16;
            if (below(2))
                for (unsigned i = 0; i < 2; i++)
                    v[i] = below(2) ? random_float(64) : random_float(32) | random_float(32) << 32;
            break;
        default: break;
        }
        if (s == test_nslots - 1)
            v[0] = (uint64_t)(uintptr_t)(memory + 2048);
        memcpy(regs + test_slots[s].off, v, size);
    }
}

struct outcome { uint8_t regs[TEST_REGS], memory[sizeof memory]; unsigned flags; uint64_t pc; };

static void run(const struct ir_func *fn, const uint8_t *regs, unsigned mxcsr, struct outcome *out)
{
    struct ir_interp_ops ops = {.values = values};
    struct ir_interp_result result;
    for (unsigned i = 0; i < sizeof memory; i++)
        memory[i] = (uint8_t)(i * 37 + (i >> 5));
    memcpy(out->regs, regs, TEST_REGS);
    set_mxcsr(mxcsr);
    ir_interp(fn, out->regs, &result, &ops);
    out->flags = get_mxcsr() & 0x3d;    /* without the denormal-operand flag, which no guest has */
    set_mxcsr(MXCSR_DEFAULT);
    memcpy(out->memory, memory, sizeof memory);
    out->pc = result.pc;
}

static void to_stdout(void *ctx, const char *s, size_t n) { fwrite(s, 1, n, ctx); }

static void dump(const struct outcome *x, const struct outcome *y)
{
    for (unsigned i = 0; i < TEST_REGS; i++)
        if (x->regs[i] != y->regs[i])
            printf("  byte %u of the registers: %02x, folded %02x\n", i, x->regs[i], y->regs[i]);
    if (x->flags != y->flags)
        printf("  flags %02x, folded %02x\n", x->flags, y->flags);
    ir_print(&plain, to_stdout, stdout);
    printf("folded:\n");
    ir_print(&built, to_stdout, stdout);
}

static char text[1 << 20];
static size_t text_size;
static void to_text(void *ctx, const char *s, size_t n)
{
    (void)ctx;
    memcpy(text + text_size, s, n);
    text_size += n;
    text[text_size] = 0;
}

static bool prints_back(const struct ir_func *fn)
{
    text_size = 0;
    ir_print(fn, to_text, NULL);
    parsed.slots = test_slots;
    parsed.nslots = test_nslots;
    const char *error = ir_parse(&parsed, text);
    if (error) {
        printf("%s\n%s", error, text);
        return false;
    }
    for (ir_ref i = 1; i < fn->n; i++) {
        struct ir_insn x = fn->insn[i], y = parsed.insn[i];
        if (ir_shape_of((enum ir_op)x.op) == IR_SHAPE_VCONST || ir_shape_of((enum ir_op)x.op) == IR_SHAPE_SHUFFLE)
            x.imm = y.imm;
        if (memcmp(&x, &y, sizeof x)) {
            printf("v%u differs\n%s", i, text);
            return false;
        }
    }
    return parsed.n == fn->n;
}

void test_random(unsigned rounds)
{
    static struct outcome x, y;
    static uint8_t regs[TEST_REGS];
    char name[32];
    unsigned shown = 0;
    for (unsigned i = 0; i < rounds; i++) {
        snprintf(name, sizeof name, "random region %u", i);
        random_seed(i);
        generate();
        rebuild(&plain, &built);
        ir_ref at;
        const char *wrong = ir_verify(&built, &at);
        bool ok = !wrong;
        if (wrong && shown++ < 3) {
            printf("v%u: %s\n", at, wrong);
            dump(&x, &x);
        }
        for (unsigned k = 0; ok && k < 6; k++) {
            fill(regs);
            unsigned mxcsr = MXCSR_DEFAULT | below(4) << 13;
            run(&plain, regs, mxcsr, &x);
            run(&built, regs, mxcsr, &y);
            ok = !memcmp(&x, &y, sizeof x);
            if (!ok && shown++ < 3)
                dump(&x, &y);
        }
        check(ok, name, "the folded region differs");
        check(prints_back(&built), name, "the text form does not parse back");
    }
}
