/*
 * The builder: appends instructions to a region, each pure one after folding (fold.c) and value
 * numbering, and keeps the known values of the guest's register slots.
 */
#include <string.h>

#include "ir/expand.h"
#include "ir/fold.h"
#include "ir/ir.h"

static void forget_numbers(struct ir_func *fn)
{
    for (uint32_t i = 0; i < fn->nhash_used; i++)
        fn->hash_head[fn->hash_used[i]] = 0;
    fn->nhash_used = 0;
}

void ir_begin(struct ir_func *fn, uint64_t pc, const struct ir_slot *slots, unsigned nslots, unsigned rules)
{
    forget_numbers(fn);
    memset(fn->slot_value, 0, nslots * sizeof fn->slot_value[0]);
    memset(&fn->insn[0], 0, sizeof fn->insn[0]);
    fn->pc = fn->pc_end = fn->cur_pc = fn->next_pc = pc;
    fn->slots = slots;
    fn->nslots = nslots;
    fn->rules = (uint8_t)rules;
    fn->flags = 0;
    fn->mode = 0;
    fn->addr_mask = 0;
    fn->watch = 0;
    fn->n = 1;
    fn->fp_floor = 1;
    fn->nguest = 0;
    fn->nblocks = 0;
    fn->nvconsts = 0;
    fn->flow = (struct ir_flow){0};
}

void ir_mark(const struct ir_func *fn, struct ir_mark *m)
{
    *m = (struct ir_mark){.n = fn->n, .nvconsts = fn->nvconsts, .nguest = fn->nguest, .nblocks = fn->nblocks, .fp_floor = fn->fp_floor};
    memcpy(m->slot_value, fn->slot_value, fn->nslots * sizeof fn->slot_value[0]);
}

void ir_rollback(struct ir_func *fn, const struct ir_mark *m)
{
    fn->n = m->n;
    fn->nvconsts = m->nvconsts;
    fn->nguest = m->nguest;
    fn->nblocks = m->nblocks;
    fn->fp_floor = m->fp_floor;
    memcpy(fn->slot_value, m->slot_value, fn->nslots * sizeof fn->slot_value[0]);
    forget_numbers(fn);
}

/*
 * What decides whether two pure instructions are equal, as whole words: reading the fields just
 * written one by one as words would stall on the store buffer, so words are made in registers.
 */
struct number { uint64_t what, operands, imm; };

static inline struct number number_of(const struct ir_insn *k)
{
    return (struct number){
        (uint64_t)k->op | (uint64_t)k->type << 8 | (uint64_t)k->aux << 16 | (uint64_t)k->a << 32,
        (uint64_t)k->b | (uint64_t)k->c << 32,
        (uint64_t)k->imm,
    };
}
_Static_assert(offsetof(struct ir_insn, a) == 4 && offsetof(struct ir_insn, b) == 8 && offsetof(struct ir_insn, d) == 16 &&
               offsetof(struct ir_insn, imm) == 24, "the words of struct number are an instruction's");

static inline unsigned hash_of(struct number n)
{
    uint64_t h = (n.what ^ n.imm) * 0x9e3779b97f4a7c15u ^ n.operands * 0xc2b2ae3d27d4eb4fu;
    return (unsigned)(h >> 40) % IR_HASH;
}

typedef uint64_t __attribute__((may_alias)) insn_word;

static inline bool is_numbered(const struct ir_insn *in, struct number n)
{
    const insn_word *w = (const insn_word *)in;
    return w[0] == n.what && w[1] == n.operands && w[3] == n.imm;
}

static inline void write_insn(struct ir_insn *in, struct number n)
{
    volatile insn_word *w = (volatile insn_word *)in;   /* volatile: or they are gathered into vectors on the stack */
    w[0] = n.what;
    w[1] = n.operands;
    w[2] = 0;
    w[3] = n.imm;
}

static inline ir_ref appended(struct ir_func *fn, struct number n)
{
    ir_ref r = fn->n++;
    if (__builtin_expect(r >= IR_MAX_INSNS, 0))
        __builtin_trap();
    write_insn(&fn->insn[r], n);
    return r;
}

/* Appends the instruction, or finds the equal one. */
static inline ir_ref numbered(struct ir_func *fn, struct number n)
{
    if (fn->as_is)
        return appended(fn, n);
    unsigned h = hash_of(n);
    /* Across a barrier the rounding mode and the status flags may have changed hands. */
    ir_ref floor = ir_ops[n.what & 0xff].flags & IR_OPF_S ? fn->fp_floor : 1;
    for (ir_ref r = fn->hash_head[h]; r >= floor; r = fn->hash_next[r])
        if (is_numbered(&fn->insn[r], n))
            return r;
    ir_ref r = appended(fn, n);
    if (!fn->hash_head[h])
        fn->hash_used[fn->nhash_used++] = (uint16_t)h;
    fn->hash_next[r] = fn->hash_head[h];
    fn->hash_head[h] = (uint16_t)r;
    return r;
}

static bool is_half(const struct ir_func *fn, const struct ir_insn *in)
{
    unsigned a = fn->insn[in->a].type, lane = in->aux & 3;
    if (in->type == IR_F16 || a == IR_F16)
        return true;
    return a >= IR_V64 && (lane == IR_H || (in->op == IR_vfcvtn && lane == IR_S));
}

bool ir_fp_whole(const struct ir_func *fn, const struct ir_insn *in)
{
    if (in->imm || ((in->op == IR_fcvt || in->op == IR_vfcvtn) && in->aux & IR_CVT_ODD))
        return true;
    unsigned rules = fn->rules;
    if (rules & IR_FP_EXACT_STATUS && rules & IR_FP_FLUSH)
        return true;
    return rules & (IR_FP_FLUSH16 | IR_FP_ALT_HALF) && is_half(fn, in);
}

/* An op that the back end lacks, in some of its forms, rewritten; 0 if it has this form. */
static __attribute__((noinline)) ir_ref expanded(struct ir_func *fn, struct ir_insn *k)
{
    bool lacking = fn->lacks[k->op] & (1u << (k->aux & 3) | (k->aux & (IR_SH_ROUND | IR_SH_SAT) ? 16 : 0));
    return lacking && !(ir_ops[k->op].flags & IR_OPF_S && ir_fp_whole(fn, k)) ? ir_expand(fn, k) : 0;
}

ir_ref ir_emit(struct ir_func *fn, enum ir_op op, enum ir_type type, unsigned aux, ir_ref a, ir_ref b, ir_ref c, int64_t imm)
{
    if (__builtin_expect(!(ir_ops[op].flags & IR_OPF_P), 0))
        return ir_append(fn, op, type, aux, a, b, c, 0, imm);
    struct ir_insn k = {.op = (uint8_t)op, .type = (uint8_t)type, .aux = (uint16_t)aux, .a = a, .b = b, .c = c, .imm = imm};
    if (fn->as_is)
        return numbered(fn, number_of(&k));
    ir_ref r = ir_fold(fn, &k);
    if (r)
        return r;
    if (fn->lacks && __builtin_expect(fn->lacks[k.op], 0) && (r = expanded(fn, &k)) != 0)
        return r;
    return numbered(fn, number_of(&k));
}

/* The bits of an address that count. Those of the code itself are whole. */
static ir_ref masked(struct ir_func *fn, ir_ref addr)
{
    const struct ir_insn *in = &fn->insn[addr];
    return in->op == IR_const && in->aux ? addr : ir_op2i(fn, IR_and, addr, (int64_t)fn->addr_mask);
}

void ir_watch(struct ir_func *fn, ir_ref addr, ir_ref size, enum ir_access access)
{
    if (!fn->watch)
        return;
    unsigned helper = fn->watch - 1;
    ir_ref hit = ir_helper(fn, IR_I64, helper, addr, size, ir_i64(fn, access), ir_gaddr(fn, fn->cur_pc));
    ir_append(fn, IR_trap_if, IR_VOID, IR_TRAP_DEBUG, ir_cmp(fn, IR_NE, hit, ir_i64(fn, 0)), 0, 0, 0, (int64_t)fn->cur_pc);
}

static void watch_sized(struct ir_func *fn, ir_ref addr, unsigned mem, enum ir_access access)
{
    ir_watch(fn, addr, ir_i64(fn, (int64_t)1 << (mem & IR_MSIZE)), access);
}

static __attribute__((noinline)) ir_ref after_barrier(struct ir_func *fn, unsigned op, ir_ref r)
{
    ir_barrier(fn);
    if (op == IR_call || op == IR_block)    /* nothing computed before survives to a call's return site, or into a block */
        forget_numbers(fn);
    fn->nblocks += op == IR_block;
    return r;
}

/* Writes the instruction as it stands. */
static inline ir_ref append(struct ir_func *fn, unsigned op, unsigned type, unsigned aux, ir_ref a, ir_ref b, ir_ref c, ir_ref d, int64_t imm)
{
    ir_ref r = fn->n++;
    if (__builtin_expect(r >= IR_MAX_INSNS, 0))
        __builtin_trap();
    volatile insn_word *w = (volatile insn_word *)&fn->insn[r];     /* as in write_insn */
    w[0] = (uint64_t)op | (uint64_t)type << 8 | (uint64_t)aux << 16 | (uint64_t)a << 32;
    w[1] = (uint64_t)b | (uint64_t)c << 32;
    w[2] = (uint64_t)d | (fn->cur_pc - fn->pc) << 32;
    w[3] = (uint64_t)imm;
    return r;
}

static inline ir_ref append_any(struct ir_func *fn, unsigned op, unsigned type, unsigned aux, ir_ref a, ir_ref b, ir_ref c, ir_ref d, int64_t imm)
{
    ir_ref r = append(fn, op, type, aux, a, b, c, d, imm);
    return __builtin_expect(ir_ops[op].flags & IR_OPF_B, 0) ? after_barrier(fn, op, r) : r;
}

static __attribute__((noinline)) ir_ref append_with_care(struct ir_func *fn, unsigned op, unsigned type, unsigned aux, ir_ref a, ir_ref b, ir_ref c, ir_ref d, int64_t imm)
{
    bool atomic = op == IR_amo || op == IR_cas || op == IR_stx;
    if (fn->watch && atomic)
        watch_sized(fn, a, aux, IR_READS | IR_WRITES);
    if (fn->addr_mask && (atomic || op == IR_prefetch)) {
        a = masked(fn, a);
        if (op == IR_stx)
            d = masked(fn, d);
    }
    return append_any(fn, op, type, aux, a, b, c, d, imm);
}

ir_ref ir_append(struct ir_func *fn, enum ir_op op, enum ir_type type, unsigned aux, ir_ref a, ir_ref b, ir_ref c, ir_ref d, int64_t imm)
{
    if (__builtin_expect((fn->watch | fn->addr_mask) != 0, 0))
        return append_with_care(fn, op, type, aux, a, b, c, d, imm);
    return append_any(fn, op, type, aux, a, b, c, d, imm);
}

static int64_t canonical(enum ir_type type, int64_t bits)
{
    switch (type) {
    case IR_I1: return bits & 1;
    case IR_I32: return (int32_t)bits;
    case IR_F16: return (uint16_t)bits;
    case IR_F32: return (uint32_t)bits;
    default: return bits;
    }
}

ir_ref ir_const(struct ir_func *fn, enum ir_type type, int64_t bits)
{
    return numbered(fn, (struct number){IR_const | (uint64_t)type << 8, 0, (uint64_t)canonical(type, bits)});
}

ir_ref ir_gaddr(struct ir_func *fn, uint64_t addr)
{
    return numbered(fn, (struct number){IR_const | (uint64_t)IR_I64 << 8 | 1u << 16, 0, addr});
}

unsigned ir_vconst_index(struct ir_func *fn, const uint8_t bytes[16])
{
    for (unsigned i = 0; i < fn->nvconsts; i++)
        if (!memcmp(fn->vconst[i].b, bytes, 16))
            return i;
    if (__builtin_expect(fn->nvconsts >= IR_MAX_VCONSTS, 0))
        __builtin_trap();
    memcpy(fn->vconst[fn->nvconsts].b, bytes, 16);
    return fn->nvconsts++;
}

ir_ref ir_vconst(struct ir_func *fn, enum ir_type type, const uint8_t bytes[16])
{
    uint8_t low[16] = {0};
    if (type == IR_V64) {
        memcpy(low, bytes, 8);
        bytes = low;
    }
    return numbered(fn, (struct number){IR_vconst | (uint64_t)type << 8, 0, ir_vconst_index(fn, bytes)});
}

ir_ref ir_get(struct ir_func *fn, unsigned slot)
{
    ir_ref r = fn->slot_value[slot];
    if (!r)
        r = fn->slot_value[slot] = append(fn, IR_get, fn->slots[slot].type, 0, 0, 0, 0, 0, slot);
    return r;
}

void ir_put(struct ir_func *fn, unsigned slot, ir_ref value)
{
    if (fn->slot_value[slot] == value)
        return;
    append(fn, IR_put, IR_VOID, 0, value, 0, 0, 0, slot);
    fn->slot_value[slot] = value;
}

struct address { ir_ref base, index; unsigned scale; int64_t disp; };

/* Splits an address into base + (index << scale) + displacement. */
static struct address split(const struct ir_func *fn, ir_ref addr)
{
    struct address s = {.base = addr};
    for (;;) {
        const struct ir_insn *in = &fn->insn[s.base];
        if (in->op != IR_add || ir_is_put(fn, s.base))
            return s;
        const struct ir_insn *b = &fn->insn[in->b];
        if (b->op == IR_const && !b->aux) {
            int64_t disp;
            if (__builtin_add_overflow(s.disp, b->imm, &disp) || disp != (int32_t)disp)
                return s;
            s.disp = disp;
            s.base = in->a;
            continue;
        }
        if (s.index)
            return s;
        const struct ir_insn *a = &fn->insn[in->a];
        s.index = in->b;
        s.base = in->a;
        if (b->op == IR_shl && ir_is_const(fn, b->b) && (uint64_t)ir_imm(fn, b->b) <= 3) {
            s.index = b->a;
            s.scale = (unsigned)ir_imm(fn, b->b);
        } else if (a->op == IR_shl && ir_is_const(fn, a->b) && (uint64_t)ir_imm(fn, a->b) <= 3) {
            s.index = a->a;
            s.scale = (unsigned)ir_imm(fn, a->b);
            s.base = in->b;
        }
    }
}

/* As split of addr + disp, but without building the sum where that can be avoided. */
static struct address split_at(struct ir_func *fn, ir_ref addr, int64_t disp)
{
    if (__builtin_expect(fn->addr_mask != 0, 0))
        return split(fn, masked(fn, disp ? ir_op2i(fn, IR_add, addr, disp) : addr));
    struct address s = split(fn, addr);
    int64_t sum;
    if (__builtin_add_overflow(s.disp, disp, &sum) || sum != (int32_t)sum)
        return split(fn, ir_op2i(fn, IR_add, addr, disp));
    s.disp = sum;
    return s;
}

/* The size of an access: integers' stands in aux, the others have their own. */
static unsigned mem_of(enum ir_type type, unsigned mem)
{
    static const uint8_t own[IR_TYPE_COUNT] = {[IR_F16] = IR_M16, [IR_F32] = IR_M32, [IR_F64] = IR_M64, [IR_V64] = IR_M64, [IR_V128] = IR_M128};
    return own[type] ? own[type] : mem;
}

ir_ref ir_load_at(struct ir_func *fn, enum ir_type type, unsigned mem, ir_ref addr, int64_t disp)
{
    if (__builtin_expect(fn->watch != 0, 0))
        watch_sized(fn, ir_op2i(fn, IR_add, addr, disp), mem_of(type, mem), IR_READS);
    struct address s = split_at(fn, addr, disp);
    return append(fn, IR_load, type, mem | s.scale << IR_MSCALE_SHIFT, s.base, s.index, 0, 0, s.disp);
}

/* The value to store instead of `value`: without conversions that do not touch the bytes written. */
static ir_ref stored(const struct ir_func *fn, ir_ref value, unsigned mem)
{
    unsigned bits = 8u << (mem & IR_MSIZE);
    for (;;) {
        const struct ir_insn *in = &fn->insn[value];
        bool skip = false;
        switch (in->op) {
        case IR_trunc: skip = true; break;
        case IR_sext: case IR_zext: skip = in->aux >= bits && in->aux != 1; break;
        case IR_fbits:
            return fn->insn[in->a].type == IR_F16 + (int)(mem & IR_MSIZE) - IR_M16 ? in->a : value;
        case IR_ffrombits:
            return in->type == IR_F16 ? value : in->a;
        case IR_and:
            skip = bits < 64 && ir_is_const(fn, in->b) && !(~ir_imm(fn, in->b) & ((1ll << bits) - 1));
            break;
        default: break;
        }
        if (!skip || ir_is_put(fn, value))
            return value;
        value = in->a;
    }
}

void ir_store_at(struct ir_func *fn, unsigned mem, ir_ref addr, int64_t disp, ir_ref value)
{
    if (__builtin_expect(fn->watch != 0, 0))
        watch_sized(fn, ir_op2i(fn, IR_add, addr, disp), mem_of((enum ir_type)fn->insn[value].type, mem), IR_WRITES);
    struct address s = split_at(fn, addr, disp);
    if (!(mem & IR_MBE) && (mem & IR_MSIZE) <= IR_M64)
        value = stored(fn, value, mem);
    append(fn, IR_store, IR_VOID, mem | s.scale << IR_MSCALE_SHIFT, s.base, s.index, value, 0, s.disp);
}

void ir_barrier(struct ir_func *fn)
{
    memset(fn->slot_value, 0, fn->nslots * sizeof fn->slot_value[0]);
    fn->fp_floor = fn->n;
}

ir_ref ir_fp_get(struct ir_func *fn, unsigned order)
{
    fn->fp_floor = fn->n;
    return ir_append(fn, IR_fpget, IR_I32, order, 0, 0, 0, 0, 0);
}

void ir_fp_set(struct ir_func *fn, unsigned order, ir_ref flags)
{
    ir_append(fn, IR_fpset, IR_VOID, order, flags, 0, 0, 0, 0);
    fn->fp_floor = fn->n;
}

ir_ref ir_helper(struct ir_func *fn, enum ir_type type, unsigned h, ir_ref a, ir_ref b, ir_ref c, ir_ref d)
{
    return ir_append(fn, IR_helper, type, 0, a, b, c, d, h);
}
