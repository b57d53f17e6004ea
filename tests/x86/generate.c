/* Random instructions and traces (generate.h). */
#include <string.h>

#include "backends/backend.h"
#include "tests/ir/random_aux.h"
#include "tests/x86/generate.h"

/* ---- random values ---- */

uint64_t random_state;
struct ir_slot slots[NSLOTS];
struct ir_func fn;
bool folding, integers, floats, looping;

/* Lanes of a vector that are all of one float type, or none. */
void random_lanes(uint64_t v[2])
{
    unsigned bits = 16u << below(3);
    v[0] = v[1] = 0;
    for (unsigned i = 0; i < 128 / bits; i++)
        v[i * bits / 64] |= random_float(bits) << (i * bits & 63);
    if (!below(4))
        v[0] = random_int(), v[1] = random_int();
}

unsigned float_bits(enum ir_type type) { return type == IR_F64 ? 64 : type == IR_F32 ? 32 : 16; }

/* ---- generating ---- */

static void guest_insn(void)
{
    fn.cur_pc += 4;
}

ir_ref gen_emit(enum ir_op op, enum ir_type type, unsigned aux, ir_ref a, ir_ref b, ir_ref c, int64_t imm)
{
    if (folding)
        return ir_emit(&fn, op, type, aux, a, b, c, imm);
    return ir_append(&fn, op, type, aux, a, b, c, 0, imm);
}

static ir_ref constant(enum ir_type type)
{
    if (type >= IR_F16)
        return ir_const(&fn, type, (int64_t)random_float(float_bits(type)));
    if (type == IR_I64 && !below(6))
        return ir_gaddr(&fn, 0x7f0000001000 + below(4) * 0x1000 + (uint64_t)below(2) * 0x700000000000);
    return ir_const(&fn, type, (int64_t)random_int());
}

static ir_ref vector(enum ir_type type)
{
    uint8_t b[16];
    unsigned kind = below(6);
    if (kind > 3) {
        uint64_t v[2];
        random_lanes(v);
        memcpy(b, v, sizeof b);
        return ir_vconst(&fn, type, b);
    }
    for (unsigned i = 0; i < 16; i++)
        b[i] = kind == 0 ? 0 : kind == 1 ? 0xff : kind == 2 ? (uint8_t)(below(5) ? below(32) : 0x80) : (uint8_t)random64();
    return ir_vconst(&fn, type, b);
}

ir_ref gen_get(unsigned slot)
{
    if (folding)
        return ir_get(&fn, slot);
    ir_ref r = fn.n - 1;        /* a block does not begin with the same get twice */
    while (fn.insn[r].op == IR_get && fn.insn[r].imm != (int64_t)slot)
        r--;
    if (fn.insn[r].op == IR_get)
        return r;
    return ir_append(&fn, IR_get, slots[slot].type, 0, 0, 0, 0, 0, slot);
}

/* A value of this type: an earlier one, a slot, or a constant. */
ir_ref gen_value(enum ir_type type)
{
    if (!below(8) && type != IR_I1)
        return type >= IR_V64 ? vector(type) : constant(type);
    for (unsigned tries = 0; tries < 40 && fn.n > 1; tries++) {
        ir_ref r = below(3) ? fn.n - 1 - below(fn.n < 12 ? fn.n - 1 : 12) : 1 + below(fn.n - 1);
        if (fn.insn[r].type == type && r >= fn.fp_floor)
            return r;
    }
    switch (type) {
    case IR_I1: return gen_emit(IR_cmp, IR_I1, below(10), gen_value(IR_I64), gen_value(IR_I64), 0, 0);
    case IR_I32: return below(2) ? gen_emit(IR_trunc, IR_I32, 0, gen_get(below(NX)), 0, 0, 0) : gen_get(SLOT_W);
    case IR_I64: return gen_get(below(NX));
    case IR_F64: return gen_get(SLOT_D + below(ND));
    case IR_F32: return gen_get(SLOT_F);
    case IR_F16: return gen_get(SLOT_H);
    case IR_V64: return gen_get(SLOT_Q);
    case IR_V128: return gen_get(SLOT_V + below(NV));
    default: return constant(type);
    }
}

static ir_ref any(void)
{
    static const uint8_t types[] = {IR_I64, IR_I64, IR_I64, IR_I32, IR_I32, IR_V128, IR_F64, IR_F32, IR_V64, IR_F16};
    return gen_value(types[below(integers ? 5 : 10)]);
}

/* The last flag word computed, or the slot's. */
static ir_ref flag_word(void)
{
    for (ir_ref r = fn.n - 1; r; r--)
        if (r >= fn.fp_floor && (fn.insn[r].op == IR_flagsub || fn.insn[r].op == IR_flagadc || fn.insn[r].op == IR_flaglogic || fn.insn[r].op == IR_flagfcmp))
            return r;
    return gen_get(SLOT_NZCV);
}

static enum ir_type operand_type(char sig, enum ir_type type)
{
    switch (sig) {
    case 'T': return type;
    case 'i': return below(2) ? IR_I64 : IR_I32;
    case 'b': return IR_I1;
    case 'w': return IR_I32;
    case 'l': return IR_I64;
    case 's': return below(3) ? IR_F16 + below(3) : IR_F64;
    case 'f': return below(3) ? IR_V128 : IR_F16 + below(3);
    case 'v': return below(3) ? IR_V128 : IR_V64;
    case 'q': return IR_V128;
    default: return fn.insn[any()].type;
    }
}

/* Whether the last instruction obeys the verifier's rules, judged by its operands' types alone. */
static bool is_valid(void)
{
    static struct ir_func one;
    struct ir_insn in = fn.insn[fn.n - 1];
    ir_ref *const refs[3] = {&in.a, &in.b, &in.c}, at;
    memset(&one.insn[0], 0, sizeof one.insn[0]);
    one.slots = slots;
    one.nslots = NSLOTS;
    one.nvconsts = fn.nvconsts;
    one.n = 1;
    for (unsigned k = 0; k < 3; k++)
        if (*refs[k]) {
            one.insn[one.n] = (struct ir_insn){.op = IR_undef, .type = fn.insn[*refs[k]].type};
            *refs[k] = one.n++;
        }
    one.insn[one.n++] = in;
    one.insn[one.n++] = (struct ir_insn){.op = IR_jump, .imm = 64};
    return !ir_verify(&one, &at);
}

/* Any pure op, by trial: operand types that follow the signature are tried until the verifier agrees. */
static void pure_op(void)
{
    for (unsigned tries = 0; tries < 60; tries++) {
        enum ir_op op = (enum ir_op)(integers ? IR_add + below(IR_flagcond - IR_add + 1)
                                      : floats && below(8) ? IR_fadd + below(IR_f2v - IR_fadd + 1) : below(IR_OP_COUNT));
        const struct ir_op_info *info = &ir_ops[op];
        if (!(info->flags & IR_OPF_P) || op == IR_const || op == IR_vconst || op == IR_undef)
            continue;
        enum ir_type type = (enum ir_type)(info->sig[0] == 'T' ? (integers ? (unsigned)(below(3) ? IR_I64 : IR_I32) : 1 + below(IR_TYPE_COUNT - 1))
                                                                : operand_type(info->sig[0], IR_I64));
        enum ir_type t = operand_type(info->sig[1], type);
        ir_ref o[3] = {0};
        bool same = below(8) != 0;
        for (unsigned k = 0; k < info->nargs; k++) {
            if (k && info->sig[k + 1] != info->sig[k])
                t = operand_type(info->sig[k + 1], type);
            if (info->sig[k + 1] == info->sig[1] && info->sig[0] == 'T' && same && info->sig[1] != 'b')
                t = operand_type(info->sig[k + 1], type) == type || info->sig[k + 1] == 'i' || info->sig[k + 1] == 'f' || info->sig[k + 1] == 'v' || info->sig[k + 1] == 'a' ? type : t;
            if (op == IR_select && k)
                t = type;
            o[k] = op == IR_flagcond ? flag_word() : gen_value(t);
        }
        int64_t imm = ir_shape_of(op) == IR_SHAPE_INDEX ? (int64_t)below(65) : 0;
        if (op == IR_vshuf)
            imm = fn.insn[vector(IR_V128)].imm;
        if (op == IR_vshuf) {
            bool ok = true;
            for (unsigned i = 0; i < 16; i++)
                ok &= fn.vconst[imm].b[i] == 0x80 || (fn.vconst[imm].b[i] < 32 && (fn.insn[o[fn.vconst[imm].b[i] > 15]].type == IR_V128 || !(fn.vconst[imm].b[i] & 8)));     /* no upper half */
            if (!ok)
                continue;
        }
        uint32_t n = fn.n;
        unsigned aux = random_aux(op, type);
        ir_append(&fn, op, type, aux, o[0], o[1], o[2], 0, imm);
        bool ok = is_valid();
        fn.n = n;
        if (!ok)
            continue;
        if (folding)
            ir_emit(&fn, op, type, aux, o[0], o[1], o[2], imm);
        else
            ir_append(&fn, op, type, aux, o[0], o[1], o[2], 0, imm);
        return;
    }
}

void gen_put(unsigned slot, ir_ref v)
{
    if (folding)
        ir_put(&fn, slot, v);
    else
        ir_append(&fn, IR_put, IR_VOID, 0, v, 0, 0, 0, slot);
}

/* Comparisons, joined or negated. */
ir_ref gen_condition(void)
{
    enum ir_type t = below(2) ? IR_I64 : IR_I32, s = integers || below(2) ? IR_VOID : below(2) ? IR_F64 : IR_F32;
    switch (below(6)) {
    case 0: return gen_emit(IR_and, IR_I1, 0, gen_condition(), gen_condition(), 0, 0);
    case 1: return gen_emit(IR_or, IR_I1, 0, gen_condition(), gen_condition(), 0, 0);
    case 2: return gen_emit(IR_not, IR_I1, 0, gen_condition(), 0, 0, 0);
    case 3: return gen_value(IR_I1);
    default:
        if (s)
            return gen_emit(IR_fcmp, IR_I1, below(6) | (below(2) ? IR_FSIGNAL : 0), gen_value(s), gen_value(s), 0, 0);
        return gen_emit(IR_cmp, IR_I1, below(10), gen_value(t), below(2) ? gen_value(t) : ir_const(&fn, t, (int64_t)below(3)), 0, 0);
    }
}

/* Flag words live in their slot as front ends have it. */
void gen_flags(void)
{
    enum ir_type t = below(2) ? IR_I64 : IR_I32;
    ir_ref f;
    switch (below(5)) {
    case 3:
        f = gen_emit(IR_select, IR_I32, 0, gen_condition(), gen_emit(IR_flagsub, IR_I32, 0, gen_value(t), gen_value(t), 0, 0), ir_const(&fn, IR_I32, below(2) ? IR_FLAG_N | IR_FLAG_V : IR_FLAG_C), 0);
        break;
    case 4: {
        enum ir_type s = integers ? IR_VOID : below(2) ? IR_F64 : IR_F32;
        if (s) {
            f = gen_emit(IR_flagfcmp, IR_I32, below(2), gen_value(s), gen_value(s), 0, 0);
            break;
        }
    } /* fall through */
    case 0: f = gen_emit(IR_flagsub, IR_I32, 0, gen_value(t), gen_value(t), 0, 0); break;
    case 1: f = gen_emit(IR_flagadc, IR_I32, 0, gen_value(t), gen_value(t), below(2) ? ir_const(&fn, IR_I1, below(2)) : gen_value(IR_I1), 0); break;
    default: f = gen_emit(IR_flaglogic, IR_I32, 0, below(2) ? gen_value(t) : gen_emit(IR_and, t, 0, gen_value(t), gen_value(t), 0, 0), 0, 0, 0); break;
    }
    gen_put(SLOT_NZCV, f);
}

bool gen_is_free(unsigned slot) { return slot != SLOT_BASE && slot != SLOT_BAD && slot != SLOT_NZCV && slot != SLOT_COUNT; }

static void put(void)
{
    if (!below(5)) {
        gen_flags();
        return;
    }
    unsigned slot = below(integers ? SLOT_BASE : NSLOTS);
    if (!gen_is_free(slot))
        slot = below(NX - 1);
    gen_put(slot, gen_value((enum ir_type)slots[slot].type));
}

/* An address inside memory, sometimes outside. */
static ir_ref address(void)
{
    if (!below(40))
        return below(2) ? gen_get(SLOT_BAD) : gen_value(IR_I64);
    ir_ref base = gen_get(SLOT_BASE);
    if (!below(3))
        return base;
    ir_ref index = gen_emit(IR_and, IR_I64, 0, gen_value(IR_I64), ir_const(&fn, IR_I64, 0xff), 0, 0);
    if (below(2))
        index = gen_emit(IR_shl, IR_I64, 0, index, ir_const(&fn, IR_I64, below(4)), 0, 0);
    return gen_emit(IR_add, IR_I64, 0, base, index, 0, 0);
}

static void memory_op(void)
{
    static const uint8_t vsize[IR_TYPE_COUNT] = {[IR_F16] = IR_M16, [IR_F32] = IR_M32, [IR_F64] = IR_M64, [IR_V64] = IR_M64, [IR_V128] = IR_M128};
    ir_ref a = address();
    enum ir_type t = (enum ir_type)fn.insn[any()].type;
    bool integer = t == IR_I32 || t == IR_I64;
    unsigned size = integer ? below(t == IR_I64 ? 4 : 3) : vsize[t];
    unsigned order = below(4) ? 0 : below(2) ? IR_MACQ : IR_MREL;
    switch (below(8)) {
    default: {
        unsigned aux = size | (integer && below(2) ? IR_MSIGN : 0) | (below(8) || !integer ? 0 : IR_MBE) | (order & IR_MACQ);
        if (below(2))
            ir_load(&fn, t, aux, a);
        else
            ir_append(&fn, IR_load, t, aux, a, 0, 0, 0, (int64_t)below(64) - 32);
        break;
    }
    case 3: case 4: case 5: {
        ir_ref v = gen_value(t);
        ir_store(&fn, size | (below(8) || !integer ? 0 : IR_MBE) | (order & IR_MREL), a, v);
        break;
    }
    case 6:
        if (!integer)
            break;
        ir_append(&fn, IR_amo, t, size | (below(2) ? IR_MSIGN : 0), a, gen_value(t), 0, 0, below(10));
        break;
    case 7: {
        if (t == IR_V128) {
            ir_ref at = gen_emit(IR_and, IR_I64, 0, a, ir_const(&fn, IR_I64, -16), 0, 0);
            ir_ref expected = below(2) ? gen_value(t) : ir_append(&fn, IR_load, t, IR_M128, at, 0, 0, 0, 0);
            ir_append(&fn, IR_cas, t, IR_M128, at, expected, gen_value(t), 0, 0);
        }
        if (!integer)
            break;
        ir_ref b = gen_value(t), v = gen_value(t), held = below(4) ? a : gen_value(IR_I64);
        if (below(2))
            ir_append(&fn, IR_cas, t, size | (below(2) ? IR_MSIGN : 0), a, b, v, 0, 0);
        else
            ir_append(&fn, IR_stx, IR_I32, size, a, b, v, held, 0);
        break;
    }
    }
}

void gen_exit_if(void)
{
    ir_ref cond;
    unsigned dead = 0;
    switch (below(6)) {
    case 0: cond = gen_value(IR_I1); break;
    case 4: cond = gen_condition(); break;
    case 1: {
        enum ir_type t = below(2) ? IR_I64 : IR_I32;
        cond = gen_emit(IR_cmp, IR_I1, below(10), gen_value(t), below(2) ? gen_value(t) : ir_const(&fn, t, (int64_t)below(3)), 0, 0);
        break;
    }
    case 2: {
        enum ir_type t = below(2) ? IR_I64 : IR_I32;
        ir_ref x = gen_emit(IR_and, t, 0, gen_value(t), below(2) ? gen_value(t) : ir_const(&fn, t, (int64_t)random_int()), 0, 0);
        cond = gen_emit(IR_cmp, IR_I1, below(4), x, ir_const(&fn, t, 0), 0, 0);
        break;
    }
    default: {
        cond = gen_emit(IR_flagcond, IR_I1, below(14), flag_word(), 0, 0, 0);
        break;
    }
    }
    if (fn.insn[cond].op == IR_const)
        return;
    if (below(4))
        ir_append(&fn, IR_exit_if, IR_VOID, dead, cond, 0, 0, 0, (int64_t)(0x20000 + fn.n * 4));
    else
        ir_append(&fn, IR_trap_if, IR_VOID, IR_TRAP_ALIGN, cond, 0, 0, 0, (int64_t)(0x20000 + fn.n * 4));
}

/* A value that the loop may keep in a slot's memory only: put, and often not read in the next round before it is put again. */
static ir_ref kept(void)
{
    unsigned slot = below(NX - 1);
    ir_ref v = gen_emit(IR_xor, IR_I64, 0, gen_get(SLOT_COUNT), ir_const(&fn, IR_I64, (int64_t)random_int()), 0, 0);
    if (below(2))
        v = gen_emit(IR_zext, IR_I64, 32, gen_emit(IR_trunc, IR_I32, 0, v, 0, 0, 0), 0, 0, 0);
    gen_put(slot, v);
    return v;
}

/* Flags that the next round may see: of the counter, or of anything. */
static void loop_flags(ir_ref old, ir_ref count)
{
    ir_ref word;
    switch (below(9)) {
    case 5: word = gen_emit(IR_flagsub, IR_I32, 0, kept(), below(2) ? gen_get(below(NX - 1)) : ir_const(&fn, IR_I64, (int64_t)random_int()), 0, 0); break;
    case 6: word = gen_emit(IR_flagsub, IR_I32, 0, gen_get(below(NX - 1)), kept(), 0, 0); break;
    case 7: word = gen_emit(IR_flagadc, IR_I32, 0, gen_emit(IR_trunc, IR_I32, 0, kept(), 0, 0, 0), gen_emit(IR_trunc, IR_I32, 0, kept(), 0, 0, 0), ir_const(&fn, IR_I1, below(2)), 0); break;
    case 0: word = gen_emit(IR_flagsub, IR_I32, 0, old, ir_const(&fn, IR_I64, 1), 0, 0); break;
    case 1: word = gen_emit(IR_flagsub, IR_I32, 0, gen_emit(IR_trunc, IR_I32, 0, old, 0, 0, 0), ir_const(&fn, IR_I32, 1), 0, 0); break;
    case 2: word = gen_emit(IR_flagsub, IR_I32, 0, count, below(2) ? gen_get(below(NX - 1)) : ir_const(&fn, IR_I64, (int64_t)random_int()), 0, 0); break;
    case 3: word = gen_emit(IR_flaglogic, IR_I32, 0, count, 0, 0, 0); break;
    case 4: word = gen_emit(IR_flagadc, IR_I32, 0, count, gen_get(below(NX - 1)), ir_const(&fn, IR_I1, below(2)), 0); break;
    default: return;
    }
    gen_put(SLOT_NZCV, word);
}

/* A load that faults when the counter has come down to 2. */
static void late_fault(void)
{
    ir_ref back = gen_emit(IR_shl, IR_I64, 0, gen_get(SLOT_COUNT), ir_const(&fn, IR_I64, 3), 0, 0);
    ir_append(&fn, IR_load, IR_I64, IR_M64, gen_emit(IR_sub, IR_I64, 0, gen_get(SLOT_BASE), back, 0, 0), 0, 0, 0, MEMORY - 2048 + 16);
}

/* Reads or sets the flags raised so far. Without IR_FP_STATUS_KEPT nobody knows which have been. */
static void sticky_op(void)
{
    unsigned order = below(2) ? IR_FP_MIRRORED : 0;
    if (below(2))
        ir_fp_get(&fn, order);
    else
        ir_fp_set(&fn, order, gen_value(IR_I32));
}

void gen_insn(void)
{
    guest_insn();
    switch (below(12)) {
    case 0: case 1: put(); break;
    case 2: case 3: memory_op(); break;
    case 4: gen_exit_if(); break;
    case 5:
        if (!below(12))
            ir_helper(&fn, below(2) ? IR_I64 : IR_VOID, below(2), gen_value(IR_I64), gen_value(IR_I32), below(2) ? gen_value(IR_I64) : 0, 0);
        else if (!below(4) && fn.flags & IR_FP_STATUS_KEPT)
            sticky_op();
        else if (!below(4))
            ir_append(&fn, IR_fence, IR_VOID, 0, 0, 0, 0, 0, below(3));
        break;
    default: pure_op(); break;
    }
    if (fn.insn[fn.n - 1].type && below(2))
        for (unsigned s = below(NSLOTS), k = 0; k < NSLOTS; k++, s = (s + 1) % NSLOTS)
            if (slots[s].type == fn.insn[fn.n - 1].type && gen_is_free(s)) {
                gen_put(s, fn.n - 1);
                break;
            }
}

void gen_end(void)
{
    switch (below(4)) {
    case 0: ir_append(&fn, IR_jump_ind, IR_VOID, 0, gen_value(IR_I64), 0, 0, 0, 0); break;
    case 1: ir_append(&fn, IR_trap, IR_VOID, IR_TRAP_SYSCALL, 0, 0, 0, 0, 0x30000); break;
    case 2: ir_append(&fn, IR_ret, IR_VOID, 0, gen_value(IR_I64), 0, 0, 0, 0); break;
    default: ir_append(&fn, IR_jump, IR_VOID, 0, 0, 0, 0, 0, 0x40000); break;
    }
}

static void gen_trace(void)
{
    if (looping && below(2))
        late_fault();
    unsigned n = looping && below(2) ? below(8) : 4 + below(below(4) ? 40 : 250);
    while (n--)
        gen_insn();
    guest_insn();
    if (looping) {
        ir_ref old = gen_get(SLOT_COUNT), count = ir_emit(&fn, IR_sub, IR_I64, 0, old, ir_const(&fn, IR_I64, 1), 0, 0);
        loop_flags(old, count);
        gen_put(SLOT_COUNT, count);
        ir_ref end = ir_emit(&fn, IR_cmp, IR_I1, IR_EQ, count, ir_const(&fn, IR_I64, 0), 0, 0);
        ir_append(&fn, IR_exit_if, IR_VOID, 0, end, 0, 0, 0, 0x50000);
        ir_append(&fn, IR_jump, IR_VOID, 0, 0, 0, 0, 0, (int64_t)fn.pc);
        return;
    }
    gen_end();
}

void generate(bool blocks)
{
    memset(&fn.insn[0], 0, sizeof fn.insn[0]);
    ir_begin(&fn, 0x10000, slots, NSLOTS, below(2) ? IR_NAN_PROPAGATE : IR_NAN_CANON_POS);
    fn.flags = below(2) ? IR_FP_STATUS_KEPT : 0;
    folding = below(2);
    fn.lacks = folding ? be_host()->lacks : NULL;
    fn.cur_pc = fn.pc;
    looping = !blocks && !below(3);
    if (blocks)
        gen_blocks();
    else
        gen_trace();
}
