/*
 * Shared by the files of this back end: the compiler object, liveness facts, the register
 * allocator's interface and the table of selection functions.
 *
 * A region is compiled in two passes over its instructions. live.c goes backward and leaves for each
 * instruction its resolved operands (x_ops) and for each value its last use and how it is used.
 * compile.c goes forward: for each live instruction the selection function of its op (sel_*.c)
 * asks the allocator (alloc.c) for registers and writes code at once.
 *
 * Where a value can be found: in a register; in the memory of a guest slot (home: an unread `get`,
 * or a value whose put has been stored); in a spill slot; nowhere, being a constant or *deferred*.
 * A deferred value (a condition used only by branches and selects, a flag word used only by
 * conditions and puts) is computed at each use, from operands that are kept alive for it.
 *
 * A put binds its slot to a value; the store is made only where it must be: at the region's end,
 * before calls and helpers, in the cold code of side exits, and when the value loses its register.
 * A value bound to a slot whose store is outstanding is always in a register or spill slot, a
 * constant, or deferred.
 *
 * Representation. I64: 64 bits. I32: zero-extended where computed here, but an operand that is a
 * truncated I64 arrives as that I64 itself, so an I32 operand's upper half is unspecified. I1: 0 or 1,
 * zero-extended. F16, F32, F64, V64: the low part of an xmm register, the rest unspecified.
 */
#ifndef BACKENDS_X86_64_X86_H
#define BACKENDS_X86_64_X86_H

#include <stddef.h>

#include "backends/backend.h"

enum x_reg {
    RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15,
    X0 = 16, X15 = 31,
    X_RIP = 0xfe, X_NONE = 0xff,
};
enum {
    X_BIAS = 128,               /* rbp points this far into the cpu state: most slots take an 8-bit displacement */
    X_COLD_SPILL = 127,         /* spill slot that side exits borrow */
    X_XTMP = X15,               /* vector scratch, never allocated; any selection function may clobber it */
    X_SLACK = 4096,             /* bytes free behind c->p before each instruction is selected */
    X_COLD = 128 << 10, X_POOL = 64 << 10, X_FAULTS = 64 << 10, X_FIXES = 4096, X_JUMPS = 2048,
    X_OBSERVERS = IR_MAX_INSNS,
    X_CARRIED = 20,
    X_IN_COLD = 1 << 30,        /* marks offsets that are still relative to the cold code */
};
#define X_GPRS 0x0000ffcfu      /* allocatable: all but rsp and rbp */
#define X_XMMS 0x7fff0000u
#define X_CALLER_SAVED (0xffff0000u | 1u << RAX | 1u << RCX | 1u << RDX | 1u << RSI | 1u << RDI | 0xfu << R8)

/* Indices of be_frame.stubs. */
enum x_stub { X_ENTER, X_LEAVE, X_LINK, X_LOOKUP, X_POLL, X_TRAP, X_RET_MISS, X_BASE, X_HELPER, X_EVAL, X_REPAIR, X_SETTLE, X_STUBS };

struct x_mem { uint8_t base, index, scale; int32_t disp; };

/* Resolved operands: conversions that cost nothing are looked through (x_root). */
struct x_ops { uint16_t a, b, c, d; };

enum {
    XV_NOFUSE = 1,      /* used by something other than a branch, a select, (flag words) a condition or put, or what is deferred itself */
    XV_DEFER = 2,       /* deferred, see above */
    XV_DEAD = 4,        /* no code: unused, or a put nobody observes */
    XV_RECIPE = 8,      /* operand of a deferred value */
    XV_FINAL = 64,      /* a put that no later put of the region overwrites */
    XV_CARRIED = 32,    /* a get whose value stands in a register at the loop's head, or at the block's start */
    XV_STATUS = 128,    /* deferred, but computed in its place too for the floating-point status it raises */
    XV_ZERO = 16,       /* xmm: bits above the value's own are zero (set by selection functions) */
};
enum { XV_NOHOME = 0xff };

struct x_val {
    uint16_t last;      /* position of the last use; 0 none */
    uint8_t flags;      /* XV_* */
    bool used;
    uint8_t reg;        /* X_NONE if in none */
    uint8_t home;       /* slot whose memory holds it, XV_NOHOME */
    uint8_t spill;      /* spill slot, XV_NOHOME */
    uint8_t slots;      /* first of the slots bound to it (list through c->slot_next), XV_NOHOME */
};

/*
 * A flag word that a loop carries as a recipe. At the loop's head, and until the slot is put, the slot
 * holds the flags that instruction `word` computed in the round before, of a + addend and b; in the first
 * round, memory has them. An operand with a home is read from that slot's memory. The rounds are told apart by a register that is 0 in the first, or where registers are
 * scarce (X_NONE) by a byte of the frame.
 */
struct x_loop_flags { bool active, used; uint8_t slot, round, a_home, b_home; uint16_t word, a, b; int32_t addend; };
#define X_ROUND offsetof(struct cpu_state, f.scratch[7])

/* A rel32 field to fill in at the end: to a pool constant, or to hot code; len: from the field to the end of its instruction. */
/* A slot whose value stays in a register around a loop: loop.c. */
struct x_carried { uint16_t get; uint8_t slot, reg; bool changes; };

struct x_fix { uint8_t *at; uint32_t target; uint8_t len; bool cold, to_hot, to_block; };     /* to_block: target is a block's number */
struct x_jump { uint8_t *at; uint32_t cold; bool to_block; };              /* rel32 in hot code to an offset in cold code, or to a block */

/*
 * How a block of a region is entered: which slots it carries, in which registers, and which of these
 * have their stores outstanding. The first exit that leads to a block decides (blocks.c).
 */
struct x_block {
    uint64_t pc;
    uint32_t off;               /* of its code, once that is written */
    uint16_t start, end;        /* its op block; a loop's head: the last exit that leads back to it, else 0 */
    bool fixed, written, reads_flags;
    uint64_t reads[IR_MAX_SLOTS / 64], puts[IR_MAX_SLOTS / 64];     /* slots whose first value it uses, and puts; a loop's head: all the loop */
    uint64_t dirty[IR_MAX_SLOTS / 64];
    uint8_t reg[IR_MAX_SLOTS];  /* X_NONE: in memory */
};

struct x_ctx {
    uint8_t *p;                 /* write pointer, in hot or cold code */
    const struct ir_func *fn;
    const struct ir_insn *insn;
    struct be_region *out;
    const struct be_input *in;
    uint32_t pos;               /* instruction being selected */
    uint32_t free, locked, temps;   /* register masks: unowned; not to be evicted; to be freed after this instruction */
    bool keep_flags;            /* loading constants must not change the host's flags */
    bool in_cold;
    bool reads_flags;           /* some get reads the slot of flag words */
    bool exact_flags;           /* flag words are stored as such, not as what they are computed from */
    bool repairing;             /* between x_repair_begin and _end: what is emitted does not run on every path */
    int error;
    uint32_t link_thunk;        /* its cold offset */
    uint32_t ret_miss;          /* cold offset of the jump to the miss stub, UINT32_MAX: none yet */
    uint8_t *base, *limit;      /* of hot code */
    uint8_t *hot_p;             /* saved while in cold code */
    uint32_t pool_align;
    uint32_t cold_n;            /* bytes of cold code, while not in it */
    uint32_t pool_n, nfix, njump, nfault;
    int32_t fault_pc;           /* last marked guest pc */
    uint32_t fault_off;         /* last marked code offset */
    uint64_t spills[BE_SPILLS / 64];    /* used */
    uint64_t dirty[IR_MAX_SLOTS / 64];  /* slots whose store is outstanding */
    uint64_t final[IR_MAX_SLOTS / 64];  /* of these, slots that no later instruction puts, */
    uint64_t deferred[IR_MAX_SLOTS / 64];       /* and slots bound to a deferred value */
    uint16_t reg_val[32];       /* owner of each register */
    uint16_t touched[32];       /* position of last use */
    const uint8_t *want;        /* by slot, where the head of the loop has it that this is in; NULL: in none */
    uint8_t want_of_loop[IR_MAX_SLOTS];
    uint32_t last_gaddr;        /* guest address constant last brought into a register */
    uint16_t bound[IR_MAX_SLOTS];       /* value a dirty slot is bound to */
    uint16_t in_mem[IR_MAX_SLOTS];      /* value that the slot's memory holds, 0 unknown */
    uint64_t homes[IR_MAX_SLOTS / 64];  /* slots of which that may be known */
    uint8_t slot_next[IR_MAX_SLOTS];
    uint8_t slot_size[IR_MAX_SLOTS];    /* bytes */
    const struct ir_slot *sized;        /* the slots that slot_size is of */
    unsigned nsized;
    struct { uint64_t v; uint32_t off; bool gaddr; } pool_recent[16];
    uint32_t npool_recent;
    uint32_t pool_wide[64], npool_wide;         /* 16-byte constants */
    uint32_t estimates[3];              /* pool offsets of tables (sel_estimate.c), UINT32_MAX: not there yet */
    uint32_t gaddr_pool[256], ngaddr_pool;      /* pool offsets of guest addresses */
    struct x_carried carried[X_CARRIED];
    struct x_loop_flags loop_flags;
    uint64_t carried_slots[IR_MAX_SLOTS / 64];  /* those that change */
    uint64_t unstored[IR_MAX_SLOTS / 64];       /* and all others that need no store at the back edge */
    uint32_t ncarried, loop_top;        /* offset of the loop's head behind the entry's loads */
    struct x_block block[IR_MAX_BLOCKS];
    uint64_t carry[IR_MAX_SLOTS / 64];          /* slots that some block carries */
    uint64_t logged[IR_MAX_SLOTS / 64];         /* slots not in memory by the fault log */
    uint64_t unlogged[IR_MAX_SLOTS / 64];       /* slots whose places may have changed since the last mark */
    struct x_val val[IR_MAX_INSNS];
    struct x_ops ops[IR_MAX_INSNS];
    uint16_t observers[X_OBSERVERS];
    struct x_fix fix[X_FIXES];
    struct x_jump jump[X_JUMPS];
    uint8_t faults[X_FAULTS];
    uint8_t pool[X_POOL] __attribute__((aligned(16)));
    uint8_t cold[X_COLD] __attribute__((aligned(16)));
};

/* ---- live.c ---- */
void x_live(struct x_ctx *c);

/* ---- constants and streams (compile.c) ---- */
void x_fix_pool(struct x_ctx *c, uint32_t pool_off, unsigned len);      /* a rip-relative field stands at c->p */
uint32_t x_pool_bytes(struct x_ctx *c, const void *bytes, unsigned n);  /* n 8 or 16 aligns so, else 8; not merged */
uint32_t x_pool_u64(struct x_ctx *c, uint64_t v, bool gaddr);           /* merged with recent equal ones */
uint32_t x_pool_u128(struct x_ctx *c, uint64_t lo, uint64_t hi);
void x_gaddr_here(struct x_ctx *c);                 /* records that the 8 bytes before c->p are a guest address */
void x_cold_begin(struct x_ctx *c);                 /* c->p now writes cold code */
void x_cold_end(struct x_ctx *c);
/* Writes a rel32 at c->p (hot code) that leads to the cold code about to be written next. */
void x_to_cold(struct x_ctx *c);
void x_jump_to_cold(struct x_ctx *c, uint8_t *at, uint32_t cold);   /* the same for a field at `at` */
/* Writes a rel32 at c->p (either stream), ending its instruction, that leads to an offset in hot code. */
void x_to_hot(struct x_ctx *c, uint32_t off);
void x_to_block(struct x_ctx *c, unsigned n);       /* the same, to a block's start */

/* ---- alloc.c: registers; state.c: guest state ---- */
void x_alloc_begin(struct x_ctx *c);
void x_end_insn(struct x_ctx *c, struct x_ops o);   /* unlocks, frees temporaries and operands that died */

static inline const struct ir_insn *x_insn(const struct x_ctx *c, unsigned ref) { return &c->insn[ref]; }
static inline bool x_is_const(const struct x_ctx *c, unsigned ref) { return c->insn[ref].op == IR_const; }
static inline bool x_is_xmm_type(unsigned type) { return type >= IR_F16; }
static inline bool x_dies(const struct x_ctx *c, unsigned ref) { return c->val[ref].last <= c->pos; }
static inline unsigned x_type_bytes(unsigned type)
{
    static const uint8_t n[IR_TYPE_COUNT] = {0, 1, 4, 8, 2, 4, 8, 8, 16};
    return n[type];
}
/* A constant that fits a sign-extended 32-bit immediate of an operation of this width (w: 64-bit). Never a guest address. */
static inline bool x_imm32(const struct x_ctx *c, unsigned ref, unsigned w, int32_t *v)
{
    const struct ir_insn *in = &c->insn[ref];
    *v = (int32_t)in->imm;
    return in->op == IR_const && !(in->aux & 1) && in->type <= IR_I64 && (!w || in->imm == *v);
}

unsigned x_bring(struct x_ctx *c, unsigned ref);    /* x_use of a value that is in no register */
/* Register holding the value (either kind), locked for this instruction; read only. */
static inline unsigned x_use(struct x_ctx *c, unsigned ref)
{
    unsigned r = c->val[ref].reg;
    if (r == X_NONE)
        return x_bring(c, ref);
    c->locked |= 1u << r;
    c->touched[r] = (uint16_t)c->pos;
    return r;
}
/* True if the value is in no register but in memory of at least `bytes` bytes, readable as an operand. Prefers memory only
 * for values without further uses. Locks nothing (the address is off rbp). */
bool x_use_mem(struct x_ctx *c, unsigned ref, unsigned bytes, struct x_mem *m);
unsigned x_def(struct x_ctx *c);                    /* fresh register of the result's kind, owned by instruction c->pos */
unsigned x_def_marked(struct x_ctx *c);             /* the same for one host instruction that loads, with x_mark: it may be that of its address */
unsigned x_def_copy(struct x_ctx *c, unsigned ref); /* the same, holding ref's value: its own register where it dies here */
unsigned x_def_in(struct x_ctx *c, unsigned reg);   /* makes a register locked by x_grab or x_tmp the result's */
void x_own(struct x_ctx *c, unsigned reg, unsigned ref);        /* ref's value now stands in this free register */
void x_bind(struct x_ctx *c, unsigned slot, unsigned ref);      /* the slot's outstanding value is ref */
unsigned x_tmp(struct x_ctx *c);                    /* general register until the end of this instruction */
unsigned x_xtmp(struct x_ctx *c);                   /* vector register, likewise */
void x_room(struct x_ctx *c, unsigned n);           /* the next n vector registers asked for cost no code: what may be jumped over must not spill */
unsigned x_tmp_copy(struct x_ctx *c, unsigned ref); /* temporary (of the value's kind) holding ref's value, may be clobbered */
unsigned x_reserve(struct x_ctx *c);               /* a register that survives C calls, kept until the region's end; X_NONE */
void x_grab(struct x_ctx *c, unsigned reg);         /* empties this register and makes it a temporary. Before operands are locked */
void x_into(struct x_ctx *c, unsigned reg, unsigned ref);   /* copies a value into a register the caller holds; locks nothing */
void x_move_const(struct x_ctx *c, unsigned reg, unsigned ref);

struct x_mem x_place_mem(struct x_ctx *c, unsigned ref);    /* where a value that is in no register stands in memory (constants: in the pool) */

void x_put(struct x_ctx *c, unsigned slot, unsigned ref);
void x_get(struct x_ctx *c, unsigned slot);
/*
 * The slot of flag words may stand for a word that nobody has computed yet: be_frame.flags_how is X_HOW_*, with the slot's
 * offset from bit 8, and the operands are beside it. Code that reads the slot's memory, and C code, has it settled before.
 */
enum { X_HOW_64 = 1, X_HOW_SUB = 2, X_HOW_ADD = 4, X_HOW_LOGIC = 8 };
void x_settle_here(struct x_ctx *c);                /* code that settles; changes host flags */
void x_settle(struct cpu_state *cpu);               /* the same in C; async-signal-safe */
/* After a store to a slot's memory: what was there instead is forgotten. */
void x_slot_stored(struct x_ctx *c, unsigned slot);
void x_flush(struct x_ctx *c, int dead_slot);       /* inline stores of all outstanding slots but one (-1: none); they are clean then */
void x_flush_final(struct x_ctx *c);                 /* stores what must be stored anyway, so that side exits need not */
void x_flush_flags(struct x_ctx *c, int dead_slot); /* its first half, deferred flag words: needs rax. Call before operands are locked */
void x_flush_but(struct x_ctx *c, int dead_slot, const uint64_t *but);  /* x_flush without the slots of a set */
void x_flush_slot(struct x_ctx *c, unsigned slot);
void x_load_slot_or_value(struct x_ctx *c, unsigned reg, unsigned slot, unsigned ref);    /* into a register nobody needs; ref 0: from the slot's memory */
void x_flush_cold(struct x_ctx *c, int dead_slot);  /* the same in a side exit's cold code: hot state unchanged */
void x_flush_cold_but(struct x_ctx *c, int dead_slot, const uint64_t *but);
void x_evict_mask(struct x_ctx *c, uint32_t mask);  /* values that live on leave these registers (before a C call) */
void x_forget_memory(struct x_ctx *c);              /* a helper may write all slots: values in slot memory move to registers */
void x_forget(struct x_ctx *c);                     /* after a guest call: no value is anywhere but constants */

/* ---- loop.c ---- */
void x_loop_head(struct x_ctx *c);                  /* behind the entry: loads what the loop carries */
bool x_loop_back(struct x_ctx *c, int dead_slot);   /* at the final jump to the region's own pc: true if it wrote it */

/* Registers to registers, all at once: from[d] is the register whose content d is to have (X_NONE: none). Changes from. */
void x_parallel_move(struct x_ctx *c, uint8_t from[32]);

/* ---- blocks.c ---- */
void x_blocks_begin(struct x_ctx *c);               /* before x_live's pass: finds the blocks, marks what they are entered with */
void x_blocks_live(struct x_ctx *c);                /* after that pass, which notes reads and puts */
void x_blocks_enter(struct x_ctx *c);               /* behind the region's entry: as the first block is entered */
/* What leads to block n: brings the slots where it wants them, and jumps. In hot code (nothing follows) or a side exit's cold code. */
void x_edge(struct x_ctx *c, unsigned n, int dead_slot);
bool x_is_entered_with(const struct x_ctx *c, unsigned ref);   /* ref is a get that stands for a slot at its block's start */

/* ---- cond.c ---- */
/* Emits the compare for a condition (I1 value) and returns the host condition under which it is true. */
unsigned x_cond(struct x_ctx *c, unsigned ref);
unsigned x_cond_insn(struct x_ctx *c, unsigned ref);    /* the same for a cmp or flagcond, deferred or not */
void x_alu_any(struct x_ctx *c, unsigned alu, unsigned w, unsigned reg, unsigned ref);  /* alu reg, value; allocates nothing */
/* Computes a deferred word (flags, a sign extension) into rax, where no operand may be; clobbers host flags, allocates nothing. */
void x_deferred_into_rax(struct x_ctx *c, unsigned ref);

/* Writes jumps, taken if the condition (I1 value) holds, to the cold code about to be written. */
void x_jump_if(struct x_ctx *c, unsigned ref);

/* The same for c->loop_flags. */
void x_loop_flags_into_rax(struct x_ctx *c);

/* ---- faults.c ---- */
/* The slot's place changed: logged before the next mark. */
static inline void x_log_slot(struct x_ctx *c, unsigned slot) { c->unlogged[slot >> 6] |= 1ull << (slot & 63); }
void x_log_unlogged(struct x_ctx *c);               /* logs what is to be */
/* The next instruction written at c->p may fault on behalf of instruction c->pos. */
void x_mark(struct x_ctx *c);
bool x_restore(const uint8_t *faults, uint32_t nfaults, uint32_t off, const struct be_hostregs *,
               const struct ir_slot *slots, struct cpu_state *cpu, int32_t *pc_delta);

/* ---- operand.c ---- */
bool x_access_address(const struct be_hostregs *regs, uint64_t *address);

/* ---- selection: sel.def names the function of each op; others go to x_sel_eval (ir_eval) ---- */
typedef void x_sel_fn(struct x_ctx *c, const struct ir_insn *in, struct x_ops o);
#define SEL(op, fn) x_sel_fn fn;
#define EVAL(op, reason)
#include "backends/x86_64/sel.def"
#undef SEL
#undef EVAL
x_sel_fn x_sel_eval, x_sel_crc32_ieee;
/* rules.c: an op with flag S, by its own function (NULL: none) where that does what the region's rules ask for. */
void x_sel_float(struct x_ctx *c, const struct ir_insn *in, struct x_ops o, x_sel_fn *fn);

/* ---- sel_ctl.c ---- */
unsigned x_site(struct x_ctx *c, enum be_site_kind kind, uint64_t pc);      /* index of a new site */
void x_link_thunk(struct x_ctx *c);
void x_count(struct x_ctx *c, unsigned block);      /* counts an entry of the block, or of the trace, if somebody looks on */
int x_compile(const struct be_input *in, struct be_region *out);

/* ---- stubs.c ---- */
size_t x_stubs_init(uint8_t *dst, size_t room);
const uint8_t *x_stub(enum x_stub);
const uint8_t *x_stub_leave_from_c(void);       /* the leave stub for an interrupted context: ret_sp is already saved */
void x_init_frame(struct cpu_state *cpu);
void x_ret_reset(struct cpu_state *cpu);
void x_enter(struct cpu_state *cpu, const void *code);
void x_leave(struct x_ctx *c, enum x_stub stub, unsigned site);     /* code that leaves through a stub, with a site's number */

/* ---- target.c ---- */
enum x_feature { XF_AVX512VL = 1, XF_SHA = 2, XF_AES = 4, XF_PCLMUL = 8, XF_GFNI = 16, XF_AVX512FP16 = 32, XF_AVX512BITALG = 64,
                 XF_AVX512VNNI = 128, XF_AVXVNNI = 256 };
extern uint32_t x_features;     /* found on this CPU and not switched off */
extern uint8_t x_lacks[IR_OP_COUNT];
void x_lacks_update(void);              /* after a change of x_features */
const char *x_eval_reason(const struct ir_insn *in);     /* lacks.c */

#endif
