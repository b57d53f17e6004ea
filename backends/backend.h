/*
 * The contract of a host back end: one folder per host ISA, listed in hosts.def.
 *
 * Generated code keeps one register on the task's cpu state (the state register) and uses the host
 * stack pointer for the task's return stack, which holds host return addresses of guest calls and
 * nothing else. Between regions every guest register is in memory (struct cpu_state), so a region
 * can be entered from anywhere. Every region entry polls `pending`.
 *
 * Code holds no absolute host address: C functions are reached through the tables in struct
 * be_frame. Guest addresses in code are recorded (be_region.gaddrs).
 */
#ifndef BACKENDS_BACKEND_H
#define BACKENDS_BACKEND_H

#include "ir/ir.h"

enum {
    BE_GUEST_BYTES = 1280,      /* room for a guest's register file at the start of the cpu state */
    BE_SPILLS = 128,            /* 16-byte spill slots */
    BE_JUMP_CACHE = 4096,       /* entries, power of two */
    BE_HELPERS = 64,            /* guest helpers */
};

/* Why translated code returned to the runtime (be_frame.exit). */
enum be_exit {
    BE_EXIT_LINK,       /* direct exit not yet linked; exit_info: site number */
    BE_EXIT_LOOKUP,     /* indirect target not in the jump cache; pc is set */
    BE_EXIT_POLL,       /* pending was set at a region entry; exit_info: site number of that entry */
    BE_EXIT_TRAP,       /* exit_info: site number; the site's trap and pc say which */
    BE_EXIT_FAULT,      /* set by the runtime's host signal handler; pc and registers are exact */
};

struct be_jump_entry { uint64_t pc; const void *code; };

/*
 * The part of the cpu state that generated code and stubs touch, after the guest's registers. Owned
 * by the task; only `pending` is written by others (other threads, signal handlers: plain store of
 * nonzero).
 */
struct be_frame {
    uint64_t pc;                /* guest pc whenever the task is outside translated code */
    uint32_t pending;           /* nonzero: leave at the next region entry */
    uint32_t exit;              /* enum be_exit */
    uint64_t exit_info;
    uint64_t ret_sp;            /* return stack pointer while the task is in C */
    uint64_t c_sp;              /* C stack pointer while the task is in translated code; 16-byte aligned */
    uint64_t ret_base;          /* highest address of the return stack: ret_reset() starts here */
    uint64_t ret_limit;         /* lowest usable address; a guard page lies below */
    uint32_t mxcsr;             /* guest floating-point control and status while in C */
    uint32_t host_mxcsr;        /* C code's control word */
    uint32_t in_helper;         /* nonzero while a C helper runs on behalf of translated code */
    uint32_t jump_shift;        /* log2 of the guest's instruction alignment, for the jump cache's index */
    void (*eval)(const struct ir_insn *, enum ir_type, unsigned, const uint8_t *,
                 const union ir_value *, const union ir_value *, const union ir_value *, union ir_value *);
    uint64_t (*helpers[BE_HELPERS])(void *cpu, uint64_t, uint64_t, uint64_t, uint64_t);
    const void *stubs[16];      /* the back end's own */
    uint64_t flags_a, flags_b;  /* the back end's: what the slot of flag words holds while translated code runs (outside it, the */
    uint32_t flags_how;         /* slot itself does): 0 the slot's memory, else how and where the word comes about */
    union ir_value scratch[8];
    union ir_value repair_save[24];     /* the back end's: registers saved around a repair */
    union ir_value spill[BE_SPILLS];
    struct be_jump_entry jump_cache[BE_JUMP_CACHE];  /* written by the runtime; looked up at be_jump_first(), then at be_jump_second() */
};

struct cpu_state {
    uint8_t guest[BE_GUEST_BYTES] __attribute__((aligned(64)));
    struct be_frame f;
};

/*
 * Where the jump cache may have a pc. Code that looks there itself tries the first place; what misses, the second: code whose
 * functions all begin at multiples of 64, as JITs write it, shares few first places.
 */
enum { BE_JUMP_SECOND_SHIFT = 12 };
static inline unsigned be_jump_first(const struct cpu_state *cpu, uint64_t pc) { return pc >> cpu->f.jump_shift & (BE_JUMP_CACHE - 1); }
static inline unsigned be_jump_second(const struct cpu_state *cpu, uint64_t pc)
{
    return (pc >> cpu->f.jump_shift ^ pc >> cpu->f.jump_shift >> BE_JUMP_SECOND_SHIFT) & (BE_JUMP_CACHE - 1);
}

/* Empties one entry, or all. An empty entry's pc must be one that is never looked up there: 0 is in entry 0 only, 8 is not (jump_shift is 1 to 3). */
static inline void be_jump_cache_forget(struct cpu_state *cpu, unsigned i) { cpu->f.jump_cache[i] = (struct be_jump_entry){i ? 0 : 8, NULL}; }
static inline void be_jump_cache_clear(struct cpu_state *cpu)
{
    for (unsigned i = 0; i < BE_JUMP_CACHE; i++)
        be_jump_cache_forget(cpu, i);
}

/* Enters a pc at its first place. What has that for its first place too moves to its second; whatever is there had its time. */
static inline void be_jump_cache_add(struct cpu_state *cpu, uint64_t pc, const void *code)
{
    unsigned i = be_jump_first(cpu, pc);
    struct be_jump_entry *e = &cpu->f.jump_cache[i];
    if (e->code && e->pc != pc && be_jump_first(cpu, e->pc) == i)
        cpu->f.jump_cache[be_jump_second(cpu, e->pc)] = *e;
    *e = (struct be_jump_entry){pc, code};
}

/* A place where a region leaves or is entered; numbered consecutively from be_input.first_site. */
enum be_site_kind { BE_SITE_JUMP, BE_SITE_CALL, BE_SITE_ENTRY, BE_SITE_TRAP };
struct be_site {
    uint64_t pc;            /* guest target; of TRAP: the pc to report; of ENTRY: the region's own */
    uint32_t code_off;      /* JUMP, CALL: offset in the region of the 4-aligned rel32 field to patch */
    uint32_t unlinked_off;  /* offset of the code the field reaches while unlinked (leaves with BE_EXIT_LINK) */
    uint8_t kind;           /* enum be_site_kind */
    uint8_t trap;           /* enum ir_trap */
};

enum { BE_MAX_SITES = 1024, BE_MAX_RETS = 256, BE_MAX_GADDRS = 1024, BE_MAX_CALLS = 16, BE_WORK = 768 << 10 };

/* What compiling a region yields. Arrays belong to the compiler object and live until the next call. */
struct be_region {
    uint32_t size;              /* bytes written at the destination: */
    uint32_t hot_size;          /* of these the straight path, at the start, */
    uint32_t inner_off;         /* where it is entered without poll and counting, */
    uint32_t cold_off;          /* and where side paths begin, up to the end; between the two stand constants */
    uint32_t nsites;
    struct be_site sites[BE_MAX_SITES];
    uint32_t nrets;             /* guest return sites (and other places retire patches): offset in the code, guest pc */
    struct { uint32_t off; uint64_t pc; } rets[BE_MAX_RETS];
    uint32_t ncalls;            /* instructions whose main path calls C code (the list holds the first) */
    ir_ref calls[BE_MAX_CALLS];
    uint32_t ngaddrs;           /* 8-byte guest addresses standing in the code */
    uint32_t gaddrs[BE_MAX_GADDRS];
    const uint8_t *faults;      /* side table: see be_restore */
    uint32_t nfaults;           /* its size in bytes */
    uint8_t work[BE_WORK] __attribute__((aligned(64)));    /* the compiler's own; no initial value needed */
};

struct be_input {
    const struct ir_func *fn;
    uint8_t *dst;               /* where the code will run (and is written) */
    size_t room;
    uint32_t first_site;
    uint32_t jump_shift;        /* as in be_frame of every task that will run the code; 1 to 3 */
    /* For who looks on, or NULL: counted up whenever a block is entered or a trace's loop goes round, by block number (of a trace: one), within
     * 2 GiB of dst; and where[i], for each instruction of fn, where its code begins, which stays as it was where it has none of its own. */
    uint64_t *counts;
    uint32_t *where;
    int32_t *counter;           /* counted down at each entry, which leaves like a poll when it gets below 0; within 2 GiB of dst. NULL: none */
};

/* Host registers at a fault: copied from, and written back to, a host signal frame. */
struct be_hostregs { uint64_t gpr[16]; uint64_t ip; const void *fpu; /* the frame's FPU image */ };

struct be_target {
    const char *name;
    /* NULL if this CPU can run our code, else one line saying what is missing. */
    const char *(*check_host)(void);
    /* Writes entry and exit stubs at dst (once per process); returns bytes used. */
    size_t (*init)(uint8_t *dst, size_t room);
    /* Fills the back end's fields of a new task's frame (stubs, jump tables, return stack's base entry). */
    void (*init_frame)(struct cpu_state *);
    /* Empties the return stack; call at overflow, after a cache flush, when a new stack is assigned. */
    void (*ret_reset)(struct cpu_state *);
    /* Runs translated code until it leaves; returns with frame.exit set. Called on the task's C stack. */
    void (*enter)(struct cpu_state *, const void *code);
    /* Compiles; 0, or -ENOSPC when room is too small, or -E2BIG when a limit above is hit. Not reentrant per object. */
    int (*compile)(const struct be_input *, struct be_region *);
    /* Points a JUMP or CALL site (address of its rel32 field) at code; atomic for running threads. */
    void (*link)(uint8_t *field, const void *code);
    /* Makes a region leave at its entry, always, its return sites staying; and stops its counting. Both atomic for running threads. */
    void (*supersede)(uint8_t *code);
    void (*stop_counting)(uint8_t *code);
    /* Makes a retired region's entry and return sites leave to the runtime; atomic for running threads. */
    void (*retire)(uint8_t *code, const uint32_t *ret_offs, unsigned nrets);
    /* Rebuilds all guest registers in cpu->guest for a fault at host code offset `off` of a region
     * with side table faults[0..nfaults), from host registers; sets *guest_pc (region pc + delta).
     * False if no entry stands at that offset. Async-signal-safe. */
    bool (*restore)(const uint8_t *faults, uint32_t nfaults, uint32_t off, const struct be_hostregs *,
                    const struct ir_slot *slots, struct cpu_state *cpu, int32_t *pc_delta);
    /* Reads registers from a host ucontext, and makes it resume in the leave stub with frame.exit already set. */
    void (*fault_regs)(const void *ucontext, struct be_hostregs *);
    /* The address that the instruction at regs->ip, in a region, accessed; false if it cannot be told. For faults whose
     * address the host does not report. Async-signal-safe. */
    bool (*fault_address)(const struct be_hostregs *, uint64_t *address);
    void (*fault_leave)(void *ucontext, struct cpu_state *);
    /* After ret_reset: the interrupted code, which faulted pushing onto the full return stack, goes on with the empty one. */
    void (*fault_ret_reset)(void *ucontext, struct cpu_state *);
    /* Ops it has no code for, as in ir_func.lacks. The rest that it has no code for is computed by frame.eval. */
    const uint8_t *lacks;
    /* How many integer, and floating-point and vector, slots a region's blocks may hand to each other in registers (ir/carry.h). */
    uint8_t carried_ints, carried_others;
    /* Why it computes this instruction by frame.eval, NULL if it is not known to. */
    const char *(*eval_reason)(const struct ir_insn *);
    /* Names of CPU features that can be switched off, NULL-terminated; set says on or off. */
    const char *const *features;
    bool (*set_feature)(const char *name, bool on);
    /* Features in use, as bits in the order of the names; *found: those the CPU has. */
    uint32_t (*features_on)(uint32_t *found);
};

/* This thread's live floating-point control and status (the guest's, inside helpers): raised flags as IR_FP_*, and
 * rounding, flush to zero and raised flags set at once. */
unsigned be_fp_get_sticky(void);
void be_fp_set(enum ir_round round, bool flush, unsigned sticky);

extern const struct be_target be_x86_64;
/* The back end of this host. */
const struct be_target *be_host(void);

#endif
