/*
 * Random regions, compiled and run, against the interpreter: registers, memory, the exit taken, sticky
 * floating-point flags, and at faults the exact state and guest pc.
 *
 *   random [-v] [-i] [-f] FIRST COUNT     -i: integer ops only; -f: mostly floating point; -v: print what fails with its code
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "backends/x86_64/x86.h"
#include "ir/text.h"
#include "tests/ir/values.h"
#include "tests/x86/harness.h"

/* x11 counts the rounds of loops. */
enum { SLOT_X = 0, NX = 12, SLOT_COUNT = NX - 1, SLOT_NZCV = NX, SLOT_W, SLOT_BASE, SLOT_BAD, SLOT_V, NV = 4, SLOT_D = SLOT_V + NV, ND = 3, SLOT_F = SLOT_D + ND, SLOT_H, SLOT_Q,
       NSLOTS, REGS = 640, MEMORY = 8192 };

static struct ir_slot slots[NSLOTS];
static struct ir_func fn;
static uint8_t *memory;     /* MEMORY bytes, then a page that faults */
static bool folding, integers, floats, looping;

/* ---- random values ---- */

uint64_t random_state;

/* Lanes of a vector that are all of one float type, or none. */
static void random_lanes(uint64_t v[2])
{
    unsigned bits = 16u << below(3);
    v[0] = v[1] = 0;
    for (unsigned i = 0; i < 128 / bits; i++)
        v[i * bits / 64] |= random_float(bits) << (i * bits & 63);
    if (!below(4))
        v[0] = random_int(), v[1] = random_int();
}

static unsigned float_bits(enum ir_type type) { return type == IR_F64 ? 64 : type == IR_F32 ? 32 : 16; }

/* ---- generating ---- */

static void guest_insn(void)
{
    fn.cur_pc += 4;
}

static ir_ref emit(enum ir_op op, enum ir_type type, unsigned aux, ir_ref a, ir_ref b, ir_ref c, int64_t imm)
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

static ir_ref get(unsigned slot)
{
    if (folding)
        return ir_get(&fn, slot);
    return ir_append(&fn, IR_get, slots[slot].type, 0, 0, 0, 0, 0, slot);
}

/* A value of this type: an earlier one, a slot, or a constant. */
static ir_ref value(enum ir_type type)
{
    if (!below(8) && type != IR_I1)
        return type >= IR_V64 ? vector(type) : constant(type);
    for (unsigned tries = 0; tries < 40 && fn.n > 1; tries++) {
        ir_ref r = below(3) ? fn.n - 1 - below(fn.n < 12 ? fn.n - 1 : 12) : 1 + below(fn.n - 1);
        if (fn.insn[r].type == type && r >= fn.fp_floor)
            return r;
    }
    switch (type) {
    case IR_I1: return emit(IR_cmp, IR_I1, below(10), value(IR_I64), value(IR_I64), 0, 0);
    case IR_I32: return below(2) ? emit(IR_trunc, IR_I32, 0, get(below(NX)), 0, 0, 0) : get(SLOT_W);
    case IR_I64: return get(below(NX));
    case IR_F64: return get(SLOT_D + below(ND));
    case IR_F32: return get(SLOT_F);
    case IR_F16: return get(SLOT_H);
    case IR_V64: return get(SLOT_Q);
    case IR_V128: return get(SLOT_V + below(NV));
    default: return constant(type);
    }
}

static ir_ref any(void)
{
    static const uint8_t types[] = {IR_I64, IR_I64, IR_I64, IR_I32, IR_I32, IR_V128, IR_F64, IR_F32, IR_V64, IR_F16};
    return value(types[below(integers ? 5 : 10)]);
}

/* The last flag word computed, or the slot's. */
static ir_ref flag_word(void)
{
    for (ir_ref r = fn.n - 1; r; r--)
        if (r >= fn.fp_floor && (fn.insn[r].op == IR_flagsub || fn.insn[r].op == IR_flagadc || fn.insn[r].op == IR_flaglogic || fn.insn[r].op == IR_flagfcmp))
            return r;
    return get(SLOT_NZCV);
}

static unsigned random_aux(enum ir_op op, enum ir_type type)
{
    unsigned aux = 0;
    const struct ir_word *w = ir_aux_words(op, type);
    while (w->name) {
        const struct ir_word *start = w;
        unsigned n = 0;
        for (; w->name && w->mask == start->mask; w++)
            n++;
        if (n > 1 || start->mask != start->value)
            aux |= start[below(n)].value;
        else if (!below(3))
            aux |= start->value;
    }
    return aux;
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

static bool is_valid(void)
{
    ir_ref at;
    uint32_t n = fn.n;
    fn.insn[fn.n++] = (struct ir_insn){.op = IR_jump, .imm = 64};
    const char *wrong = ir_verify(&fn, &at);
    fn.n = n;
    return !wrong;
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
            o[k] = op == IR_flagcond ? flag_word() : value(t);
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

static void put_value(unsigned slot, ir_ref v)
{
    if (folding)
        ir_put(&fn, slot, v);
    else
        ir_append(&fn, IR_put, IR_VOID, 0, v, 0, 0, 0, slot);
}

/* Comparisons, joined or negated. */
static ir_ref condition(void)
{
    enum ir_type t = below(2) ? IR_I64 : IR_I32, s = integers || below(2) ? IR_VOID : below(2) ? IR_F64 : IR_F32;
    switch (below(6)) {
    case 0: return emit(IR_and, IR_I1, 0, condition(), condition(), 0, 0);
    case 1: return emit(IR_or, IR_I1, 0, condition(), condition(), 0, 0);
    case 2: return emit(IR_not, IR_I1, 0, condition(), 0, 0, 0);
    case 3: return value(IR_I1);
    default:
        if (s)
            return emit(IR_fcmp, IR_I1, below(6) | (below(2) ? IR_FSIGNAL : 0), value(s), value(s), 0, 0);
        return emit(IR_cmp, IR_I1, below(10), value(t), below(2) ? value(t) : ir_const(&fn, t, (int64_t)below(3)), 0, 0);
    }
}

static void put(void)
{
    if (!below(5)) {        /* flag words live in their slot as front ends have it */
        enum ir_type t = below(2) ? IR_I64 : IR_I32;
        ir_ref f;
        switch (below(5)) {
        case 3:
            f = emit(IR_select, IR_I32, 0, condition(), emit(IR_flagsub, IR_I32, 0, value(t), value(t), 0, 0), ir_const(&fn, IR_I32, below(2) ? IR_FLAG_N | IR_FLAG_V : IR_FLAG_C), 0);
            break;
        case 4: {
            enum ir_type s = integers ? IR_VOID : below(2) ? IR_F64 : IR_F32;
            if (s) {
                f = emit(IR_flagfcmp, IR_I32, below(2), value(s), value(s), 0, 0);
                break;
            }
        } /* fall through */
        case 0: f = emit(IR_flagsub, IR_I32, 0, value(t), value(t), 0, 0); break;
        case 1: f = emit(IR_flagadc, IR_I32, 0, value(t), value(t), below(2) ? ir_const(&fn, IR_I1, below(2)) : value(IR_I1), 0); break;
        default: f = emit(IR_flaglogic, IR_I32, 0, below(2) ? value(t) : emit(IR_and, t, 0, value(t), value(t), 0, 0), 0, 0, 0); break;
        }
        put_value(SLOT_NZCV, f);
        return;
    }
    unsigned slot = below(integers ? SLOT_BASE : NSLOTS);
    if (slot == SLOT_BASE || slot == SLOT_BAD || slot == SLOT_NZCV || slot == SLOT_COUNT)
        slot = below(NX - 1);
    put_value(slot, value((enum ir_type)slots[slot].type));
}

/* An address inside memory, sometimes outside. */
static ir_ref address(void)
{
    if (!below(40))
        return below(2) ? get(SLOT_BAD) : value(IR_I64);
    ir_ref base = get(SLOT_BASE);
    if (!below(3))
        return base;
    ir_ref index = emit(IR_and, IR_I64, 0, value(IR_I64), ir_const(&fn, IR_I64, 0xff), 0, 0);
    if (below(2))
        index = emit(IR_shl, IR_I64, 0, index, ir_const(&fn, IR_I64, below(4)), 0, 0);
    return emit(IR_add, IR_I64, 0, base, index, 0, 0);
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
        ir_ref v = value(t);
        ir_store(&fn, size | (below(8) || !integer ? 0 : IR_MBE) | (order & IR_MREL), a, v);
        break;
    }
    case 6:
        if (!integer)
            break;
        ir_append(&fn, IR_amo, t, size | (below(2) ? IR_MSIGN : 0), a, value(t), 0, 0, below(10));
        break;
    case 7: {
        if (t == IR_V128) {
            ir_ref at = emit(IR_and, IR_I64, 0, a, ir_const(&fn, IR_I64, -16), 0, 0);
            ir_ref expected = below(2) ? value(t) : ir_append(&fn, IR_load, t, IR_M128, at, 0, 0, 0, 0);
            ir_append(&fn, IR_cas, t, IR_M128, at, expected, value(t), 0, 0);
        }
        if (!integer)
            break;
        ir_ref b = value(t), v = value(t), held = below(4) ? a : value(IR_I64);
        if (below(2))
            ir_append(&fn, IR_cas, t, size | (below(2) ? IR_MSIGN : 0), a, b, v, 0, 0);
        else
            ir_append(&fn, IR_stx, IR_I32, size, a, b, v, held, 0);
        break;
    }
    }
}

static void exit_op(void)
{
    ir_ref cond;
    unsigned dead = 0;
    switch (below(6)) {
    case 0: cond = value(IR_I1); break;
    case 4: cond = condition(); break;
    case 1: {
        enum ir_type t = below(2) ? IR_I64 : IR_I32;
        cond = emit(IR_cmp, IR_I1, below(10), value(t), below(2) ? value(t) : ir_const(&fn, t, (int64_t)below(3)), 0, 0);
        break;
    }
    case 2: {
        enum ir_type t = below(2) ? IR_I64 : IR_I32;
        ir_ref x = emit(IR_and, t, 0, value(t), below(2) ? value(t) : ir_const(&fn, t, (int64_t)random_int()), 0, 0);
        cond = emit(IR_cmp, IR_I1, below(4), x, ir_const(&fn, t, 0), 0, 0);
        break;
    }
    default: {
        cond = emit(IR_flagcond, IR_I1, below(14), flag_word(), 0, 0, 0);
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
    ir_ref v = emit(IR_xor, IR_I64, 0, get(SLOT_COUNT), ir_const(&fn, IR_I64, (int64_t)random_int()), 0, 0);
    if (below(2))
        v = emit(IR_zext, IR_I64, 32, emit(IR_trunc, IR_I32, 0, v, 0, 0, 0), 0, 0, 0);
    put_value(slot, v);
    return v;
}

/* Flags that the next round may see: of the counter, or of anything. */
static void loop_flags(ir_ref old, ir_ref count)
{
    ir_ref word;
    switch (below(9)) {
    case 5: word = emit(IR_flagsub, IR_I32, 0, kept(), below(2) ? get(below(NX - 1)) : ir_const(&fn, IR_I64, (int64_t)random_int()), 0, 0); break;
    case 6: word = emit(IR_flagsub, IR_I32, 0, get(below(NX - 1)), kept(), 0, 0); break;
    case 7: word = emit(IR_flagadc, IR_I32, 0, emit(IR_trunc, IR_I32, 0, kept(), 0, 0, 0), emit(IR_trunc, IR_I32, 0, kept(), 0, 0, 0), ir_const(&fn, IR_I1, below(2)), 0); break;
    case 0: word = emit(IR_flagsub, IR_I32, 0, old, ir_const(&fn, IR_I64, 1), 0, 0); break;
    case 1: word = emit(IR_flagsub, IR_I32, 0, emit(IR_trunc, IR_I32, 0, old, 0, 0, 0), ir_const(&fn, IR_I32, 1), 0, 0); break;
    case 2: word = emit(IR_flagsub, IR_I32, 0, count, below(2) ? get(below(NX - 1)) : ir_const(&fn, IR_I64, (int64_t)random_int()), 0, 0); break;
    case 3: word = emit(IR_flaglogic, IR_I32, 0, count, 0, 0, 0); break;
    case 4: word = emit(IR_flagadc, IR_I32, 0, count, get(below(NX - 1)), ir_const(&fn, IR_I1, below(2)), 0); break;
    default: return;
    }
    put_value(SLOT_NZCV, word);
}

/* A load that faults when the counter has come down to 2. */
static void late_fault(void)
{
    ir_ref back = emit(IR_shl, IR_I64, 0, get(SLOT_COUNT), ir_const(&fn, IR_I64, 3), 0, 0);
    ir_append(&fn, IR_load, IR_I64, IR_M64, emit(IR_sub, IR_I64, 0, get(SLOT_BASE), back, 0, 0), 0, 0, 0, MEMORY - 2048 + 16);
}

static void generate(void)
{
    memset(&fn.insn[0], 0, sizeof fn.insn[0]);
    ir_begin(&fn, 0x10000, slots, NSLOTS, below(2) ? IR_NAN_PROPAGATE : IR_NAN_CANON_POS);
    fn.flags = below(2) ? IR_FP_STATUS_KEPT : 0;
    folding = below(2);
    fn.lacks = folding ? be_host()->lacks : NULL;
    looping = !below(3);
    integers = integers || false;
    fn.cur_pc = fn.pc;
    unsigned n = 4 + below(below(4) ? 40 : 250);
    if (looping && below(2))
        n = below(8);
    if (looping && below(2))
        late_fault();
    while (n--) {
        guest_insn();
        switch (below(12)) {
        case 0: case 1: put(); break;
        case 2: case 3: memory_op(); break;
        case 4: exit_op(); break;
        case 5:
            if (!below(12))
                ir_helper(&fn, below(2) ? IR_I64 : IR_VOID, below(2), value(IR_I64), value(IR_I32), below(2) ? value(IR_I64) : 0, 0);
            else if (!below(4))
                ir_append(&fn, IR_fence, IR_VOID, 0, 0, 0, 0, 0, below(3));
            break;
        default: pure_op(); break;
        }
        if (fn.insn[fn.n - 1].type && below(2))
            for (unsigned s = below(NSLOTS), k = 0; k < NSLOTS; k++, s = (s + 1) % NSLOTS)
                if (slots[s].type == fn.insn[fn.n - 1].type && s != SLOT_BASE && s != SLOT_BAD && s != SLOT_NZCV && s != SLOT_COUNT) {
                    put_value(s, fn.n - 1);
                    break;
                }
    }
    guest_insn();
    if (looping) {
        ir_ref old = get(SLOT_COUNT), count = ir_emit(&fn, IR_sub, IR_I64, 0, old, ir_const(&fn, IR_I64, 1), 0, 0);
        loop_flags(old, count);
        put_value(SLOT_COUNT, count);
        ir_ref end = ir_emit(&fn, IR_cmp, IR_I1, IR_EQ, count, ir_const(&fn, IR_I64, 0), 0, 0);
        ir_append(&fn, IR_exit_if, IR_VOID, 0, end, 0, 0, 0, 0x50000);
        ir_append(&fn, IR_jump, IR_VOID, 0, 0, 0, 0, 0, (int64_t)fn.pc);
        return;
    }
    switch (below(4)) {
    case 0: ir_append(&fn, IR_jump_ind, IR_VOID, 0, value(IR_I64), 0, 0, 0, 0); break;
    case 1: ir_append(&fn, IR_trap, IR_VOID, IR_TRAP_SYSCALL, 0, 0, 0, 0, 0x30000); break;
    case 2: ir_append(&fn, IR_ret, IR_VOID, 0, value(IR_I64), 0, 0, 0, 0); break;
    default: ir_append(&fn, IR_jump, IR_VOID, 0, 0, 0, 0, 0, 0x40000); break;
    }
}

/* ---- helpers of the tests' guest ---- */

static uint64_t mix(void *regs, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    uint64_t *x = regs;
    x[1] += a ^ (uint32_t)b;
    x[3] = x[2] + c;
    x[5] ^= d;
    return a * 3 + (uint32_t)b;
}
static uint64_t peek(void *regs, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    uint64_t base, *x = regs;
    (void)b, (void)c, (void)d;
    memcpy(&base, (uint8_t *)regs + slots[SLOT_BASE].off, 8);
    uint64_t v = *(volatile uint64_t *)(base + (a & 31 ? a & 0xff8 : MEMORY + 64));
    x[4] += v;
    return v;
}

/* ---- comparing ---- */

struct outcome { uint8_t regs[REGS], memory[MEMORY]; struct h_outcome o; };

static void fill(uint8_t *regs)
{
    memset(regs, 0, REGS);
    for (unsigned s = 0; s < NSLOTS; s++) {
        uint64_t v[2] = {random_int(), random_int()};
        if (s == SLOT_COUNT)
            v[0] = 1 + below(5);
        else if (s == SLOT_BASE)
            v[0] = (uint64_t)memory + 2048;
        else if (s == SLOT_BAD)
            v[0] = (uint64_t)memory + MEMORY + 128;
        else if (s == SLOT_NZCV)
            v[0] &= IR_FLAG_N | IR_FLAG_Z | IR_FLAG_C | IR_FLAG_V;
        else if (slots[s].type >= IR_V64)
            random_lanes(v);
        else if (slots[s].type >= IR_F16)
            v[0] = random_float(float_bits(slots[s].type));
        static const uint8_t size[IR_TYPE_COUNT] = {0, 1, 4, 8, 2, 4, 8, 8, 16};
        memcpy(regs + slots[s].off, v, size[slots[s].type]);
    }
}

static void fill_memory(void)
{
    for (unsigned i = 0; i < MEMORY; i++)
        memory[i] = (uint8_t)(i * 37 + (i >> 5));
}

static void dump(const struct outcome *x, const struct outcome *y)
{
    for (unsigned s = 0; s < NSLOTS; s++)
        if (memcmp(x->regs + slots[s].off, y->regs + slots[s].off, 16)) {
            uint64_t a[2], b[2];
            memcpy(a, x->regs + slots[s].off, 16);
            memcpy(b, y->regs + slots[s].off, 16);
            printf("  slot %u %s: %lx:%lx, host %lx:%lx\n", s, slots[s].name, a[1], a[0], b[1], b[0]);
        }
    for (unsigned i = 0; i < MEMORY; i++)
        if (x->memory[i] != y->memory[i])
            printf("  memory %u: %02x, host %02x\n", i, x->memory[i], y->memory[i]);
    printf("  exit %u pc %lx trap %u flags %x; host exit %u pc %lx trap %u flags %x error %d\n", x->o.exit, x->o.pc, x->o.trap, x->o.flags, y->o.exit,
           y->o.pc, y->o.trap, y->o.flags, y->o.error);
    h_print(&fn, true);
}

/* Has the slot of flags stand for a word that is not computed yet, as the region before may have left it. */
static void leave_flags_open(uint8_t *regs, uint8_t *host_regs)
{
    static const struct { uint8_t how, op; } kinds[] = {{X_HOW_SUB, IR_flagsub}, {X_HOW_ADD, IR_flagadc}, {X_HOW_LOGIC, IR_flaglogic}};
    unsigned k = below(3), wide = below(2);
    union ir_value a = {.u64 = {random_int()}}, b = {.u64 = {below(3) ? random_int() : a.u64[0]}}, carry = {.u64 = {0}}, word;
    struct ir_insn in = {.op = kinds[k].op, .type = IR_I32, .a = 1, .b = 1, .c = 1};
    h_cpu->f.flags_a = a.u64[0];
    h_cpu->f.flags_b = b.u64[0];
    h_cpu->f.flags_how = kinds[k].how | wide | (uint32_t)slots[SLOT_NZCV].off << 8;
    if (!wide)
        a.u64[0] = (uint32_t)a.u64[0], b.u64[0] = (uint32_t)b.u64[0];
    ir_eval(&in, wide ? IR_I64 : IR_I32, 0, NULL, &a, &b, &carry, &word);
    memcpy(regs + slots[SLOT_NZCV].off, &word, 4);
    memset(host_regs + slots[SLOT_NZCV].off, 0x55, 4);
}

static bool run_one(uint8_t *regs, bool verbose)
{
    static struct outcome x, y;
    unsigned mxcsr = 0x1f80 | below(4) << 13;
    memset(&x, 0, sizeof x);
    memset(&y, 0, sizeof y);
    fill_memory();
    memcpy(h_cpu->guest, regs, REGS);
    if (below(2))
        leave_flags_open(regs, h_cpu->guest);
    memcpy(x.regs, regs, REGS);
    do
        h_interp(&fn, x.regs, mxcsr | x.o.flags, &x.o);
    while (x.o.exit == BE_EXIT_LINK && x.o.pc == fn.pc && looping);
    memcpy(x.memory, memory, MEMORY);
    fill_memory();
    h_run(&fn, mxcsr, &y.o);
    memcpy(y.regs, h_cpu->guest, REGS);
    memcpy(y.memory, memory, MEMORY);
    /* Unused operations may be dropped with their flags; the interpreter's flags are lost in its fault handler. */
    if (!(fn.flags & IR_FP_STATUS_KEPT) || x.o.exit == BE_EXIT_FAULT)
        x.o.flags = y.o.flags = 0;
    if (!memcmp(&x, &y, sizeof x))
        return true;
    if (verbose)
        dump(&x, &y);
    return false;
}

static void set_up(void)
{
    static const char *const names[] = {"x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "nzcv", "w",
                                        "base", "bad", "v0", "v1", "v2", "v3", "d0", "d1", "d2", "f", "h", "q"};
    unsigned off = 0;
    for (unsigned s = 0; s < NSLOTS; s++) {
        uint8_t type = s == SLOT_NZCV || s == SLOT_W ? IR_I32 : s >= SLOT_V && s < SLOT_D ? IR_V128 : s >= SLOT_D && s < SLOT_F ? IR_F64
                     : s == SLOT_F ? IR_F32 : s == SLOT_H ? IR_F16 : s == SLOT_Q ? IR_V64 : IR_I64;
        if (s == SLOT_V)
            off = (off + 15) & ~15u;
        slots[s] = (struct ir_slot){names[s], (uint16_t)off, type, s == SLOT_NZCV};
        off += s >= SLOT_V ? 16 : 8;
    }
    memory = mmap(NULL, MEMORY + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(memory + MEMORY, 4096, PROT_NONE);
    h_init(2);
    h_cpu->f.helpers[0] = mix;
    h_cpu->f.helpers[1] = peek;
}

/* Host features that this region does without. */
static uint32_t features_off;

static void choose_features(void)
{
    for (unsigned i = 0; be_host()->features[i]; i++)
        be_host()->set_feature(be_host()->features[i], !(features_off >> i & 1));
}

int main(int argc, char **argv)
{
    bool verbose = false, only_integers = false, only_floats = false;
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++)
        if (argv[i][1] == 'v')
            verbose = true;
        else if (argv[i][1] == 'f')
            only_floats = true;
        else
            only_integers = true;
    uint64_t first = i < argc ? strtoull(argv[i], NULL, 0) : 0;
    unsigned count = i + 1 < argc ? (unsigned)atoi(argv[i + 1]) : 2000, failed = 0, passed = 0;
    static uint8_t regs[REGS];
    set_up();
    for (uint64_t seed = first; seed < first + count; seed++) {
        random_seed(seed);
        floats = only_floats || (!only_integers && seed % 4 == 2);
        integers = !only_floats && (only_integers || seed % 2);
        features_off = below(3) ? 0 : (uint32_t)random64();
        choose_features();
        generate();
        ir_ref at;
        const char *wrong = ir_verify(&fn, &at);
        bool ok = !wrong;
        if (wrong)
            printf("region %lu: generator: v%u: %s\n", (unsigned long)seed, at, wrong);
        for (unsigned k = 0; ok && k < 4; k++) {
            fill(regs);
            ok = run_one(regs, verbose && failed < 1);
        }
        if (!ok)
            printf("FAIL: random region %lu differs (host features off: %x)\n", (unsigned long)seed, features_off);
        failed += !ok;
        passed += ok;
    }
    printf("%u passed, %u failed, 0 skipped\n", passed, failed);
    return failed != 0;
}
