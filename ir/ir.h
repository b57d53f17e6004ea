/*
 * The intermediate representation shared by every guest and host.
 *
 * A function (struct ir_func) is one translated region: an array of instructions in SSA form, an
 * instruction's index being the name of its result (ir_ref; 0 is "none"). The quick plan's region
 * is a trace: one entry, executed in order, left by side exits (exit_if) and by a last instruction
 * that ends it. The hot plan's is made of such traces, its blocks, between which values pass in guest
 * registers' slots only: a block begins with op block, runs to an op with flag X, and is reached by exits that
 * name it. The region is entered at its first block. No guest concept appears here: guest registers are numbered slots described by
 * `struct ir_slot`, flags are ordinary I32 values in the layout of ops.def.
 *
 * State. `put`s stand in the guest's program order; a backend may delay the store to the cpu state,
 * as long as every exit finds memory up to date and every instruction that may fault (flag F)
 * has a record from which the values of all slots, as of the puts before it, can be rebuilt.
 *
 * fpstatus. Ops with flag S compute under the rounding mode in force when the region runs and raise
 * sticky exception flags. They may be removed where unused only if IR_FP_STATUS_KEPT is not set in
 * the function's flags; they may be merged with an identical earlier one.
 *
 * Nothing here allocates from malloc while a region is built: all arrays belong to an arena that
 * the caller provides once and that is reused region after region. Not thread-safe: one function
 * is built by one thread.
 */
#ifndef IR_IR_H
#define IR_IR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t ir_ref;

enum ir_type {
    IR_VOID, IR_I1, IR_I32, IR_I64, IR_F16, IR_F32, IR_F64, IR_V64, IR_V128, IR_TYPE_COUNT
};

enum ir_op {
#define OP(name, sig, flags, text) IR_##name,
#include "ir/ops.def"
#undef OP
    IR_OP_COUNT
};

/* Flag letters of ops.def. */
enum {
    IR_OPF_P = 1, IR_OPF_C = 2, IR_OPF_F = 4, IR_OPF_W = 8, IR_OPF_R = 16,
    IR_OPF_X = 32, IR_OPF_E = 64, IR_OPF_B = 128, IR_OPF_S = 256,
};

struct ir_op_info {
    const char *name;
    const char *sig;    /* as in ops.def */
    uint16_t flags;     /* IR_OPF_* */
    uint8_t nargs;      /* operands that are values (from sig) */
};
extern const struct ir_op_info ir_ops[IR_OP_COUNT];
extern const char *const ir_type_names[IR_TYPE_COUNT];

/* Vector lane kinds, the low bits of aux. */
enum ir_lane { IR_B, IR_H, IR_S, IR_D, IR_LANE_MASK = 7 };
static inline unsigned ir_lane_bits(unsigned aux) { return 8u << (aux & 3); }

/* Integer conditions (cmp's aux). cc ^ 1 is the negation. */
enum ir_cc { IR_EQ, IR_NE, IR_LTS, IR_GES, IR_LES, IR_GTS, IR_LTU, IR_GEU, IR_LEU, IR_GTU };

/* Conditions on a flag word (flagcond's aux), in A64's order; cc ^ 1 is the negation. */
enum ir_fcc {
    IR_F_EQ, IR_F_NE, IR_F_CS, IR_F_CC, IR_F_MI, IR_F_PL, IR_F_VS, IR_F_VC,
    IR_F_HI, IR_F_LS, IR_F_GE, IR_F_LT, IR_F_GT, IR_F_LE
};
enum { IR_FLAG_N = 1 << 15, IR_FLAG_Z = 1 << 14, IR_FLAG_C = 1 << 8, IR_FLAG_V = 1 << 0 };

/* Float predicates: true only when ordered, but for UN. */
enum ir_fpred { IR_FEQ, IR_FLT, IR_FLE, IR_FGT, IR_FGE, IR_FUN, IR_FSIGNAL = 0x80 };

enum ir_round { IR_RN, IR_RZ, IR_RM /* down */, IR_RP /* up */, IR_RA /* ties away */, IR_RODD, IR_RCUR /* mode in force */ };
/* aux of scalar arithmetic and fcvt: with one of the first five ir_round, rounds so whatever mode is in force. */
enum { IR_ROUNDED = 8 };
enum { IR_CVT_NANMAX = 8, IR_CVT_SNAN = 8, IR_CVT_ODD = 0x10, IR_ROUND_EXACT = 0x800, IR_ROUND_64 = 0x1000 };
enum { IR_SH_ROUND = 0x10, IR_SH_SAT = 0x20 };

/* aux of load, store, amo, cas, stx. */
enum ir_mem {
    IR_M8 = 0, IR_M16 = 1, IR_M32 = 2, IR_M64 = 3, IR_M128 = 4, IR_MSIZE = 7,
    IR_MSIGN = 8,                       /* sign-extend a loaded integer */
    IR_MBE = 0x10,                      /* big-endian access */
    IR_MACQPC = 0x20,                   /* acquire, RCpc (may pass an earlier release) */
    IR_MACQ = 0x40,                     /* acquire, RCsc */
    IR_MREL = 0x80,                     /* release; a store with this is not passed by a later IR_MACQ load */
    IR_MSCALE = 0x300,                  /* index shift, 0-3, at bit 8 */
    IR_MSCALE_SHIFT = 8,
    IR_MINDEX32S = 0x400,               /* index is I32, sign-extended (unused bits: builder only forms it when told) */
};
enum ir_amo { IR_AMO_ADD, IR_AMO_AND, IR_AMO_OR, IR_AMO_XOR, IR_AMO_XCHG, IR_AMO_MINS, IR_AMO_MAXS, IR_AMO_MINU, IR_AMO_MAXU, IR_AMO_ANDN };
enum ir_fence { IR_FENCE_FULL, IR_FENCE_LOAD, IR_FENCE_STORE };

/*
 * aux of exit_if and jump: 1 + dead slot, or 0; where control goes on inside the region, IR_EXIT_BLOCK and a block's number.
 * aux of block: its number.
 */
enum { IR_MAX_BLOCKS = 128, IR_EXIT_DEAD = 0xff, IR_EXIT_NUMBER_SHIFT = 8, IR_EXIT_BLOCK = 0x8000 };
static inline unsigned ir_exit_aux(unsigned block, unsigned dead) { return IR_EXIT_BLOCK | block << IR_EXIT_NUMBER_SHIFT | dead; }
static inline unsigned ir_exit_number(unsigned aux) { return aux >> IR_EXIT_NUMBER_SHIFT & (IR_MAX_BLOCKS - 1); }

/* Why a region leaves to the runtime (trap's aux). */
enum ir_trap {
    IR_TRAP_SYSCALL,    /* pc: the instruction after the call */
    IR_TRAP_BREAK,      /* pc: the breakpoint */
    IR_TRAP_UNDEF,      /* pc: the undefined instruction */
    IR_TRAP_FLUSH,      /* own instruction stream changed; pc: the next instruction */
    IR_TRAP_FETCH,      /* instruction bytes not readable or not executable; pc: of the fetch */
    IR_TRAP_ALIGN,      /* misaligned pc or access that the ISA forbids */
    IR_TRAP_INTERP,     /* leave so that pc is looked up afresh (mode change) */
    IR_TRAP_OPERAND,    /* pc: the instruction, whose operand is illegal */
    IR_TRAP_CARE,       /* the instruction at pc must be lifted again, with care (addr_mask) */
    IR_TRAP_DEBUG,      /* a debugger's breakpoint, or a watched access that the instruction at pc is about to make */
};

/* What a float op gives when an operand or the result is a NaN. */
enum ir_nan {
    IR_NAN_CANON_POS,   /* every NaN result is the positive quiet NaN without payload (RISC-V; A64 with FPCR.DN) */
    IR_NAN_PROPAGATE,   /* A64: first signalling operand, else first quiet operand, quieted; default NaN positive */
};

/* How float ops of a region differ from IEEE 754's usual: ir_func.rules, an ir_nan and these. */
enum {
    IR_FP_TINY_BEFORE = 2,      /* underflow is judged before rounding (A64), not after (RISC-V, x86) */
    IR_FP_FLUSH = 4,            /* F32, F64: A64's FPCR.FZ. Denormal operands count as zero (IR_FP_DENORMAL); results too small before
                                   rounding become zero: underflow, not inexact */
    IR_FP_FLUSH16 = 8,          /* F16 likewise but raising no IR_FP_DENORMAL, not in conversions between formats (FPCR.FZ16) */
    IR_FP_ALT_HALF = 16,        /* conversions between formats: F16 has no infinities and NaNs (FPCR.AHP) */
    IR_FP_EXACT_STATUS = 32,    /* somebody looks at the flags. Otherwise a back end may leave underflow as the host finds it, and when
                                   flushing the other flags too; values are exact regardless */
};
static inline enum ir_nan ir_fp_nan(unsigned rules) { return (enum ir_nan)(rules & 1); }

/* Sticky floating-point exceptions, in host- and guest-neutral numbers. DENORMAL: an operand was flushed to zero. */
enum { IR_FP_INVALID = 1, IR_FP_DIVZERO = 2, IR_FP_OVERFLOW = 4, IR_FP_UNDERFLOW = 8, IR_FP_INEXACT = 16, IR_FP_DENORMAL = 32 };
/* aux of fpget and fpset: bit 4 - n stands for bit n. */
enum { IR_FP_MIRRORED = 1 };

struct ir_slot {
    const char *name;
    uint16_t off;       /* bytes from the start of struct cpu_state */
    uint8_t type;       /* enum ir_type: the only type this slot is read and written with */
    bool flags;         /* holds a flag word (I32; at most one slot does): while translated code runs, a back end may keep
                           in its own place what the word is computed from */
};

struct ir_insn {
    uint8_t op, type;
    uint16_t aux;
    ir_ref a, b, c, d;
    int32_t pc;         /* guest pc minus ir_func.pc, for ops that fault, exit or call */
    int64_t imm;
};

/* True if the instruction rounds as its aux says (IR_ROUNDED). */
static inline bool ir_own_rounding(const struct ir_insn *in)
{
    bool may = in->op == IR_fadd || in->op == IR_fsub || in->op == IR_fmul || in->op == IR_fdiv || in->op == IR_fsqrt || in->op == IR_fma || in->op == IR_fcvt;
    return may && in->type < IR_V64 && in->aux & IR_ROUNDED;
}

struct ir_vconst { uint8_t b[16]; };

enum { IR_FP_STATUS_KEPT = 1 };

/* How the guest instruction just lifted continues; the region former acts on it. */
enum ir_flow_kind {
    IR_FLOW_NEXT,       /* falls through */
    IR_FLOW_BRANCH,     /* cond ? target : next */
    IR_FLOW_JUMP,       /* direct jump to target */
    IR_FLOW_CALL,       /* direct call to target, returns to next; the link register is already put */
    IR_FLOW_JUMP_IND,   /* to the value */
    IR_FLOW_CALL_IND,   /* call to the value, returns to next */
    IR_FLOW_RET,        /* return to the value */
    IR_FLOW_TRAP,       /* leave with trap kind; target is the pc reported */
};
struct ir_flow {
    uint8_t kind;       /* enum ir_flow_kind */
    uint8_t trap;       /* enum ir_trap */
    ir_ref value;       /* condition (I1) or target (I64) */
    uint64_t target;
};

enum { IR_MAX_INSNS = 8192, IR_MAX_SLOTS = 128, IR_MAX_VCONSTS = 256, IR_HASH = 2048 };

struct ir_func {
    uint64_t pc;                /* guest address of the entry */
    uint64_t pc_end;            /* one past the highest guest byte lifted */
    const struct ir_slot *slots;
    unsigned nslots;
    uint8_t rules;              /* enum ir_nan and IR_FP_* rules */
    uint8_t flags;              /* IR_FP_STATUS_KEPT */
    uint32_t mode;              /* the guest's translation mode (fe_guest.mode), for its lifters */
    uint32_t n;                 /* instructions used; index 0 is reserved */
    uint32_t nguest;            /* guest instructions lifted */
    uint32_t nblocks;           /* blocks; 0: a trace, which has no block instruction */
    uint32_t nvconsts;
    struct ir_insn insn[IR_MAX_INSNS];
    struct ir_vconst vconst[IR_MAX_VCONSTS];

    /* Ops to rewrite into others while they are built (expand.c), by op: bit n of a byte stands for lane n, bit 4 for
     * shifts that round or saturate. A back end's table, or NULL: none. Whoever builds sets it; ir_begin keeps it. */
    const uint8_t *lacks;

    /* Not 0: the instruction being lifted needs care: memory is accessed at the bits of its addresses that are set here.
     * Whoever builds sets it per instruction; ir_begin clears it. */
    uint64_t addr_mask;
    /* Not 0: before each access helper watch - 1 is asked with its address, size and kind (ir_access); if it does not say 0, the
     * region leaves with IR_TRAP_DEBUG at the instruction. Set and cleared as addr_mask. */
    uint32_t watch;

    /* Pure ops are appended as they come, neither folded nor numbered: cheaper for who interprets them, once. Whoever builds sets it;
     * ir_begin keeps it. */
    bool as_is;

    /* Builder state. */
    uint64_t cur_pc, next_pc;   /* of the guest instruction being lifted, and of the one after it */
    struct ir_flow flow;
    ir_ref slot_value[IR_MAX_SLOTS];    /* current value of a slot, 0 unknown (in memory only) */
    uint16_t hash_head[IR_HASH];        /* value numbering: chain heads and links by instruction */
    uint16_t hash_next[IR_MAX_INSNS];
    uint16_t hash_used[IR_HASH];        /* heads to clear at the next ir_begin */
    uint32_t nhash_used;
    ir_ref fp_floor;                    /* ops with flag S before this one may not be merged with later ones */
};

/* ---- building (build.c, fold.c) ---- */

/* Starts a region at guest pc; fn's arrays are reused (all zero before the first use). slots stay owned by the caller. */
void ir_begin(struct ir_func *fn, uint64_t pc, const struct ir_slot *slots, unsigned nslots, unsigned rules);

/* True while another guest instruction of at most 256 IR instructions fits. */
static inline bool ir_has_room(const struct ir_func *fn) { return fn->n < IR_MAX_INSNS - 512 && fn->nvconsts < IR_MAX_VCONSTS - 40; }

/* A place to come back to, where what is built from here on may prove useless. */
struct ir_mark { uint32_t n, nvconsts, nguest, nblocks; ir_ref fp_floor; ir_ref slot_value[IR_MAX_SLOTS]; };
void ir_mark(const struct ir_func *fn, struct ir_mark *mark);
/* Takes back what was built since. Values from before are good; they are not numbered any more. */
void ir_rollback(struct ir_func *fn, const struct ir_mark *mark);

/* Appends a pure op after folding and value numbering (an equal earlier op is reused). aux, imm 0 if unused. */
ir_ref ir_emit(struct ir_func *fn, enum ir_op op, enum ir_type type, unsigned aux, ir_ref a, ir_ref b, ir_ref c, int64_t imm);
/* Appends any op as it stands; fills pc from cur_pc. An op with flag B implies ir_barrier; after a call
 * no value computed before it may be used (value numbering starts afresh). */
ir_ref ir_append(struct ir_func *fn, enum ir_op op, enum ir_type type, unsigned aux, ir_ref a, ir_ref b, ir_ref c, ir_ref d, int64_t imm);

ir_ref ir_const(struct ir_func *fn, enum ir_type type, int64_t bits);   /* I1..I64, F16..F64; canonical: I32 sign-extended in imm */
/* A guest address: an I64 const whose aux is 1, so that backends can record where it stands in the
 * code. Folding keeps the mark: address +- number is an address. */
ir_ref ir_gaddr(struct ir_func *fn, uint64_t addr);
ir_ref ir_vconst(struct ir_func *fn, enum ir_type type, const uint8_t bytes[16]);
unsigned ir_vconst_index(struct ir_func *fn, const uint8_t bytes[16]);  /* pool index, for vshuf */
ir_ref ir_get(struct ir_func *fn, unsigned slot);
void ir_put(struct ir_func *fn, unsigned slot, ir_ref value);

/* Loads and stores fold address arithmetic into base + (index << scale) + displacement. */
ir_ref ir_load_at(struct ir_func *fn, enum ir_type type, unsigned mem, ir_ref addr, int64_t disp);  /* at addr + disp, which costs nothing */
void ir_store_at(struct ir_func *fn, unsigned mem, ir_ref addr, int64_t disp, ir_ref value);
static inline ir_ref ir_load(struct ir_func *fn, enum ir_type type, unsigned mem, ir_ref addr) { return ir_load_at(fn, type, mem, addr, 0); }
static inline void ir_store(struct ir_func *fn, unsigned mem, ir_ref addr, ir_ref value) { ir_store_at(fn, mem, addr, 0, value); }

/* Whether a float op is computed by ir_eval as it stands, neither expanded nor left to the host: it rounds or scales as
 * hosts do not, or the region's rules are none that a host has. */
bool ir_fp_whole(const struct ir_func *fn, const struct ir_insn *in);

/* Forgets every slot's value (after an op with flag B that does not end the region). */
void ir_barrier(struct ir_func *fn);

static inline struct ir_insn *ir_at(struct ir_func *fn, ir_ref r) { return &fn->insn[r]; }
static inline enum ir_type ir_type_of(const struct ir_func *fn, ir_ref r) { return (enum ir_type)fn->insn[r].type; }
static inline bool ir_is_const(const struct ir_func *fn, ir_ref r) { return r && fn->insn[r].op == IR_const; }
static inline int64_t ir_imm(const struct ir_func *fn, ir_ref r) { return fn->insn[r].imm; }

/* Shorthands: the type comes from the first operand. */
static inline ir_ref ir_op1(struct ir_func *fn, enum ir_op op, ir_ref a) { return ir_emit(fn, op, ir_type_of(fn, a), 0, a, 0, 0, 0); }
static inline ir_ref ir_op2(struct ir_func *fn, enum ir_op op, ir_ref a, ir_ref b) { return ir_emit(fn, op, ir_type_of(fn, a), 0, a, b, 0, 0); }
static inline ir_ref ir_op2i(struct ir_func *fn, enum ir_op op, ir_ref a, int64_t imm) { return ir_emit(fn, op, ir_type_of(fn, a), 0, a, ir_const(fn, ir_type_of(fn, a), imm), 0, 0); }
static inline ir_ref ir_i32(struct ir_func *fn, int64_t v) { return ir_const(fn, IR_I32, v); }
static inline ir_ref ir_i64(struct ir_func *fn, int64_t v) { return ir_const(fn, IR_I64, v); }
static inline ir_ref ir_cmp(struct ir_func *fn, enum ir_cc cc, ir_ref a, ir_ref b) { return ir_emit(fn, IR_cmp, IR_I1, cc, a, b, 0, 0); }
static inline ir_ref ir_sel(struct ir_func *fn, ir_ref cond, ir_ref a, ir_ref b) { return ir_emit(fn, IR_select, ir_type_of(fn, a), 0, cond, a, b, 0); }
static inline ir_ref ir_trunc(struct ir_func *fn, ir_ref a) { return ir_emit(fn, IR_trunc, IR_I32, 0, a, 0, 0, 0); }
static inline ir_ref ir_sext(struct ir_func *fn, enum ir_type t, unsigned bits, ir_ref a) { return ir_emit(fn, IR_sext, t, bits, a, 0, 0, 0); }
static inline ir_ref ir_zext(struct ir_func *fn, enum ir_type t, unsigned bits, ir_ref a) { return ir_emit(fn, IR_zext, t, bits, a, 0, 0, 0); }
/* Vector op with a lane; type V64 or V128. */
static inline ir_ref ir_v(struct ir_func *fn, enum ir_op op, enum ir_type t, unsigned aux, ir_ref a, ir_ref b) { return ir_emit(fn, op, t, aux, a, b, 0, 0); }
/* The sticky floating-point exceptions, read and replaced. order: 0, or IR_FP_MIRRORED. */
ir_ref ir_fp_get(struct ir_func *fn, unsigned order);
void ir_fp_set(struct ir_func *fn, unsigned order, ir_ref flags);

/* Helper call (barrier). h: number in the guest's helper table. Result type VOID or I64. */
ir_ref ir_helper(struct ir_func *fn, enum ir_type type, unsigned h, ir_ref a, ir_ref b, ir_ref c, ir_ref d);

/* For lifters whose helper accesses memory: asks as fn->watch says; size I64. No access of the instruction may come before, nor a put. */
enum ir_access { IR_READS = 1, IR_WRITES = 2 };
void ir_watch(struct ir_func *fn, ir_ref addr, ir_ref size, enum ir_access access);

/* Control flow of the guest instruction being lifted; at most one per instruction, last. */
static inline void ir_flow_branch(struct ir_func *fn, ir_ref cond, uint64_t target) { fn->flow = (struct ir_flow){IR_FLOW_BRANCH, 0, cond, target}; }
static inline void ir_flow_jump(struct ir_func *fn, uint64_t target) { fn->flow = (struct ir_flow){IR_FLOW_JUMP, 0, 0, target}; }
static inline void ir_flow_call(struct ir_func *fn, uint64_t target) { fn->flow = (struct ir_flow){IR_FLOW_CALL, 0, 0, target}; }
static inline void ir_flow_ind(struct ir_func *fn, enum ir_flow_kind kind, ir_ref value) { fn->flow = (struct ir_flow){kind, 0, value, 0}; }
static inline void ir_flow_trap(struct ir_func *fn, enum ir_trap trap, uint64_t pc) { fn->flow = (struct ir_flow){IR_FLOW_TRAP, trap, 0, pc}; }

/* ---- reference semantics (eval.c, interp.c) ---- */

/* A value of any type; unused high bits are zero. */
union ir_value { uint64_t u64[2]; int64_t i64; uint32_t u32[4]; uint16_t u16[8]; uint8_t b[16]; float f32[4]; double f64[2]; };

/*
 * Computes any op with flag P on given operand values; the instruction gives op, type, aux, imm; rules: ir_func.rules;
 * atype: type of operand a (source type of conversions); sel: vshuf's selector or the vconst, else
 * NULL. Float ops use and raise the host thread's MXCSR. Thread-safe, async-signal-safe.
 * Translated code calls it for ops its backend does not select.
 */
void ir_eval(const struct ir_insn *in, enum ir_type atype, unsigned rules, const uint8_t *sel,
             const union ir_value *a, const union ir_value *b, const union ir_value *c, union ir_value *out);

/* The address that instruction `at`, an access of fn, has with these operand values; false if it is no plain access. */
bool ir_interp_address(const struct ir_func *fn, ir_ref at, const union ir_value *values, uint64_t *address);

/* How a region was left. */
enum ir_exit_kind { IR_EXIT_JUMP, IR_EXIT_CALL, IR_EXIT_RET, IR_EXIT_TRAP };
struct ir_interp_result {
    uint8_t kind;           /* enum ir_exit_kind; jump_ind and exit_if are jumps */
    uint8_t trap;           /* enum ir_trap */
    uint64_t pc;            /* guest pc to go on at (trap: the one it reports) */
    uint64_t ret_pc;        /* call: the return address */
    volatile uint32_t at;   /* while running: the last instruction reached that may fault; fn->pc + its pc is the guest's */
    uint32_t left;          /* the instruction that left */
};
struct ir_interp_ops {
    uint64_t (*const *helpers)(void *regs, uint64_t, uint64_t, uint64_t, uint64_t);     /* op helper's imm is the index */
    union ir_value *values; /* scratch, IR_MAX_INSNS of them */
    void (*writes)(void *ctx, uintptr_t at, unsigned bytes);    /* NULL, or called before memory is written */
    void *ctx;
    ir_ref start;           /* the instruction to begin at: 0 the first, else a block or what follows a call */
    bool (*follow)(void *ctx, ir_ref at, ir_ref block);     /* asked where exit `at` leads to a block, by where that begins: true, it goes on there,
                                                               false or NULL: it leaves for the block's pc, as exits to elsewhere do */
};

/*
 * Runs a region on a register file (laid out as its slots say) and host memory at guest addresses. A region of several
 * blocks may go round in itself: whoever follows its exits says for how long. It stops at a call too: what follows one is reached
 * as a region of its own, or by `start`. Puts take effect in
 * program order, so registers are exact when an access faults; the fault itself is the caller's.
 * fn is verified. Float ops use the host thread's MXCSR. Thread-safe, async-signal-safe.
 */
void ir_interp(const struct ir_func *fn, void *regs, struct ir_interp_result *out, const struct ir_interp_ops *ops);

/* ---- checking and text (verify.c, print.c, parse.c) ---- */

/* Returns NULL, or a message (static buffer) saying what rule instruction *at breaks. */
const char *ir_verify(const struct ir_func *fn, ir_ref *at);
/* Writes the text form through emit(ctx, text, length). */
void ir_print(const struct ir_func *fn, void (*emit)(void *ctx, const char *s, size_t n), void *ctx);
/* The lines it consists of, without their ends: the first, and that of one instruction. */
void ir_print_head(const struct ir_func *fn, void (*emit)(void *ctx, const char *s, size_t n), void *ctx);
void ir_print_insn(const struct ir_func *fn, ir_ref i, void (*emit)(void *ctx, const char *s, size_t n), void *ctx);
/* Parses the text form; returns NULL, or a message with the line number (static buffer). fn->slots must be set. */
const char *ir_parse(struct ir_func *fn, const char *text);

#endif
