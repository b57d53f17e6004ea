/*
 * Random regions: what the builder makes of them computes the same as they do, raises the same
 * floating-point flags, and is as valid; their text form parses back to the same.
 */
#include <stdio.h>
#include <string.h>

#include "tests/ir/random_aux.h"
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

static ir_ref small(enum ir_type type)
{
    static const int64_t v[] = {0, 1, -1, 2, 8, 16, 24, 29, 32, 48, 56, 60, 63, 0xff, 0xffff, 0xffffffff, -256, -65536,
                                (int64_t)0xffffffff00000000, INT64_MIN, INT32_MIN, 0x7f, 4096};
    int64_t c = v[below(sizeof v / sizeof v[0])];
    return raw(IR_const, type, 0, 0, 0, 0, type == IR_I32 ? (int32_t)c : type == IR_I1 ? c & 1 : c);
}

static ir_ref recent(bool (*suits)(enum ir_type))
{
    for (int tries = 0; tries < 100; tries++) {
        ir_ref r = operand();
        if (suits((enum ir_type)plain.insn[r].type))
            return r;
    }
    return 1;
}
static bool is_int(enum ir_type t) { return t == IR_I32 || t == IR_I64; }
static bool is_bool(enum ir_type t) { return t == IR_I1; }
static bool is_float(enum ir_type t) { return t == IR_F32 || t == IR_F64 || t == IR_F16; }

static ir_ref a_bool(void)
{
    for (ir_ref r = plain.n; --r;)
        if (plain.insn[r].type == IR_I1 && below(2))
            return r;
    return 8;   /* get b0 */
}

/* Flags of something, or one of two of them, or a known flag word. */
static ir_ref flags(int depth)
{
    ir_ref a = recent(is_int), b = small((enum ir_type)plain.insn[a].type), f = recent(is_float);
    switch (below(depth ? 7 : 6)) {
    case 0: return raw(IR_flagsub, IR_I32, 0, a, below(2) ? a : b, 0, 0);
    case 1: return raw(IR_flagadc, IR_I32, 0, a, b, below(2) ? a_bool() : small(IR_I1), 0);
    case 2:
        b = below(2) ? raw(IR_not, (enum ir_type)plain.insn[a].type, 0, a, 0, 0, 0) : a;
        return raw(IR_flagadc, IR_I32, 0, a, b, small(IR_I1), 0);
    case 3: return raw(IR_flaglogic, IR_I32, 0, a, 0, 0, 0);
    case 4: return plain.insn[f].type >= IR_F16 ? raw(IR_flagfcmp, IR_I32, below(2), f, f, 0, 0) : raw(IR_flaglogic, IR_I32, 0, a, 0, 0, 0);
    case 5: return raw(IR_const, IR_I32, 0, 0, 0, 0, (int64_t)(random64() & (IR_FLAG_N | IR_FLAG_Z | IR_FLAG_C | IR_FLAG_V)));
    default: {
        ir_ref x = flags(depth - 1), y = flags(depth - 1);
        return raw(IR_select, IR_I32, 0, a_bool(), x, y, 0);
    }
    }
}

/* An op of the kind that chains of integer code are made of, mostly with a constant. */
static void integer_op(void)
{
    static const uint8_t two[] = {IR_add, IR_sub, IR_and, IR_or, IR_xor, IR_andn, IR_shl, IR_shr, IR_sar, IR_ror, IR_mul,
                                  IR_shl, IR_shr, IR_sar, IR_divu, IR_remu, IR_divs, IR_rems};
    static const uint8_t widths[] = {8, 16, 32};
    ir_ref a = recent(is_int), x = recent(is_int);
    enum ir_type t = (enum ir_type)plain.insn[a].type, u = below(2) ? IR_I32 : IR_I64;
    ir_ref b = plain.insn[x].type == t && below(3) == 0 ? x : small(t);
    switch (below(10)) {
    case 0: case 1: case 2: case 3: raw((enum ir_op)two[below(sizeof two)], t, 0, a, b, 0, 0); break;
    case 4: raw(below(2) ? IR_sext : IR_zext, u, widths[below(3)], a, 0, 0, 0); break;
    case 5: if (t == IR_I64) raw(IR_trunc, IR_I32, 0, a, 0, 0, 0); else raw(below(2) ? IR_neg : IR_not, t, 0, a, 0, 0, 0); break;
    case 6: if (below(8)) raw(IR_cmp, IR_I1, below(10), a, b, 0, 0); else raw(IR_cmp, IR_I1, below(10), b, a, 0, 0); break;
    case 7: a = flags(1); raw(IR_flagcond, IR_I1, below(14), a, 0, 0, 0); break;
    case 8: x = a_bool(); a = small(u); b = below(2) ? small(u) : a; raw(IR_select, u, 0, x, a, b, 0); break;
    default:
        x = a_bool();
        switch (below(4)) {
        case 0: raw(IR_zext, u, 1, x, 0, 0, 0); break;
        case 1: raw(IR_not, IR_I1, 0, x, 0, 0, 0); break;
        case 2: a = recent(is_bool); b = small(IR_I1); if (plain.insn[a].type == IR_I1) raw(IR_select, IR_I1, 0, x, below(2) ? a : b, below(2) ? b : a, 0); break;
        default: a = recent(is_bool); if (plain.insn[a].type == IR_I1) raw((enum ir_op[]){IR_and, IR_or, IR_xor}[below(3)], IR_I1, 0, x, a, 0, 0); break;
        }
        break;
    }
}

/* Moves between register kinds, and back. */
static void move_op(void)
{
    ir_ref i = recent(is_int), f = recent(is_float), v = raw(IR_get, IR_V128, 0, 0, 0, 0, 19);
    enum ir_type it = (enum ir_type)plain.insn[i].type, ft = (enum ir_type)plain.insn[f].type;
    unsigned lane = below(it == IR_I64 ? 4 : 3);
    switch (below(7)) {
    case 0: v = raw(IR_i2v, IR_V128, 0, i, 0, 0, 0); break;
    case 1: v = raw(IR_vdup, IR_V128, lane, i, 0, 0, 0); break;
    case 2: if (is_float(ft)) v = raw(IR_f2v, IR_V128, 0, f, 0, 0, 0); break;
    case 3: v = raw(IR_vzext, IR_V128, 0, raw(IR_vtrunc, IR_V64, 0, v, 0, 0, 0), 0, 0, 0); break;
    case 4: v = raw(IR_vtrunc, IR_V64, 0, v, 0, 0, 0); break;
    case 5: v = raw(IR_vtrunc, IR_V64, 0, raw(IR_i2v, IR_V128, 0, i, 0, 0, 0), 0, 0, 0); break;
    default: v = raw(IR_vzext, IR_V128, 0, raw(IR_get, IR_V64, 0, 0, 0, 0, 17), 0, 0, 0); break;
    }
    switch (below(5)) {
    case 0: raw(IR_fbits, IR_I64, 0, raw(IR_v2f, IR_F64, 0, v, 0, 0, 0), 0, 0, 0); break;
    case 1: raw(IR_ffrombits, IR_F32, 0, raw(IR_vget, IR_I32, IR_S, v, 0, 0, 0), 0, 0, 0); break;
    case 2: raw(IR_v2f, (enum ir_type)(IR_F16 + below(3)), 0, v, 0, 0, 0); break;
    case 3: raw(IR_vget, IR_I64, IR_D, v, 0, 0, 0); break;
    default:
        lane = below(3);
        raw(IR_vget, below(2) ? IR_I64 : IR_I32, lane, v, 0, 0, below((plain.insn[v].type == IR_V64 ? 64 : 128) / (8u << lane)));
        break;
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
        raw(IR_load, type, size | (below(2) ? IR_MSIGN : 0) | (below(8) ? 0 : IR_MBE), addr, 0, 0, (int64_t)below(3) * 8);
    } else {
        ir_ref v = operand();
        enum ir_type t = (enum ir_type)plain.insn[v].type;
        static const uint8_t size[IR_TYPE_COUNT] = {[IR_F16] = IR_M16, [IR_F32] = IR_M32, [IR_F64] = IR_M64, [IR_V64] = IR_M64, [IR_V128] = IR_M128};
        if (t == IR_I1)
            return;
        unsigned m = t == IR_I32 ? below(3) : t == IR_I64 ? below(4) : size[t];
        raw(IR_store, IR_VOID, m | (below(8) ? 0 : IR_MBE), addr, 0, v, (int64_t)below(3) * 8);
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
        else if (!below(8))
            move_op();
        else if (below(2))
            integer_op();
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
        require(ok, name, "the folded region differs");
        require(prints_back(&built), name, "the text form does not parse back");
    }
    check(true, "random regions", NULL);
}
