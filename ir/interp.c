/* The interpreter of whole regions: the reference for what back ends generate. */
#include <string.h>

#include "ir/eval_int.h"

struct run {
    const struct ir_func *fn;
    uint8_t *regs;
    union ir_value *v;
    const struct ir_interp_ops *ops;
};

static unsigned bytes_of(enum ir_type type)
{
    static const uint8_t bytes[IR_TYPE_COUNT] = {0, 1, 4, 8, 2, 4, 8, 8, 16};
    return bytes[type];
}

static uint64_t reversed(uint64_t v, unsigned bytes) { return __builtin_bswap64(v) >> (64 - bytes * 8); }

/* A value of `bytes` bytes as the aux extends it to the type. */
static uint64_t extended(uint64_t v, unsigned bytes, unsigned aux, enum ir_type type)
{
    unsigned cut = 64 - bytes * 8;
    v = aux & IR_MSIGN ? (uint64_t)((int64_t)(v << cut) >> cut) : v << cut >> cut;
    return type == IR_I32 ? (uint32_t)v : v;
}

static uintptr_t address(const struct run *r, const struct ir_insn *in)
{
    uint64_t index = 0;
    if (in->b)
        index = in->aux & IR_MINDEX32S ? (uint64_t)(int64_t)(int32_t)r->v[in->b].u32[0] : r->v[in->b].u64[0];
    return (uintptr_t)(r->v[in->a].u64[0] + (index << ((in->aux & IR_MSCALE) >> IR_MSCALE_SHIFT)) + (uint64_t)in->imm);
}

/* One access of 1 to 8 bytes: a single host instruction, so as atomic as the guest's. */
static uint64_t read_memory(uintptr_t p, unsigned bytes)
{
    uint16_t h;
    uint32_t w;
    uint64_t d;
    switch (bytes) {
    case 1: return *(const volatile uint8_t *)p;
    case 2: memcpy(&h, (const void *)p, 2); return h;
    case 4: memcpy(&w, (const void *)p, 4); return w;
    default: memcpy(&d, (const void *)p, 8); return d;
    }
}

static void write_memory(uintptr_t p, unsigned bytes, uint64_t v)
{
    switch (bytes) {
    case 1: memcpy((void *)p, &v, 1); break;
    case 2: memcpy((void *)p, &v, 2); break;
    case 4: memcpy((void *)p, &v, 4); break;
    default: memcpy((void *)p, &v, 8); break;
    }
}

static void load(const struct run *r, const struct ir_insn *in, union ir_value *out)
{
    uintptr_t p = address(r, in);
    unsigned bytes = 1u << (in->aux & IR_MSIZE);
    union ir_value t = {{0, 0}};
    if (bytes == 16) {
        memcpy(t.b, (const void *)p, 16);
        if (in->aux & IR_MBE)
            t = (union ir_value){{__builtin_bswap64(t.u64[1]), __builtin_bswap64(t.u64[0])}};
    } else {
        uint64_t v = read_memory(p, bytes);
        if (in->aux & IR_MBE)
            v = reversed(v, bytes);
        t.u64[0] = extended(v, bytes, in->aux, (enum ir_type)in->type);
    }
    if (in->aux & (IR_MACQ | IR_MACQPC))
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    *out = t;
}

static void announce(const struct run *r, uintptr_t p, unsigned bytes)
{
    if (r->ops->writes)
        r->ops->writes(r->ops->ctx, p, bytes);
}

static void store(const struct run *r, const struct ir_insn *in)
{
    uintptr_t p = address(r, in);
    unsigned bytes = 1u << (in->aux & IR_MSIZE);
    union ir_value t = r->v[in->c];
    announce(r, p, bytes);
    if (in->aux & IR_MREL)
        __atomic_thread_fence(__ATOMIC_RELEASE);
    if (bytes == 16) {
        if (in->aux & IR_MBE)
            t = (union ir_value){{__builtin_bswap64(t.u64[1]), __builtin_bswap64(t.u64[0])}};
        memcpy((void *)p, t.b, 16);
    } else {
        write_memory(p, bytes, in->aux & IR_MBE ? reversed(t.u64[0], bytes) : t.u64[0]);
    }
    if (in->aux & IR_MREL)      /* a later acquiring load may not pass it */
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Compare and exchange; *expected becomes what memory held. */
static bool exchange(uintptr_t p, unsigned bytes, uint64_t *expected, uint64_t desired)
{
#define EXCHANGE(type)                                                                            \
    {                                                                                             \
        type e = (type)*expected;                                                                 \
        bool done = __atomic_compare_exchange_n((type *)p, &e, (type)desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
        *expected = e;                                                                            \
        return done;                                                                              \
    }
    switch (bytes) {
    case 1: EXCHANGE(uint8_t)
    case 2: EXCHANGE(uint16_t)
    case 4: EXCHANGE(uint32_t)
    default: EXCHANGE(uint64_t)
    }
#undef EXCHANGE
}

#if defined(__x86_64__)
#define NEEDS_CAS128 __attribute__((target("cx16")))
#else
#define NEEDS_CAS128
#endif

NEEDS_CAS128 static void exchange_whole(uintptr_t p, const union ir_value *expected, const union ir_value *desired, union ir_value *out)
{
    unsigned __int128 e, d, old;
    memcpy(&e, expected->b, 16);
    memcpy(&d, desired->b, 16);
    old = __sync_val_compare_and_swap((unsigned __int128 *)p, e, d);
    memcpy(out->b, &old, 16);
}

static uint64_t combined(enum ir_amo op, uint64_t a, uint64_t b, unsigned bytes)
{
    unsigned cut = 64 - bytes * 8;
    uint64_t ua = a << cut, ub = b << cut;      /* compare at the access's width */
    int64_t sa = (int64_t)ua, sb = (int64_t)ub;
    switch (op) {
    case IR_AMO_ADD: return a + b;
    case IR_AMO_AND: return a & b;
    case IR_AMO_OR: return a | b;
    case IR_AMO_XOR: return a ^ b;
    case IR_AMO_MINS: return sa < sb ? a : b;
    case IR_AMO_MAXS: return sa > sb ? a : b;
    case IR_AMO_MINU: return ua < ub ? a : b;
    case IR_AMO_MAXU: return ua > ub ? a : b;
    case IR_AMO_ANDN: return a & ~b;
    default: return b;
    }
}

static void atomic(const struct run *r, const struct ir_insn *in, union ir_value *out)
{
    uintptr_t p = (uintptr_t)r->v[in->a].u64[0];
    unsigned bytes = 1u << (in->aux & IR_MSIZE);
    uint64_t b = r->v[in->b].u64[0], c = r->v[in->c].u64[0], old;
    announce(r, p, bytes);
    if (bytes == 16) {
        exchange_whole(p, &r->v[in->b], &r->v[in->c], out);
        return;
    }
    switch (in->op) {
    case IR_amo:
        old = read_memory(p, bytes);
        while (!exchange(p, bytes, &old, combined((enum ir_amo)in->imm, old, b, bytes)))
            ;
        break;
    case IR_cas:
        old = b;
        exchange(p, bytes, &old, c);
        break;
    default:    /* stx */
        old = b;
        *out = (union ir_value){{!(p == (uintptr_t)r->v[in->d].u64[0] && exchange(p, bytes, &old, c)), 0}};
        return;
    }
    *out = (union ir_value){{extended(old, bytes, in->aux, (enum ir_type)in->type), 0}};
}

static void pure(const struct run *r, const struct ir_insn *in, union ir_value *out)
{
    const struct ir_func *fn = r->fn;
    const uint8_t *sel = in->op == IR_vshuf || in->op == IR_vconst ? fn->vconst[in->imm].b : NULL;
    ir_eval(in, ir_type_of(fn, in->a), fn->rules, sel, &r->v[in->a], &r->v[in->b], &r->v[in->c], out);
}

static bool leave(struct ir_interp_result *out, enum ir_exit_kind kind, uint64_t pc)
{
    out->kind = (uint8_t)kind;
    out->pc = pc;
    return true;
}

static inline union ir_value integer(uint64_t v) { return (union ir_value){{v, 0}}; }

static inline union ir_value read_slot(const struct run *r, const struct ir_insn *in)
{
    const uint8_t *p = r->regs + r->fn->slots[in->imm].off;
    union ir_value v = {{0, 0}};
    switch (in->type) {
    case IR_I64: case IR_F64: case IR_V64: memcpy(v.b, p, 8); break;
    case IR_I32: case IR_F32: memcpy(v.b, p, 4); break;
    case IR_V128: memcpy(v.b, p, 16); break;
    default: memcpy(v.b, p, bytes_of((enum ir_type)in->type)); break;
    }
    return v;
}

static inline void write_slot(const struct run *r, const struct ir_insn *in)
{
    const struct ir_slot *slot = &r->fn->slots[in->imm];
    const union ir_value *v = &r->v[in->a];
    uint8_t *p = r->regs + slot->off;
    switch (slot->type) {
    case IR_I64: case IR_F64: case IR_V64: memcpy(p, v->b, 8); break;
    case IR_I32: case IR_F32: memcpy(p, v->b, 4); break;
    case IR_V128: memcpy(p, v->b, 16); break;
    default: memcpy(p, v->b, bytes_of((enum ir_type)slot->type)); break;
    }
}

/* Runs one instruction; true if it left the region. */
static inline bool step(const struct run *r, ir_ref i, struct ir_interp_result *out)
{
    const struct ir_insn *in = &r->fn->insn[i];
    union ir_value *v = r->v;
    switch (in->op) {
    case IR_const: v[i] = integer(ir_int_narrowed((enum ir_type)in->type, (uint64_t)in->imm)); return false;
    case IR_get: v[i] = read_slot(r, in); return false;
    case IR_put: write_slot(r, in); return false;
    case IR_load: out->at = i; load(r, in, &v[i]); return false;
    case IR_store: out->at = i; store(r, in); return false;
    case IR_amo: case IR_cas: case IR_stx: out->at = i; atomic(r, in, &v[i]); return false;
    case IR_fence: __atomic_thread_fence(__ATOMIC_SEQ_CST); return false;
    case IR_prefetch: case IR_block: return false;
    case IR_exit_if: return (v[in->a].u64[0] & 1) && leave(out, IR_EXIT_JUMP, (uint64_t)in->imm);
    case IR_jump: return leave(out, IR_EXIT_JUMP, (uint64_t)in->imm);
    case IR_jump_ind: return leave(out, IR_EXIT_JUMP, v[in->a].u64[0]);
    case IR_ret: return leave(out, IR_EXIT_RET, v[in->a].u64[0]);
    case IR_call:
        out->ret_pc = v[in->b].u64[0];
        return leave(out, IR_EXIT_CALL, in->aux ? v[in->a].u64[0] : (uint64_t)in->imm);
    case IR_trap: case IR_trap_if:
        if (in->op == IR_trap_if && !(v[in->a].u64[0] & 1))
            return false;
        out->trap = (uint8_t)in->aux;
        return leave(out, IR_EXIT_TRAP, (uint64_t)in->imm);
    case IR_helper:
        out->at = i;
        v[i] = integer(r->ops->helpers[in->imm](r->regs, v[in->a].u64[0], v[in->b].u64[0], v[in->c].u64[0], v[in->d].u64[0]));
        return false;
    default:
        if (ir_is_int_op(in->op))
            v[i] = integer(ir_int_op(in, ir_type_of(r->fn, in->a), v[in->a].u64[0], v[in->b].u64[0], v[in->c].u64[0]));
        else
            pure(r, in, &v[i]);
        return false;
    }
}

bool ir_interp_address(const struct ir_func *fn, ir_ref at, const union ir_value *values, uint64_t *out)
{
    const struct ir_insn *in = &fn->insn[at];
    const struct run r = {fn, NULL, (union ir_value *)values, NULL};
    if (!(ir_ops[in->op].flags & IR_OPF_F) || in->op == IR_helper)
        return false;
    *out = in->op == IR_load || in->op == IR_store ? address(&r, in) : values[in->a].u64[0];
    return true;
}

/* Where the block begins to which the exit leads that was just taken, if it is to be followed; else 0. */
static ir_ref followed(const struct run *r, ir_ref at)
{
    const struct ir_insn *in = &r->fn->insn[at];
    if (!r->ops->follow || (in->op != IR_exit_if && in->op != IR_jump) || !(in->aux & IR_EXIT_BLOCK))
        return 0;
    ir_ref i = 1;
    while (r->fn->insn[i].op != IR_block || r->fn->insn[i].aux != ir_exit_number(in->aux))
        i++;
    return r->ops->follow(r->ops->ctx, at, i) ? i : 0;
}

void ir_interp(const struct ir_func *fn, void *regs, struct ir_interp_result *out, const struct ir_interp_ops *ops)
{
    struct run r = {fn, regs, ops->values, ops};
    ops->values[0] = (union ir_value){{0, 0}};
    memset(out, 0, sizeof *out);
    for (ir_ref i = ops->start ? ops->start : 1; i < fn->n; i++) {
        if (step(&r, i, out)) {
            ir_ref block = followed(&r, i);
            if (!block) {
                out->left = i;
                return;
            }
            i = block;
        }
    }
}
