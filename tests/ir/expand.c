/* Every op that expand.c can rewrite: the rewritten form gives what ir_eval gives, with the same flags. */
#include <stdio.h>
#include <string.h>

#include "ir/text.h"
#include "tests/ir/test.h"

static struct ir_func fn;
static union ir_value values[IR_MAX_INSNS];

static unsigned slot_of(enum ir_type type, unsigned nth)
{
    for (unsigned s = 0; s < test_nslots; s++)
        if (test_slots[s].type == type && nth-- == 0)
            return s;
    return 0;
}

/* A vector of lanes of `bits` bits: integers, shift counts or floats. */
static void fill(uint8_t *v, unsigned bits, bool floats)
{
    for (unsigned i = 0; i < 16; i += bits / 8) {
        uint64_t x = floats && bits > 8 ? random_float(bits) : below(3) ? random_int() : (uint64_t)((int64_t)below(160) - 80);
        memcpy(v + i, &x, bits / 8);
    }
}

/* Builds op with everything declared lacking; false if that is no instruction, or nothing is rewritten. */
static bool build(enum ir_op op, enum ir_type type, unsigned aux, bool *valid)
{
    static uint8_t all[IR_OP_COUNT];
    memset(all, 0xff, sizeof all);
    ir_ref ref[3] = {0};
    fn.lacks = NULL;
    ir_begin(&fn, 0, test_slots, test_nslots, below(2) ? IR_NAN_PROPAGATE : IR_NAN_CANON_POS);
    for (unsigned i = 0; i < ir_ops[op].nargs; i++)
        ref[i] = ir_get(&fn, slot_of(ir_ops[op].sig[i + 1] == 'q' ? IR_V128 : type, i));
    ir_ref start = fn.n, at;
    fn.insn[start] = (struct ir_insn){.op = (uint8_t)op, .type = (uint8_t)type, .aux = (uint16_t)aux, .a = ref[0], .b = ref[1], .c = ref[2]};
    fn.insn[start + 1] = (struct ir_insn){.op = IR_jump};
    fn.n = start + 2;
    *valid = !ir_verify(&fn, &at);
    fn.n = start;
    if (!*valid)
        return false;
    fn.lacks = all;
    ir_ref r = ir_emit(&fn, op, type, aux, ref[0], ref[1], ref[2], 0);
    fn.lacks = NULL;
    ir_put(&fn, slot_of(type, 0), r);
    ir_append(&fn, IR_jump, IR_VOID, 0, 0, 0, 0, 0, 0);
    return fn.insn[r].op != op || fn.n > start + 3;
}

static void compare(const char *name, enum ir_op op, enum ir_type type, unsigned aux)
{
    struct ir_interp_ops ops = {.values = values};
    struct ir_interp_result result;
    uint8_t regs[TEST_REGS] = {0};
    union ir_value v[3] = {{{0, 0}}}, want, have = {{0, 0}};
    unsigned size = type == IR_V128 ? 16 : type == IR_F32 ? 4 : 8;
    unsigned bits = type == IR_F32 ? 32 : type == IR_F64 ? 64 : ir_lane_bits(aux);
    for (unsigned i = 0; i < ir_ops[op].nargs; i++) {
        enum ir_type t = ir_ops[op].sig[i + 1] == 'q' ? IR_V128 : type;
        fill(v[i].b, bits, ir_ops[op].flags & IR_OPF_S && op != IR_vs_fcvt && op != IR_vu_fcvt);
        unsigned n = t == IR_V128 ? 16 : size;
        memset(v[i].b + n, 0, 16 - n);
        memcpy(regs + test_slots[slot_of(t, i)].off, v[i].b, n);
    }
    unsigned mxcsr = MXCSR_DEFAULT | below(4) << 13;
    struct ir_insn in = {.op = (uint8_t)op, .type = (uint8_t)type, .aux = (uint16_t)aux, .a = 1, .b = ir_ops[op].nargs > 1, .c = ir_ops[op].nargs > 2};
    set_mxcsr(mxcsr);
    ir_eval(&in, ir_ops[op].sig[1] == 'q' ? IR_V128 : type, fn.rules, NULL, &v[0], &v[1], &v[2], &want);
    unsigned want_flags = get_mxcsr() & 0x3d;
    set_mxcsr(mxcsr);
    ir_interp(&fn, regs, &result, &ops);
    unsigned have_flags = get_mxcsr() & 0x3d;
    set_mxcsr(MXCSR_DEFAULT);
    memcpy(have.b, regs + test_slots[slot_of(type, 0)].off, size);
    require(!memcmp(&want, &have, sizeof want) && want_flags == have_flags, name,
            "mxcsr %x %016llx%016llx %016llx%016llx gives %016llx%016llx flags %x, not %016llx%016llx flags %x", mxcsr,
            (unsigned long long)v[0].u64[1], (unsigned long long)v[0].u64[0], (unsigned long long)v[1].u64[1], (unsigned long long)v[1].u64[0],
            (unsigned long long)have.u64[1], (unsigned long long)have.u64[0], have_flags,
            (unsigned long long)want.u64[1], (unsigned long long)want.u64[0], want_flags);
}

void test_expand(void)
{
    static const uint8_t types[] = {IR_V128, IR_V64, IR_F32, IR_F64};
    unsigned n = 0;
    random_seed(11);
    for (unsigned op = IR_fadd; op < IR_OP_COUNT; op++)
        for (unsigned t = 0; t < sizeof types; t++)
            for (unsigned aux = 0; aux < 0x1000; aux = aux == 0x3f ? 0x100 : (aux & 3) == 3 && aux >= 0x40 ? (aux | 0xff) + 1 : aux + 1) {
                bool valid;
                char name[64];
                enum ir_shape shape = ir_shape_of((enum ir_op)op);
                if (!(ir_ops[op].flags & IR_OPF_P) || (shape != IR_SHAPE_PLAIN && shape != IR_SHAPE_FIXED) || op == IR_fbox || op == IR_funbox ||
                    (aux && !ir_aux_words((enum ir_op)op, (enum ir_type)types[t])->name))
                    continue;
                if (!build((enum ir_op)op, (enum ir_type)types[t], aux, &valid))
                    continue;
                snprintf(name, sizeof name, "%s.%s aux %x rewritten", ir_ops[op].name, ir_type_names[types[t]], aux);
                for (unsigned i = 0; i < 200; i++)
                    compare(name, (enum ir_op)op, (enum ir_type)types[t], aux);
                check(true, name, NULL);
                n++;
            }
    check(n >= 350, "rewritten ops", "only %u forms", n);
}
